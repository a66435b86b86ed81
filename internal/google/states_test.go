package google_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// keeper runs the exporter and remembers what the pipeline remembers.
type keeper struct {
	*bench
	mode     export.OnHandEdit
	trace    []byte
	run      export.ID
	next     []byte
	nextRun  export.ID
	befores  map[export.ID][]byte
	undoable bool
	months   bool
	zone     *time.Location // nil means UTC
}

func newKeeper(t *testing.T, maxBody int) *keeper {
	return keeperOf(newBench(t, googlesim.Options{}, maxBody))
}

// newSmallKeeper keeps no states of ranges with more cells.
func newSmallKeeper(t *testing.T, maxBody, keptCells int) *keeper {
	k := newKeeper(t, maxBody)
	k.open(maxBody, keptCells)
	return k
}

func keeperOf(b *bench) *keeper { return &keeper{bench: b, befores: map[export.ID][]byte{}} }

func (k *keeper) request(run export.ID) export.WriteRequest {
	k.undoable = false
	return export.WriteRequest{
		Run: run, Owner: k.exporter.ID, Target: k.exporter.Target, Title: k.exporter.Name, Budget: 1 << 20,
		Note: "written by " + string(run), Zone: orUTC(k.zone), OnHandEdit: k.mode,
		Look: k.exporter.Look, Heading: k.heading, KeepMonthEnds: k.months,
		Trace: k.trace, TraceRun: k.run, Next: k.next, NextRun: k.nextRun,
		Report: func(export.Phase, int) {},
		Found:  func(t export.Target) error { k.exporter.Target = t; return nil },
		Planned: func(p export.Planned) error {
			k.trace, k.run, k.next, k.nextRun = p.Before, p.BeforeRun, p.Trace, run
			k.undoable = p.Undoable
			if _, have := k.befores[run]; !have && p.Undoable {
				k.befores[run] = p.Before
			}
			return nil
		},
	}
}

func (k *keeper) put(w export.WriteRequest) (written, error) {
	res, set, err := export.Put(k.ctx, k.client, w)
	if err != nil {
		return written{}, err
	}
	k.exporter.Target = res.Target
	k.trace, k.run, k.next, k.nextRun = res.Trace, res.TraceRun, nil, ""
	if before, ok := k.befores[w.Undo]; ok {
		k.trace = before
	}
	return written{res, *set}, nil
}

func (k *keeper) write(run export.ID, s table.Schema, rows []table.Row) (written, error) {
	w := k.request(run)
	w.Rows = table.NewSpool(s)
	for _, r := range rows {
		must(k.t, w.Rows.Add(r))
	}
	return k.put(w)
}

func (k *keeper) mustWrite(run export.ID, s table.Schema, rows []table.Row) written {
	k.t.Helper()
	res, err := k.write(run, s, rows)
	must(k.t, err)
	return res
}

func (k *keeper) undo(run, undone export.ID) (written, error) {
	w := k.request(run)
	w.Undo = undone
	return k.put(w)
}

func (k *keeper) mustUndo(run, undone export.ID) written {
	k.t.Helper()
	res, err := k.undo(run, undone)
	must(k.t, err)
	return res
}

// picture returns the whole document as JSON, without the program's marks, the hidden tab of states, and the sizes of
// grids: rows and columns that were added at the end stay.
func (k *keeper) picture() string {
	k.t.Helper()
	doc := k.doc().Resource()
	doc.DeveloperMetadata, doc.NamedRanges = nil, nil
	doc.Sheets = slices.DeleteFunc(doc.Sheets, func(s *sheets.Sheet) bool {
		return strings.HasPrefix(s.Properties.Title, "Undo of ")
	})
	for _, s := range doc.Sheets {
		s.DeveloperMetadata = nil
		s.Properties.GridProperties.RowCount = 0
		s.Properties.GridProperties.ColumnCount = 0
		s.Properties.Index = 0
		for _, d := range s.Data {
			d.RowMetadata, d.ColumnMetadata = nil, nil
			for _, r := range d.RowData {
				r.Values = trimCells(r.Values)
			}
			for len(d.RowData) > 0 && len(d.RowData[len(d.RowData)-1].Values) == 0 {
				d.RowData = d.RowData[:len(d.RowData)-1]
			}
		}
	}
	text, err := json.MarshalIndent(doc, "", " ")
	must(k.t, err)
	return string(text)
}

