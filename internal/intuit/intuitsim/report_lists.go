package intuitsim

import (
	"cmp"
	"slices"
	"strings"
)

const ledgerColumns = "tx_date txn_type doc_num name memo split_acc subt_nat_amount rbal_nat_amount"

// generalLedger lists the postings of each account after its balance at the start.
func (r *reportCall) generalLedger() *report {
	p := r.list(ledgerColumns)
	byAccount := map[*account][]posting{}
	opening := map[*account]cents{}
	for _, post := range r.journal(r.method) {
		a := post.account
		if post.date > r.end || !r.passes(&post, false) || !r.passesFilter("account", a.id) {
			continue
		}
		switch {
		case post.date >= r.start:
			byAccount[a] = append(byAccount[a], post)
		case !a.nominal() || post.date >= r.start.fiscalYearStart(r.info.FiscalYearStart):
			opening[a] += shownSign(a, post.amount)
		}
	}
	var rows []*reportRow
	for _, a := range r.accounts {
		if a.parent == nil {
			if row := p.ledger(a, byAccount, opening); row != nil {
				rows = append(rows, row)
			}
		}
	}
	return p.finish(rows)
}

// ledger makes the section of an account and of those below it.
func (p *detailPlan) ledger(a *account, posts map[*account][]posting, opening map[*account]cents) *reportRow {
	rows, lines := p.running(a, posts[a], opening[a])
	for _, child := range p.accounts {
		if child.parent == a {
			if row := p.ledger(child, posts, opening); row != nil {
				rows = append(rows, row)
			}
		}
	}
	if len(rows) == 0 {
		return nil
	}
	return p.section(idCell(a.reportName(), a.id), rows, lines)
}

// running lists the postings of an account with the balance after each.
func (p *detailPlan) running(a *account, posts []posting, balance cents) ([]*reportRow, []*detailLine) {
	var rows []*reportRow
	if balance != 0 {
		head := p.banner(plainCell("Beginning Balance"), nil)
		for i, c := range p.columns {
			if c.key == "rbal_nat_amount" {
				head.ColData[i].Value = balance.String()
			}
		}
		rows = append(rows, &reportRow{ColData: head.ColData, Type: "Data"})
	}
	lines := []*detailLine{}
	for _, post := range posts {
		amount := shownSign(a, post.amount)
		balance += amount
		d := &detailLine{txn: post.txn, post: post, amount: amount, running: balance}
		lines = append(lines, d)
		rows = append(rows, p.row(d))
	}
	return rows, lines
}

func shownSign(a *account, amount cents) cents {
	if a.creditNormal() {
		return -amount
	}
	return amount
}

// profitAndLossDetail lists the postings behind each line of the statement.
func (r *reportCall) profitAndLossDetail() *report {
	p := r.list(ledgerColumns)
	posts := map[*account][]posting{}
	for _, post := range r.journal(r.method) {
		if post.date >= r.start && post.date <= r.end && post.account.nominal() && r.passes(&post, false) &&
			r.passesFilter("account", post.account.id) {
			posts[post.account] = append(posts[post.account], post)
		}
	}
	var rows []*reportRow
	for _, g := range []part{
		{"Income", "Income", typeIncome}, {"Cost of Goods Sold", "COGS", typeCOGS},
		{"Expenses", "Expenses", typeExpense}, {"Other Income", "OtherIncome", typeOtherIncome},
		{"Other Expenses", "OtherExpenses", typeOtherExpense},
	} {
		var sections []*reportRow
		lines := []*detailLine{}
		for _, a := range r.accounts {
			if a.typ != g.typ || len(posts[a]) == 0 {
				continue
			}
			accountRows, accountLines := p.running(a, posts[a], 0)
			sections = append(sections, p.section(idCell(a.reportName(), a.id), accountRows, accountLines))
			lines = append(lines, accountLines...)
		}
		if len(sections) > 0 {
			row := p.section(plainCell(g.title), sections, lines)
			row.Group = g.group
			rows = append(rows, row)
		}
	}
	return p.finish(rows)
}

