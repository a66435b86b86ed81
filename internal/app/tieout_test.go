package app_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
)

// TestTieOutOfRealRuns reads a month's statement and invoices of two companies, and compares the tie-out sheet of one
// with what stands in the spreadsheets.
func TestTieOutOfRealRuns(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intuitsim.Options{Invoices: 40})
	companies := w.connect(2)
	now := time.Now().UTC()
	first := time.Date(now.Year(), now.Month()-1, 1, 0, 0, 0, 0, time.UTC)
	days := map[string]string{
		"date_range": "custom", "start_date": first.Format(time.DateOnly),
		"end_date": first.AddDate(0, 1, -1).Format(time.DateOnly),
	}
	statement := map[string]string{"accounting_method": "Accrual"}
	for k, v := range days {
		statement[k] = v
	}
	profit := w.newExporter("profit_and_loss", statement, nil, companies...)
	invoices := w.newExporter("invoices", map[string]string{"date_range": "all"}, nil, companies[0])
	late := w.create(w.newExporter("bills", days, nil, companies[0]))
	profitRun, doc := w.mustRun(w.create(profit).ID)
	w.mustRun(w.create(invoices).ID)

	got, err := w.desk().TieOut(w.ctx, companies[0].Realm, first.Format("2006-01"))
	must(t, err)
	if len(got.Parts) != 1 || got.Parts[0].Run != profitRun.ID || got.Parts[0].Basis != "Accrual" {
		t.Fatalf("the parts are %+v", got.Parts)
	}
	// The invoices have no dates and were read after the month; the bills were not read at all.
	missing := []export.ID{}
	for _, m := range got.Missing {
		missing = append(missing, m.ID)
	}
	if len(missing) != 2 || !slices.Contains(missing, late.ID) {
		t.Errorf("missing are %v", got.Missing)
	}
	part := got.Parts[0]
	if len(part.Checks) == 0 || got.Equal != len(part.Checks) || got.Differ+got.Known != 0 {
		t.Errorf("%d of %d figures are equal", got.Equal, len(part.Checks))
	}
	for _, c := range part.Checks {
		if c.Company != companies[0].Realm || !strings.HasPrefix(c.Place, companies[0].Name) {
			t.Errorf("%q at %q is another company's", c.What, c.Place)
		}
	}
	for _, f := range part.Figures {
		if f.Company != companies[0].Realm {
			t.Errorf("%q is another company's", f.Title)
		}
	}
	if len(part.Figures) == 0 || !strings.Contains(part.Period, days["start_date"]) {
		t.Errorf("the figures are %v of %q", part.Figures, part.Period)
	}
	if rows := len(doc.Values("Data!A2:A500")); profitRun.Rows != rows || part.Rows >= rows || part.Rows == 0 {
		t.Errorf("%d of the %d rows in the sheet are the company's", part.Rows, rows)
	}
}