func trimCells(cells []*sheets.CellData) []*sheets.CellData {
	for n := len(cells); n > 0; n-- {
		if text, _ := json.Marshal(cells[n-1]); string(text) != "{}" {
			return cells[:n]
		}
	}
	return nil
}

var dropped = table.Schema{Columns: slices.Delete(slices.Clone(schema.Columns), 3, 4)}

func drop(rows []table.Row) []table.Row {
	out := make([]table.Row, len(rows))
	for i, r := range rows {
		out[i] = table.Row{Cells: slices.Delete(slices.Clone(r.Cells), 3, 4)}
	}
	return out
}

func renamedTitles() table.Schema {
	s := table.Schema{Columns: slices.Clone(schema.Columns)}
	s.Columns[3].Title, s.Columns[4].Title = "Client", "Amount"
	return s
}

// scenes are what a run may do that is then undone.
var scenes = []struct {
	name   string
	schema table.Schema
	rows   func() []table.Row
}{
	{"changed cells", schema, func() []table.Row {
		rows := invoices(30)
		rows[3], rows[17] = invoice(4, "Renamed", "1.25"), invoice(18, "=1+1", "-7.00")
		return rows
	}},
	{"added rows", schema, func() []table.Row { return invoices(44) }},
	{"removed rows", schema, func() []table.Row { return slices.Delete(invoices(30), 4, 19) }},
	{"all rows removed", schema, func() []table.Row { return nil }},
	{"a dropped column", dropped, func() []table.Row { return drop(invoices(33)) }},
	{"renamed titles", renamedTitles(), func() []table.Row { return invoices(30) }},
	{"another order", schema, func() []table.Row {
		rows := invoices(30)
		slices.Reverse(rows)
		return rows
	}},
}

// adorn does to the sheet what people do: colours, a formula over a value, a note, their own cells beside and below.
func (k *keeper) adorn() {
	k.t.Helper()
	k.grow(6, 4)
	yellow := &sheets.CellFormat{BackgroundColor: &sheets.Color{Red: 1, Green: 1}}
	italic := &sheets.CellFormat{TextFormat: &sheets.TextFormat{Italic: true}}
	doc := k.doc()
	for _, err := range []error{
		doc.SetFormat("Invoices!B5:C9", yellow), doc.SetFormat("Invoices!E20", italic),
		doc.SetNote("Invoices!D6", "ask Ann"), doc.SetCell("Invoices!E7", "=E6*2+$E$5"),
		doc.SetCell("Invoices!H3", "mine"), doc.SetCell("Invoices!E33", "=SUM(E2:E31)"),
		doc.SetCell("Invoices!A34", "a note below"),
	} {
		must(k.t, err)
	}
}

func TestUndoRestoresTheSheet(t *testing.T) {
	t.Parallel()
	for size, maxBody := range map[string]int{"small": 0, "staged": 1_500} {
		for _, scene := range scenes {
			t.Run(size+" "+scene.name, func(t *testing.T) {
				t.Parallel()
				k := newKeeper(t, maxBody)
				k.mustWrite("run_1", schema, invoices(30))
				k.adorn()
				was := k.picture()
				k.mustWrite("run_2", scene.schema, scene.rows())
				if !k.undoable {
					t.Fatal("what stood before was not kept")
				}
				changed := k.picture()
				if changed == was {
					t.Fatal("the run changed nothing")
				}
				res := k.mustUndo("run_3", "run_2")
				if diff := cmp.Diff(was, k.picture()); diff != "" {
					t.Fatalf("after the undo:\n%s", diff)
				}
				if res.Unchanged || res.WriteResult.Rows != 30 {
					t.Errorf("the undo did %+v", res)
				}
				k.mustUndo("run_4", "run_3")
				if diff := cmp.Diff(changed, k.picture()); diff != "" {
					t.Fatalf("after the undo of the undo:\n%s", diff)
				}
				k.mustUndo("run_5", "run_4")
				if diff := cmp.Diff(was, k.picture()); diff != "" {
					t.Fatalf("after the third undo:\n%s", diff)
				}
				// The people's formula is still known to be theirs.
				if res := k.mustWrite("run_6", schema, invoices(30)); res.Edited != 1 {
					t.Errorf("the next run: %+v", res.Set)
				}
				k.check("Invoices!A1:F31", schema, invoices(30))
			})
		}
	}
}

