package control

import (
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/schedule"
)

// intervals remembers how short the intervals of the schedule are that was asked for last, or what is wrong with it:
// finding that out takes a while, and the hundreds of exporters of a pack share one. It is safe for concurrent use.
type intervals struct {
	mu         sync.Mutex
	cron, zone string
	at         time.Time // the hour for which it was found out; zero if nothing was
	every      time.Duration
	field, why string // what is wrong
}

func (i *intervals) of(s export.Schedule, now time.Time) (every time.Duration, field, why string) {
	hour := now.Truncate(time.Hour)
	i.mu.Lock()
	defer i.mu.Unlock()
	if !i.at.Equal(hour) || i.cron != s.Cron || i.zone != s.Timezone {
		i.cron, i.zone, i.at = s.Cron, s.Timezone, hour
		i.every, i.field, i.why = shortestInterval(s, now)
	}
	return i.every, i.field, i.why
}

// shortestInterval returns the shortest time between two due times of a schedule, 0 if it has none; or else the field
// that is wrong, and why.
func shortestInterval(s export.Schedule, now time.Time) (every time.Duration, field, why string) {
	if _, err := time.LoadLocation(s.Timezone); err != nil || s.Timezone == "Local" {
		return 0, "schedule.timezone", "is not a time zone such as America/New_York"
	}
	if s.Cron == "" {
		return 0, "", ""
	}
	spec, err := schedule.Parse(s.Cron, s.Timezone)
	if err != nil {
		return 0, "schedule.cron", err.Error()
	}
	return spec.MinInterval(now), "", ""
}
