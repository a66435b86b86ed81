package intuitsim

import (
	"cmp"
	"slices"
)

// posting is one line of the journal. Debits are positive; the postings of a transaction sum to zero on each day.
type posting struct {
	date    day
	txn     *txn
	account *account
	amount  cents
	party   *party
	class   *listEntry
	item    *item
	qty     milli
	text    string
}

// Accounting methods.
const (
	accrual = "Accrual"
	cash    = "Cash"
)

// journal returns the postings of an accounting method ordered by day, then by transaction. The caller holds c.mu.
func (c *Company) journal(method string) []posting {
	if j, ok := c.journals[method]; ok {
		return j
	}
	var out []posting
	for _, t := range c.txns {
		if t.deleted || t.voided {
			continue
		}
		if method == cash {
			out = c.postCash(out, t)
		} else {
			out = c.post(out, t)
		}
	}
	slices.SortStableFunc(out, func(x, y posting) int { return cmp.Compare(x.date, y.date) })
	if c.journals == nil {
		c.journals = map[string][]posting{}
	}
	c.journals[method] = out
	return out
}

// balances returns each account's balance of all time, debits positive. The caller holds c.mu.
func (c *Company) balances() map[*account]cents {
	if c.totals == nil {
		c.totals = map[*account]cents{}
		for _, p := range c.journal(accrual) {
			c.totals[p.account] += p.amount
		}
	}
	return c.totals
}

// post appends the accrual postings of a transaction.
func (c *Company) post(out []posting, t *txn) []posting {
	b := &c.books
	put := func(a *account, amount cents, text string) {
		if amount != 0 {
			out = append(out, posting{date: t.date, txn: t, account: a, amount: amount, party: t.party, text: text})
		}
	}
	switch t.kind {
	case kindInvoice:
		put(b.receivable, t.total, t.memo)
		out = c.postSale(out, t, 1)
	case kindSalesReceipt:
		put(t.account, t.total, t.memo)
		out = c.postSale(out, t, 1)
	case kindCreditMemo:
		put(b.receivable, -t.total, t.memo)
		out = c.postSale(out, t, -1)
	case kindRefundReceipt:
		put(t.account, -t.total, t.memo)
		out = c.postSale(out, t, -1)
	case kindPayment:
		put(t.account, t.total, t.memo)
		put(b.receivable, -t.total, t.memo)
	case kindBill:
		put(b.payable, -t.total, t.note)
		out = c.postPurchase(out, t, 1)
	case kindVendorCredit:
		put(b.payable, t.total, t.note)
		out = c.postPurchase(out, t, -1)
	case kindBillPayment:
		put(t.account, -t.total, t.note)
		put(b.payable, t.total, t.note)
	case kindPurchase:
		sign := cents(1)
		if t.credit {
			sign = -1
		}
		put(t.account, -sign*t.total, t.note)
		out = c.postPurchase(out, t, sign)
	case kindJournalEntry:
		for _, l := range t.lines {
			amount := l.amount
			if !l.debit {
				amount = -amount
			}
			out = append(out, posting{
				date: t.date, txn: t, account: l.account, amount: amount, party: l.party, class: l.class, text: l.text,
			})
		}
	case kindDeposit:
		put(t.account, t.total, t.note)
		for _, l := range t.lines {
			p := posting{
				date: t.date, txn: t, account: l.account, amount: -l.amount, party: l.party, class: l.class,
				text: l.text,
			}
			if l.kind == lineLinked {
				p.account, p.party = b.undeposited, l.linked.party
			}
			out = append(out, p)
		}
	case kindTransfer, kindCreditCardPaid:
		put(t.target, t.total, t.note)
		put(t.account, -t.total, t.note)
	}
	return out
}

// postSale appends the postings of a sale's lines, discount, tax and cost of goods; sign -1 takes the sale back.
func (c *Company) postSale(out []posting, t *txn, sign cents) []posting {
	b := &c.books
	for _, l := range t.lines {
		if l.kind != lineItem || l.amount == 0 {
			continue
		}
		base := posting{date: t.date, txn: t, party: t.party, class: l.class, item: l.item, text: l.text}
		income := base
		income.account, income.amount, income.qty = l.item.income, -sign*l.amount, l.qty*milli(sign)
		out = append(out, income)
		if l.item.kind == "Inventory" {
			if cost := l.qty.at(l.item.cost); cost != 0 {
				goods, stock := base, base
				goods.account, goods.amount = b.cogs, sign*cost
				stock.account, stock.amount, stock.qty = b.inventory, -sign*cost, -l.qty*milli(sign)
				out = append(out, goods, stock)
			}
		}
	}
	if t.discount != 0 {
		out = append(out, posting{
			date: t.date, txn: t, account: b.discounts, amount: sign * t.discount, party: t.party, text: "Discount",
		})
	}
	if t.tax != 0 {
		out = append(out, posting{date: t.date, txn: t, account: b.salesTax, amount: -sign * t.tax, party: t.party})
	}
	return out
}