// TestUndoReachesBack undoes one of several runs, with all later ones; what is older is gone.
func TestUndoReachesBack(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, 0)
	pictures := map[int]string{}
	for n := 1; n <= 6; n++ {
		k.mustWrite(export.ID(fmt.Sprintf("run_%d", n)), schema, invoices(10+3*n))
		pictures[n] = k.picture()
	}
	for _, gone := range []export.ID{"run_1", "run_2", "run_3"} {
		if _, err := k.undo("run_7", gone); !problem.HasCode(err, problem.SheetConflict) ||
			problem.From(err).Class() != problem.Stop {
			t.Errorf("undo of %s: %v", gone, err)
		}
	}
	k.mustUndo("run_7", "run_4")
	if diff := cmp.Diff(pictures[3], k.picture()); diff != "" {
		t.Errorf("undone to before the fourth run:\n%s", diff)
	}
	k.mustUndo("run_8", "run_7")
	if diff := cmp.Diff(pictures[6], k.picture()); diff != "" {
		t.Errorf("the undo undone:\n%s", diff)
	}
	if hidden := len(k.doc().Tabs()); hidden != 2 {
		t.Errorf("%d tabs, want two", hidden)
	}
}

// TestUndoFaults breaks each request of an undo: afterwards the sheet is as it was before or after it, and another try
// of the same run ends it.
func TestUndoFaults(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"lost", "dropped", "killed", "killed after"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for skip := range 6 {
					k := newKeeper(t, 0)
					k.mustWrite("run_1", schema, invoices(30))
					k.adorn()
					was := k.picture()
					k.mustWrite("run_2", dropped, drop(invoices(41)))
					now := k.picture()
					f := googlesim.Fault{Skip: skip}
					switch kind {
					case "lost":
						f.DropAfterApply = true
					case "dropped":
						f.DropBefore = true
					case "killed":
						f.Times, f.Status, f.Message = -1, 403, "The caller does not have permission"
					case "killed after":
						f.DropAfterApply = true
						k.sim.Fail(googlesim.Fault{
							Skip: skip + 1, Times: -1, Status: 403, Message: "The caller does not have permission",
						})
					}
					k.sim.Fail(f)
					_, err := k.undo("run_3", "run_2")
					k.sim.ClearFaults()
					if got := k.picture(); got != was && got != now {
						t.Fatalf("request %d: neither old nor new (%v)", skip, err)
					}
					if err == nil && k.picture() != was {
						t.Fatalf("request %d: it said that it was done", skip)
					}
					k.mustUndo("run_3", "run_2")
					if diff := cmp.Diff(was, k.picture()); diff != "" {
						t.Fatalf("request %d, again:\n%s", skip, diff)
					}
					k.mustUndo("run_4", "run_3")
					if diff := cmp.Diff(now, k.picture()); diff != "" {
						t.Fatalf("request %d, undone:\n%s", skip, diff)
					}
				}
			})
		})
	}
}

// edit does what people do to our rows, and returns how many rows that concerns.
func (k *keeper) edit() int {
	k.t.Helper()
	must(k.t, k.doc().SetCell("Invoices!E3", "999"))       // another value
	must(k.t, k.doc().SetCell("Invoices!E5", "=4+0.04-1")) // a formula that shows our value: invoice 4 is 3.03
	must(k.t, k.doc().SetCell("Invoices!D7", ""))          // a value taken out
	must(k.t, k.doc().DeleteRows("Invoices", 9, 1))        // a row taken out
	must(k.t, k.doc().InsertRows("Invoices", 15, 1))       // a row of their own
	must(k.t, k.doc().SetCell("Invoices!D15", "carried over"))
	return 5
}

