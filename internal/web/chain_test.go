package web

import (
	"net/url"
	"strings"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestChainPages: the form offers the other exporters, refuses a cycle at the field, and the page says what is waited
// for.
func TestChainPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	first := s.exporter(func(e *export.Exporter) { e.Name = "Ledger first" })
	s.run(first, failed(problem.SheetConflict))
	then := s.exporter(func(e *export.Exporter) {
		e.Name, e.Target.Sheet, e.After = "Report then", "Then", []export.ID{first.ID}
		e.Schedule = export.Schedule{Timezone: "UTC"}
	})
	path := "/exporters/" + string(then.ID)
	page := s.wantGet(path)
	for _, want := range []string{
		"Runs after", "Ledger first", "Waits for it", "its last run failed: " + problem.SheetConflict.Title(),
		"After other exporters have succeeded",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	form := s.wantGet(path + "/edit")
	if !strings.Contains(form, `<option value="`+string(first.ID)+`" selected>Ledger first`) ||
		strings.Contains(form, `<option value="`+string(then.ID)+`"`) {
		t.Error("the form does not offer the other exporter, chosen, or offers its own")
	}
	values := url.Values{
		"type": {"invoices"}, "name": {"Ledger first"}, "company": {string(realmA)}, "account": {string(s.account)},
		"sheet": {"Invoices"}, "start": {"A1"}, "column": {"DocNumber"}, "timezone": {"UTC"}, "when": {""},
		"after": {string(then.ID)},
	}
	a := s.post("/exporters/"+string(first.ID)+"/edit", values)
	if a.status < 400 || !strings.Contains(a.body, "it after Report then, that after Ledger first") {
		t.Errorf("a cycle got %d", a.status)
	}
	s.wantSent(path+"/edit", url.Values{
		"type": {"invoices"}, "name": {"Report then"}, "company": {string(realmA)}, "account": {string(s.account)},
		"sheet": {"Then"}, "start": {"A1"}, "column": {"DocNumber"}, "timezone": {"UTC"}, "when": {""},
	}, path)
	if e, err := s.store.Exporter(t.Context(), then.ID); err != nil || e.Chained() {
		t.Errorf("without a choice it runs after %v, %v", e.After, err)
	}
}
