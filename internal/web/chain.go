package web

import (
	"context"
	"slices"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// mostFollowed is how many exporters the form offers as those after which another one runs.
const mostFollowed = 300

// chainRow is an exporter after which another one runs.
type chainRow struct {
	ID   export.ID // empty if the person may not see it
	Name string
	Pill pill
	Done moment // when it succeeded since the last run of the chain
	Why  string // what it is waiting for
}

// chainRows returns the exporters after which one runs, and what it still waits for.
func (w *Web) chainRows(ctx context.Context, d *control.Desk, e export.Exporter) (rows []chainRow, err error) {
	links, err := d.Chain(ctx, e)
	if err != nil {
		return nil, err
	}
	for _, l := range links {
		row := chainRow{ID: l.Exporter, Name: l.Name, Done: w.moment(l.Done), Why: l.Why}
		if row.Pill = (pill{"Succeeded", "check", toneGood}); l.Done.IsZero() {
			row.Pill = pill{"Waits for it", "clock", toneQuiet}
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// afterChoices returns the exporters after which the one in the form can run: the first ones by name, and those that it
// names already.
func afterChoices(ctx context.Context, d *control.Desk, e export.Exporter) (list []choice, err error) {
	names, err := d.NameExporters(ctx, control.ExporterQuery{Limit: mostFollowed})
	if err != nil {
		return nil, err
	}
	links, err := d.Chain(ctx, e)
	if err != nil {
		return nil, err
	}
	for i, id := range e.After {
		if slices.ContainsFunc(names, func(n control.Named) bool { return n.ID == id }) {
			continue
		}
		name := string(id)
		if len(links) == len(e.After) {
			name = links[i].Name
		}
		list = append(list, choice{string(id), isolate(name), true})
	}
	for _, n := range names {
		if n.ID != e.ID {
			list = append(list, choice{string(n.ID), isolate(n.Name), slices.Contains(e.After, n.ID)})
		}
	}
	return list, nil
}
