package schedule_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/queue"
	"ledgersheet/internal/storetest"
	"ledgersheet/internal/supply/supplysim"
)

// TestThrottledCompaniesHoldNoWorkers: Intuit tells four companies to slow down, whose eight runs have all workers. A
// fifth company's run begins at once, and also when Intuit asks for longer than a request waits.
func TestThrottledCompaniesHoldNoWorkers(t *testing.T) {
	t.Parallel()
	for name, after := range map[string]string{"for a minute": "60", "for a quarter of an hour": "900"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := intuitsim.New(intuitsim.Options{
				Seed: 4, Companies: 5, Customers: 2, Vendors: 3, Items: 2, Invoices: 1, Bills: 1,
			})
			tokens := map[export.RealmID]string{}
			for _, c := range sim.Companies() {
				tokens[export.RealmID(c.Realm)], _ = sim.Authorize(c.Realm)
			}
			synctest.Test(t, func(t *testing.T) {
				sim.SetLatency(100 * time.Millisecond)
				r := &rush{first: map[export.RealmID]time.Time{}, ended: map[export.RealmID]time.Time{}}
				r.client = intuit.New(intuit.Options{
					APIURL: "http://quickbooks.test",
					HTTP: func(realm export.RealmID) *http.Client {
						return &http.Client{Transport: supplysim.Bearer{Token: tokens[realm], Next: sim.Transport()}}
					},
				})
				store := storetest.NewMemory()
				q := queue.New(queue.Options{Store: store, Work: r.work, Logger: slog.New(slog.DiscardHandler)})
				if err := q.Start(t.Context()); err != nil {
					t.Fatal(err)
				}
				add := func(n int, realm string) {
					e := export.Exporter{
						ID: export.ID(fmt.Sprint("exp_", n)), Companies: []export.RealmID{export.RealmID(realm)},
						Target: export.Target{Spreadsheet: fmt.Sprint("sheet ", n)},
					}
					r := export.Run{Trigger: export.TriggerManual, Exporter: e}
					if _, _, err := q.Enqueue(t.Context(), r); err != nil {
						t.Fatal(err)
					}
				}
				for i, c := range sim.Companies()[:4] {
					sim.Fail(intuitsim.Fault{Match: "/v3/company/" + c.Realm, Status: http.StatusTooManyRequests,
						Body: intuitsim.BodyJSON, RetryAfter: after})
					add(2*i, c.Realm)
					add(2*i+1, c.Realm)
				}
				time.Sleep(5 * time.Second)
				fifth, began := sim.Companies()[4].Realm, time.Now()
				add(8, fifth)
				time.Sleep(time.Second)
				synctest.Wait()
				if at := r.first[export.RealmID(fifth)]; at.IsZero() || at.Sub(began) > 100*time.Millisecond {
					t.Errorf("the fifth company began at %v, %v after it was queued", at, at.Sub(began))
				}
				time.Sleep(25 * time.Minute)
				synctest.Wait()
				if r.runs != 9 {
					t.Errorf("%d of 9 runs have succeeded", r.runs)
				}
				if err := q.Stop(t.Context()); err != nil {
					t.Error(err)
				}
			})
		})
	}
}
