package schedule

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ledgersheet/internal/export"
)

// review compares the due times that are still to come with their schedules, and plans those that differ: somebody has
// changed a schedule without planning it, the clock has been set back, or another version of the program planned it.
func (t *Ticker) review(life, base context.Context, now time.Time) error {
	plans, slowed, chains := map[export.Schedule]plan{}, false, false
	for h, err := range t.o.Store.ExporterHeads(base, export.ExporterFilter{}, "") {
		if err != nil {
			t.log.Error("reviewing schedules failed", "error", err)
			return fmt.Errorf("reading schedules: %w", err)
		}
		if life.Err() != nil {
			return nil
		}
		p, known := plans[h.Schedule]
		if !known {
			if p = t.plans[h.Schedule]; !p.holds(now) {
				p = plan{now, nextOf(h.Schedule, now)}
			}
			plans[h.Schedule] = p
		}
		at := p.at
		if h.Chained {
			chains = true
			if err := t.bringBack(base, h, now); err != nil {
				return err
			}
			continue
		}
		if h.Paused || h.NextAt.Equal(at) || !at.IsZero() && !h.NextAt.IsZero() && !h.NextAt.After(now) {
			continue // as it should be; or due, which is another's concern
		}
		slowed = slowed || !at.IsZero() && h.NextAt.After(at)
		if err := t.replan(base, h.ID, now); err != nil {
			t.log.Error("following a schedule failed", "exporter", h.ID, "due", h.NextAt, "error", err)
			return fmt.Errorf("following the schedule of %s: %w", h.ID, err)
		}
	}
	t.slowed.Store(slowed)
	t.chains.Store(chains)
	t.reviewed, t.took, t.changed, t.plans = now, t.o.Now().Sub(now), false, plans
	return nil
}

// plan is the first due time of a schedule after a moment.
type plan struct{ from, at time.Time }

// holds reports whether that is so for another moment.
func (p plan) holds(now time.Time) bool { return !now.Before(p.from) && now.Before(p.at) }

func (t *Ticker) replan(ctx context.Context, id export.ID, now time.Time) error {
	e, err := t.o.Store.Exporter(ctx, id)
	switch {
	case errors.Is(err, export.ErrNotFound):
		return nil // deleted meanwhile
	case err != nil:
		return fmt.Errorf("reading exporter: %w", err)
	}
	if at := next(e, now); !e.Paused() && (at.IsZero() || e.NextAt.IsZero() || e.NextAt.After(now)) {
		return t.setNext(ctx, e, t.upcoming(ctx, e, now), export.MissedChanged)
	}
	return nil // changed meanwhile
}

// bringBack makes an exporter due now whose chain is complete since a time that has not come: the clock was ahead then.
func (t *Ticker) bringBack(ctx context.Context, h export.ExporterHead, now time.Time) error {
	if !h.NextAt.After(now) {
		return nil
	}
	_, err := t.o.Store.PassDue(ctx, h.ID, func(e *export.Exporter) (export.DueTime, error) {
		if e.Chained() && e.NextAt.After(now) {
			e.NextAt = now
		}
		return export.DueTime{}, nil
	})
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		return fmt.Errorf("bringing the due time of %s back: %w", h.ID, err)
	}
	return nil
}

// upcoming returns the next due time of an exporter that is not due now. One that was slowed down keeps its stored
// time, unless the present pace lets it come earlier.
func (t *Ticker) upcoming(ctx context.Context, e export.Exporter, now time.Time) time.Time {
	at := next(e, now)
	if at.IsZero() || !e.NextAt.After(at) {
		return at
	}
	if latest := t.o.Pace(ctx, e, now).after(e, now); e.NextAt.After(latest) {
		return latest
	}
	if next(e, e.NextAt.Add(-time.Nanosecond)).Equal(e.NextAt) {
		return e.NextAt
	}
	return at // its schedule was changed
}

// setNext stores the next due time, unless somebody has changed it meanwhile. Due times that have passed are missed,
// for the given reason.
func (t *Ticker) setNext(ctx context.Context, e export.Exporter, at time.Time, why export.MissReason) error {
	if e.NextAt.Equal(at) {
		return nil
	}
	_, err := t.o.Store.PassDue(ctx, e.ID, func(stored *export.Exporter) (missed export.DueTime, err error) {
		if stored.NextAt.Equal(e.NextAt) && stored.Schedule == e.Schedule && !stored.Paused() {
			missed = stored.Miss(t.o.Now(), at, why)
			stored.NextAt = at
		}
		return missed, nil
	})
	if errors.Is(err, export.ErrNotFound) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return fmt.Errorf("storing next due time: %w", err)
	}
	return nil
}
