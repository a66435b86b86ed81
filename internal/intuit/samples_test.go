package intuit

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ledgersheet/internal/problem"
)

// samples is a folder of QuickBooks' real answers that developers may have beside the repository. The files in testdata
// were written after them.
var samples = filepath.Join("..", "..", "..", "shared", "samples", "quickbooks")

// eachAnswer calls check with the answers in testdata, and in a test of its own with the samples, which is skipped
// where there are none.
func eachAnswer[T any](
	t *testing.T, own, sampled map[string]T, check func(t *testing.T, name string, body []byte, want T),
) {
	t.Helper()
	read := func(t *testing.T, folder string, wants map[string]T) {
		t.Helper()
		for name, want := range wants {
			body, err := os.ReadFile(filepath.Join(folder, name))
			if err != nil {
				t.Fatal(err)
			}
			check(t, name, body, want)
		}
	}
	read(t, "testdata", own)
	t.Run("samples", func(t *testing.T) {
		if _, err := os.Stat(samples); os.IsNotExist(err) {
			t.Skip("there are no samples beside the repository; only testdata was read")
		}
		read(t, samples, sampled)
	})
}

func TestSampleFaults(t *testing.T) {
	t.Parallel()
	type want struct {
		status int
		code   problem.Code // while it stays so
	}
	eachAnswer(t, map[string]want{
		"fault_query_parse.json":   {400, problem.QuickBooksRejected},
		"fault_token_expired.json": {401, problem.CompanyReconnectRequired},
		"fault_wrong_company.json": {403, problem.CompanyReconnectRequired},
		"fault_throttle.json":      {429, problem.QuickBooksRateLimited},
	}, map[string]want{
		"fault_400_2010_invalid_property.json":     {400, problem.QuickBooksRejected},
		"fault_400_4000_empty_query.json":          {400, problem.QuickBooksRejected},
		"fault_400_4000_query_parse.json":          {400, problem.QuickBooksRejected},
		"fault_400_4001_not_queryable.json":        {400, problem.QuickBooksRejected},
		"fault_400_500_unsupported_operation.json": {400, problem.QuickBooksRejected},
		"fault_400_610_object_not_found.json":      {400, problem.QuickBooksRejected},
		"fault_400_6240_duplicate_name.json":       {400, problem.QuickBooksRejected},
		"fault_401_token_expired_lowercase.json":   {401, problem.CompanyReconnectRequired},
		"fault_403_application_authorization.json": {403, problem.CompanyReconnectRequired},
		"fault_429_throttle.json":                  {429, problem.QuickBooksRateLimited},
	}, func(t *testing.T, name string, body []byte, want want) {
		t.Helper()
		f := readFault(body)
		if f == nil || len(f.Errors) != 1 || f.Errors[0].Code == "" {
			t.Errorf("%s: %+v", name, f)
			return
		}
		got := faultFailure(request{}, want.status, f, 0)
		if got.then != nil {
			got = got.then
		}
		if got.problem.Code != want.code || strings.Contains(got.problem.Message, "FAKEACCESSTOKEN") {
			t.Errorf("%s: %v", name, got.problem)
		}
	})
}

func TestSamplePages(t *testing.T) {
	t.Parallel()
	eachAnswer(t, map[string]int{"page_vendors.json": 3, "page_empty.json": 0}, map[string]int{
		"query_customer_all_41.json":         41,
		"query_vendor_page_1_of_6.json":      5,
		"query_vendor_page_6_of_6_last.json": 1,
		"query_empty_result.json":            0,
	}, func(t *testing.T, name string, body []byte, want int) {
		var doc struct{ QueryResponse map[string]json.RawMessage }
		if err := json.Unmarshal(body, &doc); err != nil {
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
	})
}
