package app_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
)

// tarpit lets requests of one kind hang until they are given up or released.
type tarpit struct {
	next     http.RoundTripper
	hangs    func(*http.Request) bool
	held     chan struct{} // gets one for each request that hangs
	released chan struct{}
}

// RoundTrip implements http.RoundTripper.
func (p *tarpit) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-p.released:
		return p.next.RoundTrip(r)
	default:
	}
	if !p.hangs(r) {
		return p.next.RoundTrip(r)
	}
	p.held <- struct{}{}
	select {
	case <-r.Context().Done():
		return nil, r.Context().Err()
	case <-p.released:
		return p.next.RoundTrip(r)
	}
}

// TestStopInTime stops the service while a provider does not answer. Only what is showing rows, or has a grant renewed,
// is waited for, and not for long; the next start does the run.
func TestStopInTime(t *testing.T) {
	t.Parallel()
	isQuery := func(r *http.Request) bool { return strings.Contains(r.URL.Path, "/v3/company/") }
	for name, test := range map[string]struct {
		hangs func(*http.Request) bool
		most  time.Duration
	}{
		"query": {isQuery, 0},
		"look": {func(r *http.Request) bool {
			return r.URL.Host == "google.test" && r.Method == http.MethodGet
		}, 0},
		"commit": {func(r *http.Request) bool {
			return strings.HasSuffix(r.URL.Path, ":batchUpdate")
		}, 18 * time.Second},
		"renewal": {func(r *http.Request) bool {
			return r.URL.Host == "intuit.test" && r.Method == http.MethodPost
		}, 18 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w := makeWorld(t, intuitsim.Options{Companies: 1, Vendors: 3, Customers: 3, Items: 3, Invoices: 2,
					Bills: 2})
				w.open()
				company := w.connect(1)[0]
				e := w.create(w.newExporter("vendors", nil, nil, company))
				must(t, w.app.Stop(context.Background()))
				time.Sleep(2 * time.Hour) // so that the token has run out
				pit := &tarpit{next: w.network, hangs: test.hangs, held: make(chan struct{}, 100),
					released: make(chan struct{})}
				w.network = pit
				w.open()
				r, _, err := w.desk().RunNow(w.ctx, e.ID)
				must(t, err)
				<-pit.held
				began := time.Now()
				must(t, w.app.StopAsRun())
				if took := time.Since(began); took > test.most {
					t.Errorf("stopping took %v, more than %v", took, test.most)
				}
				close(pit.released)
				synctest.Wait()
				w.open()
				time.Sleep(time.Minute)
				r, err = w.desk().Run(w.ctx, r.ID)
				must(t, err)
				if r.Status != export.RunSucceeded {
					t.Errorf("after the next start the run %s: %v", r.Status, r.Problem)
				}
				rows := w.google.Spreadsheet(r.Exporter.Target.Spreadsheet).Values("Data!A2:A100")
				if len(rows) != r.Rows {
					t.Errorf("the sheet has %d rows, want %d", len(rows), r.Rows)
				}
			})
		})
	}
}
