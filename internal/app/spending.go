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

// dueOf returns from when on what QuickBooks says is new enough for a run. A person wants what is true after the click.
func dueOf(r export.Run) time.Time {
	if r.Due.IsZero() {
		return r.QueuedAt.Add(1)
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
		ctx = supply.WithOccasion(ctx, dueOf(r))
		if budget.IsScheduled(r) {
			ctx = budget.Scheduled(ctx)
		}
		return work(ctx, r, report)
	}
}
