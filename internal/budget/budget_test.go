package budget_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/budget"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/storetest"
)

// world is a budget on a store, with a clock that stands.
type world struct {
	testing.TB
	store *flaky
	now   time.Time
	b     *budget.Budget
}

// flaky is a store whose disk may be full.
type flaky struct {
	*storetest.Memory
	full  atomic.Bool
	added atomic.Int32 // transactions
}

func (f *flaky) AddCalls(ctx context.Context, more []export.CallCount) error {
	if f.full.Load() {
		return errors.New("no space left on device")
	}
	f.added.Add(1)
	return f.Memory.AddCalls(ctx, more)
}

func newWorld(t testing.TB, now string, limit int) *world {
	t.Helper()
	at, err := time.Parse(time.DateTime, now)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{TB: t, store: &flaky{Memory: storetest.NewMemory()}, now: at}
	w.open(limit)
	return w
}

func (w *world) open(limit int) {
	w.Helper()
	w.openWith(budget.Options{Limit: limit})
}

func (w *world) openWith(o budget.Options) {
	w.Helper()
	o.Store, o.Now, o.Logger = w.store, func() time.Time { return w.now }, slog.New(slog.DiscardHandler)
	w.b = budget.New(o)
	if err := w.b.Load(w.Context()); err != nil {
		w.Fatal(err)
	}
}

func (w *world) add(id, definition, cron string, companies ...export.RealmID) export.Exporter {
	w.Helper()
	e := export.Exporter{
		ID: export.ID(id), Name: id, Definition: definition, Companies: companies,
		Schedule: export.Schedule{Cron: cron, Timezone: "UTC", Enabled: cron != ""},
	}
	if err := w.store.CreateExporter(w.Context(), e); err != nil {
		w.Fatal(err)
	}
	return e
}

func (w *world) take(realm export.RealmID, n int) {
	w.Helper()
	for range n {
		if err := w.b.Take(w.Context(), realm); err != nil {
			w.Fatal(err)
		}
	}
}

func (w *world) report() budget.Report {
	w.Helper()
	r, err := w.b.Report(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return r
}

func ran(e export.Exporter, calls int) export.Run {
	return export.Run{
		ID: export.NewID("run", time.Now()), Exporter: e, Status: export.RunSucceeded, Trigger: export.TriggerSchedule,
		Requests: export.Requests{QuickBooks: calls},
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-03-31 23:59:00", 1000)
	w.take("1", 3)
	w.take("2", 1)
	if err := w.b.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.take("1", 2)
	w.now = w.now.Add(2 * time.Minute)
	w.take("2", 4)
	check := func(what string) {
		t.Helper()
		want := budget.Report{
			Day: "2026-04-01", Month: "2026-04", Limit: 1000, Use: budget.Use{Today: 4, ThisMonth: 4, Forecast: 4},
			Ends:      time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC),
			Companies: []budget.CompanyUse{{Realm: "2", Use: budget.Use{Today: 4, ThisMonth: 4, Forecast: 4}}},
		}
		if d := cmp.Diff(want, w.report()); d != "" {
			t.Errorf("%s (-want +got):\n%s", what, d)
		}
	}
	check("in memory")
	if err := w.b.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := w.store.added.Load(); n != 2 {
		t.Errorf("%d transactions", n)
	}
	w.open(1000)
	check("after a restart")
	w.now = w.now.AddDate(0, 0, -1) // the clock is set back into March
	w.open(1000)
	if r := w.report(); r.ThisMonth != 6 || r.Today != 6 {
		t.Errorf("March has %+v", r.Use)
	}
	w.now = w.now.AddDate(2, 0, 0)
	if err := w.b.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if left, _ := w.store.Calls(t.Context(), "2000-01-01", "2100-01-01"); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

// TestNothingIsLostWhenTheStoreFails counts on while the disk is full, and stores all of it later.
func TestNothingIsLostWhenTheStoreFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "2026-03-10 08:00:00", 1000)
		w.b.Start(t.Context())
		w.store.full.Store(true)
		w.take("1", 5)
		time.Sleep(time.Minute)
		w.take("1", 6)
		w.store.full.Store(false)
		time.Sleep(6 * time.Second)
		counts, err := w.store.Calls(t.Context(), "2026-03-10", "2026-03-10")
		if err != nil || len(counts) != 1 || counts[0].Calls != 11 {
			t.Errorf("stored: %v, %v", counts, err)
		}
		w.take("1", 1)
		if err := w.b.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if counts, _ = w.store.Calls(t.Context(), "2026-03-10", "2026-03-10"); counts[0].Calls != 12 {
			t.Errorf("stored at the end: %v", counts)
		}
	})
}

func TestScheduledCallsStopAtTheLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-03-10 08:00:00", 5)
	scheduled := budget.Scheduled(t.Context())
	w.take("1", 4)
	if err := w.b.Take(scheduled, "1"); err != nil {
		t.Error(err)
	}
	err := w.b.Take(scheduled, "1")
	if !problem.HasCode(err, problem.QuickBooksRateLimited) || problem.From(err).Class() != problem.Stop {
		t.Errorf("got %v", err)
	}
	w.take("1", 3) // a person's
	if r := w.report(); r.ThisMonth != 8 {
		t.Errorf("%+v", r.Use)
	}
	w.now = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
	if err := w.b.Take(scheduled, "1"); err != nil {
		t.Errorf("in the next month: %v", err)
	}
}

func TestForecastAndPrice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-03-21 00:30:00", 0) // 263.5 hours are left
	hourly := w.add("exp_1", "invoices", "0 * * * *", "1")
	daily := w.add("exp_2", "profit_and_loss", "0 6 * * *", "1", "2")
	w.add("exp_3", "invoices", "", "2")
	paused := w.add("exp_4", "invoices", "* * * * *", "2")
	if _, err := w.store.UpdateExporter(t.Context(), paused.ID, func(e *export.Exporter) error {
		e.Pause = &export.Pause{Reason: export.PausedByPerson}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, calls := range []int{1000, 2, 4, 2, 4, 3} { // the first one is forgotten
		w.b.Observe(ran(hourly, calls))
	}
	failed := ran(hourly, 500)
	failed.Status = export.RunFailed
	w.b.Observe(failed)
	w.b.Observe(ran(daily, 8))
	w.take("2", 7)
	got := w.report()
	want := []budget.CompanyUse{
		{Realm: "1", Use: budget.Use{Forecast: 264*3 + 11*4}}, // April begins with a due time
		{Realm: "2", Use: budget.Use{Today: 7, ThisMonth: 7, Forecast: 7 + 11*4}},
	}
	if d := cmp.Diff(want, got.Companies); d != "" {
		t.Errorf("companies (-want +got):\n%s", d)
	}
	if got.Forecast != 7+264*3+11*8 {
		t.Errorf("forecast %d", got.Forecast)
	}

	atSix := export.Schedule{Cron: "0 6 * * *", Timezone: "UTC"}
	both, err := w.b.Price(t.Context(),
		export.Exporter{Definition: "profit_and_loss", Companies: []export.RealmID{"1", "2", "3"}, Schedule: atSix},
		export.Exporter{Definition: "bills", Companies: []export.RealmID{"1"}, Schedule: atSix})
	if want := (budget.Price{Used: 7, Calls: 17, Runs: 30, Others: 880, Rest: 187}); err != nil || both != want {
		t.Errorf("two that share a schedule: %+v, %v; want %+v", both, err, want)
	}
	for name, test := range map[string]struct {
		e    export.Exporter
		want budget.Price
	}{
		"stored": {hourly, budget.Price{Used: 7, Calls: 3, Measured: true, Runs: 720, Others: 88, Rest: 792}},
		"another schedule": {
			export.Exporter{
				ID: "exp_1", Definition: "invoices", Companies: hourly.Companies,
				Schedule: export.Schedule{Cron: "0 6 * * *", Timezone: "UTC"},
			},
			budget.Price{Used: 7, Calls: 3, Measured: true, Runs: 30, Others: 88, Rest: 33},
		},
		"like others of its type": {
			export.Exporter{
				Definition: "profit_and_loss", Companies: []export.RealmID{"1", "2", "3"},
				Schedule: export.Schedule{Cron: "0 6 * * *", Timezone: "UTC"},
			},
			budget.Price{Used: 7, Calls: 12, Runs: 30, Others: 880, Rest: 132},
		},
		"of a new type": {
			export.Exporter{Definition: "bills", Companies: []export.RealmID{"1"}},
			budget.Price{Used: 7, Calls: 5, Others: 880},
		},
	} {
		if got, err := w.b.Price(t.Context(), test.e); err != nil || got != test.want {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, test.want)
		}
	}
}

