package pipeline

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// previewRows is how many rows a preview shows.
const previewRows = 20

// Preview is the beginning of what a run would write.
type Preview struct {
	Columns  []table.Column
	Rows     []table.Row
	Total    int // -1 if it is unknown without reading everything
	Warnings []string
	Periods  []string // one for each company
	Requests export.Requests
}

// Preview reads the first rows of each company, with at most two requests each. It writes nothing.
func (r *Runner) Preview(ctx context.Context, e export.Exporter) (Preview, error) {
	in, err := r.lookUp(ctx, whole(e), previewRows)
	if err != nil {
		return Preview{}, err
	}
	parts := make([]part, len(in.companies))
	var meter export.Meter
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for i, c := range in.companies {
		g.Go(func() (err error) {
			defer problem.Recover(&err)
			reading, err := r.open(ctx, in, e, c, &meter)
			if err != nil {
				return err
			}
			parts[i] = part{company: c, reading: reading, rows: table.NewSpool(reading.Schema)}
			for row, err := range reading.Rows {
				if err != nil {
					return nameCompany(err, c, len(in.companies))
				}
				if err := parts[i].rows.Add(row); err != nil {
					return err
				}
				if parts[i].rows.Len() == in.limit {
					break
				}
			}
			if parts[i].outcome, err = reading.End(); err != nil {
				return fmt.Errorf("ending the reading: %w", err)
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return Preview{}, err
	}
	p, err := r.combinePreview(in, parts)
	p.Requests.QuickBooks = meter.Count()
	return p, err
}

func (r *Runner) combinePreview(in inputs, parts []part) (Preview, error) {
	rows, warnings, err := in.combine(parts, "", r.o.Now())
	if err != nil {
		return Preview{}, err
	}
	p := Preview{Columns: rows.Schema().Columns, Warnings: warnings}
	for _, part := range parts {
		if part.reading.Total < 0 || p.Total < 0 {
			p.Total = -1
		} else {
			p.Total += part.reading.Total
		}
		p.Warnings = append(p.Warnings, export.WarningTexts(part.outcome.Warnings)...)
		p.Periods = append(p.Periods, part.outcome.Period)
	}
	if in.beside {
		p.Total = rows.Len()
	}
	for row, err := range rows.Rows() {
		if err != nil {
			return Preview{}, err
		}
		if len(p.Rows) == previewRows {
			break
		}
		p.Rows = append(p.Rows, row)
	}
	return p, nil
}
