package google_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sheets/v4"
	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// vandal is a user who breaks what the exporter has written, and then chooses any of the remedies that are offered.
type vandal struct {
	t      *rapid.T
	b      *bench
	schema table.Schema
	n      int             // records
	words  []export.Repair // for the next run
}

// tab returns the tab that the exporter writes to; any tab if that is gone.
func (v *vandal) tab() googlesim.Tab {
	tabs := v.b.doc().Tabs()
	i := slices.IndexFunc(tabs, func(t googlesim.Tab) bool { return t.ID == *v.b.exporter.Target.Tab })
	return tabs[max(0, i)]
}

func (v *vandal) draw(name string, from, to int) int { return rapid.IntRange(from, to).Draw(v.t, name) }

// area draws a rectangle near the rows.
func (v *vandal) area() string {
	row, col := v.draw("row", 0, 12), v.draw("column", 0, 8)
	return fmt.Sprintf("%s!%s:%s", quoted(v.tab().Title), cell(row, col),
		cell(row+v.draw("rows", 0, 3), col+v.draw("columns", 0, 3)))
}

// try does what may be refused, such as deleting all columns.
func (v *vandal) try(error) {}

func (v *vandal) actions() map[string]func(*rapid.T) {
	title := func() string { return v.tab().Title }
	return map[string]func(*rapid.T){
		"column deleted": func(*rapid.T) { v.try(v.b.doc().DeleteColumns(title(), v.draw("column", 1, 7), 1)) },
		"column inserted": func(*rapid.T) {
			v.try(v.b.doc().InsertColumns(title(), v.draw("column", 1, 7), 1))
		},
		"column moved": func(*rapid.T) {
			v.try(v.b.doc().MoveColumns(title(), v.draw("column", 1, 7), 1, v.draw("before", 1, 8)))
		},
		"row deleted":  func(*rapid.T) { v.try(v.b.doc().DeleteRows(title(), v.draw("row", 1, 12), 1)) },
		"row inserted": func(*rapid.T) { v.try(v.b.doc().InsertRows(title(), v.draw("row", 1, 12), 1)) },
		"typed": func(*rapid.T) {
			a1 := quoted(title()) + "!" + cell(v.draw("row", 0, 12), v.draw("column", 0, 8))
			v.try(v.b.doc().SetCell(a1, rapid.SampledFrom([]string{"mine", "", "Customer", "7"}).Draw(v.t, "text")))
		},
		"merged":   func(*rapid.T) { v.try(v.b.doc().Merge(v.area())) },
		"unmerged": func(*rapid.T) { v.try(v.b.doc().Unmerge(v.area())) },
		"cells deleted": func(*rapid.T) {
			v.try(v.b.doc().DeleteCells(v.area(), rapid.SampledFrom([]googlesim.Side{
				googlesim.Vertical, googlesim.Horizontal,
			}).Draw(v.t, "side")))
		},
		"range deleted": func(*rapid.T) {
			for _, n := range v.b.doc().Resource().NamedRanges {
				v.try(v.b.doc().Batch(&sheets.Request{
					DeleteNamedRange: &sheets.DeleteNamedRangeRequest{NamedRangeId: n.NamedRangeId},
				}))
			}
		},
		"mark deleted": func(*rapid.T) {
			if marks := v.b.doc().Metadata(); len(marks) > 0 {
				m := marks[v.draw("mark", 0, len(marks)-1)]
				v.try(v.b.doc().Batch(&sheets.Request{DeleteDeveloperMetadata: &sheets.DeleteDeveloperMetadataRequest{
					DataFilter: &sheets.DataFilter{
						DeveloperMetadataLookup: &sheets.DeveloperMetadataLookup{MetadataId: m.MetadataId},
					},
				}}))
			}
		},
		"copied, the original deleted": func(*rapid.T) {
			was := title()
			v.try(v.b.doc().DuplicateTab(was, "Copy"))
			v.try(v.b.doc().DeleteTab(was))
			v.try(v.b.doc().RenameTab("Copy", was))
		},
		"sorted":  func(*rapid.T) { v.try(v.b.doc().SortTab(title(), v.draw("column", 1, 6), true)) },
		"records": func(*rapid.T) { v.n = v.draw("records", 0, 9) },
		"run":     func(*rapid.T) { v.run() },
	}
}

