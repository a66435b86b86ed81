package app

import (
	"context"
	"errors"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"ledgersheet/internal/export"
	"ledgersheet/internal/progress"
	"ledgersheet/internal/version"
)

// metrics is what /metrics reports of what happens; gauges reports how things stand. It has its own registry, so that
// several apps can run in one process. Its labels have few values each, except for exporters, of which only those that
// exist have a series.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	runs     *prometheus.CounterVec
	rows     prometheus.Counter
	duration *prometheus.HistogramVec
	lag      prometheus.Histogram
	backup   prometheus.Gauge
	drifted  prometheus.Counter

	// mu keeps a run that ends from bringing back the series of an exporter that is just being deleted.
	mu      sync.Mutex
	success *prometheus.GaugeVec
}

// newMetrics returns metrics of nothing so far. backups says that backups are made, whose age then counts.
func newMetrics(backups bool) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ledgersheet_provider_requests_total",
			Help: "Requests to QuickBooks and Google by the answer's status; failed if there was none.",
		}, []string{"provider", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ledgersheet_provider_request_duration_seconds", Help: "Time until the answer's header.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120},
		}, []string{"provider"}),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ledgersheet_runs_total", Help: "Ended runs by status, what started them, and the problem's code.",
		}, []string{"status", "trigger", "code"}),
		rows: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ledgersheet_rows_total", Help: "Rows of succeeded runs.",
		}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ledgersheet_run_duration_seconds", Help: "Time from a run's first start to its end, waits included.",
			Buckets: []float64{1, 2, 5, 10, 30, 60, 120, 300, 900, 1800},
		}, []string{"status"}),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name:    "ledgersheet_run_lag_seconds",
			Help:    "Time from when a scheduled run was due to its first start, counted when it ends.",
			Buckets: []float64{1, 5, 15, 30, 60, 120, 300, 900, 3600, 14400, 86400},
		}),
		success: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "ledgersheet_last_success_timestamp_seconds",
			Help: "When an exporter last succeeded, since the start of the process.",
		}, []string{"exporter_id"}),
		drifted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ledgersheet_mirror_drifted_records_total",
			Help: "Records of local copies that differed from QuickBooks although no change had been told.",
		}),
		backup: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "ledgersheet_last_backup_timestamp_seconds",
			Help: "When the newest daily backup was made and checked; 0 if there is none.",
		}),
	}
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "ledgersheet_build_info", Help: "Always 1.",
		ConstLabels: prometheus.Labels{"version": version.Current().Version},
	})
	build.Set(1)
	m.registry.MustRegister(m.requests, m.seconds, m.runs, m.rows, m.duration, m.lag, m.success, m.drifted,
		build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	if backups {
		m.registry.MustRegister(m.backup)
	}
	return m
}

// watch adds whether the store is in trouble, and how many connections' tokens are only in memory.
func (m *metrics) watch(trouble *storeWatch, unsaved func() int) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "ledgersheet_store_in_trouble", Help: "1 while the store cannot be written and all work waits; else 0.",
	}, func() float64 {
		if trouble.hold() != nil {
			return 1
		}
		return 0
	}), prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "ledgersheet_tokens_unsaved", Help: "Connections whose newest token is only in memory.",
	}, func() float64 { return float64(unsaved()) }))
}

// exporterReader is the part of the store that says whether an exporter is still there.
type exporterReader interface {
	Exporter(ctx context.Context, id export.ID) (export.Exporter, error)
}

// follow counts runs as they end, until ctx ends.
func (m *metrics) follow(ctx context.Context, events *progress.Broker, exporters exporterReader) {
	for e := range events.Subscribe(ctx, func(r export.Run) bool { return r.Status.Over() }) {
		m.observe(ctx, e.Run, exporters)
	}
}

// observe counts a run that is over.
func (m *metrics) observe(ctx context.Context, r export.Run, exporters exporterReader) {
	code := ""
	if r.Problem != nil {
		code = string(r.Problem.Code)
	}
	m.runs.WithLabelValues(string(r.Status), string(r.Trigger), code).Inc()
	if !r.StartedAt.IsZero() {
		m.duration.WithLabelValues(string(r.Status)).Observe(r.FinishedAt.Sub(r.StartedAt).Seconds())
		if !r.Due.IsZero() {
			m.lag.Observe(max(r.StartedAt.Sub(r.Due).Seconds(), 0))
		}
	}
	if r.Status != export.RunSucceeded {
		return
	}
	m.rows.Add(float64(r.Rows))
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, err := exporters.Exporter(ctx, r.Exporter.ID); !errors.Is(err, export.ErrNotFound) {
		m.success.WithLabelValues(string(r.Exporter.ID)).Set(float64(r.FinishedAt.Unix()))
	}
}

// forget drops the series of an exporter that was deleted.
func (m *metrics) forget(id export.ID) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.success.DeleteLabelValues(string(id))
}
