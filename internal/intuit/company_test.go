package intuit_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
)

func TestCompany(t *testing.T) {
	t.Parallel()
	s := simulate(t, intuitsim.Options{Invoices: 10})
	for _, info := range s.server.Companies() {
		got, err := s.client.Company(t.Context(), export.RealmID(info.Realm), "sandbox")
		if err != nil {
			t.Fatal(err)
		}
		got.LegalName = ""
		want := export.Company{
			Realm: export.RealmID(info.Realm), Name: info.Name, Country: info.Country, HomeCurrency: info.Currency,
			FiscalYearStart: info.FiscalYearStart, Environment: "sandbox",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if name, err := s.client.CompanyName(t.Context(), want.Realm); err != nil || name != info.Name {
			t.Errorf("name %q, %v", name, err)
		}
	}
}
