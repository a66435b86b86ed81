package intuitsim

import "fmt"

// saleLines fills a sale with lines, discount and tax, and works out its total.
func (g *generator) saleLines(t *txn, most int) {
	r := g.draws(t.kind)
	for range 1 + r.IntN(most) {
		it := pickOne(r, g.items)
		l := line{
			kind: lineItem, item: it, text: it.description, price: it.price, taxable: it.taxable && t.party.taxable,
		}
		switch it.kind {
		case "Service":
			l.qty = milli(250 * (1 + r.IntN(32)))
		default:
			l.qty = milli(1000 * (1 + r.IntN(8)))
		}
		if len(g.classes) > 0 && chance(r, 60) {
			l.class = pickOne(r, g.classes)
		}
		l.amount = l.qty.at(l.price)
		t.lines = append(t.lines, l)
	}
	if chance(r, 6) {
		t.lines = append(t.lines, line{kind: lineText, text: "Work was agreed by telephone; see the attached plan."})
	}
	if chance(r, 8) {
		t.discountPct = 5 + 5*r.IntN(2)
	}
	g.settleTotals(t)
}

// settleTotals works out discount, tax and total of a sale from its lines.
func (c *Company) settleTotals(t *txn) {
	sum := t.lineTotal()
	if t.discountPct > 0 {
		t.discount = sum.share(cents(t.discountPct), 100)
	}
	t.taxBase, t.tax = 0, 0
	for _, l := range t.lines {
		if l.taxable {
			t.taxBase += l.amount
		}
	}
	if t.taxBase != 0 && len(c.taxRates) > 0 {
		t.taxBase -= t.discount.share(t.taxBase, sum)
		t.taxRate, t.taxPercent = c.taxRates[0], c.salesTaxRate()
		t.tax = t.taxBase.share(t.taxPercent, 10_000)
	}
	t.total = sum - t.discount + t.tax
}

// salesTaxRate is the company's tax rate in hundredths of a percent.
func (c *Company) salesTaxRate() cents {
	if c.canadian {
		return 1300
	}
	return 825
}

func (g *generator) sale(kind txnKind, d day) *txn {
	r := g.draws(kind)
	p := pickOne(r, g.customers)
	t := &txn{kind: kind, date: d, party: p, memo: "Thank you for your business and have a great day!"}
	if len(g.departments) > 0 && chance(r, 40) {
		t.department = pickOne(r, g.departments)
	}
	if chance(r, 30) {
		t.crew = fmt.Sprintf("%03d", 100+r.IntN(40))
	}
	return t
}

func (g *generator) invoice(d day) {
	r := g.draws(kindInvoice)
	t := g.sale(kindInvoice, d)
	number := 1000 + g.number(t.kind)
	t.number = fmt.Sprint(number)
	if chance(r, 3) {
		t.number = fmt.Sprintf("%05d", number%100_000) // numbers with leading zeros, as some companies keep them
	}
	t.term = t.party.term
	t.due = d
	if t.term != nil {
		t.due += day(t.term.days)
	}
	t.sent = chance(r, 60)
	g.saleLines(t, 4)
	g.file(t)
	t.party.sales = append(t.party.sales, t)
	switch roll := r.IntN(100); {
	case roll < 2:
		g.later(d+day(r.IntN(10)), func() { g.voidTxn(t) })
	case roll < 74:
		g.later(d+day(3+r.IntN(55)), func() { g.receive(t, t.open()) })
	case roll < 82:
		g.later(d+day(5+r.IntN(30)), func() { g.receive(t, t.open().share(cents(20+r.IntN(60)), 100)) })
		if chance(r, 50) {
			g.later(d+day(50+r.IntN(60)), func() { g.receive(t, t.open()) })
		}
	case roll < 85:
		g.later(d+day(4+r.IntN(20)), func() { g.creditFor(t) })
	}
}

