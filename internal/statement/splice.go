package statement

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// splice puts the answers for two ranges, one right after the other, together to what one answer would be.
type splice struct {
	a, b    *arranged
	columns []reportColumn
	fromA   []int // by column of the result: position in a, -1 where it has none
	fromB   []int
	zero    string // how this service spells zero
}

// spliceReports returns the report of the range of a and the range of b that follows it.
func spliceReports(a, b *arranged) (*arranged, error) {
	if a.label != b.label || a.columns[0].id != b.columns[0].id {
		return nil, problem.New(problem.QuickBooksMalformed, "Two parts of the report have different columns.")
	}
	j := &splice{a: a, b: b}
	if spellsZero(a.top) || spellsZero(b.top) {
		j.zero = "0.00"
	}
	for _, p := range merge(a.columns, b.columns, func(c reportColumn) string { return c.id }, earlier) {
		at := func(c *reportColumn, list []reportColumn) int {
			if c == nil {
				return -1
			}
			return slices.IndexFunc(list, func(x reportColumn) bool { return x.id == c.id })
		}
		c := *p.item()
		if !a.detail() && !c.additive && (c.kind == table.Money || c.kind == table.Number) {
			return nil, problem.New(problem.ReportTooLarge,
				"QuickBooks left out a part of the report because it is too large, and %s cannot be put together "+
					"from parts.", problem.Safe(c.title))
		}
		j.columns = append(j.columns, c)
		j.fromA = append(j.fromA, at(p.a, a.columns))
		j.fromB = append(j.fromB, at(p.b, b.columns))
	}
	out := *a
	out.columns = j.columns
	out.header.EndPeriod = b.header.EndPeriod
	out.top = j.nodes(a.top, b.top)
	return &out, nil
}

// earlier orders columns: periods by their days, others by their titles, those for what has none last.
func earlier(x, y reportColumn) bool {
	if x.start != "" && y.start != "" {
		return x.start < y.start
	}
	if blankX, blankY := x.id == "not_specified", y.id == "not_specified"; blankX != blankY {
		return blankY
	}
	return fold(x.title) < fold(y.title)
}

func (j *splice) nodes(a, b []*node) []*node {
	var out []*node
	if j.a.detail() {
		// The rows of transactions are neither the same in both nor in need of sorting: one range follows the other.
		for _, n := range a {
			if n.anonymous() {
				out = append(out, j.widen(n, j.fromA))
			}
		}
		for _, n := range b {
			if n.anonymous() {
				out = append(out, j.widen(n, j.fromB))
			}
		}
		a = slices.DeleteFunc(slices.Clone(a), (*node).anonymous)
		b = slices.DeleteFunc(slices.Clone(b), (*node).anonymous)
	}
	for _, p := range mergeNodes(a, b) {
		switch {
		case p.b == nil:
			out = append(out, j.widen(*p.a, j.fromA))
		case p.a == nil:
			out = append(out, j.widen(*p.b, j.fromB))
		default:
			out = append(out, j.both(*p.a, *p.b))
		}
	}
	return out
}

// anonymous says that the node is a transaction's row or total and cannot be told from another one.
func (n *node) anonymous() bool {
	return !n.section || (n.computed() && n.group == "" && n.name() == "")
}

// widen gives a node that only one side has the result's columns.
func (j *splice) widen(n *node, from []int) *node {
	out := *n
	out.own, out.summary = moveCells(n.own, from), moveCells(n.summary, from)
	out.children = nil
	for _, c := range n.children {
		out.children = append(out.children, j.widen(c, from))
	}
	return &out
}

func moveCells(cells []docCell, from []int) []docCell {
	if cells == nil {
		return nil
	}
	out := make([]docCell, len(from))
	for i, at := range from {
		if at >= 0 {
			out[i] = cells[at]
		}
	}
	return out
}

