package pipeline

import (
	"context"
	"errors"
	"fmt"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// keepEvidence stores how the run has come by its rows, or why it has not. A failure is only logged: the run itself
// says what came of it.
func (j *job) keepEvidence(ctx context.Context, attempt int) {
	ctx = context.WithoutCancel(ctx)
	err := func() error {
		var e export.Evidence
		if attempt > 1 { // what earlier attempts have asked is part of it
			before, err := j.readEvidence(ctx, j.run)
			if err != nil && !errors.Is(err, export.ErrNotFound) {
				return err
			}
			e = before
		}
		zone := j.exporter.Schedule.Location()
		e.Day, e.Zone, e.Revision = j.began.In(zone).Format("2006-01-02"), zone.String(), j.revision
		for _, meter := range []*export.Meter{j.quickBooks, j.sheets} {
			e.Asked.Join(numberAttempt(meter.Asked(), attempt))
		}
		data, err := e.Pack()
		if err != nil {
			return err
		}
		return j.o.Store.PutEvidence(ctx, j.run, data)
	}()
	if err != nil {
		j.log.WarnContext(ctx, "a run's evidence was not kept", "run", string(j.run), "error", err.Error())
	}
}

func numberAttempt(log export.AskedLog, attempt int) export.AskedLog {
	for _, list := range [][]export.Asked{log.First, log.Last} {
		for i := range list {
			list[i].Attempt = attempt
		}
	}
	return log
}

// Evidence returns how a run has come by its rows. It is a NotFound problem if nothing was kept.
func (r *Runner) Evidence(ctx context.Context, run export.ID) (export.Evidence, error) {
	e, err := r.readEvidence(ctx, run)
	if errors.Is(err, export.ErrNotFound) {
		return e, problem.New(problem.NotFound, "No evidence is kept of this run.").
			WithHint("A run leaves it when it ends; those of older versions have left none.")
	}
	return e, err
}

func (r *Runner) readEvidence(ctx context.Context, run export.ID) (export.Evidence, error) {
	data, err := r.o.Store.Evidence(ctx, run)
	if err != nil {
		return export.Evidence{}, fmt.Errorf("reading a run's evidence: %w", err)
	}
	return export.UnpackEvidence(data)
}
