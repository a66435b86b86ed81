package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// profiler takes profiles of the server while it is measured. The zero value takes none.
type profiler struct {
	folder string // where they go
	taken  int
}

// begin starts a CPU profile. end finishes it and stores it, with one of all that was allocated since the server began.
func (p *profiler) begin(ctx context.Context, addr, name string) (end func() error, err error) {
	if p.folder == "" {
		return func() error { return nil }, nil
	}
	if err := os.MkdirAll(p.folder, 0o700); err != nil {
		return nil, err
	}
	p.taken++
	name = strings.Join(strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(" ,:", r) }), "_")
	base := filepath.Join(p.folder, fmt.Sprintf("%02d_%s", p.taken, name))
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("taking a profile: %w", err)
	}
	// A client that stops sending ends the profile, and still gets it.
	_, err = fmt.Fprintf(c, "GET /debug/pprof/profile?seconds=86400 HTTP/1.1\r\nHost: %s\r\n\r\n", addr)
	if err != nil {
		return nil, fmt.Errorf("taking a profile: %w", err)
	}
	return func() error {
		defer func() { _ = c.Close() }()
		if err := c.(*net.TCPConn).CloseWrite(); err != nil {
			return fmt.Errorf("ending a profile: %w", err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			return fmt.Errorf("reading a profile: %w", err)
		}
		err = store(base+".cpu", answer)
		_ = answer.Body.Close()
		if err != nil {
			return err
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/debug/pprof/allocs", nil)
		if err != nil {
			return err
		}
		if answer, err = http.DefaultClient.Do(r); err != nil {
			return fmt.Errorf("reading a profile: %w", err)
		}
		defer func() { _ = answer.Body.Close() }()
		return store(base+".allocs", answer)
	}, nil
}

// store writes an answer into a file. The caller closes it.
func store(file string, answer *http.Response) error {
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %d: %.300s", answer.StatusCode, body)
	}
	if err != nil {
		return fmt.Errorf("reading a profile: %w", err)
	}
	return os.WriteFile(file, body, 0o600)
}
