package rows

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

func TestSpan(t *testing.T) {
	t.Parallel()
	day := func(s string) time.Time { d, _ := time.Parse(time.DateOnly, s); return d }
	at := func(s string) table.Cell { d, _ := time.Parse(time.RFC3339, s); return table.DateTimeOf(d) }
	changed := span{
		column: &column{def: export.Column{Path: "MetaData.LastUpdatedTime", Kind: table.DateTime}},
		days:   export.DateRange{Start: day("2026-01-01"), End: day("2026-01-31")},
	}
	conditions := func(s span) (texts []string) {
		for _, c := range s.conditions() {
			texts = append(texts, c.Filter.Column+" "+string(c.Op)+" "+c.Value)
		}
		return texts
	}
	if diff := cmp.Diff([]string{"MetaData.LastUpdatedTime >= 2026-01-01", "MetaData.LastUpdatedTime <= 2026-01-31"},
		conditions(changed)); diff != "" {
		t.Error(diff)
	}
	for cell, want := range map[table.Cell]bool{
		at("2025-12-31T23:59:59Z"): false, at("2026-01-01T00:00:00Z"): true, at("2026-01-31T15:59:59-08:00"): true,
		at("2026-01-31T16:00:00-08:00"): false, {}: false,
	} {
		if changed.match(cell) != want {
			t.Errorf("%s matches: %t", cell, !want)
		}
	}
	dated := span{
		column: &column{def: export.Column{Path: "TxnDate", Kind: table.Date}},
		days:   export.DateRange{End: day("2026-01-31")},
	}
	if diff := cmp.Diff([]string{"TxnDate <= 2026-01-31"}, conditions(dated)); diff != "" ||
		dated.text() != "until 2026-01-31" {
		t.Error(diff, dated.text())
	}
	if !dated.match(table.DateOf(day("2026-01-31"))) || dated.match(table.DateOf(day("2026-02-01"))) {
		t.Error("the last day is not the last")
	}
}
