package queue

import (
	"iter"
	"time"

	"ledgersheet/internal/export"
)

// limits are how many runs may use a thing at a time.
type limits struct {
	workers     int // runs of one worker
	company     int // runs that read one company
	spreadsheet int // runs that write one spreadsheet
	// gates are the providers that do not answer, with how many runs may begin that need them.
	gates map[provider]gate
}

// choice is what choose decides.
type choice struct {
	begin []export.ID // in the order in which they became ready
	next  time.Time   // when the first of those that wait for their time may begin; zero if there is none
	taken
}

// taken is what runs hold, by the names of keys.
type taken struct {
	held     map[string]int
	reserved map[string]export.ID // for which run, the oldest of those that wait for it
}

// choose decides which of the active runs a worker begins now: each queued one that is due and whose keys are all
// free. The runs come as Claim gives them: the running ones, then the queued ones by the time since which they are
// ready. It takes no more of them than it needs, so that a long queue costs little. It is pure.
//
// A younger run may overtake an older one that needs more, but not for ever: once a run has waited longer than
// patience, its keys are reserved for it.
//
// Running ones that only wait hold no worker. Their companies would make others wait too, so those count as full.
func choose(
	active iter.Seq[export.ActiveRun], worker export.ID, waiting map[export.ID]bool, l limits, now time.Time,
) choice {
	c := choice{taken: taken{held: map[string]int{}, reserved: map[string]export.ID{}}}
	for r := range active {
		if r.Status == export.RunRunning {
			for _, k := range keysOf(r, l) {
				switch {
				case waiting[r.ID] && k.company:
					c.held[k.name] += k.limit
				case k.name != workersKey || r.Owner == worker && !waiting[r.ID]:
					c.held[k.name]++
				}
			}
			continue
		}
		if r.NotBefore.After(now) {
			c.next = r.NotBefore // all later ones wait at least as long
			break
		}
		if c.held[workersKey] >= l.workers {
			break // the end of a run is the next chance
		}
		keys := keysOf(r, l)
		if c.blocked(r.ID, keys) == "" {
			for _, k := range keys {
				c.held[k.name]++
			}
			c.begin = append(c.begin, r.ID)
			continue
		}
		if now.Sub(r.Ready()) > patience {
			for _, k := range keys {
				// Workers are never reserved: idle ones help nobody.
				if k.kept != "" && c.reserved[k.name] == "" {
					c.reserved[k.name] = r.ID
				}
			}
		}
	}
	return c
}

// blocked says which key is not free for a run, or nothing.
func (t taken) blocked(run export.ID, keys []key) string {
	for _, k := range keys {
		if t.held[k.name] >= k.limit {
			return k.busy
		}
		if by := t.reserved[k.name]; by != "" && by != run {
			return k.kept
		}
	}
	return ""
}

func waitText(r export.ActiveRun) string {
	at := r.NotBefore.UTC().Format("15:04:05 UTC")
	if r.Attempts > 0 {
		return "is tried again at " + at
	}
	return "starts at " + at
}
