package app

import (
	"context"

	"ledgersheet/internal/budget"
	"ledgersheet/internal/export"
	"ledgersheet/internal/notice"
	"ledgersheet/internal/progress"
	"ledgersheet/internal/queue"
)

// observed tells the budget of each run before everybody else, and notices after all.
type observed struct {
	events  *progress.Broker
	budget  *budget.Budget
	notices *notice.Dispatcher
}

// Publish implements queue.Bus.
func (o observed) Publish(r export.Run) {
	o.budget.Observe(r)
	o.events.Publish(r)
	o.notices.Publish(r)
}

// spend marks the calls of runs that nobody asked for, so that they leave what remains of a month to people.
func spend(work queue.Work) queue.Work {
	return func(ctx context.Context, r export.Run, report func(func(*export.Run))) error {
		if budget.IsScheduled(r) {
			ctx = budget.Scheduled(ctx)
		}
		return work(ctx, r, report)
	}
}
