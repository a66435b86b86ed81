package intuitsim

import (
	"bytes"
	"testing"
	"time"
)

// One record more of an entity to which nothing refers leaves all records of all others as they are: neither ids nor
// numbers, times or what is drawn are counted together.
func TestOneRecordMoreChangesNoOtherEntity(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, time.March, 14, 20, 0, 0, 0, time.UTC)
	books := func() *Company {
		s := New(Options{
			Seed: 7, Companies: 1, Customers: 12, Vendors: 8, Items: 8, Invoices: 30, Bills: 20,
			Now: func() time.Time { return now },
		})
		return s.companies[0]
	}
	plain := books()
	plain.ready()
	for _, name := range []string{
		"TimeActivity", "ReimburseCharge", "Attachable", "InventoryAdjustment", "Budget", "CompanyCurrency",
		"TaxAgency", "RecurringTransaction",
	} {
		more := books()
		more.generating = true // as if it were the first record that the generator makes
		more.stampAs(dayOf(now)-2000, 9)
		more.add(name, &record{}, fixed{})
		more.ready()
		for _, e := range entityTable {
			was, is := plain.records(e), more.records(e)
			if e.name == name {
				if len(is) != len(was)+1 {
					t.Errorf("%s has %d records, want one more than %d", name, len(is), len(was))
				}
				continue
			}
			if len(is) != len(was) {
				t.Errorf("one %s more: %d of %s, want %d", name, len(is), e.name, len(was))
				continue
			}
			for i := range was {
				if name == "TaxAgency" && e.name == "TaxRate" {
					continue // rates say to which agency they belong
				}
				if !bytes.Equal(was[i].json(plain), is[i].json(more)) {
					t.Errorf("one %s more changes %s %s:\n%s\n%s", name, e.name, was[i].id,
						was[i].json(plain), is[i].json(more))
					break
				}
			}
		}
	}
}

// Transactions share one sequence of ids, as do names; every other entity counts from 1.
func TestIDsAreUniqueWhereQuickBooksSharesThem(t *testing.T) {
	t.Parallel()
	c := New(Options{Seed: 3, Companies: 1, Invoices: 200, Nasty: true}).companies[0]
	c.ready()
	for _, s := range sequences {
		owner := map[string]string{}
		for _, e := range entityTable {
			if e.step != s.step {
				continue
			}
			if e.place < 1 || e.place >= s.step {
				t.Errorf("%s is at place %d of %d", e.name, e.place, s.step)
			}
			for _, r := range c.records(e) {
				if other := owner[r.id]; other != "" {
					t.Errorf("%s is the id of a record of %s and of %s", r.id, other, e.name)
				}
				owner[r.id] = e.name
			}
		}
	}
	for _, name := range []string{"Account", "Item", "Term", "Attachable"} {
		if c.find(name, "1") == nil {
			t.Errorf("the first %s is not number 1", name)
		}
	}
}
