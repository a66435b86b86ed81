package intuit

import (
	"testing"

	"ledgersheet/internal/record"
)

func TestRecurringTransactionsAreUnwrapped(t *testing.T) {
	t.Parallel()
	r, err := record.Parse([]byte(`{"Invoice":{"Id":"12","TotalAmt":5.00}}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := quirkOf("RecurringTransaction").unwrap(r); got.Text("Id") != "12" || got.Text("TxnType") != "Invoice" {
		t.Errorf("got %v", got)
	}
	if got := quirkOf("Invoice").unwrap(r); !got.Object("Invoice").Exists() {
		t.Errorf("got %v", got)
	}
}
