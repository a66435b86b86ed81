package queue

import (
	"context"
	"errors"
	"fmt"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// mostAttempts is how often a run may be under way when its process dies. Then it
// is thought to be the reason.
const mostAttempts = 5

// rescue takes care of the runs that belong to a process that died: nobody works
// on them. What such a run had written is not visible in the sheet or was
// written wholly, so it can begin anew.
func (q *Queue) rescue(ctx context.Context) error {
	runs, err := q.o.Store.ActiveRuns(ctx)
	if err != nil {
		return fmt.Errorf("reading the queue: %w", err)
	}
	for _, r := range runs {
		if r.Status != export.RunRunning && !r.Cancelling {
			continue
		}
		stored, err := q.o.Store.UpdateRun(ctx, r.ID, func(r *export.Run) error {
			now := q.o.Now()
			switch {
			case r.Status.Over():
				return errGone
			case r.Cancelling:
				end(r, export.RunCancelled, cancelledProblem(), now)
			case r.Attempts >= mostAttempts:
				end(r, export.RunFailed, problem.New(problem.Interrupted, "The service ended %d times during the run, so it is not taken up again.", r.Attempts).
					WithHint("Look into the service's log and at its memory limit, then run it again."), now)
			default:
				requeue(r, interruptedProblem(), now)
			}
			return nil
		})
		if errors.Is(err, errGone) {
			continue
		}
		if err != nil {
			return fmt.Errorf("rescuing run %s: %w", r.ID, err)
		}
		q.log.Warn("found a run of a process that ended", "run", r.ID, "exporter", r.Exporter.ID, "attempt", r.Attempts, "status", string(stored.Status))
		q.publish(stored)
	}
	return nil
}
