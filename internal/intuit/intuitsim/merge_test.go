package intuitsim

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// TestQuietQuirks makes the same changes with and without each quirk: what the records show is the same, what change
// data capture tells of them is not.
func TestQuietQuirks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		quirk    Quirks
		do       func(c *Company) error
		entity   string // of the record in question
		id       func(c *Company) string
		shows    string // what it shows afterwards
		gone     bool
		stays    bool // with the quirk it is not gone
		told     bool // whether it is told without the quirk
		toldWith bool
	}{
		"loud_names": {
			quirk: Quirks{LoudNames: true}, entity: "Invoice",
			do: func(c *Company) error { return c.Change("Customer", c.IDs("Customer")[0], Change{Name: "Zed Ltd"}) },
			id: func(c *Company) string { return c.invoiceOf(c.IDs("Customer")[0]) }, shows: "Zed Ltd",
			told: false, toldWith: true,
		},
		"quiet_settlements": {
			quirk: Quirks{QuietSettlements: true}, entity: "Invoice",
			do: func(c *Company) error {
				_, err := c.Pay("Invoice", c.invoiceOf(c.IDs("Customer")[0]), "")
				return err
			},
			id:    func(c *Company) string { return c.invoiceOf(c.IDs("Customer")[0]) },
			shows: `"Balance":0`, told: true, toldWith: false,
		},
		"quiet_balances": {
			quirk: Quirks{QuietBalances: true}, entity: "Customer",
			do: func(c *Company) error {
				_, err := c.AddInvoice(Sale{CustomerID: c.IDs("Customer")[0], Amount: "9876.54"})
				return err
			},
			id: func(c *Company) string { return c.IDs("Customer")[0] }, told: true, toldWith: false,
		},
		"merged_stay": {
			quirk: Quirks{MergedStay: true}, entity: "Customer",
			do:   func(c *Company) error { return c.Merge("Customer", c.IDs("Customer")[0], c.IDs("Customer")[1]) },
			id:   func(c *Company) string { return c.IDs("Customer")[0] },
			gone: true, stays: true, told: true, toldWith: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, odd := range []bool{false, true} {
				client, c, clk := changeServer(t)
				for _, customer := range c.IDs("Customer")[:2] {
					if _, err := c.AddInvoice(Sale{CustomerID: customer, Amount: "10"}); err != nil {
						t.Fatal(err)
					}
				}
				want := test.told
				if odd {
					c.SetQuirks(test.quirk)
					want = test.toldWith
				}
				id := test.id(c)
				before, _ := c.Record(test.entity, id)
				clk.add(10 * time.Minute)
				since := clk.Now()
				clk.add(time.Minute)
				if err := test.do(c); err != nil {
					t.Fatal(err)
				}
				text, there := c.Record(test.entity, id)
				stays := !test.gone || odd && test.stays
				if there != stays || !strings.Contains(string(text), test.shows) || string(text) == string(before) {
					t.Errorf("odd: %t: the record is there: %t; it shows %.1500s", odd, there, text)
				}
				changes := client.changed(test.entity, since)
				told := slices.ContainsFunc(changes, func(b brief) bool { return b.ID == id })
				if told != want {
					t.Errorf("odd: %t: it is told: %t, want %t", odd, told, want)
				}
			}
		})
	}
}

// invoiceOf returns the latest invoice of a customer.
func (c *Company) invoiceOf(customer string) string {
	p := c.find("Customer", customer).source.(*party)
	return p.sales[len(p.sales)-1].id
}

// Account balances, stocks and the balances of parents follow from other records, whatever was read before.
func TestBalancesFollow(t *testing.T) {
	t.Parallel()
	s := smallServer(t)
	c := s.Company(s.Companies()[0].Realm)
	show := func(entity, id string) string {
		text, _ := c.Record(entity, id)
		return string(text)
	}
	account := c.books.receivable.id
	before := show("Account", account)
	if _, err := c.AddInvoice(Sale{Amount: "12.34"}); err != nil {
		t.Fatal(err)
	}
	if after := show("Account", account); after == before {
		t.Errorf("the balance of receivables stays %.400s", after)
	}
}
