package statement

import (
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// written counts the rows that a layout makes, to prove that they are those of the arranged report: each leaf once, and
// in a statement each header and total too. Only what people chose to see is compared.
type written struct {
	*layout
	shown  []int // for each slot the column that it shows, or one of the values below
	titles []string
	got    *tally
}

// What a slot shows that is no column of the report.
const (
	showsNothing = -1 - iota
	showsLabel
	showsPeriod
	showsFigure
	showsSection // and below: the section around the row, counted from the outermost
)

func newWritten(l *layout) *written {
	w := &written{layout: l}
	for _, s := range l.slots {
		w.shown = append(w.shown, s.shows)
		w.titles = append(w.titles, s.column.Title)
	}
	w.got = newTally(len(w.shown))
	return w
}

// add counts a row as it leaves for the sheet.
func (w *written) add(r table.Row) {
	texts := make([]string, len(w.shown)+1)
	for i, shows := range w.shown {
		if shows == showsNothing {
			continue
		}
		c := r.Cells[i]
		texts[i] = strings.TrimSpace(c.String())
		if d, ok := c.Decimal(); ok {
			texts[i] = shortDecimal(d)
		}
	}
	texts[len(w.shown)] = roleNames[r.Role]
	w.got.add(texts, "", "")
}

// check compares what was made with what the report holds.
func (w *written) check() error {
	want := newTally(len(w.shown))
	w.expect(w.top, nil, want)
	return w.got.compare(want, problem.Safe(string(w.header.ReportName)), "The rows made", w.titles)
}

func (w *written) expect(nodes []*node, path []string, want *tally) {
	for _, n := range nodes {
		role := table.Data
		if n.section && w.kind == export.LayoutStatement {
			role = table.Section
		}
		switch {
		case n.own != nil && w.kind == export.LayoutTidy:
			for _, at := range w.expectPeriods(n.own) {
				want.add(w.expectCells(role, n.label, path, n.own, at), "", "")
			}
		case n.own != nil, n.section && n.label != "" && w.kind == export.LayoutStatement:
			want.add(w.expectCells(role, n.label, path, n.own, 0), "", "")
		}
		below := slices.Clone(path)
		if n.label != "" {
			below = append(below, n.label)
		}
		w.expect(n.children, below, want)
		if n.summary != nil && w.kind == export.LayoutStatement {
			want.add(w.expectCells(table.Total, n.summary[0].text(), path, n.summary, 0), "", "")
		}
	}
}

// expectPeriods returns the periods in which a leaf has to have a tidy row. A leaf whose other columns alone hold
// something has one row of no period.
func (w *written) expectPeriods(cells []docCell) []int {
	var list []int
	alone := false
	for i, c := range cells {
		switch {
		case i == w.label || c.text() == "":
		case slices.Contains(w.periods, i):
			list = append(list, i)
		case !w.columns[i].total:
			alone = true
		}
	}
	if alone && len(list) == 0 {
		return []int{noPeriod}
	}
	return list
}

// expectCells returns what a row has to show of the cells; period is the column of a tidy row.
func (w *written) expectCells(role table.Role, label string, path []string, cells []docCell, period int) []string {
	texts := make([]string, len(w.shown)+1)
	for i, shows := range w.shown {
		switch {
		case shows <= showsSection && showsSection-shows < len(path):
			texts[i] = strings.TrimSpace(path[showsSection-shows])
		case shows == showsLabel:
			texts[i] = strings.TrimSpace(label)
		case shows == showsPeriod && period != noPeriod:
			texts[i] = strings.TrimSpace(w.columns[period].title)
		case shows == showsFigure && period != noPeriod:
			texts[i] = w.columns[period].readPlain(cells[period])
		case shows >= 0 && cells != nil && (shows > 0 || role == table.Data):
			texts[i] = w.columns[shows].readShown(cells[shows])
		}
	}
	texts[len(w.shown)] = roleNames[role]
	return texts
}

// readShown is readPlain, and spells days and instants as the sheet gets them.
func (c reportColumn) readShown(cell docCell) string {
	text := cell.text()
	switch c.kind {
	case table.Date:
		zeros := strings.NewReplacer("-", "", "/", "").Replace(text)
		if zeros != text && strings.Trim(zeros, "0") == "" {
			return "" // "0-00-00"
		}
		const day = len(time.DateOnly)
		if _, err := time.Parse(time.DateOnly, text[:min(day, len(text))]); err == nil &&
			(len(text) == day || strings.ContainsRune("TZ+-", rune(text[day]))) {
			return text[:day]
		}
		return text
	case table.DateTime:
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			return t.UTC().Format(time.RFC3339)
		}
		return text
	}
	return c.readPlain(cell)
}

// checkPart is check for rows of which only the first ones were made: none of them is another than those of the report.
func (w *written) checkPart() error {
	want := newTally(len(w.shown))
	w.expect(w.top, nil, want)
	for key, n := range w.got.rows {
		if n > want.rows[key] {
			return conservationError("The rows made of the report %s have the row %q %d times, but it has it %d times",
				problem.Safe(string(w.header.ReportName)), problem.Safe(key), n, want.rows[key])
		}
	}
	return nil
}

// sumLeaves adds up a column over the rows that are no totals; ok is false if one of them cannot be read.
func (a *arranged) sumLeaves(column int) (sum decimal.Decimal, ok bool) {
	ok = true
	visitLeaves(a.top, nil, "", func(r reportRow) bool {
		d, readable := parseFigure(r.cells[column])
		sum, ok = sum.Add(d), ok && readable
		return ok
	})
	return sum, ok
}

// keepsSums proves that a report made of others has the sums of their leaves: a column that adds up has what the
// columns with the same key, without the suffix, add up to in the others. Columns with cells that cannot be read are
// left out.
func (a *arranged) keepsSums(suffix string, others ...*arranged) error {
	for i, c := range a.columns {
		key, found := strings.CutSuffix(c.id, suffix)
		if !found || c.kind != table.Money || i == a.label {
			continue
		}
		got, ok := a.sumLeaves(i)
		want, columns := decimal.Zero, 0
		for _, other := range others {
			for j, x := range other.columns {
				if x.id == key && x.additive && j != other.label {
					sum, readable := other.sumLeaves(j)
					want, ok = want.Add(sum), ok && readable
					columns++
				}
			}
		}
		if ok && columns > 0 && !got.Equal(want) {
			return conservationError("%q adds up to %s in the report %s, but to %s in what it is made of",
				problem.Safe(c.title), table.DecimalText(got), problem.Safe(string(a.header.ReportName)),
				table.DecimalText(want))
		}
	}
	return nil
}
