package cli

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"sync"

	"ledgersheet/internal/config"
	"ledgersheet/internal/control"
	"ledgersheet/internal/demo"
	"ledgersheet/internal/problem"
)

// tryDemo runs the demo beside the service once somebody asks for it, until the service stops. It implements
// control.Demo. Create one with newTryDemo.
type tryDemo struct {
	command demoCommand
	host    string // under which browsers reach it
	std     Stdio
	once    sync.Once
	asked   chan struct{}
	opened  chan struct{} // closed once at and err are known
	at      control.DemoPlace
	err     error
}

// newTryDemo returns a demo beside a service that listens on an address. It returns nil unless that is of this machine
// alone: a browser on another one would not reach a second port.
func newTryDemo(s config.Settings, logging config.Logging, std Stdio) *tryDemo {
	host, _, err := net.SplitHostPort(s.Addr)
	ip := net.ParseIP(host)
	if err != nil || host != "localhost" && !ip.IsLoopback() {
		return nil
	}
	d := &tryDemo{
		command: demoCommand{Addr: net.JoinHostPort(host, "0"), sizeFlags: defaultSizes(), Logging: logging},
		host:    "localhost", std: std, asked: make(chan struct{}), opened: make(chan struct{}),
	}
	// Browsers keep cookies by host and not by port. Another name for the same machine keeps both sessions.
	if base, err := url.Parse(s.BaseURL); err == nil && base.Hostname() == "localhost" {
		d.host = host
		if host == "localhost" {
			d.host = "127.0.0.1"
		}
	}
	return d
}

// serve waits until somebody asks for the demo, and runs it until ctx ends.
func (d *tryDemo) serve(ctx context.Context) {
	select {
	case <-ctx.Done():
		return
	case <-d.asked:
	}
	err := d.open(ctx)
	if err == nil {
		return
	}
	select {
	case <-d.opened: // it ran, so nobody waits for what comes of it
		if ctx.Err() == nil {
			fmt.Fprintf(d.std.Err, "The demo has ended: %v\n", err)
		}
	default:
		d.err = err
		close(d.opened)
	}
}

func (d *tryDemo) open(ctx context.Context) (err error) {
	defer problem.Recover(&err) // the service beside it goes on
	if err := d.command.pickPort(); err != nil {
		return err
	}
	_, port, err := net.SplitHostPort(d.command.Addr)
	if err != nil {
		return err
	}
	base := "http://" + net.JoinHostPort(d.host, port)
	o, err := d.command.open(ctx, base, d.std)
	if err != nil {
		return err
	}
	defer o.close(ctx)
	return o.run(ctx, func() error {
		d.at = control.DemoPlace{URL: base + "/", Email: demo.Email, Password: demo.Password}
		close(d.opened)
		return nil
	})
}

// Start implements control.Demo.
func (d *tryDemo) Start(ctx context.Context) (control.DemoPlace, error) {
	d.once.Do(func() { close(d.asked) })
	select {
	case <-ctx.Done():
		return control.DemoPlace{}, context.Cause(ctx)
	case <-d.opened:
		return d.at, d.err
	}
}

// Place implements control.Demo.
func (d *tryDemo) Place() control.DemoPlace {
	select {
	case <-d.opened:
		return d.at
	default:
		return control.DemoPlace{}
	}
}
