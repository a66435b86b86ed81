package statement

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// arranged is a report with both generations of QuickBooks' answers brought to one form.
type arranged struct {
	header  reportHeader
	columns []reportColumn
	label   int // position of the column with the rows' labels; -1 when all columns are data
	list    bool
	cut     bool // QuickBooks left out the rest
	top     []*node
	checks  []export.Check // what verify compared
}

// detail says that the rows are transactions, which have no labels, and not accounts or customers.
func (a *arranged) detail() bool { return a.label < 0 }

// reportColumn is one column of cells.
type reportColumn struct {
	id, title string
	kind      table.Kind
	currency  string
	start     string // first and last day of a period, empty for others
	end       string
	total     bool // of the other amount columns
	additive  bool // its cells add up to the section's
}

// node is a section or a leaf.
type node struct {
	label, id string
	group     string
	section   bool
	own       []docCell // a leaf's cells, or the amounts of a section of its own; nil when it has none
	children  []*node
	summary   []docCell // nil without
}

// computed says that the section only shows a result, such as Gross Profit.
func (n *node) computed() bool {
	return n.section && n.label == "" && n.own == nil && len(n.children) == 0
}

// arrange brings the answer to one form.
func arrange(doc *document, d export.Report) *arranged {
	a := &arranged{header: doc.Header, label: -1, list: d.Shape == export.List}
	a.addColumns(doc.Columns.Column, "")
	if !a.list || a.columns[0].title == "" {
		a.label = 0
	}
	a.nameColumns()
	if doc.Rows != nil {
		a.top = a.nodes(doc.Rows.Row)
	}
	return a
}

// addColumns appends the columns that hold cells; those of a group are titled with the group's title before theirs.
func (a *arranged) addColumns(columns []docColumn, group string) {
	for _, c := range columns {
		title := strings.TrimSpace(group + " " + strings.TrimSpace(string(c.ColTitle)))
		if c.Columns != nil && len(c.Columns.Column) > 0 {
			a.addColumns(c.Columns.Column, title)
			continue
		}
		a.columns = append(a.columns, newReportColumn(c, title))
	}
}

// genericTypes are the ColTypes that say what a column holds; any other is a column's key, as older answers have it.
var genericTypes = map[string]table.Kind{
	"money": table.Money, "date": table.Date, "string": table.Text, "boolean": table.Text, "integer": table.Number,
	"number":  table.Number,
	"decimal": table.Number, "float": table.Number, "double": table.Number, "quantity": table.Number,
	"percent": table.Number, "rate": table.Number,
	"account": table.Text, "customer": table.Text, "vendor": table.Text, "item": table.Text, "class": table.Text,
	"department": table.Text, "employee": table.Text,
}

func newReportColumn(c docColumn, title string) reportColumn {
	kind, generic := genericTypes[strings.ToLower(string(c.ColType))]
	key := c.meta("ColKey")
	if !generic {
		if key == "" {
			key = string(c.ColType)
		}
		kind = kindOfKey(key)
	}
	out := reportColumn{id: key, title: title, kind: kind, start: dayOnly(c.meta("StartDate")),
		end: dayOnly(c.meta("EndDate"))}
	if out.id == "" {
		// Older answers have no keys; the newer ones make them of the titles like this.
		out.id = strings.ToLower(strings.ReplaceAll(title, " ", ""))
	}
	out.total = strings.EqualFold(out.id, "total")
	out.additive = kind == table.Money && !strings.Contains(key, "rbal")
	// Averages and prices are money too, and several taxes are due on the same sale.
	for _, part := range []string{"avg", "rate", "price", "pct", "percent", "gross", "taxable"} {
		if strings.Contains(strings.ToLower(key+" "+title), part) {
			out.additive = false
		}
	}
	return out
}

