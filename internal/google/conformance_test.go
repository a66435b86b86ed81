package google_test

import (
	"context"
	"net/http"
	"strings"
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

// TestConformance runs the suite of all destinations with small writes and with staged ones, plain and dressed.
func TestConformance(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		maxBody int
		dressed bool
	}{{"small", 0, false}, {"staged", 1, false}, {"dressed", 0, true}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			destinationtest.Run(t, func(t *testing.T) destinationtest.Place {
				place := openPlace(t, test.maxBody)
				if test.dressed {
					read := place.Read
					place.Destination, place.Read = dressed{place.Destination}, func() [][]string {
						rows := read()
						for _, row := range rows {
							for i, text := range row {
								row[i] = strings.TrimPrefix(text, "$") // the look's
							}
						}
						return rows
					}
				}
				return place
			}, synctest.Test)
		})
	}
}

// dressed asks for a look and a heading whose time changes with each write.
type dressed struct{ export.Destination }

func (d dressed) Prepare(ctx context.Context, w export.WriteRequest) (export.Write, error) {
	w.Look, w.Heading = export.BoardLook, headingOf(0)
	w.Heading.Changed = "Changed by " + string(w.Run)
	return d.Destination.Prepare(ctx, w)
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
			for name, at := range doc.NamedRanges() {
				if strings.HasSuffix(name, "_title") {
					continue
				}
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
