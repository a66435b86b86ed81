package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"ledgersheet/exporters"
	"ledgersheet/internal/app"
	"ledgersheet/internal/config"
	"ledgersheet/internal/demo"
	"ledgersheet/internal/export"
	"ledgersheet/internal/vault"
)

type demoCommand struct {
	Once bool   `help:"Run every exporter once, print a table and exit; 0 only if all succeeded."`
	Addr string `default:"127.0.0.1:8080" env:"LEDGERSHEET_ADDR" placeholder:"HOST:PORT" help:"Listen address of the dashboard."`
	sizeFlags
	config.Logging
}

// Run runs the service with simulated data. Nothing is kept afterwards.
func (c *demoCommand) Run(ctx context.Context, std Stdio) error {
	if err := c.pickPort(); err != nil {
		return err
	}
	o, err := c.open(ctx, config.LocalURL(c.Addr), std)
	if err != nil {
		return err
	}
	defer o.close(ctx)
	if c.Once {
		return errors.Join(c.runOnce(ctx, o.app, o.made, std), stop(ctx, o.app))
	}
	return o.run(ctx, func() error {
		_, err := fmt.Fprintf(std.Out,
			"\n  Dashboard     %s/\n  Sign in as    %s\n  Password      %s\n  Spreadsheets  %s\n\n%d simulated "+
				"companies are connected and %d exporters are running. Stop with Ctrl-C; nothing is kept.\n\n",
			config.LocalURL(c.Addr), demo.Email, demo.Password, o.sandbox.SheetsURL(), c.connected(), len(o.made))
		return err
	})
}

// connected returns how many companies the demo connects. One is left to be connected by hand.
func (c *demoCommand) connected() int { return max(demo.Companies, c.Companies-1) }

// openDemo is a demo that is filled with exporters and does not run yet.
type openDemo struct {
	folder  string // of the store; goes with the demo
	sandbox *demo.Sandbox
	app     *app.App
	made    []export.Exporter
}

// open opens a demo that is reached at the base URL. The caller closes it.
func (c *demoCommand) open(ctx context.Context, baseURL string, std Stdio) (o *openDemo, err error) {
	if c.LogLevel == "info" {
		c.LogLevel = "warn" // people look at the dashboard rather than the log
	}
	o = &openDemo{}
	defer func() {
		if err != nil {
			o.close(ctx)
		}
	}()
	if o.folder, err = os.MkdirTemp("", "ledgersheet-demo-"); err != nil {
		return o, fmt.Errorf("making a folder for the demo: %w", err)
	}
	options := demo.Options{AutoConsent: true, Size: c.size(), Definitions: exporters.All()}
	if o.sandbox, err = demo.Open(options); err != nil {
		return o, err
	}
	if o.app, err = c.newApp(ctx, o.sandbox, o.folder, baseURL, std); err != nil {
		return o, err
	}
	if err = o.sandbox.CloseBooks(time.Now()); err == nil {
		o.made, err = demo.Seed(ctx, o.app.Control().As(demo.Actor()), c.connected())
	}
	if err != nil {
		return o, errors.Join(err, stop(ctx, o.app))
	}
	return o, nil
}

// run runs the exporters and then serves until ctx ends. ready is called once the dashboard can be opened.
func (o *openDemo) run(ctx context.Context, ready func() error) error {
	o.sandbox.Intuit.SetAutoConsent(false)
	o.sandbox.Google.SetAutoConsent(false)
	// The second round of runs is a show: if it fails, the dashboard says so.
	var living sync.WaitGroup
	defer living.Wait()
	ctx, end := context.WithCancel(ctx)
	defer end()
	return o.app.Run(ctx, func() error {
		for _, e := range o.made {
			if _, _, err := o.app.Control().As(demo.Actor()).RunNow(ctx, e.ID); err != nil {
				return err
			}
		}
		living.Go(func() { _ = o.sandbox.Live(ctx, o.app.Control().As(demo.Actor()), o.made, time.Now()) })
		return ready()
	})
}

// close removes what the demo kept. The app must have been stopped.
func (o *openDemo) close(ctx context.Context) {
	if o.sandbox != nil {
		_ = o.sandbox.Close(ctx)
	}
	_ = os.RemoveAll(o.folder)
}

