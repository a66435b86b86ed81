package google_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// stops runs the exporter and expects a problem that offers the remedies; nothing may have changed then.
func (b *bench) stops(n int, want problem.Code, remedies ...string) *problem.Problem {
	b.t.Helper()
	before := b.doc().Resource()
	_, err := b.write(schema, invoices(n))
	p := problem.From(err)
	if err == nil || p.Code != want {
		b.t.Fatalf("got %v, want %s", err, want)
	}
	if diff := cmp.Diff(remedies, p.Remedies); diff != "" {
		b.t.Errorf("the remedies of %q:\n%s", p.Message, diff)
	}
	if diff := cmp.Diff(before, b.doc().Resource()); diff != "" {
		b.t.Errorf("the spreadsheet changed:\n%s", diff)
	}
	return p
}

func (b *bench) mustRepair(r export.Repair, s table.Schema, rows []table.Row) written {
	b.t.Helper()
	b.repairs = []export.Repair{r}
	return b.mustWrite(s, rows)
}

// retitled returns the tests' schema with another title for a column.
func retitled(id, title string) table.Schema {
	s := table.Schema{Columns: slices.Clone(schema.Columns)}
	for i := range s.Columns {
		if s.Columns[i].ID == id {
			s.Columns[i].Title = title
		}
	}
	return s
}

// TestPutBack: deleted columns return where they stood and titles are restored, with the rows that there are now;
// people's column between ours and their formula beside stay.
func TestPutBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		do    func(b *bench) error
		gone  string // titles
		found string
		at    int // where people's column is afterwards
	}{
		"first":  {func(b *bench) error { return b.doc().DeleteColumns("Invoices", 1, 1) }, "Invoice ID", "", 2},
		"before": {func(b *bench) error { return b.doc().DeleteColumns("Invoices", 2, 1) }, "Number", "", 2},
		"after":  {func(b *bench) error { return b.doc().DeleteColumns("Invoices", 4, 1) }, "Date", "", 2},
		"last":   {func(b *bench) error { return b.doc().DeleteColumns("Invoices", 7, 1) }, "Paid", "", 2},
		"three": {
			func(b *bench) error { return b.doc().DeleteColumns("Invoices", 4, 3) }, "Date Customer Total", "", 2,
		},
		"renamed": {func(b *bench) error { return b.doc().SetCell("Invoices!B1", "No.") }, "", "No.", 2},
		"cleared": {func(b *bench) error { return b.doc().SetCell("Invoices!B1", "") }, "", "", 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, 0)
			b.mustWrite(schema, invoices(20))
			must(t, b.doc().InsertColumns("Invoices", 3, 1))
			must(t, b.doc().SetCell("Invoices!C1", "Mine"))
			must(t, b.doc().SetCell("Invoices!C5", "my note"))
			must(t, b.doc().SetCell("Invoices!I2", "=SUM(F2:F21)"))
			b.mustWrite(schema, invoices(21)) // follows the columns
			must(t, test.do(b))
			remedies := []string{"put_back", "drop_columns", "start_over"}
			if test.gone == "" {
				remedies = []string{"put_back", "take_titles", "start_over"}
			}
			if name == "cleared" {
				remedies = []string{"put_back", "start_over"}
			}
			p := b.stops(25, problem.HeaderDrift, remedies...)
			var gone []string
			for _, c := range p.Columns {
				if c.Gone {
					gone = append(gone, c.Title)
				} else if c.ID != "DocNumber" || c.Title != "Number" || c.Found != test.found {
					t.Errorf("the problem tells of %+v", c)
				}
			}
			if strings.Join(gone, " ") != test.gone {
				t.Errorf("the problem tells of %v, want %s", gone, test.gone)
			}
			b.mustRepair(export.RepairPutBack, schema, invoices(25))
			mine := b.doc().Values("Invoices!A1:H30")
			if mine[0][test.at] != "Mine" || mine[4][test.at] != "my note" {
				t.Fatalf("people's column is not where it was: %v", mine[0])
			}
			for i := range mine {
				mine[i] = slices.Delete(mine[i], test.at, min(test.at+1, len(mine[i])))
			}
			b.checkCells(mine[:26], schema, invoices(25))
			for i, want := range map[int]string{2: "DATE", 4: "NUMBER"} { // of the first row
				col := i
				if col >= test.at {
					col++
				}
				cell := b.doc().Cell(fmt.Sprintf("Invoices!%c2", 'A'+col))
				if f := cell.Format; f == nil || f.NumberFormat == nil || f.NumberFormat.Type != want {
					t.Errorf("column %d shows %+v, want %s", i, f, want)
				}
			}
			b.rewrite(22, "") // without a further word
		})
	}
}

