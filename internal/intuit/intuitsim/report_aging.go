package intuitsim

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// openItem is what a document adds to a balance on a day; credits are negative.
type openItem struct {
	txn    *txn
	amount cents
	age    int // days past due; 0 or less if not yet due
}

// openItems lists what customers owe, or what vendors are owed, on a day.
func (r *reportCall) openItems(kind string, on day) map[*party][]openItem {
	list, filter := r.customers, "customer"
	if kind == "Vendor" {
		list, filter = r.vendors, "vendor"
	}
	out := map[*party][]openItem{}
	for _, p := range list {
		if !r.passesFilter(filter, p.id) {
			continue
		}
		add := func(t *txn, amount cents) {
			due := t.due
			if due == 0 {
				due = t.date
			}
			if amount != 0 && r.passesFilter("department", departmentID(t)) {
				out[p] = append(out[p], openItem{t, amount, int(on - due)})
			}
		}
		for _, t := range p.sales {
			add(t, t.openOn(on))
		}
		for _, t := range p.credits {
			if t.kind == kindPayment || t.kind == kindBillPayment {
				add(t, -t.unappliedOn(on))
			} else {
				add(t, -t.openOn(on))
			}
		}
	}
	return out
}

func departmentID(t *txn) string {
	if t.department == nil {
		return ""
	}
	return t.department.id
}

// unappliedOn is the part of a payment that settled nothing at the end of a day.
func (t *txn) unappliedOn(d day) cents {
	if t.deleted || t.date > d {
		return 0
	}
	left := t.total
	for _, a := range t.applies {
		switch {
		case a.other.date > d:
		case a.other.kind == kindCreditMemo || a.other.kind == kindVendorCredit:
			left += a.amount
		default:
			left -= a.amount
		}
	}
	return left
}

// agingDay returns the day on which balances are taken.
func (r *reportCall) agingDay() day {
	today := dayOf(r.now.In(r.zone))
	if d, ok := parseDay(r.query.Get("report_date")); ok {
		return d
	}
	if r.macro == "" || r.query.Get("date_macro") != "" {
		return r.end
	}
	return today
}

// agingBuckets names the columns of an aging report and finds the one of an age.
func (r *reportCall) agingBuckets() (names []string, of func(age int) int) {
	length, n := 30, 4
	if v, err := strconv.Atoi(r.query.Get("aging_period")); err == nil && v > 0 {
		length = v
	}
	if v, err := strconv.Atoi(r.query.Get("num_periods")); err == nil && v > 0 && v <= 12 {
		n = v
	}
	names = []string{"Current"}
	for i := range n - 1 {
		names = append(names, strconv.Itoa(i*length+1)+" - "+strconv.Itoa((i+1)*length))
	}
	names = append(names, strconv.Itoa((n-1)*length+1)+" and over")
	return names, func(age int) int {
		if age <= 0 {
			return 0
		}
		return min((age-1)/length+1, n)
	}
}

func (r *reportCall) agedReceivables() *report { return r.aged("Customer") }

func (r *reportCall) agedPayables() *report { return r.aged("Vendor") }

func (r *reportCall) aged(kind string) *report {
	on := r.agingDay()
	names, bucket := r.agingBuckets()
	cols := []reportColumn{r.nameColumn(kind)}
	for _, n := range append(slices.Clone(names), "Total") {
		cols = append(cols, r.keyed(n, "Money", strings.ToLower(strings.ReplaceAll(n, " ", ""))))
	}
	items := r.openItems(kind, on)
	sums := map[*party]amounts{}
	for p, list := range items {
		sums[p] = make(amounts, len(names))
		for _, it := range list {
			sums[p][bucket(it.age)] += it.amount
		}
	}
	rows, total := partyRows(sums, len(names), r.withSum)
	return r.onDay(on, cols, append(rows, r.grandTotal(rows, r.withSum(total))...))
}

// partyRows makes the rows of customers or vendors by name. One with jobs becomes a section around them, whose heading
// holds its own amounts.
func partyRows(sums map[*party]amounts, width int, cells func(amounts) []reportCell) ([]*reportRow, amounts) {
	jobs := map[*party][]*party{} // by customer, those without one under nil
	known := map[*party]bool{}
	var place func(p *party)
	place = func(p *party) {
		if known[p] {
			return
		}
		known[p] = true
		jobs[p.parent] = append(jobs[p.parent], p)
		if p.parent != nil {
			place(p.parent)
		}
	}
	for _, p := range sortedParties(sums) {
		if !sums[p].zero() {
			place(p)
		}
	}
	var under func(parent *party) ([]*reportRow, amounts)
	under = func(parent *party) ([]*reportRow, amounts) {
		var rows []*reportRow
		total := make(amounts, width)
		for _, p := range sortedParties(setOf(jobs[parent])) {
			own := make(amounts, width).plus(sums[p])
			inner, sum := under(p)
			name := idCell(p.shownName(), p.id)
			total = total.plus(own).plus(sum)
			if len(inner) == 0 {
				rows = append(rows, &reportRow{ColData: append([]reportCell{name}, cells(own)...)})
				continue
			}
			rows = append(rows, &reportRow{
				Header: &colData{append([]reportCell{name}, cells(own)...)}, Rows: &reportRows{inner}, Type: "Section",
				Summary: &colData{append(text("Total "+p.shownName()), cells(own.plus(sum))...)},
			})
		}
		return rows, total
	}
	return under(nil)
}

func setOf(list []*party) map[*party]bool {
	out := map[*party]bool{}
	for _, p := range list {
		out[p] = true
	}
	return out
}

func (r *reportCall) withSum(a amounts) []reportCell {
	var out []reportCell
	for _, c := range append(slices.Clone(a), a.sum()) {
		v := c.String()
		if c == 0 {
			v = ""
		}
		out = append(out, plainCell(v))
	}
	return out
}

