package statement

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// samples is a folder of QuickBooks' real answers, which developers may have next to the repository.
var samples = filepath.Join("..", "..", "..", "shared", "samples", "quickbooks")

func readSample(t *testing.T, path string) []byte {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestSampleReports(t *testing.T) {
	t.Parallel()
	var names []string
	for _, pattern := range []string{"report_*.json", "tap_*.json"} {
		found, err := filepath.Glob(filepath.Join(samples, pattern))
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found...)
	}
	if len(names) == 0 {
		t.Run("samples", func(t *testing.T) {
			t.Skip("there are no samples beside the repository; only testdata was read")
		})
	}
	own := []string{}
	for _, name := range []string{"profit_and_loss_by_month.json", "general_ledger_older.json", "trial_balance.json"} {
		own = append(own, filepath.Join("..", "source", "testdata", name))
	}
	lists := []string{
		"generalledger", "general_ledger", "transactionlist", "agedreceivabledetail", "accountlist", "tap_",
	}
	groups := map[string][]export.GroupSum{
		"profitandloss": {
			{Group: "GrossProfit", Of: []string{"Income", "-COGS"}},
			{Group: "NetOperatingIncome", Of: []string{"GrossProfit", "-Expenses"}},
			{Group: "NetIncome", Of: []string{"NetOperatingIncome", "NetOtherIncome"}},
		},
		"balancesheet": {
			{Group: "TotalLiabilitiesAndEquity", Of: []string{"Liabilities", "Equity"}},
			{Group: "TotalAssets", Of: []string{"TotalLiabilitiesAndEquity"}},
		},
	}
	// The documentation leaves rows out of these samples, so they cannot add up.
	shortened := []string{"report_cashflow_doc.json", "report_trialbalance_doc.json"}
	for _, path := range slices.Concat(own, names) {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := readSample(t, path)
			d := export.Report{ID: "sample", Shape: export.Tree}
			if slices.ContainsFunc(lists, func(l string) bool { return strings.Contains(name, l) }) {
				d.Shape, d.Running = export.List, true
			}
			for part, g := range groups {
				if strings.Contains(name, part) {
					d.Groups = g
				}
			}
			var doc document
			if err := decodeReport(body, &doc); err != nil {
				t.Fatal(err)
			}
			a := mustArrange(t, &doc, d)
			err := verify(a, d, asked{summarize: "Total"})
			if slices.Contains(shortened, name) != problem.HasCode(err, problem.TotalsMismatch) {
				t.Errorf("verify says %v", err)
			}
			for _, layout := range []string{export.LayoutStatement, export.LayoutTable} {
				q := export.Query{Columns: []string{"Section", "Label", "LabelId", "Amounts"}}
				l, err := newLayout(a, d, layout, q, asked{})
				if err != nil {
					t.Fatal(err)
				}
				reading := newReading(l, q)
				got := map[string]int{}
				for row := range reading.Rows {
					for i, c := range row.Cells {
						if v, ok := c.Decimal(); ok && row.Role == table.Data &&
							reading.Schema.Columns[i].Kind == table.Money {
							got[v.String()]++
						}
					}
				}
				if layout != export.LayoutTable {
					continue
				}
				if diff := cmp.Diff(leafAmounts(t, body), got); diff != "" {
					t.Errorf("the leaves' amounts and the table's differ: %s", diff)
				}
			}
		})
	}
}

// leafAmounts counts the amounts in a report's leaves and in the headers of sections that have rows, without using the
// code under test.
func leafAmounts(t *testing.T, body []byte) map[string]int {
	t.Helper()
	var doc map[string]any
	if err := json.Unmarshal(body, &doc); err != nil {
		t.Fatal(err)
	}
	var money []bool
	for _, c := range doc["Columns"].(map[string]any)["Column"].([]any) {
		c := c.(map[string]any)
		kind, _ := c["ColType"].(string)
		if meta, ok := c["MetaData"].([]any); ok && kind == "" {
			kind, _ = meta[0].(map[string]any)["Value"].(string)
		}
		money = append(money, kind == "Money" || strings.Contains(kind, "amount"))
	}
	counts := map[string]int{}
	count := func(cells any) {
		list, _ := cells.([]any)
		for i, c := range list {
			v, _ := c.(map[string]any)["value"].(string)
			if d, err := table.ParseDecimal(v); err == nil && money[i] {
				counts[d.String()]++
			}
		}
	}
	var walk func(rows any)
	walk = func(rows any) {
		m, _ := rows.(map[string]any)
		list, _ := m["Row"].([]any)
		for _, r := range list {
			r := r.(map[string]any)
			count(r["ColData"])
			if h, ok := r["Header"].(map[string]any); ok && r["Rows"] != nil {
				count(h["ColData"])
			}
			walk(r["Rows"])
		}
	}
	walk(doc["Rows"])
	return maps.Clone(counts)
}
