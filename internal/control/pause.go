package control

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// pause pauses the selected exporters and returns those that were not paused before.
func (c *core) pause(ctx context.Context, why export.Pause, which export.ExporterFilter) ([]export.ID, error) {
	all, err := c.o.Store.Exporters(ctx, which)
	if err != nil {
		return nil, fmt.Errorf("reading the exporters: %w", err)
	}
	var paused []export.ID
	for _, e := range all {
		if e.Paused() {
			continue
		}
		_, err := c.o.Store.UpdateExporter(ctx, e.ID, func(e *export.Exporter) error {
			e.Pause = &why
			return nil
		})
		if err != nil && !errors.Is(err, export.ErrNotFound) {
			return paused, fmt.Errorf("pausing an exporter: %w", err)
		}
		paused = append(paused, e.ID)
	}
	return paused, nil
}

// resume resumes exporters after a reconnect. It enqueues one run for each exporter that missed something: a due time
// that passed during the pause, or a last run that failed for lack of the connection. users selects the exporters that
// use the connection; nil if it is gone.
func (c *core) resume(
	ctx context.Context, paused []export.ID, code problem.Code, users *export.ExporterFilter,
) error {
	all, err := c.concerned(ctx, paused, users)
	if err != nil {
		return err
	}
	uses := func(e export.Exporter) bool { return users != nil && users.Matches(e) }
	now := c.o.Now()
	for _, e := range all {
		wasPaused := slices.Contains(paused, e.ID) && !pausedByPerson(e)
		if wasPaused {
			if held, err := c.hold(ctx, e); err != nil {
				return err
			} else if held {
				continue
			}
		}
		if !wasPaused && !uses(e) {
			continue
		}
		if wasPaused {
			if err := c.resumeOne(ctx, e, uses(e)); err != nil {
				return err
			}
		}
		if !e.Schedule.Enabled || !uses(e) || e.Paused() && !wasPaused || !c.failedWith(ctx, e.ID, code) {
			continue
		}
		run := c.catchUp(e, now)
		if _, _, err := c.o.Queue.Enqueue(ctx, run); err != nil {
			return fmt.Errorf("catching up: %w", err)
		}
	}
	c.o.Ticker.Wake()
	return nil
}

// resumeOne ends the pause of an exporter whose connections are back. If it missed due times, it catches up once,
// unless its schedule does not want that. If the program ends in between, the ticker does it.
func (c *core) resumeOne(ctx context.Context, e export.Exporter, uses bool) error {
	now := c.o.Now()
	e, err := c.o.Store.PassDue(ctx, e.ID, func(e *export.Exporter) (missed export.DueTime, err error) {
		due := !e.NextAt.IsZero() && !e.NextAt.After(now)
		if !due || !uses || e.Schedule.SkipMissed {
			missed = c.replan(e, now)
		}
		e.Pause = nil
		return missed, nil
	})
	if errors.Is(err, export.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("resuming an exporter: %w", err)
	}
	if e.NextAt.IsZero() || e.NextAt.After(now) {
		return nil
	}
	next := c.o.Ticker.Plan(e, now)
	run := c.catchUp(e, now)
	run.Due = e.NextAt
	err = c.o.Queue.EnqueueDue(ctx, export.DueRun{Run: run, Until: next, Next: next})
	if err != nil && !errors.Is(err, export.ErrExists) && !errors.Is(err, export.ErrBusy) {
		return fmt.Errorf("catching up: %w", err)
	}
	return nil
}

// catchUp returns a run that makes up for what was missed.
func (c *core) catchUp(e export.Exporter, now time.Time) export.Run {
	return export.Run{
		ID: export.NewID("run", now), Exporter: e, Trigger: export.TriggerCatchUp,
		Status: export.RunQueued, QueuedAt: now, Progress: export.Progress{Phase: export.PhaseQueued},
	}
}

