package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"ledgersheet/internal/api"
	"ledgersheet/internal/app"
	"ledgersheet/internal/config"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

type runCommand struct {
	Exporter string `arg:"" help:"Id or name of the exporter."`
	DryRun   bool   `name:"dry-run" help:"Say what a run would change now; write nothing."`
	JSON     bool   `name:"json" help:"Print the run as JSON."`
	URL      string `env:"LEDGERSHEET_URL" placeholder:"URL" help:"Address of the running server; when it is not set, the data folder is used if no server holds it."`
	config.Flags
}

// Run runs one exporter and waits for it. It fails if the run does.
func (c *runCommand) Run(ctx context.Context, std Stdio) error {
	return callOrOpen(ctx, std, c.URL, c.Flags,
		func(base string) error { return c.runRemote(ctx, std, base) },
		func(a *app.App) error { return c.runLocal(ctx, a, std) })
}

// localActor returns the actor for commands. Whoever can read the data folder may do everything.
func localActor() control.Actor { return control.Local("command line") }

// runLocal does the work in this process.
func (c *runCommand) runLocal(ctx context.Context, a *app.App, std Stdio) error {
	desk := a.Control().As(localActor())
	all, err := desk.Exporters(ctx, export.ExporterFilter{})
	if err != nil {
		return err
	}
	names := make([]named, len(all))
	for i, e := range all {
		names[i] = named{string(e.ID), e.Name}
	}
	id, err := choose(names, c.Exporter)
	if err != nil {
		return err
	}
	if c.DryRun {
		dry, err := desk.DryRun(ctx, export.ID(id))
		if err != nil {
			return err
		}
		text, err := api.DryRunJSON(dry)
		if err != nil {
			return err
		}
		return c.showDryRun(std, text)
	}
	events := desk.Follow(ctx, func(r export.Run) bool { return string(r.Exporter.ID) == id })
	if err := a.StartRuns(ctx); err != nil {
		return err
	}
	run, _, err := desk.RunNow(ctx, export.ID(id))
	if err != nil {
		return err
	}
	show := c.newDisplay(std)
	for event := range events {
		if event.Run.ID == run.ID {
			text, err := api.RunJSON(event.Run)
			if err != nil {
				return err
			}
			if done, err := show(text); done {
				return err
			}
		}
	}
	return errInterrupted
}

// runRemote has the running server do the work.
func (c *runCommand) runRemote(ctx context.Context, std Stdio, base string) error {
	client, err := newClient(base, os.Getenv)
	if err != nil {
		return err
	}
	list, err := readAll[named](ctx, client, "/exporters")
	if err != nil {
		return err
	}
	id, err := choose(list, c.Exporter)
	if err != nil {
		return err
	}
	if c.DryRun {
		var dry json.RawMessage
		if err := client.call(ctx, "POST", "/exporters/"+id+"/dry-run", &dry); err != nil {
			return err
		}
		return c.showDryRun(std, dry)
	}
	var run json.RawMessage
	if err := client.call(ctx, "POST", "/exporters/"+id+"/runs", &run); err != nil {
		return err
	}
	var started named
	if err := json.Unmarshal(run, &started); err != nil {
		return fmt.Errorf("reading the run: %w", err)
	}
	show := c.newDisplay(std)
	for {
		if done, err := show(run); done {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(500 * time.Millisecond):
		}
		if err := client.call(ctx, "GET", "/runs/"+started.ID, &run); err != nil {
			return err
		}
	}
}

// newDisplay returns a function that prints the progress of a run from its JSON. It returns done when the run is over,
// with the error with which the command ends.
func (c *runCommand) newDisplay(std Stdio) func(text []byte) (done bool, err error) {
	progress := newStatusLine(std.Err)
	return func(text []byte) (bool, error) {
		var r shownRun
		if err := json.Unmarshal(text, &r); err != nil {
			return true, fmt.Errorf("reading the run: %w", err)
		}
		over := export.RunStatus(r.Status).Over()
		line := fmt.Sprintf("%s: %s", r.ExporterName, r.Status)
		if r.Status == string(export.RunRunning) {
			line = fmt.Sprintf("%s: %s, %d of %d rows read, %d written", r.ExporterName, r.Progress.Phase,
				r.Progress.RowsRead, r.Progress.RowsTotal, r.Progress.RowsWritten)
		}
		if !over {
			progress.show(line)
			return false, nil
		}
		progress.clear()
		if c.JSON {
			if err := printJSON(std.Out, text); err != nil {
				return true, err
			}
		}
		if r.Status != string(export.RunSucceeded) {
			fmt.Fprintln(std.Err, formatOutcome(r))
			return true, failure{1}
		}
		if !c.JSON {
			fmt.Fprintln(std.Out, formatOutcome(r))
		}
		return true, nil
	}
}

