package budget

import (
	"context"
	"maps"
	"math"
	"slices"

	"ledgersheet/internal/export"
)

const (
	// remembered is how many of an exporter's last runs its cost is measured by.
	remembered = 5
	// unmeasured is what a run is taken to cost for each company, as long as no exporter of its type has run.
	unmeasured = 5
)

// cost is what an exporter's last runs took, the newest last.
type cost struct{ calls []int }

func (c *cost) add(calls int) {
	c.calls = append(c.calls, calls)
	if len(c.calls) > remembered {
		c.calls = c.calls[1:]
	}
}

// mean and most are what a run takes usually, and at most.
func (c *cost) mean() float64 {
	sum := 0
	for _, n := range c.calls {
		sum += n
	}
	return float64(sum) / float64(len(c.calls))
}

func (c *cost) most() int { return slices.Max(c.calls) }

// Observe is told of every change of a run. It measures what runs take.
func (b *Budget) Observe(r export.Run) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case !r.Status.Over():
		if _, known := b.active[r.ID]; !known && IsScheduled(r) {
			b.active[r.ID] = b.mostOf(r.Exporter)
		}
		return
	case r.Status == export.RunSucceeded && r.Trigger != export.TriggerUndo:
		c := b.costs[r.Exporter.ID]
		if c == nil {
			c = &cost{}
			b.costs[r.Exporter.ID] = c
		}
		c.add(r.Requests.QuickBooks)
	}
	delete(b.active, r.ID)
}

// mostOf returns what a run of the exporter may take. The caller holds b.mu.
func (b *Budget) mostOf(e export.Exporter) int {
	if c := b.costs[e.ID]; c != nil {
		return c.most()
	}
	return unmeasured * max(len(e.Companies), 1)
}

// measure reads the costs of exporters that are not known yet from the history, and forgets those that are gone.
func (b *Budget) measure(ctx context.Context, exporters []export.Exporter) error {
	known := make(map[export.ID]bool, len(exporters))
	for _, e := range exporters {
		known[e.ID] = true
		b.mu.Lock()
		looked := b.looked[e.ID] || b.costs[e.ID] != nil
		b.looked[e.ID] = looked || e.Schedule.Enabled
		b.mu.Unlock()
		if looked || !e.Schedule.Enabled {
			continue
		}
		runs, _, err := b.o.Store.Runs(ctx, export.RunFilter{
			Exporter: e.ID, Status: export.RunSucceeded, Limit: remembered,
		})
		if err != nil {
			b.mu.Lock()
			delete(b.looked, e.ID)
			b.mu.Unlock()
			return err
		}
		if len(runs) == 0 {
			continue
		}
		c := &cost{}
		for _, r := range slices.Backward(runs) {
			if r.Trigger != export.TriggerUndo {
				c.add(r.Requests.QuickBooks)
			}
		}
		b.mu.Lock()
		if _, measured := b.costs[e.ID]; !measured && len(c.calls) > 0 {
			b.costs[e.ID] = c
		}
		b.mu.Unlock()
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	maps.DeleteFunc(b.costs, func(id export.ID, _ *cost) bool { return !known[id] })
	maps.DeleteFunc(b.looked, func(id export.ID, _ bool) bool { return !known[id] })
	return nil
}

// estimates says what runs take: measured by the exporter's own last runs, else by those of its type, else guessed.
type estimates struct {
	own    map[export.ID]float64
	byType map[string]float64 // for each company
}

func (b *Budget) estimates(exporters []export.Exporter) estimates {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := estimates{own: map[export.ID]float64{}, byType: map[string]float64{}}
	count := map[string]float64{}
	for _, e := range exporters {
		c := b.costs[e.ID]
		if c == nil {
			continue
		}
		s.own[e.ID] = c.mean()
		s.byType[e.Definition] += c.mean() / float64(max(len(e.Companies), 1))
		count[e.Definition]++
	}
	for definition, n := range count {
		s.byType[definition] /= n
	}
	return s
}

// of returns what a run of the exporter takes, and whether its own runs say so.
func (s estimates) of(e export.Exporter) (calls float64, measured bool) {
	if calls, ok := s.own[e.ID]; ok {
		return calls, true
	}
	each, ok := s.byType[e.Definition]
	if !ok {
		each = unmeasured
	}
	return math.Max(each*float64(max(len(e.Companies), 1)), 0), false
}
