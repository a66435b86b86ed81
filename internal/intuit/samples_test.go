package intuit

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

// samples is a folder of QuickBooks' real answers that developers may have beside the repository.
var samples = filepath.Join("..", "..", "..", "shared", "samples", "quickbooks")

func sample(t *testing.T, name string) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join(samples, name))
	if os.IsNotExist(err) {
		t.Skip("there are no samples")
	}
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestSampleReports(t *testing.T) {
	t.Parallel()
	names, _ := filepath.Glob(filepath.Join(samples, "report_*.json"))
	more, _ := filepath.Glob(filepath.Join(samples, "tap_*.json"))
	lists := []string{"generalledger", "transactionlist", "agedreceivabledetail", "accountlist", "tap_"}
	groups := map[string][]export.GroupSum{
		"profitandloss": {{Group: "GrossProfit", Of: []string{"Income", "-COGS"}}, {Group: "NetOperatingIncome", Of: []string{"GrossProfit", "-Expenses"}}, {Group: "NetIncome", Of: []string{"NetOperatingIncome", "NetOtherIncome"}}},
		"balancesheet":  {{Group: "TotalLiabilitiesAndEquity", Of: []string{"Liabilities", "Equity"}}, {Group: "TotalAssets", Of: []string{"TotalLiabilitiesAndEquity"}}},
	}
	// The documentation left rows out of these, so they cannot add up.
	shortened := []string{"report_cashflow_doc.json", "report_trialbalance_doc.json"}
	for _, path := range slices.Concat(names, more) {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body := sample(t, name)
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
			a := arrange(&doc, d)
			err := verify(a, d, asked{summarize: "Total"})
			if slices.Contains(shortened, name) != problem.HasCode(err, problem.TotalsMismatch) {
				t.Errorf("verify says %v", err)
			}
			for _, layout := range []string{export.LayoutStatement, export.LayoutTable} {
				q := export.Query{Columns: []string{"Section", "Label", "LabelId", "Amounts"}, Options: map[string]string{"layout": layout}}
				l, err := newLayout(a, d, q, asked{})
				if err != nil {
					t.Fatal(err)
				}
				reading := lay(l, q)
				got := map[string]int{}
				for row := range reading.Rows {
					for i, c := range row.Cells {
						if v, ok := c.Decimal(); ok && row.Role == table.Data && reading.Schema.Columns[i].Kind == table.Money {
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

// leafAmounts counts the amounts in a report's leaves, and in the headers of sections that have rows, read without the
// code that is tested.
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

func TestSampleFaults(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]problem.Code{
		"fault_400_2010_invalid_property.json":     problem.QuickBooksRejected,
		"fault_400_4000_empty_query.json":          problem.QuickBooksRejected,
		"fault_400_4000_query_parse.json":          problem.QuickBooksRejected,
		"fault_400_4001_not_queryable.json":        problem.QuickBooksRejected,
		"fault_400_500_unsupported_operation.json": problem.QuickBooksRejected,
		"fault_400_610_object_not_found.json":      problem.QuickBooksRejected,
		"fault_400_6240_duplicate_name.json":       problem.QuickBooksRejected,
		"fault_401_token_expired_lowercase.json":   problem.CompanyReconnectRequired,
		"fault_403_application_authorization.json": problem.CompanyReconnectRequired,
		"fault_429_throttle.json":                  problem.QuickBooksRateLimited,
	} {
		f := readFault(sample(t, name))
		if f == nil || len(f.Errors) != 1 || f.Errors[0].Code == "" {
			t.Errorf("%s: %+v", name, f)
			continue
		}
		if got := faultFailure(request{}, 200, f, 0); got.problem.Code != want || strings.Contains(got.problem.Message, "FAKEACCESSTOKEN") {
			t.Errorf("%s: %v", name, got.problem)
		}
	}
}

func TestSamplePages(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]int{
		"query_customer_all_41.json": 41, "query_vendor_page_1_of_6.json": 5, "query_vendor_page_6_of_6_last.json": 1, "query_empty_result.json": 0,
	} {
		var doc struct{ QueryResponse map[string]json.RawMessage }
		if err := json.Unmarshal(sample(t, name), &doc); err != nil {
			t.Fatal(err)
		}
		n := 0
		for object, page := range doc.QueryResponse {
			if object == "startPosition" || object == "maxResults" {
				continue
			}
			for rec, err := range records(page) {
				if err != nil || rec.Text("Id") == "" {
					t.Fatalf("%s: %v, %v", name, rec, err)
				}
				n++
			}
		}
		if n != want {
			t.Errorf("%s: %d records, want %d", name, n, want)
		}
	}
}
