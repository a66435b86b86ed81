package intuitsim

import (
	"cmp"
	"slices"
	"strings"
)

// byDimension sums postings into one row per customer, class and so on.
func (r *reportCall) byDimension(rowsBy, colType string, counts func(*posting) bool, sign cents) *report {
	var flow []posting
	for _, p := range r.journal(r.method) {
		if p.date >= r.start && p.date <= r.end && counts(&p) && r.passes(&p, false) {
			flow = append(flow, p)
		}
	}
	plan := r.plan(flow, false)
	plan.columns[0] = r.nameColumn(colType)
	by := *r
	by.by = rowsBy
	sums := map[dimension]amounts{}
	total := make(amounts, plan.width())
	for i := range flow {
		col := plan.column(r, &flow[i], false)
		if col < 0 {
			continue
		}
		m := by.member(&flow[i], false)
		if sums[m] == nil {
			sums[m] = make(amounts, plan.width())
		}
		sums[m][col] += sign * flow[i].amount
		total[col] += sign * flow[i].amount
	}
	var rows []*reportRow
	for _, m := range sortedDimensions(sums) {
		if !sums[m].zero() {
			rows = append(rows, &reportRow{ColData: append([]reportCell{dimensionCell(m)},
				r.figures(plan, sums[m])...)})
		}
	}
	rows = append(rows, r.grandTotal(rows, r.figures(plan, total))...)
	h := r.header(len(rows) == 0)
	h.Option = h.Option[1:]
	return &report{Header: h, Columns: reportColumns{plan.columns}, Rows: reportRows{rows}}
}

func dimensionCell(m dimension) reportCell {
	if m.id == "" {
		return plainCell(m.name)
	}
	return idCell(m.name, m.id)
}

// sortedDimensions orders by name, what has none last.
func sortedDimensions[T any](m map[dimension]T) []dimension {
	out := make([]dimension, 0, len(m))
	for d := range m {
		out = append(out, d)
	}
	slices.SortFunc(out, func(x, y dimension) int {
		if (x.id == "") != (y.id == "") {
			if x.id == "" {
				return 1
			}
			return -1
		}
		return cmp.Or(strings.Compare(strings.ToLower(x.name), strings.ToLower(y.name)), compareIDs(x.id, y.id))
	})
	return out
}

// sold says whether a posting is a sale of an item or a discount on one.
func sold(p *posting) bool { return p.account.typ == typeIncome && p.txn.sells() }

func (t *txn) sells() bool {
	switch t.kind {
	case kindInvoice, kindSalesReceipt, kindCreditMemo, kindRefundReceipt:
		return true
	}
	return false
}

func (r *reportCall) customerSales() *report { return r.byDimension("Customers", "Customer", sold, -1) }

func (r *reportCall) classSales() *report { return r.byDimension("Classes", "Class", sold, -1) }

func (r *reportCall) departmentSales() *report {
	return r.byDimension("Departments", "Department", sold, -1)
}

// vendorExpenses sums costs by vendor.
func (r *reportCall) vendorExpenses() *report {
	return r.byDimension("Vendors", "Vendor", func(p *posting) bool {
		return classification(p.account.typ) == "Expense" && p.partyOf("Vendor", true) != nil
	}, 1)
}

// customerIncome sets income against costs, customer by customer.
func (r *reportCall) customerIncome() *report {
	type sums struct{ income, costs cents }
	by := *r
	by.by = "Customers"
	m := map[dimension]*sums{}
	for _, p := range r.journal(r.method) {
		if p.date < r.start || p.date > r.end || !p.account.nominal() || !r.passes(&p, false) {
			continue
		}
		d := by.member(&p, false)
		if m[d] == nil {
			m[d] = &sums{}
		}
		if p.account.creditNormal() {
			m[d].income -= p.amount
		} else {
			m[d].costs += p.amount
		}
	}
	var rows []*reportRow
	var total sums
	for _, d := range sortedDimensions(m) {
		s := m[d]
		total.income += s.income
		total.costs += s.costs
		rows = append(rows, &reportRow{ColData: append([]reportCell{dimensionCell(d)},
			text(r.money(s.income), r.money(s.costs), r.money(s.income-s.costs))...)})
	}
	rows = append(rows, r.grandTotal(rows, text(r.money(total.income), r.money(total.costs),
		r.money(total.income-total.costs)))...)
	h := r.header(len(rows) == 0)
	h.Option = h.Option[1:]
	return &report{Header: h, Rows: reportRows{rows}, Columns: reportColumns{[]reportColumn{
		r.nameColumn("Customer"), r.keyed("Total Income", "Money", "income"),
		r.keyed("Total Expenses", "Money", "expenses"), r.keyed("Net Income", "Money", "net_income"),
	}}}
}

