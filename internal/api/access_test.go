package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// estate is a service with things of company A, which some actors may not see, of company B, and of both.
type estate struct {
	*harness
	hidden, open []string // ids of things
	secrets      []string // texts that reveal what is hidden: names and ids
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	h := newHarness(t)
	x := &estate{harness: h, hidden: []string{string(realmA)}, open: []string{string(realmB), string(h.account)}}
	x.secrets = []string{string(realmA), "Alder", "Hazel"}
	for _, of := range []struct {
		name   string
		realms []any
	}{
		{"Hazel one", []any{string(realmA)}},
		{"Hazel pair", []any{string(realmB), string(realmA)}},
		{"Plain", []any{string(realmB)}},
	} {
		e := h.create(map[string]any{"name": of.name, "company_ids": of.realms})
		run := fmt.Sprint(h.want(http.StatusAccepted, http.MethodPost, "/exporters/"+e+"/runs", nil).body["id"])
		_, err := h.store.UpdateRun(t.Context(), export.ID(run), func(r *export.Run) error {
			r.Status, r.FinishedAt = export.RunFailed, noon
			r.Problem = problem.New(problem.QuickBooksRejected, "QuickBooks refused %s.", of.name)
			return nil
		})
		must(t, err)
		if of.name == "Plain" {
			x.open = append(x.open, e, run)
			continue
		}
		x.hidden = append(x.hidden, e, run)
		x.secrets = append(x.secrets, e, run)
	}
	n := fmt.Sprint(h.want(http.StatusCreated, http.MethodPost, "/notices", map[string]any{
		"kind": "slack", "to": "https://hooks.slack.com/services/Hazel", "on": []any{"failure"},
		"company_ids": []any{string(realmA)},
	}).body["id"])
	x.hidden, x.secrets = append(x.hidden, n), append(x.secrets, n)
	return x
}

// as returns a function that calls as a person with a role, who sees only the given companies, or all if none are
// given.
func (x *estate) as(role string, companies ...export.RealmID) func(method, path string, body any) answer {
	who := "Bearer as " + role
	for _, realm := range companies {
		who += " " + string(realm)
	}
	return func(method, path string, body any) answer { return x.call(method, path, body, "Authorization", who) }
}

// routesOf returns all routes with the given methods.
func (x *estate) routesOf(methods ...string) (found []route) {
	for _, r := range x.engine.Routes() {
		if r.Path == Base+"/openapi.json" {
			continue // the same for everyone; its examples happen to name the tests' company
		}
		if slices.Contains(methods, r.Method) {
			found = append(found, route{method: r.Method, path: strings.TrimPrefix(r.Path, Base)})
		}
	}
	return found
}

// fillID puts an id into a route's pattern. A pattern without a place for one is returned unchanged.
func fillID(pattern, id string) string {
	parts := strings.Split(pattern, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, ":") {
			parts[i] = id
		}
	}
	return strings.Join(parts, "/")
}

// leaks returns the secrets that an answer reveals, except those that were in the request.
func (x *estate) leaks(a answer, known string) (told []string) {
	text := fmt.Sprint(a.header) + string(a.raw)
	for _, secret := range x.secrets {
		if strings.Contains(text, secret) && !strings.Contains(known, secret) {
			told = append(told, secret)
		}
	}
	return told
}

