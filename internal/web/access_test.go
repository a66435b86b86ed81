package web

import (
	"cmp"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"ledgersheet/internal/export"
	told "ledgersheet/internal/notice"
	"ledgersheet/internal/problem"
)

// estate is a site with things of company A, which some people may not see, of company B, and of both.
type estate struct {
	*site
	hidden, open []string // ids of things
	secrets      []string // texts that reveal what is hidden: names and ids
}

func newEstate(t *testing.T) *estate {
	t.Helper()
	s := newSite(t, siteOptions{}).signIn().fill()
	x := &estate{site: s, hidden: []string{string(realmA)}, open: []string{string(realmB), string(s.account)}}
	x.secrets = []string{string(realmA), "Alder", "Hazel"}
	for _, of := range []struct {
		name   string
		realms []export.RealmID
	}{
		{"Hazel one", []export.RealmID{realmA}},
		{"Hazel pair", []export.RealmID{realmB, realmA}},
		{"Plain", []export.RealmID{realmB}},
	} {
		e := s.exporter(func(e *export.Exporter) { e.Name, e.Companies, e.Target.Sheet = of.name, of.realms, of.name })
		done := s.run(e, func(r *export.Run) {
			succeeded(r)
			r.Companies, r.Figures, r.Warnings = nil, nil, nil
			for _, realm := range of.realms {
				name := map[export.RealmID]string{realmA: "Alder & Sons Ltd", realmB: "Birch Inc"}[realm]
				r.Companies = append(r.Companies, export.CompanyOutcome{Realm: realm, Name: name, Rows: 3})
				total := export.FigureValue{ID: "total", Title: "Total of " + of.name, Company: realm, Value: "1"}
				r.Figures = append(r.Figures, total)
			}
		})
		ids := []string{string(e.ID), string(done.ID)}
		if of.name == "Plain" {
			x.open = append(x.open, ids...)
			continue
		}
		// Something running and something broken as well: these have pages of their own.
		active := s.run(e, running)
		ids = append(ids, string(active.ID))
		x.hidden = append(x.hidden, ids...)
		x.secrets = append(x.secrets, ids...)
	}
	n, _, err := s.desk.CreateNotice(t.Context(), told.Rule{
		Kind: told.Slack, To: "https://hooks.slack.com/services/Hazel", On: []told.Event{told.Failure},
		Companies: []export.RealmID{realmA},
	})
	must(t, err)
	x.hidden, x.secrets = append(x.hidden, string(n.ID)), append(x.secrets, string(n.ID))
	why := problem.New(problem.CompanyReconnectRequired, "Hazel: Intuit ended the access.")
	s.control.CompanyEnded(t.Context(), realmA, why)
	return x
}

// as signs another person in, who has the owner's password.
func (x *estate) as(role string, companies ...export.RealmID) {
	x.t.Helper()
	ctx := x.t.Context()
	u, err := x.store.UserByEmail(ctx, email)
	must(x.t, err)
	u.ID, u.Email, u.Role, u.Companies = export.ID("usr_"+role), "one."+role+"@example.com", role, companies
	must(x.t, x.store.CreateUser(ctx, u))
	x.client = newClient(x.t)
	if a := x.post("/login", url.Values{"email": {u.Email}, "password": {password}}); a.status != http.StatusSeeOther {
		x.t.Fatalf("signing in as %s: status %d", role, a.status)
	}
}

