package budget

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/schedule"
)

const (
	// fresh is how long a forecast is used, and calm how long one is used for pacing that is far from the limit: making
	// one reads all exporters.
	fresh = time.Minute
	calm  = 10 * time.Minute
	// careful is the part of what is left of a month that schedules may be foreseen to take; beyond it they slow down.
	careful = 0.9
	// mostDue is more due times than any month has.
	mostDue = 100_000
)

// forecast is what the present schedules will take until the end of the month, and the pace at which that suffices.
type forecast struct {
	at      time.Time
	end     time.Time
	all     []export.Exporter
	guess   estimates
	due     map[export.Schedule]int // runs until the end
	rest    float64                 // calls until the end, if schedules are not slowed down
	byRealm map[export.RealmID]float64
	chains  map[export.ID]export.Schedule // by which chained exporters run; zero for those that do not by themselves
	byID    map[export.ID]export.Exporter // of all; nil before it is needed
	least   time.Duration
	google  traffic
	tight   bool // more than half of what is left is foreseen to be taken
}

// load is what one exporter's schedule takes: that many runs of that many calls.
type load struct {
	runs  int
	calls float64
}

// foresee returns a forecast that is fresh or, for pacing, calm.
func (b *Budget) foresee(ctx context.Context, pacing bool) (*forecast, error) {
	b.foreseeing.Lock()
	defer b.foreseeing.Unlock()
	now := b.o.Now()
	b.mu.Lock()
	last := b.forecast
	b.mu.Unlock()
	age := fresh
	if pacing && last != nil && !last.tight {
		age = calm
	}
	if last != nil && now.Sub(last.at).Abs() < age && last.end.Equal(nextMonth(now)) {
		return last, nil
	}
	all, err := b.o.Store.Exporters(ctx, export.ExporterFilter{})
	if err != nil {
		return nil, fmt.Errorf("reading the exporters: %w", err)
	}
	if err := b.measure(ctx, all); err != nil {
		return nil, fmt.Errorf("measuring what exporters take: %w", err)
	}
	f := newForecast(now, all, b.estimates(all))
	loads := f.addUp(last)
	f.foreseeGoogle(b.o.Google, last)
	b.warnOfGoogle(f)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.o.Limit > 0 {
		left := b.o.Limit - tallyOf(b.months, monthOf(now)).total
		f.least = leastInterval(loads, f.end.Sub(now), careful*float64(left))
		f.tight = f.rest > float64(left)/2
	}
	if f.least > 0 && b.warned != monthOf(now) {
		b.warned = monthOf(now)
		b.log.Warn("schedules are slowed down, because they would use up the month's calls to QuickBooks",
			"limit", b.o.Limit, "forecast", int(f.rest), "least_interval", f.least)
	}
	b.forecast = f
	return f, nil
}

// warnOfGoogle says, when it begins, that an account's schedules cannot keep up.
func (b *Budget) warnOfGoogle(f *forecast) {
	b.mu.Lock()
	defer b.mu.Unlock()
	behind := map[export.ID]bool{}
	uses := slices.Collect(maps.Values(f.google.uses))
	for _, u := range append(uses, f.google.all) {
		account := u.Account // empty for all of them
		if u.Least == 0 {
			continue
		}
		if behind[account] = true; !b.behind[account] {
			b.log.Warn("schedules are slowed down, because Google's quotas do not suffice for them",
				"account", string(account), "runs", u.Burst.Runs, "take", u.Burst.Drain, "least_interval", u.Least)
		}
	}
	b.behind = behind
}

func newForecast(now time.Time, all []export.Exporter, guess estimates) *forecast {
	return &forecast{
		at: now, end: nextMonth(now), all: all, guess: guess, due: map[export.Schedule]int{},
		byRealm: map[export.RealmID]float64{}, chains: map[export.ID]export.Schedule{},
	}
}