// shownRun is what the command shows of a run, decoded from the API's JSON.
type shownRun struct {
	ExporterName   string           `json:"exporter_name"`
	Status         string           `json:"status"`
	Progress       export.Progress  `json:"progress"`
	Rows           int              `json:"rows"`
	RowsAdded      int              `json:"rows_added"`
	RowsChanged    int              `json:"rows_changed"`
	RowsRemoved    int              `json:"rows_removed"`
	Unchanged      bool             `json:"unchanged"`
	SpreadsheetURL string           `json:"spreadsheet_url"`
	Headlines      []shownFigure    `json:"headlines"`
	Error          *problem.Problem `json:"error"`
}

// shownFigure is what the command shows of a headline figure.
type shownFigure struct {
	Title     string `json:"title"`
	CompanyID string `json:"company_id"`
	Currency  string `json:"currency"`
	Value     string `json:"value"`
}

// formatFigures formats headline figures on a line of their own, with the companies' ids if there are several.
func formatFigures(list []shownFigure) string {
	companies := map[string]bool{}
	for _, f := range list {
		companies[f.CompanyID] = true
	}
	var texts []string
	for _, f := range list {
		text := strings.TrimSpace(f.Title+" "+f.Currency) + " " + f.Value
		if len(companies) > 1 {
			text += " (" + f.CompanyID + ")"
		}
		texts = append(texts, text)
	}
	if texts == nil {
		return ""
	}
	return "\n  " + strings.Join(texts, "; ")
}

// formatOutcome returns a line about a run that is over, and after a failure a second line on what to do.
func formatOutcome(r shownRun) string {
	switch {
	case r.Status == string(export.RunSucceeded) && r.Unchanged:
		return fmt.Sprintf("%s: %d rows, unchanged. %s%s",
			r.ExporterName, r.Rows, r.SpreadsheetURL, formatFigures(r.Headlines))
	case r.Status == string(export.RunSucceeded):
		return fmt.Sprintf("%s: %d rows (%d added, %d changed, %d removed). %s%s", r.ExporterName, r.Rows,
			r.RowsAdded, r.RowsChanged, r.RowsRemoved, r.SpreadsheetURL, formatFigures(r.Headlines))
	case r.Error != nil:
		return fmt.Sprintf("%s: %s (%s)\n  %s", r.ExporterName, r.Error.Message, r.Error.Code, r.Error.Hint)
	}
	return fmt.Sprintf("%s: %s", r.ExporterName, r.Status)
}

// printJSON prints JSON text, indented.
func printJSON(w io.Writer, text []byte) error {
	var b bytes.Buffer
	if err := json.Indent(&b, text, "", "  "); err != nil {
		return fmt.Errorf("printing the run: %w", err)
	}
	_, err := fmt.Fprintln(w, b.String())
	return err
}

// named is an exporter's id and name.
type named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// choose finds an exporter by its id, or by its name if that is unambiguous. It ignores the case of names.
func choose(all []named, wanted string) (id string, err error) {
	var found []string
	for _, n := range all {
		if n.ID == wanted {
			return n.ID, nil
		}
		if strings.EqualFold(n.Name, wanted) {
			found = append(found, n.ID)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return "", problem.New(problem.NotFound, "There is no exporter with the id or the name %q.", wanted).
			WithHint("The dashboard's Exporters page shows both.")
	}
	return "", problem.New(problem.Conflict, "%d exporters have the name %q.", len(found), wanted).
		WithHint("Use an id: %s.", strings.Join(found, ", "))
}
