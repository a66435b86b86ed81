package google_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
)

// The tests of this file do to a spreadsheet what people do between two runs, and then look after their cells.

// deleteRange deletes the exporter's named range, as the menu "Named ranges" does.
func (b *bench) deleteRange() {
	b.t.Helper()
	for _, n := range b.doc().Resource().NamedRanges {
		must(b.t,
			b.doc().
				Batch(&sheets.Request{DeleteNamedRange: &sheets.DeleteNamedRangeRequest{NamedRangeId: n.NamedRangeId}}))
	}
}

// grow adds rows and columns to the first tab for cells of the user's.
func (b *bench) grow(rows, columns int64) {
	b.t.Helper()
	for dimension, n := range map[string]int64{"ROWS": rows, "COLUMNS": columns} {
		if n == 0 {
			continue
		}
		must(b.t, b.doc().Batch(&sheets.Request{AppendDimension: &sheets.AppendDimensionRequest{
			SheetId: b.doc().Tabs()[0].ID, Dimension: dimension, Length: n, ForceSendFields: []string{"SheetId"},
		}}))
	}
}

// rewrite runs the exporter and expects the problem; nothing may have changed then. No code expects success.
func (b *bench) rewrite(n int, want problem.Code) {
	b.t.Helper()
	was := map[string][][]any{}
	for _, tab := range b.doc().Tabs() {
		was[tab.Title] = b.doc().Values(quoted(tab.Title) + "!A1:Z99")
	}
	_, err := b.write(schema, invoices(n))
	if want == "" {
		if err != nil {
			b.t.Fatal(err)
		}
		return
	}
	if p := problem.From(err); err == nil || p.Code != want || p.Hint == "" {
		b.t.Fatalf("got %v, want %s", err, want)
	}
	for title, cells := range was {
		if diff := cmp.Diff(cells, b.doc().Values(quoted(title)+"!A1:Z99")); diff != "" {
			b.t.Errorf("cells of %s changed:\n%s", title, diff)
		}
	}
}

func quoted(title string) string { return "'" + title + "'" }

func (b *bench) holds(a1, want string) {
	b.t.Helper()
	if got := fmt.Sprint(b.doc().Cell(a1).Value); got != want {
		b.t.Errorf("%s holds %q, want %q", a1, got, want)
	}
}

func TestNamedRangeDeleted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before func(b *bench)
		want   problem.Code
		at     string // of the rows afterwards
	}{
		"rows untouched": {func(*bench) {}, "", "Invoices!A1:F99"},
		"rows moved down": {func(b *bench) {
			must(b.t, b.doc().InsertRows("Invoices", 1, 2))
			must(b.t, b.doc().SetCell("Invoices!A1", "my heading"))
		}, problem.SheetConflict, ""},
		"rows deleted inside, a note below": {func(b *bench) {
			b.grow(9, 0)
			must(b.t, b.doc().SetCell("Invoices!B22", "my note"))
			must(b.t, b.doc().DeleteRows("Invoices", 5, 3))
		}, problem.SheetConflict, ""},
		"a cell edited": {
			func(b *bench) { must(b.t, b.doc().SetCell("Invoices!B5", "mine")) }, problem.SheetConflict, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, 0)
			b.mustWrite(schema, invoices(20))
			b.deleteRange()
			test.before(b)
			b.rewrite(15, test.want)
			if test.want == "" {
				b.check(test.at, schema, invoices(15))
				b.rewrite(30, "") // the named range is there again
				b.check(test.at, schema, invoices(30))
			}
		})
	}
}

// TestManagedRangeDeleted deletes all of the exported rows: what slides up to their place is the user's.
func TestManagedRangeDeleted(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.mustWrite(schema, invoices(20))
	b.grow(40, 0)
	must(t, b.doc().SetCell("Invoices!A25", "my note"))
	must(t, b.doc().DeleteRows("Invoices", 1, 21))
	b.rewrite(20, problem.SheetConflict)
	b.holds("Invoices!A4", "my note")
	must(t, b.doc().SetCell("Invoices!A4", ""))
	b.rewrite(20, "")
	b.check("Invoices!A1:F99", schema, invoices(20))
}

func TestTabDeletedAndMadeAnew(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.mustWrite(schema, invoices(20))
	must(t, b.doc().AddTab("Other"))
	must(t, b.doc().DeleteTab("Invoices"))
	must(t, b.doc().AddTab("Invoices"))
	must(t, b.doc().SetCell("Invoices!C3", "mine"))
	b.rewrite(20, problem.SheetConflict)
	must(t, b.doc().SetCell("Invoices!C3", ""))
	b.rewrite(20, "")
	b.check("Invoices!A1:F99", schema, invoices(20))
	must(t, b.doc().DeleteTab("Invoices"))
	b.rewrite(7, "")
	b.check("Invoices!A1:F99", schema, invoices(7))
}

