package control_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// told stores an exporter, and a run of it that found the figures.
func (b *bench) told(kind string, at time.Time, figures ...export.FigureValue) export.Exporter {
	b.t.Helper()
	e := export.Exporter{
		ID: export.NewID("exp", at), Name: kind, Definition: kind, Companies: []export.RealmID{alder}, CreatedAt: at,
		Target: export.Target{Account: b.account, Sheet: "x", Start: "A1"},
	}
	must(b.t, b.store.CreateExporter(b.ctx, e))
	b.endAt(e, at, func(r *export.Run) { r.Status, r.Figures = export.RunSucceeded, figures })
	return e
}

// endAt stores a run that ended at a time.
func (b *bench) endAt(e export.Exporter, at time.Time, change func(*export.Run)) export.Run {
	b.t.Helper()
	r, _, err := b.store.Enqueue(b.ctx, export.Run{
		ID: export.NewID("run", at), Exporter: e, QueuedAt: at, Trigger: export.TriggerSchedule,
	})
	must(b.t, err)
	r, err = b.store.UpdateRun(b.ctx, r.ID, func(r *export.Run) error {
		r.FinishedAt = at
		change(r)
		return nil
	})
	must(b.t, err)
	return r
}

func fig(id, period, value string) export.FigureValue {
	return export.FigureValue{ID: id, Title: id, Company: alder, Period: period, Currency: "USD", Value: value}
}

func (b *bench) books() control.Books {
	b.t.Helper()
	c, err := b.Company(b.ctx, alder)
	must(b.t, err)
	list, err := b.Books(b.ctx, c)
	must(b.t, err)
	return list[0]
}

// Of several exporters that tell of a topic, the preferred type counts, then the newer one; of months, the most.
func TestBooksPrefer(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	day := func(n int) time.Time { return noon.AddDate(0, 0, -n) }
	b.told("accounts", day(1), fig("bank", "", "1"))
	b.told("balance_sheet", day(3), fig("cash", "2026-02-27", "2"))
	b.told("balance_sheet", day(2), fig("cash", "2026-02-28", "3"))
	b.told("cash_flow", day(1), fig("cash", "2026-01-01 to 2026-03-01", "4"))
	b.told("profit_and_loss", day(1), fig("income", "2026-02-01 to 2026-02-28", "5"))
	b.told("profit_and_loss", day(5), fig("income", "2026-01-01 to 2026-02-28", "12"),
		fig("income", "2026-01-01 to 2026-01-31", "6"), fig("income", "2026-02-01 to 2026-02-25", "7"))
	books := b.books()
	if got := books.Topics[control.TopicCash].Figures; len(got) != 1 || got[0].Value != "3" {
		t.Errorf("cash: %v", got)
	}
	var months []string
	for _, f := range books.Months[control.TopicIncome].Figures {
		months = append(months, f.Span()+" "+f.Value)
	}
	if d := cmp.Diff([]string{"2026-01 6", "2026-02 7"}, months); d != "" {
		t.Errorf("months:\n%s", d)
	}
	if _, told := books.Topics[control.TopicPayable]; told {
		t.Error("nobody tells of payables")
	}
}

// Months older than a year are left out, and those of another currency are not mixed in.
func TestBooksKeepOneYear(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var figures []export.FigureValue
	for i := range 20 {
		first := time.Date(2024, time.Month(8+i), 1, 0, 0, 0, 0, time.UTC)
		period := first.Format(time.DateOnly) + " to " + first.AddDate(0, 1, -1).Format(time.DateOnly)
		figures = append(figures, fig("net_income", period, fmt.Sprint(i)))
		other := fig("net_income", period, "999")
		other.Currency = "EUR"
		figures = append(figures, other)
	}
	b.told("profit_and_loss", noon, figures...)
	got := b.books().Months[control.TopicNet].Figures
	if len(got) != 12 || got[0].Value != "8" || got[11].Value != "19" ||
		slices.ContainsFunc(got, func(f export.FigureValue) bool { return f.Currency != "USD" }) {
		t.Errorf("%d months: %v", len(got), got)
	}
}

