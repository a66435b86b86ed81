package intuitsim

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// addQuirks changes a report that is ready into what the company answers in its place. The order matters: amounts are
// worked out while they are spelt plainly, and rows lose their form last.
func (r *reportCall) addQuirks(rep *report) {
	q := r.quirks
	for _, step := range []struct {
		on bool
		do func(*reportCall, *report)
	}{
		{q.NestedProfitDetail, (*reportCall).nestProfitDetail},
		{q.NegativeExpenses, (*reportCall).negateExpenses},
		{q.OneCentOff, (*reportCall).addCent},
		{q.HeadersHoldTotals, (*reportCall).repeatTotals},
		{q.SurplusCell, (*reportCall).addSurplusCell},
		{q.HomeCurrencyKeys, (*reportCall).renameAmounts},
		{q.SpeltAmounts, (*reportCall).spellAmounts},
		{q.CodesAsMoney, (*reportCall).declareMoney},
		{q.PlainTotals, (*reportCall).flattenTotals},
		{q.ShortRows, (*reportCall).shortenRows},
		{q.BareWhenEmpty, (*reportCall).bareIfEmpty},
		{q.CapitalBasis, (*reportCall).capitalizeBasis},
	} {
		if step.on {
			step.do(r, rep)
		}
	}
}

// visit calls do with all rows, each before those below it.
func (r *reportRows) visit(do func(*reportRow)) {
	if r == nil {
		return
	}
	for _, row := range r.Row {
		do(row)
		row.Rows.visit(do)
	}
}

// cellLists returns the row's lists of cells that there are.
func (r *reportRow) cellLists() []*[]reportCell {
	var out []*[]reportCell
	if r.Header != nil {
		out = append(out, &r.Header.ColData)
	}
	if r.ColData != nil {
		out = append(out, &r.ColData)
	}
	if r.Summary != nil {
		out = append(out, &r.Summary.ColData)
	}
	return out
}

// key is the column's key or, where the older service gives none, its title.
func (c reportColumn) key() string {
	for _, m := range c.MetaData {
		if m.Name == "ColKey" {
			return m.Value
		}
	}
	if strings.Contains(c.ColType, "_") {
		return c.ColType
	}
	return c.ColTitle
}

// moneyColumns reports of each column whether it holds amounts, in either generation of answers.
func (rep *report) moneyColumns() []bool {
	known := detailColumns()
	out := make([]bool, len(rep.Columns.Column))
	for i, c := range rep.Columns.Column {
		out[i] = !c.isCode() && (c.ColType == "Money" || slices.ContainsFunc(known, func(d detailColumn) bool {
			return d.kind == "Money" && d.key == strings.TrimSuffix(c.ColType, homeKey)
		}))
	}
	return out
}

// isCode reports whether the column holds codes, quantities, percentages or average prices.
func (c reportColumn) isCode() bool {
	return slices.Contains([]string{
		"sku", "quantity", "pct_of_sales", "avg_price", "avg_cost", "gross_margin_pct",
		"SKU", "Quantity", "Qty", "% of Sales", "Avg Price", "Calc. Avg", "Gross Margin %",
	}, c.key())
}

// nestProfitDetail puts the sections of a profit and loss detail into two, whose totals are differences.
func (r *reportCall) nestProfitDetail(rep *report) {
	if r.name != "ProfitAndLossDetail" || len(rep.Rows.Row) == 0 {
		return
	}
	by := map[string]*reportRow{}
	for _, row := range rep.Rows.Row {
		by[row.Group] = row
	}
	total := func(title, group string, plus, minus *reportRow) *reportRow {
		return &reportRow{Summary: &colData{r.difference(rep, title, plus, minus)}, Type: "Section", Group: group}
	}
	gross := total("Gross Profit", "GrossProfit", by["Income"], by["COGS"])
	ordinary := total("Net Ordinary Income", "OrdinaryIncomeExpenses", gross, by["Expenses"])
	ordinary.Header = r.heads(rep, "Ordinary Income/Expenses")
	ordinary.Rows = &reportRows{existing(by["Income"], by["COGS"], gross, by["Expenses"])}
	other := total("Net Other Income", "OtherIncomeExpenses", by["OtherIncome"], by["OtherExpenses"])
	other.Header = r.heads(rep, "Other Income/Expense")
	other.Rows = &reportRows{existing(by["OtherIncome"], by["OtherExpenses"])}
	net := total("Net Income", "NetIncome", ordinary, nil)
	rep.Rows.Row = []*reportRow{ordinary}
	if len(other.Rows.Row) > 0 {
		net.Summary.ColData = r.sum(rep, "Net Income", ordinary, other, 1)
		rep.Rows.Row = append(rep.Rows.Row, other)
	}
	rep.Rows.Row = append(rep.Rows.Row, net)
}