// TestTitlesDeleted: where the row with the titles is gone, what stands there is not offered as new titles.
func TestTitlesDeleted(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(b *bench) error{
		"deleted": func(b *bench) error { return b.doc().DeleteRows("Invoices", 1, 1) },
		"sorted": func(b *bench) error {
			must(b.t, b.doc().Freeze("Invoices", 0, 0))
			return b.doc().SortTab("Invoices", 1, false)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, 0)
			b.mustWrite(schema, invoices(20))
			must(t, do(b))
			p := b.stops(20, problem.HeaderDrift, "put_back", "start_over")
			if !strings.Contains(p.Message, "row with the titles") || p.Columns[0].Found != "" {
				t.Errorf("the problem says %q", p.Message)
			}
			b.mustRepair(export.RepairPutBack, schema, invoices(20))
			b.check("Invoices!A1:F30", schema, invoices(20))
		})
	}
}

// checkCells compares cells with the rows.
func (b *bench) checkCells(got [][]any, s table.Schema, rows []table.Row) {
	b.t.Helper()
	want := [][]any{{}}
	for _, c := range s.Columns {
		want[0] = append(want[0], c.Title)
	}
	for _, r := range rows {
		var line []any
		for _, c := range r.Cells {
			line = append(line, sheetValue(c))
		}
		want = append(want, line)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		b.t.Fatalf("the sheet differs from the rows:\n%s", diff)
	}
}

// TestTakeTitles: with the person's title as its own, the exporter goes on and leaves the header alone.
func TestTakeTitles(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.mustWrite(schema, invoices(5))
	must(t, b.doc().SetCell("Invoices!E1", "Amount due"))
	p := b.stops(5, problem.HeaderDrift, "put_back", "take_titles", "start_over")
	own := retitled(p.Columns[0].ID, p.Columns[0].Found)
	b.mustWrite(own, invoices(7))
	b.check("Invoices!A1:F20", own, invoices(7))
	if !b.mustWrite(own, invoices(7)).Unchanged {
		t.Error("a further run writes")
	}
}

// TestStartOver: the old tab stays, later runs go to the new one, and a retried run makes no third.
func TestStartOver(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]bool{"plain": false, "repeated": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, 0)
			b.mustWrite(schema, invoices(20))
			must(t, b.doc().AddTab("invoices (2)"))
			must(t, b.doc().DeleteColumns("Invoices", 2, 1))
			b.stops(20, problem.HeaderDrift, "put_back", "drop_columns", "start_over")
			old := b.doc().Values("Invoices!A1:Z99")
			target := b.exporter.Target
			res := b.mustRepair(export.RepairStartOver, schema, invoices(30))
			if lost { // the run died before it had stored where it wrote: its next attempt looks again
				b.exporter.Target = target
				b.runs--
				res = b.mustRepair(export.RepairStartOver, schema, invoices(30))
			}
			if res.Target.Sheet != "Invoices (3)" || len(b.tabs()) != 3 {
				t.Fatalf("it wrote to %q; tabs %+v", res.Target.Sheet, b.doc().Tabs())
			}
			b.check("Invoices (3)!A1:F99", schema, invoices(30))
			b.mustWrite(schema, invoices(12))
			b.check("Invoices (3)!A1:F99", schema, invoices(12))
			if diff := cmp.Diff(old, b.doc().Values("Invoices!A1:Z99")); diff != "" {
				t.Errorf("the old tab changed:\n%s", diff)
			}
		})
	}
}

