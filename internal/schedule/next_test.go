package schedule

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestNextAtClockChanges(t *testing.T) {
	t.Parallel()
	const layout = "2006-01-02 15:04 -0700"
	for name, c := range map[string]struct {
		expr, zone, after string
		want              []string
	}{
		"New York spring, 02:30 is skipped": {"30 2 * * *", "America/New_York", "2026-03-07 00:00 -0500", []string{
			"2026-03-07 02:30 -0500", "2026-03-08 03:00 -0400", "2026-03-09 02:30 -0400"}},
		"New York spring, all of hour 2 comes once": {"*/15 2 * * *", "America/New_York", "2026-03-07 02:40 -0500",
			[]string{
				"2026-03-07 02:45 -0500", "2026-03-08 03:00 -0400", "2026-03-09 02:00 -0400"}},
		"New York autumn, 01:30 comes once": {"30 1 * * *", "America/New_York", "2026-10-31 12:00 -0400", []string{
			"2026-11-01 01:30 -0400", "2026-11-02 01:30 -0500"}},
		"New York autumn, asked within the second pass": {"30 1 * * *", "America/New_York", "2026-11-01 01:10 -0500",
			[]string{
				"2026-11-02 01:30 -0500"}},
		"New York autumn, every hour goes on": {"30 * * * *", "America/New_York", "2026-11-01 00:00 -0400", []string{
			"2026-11-01 00:30 -0400", "2026-11-01 01:30 -0400", "2026-11-01 01:30 -0500", "2026-11-01 02:30 -0500"}},
		"New York spring, every half hour goes on": {"*/30 * * * *", "America/New_York", "2026-03-08 01:00 -0500",
			[]string{
				"2026-03-08 01:30 -0500", "2026-03-08 03:00 -0400", "2026-03-08 03:30 -0400"}},
		"London": {"30 1 * * *", "Europe/London", "2026-03-28 12:00 +0000", []string{
			"2026-03-29 02:00 +0100", "2026-03-30 01:30 +0100"}},
		"Santiago, midnight is skipped": {"0 0 * * *", "America/Santiago", "2026-09-05 12:00 -0400", []string{
			"2026-09-06 01:00 -0300", "2026-09-07 00:00 -0300"}},
		"Santiago, the hour before midnight comes twice": {"30 23 * * *", "America/Santiago",
			"2026-04-04 12:00 -0300", []string{
				"2026-04-04 23:30 -0300", "2026-04-05 23:30 -0400"}},
		"Lord Howe, half an hour is skipped": {"15 2 * * *", "Australia/Lord_Howe", "2026-10-03 12:00 +1030", []string{
			"2026-10-04 02:30 +1100", "2026-10-05 02:15 +1100"}},
		"Lord Howe, half an hour comes twice": {"45 1 * * *", "Australia/Lord_Howe", "2026-04-04 12:00 +1100", []string{
			"2026-04-05 01:45 +1100", "2026-04-06 01:45 +1030"}},
		"Apia, a whole day is skipped": {"0 6 * * *", "Pacific/Apia", "2011-12-29 00:00 -1000", []string{
			"2011-12-29 06:00 -1000", "2011-12-31 06:00 +1400", "2012-01-01 06:00 +1400"}},
		"Apia, the day that is skipped was the month's last business day": {"0 18 LW * *", "Pacific/Apia",
			"2011-12-01 00:00 -1000", []string{"2011-12-31 00:00 +1400", "2012-01-31 18:00 +1400"}},
		"the last day": {"0 18 L * *", "America/New_York", "2028-01-15 00:00 -0500", []string{
			"2028-01-31 18:00 -0500", "2028-02-29 18:00 -0500", "2028-03-31 18:00 -0400", "2028-04-30 18:00 -0400"}},
		"the last business day": {"0 18 LW * *", "UTC", "2026-01-01 00:00 +0000", []string{
			"2026-01-30 18:00 +0000", "2026-02-27 18:00 +0000", "2026-03-31 18:00 +0000", "2026-04-30 18:00 +0000",
			"2026-05-29 18:00 +0000"}},
		"the third business day": {"0 7 3B * *", "UTC", "2026-01-01 00:00 +0000", []string{
			"2026-01-05 07:00 +0000", "2026-02-04 07:00 +0000", "2026-03-04 07:00 +0000", "2026-04-03 07:00 +0000"}},
		"the day before the last": {"0 7 L-1 2 *", "UTC", "2027-01-01 00:00 +0000", []string{
			"2027-02-27 07:00 +0000", "2028-02-28 07:00 +0000"}},
		"two times that share no minute": {"0 6 * * 1-5; 30 12 * * 1-5", "UTC", "2026-01-02 07:00 +0000", []string{
			"2026-01-02 12:30 +0000", "2026-01-05 06:00 +0000", "2026-01-05 12:30 +0000"}},
		"the same time named twice": {"0 6 * * *; 0 6,7 * * *", "UTC", "2026-01-02 05:00 +0000", []string{
			"2026-01-02 06:00 +0000", "2026-01-02 07:00 +0000", "2026-01-03 06:00 +0000"}},
		"Kathmandu has no changes": {"0 6 * * 1", "Asia/Kathmandu", "2026-01-01 00:00 +0545", []string{
			"2026-01-05 06:00 +0545", "2026-01-12 06:00 +0545"}},
		"29 February": {"0 0 29 2 *", "UTC", "2096-03-01 00:00 +0000", []string{"2104-02-29 00:00 +0000"}},
		"day or weekday": {"0 0 13 * 5", "UTC", "2026-02-07 00:00 +0000",
			[]string{"2026-02-13 00:00 +0000", "2026-02-20 00:00 +0000"}},
		"asked at a due time": {"0 6 * * *", "UTC", "2026-01-01 06:00 +0000", []string{"2026-01-02 06:00 +0000"}},
		"end of a far leap year": {"0 6 31 12 *", "America/New_York", "2039-06-01 00:00 -0400",
			[]string{"2039-12-31 06:00 -0500", "2040-12-31 06:00 -0500"}},
		"hourly there and across": {"0 */12 * * *", "America/New_York", "2040-12-31 13:00 -0500",
			[]string{"2041-01-01 00:00 -0500"}},
		"each hour there": {"0 * * * *", "America/New_York", "2040-12-31 22:00 -0500",
			[]string{"2040-12-31 23:00 -0500", "2041-01-01 00:00 -0500"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			after, err := time.Parse(layout, c.after)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, due := range mustParse(t, c.expr, c.zone).NextN(after, len(c.want)) {
				got = append(got, due.Format(layout))
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("due (-want +got):\n%s", diff)
			}
		})
	}
}