func existing(rows ...*reportRow) []*reportRow {
	return slices.DeleteFunc(rows, func(r *reportRow) bool { return r == nil })
}

func (r *reportCall) heads(rep *report, title string) *colData {
	cells := make([]reportCell, len(rep.Columns.Column))
	cells[0].Value = title
	return &colData{cells}
}

// difference makes the cells of a total that is one section's less another's; either may be missing.
func (r *reportCall) difference(rep *report, title string, plus, minus *reportRow) []reportCell {
	return r.sum(rep, title, plus, minus, -1)
}

func (r *reportCall) sum(rep *report, title string, a, b *reportRow, sign cents) []reportCell {
	width := len(rep.Columns.Column)
	for _, row := range existing(a, b) {
		width = max(width, len(row.Summary.ColData))
	}
	cells := make([]reportCell, width)
	cells[0].Value = title
	for i := 1; i < width; i++ {
		var sum cents
		stated := false
		for _, part := range []struct {
			row  *reportRow
			sign cents
		}{{a, 1}, {b, sign}} {
			if part.row == nil || part.row.Summary.ColData[i].Value == "" {
				continue
			}
			if c, err := parseCents(part.row.Summary.ColData[i].Value); err == nil {
				sum, stated = sum+part.sign*c, true
			}
		}
		if stated {
			cells[i].Value = r.money(sum)
		}
	}
	return cells
}

// negateExpenses gives the expenses of customers a minus.
func (r *reportCall) negateExpenses(rep *report) {
	at := slices.IndexFunc(rep.Columns.Column, func(c reportColumn) bool { return c.ColTitle == "Total Expenses" })
	if r.name != "CustomerIncome" || at < 0 {
		return
	}
	rep.Rows.visit(func(row *reportRow) {
		for _, cells := range row.cellLists() {
			if c, err := parseCents((*cells)[at].Value); err == nil && c != 0 {
				(*cells)[at].Value = (-c).String()
			}
		}
	})
}

// repeatTotals writes the total of a customer or vendor with rows below into its header, if the header has no amounts
// of its own.
func (r *reportCall) repeatTotals(rep *report) {
	if r.name != "AgedReceivables" && r.name != "AgedPayables" {
		return
	}
	rep.Rows.visit(func(row *reportRow) {
		if row.Header == nil || row.Summary == nil || row.Rows == nil ||
			slices.ContainsFunc(row.Header.ColData[1:], func(c reportCell) bool { return c.Value != "" }) {
			return
		}
		copy(row.Header.ColData[1:], row.Summary.ColData[1:])
	})
}

// addCent states one cent more in the first total.
func (r *reportCall) addCent(rep *report) {
	money, done := rep.moneyColumns(), false
	var visit func(rows *reportRows)
	visit = func(rows *reportRows) {
		if rows == nil {
			return
		}
		for _, row := range rows.Row {
			if visit(row.Rows); done {
				return
			}
			switch {
			case row.Summary != nil && (row.Rows != nil || row.Group == "GrandTotal"):
				done = raise(row.Summary.ColData, money)
			case row.Summary == nil && row.Header != nil && row.Rows != nil && len(row.Rows.Row) == 0:
				done = raise(row.Header.ColData, money) // so older answers close a section
			}
		}
	}
	visit(&rep.Rows)
}

// raise adds one cent to the last amount of a total, if there is one. A total may have one cell more than columns.
func raise(cells []reportCell, money []bool) bool {
	more := len(cells) - len(money)
	for i, c := range slices.Backward(cells) {
		if i == 0 || !money[i-more] {
			continue
		}
		if amount, err := parseCents(c.Value); err == nil {
			cells[i].Value = (amount + 1).String()
			return true
		}
	}
	return false
}

// addSurplusCell gives the first row of a section, and the section's total, one cell more than there are columns.
func (r *reportCall) addSurplusCell(rep *report) {
	done := false
	rep.Rows.visit(func(row *reportRow) {
		if done || row.Summary == nil || row.Rows == nil || len(row.Rows.Row) == 0 || row.Rows.Row[0].ColData == nil {
			return
		}
		done = true
		first := row.Rows.Row[0]
		first.ColData = append(first.ColData, plainCell("7.77"))
		row.Summary.ColData = append(row.Summary.ColData, plainCell("7.77"))
	})
}

