package app_test

import (
	"fmt"
	"strings"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/intuit/intuitsim"
)

// linkAt returns the link of a cell; empty if it has none.
func linkAt(doc *googlesim.Spreadsheet, at string) string {
	f := doc.Cell("Data!" + at).Format
	if f == nil || f.TextFormat == nil || f.TextFormat.Link == nil {
		return ""
	}
	return f.TextFormat.Link.Uri
}

// TestCellsOpenQuickBooks: ids open their records and a report's lines the report with the same dates; an unchanged run
// writes nothing, and a changed row keeps its own link.
func TestCellsOpenQuickBooks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intuitsim.Options{Customers: 5, Vendors: 3, Items: 5, Invoices: 20, Bills: 2})
	company := w.connect(1)[0]
	e := w.create(w.newExporter("invoices", nil, []string{"DocNumber", "Id", "TotalAmt"}, company))
	_, doc := w.mustRun(e.ID)
	check := func(rows int) {
		t.Helper()
		for n, row := range doc.Values("Data!A2:C99") {
			id, at := fmt.Sprint(row[1]), fmt.Sprintf("B%d", n+2)
			want := company.AppLink("invoice?txnId=" + id)
			beside := linkAt(doc, fmt.Sprintf("A%d", n+2))
			if linkAt(doc, at) != want || beside != "" || doc.Cell("Data!"+at).Value != id {
				t.Errorf("%s holds %v and opens %q, want %s", at, doc.Cell("Data!"+at).Value, linkAt(doc, at), want)
			}
			rows--
		}
		if rows != 0 {
			t.Errorf("%d rows are missing", rows)
		}
	}
	check(20)
	if again, _ := w.mustRun(e.ID); !again.Unchanged || again.Sheets > 2 {
		t.Errorf("an unchanged run: %+v", again.Result)
	}
	_, err := w.intuit.Company(string(company.Realm)).AddInvoice(intuitsim.Sale{Amount: "1.00"})
	must(t, err)
	w.mustRun(e.ID)
	check(21)

	options := map[string]string{
		"accounting_method": "Cash", "date_range": "custom", "start_date": "2026-01-01", "end_date": "2026-03-31",
	}
	report := w.create(w.newExporter("profit_and_loss", options, nil, company))
	run, doc := w.mustRun(report.ID)
	page := company.AppURL() + "reportv2?cash_basis=yes&high_date=03%2F31%2F2026&low_date=01%2F01%2F2026"
	for n := range run.Rows {
		link := linkAt(doc, fmt.Sprintf("A%d", n+2))
		if !strings.HasPrefix(link, page) {
			t.Errorf("line %d opens %q", n+1, link)
		}
	}
	if run.Status != export.RunSucceeded || run.Rows == 0 {
		t.Errorf("the run is %+v", run.Result)
	}
}
