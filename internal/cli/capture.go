package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"ledgersheet/internal/app"
	"ledgersheet/internal/config"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

type captureCommand struct {
	Of   string `arg:"" name:"run" help:"Id of a run, whose exporter reads again; or id or name of an exporter."`
	File string `arg:"" optional:"" help:"The new file; one in this folder, named for the exporter and the time, when it is not given."`
	URL  string `env:"LEDGERSHEET_URL" placeholder:"URL" help:"Address of the running server; when it is not set, the data folder is used if no server holds it."`
	config.Flags
}

// captureTimeout limits a capture by a server: a report may take minutes for each of its parts.
const captureTimeout = 30 * time.Minute

// Run saves QuickBooks' answers to an exporter, scrubbed, in a file.
func (c *captureCommand) Run(ctx context.Context, std Stdio) error {
	if c.File != "" {
		if _, err := os.Lstat(c.File); err == nil {
			return alreadyThere(c.File) // before anything is read
		}
	}
	return callOrOpen(ctx, std, c.URL, c.Flags,
		func(base string) error { return c.captureRemote(ctx, std, base) },
		func(a *app.App) error { return c.captureLocal(ctx, a, std) })
}

func (c *captureCommand) captureLocal(ctx context.Context, a *app.App, std Stdio) error {
	desk := a.Control().As(localActor())
	all, err := desk.Exporters(ctx, export.ExporterFilter{})
	if err != nil {
		return err
	}
	names := make([]named, len(all))
	for i, e := range all {
		names[i] = named{string(e.ID), e.Name}
	}
	wanted := c.Of
	if isRun(wanted) {
		r, err := desk.Run(ctx, export.ID(wanted))
		if err != nil {
			return err
		}
		wanted = string(r.Exporter.ID)
	}
	id, err := choose(names, wanted)
	if err != nil {
		return err
	}
	data, err := desk.Capture(ctx, export.ID(id))
	if err != nil {
		return err
	}
	return c.save(std, id, data)
}

func (c *captureCommand) captureRemote(ctx context.Context, std Stdio, base string) error {
	client, err := newClient(base, os.Getenv)
	if err != nil {
		return err
	}
	client.http.Timeout = captureTimeout
	list, err := readAll[named](ctx, client, "/exporters")
	if err != nil {
		return err
	}
	wanted := c.Of
	if isRun(wanted) {
		var run struct {
			ExporterID string `json:"exporter_id"`
		}
		if err := client.call(ctx, "GET", "/runs/"+wanted, &run); err != nil {
			return err
		}
		wanted = run.ExporterID
	}
	id, err := choose(list, wanted)
	if err != nil {
		return err
	}
	var data json.RawMessage
	if err := client.call(ctx, "GET", "/exporters/"+id+"/capture", &data); err != nil {
		return err
	}
	return c.save(std, id, append(data, '\n'))
}

// isRun reports whether what was typed can only be a run's id.
func isRun(text string) bool { return strings.HasPrefix(text, "run_") && !strings.Contains(text, "/") }

// save writes the capture into a new file that only its owner may read, and says where that is.
func (c *captureCommand) save(std Stdio, id string, data []byte) error {
	var told struct {
		Note     string            `json:"note"`
		Problem  string            `json:"problem"`
		Requests []json.RawMessage `json:"requests"`
		LeftOut  int               `json:"left_out"`
	}
	if err := json.Unmarshal(data, &told); err != nil {
		return fmt.Errorf("reading the capture: %w", err)
	}
	name := c.File
	if name == "" {
		name = fmt.Sprintf("capture-%s-%s.json", id, time.Now().UTC().Format("20060102-150405"))
	}
	if err := writeNew(name, data); err != nil {
		return err
	}
	if full, err := filepath.Abs(name); err == nil {
		name = full
	}
	fmt.Fprintf(std.Out, "Saved QuickBooks' answers (requests: %d) in %s\n", len(told.Requests), name)
	if told.LeftOut > 0 {
		fmt.Fprintf(std.Out, "%d of them were too large and are left out.\n", told.LeftOut)
	}
	if told.Problem != "" {
		fmt.Fprintf(std.Out, "The reading ended with a problem: %s.\n", told.Problem)
	}
	fmt.Fprintf(std.Out, "%s Look through the file before you give it away.\n", told.Note)
	return nil
}

// writeNew writes a file that is not there yet, or leaves none.
func writeNew(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return alreadyThere(name)
	}
	if err != nil {
		return fmt.Errorf("saving the capture: %w", err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("saving the capture: %w", errors.Join(err, os.Remove(name)))
	}
	return nil
}

func alreadyThere(name string) error {
	return problem.New(problem.Conflict, "The file %s is there already.", name).
		WithHint("Choose another name, or take it away first.")
}
