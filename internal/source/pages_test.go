package source_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/intuit/intuitsim"
)

func TestPagesAreFetchedAheadThreeAtMost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := simulate(t, intuitsim.Options{Seed: 1, Invoices: 7000})
		s.books.IDs("Invoice") // builds the books before time is measured
		s.server.SetLatency(time.Second)
		begin := time.Now()
		got := s.must(t, invoices(), export.Query{Columns: []string{"Id"}})
		if len(got.rows) != got.Total || got.Total < 7000 {
			t.Errorf("%d of %d rows", len(got.rows), got.Total)
		}
		if n := s.server.PeakConcurrency(string(s.company.Realm)); n != 3 {
			t.Errorf("%d requests ran at once, want 3", n)
		}
		if took := time.Since(begin); took > 6*time.Second { // a count, the first page, and seven more, three at a time
			t.Errorf("it took %s", took)
		}
	})
}

// TestLargePagesAreFetchedOneByOne has pages so large that two at once would be too much.
func TestLargePagesAreFetchedOneByOne(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var running, most, pages atomic.Int32
		note := strings.Repeat("x", 9<<10)
		serve := func(r *http.Request) (*http.Response, error) {
			if strings.Contains(r.URL.Query().Get("query"), "COUNT(*)") {
				return newResponse(r, 200, `{"QueryResponse":{"totalCount":4990}}`), nil
			}
			most.Store(max(most.Load(), running.Add(1)))
			defer running.Add(-1)
			timer := time.NewTimer(time.Second)
			defer timer.Stop()
			<-timer.C
			var start int
			if _, err := fmt.Sscanf(r.URL.Query().Get("query"), "SELECT * FROM Invoice ORDERBY Id STARTPOSITION %d",
				&start); err != nil {
				return nil, err
			}
			pages.Add(1)
			var b strings.Builder
			b.WriteString(`{"QueryResponse":{"Invoice":[`)
			for i := start; i < min(start+1000, 4991); i++ {
				if i > start {
					b.WriteByte(',')
				}
				fmt.Fprintf(&b, `{"Id":"%d","PrivateNote":"%s"}`, i, note)
			}
			b.WriteString(`]}}`)
			return newResponse(r, 200, b.String()), nil
		}
		c := intuit.New(intuit.Options{
			APIURL: simRoot,
			HTTP:   func(export.RealmID) *http.Client { return &http.Client{Transport: roundTrip(serve)} },
		})
		s := simulated{client: c, company: export.Company{Realm: "1"}}
		got := s.must(t, invoices(), export.Query{Columns: []string{"Id"}})
		if len(got.rows) != 4990 || pages.Load() != 5 || most.Load() != 1 {
			t.Errorf("%d rows in %d pages, %d at once", len(got.rows), pages.Load(), most.Load())
		}
	})
}
