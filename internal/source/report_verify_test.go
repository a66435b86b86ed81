package source_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// The functions below make reports and their parts by hand.

func makeReport(t testing.TB, columns []string, rows ...any) string {
	t.Helper()
	cols := []any{map[string]any{"ColTitle": "", "ColType": "Account"}}
	for _, c := range columns {
		cols = append(cols, map[string]any{"ColTitle": c, "ColType": "Money"})
	}
	body, err := json.Marshal(map[string]any{
		"Header":  map[string]any{"ReportName": "Made", "Currency": "GBP"},
		"Columns": map[string]any{"Column": cols},
		"Rows":    map[string]any{"Row": rows},
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func cells(label string, values ...string) []any {
	list := []any{map[string]any{"value": label}}
	if name, id, ok := strings.Cut(label, "#"); ok {
		list[0] = map[string]any{"value": name, "id": id}
	}
	for _, v := range values {
		list = append(list, map[string]any{"value": v})
	}
	return list
}

func leaf(label string, values ...string) any {
	return map[string]any{"ColData": cells(label, values...)}
}

// computedRow returns a row with nothing but a total.
func computedRow(label, group string, values ...string) any {
	return map[string]any{
		"Summary": map[string]any{"ColData": cells(label, values...)}, "type": "Section", "group": group,
	}
}

func section(label, group, total string, rows ...any) any {
	return map[string]any{
		"type": "Section", "group": group,
		"Header":  map[string]any{"ColData": cells(label)},
		"Rows":    map[string]any{"Row": rows},
		"Summary": map[string]any{"ColData": cells("Total "+label, strings.Fields(total)...)},
	}
}

// britishSheet returns a balance sheet in the British form, in which a section subtracts what is due soon, and results
// stand between the sections.
func britishSheet(t testing.TB, cash, net string) string {
	return makeReport(t, []string{"Total"},
		section("Fixed Assets", "FixedAssets", "1000.00", leaf("Van#7", "1000.00")),
		section("Net current assets", "NetCurrentAssets", net,
			section("Current Assets", "CurrentAssets", "750.00",
				section("Cash at bank", "BankAccounts", "500.00", leaf("Current account#1", cash)),
				section("Debtors", "AR", "250.00", leaf("Debtors#2", "250.00"))),
			section("Creditors: due within one year", "CurrentLiabilities", "300.00", leaf("Creditors#3", "300.00")),
		),
		computedRow("Total assets less current liabilities", "TotalAssetsLessCurrentLiab", "1450.00"),
		section("Creditors: due after one year", "LongTermLiabilities", "400.00", leaf("Loan#4", "400.00")),
		computedRow("Total net assets", "TotalNetAssets", "1050.00"),
		section("Capital and Reserves", "Equity", "1050.00", leaf("Capital#5", "50.00"),
			leaf("Retained Earnings#6", "1000.00")),
	)
}

func TestBalanceSheetsOfOtherCountries(t *testing.T) {
	t.Parallel()
	o := options("layout", "table")
	got := readFixture(t, reportTypes(t)["balance_sheet"], britishSheet(t, "500.00", "450.00"),
		export.Query{Options: o, Columns: []string{"Section", "Label", "Amounts"}})
	if got.err != nil {
		t.Fatal(got.err)
	}
	want := [][]string{
		{"0/0", "Fixed Assets", "", "", "", "Van", "1000.00"},
		{"0/0", "Net current assets", "Current Assets", "Cash at bank", "", "Current account", "500.00"},
		{"0/0", "Net current assets", "Current Assets", "Debtors", "", "Debtors", "250.00"},
		{"0/0", "Net current assets", "Creditors: due within one year", "", "", "Creditors", "300.00"},
		{"0/0", "Creditors: due after one year", "", "", "", "Loan", "400.00"},
		{"0/0", "Capital and Reserves", "", "", "", "Capital", "50.00"},
		{"0/0", "Capital and Reserves", "", "", "", "Retained Earnings", "1000.00"},
	}
	if diff := cmp.Diff(want, texts(got.rows)); diff != "" {
		t.Error(diff)
	}
	for says, body := range map[string]string{
		`"Cash at bank" says 500.00`:       britishSheet(t, "500.01", "450.00"),
		`"Net current assets" says 450.01`: britishSheet(t, "500.00", "450.01"),
	} {
		got := readFixture(t, reportTypes(t)["balance_sheet"], body, export.Query{Options: o})
		if !problem.HasCode(got.err, problem.TotalsMismatch) || !strings.Contains(got.err.Error(), says) {
			t.Errorf("%v, want %s", got.err, says)
		}
	}
}

func TestColumnsThatFollowFromOthers(t *testing.T) {
	t.Parallel()
	types := reportTypes(t)
	aging := []string{"Current", "1 - 30", "Total"}
	income := []string{"Total Income", "Total Expenses", "Net Income"}
	for name, test := range map[string]struct {
		id, body, says string
	}{
		"aging": {
			"ar_aging_summary",
			makeReport(t, aging, leaf("Ann#1", "1.00", "2.00", "3.00"),
				section("Bob", "", "5.00 1.00 6.00", leaf("Job#3", "5.00", "1.00", "6.00")),
				computedRow("Total", "GrandTotal", "6.00", "3.00", "9.00")),
			"",
		},
		"aging leaf": {
			"ar_aging_summary",
			makeReport(t, aging, leaf("Ann#1", "1.00", "2.00", "3.01"),
				computedRow("Total", "GrandTotal", "1.00", "2.00", "3.01")),
			`"Ann" says 3.01 under "Total", but adding up gives 3.00`,
		},
		"aging section": {
			"ap_aging_summary",
			makeReport(t, aging, section("Bob", "", "5.00 1.00 6.50", leaf("Job#3", "5.00", "1.00", "6.50")),
				computedRow("Total", "GrandTotal", "5.00", "1.00", "6.50")),
			`says 6.50 under "Total", but adding up gives 6.00`,
		},
		"income": {
			"customer_income",
			makeReport(t, income, leaf("Ann#1", "10.00", "4.00", "6.00"),
				computedRow("Total", "GrandTotal", "10.00", "4.00", "6.00")),
			"",
		},
		"wrong income": {
			"customer_income",
			makeReport(t, income, leaf("Ann#1", "10.00", "4.00", "14.00"),
				computedRow("Total", "GrandTotal", "10.00", "4.00", "14.00")),
			`"Ann" says 14.00 under "Net Income", but adding up gives 6.00`,
		},
		"in French": {
			"customer_income",
			makeReport(t, []string{"Revenus", "Charges", "Net"}, leaf("Ann#1", "10.00", "4.00", "6.00"),
				computedRow("Total", "GrandTotal", "10.00", "4.00", "6.00")),
			"",
		},
	} {
		o := options()
		if types[test.id].Dates == export.AsOfDay {
			o = map[string]string{"report_date": "2026-01-31"}
		}
		got := readFixture(t, types[test.id], test.body, export.Query{Options: o})
		switch {
		case test.says == "" && got.err != nil:
			t.Errorf("%s: %v", name, got.err)
		case test.says != "" && (!problem.HasCode(got.err, problem.TotalsMismatch) ||
			!strings.Contains(got.err.Error(), test.says)):
			t.Errorf("%s: %v, want %s", name, got.err, test.says)
		}
	}
}

func TestCashFlowAddsUp(t *testing.T) {
	t.Parallel()
	body := func(end string) string {
		return makeReport(t, []string{"Total"},
			section("Operating Activities", "OperatingActivities", "30.00", leaf("Net Income", "40.00"),
				leaf("Debtors#2", "-10.00")),
			section("Financing Activities", "FinancingActivities", "-5.00", leaf("Loan#4", "-5.00")),
			computedRow("Net cash increase for period", "CashIncrease", "25.00"),
			computedRow("Cash at beginning of period", "BeginningCash", "100.00"),
			computedRow("Cash at end of period", "EndingCash", end))
	}
	o := map[string]string{"date_range": "last_month"}
	if got := readFixture(t, reportTypes(t)["cash_flow"], body("125.00"), export.Query{Options: o}); got.err != nil {
		t.Error(got.err)
	}
	if got := readFixture(t, reportTypes(t)["cash_flow"], body("125.01"),
		export.Query{Options: o}); !problem.HasCode(got.err, problem.TotalsMismatch) {
		t.Errorf("got %v", got.err)
	}
}
