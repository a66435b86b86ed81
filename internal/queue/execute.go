package queue

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// How long a worker waits before it tries again to store how its run ended.
const (
	firstStoreRetry   = 100 * time.Millisecond
	longestStoreRetry = 5 * time.Second
)

// execute carries out one attempt of one run, until its end is stored.
func (q *Queue) execute(t *task, r export.Run) {
	// The next run may start, and Stop may return, only when this one is stored.
	defer q.Wake()
	defer q.release(t)

	ctx, cancel := context.WithTimeoutCause(t.ctx, q.o.Timeout, errDeadline)
	defer cancel()
	ctx = export.WithWaiter(ctx, func(until time.Time) func() { return q.lend(t, until) })
	var flushing sync.WaitGroup
	over := make(chan struct{})
	flushing.Go(func() { t.live.flush(over) })
	err := q.call(ctx, r.Clone(), t.live.report)
	result := t.live.close()
	close(over)
	flushing.Wait()
	q.finish(t.held, result, attempt{err: err, cause: context.Cause(ctx), timeout: q.o.Timeout, backoff: q.o.Backoff})
}

// call calls Work and makes a panic an error.
func (q *Queue) call(ctx context.Context, r export.Run, report func(func(*export.Run))) (err error) {
	defer func() {
		if p := recover(); p != nil {
			q.log.Error("run panicked", "run", r.ID, "exporter", r.Exporter.ID, "panic", fmt.Sprint(p), "stack",
				string(debug.Stack()))
			err = problem.New(problem.Internal, "The run ended by an error in the program.")
		}
	}()
	return q.o.Work(ctx, r, report)
}

// finish stores how an attempt ended and publishes it. It retries while the store fails, until the queue stops; the
// next process then finds the run still running and takes it up. If somebody else holds the run by now, its end is
// theirs.
func (q *Queue) finish(held export.Held, result export.Run, a attempt) {
	pause, stop := firstStoreRetry, q.stop
	for {
		err := q.storeEnd(held, result, &a)
		if err == nil {
			return
		}
		q.log.Error("storing the end of a run failed", "run", result.ID, "exporter", result.Exporter.ID, "error", err)
		if errors.Is(err, export.ErrFenced) || errors.Is(err, export.ErrNotFound) || stop == nil ||
			q.life.Err() != nil {
			return
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-stop: // once more, at once
			timer.Stop()
			stop = nil
		case <-q.life.Done():
			timer.Stop()
		}
		pause = min(2*pause, longestStoreRetry)
	}
}

func (q *Queue) storeEnd(held export.Held, result export.Run, a *attempt) (err error) {
	defer problem.Recover(&err)
	defer q.turns.of(result.Exporter.ID)()
	a.now = q.o.Now()
	if !a.judged {
		a.judge(&q.circuits, result)
	}
	stored, err := q.o.Store.UpdateRunning(q.base, held, func(r *export.Run) error {
		setResults(r, result)
		a.settle(r)
		return nil
	})
	if err != nil {
		return err
	}
	q.logEnd(stored, *a)
	q.publish(stored)
	return nil
}

func (q *Queue) logEnd(r export.Run, a attempt) {
	log := q.log.With("run", r.ID, "exporter", r.Exporter.ID, "attempt", r.Attempts)
	code := ""
	if r.Problem != nil {
		code = string(r.Problem.Code)
	}
	switch r.Status {
	case export.RunSucceeded:
		log.Info("run succeeded", "rows", r.Rows, "unchanged", r.Unchanged)
	case export.RunCancelled:
		log.Info("run cancelled")
	case export.RunQueued:
		log.Warn("run goes back to the queue", "code", code, "not_before", r.NotBefore, "error", a.err)
	default:
		log.Error("run failed", "code", code, "error", a.err)
	}
}

// setResults copies what Work may change and leaves what the queue owns.
func setResults(to *export.Run, from export.Run) {
	if from.Exporter.ID == to.Exporter.ID {
		to.Exporter = from.Exporter
	}
	to.Result, to.Progress, to.Requests = from.Result, from.Progress, from.Requests
}