// journalReport lists all postings, transaction by transaction; only the newer service repeats date, type and number.
func (r *reportCall) journalReport() *report {
	p := r.list("tx_date txn_type doc_num name memo account_name debt_amt credit_amt")
	var rows []*reportRow
	lines := []*detailLine{}
	for _, t := range r.period() {
		var own []*detailLine
		for i, post := range r.post(nil, t) {
			d := &detailLine{txn: t, post: post, amount: post.amount, split: r.legacy && i > 0}
			own = append(own, d)
			rows = append(rows, p.row(d))
		}
		if len(own) > 0 {
			rows = append(rows, &reportRow{Summary: p.banner(plainCell(""), own), Type: "Section"})
		}
		lines = append(lines, own...)
	}
	if len(rows) > 0 {
		rows = append(rows, &reportRow{
			Summary: p.banner(plainCell(r.heading("Total")), lines), Type: "Section", Group: "GrandTotal",
		})
	}
	return p.finish(rows)
}

// period lists the existing transactions between the report's days by date, filtered as the list reports allow.
func (r *reportCall) period() []*txn {
	kinds := strings.ReplaceAll(r.query.Get("transaction_type"), " ", "")
	var out []*txn
	for _, t := range r.txns {
		if t.deleted || t.date < r.start || t.date > r.end || kinds != "" && !strings.EqualFold(kinds, string(t.kind)) {
			continue
		}
		whole := posting{txn: t, party: t.party}
		if !r.passes(&whole, true) {
			continue
		}
		out = append(out, t)
	}
	slices.SortStableFunc(out, func(x, y *txn) int {
		n := cmp.Compare(x.date, y.date)
		if strings.EqualFold(r.query.Get("sort_order"), "descend") {
			return -n
		}
		return n
	})
	return out
}

const transactionColumns = "tx_date txn_type doc_num is_no_post name memo account_name other_account subt_nat_amount"

// transactionList lists transactions, one row each, in groups if group_by asks for them.
func (r *reportCall) transactionList() *report { return r.transactions(r.query.Get("group_by")) }

func (r *reportCall) transactionsByCustomer() *report { return r.transactions("Customer") }

func (r *reportCall) transactionsByVendor() *report { return r.transactions("Vendor") }

func (r *reportCall) transactions(groupBy string) *report {
	p := r.list(transactionColumns)
	var rows []*reportRow
	var heads []reportCell
	groups := map[string][]*detailLine{}
	for _, t := range r.period() {
		d := r.whole(t)
		head, ok := groupOf(groupBy, d)
		switch {
		case groupBy == "" || strings.EqualFold(groupBy, "None"):
			rows = append(rows, p.row(d))
			continue
		case !ok:
			continue
		}
		key := head.Value
		if groups[key] == nil {
			heads = append(heads, head)
		}
		groups[key] = append(groups[key], d)
	}
	slices.SortFunc(heads, func(x, y reportCell) int {
		return strings.Compare(strings.ToLower(x.Value), strings.ToLower(y.Value))
	})
	for _, head := range heads {
		lines := groups[head.Value]
		var part []*reportRow
		for _, d := range lines {
			part = append(part, p.row(d))
		}
		rows = append(rows, p.section(head, part, lines))
	}
	return p.finish(rows)
}

// whole is a transaction as one row: its first posting stands for it.
func (r *reportCall) whole(t *txn) *detailLine {
	d := &detailLine{
		txn: t, amount: t.total, open: t.open(), post: posting{txn: t, date: t.date, party: t.party, text: t.memo},
	}
	if posts := r.post(nil, t); len(posts) > 0 {
		d.post = posts[0]
		d.amount = shownSign(posts[0].account, posts[0].amount)
	}
	return d
}

