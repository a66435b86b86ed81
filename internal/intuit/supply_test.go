package intuit_test

import (
	"net/http"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/supply"
	"ledgersheet/internal/supply/supplysim"
	"ledgersheet/internal/supply/supplytest"
)

func TestSupply(t *testing.T) {
	t.Parallel()
	supplytest.Run(t, func(*testing.T) supplytest.Place {
		w := supplysim.New(supplysim.Small())
		return w.Place(w.Client)
	})
}

// Recurring transactions are found by the id inside their wrapping. The simulator cannot filter them by it.
func TestLookupOfRecurringTransactions(t *testing.T) {
	t.Parallel()
	const body = `{"QueryResponse":{"RecurringTransaction":[{"Invoice":{"Id":"12"}},{"Bill":{"Id":"13"}}]}}`
	same := roundTrip(func(r *http.Request) (*http.Response, error) { return answered(r, 200, body), nil })
	client := intuit.New(intuit.Options{APIURL: "http://quickbooks.test", HTTP: func(export.RealmID) *http.Client {
		return &http.Client{Transport: same}
	}})
	found, err := client.Lookup(t.Context(), supply.Want{Object: "RecurringTransaction"}, []string{"12", "13"})
	if err != nil || len(found) != 2 || found["12"].Text("TxnType") != "Invoice" ||
		found["13"].Text("TxnType") != "Bill" {
		t.Errorf("found %v, %v", found, err)
	}
}
