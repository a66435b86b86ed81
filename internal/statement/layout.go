package statement

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// layout turns an arranged report into rows.
type layout struct {
	*arranged
	report        export.Report
	kind          string // export.LayoutStatement, …
	slots         []slot
	periods       []int // tidy: the columns that become rows; the others but their total stay columns
	needsAccounts bool  // accounts must be set before rows are made
	accounts      map[string]account

	company export.Company
	page    string // opens the report; empty if its page is not known or its rows have no labels
	txn     int    // index of the column whose cells name a transaction and carry its id; -1 if there is none
}

// slot is one column of the result.
type slot struct {
	column table.Column
	cell   func(reportRow) table.Cell
	shows  int // what written compares: index of the report's column, or one of the constants there
}

// reportRow is one row on its way to cells.
type reportRow struct {
	role      table.Role
	level     int
	path      []string // labels of the sections above
	label, id string
	above     string    // id of the closest section above that has an id
	cells     []docCell // nil if the row has no amounts
	period    int       // tidy: index of the column, or noPeriod
}

func newLayout(a *arranged, d export.Report, kind string, q export.Query, want asked) (*layout, error) {
	l := &layout{arranged: a, report: d, kind: kind, company: q.Company, txn: a.findTransactions()}
	if l.kind == export.LayoutTidy {
		l.periods = a.findPeriods()
	}
	for _, key := range q.Columns {
		col, err := export.FindColumn(d, key)
		if err != nil {
			return nil, problem.Invalid("columns", "%s is not a column: %v", key, err)
		}
		l.add(col, q, want)
	}
	l.markKeys()
	l.markLinks(cmp.Or(want.basis, string(a.header.ReportBasis)), want.describePeriod())
	return l, nil
}

// findTransactions returns the column whose cells say what a transaction is and carry its id, as recorded answers show;
// -1 if there is none.
func (a *arranged) findTransactions() int {
	return slices.IndexFunc(a.columns, func(c reportColumn) bool {
		return slices.Contains([]string{"txn_type", "tx_type", "transactiontype"}, strings.ToLower(c.id))
	})
}

// markLinks marks the column that opens transactions. If the report has none, the labels of a statement open the report
// itself, with the dates and the basis that were read.
func (l *layout) markLinks(basis, period string) {
	for i := range l.slots {
		s := &l.slots[i]
		switch {
		case l.txn >= 0:
			s.column.Linked = s.shows == l.txn
		case s.column.Label:
			l.page = l.report.Link(l.company, period, basis)
			s.column.Linked = l.page != ""
		}
	}
}

// link returns the address that opens what a row is about.
func (l *layout) link(r reportRow) string {
	if l.txn < 0 || r.role != table.Data || l.txn >= len(r.cells) {
		return l.page
	}
	cell := r.cells[l.txn]
	return l.company.TransactionLink(cell.text(), string(cell.ID))
}

// markKeys marks the columns that identify a row from run to run: its sections, label and period, or, in a report of
// transactions, all that is no figure.
func (l *layout) markKeys() {
	for i := range l.slots {
		s := &l.slots[i]
		switch {
		case l.detail():
			s.column.Key = s.column.Key || s.column.Kind != table.Money && s.column.Kind != table.Number
		case s.shows == showsLabel, s.shows == showsPeriod, s.shows <= showsSection:
			s.column.Key = true
		}
	}
}

// mixesSigns reports whether one column holds rows of opposite meaning with the same sign, such as income and costs.
func (l *layout) mixesSigns() bool { return len(l.report.Groups) > 0 }

// noPeriod is the period of a tidy row that has no amount in any period but something in another column.
const noPeriod = -1

// findPeriods returns the amount columns without their total, or just the total if there is nothing else. Prices and
// averages are no amounts of a period.
func (a *arranged) findPeriods() []int {
	var totals, parts []int
	for i, c := range a.columns {
		switch {
		case i == a.label || !c.additive:
		case c.total:
			totals = append(totals, i)
		default:
			parts = append(parts, i)
		}
	}
	if len(parts) > 0 {
		return parts
	}
	return totals
}

