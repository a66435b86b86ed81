package statement

import (
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// tally counts rows by what they hold, and adds up each column's figures.
type tally struct {
	rows  map[string]int
	order []string // the rows' texts as they came
	cells []int    // by column, how many are filled
	sums  []decimal.Decimal
}

func newTally(columns int) *tally {
	return &tally{rows: map[string]int{}, cells: make([]int, columns), sums: make([]decimal.Decimal, columns)}
}

// add counts a row of plainly spelt cells with its part in the section above. A row of nothing but blanks is none.
func (t *tally) add(cells []string, part, above string) {
	last := len(cells)
	for last > 0 && cells[last-1] == "" {
		last--
	}
	if last == 0 {
		return
	}
	for i, text := range cells[:last] {
		if text == "" || i >= len(t.cells) {
			continue
		}
		t.cells[i]++
		if d, ok := parseAmount(text); ok {
			t.sums[i] = t.sums[i].Add(d)
		}
	}
	key := strings.Join(cells[:last], " | ")
	if part != "" {
		key += " as " + part
	}
	if above != "" {
		key += " in " + strings.TrimSpace(above)
	}
	if t.rows[key]++; t.rows[key] == 1 {
		t.order = append(t.order, key)
	}
}

// compare returns an error that names the first row, or else the column, in which two tallies differ. want is what is
// in the answer.
func (t *tally) compare(want *tally, report, what string, titles []string) error {
	for _, lists := range [][2]*tally{{want, t}, {t, want}} {
		for _, key := range lists[0].order {
			if a, b := want.rows[key], t.rows[key]; a != b {
				return conservationError(
					"%s of the report %s have the row %q %d times, but QuickBooks' answer has it %d times",
					what, report, problem.Safe(key), b, a)
			}
		}
	}
	for i := range want.cells {
		if i < len(t.cells) && want.cells[i] == t.cells[i] && want.sums[i].Equal(t.sums[i]) {
			continue
		}
		return conservationError("%s of the report %s have other figures under %q than QuickBooks' answer", what,
			report, problem.Safe(titles[i]))
	}
	return nil
}

func conservationError(format string, args ...any) error {
	return problem.New(problem.QuickBooksMalformed, "Reading a report went wrong: "+format+".", args...).
		WithHint("The sheet keeps its previous rows. Please report this with the report's name: its answer has a " +
			"form that this program does not know.")
}

// plainText spells a cell of a column of figures plainly, and without the zeros at the end.
func plainText(s spelling, kind table.Kind, text string) string {
	text = strings.TrimSpace(text)
	if kind != table.Money && kind != table.Number {
		return text
	}
	switch d, what := s.parse(text); what {
	case nothing:
		return ""
	case figure:
		return shortDecimal(d)
	case unreadable:
	}
	return text
}

// readPlain is plainText for a cell of the arranged report, which is spelt plainly if it is an amount.
func (c reportColumn) readPlain(cell docCell) string {
	if d, ok := cell.amount(); ok && (c.kind == table.Money || c.kind == table.Number) {
		return shortDecimal(d)
	}
	return cell.text()
}

func shortDecimal(d decimal.Decimal) string {
	text := table.DecimalText(d)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	if text == "-0" {
		text = "0"
	}
	return text
}

// tallyAnswer counts the answer's rows under the report's columns.
func (a *arranged) tallyAnswer(raw *rawEntry) *tally {
	t := newTally(len(a.columns))
	for _, row := range a.judgeAnswer(raw) {
		cells := make([]string, 0, len(row.cells)+1)
		if a.shifted && row.plain {
			cells = append(cells, "")
		}
		for _, text := range row.cells {
			if at := len(cells); at < len(a.columns) {
				text = plainText(a.spelling, a.columns[at].kind, text)
			}
			cells = append(cells, text)
		}
		t.add(cells, row.part, row.above)
	}
	return t
}

// tallyTree counts the rows of the arranged report.
func (a *arranged) tallyTree() *tally {
	t := newTally(len(a.columns))
	add := func(cells []docCell, part, above string) {
		texts := make([]string, len(cells))
		for i, c := range cells {
			texts[i] = a.columns[i].readPlain(c)
		}
		t.add(texts, part, above)
	}
	var visit func(nodes []*node, above string)
	visit = func(nodes []*node, above string) {
		for _, n := range nodes {
			switch {
			case n.own != nil:
				add(n.own, asLeaf, above)
			case n.echo != nil:
				add(n.echo, asHeading, above)
			case n.section:
				add([]docCell{{Value: record.Scalar(n.label)}}, asHeading, above)
			}
			visit(n.children, n.label)
			add(n.summary, asTotal, above)
		}
	}
	visit(a.top, "")
	return t
}

// conserves proves that the arranged report has exactly the rows and figures of the answer, each in its section and as
// what it is: a leaf, a heading or a total.
func (a *arranged) conserves(raw *rawEntry) error {
	titles := make([]string, len(a.columns))
	for i, c := range a.columns {
		titles[i] = c.title
	}
	return a.tallyTree().compare(a.tallyAnswer(raw), problem.Safe(string(a.header.ReportName)), "The rows", titles)
}
