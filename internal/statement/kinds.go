package statement

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// genericTypes has the ColTypes that say what a column holds. In older answers any other ColType is the column's key.
var genericTypes = map[string]table.Kind{
	"money": table.Money, "date": table.Date, "string": table.Text, "boolean": table.Text,
	"timestamp": table.DateTime, "datetime": table.DateTime,
	"integer": table.Number, "number": table.Number, "decimal": table.Number, "float": table.Number,
	"double": table.Number, "quantity": table.Number, "percent": table.Number, "rate": table.Number,
	"numeric": table.Number,
	"account": table.Text, "customer": table.Text, "vendor": table.Text, "item": table.Text, "class": table.Text,
	"department": table.Text, "employee": table.Text,
}

// newReportColumn returns a column under the title of its group. Of a column that splits a report, such as the sales of
// one customer, the title is people's own and says nothing about what it holds.
func newReportColumn(c docColumn, group string, split bool) reportColumn {
	own := strings.TrimSpace(string(c.ColTitle))
	title := strings.TrimSpace(group + " " + own)
	declared := strings.ToLower(string(c.ColType))
	kind, generic := genericTypes[declared]
	key := c.meta("ColKey")
	if !generic {
		if key == "" {
			key = string(c.ColType)
		}
		kind = guessKind(key)
	}
	out := reportColumn{
		id: key, title: title, kind: kind,
		start: keepDay(c.meta("StartDate")), end: keepDay(c.meta("EndDate")),
	}
	if out.id == "" {
		// Older answers have no keys; newer ones derive them from the titles like this.
		out.id = strings.ToLower(strings.ReplaceAll(title, " ", ""))
	}
	out.total = strings.EqualFold(out.id, "total")
	known, listed := findKind(key)
	out.stranger = key != "" && !listed && out.start == "" && !out.total && (!generic || kind != table.Text)
	out.proven = out.start != "" || out.total || (listed && known == kind)
	if split && group == "" {
		out.additive = out.kind == table.Money
		return out
	}
	if kind == table.Money && !out.proven && counts(key, own) {
		out.kind = table.Number
	}
	out.additive = out.kind == table.Money && !strings.Contains(key, "rbal") && !overlaps(key+" "+own)
	return out
}

// overlaps reports whether amounts under such a key or title do not add up. Averages and prices are money too, and one
// sale can count towards several taxes, so that neither the gross nor the taxable sales of a tax summary add up. The
// gross margins of products do, as Intuit's sample of sales by product shows.
func overlaps(name string) bool {
	words := strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) })
	has := func(list ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return slices.Contains(list, w) })
	}
	return has("avg", "average", "rate", "pct", "percent", "taxable", "grosssales", "nontaxable") ||
		has("gross") && has("sales") ||
		slices.ContainsFunc(words, func(w string) bool { return strings.HasSuffix(w, "price") })
}

// counts reports whether a column that is declared to hold money holds quantities or percentages.
func counts(key, title string) bool {
	for _, name := range []string{key, title} {
		name = strings.ToLower(name)
		if slices.Contains([]string{"qty", "quantity", "qty on hand", "on hand"}, name) ||
			strings.Contains(name, "%") || hasEnding(name, "_pct", "percent") {
			return true
		}
	}
	return false
}

// textKeys are the keys of columns that hold text. The columns of money, dates and numbers are told by how their keys
// are spelt.
// https://developer.intuit.com/app/developer/qbo/docs/api/accounting/report-entities/generalledger
var textKeys = []string{
	"txn_type", "doc_num", "name", "memo", "account_name", "account", "other_account", "split_acc", "is_no_post",
	"term_name", "cust_name", "vend_name", "emp_name", "item_name", "klass_name", "dept_name", "account_num",
	"create_by", "last_mod_by", "is_cleared", "is_adj", "is_ar_paid", "is_ap_paid", "is_billable", "tax_code",
	"tax_type", "pmt_mthd", "printed", "tracking_num", "ship_via", "currency", "account_type", "detail_acc_type",
	"account_desc", "account_num_with_extn", "customer", "vendor", "employee", "department", "class", "item",
	"cust_msg", "inv_num", "bill_addr", "ship_addr", "phone", "email", "sku", "item_type", "chk_print_state",
	"cust_bill_email", "vend_bill_email", "olb_status", "extra_doc_num", "txn_num", "memo_on_stmt",
}

// guessKind derives what a column holds from the way QuickBooks spells keys: subt_nat_amount, due_date, quantity.
// https://developer.intuit.com/app/developer/qbo/docs/api/accounting/report-entities/generalledger
func guessKind(key string) table.Kind {
	kind, _ := findKind(key)
	return kind
}

