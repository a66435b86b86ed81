package web

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ledgersheet/internal/export"
)

// TestExporterOfAFile: the form makes an exporter that keeps a file, its page says so and gives the file, and wrong
// places come back with words at their fields.
func TestExporterOfAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newSite(t, siteOptions{exportDirs: []string{dir}}).signIn().fill()
	form := s.filledForm(url.Values{
		"kind": {"csv"}, "folder": {dir}, "file": {"invoices.csv"}, "keep_month_ends": {}, "split": {},
		"sheet": {}, "account": {},
		"spreadsheet": {}, "start": {},
	})
	for _, wrong := range []struct{ field, value, says string }{
		{"folder", "/etc", "must be " + dir}, {"folder", dir + "/missing", "is not there"},
		{"folder", "", "is missing"},
		{"file", "../x.csv", "without /"}, {"file", "x.xlsx", "ends in .csv"}, {"file", "", "is missing"},
		{"keep_month_ends", "true", "is only for Google Sheets"},
		{"split", "year", "is only for Google Sheets"}, {"kind", "pdf", "must be sheet or csv or xlsx"},
		{"on_hand_edit", "keep_copy", "keep_copy is only for Google Sheets"},
	} {
		bad := url.Values{}
		for key, v := range form {
			bad[key] = v
		}
		bad.Set(wrong.field, wrong.value)
		a := s.post("/exporters", bad)
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, wrong.says) {
			t.Errorf("%s %q: status %d lacks %q", wrong.field, wrong.value, a.status, wrong.says)
		}
	}
	s.wantSent("/exporters", form, "/exporters/exp_")
	a := s.post("/exporters", form)
	if !strings.Contains(a.body, "is written by the exporter &#34;Open invoices&#34;") {
		t.Errorf("twice the same file: status %d", a.status)
	}
	all, err := s.desk.Exporters(t.Context(), export.ExporterFilter{})
	must(t, err)
	page := "/exporters/" + string(all[0].ID)
	a = s.get(page + "/file")
	if a.status != http.StatusNotFound || !strings.Contains(a.body, "There is no file yet.") {
		t.Errorf("before the first run: status %d", a.status)
	}
	must(t, os.WriteFile(filepath.Join(dir, "invoices.csv"), []byte("ID\n1\n"), 0o600))
	a = s.get(page + "/file")
	if a.body != "ID\n1\n" || !strings.Contains(a.header.Get("Content-Disposition"), "invoices.csv") {
		t.Errorf("the file is %q, %v", a.body, a.header)
	}
	s.run(all[0], func(r *export.Run) {
		succeeded(r)
		r.URL = "http://ledgersheet.test" + page + "/file"
	})
	body := s.wantGet(page)
	for _, text := range []string{"CSV file “invoices.csv” in " + dir, "Get the file"} {
		if !strings.Contains(body, text) {
			t.Errorf("the page lacks %q", text)
		}
	}
	for _, text := range []string{"Formulas beside the rows", "Written by", "Open sheet"} {
		if strings.Contains(body, text) {
			t.Errorf("the page of a file says %q", text)
		}
	}
	plain := newSite(t, siteOptions{}).signIn().fill()
	if body := plain.wantGet("/exporters/new?type=invoices"); strings.Contains(body, "Excel workbook") {
		t.Error("files are offered although no folder is allowed")
	}
	refused := plain.post("/exporters", plain.filledForm(url.Values{
		"kind": {"csv"}, "folder": {dir}, "file": {"x.csv"}, "keep_month_ends": {}, "split": {},
	}))
	if refused.status != http.StatusUnprocessableEntity || !strings.Contains(refused.body, "LEDGERSHEET_EXPORT_DIRS") {
		t.Errorf("without an allowed folder: status %d", refused.status)
	}
}
