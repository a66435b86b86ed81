package exporters_test

import (
	"slices"
	"strings"
	"testing"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// TestChecksStandInTheSheet: a run of a statement carries what it checked, and each figure is the one that people see.
func TestChecksStandInTheSheet(t *testing.T) {
	t.Parallel()
	w := newWorld(t, exporters.All())
	e := w.exporter(definition(t, "profit_and_loss"), map[string]string{
		export.OptLayout: export.LayoutStatement, export.OptDateRange: "last_12_months", export.OptSummarize: "Month",
	})
	run, rows := w.run(t, e)
	if len(run.Checks) < 10 || len(run.Checks) > export.MostChecks || run.Differences() != 0 {
		t.Fatalf("%d checks, %d of them differ", len(run.Checks), run.Differences())
	}
	found := map[string]bool{}
	for _, c := range run.Checks {
		company, column, _ := strings.Cut(c.Place, ", ")
		what := strings.TrimSuffix(c.What, " over the periods")
		at := slices.Index(rows[0], column)
		row := slices.IndexFunc(rows, func(r []string) bool { return strings.TrimSpace(r[0]) == what })
		if company != w.company.Name || at < 0 || row < 0 {
			t.Errorf("the sheet has no %q in %q", c.What, c.Place)
			continue
		}
		shown := table.DecimalText(readAmount(t, rows[row][at]))
		if !c.Holds || c.Says != c.AddsUpTo || c.Says != shown {
			t.Errorf("%+v, the sheet shows %s", c, shown)
		}
		found[c.What] = true
	}
	for _, what := range []string{"Gross Profit", "Net Income", "Total Income", "Total Expenses"} {
		if !found[what] {
			t.Errorf("%s is not checked", what)
		}
	}
}
