package google_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
)

// TestPeek looks at spreadsheets before anything is written: what they are called, their tabs, what stands at a place,
// and whether they can be changed.
func TestPeek(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	foreign := b.sim.CreateSpreadsheet("friend@example.com", "Budget", "Plan", "It's 2026")
	peek := func(id, sheet, start string) (export.Peek, error) {
		return b.client.Peek(b.ctx, "con_1", id, sheet, start)
	}
	if _, err := peek(foreign, "Plan", "A1"); !problem.HasCode(err, problem.SpreadsheetForbidden) {
		t.Errorf("one that is not shared: %v", err)
	}
	if _, err := peek("1nothingOfTheKind", "Plan", "A1"); !problem.HasCode(err, problem.SpreadsheetNotFound) {
		t.Errorf("one that is not there: %v", err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(b.sim.Share(foreign, owner, "reader"))
	// With drive.file and spreadsheets, Drive does not know a file of somebody else's, so whether it can be changed
	// is not known.
	got, err := peek(foreign, "Plan", "A1")
	must(err)
	want := export.Peek{Title: "Budget", Tabs: []string{"Plan", "It's 2026"}, Found: true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("with narrow scopes (-want +got):\n%s", diff)
	}
	b.useAll()
	b.open(0, 0)
	if got, err = peek(foreign, "Plan", "A1"); err != nil || !got.ReadOnly {
		t.Errorf("a reader: %+v, %v", got, err)
	}
	must(b.sim.Share(foreign, owner, "writer"))
	must(b.sim.Spreadsheet(foreign).SetCell("'It''s 2026'!B3", "Total"))
	must(b.sim.Spreadsheet(foreign).SetCell("'It''s 2026'!C3", "12.5"))
	for _, c := range []struct {
		sheet, start string
		found        bool
		cells        [][]string
	}{
		{"it's 2026", "B3", true, [][]string{{"Total", "12.5"}}},
		{"It's 2026", "B2", true, [][]string{nil, {"Total", "12.5"}}},
		{"It's 2026", "E9", true, nil},
		{"It's 2026", "ZZ9999", true, nil},
		{"It's 2026", "ledgersheet_rows", true, nil},
		{"Missing", "A1", false, nil},
	} {
		got, err := peek(foreign, c.sheet, c.start)
		must(err)
		want := export.Peek{Title: "Budget", Tabs: []string{"Plan", "It's 2026"}, Found: c.found, Cells: c.cells}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s at %s (-want +got):\n%s", c.sheet, c.start, diff)
		}
	}
	b.mustWrite(schema, invoices(2))
	got, err = peek(b.exporter.Target.Spreadsheet, "Invoices", "A1")
	must(err)
	if len(got.Tabs) != 1 || got.Tabs[0] != "Invoices" || len(got.Cells) != 3 || got.Cells[0][1] != "Number" ||
		got.ReadOnly {
		t.Errorf("its own: %+v", got)
	}
}
