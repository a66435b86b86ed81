package api

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

func TestCompanies(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a := h.want(http.StatusOK, http.MethodGet, "/companies", nil)
	if n := at(t, a.body, "next_cursor"); n != nil || len(at(t, a.body, "items").([]any)) != 2 {
		t.Fatalf("got %s", a.raw)
	}
	one := h.want(http.StatusOK, http.MethodGet, "/companies/"+string(realmA), nil)
	if d := cmp.Diff(at(t, a.body, "items", 0), any(one.body)); d != "" {
		t.Errorf("the company differs between list and single (-list +single):\n%s", d)
	}
	for key, want := range map[string]string{
		"id": string(realmA), "name": "Alder Ltd", "legal_name": "Alder Ltd (legal)", "country": "US",
		"home_currency": "USD", "fiscal_year_start_month": "4",
		"environment": "sandbox", "status": "connected", "connected_at": "2026-03-01T12:00:00.000Z",
		"token_expires_at":   "2026-07-07T12:00:00.000Z",
		"consent_expires_at": "2031-03-29T12:00:00.000Z", "last_error": "<nil>",
		"api_usage": "map[limit:500 used:3 window_seconds:60]",
	} {
		if got := fmt.Sprint(at(t, one.body, key)); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
	h.want(http.StatusNotFound, http.MethodGet, "/companies/1", nil)
}

func TestCompanyTest(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := "/companies/" + string(realmA) + "/test"
	a := h.want(http.StatusOK, http.MethodPost, path, nil)
	if d := cmp.Diff(map[string]any{"ok": true, "company_name": "Alder Ltd"}, a.body); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	h.quickBooks.Err = problem.New(problem.QuickBooksUnavailable, "QuickBooks answered 503.").WithRequestID("tid-1")
	a = h.want(http.StatusOK, http.MethodPost, path, map[string]any{})
	if at(t, a.body, "ok") != false || at(t, a.body, "error", "code") != "quickbooks_unavailable" ||
		at(t, a.body, "error", "provider_request_id") != "tid-1" {
		t.Errorf("got %s", a.raw)
	}
	if c := h.want(http.StatusOK, http.MethodGet, "/companies/"+string(realmA), nil); at(t, c.body, "last_error",
		"code") != "quickbooks_unavailable" {
		t.Errorf("the error is not remembered: %s", c.raw)
	}
	h.want(http.StatusNotFound, http.MethodPost, "/companies/1/test", nil)
}

func TestDisconnectAndDeleteCompany(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	alone, both := h.create(nil), h.create(map[string]any{
		"name": "Both", "company_ids": []any{string(realmA), string(realmB)},
	})
	path := "/companies/" + string(realmA)

	a := h.want(http.StatusOK, http.MethodPost, path+"/disconnect", map[string]any{})
	if at(t, a.body, "status") != "disconnected" || at(t, a.body, "token_expires_at") != nil {
		t.Errorf("got %s", a.raw)
	}
	if len(h.consents.Revoked) != 1 {
		t.Errorf("revoked %d grants, want 1", len(h.consents.Revoked))
	}
	e := h.want(http.StatusOK, http.MethodGet, "/exporters/"+alone, nil)
	if at(t, e.body, "paused") != true || at(t, e.body, "paused_why") == nil {
		t.Errorf("the exporter is not paused: %s", e.raw)
	}
	test := h.want(http.StatusOK, http.MethodPost, path+"/test", nil)
	if at(t, test.body, "error", "code") != "company_reconnect_required" {
		t.Errorf("got %s", test.raw)
	}

	h.want(http.StatusNoContent, http.MethodDelete, path, nil)
	h.want(http.StatusNotFound, http.MethodGet, path, nil)
	h.want(http.StatusNotFound, http.MethodDelete, path, nil)
	h.want(http.StatusNotFound, http.MethodGet, "/exporters/"+alone, nil)
	e = h.want(http.StatusOK, http.MethodGet, "/exporters/"+both, nil)
	if d := cmp.Diff([]any{string(realmB)}, at(t, e.body, "company_ids")); d != "" {
		t.Errorf("companies left (-want +got):\n%s", d)
	}
}

func TestGoogleAccounts(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := "/google-accounts/" + string(h.account)
	exporter := h.create(nil)
	a := h.want(http.StatusOK, http.MethodGet, "/google-accounts", nil)
	one := h.want(http.StatusOK, http.MethodGet, path, nil)
	if d := cmp.Diff(at(t, a.body, "items", 0), any(one.body)); d != "" {
		t.Errorf("the account differs between list and single (-list +single):\n%s", d)
	}
	if at(t, one.body, "email") != "books@example.com" || at(t, one.body, "kind") != "oauth" ||
		at(t, one.body, "scopes", 0) != "openid" {
		t.Errorf("got %s", one.raw)
	}

	a = h.want(http.StatusOK, http.MethodPost, path+"/test", nil)
	if d := cmp.Diff(map[string]any{"ok": true, "email": "books@example.com"}, a.body); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	h.google.Err = problem.New(problem.GoogleReconnectRequired, "Google says invalid_grant.")
	a = h.want(http.StatusOK, http.MethodPost, path+"/test", nil)
	if at(t, a.body, "ok") != false || at(t, a.body, "error", "code") != "google_reconnect_required" {
		t.Errorf("got %s", a.raw)
	}

	a = h.want(http.StatusOK, http.MethodPost, path+"/disconnect", nil)
	if at(t, a.body, "status") != "disconnected" {
		t.Errorf("got %s", a.raw)
	}
	h.want(http.StatusNoContent, http.MethodDelete, path, nil)
	h.want(http.StatusNotFound, http.MethodGet, path, nil)
	h.want(http.StatusNotFound, http.MethodPost, path+"/test", nil)
	if e := h.want(http.StatusOK, http.MethodGet, "/exporters/"+exporter, nil); at(t, e.body, "paused") != true {
		t.Errorf("the exporter is not paused: %s", e.raw)
	}
}

func TestServiceAccountCannotBeDisconnected(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	robot := export.NewID("con", noon)
	must(t, h.store.PutAccount(t.Context(), export.GoogleAccount{
		ID: robot, Email: "robot@example.com", Kind: export.ServiceAccount, Status: export.Connected,
	}))
	a := h.want(http.StatusConflict, http.MethodPost, "/google-accounts/"+string(robot)+"/disconnect", nil)
	if at(t, a.body, "error", "code") != "conflict" ||
		!strings.Contains(fmt.Sprint(at(t, a.body, "error", "hint")), "SERVICE_ACCOUNT_FILE") {
		t.Errorf("got %s", a.raw)
	}
}

func TestStrangersGetNothing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, r := range h.engine.Routes() {
		for _, header := range []string{"", "Bearer wrong", "Basic " + token, token} {
			path := strings.NewReplacer(Base, "", ":realm", string(realmA), ":id", string(h.account), ":type",
				"invoices").Replace(r.Path)
			a := h.want(http.StatusUnauthorized, r.Method, path, nil, "Authorization", header)
			if at(t, a.body, "error", "code") != "unauthorized" ||
				!strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer") {
				t.Errorf("%s %s: got %v %s", r.Method, path, a.header, a.raw)
			}
		}
	}
	h.want(http.StatusUnauthorized, http.MethodGet, "/nothing", nil, "Authorization", "")
}