// retarget changes the destination as a person does: what runs learnt of the old place is forgotten.
func (b *bench) retarget(sheet, start string) {
	b.exporter.Target.Sheet, b.exporter.Target.Start, b.exporter.Target.Tab = sheet, start, nil
}

// TestOtherTabAndBack moves an exporter to another tab and back; its rows go along.
func TestOtherTabAndBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.mustWrite(schema, invoices(20))
	b.retarget("Archive", "B2")
	b.rewrite(10, "")
	b.check("Archive!B2:G99", schema, invoices(10))
	b.empty("Invoices!A1:Z99")
	b.retarget("Invoices", "A1")
	b.rewrite(30, "")
	b.check("Invoices!A1:F99", schema, invoices(30))
	b.empty("Archive!A1:Z99")
	// Somebody uses the place that the rows have left.
	must(t, b.doc().SetCell("Archive!C4", "mine"))
	b.retarget("Archive", "B2")
	b.rewrite(10, problem.SheetConflict)
}

// TestBackToRowsLeftBehind starts over on another tab, and then returns to the rows that stayed on the first one.
func TestBackToRowsLeftBehind(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.mustWrite(schema, invoices(20))
	b.repairs = []export.Repair{export.RepairStartOver}
	b.mustWrite(schema, invoices(10))
	b.check("Invoices!A1:F99", schema, invoices(20))
	b.retarget("Invoices", "A1")
	b.rewrite(30, "")
	b.check("Invoices!A1:F99", schema, invoices(30))
}

// TestTitleOfATabThatWasRenamed asks for a tab whose title an earlier tab of the exporter had.
func TestTitleOfATabThatWasRenamed(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.mustWrite(schema, invoices(5))
	b.retarget("Archive", "A1")
	b.mustWrite(schema, invoices(5))
	must(t, b.doc().RenameTab("Archive", "Old archive"))
	b.retarget("Invoices", "A1")
	b.mustWrite(schema, invoices(5))
	b.retarget("Archive", "A1")
	b.rewrite(6, "")
	b.check("Archive!A1:F99", schema, invoices(6))
	b.empty("'Old archive'!A1:Z99")
}

// TestStartCellMoved takes the exporter's own rows along, whichever way the new place overlaps the old one.
func TestStartCellMoved(t *testing.T) {
	t.Parallel()
	for _, maxBody := range []int{0, 2_000} {
		for start, at := range map[string]string{"C4": "C4:H99", "B1": "B1:G99", "A30": "A30:F99", "K1": "K1:P99"} {
			t.Run(fmt.Sprint(start, " ", maxBody), func(t *testing.T) {
				t.Parallel()
				b := newBench(t, googlesim.Options{}, maxBody)
				b.mustWrite(schema, invoices(20))
				b.grow(40, 20)
				must(t, b.doc().SetCell("Invoices!I40", "mine"))
				b.retarget("Invoices", start)
				b.rewrite(22, "")
				b.check("Invoices!"+at, schema, invoices(22))
				cells := 0
				for _, row := range b.doc().Values("Invoices!A1:Z99") {
					for _, v := range row {
						if v != "" {
							cells++
						}
					}
				}
				if want := 23*6 + 1; cells != want {
					t.Errorf("%d cells hold something, want %d: old rows were left", cells, want)
				}
				b.holds("Invoices!I40", "mine")
				b.retarget("Invoices", "A1")
				b.rewrite(20, "")
				b.check("Invoices!A1:F99", schema, invoices(20))
				b.holds("Invoices!I40", "mine")
			})
		}
	}
}

