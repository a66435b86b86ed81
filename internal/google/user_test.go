package google_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"google.golang.org/api/sheets/v4"
	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// person is a user of a sheet between runs, and what must be true after each run: the rows are right under their
// titles, every text that the person typed stands exactly once, and the person's sums cover all rows.
type person struct {
	t       *rapid.T
	b       *modal
	known   map[string]bool // ids that were ever written
	rows    []table.Row
	cols    []int // positions of schema's columns that the exporter has
	next    int   // id of the next record
	typed   int
	texts   []string
	sums    []string // cells on the tab Sums that add up the column Total
	titles  []string // cells on the tab Sums that show the title Total
	turns   bool     // the look and the heading change too
	periods int      // counts the headings
	astray  bool     // the heading was among, beside or below the rows once
}

const rangeKey = "ledgersheet_exp_01test"

func newPerson(t *rapid.T, outer *testing.T, mode export.Mode, maxBody int, turns bool) *person {
	b := &modal{bench: newBench(outer, googlesim.Options{}, maxBody), mode: mode}
	p := &person{t: t, b: b, cols: []int{0, 1, 2, 3, 4, 5}, known: map[string]bool{}, turns: turns}
	if turns {
		p.b.exporter.Look = rapid.SampledFrom(export.Looks()).Draw(t, "look")
		p.b.heading = headingOf(0)
	}
	for range rapid.IntRange(2, 8).Draw(t, "records") {
		p.create()
	}
	p.run()
	p.must(p.b.doc().AddTab("Sums"))
	return p
}

func (p *person) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *person) create() {
	p.next++
	at := rapid.IntRange(0, len(p.rows)).Draw(p.t, "place")
	p.rows = slices.Insert(p.rows, at, invoice(p.next, "Customer", fmt.Sprintf("%d.25", p.next)))
}

func (p *person) tab() string { return p.b.doc().Tabs()[0].Title }

// area returns where the exported rows are.
func (p *person) area() (rect [4]int) {
	for _, n := range p.b.doc().Resource().NamedRanges {
		if n.Name == rangeKey {
			return [4]int{int(n.Range.StartRowIndex), int(n.Range.StartColumnIndex), int(n.Range.EndRowIndex),
				int(n.Range.EndColumnIndex)}
		}
	}
	p.t.Fatal("the named range is gone")
	return rect
}

func cell(row, col int) string {
	name := ""
	for c := col + 1; c > 0; c = (c - 1) / 26 {
		name = string(rune('A'+(c-1)%26)) + name
	}
	return fmt.Sprint(name, row+1)
}

func (p *person) at(row, col int) string { return quoted(p.tab()) + "!" + cell(row, col) }

// run writes the records and looks at everything.
func (p *person) run() {
	p.t.Helper()
	if err := p.write(); err != nil {
		p.t.Fatalf("%v\n%s", problem.From(err), p.picture())
	}
}

// move chooses another start cell. Where something is in the way, it takes the old one again.
func (p *person) move(row, col int) {
	p.t.Helper()
	was, before := p.b.exporter.Target, p.picture()
	stands := p.area()
	isThere := stands[0] == row && stands[1] == col // though a column of the person's may be the first
	p.b.retarget(p.tab(), cell(row, col))
	err := p.write()
	switch {
	case problem.HasCode(err, problem.SheetConflict):
		if now := p.picture(); now != before {
			p.t.Fatalf("%v, but the tab has changed from\n%sto\n%s", err, before, now)
		}
		p.b.exporter.Target = was
	case err != nil:
		p.t.Fatalf("%v\n%s", problem.From(err), p.picture())
	default:
		if at := p.area(); p.b.heading == nil && !isThere && (at[0] != row || at[1] != col) {
			p.t.Fatalf("the rows are at %v, not at %s", at, cell(row, col))
		}
	}
}

// write writes the records and, unless that fails, looks at everything.
func (p *person) write() error {
	p.t.Helper()
	s := table.Schema{}
	for _, c := range p.cols {
		s.Columns = append(s.Columns, schema.Columns[c])
	}
	rows := make([]table.Row, len(p.rows))
	for i, r := range p.rows {
		for _, c := range p.cols {
			rows[i].Cells = append(rows[i].Cells, r.Cells[c])
		}
	}
	want := p.expected(s, rows)
	if err := p.b.put(s, rows); err != nil {
		return err
	}
	for _, r := range p.rows {
		p.known[r.Cells[0].String()] = true
	}
	p.look(s, want)
	return nil
}

