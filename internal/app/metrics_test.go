package app_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"

	"ledgersheet/internal/intuit/intuitsim"
)

// TestMetricsForgetExporters expects no series of an exporter that was deleted.
func TestMetricsForgetExporters(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := makeWorld(t, intuitsim.Options{Companies: 1, Vendors: 3, Customers: 3, Items: 3, Invoices: 2, Bills: 2})
		w.openToVisitors()
		v, company := w.signIn(), w.connect(1)[0]
		gone := w.create(w.newExporter("vendors", nil, nil, company))
		w.mustRun(gone.ID)
		e := w.newExporter("customers", nil, nil, company)
		e.Name = "Stays"
		stays := w.create(e)
		w.mustRun(stays.ID)
		read := func() string {
			synctest.Wait()
			r := httptest.NewRequestWithContext(w.ctx, http.MethodGet, "/metrics", nil)
			r.Header.Set("Authorization", "Bearer "+apiToken)
			text, err := io.ReadAll(v.do(r).Body)
			must(t, err)
			return string(text)
		}
		if text := read(); !strings.Contains(text, string(gone.ID)) || !strings.Contains(text, string(stays.ID)) {
			t.Fatalf("the metrics have not both exporters:\n%s", text)
		}
		must(t, w.desk().DeleteExporter(w.ctx, gone.ID))
		if text := read(); strings.Contains(text, string(gone.ID)) || !strings.Contains(text, string(stays.ID)) {
			t.Errorf("after a deletion the metrics have\n%s", text)
		}
		must(t, w.desk().DeleteCompany(w.ctx, company.Realm))
		if text := read(); strings.Contains(text, string(stays.ID)) {
			t.Errorf("after its company's deletion the metrics have\n%s", text)
		}
	})
}
