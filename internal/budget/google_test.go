package budget_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/internal/budget"
	"ledgersheet/internal/export"
	"ledgersheet/internal/schedule"
)

// google opens a world with Google's quotas as they are by default, and no limit of calls to QuickBooks.
func (w *world) google(limits budget.GoogleLimits) {
	w.Helper()
	w.openWith(budget.Options{Google: limits})
}

// usual are Google's quotas by default.
// https://developers.google.com/workspace/sheets/api/limits
func usual() budget.GoogleLimits {
	return budget.GoogleLimits{
		Account: budget.Quota{Reads: 60, Writes: 60}, Project: budget.Quota{Reads: 300, Writes: 300},
	}
}

// writer adds an exporter that writes with an account, and whose last runs took these requests.
func (w *world) writer(id, cron string, account export.ID, reads, writes int) export.Exporter {
	w.Helper()
	e := export.Exporter{
		ID: export.ID(id), Name: id, Definition: "invoices", Companies: []export.RealmID{"1"},
		Schedule: export.Schedule{Cron: cron, Timezone: "UTC", Enabled: cron != ""},
		Target:   export.Target{Account: account},
	}
	if err := w.store.CreateExporter(w.Context(), e); err != nil {
		w.Fatal(err)
	}
	w.wrote(e, reads, writes)
	return e
}

func (w *world) wrote(e export.Exporter, reads, writes int) {
	r := ran(e, 1)
	r.SheetsReads, r.SheetsWrites, r.Sheets = reads, writes, reads+writes
	w.b.Observe(r)
}

// TestTwoThousandRunsOfOneAccount foresees the burst of a morning: 2,000 writes at 60 a minute.
func TestTwoThousandRunsOfOneAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-03-10 08:00:00", 0)
	w.google(usual())
	var last export.Exporter
	for i := range 2000 {
		last = w.writer(fmt.Sprint("exp_", i), "0 6 * * *", "con_1", 1, 1)
	}
	w.writer("exp_by_hand", "", "con_2", 1, 1)
	got := w.report().Google
	burst := budget.Burst{
		At: time.Date(2026, 3, 11, 6, 0, 0, 0, time.UTC), Runs: 2000, Request: budget.Quota{Reads: 2000, Writes: 2000},
		Drain: 33*time.Minute + 20*time.Second,
	}
	all := burst
	all.Drain = 6*time.Minute + 40*time.Second // at the project's 300
	want := budget.GoogleReport{
		Account: budget.Quota{Reads: 60, Writes: 60}, Project: budget.Quota{Reads: 300, Writes: 300},
		Accounts: []budget.AccountUse{{Account: "con_1", Burst: burst}, {Account: "con_2"}},
		All:      budget.AccountUse{Burst: all},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("-want +got:\n%s", d)
	}
	// The last one alone may go each half hour, but is due with the others once a day.
	last.Schedule.Cron = "*/30 * * * *"
	p, err := w.b.Price(t.Context(), last)
	if err != nil || p.Google.Least != 0 || p.Google.Burst != burst {
		t.Errorf("the last one, each half hour: %+v, %v", p.Google, err)
	}
}

