package queue

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ledgersheet/internal/export"
)

const (
	// look is the longest time between two passes, so that a changed clock does no harm.
	look = time.Minute
	// storePause is how long the dispatcher waits after the store failed.
	storePause = 5 * time.Second
	// patience is how long a run may be overtaken by younger ones that need less:
	// then what it needs is kept for it.
	patience = 10 * time.Minute
)

// task is a run under way in this process.
type task struct {
	id     export.ID
	keys   []key
	ctx    context.Context
	cancel context.CancelCauseFunc
	live   *live // set when the run is stored as running; guarded by Queue.turn
}

// errGone tells that a run is no longer in the state in which it was seen.
var errGone = errors.New("the run has changed meanwhile")

// dispatch starts runs until the queue stops. It alone starts tasks.
func (q *Queue) dispatch() {
	defer close(q.dispatched)
	for {
		timer := time.NewTimer(q.pass())
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

// pass looks through the queue once, oldest first, starts each run whose keys are
// all free, and returns when to look again if nothing happens before.
func (q *Queue) pass() time.Duration {
	runs, err := q.o.Store.ActiveRuns(q.base)
	if err != nil {
		q.log.Error("reading the queue failed", "error", err)
		q.setTrouble(fmt.Errorf("reading the queue: %w", err))
		return storePause
	}
	var (
		next     = look
		waiting  = map[export.ID]string{}
		reserved = map[string]bool{}
		trouble  error
	)
	for _, r := range runs {
		if q.isStopping() {
			break
		}
		if r.Status != export.RunQueued || q.has(r.ID) {
			continue
		}
		now := q.o.Now()
		if wait := r.NotBefore.Sub(now); wait > 0 {
			waiting[r.ID] = waitText(r)
			next = min(next, wait)
			continue
		}
		reason, err := q.try(r, now, reserved)
		if err != nil {
			q.log.Error("starting a run failed", "run", r.ID, "exporter", r.Exporter.ID, "error", err)
			trouble, next = fmt.Errorf("starting a run: %w", err), min(next, storePause)
		}
		if reason != "" {
			waiting[r.ID] = reason
		}
	}
	q.mu.Lock()
	q.waiting, q.trouble = waiting, trouble
	q.mu.Unlock()
	return next
}

// try starts a run, or returns why it has to wait.
func (q *Queue) try(r export.Run, now time.Time, reserved map[string]bool) (reason string, err error) {
	if q.o.Exporter != nil {
		e, err := q.o.Exporter(q.base, r.Exporter.ID)
		if errors.Is(err, export.ErrNotFound) {
			return "", q.abandon(r, now)
		}
		if err != nil {
			return "", err
		}
		r.Exporter = e
	}
	keys := q.keysOf(r.Exporter)
	t, blocked := q.take(r.ID, keys, reserved)
	if t == nil {
		since := r.QueuedAt
		if r.NotBefore.After(since) {
			since = r.NotBefore
		}
		if now.Sub(since) > patience {
			for _, k := range keys {
				// Workers are not kept: idle ones would help nobody.
				reserved[k.name] = k.kept != ""
			}
		}
		return blocked, nil
	}
	begun, err := q.begin(t, r, now)
	if err != nil {
		q.release(t)
		if errors.Is(err, errGone) {
			return "", nil
		}
		return "", err
	}
	q.log.Info("run started", "run", r.ID, "exporter", r.Exporter.ID, "attempt", begun.Attempts, "trigger", string(begun.Trigger))
	q.workers.Go(func() { q.execute(t, begun) })
	return "", nil
}

// begin stores and tells that a run is running.
func (q *Queue) begin(t *task, r export.Run, now time.Time) (export.Run, error) {
	q.turn.Lock()
	defer q.turn.Unlock()
	begun, err := q.o.Store.UpdateRun(q.base, r.ID, func(stored *export.Run) error {
		if stored.Status != export.RunQueued {
			return errGone
		}
		setRunning(stored, r.Exporter, now)
		return nil
	})
	if err != nil {
		return export.Run{}, err
	}
	t.live = newLive(q, begun)
	q.publish(begun)
	return begun, nil
}

// setRunning makes a queued run a running one, without what an attempt before found.
func setRunning(r *export.Run, e export.Exporter, now time.Time) {
	r.Exporter = e
	r.Status = export.RunRunning
	r.Attempts++
	if r.StartedAt.IsZero() {
		r.StartedAt = now
	}
	r.NotBefore, r.Problem, r.Result = time.Time{}, nil, export.Result{}
	r.Progress = export.Progress{Phase: export.PhaseReading}
}

// abandon ends a queued run whose exporter is gone.
func (q *Queue) abandon(r export.Run, now time.Time) error {
	q.turn.Lock()
	defer q.turn.Unlock()
	stored, err := q.o.Store.UpdateRun(q.base, r.ID, func(r *export.Run) error {
		if r.Status != export.RunQueued {
			return errGone
		}
		end(r, export.RunCancelled, deletedProblem(), now)
		return nil
	})
	if errors.Is(err, errGone) {
		return nil
	}
	if err != nil {
		return err
	}
	q.log.Info("run cancelled, its exporter is gone", "run", r.ID, "exporter", r.Exporter.ID)
	q.publish(stored)
	return nil
}

// take holds all keys for a run, or none and says which one is not free.
func (q *Queue) take(id export.ID, keys []key, reserved map[string]bool) (*task, string) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, k := range keys {
		if q.held[k.name] >= k.limit {
			return nil, k.busy
		}
		if reserved[k.name] {
			return nil, k.kept
		}
	}
	for _, k := range keys {
		q.held[k.name]++
	}
	t := &task{id: id, keys: keys}
	t.ctx, t.cancel = context.WithCancelCause(q.life)
	q.tasks[id] = t
	return t, ""
}

// release lets go of a task's keys.
func (q *Queue) release(t *task) {
	t.cancel(nil)
	q.mu.Lock()
	for _, k := range t.keys {
		if q.held[k.name]--; q.held[k.name] == 0 {
			delete(q.held, k.name)
		}
	}
	delete(q.tasks, t.id)
	q.mu.Unlock()
	select {
	case q.ended <- struct{}{}:
	default: // Stop has not yet taken note of the one before
	}
}

func (q *Queue) has(id export.ID) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.tasks[id] != nil
}

func (q *Queue) isStopping() bool {
	select {
	case <-q.stop:
		return true
	default:
		return false
	}
}

func waitText(r export.Run) string {
	at := r.NotBefore.UTC().Format("15:04:05 UTC")
	if r.Attempts > 0 {
		return "is tried again at " + at
	}
	return "starts at " + at
}
