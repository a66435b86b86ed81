package statement

import (
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// figures takes the declared headline figures from the report. Of alternatives the first whose columns or group are
// there counts. A figure of which a part cannot be read is left out: no figure is better than a wrong one.
func (a *arranged) figures(declared []export.Figure, company export.RealmID, period string) []export.FigureValue {
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

// readGroup reads a figure from the row of its group: one value of the columns it names, or else one for each period.
func (a *arranged) readGroup(f export.Figure) []export.FigureValue {
	cells := findGroup(a.top, f.Group)
	if cells == nil {
		return nil
	}
	if len(f.Sum) > 0 {
		terms := a.findTerms(f.Sum)
		if sum, ok := addTerms(cells, terms); terms != nil && ok {
			return []export.FigureValue{a.figureValue(terms[0].at, sum)}
		}
		return nil
	}
	var values []export.FigureValue
	for _, i := range a.periodColumns() {
		d, ok := parseAmount(cells[i].text())
		if !ok {
			continue
		}
		v := a.figureValue(i, d)
		if c := a.columns[i]; !c.total && c.start != "" && c.end != "" {
			v.Period = c.start + " to " + c.end
		}
		values = append(values, v)
	}
	return values
}

// periodColumns are the columns of amounts that stand for a time: the total first, then the periods. Columns about
// customers, classes and the like are none.
func (a *arranged) periodColumns() []int {
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

// findGroup returns the amounts of the first row, depth first, that stands for a section group; nil when there is none.
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

// addUp adds a figure's columns over all rows that are not totals.
func (a *arranged) addUp(f export.Figure) []export.FigureValue {
	terms := a.findTerms(f.Sum)
	where := make([]int, len(f.Where))
	for i, w := range f.Where {
		if where[i] = a.columnAt(w.Column); where[i] < 0 {
			return nil
		}
	}
	if terms == nil {
		return nil
	}
	sum, readable := decimal.Zero, true
	a.eachRow(a.top, func(cells []docCell) {
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
	return []export.FigureValue{a.figureValue(terms[0].at, sum)}
}

// eachRow calls do with the amounts of every row that is no total of others.
func (a *arranged) eachRow(nodes []*node, do func([]docCell)) {
	for _, n := range nodes {
		if n.computed() || strings.EqualFold(n.group, grandTotal) {
			continue
		}
		if n.own != nil {
			do(n.own)
		}
		a.eachRow(n.children, do)
	}
}

// grandTotal is the group of a report's last row.
const grandTotal = "GrandTotal"

// term is a column that a figure adds or subtracts.
type term struct {
	at    int
	minus bool
}

// findTerms finds the columns; it returns nil if one of them is not there.
func (a *arranged) findTerms(names []string) []term {
	terms := make([]term, len(names))
	for i, name := range names {
		name, minus := strings.CutPrefix(name, "-")
		if terms[i] = (term{a.columnAt(name), minus}); terms[i].at < 0 {
			return nil
		}
	}
	return terms
}

// columnAt finds a column by its key or title; -1 when there is none.
func (a *arranged) columnAt(name string) int {
	for i, c := range a.columns {
		if i != a.label && (strings.EqualFold(c.id, name) || strings.EqualFold(c.title, name)) {
			return i
		}
	}
	return -1
}

// addTerms adds up a row's cells; false when one holds something that is no amount.
func addTerms(cells []docCell, terms []term) (decimal.Decimal, bool) {
	sum := decimal.Zero
	for _, t := range terms {
		text := cells[t.at].text()
		if text == "" {
			continue
		}
		d, ok := parseAmount(text)
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

func (a *arranged) figureValue(column int, d decimal.Decimal) export.FigureValue {
	return export.FigureValue{Currency: a.columns[column].currency, Value: table.DecimalText(d)}
}
