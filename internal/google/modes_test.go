package google_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/table"
)

// recordSchema is that of the records below.
var recordSchema = table.Schema{Columns: []table.Column{
	{ID: "Id", Title: "ID", Key: true}, {ID: "Name", Title: "Name"}, {ID: "Status", Title: "Status"},
}}

// history is what QuickBooks and one exporter's sheet went through. rows is what the sheet must hold.
type history struct {
	*rapid.T
	b       *bench
	records []string            // ids in QuickBooks' order
	values  map[string][]string // name and status, by id
	next    int
	rows    [][]string      // id, name, status
	known   map[string]bool // ids that were ever written, as far as a run that adds has left word
	trace   []byte
	notes   int // of a person, below the rows
	linked  bool
}

// mode is how a run writes.
type mode struct {
	export.Mode
	partial bool
	deleted string
}

// want returns the rows that the sheet must hold after a run, and the ids that are known then.
func (h *history) want(m mode) (rows [][]string, known map[string]bool) {
	row := func(id string) []string { return append([]string{id}, h.values[id]...) }
	known = map[string]bool{}
	if m.Mode == export.Replace {
		for _, id := range h.records {
			rows = append(rows, row(id))
		}
		return rows, known
	}
	stands := map[string]bool{}
	for _, r := range h.rows {
		stands[r[0]] = true
		here := slices.Contains(h.records, r[0])
		switch {
		case m.Mode == export.Append:
			rows = append(rows, r)
		case here:
			rows = append(rows, row(r[0]))
		case m.partial || m.deleted == export.DeletedKeep:
			rows = append(rows, r)
		case m.deleted == export.DeletedMark:
			rows = append(rows, []string{r[0], r[1], "Deleted"})
		}
	}
	for _, id := range h.records {
		if !stands[id] && (m.Mode == export.Upsert || !h.known[id]) {
			rows = append(rows, row(id))
		}
	}
	if m.Mode == export.Append {
		for id := range h.known {
			known[id] = true
		}
		for _, r := range rows {
			known[r[0]] = true
		}
		for _, id := range h.records {
			known[id] = true
		}
	}
	return rows, known
}

// run writes once.
func (h *history) run(m mode, run int) (export.WriteResult, *change.Set, error) {
	schema := recordSchema
	if h.linked {
		schema = linkedSchema()
	}
	spool := table.NewSpool(schema)
	for _, id := range h.records {
		v := h.values[id]
		row := table.Row{Cells: []table.Cell{table.TextOf(id), table.TextOf(v[0]), table.TextOf(v[1])}}
		row.Link = linkOf(id)
		if err := spool.Add(row); err != nil {
			h.Fatal(err)
		}
	}
	res, set, err := export.Put(h.b.ctx, h.b.client, export.WriteRequest{
		Run: export.ID(fmt.Sprintf("run_%04d", run)), Owner: h.b.exporter.ID, Target: h.b.exporter.Target,
		Title: "Records", Rows: spool, Budget: 1 << 20, Note: "n", Zone: time.UTC, Trace: h.trace, FillDown: true,
		Mode: m.Mode, Partial: m.partial, Deleted: m.deleted, Report: func(export.Phase, int) {},
		Found: func(t export.Target) error { h.b.exporter.Target = t; return nil },
	})
	if err == nil {
		h.b.exporter.Target = res.Target
	}
	return res, set, err
}

// standing returns the rows in the managed range.
func (h *history) standing() [][]string {
	if h.b.exporter.Target.Spreadsheet == "" {
		return nil
	}
	var rows [][]string
	for _, at := range h.b.doc().NamedRanges() {
		for _, line := range h.b.doc().Values(at) {
			var row []string
			for _, v := range line {
				row = append(row, fmt.Sprint(v))
			}
			if strings.Join(row, "") != "" {
				rows = append(rows, row)
			}
		}
	}
	return rows[min(1, len(rows)):]
}