func (j *splice) both(a, b *node) *node {
	if j.a.detail() {
		b = j.continueBalances(a, b)
	}
	out := &node{label: a.label, id: a.id, group: a.group, section: a.section || b.section}
	if out.section && !a.section {
		out.label = b.label
	}
	out.own = j.sum(a.own, b.own)
	out.children = j.nodes(a.children, b.children)
	if a.summary != nil || b.summary != nil {
		out.summary = j.sum(a.whole(b.summary), b.whole(a.summary))
	}
	return out
}

// sum adds amounts and quantities up. Of anything else the later answer's counts, as for a running balance.
func (j *splice) sum(a, b []docCell) []docCell {
	x, y := moveCells(a, j.fromA), moveCells(b, j.fromB)
	switch {
	case x == nil:
		return y
	case y == nil:
		return x
	}
	for i, c := range j.columns {
		if i == 0 {
			continue // the label, or what has its place in the totals of lists
		}
		if c.additive || (c.kind == table.Number && strings.HasPrefix(c.id, "q")) {
			if p, q, ok := figures(x[i], y[i]); ok {
				x[i] = j.cell(p.Add(q))
			}
		} else if y[i].text() != "" {
			x[i] = y[i]
		}
	}
	return x
}

func (j *splice) cell(d decimal.Decimal) docCell {
	if d.IsZero() {
		return docCell{Value: record.Scalar(j.zero)}
	}
	return docCell{Value: record.Scalar(table.DecimalText(d))}
}

// continueBalances returns section b without its opening balance, its balances running on from a's: of an account of
// income or costs QuickBooks lets them begin anew with each fiscal year of its own.
func (j *splice) continueBalances(a, b *node) *node {
	opening := slices.IndexFunc(b.children, func(n *node) bool { return !n.section })
	if opening >= 0 && !j.b.opens(b.children[opening]) {
		opening = -1
	}
	out := *b
	out.children = slices.Clone(b.children)
	for at, c := range j.b.columns {
		if !c.running() {
			continue
		}
		before := slices.IndexFunc(j.a.columns, func(x reportColumn) bool { return x.id == c.id })
		if before < 0 {
			continue
		}
		shift := j.a.lastOf(a, before)
		if opening >= 0 {
			first, _ := parseAmount(b.children[opening].own[at].text())
			shift = shift.Sub(first)
		}
		if shift.IsZero() {
			continue
		}
		for i, n := range out.children {
			if v, _, ok := figures(n.cellAt(at), docCell{Value: "0"}); ok && !n.section {
				moved := *n
				moved.own = slices.Clone(n.own)
				moved.own[at] = j.cell(v.Add(shift))
				out.children[i] = &moved
			}
		}
	}
	if opening >= 0 {
		out.children = slices.Delete(out.children, opening, opening+1)
	}
	return &out
}

func (n *node) cellAt(i int) docCell {
	if n.own == nil {
		return docCell{}
	}
	return n.own[i]
}

// running says that the column holds a balance after each row.
func (c reportColumn) running() bool {
	return c.kind == table.Money && strings.HasPrefix(c.id, "rbal_")
}

// opens says that a row is an account's opening balance: it has a balance, but no other figure and no transaction.
func (a *arranged) opens(n *node) bool {
	balance := false
	for i, c := range n.own {
		switch {
		case c.ID != "" || (i > 0 && c.text() != "" && !a.columns[i].running()):
			return false
		case a.columns[i].running() && c.text() != "":
			balance = true
		}
	}
	return balance
}

// lastOf is the balance after the section's last row; zero may be blank.
func (a *arranged) lastOf(section *node, column int) decimal.Decimal {
	for _, n := range slices.Backward(section.children) {
		if !n.section {
			last, _ := parseAmount(n.own[column].text())
			return last
		}
	}
	return decimal.Zero
}

// spellsZero says that some amount is 0.00, as only the older service has it.
func spellsZero(nodes []*node) bool {
	for _, n := range nodes {
		for _, cells := range [][]docCell{n.own, n.summary} {
			if slices.ContainsFunc(cells, func(c docCell) bool { return c.text() == "0.00" }) {
				return true
			}
		}
		if spellsZero(n.children) {
			return true
		}
	}
	return false
}