func TestHandEditsAreFound(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, 0)
	k.mustWrite("run_1", schema, invoices(30))
	want := k.edit()
	res := k.mustWrite("run_2", schema, invoices(30))
	k.check("Invoices!A1:F31", schema, invoices(30))
	k.holds("Invoices!D32", "carried over")
	if res.Edited != want || len(res.Edits) != want {
		t.Fatalf("%d edits were found, want %d: %+v", res.Edited, want, res.Edits)
	}
	var got []string
	for _, ed := range res.Edits {
		var cells []string
		for _, c := range ed.Cells {
			cells = append(cells, fmt.Sprintf("%s %s→%s", c.Column, c.Old.Text, c.New.Text))
		}
		if ed.Kind == change.Removed {
			cells = nil
		}
		line := fmt.Sprint(ed.Kind, " ", ed.Key, " ", ed.Place, " ", strings.Join(cells, ", "))
		got = append(got, strings.TrimSpace(line))
	}
	if diff := cmp.Diff([]string{
		"added  row 15 Customer →carried over", "changed 2 E3 Total 1.01→999", "changed 4 E5 Total 3.03→=4+0.04-1",
		"changed 6 D7 Customer Customer 5→", "removed 8",
	}, got); diff != "" {
		t.Error(diff)
	}
	own := export.WarningTexts(res.Warnings)
	if len(own) != 1 || !strings.Contains(own[0], "row 15") || !strings.Contains(own[0], "to row 32") {
		t.Errorf("warnings %q", own)
	}
	if res.Removed != 0 || res.Changed != 3 || res.Added != 1 {
		t.Errorf("%d changed, %d added, %d removed", res.Changed, res.Added, res.Removed)
	}
	if res := k.mustWrite("run_3", schema, invoices(30)); !res.Unchanged || res.Edited != 0 {
		t.Errorf("once more: %+v", res)
	}
}

// TestEditsInOtherColumns finds edits also when the exporter's columns change meanwhile.
func TestEditsInOtherColumns(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, 0)
	k.mode = export.StopOnHandEdit
	k.mustWrite("run_1", schema, invoices(30))
	must(t, k.doc().SetCell("Invoices!D7", "somebody else"))
	if _, err := k.write("run_2", dropped, drop(invoices(30))); !problem.HasCode(err, problem.SheetConflict) {
		t.Fatalf("the edited column was dropped: %v", err)
	}
	must(t, k.doc().SetCell("Invoices!D7", "Customer 5"))
	k.mustWrite("run_3", dropped, drop(invoices(30)))
}

func TestStopOnHandEdit(t *testing.T) {
	t.Parallel()
	for size, maxBody := range map[string]int{"small": 0, "staged": 1_000} {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			k := newKeeper(t, maxBody)
			k.mode = export.StopOnHandEdit
			k.mustWrite("run_1", schema, invoices(30))
			k.mustWrite("run_2", schema, invoices(32))
			k.edit()
			was := k.picture()
			_, err := k.write("run_3", schema, invoices(50))
			p := problem.From(err)
			if err == nil || p.Code != problem.SheetConflict || p.Class() != problem.Stop ||
				!strings.Contains(p.Message, "E3") || !strings.Contains(p.Message, "row 15") {
				t.Fatalf("got %v", err)
			}
			if diff := cmp.Diff(was, k.picture()); diff != "" {
				t.Fatalf("something was written:\n%s", diff)
			}
			if len(k.doc().Tabs()) != 2 {
				t.Errorf("tabs %+v", k.doc().Tabs())
			}
			k.mode = ""
			k.mustWrite("run_4", schema, invoices(50))
			k.check("Invoices!A1:F51", schema, invoices(50))
			k.holds("Invoices!D52", "carried over")
		})
	}
}

// TestStopForgivesWhatStays: an edit to what QuickBooks says now stops nothing.
func TestStopForgivesWhatStays(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, 0)
	k.mode = export.StopOnHandEdit
	k.mustWrite("run_1", schema, invoices(5))
	must(t, k.doc().SetCell("Invoices!D3", "Corrected"))
	rows := invoices(5)
	rows[1] = invoice(2, "Corrected", "1.01")
	if res := k.mustWrite("run_2", schema, rows); res.Edited != 0 {
		t.Errorf("%+v", res.Set)
	}
	if _, err := k.undo("run_3", "run_1"); err == nil {
		t.Error("the first write was undone")
	}
}

