package statement

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// arranged is a report in one form, whichever generation of QuickBooks' service answered.
type arranged struct {
	header  reportHeader
	columns []reportColumn
	label   int // index of the column with the rows' labels; -1 if all columns are data
	list    bool
	rows    bool     // the rows are transactions
	results []string // groups of results that the definition names
	cut     bool     // QuickBooks left out the rest
	top     []*node
	checks  []export.Check // set by verify
	notes   []string       // what people should know about the answer

	unproven []string // what people should know about figures that nothing proves; set by verify

	spelling spelling // how the answer wrote its amounts
	shifted  bool     // the answer had no column for its labels
	size     int      // cells of the answer
	short    bool     // rows add up to less than a total says; set by verify
}

// detail reports whether the rows are transactions, which have no labels, rather than accounts or customers.
func (a *arranged) detail() bool { return a.rows }

// reportColumn is one column of cells.
type reportColumn struct {
	id, title string
	kind      table.Kind
	currency  string
	start     string // first day of the column's period; empty if it stands for no period
	end       string // last day
	total     bool   // the total of the other amount columns
	additive  bool   // its cells add up to the section's total
	stranger  bool   // its key is not known
	proven    bool   // the key or the period proves the kind, whatever the cells hold
}

// node is a section or a leaf.
type node struct {
	label, id string
	group     string
	section   bool
	own       []docCell // a leaf's cells, or a section's own amounts; nil if it has none
	children  []*node
	summary   []docCell // a section's total; nil if it has none
	echo      []docCell // a header's amounts that only repeat the total
}

// computed reports whether the section only shows a result, such as Gross Profit.
func (n *node) computed() bool {
	return n.section && n.label == "" && n.own == nil && len(n.children) == 0
}

// arrange converts either generation of answer to one form. It refuses an answer with cells that stand in no column.
func arrange(doc *document, d export.Report) (*arranged, error) {
	a := &arranged{header: doc.Header, label: -1, list: d.Shape == export.List, rows: d.Shape == export.List}
	for _, g := range d.Groups {
		a.results = append(a.results, g.Group)
	}
	a.addColumns(doc.Columns.Column, "", len(d.Summarize) > 0)
	if !a.list || (len(a.columns) > 0 && a.columns[0].title == "") {
		a.label, a.rows = 0, false
	}
	if a.rows && a.labelsSummaries(doc.Rows) {
		a.insertLabels(doc.Rows)
	}
	if err := a.refuseStrays(doc.Rows, ""); err != nil {
		return nil, err
	}
	a.settleKinds(doc.Rows)
	a.nameColumns()
	a.readAmounts(doc.Rows)
	if doc.Rows != nil {
		a.top = a.arrangeRows(doc.Rows.Row, 0)
	}
	return a, nil
}

// addColumns appends the columns that hold cells. Titles of grouped columns are prefixed with the group's title.
func (a *arranged) addColumns(columns []docColumn, group string, split bool) {
	for _, c := range columns {
		if c.Columns != nil && len(c.Columns.Column) > 0 {
			title := strings.TrimSpace(group + " " + strings.TrimSpace(string(c.ColTitle)))
			a.addColumns(c.Columns.Column, title, split)
			continue
		}
		a.columns = append(a.columns, newReportColumn(c, group, split))
	}
}

// nameColumns gives every column a unique id, which stays the same between runs as far as the answer allows, and sets
// its currency.
func (a *arranged) nameColumns() {
	mixed := slices.ContainsFunc(a.columns, func(c reportColumn) bool { return c.id == "currency" })
	taken := map[string]bool{}
	for i := range a.columns {
		c := &a.columns[i]
		if c.id == "" && c.end != "" {
			c.id = "until " + c.end
		}
		if c.id == "" {
			c.id = fmt.Sprintf("amount_%d", i)
		}
		base := c.id
		for n := 2; taken[c.id]; n++ {
			c.id = fmt.Sprintf("%s_%d", base, n)
		}
		taken[c.id] = true
		if c.title == "" && i != a.label {
			c.title = base
		}
		if c.kind == table.Money && !(mixed && !strings.Contains(c.id, "home")) {
			c.currency = string(a.header.Currency)
		}
	}
}

// findLabel returns the label and id of what a row is about. Leaves of transaction lists have no label, and the
// transaction's id.
func (a *arranged) findLabel(cells []docCell, section bool) (label, id string) {
	if !a.detail() || section {
		if len(cells) == 0 {
			return "", ""
		}
		return string(cells[0].Value), string(cells[0].ID)
	}
	for _, c := range cells {
		if c.ID != "" {
			return "", string(c.ID)
		}
	}
	return "", ""
}

// filled reports whether any cell has a value. The first cell counts only if first is set.
func (a *arranged) filled(cells []docCell, first bool) bool {
	for i, c := range cells {
		if c.text() != "" && (i > 0 || first) {
			return true
		}
	}
	return false
}

// pad restores the blank cells that QuickBooks leaves out at the end of a row.
func (a *arranged) pad(cells []docCell) []docCell {
	out := make([]docCell, len(a.columns))
	copy(out, cells)
	return out
}

// cell converts a cell to the column's kind. A value that does not fit stays text.
func (c reportColumn) cell(from docCell) table.Cell {
	text := from.text()
	switch c.kind {
	case table.Text:
		return table.TextOf(string(from.Value))
	case table.Money, table.Number:
		if d, ok := from.amount(); ok {
			if c.kind == table.Money {
				return table.MoneyOf(d)
			}
			return table.NumberOf(d)
		}
	case table.DateTime:
		return record.Convert(text, table.DateTime)
	case table.Date:
		if strings.Trim(text, "0-/") == "" && strings.Trim(text, "0") != "" { // split rows have "0-00-00"
			return table.Cell{}
		}
		return record.Convert(text, table.Date)
	}
	return table.TextOf(text)
}

// parseAmount parses an amount that is spelt plainly.
func parseAmount(text string) (decimal.Decimal, bool) {
	d, err := table.ParseDecimal(text)
	return d, err == nil
}
