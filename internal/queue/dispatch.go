package queue

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

const (
	// look is the longest time between two passes, so that a changed clock does no harm.
	look = time.Minute
	// storePause is how long the dispatcher waits after the store failed.
	storePause = 5 * time.Second
	// patience is how long a queued run may be overtaken. After that, any key it is waiting for is reserved for it.
	patience = 10 * time.Minute
)

// task is a run under way in this process.
type task struct {
	held   export.Held
	of     export.ID // the exporter
	ctx    context.Context
	cancel context.CancelCauseFunc
	live   *live
	waits  int // how many of its requests wait for a provider; Queue.mu protects it
}

// dispatch starts runs until the queue stops. It alone starts tasks.
func (q *Queue) dispatch() {
	defer close(q.dispatched)
	for {
		timer := time.NewTimer(q.passSafely())
		select {
		case <-q.stop:
			timer.Stop()
			return
		case <-q.wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// passSafely is pass, and goes on after a panic in it.
func (q *Queue) passSafely() (wait time.Duration) {
	err := func() (err error) {
		defer problem.Recover(&err)
		wait = q.pass()
		return nil
	}()
	if err != nil {
		q.log.Error("looking through the queue panicked", "error", err)
		q.setTrouble(err)
		return storePause
	}
	return wait
}

// pass claims every run that can begin, starts it, and returns when to look again if nothing happens before.
func (q *Queue) pass() time.Duration {
	if err := q.held(); err != nil {
		q.setTrouble(err)
		return storePause
	}
	now := q.o.Now()
	if err := q.rein(now); err != nil {
		q.log.Error("looking at the times in the queue failed", "error", err)
		q.setTrouble(fmt.Errorf("looking at the times in the queue: %w", err))
		return storePause
	}
	var c choice
	limits := q.limits()
	gates, opens := q.circuits.gates(now)
	limits.gates, limits.served = gates, q.served
	free := func(active iter.Seq[export.ActiveRun]) []export.ID {
		c = choose(q.settled(active), q.worker, q.waiting(), limits, now)
		if q.isStopping() {
			return nil
		}
		return c.begin
	}
	err := q.claim(free, now)
	if err != nil {
		q.log.Error("looking through the queue failed", "error", err)
		q.setTrouble(fmt.Errorf("looking through the queue: %w", err))
		return storePause
	}
	q.mu.Lock()
	q.taken, q.gates, q.trouble = c.taken, gates, nil
	q.mu.Unlock()
	wait := q.o.Look
	for _, at := range []time.Time{c.next, opens} {
		if !at.IsZero() {
			wait = min(wait, at.Sub(now))
		}
	}
	return max(wait, 0)
}

// claim takes the runs that choose names and starts them.
func (q *Queue) claim(choose func(iter.Seq[export.ActiveRun]) []export.ID, now time.Time) error {
	defer q.turns.all()()
	claimed, err := q.o.Store.Claim(q.base, q.worker, choose, func(r *export.Run) { setRunning(r, now) })
	if err != nil {
		return err
	}
	for _, r := range claimed {
		if q.abandon(r, now) {
			continue
		}
		q.circuits.begun(r.Activity())
		for _, realm := range r.Exporter.Companies {
			q.served[realm] = now
		}
		t := q.begin(r)
		q.publish(r)
		q.log.Info("run started", "run", r.ID, "exporter", r.Exporter.ID, "attempt", r.Attempts, "trigger",
			string(r.Trigger))
		q.workers.Go(func() { q.execute(t, r) })
	}
	return nil
}

// settled drops queued runs whose previous attempt is still winding down here.
func (q *Queue) settled(active iter.Seq[export.ActiveRun]) iter.Seq[export.ActiveRun] {
	return func(yield func(export.ActiveRun) bool) {
		for r := range active {
			if r.Status == export.RunQueued && q.task(r.ID) != nil {
				continue
			}
			if !yield(r) {
				return
			}
		}
	}
}

// task returns the run's task, if it is under way here.
func (q *Queue) task(id export.ID) *task {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.tasks[id]
}

// begin makes the task of a claimed run.
func (q *Queue) begin(r export.Run) *task {
	t := &task{held: r.Held(), of: r.Exporter.ID}
	t.ctx, t.cancel = context.WithCancelCause(q.life)
	t.live = newLive(q, t, r)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.tasks[r.ID] = t
	return t
}

// setRunning readies a run for its next attempt and drops what the previous one found.
func setRunning(r *export.Run, now time.Time) {
	if r.StartedAt.IsZero() {
		r.StartedAt = now
	}
	r.NotBefore, r.Problem, r.Result = time.Time{}, nil, export.Result{}
	r.Progress = export.Progress{Phase: export.PhaseReading}
}

// abandon ends a claimed run whose exporter has been deleted, and reports whether it did. If the store cannot say,
// the run goes ahead.
func (q *Queue) abandon(r export.Run, now time.Time) bool {
	if q.o.Exporter == nil {
		return false
	}
	if _, err := q.o.Exporter(q.base, r.Exporter.ID); !errors.Is(err, export.ErrNotFound) {
		return false
	}
	stored, err := q.o.Store.UpdateRunning(q.base, r.Held(), func(r *export.Run) error {
		end(r, export.RunCancelled, deletedProblem(), now)
		r.Attempts, r.StartedAt = 0, time.Time{}
		return nil
	})
	if err != nil {
		q.log.Error("ending a run without an exporter failed", "run", r.ID, "exporter", r.Exporter.ID, "error", err)
		return false
	}
	q.log.Info("run cancelled, its exporter is gone", "run", r.ID, "exporter", r.Exporter.ID)
	q.publish(stored)
	return true
}

// release forgets a task that has ended.
func (q *Queue) release(t *task) {
	t.cancel(nil)
	q.mu.Lock()
	delete(q.tasks, t.held.Run)
	q.mu.Unlock()
	if q.o.Ended != nil {
		q.o.Ended(t.of)
	}
	select {
	case q.ended <- struct{}{}:
	default: // Stop has not yet taken note of the one before
	}
}

func (q *Queue) isStopping() bool {
	select {
	case <-q.stop:
		return true
	default:
		return false
	}
}
