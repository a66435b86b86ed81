package google_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/destinationtest"
	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
)

// counter counts requests.
type counter struct {
	next http.RoundTripper
	n    atomic.Int64
}

func (c *counter) RoundTrip(r *http.Request) (*http.Response, error) {
	c.n.Add(1)
	return c.next.RoundTrip(r)
}

// TestConformance runs the suite of all destinations with small writes and with staged ones.
func TestConformance(t *testing.T) {
	t.Parallel()
	for name, maxBody := range map[string]int{"small": 0, "staged": 1} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			destinationtest.Run(t, func(t *testing.T) destinationtest.Place { return openPlace(t, maxBody) },
				synctest.Test)
		})
	}
}

func openPlace(t *testing.T, maxBody int) destinationtest.Place {
	b := newBench(t, googlesim.Options{}, maxBody)
	count := &counter{next: b.http.Transport}
	b.http.Transport = count
	document := func() *googlesim.Spreadsheet {
		for _, id := range b.sim.Files() {
			return b.sim.Spreadsheet(id)
		}
		return nil
	}
	return destinationtest.Place{
		Destination: b.client,
		Target:      export.Target{Account: "con_1", Sheet: "Data", Start: "A1", CreateKey: "exp_1"},
		Read: func() [][]string {
			doc := document()
			if doc == nil {
				return nil
			}
			var rows [][]string
			for _, at := range doc.NamedRanges() {
				for _, cells := range doc.Formatted(at) {
					row := make([]string, len(cells))
					for i, c := range cells {
						row[i], _ = c.(string)
					}
					rows = append(rows, row)
				}
			}
			return rows
		},
		Disturb: func() {
			time.Sleep(time.Minute) // virtual: the look grows old
			if err := document().InsertRows("Data", 1, 2); err != nil {
				t.Error(err)
			}
		},
		Steps: func() int { return int(count.n.Load()) },
		Fail: func(n int, way destinationtest.Way) {
			f := googlesim.Fault{Skip: n}
			switch way {
			case destinationtest.Refused:
				f.DropBefore = true
			case destinationtest.Lost:
				f.DropAfterApply = true
			case destinationtest.Garbled:
				f.CutBody = true
			}
			b.sim.Fail(f)
		},
	}
}
