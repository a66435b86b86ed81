package statement

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
)

// decodeText arranges a report that a test spells out.
func decodeText(t *testing.T, body string, d export.Report) *arranged {
	t.Helper()
	var doc document
	if err := decodeReport([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	return mustArrange(t, &doc, d)
}

// TestTidyKeepsOtherColumns proves that a tidy report makes rows of the periods' amounts alone. Texts, percentages and
// prices stay columns, also of rows that have no amount.
func TestTidyKeepsOtherColumns(t *testing.T) {
	t.Parallel()
	a := decodeText(t, `{"Header":{"ReportName":"ClassSales","Currency":"USD"},"Columns":{"Column":[
		{"ColTitle":"","ColType":"Class"},{"ColTitle":"Code","ColType":"String"},
		{"ColTitle":"Jan 2026","ColType":"Money","Columns":{"Column":[
			{"ColTitle":"Amount","ColType":"Money"},{"ColTitle":"% of Sales","ColType":"Money"},
			{"ColTitle":"Avg Price","ColType":"Money"}]}},
		{"ColTitle":"Feb 2026","ColType":"Money"},{"ColTitle":"Total","ColType":"Money"}]},
		"Rows":{"Row":[
			{"ColData":[{"value":"East"},{"value":"007"},{"value":"10.00"},{"value":"40"},{"value":"2.50"},
				{"value":"5.00"},{"value":"15.00"}]},
			{"ColData":[{"value":"West"},{"value":"A-1"},{"value":""},{"value":"60"},{"value":""},{"value":""},
				{"value":""}]},
			{"ColData":[{"value":"North"},{"value":""},{"value":""},{"value":""},{"value":""},{"value":""},
				{"value":""}]}]}}`, export.Report{ID: "r", Shape: export.Tree, Summarize: []string{"Total"}})
	want := []string{
		"data|East|007|40|2.50|Jan 2026 Amount||10.00", "data|East|007|40|2.50|Feb 2026||5.00",
		"data|West|A-1|60||||",
	}
	if diff := cmp.Diff(want, layOut(t, a, export.Report{}, export.LayoutTidy)); diff != "" {
		t.Error(diff)
	}
}

// TestTitlesOfSplitColumnsMeanNothing proves that the name of a customer or a class does not decide whether the amounts
// under it add up.
func TestTitlesOfSplitColumnsMeanNothing(t *testing.T) {
	t.Parallel()
	for title, inList := range map[string]bool{
		"Corporate": true, "Gross & Sons": true, "Gross Sales": false, "Tax Rate": false, "100% Cotton": false,
		"Average Joe": false, "Gross Margin": true, "Unit Price": false, "Non-Taxable": false, "Pirates": true,
	} {
		column, err := json.Marshal(title)
		if err != nil {
			t.Fatal(err)
		}
		body := `{"Header":{"ReportName":"R","Currency":"USD"},"Columns":{"Column":[{"ColTitle":"","ColType":"Class"},
			{"ColTitle":` + string(column) + `,"ColType":"Money"}]},
			"Rows":{"Row":[{"ColData":[{"value":"East"},{"value":"10.00"}]}]}}`
		if !decodeText(t, body, export.Report{Summarize: []string{"Total", "Customers"}}).columns[1].additive {
			t.Errorf("the amounts of the customer %s are not added", title)
		}
		if got := decodeText(t, body, export.Report{}).columns[1].additive; got != inList {
			t.Errorf("amounts under %s are added: %t", title, got)
		}
	}
}

// TestLeadingZerosAreCodes proves that a column of amounts whose values are digits with leading zeros is text, unless
// its key or its period proves that it holds amounts, and that a zero alone is no code.
func TestLeadingZerosAreCodes(t *testing.T) {
	t.Parallel()
	for value, want := range map[string]string{"004711": "text", "000": "money", "0": "money", "0.50": "money"} {
		a := decodeText(t, `{"Header":{"ReportName":"R","Currency":"USD"},"Columns":{"Column":[
			{"ColTitle":"","ColType":"Item"},{"ColTitle":"Number","ColType":"Money"},
			{"ColTitle":"Jan 2026","ColType":"Money","MetaData":[{"Name":"StartDate","Value":"2026-01-01"}]}]},
			"Rows":{"Row":[{"ColData":[{"value":"Hose"},{"value":"`+value+`"},{"value":"`+value+`"}]}]}}`,
			export.Report{})
		if c := a.columns[1]; c.kind.String() != want || c.additive != (want == "money") {
			t.Errorf("a column with %s is %s, added %t", value, c.kind, c.additive)
		}
		if c := a.columns[2]; c.kind.String() != "money" {
			t.Errorf("a period with %s is %s", value, c.kind)
		}
	}
}
