package intuitsim

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// years is how far back the books begin.
const years = 3

// generate makes the company's records: first the lists, then three years of transactions, day by day, so that ids and
// numbers rise with time as in a real company. Ids, numbers, times and random draws are per entity, so that an
// additional record changes only those that refer to it.
func (c *Company) generate() {
	start := c.today.addMonths(-12 * years)
	c.stampAs(start, 9)
	c.chart()
	c.makeLists()
	c.makeItems()
	c.makeParties()
	if c.opts.Nasty {
		c.makeNastyLists()
	}
	g := &generator{Company: c, start: start, agenda: map[day][]func(){}, numbers: map[txnKind]int{}}
	g.plan()
	for d := start; d <= c.today; d++ {
		g.live(d)
	}
	if c.opts.Nasty {
		g.makeNastyTxns()
	}
	g.makeMore()
	g.makeObjects()
	c.retireSome()
	c.addSingletons()
}

// generator lives through the days of a company.
type generator struct {
	*Company
	start               day
	invoices, bills     []day // sorted; one entry per document
	receipts, estimates []day
	purchases           []day
	agenda              map[day][]func()
	numbers             map[txnKind]int // how many of a kind have a number
	refunded            bool
	undeposited         []*txn
}

func (g *generator) plan() {
	span := int(g.today-g.start) + 1
	pick := func(kind txnKind, n int) []day {
		r := g.draws(kind)
		out := make([]day, n)
		for i := range out {
			// Later days are more likely, because the company grows.
			out[i] = g.start + day(max(r.IntN(span), r.IntN(span+span/2)-span/2))
		}
		slices.Sort(out)
		return out
	}
	if len(g.customers) > 0 && len(g.items) > 0 {
		g.invoices = pick(kindInvoice, g.opts.Invoices)
		g.receipts = pick(kindSalesReceipt, g.opts.Invoices/8)
		g.estimates = pick(kindEstimate, g.opts.Invoices/12)
	}
	if len(g.vendors) > 0 {
		g.bills = pick(kindBill, g.opts.Bills)
		g.purchases = pick(kindPurchase, g.opts.Bills/2)
	}
}

// live makes the transactions of one day.
func (g *generator) live(d day) {
	g.stampAs(d, 8+g.Company.draws("hour of day").IntN(9))
	if d == g.start {
		g.openBooks(d)
	}
	take := func(list *[]day, make func(day)) {
		for len(*list) > 0 && (*list)[0] == d {
			make(d)
			*list = (*list)[1:]
		}
	}
	take(&g.estimates, g.estimate)
	take(&g.invoices, g.invoice)
	take(&g.receipts, g.receipt)
	take(&g.bills, g.bill)
	take(&g.purchases, g.expense)
	for _, do := range g.agenda[d] {
		do()
	}
	delete(g.agenda, d)
	y, m, dd := d.time().Date()
	switch dd {
	case 1:
		g.rentBill(d)
	case 5:
		g.transfer(d, g.books.checking, g.books.savings, 50_000+cents(g.draws(kindTransfer).IntN(20))*10_000)
	case 20:
		g.payCard(d)
	}
	if d == date(y, m+1, 1)-1 {
		g.monthEnd(d)
	}
	if d.time().Weekday() == time.Friday {
		g.depositFunds(d)
	}
}

// later runs a step on a future day; steps after today never come.
func (g *generator) later(d day, do func()) {
	if d <= g.today {
		g.agenda[d] = append(g.agenda[d], do)
	}
}

// stampAs makes records that are added next look as if they were made on that day.
func (c *Company) stampAs(d day, hour int) {
	y, m, dd := d.time().Date()
	c.clock = time.Date(y, m, dd, hour, 0, 0, 0, c.zone)
	if now := c.now(); c.clock.After(now) {
		c.clock = now
	}
	clear(c.stamps)
}

// nextStamp returns times that rise from one record of an entity to the next, within the day that stampAs gave.
func (c *Company) nextStamp(e *entity) time.Time {
	next := c.stamps[e]
	if next.IsZero() {
		next = c.clock
	}
	// drawn always, so that the time of day changes nothing else
	next = next.Add(time.Duration(1+c.draws(e.name).IntN(3)) * time.Second)
	if now := c.now(); next.After(now) {
		next = now
	}
	c.stamps[e] = next
	return next
}

// file gives a new transaction its dates and files it.
func (c *Company) file(t *txn) *txn {
	c.add(string(t.kind), &t.record, t)
	c.txns = append(c.txns, t)
	c.journals, c.totals, c.stock = nil, nil, nil
	return t
}

