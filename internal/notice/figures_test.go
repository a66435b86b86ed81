package notice

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ledgersheet/internal/export"
)

// success stores a succeeded run of the exporter with net income of January and of the year so far.
func (x *desk) success(exporter export.ID, at time.Time, january, soFar string) {
	x.t.Helper()
	id := export.NewID("run", at)
	_, _, err := x.store.Enqueue(x.ctx, export.Run{
		ID: id, Exporter: export.Exporter{ID: exporter}, Status: export.RunQueued, QueuedAt: at,
		Trigger: export.TriggerSchedule,
	})
	must(x.t, err)
	figure := export.FigureValue{ID: "net_income", Title: "Net income", Company: "9130", Currency: "USD"}
	total, month := figure, figure
	total.Period, total.Value = "2026-01-01 to 2026-03-29", soFar
	month.Period, month.Value = "2026-01-01 to 2026-01-31", january
	_, err = x.store.UpdateRun(x.ctx, id, func(r *export.Run) error {
		r.Status, r.FinishedAt = export.RunSucceeded, at
		r.Figures = []export.FigureValue{total, month}
		r.Companies = []export.CompanyOutcome{{Realm: "9130", Name: "Alder", Period: "2026-01-01 to 2026-03-29"}}
		return nil
	})
	must(x.t, err)
}

func (x *desk) books(schedule bool) export.ID {
	x.t.Helper()
	must(x.t, x.store.PutCompany(x.ctx, export.Company{Realm: "9130", Name: "Alder", Status: export.Connected}))
	id := export.NewID("exp", noon.AddDate(0, 0, -3))
	must(x.t, x.store.CreateExporter(x.ctx, export.Exporter{
		ID: id, Name: "Profit", Companies: []export.RealmID{"9130"},
		Schedule: export.Schedule{Cron: "0 6 * * *", Timezone: "UTC", Enabled: schedule},
	}))
	return id
}

func TestClosedMonthMoved(t *testing.T) {
	t.Parallel()
	x := newDesk(t, t.Context())
	x.add(Rule{On: []Event{ClosedChange}})
	x.add(Rule{On: []Event{ClosedChange}, Companies: []export.RealmID{"8"}})
	e := x.books(true)
	for i, step := range []struct {
		january, soFar string
		want           int
	}{
		{"1200.50", "3000", 0}, // nothing to compare with
		{"1200.5", "3500", 0},  // only the open period moved
		{"1300.00", "3600", 1},
		{"1300", "3700", 0},
	} {
		at := noon.Add(time.Duration(i) * time.Hour)
		x.success(e, at, step.january, step.soFar)
		x.restart()
		got := x.pass(at)
		if len(got) != step.want {
			t.Fatalf("step %d: %+v", i, got)
		}
		if len(got) > 0 {
			want := Move{
				Title: "Net income", Company: "Alder", Period: "2026-01-01 to 2026-01-31", Currency: "USD",
				Old: "1200.5",
				New: "1300.00", By: "99.5",
			}
			if got[0].Moves[0] != want || got[0].Event != ClosedChange || len(got[0].Moves) != 1 {
				t.Errorf("got %+v", got[0])
			}
		}
		if again := x.pass(at.Add(time.Minute)); len(again) > 0 {
			t.Errorf("step %d: told twice: %+v", i, again)
		}
	}
}

func TestIsClosed(t *testing.T) {
	t.Parallel()
	for period, want := range map[string]bool{
		"2026-02-01 to 2026-02-28": true, "2026-03-01 to 2026-03-31": false, "as of 2026-03-18": true,
		"as of 2026-03-19": false, "until 2026-01-31": true, "": false, "All": false,
		"2026-01-01 to soon-enough": false,
	} {
		if got := isClosed(period, export.Company{}, noon); got != want {
			t.Errorf("%q: %t", period, got)
		}
	}
}

