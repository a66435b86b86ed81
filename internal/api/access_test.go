package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// estate is a service with things of company A, which some may not see, of company B, and of both together.
type estate struct {
	*harness
	hidden, open []string // ids of things
	secrets      []string // texts that tell of what is hidden: names and ids
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
	return x
}

// as calls as a person with a role, who sees the companies only, or all when there are none.
func (x *estate) as(role string, companies ...export.RealmID) func(method, path string, body any) answer {
	who := "Bearer as " + role
	for _, realm := range companies {
		who += " " + string(realm)
	}
	return func(method, path string, body any) answer { return x.call(method, path, body, "Authorization", who) }
}

// routesOf are the patterns of all routes of the methods.
func (x *estate) routesOf(methods ...string) (found []route) {
	for _, r := range x.engine.Routes() {
		if r.Path == Base+"/openapi.json" {
			continue // the same for all; its examples have the tests' company by chance
		}
		if slices.Contains(methods, r.Method) {
			found = append(found, route{method: r.Method, path: strings.TrimPrefix(r.Path, Base)})
		}
	}
	return found
}

// filled puts an id into a route's pattern, which is returned as it is when it has no place for one.
func filled(pattern, id string) string {
	parts := strings.Split(pattern, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, ":") {
			parts[i] = id
		}
	}
	return strings.Join(parts, "/")
}

// tells returns the secrets that an answer tells, but for those that the request had.
func (x *estate) tells(a answer, known string) (told []string) {
	text := fmt.Sprint(a.header) + string(a.raw)
	for _, secret := range x.secrets {
		if strings.Contains(text, secret) && !strings.Contains(known, secret) {
			told = append(told, secret)
		}
	}
	return told
}

// Whoever lacks a company gets nothing of it, from any call: new routes are in this test by themselves.
func TestAnswersTellNothingOfOtherCompanies(t *testing.T) {
	t.Parallel()
	x := newEstate(t)
	owner, limited := x.as("owner"), x.as("admin", realmB)
	shown := map[string]bool{}
	for _, r := range x.routesOf(http.MethodGet) {
		for _, id := range x.open {
			path := filled(r.path, id)
			if a := limited(r.method, path, nil); x.tells(a, path) != nil || a.status >= 500 {
				t.Errorf("GET %s: status %d, tells of %q\n%s", path, a.status, x.tells(a, path), a.raw)
			}
		}
		for _, id := range x.hidden {
			path := filled(r.path, id)
			for _, secret := range x.tells(owner(r.method, path, nil), "") {
				shown[secret] = true
			}
			a := limited(r.method, path, nil)
			if told := x.tells(a, path); told != nil || a.status >= 500 {
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

// state is all that calls could change.
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
	return fmt.Sprintf("%+v\n%+v\n%+v\n%+v", companies, accounts, all, runs)
}

// No call changes what its actor may not see, and none at all works for somebody who may only look.
func TestCallsAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		role      string
		companies []export.RealmID
		hidden    bool // only what is hidden is tried
	}{
		{"admin", []export.RealmID{realmB}, true},
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
					path := filled(r.path, id)
					// What takes no body refuses one, and what wants one refuses none: both are tried.
					for _, body := range []any{nil, x.input(map[string]any{"name": "New"}),
						map[string]any{"name": "New"}} {
						a := call(r.method, path, body)
						if a.status < 400 {
							t.Errorf("%s %s: status %d\n%s", r.method, path, a.status, a.raw)
						}
						if told := x.tells(a, path+string(realmA)); test.companies != nil && told != nil {
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
