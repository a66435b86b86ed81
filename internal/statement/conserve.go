package statement

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// rawRow is a row of cells as it stands in the answer.
type rawRow struct {
	plain bool // the cells are the row's own, not a header's or a summary's
	cells []string
}

// walkAnswer lists all rows of cells in an answer that hold anything, wherever they stand. It knows nothing of sections
// and leaves, and shares no code with what does, so that the two can prove each other.
func walkAnswer(body []byte) ([]rawRow, error) {
	w := &answerWalk{dec: json.NewDecoder(bytes.NewReader(body))}
	w.dec.UseNumber()
	if err := w.value(""); err != nil {
		return nil, fmt.Errorf("counting a report's cells: %w", err)
	}
	if _, err := w.dec.Token(); err != io.EOF {
		return nil, fmt.Errorf("counting a report's cells: %w", errNoReport)
	}
	return w.rows, nil
}

type answerWalk struct {
	dec  *json.Decoder
	rows []rawRow
}

// value walks one value; member is the name under which the object around it stands.
func (w *answerWalk) value(member string) error {
	token, err := w.dec.Token()
	if err != nil {
		return fmt.Errorf("reading a token: %w", err)
	}
	open, ok := token.(json.Delim)
	if !ok {
		return nil
	}
	for w.dec.More() {
		name := member
		if open == '{' {
			key, err := w.dec.Token()
			if err != nil {
				return fmt.Errorf("reading a name: %w", err)
			}
			name, _ = key.(string)
			if strings.EqualFold(name, "ColData") {
				if err := w.row(member); err != nil {
					return err
				}
				continue
			}
		}
		if err := w.value(name); err != nil {
			return err
		}
	}
	if _, err := w.dec.Token(); err != nil {
		return fmt.Errorf("reading the end: %w", err)
	}
	return nil
}

func (w *answerWalk) row(member string) error {
	var list []struct{ Value any }
	if err := w.dec.Decode(&list); err != nil {
		return fmt.Errorf("reading a row: %w", err)
	}
	row := rawRow{plain: strings.EqualFold(member, "Row")}
	filled := false
	for _, c := range list {
		text := ""
		if c.Value != nil {
			text = strings.TrimSpace(fmt.Sprint(c.Value))
		}
		filled = filled || text != ""
		row.cells = append(row.cells, text)
	}
	if filled {
		w.rows = append(w.rows, row)
	}
	return nil
}

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

// add counts a row of plainly spelt cells. A row of nothing but blanks is none.
func (t *tally) add(cells []string) {
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
func (a *arranged) tallyAnswer(raw []rawRow) *tally {
	t := newTally(len(a.columns))
	for _, row := range raw {
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
		t.add(cells)
	}
	return t
}

// tallyTree counts the rows of the arranged report.
func (a *arranged) tallyTree() *tally {
	t := newTally(len(a.columns))
	add := func(cells []docCell) {
		texts := make([]string, len(cells))
		for i, c := range cells {
			texts[i] = a.columns[i].readPlain(c)
		}
		t.add(texts)
	}
	var visit func(nodes []*node)
	visit = func(nodes []*node) {
		for _, n := range nodes {
			switch {
			case n.own != nil:
				add(n.own)
			case n.echo != nil:
				add(n.echo)
			case n.section:
				add([]docCell{{Value: record.Scalar(n.label)}})
			}
			visit(n.children)
			add(n.summary)
		}
	}
	visit(a.top)
	return t
}

// conserves proves that the arranged report has exactly the rows and figures of the answer.
func (a *arranged) conserves(raw []rawRow) error {
	titles := make([]string, len(a.columns))
	for i, c := range a.columns {
		titles[i] = c.title
	}
	return a.tallyTree().compare(a.tallyAnswer(raw), problem.Safe(string(a.header.ReportName)), "The rows", titles)
}
