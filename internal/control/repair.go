package control

import (
	"context"
	"errors"
	"slices"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// Offer returns the repairs that would end the problem of an exporter's run, the mildest first. There are none unless
// it is the exporter's latest run and the actor may change the exporter.
func (d *Desk) Offer(ctx context.Context, r export.Run) ([]export.Repair, error) {
	if !r.Status.Over() || len(r.Warnings) == 0 && (r.Problem == nil || len(r.Problem.Remedies) == 0) {
		return nil, nil
	}
	e, err := d.exporterFor(ctx, access.Edit, r.Exporter.ID)
	if problem.HasCode(err, problem.NotFound, problem.Forbidden) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	latest, err := d.latestRun(ctx, e.ID)
	if err != nil || latest.ID != r.ID {
		return nil, err
	}
	return d.offer(ctx, e, r)
}

func (d *Desk) offer(ctx context.Context, e export.Exporter, r export.Run) ([]export.Repair, error) {
	def, ok := d.definitions[e.Definition]
	if !ok {
		return nil, nil
	}
	list := e.OfferAfter(def, r)
	if r.Problem == nil {
		return list, nil
	}
	for _, owner := range r.Problem.Owners {
		// Rows are never taken from an exporter that there still is, whether or not the actor may see it.
		_, err := d.o.Store.Exporter(ctx, export.ExporterOf(export.ID(owner)))
		switch {
		case err == nil:
			list = slices.DeleteFunc(list, func(r export.Repair) bool { return r == export.RepairTakeOver })
		case !errors.Is(err, export.ErrNotFound):
			return nil, err
		}
	}
	return list, nil
}

// latestRun returns the exporter's newest run; the zero Run if there is none that the actor may see.
func (d *Desk) latestRun(ctx context.Context, id export.ID) (export.Run, error) {
	runs, _, err := d.o.Store.Runs(ctx, export.RunFilter{Exporter: id, Limit: 1})
	if err != nil || len(runs) == 0 || !d.sees(runs[0].Exporter.Companies...) {
		return export.Run{}, err
	}
	return runs[0], nil
}

// Repair ends what stopped the exporter's latest run in one of the ways that Offer names, and returns the exporter and
// the run that does so. Repeated, it returns the same run until that has ended, and changes nothing after that one has
// succeeded. What the run may do to the sheet is allowed to that run only.
func (d *Desk) Repair(ctx context.Context, id export.ID, r export.Repair) (export.Exporter, export.Run, error) {
	e, err := d.exporterFor(ctx, access.Edit, id)
	if err != nil {
		return e, export.Run{}, err
	}
	if !slices.Contains(export.Repairs(), r) {
		return e, export.Run{}, problem.Invalid("action", "is no repair; choose one of %v", export.Repairs())
	}
	latest, err := d.latestRun(ctx, id)
	if err != nil {
		return e, latest, err
	}
	switch {
	case latest.Repair() == r && (!latest.Status.Over() || latest.Status == export.RunSucceeded):
		return e, latest, nil
	case latest.ID != "" && !latest.Status.Over():
		return e, latest, underWay()
	}
	offered, err := d.offer(ctx, e, latest)
	if err != nil {
		return e, latest, err
	}
	if !slices.Contains(offered, r) {
		return e, latest, problem.New(problem.Conflict, "The exporter's latest run did not stop for anything that %q "+
			"would mend.", r).WithHint("Look at the latest run, or run the exporter again.")
	}
	if e, err = d.reconfigure(ctx, e, r, latest.Problem); err != nil {
		return e, latest, err
	}
	words := []export.Repair{r}
	if latest.Status != export.RunSucceeded {
		words = append(slices.Clone(latest.Repairs), r)
	}
	run, err := d.startRepair(ctx, e, words)
	if err == nil {
		d.audit(ctx, d.who, "exporter.repair", string(id), string(r)+": "+e.Name)
	}
	return e, run, err
}

// reconfigure changes the exporter as the repair says.
func (d *Desk) reconfigure(
	ctx context.Context, e export.Exporter, r export.Repair, p *problem.Problem,
) (export.Exporter, error) {
	if r.NeedsSheet() {
		return e, nil
	}
	def := d.definitions[e.Definition]
	e, err := d.o.Store.UpdateExporter(ctx, e.ID, func(s *export.Exporter) error {
		// Its companies may have changed since it was read.
		if err := d.allow(access.Edit, access.About(s.Companies...), "exporter"); err != nil {
			return err
		}
		if s.Repair(def, r, p) {
			s.Revision++
			s.UpdatedAt = d.o.Now()
		}
		var bad problem.Collect
		s.Validate(def, &bad)
		return bad.Err()
	})
	if err != nil {
		return e, explainMissing(err, "exporter")
	}
	return e, nil
}

// startRepair enqueues the run that repairs. The words that were given to the run before count too: that run has
// stopped for something else, so nothing has come of them.
func (d *Desk) startRepair(ctx context.Context, e export.Exporter, words []export.Repair) (export.Run, error) {
	run := d.newRun(e)
	run.Repairs = words
	r := run.Repair()
	run, joined, err := d.o.Queue.Enqueue(ctx, run)
	if err != nil {
		return run, err
	}
	if joined && run.Repair() != r && r.NeedsSheet() {
		return run, underWay() // of the schedule, in this very moment
	}
	return run, nil
}

func underWay() error {
	return problem.New(problem.Conflict, "A run of this exporter is under way.").
		WithHint("Wait until it has ended; if it stops for the same reason, choose again.")
}