// receive books a payment of an invoice; now and then it is too high, and the rest stays unapplied.
func (g *generator) receive(inv *txn, amount cents) {
	r := g.draws(kindPayment)
	if amount <= 0 || inv.voided || inv.deleted {
		return
	}
	d := g.stampDay()
	t := &txn{
		kind: kindPayment, date: d, party: inv.party, total: amount, method: pickOne(r, g.methods),
		account: g.books.undeposited,
	}
	t.applies = []application{{inv, amount}}
	if chance(r, 2) {
		t.total += 1_000 * cents(1+r.IntN(20))
	}
	if t.method.name == "Check" {
		t.reference = fmt.Sprint(1000 + r.IntN(9000))
	}
	g.file(t)
	inv.appliedBy = append(inv.appliedBy, application{t, amount})
	inv.updated = t.created
	inv.sync++
	t.party.credits = append(t.party.credits, t)
	g.undeposited = append(g.undeposited, t)
}

// creditFor gives a customer a credit for part of an invoice and mostly settles the two against each other.
func (g *generator) creditFor(inv *txn) {
	r := g.draws(kindCreditMemo)
	if inv.voided || inv.open() <= 0 {
		return
	}
	t := &txn{kind: kindCreditMemo, date: g.stampDay(), party: inv.party}
	l := inv.lines[0]
	if l.kind != lineItem {
		return
	}
	t.lines = []line{l}
	g.settleTotals(t)
	if t.total <= 0 || t.total > inv.open() {
		return
	}
	t.number = fmt.Sprintf("CM-%04d", g.number(t.kind))
	g.file(t)
	t.party.credits = append(t.party.credits, t)
	if chance(r, 30) {
		return
	}
	p := &txn{
		kind: kindPayment, date: t.date, party: t.party, account: g.books.undeposited, method: g.methods[0],
		note: "Created by QB Online to link credits to charges.",
	}
	p.applies = []application{{inv, t.total}, {t, t.total}}
	g.file(p)
	inv.appliedBy = append(inv.appliedBy, application{p, t.total})
	t.appliedBy = append(t.appliedBy, application{p, t.total})
}

func (g *generator) receipt(d day) {
	r := g.draws(kindSalesReceipt)
	t := g.sale(kindSalesReceipt, d)
	t.number = fmt.Sprintf("SR-%05d", g.number(t.kind))
	t.method = pickOne(r, g.methods)
	t.account = g.books.undeposited
	g.saleLines(t, 3)
	g.file(t)
	g.undeposited = append(g.undeposited, t)
	if chance(r, 4) || !g.refunded {
		g.refunded = true
		r := &txn{
			kind: kindRefundReceipt, date: d, party: t.party, number: "RF-" + t.number, method: t.method,
			account: g.books.checking, lines: t.lines[:1:1],
		}
		g.settleTotals(r)
		g.file(r)
	}
}

func (g *generator) estimate(d day) {
	r := g.draws(kindEstimate)
	t := g.sale(kindEstimate, d)
	t.number = fmt.Sprintf("E%04d", g.number(t.kind))
	t.due = d + 30
	t.status = pickOne(r, []string{"Pending", "Accepted", "Closed", "Rejected"})
	g.saleLines(t, 5)
	g.file(t)
}

func (g *generator) bill(d day) {
	r := g.draws(kindBill)
	v := pickOne(r, g.vendors)
	t := &txn{
		kind: kindBill, date: d, party: v, number: fmt.Sprint(5000 + g.number(kindBill)), term: v.term, due: d + 30,
	}
	if v.term != nil {
		t.due = d + day(v.term.days)
	}
	if chance(r, 15) {
		t.number = "" // bills without a number are common
	}
	g.costLines(t, 3)
	if chance(r, 20) {
		t.note = "Invoice checked against the delivery note"
	}
	g.file(t)
	v.sales = append(v.sales, t)
	switch roll := r.IntN(100); {
	case roll < 70:
		g.later(d+day(5+r.IntN(35)), func() { g.payBill(t, t.open()) })
	case roll < 78:
		g.later(d+day(5+r.IntN(35)), func() { g.payBill(t, t.open().share(cents(30+r.IntN(50)), 100)) })
	case roll < 81:
		credit := &txn{kind: kindVendorCredit, date: d, party: v, number: "VC" + t.number, lines: t.lines[:1:1]}
		credit.total = credit.lineTotal()
		g.file(credit)
		v.credits = append(v.credits, credit)
	}
}

