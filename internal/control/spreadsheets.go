package control

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// Spreadsheet is one that exporters write to.
type Spreadsheet struct {
	ID      string
	Account export.ID
	By      []string // the exporters that the actor may see, by name
}

// mostSpreadsheets limits what Spreadsheets returns.
const mostSpreadsheets = 200

// Spreadsheets returns the spreadsheets that exporters which the actor may see write to, those of the most first. It
// asks Google nothing.
func (d *Desk) Spreadsheets(ctx context.Context) ([]Spreadsheet, error) {
	if !d.sees() {
		return nil, nil
	}
	at := map[string]int{}
	var list []Spreadsheet
	for h, err := range d.heads(ctx, ExporterQuery{}) {
		if err != nil {
			return nil, err
		}
		id := h.Spreadsheet // a file has none
		if id == "" {
			continue
		}
		n, known := at[id]
		if !known {
			n = len(list)
			at[id] = n
			list = append(list, Spreadsheet{ID: id, Account: h.Account})
		}
		list[n].By = append(list[n].By, h.Name)
	}
	slices.SortStableFunc(list, func(a, b Spreadsheet) int {
		return cmp.Or(len(b.By)-len(a.By), strings.Compare(a.By[0], b.By[0]))
	})
	return list[:min(len(list), mostSpreadsheets)], nil
}

// Peek looks at the spreadsheet of a target, and at what stands where its rows would begin. What keeps the account from
// writing there is a problem. A spreadsheet into which an exporter writes that the actor may not see is not shown: its
// cells may be another company's.
func (d *Desk) Peek(ctx context.Context, t export.Target) (export.Peek, error) {
	if err := d.allow(access.Edit, access.Thing{}, "exporter"); err != nil {
		return export.Peek{}, err
	}
	e := export.Exporter{Target: t}
	e.Normalize()
	t = e.Target
	if _, err := d.Account(ctx, t.Account); err != nil {
		return export.Peek{}, err
	}
	if err := d.allowLook(ctx, t.Spreadsheet); err != nil {
		return export.Peek{}, err
	}
	p, err := d.o.Google.Peek(ctx, t.Account, t.Spreadsheet, t.Sheet, t.Start)
	switch {
	case err != nil:
		return p, err
	case p.Trashed:
		return p, export.InBin()
	case p.ReadOnly:
		return p, problem.New(problem.SpreadsheetForbidden, "This Google account may look at the spreadsheet, but not "+
			"change it.")
	}
	return p, nil
}

// allowLook returns a problem if an exporter that the actor may not see writes to the spreadsheet.
func (d *Desk) allowLook(ctx context.Context, spreadsheet string) error {
	if d.who.Grant.Among() == nil {
		return nil
	}
	all, err := d.o.Store.Exporters(ctx, export.ExporterFilter{Spreadsheet: spreadsheet})
	if err != nil {
		return fmt.Errorf("reading the exporters: %w", err)
	}
	if slices.ContainsFunc(all, func(e export.Exporter) bool { return !d.sees(e.Companies...) }) {
		return problem.New(problem.Forbidden, "This spreadsheet has rows of companies that you may not see.").
			WithHint("Choose another one, or ask somebody who sees all of its companies.")
	}
	return nil
}