// itemTotals are the sales of one item.
type itemTotals struct {
	qty          milli
	amount, cogs cents
}

// itemSales shows quantity, amount and margin of each item.
func (r *reportCall) itemSales() *report {
	m := map[dimension]*itemTotals{}
	by := *r
	by.by = "ProductsAndServices"
	var all itemTotals
	for _, p := range r.journal(r.method) {
		if p.date < r.start || p.date > r.end || !p.txn.sells() || p.item == nil || !r.passes(&p, false) {
			continue
		}
		d := by.member(&p, false)
		if m[d] == nil {
			m[d] = &itemTotals{}
		}
		switch {
		case p.account == p.item.income:
			m[d].qty += p.qty
			m[d].amount -= p.amount
			all.qty += p.qty
			all.amount -= p.amount
		case p.account.typ == typeCOGS:
			m[d].cogs += p.amount
			all.cogs += p.amount
		}
	}
	cells := func(t *itemTotals) []reportCell {
		average := cents(0)
		if t.qty != 0 {
			average = roundDiv(int64(t.amount)*1000, int64(t.qty))
		}
		return text(string(t.qty.json()), r.money(t.amount), percent(t.amount, all.amount), r.money(average),
			r.money(t.cogs), r.money(t.amount-t.cogs), percent(t.amount-t.cogs, t.amount))
	}
	var rows []*reportRow
	for _, d := range sortedDimensions(m) {
		rows = append(rows, &reportRow{ColData: append([]reportCell{dimensionCell(d)}, cells(m[d])...), Type: "Data"})
	}
	rows = append(rows, r.grandTotal(rows, cells(&all))...)
	h := r.header(len(rows) == 0)
	h.Option = h.Option[1:]
	return &report{Header: h, Rows: reportRows{rows}, Columns: reportColumns{[]reportColumn{
		r.nameColumn("Item"), r.keyed("Quantity", "Numeric", "quantity"), r.keyed("Amount", "Money", "amount"),
		r.keyed("% of Sales", "Percent", "pct_of_sales"),
		r.keyed("Avg Price", "Money", "avg_price"), r.keyed("COGS", "Money", "cogs"),
		r.keyed("Gross Margin", "Money", "gross_margin"), r.keyed("Gross Margin %", "Percent", "gross_margin_pct"),
	}}}
}

// percent spells a share of the whole with two decimals and a sign.
func percent(part, whole cents) string {
	if whole == 0 {
		return ""
	}
	return roundDiv(int64(part)*10_000, int64(whole)).String() + "%"
}

// taxSummary shows what was sold under the company's tax rate and what was collected.
func (r *reportCall) taxSummary() *report {
	var sales, taxable, collected cents
	for _, t := range r.txns {
		if t.deleted || t.voided || t.date < r.start || t.date > r.end || !t.sells() {
			continue
		}
		sign := cents(1)
		if t.kind == kindCreditMemo || t.kind == kindRefundReceipt {
			sign = -1
		}
		sales += sign * (t.lineTotal() - t.discount)
		taxable += sign * t.taxBase
		collected += sign * t.tax
	}
	var rows []*reportRow
	if collected != 0 {
		rate := r.taxRates[0]
		line := &reportRow{
			ColData: append([]reportCell{idCell(rate.name, rate.id)}, text(r.money(sales), r.money(sales-taxable),
				r.money(taxable), r.money(collected))...),
			Type: "Data",
		}
		rows = append(rows, &reportRow{
			Header: &colData{append(text(r.taxAccount), make([]reportCell, 4)...)},
			Rows:   &reportRows{[]*reportRow{line}}, Type: "Section",
			Summary: &colData{append(text("Total for "+r.taxAccount), line.ColData[1:]...)},
		})
	}
	h := r.header(len(rows) == 0)
	h.SummarizeColumnsBy, h.Option = "", h.Option[1:]
	return &report{Header: h, Rows: reportRows{rows}, Columns: reportColumns{[]reportColumn{
		r.keyed("Tax Name", "String", "tax_name"), r.keyed("Gross Sales", "Money", "gross_sales"),
		r.keyed("Non-Taxable", "Money", "non_taxable"),
		r.keyed("Taxable", "Money", "taxable_amount"), r.keyed("Tax Collected", "Money", "tax_collected"),
	}}}
}