func TestSessionsWorkFromOwnPagesOnly(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	path := "/companies/" + string(realmA) + "/disconnect"
	cookie := []string{"Authorization", "", "Cookie", "session=" + session, "Sec-Fetch-Site"}
	h.want(http.StatusForbidden, http.MethodPost, path, nil, append(cookie, "cross-site")...)
	if c := h.want(http.StatusOK, http.MethodGet, "/companies/"+string(realmA), nil); at(t, c.body,
		"status") != "connected" {
		t.Errorf("another site disconnected the company: %s", c.raw)
	}
	h.want(http.StatusOK, http.MethodPost, path, nil, append(cookie, "same-origin")...)
	h.want(http.StatusOK, http.MethodPost, path, nil, "Sec-Fetch-Site", "cross-site")
}

func TestUnknownPathsAndMethods(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, path := range []string{"/nothing", "/companies/1/2/3", "/runs//events", "/"} {
		if a := h.want(http.StatusNotFound, http.MethodGet, path, nil); at(t, a.body, "error", "code") != "not_found" {
			t.Errorf("%s: got %s", path, a.raw)
		}
	}
	a := h.want(http.StatusMethodNotAllowed, http.MethodPost, "/exporters/"+"exp_1", "{}")
	if d := cmp.Diff("DELETE, GET, PATCH, PUT", a.header.Get("Allow")); d != "" {
		t.Errorf("Allow (-want +got):\n%s", d)
	}
	a = h.want(http.StatusMethodNotAllowed, http.MethodDelete, "/runs", nil)
	if a.header.Get("Allow") != "GET" || at(t, a.body, "error", "code") != "bad_request" {
		t.Errorf("got Allow %q and %s", a.header.Get("Allow"), a.raw)
	}
}

