package queue

import (
	"iter"
	"math"
	"slices"
	"strings"
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
	// served is when the last run of a company began, as far as it is known.
	served map[export.RealmID]time.Time
}

// choice is what choose decides.
type choice struct {
	begin []export.ID // in the order in which it is their turn
	next  time.Time   // when the first of those that wait for their time may begin; zero if there is none
	taken
}

// taken is what runs hold, by the names of keys.
type taken struct {
	held     map[string]int
	reserved map[string]export.ID // for which run, the oldest of those that wait for it
}

// Among how many runs choose looks for the companies whose turn it is: in all, and of the same companies.
const (
	mostCandidates = 250
	mostOfOneSet   = 2
)

// candidate is a run that could begin.
type candidate struct {
	export.ActiveRun
	keys []key
}

// choose decides which of the active runs a worker begins now: those that are due and whose keys are all free, first
// those of the companies whose last run began longest ago, so that a company with many runs keeps none waiting that has
// few. The runs come as Claim gives them: the running ones, then the queued ones by the time since which they are
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
		if r.Status != export.RunRunning {
			break
		}
		c.hold(r, worker, waiting[r.ID], l)
	}
	if missed := c.chooseAmong(active, l, now, mostOfOneSet); missed && c.held[workersKey] < l.workers {
		c.chooseAmong(active, l, now, math.MaxInt) // those that were looked at stand in one another's way
	}
	return c
}

// chooseAmong chooses among the first queued runs of the same companies, at most so many that could begin, and reports
// whether there are more.
func (c *choice) chooseAmong(
	active iter.Seq[export.ActiveRun], l limits, now time.Time, mostOfOne int,
) (missed bool) {
	var ready []candidate
	of := map[string]int{} // by their companies
	for r := range active {
		if r.Status == export.RunRunning || slices.Contains(c.begin, r.ID) {
			continue
		}
		if r.NotBefore.After(now) {
			c.next = r.NotBefore // all later ones wait at least as long
			break
		}
		if c.held[workersKey] >= l.workers || len(ready) >= mostCandidates {
			break // the end of a run is the next chance
		}
		one := candidate{r, keysOf(r, l)}
		patient := now.Sub(r.Ready()) > patience // then so were all before it
		switch free := c.free(one); {
		case free && patient:
			c.take(one)
		case free && of[companiesOf(r)] >= mostOfOne:
			missed = true
		case free:
			ready = append(ready, one)
			of[companiesOf(r)]++
		case patient:
			c.reserve(one)
		}
	}
	c.pick(ready, l)
	return missed
}

// take lets a run begin.
func (c *choice) take(r candidate) {
	for _, k := range r.keys {
		c.held[k.name]++
	}
	c.begin = append(c.begin, r.ID)
}

// hold notes what a running run holds.
func (t taken) hold(r export.ActiveRun, worker export.ID, waits bool, l limits) {
	for _, k := range keysOf(r, l) {
		switch {
		case waits && k.kind == companyKind:
			t.held[k.name] += k.limit
		case k.name != workersKey || r.Owner == worker && !waits:
			t.held[k.name]++
		}
	}
}

// reserve keeps the keys of a run that has waited too long.
func (t taken) reserve(r candidate) {
	for _, k := range r.keys {
		if k.reservable() && t.reserved[k.name] == "" {
			t.reserved[k.name] = r.ID
		}
	}
}

// pick lets candidates begin while a worker is free, each time one whose turn it is. They come in the order in which
// they became ready.
func (c *choice) pick(ready []candidate, l limits) {
	for c.held[workersKey] < l.workers {
		best := -1
		ready = slices.DeleteFunc(ready, func(r candidate) bool { return !c.free(r) })
		for i, r := range ready {
			if best < 0 || c.precedes(r, ready[best], l) {
				best = i
			}
		}
		if best < 0 {
			break
		}
		c.take(ready[best])
		ready = slices.Delete(ready, best, best+1)
	}
}

// precedes reports whether it is the turn of a's companies rather than of b's.
func (t taken) precedes(a, b candidate, l limits) bool {
	an, at := t.share(a, l)
	bn, bt := t.share(b, l)
	return an < bn || an == bn && at.Before(bt)
}

// share returns how many runs of the run's companies are under way, and when the last one began.
func (t taken) share(r candidate, l limits) (running int, last time.Time) {
	for _, realm := range r.Companies {
		running = max(running, t.held[companyKey(realm)])
		if at := l.served[realm]; at.After(last) {
			last = at
		}
	}
	return running, last
}

// companiesOf returns a text that runs of the same companies have in common. It is always their turn together.
func companiesOf(r export.ActiveRun) string {
	switch len(r.Companies) {
	case 0:
		return ""
	case 1:
		return string(r.Companies[0])
	}
	all := make([]string, len(r.Companies))
	for i, realm := range r.Companies {
		all[i] = string(realm)
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}

// blocked says which key is not free for a run, or nothing.
func (t taken) blocked(run export.ID, keys []key) string {
	i, kept := t.block(run, keys)
	switch {
	case i < 0:
		return ""
	case kept:
		return keys[i].kept()
	}
	return keys[i].busy()
}

// block returns the first key that is not free for a run, and whether it is kept for another; -1 if all are free.
func (t taken) block(run export.ID, keys []key) (i int, kept bool) {
	for i, k := range keys {
		if t.held[k.name] >= k.limit {
			return i, false
		}
		if by := t.reserved[k.name]; by != "" && by != run {
			return i, true
		}
	}
	return -1, false
}

// free reports whether all that a run needs is free.
func (t taken) free(r candidate) bool {
	i, _ := t.block(r.ID, r.keys)
	return i < 0
}

func waitText(r export.ActiveRun) string {
	at := r.NotBefore.UTC().Format("15:04:05 UTC")
	if r.Attempts > 0 {
		return "is tried again at " + at
	}
	return "starts at " + at
}