// groupOf is the heading under which a row stands; rows without one are left out of reports by customer or vendor.
func groupOf(by string, d *detailLine) (reportCell, bool) {
	switch strings.ToLower(by) {
	case "customer", "vendor":
		who := d.txn.party
		if who == nil || !strings.EqualFold(who.kind, by) {
			return reportCell{}, false
		}
		return partyCell(who), true
	case "name":
		if who := d.who(); who != nil {
			return partyCell(who), true
		}
		return plainCell("Not Specified"), true
	case "account":
		return accountCell(d.post.account), true
	case "transaction type":
		return plainCell(d.txn.title()), true
	case "location":
		if d.txn.department == nil {
			return plainCell("Not Specified"), true
		}
		return entryCell(d.txn.department), true
	case "month":
		return plainCell(d.txn.date.time().Format("2006-01 January")), true
	case "day":
		return plainCell(d.txn.date.String()), true
	case "year":
		return plainCell(d.txn.date.time().Format("2006")), true
	}
	return plainCell(""), by != ""
}

// transactionsWithSplits lists postings by account; further postings of a transaction carry the date 0-00-00, and
// a blank row follows each transaction.
func (r *reportCall) transactionsWithSplits() *report {
	p := r.list("tx_date txn_type doc_num is_no_post name memo account_name nat_amount")
	posts := map[*account][]*detailLine{}
	for _, t := range r.period() {
		for i, post := range r.post(nil, t) {
			posts[post.account] = append(posts[post.account], &detailLine{
				txn: t, post: post, amount: shownSign(post.account, post.amount), split: i > 0,
			})
		}
	}
	var rows []*reportRow
	for _, a := range r.accounts {
		var own []*reportRow
		for _, d := range posts[a] {
			own = append(own, p.row(d), &reportRow{ColData: make([]reportCell, len(p.columns)), Type: "Data"})
		}
		if len(own) > 0 {
			rows = append(rows, &reportRow{
				Header: p.banner(idCell(a.fullName(), a.id), nil), Rows: &reportRows{own}, Type: "Section",
			})
		}
	}
	rep := p.finish(rows)
	rep.Header.ReportBasis = ""
	return rep
}

// accountList lists the chart of accounts.
func (r *reportCall) accountList() *report {
	cols := []reportColumn{}
	for _, c := range [][3]string{
		{"account_name", "Account", "String"}, {"account_type", "Type", "String"},
		{"detail_acc_type", "Detail type", "String"}, {"account_desc", "Description", "String"},
		{"account_bal", "Balance", "Money"},
	} {
		if r.legacy {
			cols = append(cols, reportColumn{ColTitle: c[1], ColType: c[0]})
		} else {
			cols = append(cols, reportColumn{ColTitle: c[1], ColType: c[2], MetaData: []nameValue{{"ColKey", c[0]}}})
		}
	}
	var rows []*reportRow
	for _, a := range r.accounts {
		if a.inactive || !r.wants("account_type", strings.ReplaceAll(a.typ, " ", "")) {
			continue
		}
		own, _ := r.accountBalance(a)
		rows = append(rows, &reportRow{
			ColData: []reportCell{
				idCell(a.fullName(), a.id), plainCell(a.typ), plainCell(a.subtype), plainCell(""),
				plainCell(r.money(own)),
			},
			Type: "Data",
		})
	}
	return &report{
		Header: reportHeader{
			Time: stamp(r.now, r.zone), ReportName: r.name, Currency: r.info.Currency,
			Option: []nameValue{{"NoReportData", "false"}},
		},
		Columns: reportColumns{cols}, Rows: reportRows{rows},
	}
}

// wants says whether a comma list in the query is absent or holds the value.
func (r *reportCall) wants(name, value string) bool {
	list := r.query.Get(name)
	return list == "" || slices.ContainsFunc(strings.Split(list, ","),
		func(v string) bool { return strings.EqualFold(v, value) })
}
