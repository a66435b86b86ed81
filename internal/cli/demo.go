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
	if c.LogLevel == "info" {
		c.LogLevel = "warn" // people look at the dashboard rather than the log
	}
	folder, err := os.MkdirTemp("", "ledgersheet-demo-")
	if err != nil {
		return fmt.Errorf("making a folder for the demo: %w", err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	sandbox, err := demo.Open(demo.Options{AutoConsent: true, Size: c.size(), Definitions: exporters.All()})
	if err != nil {
		return err
	}
	defer func() { _ = sandbox.Close(ctx) }()
	a, err := c.newApp(ctx, sandbox, folder, std)
	if err != nil {
		return err
	}
	companies := max(demo.Companies, c.Companies-1) // one is left to be connected by hand
	var made []export.Exporter
	if err = sandbox.CloseBooks(time.Now()); err == nil {
		made, err = demo.Seed(ctx, a.Control().As(demo.Actor()), companies)
	}
	if err != nil {
		return errors.Join(err, stop(ctx, a))
	}
	if c.Once {
		return errors.Join(c.runOnce(ctx, a, made, std), stop(ctx, a))
	}
	sandbox.Intuit.SetAutoConsent(false)
	sandbox.Google.SetAutoConsent(false)
	// The second round of runs is a show: if it fails, the dashboard says so.
	var living sync.WaitGroup
	defer living.Wait()
	ctx, end := context.WithCancel(ctx)
	defer end()
	return a.Run(ctx, func() error {
		for _, e := range made {
			if _, _, err := a.Control().As(demo.Actor()).RunNow(ctx, e.ID); err != nil {
				return err
			}
		}
		_, err := fmt.Fprintf(std.Out,
			"\n  Dashboard     %s/\n  Sign in as    %s\n  Password      %s\n  Spreadsheets  %s\n\n%d simulated "+
				"companies are connected and %d exporters are running. Stop with Ctrl-C; nothing is kept.\n\n",
			config.LocalURL(c.Addr), demo.Email, demo.Password, sandbox.SheetsURL(), companies, len(made))
		living.Go(func() { _ = sandbox.Live(ctx, a.Control().As(demo.Actor()), made, time.Now()) })
		return err
	})
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
func (c *demoCommand) newApp(ctx context.Context, sandbox *demo.Sandbox, folder string, std Stdio) (*app.App, error) {
	if err := c.pickPort(); err != nil {
		return nil, err
	}
	exports := filepath.Join(folder, "exports") // goes with the folder
	if err := os.Mkdir(exports, 0o750); err != nil {
		return nil, fmt.Errorf("making a folder for exported files: %w", err)
	}
	key := vault.NewKey()
	settings := config.Settings{
		Addr: c.Addr, BaseURL: config.LocalURL(c.Addr), DataDir: folder, SecretKey: &key,
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
	fmt.Fprintln(table, "EXPORTER\tCOMPANY\tROWS\tDURATION\tSPREADSHEET")
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
			r.FinishedAt.Sub(r.StartedAt).Round(time.Millisecond), r.URL)
	}
	if err := table.Flush(); err != nil {
		return err
	}
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
