package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"ledgersheet/exporters"
	"ledgersheet/internal/app"
	"ledgersheet/internal/config"
	"ledgersheet/internal/export"
)

type exportersCommand struct {
	Types bool   `help:"List what can be exported instead."`
	URL   string `env:"LEDGERSHEET_URL" placeholder:"URL" help:"Address of the running server; when it is not set, the data folder is read if no server holds it."`
	config.Flags
}

// listed is what the list shows of an exporter, decoded from the API's JSON.
type listed struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Type     string `json:"type"`
	Paused   bool   `json:"paused"`
	Schedule struct {
		Cron     string `json:"cron"`
		Timezone string `json:"timezone"`
		Enabled  bool   `json:"enabled"`
	} `json:"schedule"`
}

// Run lists exporters, through the running server or from the data folder.
func (c *exportersCommand) Run(ctx context.Context, std Stdio) error {
	if c.Types {
		return printTypes(std.Out, exporters.All())
	}
	return callOrOpen(ctx, std, c.URL, c.Flags,
		func(base string) error { return c.runRemote(ctx, std, base) },
		func(a *app.App) error { return c.runLocal(ctx, a, std) })
}

func (c *exportersCommand) runLocal(ctx context.Context, a *app.App, std Stdio) error {
	all, err := a.Control().As(localActor()).Exporters(ctx, export.ExporterFilter{})
	if err != nil {
		return err
	}
	list := make([]listed, len(all))
	for i, e := range all {
		list[i] = listed{ID: string(e.ID), Name: e.Name, Type: e.Definition, Paused: e.Paused()}
		s := &list[i].Schedule
		s.Cron, s.Timezone, s.Enabled = e.Schedule.Cron, e.Schedule.Timezone, e.Schedule.Enabled
	}
	return printExporters(std.Out, list)
}

func (c *exportersCommand) runRemote(ctx context.Context, std Stdio, base string) error {
	client, err := newClient(base, os.Getenv)
	if err != nil {
		return err
	}
	list, err := readAll[listed](ctx, client, "/exporters")
	if err != nil {
		return err
	}
	return printExporters(std.Out, list)
}

func printExporters(w io.Writer, list []listed) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "There are no exporters yet. Make one in the dashboard.")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tNAME\tTYPE\tSCHEDULE")
	for _, e := range list {
		when := "none"
		switch {
		case e.Paused:
			when = "paused"
		case e.Schedule.Enabled:
			when = e.Schedule.Cron + " (" + e.Schedule.Timezone + ")"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", e.ID, e.Name, e.Type, when)
	}
	return t.Flush()
}

func printTypes(w io.Writer, all []export.Definition) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "TYPE\tKIND\tGROUP\tTITLE")
	for _, d := range all {
		i := d.Info()
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", i.ID, i.Kind, i.Group, i.Title)
	}
	return t.Flush()
}