// TestKeepCopy breaks each request of a run that overwrites edits: the copy is there once, exactly when the new rows
// are.
func TestKeepCopy(t *testing.T) {
	t.Parallel()
	for size, maxBody := range map[string]int{"small": 0, "staged": 1_500} {
		for _, kind := range []string{"none", "lost", "dropped", "killed"} {
			t.Run(size+" "+kind, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					for skip := range 12 {
						k := newKeeper(t, maxBody)
						k.mode = export.KeepCopyOfHandEdits
						k.mustWrite("run_1", schema, invoices(30))
						k.adorn()
						k.edit()
						was := k.doc().Formulas("Invoices!A1:F31")
						yellow := k.doc().Cell("Invoices!B5").Format
						f := googlesim.Fault{Skip: skip}
						switch kind {
						case "lost":
							f.DropAfterApply = true
						case "dropped":
							f.DropBefore = true
						case "killed":
							f.Times, f.Status, f.Message = -1, 403, "The caller does not have permission"
						}
						if kind != "none" {
							k.sim.Fail(f)
						}
						res, err := k.write("run_2", schema, invoices(35))
						k.sim.ClearFaults()
						copies := k.copies()
						if err != nil {
							if len(copies) != 0 || cmp.Diff(was, k.doc().Formulas("Invoices!A1:F31")) != "" {
								t.Fatalf("request %d: %v left %+v", skip, err, copies)
							}
							if res, err = k.write("run_2", schema, invoices(35)); err != nil {
								t.Fatal(err)
							}
							copies = k.copies()
						}
						k.check("Invoices!A1:F36", schema, invoices(35))
						if len(copies) != 1 || !copies[0].Hidden {
							t.Fatalf("request %d: copies %+v", skip, copies)
						}
						kept := "'" + copies[0].Title + "'!"
						if diff := cmp.Diff(was, k.doc().Formulas(kept+"A1:F31")); diff != "" {
							t.Fatalf("request %d: the copy differs:\n%s", skip, diff)
						}
						if diff := cmp.Diff(yellow, k.doc().Cell(kept+"B5").Format); diff != "" {
							t.Errorf("the copy's colours differ:\n%s", diff)
						}
						told := strings.Join(export.WarningTexts(res.Warnings), "\n")
						if !strings.Contains(told, copies[0].Title) ||
							!strings.Contains(told, fmt.Sprintf("#gid=%d", copies[0].ID)) {
							t.Errorf("warnings %q", told)
						}
						k.mustWrite("run_3", schema, invoices(36))
						if len(k.copies()) != 1 {
							t.Errorf("a run without edits made another copy: %+v", k.copies())
						}
					}
				})
			})
		}
	}
}

// copiesIn returns the titles of the tabs that hold copies of edited rows.
func copiesIn(doc *googlesim.Spreadsheet) []string {
	var titles []string
	for _, t := range doc.Tabs() {
		if strings.Contains(t.Title, ", edited, ") {
			titles = append(titles, t.Title)
		}
	}
	return titles
}

// copies returns the tabs that hold copies of edited rows.
func (k *keeper) copies() []googlesim.Tab {
	return slices.DeleteFunc(k.doc().Tabs(), func(t googlesim.Tab) bool {
		return !strings.Contains(t.Title, ", edited, ")
	})
}

// TestDeadRunIsNoHandEdit: rows of a run that died after its commit are not taken for edits.
func TestDeadRunIsNoHandEdit(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, 0)
	k.mode = export.StopOnHandEdit
	k.mustWrite("run_1", schema, invoices(10))
	trace, run := k.trace, k.run
	k.mustWrite("run_2", schema, invoices(12))
	next := k.trace
	k.trace, k.run, k.next, k.nextRun = trace, run, next, "run_2" // it died before it could say that it wrote
	k.mustWrite("run_3", schema, invoices(14))
	k.run, k.next, k.nextRun = "run_3", next, "run_4" // the fourth died before it wrote
	must(t, k.doc().SetCell("Invoices!D3", "mine"))
	if _, err := k.write("run_5", schema, invoices(14)); !problem.HasCode(err, problem.SheetConflict) {
		t.Errorf("an edit was not seen: %v", err)
	}
}

