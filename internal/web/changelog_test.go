package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
)

// TestChangeLogForm creates a change log in the form, which shows its own options and reports what is wrong with them.
func TestChangeLogForm(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	page := s.get("/exporters/new?type=changes")
	for _, want := range []string{
		`id="option-objects"`, `id="option-keep_days"`, `value="90" selected`, "They are Invoice, Payment, ",
	} {
		if page.status != http.StatusOK || !strings.Contains(page.body, want) {
			t.Errorf("status %d, the form has no %s", page.status, want)
		}
	}
	form := url.Values{
		"type": {"changes"}, "name": {"What changed"}, "company": {string(realmA)}, "revision": {"0"},
		"column":         {"When", "Record", "Id", "Change", "Link"},
		"option.objects": {"Invoice, Bill"}, "option.keep_days": {"30"}, "filter_column": {"ClosedBooks"},
		"filter_op": {"="}, "filter_value": {"true"},
		"account": {string(s.account)}, "sheet": {"Data"}, "start": {"A1"}, "when": {""}, "timezone": {"UTC"},
		"action": {"save"},
	}
	s.wantSent("/exporters", form, "/exporters/exp_")
	all, err := s.desk.Exporters(t.Context(), export.ExporterFilter{})
	must(t, err)
	if len(all) != 1 {
		t.Fatalf("%d exporters were made", len(all))
	}
	if diff := cmp.Diff(map[string]string{"objects": "Invoice, Bill", "keep_days": "30"}, all[0].Options); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"When", "Record", "Id", "Change", "Link"}, all[0].Columns); diff != "" {
		t.Error(diff)
	}
	form.Set("option.objects", "Invoices")
	form.Set("extra_columns", "TotalAmt")
	a := s.post("/exporters", form)
	for _, want := range []string{`href="#option-objects"`, "is not a column of changes"} {
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, want) {
			t.Errorf("status %d, the page does not say %s", a.status, want)
		}
	}
}
