package control

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/sheetfile"
	"ledgersheet/internal/table"
)

// paper collects the rows of a file for auditors.
type paper struct {
	rows *table.Spool
	err  error
}

// amount is exact decimal text. In a file it is a number, which stays as exact as the file's format lets it.
type amount string

func (a amount) cell() table.Cell {
	d, err := decimal.NewFromString(string(a))
	if err != nil {
		return table.TextOf(string(a))
	}
	return table.MoneyOf(d)
}

func newPaper(titles ...string) *paper {
	schema := table.Schema{}
	for _, title := range titles {
		id := strings.ReplaceAll(strings.ToLower(title), " ", "_")
		schema.Columns = append(schema.Columns, table.Column{ID: id, Title: title})
	}
	return &paper{rows: table.NewSpool(schema)}
}

// add adds a row of strings, numbers and amounts. What is missing at its end is blank.
func (p *paper) add(values ...any) {
	cells := make([]table.Cell, len(p.rows.Schema().Columns))
	for i, v := range values {
		switch v := v.(type) {
		case amount:
			cells[i] = v.cell()
		case int:
			cells[i] = table.NumberOf(decimal.NewFromInt(int64(v)))
		default:
			cells[i] = table.TextOf(fmt.Sprint(v))
		}
	}
	if p.err == nil {
		p.err = p.rows.Add(table.Row{Cells: cells})
	}
}

// open returns the paper as a file. The caller must close it.
func (p *paper) open(ctx context.Context, name, title, format string) (*sheetfile.File, error) {
	f, err := sheetfile.ParseFormat("format", format)
	if err != nil {
		return nil, err
	}
	if p.err != nil {
		return nil, fmt.Errorf("collecting rows: %w", p.err)
	}
	p.rows.Seal()
	return sheetfile.Open(ctx, name, f, sheetfile.Sheet{Title: title, Rows: p.rows, Zone: time.UTC})
}

func stampText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// equalText says how a check went.
func equalText(c export.Check) string {
	switch {
	case c.Holds:
		return "equal"
	case c.Accepted:
		return "differs, known"
	}
	return "differs"
}

// EvidenceFile returns how a run came by its rows as a file in a format of package sheetfile: one row for each fact,
// parameter, company, figure, check, request and warning. The caller must close it.
func (d *Desk) EvidenceFile(ctx context.Context, id export.ID, format string) (*sheetfile.File, error) {
	e, err := d.Evidence(ctx, id)
	if err != nil {
		return nil, err
	}
	names := map[export.RealmID]string{}
	for _, c := range e.Companies {
		names[c.Realm] = c.Name
	}
	p := newPaper("Section", "Item", "Company", "Detail", "Currency", "Value", "QuickBooks says", "Equal", "At", "Id")
	fact := func(item string, value any) { p.add("run", item, "", "", "", value) }
	fact("Run", string(e.ID))
	fact("Exporter", e.Exporter.Name)
	fact("Exporter id", string(e.Exporter.ID))
	fact("Revision", e.Evidence.Revision)
	fact("Type", e.Exporter.Definition)
	fact("Trigger", string(e.Trigger))
	fact("Started by", e.By)
	fact("Status", string(e.Status))
	fact("Started", stampText(e.StartedAt))
	fact("Ended", stampText(e.FinishedAt))
	fact("Attempts", e.Attempts)
	fact("Day of dates", e.Day)
	fact("Time zone", e.Zone)
	fact("Rows", e.Rows)
	fact("Rows added", e.Added)
	fact("Rows changed", e.Run.Changed)
	fact("Rows removed", e.Removed)
	fact("Cells written", e.Cells)
	fact("Digest of the rows", e.Digest)
	fact("Sheet", e.URL)
	if e.Problem != nil {
		p.add("error", string(e.Problem.Code), "", e.Problem.Message, "", "", "", "", "", e.Problem.ProviderRequestID)
	}
	p.add("parameter", "Mode", "", "", "", string(e.Exporter.Mode))
	p.add("parameter", "Columns", "", "", "", strings.Join(e.Exporter.Columns, ", "))
	for _, f := range e.Exporter.Filters {
		p.add("parameter", "Filter", "", "", "", f.Column+" "+string(f.Op)+" "+f.Value)
	}
	for _, key := range slices.Sorted(maps.Keys(e.Options)) {
		p.add("parameter", key, "", "", "", e.Options[key])
	}
	for _, c := range e.Companies {
		p.add("company", string(c.Realm), c.Name, c.Period, "", c.Rows)
	}
	for _, f := range e.Figures {
		p.add("figure", f.Title, names[f.Company], f.Period, f.Currency, amount(f.Value))
	}
	for _, c := range e.Checks {
		p.add("check", c.What, names[c.Company], c.Place, "", amount(c.AddsUpTo), amount(c.Says), equalText(c))
	}
	for _, key := range slices.Sorted(maps.Keys(e.Control)) {
		p.add("check sum", key, "", "", "", amount(e.Control[key]))
	}
	for _, a := range e.Asked.Requests() {
		p.add("request", a.Provider, "", a.What, "", a.Status, "", "", stampText(a.At), a.ID)
	}
	if n := e.Asked.Omitted(); n > 0 {
		p.add("request", "not kept", "", "", "", n)
	}
	for _, w := range e.Warnings {
		p.add("warning", string(w.Code), names[w.Company], w.Text)
	}
	return p.open(ctx, "Evidence "+e.Exporter.Name+" "+e.StartedAt.UTC().Format(time.DateOnly), "Evidence", format)
}

// TieOutFile returns a tie-out sheet as a file in a format of package sheetfile. The caller must close it.
func (d *Desk) TieOutFile(ctx context.Context, realm export.RealmID, month, format string) (*sheetfile.File, error) {
	t, err := d.TieOut(ctx, realm, month)
	if err != nil {
		return nil, err
	}
	p := newPaper("Company", "Month", "Exporter", "Type", "Period", "Basis", "Figure", "Where", "Currency", "Ours",
		"QuickBooks says", "Equal", "Read at", "Run")
	for _, part := range t.Parts {
		add := func(figure, where, currency string, ours, says any, equal string) {
			p.add(t.Company.Name, t.Month, part.Exporter.Name, part.Type, part.Period, part.Basis, figure, where,
				currency, ours, says, equal, stampText(part.ReadAt), string(part.Run))
		}
		add("Rows", "", "", part.Rows, "", "")
		for _, f := range part.Figures {
			add(f.Title, f.Period, f.Currency, amount(f.Value), "", "")
		}
		for _, c := range part.Checks {
			add(c.What, c.Place, "", amount(c.AddsUpTo), amount(c.Says), equalText(c))
		}
	}
	for _, m := range t.Missing {
		p.add(t.Company.Name, t.Month, m.Name, "", "", "", "Not read for this month", "", "", "", "", "missing")
	}
	return p.open(ctx, "Tie-out "+t.Company.Name+" "+t.Month, "Tie-out "+t.Month, format)
}
