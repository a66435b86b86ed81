package app_test

import (
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/sheetfile"
)

// download gets a file from the API with the token, or from a page with a session.
func (v *visitor) download(path string) []byte {
	v.w.t.Helper()
	r := httptest.NewRequestWithContext(v.w.ctx, http.MethodGet, path, nil)
	if strings.HasPrefix(path, "/api/") {
		r.Header.Set("Authorization", "Bearer "+apiToken)
	} else {
		for _, c := range v.cookies {
			r.AddCookie(c)
		}
	}
	answer := v.do(r)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(v.w.t, err)
	if answer.StatusCode != http.StatusOK {
		v.w.t.Fatalf("GET %s: %s %s", path, answer.Status, body)
	}
	return body
}

// TestDownloadsEqualTheSheet compares every cell of both files with what a run wrote.
func TestDownloadsEqualTheSheet(t *testing.T) {
	t.Parallel()
	w := makeWorld(t, intuitsim.Options{Nasty: true, Invoices: 1200})
	w.openToVisitors()
	v, companies := w.signIn(), w.connect(2)
	columns := map[string][]string{"invoices": {"Id", "DocNumber", "TxnDate", "CustomerRef.name", "TotalAmt",
		"PrivateNote", "MetaData.LastUpdatedTime"}, "balance_sheet": nil}
	for kind, options := range map[string]map[string]string{
		"invoices":      {"date_range": "all"},
		"balance_sheet": {"date_range": "last_fiscal_year", "accounting_method": "Accrual"},
	} {
		e := w.create(w.newExporter(kind, options, columns[kind], companies...))
		run, doc := w.mustRun(e.ID)
		sheet := doc.Values("Data!A1:Z20000")
		path := "/exporters/" + string(e.ID) + "/download?format="
		name := filepath.Join(t.TempDir(), "x.xlsx")
		must(t, os.WriteFile(name, v.download("/api/v1"+path+"xlsx"), 0o600))
		book, err := sheetfile.OpenBook(name)
		must(t, err)
		defer book.Close()
		n := 0
		for row, err := range book.Rows() {
			must(t, err)
			for i := range max(len(row), len(sheet[n])) {
				want, got := cellText(sheet[n], i), ""
				if i < len(row) {
					got = row[i].Text
				}
				// The sheet holds longer texts.
				cut := strings.HasSuffix(got, "32,767 characters]") && got[:30_000] == want[:30_000]
				if got != want && !cut {
					t.Fatalf("%s, row %d, column %d: the workbook has %.60q, the sheet %.60q",
						kind, n+1, i+1, got, want)
				}
			}
			n++
		}
		records, err := csv.NewReader(strings.NewReader(string(v.download(path + "csv")))).ReadAll()
		must(t, err)
		if n != len(sheet) || len(records) != n || run.Rows != n-1 || n < 10 {
			t.Errorf("%s: %d rows in the sheet, %d in the workbook, %d in CSV", kind, len(sheet), n, len(records))
		}
	}
	for _, req := range w.intuit.Writes() {
		t.Errorf("%s %s was sent to QuickBooks", req.Method, req.Path)
	}
}

// cellText returns a cell of the sheet as a workbook's value has it.
func cellText(row []any, i int) string {
	if i >= len(row) {
		return ""
	}
	if n, ok := row[i].(float64); ok {
		return strconv.FormatFloat(n, 'f', -1, 64)
	}
	return fmt.Sprint(row[i])
}