// oracle goes through the minutes one by one. A time of the wall clock is due
// when the clock first reaches or passes it; with every hour, whenever the
// clock shows it. It shares onDate and the parsed sets with the code under test,
// but none of its arithmetic.
func oracle(s Spec, loc *time.Location, from, to time.Time) []time.Time {
	var due []time.Time
	for _, r := range s.rules {
		if r != (rule{}) {
			due = append(due, oracleOfRule(r, loc, from, to)...)
		}
	}
	slices.SortFunc(due, time.Time.Compare)
	return slices.CompactFunc(due, time.Time.Equal)
}

func oracleOfRule(s rule, loc *time.Location, from, to time.Time) []time.Time {
	// What the clock has shown by then, with a day to get past an earlier change.
	highest := wallOf(from.Add(-48 * time.Hour).In(loc))
	var due []time.Time
	for t := from.Add(-48*time.Hour + time.Minute); !t.After(to); t = t.Add(time.Minute) {
		wall := wallOf(t.In(loc))
		hit := false
		if s.hours == allHours {
			hit = s.names(wall)
		} else {
			shown := highest
			for ; highest.Before(wall); highest = highest.Add(time.Minute) {
				next := highest.Add(time.Minute)
				// A date of which the clock shows nothing gives way to the next one.
				gone := next.YearDay() != shown.YearDay() && next.YearDay() != wall.YearDay()
				hit = hit || s.names(next) && !(gone && s.onDate(wall))
			}
		}
		if hit && t.After(from) {
			due = append(due, t)
		}
	}
	return due
}

