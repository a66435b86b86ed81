package app_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
)

// TestTheMonthsCallsAreNotUsedUp lets a schedule run for the rest of a month whose calls do not suffice for it, with a
// restart and a run by a person in between, and compares the count with what Intuit has seen.
func TestTheMonthsCallsAreNotUsedUp(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	synctest.Test(t, func(t *testing.T) {
		w := makeWorld(t, intuitsim.Options{Customers: 5, Vendors: 3, Items: 5, Invoices: 20, Bills: 2})
		w.set.Limits.MonthlyCalls = 120
		w.open()
		time.Sleep(28*24*time.Hour + 30*time.Minute) // the clock began with January
		company := w.connect(1)[0]
		e := w.newExporter("invoices", nil, []string{"Id", "TotalAmt"}, company)
		e.Schedule = export.Schedule{Cron: "0,30 * * * *", Timezone: "UTC", Enabled: true} // 143 runs are left
		e = w.create(e)
		w.mustRun(e.ID)
		must(t, w.app.StartSchedules(w.ctx))
		time.Sleep(24 * time.Hour)
		page, _, err := w.desk().Runs(w.ctx, export.RunFilter{
			Exporter: e.ID, Trigger: export.TriggerSchedule, Limit: 200,
		})
		must(t, err)
		if slowed := len(page); slowed < 4 || slowed > 40 || page[0].Paced == 0 {
			t.Errorf("%d runs in a day, the last one paced to %v", slowed, page[0].Paced)
		}
		must(t, w.app.Stop(context.Background()))
		w.open()
		must(t, w.app.StartSchedules(w.ctx))
		time.Sleep(24 * time.Hour)
		w.mustRun(e.ID)
		r, err := w.desk().Budget(w.ctx)
		must(t, err)
		if r.ThisMonth != w.asked() {
			t.Errorf("%d calls were counted, Intuit saw %d", r.ThisMonth, w.asked())
		}
		time.Sleep(time.Until(time.Date(2000, 1, 31, 23, 59, 0, 0, time.UTC)))
		r, err = w.desk().Budget(w.ctx)
		must(t, err)
		if r.ThisMonth > 120 || r.ThisMonth < 60 || r.ThisMonth != w.asked() || r.Limit != 120 {
			t.Errorf("in the end: %+v, Intuit saw %d", r, w.asked())
		}
		time.Sleep(2 * time.Hour)
		if r, err = w.desk().Budget(w.ctx); err != nil || r.Month != "2000-02" || r.Today == 0 {
			t.Errorf("in the next month: %+v, %v", r, err)
		}
		page, _, err = w.desk().Runs(w.ctx, export.RunFilter{Exporter: e.ID, Status: export.RunFailed})
		if err != nil || len(page) > 0 {
			t.Errorf("%d runs failed, %v", len(page), err)
		}
	})
}