// kindOfKey tells what a column of that key holds, from how QuickBooks spells keys: subt_nat_amount, due_date,
// quantity.
// https://developer.intuit.com/app/developer/qbo/docs/api/accounting/report-entities/generalledger
func kindOfKey(key string) table.Kind {
	base := strings.TrimSuffix(key, "_nt")
	switch {
	case strings.HasSuffix(base, "_date"):
		return table.Date
	case hasEnding(base, "amount", "_amt", "_bal", "_cost", "price"), base == "rate":
		return table.Money
	case slices.Contains([]string{"quantity", "exch_rate", "past_due", "qty", "qty_on_hand"}, base):
		return table.Number
	}
	return table.Text
}

func hasEnding(s string, endings ...string) bool {
	return slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(s, e) })
}

func dayOnly(s string) string {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return ""
	}
	return s
}

// nameColumns gives every column an id of its own, the same in each run as far as the answer allows, and a currency.
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

// nodes arranges the rows of one level.
func (a *arranged) nodes(rows []docRow) []*node {
	var list []*node
	for _, r := range rows {
		n := a.node(r)
		if n == nil {
			continue
		}
		if before := len(list) - 1; before >= 0 && closes(n, list[before]) {
			list[before].summary = a.joinHeading(n)
			continue
		}
		list = append(list, settle(n))
	}
	return list
}

// node arranges one row; nil for one that only separates others.
func (a *arranged) node(r docRow) *node {
	section := r.Header != nil || r.Summary != nil || r.Rows != nil
	head := r.Header.cells()
	if head == nil {
		head = r.ColData // some sections have their header's cells where leaves have theirs
	}
	if !section {
		if !a.filled(head, true) {
			return nil
		}
		n := &node{group: string(r.Group), own: a.pad(head)}
		n.label, n.id = a.labelled(head, false)
		return n
	}
	n := &node{group: string(r.Group), section: true}
	n.label, n.id = a.labelled(head, true)
	if a.filled(head, false) {
		n.own = a.pad(head)
	}
	if r.Rows != nil {
		n.children = a.nodes(r.Rows.Row)
	}
	if r.Summary != nil {
		n.summary = a.pad(r.Summary.cells())
	}
	if n.label == "" && n.own == nil && len(n.children) == 0 && !a.filled(n.summary, true) {
		return nil
	}
	return n
}

// settle decides what a section is that has amounts but neither rows nor a summary: a result when QuickBooks names its
// group, else a row without rows below it.
func settle(n *node) *node {
	switch {
	case !n.section || n.own == nil || n.summary != nil || len(n.children) > 0:
		return n
	case n.group == "":
		n.section = false
		return n
	}
	return &node{group: n.group, section: true, summary: n.own}
}

// labelled returns the label and the id of what a row is about. Leaves of lists have no label but the id of the
// transaction.
func (a *arranged) labelled(cells []docCell, section bool) (label, id string) {
	if a.label == 0 || section {
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

// filled says whether any cell has a value, the first one only counting where first is set.
func (a *arranged) filled(cells []docCell, first bool) bool {
	for i, c := range cells {
		if c.text() != "" && (i > 0 || first) {
			return true
		}
	}
	return false
}

// pad adds the blank cells that QuickBooks leaves out at the end of a row.
func (a *arranged) pad(cells []docCell) []docCell {
	out := make([]docCell, len(a.columns))
	copy(out, cells)
	return out
}

// closes says whether n is nothing but the end of the section before it, as older detail reports have it: a section
// with only a header, whose label ends in the other's.
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

// cell makes the typed cell of a column. What does not fit the column's kind stays text.
func (c reportColumn) cell(from docCell) table.Cell {
	text := from.text()
	switch c.kind {
	case table.Text:
		return table.TextOf(string(from.Value))
	case table.Money, table.Number:
		if d, ok := parseAmount(text); ok {
			if c.kind == table.Money {
				return table.MoneyOf(d)
			}
			return table.NumberOf(d)
		}
	case table.Date:
		if strings.Trim(text, "0-/") == "" { // "0-00-00" on the split rows of a transaction
			return table.Cell{}
		}
		return record.Convert(text, table.Date)
	}
	return table.TextOf(text)
}

func parseAmount(text string) (decimal.Decimal, bool) {
	d, err := table.ParseDecimal(strings.TrimSuffix(text, "%"))
	return d, err == nil
}