func drawExpr(t *rapid.T) string {
	field := func(label string, low, high int) string {
		value := rapid.IntRange(low, high)
		item := rapid.Custom(func(t *rapid.T) string {
			a, b := value.Draw(t, "a"), value.Draw(t, "b")
			switch rapid.IntRange(0, 4).Draw(t, "kind") {
			case 0:
				return fmt.Sprintf("%d-%d", min(a, b), max(a, b))
			case 1:
				return fmt.Sprintf("%d/%d", a, max(1, b))
			case 2:
				return fmt.Sprintf("*/%d", max(1, b))
			}
			return fmt.Sprint(a)
		})
		if rapid.IntRange(0, 2).Draw(t, label+" any") == 0 {
			return "*"
		}
		return strings.Join(rapid.SliceOfN(item, 1, 3).Draw(t, label), ",")
	}
	// Clocks change in the night, so half of the specs are for that, on any day.
	if rapid.Bool().Draw(t, "night") {
		return fmt.Sprintf("%s %d * * *", field("minute", 0, 59), rapid.IntRange(0, 3).Draw(t, "night hour"))
	}
	day := field("day", 1, 31)
	if rapid.Bool().Draw(t, "day by position") {
		day = rapid.SampledFrom([]string{"L", "LW", "L-1", "L-27", "1B", "3B", "20B", "2,LW", "1B,15,L"}).
			Draw(t, "position")
	}
	return strings.Join([]string{
		field("minute", 0, 59), field("hour", 0, 23), day, field("month", 1, 12), field("weekday", 0, 6),
	}, " ")
}

func TestNextAgreesWithOracle(t *testing.T) {
	t.Parallel()
	zones := []string{
		"UTC", "America/New_York", "America/Santiago", "America/St_Johns", "Europe/London", "Europe/Berlin",
		"Africa/Casablanca",
		"Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Auckland", "Pacific/Apia", "Antarctica/Troll", "Asia/Tehran",
	}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		expr := drawExpr(t)
		if rapid.Bool().Draw(t, "several") {
			expr += ";" + drawExpr(t)
		}
		s, err := Parse(expr, zone)
		if err != nil {
			t.Skip(err)
		}
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		year := rapid.IntRange(2011, 2045).Draw(t, "year")
		from := time.Date(year, 1, rapid.IntRange(1, 366).Draw(t, "day of year"), 0,
			rapid.IntRange(0, 1439).Draw(t, "minute of day"), 0, 0, time.UTC)
		// Half of the time begin shortly before a change of the clocks.
		if _, end := from.In(loc).ZoneBounds(); !end.IsZero() && rapid.Bool().Draw(t, "near a change") {
			from = end.Add(-time.Duration(rapid.IntRange(0, 2000).Draw(t,
				"minutes before")) * time.Minute).Truncate(time.Minute)
		}
		to := from.Add(5 * 24 * time.Hour)
		want := oracle(s, loc, from, to)
		var got []time.Time
		for due := s.Next(from); !due.IsZero() && !due.After(to); due = s.Next(due) {
			got = append(got, due)
		}
		if !slices.EqualFunc(got, want, time.Time.Equal) {
			t.Fatalf("%q in %s from %v:\n got %v\nwant %v", s.Expr(), zone, from, got, want)
		}
	})
}

func TestMinInterval(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		expr, zone string
		want       time.Duration
	}{
		{"* * * * *", "UTC", time.Minute},
		{"*/5 * * * *", "America/New_York", 5 * time.Minute},
		{"0,58 * * * *", "UTC", 2 * time.Minute},
		{"0 23,0 * * *", "UTC", time.Hour},
		{"30 * * * *", "Australia/Lord_Howe", 30 * time.Minute}, // 01:30 comes twice, half an hour apart
		{"@daily", "UTC", 24 * time.Hour},
		{"@daily", "America/New_York", 23 * time.Hour},
		{"@weekly", "UTC", 7 * 24 * time.Hour},
		{"@monthly", "UTC", 28 * 24 * time.Hour},
		{"@yearly", "UTC", 365 * 24 * time.Hour},
		{"0 0 29 2 *", "UTC", (4*365 + 1) * 24 * time.Hour},
		{"0 0 LW,1B * *", "UTC", 24 * time.Hour},
		{"0 18 L * *", "UTC", 28 * 24 * time.Hour},
		{"0 6 * * *; 4 6 * * *", "UTC", 4 * time.Minute},
		{"0 0 1 1 5", "UTC", 24 * time.Hour}, // in years where 1 January is a Thursday or Saturday
	} {
		if got := mustParse(t, c.expr, c.zone).MinInterval(from); got != c.want {
			t.Errorf("%q in %s: %v, want %v", c.expr, c.zone, got, c.want)
		}
	}
}
