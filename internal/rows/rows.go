package rows

import (
	"context"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// makeRows passes the rows of one record that match the filters to take, and reports whether take wants more. It fails
// if a list that the rows depend on cannot be read.
func (m *Maker) makeRows(ctx context.Context, rec record.Record, take func(table.Row) bool) (more bool, err error) {
	view := export.View{Record: rec, Company: m.query.Company, Today: m.query.Today}
	if m.span != nil && !m.span.match(m.span.column.cell(&view)) {
		return true, nil
	}
	lines := m.linesOf(rec)
	if err := m.prepare(ctx, rec, lines); err != nil {
		return false, err
	}
	link := ""
	if m.linked != nil {
		link = m.entity.RecordLink(view)
	}
	counted := false
	for _, view.Line = range lines {
		if !matchAll(m.filters, &view) {
			continue
		}
		if !counted {
			counted = true
			m.tallyRecord(&view)
			m.tieOut(rec, lines)
			m.noteLate(rec)
		}
		cells := make([]table.Cell, len(m.columns))
		for i, col := range m.columns {
			cells[i] = col.cell(&view)
		}
		if !take(table.Row{Cells: cells, Link: link}) {
			return false, nil
		}
	}
	return true, nil
}

// linesOf returns the lines that become rows. If the whole record is one row, it returns a single zero Record.
func (m *Maker) linesOf(rec record.Record) []record.Record {
	if m.options.Lines {
		member := "Line"
		if m.entity.LinesIn != "" {
			member = m.entity.LinesIn
		}
		if own := linesOf(rec, member); len(own) > 0 {
			return own
		}
	}
	return []record.Record{{}}
}

// matchAll reports whether a row passes all filters.
func matchAll(filters []filter, v *export.View) bool {
	for _, f := range filters {
		if !f.Match(f.column.cell(v)) {
			return false
		}
	}
	return true
}
