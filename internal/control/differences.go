package control

import (
	"context"
	"slices"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// AcceptDifference remembers, for the exporter, that a difference between QuickBooks' own figures is known. It must be
// one that the exporter's latest run with checks found. That run shows it as accepted at once, later ones if they find
// the same figure in the same place off by the same amount.
func (d *Desk) AcceptDifference(ctx context.Context, id export.ID,
	a export.AcceptedDifference) (export.Exporter, error) {
	e, err := d.exporterFor(ctx, access.Operate, id)
	if err != nil {
		return export.Exporter{}, err
	}
	run, err := d.latestChecked(ctx, id)
	if err != nil {
		return export.Exporter{}, err
	}
	found := slices.IndexFunc(run.Checks, a.Covers)
	if found < 0 {
		return export.Exporter{}, problem.Invalid("what",
			"is no difference, in this place and by this amount, that the latest run found; look at that run's checks")
	}
	a.Amount, a.Who, a.At = run.Checks[found].Difference(), d.who.Email, d.o.Now()
	e, err = d.o.Store.UpdateExporter(ctx, id, func(e *export.Exporter) error {
		e.Accepted = slices.DeleteFunc(e.Accepted, func(old export.AcceptedDifference) bool {
			return old.What == a.What && old.Place == a.Place && old.Amount == a.Amount
		})
		e.Accepted = append(e.Accepted, a)
		e.Accepted = e.Accepted[max(0, len(e.Accepted)-export.MostAccepted):]
		return nil
	})
	if err != nil {
		return export.Exporter{}, explainMissing(err, "exporter")
	}
	_, err = d.o.Store.UpdateRun(ctx, run.ID, func(r *export.Run) error {
		r.Checks = e.MarkAccepted(r.Checks)
		return nil
	})
	if err != nil {
		return export.Exporter{}, explainMissing(err, "run")
	}
	d.audit(ctx, d.who, "exporter.accept_difference", string(id), a.What+" by "+a.Amount)
	return e, nil
}

// recentRuns is how many runs are searched for the latest one with checks: runs that failed before they had read have
// none.
const recentRuns = 20

// latestChecked returns the exporter's latest run that is over and has checks; the zero Run if there is none that the
// actor may see.
func (d *Desk) latestChecked(ctx context.Context, id export.ID) (export.Run, error) {
	runs, _, err := d.o.Store.Runs(ctx, export.RunFilter{Exporter: id, Limit: recentRuns})
	if err != nil {
		return export.Run{}, err
	}
	for _, r := range runs {
		if r.Status.Over() && len(r.Checks) > 0 && d.sees(r.Exporter.Companies...) {
			return r, nil
		}
	}
	return export.Run{}, nil
}
