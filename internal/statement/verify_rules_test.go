package statement

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
)

// verifyRows verifies a report of one column of amounts. Rows are written as JSON; S(name, amount, rows) is a section,
// R(name, amount) a result, L(name, amount) a leaf.
func verifyRows(t *testing.T, d export.Report, rows string) (*arranged, error) {
	t.Helper()
	var doc document
	body := `{"Header":{"ReportName":"Drawn"},"Columns":{"Column":[{"ColTitle":"","ColType":"Account"},` +
		`{"ColTitle":"Total","ColType":"Money","MetaData":[{"Name":"ColKey","Value":"total"}]}]},"Rows":{"Row":[` +
		rows + `]}}`
	if err := decodeReport([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	a := mustArrange(t, &doc, d)
	return a, verify(a, d, asked{})
}

func cellsOf(name, amount string) string {
	return fmt.Sprintf(`"ColData":[{"value":%q},{"value":%q}]`, name, amount)
}

func leafOf(name, amount string) string { return "{" + cellsOf(name, amount) + "}" }

func resultOf(group, name, amount string) string {
	return fmt.Sprintf(`{"group":%q,"Summary":{%s}}`, group, cellsOf(name, amount))
}

func sectionOf(group, name, amount string, rows ...string) string {
	return fmt.Sprintf(`{"group":%q,"Header":{%s},"Rows":{"Row":[%s]},"Summary":{%s}}`, group, cellsOf(name, ""),
		strings.Join(rows, ","), cellsOf("Total "+name, amount))
}

// TestResultsOfUnknownGroups proves that each result is either compared with what it follows from or named in a
// warning, in sections of any group and among the rows of a section.
func TestResultsOfUnknownGroups(t *testing.T) {
	t.Parallel()
	assets := func(net, total string) string { // as statements in the United Kingdom have them
		return sectionOf("NetAssets", "Net assets", total,
			sectionOf("FixedAssets", "Fixed assets", "500.00", leafOf("Van", "500.00")),
			sectionOf("CurrentAssets", "Current assets", "90.00", leafOf("Bank", "90.00")),
			sectionOf("Creditors", "Creditors", "30.00", leafOf("Payables", "30.00")),
			resultOf("NetCurrentAssets", "Net current assets", net))
	}
	pl := sectionOf("Income", "Income", "10.00", leafOf("Sales", "10.00")) + "," +
		sectionOf("Levies", "Levies", "3.00", leafOf("Levy", "3.00"))
	unproven := func(name string) string {
		return fmt.Sprintf("In the report Drawn nothing that is known proves %q; it is exported as QuickBooks says it.",
			name)
	}
	for _, test := range []struct {
		name, rows string
		holds      []string // checks besides those of sections whose rows add up
		unproven   []string
	}{
		{"all follows", assets("60.00", "560.00"), []string{
			"Net current assets, from the rows before it|60.00", "Total Net assets, parts subtracted|560.00"}, nil},
		{"a result that follows from nothing", assets("61.00", "560.00"),
			[]string{"Total Net assets, from the rows before it|560.00"}, []string{unproven("Net current assets")}},
		{"a section that follows from nothing", assets("60.00", "777.00"),
			[]string{"Net current assets, from the rows before it|60.00"}, []string{unproven("Total Net assets")}},
		{"a rule with a section it does not know", pl + "," + resultOf("NetIncome", "Net income", "7.00"),
			[]string{"Net income, from the rows before it|7.00"}, nil},
		{"such a rule, broken", pl + "," + resultOf("NetIncome", "Net income", "8.00"), nil,
			[]string{unproven("Net income")}},
		{"a result of nothing", pl + "," + resultOf("Other", "Nothing", "0.00"), nil, nil},
	} {
		a, err := verifyRows(t, profitAndLoss(), test.rows)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		}
		var holds []string
		for _, c := range a.checks {
			if text := c.What + "|" + c.Says; strings.Contains(text, ",") && c.Holds {
				holds = append(holds, text)
			}
		}
		slices.Sort(holds)
		if diff := cmp.Diff(test.holds, holds); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
		if diff := cmp.Diff(test.unproven, a.unproven); diff != "" {
			t.Errorf("%s: %s", test.name, diff)
		}
	}
}

// TestTotalOfLastRows: an account's total "with sub-accounts" closes the section around it.
func TestTotalOfLastRows(t *testing.T) {
	t.Parallel()
	rows := func(total string) string {
		return `{"Header":{` + cellsOf("Income", "") + `},"Rows":{"Row":[` + sectionOf("", "Design", "5.00",
			leafOf("a", "5.00")) + "," + sectionOf("", "Lawns", "2.00", leafOf("b", "2.00")) + "," +
			sectionOf("", "Soil", "3.00", leafOf("c", "3.00")) + `]},"Summary":{` +
			cellsOf("Total for Lawns with sub-accounts", total) + `}}`
	}
	d := listOf("ProfitAndLossDetail")
	if _, err := verifyRows(t, d, rows("5.00")); err != nil {
		t.Error(err)
	}
	if _, err := verifyRows(t, d, rows("6.50")); err == nil {
		t.Error("a total that is none of its rows is not seen")
	}
}

// TestUnprovenAreBounded: however many results nothing proves, people read of a few.
func TestUnprovenAreBounded(t *testing.T) {
	t.Parallel()
	rows := leafOf("Sales", "10.00")
	for i := range 50 {
		rows += "," + resultOf("Other", fmt.Sprint("Result ", i), fmt.Sprint(1000+13*i*i*i))
	}
	a, _ := verifyRows(t, profitAndLoss(), rows)
	if n := len(a.unproven); n != mostNamed+1 || !strings.HasSuffix(a.unproven[n-1], "proves more totals.") {
		t.Errorf("%q", a.unproven)
	}
}
