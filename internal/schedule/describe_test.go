package schedule

import (
	"strings"
	"testing"
	"time"
)

func TestDescribe(t *testing.T) {
	t.Parallel()
	const zone = "America/New_York"
	for expr, want := range map[string]string{
		"0 6 * * 1-5":         "Every weekday at 06:00 (America/New_York)",
		"*/15 * * * *":        "Every 15 minutes",
		"* * * * *":           "Every minute",
		"@hourly":             "Every hour",
		"30 * * * *":          "At 30 minutes past every hour (America/New_York)",
		"5/15 * * * *":        "At 5, 20, 35 and 50 minutes past every hour (America/New_York)",
		"30 7 1 * *":          "On day 1 of every month at 07:30 (America/New_York)",
		"@daily":              "Every day at 00:00 (America/New_York)",
		"@weekly":             "Every Sunday at 00:00 (America/New_York)",
		"@yearly":             "On day 1 of January at 00:00 (America/New_York)",
		"0 6,18 * * *":        "Every day at 06:00 and 18:00 (America/New_York)",
		"*/15 9-17 * * 1-5":   "Every weekday, every 15 minutes from 09:00 to 17:45 (America/New_York)",
		"0 9-17 * * *":        "Every day, every hour from 09:00 to 17:00 (America/New_York)",
		"0 */2 * * *":         "Every day, every 2 hours from 00:00 to 22:00 (America/New_York)",
		"0 12 * 6,7 sat,sun":  "Every Saturday and Sunday in June and July at 12:00 (America/New_York)",
		"0 0 1-7 1-3 *":       "On days 1 to 7 of January, February and March at 00:00 (America/New_York)",
		"0 0 1,15 * 1":        "On days 1 and 15 of every month and every Monday at 00:00 (America/New_York)",
		"0 0 1-31 * 1":        "Every day at 00:00 (America/New_York)",
		"0 * 1 * *":           "On day 1 of every month, every hour (America/New_York)",
		"0,7 0,3,9,12 * * *":  "Every day, at 0 and 7 minutes in the hours 00, 03, 09 and 12 (America/New_York)",
		"0 0 * * sun,mon,wed": "Every Monday, Wednesday and Sunday at 00:00 (America/New_York)",
		"0 18 L * *":          "On the last day of every month at 18:00 (America/New_York)",
		"0 18 lw * *":         "On the last business day of every month at 18:00 (America/New_York)",
		"0 7 3b * *":          "On the 3rd business day of every month at 07:00 (America/New_York)",
		"0 7 L-2,L-1 * *": "On the day 2 days before the last day and the day 1 day before the last day of " +
			"every month at 07:00 (America/New_York)",
		"0 7 1,11B,12B,LW 1,7 *": "On day 1, the 11th and 12th business days and the last business day of January " +
			"and July at 07:00 (America/New_York)",
		"0 7 LW * 1":     "On the last business day of every month and every Monday at 07:00 (America/New_York)",
		"0 7 1-31,L * *": "Every day at 07:00 (America/New_York)",
		"0 6 * * 1-5; 30 12 * * 1-5;15 9 * * 1-5": "Every weekday at 06:00, 09:15 and 12:30 (America/New_York)",
		"0 6 * * 1-5; 30 12 * * 6": "" +
			"Every weekday at 06:00, and every Saturday at 12:30 (America/New_York)",
		"*/15 * * * *; 7 * * * *": "" +
			"Every 15 minutes, and at 7 minutes past every hour (America/New_York)",
	} {
		if got := mustParse(t, expr, zone).Describe(); got != want {
			t.Errorf("%q: %q, want %q", expr, got, want)
		}
	}
}

// What a description leaves out, or words like something else, shows as two
// specs that are due at different times and read the same.
func TestDescriptionsTellSpecsApart(t *testing.T) {
	t.Parallel()
	minutes := []string{"*", "0", "1", "30", "*/15", "*/2", "*/7", "5/15", "0,7", "1-40", "0,20,41", "58,59", "1/2"}
	hours := []string{"*", "0", "6", "9-17", "9-12", "*/2", "*/4", "1/2", "*/5", "0,3,9,12", "6,18",
		"9,10,11,12,13,14,16", "0-22", "22,23", "1,9,17"}
	days := []string{"*", "1", "1,15", "1-7", "*/2", "1-31", "31", "L", "LW", "L-1", "1,L", "1B",
		"3B,LW", "2,3B", "1B,5B,L-2,L"}
	months := []string{"*", "1", "jan,jul", "1-6", "1-12"}
	weekdays := []string{"*", "1-5", "0,6", "mon", "tue,thu", "0-6", "*/2"}

	type reading struct {
		dates          string // which dates of four years are named
		minutes, hours set
	}
	seen := map[string]reading{}
	first := map[string]string{}
	for _, day := range days {
		for _, month := range months {
			for _, weekday := range weekdays {
				dateOnly := mustParse(t, strings.Join([]string{"0 0", day, month, weekday}, " "), "UTC").rules[0]
				var dates strings.Builder
				for d := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() < 2028; d = d.AddDate(0, 0, 1) {
					if dateOnly.onDate(d) {
						dates.WriteByte('1')
					} else {
						dates.WriteByte('0')
					}
				}
				named := dates.String()
				for _, minute := range minutes {
					for _, hour := range hours {
						r, timeOnly := dateOnly, timesOf(t, minute, hour)
						r.minutes, r.hours = timeOnly.minutes, timeOnly.hours
						s := Spec{expr: strings.Join([]string{minute, hour, day, month, weekday}, " "), zone: "UTC"}
						s.rules[0] = r
						text, mine := s.Describe(), reading{named, r.minutes, r.hours}
						if other, ok := seen[text]; ok && other != mine {
							t.Fatalf("%q and %q are both %q", s.expr, first[text], text)
						}
						seen[text], first[text] = mine, s.expr
					}
				}
			}
		}
	}
	if len(seen) < 10_000 {
		t.Errorf("only %d descriptions were compared", len(seen))
	}
}

// timesOf parses only the time fields, which is what the loops above vary most.
func timesOf(t *testing.T, minute, hour string) rule {
	t.Helper()
	var s rule
	for i, text := range []string{minute, hour} {
		bits, err := fields()[i].parse(text)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			s.minutes = bits &^ wildcard
		} else {
			s.hours = bits &^ wildcard
		}
	}
	return s
}
