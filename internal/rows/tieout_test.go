package rows

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// makeAll makes rows of the records in a file of testdata and returns them with what is told of them.
func makeAll(t *testing.T, file string, e export.Entity, q export.Query) ([]table.Row, export.Outcome) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return makeRecords(t, text, e, q)
}

func makeRecords(t *testing.T, text []byte, e export.Entity, q export.Query) ([]table.Row, export.Outcome) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(text))
	if _, err := dec.Token(); err != nil {
		t.Fatal(err)
	}
	var records []record.Record
	for dec.More() {
		var r record.Record
		if err := r.Decode(dec); err != nil {
			t.Fatal(err)
		}
		records = append(records, r)
	}
	m, err := New(nil, e, q)
	if err != nil {
		t.Fatal(err)
	}
	var rows []table.Row
	for row, err := range m.Rows(t.Context(), each(records)) {
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
	out, err := m.end()
	if err != nil {
		t.Fatal(err)
	}
	return rows, out
}

func TestLinesTieOut(t *testing.T) {
	t.Parallel()
	invoices := export.Entity{ID: "invoices", Title: "Invoices", Object: "Invoice", Lines: true}
	invoices.Columns = []export.Column{
		{Path: "Id", Title: "Id", Key: true}, {Path: "Line.Amount", Title: "Amount", Kind: table.Money},
	}
	lines := map[string]string{export.OptLines: "true"}
	birch := export.Company{Realm: "1", Name: "Birch", HomeCurrency: "USD"}
	q := export.Query{Company: birch, Columns: []string{"Id", "Line.Amount"}, Options: lines}

	_, out := makeAll(t, "testdata/documents.json", invoices, q)
	if diff := cmp.Diff([]export.Check{
		{What: "Lines and tax of 2 invoices (first: number 00123)", Place: "Birch, USD", Says: "20.50",
			AddsUpTo: "12.00"},
		{What: "Lines and tax of 1 invoices", Place: "Birch, EUR", Says: "7.00", AddsUpTo: "7.00", Holds: true},
	}, out.Checks); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"The lines and the tax of 2 of 7 invoices do not add up to the totals in " +
		"QuickBooks. They differ by 12.50 USD in all; the first is number 00123, by 10.5."},
		export.WarningTexts(out.Warnings)); diff != "" {
		t.Error(diff)
	}

	for name, change := range map[string]func(*export.Entity, *export.Query){
		"one row each": func(_ *export.Entity, q *export.Query) { q.Options, q.Columns = nil, []string{"Id"} },
		"a preview":    func(_ *export.Entity, q *export.Query) { q.Limit = 20 },
		"payments":     func(e *export.Entity, _ *export.Query) { e.Object = "Payment" },
	} {
		e, q := invoices, q
		change(&e, &q)
		if _, out := makeAll(t, "testdata/documents.json", e, q); len(out.Checks) > 0 || len(out.Warnings) > 0 {
			t.Errorf("%s: %v, %v", name, out.Checks, out.Warnings)
		}
	}
}