// TestCopiedSpreadsheet points the exporter at a copy whose marks have other ids than ours.
func TestCopiedSpreadsheet(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.mustWrite(schema, invoices(20))
	doc := b.doc()
	var value string
	for _, m := range doc.Metadata() {
		value = m.MetadataValue
		old := &sheets.DataFilter{DeveloperMetadataLookup: &sheets.DeveloperMetadataLookup{MetadataId: m.MetadataId}}
		must(t, doc.Batch(&sheets.Request{
			DeleteDeveloperMetadata: &sheets.DeleteDeveloperMetadataRequest{DataFilter: old},
		}))
	}
	tab := doc.Tabs()[0].ID
	copied := &sheets.DeveloperMetadata{
		MetadataId: 77, MetadataKey: "ledgersheet", MetadataValue: value, Visibility: "DOCUMENT",
		Location: &sheets.DeveloperMetadataLocation{SheetId: tab, ForceSendFields: []string{"SheetId"}},
	}
	must(t, doc.Batch(&sheets.Request{
		CreateDeveloperMetadata: &sheets.CreateDeveloperMetadataRequest{DeveloperMetadata: copied},
	}))
	named := doc.Resource().NamedRanges[0]
	b.deleteRange()
	named.NamedRangeId = "copied"
	must(t, doc.Batch(&sheets.Request{AddNamedRange: &sheets.AddNamedRangeRequest{NamedRange: named}}))
	b.rewrite(25, "")
	b.check("Invoices!A1:F99", schema, invoices(25))
	if n := len(doc.Resource().NamedRanges); n != 1 {
		t.Errorf("%d named ranges", n)
	}
}

// TestProtectedTabWithAnOpenPart writes where the owner let it.
func TestProtectedTabWithAnOpenPart(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.useForeign(t)
	tab := b.doc().Tabs()[0].ID
	protect := func(columns int64) *sheets.Request {
		open := &sheets.GridRange{
			SheetId: tab, StartColumnIndex: 0, EndColumnIndex: columns, ForceSendFields: []string{"SheetId"},
		}
		protected := &sheets.ProtectedRange{
			ProtectedRangeId:  9,
			Range:             &sheets.GridRange{SheetId: tab, ForceSendFields: []string{"SheetId"}},
			UnprotectedRanges: []*sheets.GridRange{open},
			Editors:           &sheets.Editors{Users: []string{"boss@example.com"}},
		}
		return &sheets.Request{AddProtectedRange: &sheets.AddProtectedRangeRequest{ProtectedRange: protected}}
	}
	must(t, b.doc().Batch(protect(8)))
	b.rewrite(25, "")
	b.check("Invoices!A1:F99", schema, invoices(25))
	must(t, b.doc().Unprotect("Invoices"))
	must(t, b.doc().Batch(protect(3)))
	b.rewrite(20, problem.SheetProtected)
}

// TestHiddenAndOddTabs writes to tabs whose titles look like cells or quote themselves, and to hidden ones.
func TestHiddenAndOddTabs(t *testing.T) {
	t.Parallel()
	for _, title := range []string{"A1", "R1C1", "It's \"Q1\"", "Übersicht 日本 😀", "2026", "TRUE", "a!b", "'", "A:C"} {
		for name, maxBody := range map[string]int{"small": 0, "staged": 2_000} {
			t.Run(name+" "+title, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, googlesim.Options{}, maxBody)
				b.exporter.Target.Sheet, b.exporter.Target.Start = title, "C3"
				b.mustWrite(schema, invoices(20))
				must(t, b.doc().AddTab("front"))
				must(t, b.doc().HideTab(title, true))
				if res := b.mustWrite(schema, invoices(20)); !res.Unchanged {
					t.Error("the second run wrote the same rows")
				}
				b.mustWrite(schema, invoices(31))
				tab, ok := b.doc().Tab(title)
				if !ok || !tab.Hidden || len(b.tabs()) != 2 {
					t.Errorf("tabs %+v", b.tabs())
				}
			})
		}
	}
}

// TestSpreadsheetOfAnEarlierTry finds the spreadsheet that a run which died had made, and that somebody has begun to
// use.
func TestSpreadsheetOfAnEarlierTry(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.mustWrite(schema, nil)
	doc, first := b.doc(), b.exporter.Target
	b.deleteRange()
	must(t, doc.AddTab("Mine"))
	must(t, doc.DeleteTab("Invoices"))
	must(t, doc.SetCell("Mine!B2", "my plan"))
	b.exporter.Target = export.Target{Account: "con_1", Sheet: "Invoices", Start: "A1", CreateKey: first.CreateKey}
	if _, err := b.write(schema, invoices(3)); err != nil && !problem.HasCode(err, problem.SheetConflict) {
		t.Fatal(err)
	}
	if got := b.doc().Resource().SpreadsheetId; got != first.Spreadsheet {
		t.Fatalf("another spreadsheet %s", got)
	}
	found := false
	for _, tab := range doc.Tabs() {
		if v := doc.Values(quoted(tab.Title) + "!B2"); len(v) == 1 && v[0][0] == "my plan" {
			found = true
		}
	}
	if !found {
		t.Error("the user's cell is gone")
	}
}
