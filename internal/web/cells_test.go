package web

import (
	"testing"

	"ledgersheet/internal/change"
	"ledgersheet/internal/table"
)

// TestCellsAsPeopleKnowThem proves that changes name dates and amounts, not the numbers that a sheet keeps for them.
func TestCellsAsPeopleKnowThem(t *testing.T) {
	t.Parallel()
	kinds := columnKinds{"Date": table.Date, "At": table.DateTime, "Total": table.Money, "Qty": table.Number}
	number := func(text string) change.Value { return change.Value{Kind: 'n', Text: text} }
	for _, c := range []struct {
		column string
		value  change.Value
		want   string
	}{
		{"Date", number("46355"), "29 Nov 2026"},
		{"Date", number("60"), "28 Feb 1900"}, // unlike Excel, Google Sheets has no 29 February 1900
		{"Date", change.Value{Kind: 's', Text: "soon"}, "soon"},
		{"Date", number("-1"), "-1"},
		{"At", number("46355.5"), "2026-11-29 12:00:00"},
		{"At", number("46355.999988426"), "2026-11-29 23:59:59"},
		{"Total", number("-1234.5"), "−1,234.50"},
		{"Total", change.Value{}, "blank"},
		{"Qty", number("2.5"), "2.5"},
		{"Jan 2026", number("7"), "7"},
	} {
		if got := plain(kinds.shown(c.column, c.value)); got != c.want {
			t.Errorf("%s %v is shown as %q, want %q", c.column, c.value, got, c.want)
		}
	}
	kinds[""] = table.Money // of a report, whose answer names its columns
	if got := plain(kinds.shown("Jan 2026", number("3585"))); got != "3,585.00" {
		t.Errorf("an amount of a month is shown as %q", got)
	}
	if got := plain(kinds.shown("Qty", number("2.5"))); got != "2.5" {
		t.Errorf("a number among amounts is shown as %q", got)
	}
}
