package google_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/table"
)

// step is a write of the matrix: what is there before, what is wanted, and what must stand afterwards by mode.
type step struct {
	name           string
	before, wanted []table.Row
}

func steps() []step {
	changed := invoices(12)
	changed[4] = invoice(5, "Changed", "1.00")
	return []step{
		{"first", nil, invoices(12)},
		{"cells", invoices(12), changed},
		{"rows inside", invoices(12), grown(12)},
		{"at both ends", invoices(12)[2:10], invoices(12)},
		{"shrink", invoices(12), invoices(12)[5:7]},
		{"to nothing", invoices(12), nil},
		{"others", invoices(12), invoices(24)[12:]},
	}
}

// after returns the rows that stand after the wanted ones were written over those before.
func after(mode export.Mode, before, wanted []table.Row) []table.Row {
	if mode == export.Replace {
		return wanted
	}
	id := func(r table.Row) string { return r.Cells[0].String() }
	var rows []table.Row
	for _, r := range before {
		i := slices.IndexFunc(wanted, func(w table.Row) bool { return id(w) == id(r) })
		switch {
		case mode == export.Append:
			rows = append(rows, r)
		case i >= 0:
			rows = append(rows, wanted[i])
		}
	}
	for _, w := range wanted {
		if !slices.ContainsFunc(before, func(r table.Row) bool { return id(r) == id(w) }) {
			rows = append(rows, w)
		}
	}
	return rows
}

// spoil is a way in which a request fails.
type spoil struct {
	name  string
	fault googlesim.Fault
}

func spoils() []spoil {
	return []spoil{
		{"lost before", googlesim.Fault{DropBefore: true}},
		{"lost after", googlesim.Fault{DropAfterApply: true}},
		{"cut", googlesim.Fault{CutBody: true}},
		{"late", googlesim.Fault{Status: http.StatusServiceUnavailable, Late: 9 * time.Second}},
		{"very late", googlesim.Fault{DropBefore: true, Late: 2 * time.Minute}},
		{"quota", googlesim.Fault{Status: http.StatusTooManyRequests}},
		{"timed out after", googlesim.Fault{Status: http.StatusRequestTimeout, Apply: true}},
		{"failed after", googlesim.Fault{Status: http.StatusServiceUnavailable, Apply: true}},
	}
}

// modal is a bench whose exporter has a mode and remembers what it wrote.
type modal struct {
	*bench
	mode  export.Mode
	trace []byte
}

func (m *modal) put(s table.Schema, rows []table.Row) error {
	m.runs++
	spool := table.NewSpool(s)
	for _, r := range rows {
		must(m.t, spool.Add(r))
	}
	res, _, err := export.Put(m.ctx, m.client, export.WriteRequest{
		Run: export.ID(fmt.Sprintf("run_%d", m.runs)), Owner: m.exporter.ID, Target: m.exporter.Target,
		Title: m.exporter.Name, Rows: spool, Budget: 1 << 20, Zone: time.UTC, Mode: m.mode, Trace: m.trace,
		Look: m.exporter.Look, Heading: m.heading,
		Report: func(export.Phase, int) {},
		Found:  func(t export.Target) error { m.exporter.Target = t; return nil },
	})
	if err == nil {
		m.exporter.Target, m.trace = res.Target, res.Trace
	}
	return err
}

// shown returns the exported rows as a reader of the spreadsheet sees them, without blank ones at the end.
func shown(doc *googlesim.Spreadsheet) [][]string {
	for name, at := range doc.NamedRanges() {
		if name != rangeKey {
			continue
		}
		var rows [][]string
		for _, cells := range doc.Values(at) {
			var row []string
			for _, c := range cells {
				row = append(row, fmt.Sprint(c))
			}
			rows = append(rows, row)
		}
		return rows
	}
	return nil
}

// TestEveryWriteEveryFault makes each request of each kind of write fail in each way, in each mode. Readers see the old
// rows or the new ones after every change of the spreadsheet, and the next run puts everything right, once.
func TestEveryWriteEveryFault(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	for _, mode := range []export.Mode{export.Replace, export.Append, export.Upsert} {
		for size, maxBody := range map[string]int{"small": 0, "staged": inPieces} {
			for _, st := range steps() {
				t.Run(fmt.Sprint(mode, ", ", size, ", ", st.name), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						requests := spoilEach(func(fault googlesim.Fault, where string) bool {
							return playMatrix(t, mode, maxBody, st, fault, where)
						})
						same := len(after(mode, st.before, st.wanted)) == len(st.before)
						if requests == 0 && !same {
							t.Error("nothing was written")
						}
					})
				})
			}
		}
	}
}

// inPieces is the size of request bodies that makes even a few rows go through a staging tab, in several pieces.
const inPieces = 260

// spoilEach plays a write again and again, each time with another of its requests failing in another way, until play
// reports that there was no such request. It returns how many requests there are.
func spoilEach(play func(fault googlesim.Fault, where string) bool) int {
	requests := 0
	for _, kind := range []string{"batchUpdate", "values.update"} {
		for n := 0; ; n++ {
			hit := true
			for _, s := range spoils() {
				s.fault.Kind, s.fault.Skip = kind, n
				hit = hit && play(s.fault, fmt.Sprintf("%s %d %s", kind, n, s.name))
			}
			if !hit {
				break
			}
			requests++
		}
	}
	return requests
}

// playMatrix plays one cell of the matrix. It reports whether there was such a request.
func playMatrix(t *testing.T, mode export.Mode, maxBody int, st step, fault googlesim.Fault, where string) bool {
	t.Helper()
	m := &modal{bench: newBench(t, googlesim.Options{}, maxBody), mode: mode}
	m.exporter.Target.Spreadsheet = m.sim.CreateSpreadsheet(owner, "Book", "Other")
	if st.before != nil {
		must(t, m.put(schema, st.before))
	}
	want := after(mode, st.before, st.wanted)
	var seen []string // what readers saw that they must not see
	old, fresh := shown(m.doc()), titled(schema, want)
	m.sim.Watch(func(a googlesim.Applied) {
		if got := shown(a.Book); got != nil && !cmp.Equal(got, old) && !cmp.Equal(got, fresh) {
			seen = append(seen, fmt.Sprint(a.Kind, " late ", a.Late, ": ", got))
		}
	})
	hit := false
	fault.Before = func() { hit = true }
	m.sim.Fail(fault)
	err := m.put(schema, st.wanted)
	m.sim.ClearFaults()
	if got := shown(m.doc()); err == nil && !cmp.Equal(got, fresh) {
		t.Errorf("%s: it succeeded, but readers see %v", where, got)
	}
	must(t, m.put(schema, st.wanted))
	if diff := cmp.Diff(fresh, shown(m.doc())); diff != "" {
		t.Errorf("%s: after the next run (-want +got):\n%s", where, diff)
	}
	m.sim.ApplyLate()
	if diff := cmp.Diff(fresh, shown(m.doc())); diff != "" {
		t.Errorf("%s: after what came late (-want +got):\n%s", where, diff)
	}
	must(t, m.put(schema, st.wanted)) // a staging tab that came late goes with the next run
	if len(seen) > 0 {
		t.Errorf("%s: for a moment readers saw %v", where, seen)
	}
	if tabs := m.tabs(); len(tabs) != 2 {
		t.Errorf("%s: tabs were left: %+v", where, tabs)
	}
	return hit
}