// grandTotal is the last row of reports by customer, vendor or account, absent if there are no others.
func (r *reportCall) grandTotal(rows []*reportRow, cells []reportCell) []*reportRow {
	if len(rows) == 0 {
		return nil
	}
	if r.legacy {
		for i := range cells {
			if cells[i].Value == "" {
				cells[i].Value = "0.00"
			}
		}
	}
	return []*reportRow{{
		Summary: &colData{append(text(r.heading("Total")), cells...)}, Type: "Section", Group: "GrandTotal",
	}}
}

func (r *reportCall) nameColumn(kind string) reportColumn {
	c := reportColumn{ColType: kind}
	if !r.legacy {
		c.MetaData = []nameValue{{"ColKey", strings.ToLower(kind)}}
	}
	return c
}

func (r *reportCall) keyed(title, kind, key string) reportColumn {
	c := reportColumn{ColTitle: title, ColType: kind}
	if !r.legacy {
		c.MetaData = []nameValue{{"ColKey", key}}
	}
	return c
}

// onDay wraps the rows of a report that looks at one day.
func (r *reportCall) onDay(on day, cols []reportColumn, rows []*reportRow) *report {
	h := r.header(len(rows) == 0)
	h.ReportBasis, h.SummarizeColumnsBy = "", ""
	h.StartPeriod, h.EndPeriod = on.String(), on.String()
	h.Option[0] = nameValue{"report_date", on.String()}
	return &report{Header: h, Columns: reportColumns{cols}, Rows: reportRows{rows}}
}

func sortedParties[T any](m map[*party]T) []*party {
	out := make([]*party, 0, len(m))
	for p := range m {
		out = append(out, p)
	}
	slices.SortFunc(out, func(x, y *party) int {
		return cmp.Or(strings.Compare(strings.ToLower(x.fullName()), strings.ToLower(y.fullName())),
			compareIDs(x.id, y.id))
	})
	return out
}

func (r *reportCall) customerBalance() *report { return r.partyBalance("Customer") }

func (r *reportCall) vendorBalance() *report { return r.partyBalance("Vendor") }

func (r *reportCall) partyBalance(kind string) *report {
	on := r.agingDay()
	items := r.openItems(kind, on)
	sums := map[*party]amounts{}
	for p, list := range items {
		sums[p] = make(amounts, 1)
		for _, it := range list {
			sums[p][0] += it.amount
		}
	}
	rows, total := partyRows(sums, 1, func(a amounts) []reportCell { return text(r.money(a[0])) })
	rows = append(rows, r.grandTotal(rows, text(r.money(total[0])))...)
	return r.onDay(on, []reportColumn{r.nameColumn(kind), r.keyed(r.heading("Total"), "Money", "total")}, rows)
}

func (r *reportCall) customerBalanceDetail() *report { return r.balanceDetail("Customer") }

func (r *reportCall) vendorBalanceDetail() *report { return r.balanceDetail("Vendor") }

// balanceDetail lists the open documents of each customer or vendor.
func (r *reportCall) balanceDetail(kind string) *report {
	on := r.agingDay()
	p := r.list("tx_date txn_type doc_num due_date subt_amount subt_open_bal rbal_nat_amount")
	items := r.openItems(kind, on)
	var rows []*reportRow
	for _, who := range sortedParties(items) {
		lines, part := p.openLines(items[who])
		rows = append(rows, p.section(partyCell(who), part, lines))
	}
	return r.onDay(on, p.headings().Column, rows)
}

// openLines makes the rows of open documents by date, with a running balance.
func (p *detailPlan) openLines(items []openItem) ([]*detailLine, []*reportRow) {
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(x, y openItem) int { return cmp.Compare(x.txn.date, y.txn.date) })
	lines := []*detailLine{}
	var rows []*reportRow
	var running cents
	for _, it := range items {
		d := p.whole(it.txn)
		d.amount = it.txn.total
		if it.amount < 0 {
			d.amount = -d.amount
		}
		running += it.amount
		d.open, d.running = it.amount, running
		lines = append(lines, d)
		rows = append(rows, p.row(d))
	}
	return lines, rows
}

func (r *reportCall) agedReceivableDetail() *report {
	return r.agedDetail("Customer", "tx_date txn_type doc_num cust_name due_date subt_amount subt_open_bal")
}

func (r *reportCall) agedPayableDetail() *report {
	return r.agedDetail("Vendor", "tx_date txn_type doc_num vend_name due_date subt_amount subt_open_bal")
}

// agedDetail lists open documents by age, the oldest bucket first. The older service closed a bucket with a section
// that had only a heading.
func (r *reportCall) agedDetail(kind, columns string) *report {
	on := r.agingDay()
	names, bucket := r.agingBuckets()
	p := r.list(columns)
	items := r.openItems(kind, on)
	groups := make([][]openItem, len(names))
	for _, who := range sortedParties(items) {
		for _, it := range items[who] {
			groups[bucket(it.age)] = append(groups[bucket(it.age)], it)
		}
	}
	var rows []*reportRow
	for i := len(names) - 1; i >= 0; i-- {
		if len(groups[i]) == 0 {
			continue
		}
		title := names[i]
		if i > 0 {
			title += " days past due"
		}
		lines, part := p.openLines(groups[i])
		row := p.section(plainCell(title), part, lines)
		if r.legacy {
			closing := row.Summary
			row.Summary = nil
			rows = append(rows, row, &reportRow{Header: closing, Rows: &reportRows{}, Type: "Section"})
			continue
		}
		rows = append(rows, row)
	}
	return r.onDay(on, p.headings().Column, rows)
}
