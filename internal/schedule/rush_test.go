package schedule_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/queue"
	"ledgersheet/internal/schedule"
	"ledgersheet/internal/storetest"
	"ledgersheet/internal/supply"
	"ledgersheet/internal/supply/supplysim"
)

// rush is what happens when very many exporters are due at the same minute.
type rush struct {
	client *intuit.Client
	mu     sync.Mutex
	first  map[export.RealmID]time.Time // when a run began first
	ended  map[export.RealmID]time.Time // the last run
	runs   int
}

func (r *rush) work(ctx context.Context, run export.Run, _ func(func(*export.Run))) error {
	realm, now := run.Exporter.Companies[0], time.Now()
	r.mu.Lock()
	if r.first[realm].IsZero() {
		r.first[realm] = now
	}
	r.mu.Unlock()
	records, err := r.client.Records(ctx, supply.Want{
		Company: export.Company{Realm: realm}, Object: "Vendor", Title: "vendors", Day: now,
	})
	if err != nil {
		return err
	}
	for _, err := range records.All {
		if err != nil {
			return err
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended[realm] = time.Now()
	r.runs++
	return nil
}

// TestTwoThousandAtOnce lets 2,000 exporters of 51 companies be due at the same minute: one company has more than half
// of them, one has a single one. The sandbox, which counts as Intuit does, never has to refuse a request, and no
// company waits for another's runs to be done.
func TestTwoThousandAtOnce(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	all := 2000
	if testing.Short() {
		all = 500
	}
	sim := intuitsim.New(intuitsim.Options{
		Seed: 4, Companies: 51, Customers: 2, Vendors: 3, Items: 2, Invoices: 1, Bills: 1,
	})
	tokens := map[export.RealmID]string{}
	var realms []export.RealmID
	for _, c := range sim.Companies() {
		realm := export.RealmID(c.Realm)
		tokens[realm], _ = sim.Authorize(c.Realm)
		realms = append(realms, realm)
	}
	big, single, some := realms[0], realms[1], realms[2:]
	synctest.Test(t, func(t *testing.T) {
		sim.SetLatency(150 * time.Millisecond)
		r := &rush{first: map[export.RealmID]time.Time{}, ended: map[export.RealmID]time.Time{}}
		r.client = intuit.New(intuit.Options{
			APIURL: "http://quickbooks.test",
			HTTP: func(realm export.RealmID) *http.Client {
				return &http.Client{Transport: supplysim.Bearer{Token: tokens[realm], Next: sim.Transport()}}
			},
		})
		store := storetest.NewMemory()
		for i := range all {
			realm := big
			switch {
			case i == all-1:
				realm = single
			case i%2 == 1:
				realm = some[i/2%len(some)]
			}
			e := export.Exporter{
				ID: export.ID(fmt.Sprintf("exp_%04d", i)), Companies: []export.RealmID{realm},
				Target:   export.Target{Spreadsheet: fmt.Sprint("sheet ", i)},
				Schedule: export.Schedule{Cron: "0 6 * * *", Timezone: "UTC", Enabled: true},
			}
			if err := store.CreateExporter(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		silent := slog.New(slog.DiscardHandler)
		var tick *schedule.Ticker
		q := queue.New(queue.Options{
			Store: store, Work: r.work, Logger: silent, Workers: 4, Ended: func(id export.ID) { tick.Ended(id) },
		})
		tick = schedule.NewTicker(schedule.Options{Store: store, Enqueue: q.EnqueueDue, Logger: silent})
		if err := q.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := tick.Start(t.Context()); err != nil {
			t.Fatal(err)
		}
		six := time.Date(2000, 1, 1, 6, 0, 0, 0, time.UTC)
		time.Sleep(time.Until(six.Add(30 * time.Minute)))
		synctest.Wait()
		tick.Stop()
		if err := q.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if r.runs != all {
			t.Errorf("%d runs of %d", r.runs, all)
		}
		var firstLast, last time.Time
		for _, realm := range realms {
			if n := sim.Throttled(string(realm)); n > 0 {
				t.Errorf("company %s was refused %d times", realm, n)
			}
			if realm != big && r.ended[realm].After(last) {
				last = r.ended[realm]
			}
			if r.first[realm].After(firstLast) {
				firstLast = r.first[realm]
			}
		}
		t.Logf("half of all end after %v, the others after %v; each company has begun after %v, the single one "+
			"after %v", r.ended[big].Sub(six), last.Sub(six), firstLast.Sub(six), r.first[single].Sub(six))
		// Four workers take turns: every company has had its first run before any has had many.
		if wait := firstLast.Sub(six); wait > 20*time.Second {
			t.Errorf("a company's first run began %v after it was due", wait)
		}
		if !last.Before(r.ended[big]) {
			t.Errorf("the others end at %v, the company with half of all at %v", last, r.ended[big])
		}
	})
}
