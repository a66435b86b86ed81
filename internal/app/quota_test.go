package app_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/intuit/intuitsim"
)

// TestGooglesQuotasAreKeptUpWith lets schedules ask for more than Google's quotas let through. They are slowed down
// until they keep up, Google refuses nothing, and what the runs say that they took is what Google has seen.
func TestGooglesQuotasAreKeptUpWith(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const quota, exporters = 1, 5
		w := makeWorld(t, intuitsim.Options{Customers: 5, Vendors: 3, Items: 5, Invoices: 20, Bills: 2})
		w.set.Limits.GoogleReadsUser, w.set.Limits.GoogleWritesUser = quota, quota
		w.set.RunTimeout, w.set.Limits.MonthlyCalls = time.Hour, 0
		w.open()
		w.google.SetQuota(googlesim.Quota{ReadsPerUser: quota, WritesPerUser: quota})
		company := w.connect(1)[0]
		for range exporters {
			e := w.newExporter("profit_and_loss", map[string]string{
				"date_range": "this_year", "accounting_method": "Accrual",
			}, nil, company)
			e.Schedule = export.Schedule{Cron: "*/5 * * * *", Timezone: "UTC", Enabled: true}
			w.mustRun(w.create(e).ID)
		}
		must(t, w.app.StartSchedules(w.ctx))
		time.Sleep(2 * time.Hour)
		r, err := w.desk().Budget(w.ctx)
		must(t, err)
		u := r.Google.Of(w.account)
		if u.Least <= 5*time.Minute || u.Least > 30*time.Minute || u.Burst.Runs != exporters || r.Least != 0 {
			t.Errorf("the schedules ask for %+v", r.Google)
		}
		time.Sleep(2 * time.Hour)
		synctest.Wait()
		var runs []export.Run
		for f := (export.RunFilter{Limit: 100}); ; {
			page, next, err := w.desk().Runs(w.ctx, f)
			must(t, err)
			if runs = append(runs, page...); next == "" {
				break
			}
			f.Before = next
		}
		var reads, writes, late int
		for _, r := range runs {
			reads, writes = reads+r.SheetsReads, writes+r.SheetsWrites
			if !r.Status.Over() || r.QueuedAt.Before(time.Now().Add(-2*time.Hour)) {
				continue
			}
			if r.Status != export.RunSucceeded || r.Paced < u.Least/2 {
				t.Errorf("a run %s, paced to %v: %v", r.Status, r.Paced, r.Problem)
			}
			if r.FinishedAt.Sub(r.QueuedAt) > r.Paced {
				late++
			}
		}
		if late > 0 {
			t.Errorf("%d runs took longer than there is between them", late)
		}
		var sawReads, sawWrites int
		for _, r := range w.google.Requests() {
			switch {
			case r.Status == http.StatusTooManyRequests:
				t.Errorf("Google refused %s %s at %v", r.Method, r.Path, r.Time)
			case !strings.HasPrefix(r.Path, "/v4/"):
			case r.Method == http.MethodGet:
				sawReads++
			default:
				sawWrites++
			}
		}
		if reads != sawReads || writes != sawWrites || reads == 0 || writes == 0 {
			t.Errorf("the runs took %d reads and %d writes, Google saw %d and %d", reads, writes, sawReads, sawWrites)
		}
	})
}
