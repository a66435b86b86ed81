package demo_test

import (
	"testing"

	"ledgersheet/internal/demo"
	"ledgersheet/internal/intuit/intuitsim"
)

// With quirks, every second company answers in the older style.
func TestQuirksOfCompanies(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{false, true} {
		s, err := demo.Open(demo.Options{
			Quirks: on, Size: demo.Size{Companies: 3, Customers: 3, Vendors: 3, Items: 3, Invoices: 3, Bills: 3},
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, info := range s.Intuit.Companies() {
			want := intuitsim.Quirks{}
			if on {
				want = intuitsim.AllQuirks(i%2 == 1)
			}
			if got := s.Intuit.Company(info.Realm).Quirks(); got != want {
				t.Errorf("quirks are %t, company %d has %+v", on, i, got)
			}
		}
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
