package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"ledgersheet/internal/control"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
)

// TestEveryCodeOfARequest brings requests to the whole program to each code that no run ends with.
func TestEveryCodeOfARequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		disk := &badDisk{why: syscall.ENOSPC}
		w := makeWorld(t, intuitsim.Options{Companies: 1, Customers: 3, Vendors: 3, Items: 5, Invoices: 2, Bills: 2})
		w.disk = disk.ask
		w.openToVisitors()
		owner := w.signIn()
		e := w.create(w.newExporter("vendors", nil, nil, w.connect(1)[0]))
		ended, _ := w.mustRun(e.ID)
		viewer := w.signInAs("viewer")
		with := func(header, value string) func(*http.Request) {
			return func(r *http.Request) { r.Header.Set(header, value) }
		}
		token := with("Authorization", "Bearer "+apiToken)
		for _, test := range []struct {
			code               problem.Code
			status             int
			method, path, body string
			as                 func(*http.Request)
			before             func()
		}{
			{problem.BadRequest, 400, "POST", "/api/v1/exporters", "{", token, nil},
			{problem.InvalidInput, 422, "POST", "/api/v1/exporters", `{"name":""}`, token, nil},
			{problem.TooLarge, 413, "POST", "/api/v1/exporters", `{"name":"` + strings.Repeat("x", 2<<20) + `"}`, token, nil},
			{problem.Unauthorized, 401, "GET", "/api/v1/exporters", "", with("Authorization", "Bearer wrong"), nil},
			{problem.Forbidden, 403, "DELETE", "/api/v1/exporters/" + string(e.ID), "", viewer, nil},
			{problem.NotFound, 404, "GET", "/api/v1/exporters/exp_404", "", token, nil},
			{problem.Conflict, 409, "POST", "/api/v1/runs/" + string(ended.ID) + "/cancel", "", token, nil},
			{problem.Unavailable, 503, "POST", "/api/v1/exporters/" + string(e.ID) + "/runs", "{}", token, func() {
				disk.broken.Store(true)
			}},
		} {
			if test.before != nil {
				test.before()
			}
			r := httptest.NewRequestWithContext(w.ctx, test.method, test.path, strings.NewReader(test.body))
			r.Header.Set("Content-Type", "application/json")
			test.as(r)
			answer := owner.do(r)
			text, err := io.ReadAll(answer.Body)
			must(t, err)
			var said struct{ Error problem.Problem }
			if err := json.Unmarshal(text, &said); err != nil || answer.StatusCode != test.status ||
				said.Error.Code != test.code || said.Error.Message == "" || said.Error.Hint == "" {
				t.Errorf("%s: %s %.300s", test.code, answer.Status, text)
			}
		}
		// Only the page of signing in limits tries.
		form := url.Values{"email": {w.set.AdminEmail}, "password": {"a wrong password"}}
		for tries := 0; ; tries++ {
			r := httptest.NewRequestWithContext(w.ctx, http.MethodPost, "/login", strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			answer := owner.do(r)
			text, err := io.ReadAll(answer.Body)
			must(t, err)
			if answer.StatusCode == problem.TooManyRequests.Status() {
				if answer.Header.Get("Retry-After") == "" || !strings.Contains(string(text), "try") {
					t.Errorf("after %d tries: %s", tries, text)
				}
				break
			}
			if tries > 100 {
				t.Fatalf("%d wrong tries, and still %s", tries, answer.Status)
			}
		}
	})
}

// signInAs invites somebody with a role, and returns what makes a request theirs.
func (w *world) signInAs(role string) func(*http.Request) {
	w.t.Helper()
	_, link, err := w.desk().InviteUser(w.ctx, role+"@example.com", control.Membership{Role: role})
	must(w.t, err)
	_, token, _ := strings.Cut(link, "token=")
	form := url.Values{"token": {token}, "password": {"a password of " + role}}
	r := httptest.NewRequestWithContext(w.ctx, http.MethodPost, "/invite", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer := (&visitor{w: w}).do(r)
	if answer.StatusCode != http.StatusSeeOther {
		w.t.Fatalf("accepting an invitation: %s", answer.Status)
	}
	return func(r *http.Request) {
		for _, c := range answer.Cookies() {
			r.AddCookie(c)
		}
	}
}