// A month that is closed in QuickBooks, or that was sent, counts as closed at once.
func TestIsClosedByPeople(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 4, 2, 0, 0, 0, 0, time.UTC)
	const march = "2026-03-01 to 2026-03-31"
	for _, test := range []struct {
		company export.Company
		want    bool
	}{
		{export.Company{}, false}, {export.Company{ClosedThrough: "2026-03-31"}, true},
		{export.Company{ClosedThrough: "2026-03-30"}, false},
		{export.Company{Sent: []export.SentMonth{{Month: "2026-03"}}}, true},
		{export.Company{Sent: []export.SentMonth{{Month: "2026-02"}}}, false},
	} {
		if got := isClosed(march, test.company, now); got != test.want {
			t.Errorf("%+v: %t", test.company, got)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	x := newDesk(t, t.Context())
	x.add(Rule{On: []Event{Value, Recovery}, Limits: []Limit{{Figure: "net income", Above: "3000.00", Below: "-10"}}})
	e := x.books(true)
	for i, step := range []struct {
		value string
		want  []Phase
		title string
	}{
		{"3000", nil, ""},
		{"3000.01", []Phase{Opened}, "Net income of Alder is 3,000.01 USD, above 3000.00."},
		{"4000", nil, ""},
		{"2000", []Phase{Recovered}, "Net income of Alder is 4,000 USD, above 3000.00."},
		{"-10.01", []Phase{Opened}, "Net income of Alder is −10.01 USD, below -10."},
	} {
		at := noon.Add(time.Duration(i) * time.Hour)
		x.success(e, at, "5000000", step.value) // what a part of the period has does not count
		got := x.pass(at)
		if !slices.Equal(phases(got), step.want) || len(got) > 0 && got[0].Title != step.title {
			t.Errorf("%s: %+v", step.value, got)
		}
	}
}

func TestStale(t *testing.T) {
	t.Parallel()
	x := newDesk(t, t.Context())
	x.add(Rule{On: []Event{Stale, Recovery}, StaleHours: 24})
	e := x.books(true)
	x.success(e, noon, "1", "1")
	for _, step := range []struct {
		hours int
		want  []Phase
	}{{0, nil}, {23, nil}, {24, []Phase{Opened}}, {30, nil}} {
		if got := x.pass(noon.Add(time.Duration(step.hours) * time.Hour)); !slices.Equal(phases(got), step.want) {
			t.Errorf("after %d hours: %+v", step.hours, got)
		}
	}
	x.success(e, noon.Add(31*time.Hour), "1", "1")
	got := x.pass(noon.Add(32 * time.Hour))
	if !slices.Equal(phases(got), []Phase{Recovered}) ||
		got[0].Title != "Nothing of Alder has come for more than 24 hours." {
		t.Errorf("over: %+v", got)
	}
	// One that has never had a success counts from when it was made.
	never := newDesk(t, t.Context())
	never.add(Rule{On: []Event{Stale}, StaleHours: 24 * 3})
	never.books(true)
	if got := never.pass(noon.Add(-time.Hour)); len(got) > 0 {
		t.Errorf("too early: %+v", got)
	}
	if got := never.pass(noon.Add(time.Hour)); len(got) != 1 {
		t.Errorf("never: %+v", got)
	}
	// And one without a schedule is never stale.
	free := newDesk(t, t.Context())
	free.add(Rule{On: []Event{Stale}, StaleHours: 1})
	free.books(false)
	if got := free.pass(noon); len(got) > 0 {
		t.Errorf("without a schedule: %+v", got)
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	x := newDesk(t, t.Context())
	x.add(Rule{On: []Event{DigestEvent}, Digest: Digest{Weekly: true, At: "06:30"}, Timezone: "America/New_York"})
	e := x.books(true)
	for day := range 20 { // two runs a day, of which the later counts
		at := noon.AddDate(0, 0, day-19)
		x.success(e, at.Add(-6*time.Hour), "1", "0")
		x.success(e, at, "1", fmt.Sprint(1000+day))
	}
	x.pass(noon) // a Sunday
	if got := x.pass(time.Date(2026, 3, 30, 10, 29, 59, 0, time.UTC)); len(got) > 0 {
		t.Errorf("too early: %+v", got)
	}
	x.causes = []Cause{lost("9130")}
	x.restart()
	got := x.pass(time.Date(2026, 3, 30, 10, 30, 0, 0, time.UTC))
	if len(got) != 1 || got[0].Title != "One thing needs a look." || len(got[0].Figures) != 1 ||
		len(got[0].Causes) != 1 {
		t.Fatalf("got %+v", got)
	}
	f := got[0].Figures[0]
	if f.Value != "1019" || f.By != "1" || len(f.Points) != 14 || f.Points[0] != (Point{"2026-03-16", "1006"}) ||
		f.Points[13] != (Point{"2026-03-29", "1019"}) {
		t.Errorf("the figure: %+v", f)
	}
	if again := x.pass(time.Date(2026, 4, 6, 10, 29, 0, 0, time.UTC)); len(again) > 0 {
		t.Errorf("within the week: %+v", again)
	}
	// After a long stop, one comes, and not one for each week.
	x.restart()
	if late := x.pass(time.Date(2026, 5, 14, 9, 0, 0, 0, time.UTC)); len(late) != 1 {
		t.Errorf("after a stop: %+v", late)
	}
	if again := x.pass(time.Date(2026, 5, 14, 9, 1, 0, 0, time.UTC)); len(again) > 0 {
		t.Errorf("once more: %+v", again)
	}
}

func TestGroup(t *testing.T) {
	t.Parallel()
	for amount, want := range map[string]string{
		"0": "0", "12": "12", "123": "123", "1234": "1,234", "1234567.5": "1,234,567.50", "-1000": "−1,000",
		"-0.01": "−0.01", "999999.999": "999,999.999", "100000": "100,000",
	} {
		if got := Group(amount); got != want {
			t.Errorf("%s: %q, want %q", amount, got, want)
		}
	}
}
