package pipeline

import (
	"context"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// Result is everything that a run would write now, complete and checked.
type Result struct {
	Rows     *table.Spool
	About    string // lines about the rows: companies, period, basis, when they were read
	Warnings []export.Warning
}

// Result reads everything that a run would read. It needs no Google account, and writes and stores nothing.
func (r *Runner) Result(ctx context.Context, e export.Exporter) (Result, error) {
	e = whole(e)
	j := &job{
		Runner: r, exporter: e, report: func(func(*export.Run)) {}, quickBooks: &export.Meter{},
		sheets: &export.Meter{},
	}
	in, err := j.lookUp(ctx, e, 0)
	if err != nil {
		return Result{}, err
	}
	in.snapshot = false // it is not added to others
	g, err := j.collect(ctx, in)
	if err != nil {
		return Result{}, err
	}
	return Result{Rows: g.rows, About: g.note, Warnings: g.allWarnings()}, nil
}

// allWarnings returns the warnings of reading the companies and of combining them.
func (g gathered) allWarnings() []export.Warning {
	var list []export.Warning
	for _, p := range g.parts {
		list = append(list, p.outcome.Warnings...)
	}
	return append(list, g.warnings...)
}
