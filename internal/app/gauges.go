package app

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// gaugesTimeout is how long reading how things stand may take. What is not known by then is left out.
const gaugesTimeout = 5 * time.Second

// gauges reports how things stand when somebody asks for the metrics.
type gauges struct {
	app *App

	ready, queue, exporters, connections, expiry *prometheus.Desc
	store, copies, copyBytes, copyFresh          *prometheus.Desc
	calls, forecast, limit, interval             *prometheus.Desc
}

var _ prometheus.Collector = (*gauges)(nil)

func newGauges(a *App) *gauges {
	desc := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc("ledgersheet_"+name, help, labels, nil)
	}
	return &gauges{
		app:         a,
		ready:       desc("ready", "1 if a part can work, otherwise 0.", "part"),
		queue:       desc("queue_runs", "Runs that are queued, some of them until a later time, or running.", "state"),
		exporters:   desc("exporters", "Exporters by how they stand.", "state"),
		connections: desc("connections", "Connected companies and Google accounts by status.", "provider", "status"),
		expiry: desc("connection_earliest_expiry_timestamp_seconds",
			"When the first of the connected companies' grants ends, unless it is renewed."),
		store:     desc("store_bytes", "Size of the store's file."),
		copies:    desc("mirror_companies", "Companies of which a local copy is kept."),
		copyBytes: desc("mirror_bytes", "Size of all local copies."),
		copyFresh: desc("mirror_oldest_refresh_timestamp_seconds",
			"The refresh of that local copy which waits longest for its next; of copies in use since the start."),
		calls:    desc("quickbooks_calls", "Metered calls to QuickBooks of this day and month, of UTC.", "window"),
		forecast: desc("quickbooks_calls_forecast", "Metered calls that the whole month is foreseen to have."),
		limit:    desc("quickbooks_calls_limit", "Metered calls that a month may have; 0 for no limit."),
		interval: desc("schedule_least_interval_seconds",
			"The least time between runs to which schedules are slowed down; 0 if they are not."),
	}
}

// Describe implements prometheus.Collector.
func (g *gauges) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		g.ready, g.queue, g.exporters, g.connections, g.expiry, g.store, g.copies, g.copyBytes, g.copyFresh, g.calls,
		g.forecast, g.limit, g.interval,
	} {
		to <- d
	}
}

// Collect implements prometheus.Collector.
func (g *gauges) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), gaugesTimeout)
	defer cancel()
	set := func(d *prometheus.Desc, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	for part, err := range g.app.readiness() {
		ready := 1.0
		if err != nil {
			ready = 0
		}
		set(g.ready, ready, part)
	}
	if queued, running, err := g.app.store.CountActive(ctx); err == nil {
		set(g.queue, float64(queued), string(export.RunQueued))
		set(g.queue, float64(running), string(export.RunRunning))
	}
	if census, err := g.app.control.As(control.Program()).CountExporters(ctx, control.ExporterQuery{}); err == nil {
		for _, state := range control.States() {
			set(g.exporters, float64(census.By[state]), string(state))
		}
	}
	if info, err := os.Stat(filepath.Join(g.app.o.Settings.DataDir, storeFile)); err == nil {
		set(g.store, float64(info.Size()))
	}
	g.collectConnections(ctx, set)
	g.collectBudget(ctx, set)
}

// setter reports the value of a series.
type setter func(d *prometheus.Desc, value float64, labels ...string)

func (g *gauges) collectConnections(ctx context.Context, set setter) {
	companies, err := g.app.store.Companies(ctx)
	if err != nil {
		return
	}
	accounts, err := g.app.store.Accounts(ctx)
	if err != nil {
		return
	}
	states := map[[2]string]int{}
	for _, status := range []export.ConnectionStatus{export.Connected, export.ReconnectRequired, export.Disconnected} {
		states[[2]string{"quickbooks", string(status)}] = 0
		states[[2]string{"google", string(status)}] = 0
	}
	var first time.Time
	for _, c := range companies {
		states[[2]string{"quickbooks", string(c.Status)}]++
		for _, ends := range []time.Time{c.TokenExpiresAt, c.HardExpiresAt} {
			if c.Status == export.Connected && !ends.IsZero() && (first.IsZero() || ends.Before(first)) {
				first = ends
			}
		}
	}
	for _, a := range accounts {
		states[[2]string{"google", string(a.Status)}]++
	}
	for of, n := range states {
		set(g.connections, float64(n), of[0], of[1])
	}
	if !first.IsZero() {
		set(g.expiry, float64(first.Unix()))
	}
	g.collectCopies(companies, set)
}

func (g *gauges) collectCopies(companies []export.Company, set setter) {
	if g.app.books.mirror == nil {
		return
	}
	copies, bytes, oldest := 0, int64(0), time.Time{}
	for _, c := range companies {
		s := g.app.books.mirror.Standing(c.Realm)
		if s.Bytes == 0 {
			continue
		}
		copies, bytes = copies+1, bytes+s.Bytes
		if !s.Fresh.IsZero() && (oldest.IsZero() || s.Fresh.Before(oldest)) {
			oldest = s.Fresh
		}
	}
	set(g.copies, float64(copies))
	set(g.copyBytes, float64(bytes))
	if !oldest.IsZero() {
		set(g.copyFresh, float64(oldest.Unix()))
	}
}

func (g *gauges) collectBudget(ctx context.Context, set setter) {
	r, err := g.app.budget.Glance(ctx)
	if err != nil {
		return
	}
	set(g.calls, float64(r.Today), "day")
	set(g.calls, float64(r.ThisMonth), "month")
	set(g.forecast, float64(r.Forecast))
	set(g.limit, float64(r.Limit))
	set(g.interval, r.Least.Seconds())
}