// scheduleOf returns the schedule by which an exporter runs: its own, or that one of those after which it runs that is
// due least often. False if it does not run by itself.
func (f *forecast) scheduleOf(e export.Exporter, last *forecast) (export.Schedule, bool) {
	switch {
	case e.Paused():
		return export.Schedule{}, false
	case !e.Chained():
		return e.Schedule, e.Schedule.Enabled && e.Schedule.Cron != ""
	}
	if s, known := f.chains[e.ID]; known {
		return s, s.Cron != ""
	}
	if f.byID == nil {
		f.byID = make(map[export.ID]export.Exporter, len(f.all))
		for _, other := range f.all {
			f.byID[other.ID] = other
		}
	}
	f.chains[e.ID] = export.Schedule{}
	var slowest export.Schedule
	for _, id := range e.After {
		other, there := f.byID[id]
		s, automatic := f.scheduleOf(other, last)
		if !there || !automatic {
			return export.Schedule{}, false
		}
		if slowest.Cron == "" || f.countDue(s, last) < f.countDue(slowest, last) {
			slowest = s
		}
	}
	f.chains[e.ID] = slowest
	return slowest, slowest.Cron != ""
}

// addUp fills in what the schedules take, and returns it by exporter. last, unless nil, is an earlier forecast.
func (f *forecast) addUp(last *forecast) []load {
	var loads []load
	for _, e := range f.all {
		s, automatic := f.scheduleOf(e, last)
		if !automatic {
			continue
		}
		runs := f.countDue(s, last)
		calls, _ := f.guess.of(e)
		loads = append(loads, load{runs, calls})
		f.rest += float64(runs) * calls
		for _, realm := range e.Companies {
			f.byRealm[realm] += float64(runs) * calls / float64(len(e.Companies))
		}
	}
	return loads
}

// countDue counts the schedule's due times until the end. Many exporters have the same schedule, and of what an earlier
// forecast counted only what has passed since is counted again.
func (f *forecast) countDue(s export.Schedule, last *forecast) int {
	if runs, counted := f.due[s]; counted {
		return runs
	}
	runs, counted := 0, false
	if last != nil && last.end.Equal(f.end) && !f.at.Before(last.at) {
		if runs, counted = last.due[s]; counted {
			runs -= countDue(s, last.at, f.at)
		}
	}
	if !counted {
		runs = countDue(s, f.at, f.end)
	}
	f.due[s] = runs
	return runs
}

func countDue(s export.Schedule, from, to time.Time) int {
	zone := s.Timezone
	if zone == "" {
		zone = "UTC"
	}
	spec, err := schedule.Parse(s.Cron, zone)
	if err != nil {
		return 0 // it is never due
	}
	return spec.Count(from, to, mostDue)
}

// leastInterval returns the shortest time that must lie between an exporter's runs, so that all of them together take
// no more than the given calls in the time. It is 0 if they do so by themselves, and the whole time if they do not even
// with one run each. Schedules that are slower anyway stay as they are.
func leastInterval(loads []load, span time.Duration, calls float64) time.Duration {
	takes := func(least time.Duration) float64 {
		sum := 0.0
		for _, l := range loads {
			sum += l.calls * math.Min(float64(l.runs), float64(span/least)+1)
		}
		return sum
	}
	if takes(time.Second) <= calls { // no schedule is as fast
		return 0
	}
	enough := span
	for short := time.Second; enough-short > time.Second; {
		middle := (short + (enough-short)/2).Truncate(time.Second)
		if takes(middle) <= calls {
			enough = middle
		} else {
			short = middle
		}
	}
	return enough
}

// Pace says how an exporter's scheduled runs are slowed down now.
func (b *Budget) Pace(ctx context.Context, e export.Exporter, now time.Time) schedule.Pace {
	if b.o.Limit == 0 && b.o.Google.Account == (Quota{}) && b.o.Google.Project == (Quota{}) {
		return schedule.Pace{}
	}
	f, err := b.foresee(ctx, true)
	if err != nil {
		b.log.Error("schedules were not paced", "error", err)
		return schedule.Pace{}
	}
	p := schedule.Pace{Least: max(f.least, f.google.least(e.Target.Account))}
	if b.o.Limit == 0 {
		return p
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	taken := tallyOf(b.months, monthOf(now)).total
	for _, calls := range b.active {
		taken += calls
	}
	if taken+b.mostOf(e) > b.o.Limit {
		p.Hold = nextMonth(now)
	}
	return p
}