// costLines fills a bill or an expense with lines.
func (g *generator) costLines(t *txn, most int) {
	r := g.draws(t.kind)
	b := &g.books
	accounts := []*account{
		b.advertising, b.insurance, b.legal, b.meals, b.office, b.software, b.repairs, b.travel, b.electricity, b.phone,
		b.gas, b.utilities,
	}
	for range 1 + r.IntN(most) {
		l := line{kind: lineAccount, account: pickOne(r, accounts), amount: cents(900 + r.IntN(60_000))}
		l.text = l.account.name
		if chance(r, 25) && len(g.items) > 0 {
			if it := pickOne(r, g.items); it.kind == "Inventory" {
				l = line{
					kind: lineItem, item: it, qty: milli(1000 * (1 + r.IntN(20))), price: it.cost, text: it.description,
				}
				l.amount = l.qty.at(l.price)
			}
		}
		if len(g.classes) > 0 && chance(r, 40) {
			l.class = pickOne(r, g.classes)
		}
		if chance(r, 10) && len(g.customers) > 0 {
			l.party = pickOne(r, g.customers)
		}
		t.lines = append(t.lines, l)
	}
	t.total = t.lineTotal()
}

func (g *generator) payBill(bill *txn, amount cents) {
	r := g.draws(kindBillPayment)
	if amount <= 0 || bill.deleted || bill.voided {
		return
	}
	t := &txn{
		kind: kindBillPayment, date: g.stampDay(), party: bill.party, total: amount, account: g.books.checking,
		payType: "Check",
	}
	t.number = fmt.Sprint(1000 + g.number(t.kind))
	if chance(r, 20) {
		t.account, t.payType, t.number = g.books.card, "CreditCard", ""
		g.cardBalance -= amount
	}
	t.applies = []application{{bill, amount}}
	g.file(t)
	bill.appliedBy = append(bill.appliedBy, application{t, amount})
	bill.updated = t.created
	bill.sync++
	bill.party.credits = append(bill.party.credits, t)
}

func (g *generator) expense(d day) {
	r := g.draws(kindPurchase)
	t := &txn{kind: kindPurchase, date: d, party: pickOne(r, g.vendors), account: g.books.card, payType: "CreditCard"}
	if chance(r, 40) {
		t.account, t.payType = g.books.checking, "Check"
		// written by hand, from another book of checks than those of bills
		t.number = fmt.Sprint(20_000 + g.number(t.kind))
	}
	g.costLines(t, 2)
	if t.payType == "CreditCard" {
		t.credit = chance(r, 4)
		if t.credit {
			g.cardBalance += t.total
		} else {
			g.cardBalance -= t.total
		}
	}
	g.file(t)
}

func (g *generator) rentBill(d day) {
	if len(g.vendors) == 0 {
		return
	}
	t := &txn{
		kind: kindBill, date: d, party: g.vendors[0], number: fmt.Sprintf("RENT-%s", d.time().Format("2006-01")),
		due: d + 10, total: 180_000,
	}
	t.lines = []line{{
		kind: lineAccount, account: g.books.rent, amount: 180_000, text: "Rent for " + d.time().Format("January 2006"),
	}}
	g.file(t)
	t.party.sales = append(t.party.sales, t)
	g.later(d+9, func() { g.payBill(t, t.open()) })
}

func (c *Company) stampDay() day { return dayOf(c.clock) }