// expected returns the rows that should stand after a run, by the mode and by what stands before.
func (p *person) expected(s table.Schema, rows []table.Row) [][]string {
	wanted := titled(s, rows)[1:]
	if p.b.mode == export.Replace || len(p.known) == 0 {
		return wanted
	}
	newer := map[string][]string{}
	for _, w := range wanted {
		newer[w[0]] = w
	}
	var list [][]string
	there := map[string]bool{}
	for _, row := range rowsUnder(p.b.bench, "")[1:] {
		if strings.Join(row, "") == "" {
			continue
		}
		there[row[0]] = true
		if w, ok := newer[row[0]]; p.b.mode == export.Append {
			list = append(list, row)
		} else if ok {
			list = append(list, w)
		}
	}
	for _, w := range wanted {
		if !there[w[0]] && (p.b.mode == export.Upsert || !p.known[w[0]]) {
			list = append(list, w)
		}
	}
	return list
}

// everything returns all cells of the tab.
func (p *person) everything() string {
	tab := p.b.doc().Tabs()[0]
	return fmt.Sprintf("%s!A1:%s", quoted(tab.Title), cell(tab.Rows-1, tab.Columns-1))
}

// picture shows the tab.
func (p *person) picture() string {
	var b strings.Builder
	fmt.Fprintln(&b, p.area())
	for _, row := range p.b.doc().Formulas(p.everything()) {
		fmt.Fprintln(&b, row)
	}
	return b.String()
}

func (p *person) look(s table.Schema, rows [][]string) {
	p.t.Helper()
	at := p.area()
	all := p.b.doc().Values(p.everything())
	value := func(row, col int) any {
		if row < len(all) && col < len(all[row]) {
			return all[row][col]
		}
		return ""
	}
	col := map[string]int{}
	for c := at[1]; c < at[3]; c++ {
		if title := fmt.Sprint(value(at[0], c)); title != "" {
			col[title] = c
		}
	}
	last := -1
	for i, c := range s.Columns {
		place, ok := col[c.Title]
		if !ok {
			p.t.Fatalf("the column %s is gone\n%s", c.Title, p.picture())
		}
		if place < last {
			p.t.Fatalf("the column %s is out of order\n%s", c.Title, p.picture())
		}
		last = place
		for n := range at[2] - at[0] - 1 {
			want := ""
			if n < len(rows) {
				want = rows[n][i]
			}
			if got := value(at[0]+1+n, place); fmt.Sprint(got) != want {
				p.t.Fatalf("row %d of %s holds %v, want %v\n%s", n, c.Title, got, want, p.picture())
			}
		}
	}
	if at[2]-at[0]-1 < len(rows) {
		p.t.Fatalf("%d rows in %v\n%s", len(rows), at, p.picture())
	}
	count := map[string]int{}
	for _, row := range all {
		for _, v := range row {
			count[fmt.Sprint(v)]++
		}
	}
	p.lookAtHeading(count)
	for _, text := range p.texts {
		if count[text] != 1 {
			p.t.Fatalf("%q, which the person typed, stands %d times\n%s", text, count[text], p.picture())
		}
	}
	sum := decimal.Zero
	total := slices.IndexFunc(s.Columns, func(c table.Column) bool { return c.Title == "Total" })
	for _, r := range rows {
		if total >= 0 {
			sum = sum.Add(decimal.RequireFromString(r[total]))
		}
	}
	for _, at := range p.sums {
		if got := p.b.doc().Cell(at).Value; slices.Contains(p.cols, 4) && fmt.Sprint(got) != sum.String() {
			p.t.Fatalf("%s is %v by %v, the rows add up to %s\n%s", at, got, p.b.doc().Formulas(at), sum, p.picture())
		}
	}
	for _, at := range p.titles {
		if got := p.b.doc().Cell(at).Value; slices.Contains(p.cols, 4) && got != "Total" {
			p.t.Fatalf("%s shows %v by %v\n%s", at, got, p.b.doc().Formulas(at), p.picture())
		}
	}
}

