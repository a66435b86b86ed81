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
type cost struct{ runs []export.Requests }

func (c *cost) add(r export.Requests) {
	c.runs = append(c.runs, r)
	if len(c.runs) > remembered {
		c.runs = c.runs[1:]
	}
}

// mean and most are how many calls to QuickBooks a run takes usually, and at most.
func (c *cost) mean() float64 {
	sum := 0
	for _, r := range c.runs {
		sum += r.QuickBooks
	}
	return float64(sum) / float64(len(c.runs))
}

func (c *cost) most() int {
	most := 0
	for _, r := range c.runs {
		most = max(most, r.QuickBooks)
	}
	return most
}

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
		c.add(r.Requests)
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
		b.looked[e.ID] = looked || e.Automatic()
		b.mu.Unlock()
		if looked || !e.Automatic() {
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
				c.add(r.Requests)
			}
		}
		b.mu.Lock()
		if _, measured := b.costs[e.ID]; !measured && len(c.runs) > 0 {
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
	google needs
}

func (b *Budget) estimates(exporters []export.Exporter) estimates {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := estimates{own: map[export.ID]float64{}, byType: map[string]float64{}, google: newNeeds()}
	count := map[string]float64{}
	for _, e := range exporters {
		c := b.costs[e.ID]
		if c == nil {
			continue
		}
		s.own[e.ID] = c.mean()
		s.byType[e.Definition] += c.mean() / float64(max(len(e.Companies), 1))
		count[e.Definition]++
		s.google.add(e, c)
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
