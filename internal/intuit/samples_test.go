package intuit

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ledgersheet/internal/problem"
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
			for rec, err := range decodePage(page) {
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
