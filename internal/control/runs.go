package control

import (
	"context"
	"fmt"

	"ledgersheet/internal/access"
	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
)

// maxPage limits a page of the history.
const maxPage = 200

// RunNow enqueues a run of the exporter, or returns the one that is already queued or running.
func (d *Desk) RunNow(ctx context.Context, id export.ID) (run export.Run, joined bool, err error) {
	e, err := d.exporterFor(ctx, access.Operate, id)
	if err != nil {
		return run, false, err
	}
	run, joined, err = d.o.Queue.Enqueue(ctx, d.newRun(e))
	if err != nil {
		return run, joined, err
	}
	if !d.sees(run.Exporter.Companies...) {
		// It began when the exporter had other companies.
		hidden := problem.New(problem.Conflict, "A run of this exporter is under way that you may not see.").
			WithHint("Run it again when that one has ended.")
		return export.Run{}, false, hidden
	}
	if !joined {
		d.audit(ctx, d.who, "run.start", string(run.ID), e.Name)
	}
	return run, joined, nil
}

// newRun returns a run of the exporter that the actor asks for.
func (d *Desk) newRun(e export.Exporter) export.Run {
	trigger := export.TriggerManual
	if d.who.API {
		trigger = export.TriggerAPI
	}
	now := d.o.Now()
	return export.Run{
		ID: export.NewID("run", now), Exporter: e, Trigger: trigger, By: d.who.Email,
		Status: export.RunQueued, QueuedAt: now, Progress: export.Progress{Phase: export.PhaseQueued},
	}
}

// Run returns one run. A run of several companies is visible only to actors who may see all of them.
func (d *Desk) Run(ctx context.Context, id export.ID) (export.Run, error) {
	return d.runFor(ctx, access.See, id)
}

// runFor returns a run if the actor may do v to it.
func (d *Desk) runFor(ctx context.Context, v access.Verb, id export.ID) (export.Run, error) {
	r, err := d.o.Store.Run(ctx, id)
	if err != nil {
		return export.Run{}, explainMissing(err, "run")
	}
	if err := d.allow(v, access.About(r.Exporter.Companies...), "run"); err != nil {
		return export.Run{}, err
	}
	return r, nil
}

// Follow returns the states, from now on, of the runs that the actor may see and that which accepts; a nil which
// accepts all. The channel is closed when ctx ends or the service stops. which must be quick and must not call the
// desk.
func (d *Desk) Follow(ctx context.Context, which func(export.Run) bool) <-chan export.RunEvent {
	return d.o.Events.Subscribe(ctx, func(r export.Run) bool {
		return d.sees(r.Exporter.Companies...) && (which == nil || which(r))
	})
}

// Difference returns what a run changed in the sheet.
func (d *Desk) Difference(ctx context.Context, id export.ID) (*change.Set, error) {
	if _, err := d.Run(ctx, id); err != nil {
		return nil, err
	}
	return d.o.Previewer.Difference(ctx, id)
}

// DryRun returns what a run of the exporter would do now. It writes nothing.
func (d *Desk) DryRun(ctx context.Context, id export.ID) (pipeline.DryRun, error) {
	e, err := d.exporterFor(ctx, access.Operate, id)
	if err != nil {
		return pipeline.DryRun{}, err
	}
	return d.o.Previewer.DryRun(ctx, e)
}

// Capture reads what a run of the exporter would read. It returns QuickBooks' raw answers, scrubbed for a bug report,
// as the text of a capture.File. Only owners may. It writes nothing.
func (d *Desk) Capture(ctx context.Context, id export.ID) ([]byte, error) {
	e, err := d.exporterFor(ctx, access.Capture, id)
	if err != nil {
		return nil, err
	}
	data, err := d.o.Previewer.Capture(ctx, e)
	if err == nil {
		d.audit(ctx, d.who, "exporter.capture", string(e.ID), e.Name)
	}
	return data, err
}

// MayCapture reports whether the actor may capture the exporter.
func (d *Desk) MayCapture(e export.Exporter) bool {
	return d.who.Grant.Can(access.Capture, access.About(e.Companies...))
}

// Waiting returns why a queued run is waiting; empty if it is not.
func (d *Desk) Waiting(r export.Run) string {
	if !d.sees(r.Exporter.Companies...) {
		return ""
	}
	return d.o.Queue.Waiting(r)
}

// Runs returns a page of the history, newest first, and the cursor of the next page. It contains the runs that the
// actor may see and the filter selects. It sets f.Among.
func (d *Desk) Runs(ctx context.Context, f export.RunFilter) ([]export.Run, export.ID, error) {
	if !d.sees() {
		return nil, "", nil
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit, f.Among = min(f.Limit, maxPage), d.who.Grant.Among()
	runs, next, err := d.o.Store.Runs(ctx, f)
	if err != nil {
		return nil, "", fmt.Errorf("reading the history: %w", err)
	}
	return runs, next, nil
}

// CancelRun stops a run. The sheet keeps its previous rows. Cancelling a run that is over is a conflict.
func (d *Desk) CancelRun(ctx context.Context, id export.ID) (export.Run, error) {
	r, err := d.runFor(ctx, access.Operate, id)
	if err != nil {
		return r, err
	}
	if r.Status.Over() {
		return r, problem.New(problem.Conflict, "The run is over already (%s).", r.Status)
	}
	r, err = d.o.Queue.Cancel(ctx, id)
	if err == nil {
		d.audit(ctx, d.who, "run.cancel", string(id), r.Exporter.Name)
	}
	return r, err
}
