package app_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
)

// TestCompanyLeavesDuringARun deletes one company of a combined exporter while it is read. The run begins anew without
// it, and nobody is asked to reconnect.
func TestCompanyLeavesDuringARun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := makeWorld(t, intuitsim.Options{Companies: 2, Vendors: 3, Customers: 3, Items: 3, Invoices: 2, Bills: 2})
		pit := &tarpit{next: w.network, held: make(chan struct{}, 100), released: make(chan struct{}),
			hangs: func(*http.Request) bool { return false }}
		w.network, w.backoff = pit, []time.Duration{time.Minute}
		w.open()
		companies := w.connect(2)
		e := w.create(w.newExporter("vendors", nil, []string{"Company", "Id"}, companies...))
		pit.hangs = func(r *http.Request) bool { return strings.Contains(r.URL.Path, string(companies[1].Realm)) }
		r, _, err := w.desk().RunNow(w.ctx, e.ID)
		must(t, err)
		<-pit.held
		must(t, w.desk().DeleteCompany(w.ctx, companies[1].Realm))
		close(pit.released)
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		r, err = w.desk().Run(w.ctx, r.ID)
		must(t, err)
		if r.Status != export.RunSucceeded || r.Attempts != 2 {
			t.Fatalf("the run %s after %d attempts: %v", r.Status, r.Attempts, r.Problem)
		}
		ids := w.intuit.Company(string(companies[0].Realm)).IDs("Vendor")
		if r.Rows != len(ids) {
			t.Errorf("%d rows, want the %d of the company that is left", r.Rows, len(ids))
		}
	})
}

// TestStreamsEndWithTheSession signs out while pages and programs of the session follow a run.
func TestStreamsEndWithTheSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := makeWorld(t, intuitsim.Options{Companies: 1, Vendors: 3, Customers: 3, Items: 3, Invoices: 2, Bills: 2})
		pit := &tarpit{next: w.network, held: make(chan struct{}, 100), released: make(chan struct{}),
			hangs: func(r *http.Request) bool {
				return strings.Contains(r.URL.Path, "/v3/company/") &&
					strings.HasSuffix(r.URL.Path, "/query")
			}}
		w.network = pit
		w.openToVisitors()
		v := w.signIn()
		e := w.create(w.newExporter("vendors", nil, nil, w.connect(1)[0]))
		r, _, err := w.desk().RunNow(w.ctx, e.ID)
		must(t, err)
		<-pit.held
		request := func(method, path string) *http.Request {
			q := httptest.NewRequestWithContext(w.ctx, method, path, nil)
			for _, c := range v.cookies {
				q.AddCookie(c)
			}
			return q
		}
		ended := make(chan string, 2)
		for _, path := range []string{"/events", "/api/v1/runs/" + string(r.ID) + "/events"} {
			go func() {
				answer := v.do(request(http.MethodGet, path))
				if answer.StatusCode != http.StatusOK {
					t.Errorf("%s: %s", path, answer.Status)
				}
				ended <- path
			}()
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if len(ended) > 0 {
			t.Fatalf("%s ended although the session lasts", <-ended)
		}
		if answer := v.do(request(http.MethodPost, "/logout")); answer.StatusCode != http.StatusSeeOther {
			t.Fatal(answer.Status)
		}
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if len(ended) != 2 {
			t.Errorf("%d of 2 streams ended with the session", len(ended))
		}
		close(pit.released)
		time.Sleep(time.Minute)
	})
}
