package app_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/pipeline"
)

// TestMonthEnds keeps month ends through the whole program: with rows that stay, with rows that change, and in the
// exporter's time zone.
func TestMonthEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, intuitsim.Options{Customers: 5, Vendors: 3, Items: 5, Invoices: 20, Bills: 2})
		company := w.connect(1)[0]
		e := w.newExporter("invoices", nil, []string{"Id", "DocNumber", "TotalAmt"}, company)
		e.KeepMonths, e.Schedule.Timezone = true, "America/New_York"
		e = w.create(e)
		until := func(month time.Month, hour int) {
			time.Sleep(time.Until(time.Date(time.Now().Year(), month, 1, hour, 0, 0, 0, time.UTC)))
		}
		time.Sleep(72 * time.Hour) // the clock began at midnight in UTC
		now := time.Now()
		month := now.UTC().Month()
		first, doc := w.mustRun(e.ID)
		sheet := func(tab string) [][]any { return doc.Values("'" + tab + "'!A1:C999") }
		jan, feb := now.Format("Data 2006-01"), now.AddDate(0, 1, 0).Format("Data 2006-01")

		until(month+1, 4) // still the old month in New York
		if still, _ := w.mustRun(e.ID); !still.Unchanged || len(doc.Tabs()) != 1 {
			t.Fatalf("before midnight: %+v, tabs %+v", still.Result, doc.Tabs())
		}
		until(month+1, 6)
		old := sheet("Data")
		dry, err := w.desk().DryRun(w.ctx, e.ID)
		must(t, err)
		same, _ := w.mustRun(e.ID)
		if !same.Unchanged || same.Undoable || same.Rows != first.Rows || !foreseen(same, dry) ||
			len(same.Warnings) > 0 {
			t.Errorf("the unchanged run is %+v, foreseen %+v", same, dry.Requests)
		}
		if diff := cmp.Diff(old, sheet(jan)); diff != "" {
			t.Fatalf("the copy:\n%s", diff)
		}
		if again, _ := w.mustRun(e.ID); !again.Unchanged || len(doc.Tabs()) != 2 {
			t.Errorf("once more: %+v, tabs %+v", again.Result, doc.Tabs())
		}
		must(t, doc.SetCell("Data!C3", "1")) // an edit is still known as one
		books := w.intuit.Company(string(company.Realm))
		_, err = books.AddInvoice(intuitsim.Sale{Amount: "123.45"})
		must(t, err)
		until(month+2, 6)
		edited := sheet("Data")
		dry, err = w.desk().DryRun(w.ctx, e.ID)
		must(t, err)
		changed, _ := w.mustRun(e.ID)
		if changed.Unchanged || changed.HandEdits != 1 || changed.Added != 1 || !foreseen(changed, dry) {
			t.Errorf("the run that changes rows is %+v, foreseen %+v", changed, dry.Requests)
		}
		if diff := cmp.Diff(edited, sheet(feb)); diff != "" {
			t.Errorf("the second copy:\n%s", diff)
		}
		fresh := sheet("Data")
		if undone := w.undo(changed.ID); undone.Status != export.RunSucceeded {
			t.Fatalf("the undo: %v", undone.Problem)
		}
		if !cmp.Equal(edited, sheet("Data")) || !cmp.Equal(old, sheet(jan)) || !cmp.Equal(edited, sheet(feb)) ||
			cmp.Equal(fresh, edited) {
			t.Error("the undo touched a copy, or did not undo")
		}
	})
}

// foreseen reports whether a run made the requests that a dry run foresaw. What that asked QuickBooks to bring local
// copies up to date, the run need not ask.
func foreseen(r export.Run, dry pipeline.DryRun) bool {
	return r.Sheets == dry.Requests.Sheets && r.QuickBooks <= dry.Requests.QuickBooks
}
