package statement

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
)

func readSample(t testing.TB, path string) []byte {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func mustArrange(t testing.TB, doc *document, d export.Report) *arranged {
	t.Helper()
	a, err := arrange(doc, d)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// readHard arranges a file of testdata/hard.
func readHard(t *testing.T, name string, d export.Report) *arranged {
	t.Helper()
	var doc document
	if err := decodeReport(readSample(t, filepath.Join("testdata", "hard", name+".json")), &doc); err != nil {
		t.Fatal(err)
	}
	return mustArrange(t, &doc, d)
}

// layOut returns a report's rows: role and level, then the cells.
func layOut(t *testing.T, a *arranged, d export.Report, kind string) []string {
	t.Helper()
	q := export.Query{Columns: []string{"Label", "Amounts"}}
	l, err := newLayout(a, d, kind, q, asked{})
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for row, err := range newReading(l, q).Rows {
		if err != nil {
			t.Fatal(err)
		}
		line := []string{roleNames[row.Role]}
		for _, c := range row.Cells {
			line = append(line, c.String())
		}
		list = append(list, strings.Join(line, "|"))
	}
	return list
}

// TestAmbiguousAmountsStayText proves that what can be read in two ways is not read in one of them.
func TestAmbiguousAmountsStayText(t *testing.T) {
	t.Parallel()
	body := string(readSample(t, filepath.Join("testdata", "hard", "amounts_spelt.json")))
	body = strings.NewReplacer("2,000.25", "12,50", "(100.25)", "1.234", "$5.00", "1,5", "1E+2", "7,", "2005.00", "14",
		"2,005.00", "14").Replace(body)
	var doc document
	if err := decodeReport([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	raw, err := walkAnswer([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	a := mustArrange(t, &doc, profitAndLoss())
	if err := a.conserves(raw); err != nil {
		t.Error(err)
	}
	want := []string{"data|Sales|12.50", "data|Returns|1.234", "data|Tips|1.5", "data|None|", "data|Exponent|7,"}
	if diff := cmp.Diff(want, layOut(t, a, profitAndLoss(), export.LayoutTable)); diff != "" {
		t.Error(diff)
	}
	cell := a.top[0].children[1].own[1]
	if _, ok := cell.amount(); ok || len(a.notes) != 2 {
		t.Errorf("%q is read as a number; %q", cell.text(), a.notes)
	}
	if err := verify(a, profitAndLoss(), asked{}); err != nil {
		t.Errorf("verify says %v", err)
	}
}

// listOf is a report of transactions.
func listOf(object string) export.Report {
	return export.Report{ID: "r", Object: object, Shape: export.List}
}

// describeColumns returns each column's key and kind, and whether it adds up.
func describeColumns(a *arranged) string {
	var list []string
	for _, c := range a.columns {
		text := c.id + " " + c.kind.String()
		if c.additive {
			text += " added"
		}
		list = append(list, text)
	}
	return strings.Join(list, ", ")
}

// TestColumnsAreWhatTheyHold proves that key, declared type and values decide together what a column is.
func TestColumnsAreWhatTheyHold(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, want string
		notes      []string
		rows       []string
	}{
		{
			"code_column_typed_money", "tx_date date, name text, sku text, qty number, assetvalue money added",
			[]string{`"SKU"`},
			[]string{"data||2026-02-03|Hose|004711|3|36.00", "data||2026-02-09|Hose|004711-B|-1|-12.00"},
		},
		{
			"home_currency_keys", "tx_date date, txn_type text, subt_nat_amount_home_nt money added, " +
				"rbal_nat_amount_home_nt money, create_date datetime, share_pct number, some_new_amount money",
			[]string{`key "share_pct"`, `key "some_new_amount"`},
			[]string{
				"data||2026-01-05|Deposit|100.00|100.00|2026-01-05T17:30:00Z|0.56|1.10",
				"data||2026-01-09|Check|-40.00|60.00|2026-01-10T01:00:00Z|12.5|2.20",
			},
		},
	} {
		a := readHard(t, test.name, listOf(test.name))
		if got := describeColumns(a); got != test.want {
			t.Errorf("%s has the columns %s", test.name, got)
		}
		if len(a.notes) != len(test.notes) {
			t.Errorf("%s: %q", test.name, a.notes)
			continue
		}
		for i, note := range test.notes {
			if !strings.Contains(a.notes[i], note) {
				t.Errorf("%s: %q, want %s", test.name, a.notes[i], note)
			}
		}
		got := layOut(t, a, listOf(test.name), export.LayoutStatement)
		for _, row := range test.rows {
			if !slices.Contains(got, row) {
				t.Errorf("%s: %q is not among %q", test.name, row, got)
			}
		}
	}
}

// TestTotalsWithLabelsBeforeAmounts reads a list of nothing but amounts, whose totals have one cell more.
func TestTotalsWithLabelsBeforeAmounts(t *testing.T) {
	t.Parallel()
	a := readHard(t, "labels_before_amounts", listOf("ProfitAndLossDetail"))
	if err := verify(a, listOf("ProfitAndLossDetail"), asked{}); err != nil {
		t.Error(err)
	}
	want := []string{
		"section|Income||", "section|Landscaping||", "data||100.00|8.00", "data||46.30|3.70",
		"total|Total for Landscaping|146.30|11.70", "total|Total for Income|146.30|11.70",
	}
	if diff := cmp.Diff(want, layOut(t, a, listOf("ProfitAndLossDetail"), export.LayoutStatement)); diff != "" {
		t.Error(diff)
	}
}

// TestEmptyReports reads every shape of a report without data.
func TestEmptyReports(t *testing.T) {
	t.Parallel()
	const header = `{"Header":{"ReportName":"R","Option":[{"Name":"noReportData","Value":"TRUE"}]}`
	for _, body := range []string{
		string(readSample(t, filepath.Join("testdata", "hard", "empty_without_columns.json"))),
		header + `}`, header + `,"Columns":null,"Rows":null}`, header + `,"Columns":{"Column":[]},"Rows":{"Row":[]}}`,
		header + `,"Columns":{"Column":[{"ColTitle":"","ColType":"Account"}]},"Rows":{}}`,
		header + `,"Columns":{"Column":[{"ColTitle":"Date","ColType":"tx_date"}]},"Rows":{"Row":null}}`,
	} {
		var doc document
		if err := decodeReport([]byte(body), &doc); err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		for _, d := range []export.Report{profitAndLoss(), listOf("R")} {
			a := mustArrange(t, &doc, d)
			for _, kind := range []string{export.LayoutStatement, export.LayoutTable, export.LayoutTidy} {
				if got := layOut(t, a, d, kind); len(got) > 0 {
					t.Errorf("%s: %q", body, got)
				}
			}
			if whole, err := spliceReports(a, mustArrange(t, &doc, d)); err != nil || len(whole.top) > 0 {
				t.Errorf("%s: %v", body, err)
			}
			compareReports(a, mustArrange(t, &doc, d), export.CompareYear)
		}
	}
	for _, body := range []string{`{}`, `{"Header":{},"Rows":{}}`, header + `,"Rows":{"Row":[{"ColData":[]}]}}`} {
		var doc document
		if err := decodeReport([]byte(body), &doc); err == nil {
			t.Errorf("%s is taken for a report", body)
		}
	}
}

// TestUnreadableAmountsAreNamed proves that an amount nobody can read is named by report, row and column.
func TestUnreadableAmountsAreNamed(t *testing.T) {
	t.Parallel()
	body := strings.Replace(string(readSample(t, filepath.Join("testdata", "hard", "amounts_spelt.json"))), "$5.00",
		"about 5", 1)
	var doc document
	if err := decodeReport([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	a := mustArrange(t, &doc, profitAndLoss())
	if len(a.notes) != 1 || !strings.Contains(a.notes[0],
		`ProfitAndLoss the row "Tips" has "about 5" under "Total"`) {
		t.Errorf("%q", a.notes)
	}
}

// TestTotalsInEveryShape proves that a total and a rest group are told by group and place, whatever their JSON's shape.
func TestTotalsInEveryShape(t *testing.T) {
	t.Parallel()
	body := string(readSample(t, filepath.Join("testdata", "hard", "total_as_plain_row.json")))
	var doc map[string]any
	if err := json.Unmarshal([]byte(body), &doc); err != nil {
		t.Fatal(err)
	}
	list := doc["Rows"].(map[string]any)["Row"].([]any)
	shapes := map[string]func(cells any, group string) any{
		"plain": func(cells any, group string) any { return map[string]any{"ColData": cells, "group": group} },
		"header": func(cells any, group string) any {
			return map[string]any{"Header": map[string]any{"ColData": cells}, "group": group, "type": "Section"}
		},
		"summary": func(cells any, group string) any {
			return map[string]any{"Summary": map[string]any{"ColData": cells}, "group": group, "type": "Section"}
		},
		"section": func(cells any, group string) any {
			return map[string]any{"ColData": cells, "Rows": map[string]any{}, "group": group, "type": "Section"}
		},
	}
	d := export.Report{ID: "r", Object: "ClassSales", Shape: export.Tree}
	leaves := []string{"data|East|1200.00", "data|West|300.50", "data|Not specified|-10.00"}
	for a, makeRest := range shapes {
		for b, makeTotal := range shapes {
			for _, group := range []string{"GrandTotal", "GRANDTOTAL"} {
				rows := slices.Clone(list)
				rows[2] = makeRest(rows[2].(map[string]any)["ColData"], "**")
				rows[3] = makeTotal(rows[3].(map[string]any)["ColData"], group)
				doc["Rows"] = map[string]any{"Row": rows}
				text, err := json.Marshal(doc)
				if err != nil {
					t.Fatal(err)
				}
				var decoded document
				if err := decodeReport(text, &decoded); err != nil {
					t.Fatal(err)
				}
				got := mustArrange(t, &decoded, d)
				if err := verify(got, d, asked{}); err != nil {
					t.Errorf("rest as %s, total as %s: %v", a, b, err)
				}
				want := []export.Check{
					{What: "TOTAL", Place: "Total", Says: "1490.50", AddsUpTo: "1490.50", Holds: true},
				}
				if diff := cmp.Diff(want, got.checks); diff != "" {
					t.Errorf("rest as %s, total as %s: %s", a, b, diff)
				}
				for _, kind := range []string{export.LayoutTable, export.LayoutStatement} {
					want := leaves
					if kind == export.LayoutStatement {
						want = append(slices.Clone(leaves), "total|TOTAL|1490.50")
					}
					if diff := cmp.Diff(want, layOut(t, got, d, kind)); diff != "" {
						t.Errorf("rest as %s, total as %s, %s: %s", a, b, kind, diff)
					}
				}
			}
		}
	}
}

// TestTotalsOfFlatLists proves that the total of a list without sections is checked.
func TestTotalsOfFlatLists(t *testing.T) {
	t.Parallel()
	d := listOf("InventoryValuationDetail")
	a := readHard(t, "code_column_typed_money", d)
	if err := verify(a, d, asked{}); err != nil {
		t.Error(err)
	}
	want := []export.Check{{What: "TOTAL", Place: "Asset Value", Says: "24.00", AddsUpTo: "24.00", Holds: true}}
	if diff := cmp.Diff(want, a.checks); diff != "" {
		t.Error(diff)
	}
}
