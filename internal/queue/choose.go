package queue

import (
	"time"

	"ledgersheet/internal/export"
)

// limits are how many runs may use a thing at a time.
type limits struct {
	workers     int // runs of one worker
	company     int // runs that read one company
	spreadsheet int // runs that write one spreadsheet
}

// choice is what choose decides.
type choice struct {
	begin []export.ID          // oldest first
	why   map[export.ID]string // for people: why each of the other queued runs waits
	next  time.Time            // when the first of those that wait for their time may begin; zero if there is none
}

// choose decides which of the active runs, given oldest first, a worker begins now: each one that is due and whose
// keys are all free. It is pure.
//
// A younger run may overtake an older one that needs more, but not for ever: once a run has waited longer than
// patience, its keys are reserved for it.
func choose(active []export.Run, worker export.ID, l limits, now time.Time) choice {
	c := choice{why: map[export.ID]string{}}
	held := map[string]int{}
	for _, r := range active {
		if r.Status != export.RunRunning {
			continue
		}
		for _, k := range keysOf(r.Exporter, l) {
			if k.name != workersKey || r.Owner == worker {
				held[k.name]++
			}
		}
	}
	reserved := map[string]bool{}
	for _, r := range active {
		if r.Status != export.RunQueued {
			continue
		}
		if r.NotBefore.After(now) {
			c.why[r.ID] = waitText(r)
			if c.next.IsZero() || r.NotBefore.Before(c.next) {
				c.next = r.NotBefore
			}
			continue
		}
		keys := keysOf(r.Exporter, l)
		if why := blocked(keys, held, reserved); why != "" {
			c.why[r.ID] = why
			if now.Sub(waitsSince(r)) > patience {
				for _, k := range keys {
					// Workers are never reserved: idle ones help nobody.
					reserved[k.name] = reserved[k.name] || k.kept != ""
				}
			}
			continue
		}
		for _, k := range keys {
			held[k.name]++
		}
		c.begin = append(c.begin, r.ID)
	}
	return c
}

// blocked says which key is not free, or nothing.
func blocked(keys []key, held map[string]int, reserved map[string]bool) string {
	for _, k := range keys {
		if held[k.name] >= k.limit {
			return k.busy
		}
		if reserved[k.name] {
			return k.kept
		}
	}
	return ""
}

// waitsSince returns when the run would have begun had everything been free.
func waitsSince(r export.Run) time.Time {
	if r.NotBefore.After(r.QueuedAt) {
		return r.NotBefore
	}
	return r.QueuedAt
}

func waitText(r export.Run) string {
	at := r.NotBefore.UTC().Format("15:04:05 UTC")
	if r.Attempts > 0 {
		return "is tried again at " + at
	}
	return "starts at " + at
}
