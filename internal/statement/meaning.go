package statement

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/record"
)

// rest is the group of the row for what belongs to none of the others, such as sales without a class.
const rest = "**"

// resultGroups are the groups of rows that follow from others, wherever they stand. A row of another group may be an
// account: the cash flow has the net income among its rows.
var resultGroups = []string{grandTotal, "GrossProfit", "NetOperatingIncome", "NetOtherIncome"}

// topResults are the groups of rows that follow from others if they are not within a section.
var topResults = []string{"NetIncome", "CashIncrease", "BeginningCash", "EndingCash", "NetTaxOwed"}

// isResult reports whether a row that stands alone follows from others, by its group and its place. QuickBooks writes
// such rows as sections with a summary, with a header, or as plain rows.
func (a *arranged) isResult(group string, depth int) bool {
	is := func(name string) bool { return strings.EqualFold(name, group) }
	return slices.ContainsFunc(resultGroups, is) ||
		(depth == 0 && (slices.ContainsFunc(topResults, is) || slices.ContainsFunc(a.results, is)))
}

// arrangeRows arranges the rows of one level.
func (a *arranged) arrangeRows(rows []docRow, depth int) []*node {
	var list []*node
	for _, r := range rows {
		n := a.arrangeRow(r, depth)
		if n == nil {
			continue
		}
		if before := len(list) - 1; before >= 0 && closes(n, list[before]) {
			list[before].summary = a.joinHeading(n)
			continue
		}
		list = append(list, a.settle(n, depth))
	}
	return list
}

// arrangeRow arranges one row. It returns nil for a row that only separates others.
func (a *arranged) arrangeRow(r docRow, depth int) *node {
	section := r.Header != nil || r.Summary != nil || r.Rows != nil
	head := r.Header.cells()
	if head == nil {
		head = r.ColData // some sections have their header's cells where leaves have their cells
	}
	if !section {
		if !a.filled(head, true) {
			return nil
		}
		if group := string(r.Group); a.isResult(group, depth) {
			return &node{group: group, section: true, summary: a.pad(head)}
		}
		n := &node{group: string(r.Group), own: a.pad(head)}
		n.label, n.id = a.findLabel(head, false)
		return n
	}
	n := &node{group: string(r.Group), section: true}
	n.label, n.id = a.findLabel(head, true)
	if a.filled(head, false) {
		n.own = a.pad(head)
	}
	if r.Rows != nil {
		n.children = a.arrangeRows(r.Rows.Row, depth+1)
	}
	if r.Summary != nil {
		n.summary = a.pad(r.Summary.cells())
	}
	if n.label == "" && n.own == nil && len(n.children) == 0 && !a.filled(n.summary, true) {
		return nil
	}
	return n
}

// settle decides what to make of a section that has only one row, and of a header that repeats the total.
func (a *arranged) settle(n *node, depth int) *node {
	only := n.own
	switch {
	case !n.section:
		return n
	case len(n.children) > 0:
		if a.repeatsTotal(n) {
			n.own, n.echo = nil, n.own
		}
		return n
	case n.own != nil && n.summary != nil:
		return n
	case n.own == nil && (n.summary == nil || n.label != ""):
		return n // a section without rows
	case n.own == nil:
		only = n.summary
	}
	result := a.isResult(n.group, depth)
	switch {
	case n.group == rest, n.own != nil && !result && (n.group == "" || depth > 0):
		leaf := &node{group: n.group, own: only}
		leaf.label, leaf.id = a.findLabel(only, true)
		return leaf
	}
	return &node{group: n.group, section: true, summary: only}
}

// repeatsTotal reports whether a section's header states the section's total instead of amounts of its own: it says the
// same in each column and nothing else, and the rows alone add up to the total, or come nearer to it than together with
// the header.
func (a *arranged) repeatsTotal(n *node) bool {
	if n.own == nil || n.summary == nil {
		return false
	}
	below := make([]decimal.Decimal, len(a.columns))
	visitLeaves(n.children, nil, "", func(r reportRow) bool {
		for i := range below {
			d, _ := r.cells[i].amount()
			below[i] = below[i].Add(d)
		}
		return true
	})
	amounts := 0
	for i, c := range a.columns {
		if i == a.label {
			continue
		}
		if !c.additive {
			if text := n.own[i].text(); text != "" && text != n.summary[i].text() {
				return false
			}
			continue
		}
		own, okOwn := parseFigure(n.own[i])
		total, okTotal := parseFigure(n.summary[i])
		apart := below[i].Sub(total).Abs()
		if !okOwn || !okTotal || !own.Equal(total) || (!apart.IsZero() && !apart.LessThan(below[i].Abs())) {
			return false
		}
		if !total.IsZero() {
			amounts++
		}
	}
	return amounts > 0
}

// closes reports whether n is only the end of the section before it. Older detail reports write that end as a section
// with nothing but a header, whose label ends with the earlier section's label.
func closes(n, before *node) bool {
	return n.section && n.summary == nil && len(n.children) == 0 && n.label != "" &&
		before.section && before.summary == nil && before.label != "" && n.label != before.label &&
		strings.HasSuffix(n.label, before.label)
}

func (a *arranged) joinHeading(n *node) []docCell {
	cells := n.own
	if cells == nil {
		cells = make([]docCell, len(a.columns))
	}
	cells[0].Value = record.Scalar(n.label)
	return cells
}