// TestUnmerge: merged cells stop a run, and with a person's word are taken apart, wherever they lie.
func TestUnmerge(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		start, merge, at string
		grow             int
	}{
		"in the rows":                  {"A1", "B3:C5", "A1:F99", 0},
		"in the header":                {"A1", "A1:B1", "A1:F99", 0},
		"across the header's edge":     {"A2", "B1:B2", "A2:F99", 0},
		"across the header and beyond": {"A1", "F1:H1", "A1:F99", 0},
		"across the last row":          {"A1", "C21:C23", "A1:F99", 0},
		"below, and wider":             {"A1", "E24:H24", "A1:F21", 9},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, 0)
			b.exporter.Target.Start = test.start
			b.mustWrite(schema, invoices(20))
			must(t, b.doc().Merge("Invoices!"+test.merge))
			rows := invoices(20 + test.grow)
			rows[7] = invoice(8, "Changed", "8.00")
			if test.grow > 0 {
				must(t, b.doc().SetCell("Invoices!E24", "my total"))
			}
			b.stops(21+test.grow, problem.SheetConflict, "unmerge", "start_over")
			b.mustRepair(export.RepairUnmerge, schema, rows)
			from, _, _ := strings.Cut(test.at, ":")
			b.check(fmt.Sprintf("Invoices!%s:F%d", from, len(rows)+2), schema, rows)
			if merges := b.doc().Resource().Sheets[0].Merges; len(merges) != 0 {
				t.Errorf("merges are left: %+v", merges)
			}
			b.rewrite(15, "")
		})
	}
}

func (b *bench) isFormula(a1, want string) {
	b.t.Helper()
	if got := fmt.Sprint(b.doc().Formulas(a1)[0][0]); got != want {
		b.t.Errorf("%s is %s, want %s", a1, got, want)
	}
}

// forget removes all marks of the program's, as copying cells elsewhere or an add-on may.
func (b *bench) forget() {
	b.t.Helper()
	b.deleteRange()
	for _, m := range b.doc().Metadata() {
		must(b.t, b.doc().Batch(&sheets.Request{DeleteDeveloperMetadata: &sheets.DeleteDeveloperMetadataRequest{
			DataFilter: &sheets.DataFilter{
				DeveloperMetadataLookup: &sheets.DeveloperMetadataLookup{MetadataId: m.MetadataId},
			},
		}}))
	}
}