// TestCostsAreReadFromTheHistory opens a budget on a store with runs.
func TestCostsAreReadFromTheHistory(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-03-31 12:30:00", 0)
	e := w.add("exp_1", "invoices", "0 * * * *", "1")
	for i, calls := range []int{500, 10, 20, 10, 20, 15} {
		r := ran(e, calls)
		r.ID, r.QueuedAt = export.NewID("run", w.now.Add(time.Duration(i)*time.Minute)), w.now
		r.Status = export.RunQueued
		if _, _, err := w.store.Enqueue(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		if _, err := w.store.UpdateRun(t.Context(), r.ID, func(r *export.Run) error {
			r.Status, r.Requests.QuickBooks = export.RunSucceeded, calls
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.report().Forecast; got != 12*15 {
		t.Errorf("forecast %d", got)
	}
}

func TestTransportCountsTheAccountingAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-03-10 08:00:00", 4)
	sent := 0
	transport := w.b.Transport(round(func(*http.Request) (*http.Response, error) { sent++; return nil, nil }))
	send := func(ctx context.Context, address string) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, err = transport.RoundTrip(r)
		return err
	}
	for _, path := range []string{
		"/v3/company/123/query?query=x", "/v3/company/123/cdc", "/prefix/v3/company/123/reports/ProfitAndLoss",
		"/v3/company/123/companyinfo/123", "/oauth2/v1/tokens/bearer", "/.well-known/openid_configuration",
	} {
		if err := send(t.Context(), "http://intuit.test"+path); err != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if r := w.report(); r.ThisMonth != 4 || len(r.Companies) != 1 || r.Companies[0].Realm != "123" || sent != 6 {
		t.Errorf("%+v after %d requests", r, sent)
	}
	if err := send(budget.Scheduled(t.Context()), "http://intuit.test/v3/company/1/query"); err == nil || sent != 6 {
		t.Errorf("a scheduled call over the limit was sent: %v", err)
	}
}

type round func(*http.Request) (*http.Response, error)

func (f round) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// TestRunsUnderWayAreReckonedWith holds a schedule back while runs that have begun may take what is left.
func TestRunsUnderWayAreReckonedWith(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-03-10 08:00:00", 100)
	e := w.add("exp_1", "invoices", "0 0 1 * *", "1")
	w.b.Observe(ran(e, 10))
	hold := func() bool { return !w.b.Pace(t.Context(), e, w.now).Hold.IsZero() }
	w.take("1", 70)
	under := ran(e, 0)
	for _, step := range []struct {
		status  export.RunStatus
		trigger export.Trigger
		hold    bool
	}{
		{export.RunQueued, export.TriggerManual, false}, {export.RunQueued, export.TriggerSchedule, false},
		{export.RunQueued, export.TriggerChange, false}, {export.RunQueued, export.TriggerCatchUp, true},
	} {
		under.ID, under.Status, under.Trigger = export.NewID("run", time.Now()), step.status, step.trigger
		w.b.Observe(under)
		w.b.Observe(under) // a run tells of each change
		if hold() != step.hold {
			t.Errorf("%s %s: held back %v", step.status, step.trigger, hold())
		}
	}
	under.Status = export.RunCancelled
	w.b.Observe(under)
	if hold() {
		t.Error("held back by a run that is over")
	}
	w.take("1", 1)
	if !hold() {
		t.Error("not held back although 71 calls and two runs of 10 leave 9")
	}
	if got := w.b.Pace(t.Context(), e, w.now).Hold; !got.Equal(time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("until %v", got)
	}
}