// findKind returns what a column holds; ok is false if its key is not spelt like any that QuickBooks documents.
func findKind(key string) (kind table.Kind, ok bool) {
	base := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(key), "_nt"), "_home")
	base = strings.ReplaceAll(strings.TrimPrefix(base, "home_"), "_home_", "_")
	switch {
	case base == "":
		return table.Text, false
	case hasEnding(base, "_date"):
		return table.Date, true
	case base == "rate", hasEnding(base, "price"):
		return table.Money, true
	case slices.Contains([]string{"quantity", "exch_rate", "past_due", "qty", "qty_on_hand"}, base):
		return table.Number, true
	case slices.Contains(textKeys, base), strings.HasPrefix(base, "sales_cust"),
		hasEnding(base, "_name", "_type", "_num", "_desc"):
		return table.Text, true
	case slices.Contains(moneyKeys, base):
		return table.Money, true
	case hasEnding(base, "amount", "_amt", "_bal", "_cost"):
		return table.Money, false
	}
	return table.Text, false
}

// moneyKeys are the keys of columns of amounts, without what tells their currency and their taxes.
var moneyKeys = []string{
	"subt_nat_amount", "rbal_nat_amount", "nat_amount", "debt_amt", "credit_amt", "nat_open_bal", "net_amount",
	"tax_amount", "subt_open_bal", "subt_amount", "nat_foreign_open_bal", "foreign_amount", "foreign_open_bal",
	"subt_neg_amount", "subt_neg_open_bal", "neg_open_bal", "subt_nat_amount_nt", "account_bal", "open_bal",
	"foreign_net_amount", "foreign_tax_amount", "nat_foreign_amount", "subt_neg_nat_amount", "debit", "credit",
	"amount", "balance", "income", "expenses", "net_income", "current", "asset_value", "calc_avg_cost", "avg_cost",
}

func hasEnding(s string, endings ...string) bool {
	return slices.ContainsFunc(endings, func(e string) bool { return strings.HasSuffix(s, e) })
}

// keepDay returns s if it is a day as 2006-01-02, else "".
func keepDay(s string) string {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return ""
	}
	return s
}

// holdings counts what a column's cells look like.
type holdings struct{ figures, codes, words, instants int }

// settleKinds corrects what columns declare by what they hold, and notes the columns of figures, or of no declared
// type, that no documentation knows.
func (a *arranged) settleKinds(rows *docRows) {
	held := make([]holdings, len(a.columns))
	s := spelling{currency: string(a.header.Currency)}
	a.visitCells(rows, "", func(_ string, at int, c *docCell) { held[at].count(s, c.text()) })
	for i := range a.columns {
		c, h := &a.columns[i], held[i]
		if i == a.label {
			continue
		}
		title, report := problem.Safe(c.title), problem.Safe(string(a.header.ReportName))
		switch {
		case c.kind == table.Date && h.instants > 0:
			c.kind = table.DateTime
		case (c.kind == table.Money || c.kind == table.Number) && !c.proven && (h.codes > 0 || h.words > h.figures):
			a.notes = append(a.notes, fmt.Sprintf("The column %q of the report %s should hold numbers, but it holds "+
				"codes or words; it is exported as text.", title, report))
			c.kind, c.additive = table.Text, false
		case c.stranger && a.detail():
			a.notes = append(a.notes, fmt.Sprintf("The column %q of the report %s has the key %q, which is not known; "+
				"it is exported as %s and not added up.", title, report, problem.Safe(c.id), c.kind))
			c.additive = false
		}
	}
}

func (h *holdings) count(s spelling, text string) {
	letters := strings.ContainsFunc(text, unicode.IsLetter)
	digits := strings.ContainsAny(text, "0123456789")
	d, what := s.parse(text)
	switch {
	case what == nothing:
	case isInstant(text):
		h.instants++
	case len(text) > 1 && text[0] == '0' && isDigits(text) && !d.IsZero():
		h.codes++
	case what == figure:
		h.figures++
	case letters && digits && !strings.ContainsFunc(text, unicode.IsSpace):
		h.codes++
	case letters:
		h.words++
	}
}

func isInstant(text string) bool {
	_, err := time.Parse(time.RFC3339, text)
	return err == nil
}

// visitCells calls do with each cell of a row that is no row's name, the row's name and the cell's column.
func (a *arranged) visitCells(rows *docRows, above string, do func(row string, column int, cell *docCell)) {
	if rows == nil {
		return
	}
	for _, r := range rows.Row {
		name := above
		for i, cells := range [][]docCell{r.Header.cells(), r.ColData, r.Summary.cells()} {
			if len(cells) == 0 {
				continue
			}
			label := name
			if first := cells[0].text(); first != "" {
				label = first
			}
			if i < 2 {
				name = label
			}
			for at := range min(len(cells), len(a.columns)) {
				if named := at == 0 && (a.label == 0 || i != 1); !named {
					do(label, at, &cells[at])
				}
			}
		}
		a.visitCells(r.Rows, name, do)
	}
}