// TestStatesNeedRoom writes where there is no room for states: the run succeeds and cannot be undone.
func TestStatesNeedRoom(t *testing.T) {
	t.Parallel()
	t.Run("cells", func(t *testing.T) {
		t.Parallel()
		k := newKeeper(t, 0)
		k.mustWrite("run_1", schema, invoices(10))
		must(t, k.doc().AddTab("big"))
		tab, _ := k.doc().Tab("big")
		must(t, k.doc().Batch(growRequest(tab.ID, 7_000_000/26)))
		k.mustWrite("run_2", schema, invoices(12))
		if k.undoable || len(k.doc().Tabs()) != 2 {
			t.Errorf("tabs %+v", k.doc().Tabs())
		}
		if _, err := k.undo("run_3", "run_2"); !problem.HasCode(err, problem.SheetConflict) {
			t.Errorf("undone: %v", err)
		}
	})
	t.Run("tabs", func(t *testing.T) {
		t.Parallel()
		k := newKeeper(t, 0)
		k.mustWrite("run_1", schema, invoices(10))
		for n := range 150 {
			must(t, k.doc().AddTab(fmt.Sprint("tab ", n)))
		}
		k.mustWrite("run_2", schema, invoices(12))
		if k.undoable {
			t.Error("a state was kept on one tab more")
		}
	})
}

// TestStatesTabTouched deletes the hidden tab: the next run makes another one.
func TestStatesTabTouched(t *testing.T) {
	t.Parallel()
	k := newKeeper(t, 0)
	k.mustWrite("run_1", schema, invoices(10))
	k.mustWrite("run_2", schema, invoices(11))
	must(t, k.doc().DeleteTab("Undo of Invoices"))
	if _, err := k.undo("run_3", "run_2"); !problem.HasCode(err, problem.SheetConflict) {
		t.Errorf("undone: %v", err)
	}
	was := k.picture()
	k.mustWrite("run_4", schema, invoices(12))
	k.mustUndo("run_5", "run_4")
	if diff := cmp.Diff(was, k.picture()); diff != "" {
		t.Error(diff)
	}
}

// TestUndoInGrowingModes: what an append wrote may be appended again once it was undone, but what people had taken out
// before stays out; an undone upsert is done again.
func TestUndoInGrowingModes(t *testing.T) {
	t.Parallel()
	for _, mode := range []export.Mode{export.Append, export.Upsert} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			k := newKeeper(t, 0)
			write := func(run export.ID, rows []table.Row) written {
				w := k.request(run)
				w.Mode, w.Partial, w.Rows = mode, true, table.NewSpool(schema)
				for _, r := range rows {
					must(t, w.Rows.Add(r))
				}
				res, err := k.put(w)
				must(t, err)
				return res
			}
			write("run_1", invoices(10))
			must(t, k.doc().DeleteRows("Invoices", 11, 1))
			was := k.picture()
			res := write("run_2", invoices(14))
			now := k.picture()
			if mode == export.Append && (res.Added != 4 || res.Edited != 0) ||
				mode == export.Upsert && res.Edited != 1 {
				t.Fatalf("the second run: %+v", res.Set)
			}
			k.mustUndo("run_3", "run_2")
			if diff := cmp.Diff(was, k.picture()); diff != "" {
				t.Fatalf("undone:\n%s", diff)
			}
			if again := write("run_4", invoices(14)); again.Added != res.Added || again.Edited != res.Edited {
				t.Errorf("again: %+v, at first: %+v", again.Set, res.Set)
			}
			if again := write("run_5", invoices(14)); !again.Unchanged {
				t.Errorf("once more: %+v", again.Set)
			}
			if mode == export.Append {
				k.mustUndo("run_6", "run_4")
				k.mustUndo("run_7", "run_6")
				if again := write("run_8", invoices(14)); !again.Unchanged {
					t.Errorf("after the undo of the undo: %+v", again.Set)
				}
				if len(now) != len(k.picture()) {
					t.Error("the rows are not those of the second run")
				}
			}
		})
	}
}