// stays reports whether a column is one in the layout, too.
func (l *layout) stays(i int) bool {
	if i == l.label {
		return false
	}
	return l.kind != export.LayoutTidy || !slices.Contains(l.periods, i) && !l.columns[i].total
}

func (l *layout) add(col export.Column, q export.Query, want asked) {
	head := table.Column{ID: col.Path, Title: col.Title, Kind: col.Kind, Key: col.Key}
	add := func(c table.Column, cell func(reportRow) table.Cell) {
		l.slots = append(l.slots, slot{c, cell, showsNothing})
	}
	switch col.Path {
	case export.CompanyColumn:
		company := col.From(export.View{Company: q.Company, Today: q.Today})
		l.slots = slices.Insert(l.slots, 0, slot{head, func(reportRow) table.Cell { return company }, showsNothing})
	case export.ReportSection:
		if l.kind == export.LayoutStatement {
			return
		}
		for i := range l.countSections() {
			add(table.Column{ID: fmt.Sprintf("%s%d", col.Path, i+1), Title: fmt.Sprintf("%s %d", col.Title, i+1)},
				func(r reportRow) table.Cell {
					if i < len(r.path) {
						return table.TextOf(r.path[i])
					}
					return table.Cell{}
				})
			l.slots[len(l.slots)-1].shows = showsSection - i
		}
	case export.ReportLabel:
		if l.detail() && l.kind != export.LayoutStatement {
			return // rows of transaction lists have no label
		}
		head.Label = l.kind == export.LayoutStatement
		add(head, func(r reportRow) table.Cell { return table.TextOf(r.label) })
		l.slots[len(l.slots)-1].shows = showsLabel
	case export.ReportRowID:
		add(head, func(r reportRow) table.Cell { return table.TextOf(r.id) })
	case export.ReportRowKind:
		add(head, func(r reportRow) table.Cell { return table.TextOf(roleNames[r.role]) })
	case export.ReportAccountNumber, export.ReportAccountType:
		l.needsAccounts = true
		add(head, func(r reportRow) table.Cell {
			found := l.accounts[l.findAccount(r)]
			if col.Path == export.ReportAccountType {
				return table.TextOf(found.kind)
			}
			return table.TextOf(found.number)
		})
	case export.ReportAmounts:
		l.addAmounts(add, want)
	}
}

var roleNames = map[table.Role]string{table.Section: "section", table.Data: "data", table.Total: "total"}

func (l *layout) addAmounts(add func(table.Column, func(reportRow) table.Cell), want asked) {
	for i, c := range l.columns {
		if !l.stays(i) {
			continue
		}
		head := table.Column{
			ID: c.id, Title: c.title, Kind: c.kind, Currency: c.currency,
			NotAdded: !c.additive || l.mixesSigns(),
		}
		add(head, func(r reportRow) table.Cell {
			if r.cells == nil || (i == 0 && r.role != table.Data) { // the first cell is then the label
				return table.Cell{}
			}
			return c.cell(r.cells[i])
		})
		l.slots[len(l.slots)-1].shows = i
	}
	if l.kind == export.LayoutTidy {
		l.addPeriods(add, want)
	}
}

// addPeriods adds the columns that say what one row of the tidy layout is about.
func (l *layout) addPeriods(add func(table.Column, func(reportRow) table.Cell), want asked) {
	inPeriod := func(head table.Column, shows int, cell func(reportRow, reportColumn) table.Cell) {
		add(head, func(r reportRow) table.Cell {
			if r.period == noPeriod {
				return table.Cell{}
			}
			return cell(r, l.columns[r.period])
		})
		l.slots[len(l.slots)-1].shows = shows
	}
	inPeriod(table.Column{ID: export.ReportPeriod, Title: "Period"}, showsPeriod,
		func(_ reportRow, c reportColumn) table.Cell { return table.TextOf(c.title) })
	last := want.lastDay()
	inPeriod(table.Column{ID: export.ReportPeriodEnd, Title: "Period end", Kind: table.Date}, showsNothing,
		func(_ reportRow, c reportColumn) table.Cell {
			switch {
			case c.end != "":
				return record.Convert(c.end, table.Date)
			case last.Equal(time.Time{}):
				return table.Cell{}
			}
			return table.DateOf(last)
		})
	inPeriod(table.Column{
		ID: export.ReportAmount, Title: "Amount", Kind: table.Money, Currency: string(l.header.Currency),
		NotAdded: l.mixesSigns(),
	}, showsFigure, func(r reportRow, c reportColumn) table.Cell { return c.cell(r.cells[r.period]) })
}

