package intuit

import (
	"context"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// unwrapped is the record itself. Recurring transactions come in an object whose one member is named for their type;
// that name becomes the member TxnType.
func unwrapped(object string, rec record.Record) record.Record {
	if object != "RecurringTransaction" {
		return rec
	}
	if name, inner, ok := rec.Unwrap(); ok {
		return inner.With("TxnType", name)
	}
	return rec
}

// emitter turns records into rows.
type emitter struct {
	read    *entityRead
	yield   func(table.Row, error) bool
	rows    int
	stopped bool // nobody wants more
}

// full implements taker.
func (o *emitter) full() bool { return o.stopped }

// record yields the record's rows that pass the filters. It returns an error when what they look up cannot be read.
func (o *emitter) record(ctx context.Context, rec record.Record) error {
	r := o.read
	view := export.View{Record: rec, Company: r.query.Company, Today: r.query.Today}
	if r.span != nil && !r.span.match(r.span.column.cell(view)) {
		return nil
	}
	lines := r.linesOf(rec)
	if err := r.prepare(ctx, rec, lines); err != nil {
		return err
	}
	counted := false
	for _, view.Line = range lines {
		if !matchAll(r.filters, view) {
			continue
		}
		if !counted {
			counted = true
			r.tallyRecord(view)
		}
		cells := make([]table.Cell, len(r.columns))
		for i, col := range r.columns {
			cells[i] = col.cell(view)
		}
		o.rows++
		o.stopped = !o.yield(table.Row{Cells: cells}, nil) || (r.query.Limit > 0 && o.rows >= r.query.Limit)
		if o.stopped {
			return nil
		}
	}
	return nil
}

// linesOf returns the lines that give a row each; one that does not exist where the whole record gives the row.
func (r *entityRead) linesOf(rec record.Record) []record.Record {
	if r.lines {
		member := "Line"
		if r.entity.LinesIn != "" {
			member = r.entity.LinesIn
		}
		if own := linesOf(rec, member); len(own) > 0 {
			return own
		}
	}
	return []record.Record{{}}
}

// matchAll reports whether all filters hold for a row.
func matchAll(filters []filter, v export.View) bool {
	for _, f := range filters {
		if !f.Match(f.column.cell(v)) {
			return false
		}
	}
	return true
}
