package app

import (
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// newTransport returns the transport for all requests to providers. Intuit cuts requests off after 120 seconds and
// Google after 180, so it waits a little longer than that.
func newTransport() http.RoundTripper {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.DialContext = (&net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}).DialContext
	t.ResponseHeaderTimeout = 185 * time.Second
	t.MaxIdleConnsPerHost = 16
	return t
}

// meteredTransport logs and counts the requests to one provider: method, path and status, but never a query, header or
// body, which can contain tokens and bookkeeping data.
type meteredTransport struct {
	provider string
	next     http.RoundTripper
	log      *slog.Logger
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

// RoundTrip implements http.RoundTripper.
func (w meteredTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	began := time.Now()
	res, err := w.next.RoundTrip(r)
	took := time.Since(began)
	status := "failed"
	if err == nil {
		status = strconv.Itoa(res.StatusCode)
	}
	w.requests.WithLabelValues(w.provider, status).Inc()
	w.seconds.WithLabelValues(w.provider).Observe(took.Seconds())
	attrs := []slog.Attr{
		slog.String("provider", w.provider), slog.String("method", r.Method), slog.String("path", r.URL.Path),
		slog.String("status", status), slog.Duration("took", took),
	}
	if err == nil {
		if id := res.Header.Get("Intuit_tid"); id != "" {
			attrs = append(attrs, slog.String("intuit_tid", id))
		}
	}
	w.log.LogAttrs(r.Context(), slog.LevelDebug, "provider request", attrs...)
	return res, err
}
