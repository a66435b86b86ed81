package mirror

import (
	"context"
	"fmt"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/supply"
	"os"
	"testing"
	"time"
)

// What follows from a change without being told is asked for again, and nothing else is.
func TestWhatFollows(t *testing.T) {
	t.Parallel()
	open := func(c *intuitsim.Company, entity string) string {
		for _, id := range c.IDs(entity) {
			if _, err := c.Pay(entity, id, "0.01"); err == nil {
				return id
			}
		}
		return ""
	}
	for name, test := range map[string]struct {
		kept []string
		do   func(c *intuitsim.Company) error
		most int // requests for all that is kept
	}{
		"renamed customer, kept": {[]string{"Invoice", "Customer"}, func(c *intuitsim.Company) error {
			return c.Change("Customer", c.IDs("Customer")[1], intuitsim.Change{Name: "Newname"})
		}, 3},
		"renamed customer, not kept": {[]string{"Invoice"}, func(c *intuitsim.Company) error {
			return c.Change("Customer", c.IDs("Customer")[1], intuitsim.Change{Name: "Newname"})
		}, 4},
		"renamed item": {[]string{"Invoice", "Estimate"}, func(c *intuitsim.Company) error {
			return c.Change("Item", c.IDs("Item")[0], intuitsim.Change{Name: "Newname"})
		}, 3},
		"customer switched off": {[]string{"Invoice", "Customer"}, func(c *intuitsim.Company) error {
			off := false
			return c.Change("Customer", c.IDs("Customer")[2], intuitsim.Change{Active: &off})
		}, 3},
		"merged customers": {[]string{"Invoice", "Customer", "Payment"}, func(c *intuitsim.Company) error {
			return c.Merge("Customer", c.IDs("Customer")[3], c.IDs("Customer")[4])
		}, 5},
		"payment": {[]string{"Invoice"}, func(c *intuitsim.Company) error {
			if open(c, "Invoice") == "" {
				return os.ErrNotExist
			}
			return nil
		}, 2},
		"payment deleted, not kept": {[]string{"Invoice"}, func(c *intuitsim.Company) error {
			return c.Delete("Payment", c.IDs("Payment")[3])
		}, 2},
		"payment deleted, kept": {[]string{"Invoice", "Payment"}, func(c *intuitsim.Company) error {
			return c.Delete("Payment", c.IDs("Payment")[3])
		}, 2},
		"invoice voided": {[]string{"Invoice", "Payment"}, func(c *intuitsim.Company) error {
			return c.Void("Invoice", c.IDs("Invoice")[5])
		}, 3},
		"bill paid": {[]string{"Bill", "BillPayment"}, func(c *intuitsim.Company) error {
			if open(c, "Bill") == "" {
				return os.ErrNotExist
			}
			return nil
		}, 2},
		"note": {[]string{"Invoice", "Payment", "Customer"}, func(c *intuitsim.Company) error {
			return c.Change("Invoice", c.IDs("Invoice")[5], intuitsim.Change{Note: "read me"})
		}, 1},
	} {
		for _, quirks := range []intuitsim.Quirks{
			{QuietSettlements: true, QuietBalances: true}, {LoudNames: true}, {MergedStay: true},
		} {
			t.Run(fmt.Sprintf("%s/%t", name, quirks.QuietSettlements), func(t *testing.T) {
				t.Parallel()
				w := sized(t, 120)
				books := w.books(0)
				books.SetQuirks(quirks)
				m := w.mirror(t.TempDir())
				for _, object := range test.kept {
					w.mustRead(m, object, false)
				}
				w.clock.Pass(10 * time.Minute)
				w.mustRead(m, test.kept[0], false)
				w.clock.Pass(10 * time.Minute)
				must(t, test.do(books))
				w.clock.Pass(time.Second)
				ctx := supply.WithOccasion(context.Background(), w.clock.Read())
				before := w.turns.Count()
				for _, object := range test.kept {
					want := w.wantOf(object)
					want.Members = []string{"Id"} // no balances of lists
					records, err := m.Records(ctx, want)
					if _, err := spelt(records, err); err != nil {
						t.Fatal(err)
					}
				}
				if asked := w.turns.Count() - before; asked > test.most {
					t.Errorf("%d requests, want at most %d: %v", asked, test.most, w.server.Requests()[before:])
				}
				for _, object := range test.kept {
					w.mustRead(m, object, false)
				}
			})
		}
	}
}