// TestTakeOver: rows that lost their marks are known by header and keys, and with a person's word are the exporter's
// again; what stands below stays.
func TestTakeOver(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		do     func(b *bench)
		owners []string
		tab    string
	}{
		"marks lost": {func(b *bench) { b.forget() }, nil, "Invoices!"},
		"range lost, a cell edited": {func(b *bench) {
			b.deleteRange()
			must(b.t, b.doc().SetCell("Invoices!D4", "mine"))
		}, nil, "Invoices!"},
		"made anew": {func(b *bench) {
			b.exporter.ID = "exp_02anew"
			b.exporter.Target.Tab, b.exporter.Target.Created = nil, false
		}, []string{"exp_01test"}, "Invoices!"},
		"copied, the original deleted": {func(b *bench) {
			must(b.t, b.doc().DuplicateTab("Invoices", "Copy"))
			must(b.t, b.doc().DeleteTab("Invoices"))
			must(b.t, b.doc().RenameTab("Copy", "Invoices"))
			must(b.t, b.doc().SetCell("Invoices!D4", "mine"))
			b.deleteRange()
		}, nil, "Invoices!"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, 0)
			b.mustWrite(schema, invoices(20))
			must(t, b.doc().SetCell("Invoices!D24", "my note"))
			must(t, b.doc().SetCell("Invoices!H2", "=SUM(E2:E21)"))
			test.do(b)
			p := b.stops(25, problem.SheetConflict, "take_over", "start_over")
			if diff := cmp.Diff(test.owners, p.Owners); diff != "" {
				t.Errorf("whose rows: %s", diff)
			}
			res := b.mustRepair(export.RepairTakeOver, schema, invoices(25))
			if res.Added != 5 || res.Removed != 0 {
				t.Errorf("%d rows were added and %d removed", res.Added, res.Removed)
			}
			b.check(test.tab+"A1:F26", schema, invoices(25))
			b.holds(test.tab+"D29", "my note")
			b.isFormula(test.tab+"H2", "=SUM(E2:E26)")
			for range 2 { // it is the exporter's own from now on
				b.mustWrite(schema, invoices(22))
				b.check(test.tab+"A1:F23", schema, invoices(22))
				b.holds(test.tab+"D26", "my note")
				b.isFormula(test.tab+"H2", "=SUM(E2:E23)")
			}
			if left := b.doc().NamedRanges(); len(left) != 1 {
				t.Errorf("named ranges: %v", left)
			}
		})
	}
}

// TestStrangersAreNotTakenOver: cells that do not look like the exporter's are never offered, and a person's word does
// not make them its own.
func TestStrangersAreNotTakenOver(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	id := b.sim.CreateSpreadsheet(owner, "Mine", "Invoices")
	b.exporter.Target.Spreadsheet = id
	for i, text := range []string{"Invoice ID", "Customer"} {
		must(t, b.doc().SetCell(fmt.Sprintf("Invoices!%c1", 'A'+i), text))
		must(t, b.doc().SetCell(fmt.Sprintf("Invoices!%c2", 'A'+i), "mine"))
	}
	b.stops(3, problem.SheetConflict, "start_over")
	b.repairs = []export.Repair{export.RepairTakeOver}
	b.stops(3, problem.SheetConflict, "start_over")
	b.mustRepair(export.RepairStartOver, schema, invoices(3))
	b.check("Invoices (2)!A1:F9", schema, invoices(3))
	b.holds("Invoices!A2", "mine")
}

// TestMarksThatSurvive: rows are taken over with what is left of their marks.
func TestMarksThatSurvive(t *testing.T) {
	t.Parallel()
	for name, keep := range map[string]string{
		"columns": "ledgersheet_column", "rows": "ledgersheet_row", "guards": "ledgersheet_guard",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, 0)
			b.mustWrite(schema, invoices(20))
			b.deleteRange()
			for _, m := range b.doc().Metadata() {
				if m.MetadataKey == keep {
					continue
				}
				must(t, b.doc().Batch(&sheets.Request{DeleteDeveloperMetadata: &sheets.DeleteDeveloperMetadataRequest{
					DataFilter: &sheets.DataFilter{
						DeveloperMetadataLookup: &sheets.DeveloperMetadataLookup{MetadataId: m.MetadataId},
					},
				}}))
			}
			must(t, b.doc().MoveColumns("Invoices", 2, 1, 5))
			b.stops(20, problem.SheetConflict, "take_over", "start_over")
			b.mustRepair(export.RepairTakeOver, schema, invoices(20))
			b.check("Invoices!A1:F30", schema, invoices(20))
			for n := 15; n < 30; n += 7 {
				b.mustWrite(schema, invoices(n))
				b.check("Invoices!A1:F30", schema, invoices(n))
			}
			counts := map[string]int{}
			for _, m := range b.doc().Metadata() {
				counts[m.MetadataKey+" "+m.MetadataValue]++
			}
			for mark, n := range counts {
				if n > 1 && !strings.HasPrefix(mark, "ledgersheet_guard") {
					t.Errorf("the mark %s is there %d times", mark, n)
				}
			}
		})
	}
}
