package export

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// slowRange returns the same as ResolveRange, by walking over the calendar day by day.
func slowRange(name string, today time.Time, fiscal time.Month) DateRange {
	var member func(time.Time) int // days of one period share a number
	months := func(t time.Time) int { return t.Year()*12 + int(t.Month()) - 1 }
	toDate := strings.HasSuffix(name, "_to_date")
	which, unit, _ := strings.Cut(strings.TrimSuffix(name, "_to_date"), "_")
	switch unit {
	case "week":
		sunday := day(2000, time.January, 2)
		member = func(t time.Time) int { return int(t.Sub(sunday).Hours()/24) / 7 }
	case "month":
		member = months
	case "quarter":
		member = func(t time.Time) int { return months(t) / 3 }
	case "year":
		member = time.Time.Year
	case "fiscal_quarter":
		member = func(t time.Time) int { return (months(t) - int(fiscal) + 1 + 12) / 3 }
	case "fiscal_year":
		member = func(t time.Time) int { return (months(t) - int(fiscal) + 1 + 12) / 12 }
	}
	in := today
	if which == "last" {
		for member(in) == member(today) {
			in = in.AddDate(0, 0, -1)
		}
	}
	r := DateRange{in, in}
	for member(r.Start.AddDate(0, 0, -1)) == member(in) {
		r.Start = r.Start.AddDate(0, 0, -1)
	}
	for member(r.End.AddDate(0, 0, 1)) == member(in) {
		r.End = r.End.AddDate(0, 0, 1)
	}
	if toDate {
		r.End = today
	}
	return r
}

// TestResolveRange tries every range on every day of ten years, for every fiscal year.
func TestResolveRange(t *testing.T) {
	t.Parallel()
	for _, name := range DateRanges() {
		if name == RangeAll || name == RangeCustom || name == "today" || name == "yesterday" ||
			strings.HasPrefix(name, "last_12_months") || strings.HasSuffix(name, "_days") {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			fiscals := []time.Month{time.January}
			if strings.Contains(name, "fiscal") {
				fiscals = []time.Month{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}
			}
			for _, fiscal := range fiscals {
				for today := day(2019, 12, 25); today.Before(day(2030, 1, 8)); today = today.AddDate(0, 0, 1) {
					got, err := ResolveRange(name, today.Add(13*time.Hour), fiscal, "", "")
					if want := slowRange(name, today, fiscal); err != nil || got != want {
						t.Fatalf("on %s with years from %s: %v, %v, want %v",
							today.Format(time.DateOnly), fiscal, got, err, want)
					}
				}
			}
		})
	}
}

func TestResolveSimpleRanges(t *testing.T) {
	t.Parallel()
	for today := day(2019, 12, 25); today.Before(day(2030, 1, 8)); today = today.AddDate(0, 0, 1) {
		for name, days := range map[string][2]int{
			"today": {0, 0}, "yesterday": {-1, -1}, "last_7_days": {-7, -1},
			"last_30_days": {-30, -1}, "last_90_days": {-90, -1}, "last_365_days": {-365, -1},
		} {
			got, err := ResolveRange(name, today, time.July, "", "")
			first := today.Add(time.Duration(days[0]) * 24 * time.Hour)
			last := today.Add(time.Duration(days[1]) * 24 * time.Hour)
			if want := (DateRange{first, last}); err != nil || got != want {
				t.Fatalf("%s on %s: %v, %v", name, today, got, err)
			}
		}
		got, err := ResolveRange("last_12_months", today, time.July, "", "")
		last := slowRange("last_month", today, time.January)
		if err != nil || got.End != last.End || got.Start.Day() != 1 || got.Start.Month() != today.Month() ||
			got.Start.Year() != today.Year()-1 {
			t.Fatalf("last_12_months on %s: %v, %v", today, got, err)
		}
		soFar, err := ResolveRange("last_12_months_to_date", today, time.July, "", "")
		if want := (DateRange{got.Start.AddDate(0, 1, 0), today}); err != nil || soFar != want {
			t.Fatalf("last_12_months_to_date on %s: %v, %v", today, soFar, err)
		}
	}
}

