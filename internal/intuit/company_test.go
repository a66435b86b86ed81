package intuit_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/intuit/intuitsim"
)

func TestCompany(t *testing.T) {
	t.Parallel()
	server := intuitsim.New(intuitsim.Options{Invoices: 10, Limits: intuitsim.NoLimits()})
	client := intuit.New(intuit.Options{APIURL: "http://quickbooks.test",
		HTTP: func(realm export.RealmID) *http.Client {
			access, _ := server.Authorize(string(realm))
			return &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				r.Header.Set("Authorization", "Bearer "+access)
				return server.Transport().RoundTrip(r)
			})}
		}})
	for _, info := range server.Companies() {
		got, err := client.Company(t.Context(), export.RealmID(info.Realm), "sandbox")
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
		if name, err := client.CompanyName(t.Context(), want.Realm); err != nil || name != info.Name {
			t.Errorf("name %q, %v", name, err)
		}
	}
}
