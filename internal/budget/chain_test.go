package budget_test

import (
	"testing"
	"time"

	"ledgersheet/internal/budget"
	"ledgersheet/internal/export"
)

// TestChainsAreForeseen: who runs after others takes calls as often as the slowest of them, and asks Google at its
// times; not at all if one of them does not run by itself.
func TestChainsAreForeseen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, "2026-04-01 00:00:00", 1000)
	w.openWith(budget.Options{
		Limit: 100_000, Google: budget.GoogleLimits{Account: budget.Quota{Reads: 60, Writes: 60}},
	})
	add := func(id, cron string, calls int, after ...export.ID) {
		t.Helper()
		e := export.Exporter{
			ID: export.ID(id), Name: id, Definition: id, Companies: []export.RealmID{"1"}, After: after,
			Target:   export.Target{Account: "con_1"},
			Schedule: export.Schedule{Cron: cron, Timezone: "UTC", Enabled: cron != ""},
		}
		if err := w.store.CreateExporter(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		w.b.Observe(ran(e, calls))
	}
	forecast := func() int {
		w.now = w.now.Add(2 * time.Minute) // an earlier forecast is used for a minute
		return w.report().Forecast
	}
	add("hourly", "30 * * * *", 1)
	add("daily", "0 6 * * *", 10)
	if got := forecast(); got != 720+30*10 {
		t.Fatalf("without chains %d", got)
	}
	add("both", "", 100, "hourly", "daily")
	add("last", "", 1000, "both")
	if got := forecast(); got != 720+30*10+30*100+30*1000 {
		t.Errorf("with chains %d", got)
	}
	add("by hand", "", 7)
	add("never", "", 5000, "by hand", "daily")
	if got := forecast(); got != 720+30*10+30*100+30*1000 {
		t.Errorf("with one that waits for what people start: %d", got)
	}
	_, err := w.store.UpdateExporter(t.Context(), "daily", func(e *export.Exporter) error {
		e.Pause = &export.Pause{Reason: export.PausedByPerson}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := forecast(); got != 720 {
		t.Errorf("with a pause %d", got)
	}
}
