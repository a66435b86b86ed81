package schedule

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// queueDue queues the runs of all exporters that are due, and returns the next due time; zero if there is none. What
// fails is tried again within a minute.
func (t *Ticker) queueDue(life, base context.Context) (next time.Time, trouble error) {
	seen := map[export.ID]time.Time{} // by due time; those that stay due failed, or nobody can say when they are due
	for life.Err() == nil {
		due, after, err := t.o.Store.DueExporters(base, t.o.Now(), duePage+len(seen))
		if err != nil {
			t.log.Error("reading schedules failed", "error", err)
			return time.Time{}, fmt.Errorf("reading schedules: %w", err)
		}
		next = after
		due = slices.DeleteFunc(due, func(e export.Exporter) bool {
			wakeAt, _ := e.WakeAt()
			at, known := seen[e.ID]
			return known && at.Equal(wakeAt)
		})
		if len(due) == 0 {
			t.forgetBusy(seen)
			break
		}
		for _, e := range due {
			seen[e.ID], _ = e.WakeAt()
		}
		if err := t.lookAtEach(life, base, due); err != nil {
			trouble = err
		}
	}
	return next, trouble
}

// lookAtEach looks at exporters, several at a time, and returns the last error.
func (t *Ticker) lookAtEach(life, base context.Context, due []export.Exporter) (trouble error) {
	var (
		mu      sync.Mutex
		waiting sync.WaitGroup
		free    = make(chan struct{}, together)
	)
	for _, e := range due {
		free <- struct{}{}
		waiting.Go(func() {
			defer func() { <-free }()
			if life.Err() != nil {
				return
			}
			err := func() (err error) {
				defer problem.Recover(&err)
				return t.lookAt(base, e, t.o.Now())
			}()
			if err != nil {
				t.log.Error("following a schedule failed", "exporter", e.ID, "due", e.NextAt, "error", err)
				mu.Lock()
				defer mu.Unlock()
				trouble = fmt.Errorf("following the schedule of %s: %w", e.ID, err)
			}
		})
	}
	waiting.Wait()
	return trouble
}

// lookAt queues the exporter's run if it is due, or plans the next one if nobody has.
func (t *Ticker) lookAt(ctx context.Context, e export.Exporter, now time.Time) error {
	if e.Paused() {
		return t.endPause(ctx, e, now)
	}
	if e.Chained() {
		return t.lookAtChain(ctx, e, now)
	}
	at := next(e, now)
	if at.IsZero() || e.NextAt.IsZero() || e.NextAt.After(now) {
		return t.setNext(ctx, e, t.upcoming(ctx, e, now), export.MissedChanged)
	}
	if e.Schedule.SkipMissed && now.Sub(e.NextAt) > punctual && !t.waited(e) {
		t.log.Warn("schedule does not catch up", "exporter", e.ID, "due", e.NextAt)
		return t.setNext(ctx, e, at, export.MissedDown)
	}
	d := export.DueRun{Until: at, Next: at}
	p := t.o.Pace(ctx, e, now)
	if slow := p.after(e, now); !slow.Equal(at) {
		d.Next = slow
		t.slowed.Store(true)
	}
	if p.Hold.After(now) {
		t.log.Warn("schedule is held back", "exporter", e.ID, "due", e.NextAt, "until", d.Next)
		return t.setNext(ctx, e, d.Next, export.MissedSlowed)
	}
	if d.Next.Equal(at) {
		p.Least = 0 // it is as slow anyway
	}
	return t.queue(ctx, e, d, now, p.Least)
}

// lookAtChain queues the run of an exporter after whose chain is complete. It is late for no reason of its own, so
// nothing is skipped; if the month's calls do not suffice now, it stays due.
func (t *Ticker) lookAtChain(ctx context.Context, e export.Exporter, now time.Time) error {
	if e.NextAt.IsZero() || e.NextAt.After(now) || t.o.Pace(ctx, e, now).Hold.After(now) {
		return nil
	}
	return t.queue(ctx, e, export.DueRun{}, now, 0)
}

// waited reports whether the exporter's due time is late only because it waited for the end of a run.
func (t *Ticker) waited(e export.Exporter) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, waits := t.busy[e.ID]
	return waits && at.Equal(e.NextAt)
}

// endPause ends a pause whose time has come. Due times before its end were missed; one between then and now is caught
// up.
func (t *Ticker) endPause(ctx context.Context, e export.Exporter, now time.Time) error {
	_, err := t.o.Store.PassDue(ctx, e.ID, func(e *export.Exporter) (export.DueTime, error) {
		until := e.PausedUntil()
		if until.IsZero() || until.After(now) {
			return export.DueTime{}, nil // changed meanwhile; or what it misses is seen when it is resumed
		}
		if e.Chained() || e.NextAt.IsZero() || !e.NextAt.Before(until) {
			e.Pause = nil // nothing was missed
			return export.DueTime{}, nil
		}
		at := next(*e, until.Add(-time.Nanosecond))
		missed := e.Miss(now, at, export.MissedPaused)
		e.Pause, e.NextAt = nil, at
		return missed, nil
	})
	if errors.Is(err, export.ErrNotFound) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return fmt.Errorf("ending a pause: %w", err)
	}
	t.log.Info("pause is over", "exporter", e.ID)
	return nil
}

// queue queues the run for the exporter's stored due time and stores the next one, both in one transaction. Somebody
// else may have done so, or changed the schedule meanwhile: then there is nothing to do.
func (t *Ticker) queue(
	ctx context.Context, e export.Exporter, d export.DueRun, now time.Time, least time.Duration,
) error {
	r := export.Run{
		ID: export.NewID("run", now), Exporter: e, Trigger: export.TriggerSchedule, Due: e.NextAt,
		Status: export.RunQueued, QueuedAt: now, Paced: least,
	}
	switch {
	case e.Chained():
		r.Trigger = export.TriggerAfter
	case now.Sub(e.NextAt) > punctual && !t.waited(e):
		r.Trigger = export.TriggerCatchUp
	}
	if t.o.Jitter {
		r.NotBefore = now.Add(jitterOf(e.ID))
	}
	d.Run = r
	t.setBusy(e) // before, so that the end of the run that is in the way cannot be missed
	err := t.o.Enqueue(ctx, d)
	if errors.Is(err, export.ErrBusy) {
		t.log.Info("schedule is due, and waits for a run that began before", "exporter", e.ID, "due", e.NextAt)
		return nil
	}
	t.clearBusy(e)
	if errors.Is(err, export.ErrExists) || errors.Is(err, export.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("queueing run: %w", err)
	}
	t.log.Info("schedule is due", "exporter", e.ID, "due", e.NextAt, "trigger", string(r.Trigger))
	return nil
}

// forgetBusy drops what waits no more, given the exporters that are due: some have been deleted.
func (t *Ticker) forgetBusy(due map[export.ID]time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.busy, func(id export.ID, _ time.Time) bool { return due[id].IsZero() })
}

func (t *Ticker) setBusy(e export.Exporter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busy[e.ID] = e.NextAt
}

func (t *Ticker) clearBusy(e export.Exporter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.busy, e.ID)
}

// jitterOf returns the exporter's fixed offset within the jitter.
func jitterOf(id export.ID) time.Duration {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(id))
	return time.Duration(sum.Sum64() % uint64(jitter))
}
