package budget_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ledgersheet/internal/budget"
	"ledgersheet/internal/export"
	"ledgersheet/internal/schedule"
)

// plan is one exporter of a made-up month.
type plan struct {
	e     export.Exporter
	calls int // of each run
	drift int // by how many a run may take more
	runs  []time.Time
}

// play lets the schedules run until the month's end as a ticker does. It
// returns how many runs were refused a call.
func (w *world) play(plans []*plan, draw func(most int) int) (refused int) {
	w.Helper()
	end := time.Date(w.now.Year(), w.now.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	scheduled := budget.Scheduled(w.Context())
	for _, p := range plans {
		p.e.NextAt = schedule.Plan(p.e, w.now)
	}
	for {
		var next *plan
		for _, p := range plans {
			if next == nil || p.e.NextAt.Before(next.e.NextAt) {
				next = p
			}
		}
		if !next.e.NextAt.Before(end) {
			return refused
		}
		w.now = next.e.NextAt
		pace := w.b.Pace(w.Context(), next.e, w.now)
		from := w.now.Add(max(pace.Least, 1) - 1)
		if pace.Hold.After(w.now) {
			next.e.NextAt = schedule.Plan(next.e, pace.Hold.Add(-1))
			continue
		}
		next.e.NextAt = schedule.Plan(next.e, from)
		next.runs = append(next.runs, w.now)
		calls := next.calls + draw(next.drift)
		for range calls {
			if err := w.b.Take(scheduled, next.e.Companies[0]); err != nil {
				refused++
				break
			}
		}
		w.b.Observe(ran(next.e, calls))
	}
}

func (w *world) drawPlans(rt *rapid.T, drift int) []*plan {
	crons := []string{
		"*/20 * * * *", "*/30 * * * *", "0 * * * *", "15 * * * *", "0 */6 * * *", "30 6 * * *", "0 7 * * 1",
	}
	var plans []*plan
	for i := range rapid.IntRange(1, 6).Draw(rt, "exporters") {
		e := w.add(fmt.Sprint("exp_", i), "invoices", rapid.SampledFrom(crons).Draw(rt, "cron"), "1")
		p := &plan{e: e, calls: rapid.IntRange(1, 40).Draw(rt, "calls"), drift: drift}
		w.b.Observe(ran(p.e, p.calls))
		plans = append(plans, p)
	}
	return plans
}

// TestAMonthNeverTakesMoreThanItsCalls plays months of schedules whose runs take what they took before. They stay below
// the limit by their pace alone, and nobody is shut out: each exporter goes on until the end.
func TestAMonthNeverTakesMoreThanItsCalls(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		day := rapid.IntRange(1, 28).Draw(rt, "day")
		limit := rapid.IntRange(1000, 60_000).Draw(rt, "limit")
		w := newWorld(t, fmt.Sprintf("2026-03-%02d 00:10:00", day), limit)
		plans := w.drawPlans(rt, 0)
		wanted := w.report().Forecast
		refused := w.play(plans, func(int) int { return 0 })
		w.now = w.now.Add(-time.Minute)
		used := w.report().ThisMonth
		if used > limit || refused > 0 {
			rt.Fatalf("%d calls of %d, %d runs refused", used, limit, refused)
		}
		once := 0
		for _, p := range plans {
			once += p.calls
		}
		if wanted*10 < limit*9 && used < wanted-2*once {
			rt.Fatalf("slowed down to %d calls although %d were wanted and %d allowed", used, wanted, limit)
		}
		if wanted > 2*limit && limit > 20*once && used < limit/2 {
			rt.Fatalf("only %d of %d calls were used, and %d wanted", used, limit, wanted)
		}
		for _, p := range plans {
			due := schedule.Plan(p.e, time.Date(2026, 3, day, 0, 10, 0, 0, time.UTC))
			if limit > 20*once && due.Month() == time.March && len(p.runs) == 0 {
				rt.Fatalf("%s never ran: %+v", p.e.ID, p.e.Schedule)
			}
		}
	})
}

// TestAMonthOfRunsThatGrow plays months in which nothing stays as it was measured, people run things, and the process
// starts anew.
func TestAMonthOfRunsThatGrow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.IntRange(100, 20_000).Draw(rt, "limit")
		w := newWorld(t, fmt.Sprintf("2026-02-%02d 00:10:00", rapid.IntRange(1, 28).Draw(rt, "day")), limit)
		plans := w.drawPlans(rt, rapid.IntRange(1, 100).Draw(rt, "drift"))
		people := rapid.IntRange(0, limit/2).Draw(rt, "people")
		w.take("1", people)
		seed := rapid.Uint64().Draw(rt, "seed")
		w.play(plans, func(most int) int {
			seed = seed*6364136223846793005 + 1442695040888963407
			return int(seed>>33) % (most + 1)
		})
		w.now = w.now.Add(-time.Minute)
		if used := w.report().ThisMonth; used > limit {
			rt.Fatalf("%d calls of %d", used, limit)
		}
	})
}

// TestSlowSchedulesStayAsTheyAre slows down the fast one only.
func TestSlowSchedulesStayAsTheyAre(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-03-01 00:10:00", 3000)
	fast := &plan{e: w.add("exp_1", "invoices", "*/5 * * * *", "1"), calls: 2} // would take 17,000
	slow := &plan{e: w.add("exp_2", "invoices", "0 6 * * *", "1"), calls: 10}  // takes 310
	w.b.Observe(ran(fast.e, fast.calls))
	w.b.Observe(ran(slow.e, slow.calls))
	if r := w.report(); r.Least < 30*time.Minute || r.Least > 40*time.Minute || r.Forecast != 17_856-4+310 {
		t.Errorf("%+v", r)
	}
	w.play([]*plan{fast, slow}, func(int) int { return 0 })
	if len(slow.runs) != 31 || len(fast.runs) < 1000 || len(fast.runs) > 1345 {
		t.Errorf("the slow one ran %d times, the fast one %d times", len(slow.runs), len(fast.runs))
	}
}