// postPurchase appends the postings of the lines of a bill or an expense; sign -1 takes it back.
func (c *Company) postPurchase(out []posting, t *txn, sign cents) []posting {
	for _, l := range t.lines {
		p := posting{
			date: t.date, txn: t, account: l.account, amount: sign * l.amount, party: t.party, class: l.class,
			item: l.item, text: l.text,
		}
		if l.party != nil {
			p.party = l.party // a billable cost belongs to the customer
		}
		if l.kind == lineItem {
			p.account, p.qty = l.item.expense, l.qty*milli(sign)
			if l.item.kind == "Inventory" {
				p.account = l.item.asset
			}
		}
		if p.amount != 0 {
			out = append(out, p)
		}
	}
	return out
}

// postCash appends the cash-basis postings of a transaction. Sales and purchases on account count when, and as far as,
// they are paid. Advance payments stay on the accounts for unapplied payments.
func (c *Company) postCash(out []posting, t *txn) []posting {
	switch t.kind {
	case kindInvoice, kindCreditMemo, kindBill, kindVendorCredit:
		return c.postSettled(out, t)
	case kindPayment:
		return c.postCashPayment(out, t, c.books.unappliedCash, 1)
	case kindBillPayment:
		return c.postCashPayment(out, t, c.books.unappliedBills, -1)
	}
	return c.post(out, t)
}

// postCashPayment appends the money of a payment against the unapplied account; postSettled takes it from there for
// each sale or bill that it pays, so that a payment before the sale's date counts as unapplied until then.
func (c *Company) postCashPayment(out []posting, t *txn, waiting *account, sign cents) []posting {
	if t.total != 0 {
		out = append(out, posting{date: t.date, txn: t, account: t.account, amount: sign * t.total, party: t.party})
	}
	later := t.total
	for _, a := range t.applies {
		if a.other.date > t.date {
			continue
		}
		if a.other.kind == kindCreditMemo || a.other.kind == kindVendorCredit {
			later += a.amount
		} else {
			later -= a.amount
		}
	}
	if later != 0 {
		out = append(out, posting{date: t.date, txn: t, account: waiting, amount: -sign * later, party: t.party})
	}
	return out
}

// postSettled spreads the accrual postings of a sale, bill or credit over the days on which it was settled, in
// proportion to the amounts; the shares of a fully settled transaction sum to its accrual postings to the cent.
func (c *Company) postSettled(out []posting, t *txn) []posting {
	if len(t.appliedBy) == 0 || t.total == 0 {
		return out
	}
	var shares []posting
	for _, p := range c.post(nil, t) {
		if p.account != c.books.receivable && p.account != c.books.payable {
			shares = append(shares, p)
		}
	}
	settled := slices.Clone(t.appliedBy)
	slices.SortStableFunc(settled, func(x, y application) int { return cmp.Compare(x.other.date, y.other.date) })
	waiting := c.books.unappliedCash
	if t.kind == kindBill || t.kind == kindVendorCredit {
		waiting = c.books.unappliedBills
	}
	given := make([]cents, len(shares))
	var before, whole cents
	for _, s := range shares {
		whole += s.amount // total with the sign of the posting side
	}
	for _, a := range settled {
		before += a.amount
		when := max(a.other.date, t.date)
		var sum cents
		for i, s := range shares {
			due := s.amount.share(before, t.total)
			if i == len(shares)-1 {
				due = whole.share(before, t.total)
				for _, g := range given[:i] {
					due -= g
				}
			}
			p := s
			p.date, p.amount = when, due-given[i]
			p.qty = milli(cents(s.qty).share(before, t.total) - cents(s.qty).share(before-a.amount, t.total))
			given[i] = due
			sum += p.amount
			if p.amount != 0 {
				out = append(out, p)
			}
		}
		if a.other.date < t.date {
			out = append(out, posting{date: when, txn: t, account: waiting, amount: -sum, party: t.party})
		}
	}
	return out
}