// TestUndoOfALargeRange takes the difference back where the range is too large for a state.
func TestUndoOfALargeRange(t *testing.T) {
	t.Parallel()
	for size, maxBody := range map[string]int{"small": 0, "staged": 500} {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			k := newSmallKeeper(t, maxBody, 1_000)
			old := invoices(200)
			k.mustWrite("run_1", schema, old)
			must(t, k.doc().SetFormat("Invoices!B5:C9", &sheets.CellFormat{
				BackgroundColor: &sheets.Color{Red: 1, Green: 1},
			}))
			fresh := slices.Concat(old[:20], old[25:199], []table.Row{invoice(200, "Renamed", "1.00")},
				[]table.Row{invoice(9_001, "New", "2.00"), invoice(9_002, "New, too", "3.00")})
			res := k.mustWrite("run_2", schema, fresh)
			if k.undoable || len(k.doc().Tabs()) != 1 || !res.Reversible {
				t.Fatalf("a state of 1,200 cells was kept, or the difference is of no use: %t", res.Reversible)
			}
			undo := func(run, undone export.ID, set change.Set) (written, error) {
				w := k.request(run)
				w.Undo, w.Reverse = undone, &set
				return k.put(w)
			}
			must(t, k.doc().SetCell("Invoices!D100", "an edit that stays"))
			if _, err := undo("run_3", "run_1", res.Set); !problem.HasCode(err, problem.SheetConflict) {
				t.Fatalf("an older run was undone: %v", err)
			}
			back, err := undo("run_3", "run_2", res.Set)
			must(t, err)
			k.holds("Invoices!D105", "an edit that stays") // five rows are above it again
			must(t, k.doc().SetCell("Invoices!D105", "Customer 1"))
			k.check("Invoices!A1:F999", schema, old)
			if got := k.doc().Formatted("Invoices!C2:C3"); fmt.Sprint(got) != "[[2026-01-02] [2026-01-03]]" {
				t.Errorf("the dates show as %v", got)
			}
			must(t, k.doc().SetCell("Invoices!D105", "an edit that stays"))
			again, err := undo("run_3", "run_2", res.Set) // as after a kill
			if err != nil || again.Changed+again.Added+again.Removed != 0 {
				t.Errorf("once more: %+v, %v", again.Set, err)
			}
			_, err = undo("run_4", "run_3", back.Set)
			must(t, err)
			must(t, k.doc().SetCell("Invoices!D100", "Customer 1"))
			k.check("Invoices!A1:F999", schema, fresh)
			if res := k.mustWrite("run_5", schema, fresh); res.Added+res.Changed+res.Removed > 1 {
				t.Errorf("the next run: %+v", res.Set)
			}
		})
	}
}

// TestStatesOfFilteredRows keeps and puts back all rows while a filter hides some, whatever Google's copies do about
// hidden rows.
func TestStatesOfFilteredRows(t *testing.T) {
	t.Parallel()
	for how, behaviour := range map[string]googlesim.Behaviour{
		"all": {}, "skipping targets": {PasteSkipsFilteredRows: true},
		"skipping sources": {CopySkipsFilteredRows: true},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			k := keeperOf(newBench(t, googlesim.Options{Behaviour: behaviour}, 0))
			k.mode = export.KeepCopyOfHandEdits
			k.mustWrite("run_1", schema, invoices(20))
			must(t, k.doc().Filter("Invoices!A1:F21", 4, "Customer 3", "Customer 0"))
			must(t, k.doc().SetCell("Invoices!D4", "mine"))
			was := k.doc().Formulas("Invoices!A1:F40")
			k.mustWrite("run_2", schema, invoices(25))
			fresh := k.doc().Formulas("Invoices!A1:F40")
			if diff := cmp.Diff(was, k.doc().Formulas("'"+k.copies()[0].Title+"'!A1:F40")); diff != "" {
				t.Errorf("the copy:\n%s", diff)
			}
			k.mustUndo("run_3", "run_2")
			if diff := cmp.Diff(was, k.doc().Formulas("Invoices!A1:F40")); diff != "" {
				t.Errorf("undone:\n%s", diff)
			}
			k.mustUndo("run_4", "run_3")
			if diff := cmp.Diff(fresh, k.doc().Formulas("Invoices!A1:F40")); diff != "" {
				t.Errorf("the undo undone:\n%s", diff)
			}
			if f := k.doc().Resource().Sheets[0].BasicFilter; f == nil || len(f.FilterSpecs) != 1 {
				t.Errorf("the filter is %+v", f)
			}
		})
	}
}
