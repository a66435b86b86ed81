package app

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"ledgersheet/internal/export"
	"ledgersheet/internal/progress"
	"ledgersheet/internal/version"
)

// metrics is what /metrics reports. It has its own registry, so that several apps can run in one process.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	runs     *prometheus.CounterVec
	rows     prometheus.Counter
	duration prometheus.Histogram
	success  *prometheus.GaugeVec
	backup   prometheus.Gauge
	drifted  prometheus.Counter
}

func newMetrics(active func() (queued, running float64)) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ledgersheet_provider_requests_total", Help: "Requests to QuickBooks and Google by status.",
		}, []string{"provider", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "ledgersheet_provider_request_seconds", Help: "Time until the answer's header.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120},
		}, []string{"provider"}),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "ledgersheet_runs_total", Help: "Ended runs by status and problem code.",
		}, []string{"status", "code"}),
		rows: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ledgersheet_rows_total", Help: "Rows of succeeded runs.",
		}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "ledgersheet_run_seconds", Help: "Time from a run's start to its end.",
			Buckets: []float64{1, 2, 5, 10, 30, 60, 120, 300, 900, 1800},
		}),
		success: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "ledgersheet_last_success_timestamp_seconds", Help: "When an exporter last succeeded.",
		}, []string{"exporter_id"}),
		drifted: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "ledgersheet_mirror_drifted_records_total",
			Help: "Records of local copies that differed from QuickBooks although no change had been told.",
		}),
	}
	m.backup = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "ledgersheet_last_backup_timestamp_seconds",
		Help: "When the newest daily backup was made and checked; 0 if there is none.",
	})
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "ledgersheet_build_info", Help: "Always 1.",
		ConstLabels: prometheus.Labels{"version": version.Current().Version},
	})
	build.Set(1)
	queued := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "ledgersheet_runs_queued", Help: "Runs that wait."},
		func() float64 { q, _ := active(); return q })
	running := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "ledgersheet_runs_running", Help: "Runs under way.",
	}, func() float64 { _, r := active(); return r })
	m.registry.MustRegister(m.requests, m.seconds, m.runs, m.rows, m.duration, m.success, m.drifted,
		m.backup, build, queued, running, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
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

// forget takes away what is reported of a single exporter.
func (m *metrics) forget(exporter export.ID) { m.success.DeleteLabelValues(string(exporter)) }

// follow counts runs as they end, until ctx ends. has reports whether an exporter is still there.
func (m *metrics) follow(
	ctx context.Context, events *progress.Broker, has func(context.Context, export.ID) bool,
) {
	for e := range events.Subscribe(ctx, func(r export.Run) bool { return r.Status.Over() }) {
		code := ""
		if e.Run.Problem != nil {
			code = string(e.Run.Problem.Code)
		}
		m.runs.WithLabelValues(string(e.Run.Status), code).Inc()
		if !e.Run.StartedAt.IsZero() {
			m.duration.Observe(e.Run.FinishedAt.Sub(e.Run.StartedAt).Seconds())
		}
		if e.Run.Status == export.RunSucceeded {
			m.rows.Add(float64(e.Run.Rows))
			m.success.WithLabelValues(string(e.Run.Exporter.ID)).Set(float64(e.Run.FinishedAt.Unix()))
			if !has(ctx, e.Run.Exporter.ID) { // asked afterwards, so that one that is just being deleted goes as well
				m.forget(e.Run.Exporter.ID)
			}
		}
	}
}
