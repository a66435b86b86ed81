package app_test

import (
	"fmt"
	"testing"

	"ledgersheet/internal/intuit/intuitsim"
)

// TestDifferencesNameTheDocuments: a dry run and what a run changed call a row as people do, beside its id.
func TestDifferencesNameTheDocuments(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intuitsim.Options{Customers: 5, Vendors: 3, Items: 5, Invoices: 9, Bills: 2})
	company := w.connect(1)[0]
	e := w.create(w.newExporter("invoices", nil, []string{"Id", "DocNumber", "CustomerRef.name", "TotalAmt"}, company))
	w.mustRun(e.ID)
	_, err := w.intuit.Company(string(company.Realm)).AddInvoice(intuitsim.Sale{DocNumber: "1045", Amount: "123.45"})
	must(t, err)
	dry, err := w.desk().DryRun(w.ctx, e.ID)
	must(t, err)
	run, doc := w.mustRun(e.ID)
	set, err := w.desk().Difference(w.ctx, run.ID)
	must(t, err)
	want := ""
	for _, row := range doc.Values("Data!A2:D99") {
		if row[3] == 123.45 {
			want = fmt.Sprintf("Invoice %v, %v (%v)", row[1], row[2], row[0])
		}
	}
	for _, items := range []int{len(dry.Change.Items), len(set.Items)} {
		if items != 1 {
			t.Fatalf("%d rows changed", items)
		}
	}
	for _, item := range append(dry.Change.Items, set.Items...) {
		if got := fmt.Sprintf("%s (%s)", item.Name, item.Key); got != want {
			t.Errorf("the row is called %q, want %q", got, want)
		}
	}
}
