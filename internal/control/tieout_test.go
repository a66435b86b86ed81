package control

import (
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

func TestWhichRunsReadAMonth(t *testing.T) {
	t.Parallel()
	march, err := newTieOut(export.Company{}, "2026-03", time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		period, ran string
		want        bool
	}{
		{"2026-03-01 to 2026-03-31", "2026-04-02", true},
		{"2026-01-01 to 2026-12-31", "2026-06-01", true},
		{"2026-01-01 to 2026-03-31", "2026-03-31", true},
		{"2026-01-01 to 2026-03-29", "2026-03-29", true},  // to date, while the month runs
		{"2026-01-01 to 2026-03-28", "2026-03-29", true},  // in a zone where it is still the 28th, or until yesterday
		{"2026-01-01 to 2026-03-20", "2026-03-29", false}, // misses what came since
		{"2026-01-01 to 2026-03-29", "2026-04-02", false}, // misses the end
		{"2026-03-02 to 2026-03-31", "2026-04-02", false}, // misses the beginning
		{"2026-04-01 to 2026-04-30", "2026-05-02", false},
		{"2026-01-01 to 2026-12-31", "2026-02-28", false}, // before there was any of it
		{"until 2026-03-31", "2026-04-02", true},
		{"until 2026-02-28", "2026-04-02", false},
		{"as of 2026-03-31", "2026-04-02", true},
		{"as of 2026-03-15", "2026-03-15", true},
		{"as of 2026-04-01", "2026-04-01", false},
		{"", "2026-03-15", true},
		{"", "2026-04-01", false},
		{"some day", "2026-03-15", false},
	} {
		at, err := time.Parse(time.DateOnly, c.ran)
		if err != nil {
			t.Fatal(err)
		}
		if got := march.reads(c.period, export.Run{StartedAt: at.Add(9 * time.Hour)}); got != c.want {
			t.Errorf("%q, read on %s: %v", c.period, c.ran, got)
		}
	}
}

func TestTieOutMonth(t *testing.T) {
	t.Parallel()
	for month, want := range map[string]string{"": "2025-12", "2024-02": "2024-02"} {
		got, err := newTieOut(export.Company{}, month, time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC))
		if err != nil || got.Month != want || got.Last.AddDate(0, 0, 1).Day() != 1 {
			t.Errorf("%q is %s to %s (%v)", month, got.First, got.Last, err)
		}
	}
	for _, month := range []string{"2026-13", "March", "2026-03-01", "2026-3"} {
		if _, err := newTieOut(export.Company{}, month, time.Time{}); !problem.HasCode(err, problem.InvalidInput) {
			t.Errorf("%q: %v", month, err)
		}
	}
}
