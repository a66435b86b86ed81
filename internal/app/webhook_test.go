package app_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
)

// handled sends requests straight to a handler.
type handled struct{ http.Handler }

func (h handled) RoundTrip(r *http.Request) (*http.Response, error) {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec.Result(), nil
}

// TestChangesAreFollowed lets the simulator tell of changes in both formats, and expects runs of the exporters that
// follow them.
func TestChangesAreFollowed(t *testing.T) {
	t.Parallel()
	for name, legacy := range map[string]bool{"CloudEvents": false, "older format": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { followChanges(t, legacy) })
		})
	}
}

func followChanges(t *testing.T, legacy bool) {
	w := makeWorld(t, intuitsim.Options{Customers: 5, Vendors: 3, Items: 5, Invoices: 20, Bills: 2})
	w.set.Intuit.WebhookToken = "verifier"
	w.open()
	w.app.StartWatcher(w.ctx)
	w.intuit.SetWebhook(intuitsim.Webhook{
		URL: "http://ledgersheet.test/webhooks/quickbooks", Token: "verifier", Legacy: legacy,
		Transport: handled{w.app.Handler()},
	})
	companies := w.connect(2)
	make := func(kind string, on bool, company export.Company) export.ID {
		e := w.newExporter(kind, nil, nil, company)
		if kind == "invoices" {
			e.Columns = []string{"Id", "TotalAmt", "CustomerRef.name"}
		}
		e.Schedule.OnChange = on
		e = w.create(e)
		w.mustRun(e.ID)
		return e.ID
	}
	follows := make("invoices", true, companies[0])
	others := []export.ID{
		make("invoices", false, companies[0]), make("invoices", true, companies[1]), make("terms", true, companies[0]),
	}
	changes := func(id export.ID) []export.Run {
		t.Helper()
		page, _, err := w.desk().Runs(w.ctx, export.RunFilter{Exporter: id, Trigger: export.TriggerChange})
		must(t, err)
		return page
	}
	time.Sleep(time.Hour)
	_, err := w.intuit.Company(string(companies[0].Realm)).AddInvoice(intuitsim.Sale{Amount: "123.45"})
	must(t, err)
	body, err := w.intuit.Notify(w.ctx)
	if err != nil || body == nil {
		t.Fatalf("the notification %s: %v", body, err)
	}
	time.Sleep(2 * time.Minute)
	runs := changes(follows)
	if len(runs) != 1 || runs[0].Status != export.RunSucceeded || runs[0].Added != 1 {
		t.Fatalf("the exporter that follows changes has the runs %+v", runs)
	}
	for _, id := range others {
		if runs := changes(id); len(runs) > 0 {
			t.Errorf("%s ran: %+v", runs[0].Exporter.Name, runs)
		}
	}
	large := httptest.NewRequestWithContext(w.ctx, http.MethodPost, "/webhooks/quickbooks",
		strings.NewReader(strings.Repeat("x", 3<<20)))
	rec := httptest.NewRecorder()
	w.app.Handler().ServeHTTP(rec, large)
	if rec.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge notification: status %d", rec.Code)
	}
	// Whoever repeats the same request starts nothing, however long after.
	time.Sleep(time.Hour)
	req := httptest.NewRequestWithContext(w.ctx, http.MethodPost, "/webhooks/quickbooks", bytes.NewReader(body))
	w.app.Handler().ServeHTTP(httptest.NewRecorder(), req)
	time.Sleep(time.Hour)
	if runs := changes(follows); len(runs) != 1 {
		t.Errorf("%d runs after a notification without a signature", len(runs))
	}
}

// TestOpenRoutes lists what strangers may ask for. Everything else sends them to the sign-in page or answers 401.
func TestOpenRoutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intuitsim.Options{})
	open := []string{
		"GET /login", "POST /login", "POST /logout", "GET /setup", "POST /setup", "GET /invite", "POST /invite",
		"GET /favicon.ico",
		"GET /static/*name", "HEAD /static/*name", "GET /healthz", "GET /readyz", "POST /webhooks/quickbooks",
		// A link or a calendar has a secret in its address, and the others tell nothing of what is here.
		"GET /access", "POST /access", "GET /access/result", "GET /calendar.ics", "GET /terms", "GET /privacy",
		"GET /quickbooks/disconnected", "GET /quickbooks/reconnect",
	}
	found := 0
	for _, route := range w.app.Routes() {
		if slices.Contains(open, route) {
			found++
			continue
		}
		method, path, _ := strings.Cut(route, " ")
		path = strings.NewReplacer(":realm", "1", ":id", "exp_x", ":type", "invoices").Replace(path)
		rec := httptest.NewRecorder()
		w.app.Handler().ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), method, path, nil))
		toLogin := rec.Code == http.StatusSeeOther && strings.HasPrefix(rec.Header().Get("Location"), "/login")
		if rec.Code != http.StatusUnauthorized && !toLogin {
			t.Errorf("%s answers strangers with %d", route, rec.Code)
		}
	}
	if found != len(open) {
		t.Errorf("%d of %d open routes exist", found, len(open))
	}
	for _, c := range []struct {
		method string
		status int
	}{{http.MethodGet, 405}, {http.MethodPut, 405}, {http.MethodPost, 404}} { // no token is set here
		rec := httptest.NewRecorder()
		req := httptest.NewRequestWithContext(t.Context(), c.method, "/webhooks/quickbooks", nil)
		w.app.Handler().ServeHTTP(rec, req)
		if rec.Code != c.status || rec.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s: status %d, cookie %q", c.method, rec.Code, rec.Header().Get("Set-Cookie"))
		}
	}
}