// headingOf returns a heading whose lines stand nowhere else.
func headingOf(n int) *export.Heading {
	return &export.Heading{
		Company: "The company", Title: "The title", Link: "https://qbo.example/app/report",
		Period: fmt.Sprintf("The period %d", n), Changed: fmt.Sprintf("Changed %d", n),
	}
}

// lookAtHeading checks that each line of the heading stands once, or nowhere if it is switched off. What stood among,
// beside or below the rows was sorted and moved with what else is there, so a line of it may be left as the person's
// own; it is only known that there is one where one is wanted.
func (p *person) lookAtHeading(count map[string]int) {
	p.t.Helper()
	want := 0
	if p.b.heading != nil {
		want = 1
	}
	h := cmp.Or(p.b.heading, headingOf(p.periods))
	for _, line := range []string{h.Company, h.Title, h.Period} {
		if count[line] != want && (!p.astray || count[line] < want) {
			p.t.Fatalf("%q stands %d times, want %d\n%s", line, count[line], want, p.picture())
		}
	}
}

// column returns where a column of the result is.
func (p *person) column(title string) (int, bool) {
	at := p.area()
	for c := at[1]; c < at[3]; c++ {
		if p.b.doc().Cell(p.at(at[0], c)).Value == title {
			return c, true
		}
	}
	return 0, false
}

func (p *person) text() string {
	p.typed++
	return fmt.Sprintf("typed %d.", p.typed)
}

// room makes the grid large enough to type anywhere near the rows.
func (p *person) room() {
	tab := p.b.doc().Tabs()[0]
	at := p.area()
	grow := func(dimension string, n int) {
		if n > 0 {
			p.must(p.b.doc().Batch(&sheets.Request{AppendDimension: &sheets.AppendDimensionRequest{
				SheetId: tab.ID, Dimension: dimension, Length: int64(n), ForceSendFields: []string{"SheetId"},
			}}))
		}
	}
	grow("ROWS", at[2]+8-tab.Rows)
	grow("COLUMNS", at[3]+6-tab.Columns)
}

