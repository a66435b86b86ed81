package statement

import (
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// verifySample verifies a file of testdata, after an optional change, and returns what was compared.
func verifySample(t *testing.T, name string, d export.Report, want asked,
	change func(*arranged)) ([]export.Check, error) {
	t.Helper()
	var doc document
	if err := decodeReport(readSample(t, filepath.Join("..", "source", "testdata", name)), &doc); err != nil {
		t.Fatal(err)
	}
	a := mustArrange(t, &doc, d)
	if change != nil {
		change(a)
	}
	err := verify(a, d, want)
	return a.checks, err
}

func profitAndLoss() export.Report {
	return export.Report{ID: "pl", Shape: export.Tree, Dates: export.JoinableRange, Groups: []export.GroupSum{
		{Group: "GrossProfit", Of: []string{"Income", "-COGS"}},
		{Group: "NetOperatingIncome", Of: []string{"GrossProfit", "-Expenses"}},
		{Group: "NetIncome", Of: []string{"NetOperatingIncome", "NetOtherIncome"}},
	}}
}

// TestChecksAreRecorded proves that results come before totals, and totals of the whole before those of a period.
func TestChecksAreRecorded(t *testing.T) {
	t.Parallel()
	got, err := verifySample(t, "profit_and_loss_by_month.json", profitAndLoss(), asked{summarize: "Month"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []export.Check{
		{What: "Gross Profit", Place: "Total", Says: "725.25", AddsUpTo: "725.25", Holds: true},
		{What: "Net Operating Income", Place: "Total", Says: "-1074.75", AddsUpTo: "-1074.75", Holds: true},
		{What: "Net Income", Place: "Total", Says: "-1074.75", AddsUpTo: "-1074.75", Holds: true},
		{What: "Total Income", Place: "Total", Says: "1125.30", AddsUpTo: "1125.30", Holds: true},
	}
	if diff := cmp.Diff(want, got[:4]); diff != "" {
		t.Errorf("the first checks (-want +got):\n%s", diff)
	}
	for _, c := range []export.Check{
		{What: "Gross Profit", Place: "Jan 2026", Says: "650.05", AddsUpTo: "650.05", Holds: true},
		{What: "Total Income", Place: "Feb 2026", Says: "75.20", AddsUpTo: "75.20", Holds: true},
		{What: "Total Gardening", Place: "Total", Says: "135.05", AddsUpTo: "135.05", Holds: true},
		{What: "Total Income over the periods", Place: "Total", Says: "1125.30", AddsUpTo: "1125.30", Holds: true},
		{What: "Discounts over the periods", Place: "Total", Says: "-10.05", AddsUpTo: "-10.05", Holds: true},
	} {
		if !slices.Contains(got, c) {
			t.Errorf("%+v is not recorded", c)
		}
	}
	seen := map[string]bool{}
	for _, c := range got {
		if key := c.What + "|" + c.Place; seen[key] || !c.Holds {
			t.Errorf("%+v is there twice or does not hold", c)
		} else {
			seen[key] = true
		}
	}
}

// TestDifferencesComeFirst proves that checks that fail are recorded too, before all that hold.
func TestDifferencesComeFirst(t *testing.T) {
	t.Parallel()
	d := export.Report{ID: "tb", Shape: export.Tree, Even: [2]string{"debit", "credit"}}
	got, err := verifySample(t, "trial_balance.json", d, asked{}, func(a *arranged) { a.top[0].own[1].Value = "1.00" })
	if !problem.HasCode(err, problem.TotalsMismatch) {
		t.Errorf("verify says %v", err)
	}
	want := []export.Check{
		{What: "TOTAL", Place: "Debit", Says: "912.75", AddsUpTo: "1.00"},
		{What: "Total Debit", Place: "Credit", Says: "912.75", AddsUpTo: "1.00"},
		{What: "TOTAL", Place: "Credit", Says: "912.75", AddsUpTo: "912.75", Holds: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestBalancesAreChecks proves that each ledger account's balance is checked, whatever its rows leave blank.
func TestBalancesAreChecks(t *testing.T) {
	t.Parallel()
	d := export.Report{ID: "gl", Shape: export.List, Running: true}
	got, err := verifySample(t, "general_ledger_older.json", d, asked{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []export.Check{
		{What: "Total for Checking", Place: "Amount", Says: "-63.25", AddsUpTo: "-63.25", Holds: true},
		{What: "Checking", Place: "Balance", Says: "912.75", AddsUpTo: "912.75", Holds: true},
		{What: "Original Cost", Place: "Balance", Says: "13495.00", AddsUpTo: "13495.00", Holds: true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestChecksAreBounded proves that the most telling checks are kept of a report with more than anybody reads.
func TestChecksAreBounded(t *testing.T) {
	t.Parallel()
	v := &verifier{
		arranged: &arranged{columns: []reportColumn{{title: "Jan"}, {title: "Total", total: true}}},
		hasTotal: true,
	}
	for i := range 1000 {
		d := decimal.NewFromInt(int64(i))
		v.recordCheck(singleRows, fmt.Sprint("row ", i), 1, d, d)
		v.recordCheck(results, fmt.Sprint("result ", i), 0, d, d)
	}
	one := decimal.NewFromInt(1)
	v.recordCheck(results, "Net Income", 1, one, one)
	v.recordCheck(singleRows, "Rent", 0, one, decimal.Zero)
	got := v.evidence.checks()
	if len(got) != export.MostChecks {
		t.Fatalf("%d checks are kept", len(got))
	}
	var names []string
	for _, c := range got[:3] {
		names = append(names, c.What)
	}
	if diff := cmp.Diff([]string{"Rent", "Net Income", "result 0"}, names); diff != "" {
		t.Error(diff)
	}
}
