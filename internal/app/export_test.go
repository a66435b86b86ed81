package app

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ledgersheet/internal/export"
)

// Handler returns the dashboard and the API for tests that do without a listener.
func (a *App) Handler() http.Handler { return a.web }

// EnsureOwner makes the first owner, as Start does.
func (a *App) EnsureOwner(ctx context.Context) error { return a.ensureOwner(ctx) }

// StartSchedules begins to queue due runs, as Start does.
func (a *App) StartSchedules(ctx context.Context) error {
	if err := a.ticker.Start(ctx); err != nil {
		return err
	}
	a.cleanups.add("schedules", func(context.Context) error { a.ticker.Stop(); return nil })
	return nil
}

// DebugAddr returns the address of the profiles.
func (a *App) DebugAddr() string { return a.faces.debugAt.Addr().String() }

// StartWatcher begins to follow changes, as Start does.
func (a *App) StartWatcher(ctx context.Context) { a.startWatcher(ctx) }

// Routes returns the method and the pattern of each route.
func (a *App) Routes() []string {
	var routes []string
	for _, r := range a.web.Engine().Routes() {
		routes = append(routes, r.Method+" "+r.Path)
	}
	return routes
}

// StopAsRun stops the app as Run does when it is told to end.
func (a *App) StopAsRun() error { return a.stopInTime(context.Background()) }

// TellNow finds out what is to be told and sends it, as the app does once a minute.
func (a *App) TellNow(ctx context.Context) error {
	if err := a.notices.Look(ctx, time.Now(), true); err != nil {
		return err
	}
	_, err := a.notices.Deliver(ctx, time.Now())
	return err
}

// StartAlarm begins to tell of trouble with the store, as Start does.
func (a *App) StartAlarm(ctx context.Context) { a.startAlarm(ctx) }

// StartUpkeep begins the hourly upkeep, as Start does.
func (a *App) StartUpkeep(ctx context.Context) { a.startUpkeep(ctx) }

// Store returns the store, for what only another process could do to it.
func (a *App) Store() Store { return a.store }

// Metrics returns what /metrics reports.
func (a *App) Metrics() prometheus.Gatherer { return a.metrics.registry }

// ObserveRun counts a run that is over.
func (a *App) ObserveRun(ctx context.Context, r export.Run) { a.metrics.observe(ctx, r, a.store) }
