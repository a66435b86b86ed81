package google_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
)

// ownLines writes thirty invoices, puts lines of a person's in between, with a note, a look and a formula, and formulas
// elsewhere that refer to them and to the rows.
func ownLines(t *testing.T, maxBody int) *keeper {
	t.Helper()
	k := newKeeper(t, maxBody)
	k.mustWrite("run_1", schema, invoices(30))
	k.grow(20, 4)
	must(t, k.doc().AddTab("Sums"))
	must(t, k.doc().SetCell("Sums!A1", "=SUM(Invoices!E2:E31)"))
	must(t, k.doc().SetCell("Invoices!E33", "=SUM(E2:E31)"))
	must(t, k.doc().InsertRows("Invoices", 10, 1))
	must(t, k.doc().InsertRows("Invoices", 20, 2))
	for at, text := range map[string]string{
		"Invoices!D10": "first of mine", "Invoices!E10": "=2*3", "Invoices!D20": "second of mine",
		"Invoices!D21": "third of mine", "Sums!A2": "=Invoices!D20", "Sums!A3": "=Invoices!E10",
		"Sums!A4": "=Invoices!D11",
	} {
		must(t, k.doc().SetCell(at, text))
	}
	tab := k.doc().Tabs()[0].ID
	must(t, k.doc().Batch(&sheets.Request{RepeatCell: &sheets.RepeatCellRequest{
		Range: &sheets.GridRange{
			SheetId: tab, StartRowIndex: 19, EndRowIndex: 20, StartColumnIndex: 3, EndColumnIndex: 4,
		},
		Cell: &sheets.CellData{Note: "remember", UserEnteredFormat: &sheets.CellFormat{
			TextFormat: &sheets.TextFormat{Italic: true},
		}},
		Fields: "note,userEnteredFormat.textFormat.italic",
	}}))
	return k
}

// stand checks where the lines are, with all that belongs to them and refers to them.
func (k *keeper) linesStand(rows int) {
	k.t.Helper()
	k.check(fmt.Sprintf("Invoices!A1:F%d", rows+1), schema, invoices(rows))
	at := func(col string, n int) string { return fmt.Sprintf("Invoices!%s%d", col, rows+1+n) }
	k.holds(at("D", 1), "first of mine")
	k.holds(at("E", 1), "6")
	k.holds(at("D", 2), "second of mine")
	k.holds(at("D", 3), "third of mine")
	k.holds("Sums!A2", "second of mine")
	k.holds("Sums!A3", "6")
	k.holds("Sums!A4", "Customer 8")
	if c := k.doc().Cell(at("D", 2)); c.Note != "remember" || c.Format == nil || !c.Format.TextFormat.Italic {
		k.t.Errorf("the second line's note or look is gone: %+v", c)
	}
	sum := 0.0
	for n := range rows {
		sum += float64(n) + float64(n%100)/100
	}
	for _, a1 := range []string{"Sums!A1", at("E", 5)} {
		if got := fmt.Sprintf("%.2f", k.doc().Cell(a1).Value); got != fmt.Sprintf("%.2f", sum) {
			k.t.Errorf("%s shows %s by %v, the rows add up to %.2f", a1, got, k.doc().Formulas(a1), sum)
		}
	}
}

// TestOwnLinesMoveBelow moves a person's lines out of the exported area, in each mode that would take them out.
func TestOwnLinesMoveBelow(t *testing.T) {
	t.Parallel()
	for size, maxBody := range map[string]int{"small": 0, "staged": 1_000} {
		for _, rows := range []int{30, 37, 24} {
			t.Run(fmt.Sprint(size, " ", rows), func(t *testing.T) {
				t.Parallel()
				k := ownLines(t, maxBody)
				res := k.mustWrite("run_2", schema, invoices(rows))
				k.linesStand(rows)
				warned := export.WarningTexts(res.Warnings)
				if len(warned) != 1 || !strings.Contains(warned[0], "rows 10, 20, 21") ||
					!strings.Contains(warned[0], fmt.Sprintf("rows %d to %d", rows+2, rows+4)) {
					t.Errorf("warnings %q", warned)
				}
				if res.Removed != max(0, 30-rows) || res.Added != max(0, rows-30) || res.Changed != 0 ||
					res.Edited != 3 {
					t.Errorf("%+v", res.Set)
				}
				if res := k.mustWrite("run_3", schema, invoices(rows)); !res.Unchanged || len(res.Warnings) > 0 {
					t.Errorf("the next run: %+v", res)
				}
				k.mustWrite("run_4", schema, invoices(33))
				k.linesStand(33)
			})
		}
	}
}

// TestUndoKeepsOwnLines puts the rows back and leaves the lines where they are now.
func TestUndoKeepsOwnLines(t *testing.T) {
	t.Parallel()
	k := ownLines(t, 0)
	k.mustWrite("run_2", schema, invoices(35))
	k.mustUndo("run_3", "run_2")
	k.linesStand(30)
	k.mustUndo("run_4", "run_3")
	k.linesStand(35)
}