// visitPeriods yields the periods in which a leaf has an amount, or noPeriod if there is none and only another column
// has something.
func (l *layout) visitPeriods(cells []docCell, yield func(int) bool) bool {
	found := false
	for _, period := range l.periods {
		if cells[period].text() == "" {
			continue
		}
		if found = true; !yield(period) {
			return false
		}
	}
	if found {
		return true
	}
	for i, c := range cells {
		if l.stays(i) && c.text() != "" {
			return yield(noPeriod)
		}
	}
	return true
}

// countSections returns the number of section columns.
func (l *layout) countSections() int {
	depth, leaves := 0, 0
	l.walkLeaves(func(r reportRow) bool {
		depth = max(depth, len(r.path))
		leaves++
		return true
	})
	if l.list && leaves == 0 {
		return max(1, l.report.Levels)
	}
	return max(depth, l.report.Levels)
}

func (l *layout) schema() table.Schema {
	var s table.Schema
	for _, x := range l.slots {
		s.Columns = append(s.Columns, x.column)
	}
	return s
}

func (l *layout) count() int {
	n := 0
	l.walk(func(reportRow) bool { n++; return true })
	return n
}

func (l *layout) rows(yield func(table.Row) bool) {
	l.walk(func(r reportRow) bool {
		cells := make([]table.Cell, len(l.slots))
		for i, s := range l.slots {
			cells[i] = s.cell(r)
		}
		return yield(table.Row{Cells: cells, Role: r.role, Level: uint8(min(r.level, 255)), Link: l.link(r)})
	})
}

// walk calls yield with the layout's rows until it returns false.
func (l *layout) walk(yield func(reportRow) bool) {
	switch l.kind {
	case export.LayoutStatement:
		l.walkStatement(l.top, 0, "", yield)
	case export.LayoutTidy:
		l.walkLeaves(func(r reportRow) bool {
			return l.visitPeriods(r.cells, func(period int) bool {
				r.period = period
				return yield(r)
			})
		})
	default:
		l.walkLeaves(yield)
	}
}

// walkStatement yields sections, leaves and totals in the order in which QuickBooks shows them.
func (l *layout) walkStatement(nodes []*node, level int, above string, yield func(reportRow) bool) bool {
	for _, n := range nodes {
		if !n.section {
			if !yield(reportRow{level: level, above: above, label: n.label, id: n.id, cells: n.own}) {
				return false
			}
			continue
		}
		if n.label != "" || n.own != nil {
			if !yield(reportRow{role: table.Section, level: level, label: n.label, id: n.id, cells: n.own}) {
				return false
			}
		}
		if !l.walkStatement(n.children, level+1, cmp.Or(n.id, above), yield) {
			return false
		}
		if n.summary == nil {
			continue
		}
		label := string(n.summary[0].Value)
		if !yield(reportRow{role: table.Total, level: level, label: label, id: n.id, cells: n.summary}) {
			return false
		}
	}
	return true
}

// walkLeaves yields the rows that are neither sections nor totals. A section with its own amounts, such as an account
// with both postings and subaccounts, is included, so that the leaves add up to the totals.
func (l *layout) walkLeaves(yield func(reportRow) bool) { visitLeaves(l.top, nil, "", yield) }

func visitLeaves(nodes []*node, path []string, above string, yield func(reportRow) bool) bool {
	for _, n := range nodes {
		if n.own != nil && !yield(reportRow{path: path, above: above, label: n.label, id: n.id, cells: n.own}) {
			return false
		}
		below := path
		if n.label != "" {
			below = append(slices.Clip(path), n.label)
		}
		if !visitLeaves(n.children, below, cmp.Or(n.id, above), yield) {
			return false
		}
	}
	return true
}
