package control

import (
	"context"
	"fmt"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
)

// maxPage bounds a page of the history.
const maxPage = 200

// RunNow enqueues a run of the exporter, or returns the one that is queued or running.
func (c *Control) RunNow(ctx context.Context, who Actor, id export.ID) (run export.Run, joined bool, err error) {
	e, err := c.Exporter(ctx, id)
	if err != nil {
		return run, false, err
	}
	trigger := export.TriggerManual
	if who.API {
		trigger = export.TriggerAPI
	}
	now := c.o.Now()
	run, joined, err = c.o.Queue.Enqueue(ctx, export.Run{
		ID: export.NewID("run", now), Exporter: e, Trigger: trigger, Status: export.RunQueued, By: who.Email, QueuedAt: now,
		Progress: export.Progress{Phase: export.PhaseQueued}})
	if err == nil && !joined {
		c.audit(ctx, who, "run.start", string(run.ID), e.Name)
	}
	return run, joined, err
}

// Run returns one run.
func (c *Control) Run(ctx context.Context, id export.ID) (export.Run, error) {
	r, err := c.o.Store.Run(ctx, id)
	if err != nil {
		return r, missing(err, "run")
	}
	return r, nil
}

// Difference returns what a run changed in the sheet.
func (c *Control) Difference(ctx context.Context, id export.ID) (*change.Set, error) {
	if _, err := c.Run(ctx, id); err != nil {
		return nil, err
	}
	return c.o.Previewer.Difference(ctx, id)
}

// DryRun returns what a run of the exporter would do now. It writes nothing.
func (c *Control) DryRun(ctx context.Context, id export.ID) (pipeline.DryRun, error) {
	e, err := c.Exporter(ctx, id)
	if err != nil {
		return pipeline.DryRun{}, err
	}
	return c.o.Previewer.DryRun(ctx, e)
}

// Waiting says why a queued run waits; empty when it does not.
func (c *Control) Waiting(id export.ID) string { return c.o.Queue.Waiting(id) }

// Runs returns a page of the history, newest first, and the cursor of the next one.
func (c *Control) Runs(ctx context.Context, f export.RunFilter) ([]export.Run, export.ID, error) {
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, maxPage)
	runs, next, err := c.o.Store.Runs(ctx, f)
	if err != nil {
		return nil, "", fmt.Errorf("reading the history: %w", err)
	}
	return runs, next, nil
}

// ActiveRuns returns the runs that are queued or running, oldest first.
func (c *Control) ActiveRuns(ctx context.Context) ([]export.Run, error) {
	return c.o.Store.ActiveRuns(ctx)
}

// CancelRun stops a run; the sheet keeps its previous rows. A run that is over is a conflict.
func (c *Control) CancelRun(ctx context.Context, who Actor, id export.ID) (export.Run, error) {
	r, err := c.Run(ctx, id)
	if err != nil {
		return r, err
	}
	if r.Status.Over() {
		return r, problem.New(problem.Conflict, "The run is over already (%s).", r.Status)
	}
	r, err = c.o.Queue.Cancel(ctx, id)
	if err == nil {
		c.audit(ctx, who, "run.cancel", string(id), r.Exporter.Name)
	}
	return r, err
}
