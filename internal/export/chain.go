package export

import (
	"errors"
	"slices"
	"time"
)

// MostAfter is how many exporters one may run after.
const MostAfter = 50

// ErrCycle is returned by a store for a change that would let an exporter run after itself, directly or through others.
var ErrCycle = errors.New("the exporter would run after itself")

// Chained reports whether the exporter runs after others: once each of them has succeeded since the last run that its
// chain has queued. Then it has no schedule of its own.
func (e Exporter) Chained() bool { return len(e.After) > 0 }

// Automatic reports whether the exporter runs by itself when it is not paused: by its schedule, or after others.
func (e Exporter) Automatic() bool { return e.Schedule.Enabled && e.Schedule.Cron != "" || e.Chained() }

// Follow notes that an exporter has succeeded after which this one runs, and makes it due if it was the last that was
// missing.
func (e *Exporter) Follow(id ID, at time.Time) {
	if !slices.Contains(e.After, id) {
		return
	}
	done := map[ID]time.Time{id: at}
	for other, t := range e.Done {
		if other != id {
			done[other] = t // a new map: copies of the exporter may share the old one
		}
	}
	e.Done = done
	e.SettleChain()
}

// SettleChain forgets what no longer belongs to the exporter's chain, and makes the exporter due if nothing is missing.
// Stores call it before they write an exporter.
func (e *Exporter) SettleChain() {
	var done map[ID]time.Time
	var last time.Time
	for _, id := range e.After {
		at, ok := e.Done[id]
		if !ok {
			continue
		}
		if done == nil {
			done = map[ID]time.Time{}
		}
		done[id] = at
		if at.After(last) {
			last = at
		}
	}
	e.Done = done
	if e.Chained() && len(done) == len(e.After) && e.NextAt.IsZero() {
		e.NextAt = last
	}
}

// Unchain takes an exporter that is deleted out of those after which this one runs. It reports whether it was there.
func (e *Exporter) Unchain(id ID) bool {
	i := slices.Index(e.After, id)
	if i < 0 {
		return false
	}
	e.After = slices.Delete(slices.Clone(e.After), i, i+1)
	if !e.Chained() {
		e.NextAt = time.Time{}
	}
	e.SettleChain()
	return true
}

// FindCycle returns the exporters through which an exporter would run after itself if it ran after the given ones: it
// begins with one of those and ends with the exporter. It returns nil if there is no such way. after returns those
// after which another one runs.
func FindCycle(id ID, first []ID, after func(ID) ([]ID, error)) ([]ID, error) {
	seen := map[ID]bool{}
	var walk func(list []ID) ([]ID, error)
	walk = func(list []ID) ([]ID, error) {
		for _, next := range list {
			if next == id {
				return []ID{id}, nil
			}
			if seen[next] {
				continue
			}
			seen[next] = true
			more, err := after(next)
			if err != nil {
				return nil, err
			}
			way, err := walk(more)
			if err != nil || way != nil {
				return append([]ID{next}, way...), err
			}
		}
		return nil, nil
	}
	way, err := walk(first)
	if err != nil {
		return nil, err
	}
	return way, nil
}