// TestSchedulesThatNeverKeepUp are slowed down to what the quota lets through, and others are not.
func TestSchedulesThatNeverKeepUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-03-10 08:00:00", 0)
	w.google(usual())
	var fast, slow export.Exporter
	for i := range 600 {
		fast = w.writer(fmt.Sprint("fast_", i), "*/5 * * * *", "con_1", 1, 1) // 10 minutes of each 5
	}
	slow = w.writer("slow", "0 6 * * *", "con_1", 1, 1)
	other := w.writer("other", "*/5 * * * *", "con_2", 1, 1)
	r := w.report().Google
	u := r.Of("con_1")
	if u.Least != 12*time.Minute || r.Of("con_2").Least != 0 || r.All.Least != 0 {
		t.Errorf("%+v", r)
	}
	if d := w.b.Pace(t.Context(), fast, w.now); d.Least != u.Least || !d.Hold.IsZero() {
		t.Errorf("the fast ones' pace is %+v", d)
	}
	if d := w.b.Pace(t.Context(), other, w.now); d.Least != 0 {
		t.Errorf("another account's pace is %+v", d)
	}
	p, err := w.b.Price(t.Context(), fast)
	if err != nil || p.Google.Least != u.Least || p.Google.Limit.Writes != 60 {
		t.Errorf("%+v, %v", p.Google, err)
	}
	if p, err = w.b.Price(t.Context(), slow); err != nil || p.Google.Least != 0 {
		t.Errorf("the daily one: %+v, %v", p.Google, err)
	}
	fast.Target = export.Target{File: "rows.csv"}
	if p, err = w.b.Price(t.Context(), fast); err != nil || p.Google != (budget.GooglePrice{}) {
		t.Errorf("a file: %+v, %v", p.Google, err)
	}
	w.google(budget.GoogleLimits{}) // no limits
	if d := w.b.Pace(t.Context(), fast, w.now); d != (schedule.Pace{}) || w.report().Google.Of("con_1").Least != 0 {
		t.Errorf("without limits the pace is %+v", d)
	}
}

// TestTheProjectsQuota is shared by accounts each of which keeps up by itself.
func TestTheProjectsQuota(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-03-10 08:00:00", 0)
	w.google(usual())
	var e export.Exporter
	for account := range 10 {
		for i := range 50 {
			e = w.writer(fmt.Sprint("exp_", account, "_", i), "* * * * *", export.ID(fmt.Sprint("con_", account)), 1, 1)
		}
	}
	r := w.report().Google
	if r.Of("con_3").Least != 0 || r.All.Least != 2*time.Minute || r.Least("con_3") != r.All.Least {
		t.Errorf("%+v", r)
	}
	if p := w.b.Pace(t.Context(), e, w.now); p.Least != 2*time.Minute {
		t.Errorf("paced to %v", p.Least)
	}
}

// TestOfficeHours slows schedules down that ask for too much while they are due, although the night would suffice.
func TestOfficeHours(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-03-10 20:00:00", 0)
	w.google(usual())
	for i := range 500 {
		w.writer(fmt.Sprint("exp_", i), "*/5 9-11 * * 1-5", "con_1", 1, 1)
	}
	if u := w.report().Google.Of("con_1"); u.Least != 10*time.Minute || u.Burst.Drain < 2*time.Hour {
		t.Errorf("%+v", u)
	}
}

// TestTheFirstWriteIsNoMeasure leaves out the dearest of several runs, and guesses where there is none.
func TestTheFirstWriteIsNoMeasure(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-03-10 08:00:00", 0)
	w.google(usual())
	request := func(want budget.Quota) {
		t.Helper()
		w.now = w.now.Add(time.Hour)
		if got := w.report().Google.Of("con_1").Burst.Request; got != want {
			t.Errorf("a run takes %+v, want %+v", got, want)
		}
	}
	e := w.writer("exp_1", "0 6 * * *", "con_1", 4, 90)
	request(budget.Quota{Reads: 4, Writes: 90})
	w.wrote(e, 2, 1)
	w.wrote(e, 0, 0)
	request(budget.Quota{Reads: 1, Writes: 1}) // rounded up
	w.google(usual())
	request(budget.Quota{Reads: 3, Writes: 1})
}

// TestUsedIsAskedFor shows what the limiter counted.
func TestUsedIsAskedFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-03-10 08:00:00", 0)
	limits := usual()
	limits.Used = func(id export.ID) budget.Quota {
		return budget.Quota{Reads: len(id), Writes: strings.Count(string(id), "1")}
	}
	w.google(limits)
	w.writer("exp_1", "", "con_1", 1, 1)
	w.writer("exp_2", "", "con_22", 1, 1)
	r := w.report().Google
	if r.Of("con_1").Used != (budget.Quota{Reads: 5, Writes: 1}) || r.All.Used != (budget.Quota{Reads: 11, Writes: 1}) {
		t.Errorf("%+v", r)
	}
}

