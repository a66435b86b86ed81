package budget_test

import (
	"fmt"
	"testing"
	"time"

	"ledgersheet/internal/export"
)

// BenchmarkForecast makes a forecast of 10,000 exporters with 300 schedules, a minute after the last one.
func BenchmarkForecast(b *testing.B) {
	w := newWorld(b, "2026-03-10 08:00:00", 500_000)
	for i := range 10_000 {
		realm, cron := export.RealmID(fmt.Sprint(i%200)), fmt.Sprintf("%d %d * * *", i%60, i%5)
		e := w.add(fmt.Sprint("exp_", i), "invoices", cron, realm)
		w.b.Observe(ran(e, 3))
	}
	w.report()
	for b.Loop() {
		w.now = w.now.Add(time.Minute)
		w.report()
	}
}
