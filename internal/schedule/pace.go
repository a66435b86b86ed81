package schedule

import (
	"time"

	"ledgersheet/internal/export"
)

// Pace slows scheduled runs down. The zero value does not.
type Pace struct {
	// Least is the least time between an exporter's scheduled runs; due times in between have no run.
	Least time.Duration
	// Hold is when scheduled runs may go on; zero for now.
	Hold time.Time
}

// after returns the exporter's first due time after now at which the pace lets it run, if it runs now.
func (p Pace) after(e export.Exporter, now time.Time) time.Time {
	from := now
	for _, t := range []time.Time{now.Add(p.Least), p.Hold} {
		if t = t.Add(-time.Nanosecond); t.After(from) {
			from = t
		}
	}
	return next(e, from)
}

// Slowed reports whether the exporter waits longer for its next run than its schedule says.
func Slowed(e export.Exporter, now time.Time) bool {
	plain := Plan(e, now)
	return !plain.IsZero() && e.NextAt.After(plain)
}