// run runs the exporter until it succeeds, with a word for each problem. A run that stops changes nothing.
func (v *vandal) run() {
	v.t.Helper()
	var said []string
	v.words = nil
	for range 8 {
		before := v.b.doc().Resource()
		v.b.repairs = v.words
		_, err := v.b.write(v.schema, v.cut(invoices(v.n)))
		if err == nil {
			v.look()
			return
		}
		p := problem.From(err)
		if len(p.Remedies) == 0 {
			v.t.Fatalf("a dead end: %v", err)
		}
		if diff := cmp.Diff(before, v.b.doc().Resource()); diff != "" {
			v.t.Fatalf("%v, but the spreadsheet has changed:\n%s", err, diff)
		}
		choice := export.Repair(rapid.SampledFrom(p.Remedies).Draw(v.t, "remedy"))
		said = append(said, fmt.Sprintf("%s: %s", choice, p.Message))
		v.follow(choice, p)
	}
	v.t.Fatalf("no end after %q", said)
}

// follow does what the program does when a person chooses a remedy.
func (v *vandal) follow(r export.Repair, p *problem.Problem) {
	changed := func(id string) (problem.Column, bool) {
		i := slices.IndexFunc(p.Columns, func(c problem.Column) bool { return c.ID == id })
		if i < 0 {
			return problem.Column{}, false
		}
		return p.Columns[i], true
	}
	switch r {
	case export.RepairDropColumns:
		left := slices.DeleteFunc(slices.Clone(v.schema.Columns), func(c table.Column) bool {
			was, ok := changed(c.ID)
			return ok && was.Gone
		})
		if len(left) == 0 {
			v.words = append(v.words, export.RepairPutBack)
			return
		}
		v.schema.Columns = left
	case export.RepairTakeTitles:
		v.schema.Columns = slices.Clone(v.schema.Columns)
		for i, c := range v.schema.Columns {
			if was, ok := changed(c.ID); ok && !was.Gone {
				v.schema.Columns[i].Title = was.Found
			}
		}
	default:
		v.words = append(v.words, r)
	}
}

// cut returns the rows with the columns that the exporter still has.
func (v *vandal) cut(rows []table.Row) []table.Row {
	for n, row := range rows {
		var cells []table.Cell
		for _, c := range v.schema.Columns {
			i := slices.IndexFunc(schema.Columns, func(o table.Column) bool { return o.ID == c.ID })
			cells = append(cells, row.Cells[i])
		}
		rows[n].Cells = cells
	}
	return rows
}

// look checks that the rows stand in the named range under their titles, in order. What the user has torn out of a
// column may stand between, under the same title.
func (v *vandal) look() {
	v.t.Helper()
	named := v.b.doc().NamedRanges()["ledgersheet_"+string(v.b.exporter.ID)]
	got := v.b.doc().Values(named)
	rows := v.cut(invoices(v.n))
	at := func(row, col int) any {
		if row < len(got) && col < len(got[row]) {
			return got[row][col]
		}
		return ""
	}
	holds := func(col, i int) bool {
		for n, row := range rows {
			if at(n+1, col) != sheetValue(row.Cells[i]) {
				return false
			}
		}
		return fmt.Sprint(at(0, col)) == v.schema.Columns[i].Title
	}
	next := 0
	for col := 0; col < len(got[0]) && next < len(v.schema.Columns); col++ {
		if holds(col, next) {
			next++
		}
	}
	if next < len(v.schema.Columns) {
		v.t.Fatalf("%s lacks the rows of %q:\n%v", named, v.schema.Columns[next].Title, got)
	}
}

// TestNoDeadEnds: whatever a user does to the exported area, each run that stops offers a way to go on, and any of
// these ways leads on.
func TestNoDeadEnds(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	rapid.Check(t, func(rt *rapid.T) {
		v := &vandal{t: rt, b: newBench(t, googlesim.Options{}, 0), schema: schema, n: 6}
		v.b.mustWrite(schema, invoices(v.n))
		must(t, v.b.doc().AddTab("Other"))
		actions := v.actions()
		names := slices.Sorted(maps.Keys(actions))
		for range v.draw("actions", 1, 10) {
			actions[rapid.SampledFrom(names).Draw(rt, "action")](rt)
		}
		v.run()
	})
}
