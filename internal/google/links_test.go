package google_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/table"
)

// linkedSchema is recordSchema with links on its ids.
func linkedSchema() table.Schema {
	s := table.Schema{Columns: slices.Clone(recordSchema.Columns)}
	s.Columns[0].Linked = true
	return s
}

func linkOf(id string) string { return "https://books.example.com/app/invoice?txnId=" + id }

func linkedRow(id, name string) table.Row {
	return table.Row{Link: linkOf(id), Cells: []table.Cell{table.TextOf(id), table.TextOf(name), table.TextOf("Open")}}
}

func linkedRows(ids ...string) []table.Row {
	var rows []table.Row
	for _, id := range ids {
		rows = append(rows, linkedRow(id, "name of "+id))
	}
	return rows
}

// links returns the links of the tab's first cells by their addresses.
func (b *bench) links() map[string]string {
	got := map[string]string{}
	for n := range linksSeen + 1 {
		for _, column := range "ABCDEF" {
			at := fmt.Sprintf("%c%d", column, n+1)
			f := b.doc().Cell("Invoices!" + at).Format
			if f != nil && f.TextFormat != nil && f.TextFormat.Link != nil {
				got[at] = f.TextFormat.Link.Uri
			}
		}
	}
	return got
}

// linksSeen is in how many rows below the header links are looked for.
const linksSeen = 39

// wantLinks compares the links with those that the first column's values should have.
func (b *bench) wantLinks(ids ...string) {
	b.t.Helper()
	want := map[string]string{}
	for n, id := range ids {
		want[fmt.Sprintf("A%d", n+2)] = linkOf(id)
	}
	if got := b.links(); fmt.Sprint(got) != fmt.Sprint(want) {
		b.t.Fatalf("the links are %v, want %v", got, want)
	}
}

// TestLinks: a link is part of a cell and not of its value, costs nothing while it stays, goes where its row goes, and
// goes with the column or with the wish for links.
func TestLinks(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	s := linkedSchema()
	rows := linkedRows("1", "=HYPERLINK(\"x\",\"y\")", "3")
	b.mustWrite(s, rows)
	b.wantLinks("1", "=HYPERLINK(\"x\",\"y\")", "3")
	b.check("Invoices!A1:C4", s, rows)
	b.wantUnchanged(s, rows)
	other := slices.Clone(rows)
	other[1] = linkedRow("2", "new")
	b.mustWrite(s, other)
	b.wantLinks("1", "2", "3")
	f := b.doc().Cell("Invoices!A3").Format.TextFormat
	if !f.Underline || f.ForegroundColorStyle.ThemeColor != "LINK" {
		t.Errorf("a link looks like %+v", f)
	}
	b.mustWrite(s, other[1:])
	b.wantLinks("2", "3")
	b.mustWrite(s, append(linkedRows("0"), other...))
	b.wantLinks("0", "1", "2", "3")
	wider := table.Schema{Columns: slices.Insert(slices.Clone(s.Columns), 1, table.Column{ID: "Note", Title: "Note"})}
	var wide []table.Row
	for _, r := range other {
		r.Cells = slices.Insert(slices.Clone(r.Cells), 1, table.TextOf("a note"))
		wide = append(wide, r)
	}
	b.mustWrite(wider, wide)
	b.wantLinks("1", "2", "3")
	b.mustWrite(recordSchema, other)
	if got := b.links(); len(got) > 0 {
		t.Errorf("left behind: %v", got)
	}
	if f := b.doc().Cell("Invoices!A3").Format.TextFormat; f.Underline || f.ForegroundColorStyle != nil {
		t.Errorf("without a link it looks like %+v", f)
	}
	b.mustWrite(s, other)
	b.wantLinks("1", "2", "3")
}

// TestLabelsLinkQuietly: in a statement every label opens the report, and looks like text.
func TestLabelsLinkQuietly(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	s := table.Schema{Columns: []table.Column{
		{ID: "Label", Title: "Name", Label: true, Linked: true}, {ID: "Total", Title: "Total", Kind: table.Money},
	}}
	rows := []table.Row{
		{Link: linkOf("r"), Role: table.Section, Cells: []table.Cell{table.TextOf("Income"), {}}},
		{Link: linkOf("r"), Level: 1, Cells: []table.Cell{table.TextOf("Sales"), {}}},
		{Link: linkOf("r"), Role: table.Total, Cells: []table.Cell{table.TextOf("Total"), {}}},
	}
	b.mustWrite(s, rows)
	b.wantLinks("r", "r", "r")
	for n, bold := range map[int]bool{2: true, 3: false, 4: true} {
		f := b.doc().Cell(fmt.Sprintf("Invoices!A%d", n)).Format.TextFormat
		if f.Underline || f.ForegroundColorStyle.ThemeColor != "TEXT" || f.Bold != bold {
			t.Errorf("row %d looks like %+v", n, f)
		}
	}
}

// TestTooManyLinks: links that do not fit into the commit are not set, and none of another row stays.
func TestTooManyLinks(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, staged)
	var ids []string
	for n := range 300 {
		ids = append(ids, fmt.Sprint("R", n))
	}
	s := linkedSchema()
	b.mustWrite(s, linkedRows(ids[:100]...)) // its rows do not fit into one request, its links do
	b.wantLinks(ids[:linksSeen]...)
	slices.Reverse(ids)
	b.mustWrite(s, linkedRows(ids...))
	if got := b.links(); len(got) > 0 {
		t.Errorf("left behind: %v", got)
	}
	b.mustWrite(s, linkedRows(ids[:5]...))
	b.wantLinks(ids[:5]...)
}

// TestLinksThroughAnyHistory: whatever happens in the books, in the sheet and on the way, in whichever mode, no cell
// has the link of another record. Each record that is still there has its own.
func TestLinksThroughAnyHistory(t *testing.T) {
	t.Parallel()
	for name, maxBody := range map[string]int{"small": 0, "staged": 2_500} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rapid.Check(timeless{t}, func(rt *rapid.T) {
					h := &history{T: rt, b: newBench(t, googlesim.Options{}, maxBody), values: map[string][]string{}}
					h.linked = true
					modes := []mode{
						{Mode: export.Replace}, {Mode: export.Upsert, deleted: export.DeletedRemove},
						{Mode: export.Append}, {Mode: export.Upsert, deleted: export.DeletedMark},
					}
					m := modes[rapid.IntRange(0, 1).Draw(rt, "mode")]
					for run := range rapid.IntRange(1, 5).Draw(rt, "runs") {
						if rapid.IntRange(0, 4).Draw(rt, "switch") == 0 {
							m = rapid.SampledFrom(modes).Draw(rt, "mode")
						}
						h.linked = rapid.IntRange(0, 5).Draw(rt, "linked") > 0
						h.books()
						h.perform(m, run)
						h.checkLinks(m)
						h.people()
					}
				})
			})
		})
	}
}

// checkLinks compares each cell's link with its value.
func (h *history) checkLinks(m mode) {
	for at, link := range h.b.links() {
		id, _ := h.b.doc().Cell("Invoices!" + at).Value.(string)
		if !strings.HasPrefix(at, "A") || link != linkOf(id) {
			h.Fatalf("%v: %s holds %q and opens %s", m, at, id, link)
		}
	}
	keepsGone := m.Mode == export.Append || m.deleted == export.DeletedMark
	if !keepsGone && h.linked && len(h.b.links()) != min(len(h.rows), linksSeen) {
		h.Fatalf("%d of %d rows have links", len(h.b.links()), len(h.rows))
	}
}
