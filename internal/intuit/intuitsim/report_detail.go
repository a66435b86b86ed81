package intuitsim

import (
	"strings"
)

// detailLine is one row of a list report: a posting or a whole transaction.
type detailLine struct {
	txn     *txn
	post    posting
	amount  cents // under the sign in which the report shows it
	running cents
	open    cents
	split   bool // a further line of the transaction above it
}

// detailColumn is a column that list reports offer under its key of the columns parameter.
type detailColumn struct {
	key, title, kind string // kind is Date, String, Money, Boolean or Numeric
	summed           bool
	cell             func(*reportCall, *detailLine) reportCell
}

func plainCell(value string) reportCell { return reportCell{Value: value} }

func textColumn(key, title string, value func(*reportCall, *detailLine) string) detailColumn {
	return detailColumn{
		key: key, title: title, kind: "String",
		cell: func(r *reportCall, d *detailLine) reportCell { return plainCell(value(r, d)) },
	}
}

func moneyColumn(key, title string, summed bool, value func(*detailLine) cents) detailColumn {
	return detailColumn{key: key, title: title, kind: "Money", summed: summed,
		cell: func(r *reportCall, d *detailLine) reportCell {
			return plainCell(r.money(value(d)))
		}}
}

// detailColumns are the columns by key.
// https://developer.intuit.com/app/developer/qbo/docs/api/accounting/report-entities/generalledger
func detailColumns() []detailColumn {
	date := func(key, title string, value func(*detailLine) string) detailColumn {
		return detailColumn{
			key: key, title: title, kind: "Date",
			cell: func(_ *reportCall, d *detailLine) reportCell { return plainCell(value(d)) },
		}
	}
	return []detailColumn{
		date("tx_date", "Date", func(d *detailLine) string {
			if d.split {
				return "0-00-00"
			}
			return d.txn.date.String()
		}),
		{key: "txn_type", title: "Transaction Type", kind: "String",
			cell: func(_ *reportCall, d *detailLine) reportCell {
				if d.split {
					return idCell("", d.txn.id)
				}
				return idCell(d.txn.title(), d.txn.id)
			}},
		textColumn("doc_num", "Num", func(_ *reportCall, d *detailLine) string { return d.once(d.txn.number) }),
		{key: "is_no_post", title: "Posting", kind: "Boolean", cell: func(_ *reportCall, d *detailLine) reportCell {
			return plainCell(d.once(map[bool]string{true: "Yes", false: "No"}[d.txn.posts()]))
		}},
		{key: "name", title: "Name", kind: "String", cell: func(_ *reportCall, d *detailLine) reportCell {
			return partyCell(d.who())
		}},
		textColumn("memo", "Memo/Description", func(_ *reportCall, d *detailLine) string { return d.post.text }),
		{key: "account_name", title: "Account", kind: "String", cell: func(_ *reportCall, d *detailLine) reportCell {
			return accountCell(d.post.account)
		}},
		{key: "split_acc", title: "Split", kind: "String", cell: (*reportCall).splitCell},
		{key: "other_account", title: "Split", kind: "String", cell: (*reportCall).splitCell},
		textColumn("account_num", "Account #", func(_ *reportCall, d *detailLine) string {
			if d.post.account == nil {
				return ""
			}
			return d.post.account.number
		}),
		date("due_date", "Due Date", func(d *detailLine) string {
			if d.txn.due == 0 {
				return d.txn.date.String()
			}
			return d.txn.due.String()
		}),
		textColumn("term_name", "Terms", func(_ *reportCall, d *detailLine) string {
			if d.txn.term == nil {
				return ""
			}
			return d.txn.term.name
		}),
		{key: "cust_name", title: "Customer", kind: "String",
			cell: func(_ *reportCall, d *detailLine) reportCell {
				return partyCell(d.post.partyOf("Customer", false))
			}},
		{key: "vend_name", title: "Vendor", kind: "String",
			cell: func(_ *reportCall, d *detailLine) reportCell { return partyCell(d.post.partyOf("Vendor", false)) }},
		{key: "item_name", title: "Product/Service", kind: "String",
			cell: func(_ *reportCall, d *detailLine) reportCell {
				if d.post.item == nil {
					return plainCell("")
				}
				return idCell(d.post.item.name, d.post.item.id)
			}},
		{key: "quantity", title: "Qty", kind: "Numeric", cell: func(_ *reportCall, d *detailLine) reportCell {
			if d.post.qty == 0 {
				return plainCell("")
			}
			return plainCell(string(d.post.qty.json()))
		}},
		{key: "klass_name", title: "Class", kind: "String",
			cell: func(_ *reportCall, d *detailLine) reportCell { return entryCell(d.post.class) }},
		{key: "dept_name", title: "Location", kind: "String",
			cell: func(_ *reportCall, d *detailLine) reportCell { return entryCell(d.txn.department) }},
		date("create_date", "Create Date", func(d *detailLine) string {
			return d.txn.created.Format("2006-01-02 15:04:05")
		}),
		date("last_mod_date", "Last Modified", func(d *detailLine) string {
			return d.txn.updated.Format("2006-01-02 15:04:05")
		}),
		textColumn("create_by", "Created By", func(*reportCall, *detailLine) string { return "Jane Example" }),
		textColumn("last_mod_by", "Last Modified By", func(*reportCall, *detailLine) string { return "Jane Example" }),
		moneyColumn("subt_nat_amount", "Amount", true, func(d *detailLine) cents { return d.amount }),
		moneyColumn("nat_amount", "Amount", true, func(d *detailLine) cents { return d.amount }),
		moneyColumn("subt_amount", "Amount", true, func(d *detailLine) cents { return d.amount }),
		moneyColumn("rbal_nat_amount", "Balance", false, func(d *detailLine) cents { return d.running }),
		moneyColumn("debt_amt", "Debit", true, func(d *detailLine) cents { return max(d.post.amount, 0) }),
		moneyColumn("credit_amt", "Credit", true, func(d *detailLine) cents { return max(-d.post.amount, 0) }),
		moneyColumn("nat_open_bal", "Open Balance", true, func(d *detailLine) cents { return d.open }),
		moneyColumn("subt_open_bal", "Open Balance", true, func(d *detailLine) cents { return d.open }),
	}
}

