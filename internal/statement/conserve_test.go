package statement

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// reportDrawer draws reports of every shape that QuickBooks was seen to send, with a name of its own for each row.
type reportDrawer struct {
	t       *rapid.T
	columns int
	rows    int
}

func (g *reportDrawer) amount() string {
	cents := rapid.Int64Range(-1_000_000_00, 1_000_000_00).Draw(g.t, "cents")
	d := decimal.New(cents, -2)
	switch plain := d.Abs().StringFixed(2); rapid.IntRange(0, 9).Draw(g.t, "spelling") {
	case 0:
		return ""
	case 1:
		return "-"
	case 2:
		if d.IsNegative() {
			return "(" + plain + ")"
		}
		return "$" + plain
	case 3:
		if len(plain) > 6 {
			return plain[:len(plain)-6] + "," + plain[len(plain)-6:]
		}
	}
	return d.StringFixed(2)
}

func (g *reportDrawer) cells(blank bool) []any {
	g.rows++
	label := fmt.Sprintf("Row %d.", g.rows)
	list := []any{map[string]any{"value": label, "id": fmt.Sprint(g.rows)}}
	for i := range rapid.IntRange(0, g.columns+1).Draw(g.t, "cells") {
		text := ""
		switch {
		case blank:
		case i == 0:
			text = rapid.SampledFrom([]string{
				"", "0-00-00", "2026-01-05", "2026-01-06", "2026-01-05-07:00", "2026-01-05T23:00:00-08:00",
			}).Draw(g.t, "day")
		default:
			text = g.amount()
		}
		list = append(list, map[string]any{"value": text})
	}
	return list
}

// repeated draws a section whose header states its total, which its only row makes up.
func (g *reportDrawer) repeated() any {
	header, row := g.cells(false), g.cells(false)
	for len(row) < 3 {
		row = append(row, map[string]any{"value": ""})
	}
	row[len(row)-1] = map[string]any{"value": "12.50"}
	cells := append(slices.Clone(header[:1]), row[1:]...)
	return map[string]any{
		"Header":  map[string]any{"ColData": cells},
		"Rows":    map[string]any{"Row": []any{map[string]any{"ColData": row}}},
		"Summary": map[string]any{"ColData": append([]any{map[string]any{"value": "Total"}}, row[1:]...)},
	}
}

// closed draws a section and the row that closes it, as older answers have them.
func (g *reportDrawer) closed(depth int) []any {
	header, end := g.cells(true), g.cells(false)
	end[0] = map[string]any{"value": "Total for " + header[0].(map[string]any)["value"].(string)}
	section := map[string]any{
		"Header": map[string]any{"ColData": header}, "Rows": map[string]any{"Row": g.level(depth + 1)},
	}
	return []any{section, map[string]any{"Header": map[string]any{"ColData": end}}}
}

func (g *reportDrawer) level(depth int) []any {
	var list []any
	for range rapid.IntRange(0, 4).Draw(g.t, "rows") {
		switch special := rapid.IntRange(0, 11).Draw(g.t, "special"); {
		case special == 0:
			list = append(list, g.repeated())
		case special == 1 && depth < 3:
			list = append(list, g.closed(depth)...)
		default:
			list = append(list, g.row(depth))
		}
	}
	return list
}

func (g *reportDrawer) row(depth int) any {
	group := rapid.SampledFrom([]string{"", "", "", "**", "Income", "GrossProfit", "NetIncome", "GrandTotal"}).
		Draw(g.t, "group")
	row := map[string]any{}
	if group != "" {
		row["group"] = group
	}
	cells := func(blank bool) any { return map[string]any{"ColData": g.cells(blank)} }
	switch shape := rapid.IntRange(0, 7).Draw(g.t, "shape"); {
	case shape == 0: // a separator
		return map[string]any{"ColData": []any{map[string]any{"value": " "}, map[string]any{}}}
	case shape == 1:
		row["Summary"] = cells(false)
	case shape == 2:
		row["Header"] = cells(false)
	case shape == 3 && depth < 3:
		row["ColData"], row["Rows"] = g.cells(false), map[string]any{"Row": g.level(depth + 1)}
	case shape < 6 && depth < 3:
		row["Header"] = cells(rapid.Bool().Draw(g.t, "blank"))
		row["Rows"] = map[string]any{"Row": g.level(depth + 1)}
		if rapid.Bool().Draw(g.t, "total") {
			row["Summary"] = cells(false)
		}
	default:
		row["ColData"] = g.cells(false)
	}
	return row
}

