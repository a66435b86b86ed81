package web

import (
	"slices"

	"ledgersheet/internal/export"
)

// total is the control sum of one money column.
type total struct {
	Title  string
	Amount amount
}

// totals are a run's control sums in the catalogue's order, under the columns' titles.
func (w *Web) totals(r export.Run) []total {
	keys := make([]string, 0, len(r.Control))
	for k := range r.Control {
		keys = append(keys, k)
	}
	titles := map[string]string{}
	rank := map[string]int{}
	if d, err := w.o.Control.Definition(r.Exporter.Definition); err == nil {
		for i, c := range d.Catalogue() {
			titles[c.Path], rank[c.Path] = c.Title, i+1
		}
	}
	slices.SortFunc(keys, func(a, b string) int {
		ra, rb := rank[a], rank[b]
		switch {
		case ra != 0 && rb != 0:
			return ra - rb
		case ra != 0:
			return -1
		case rb != 0:
			return 1
		case a < b:
			return -1
		}
		return 1
	})
	list := make([]total, len(keys))
	for i, k := range keys {
		title := titles[k]
		if title == "" {
			title = k
		}
		list[i] = total{title, amountOf(r.Control[k])}
	}
	return list
}

// mainTotal is the one that a list has room for.
func mainTotal(list []total) total {
	for _, want := range []string{"Total", "Amount", "Open balance", "Balance"} {
		for _, t := range list {
			if t.Title == want {
				return t
			}
		}
	}
	return list[len(list)-1]
}