// routesOf returns the patterns of all routes with the given method, except those of files.
func (x *estate) routesOf(method string) (patterns []string) {
	for _, r := range x.web.Engine().Routes() {
		if r.Method == method && !strings.Contains(r.Path, "*") {
			patterns = append(patterns, r.Path)
		}
	}
	slices.Sort(patterns)
	return patterns
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

// leaks returns the secrets that a text reveals, except those that its reader already knew.
func (x *estate) leaks(text, known string) (told []string) {
	for _, secret := range x.secrets {
		if strings.Contains(text, secret) && !strings.Contains(known, secret) {
			told = append(told, secret)
		}
	}
	return told
}

func fullText(a answer) string { return fmt.Sprint(a.header) + a.body }

// Whoever has no access to a company sees nothing of it on any page. New routes are covered by this test automatically.
func TestPagesTellNothingOfOtherCompanies(t *testing.T) {
	t.Parallel()
	x := newEstate(t)
	patterns := x.routesOf(http.MethodGet)
	// The events do not end; TestEventsTellNothingOfOtherCompanies looks at them.
	patterns = slices.DeleteFunc(patterns, func(p string) bool { return p == eventsPath })
	// That the owner sees it proves that the pages would reveal it.
	shown := map[string]bool{}
	ownersPage := map[string]bool{}
	for _, pattern := range patterns {
		for _, id := range append(x.hidden, x.open...) {
			path := fillID(pattern, id)
			if ownersPage[path] {
				continue
			}
			a := x.get(path)
			ownersPage[path] = a.status == http.StatusOK
			for _, secret := range x.leaks(fullText(a), "") {
				shown[secret] = true
			}
		}
	}
	for _, secret := range x.secrets {
		if !shown[secret] {
			t.Errorf("the owner does not see %q anywhere: the test proves nothing about it", secret)
		}
	}

	x.as("admin", realmB)
	for _, pattern := range patterns {
		hasID := strings.Contains(pattern, ":")
		for _, id := range x.open {
			path := fillID(pattern, id)
			a := x.get(path)
			if told := x.leaks(fullText(a), path); told != nil || a.status >= 500 {
				t.Errorf("GET %s: status %d, tells of %q\n%s", path, a.status, told, a.body)
			}
			if !hasID {
				break
			}
		}
		for _, id := range x.hidden {
			path := fillID(pattern, id)
			if !hasID {
				path += "?" + url.Values{
					"copy": {id}, "exporter": {id}, "company": {id}, "realmId": {id}, "type": {"invoices"},
					"before": {id}, "list": {"Customer"}, "q": {"a"},
				}.Encode()
			}
			a := x.get(path)
			if told := x.leaks(fullText(a), path); told != nil || a.status >= 500 {
				t.Errorf("GET %s: status %d, tells of %q\n%s", path, a.status, told, a.body)
			}
			want := http.StatusNotFound
			if strings.HasPrefix(pattern, peoplePath) {
				want = http.StatusForbidden // whatever the id: only owners of all decide about people
			}
			if hasID && a.status != want {
				t.Errorf("GET %s: status %d, want %d", path, a.status, want)
			}
		}
	}
}

// state returns everything that actions could change.
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
	tokens, err := x.desk.Tokens(ctx)
	must(x.t, err)
	notices, err := x.desk.Notices(ctx)
	must(x.t, err)
	views, err := x.desk.Views(ctx)
	must(x.t, err)
	return fmt.Sprintf("%+v\n%+v\n%+v\n%+v\n%+v\n%+v\n%+v\n%+v", companies, accounts, all, runs, users, tokens,
		notices, views)
}

// No action changes what its actor may not see, and none at all works for actors who may only look.
func TestActionsAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		role      string
		companies []export.RealmID
		ids       func(x *estate) []string
	}{
		{"owner", []export.RealmID{realmB}, func(x *estate) []string { return x.hidden }},
		{"admin", []export.RealmID{realmB}, func(x *estate) []string { return x.hidden }},
		{"editor", []export.RealmID{realmB}, func(x *estate) []string { return x.hidden }},
		{"viewer", nil, func(x *estate) []string { return append(x.hidden, x.open...) }},
		{"viewer", []export.RealmID{realmB}, func(x *estate) []string { return append(x.hidden, x.open...) }},
		{"nobody", nil, func(x *estate) []string { return append(x.hidden, x.open...) }},
	} {
		t.Run(fmt.Sprint(cmp.Or(test.role, "none"), test.companies), func(t *testing.T) {
			t.Parallel()
			x := newEstate(t)
			x.t = t
			x.as(test.role, test.companies...)
			before := x.state()
			form := url.Values{
				"type": {"invoices"}, "name": {"New"}, "company": {string(realmA)}, "account": {string(x.account)},
				"sheet": {"T"}, "start": {"A1"}, "mode": {"replace"}, "option.date_range": {"all"},
				"column": {"DocNumber"}, "timezone": {"UTC"}, "role": {"owner"}, "days": {"0"},
				"kind": {"slack"}, "to": {"https://hooks.slack.com/services/x"}, "on": {"failure"}, "at": {"07:00"},
				"tags": {"x"}, "spreadsheet": {"1another"}, "disabled": {"true"},
			}
			form["id"] = test.ids(x)
			for _, pattern := range x.routesOf(http.MethodPost) {
				own := []string{"/logout", "/login", "/setup", "/invite", "/settings/password", displayPath}
				if slices.Contains(own, pattern) {
					continue // concerns only the person's own session
				}
				tries := test.ids(x)
				if pattern == "/exporters/bulk" {
					tries = []string{"run", "pause", "resume", "tag", "untag", "move"}
				}
				for _, id := range tries {
					path := fillID(pattern, id)
					form.Set("do", id)
					a := x.post(path, form)
					known := path + strings.Join(append(form["id"], form["company"]...), " ")
					if told := x.leaks(fullText(a), known); test.companies != nil && told != nil {
						t.Errorf("POST %s: tells of %q\n%s", path, told, a.body)
					}
					if after := x.state(); after != before {
						t.Fatalf("POST %s (status %d) changed\n%s\nto\n%s", path, a.status, before, after)
					}
					if !strings.Contains(pattern, ":") && pattern != "/exporters/bulk" {
						break // the form names all of them
					}
				}
			}
		})
	}
}