// drawReport draws a report and returns it arranged, with what the walk over its answer found.
func drawReport(t *rapid.T) (*arranged, *rawEntry, export.Report) {
	g := &reportDrawer{t: t, columns: rapid.IntRange(1, 3).Draw(t, "columns")}
	d := export.Report{ID: "r", Shape: export.Tree}
	columns := []any{map[string]any{"ColTitle": "", "ColType": "Account"}}
	if rapid.Bool().Draw(t, "list") {
		d.Shape = export.List
		columns = []any{map[string]any{"ColTitle": "Name", "ColType": "name"}}
	}
	columns = append(columns, map[string]any{"ColTitle": "Day", "ColType": "tx_date"})
	for i := range g.columns {
		columns = append(columns, map[string]any{"ColTitle": fmt.Sprint("Amount ", i), "ColType": "Money"})
	}
	body, err := json.Marshal(map[string]any{
		"Header": map[string]any{"ReportName": "Drawn", "Currency": "USD"},
		"Rows":   map[string]any{"Row": g.level(0)}, "Columns": map[string]any{"Column": columns},
	})
	if err != nil {
		t.Fatal(err)
	}
	var doc document
	if err := decodeReport(body, &doc); err != nil {
		t.Fatal(err)
	}
	raw, err := walkAnswer(body)
	if err != nil {
		t.Fatal(err)
	}
	a, err := arrange(&doc, d)
	if err != nil {
		t.Fatal(err)
	}
	return a, raw, d
}

var everyLayout = []string{export.LayoutStatement, export.LayoutTable, export.LayoutTidy}

func drawnLayout(t *rapid.T, a *arranged, d export.Report, kind string) (*layout, export.Query) {
	q := export.Query{Columns: []string{"Section", "Label", "Amounts"}}
	l, err := newLayout(a, d, kind, q, asked{})
	if err != nil {
		t.Fatal(err)
	}
	return l, q
}

// TestReportsAreConserved proves that whatever the shape, each cell of the answer is in the rows that are made.
func TestReportsAreConserved(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, raw, d := drawReport(t)
		if err := a.conserves(raw); err != nil {
			t.Fatal(err)
		}
		for _, kind := range everyLayout {
			l, q := drawnLayout(t, a, d, kind)
			for _, err := range newReading(l, q).Rows {
				if err != nil {
					t.Fatalf("%s: %v", kind, err)
				}
			}
		}
	})
}

// TestLossesOfReadingAreSeen spoils the arranged report in every way that a fault of the reader could.
func TestLossesOfReadingAreSeen(t *testing.T) {
	t.Parallel()
	spoilt := 0
	rapid.Check(t, func(t *rapid.T) {
		a, raw, _ := drawReport(t)
		lists := []*[]*node{&a.top}
		var leaves []*node
		for i := 0; i < len(lists); i++ {
			for _, n := range *lists[i] {
				lists = append(lists, &n.children)
				if n.own != nil {
					leaves = append(leaves, n)
				}
			}
		}
		lists = slices.DeleteFunc(lists, func(l *[]*node) bool { return len(*l) == 0 })
		if len(leaves) < 2 {
			return
		}
		list := rapid.SampledFrom(lists).Draw(t, "list")
		at := rapid.IntRange(0, len(*list)-1).Draw(t, "at")
		from, to := rapid.SampledFrom(leaves).Draw(t, "from"), rapid.SampledFrom(leaves).Draw(t, "to")
		column := rapid.IntRange(1, len(a.columns)-1).Draw(t, "column")
		switch rapid.IntRange(0, 4).Draw(t, "fault") {
		case 0:
			*list = slices.Delete(slices.Clone(*list), at, at+1)
		case 1:
			*list = append(slices.Clone(*list), (*list)[at])
		case 2:
			if from.own[column].text() == to.own[column].text() {
				return
			}
			from.own[column], to.own[column] = to.own[column], from.own[column]
		case 3:
			value, _ := parseFigure(from.own[column])
			from.own[column].Value = record.Scalar(value.Add(decimal.New(1, -2)).String())
		case 4:
			other := 1 + column%(len(a.columns)-1)
			if from.own[column].text() == from.own[other].text() {
				return
			}
			from.own[column], from.own[other] = from.own[other], from.own[column]
		}
		spoilt++
		if err := a.conserves(raw); err == nil {
			t.Fatal("nobody saw it")
		}
	})
	if spoilt == 0 {
		t.Error("no report was spoilt")
	}
}

// misjudgement is one way in which arrangeRows could take a row for what it is not.
type misjudgement struct {
	fault    string
	fits     func(a *arranged, n *node) bool
	misjudge func(n *node)
	leaves   bool // the row's children go to the list that the row stands in
}