// actions are what happens between runs.
func (p *person) actions() map[string]func(*rapid.T) {
	draw := func(name string, from, to int) int { return rapid.IntRange(from, max(from, to)).Draw(p.t, name) }
	actions := map[string]func(*rapid.T){
		"record made": func(*rapid.T) { p.create() },
		"records made": func(*rapid.T) {
			for range draw("records", 2, 9) {
				p.create()
			}
		},
		"record changed": func(*rapid.T) {
			if len(p.rows) > 0 {
				n := draw("record", 0, len(p.rows)-1)
				r := table.Row{Cells: slices.Clone(p.rows[n].Cells)}
				p.next++
				r.Cells[3], r.Cells[4] = table.TextOf("Changed"), table.MoneyOf(decimal.New(int64(p.next)*25, -2))
				p.rows[n] = r
			}
		},
		"record gone": func(*rapid.T) {
			if len(p.rows) > 0 {
				n := draw("record", 0, len(p.rows)-1)
				p.rows = slices.Delete(p.rows, n, n+1)
			}
		},
		"most records gone": func(*rapid.T) { p.rows = p.rows[:min(len(p.rows), draw("left", 0, 2))] },
		"other order":       func(*rapid.T) { slices.Reverse(p.rows) },
		"run":               func(*rapid.T) { p.run() },
		"other columns": func(*rapid.T) {
			if p.b.mode != export.Replace {
				return
			}
			perm := rapid.Permutation([]int{1, 2, 3, 5}).Draw(p.t, "columns")
			p.cols = append([]int{0, 4}, perm[:draw("n", 1, 4)]...)
			if rapid.Bool().Draw(p.t, "total first") {
				p.cols[0], p.cols[1] = 4, 0
			}
			p.run()
		},
		"row above": func(*rapid.T) { p.must(p.b.doc().InsertRows(p.tab(), draw("row", 0, p.area()[0])+1, 1)) },
		"column": func(*rapid.T) {
			at := p.area()
			p.must(p.b.doc().InsertColumns(p.tab(), draw("column", 0, at[3]-1)+1, 1))
		},
		"own column moved": func(*rapid.T) {
			p.room()
			at := p.area()
			p.must(p.b.doc().MoveColumns(p.tab(), draw("from", at[1], at[3]-1)+1, 1, draw("to", at[1], at[3])+1))
		},
		"row deleted": func(*rapid.T) {
			at := p.area()
			if n := at[2] - at[0] - 1; n > 3 && len(p.texts) == 0 && !p.turns {
				p.must(p.b.doc().DeleteRows(p.tab(), draw("row", at[0]+2, at[2]-2)+1, 1))
			}
		},
		"cell edited": func(*rapid.T) {
			at := p.area()
			if col, ok := p.column("Number"); ok && at[2]-at[0] > 1 {
				p.must(p.b.doc().SetCell(p.at(draw("row", at[0]+1, at[2]-1), col), "edited"))
			}
		},
		"typed below": func(*rapid.T) {
			p.room()
			at := p.area()
			a1 := p.at(draw("row", at[2], at[2]+4), draw("column", at[1], at[3]-1))
			p.typeInto(a1)
		},
		"typed beside": func(*rapid.T) {
			p.room()
			at := p.area()
			p.typeInto(p.at(draw("row", at[0], at[2]+2), draw("column", at[3], at[3]+3)))
		},
		"sum below": func(*rapid.T) {
			p.room()
			at := p.area()
			col, ok := p.column("Total")
			a1 := p.at(draw("row", at[2], at[2]+3), col)
			if ok && at[2]-at[0] > 2 && !p.isTaken(a1) && !p.hasOwnLines() {
				p.must(p.b.doc().SetCell(a1, fmt.Sprintf("=SUM(%s:%s)", cell(at[0]+1, col), cell(at[2]-1, col))))
			}
		},
		"sum elsewhere": func(*rapid.T) {
			at := p.area()
			col, ok := p.column("Total")
			if !ok || at[2]-at[0] < 3 || len(p.sums) > 5 || p.hasOwnLines() {
				return
			}
			tab := quoted(p.tab())
			p.sums = append(p.sums, fmt.Sprintf("Sums!A%d", len(p.sums)+1))
			p.must(p.b.doc().SetCell(p.sums[len(p.sums)-1],
				fmt.Sprintf("=SUM(%s!%s:%s)", tab, cell(at[0]+1, col), cell(at[2]-1, col))))
			p.titles = append(p.titles, fmt.Sprintf("Sums!B%d", len(p.sums)))
			p.must(p.b.doc().SetCell(p.titles[len(p.titles)-1], fmt.Sprintf("=%s!%s", tab, cell(at[0], col))))
		},
		"moved": func(*rapid.T) { p.move(draw("row", 0, p.area()[2]+3), draw("column", 0, p.area()[3]+2)) },
		"line of one's own": func(*rapid.T) {
			at := p.area()
			col, ok := p.column("Customer")
			if !ok || at[2]-at[0] < 3 || p.b.mode == export.Append {
				return
			}
			row := draw("row", at[0]+2, at[2]-1)
			p.must(p.b.doc().InsertRows(p.tab(), row+1, 1))
			p.typeInto(p.at(row, col))
		},
		"sorted with what is below": func(*rapid.T) {
			p.room()
			at := p.area()
			area := fmt.Sprintf("%s!%s:%s", quoted(p.tab()), cell(at[0]+1, at[1]), cell(at[2]+2, at[3]-1))
			hasSum := false
			for _, row := range p.b.doc().Formulas(area) {
				hasSum = hasSum || slices.ContainsFunc(row, func(v any) bool {
					return strings.HasPrefix(fmt.Sprint(v), "=")
				})
			}
			if at[2]-at[0] > 2 && !hasSum && p.b.mode != export.Append {
				p.must(p.b.doc().Sort(area, draw("column", at[1], at[3]-1)+1, draw("descending", 0, 1) == 1))
			}
		},
		"tab renamed": func(*rapid.T) {
			p.must(p.b.doc().RenameTab(p.tab(), fmt.Sprint("Tab ", draw("name", 1, 99))))
		},
		"rows sorted": func(*rapid.T) {
			at := p.area()
			if at[2]-at[0] > 2 {
				a1 := fmt.Sprintf("%s!%s:%s", quoted(p.tab()), cell(at[0]+1, at[1]), cell(at[2]-1, at[3]-1))
				p.must(p.b.doc().Sort(a1, draw("column", at[1], at[3]-1)+1, true))
			}
		},
		"rows hidden": func(*rapid.T) {
			at := p.area()
			if at[2]-at[0] > 2 {
				p.must(p.b.doc().HideRows(p.tab(), draw("row", at[0]+1, at[2]-1)+1, 1, true))
			}
		},
	}
	if p.turns {
		actions["turn"] = func(*rapid.T) { p.turn() }
		actions["typed above"] = func(*rapid.T) {
			p.room()
			at := p.area()
			if at[0] > 0 {
				p.typeInto(p.at(draw("row", 0, at[0]-1), draw("column", 0, at[3]+1)))
			}
		}
		actions["heading moved"] = func(*rapid.T) {
			p.room()
			p.moveHeading(draw("row", 0, p.area()[2]+4), draw("column", 0, p.area()[3]+3))
		}
	}
	return actions
}

