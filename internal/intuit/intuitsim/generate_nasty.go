package intuitsim

import "strings"

// nastyNames are names that spreadsheets and careless exporters turn into something else.
func nastyNames() []string {
	return []string{
		"=1+1", `=HYPERLINK("http://x","y")`, "+49 30 1234567", "@sum", "-2+3", "00123", "1E5", "2026-01-02",
		"TRUE", "#REF!", "'quoted",
		"5000000000000503624", "0.1000", " leading and trailing ", "Zoë 🦄 & Söhne", "line one\nline two",
		"tab\there", `say "hello"`,
		"O'Brien's \\ Sons", "<b>bold</b>", "مرحبا", "日本株式会社", "a,b;c", "1/2", "\u200bzero width",
	}
}

func (c *Company) makeNastyLists() {
	for i, name := range nastyNames() {
		for _, kind := range []string{"Customer", "Vendor"} {
			p := &party{kind: kind, display: name, company: name, term: c.terms[i%len(c.terms)], notes: name}
			if kind == "Vendor" {
				p.display = name + " (V)"
				if i < 2 {
					p.display = name + " " // ends with a blank, begins as a formula
				}
			}
			c.fill(p)
			p.email = "nasty@example.com"
			p.inactive = i%7 == 6
			if i == 0 && kind == "Vendor" {
				p.id = "5000000000000503624"
			}
			c.add(kind, &p.record, p)
			if kind == "Customer" {
				c.customers = append(c.customers, p)
			} else {
				c.vendors = append(c.vendors, p)
			}
		}
		it := &item{
			name: name, sku: name, description: name, kind: "Service", price: 1999, income: c.books.services,
			expense: c.books.cogs,
		}
		c.add("Item", &it.record, it)
		c.items = append(c.items, it)
	}
}

// makeNastyTxns makes an invoice and a bill for each nasty name, dated today.
func (g *generator) makeNastyTxns() {
	items := g.items[len(g.items)-len(nastyNames()):]
	parties := g.customers[len(g.customers)-len(nastyNames()):]
	suppliers := g.vendors[len(g.vendors)-len(nastyNames()):]
	for i, name := range nastyNames() {
		t := &txn{
			kind: kindInvoice, date: g.today, due: g.today + 30, party: parties[i], number: name, memo: name,
			note: name, crew: name,
		}
		t.lines = []line{{kind: lineItem, item: items[i], text: name, qty: 1333, price: 1999}}
		t.lines[0].amount = t.lines[0].qty.at(t.lines[0].price)
		switch i {
		case 0:
			t.number, t.note = "00123", strings.Repeat("A note that does not fit into a cell. ", 1579)[:60_000]
		case 1:
			t.id = "90071992547409931"
		}
		g.settleTotals(t)
		g.file(t)
		t.party.sales = append(t.party.sales, t)
		b := &txn{kind: kindBill, date: g.today, due: g.today + 30, party: suppliers[i], number: name, note: name}
		b.lines = []line{{kind: lineAccount, account: g.books.office, amount: 1 + cents(i), text: name}}
		b.total = b.lineTotal()
		g.file(b)
		b.party.sales = append(b.party.sales, b)
	}
}