func TestUnknownErrorsKeepTheirText(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	id := h.create(nil)
	for name, breakIt := range map[string]func(){
		"error": func() { h.previewer.Err = fmt.Errorf("reading page 7: %w", errSecret) },
		"panic": func() { h.previewer.Err, h.previewer.Crash = nil, true },
	} {
		breakIt()
		a := h.want(http.StatusInternalServerError, http.MethodPost, "/exporters/"+id+"/preview", nil)
		if at(t, a.body, "error", "code") != "internal" || strings.Contains(string(a.raw), "secret") ||
			strings.Contains(string(a.raw), "fault of") {
			t.Errorf("%s: got %s", name, a.raw)
		}
		if want := fmt.Sprint(at(t, a.body, "error", "request_id")); !strings.Contains(h.log.String(), want) ||
			a.header.Get("X-Request-Id") != want {
			t.Errorf("%s: the log does not have the request id %s:\n%s", name, want, h.log)
		}
	}
}

type secretError struct{}

func (secretError) Error() string { return "a secret of the inside" }

var errSecret = secretError{}

func TestDeadlineOfAProviderIsNoInternalError(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	id := h.create(nil)
	ctx, cancel := context.WithTimeout(t.Context(), -time.Second)
	defer cancel()
	h.previewer.Err = ctx.Err()
	a := h.want(http.StatusGatewayTimeout, http.MethodPost, "/exporters/"+id+"/preview", nil)
	if at(t, a.body, "error", "code") != "deadline" {
		t.Errorf("got %s", a.raw)
	}
}

func TestRequestIDOfAMiddlewareIsKept(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	outer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Request-Id", "given")
		h.engine.ServeHTTP(w, r)
	})
	w := record(outer, h.t, http.MethodGet, "/runs/none")
	if !strings.Contains(w.Body.String(), `"request_id":"given"`) {
		t.Errorf("got %s", w.Body)
	}
}

// TestKeeping: owners take whole backups and examine the installation; nobody else may.
func TestKeeping(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a := h.want(http.StatusOK, http.MethodGet, "/backup", nil)
	path := filepath.Join(t.TempDir(), "backup.db")
	must(t, os.WriteFile(path, a.raw, 0o600))
	has, err := boltstore.Verify(t.Context(), path, nil)
	if err != nil || has.Companies != 2 || strings.Contains(string(a.raw), "secret-refresh") {
		t.Errorf("the backup has %+v, %v", has, err)
	}
	if !strings.HasPrefix(a.header.Get("Content-Disposition"), "attachment; filename=\"ledgersheet-") {
		t.Errorf("its headers are %v", a.header)
	}
	h.create(map[string]any{"destination": map[string]any{
		"google_account_id": string(h.account), "spreadsheet_id": "1AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdefgh",
		"sheet": "Invoices", "start_cell": "A1",
	}})
	a = h.want(http.StatusOK, http.MethodPost, "/doctor", nil)
	if at(t, a.body, "ok") != true || !strings.Contains(string(a.raw), "Title of 1AbCdEf") ||
		!strings.Contains(string(a.raw), string(realmB)) {
		t.Errorf("the doctor says %s", a.raw)
	}
	h.quickBooks.Err = problem.New(problem.CompanyReconnectRequired, "Intuit ended it.")
	a = h.want(http.StatusOK, http.MethodPost, "/doctor", nil)
	if at(t, a.body, "ok") != false || !strings.Contains(string(a.raw), "press Reconnect") {
		t.Errorf("the doctor says %s", a.raw)
	}
	for _, who := range []string{"admin", "editor", "operator", "viewer", "owner " + string(realmA)} {
		h.want(http.StatusForbidden, http.MethodGet, "/backup", nil, "Authorization", "Bearer as "+who)
		h.want(http.StatusForbidden, http.MethodPost, "/doctor", nil, "Authorization", "Bearer as "+who)
	}
}