// number counts the documents of a kind that have a number.
func (g *generator) number(kind txnKind) int {
	g.numbers[kind]++
	return g.numbers[kind]
}

// draws returns the random numbers for transactions of a kind.
func (g *generator) draws(kind txnKind) *rand.Rand { return g.Company.draws(string(kind)) }

func chance(r *rand.Rand, percent int) bool { return r.IntN(100) < percent }

func pickOne[T any](r *rand.Rand, list []T) T { return list[r.IntN(len(list))] }

func (g *generator) openBooks(d day) {
	b := &g.books
	var stock cents
	for _, it := range g.items {
		stock += it.stock.at(it.cost)
	}
	lines := []line{
		{kind: lineJournal, account: b.checking, amount: 8_500_000, debit: true, text: "Opening balance"},
		{kind: lineJournal, account: b.savings, amount: 2_000_000, debit: true, text: "Opening balance"},
		{kind: lineJournal, account: b.truck, amount: 1_349_500, debit: true, text: "Opening balance"},
		{kind: lineJournal, account: b.loan, amount: 2_500_000, text: "Opening balance"},
	}
	if stock > 0 {
		lines = append(lines, line{
			kind: lineJournal, account: b.inventory, amount: stock, debit: true, text: "Opening stock",
		})
	}
	g.journalEntry(d, "1", append(lines, line{
		kind: lineJournal, account: b.opening, amount: 8_500_000 + 2_000_000 + 1_349_500 - 2_500_000 + stock,
		text: "Opening balance",
	}))
}

func (g *generator) journalEntry(d day, number string, lines []line) *txn {
	t := &txn{kind: kindJournalEntry, date: d, number: number, lines: lines}
	for _, l := range lines {
		if l.debit {
			t.total += l.amount
		}
	}
	return g.file(t)
}

// monthEnd books wages, depreciation and the bank's interest.
func (g *generator) monthEnd(d day) {
	b, r := &g.books, g.draws(kindJournalEntry)
	var class *listEntry
	if len(g.classes) > 0 {
		class = pickOne(r, g.classes)
	}
	gross := 900_000 + cents(r.IntN(400_000))
	tax := gross.share(765, 10_000)
	withheld := gross.share(21, 100)
	g.journalEntry(d, fmt.Sprintf("PR-%s", d.time().Format("0601")), []line{
		{kind: lineJournal, account: b.wages, amount: gross, debit: true, text: "Gross wages", class: class},
		{kind: lineJournal, account: b.payrollTax, amount: tax, debit: true, text: "Employer taxes", class: class},
		{kind: lineJournal, account: b.payroll, amount: tax + withheld, text: "Withheld and owed"},
		{kind: lineJournal, account: b.checking, amount: gross - withheld, text: "Net pay"},
	})
	g.journalEntry(d, fmt.Sprintf("DEP-%s", d.time().Format("0601")), []line{
		{kind: lineJournal, account: b.depreciationExpense, amount: 11_245, debit: true, text: "Monthly depreciation"},
		{kind: lineJournal, account: b.depreciation, amount: 11_245, text: "Monthly depreciation"},
	})
	g.file(&txn{
		kind: kindDeposit, date: d, account: b.savings, total: 1_234, note: "Interest",
		lines: []line{{kind: lineAccount, account: b.interestEarned, amount: 1_234, text: "Interest earned"}},
	})
}

func (g *generator) transfer(d day, from, to *account, amount cents) {
	g.file(&txn{kind: kindTransfer, date: d, account: from, target: to, total: amount, note: "Monthly transfer"})
}

// payCard pays most of what stands on the credit card.
func (g *generator) payCard(d day) {
	owed := -g.cardBalance
	if owed <= 0 {
		return
	}
	amount := owed.share(4, 5)
	g.cardBalance += amount
	g.file(&txn{kind: kindCreditCardPaid, date: d, account: g.books.checking, target: g.books.card, total: amount})
}

// depositFunds takes the week's payments to the bank.
func (g *generator) depositFunds(d day) {
	t := &txn{kind: kindDeposit, date: d, account: g.books.checking}
	for _, p := range g.undeposited {
		if p.deleted || p.voided || p.total == 0 {
			continue
		}
		t.lines = append(t.lines, line{kind: lineLinked, linked: p, party: p.party, amount: p.total})
		t.total += p.total
		p.deposit = t
	}
	g.undeposited = nil
	if len(t.lines) > 0 {
		g.file(t)
	}
}
