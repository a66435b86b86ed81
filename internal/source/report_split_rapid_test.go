package source_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
)

// TestAnyRangeInParts proves that a report read in parts equals the one read at once, whatever the range, the report
// and the service's limit.
func TestAnyRangeInParts(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("hundreds of reports")
	}
	o := intuitsim.Options{Seed: 41, Customers: 8, Vendors: 8, Items: 8, Invoices: 30, Bills: 20}
	whole, cut := simulate(t, o), simulate(t, o)
	types := reportTypes(t)
	split := 0
	rapid.Check(t, func(rt *rapid.T) {
		legacy := rapid.Bool().Draw(rt, "legacy")
		whole.server.SetLegacyReports(legacy)
		cut.server.SetLegacyReports(legacy)
		id := rapid.SampledFrom([]string{
			"general_ledger", "profit_and_loss", "profit_and_loss_detail", "transaction_list_by_customer",
			"journal", "sales_by_customer",
		}).Draw(rt, "report")
		d := types[id]
		start := midnight(time.Now()).AddDate(0, 0, -rapid.IntRange(1, 900).Draw(rt, "ago"))
		end := start.AddDate(0, 0, rapid.IntRange(0, 700).Draw(rt, "days"))
		q := map[string]string{
			"date_range": "custom", "start_date": start.Format(time.DateOnly),
			"end_date": end.Format(time.DateOnly),
		}
		if d.Basis {
			q["accounting_method"] = rapid.SampledFrom([]string{"Accrual", "Cash"}).Draw(rt, "basis")
		}
		if len(d.Summarize) > 0 {
			q["summarize_by"] = rapid.SampledFrom([]string{"Total", "Month", "Customers", "Classes"}).Draw(rt, "by")
		}
		q["layout"] = "statement"
		all := whole.renewClient().must(t, d, export.Query{Options: q, Columns: []string{"Amounts"}})
		q["layout"] = "table"
		cells := len(all.rows) * len(all.Schema.Columns)
		cut.server.SetReportCellLimit(max(1, cells*rapid.IntRange(20, 99).Draw(rt, "percent")/100))
		m := &export.Meter{}
		got := cut.renewClient().read(t, d, export.Query{Options: q, Meter: m})
		if problem.HasCode(got.err, problem.ReportTooLarge) {
			return
		}
		if got.err != nil {
			rt.Fatal(got.err)
		}
		if m.Count() > 1 {
			split++
		}
		if m.Count() > 60 {
			rt.Fatalf("%d requests", m.Count())
		}
		want := whole.renewClient().must(t, d, export.Query{Options: q})
		if diff := cmp.Diff(sortLines(want), sortLines(got)); diff != "" {
			rt.Fatalf("%d requests (-at once +in parts):\n%s", m.Count(), diff)
		}
	})
	if split < 5 {
		t.Errorf("only %d reports were read in parts", split)
	}
}