// concerned returns the exporters that are among paused or that users selects.
func (c *core) concerned(
	ctx context.Context, paused []export.ID, users *export.ExporterFilter,
) (all []export.Exporter, err error) {
	if users != nil {
		if all, err = c.o.Store.Exporters(ctx, *users); err != nil {
			return nil, fmt.Errorf("reading the exporters: %w", err)
		}
	}
	for _, id := range paused {
		if slices.ContainsFunc(all, func(e export.Exporter) bool { return e.ID == id }) {
			continue
		}
		e, err := c.o.Store.Exporter(ctx, id)
		if errors.Is(err, export.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading an exporter: %w", err)
		}
		all = append(all, e)
	}
	return all, nil
}

// hold reports whether an exporter has to stay paused because it also lacks another connection. It then arranges that
// the exporter is resumed with that one.
func (c *core) hold(ctx context.Context, e export.Exporter) (bool, error) {
	why, err := c.findLack(ctx, e)
	if err != nil || why == nil {
		return false, err
	}
	for _, realm := range e.Companies {
		_, err := c.o.Store.UpdateCompany(ctx, realm, func(c *export.Company) error {
			if c.Status == export.Disconnected && !slices.Contains(c.Paused, e.ID) {
				c.Paused = append(c.Paused, e.ID)
			}
			return nil
		})
		if err != nil && !errors.Is(err, export.ErrNotFound) {
			return false, fmt.Errorf("holding an exporter: %w", err)
		}
	}
	_, err = c.o.Store.UpdateAccount(ctx, e.Target.Account, func(a *export.GoogleAccount) error {
		if a.Status == export.Disconnected && !slices.Contains(a.Paused, e.ID) {
			a.Paused = append(a.Paused, e.ID)
		}
		return nil
	})
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		return false, fmt.Errorf("holding an exporter: %w", err)
	}
	_, err = c.o.Store.UpdateExporter(ctx, e.ID, func(e *export.Exporter) error { e.Pause = why; return nil })
	return true, err
}

// pausedByPerson reports whether a person paused the exporter, so that no reconnect resumes it.
func pausedByPerson(e export.Exporter) bool {
	return e.Pause != nil && e.Pause.Reason == export.PausedByPerson
}

// findLack returns the pause for the first connection that the exporter needs and that somebody has disconnected or
// deleted; nil if it has all.
func (c *core) findLack(ctx context.Context, e export.Exporter) (*export.Pause, error) {
	pause := func(reason export.PauseReason, who string) *export.Pause {
		return &export.Pause{Reason: reason, Who: who, Since: c.o.Now()}
	}
	for _, realm := range e.Companies {
		company, err := c.o.Store.Company(ctx, realm)
		if err != nil && !errors.Is(err, export.ErrNotFound) {
			return nil, fmt.Errorf("reading the company: %w", err)
		}
		if err == nil && company.Status == export.Disconnected {
			return pause(export.CompanyDisconnect, company.Name), nil
		}
	}
	if e.Target.IsFile() {
		return nil, nil
	}
	a, err := c.o.Store.Account(ctx, e.Target.Account)
	switch {
	case errors.Is(err, export.ErrNotFound):
		return pause(export.AccountDeleted, ""), nil
	case err != nil:
		return nil, fmt.Errorf("reading the Google account: %w", err)
	case a.Status == export.Disconnected:
		return pause(export.AccountDisconnect, a.Email), nil
	}
	return nil, nil
}

func (c *core) failedWith(ctx context.Context, id export.ID, code problem.Code) bool {
	runs, _, err := c.o.Store.Runs(ctx, export.RunFilter{Exporter: id, Limit: 1})
	return err == nil && len(runs) == 1 && runs[0].Problem != nil && runs[0].Problem.Code == code
}

// frees reports whether wanted no longer needs the connection whose loss paused old.
func (c *core) frees(ctx context.Context, old, wanted export.Exporter) (bool, error) {
	if !old.Paused() || pausedByPerson(old) {
		return false, nil
	}
	before, err := c.findLack(ctx, old)
	if err != nil || before == nil {
		return false, err
	}
	after, err := c.findLack(ctx, wanted)
	return after == nil, err
}
