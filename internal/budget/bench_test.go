package budget_test

import (
	"fmt"
	"testing"
	"time"

	"ledgersheet/internal/budget"
	"ledgersheet/internal/export"
)

// BenchmarkForecast makes a forecast of 10,000 exporters with 300 schedules, a minute after the last one.
func BenchmarkForecast(b *testing.B) {
	w := newWorld(b, "2026-03-10 08:00:00", 500_000)
	w.openWith(budget.Options{Limit: 500_000, Google: usual()})
	for i := range 10_000 {
		realm, cron := export.RealmID(fmt.Sprint(i%200)), fmt.Sprintf("%d %d * * *", i%60, i%5)
		e := export.Exporter{
			ID: export.ID(fmt.Sprint("exp_", i)), Definition: "invoices", Companies: []export.RealmID{realm},
			Schedule: export.Schedule{Cron: cron, Timezone: "UTC", Enabled: true},
			Target:   export.Target{Account: export.ID(fmt.Sprint("con_", i%20))},
		}
		if err := w.store.CreateExporter(b.Context(), e); err != nil {
			b.Fatal(err)
		}
		r := ran(e, 3)
		r.SheetsReads, r.SheetsWrites = 3, 1
		w.b.Observe(r)
	}
	w.report()
	for b.Loop() {
		w.now = w.now.Add(time.Minute)
		w.report()
	}
}