var misjudgements = []misjudgement{
	{
		fault: "a total is a leaf",
		fits:  func(a *arranged, n *node) bool { return n.computed() && a.filled(n.summary, true) },
		misjudge: func(n *node) {
			n.section, n.own, n.summary = false, n.summary, nil
		},
	},
	{
		fault: "a leaf is a total",
		fits:  func(_ *arranged, n *node) bool { return !n.section },
		misjudge: func(n *node) {
			n.section, n.own, n.summary, n.label = true, nil, n.own, ""
		},
	},
	{
		fault:    "amounts of a header are taken for its total",
		fits:     func(a *arranged, n *node) bool { return n.section && n.own != nil && a.filled(n.own, false) },
		misjudge: func(n *node) { n.own, n.echo = nil, n.own },
	},
	{
		fault:    "a header's total is taken for amounts of its own",
		fits:     func(_ *arranged, n *node) bool { return n.section && n.own == nil && n.echo != nil },
		misjudge: func(n *node) { n.own, n.echo = n.echo, nil },
	},
	{
		fault:    "rows leave their section",
		fits:     func(_ *arranged, n *node) bool { return n.section && len(n.children) > 0 && n.label != "" },
		misjudge: func(n *node) { n.children = nil },
		leaves:   true,
	},
	{
		fault: "a heading and its total change places",
		fits: func(a *arranged, n *node) bool {
			return n.section && n.summary != nil && a.filled(n.summary, true) && n.own == nil && n.echo == nil &&
				n.label != ""
		},
		misjudge: func(n *node) { n.label, n.own, n.summary = "", n.summary, nil },
	},
}

// TestMisjudgedRowsAreSeen takes leaves for totals, totals for leaves, headings for either, and puts rows into other
// sections, as a fault of arrangeRows would.
func TestMisjudgedRowsAreSeen(t *testing.T) {
	t.Parallel()
	judged := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		a, raw, _ := drawReport(t)
		var all []*node
		var lists []*[]*node
		var visit func(list *[]*node)
		visit = func(list *[]*node) {
			lists = append(lists, list)
			for _, n := range *list {
				all = append(all, n)
				visit(&n.children)
			}
		}
		visit(&a.top)
		for _, n := range all {
			was := *n
			for _, m := range misjudgements {
				if !m.fits(a, n) {
					continue
				}
				var home *[]*node
				var siblings []*node
				if m.leaves {
					at := slices.IndexFunc(lists, func(l *[]*node) bool { return slices.Contains(*l, n) })
					home, siblings = lists[at], *lists[at]
					*home = append(slices.Clone(siblings), n.children...)
				}
				m.misjudge(n)
				judged[m.fault]++
				if a.conserves(raw) == nil {
					t.Fatalf("nobody saw that %s", m.fault)
				}
				*n = was
				if m.leaves {
					*home = siblings
				}
			}
		}
	})
	if len(judged) < 4 {
		t.Errorf("only these faults were tried: %v", judged)
	}
}

// TestLossesOfWritingAreSeen spoils the rows that a layout makes.
func TestLossesOfWritingAreSeen(t *testing.T) {
	t.Parallel()
	spoilt := 0
	rapid.Check(t, func(t *rapid.T) {
		a, _, d := drawReport(t)
		l, q := drawnLayout(t, a, d, rapid.SampledFrom(everyLayout).Draw(t, "layout"))
		var rows []table.Row
		for row := range newReading(l, q).Rows {
			rows = append(rows, row)
		}
		if len(rows) == 0 {
			return
		}
		at := rapid.IntRange(0, len(rows)-1).Draw(t, "at")
		column := len(l.slots) - 1
		cell := rows[at].Cells[column]
		switch rapid.IntRange(0, 4).Draw(t, "fault") {
		case 4:
			day := slices.IndexFunc(l.slots, func(s slot) bool {
				return s.shows >= 0 && (s.column.Kind == table.Date || s.column.Kind == table.DateTime)
			})
			if day < 0 {
				return
			}
			rows[at].Cells[day] = table.DateOf(time.Date(2020, 2, 29, 0, 0, 0, 0, time.UTC))
		case 0:
			rows = slices.Delete(rows, at, at+1)
		case 1:
			rows = append(rows, rows[at])
		case 2:
			value, _ := cell.Decimal()
			rows[at].Cells[column] = table.MoneyOf(value.Add(decimal.New(1, -2)))
		case 3:
			to := rapid.IntRange(0, len(rows)-1).Draw(t, "to")
			same := func(x, y table.Cell) bool { return x.Equal(y) }
			if rows[to].Cells[column].Equal(cell) ||
				slices.EqualFunc(rows[to].Cells[:column], rows[at].Cells[:column], same) {
				return // nobody could tell the two rows apart
			}
			rows[at].Cells[column], rows[to].Cells[column] = rows[to].Cells[column], cell
		}
		spoilt++
		w := newWritten(l)
		for _, row := range rows {
			w.add(row)
		}
		if w.check() == nil {
			t.Fatal("nobody saw it")
		}
	})
	if spoilt == 0 {
		t.Error("no report was spoilt")
	}
}
