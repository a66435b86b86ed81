package exporters_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
	"ledgersheet/internal/mirror"
	"ledgersheet/internal/record"
)

// TestComputedColumnsShowNoVolatileMembers proves that a computed column does not depend on a member that QuickBooks
// derives from other records, so that a reading which only shows such columns need not care whether that is up to date.
func TestComputedColumnsShowNoVolatileMembers(t *testing.T) {
	t.Parallel()
	tested := 0
	for _, d := range exporters.All() {
		e, ok := d.(export.Entity)
		if !ok {
			continue
		}
		volatile := mirror.Volatile(e.Object)
		for _, c := range e.Catalogue() {
			if c.From == nil || slices.Contains(volatile, c.Path) || len(volatile) == 0 {
				continue
			}
			tested++
			seen := map[string]bool{}
			for _, amount := range []any{nil, "0", "1", "-1", "1000000"} {
				rec := record.Record{}.With("Id", "1").With("Active", true).With("TotalAmt", "5")
				for _, name := range volatile {
					rec = rec.With(name, amount)
				}
				today := time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)
				seen[c.From(export.View{Record: rec, Today: today}).String()] = true
			}
			if len(seen) != 1 {
				t.Errorf("%s: %s depends on one of %v: %v", e.ID, c.Path, volatile, slices.Collect(maps.Keys(seen)))
			}
		}
	}
	if tested < 4 {
		t.Errorf("only %d columns were tested", tested)
	}
}
