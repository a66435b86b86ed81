package queue

import (
	"slices"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// A circuit opens when a provider has answered nobody for some runs in a row, of several exporters: a single one may
// fail for a reason of its own.
const (
	opensAfter     = 3
	opensExporters = 2
	firstProbe     = time.Minute
	longestProbe   = 15 * time.Minute
)

// provider is a service that runs need.
type provider string

const (
	quickBooks provider = "QuickBooks"
	google     provider = "Google"
)

// providers returns the services that a run needs.
func providers(a export.ActiveRun) (all []provider) {
	if !a.Undo {
		all = append(all, quickBooks)
	}
	if !a.File {
		all = append(all, google)
	}
	return all
}

// circuits keep runs from beginning while a provider answers nobody, so that an outage costs neither attempts nor
// calls. While one is open, single runs try whether it is over, less and less often. The states are closed (everything
// goes on), open until a time (nothing begins), then half-open (one run begins, and its end decides). They are not
// stored: the runs that wait because of an outage tell the next process of it, which begins half-open, so that a
// restart during an outage costs one run's try for each provider.
type circuits struct {
	mu sync.Mutex
	of map[provider]*circuit
}

type circuit struct {
	failed map[export.ID]bool // whose runs have failed since the last answer
	n      int                // how many have
	open   bool
	until  time.Time
	pause  time.Duration
	probe  export.ID // the run that tries
}

// recall opens the circuits of providers that answered nobody when the process before this one ended, as the runs tell
// that it has left in the queue. A single run lets it be known whether that is still so.
func (c *circuits) recall(left []export.Run, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range left {
		down, ok := silent(r.Problem)
		if !ok || r.Status != export.RunQueued || !slices.Contains(providers(r.Activity()), down) {
			continue
		}
		one := c.get(down)
		one.n++
		one.failed[r.Exporter.ID] = true
		if len(one.failed) >= opensExporters {
			one.open, one.until = true, now
		}
	}
}

// get returns a provider's circuit, which it makes if there is none. The caller holds c.mu.
func (c *circuits) get(p provider) *circuit {
	if c.of == nil {
		c.of = map[provider]*circuit{}
	}
	if c.of[p] == nil {
		c.of[p] = &circuit{failed: map[export.ID]bool{}, pause: firstProbe}
	}
	return c.of[p]
}

// gate is what choose needs of a circuit that is not closed.
type gate struct {
	limit int // how many runs may begin
	busy  string
}

// gates returns the circuits that are not closed, and when one of them may let a run through.
func (c *circuits) gates(now time.Time) (gates map[provider]gate, next time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for p, one := range c.of {
		if !one.open {
			continue
		}
		if gates == nil {
			gates = map[provider]gate{}
		}
		switch {
		case one.probe != "":
			gates[p] = gate{0, string(p) + " does not answer; another run tries it now"}
		case one.until.After(now):
			// A clock that was set back must not keep it open.
			one.until = earlier(one.until, now.Add(longestProbe))
			gates[p] = gate{0, string(p) + " does not answer; it is tried again at " +
				one.until.UTC().Format("15:04:05 UTC")}
			if next.IsZero() || one.until.Before(next) {
				next = one.until
			}
		default:
			gates[p] = gate{1, string(p) + " does not answer; another run tries it now"}
		}
	}
	return gates, next
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// begun notes that a run begins.
func (c *circuits) begun(a export.ActiveRun) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range providers(a) {
		if one := c.of[p]; one != nil && one.open && one.probe == "" {
			one.probe = a.ID
		}
	}
}

// ended notes how an attempt ended. If it failed because a provider answers nobody, it returns when the run may try
// again; such an attempt does not count.
func (c *circuits) ended(a export.ActiveRun, p *problem.Problem, now time.Time) (until time.Time, outage bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, one := range c.of {
		if one.probe == a.ID {
			one.probe = ""
			if answered(name, p) {
				delete(c.of, name)
				continue
			}
			one.pause = min(2*one.pause, longestProbe)
			one.until = now.Add(one.pause)
		}
	}
	down, ok := silent(p)
	if !ok || !slices.Contains(providers(a), down) {
		for _, name := range providers(a) {
			if answered(name, p) {
				delete(c.of, name)
			}
		}
		return time.Time{}, false
	}
	one := c.get(down)
	one.n++
	one.failed[a.Exporter] = true
	if !one.open && one.n >= opensAfter && len(one.failed) >= opensExporters {
		one.open, one.until = true, now.Add(one.pause)
	}
	return one.until, one.open
}

// silent returns the provider that did not answer.
func silent(p *problem.Problem) (provider, bool) {
	switch {
	case p == nil:
		return "", false
	case p.Code == problem.QuickBooksUnavailable:
		return quickBooks, true
	case p.Code == problem.GoogleUnavailable:
		return google, true
	}
	return "", false
}

// answered reports whether the end of an attempt shows that the provider answers again.
func answered(name provider, p *problem.Problem) bool {
	if p == nil {
		return true
	}
	switch p.Code {
	case problem.QuickBooksRateLimited, problem.QuickBooksRejected, problem.QuickBooksMalformed,
		problem.IncompleteRead, problem.ReportTooLarge:
		return name == quickBooks
	case problem.GoogleRateLimited, problem.GoogleRejected, problem.SpreadsheetNotFound, problem.SpreadsheetForbidden,
		problem.SheetProtected, problem.SheetConflict, problem.HeaderDrift, problem.SpreadsheetFull:
		return name == google
	}
	return false
}
