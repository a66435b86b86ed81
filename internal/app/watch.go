package app

import (
	"context"

	"ledgersheet/internal/export"
	"ledgersheet/internal/source"
	"ledgersheet/internal/webhook"
)

// newWatcher returns what queues runs when QuickBooks tells of changes.
func (a *App) newWatcher() *webhook.Watcher {
	definitions := map[string]export.Definition{}
	for _, d := range a.o.Definitions {
		definitions[d.Info().ID] = d
	}
	return webhook.NewWatcher(webhook.WatcherOptions{
		Store: a.store, Enqueue: a.queue.Enqueue, Pace: a.budget.Pace, MinInterval: a.o.Settings.MinInterval,
		Follows: func(e export.Exporter, objects map[string]bool) bool {
			d, known := definitions[e.Definition]
			return known && source.Follows(d, e, objects)
		},
		Logger: a.log,
	})
}

func (a *App) startWatcher(ctx context.Context) {
	a.watcher.Start(ctx)
	a.cleanups.add("changes", func(context.Context) error { a.watcher.Stop(); return nil })
}
