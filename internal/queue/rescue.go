package queue

import (
	"context"
	"fmt"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// mostAttempts is how often a run may be under way when its process dies. Then it
// is thought to be the reason.
const mostAttempts = 5

// rescue takes care of the runs whose worker is gone. What such a run had written is not visible in the sheet or was
// written wholly, so it can begin anew. The store admits one process at a time, so every other worker is gone.
func (q *Queue) rescue(ctx context.Context) error {
	defer q.turns.all()()
	gone := func(worker export.ID) bool { return worker != q.worker }
	rescued, err := q.o.Store.Rescue(ctx, gone, func(r *export.Run) { rescue(r, q.o.Now()) })
	if err != nil {
		return fmt.Errorf("rescuing runs: %w", err)
	}
	for _, r := range rescued {
		q.log.Warn("found a run of a process that ended", "run", r.ID, "exporter", r.Exporter.ID, "attempt",
			r.Attempts, "status", string(r.Status))
		q.publish(r)
	}
	return nil
}

// recall finds out from the runs that are left which providers did not answer.
func (q *Queue) recall(ctx context.Context) error {
	left, err := q.o.Store.ActiveRuns(ctx)
	if err != nil {
		return fmt.Errorf("reading the queue: %w", err)
	}
	q.circuits.recall(left, q.o.Now())
	return nil
}

// rescue decides what becomes of a run whose worker is gone.
func rescue(r *export.Run, now time.Time) {
	switch {
	case r.Cancelling:
		end(r, export.RunCancelled, cancelledProblem(), now)
	case r.Attempts >= mostAttempts:
		end(r, export.RunFailed, problem.New(problem.Interrupted,
			"The service ended %d times during the run, so it is not taken up again.", r.Attempts).
			WithHint("Look into the service's log and at its memory limit, then run it again."), now)
	default:
		requeue(r, interruptedProblem(), now)
	}
}