// once hides what a split line does not repeat.
func (d *detailLine) once(text string) string {
	if d.split {
		return ""
	}
	return text
}

func (d *detailLine) who() *party {
	if d.post.party != nil {
		return d.post.party
	}
	return d.txn.party
}

// posts says whether a transaction is part of the journal.
func (t *txn) posts() bool { return t.kind != kindEstimate && t.kind != kindPurchaseOrder }

func partyCell(p *party) reportCell {
	if p == nil {
		return idCell("", "")
	}
	return idCell(p.fullName(), p.id)
}

func accountCell(a *account) reportCell {
	if a == nil {
		return idCell("", "")
	}
	return idCell(a.fullName(), a.id)
}

func entryCell(e *listEntry) reportCell {
	if e == nil {
		return plainCell("")
	}
	return idCell(e.fullName(), e.id)
}

// splitCell names the other side of a posting; with more than one the older service said -Split-.
func (r *reportCall) splitCell(d *detailLine) reportCell {
	all, ok := r.posted[d.txn]
	if !ok {
		if r.posted == nil {
			r.posted = map[*txn][]posting{}
		}
		all = r.post(nil, d.txn)
		r.posted[d.txn] = all
	}
	var other *account
	for i := range all {
		if a := all[i].account; a != d.post.account {
			if other != nil && other != a {
				if r.legacy {
					return plainCell("-Split-")
				}
				return plainCell("")
			}
			other = a
		}
	}
	return accountCell(other)
}

// detailPlan is a list report under way.
type detailPlan struct {
	*reportCall
	columns []detailColumn
}

// list starts a list report with the columns asked for, or the usual ones.
func (r *reportCall) list(usual string) *detailPlan {
	keys := strings.FieldsFunc(usual, func(c rune) bool { return c == ' ' })
	if asked := r.query.Get("columns"); asked != "" {
		keys = strings.Split(asked, ",")
	}
	known := detailColumns()
	find := func(keys []string) []detailColumn {
		var out []detailColumn
		for _, key := range keys {
			for _, c := range known {
				if c.key == strings.TrimSpace(key) {
					out = append(out, c)
				}
			}
		}
		return out
	}
	p := &detailPlan{reportCall: r, columns: find(keys)}
	if len(p.columns) == 0 {
		p.columns = find(strings.Fields(usual))
	}
	if r.quirks.HomeCurrencyKeys {
		p.columns = r.homeColumns(p.columns)
	}
	return p
}

// headings gives the columns: the older service put the key into ColType, the newer one into MetaData.
func (p *detailPlan) headings() reportColumns {
	var out []reportColumn
	for _, c := range p.columns {
		if p.legacy {
			out = append(out, reportColumn{ColTitle: c.title, ColType: c.key})
			continue
		}
		out = append(out, reportColumn{ColTitle: c.title, ColType: c.kind, MetaData: []nameValue{{"ColKey", c.key}}})
	}
	return reportColumns{out}
}

func (p *detailPlan) row(d *detailLine) *reportRow {
	cells := make([]reportCell, len(p.columns))
	for i, c := range p.columns {
		cells[i] = c.cell(p.reportCall, d)
	}
	return &reportRow{ColData: cells, Type: "Data"}
}

// banner is a heading or a total line as wide as the rows; lines may be nil. If the first column holds amounts, a total
// has one cell more, for its title: so statement/testdata/hard/labels_before_amounts.json was recorded.
func (p *detailPlan) banner(first reportCell, lines []*detailLine) *colData {
	cells := make([]reportCell, len(p.columns))
	for i, c := range p.columns {
		if !c.summed || lines == nil {
			continue
		}
		var sum cents
		for _, d := range lines {
			if v := c.cell(p.reportCall, d).Value; v != "" {
				n, err := parseCents(v)
				if err == nil {
					sum += n
				}
			}
		}
		cells[i].Value = p.money(sum)
	}
	if lines != nil && p.columns[0].summed {
		return &colData{append([]reportCell{first}, cells...)}
	}
	cells[0] = first
	return &colData{cells}
}

// section groups rows under a heading with a total line.
func (p *detailPlan) section(head reportCell, rows []*reportRow, lines []*detailLine) *reportRow {
	return &reportRow{
		Header: p.banner(head, nil), Rows: &reportRows{rows}, Type: "Section",
		Summary: p.banner(plainCell("Total for "+head.Value), lines),
	}
}

// finish makes the report of its rows. List reports have no accounting standard and no summarizing.
func (p *detailPlan) finish(rows []*reportRow) *report {
	h := p.header(len(rows) == 0)
	h.SummarizeColumnsBy = ""
	h.Option = h.Option[1:]
	return &report{Header: h, Columns: p.headings(), Rows: reportRows{rows}}
}
