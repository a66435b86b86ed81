package export_test

import (
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
)

// However many checks there are, none that people must see is cut off by others.
func TestAppendChecksKeepsOpenDifferences(t *testing.T) {
	t.Parallel()
	var first []export.Check
	for i := range export.MostChecks {
		first = append(first, export.Check{What: strconv.Itoa(i), Says: "1", AddsUpTo: "2", Accepted: i%2 == 0,
			Holds: i%2 == 1})
	}
	open := export.Check{What: "open", Says: "1", AddsUpTo: "3"}
	got := export.AppendChecks(first, export.Check{What: "holds", Holds: true}, open)
	if len(got) != export.MostChecks || got[0] != open || !got[1].Accepted || !got[len(got)-1].Holds {
		t.Errorf("%d checks, the first are %v, the last is %v", len(got), got[:2], got[len(got)-1])
	}
}

func TestAcceptedDifferences(t *testing.T) {
	t.Parallel()
	e := export.Exporter{Accepted: []export.AcceptedDifference{{What: "Total", Place: "Alder", Amount: "-0.01"}}}
	check := func(place, says string) export.Check {
		return export.Check{What: "Total", Place: place, Says: says, AddsUpTo: "100.00"}
	}
	checks := []export.Check{
		check("Alder", "99.99"), check("Alder", "99.990"), check("Alder", "99.98"), check("Birch", "99.99"),
		check("Alder", "n/a"),
	}
	var accepted []bool
	for _, c := range e.MarkAccepted(checks) {
		accepted = append(accepted, c.Accepted)
	}
	if diff := cmp.Diff([]bool{true, true, false, false, false}, accepted); diff != "" {
		t.Errorf("accepted (-want +got):\n%s", diff)
	}
	for _, amount := range []string{"", "x", "1e999999999", "-1E+999999999"} {
		if (export.AcceptedDifference{What: "Total", Place: "Alder", Amount: amount}).Covers(checks[0]) {
			t.Errorf("the amount %q covers a difference", amount)
		}
	}
	if checks[0].Accepted {
		t.Error("the run's own checks were changed")
	}
}