// Validate checks the flags. Kong calls it.
func (c *demoCommand) Validate() error {
	if why := config.CheckAddress(c.Addr); why != "" {
		return fmt.Errorf("--addr %s", why)
	}
	if c.Companies < demo.Companies {
		return fmt.Errorf("--companies must be at least %d, as the demo connects so many", demo.Companies)
	}
	return errors.Join(c.Logging.Check(), c.sizeFlags.check())
}

// newApp returns the same app that the serve command runs, with settings that point at the simulators.
func (c *demoCommand) newApp(
	ctx context.Context, sandbox *demo.Sandbox, folder, baseURL string, std Stdio,
) (*app.App, error) {
	exports := filepath.Join(folder, "exports") // goes with the folder
	if err := os.Mkdir(exports, 0o750); err != nil {
		return nil, fmt.Errorf("making a folder for exported files: %w", err)
	}
	key := vault.NewKey()
	settings := config.Settings{
		Addr: c.Addr, BaseURL: baseURL, DataDir: folder, SecretKey: &key,
		AdminEmail: demo.Email, AdminPassword: demo.Password,
		MinInterval: 5 * time.Minute, Workers: 8, RunTimeout: 30 * time.Minute, Retention: 90 * 24 * time.Hour,
		Mirror: true,
		Limits: config.DefaultLimits(), ExportDirs: []string{exports},
	}
	sandbox.Apply(&settings)
	sandbox.TellChanges(&settings)
	sandbox.RaiseQuotas(&settings)
	return app.New(ctx, app.Options{
		Settings: settings, Logger: c.Logger(std.Err), Variables: listVariables(settings),
		Demo: true, SheetsURL: sandbox.SheetsURL(), Getenv: os.Getenv,
	})
}

// pickPort replaces port 0 with a free port, because the consent pages must know the address before anything listens on
// it.
func (c *demoCommand) pickPort() error {
	if _, port, err := net.SplitHostPort(c.Addr); err != nil || strings.Trim(port, "0") != "" {
		return err
	}
	l, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("taking a free port: %w", err)
	}
	c.Addr = l.Addr().String()
	return l.Close()
}

func (c *demoCommand) runOnce(ctx context.Context, a *app.App, made []export.Exporter, std Stdio) error {
	if err := a.StartRuns(ctx); err != nil {
		return err
	}
	ended := a.Control().As(demo.Actor()).Follow(ctx, func(r export.Run) bool { return r.Status.Over() })
	waiting := map[export.ID]bool{}
	for _, e := range made {
		run, _, err := a.Control().As(demo.Actor()).RunNow(ctx, e.ID)
		if err != nil {
			return err
		}
		waiting[run.ID] = true
	}
	table := tabwriter.NewWriter(std.Out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "EXPORTER\tCOMPANY\tROWS\tDURATION\tTAB")
	failed := 0
	for len(waiting) > 0 {
		event, open := <-ended
		if !open {
			return errInterrupted
		}
		r := event.Run
		if !waiting[r.ID] {
			continue
		}
		delete(waiting, r.ID)
		if r.Status != export.RunSucceeded {
			failed++
			fmt.Fprintf(std.Err, "%s: %s\n", r.Exporter.Name, describeEnd(r))
		}
		company := fmt.Sprintf("%d companies", len(r.Companies))
		if len(r.Companies) == 1 {
			company = r.Companies[0].Name
		}
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\n", r.Exporter.Name, company, r.Rows,
			r.FinishedAt.Sub(r.StartedAt).Round(time.Millisecond), r.Exporter.Target.Sheet)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	// The table has no addresses: nothing answers at them once this has ended.
	fmt.Fprintln(std.Out, "\nThe simulated spreadsheets end here. To look at them: ledgersheet demo")
	if failed > 0 {
		return failure{1}
	}
	return nil
}

// describeEnd says in a sentence how a run ended.
func describeEnd(r export.Run) string {
	if r.Problem == nil {
		return string(r.Status)
	}
	text := r.Problem.Message
	if r.Problem.Hint != "" {
		text += " " + r.Problem.Hint
	}
	return text
}

// stop stops an app that was not started with App.Run.
func stop(ctx context.Context, a *app.App) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	return a.Stop(ctx)
}
