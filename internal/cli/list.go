package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"ledgersheet/exporters"
	"ledgersheet/internal/config"
	"ledgersheet/internal/export"
)

// exportersCommand has what can be done with all exporters together.
type exportersCommand struct {
	List   listCommand   `cmd:"" default:"withargs" help:"List the exporters, or what can be exported."`
	Export exportCommand `cmd:"" help:"Write all exporters into a YAML file, without secrets."`
	Apply  applyCommand  `cmd:"" help:"Make and change exporters as a YAML file says; delete none."`
}

// reachFlags say where a command finds the API.
type reachFlags struct {
	URL string `env:"LEDGERSHEET_URL" placeholder:"URL" help:"Address of the running server; when it is not set, the data folder is used if no server holds it."`
	config.Flags
}

func (f reachFlags) reach(ctx context.Context, std Stdio, use func(*client) error) error {
	return reach(ctx, std, f.URL, f.Flags, use)
}

type listCommand struct {
	Types bool `help:"List what can be exported instead."`
	JSON  bool `name:"json" help:"Print the list as JSON."`
	reachFlags
}

// listed is what the list shows of an exporter, decoded from the API's JSON.
type listed struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Type     string `json:"type"`
	State    string `json:"state"`
	Paused   bool   `json:"paused"`
	Schedule struct {
		Cron     string     `json:"cron"`
		Timezone string     `json:"timezone"`
		Enabled  bool       `json:"enabled"`
		NextAt   *time.Time `json:"next_at"`
	} `json:"schedule"`
	LastSuccess *struct {
		At *time.Time `json:"at"`
	} `json:"last_success"`
}

// Run lists exporters, through the running server or from the data folder.
func (c *listCommand) Run(ctx context.Context, std Stdio) error {
	if c.Types {
		return printTypes(std.Out, exporters.All())
	}
	return c.reach(ctx, std, func(client *client) error {
		return showAll(ctx, client, "/exporters", c.JSON, std.Out, func(list []listed) error {
			return printExporters(std.Out, list, time.Local, screenWidth(std.Out))
		})
	})
}

// showAll reads the list at a path of the API, and prints it as JSON or has it shown.
func showAll[T any](
	ctx context.Context, client *client, path string, asJSON bool, w io.Writer, show func([]T) error,
) error {
	texts, err := readAll[json.RawMessage](ctx, client, path)
	if err != nil {
		return err
	}
	if asJSON {
		return printList(w, texts)
	}
	list := make([]T, len(texts))
	for i, text := range texts {
		if err := json.Unmarshal(text, &list[i]); err != nil {
			return fmt.Errorf("reading the list at %s: %w", path, err)
		}
	}
	return show(list)
}

// printList prints JSON texts as an array.
func printList(w io.Writer, texts []json.RawMessage) error {
	if texts == nil {
		texts = []json.RawMessage{}
	}
	text, err := json.Marshal(texts)
	if err != nil {
		return fmt.Errorf("printing the list: %w", err)
	}
	return printJSON(w, text)
}

// The columns of the list of exporters. Those that do not fit a narrow screen go in the order of their rank.
var exporterColumns = [...]column[listed]{
	{title: "ID", rank: 3, text: func(e listed, _ *time.Location) string { return e.ID }},
	{title: "NAME", cut: true, text: func(e listed, _ *time.Location) string { return e.Name }},
	{title: "STATE", text: func(e listed, _ *time.Location) string { return e.State }},
	{title: "LAST SUCCESS", text: func(e listed, zone *time.Location) string {
		if e.LastSuccess == nil {
			return "never"
		}
		return formatTime(e.LastSuccess.At, zone)
	}},
	{title: "NEXT RUN", text: func(e listed, zone *time.Location) string {
		if e.Paused {
			return "paused"
		}
		return formatTime(e.Schedule.NextAt, zone)
	}},
	{title: "TYPE", rank: 2, text: func(e listed, _ *time.Location) string { return e.Type }},
	{title: "SCHEDULE", rank: 1, text: func(e listed, _ *time.Location) string {
		if !e.Schedule.Enabled {
			return "none"
		}
		return e.Schedule.Cron + " (" + e.Schedule.Timezone + ")"
	}},
}

// formatTime formats a time in a zone to the minute.
func formatTime(t *time.Time, zone *time.Location) string {
	if t == nil {
		return "none"
	}
	return t.In(zone).Format("2006-01-02 15:04")
}

// printExporters prints a table that is at most so wide; 0 means as wide as it gets.
func printExporters(w io.Writer, list []listed, zone *time.Location, width int) error {
	if len(list) == 0 {
		_, err := fmt.Fprintln(w, "There are no exporters yet. Make one in the dashboard.")
		return err
	}
	return printTable(w, exporterColumns[:], list, zone, width)
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