// TestOwnLinesStop: an exporter that stops where other cells are in the way stops for lines inside too.
func TestOwnLinesStop(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(w *export.WriteRequest){
		"when blocked": func(w *export.WriteRequest) { w.WhenBlocked = export.StopWhenBlocked },
		"on hand edit": func(w *export.WriteRequest) { w.OnHandEdit = export.StopOnHandEdit },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := ownLines(t, 0)
			was := k.doc().Resource()
			w := k.bench.request(schema, invoices(30))
			w.Trace, w.TraceRun = k.trace, k.run
			set(&w)
			_, err := k.put(w)
			p := problem.From(err)
			if p.Code != problem.SheetConflict || !strings.Contains(p.Message, "10") || p.Hint == "" {
				t.Fatalf("got %v", err)
			}
			if diff := cmp.Diff(was, k.doc().Resource()); diff != "" {
				t.Errorf("something was written:\n%s", diff)
			}
		})
	}
}

// TestOwnLineThatCannotMove is left where it is, and named together with what would be torn apart.
func TestOwnLineThatCannotMove(t *testing.T) {
	t.Parallel()
	k := ownLines(t, 0)
	must(t, k.doc().Merge("Invoices!F40:H40"))
	was := k.doc().Resource()
	_, err := k.write("run_2", schema, invoices(30))
	if p := problem.From(err); p.Code != problem.SheetConflict || !strings.Contains(p.Message, "F40:H40") ||
		!strings.Contains(p.Message, "10") {
		t.Fatalf("got %v", err)
	}
	if diff := cmp.Diff(was, k.doc().Resource()); diff != "" {
		t.Errorf("something was written:\n%s", diff)
	}
	must(t, k.doc().Unmerge("Invoices!F40:H40"))
	k.mustWrite("run_3", schema, invoices(30))
	k.linesStand(30)
}

// TestLinesOfASort: sorting the whole tab carries a person's total into the rows, or one of theirs to their end.
func TestLinesOfASort(t *testing.T) {
	t.Parallel()
	for _, column := range []int{1, 4} {
		for _, down := range []bool{true, false} {
			t.Run(fmt.Sprint(column, down), func(t *testing.T) {
				t.Parallel()
				k := newKeeper(t, 0)
				k.mustWrite("run_1", schema, invoices(30))
				k.grow(9, 0)
				must(t, k.doc().SetCell("Invoices!D33", "Customer 5 is mine"))
				must(t, k.doc().SetCell("Invoices!A33", "14b"))
				must(t, k.doc().SortTab("Invoices", column, down))
				k.mustWrite("run_2", schema, invoices(31))
				k.check("Invoices!A1:F32", schema, invoices(31))
				k.holds("Invoices!D33", "Customer 5 is mine")
				k.holds("Invoices!A33", "14b")
			})
		}
	}
}

// TestFormulasBesideOwnLines stay beside the rows that they were made for.
func TestFormulasBesideOwnLines(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, 0)
	k.bench.fillDown = true
	write := func(rows int) {
		w := k.bench.request(schema, invoices(rows))
		w.Trace = k.trace
		res, err := k.put(w)
		must(t, err)
		k.trace = res.Trace
	}
	write(20)
	k.grow(9, 4)
	for n := range 20 {
		must(t, k.doc().SetCell(fmt.Sprintf("Invoices!G%d", n+2), fmt.Sprintf("=A%d*1", n+2)))
	}
	must(t, k.doc().InsertRows("Invoices", 8, 1))
	must(t, k.doc().SetCell("Invoices!D8", "mine"))
	must(t, k.doc().SetCell("Invoices!G8", "beside mine"))
	write(22)
	k.check("Invoices!A1:F23", schema, invoices(22))
	for n := range 22 {
		k.holds(fmt.Sprintf("Invoices!G%d", n+2), fmt.Sprint(n+1))
	}
	k.holds("Invoices!D24", "mine")
	k.holds("Invoices!G24", "beside mine")
}

// TestEveryFaultWithOwnLines makes each request fail in each way: a person's lines stand once, wherever they are.
func TestEveryFaultWithOwnLines(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	for size, maxBody := range map[string]int{"small": 0, "staged": 1_000} {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for n, hit := 0, true; hit; n++ {
					for _, s := range spoils() {
						k := ownLines(t, maxBody)
						var seen []string
						k.sim.Watch(func(a googlesim.Applied) {
							lines := 0
							for _, row := range a.Book.Values("Invoices!A1:F60") {
								if slices.Contains(row, any("second of mine")) {
									lines++
								}
							}
							if lines != 1 {
								seen = append(seen, fmt.Sprint(a.Kind, ": ", lines))
							}
						})
						fault := s.fault
						hit = false
						fault.Kind, fault.Skip, fault.Before = "batchUpdate", n, func() { hit = true }
						k.sim.Fail(fault)
						_, _ = k.write("run_2", schema, invoices(33))
						k.sim.ClearFaults()
						k.mustWrite("run_3", schema, invoices(33))
						k.sim.ApplyLate()
						k.linesStand(33)
						if len(seen) > 0 {
							t.Errorf("%d %s: lines stood %s times", n, s.name, seen[0])
						}
					}
				}
			})
		})
	}
}