// perform lets a run happen: undisturbed, with a request that fails for a moment, or killed and taken up again.
func (h *history) perform(m mode, run int) {
	old := h.rows
	want, known := h.want(m)
	how := rapid.SampledFrom([]string{"", "lost", "cut", "dropped", "killed", "killed at the end"}).Draw(h.T, "fault")
	skip := rapid.IntRange(0, 7).Draw(h.T, "request")
	switch how {
	case "lost":
		h.b.sim.Fail(googlesim.Fault{Skip: skip, DropAfterApply: true})
	case "cut":
		h.b.sim.Fail(googlesim.Fault{Skip: skip, CutBody: true})
	case "dropped":
		h.b.sim.Fail(googlesim.Fault{Skip: skip, DropBefore: true})
	case "killed":
		h.b.sim.Fail(googlesim.Fault{Times: -1, Skip: skip, Status: 403, Message: "no"})
	}
	res, set, err := h.run(m, run)
	h.b.sim.ClearFaults()
	if err != nil && how == "" {
		h.Fatalf("%s: %v", how, err)
	}
	if err != nil || how == "killed at the end" { // the trace was not stored
		got := h.standing()
		if !same(old, got) && !same(want, got) {
			h.Fatalf("%v killed: neither the old rows %v nor the new ones %v stand, but %v", m, old, want, got)
		}
		if res, set, err = h.run(m, run); err != nil {
			h.Fatal(err)
		}
	}
	if got := h.standing(); !same(want, got) {
		h.Fatalf("%v of %v on %v, known %v, %s: (-want +got)\n%s", m, h.records, old, h.known, how, cmp.Diff(want, got))
	}
	if set.Rows != len(want) || res.Rows != len(want) {
		h.Fatalf("%v: the set says %d rows, the result %d, there are %d", m, set.Rows, res.Rows, len(want))
	}
	h.rows, h.known, h.trace = want, known, res.Trace
	if again, set, err := h.run(m, run); err != nil || !again.Unchanged || !set.Empty() {
		h.Fatalf("%v again: %+v %+v %v", m, again, set, err)
	}
	h.checkNotes()
}

func same(a, b [][]string) bool { return len(a)+len(b) == 0 || cmp.Equal(a, b) }

// books changes records as people do in QuickBooks.
func (h *history) books() {
	for range rapid.IntRange(0, 5).Draw(h.T, "changes") {
		what := rapid.SampledFrom([]string{"create", "create", "change", "void", "delete", "sort"}).Draw(h.T, "what")
		if what == "create" || len(h.records) == 0 {
			h.next++
			id := fmt.Sprintf("R%03d", h.next)
			at := rapid.IntRange(0, len(h.records)).Draw(h.T, "at")
			h.records = slices.Insert(h.records, at, id)
			h.values[id] = []string{"name of " + id, "Open"}
			continue
		}
		at := rapid.IntRange(0, len(h.records)-1).Draw(h.T, "at")
		v := h.values[h.records[at]]
		switch what {
		case "change":
			h.values[h.records[at]] = []string{v[0] + "'", v[1]}
		case "void":
			h.values[h.records[at]] = []string{v[0], "Voided"}
		case "delete":
			h.records = slices.Delete(h.records, at, at+1)
		case "sort":
			slices.Sort(h.records)
		}
	}
}

// people edit the sheet: they take out whole rows, and write notes below the rows.
func (h *history) people() {
	doc := h.b.doc()
	switch what := rapid.SampledFrom([]string{"", "", "note", "row"}).Draw(h.T, "edit"); {
	case what == "note" && h.notes < 3:
		tab, _ := doc.Tab("Invoices")
		h.b.grow(2, 0)
		h.notes++
		must(h.b.t, doc.SetCell(fmt.Sprintf("Invoices!B%d", tab.Rows+2), fmt.Sprint("note ", h.notes)))
	case what == "row" && len(h.rows) > 3:
		at := rapid.IntRange(1, len(h.rows)-2).Draw(h.T, "row")
		must(h.b.t, doc.DeleteRows("Invoices", at+2, 1))
		h.rows = slices.Delete(slices.Clone(h.rows), at, at+1)
	}
}

// checkNotes looks for the notes, each of which must be there once.
func (h *history) checkNotes() {
	found := 0
	for _, line := range h.b.doc().Values("Invoices!B1:B9999") {
		if strings.HasPrefix(fmt.Sprint(line...), "note ") {
			found++
		}
	}
	if found != h.notes {
		h.Fatalf("%d of %d notes are there", found, h.notes)
	}
}

// TestModesThroughAnyHistory: whatever happens in QuickBooks, in the sheet and on the way, no mode ever doubles or
// loses a row, rows stay where they are unless the mode is replace, and a repeated run writes nothing.
func TestModesThroughAnyHistory(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	for name, maxBody := range map[string]int{"small": 0, "staged": 900} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rapid.Check(timeless{t}, func(rt *rapid.T) {
					h := &history{T: rt, b: newBench(t, googlesim.Options{}, maxBody), values: map[string][]string{}}
					modes := []mode{
						{Mode: export.Upsert, deleted: export.DeletedRemove},
						{Mode: export.Upsert, deleted: export.DeletedMark}, {Mode: export.Append},
						{Mode: export.Upsert, partial: true}, {Mode: export.Upsert, deleted: export.DeletedKeep},
						{Mode: export.Replace},
					}
					m := rapid.SampledFrom(modes).Draw(rt, "mode")
					for run := range rapid.IntRange(1, 6).Draw(rt, "runs") {
						if rapid.IntRange(0, 5).Draw(rt, "switch") == 0 {
							m = rapid.SampledFrom(modes).Draw(rt, "mode")
						}
						h.books()
						h.perform(m, run)
						h.people()
					}
				})
			})
		})
	}
}

// timeless hides the test's deadline, which does not exist in a bubble of virtual time.
type timeless struct{ rapid.TB }
