package statement

import (
	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// comparison adds another period's figures to a statement.
type comparison struct {
	now, then *arranged
	columns   []comparedColumn
}

// comparedColumn makes one cell of a row from the cells of both periods.
type comparedColumn struct {
	now, then int // indexes; -1 if there is none
	figure    func(now, then docCell) docCell
}

// compareReports returns the report with three columns added after each amount: the other period's figure, the change
// and the change in percent. Rows are matched by account and section, wherever they stand. A row that only one period
// has appears once.
func compareReports(now, then *arranged, compare string) *arranged {
	if len(now.columns) == 0 { // the report is empty
		empty := *now
		empty.columns, empty.label, empty.rows = then.columns, then.label, then.rows
		now = &empty
	}
	c := &comparison{now: now, then: then}
	out := *now
	out.columns = c.buildColumns(compare)
	out.top = c.compareNodes(now.top, then.top)
	out.nameColumns()
	out.cut = now.cut || then.cut
	return &out
}

// buildColumns returns the result's columns and remembers in c.columns where their cells come from.
func (c *comparison) buildColumns(compare string) []reportColumn {
	amounts := 0
	for i, col := range c.now.columns {
		if col.additive && i != c.now.label {
			amounts++
		}
	}
	var out []reportColumn
	add := func(col reportColumn, from comparedColumn) {
		out = append(out, col)
		c.columns = append(c.columns, from)
	}
	for i, col := range c.now.columns {
		add(col, comparedColumn{now: i, then: -1})
		if !col.additive || i == c.now.label {
			continue
		}
		prefix := ""
		if amounts > 1 {
			prefix = col.title + ", "
		}
		other := -1
		for j, x := range c.then.columns {
			if x.id == col.id && j != c.then.label {
				other = j
			}
		}
		title := "Previous period"
		if compare == export.CompareYear {
			title = "Previous year"
		}
		add(reportColumn{id: col.id + "_previous", title: prefix + title, kind: table.Money},
			comparedColumn{now: -1, then: other})
		add(reportColumn{id: col.id + "_change", title: prefix + "Change", kind: table.Money},
			comparedColumn{now: i, then: other, figure: computeChange})
		add(reportColumn{id: col.id + "_change_percent", title: prefix + "% change", kind: table.Number},
			comparedColumn{now: i, then: other, figure: computePercent})
	}
	return out
}

func (c *comparison) compareNodes(now, then []*node) []*node {
	var out []*node
	for _, p := range mergeNodes(now, then) {
		out = append(out, c.compareNode(p))
	}
	return out
}

func (c *comparison) compareNode(p pair[*node]) *node {
	base := *p.item()
	var a, b node
	if p.a != nil {
		a = **p.a
	}
	if p.b != nil {
		b = **p.b
	}
	n := &node{label: base.label, id: base.id, group: base.group, section: a.section || b.section}
	if n.section && !base.section {
		n.label = b.label
	}
	n.own = c.compareCells(a.own, b.own)
	n.children = c.compareNodes(a.children, b.children)
	if a.summary != nil || b.summary != nil {
		n.summary = c.compareCells(a.findTotal(b.summary), b.findTotal(a.summary))
	}
	return n
}

// findTotal returns the node's total. A node without rows below it has no summary: then its own cells are the total,
// titled like the other period's.
func (n node) findTotal(other []docCell) []docCell {
	if n.summary != nil || n.own == nil || other == nil {
		return n.summary
	}
	total := append([]docCell(nil), n.own...)
	total[0] = other[0]
	return total
}

func (c *comparison) compareCells(now, then []docCell) []docCell {
	if now == nil && then == nil {
		return nil
	}
	at := func(cells []docCell, i int) docCell {
		if i < 0 || cells == nil {
			return docCell{}
		}
		return cells[i]
	}
	out := make([]docCell, len(c.columns))
	for i, from := range c.columns {
		switch a, b := at(now, from.now), at(then, from.then); {
		case from.figure != nil:
			out[i] = from.figure(a, b)
		case from.now >= 0:
			out[i] = a
		default:
			out[i] = b
		}
	}
	if now == nil {
		out[0] = then[0]
	}
	return out
}

// parseBoth parses two amounts. One blank cell counts as zero; ok is false if both are blank or either is not a number.
func parseBoth(now, then docCell) (a, b decimal.Decimal, ok bool) {
	x, y := now.text(), then.text()
	if x == "" && y == "" {
		return a, b, false
	}
	okA, okB := true, true
	if x != "" {
		a, okA = now.amount()
	}
	if y != "" {
		b, okB = then.amount()
	}
	return a, b, okA && okB
}

func computeChange(now, then docCell) docCell {
	a, b, ok := parseBoth(now, then)
	if !ok {
		return docCell{}
	}
	return docCell{Value: record.Scalar(table.DecimalText(a.Sub(b)))}
}

// computePercent returns the change as a fraction of the other period's figure, to four decimal places, or a blank cell
// if that figure is zero.
func computePercent(now, then docCell) docCell {
	a, b, ok := parseBoth(now, then)
	if !ok || b.IsZero() {
		return docCell{}
	}
	return docCell{Value: record.Scalar(a.Sub(b).DivRound(b.Abs(), 4).StringFixed(4))}
}