// renameAmounts gives amounts in the home currency, before taxes, the keys that they then have.
func (r *reportCall) renameAmounts(rep *report) {
	for i := range rep.Columns.Column {
		c := &rep.Columns.Column[i]
		for _, key := range []string{"subt_nat_amount", "rbal_nat_amount"} {
			if c.key() != key {
				continue
			}
			if c.ColType == key {
				c.ColType = key + homeKey
			} else {
				c.MetaData = []nameValue{{"ColKey", key + homeKey}}
			}
		}
	}
}

const homeKey = "_home_nt"

// homeColumns changes the columns of a detail report: instants have their own type, and the usual columns of a ledger
// are joined by a share and by an amount with a key of its own.
func (r *reportCall) homeColumns(columns []detailColumn) []detailColumn {
	instant := detailColumn{key: "create_date", title: "Created", kind: "TimeStamp",
		cell: func(_ *reportCall, d *detailLine) reportCell { return plainCell(d.txn.created.Format(time.RFC3339)) }}
	out := slices.Clone(columns)
	for i := range out {
		if out[i].key == instant.key {
			out[i] = instant
		}
	}
	if r.name != "GeneralLedger" || r.query.Get("columns") != "" {
		return out
	}
	share := detailColumn{key: "share_pct", title: "Share", kind: "Percent",
		cell: func(_ *reportCall, d *detailLine) reportCell {
			text := (d.amount % 10_000).String()
			if d.amount%2 == 0 {
				return plainCell(text + " %")
			}
			return plainCell(text + "%")
		}}
	return append(out, instant, share, moneyColumn("some_new_amount", "New", false, func(d *detailLine) cents {
		return d.amount + 1
	}))
}

// spellAmounts spells amounts in turn in all the ways in which they were seen.
func (r *reportCall) spellAmounts(rep *report) {
	money, n := rep.moneyColumns(), 0
	rep.Rows.visit(func(row *reportRow) {
		for _, cells := range row.cellLists() {
			more := max(len(*cells)-len(money), 0) // a total may begin with a cell for its title
			for i := more; i < len(*cells); i++ {
				if !money[i-more] {
					continue
				}
				if c, err := parseCents((*cells)[i].Value); err == nil {
					n++
					(*cells)[i].Value = spellOddly(c, n)
				}
			}
		}
	})
}

func spellOddly(c cents, n int) string {
	switch {
	case c == 0 && n%2 == 0:
		return "-"
	case c == 0:
		return ".00"
	case c < 0:
		return "(" + withCommas(-c) + ")"
	case c%10_000 == 0:
		return strconv.FormatInt(int64(c/10_000), 10) + "E+2"
	case n%3 == 0:
		return "$" + withCommas(c)
	}
	return withCommas(c)
}

func withCommas(c cents) string {
	whole, frac, _ := strings.Cut(c.String(), ".")
	for at := len(whole) - 3; at > 0; at -= 3 {
		whole = whole[:at] + "," + whole[at:]
	}
	return whole + "." + frac
}

// declareMoney declares numbers and codes to be amounts. Where the type of a column is its key, it stays.
func (r *reportCall) declareMoney(rep *report) {
	for i := range rep.Columns.Column {
		if c := &rep.Columns.Column[i]; c.isCode() && !slices.ContainsFunc(detailColumns(), func(d detailColumn) bool {
			return d.key == c.ColType
		}) {
			c.ColType, c.MetaData = "Money", nil
		}
	}
}

// flattenTotals makes plain rows of totals that stand alone, and groups the rows for the rest.
func (r *reportCall) flattenTotals(rep *report) {
	for i, row := range rep.Rows.Row {
		switch {
		case row.Group == "GrandTotal" && row.Rows == nil:
			rep.Rows.Row[i] = &reportRow{ColData: row.Summary.ColData, Group: row.Group}
		case row.Group == "" && len(row.ColData) > 0 && row.ColData[0].Value == "Not Specified":
			row.Group, row.Type = "**", ""
		}
	}
}

// shortenRows leaves out the blank cells at the end of rows.
func (r *reportCall) shortenRows(rep *report) {
	rep.Rows.visit(func(row *reportRow) {
		for _, cells := range row.cellLists() {
			for n := len(*cells); n > 1 && (*cells)[n-1] == (reportCell{}); n-- {
				*cells = (*cells)[:n-1]
			}
		}
	})
}

// bareIfEmpty takes columns and rows out of a report about nothing.
func (r *reportCall) bareIfEmpty(rep *report) {
	if slices.Contains(rep.Header.Option, nameValue{"NoReportData", "true"}) {
		rep.Columns, rep.Rows = reportColumns{}, reportRows{}
	}
}

func (r *reportCall) capitalizeBasis(rep *report) {
	rep.Header.ReportBasis = strings.ToUpper(rep.Header.ReportBasis)
}
