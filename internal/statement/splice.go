package statement

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// splice joins the answers for two adjacent ranges into what a single answer would have been.
type splice struct {
	a, b    *arranged
	columns []reportColumn
	fromA   []int // for each column of the result its index in a, or -1
	fromB   []int
	zero    string // how this service spells zero
}

// spliceReports returns the report for the range of a and the range of b, which must follow it.
func spliceReports(a, b *arranged) (*arranged, error) {
	switch { // a part without rows may have no columns, or not all
	case len(a.columns) == 0 || (len(a.top) == 0 && a.label != b.label):
		out := *b
		out.header.StartPeriod = a.header.StartPeriod
		return &out, nil
	case len(b.columns) == 0 || (len(b.top) == 0 && a.label != b.label):
		out := *a
		out.header.EndPeriod = b.header.EndPeriod
		return &out, nil
	}
	if a.label != b.label || a.columns[0].id != b.columns[0].id {
		return nil, problem.New(problem.QuickBooksMalformed, "Two parts of the report have different columns.")
	}
	j := &splice{a: a, b: b}
	if spellsZero(a.top) || spellsZero(b.top) {
		j.zero = "0.00"
	}
	for _, p := range merge(a.columns, b.columns, func(c reportColumn) string { return c.id }, columnLess) {
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
	out.top = j.spliceNodes(a.top, b.top)
	return &out, out.keepsSums("", a, b)
}

// columnLess orders columns: periods by day, others by title, and "not specified" last.
func columnLess(x, y reportColumn) bool {
	if x.start != "" && y.start != "" {
		return x.start < y.start
	}
	if blankX, blankY := x.id == "not_specified", y.id == "not_specified"; blankX != blankY {
		return blankY
	}
	return fold(x.title) < fold(y.title)
}

func (j *splice) spliceNodes(a, b []*node) []*node {
	var out []*node
	if j.a.detail() {
		// No transaction is in both ranges, and one range follows the other, so the rows need no matching or sorting.
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
			out = append(out, j.spliceNode(*p.a, *p.b))
		}
	}
	return out
}

// anonymous reports whether the node is a transaction's row or an unnamed total, which nothing identifies.
func (n *node) anonymous() bool {
	return !n.section || (n.computed() && n.group == "" && n.name() == "")
}

// widen gives the result's columns to a node that only one side has.
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

func (j *splice) spliceNode(a, b *node) *node {
	if j.a.detail() {
		b = j.continueBalances(a, b)
	}
	out := &node{label: a.label, id: a.id, group: a.group, section: a.section || b.section}
	if out.section && !a.section {
		out.label = b.label
	}
	out.own = j.addCells(a.own, b.own)
	out.children = j.spliceNodes(a.children, b.children)
	if a.summary != nil || b.summary != nil {
		out.summary = j.addCells(a.findTotal(b.summary), b.findTotal(a.summary))
	}
	return out
}

// addCells adds up amounts and quantities. Of a running balance or a text it takes the later answer's. Other figures of
// two parts, such as averages, have no common one.
func (j *splice) addCells(a, b []docCell) []docCell {
	x, y := moveCells(a, j.fromA), moveCells(b, j.fromB)
	switch {
	case x == nil:
		return y
	case y == nil:
		return x
	}
	for i, c := range j.columns {
		if i == 0 {
			continue // the label, or what stands in its place in the totals of transaction lists
		}
		if c.additive || (c.kind == table.Number && strings.HasPrefix(c.id, "q")) {
			if p, q, ok := parseBoth(x[i], y[i]); ok {
				x[i] = j.newCell(p.Add(q))
			}
		} else if figures := c.kind == table.Money || c.kind == table.Number; figures && !c.running() &&
			x[i].text() != "" && y[i].text() != "" && x[i].text() != y[i].text() {
			x[i] = docCell{}
		} else if y[i].text() != "" {
			x[i] = y[i]
		}
	}
	return x
}

func (j *splice) newCell(d decimal.Decimal) docCell {
	if d.IsZero() {
		return docCell{Value: record.Scalar(j.zero)}
	}
	return docCell{Value: record.Scalar(table.DecimalText(d))}
}

// continueBalances returns section b without its opening balance and with its running balances carried on from a's. It
// is needed because QuickBooks restarts the balances of income and expense accounts with each fiscal year of its own.
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
		shift := j.a.lastBalance(a, before)
		if opening >= 0 {
			first, _ := b.children[opening].own[at].amount()
			shift = shift.Sub(first)
		}
		if shift.IsZero() {
			continue
		}
		for i, n := range out.children {
			if v, _, ok := parseBoth(n.cellAt(at), docCell{Value: "0"}); ok && !n.section {
				moved := *n
				moved.own = slices.Clone(n.own)
				moved.own[at] = j.newCell(v.Add(shift))
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

// running reports whether the column holds the balance after each row.
func (c reportColumn) running() bool {
	return c.kind == table.Money && strings.HasPrefix(c.id, "rbal_")
}

// opens reports whether a row is an account's opening balance: it has a balance, but no other figure and no
// transaction.
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

// lastBalance returns the balance after the section's last row. A blank balance is zero.
func (a *arranged) lastBalance(section *node, column int) decimal.Decimal {
	for _, n := range slices.Backward(section.children) {
		if !n.section {
			last, _ := n.own[column].amount()
			return last
		}
	}
	return decimal.Zero
}

// spellsZero reports whether any amount is "0.00", which only the older service writes.
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