func TestResolveOtherRanges(t *testing.T) {
	t.Parallel()
	today := day(2026, 8, 15)
	for _, test := range []struct {
		name, start, end string
		want             DateRange
		fails            bool
	}{
		{name: RangeAll},
		{name: RangeCustom, start: "2026-01-02", end: "2026-02-03", want: DateRange{day(2026, 1, 2), day(2026, 2, 3)}},
		{name: RangeCustom, start: "2026-01-02", want: DateRange{Start: day(2026, 1, 2)}},
		{name: RangeCustom, end: "2026-01-02", want: DateRange{End: day(2026, 1, 2)}},
		{name: RangeCustom, fails: true},
		{name: RangeCustom, start: "2026-01-02", end: "2026-01-01", fails: true},
		{name: RangeCustom, start: "2026-02-30", fails: true},
		{name: RangeCustom, end: "1.2.2026", fails: true},
		{name: "last_0_days", fails: true},
		{name: "last_x_days", fails: true},
		{name: "next_month", fails: true},
		{name: "this_decade", fails: true},
		{name: "", fails: true},
	} {
		got, err := ResolveRange(test.name, today, time.January, test.start, test.end)
		if (err != nil) != test.fails || got != test.want {
			t.Errorf("%s %q %q: %v, %v", test.name, test.start, test.end, got, err)
		}
	}
	// Without a known fiscal year, a company has calendar years.
	got, err := ResolveRange("this_fiscal_year", today, 0, "", "")
	if err != nil || got != (DateRange{day(2026, 1, 1), day(2026, 12, 31)}) {
		t.Errorf("%v, %v", got, err)
	}
}

func TestBefore(t *testing.T) {
	t.Parallel()
	type span [2]string
	for _, test := range []struct{ days, period, year span }{
		{span{"2026-01-01", "2026-01-31"}, span{"2025-12-01", "2025-12-31"}, span{"2025-01-01", "2025-01-31"}},
		{span{"2026-04-01", "2026-06-30"}, span{"2026-01-01", "2026-03-31"}, span{"2025-04-01", "2025-06-30"}},
		{span{"2024-02-01", "2024-02-29"}, span{"2024-01-01", "2024-01-31"}, span{"2023-02-01", "2023-02-28"}},
		{span{"2025-02-01", "2025-02-28"}, span{"2025-01-01", "2025-01-31"}, span{"2024-02-01", "2024-02-29"}},
		{span{"2025-07-01", "2026-06-30"}, span{"2024-07-01", "2025-06-30"}, span{"2024-07-01", "2025-06-30"}},
		{span{"2026-03-08", "2026-03-14"}, span{"2026-03-01", "2026-03-07"}, span{"2025-03-08", "2025-03-14"}},
		{span{"2026-01-01", "2026-03-15"}, span{"2025-10-19", "2025-12-31"}, span{"2025-01-01", "2025-03-15"}},
		{span{"2024-02-29", "2024-02-29"}, span{"2024-02-28", "2024-02-28"}, span{"2023-02-28", "2023-02-28"}},
		{span{"2024-01-01", "2024-02-29"}, span{"2023-11-01", "2023-12-31"}, span{"2023-01-01", "2023-02-28"}},
		{span{"2024-01-15", "2024-02-29"}, span{"2023-11-30", "2024-01-14"}, span{"2023-01-15", "2023-02-28"}},
	} {
		r, err := ResolveRange(RangeCustom, day(2026, 1, 1), time.January, test.days[0], test.days[1])
		if err != nil {
			t.Fatal(err)
		}
		for compare, want := range map[string]span{ComparePeriod: test.period, CompareYear: test.year} {
			got := r.Before(compare)
			if s := (span{got.Start.Format(time.DateOnly), got.End.Format(time.DateOnly)}); s != want {
				t.Errorf("%s of %v: %v, want %v", compare, test.days, s, want)
			}
		}
	}
}

// TestBeforeMeets: the compared period ends the day before, and has as many days or as many whole months.
func TestBeforeMeets(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := day(2015, 1, 1).AddDate(0, 0, rapid.IntRange(0, 5000).Draw(t, "start"))
		r := DateRange{start, start.AddDate(0, 0, rapid.IntRange(0, 800).Draw(t, "days"))}
		before := r.Before(ComparePeriod)
		if before.End.AddDate(0, 0, 1) != r.Start || before.Start.After(before.End) {
			t.Fatalf("%v is before %v", before, r)
		}
		same := before.End.Sub(before.Start) == r.End.Sub(r.Start)
		if whole := r.Start.Day() == 1 && r.End.AddDate(0, 0, 1).Day() == 1; whole {
			same = before.Start.Day() == 1 && before.Before(ComparePeriod).End.AddDate(0, 0, 1).Equal(before.Start)
		}
		if !same {
			t.Fatalf("%v is before %v", before, r)
		}
		if year := r.Before(CompareYear); year.Start.Year() != r.Start.Year()-1 ||
			year.Start.Month() != r.Start.Month() || year.End.Year() != r.End.Year()-1 ||
			year.End.Month() != r.End.Month() {
			t.Fatalf("%v is a year before %v", year, r)
		}
	})
}

func TestDateRangesAreKnown(t *testing.T) {
	t.Parallel()
	names := DateRanges()
	for _, name := range names {
		if name == RangeCustom {
			continue
		}
		if _, err := ResolveRange(name, day(2026, 5, 5), time.April, "", ""); err != nil {
			t.Error(err)
		}
	}
	if len(slices.Compact(slices.Sorted(slices.Values(names)))) != 28 {
		t.Errorf("%d ranges: %q", len(names), names)
	}
}