// TestSlowedSchedulesKeepUp plays hours of schedules at the pace that a budget gives them, with a queue that makes
// requests one after the other as fast as the quota lets it. The queue never holds more than two rounds of all of them,
// however long it goes on, and nobody is slowed down where all is well anyway.
func TestSlowedSchedulesKeepUp(t *testing.T) {
	t.Parallel()
	crons := []string{"*/5 * * * *", "*/10 * * * *", "*/15 * * * *", "0 * * * *"}
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, "2026-03-10 08:30:30", 0)
		quota := budget.Quota{
			Reads: rapid.IntRange(1, 60).Draw(rt, "reads"), Writes: rapid.IntRange(1, 60).Draw(rt, "writes"),
		}
		w.google(budget.GoogleLimits{Account: quota})
		q := queueOf{quota: quota, needs: map[export.ID]budget.Quota{}}
		var all []*plan
		for i := range rapid.IntRange(1, 10).Draw(rt, "exporters") {
			n := budget.Quota{Reads: rapid.IntRange(0, 6).Draw(rt, "r"), Writes: rapid.IntRange(0, 6).Draw(rt, "w")}
			e := w.writer(fmt.Sprint("exp_", i), rapid.SampledFrom(crons).Draw(rt, "cron"), "con_1", n.Reads, n.Writes)
			q.needs[e.ID] = n
			q.round.Reads, q.round.Writes = q.round.Reads+n.Reads, q.round.Writes+n.Writes
			all = append(all, &plan{e: e})
		}
		u := w.report().Google.Of("con_1")
		w.playGoogle(all, &q)
		most := 2*q.takes(q.round) + time.Minute
		if q.longest > most {
			rt.Fatalf("the queue held %v, a round is %v; %+v", q.longest, q.takes(q.round), u)
		}
		if u.Least > 0 && q.busy < 0.3 && u.Least < time.Hour {
			rt.Fatalf("slowed down although only %.2f of the quota was used; %+v", q.busy, u)
		}
	})
}

// queueOf makes requests as fast as a quota lets it.
type queueOf struct {
	quota         budget.Quota
	needs         map[export.ID]budget.Quota
	round         budget.Quota // of all exporters
	reads, writes time.Time    // when all are made
	longest       time.Duration
	busy          float64 // part of the time
}

func (q *queueOf) takes(n budget.Quota) time.Duration {
	minutes := max(float64(n.Reads)/float64(q.quota.Reads), float64(n.Writes)/float64(q.quota.Writes))
	return time.Duration(minutes * float64(time.Minute))
}

func (q *queueOf) add(now time.Time, n budget.Quota) {
	later := func(done time.Time, n, limit int) time.Time {
		if done.Before(now) {
			done = now
		}
		return done.Add(time.Duration(float64(n) / float64(limit) * float64(time.Minute)))
	}
	q.reads, q.writes = later(q.reads, n.Reads, q.quota.Reads), later(q.writes, n.Writes, q.quota.Writes)
	q.longest = max(q.longest, q.reads.Sub(now), q.writes.Sub(now))
}

// playGoogle plays some hours.
func (w *world) playGoogle(plans []*plan, q *queueOf) {
	w.Helper()
	const hours = 5
	began := w.now
	var all budget.Quota
	for _, p := range plans {
		p.e.NextAt = schedule.Plan(p.e, w.now)
	}
	for {
		next := slices.MinFunc(plans, func(a, b *plan) int { return a.e.NextAt.Compare(b.e.NextAt) })
		if w.now = next.e.NextAt; w.now.After(began.Add(hours * time.Hour)) {
			q.busy = q.takes(all).Hours() / hours
			return
		}
		n := q.needs[next.e.ID]
		q.add(w.now, n)
		all.Reads, all.Writes = all.Reads+n.Reads, all.Writes+n.Writes
		pace := w.b.Pace(w.Context(), next.e, w.now)
		next.e.NextAt = schedule.Plan(next.e, w.now.Add(max(pace.Least, 1)-1))
	}
}
