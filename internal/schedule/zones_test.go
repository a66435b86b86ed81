package schedule

import (
	"os"
	"strings"
	"testing"
	"time"
)

// TestOnceADayInEveryZone goes through all changes of the clocks in all zones of the database. On each date around a
// change, a daily time comes exactly once, whether the clock skips it, repeats it or shows it as ever.
func TestOnceADayInEveryZone(t *testing.T) {
	t.Parallel()
	list, err := os.ReadFile("testdata/zones.txt")
	if err != nil {
		t.Fatal(err)
	}
	changes, histories := 0, map[string]bool{}
	for zone := range strings.Lines(string(list)) {
		zone = strings.TrimSpace(zone)
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		history, found := changesOf(loc)
		if histories[history] {
			continue // another name for the same clock
		}
		histories[history] = true
		for _, change := range found {
			changes++
			// The times that the change skips or repeats, and some that it does not.
			gap := wallOf(change.Add(-time.Minute).In(loc)).Add(7 * time.Minute)
			for _, expr := range []string{"0 0 * * *", "30 2 * * *", gap.Format("4 15 * * *"), "59 23 * * *"} {
				checkOnceADay(t, mustParse(t, expr, zone), loc, change)
			}
		}
	}
	if len(histories) < 200 || changes < 10_000 {
		t.Errorf("only %d changes of %d clocks were looked at", changes, len(histories))
	}
}

// changesOf returns when a zone's offset changes from 1970 to 2040, and a text that is the same for equal histories.
func changesOf(loc *time.Location) (history string, changes []time.Time) {
	t, last := time.Unix(0, 0).In(loc), time.Date(2040, 1, 1, 0, 0, 0, 0, time.UTC)
	var text strings.Builder
	text.WriteString(t.Format("-0700"))
	for {
		_, end := t.ZoneBounds()
		if end.IsZero() || end.After(last) {
			return text.String(), changes
		}
		if end.In(loc).Format("-07:00:00") != t.Format("-07:00:00") {
			changes = append(changes, end)
			text.WriteString(end.In(loc).Format(" 2006-01-02T15:04:05-07:00:00"))
		}
		t = end.In(loc)
	}
}

func checkOnceADay(t *testing.T, s Spec, loc *time.Location, change time.Time) {
	t.Helper()
	const margin = 3 * 24 * time.Hour
	// The dates that the clock shows.
	shown := map[string]int{}
	for at := change.Add(-margin); at.Before(change.Add(margin)); at = at.Add(6 * time.Hour) {
		shown[at.In(loc).Format(time.DateOnly)] = 0
	}
	due := s.next(change.Add(-margin-26*time.Hour), loc)
	for range 10 {
		day := due
		if before := wallOf(change.Add(-time.Nanosecond).In(loc)); due.Equal(change) && s.rules[0].namesLater(before) {
			day = due.Add(-time.Nanosecond).In(loc) // the change skips the time that was still to come on that date
		}
		shown[day.Format(time.DateOnly)]++
		due = s.next(due, loc)
	}
	for date := range shown {
		day, _ := time.Parse(time.DateOnly, date)
		first, last := wallOf(change.Add(-margin).In(loc)), wallOf(change.Add(margin-26*time.Hour).In(loc))
		inside := day.After(first) && day.Before(last)
		if n := shown[date]; inside && n != 1 {
			t.Errorf("%q in %s is due %d times on %s, around the change at %v", s.Expr(), s.Timezone(), n, date,
				change.In(loc))
		}
	}
}

// names reports whether the rule names a time of the clock.
func (r rule) names(wall time.Time) bool {
	return r.onDate(wall) && r.hours.has(wall.Hour()) && r.minutes.has(wall.Minute())
}

// namesLater reports whether the rule names a later time on the date of the given one.
func (r rule) namesLater(wall time.Time) bool {
	next := r.nextWall(wall)
	return next.Format(time.DateOnly) == wall.Format(time.DateOnly)
}