// Whoever has no access to a company learns nothing about it from any call. New routes are covered by this test
// automatically.
func TestAnswersTellNothingOfOtherCompanies(t *testing.T) {
	t.Parallel()
	x := newEstate(t)
	owner, limited := x.as("owner"), x.as("admin", realmB)
	shown := map[string]bool{}
	for _, r := range x.routesOf(http.MethodGet) {
		for _, id := range x.open {
			path := fillID(r.path, id)
			if a := limited(r.method, path, nil); x.leaks(a, path) != nil || a.status >= 500 {
				t.Errorf("GET %s: status %d, tells of %q\n%s", path, a.status, x.leaks(a, path), a.raw)
			}
		}
		for _, id := range x.hidden {
			path := fillID(r.path, id)
			for _, secret := range x.leaks(owner(r.method, path, nil), "") {
				shown[secret] = true
			}
			a := limited(r.method, path, nil)
			if told := x.leaks(a, path); told != nil || a.status >= 500 {
				t.Errorf("GET %s: status %d, tells of %q\n%s", path, a.status, told, a.raw)
			}
			if path != r.path && a.status != http.StatusNotFound {
				t.Errorf("GET %s: status %d, want 404", path, a.status)
			}
		}
	}
	for _, secret := range x.secrets {
		if !shown[secret] {
			t.Errorf("the owner does not see %q anywhere: the test proves nothing about it", secret)
		}
	}
	for _, query := range []string{"company_id=" + string(realmA), "exporter_id=" + x.hidden[1]} {
		a := limited(http.MethodGet, "/runs?"+query, nil)
		if a.status != http.StatusOK || len(at(t, a.body, "items").([]any)) != 0 {
			t.Errorf("GET /runs?%s: status %d\n%s", query, a.status, a.raw)
		}
	}
}

// state returns everything that calls could change.
func (x *estate) state() string {
	x.t.Helper()
	ctx := x.t.Context()
	companies, err := x.store.Companies(ctx)
	must(x.t, err)
	accounts, err := x.store.Accounts(ctx)
	must(x.t, err)
	all, err := x.store.Exporters(ctx, export.ExporterFilter{})
	must(x.t, err)
	runs, _, err := x.store.Runs(ctx, export.RunFilter{Limit: 100})
	must(x.t, err)
	users, err := x.store.Users(ctx)
	must(x.t, err)
	notices, err := x.store.NoticeRecords(ctx, "")
	must(x.t, err)
	tokens, err := x.store.Setting(ctx, "api_tokens", true)
	if !errors.Is(err, export.ErrNotFound) {
		must(x.t, err)
	}
	return fmt.Sprintf("%+v\n%+v\n%+v\n%+v\n%+v\n%s\n%s", companies, accounts, all, runs, users, notices, tokens)
}

// No call changes what its actor may not see, and none at all works for actors who may only look.
func TestCallsAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		role      string
		companies []export.RealmID
		hidden    bool // only hidden things are tried
	}{
		{"owner", []export.RealmID{realmB}, true},
		{"admin", []export.RealmID{realmB}, true},
		{"editor", []export.RealmID{realmB}, true},
		{"viewer", nil, false},
		{"viewer", []export.RealmID{realmB}, false},
		{"nobody", nil, false},
	} {
		t.Run(fmt.Sprint(test.role, test.companies), func(t *testing.T) {
			t.Parallel()
			x := newEstate(t)
			x.t = t
			call, ids, before := x.as(test.role, test.companies...), x.hidden, x.state()
			if !test.hidden {
				ids = append(ids, x.open...)
			}
			for _, r := range x.routesOf(http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete) {
				for _, id := range ids {
					path := fillID(r.path, id)
					// A call without a body refuses one, and a call with a body refuses none: both are tried.
					for _, body := range []any{
						nil, x.input(map[string]any{"name": "New"}), map[string]any{"name": "New"},
						map[string]any{"name": "New", "role": "viewer"}, map[string]any{"tags": []any{"x"}},
					} {
						a := call(r.method, path, body)
						if a.status < 400 {
							t.Errorf("%s %s: status %d\n%s", r.method, path, a.status, a.raw)
						}
						if told := x.leaks(a, path+string(realmA)); test.companies != nil && told != nil {
							t.Errorf("%s %s: tells of %q\n%s", r.method, path, told, a.raw)
						}
						if after := x.state(); after != before {
							t.Fatalf("%s %s (status %d) changed\n%s\nto\n%s", r.method, path, a.status, before, after)
						}
					}
				}
			}
		})
	}
}