// turn lets somebody change the exporter's look or heading.
func (p *person) turn() {
	switch rapid.IntRange(0, 3).Draw(p.t, "turn") {
	case 0:
		p.b.exporter.Look = rapid.SampledFrom(export.Looks()).Draw(p.t, "look")
	case 1:
		p.periods++
		p.b.heading = headingOf(p.periods)
	case 2:
		p.b.heading = nil
	}
	p.run()
}

// moveHeading cuts the heading out and puts it where nothing is.
func (p *person) moveHeading(row, col int) {
	for _, n := range p.b.doc().Resource().NamedRanges {
		g := n.Range
		rows := g.EndRowIndex - g.StartRowIndex
		if n.Name != rangeKey+"_title" || g.SheetId != p.b.doc().Tabs()[0].ID || rows == 0 {
			continue
		}
		at := p.area()
		inRows := row < at[2] && at[0] < row+int(rows) && at[1] <= col && col < at[3]
		if row+int(rows) > p.b.doc().Tabs()[0].Rows || inRows {
			return
		}
		p.astray = p.astray || row+int(rows) > at[0]
		for i := range int(rows) {
			if p.isTaken(p.at(row+i, col)) {
				return
			}
		}
		p.must(p.b.doc().Batch(&sheets.Request{CutPaste: &sheets.CutPasteRequest{
			Source: g, PasteType: "PASTE_NORMAL",
			Destination: &sheets.GridCoordinate{
				SheetId: g.SheetId, RowIndex: int64(row), ColumnIndex: int64(col),
				ForceSendFields: []string{"SheetId", "RowIndex", "ColumnIndex"},
			},
		}}))
	}
}

// hasOwnLines reports whether lines of the person's stand among the rows: a sum over all of them would not be one of
// the rows alone.
func (p *person) hasOwnLines() bool {
	at := p.area()
	area := fmt.Sprintf("%s!%s:%s", quoted(p.tab()), cell(at[0]+1, at[1]), cell(max(at[0]+1, at[2]-1), at[3]-1))
	return slices.ContainsFunc(p.b.doc().Values(area), func(row []any) bool {
		return slices.ContainsFunc(row, func(v any) bool { return slices.Contains(p.texts, fmt.Sprint(v)) })
	})
}

// isTaken reports whether something was entered in a cell.
func (p *person) isTaken(a1 string) bool {
	got := p.b.doc().Formulas(a1)
	return len(got) > 0 && len(got[0]) > 0 && got[0][0] != ""
}

// typeInto types a text into a cell unless something is there.
func (p *person) typeInto(a1 string) {
	if p.isTaken(a1) {
		return
	}
	text := p.text()
	p.must(p.b.doc().SetCell(a1, text))
	p.texts = append(p.texts, text)
}

// TestAPersonBetweenRuns plays a person who works in the sheet between runs.
func TestAPersonBetweenRuns(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	rapid.Check(t, func(rt *rapid.T) {
		mode := rapid.SampledFrom([]export.Mode{export.Replace, export.Append, export.Upsert}).Draw(rt, "mode")
		maxBody := rapid.SampledFrom([]int{0, 600}).Draw(rt, "largest body") // 600 is less than a few rows take
		turns := rapid.Bool().Draw(rt, "looks change")
		p := newPerson(rt, t, mode, maxBody, turns)
		rt.Repeat(p.actions())
		p.run()
	})
}
