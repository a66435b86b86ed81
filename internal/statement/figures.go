package statement

import (
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// readFigures reads the declared headline figures from the report. Figures with the same id are alternatives: the first
// one whose columns or group exist is used. A figure that cannot be read in full is left out, because no figure is
// better than a wrong one.
func (a *arranged) readFigures(declared []export.Figure, company export.RealmID, period string) []export.FigureValue {
	var values []export.FigureValue
	found := map[string]bool{}
	for _, f := range declared {
		if found[f.ID] {
			continue
		}
		read := a.addUp
		if f.Group != "" {
			read = a.readGroup
		}
		for _, v := range read(f) {
			found[f.ID] = true
			v.ID, v.Title, v.Company = f.ID, f.Title, company
			if v.Period == "" {
				v.Period = period
			}
			values = append(values, v)
		}
	}
	return values
}

// readGroup reads a figure from the row of its group: the sum of the columns that it names, or else a value for each
// period.
func (a *arranged) readGroup(f export.Figure) []export.FigureValue {
	cells := findGroup(a.top, f.Group)
	if cells == nil {
		return nil
	}
	if len(f.Sum) > 0 {
		terms := a.findTerms(f.Sum)
		if sum, ok := addTerms(cells, terms); terms != nil && ok {
			return []export.FigureValue{a.newFigure(terms[0].at, sum)}
		}
		return nil
	}
	var values []export.FigureValue
	for _, i := range a.findPeriodColumns() {
		d, ok := cells[i].amount()
		if !ok {
			continue
		}
		v := a.newFigure(i, d)
		if c := a.columns[i]; !c.total && c.start != "" && c.end != "" {
			v.Period = c.start + " to " + c.end
		}
		values = append(values, v)
	}
	return values
}

// findPeriodColumns returns the amount columns that stand for a period of time: the total first, then the periods.
// Columns for customers, classes and the like are not included.
func (a *arranged) findPeriodColumns() []int {
	var totals, periods, others []int
	for i, c := range a.columns {
		switch {
		case i == a.label || c.kind != table.Money || !c.additive:
		case c.total:
			totals = append(totals, i)
		case c.end != "":
			periods = append(periods, i)
		default:
			others = append(others, i)
		}
	}
	if len(totals)+len(periods) == 0 && len(others) == 1 {
		return others
	}
	return append(totals, periods...)
}

// findGroup returns the amounts of the first row of a section group, depth first, or nil if there is none.
func findGroup(nodes []*node, group string) []docCell {
	for _, n := range nodes {
		if strings.EqualFold(n.group, group) {
			if n.summary != nil {
				return n.summary
			}
			return n.own
		}
		if cells := findGroup(n.children, group); cells != nil {
			return cells
		}
	}
	return nil
}

// addUp adds up a figure's columns over all rows that are not totals.
func (a *arranged) addUp(f export.Figure) []export.FigureValue {
	terms := a.findTerms(f.Sum)
	where := make([]int, len(f.Where))
	for i, w := range f.Where {
		if where[i] = a.findColumn(w.Column); where[i] < 0 {
			return nil
		}
	}
	if terms == nil {
		return nil
	}
	sum, readable := decimal.Zero, true
	a.visitRows(a.top, func(cells []docCell) {
		for i, w := range f.Where {
			if c := a.columns[where[i]]; !w.Match(c.cell(cells[where[i]])) {
				return
			}
		}
		amount, ok := addTerms(cells, terms)
		sum, readable = sum.Add(amount), readable && ok
	})
	if !readable {
		return nil
	}
	return []export.FigureValue{a.newFigure(terms[0].at, sum)}
}

// visitRows calls do with the amounts of every row that is not a total of others.
func (a *arranged) visitRows(nodes []*node, do func([]docCell)) {
	for _, n := range nodes {
		if n.computed() {
			continue
		}
		if n.own != nil {
			do(n.own)
		}
		a.visitRows(n.children, do)
	}
}

// grandTotal is the group of a report's last row.
const grandTotal = "GrandTotal"

// term is a column that a figure adds or subtracts.
type term struct {
	at    int
	minus bool
}

// findTerms looks the columns up. It returns nil if one of them is missing.
func (a *arranged) findTerms(names []string) []term {
	terms := make([]term, len(names))
	for i, name := range names {
		name, minus := strings.CutPrefix(name, "-")
		if terms[i] = (term{a.findColumn(name), minus}); terms[i].at < 0 {
			return nil
		}
	}
	return terms
}

// findColumn returns the index of the column with that key or title, or -1. Older answers have only titles, of which
// newer ones derive their keys: Tax Collected is tax_collected.
func (a *arranged) findColumn(name string) int {
	title := strings.ReplaceAll(name, "_", " ")
	for i, c := range a.columns {
		if i != a.label && (strings.EqualFold(c.id, name) || strings.EqualFold(c.title, title)) {
			return i
		}
	}
	return -1
}

// addTerms adds up a row's cells. It returns false if one of them is neither blank nor an amount.
func addTerms(cells []docCell, terms []term) (decimal.Decimal, bool) {
	sum := decimal.Zero
	for _, t := range terms {
		if cells[t.at].text() == "" {
			continue
		}
		d, ok := cells[t.at].amount()
		if !ok {
			return sum, false
		}
		if t.minus {
			d = d.Neg()
		}
		sum = sum.Add(d)
	}
	return sum, true
}

func (a *arranged) newFigure(column int, d decimal.Decimal) export.FigureValue {
	return export.FigureValue{Currency: a.columns[column].currency, Value: table.DecimalText(d)}
}
