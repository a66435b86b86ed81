package app_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
)

// TestListsOfRunsThatAreDueTogetherAreShared proves that each run's evidence has the requests that brought the local
// copy up to date, whichever run made them.
func TestListsOfRunsThatAreDueTogetherAreShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, smallBooks())
		company := w.connect(1)[0]
		var ids []export.ID
		for range 4 {
			e := w.newExporter("invoices", nil, []string{"Id", "TotalAmt"}, company)
			e.Schedule = export.Schedule{Cron: "0 * * * *", Timezone: "UTC", Enabled: true}
			ids = append(ids, w.create(e).ID)
		}
		must(t, w.app.StartSchedules(w.ctx))
		time.Sleep(2*time.Hour + time.Minute)
		shared := 0
		for _, id := range ids {
			runs, _, err := w.desk().Runs(w.ctx, export.RunFilter{Exporter: id})
			must(t, err)
			for _, r := range runs {
				books := 0
				for _, a := range w.evidence(r.ID).Asked.Requests() {
					if a.Provider != "quickbooks" {
						continue
					}
					books++
					if a.Shared {
						shared++
					}
					if a.ID == "" || a.Shared == (r.QuickBooks > 0) {
						t.Errorf("of a run with %d requests: %+v", r.QuickBooks, a)
					}
				}
				if books == 0 {
					t.Errorf("a run with %d requests has no evidence of any", r.QuickBooks)
				}
			}
		}
		if shared == 0 {
			t.Error("nothing was shared: this shows nothing")
		}
	})
}

// TestReportsOfRunsThatAreDueTogetherAreShared compares what QuickBooks was asked with what the runs say.
func TestReportsOfRunsThatAreDueTogetherAreShared(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, intuitsim.Options{Customers: 5, Vendors: 3, Items: 5, Invoices: 20, Bills: 2})
		company := w.connect(1)[0]
		var ids []export.ID
		for range 6 {
			e := w.newExporter("profit_and_loss", map[string]string{
				"date_range": "this_fiscal_year", "accounting_method": "Accrual", "summarize_by": "Month",
			}, nil, company)
			e.Schedule = export.Schedule{Cron: "0 * * * *", Timezone: "UTC", Enabled: true}
			ids = append(ids, w.create(e).ID)
		}
		w.intuit.ResetRequests()
		must(t, w.app.StartSchedules(w.ctx))
		reports := func() int {
			n := 0
			for _, r := range w.intuit.Requests() {
				if strings.Contains(r.Path, "/reports/") {
					n++
				}
			}
			return n
		}
		for hour := 1; hour <= 2; hour++ {
			time.Sleep(time.Hour + time.Minute)
			if n := reports(); n != hour {
				t.Errorf("after %d hours QuickBooks was asked for %d reports", hour, n)
			}
		}
		counted := 0
		for _, id := range ids {
			runs, _, err := w.desk().Runs(w.ctx, export.RunFilter{Exporter: id})
			must(t, err)
			for _, r := range runs {
				counted += r.QuickBooks
				if r.Status != export.RunSucceeded || r.Rows == 0 || r.Rows != runs[0].Rows {
					t.Errorf("a run: %s, %d rows, %v", r.Status, r.Rows, r.Problem)
				}
				asked := w.evidence(r.ID).Asked.Requests()
				if len(asked) == 0 || asked[0].ID == "" || asked[0].Shared == (r.QuickBooks > 0) ||
					!strings.Contains(asked[0].What, "reports/ProfitAndLoss?accounting_method=Accrual&") {
					t.Errorf("the evidence of a run with %d requests is %+v", r.QuickBooks, asked)
				}
			}
			if len(runs) != 2 {
				t.Errorf("%d runs", len(runs))
			}
		}
		if counted != w.asked() {
			t.Errorf("the runs say %d requests, QuickBooks had %d", counted, w.asked())
		}
		before := reports()
		w.mustRun(ids[0]) // a person wants what is there now
		if n := reports(); n != before+1 {
			t.Errorf("a run by hand asked for %d reports", n-before)
		}
	})
}
