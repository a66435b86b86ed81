package app

import (
	"context"
	"time"

	"ledgersheet/internal/budget"
	"ledgersheet/internal/export"
	"ledgersheet/internal/progress"
	"ledgersheet/internal/queue"
	"ledgersheet/internal/supply"
)

// dueOf returns the time from which on what a run reads is new enough. An attempt after the first one asks anew: what
// the last one got may be why it failed.
func dueOf(r export.Run, now time.Time) time.Time {
	switch {
	case r.Attempts > 1:
		return now
	case r.Due.IsZero():
		return r.QueuedAt
	}
	return r.Due
}

// observed tells the budget of each run before everybody else.
type observed struct {
	events *progress.Broker
	budget *budget.Budget
}

// Publish implements queue.Bus.
func (o observed) Publish(r export.Run) {
	o.budget.Observe(r)
	o.events.Publish(r)
}

// spend marks the calls of runs that nobody asked for, so that they leave what remains of a month to people, and says
// how new what a run reads has to be, so that runs which are due together can share it.
func spend(work queue.Work) queue.Work {
	return func(ctx context.Context, r export.Run, report func(func(*export.Run))) error {
		ctx = supply.WithDue(ctx, dueOf(r, time.Now()))
		if budget.IsScheduled(r) {
			ctx = budget.Scheduled(ctx)
		}
		return work(ctx, r, report)
	}
}