func TestSentMonthsRememberTheirFigures(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.store.UpdateCompany(b.ctx, alder, func(c *export.Company) error {
		c.ClosedThrough = "2026-01-31"
		return nil
	})
	must(t, err)
	const january, february, march = "2026-01-01 to 2026-01-31", "2026-02-01 to 2026-02-28", "2026-03-01 to 2026-03-02"
	e := b.told("profit_and_loss", noon.AddDate(0, 0, -2), fig("net_income", january, "10"),
		fig("net_income", february, "20"), fig("net_income", march, "1"))
	must(t, b.MarkSent(b.ctx, alder, "2026-01", true))
	b.endAt(e, noon.AddDate(0, 0, -1), func(r *export.Run) {
		r.Status = export.RunSucceeded
		r.Figures = []export.FigureValue{
			fig("net_income", january, "8.5"), fig("net_income", february, "21"), fig("net_income", march, "2"),
		}
	})
	changes, err := b.Changes(b.ctx, b.books())
	must(t, err)
	var got []string
	for _, m := range changes.Months {
		f := m.Figures[0]
		text := fmt.Sprintf("%s %s %s sent %s changed %t", m.Month, m.State, f.Value, f.Sent, m.Changed())
		if f.Moved != nil {
			text += " moved " + f.Moved.Old + " to " + f.Moved.New + " on " + f.On
		}
		got = append(got, text)
	}
	want := []string{
		"2026-03 running 2 sent  changed false moved 1 to 2 on 2026-03-01",
		"2026-02 ended 21 sent  changed false moved 20 to 21 on 2026-03-01",
		"2026-01 closed 8.5 sent 10 changed true moved 10 to 8.5 on 2026-03-01",
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the board:\n%s", d)
	}
	must(t, b.MarkSent(b.ctx, alder, "2026-01", true)) // again, as it is now
	changes, err = b.Changes(b.ctx, b.books())
	must(t, err)
	if changes.Months[2].Changed() {
		t.Error("what was sent again still counts as changed")
	}
	if len(changes.Feed) != 1 || len(changes.Feed[0].Figures) != 3 {
		t.Errorf("the feed: %+v", changes.Feed)
	}
}

// What a figure was is worked back from what it is, no further than to the first run that can be compared.
func TestTrendsGoBack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	at := func(n int) time.Time { return noon.AddDate(0, 0, -n) }
	e := b.told("balance_sheet", at(20), fig("cash", "2026-02-10", "1"))
	e.Options = map[string]string{"accounting_method": "Cash"} // nothing before can be compared
	_, err := b.store.UpdateExporter(b.ctx, e.ID, func(s *export.Exporter) error { s.Options = e.Options; return nil })
	must(t, err)
	for i, value := range []string{"100", "100", "150", "90"} {
		b.endAt(e, at(10-2*i), func(r *export.Run) {
			r.Status, r.Figures = export.RunSucceeded, []export.FigureValue{fig("cash", "2026-03-01", value)}
		})
	}
	changes, err := b.Changes(b.ctx, b.books())
	must(t, err)
	day := export.DayNumber(noon)
	want := []control.TrendPoint{
		{Day: day - 10, Value: "100"}, {Day: day - 7, Value: "100"}, {Day: day - 6, Value: "150"},
		{Day: day - 5, Value: "150"}, {Day: day - 4, Value: "90"},
	}
	if d := cmp.Diff(want, changes.Trends[control.TopicCash]); d != "" {
		t.Errorf("the trend:\n%s", d)
	}
}

func TestTimelineJoinsFailures(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.now = noon.AddDate(0, 0, -3)
	e := b.told("balance_sheet", b.now.Add(-time.Hour))
	fail := func(code problem.Code) func(r *export.Run) {
		return func(r *export.Run) { r.Status, r.Problem = export.RunFailed, problem.New(code, "no") }
	}
	for i := range 5 {
		b.endAt(e, b.now.Add(time.Duration(i)*time.Minute), fail(problem.SheetConflict))
	}
	b.now = b.now.Add(10 * time.Minute)
	_, err := b.PauseExporter(b.ctx, e.ID, time.Time{})
	must(t, err)
	for i := range 3 {
		b.endAt(e, b.now.Add(time.Duration(1+i)*time.Minute), fail(problem.SheetConflict))
	}
	b.endAt(e, b.now.Add(9*time.Minute), fail(problem.GoogleUnavailable))
	events, more, err := b.Timeline(b.ctx, e.ID)
	must(t, err)
	var got []string
	for _, event := range events {
		if len(event.Runs) == 0 {
			got = append(got, event.Deed.Action)
			continue
		}
		text := fmt.Sprint(len(event.Runs), " ", event.Runs[0].Status)
		if p := event.Runs[0].Problem; p != nil {
			text += " " + string(p.Code)
		}
		got = append(got, text)
	}
	want := []string{
		"1 failed google_unavailable", "3 failed sheet_conflict", "exporter.pause", "5 failed sheet_conflict",
		"1 succeeded",
	}
	if d := cmp.Diff(want, got); d != "" || more {
		t.Errorf("the timeline:\n%s", d)
	}
}
