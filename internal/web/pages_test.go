package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestPagesInEachState shows every page empty, filled and broken, and checks what all pages promise.
func TestPagesInEachState(t *testing.T) {
	t.Parallel()
	for _, state := range []struct {
		name  string
		site  siteOptions
		build func(s *site) []string // further pages
		has   map[string][]string    // page → texts that must be there
	}{
		{"before sign-in", siteOptions{}, nil, nil},
		{"empty", siteOptions{}, func(s *site) []string { s.signIn(); return nil }, map[string][]string{
			"/": {"Four steps to sheets", "Try the demo data",
				"Connect to QuickBooks", "Connect Google Sheets"},
			"/exporters": {"No exporters yet"}, "/runs": {"No runs yet"}, "/connections": {"No company is connected"},
		}},
		{"without credentials", siteOptions{notReady: true}, func(s *site) []string {
			s.signIn()
			return nil
		}, map[string][]string{
			"/connections": {
				"LEDGERSHEET_INTUIT_CLIENT_ID", "http://ledgersheet.test/oauth/quickbooks/callback",
				"LEDGERSHEET_GOOGLE_CLIENT_ID",
			},
		}},
		{"succeeded", siteOptions{demo: true}, func(s *site) []string {
			e := s.signIn().fill().exporter(nil)
			r := s.run(e, succeeded)
			return append(pagesOf(e), "/runs/"+string(r.ID))
		}, map[string][]string{
			"/":     {"Demo data", "12,345", "1,234,567.80", "Succeeded"},
			"/runs": {"&#43;12 ~3 −1"},
		}},
		{"failed", siteOptions{}, func(s *site) []string {
			e := s.signIn().fill().exporter(nil)
			r := s.run(e, failed(problem.SpreadsheetForbidden))
			return append(pagesOf(e), "/runs/"+string(r.ID))
		}, map[string][]string{
			"/":                   {"Needs you", "It did not work for Alder &amp; Sons."},
			"/runs?status=failed": {"Failed"},
		}},
		{"running", siteOptions{}, func(s *site) []string {
			e := s.signIn().fill().exporter(func(e *export.Exporter) { e.Companies = []export.RealmID{realmA, realmB} })
			r := s.run(e, running)
			return append(pagesOf(e), "/runs/"+string(r.ID))
		}, map[string][]string{"/": {"Running"}, "/runs": {"1 m 12 s"}}},
		{"queued", siteOptions{}, func(s *site) []string {
			e := s.signIn().fill().exporter(nil)
			r := s.run(e, nil)
			return append(pagesOf(e), "/runs/"+string(r.ID))
		}, map[string][]string{"/runs": {"Queued"}}},
		{"expired", siteOptions{}, func(s *site) []string {
			e := s.signIn().fill().exporter(nil)
			r := s.run(e, failed(problem.CompanyReconnectRequired))
			s.control.CompanyEnded(s.t.Context(), realmA,
				problem.New(problem.CompanyReconnectRequired, "Intuit ended the access."))
			s.control.AccountEnded(s.t.Context(), s.account,
				problem.New(problem.GoogleReconnectRequired, "Google ended the access."))
			return append(pagesOf(e), "/runs/"+string(r.ID))
		}, map[string][]string{
			"/": {
				"QuickBooks access to Alder &amp; Sons Ltd has ended.", "Reconnect Alder",
				"1 exporter waits for it", "Google access for books@example.com has ended.",
			},
			"/connections": {"Expired", "Intuit ended the access."},
			"/exporters":   {"Blocked", "QuickBooks access to Alder &amp; Sons Ltd has ended."},
		}},
		{"refused", siteOptions{}, func(s *site) []string {
			e := s.signIn().fill().exporter(nil)
			r := s.run(e, failed(problem.QuickBooksRejected))
			s.control.CompanyTold(s.t.Context(), realmA, noon,
				problem.New(problem.QuickBooksRejected, "The subscription has ended.").WithHint("Renew it."))
			return append(pagesOf(e), "/runs/"+string(r.ID))
		}, map[string][]string{
			"/": {
				"Refused", "Alder &amp; Sons Ltd: The subscription has ended.", "Renew it. 1 exporter waits for it",
				"Test Alder &amp; Sons Ltd",
			},
			"/connections": {"Refused", "The subscription has ended."},
			"/exporters":   {"Blocked", "QuickBooks refuses all requests for Alder &amp; Sons Ltd."},
		}},
		{"paused, report, service account", siteOptions{}, func(s *site) []string {
			s.signIn().fill()
			must(s.t, s.store.PutAccount(s.t.Context(), export.GoogleAccount{
				ID: "con_sa", Email: "robot@project.iam.example",
				Kind: export.ServiceAccount, Status: export.Connected,
			}))
			e := s.exporter(func(e *export.Exporter) {
				*e = export.Exporter{
					Name: "Profit", Definition: "profit_and_loss", Companies: e.Companies,
					Options: map[string]string{
						"accounting_method": "Cash",
						"date_range":        "custom", "start_date": "2026-01-01", "end_date": "2026-02-01",
					},
					Target: export.Target{
						Account: "con_sa", Spreadsheet: "1aBcDeFgHiJkLmNoP", Sheet: "P&L", Start: "B2",
					},
				}
			})
			s.wantSent("/exporters/"+string(e.ID)+"/pause", nil, "/exporters/")
			return pagesOf(e)
		}, map[string][]string{"/exporters": {"Paused"}, "/connections": {"Service account", "shared with it"}}},
		{"late and ending soon", siteOptions{}, func(s *site) []string {
			e := s.signIn().fill().exporter(nil)
			_, err := s.store.UpdateExporter(s.t.Context(), e.ID, func(e *export.Exporter) error {
				e.NextAt = noon.Add(-time.Hour)
				return nil
			})
			must(s.t, err)
			_, err = s.store.UpdateCompany(s.t.Context(), realmB, func(c *export.Company) error {
				c.TokenExpiresAt = noon.AddDate(0, 0, 3)
				return nil
			})
			must(s.t, err)
			return pagesOf(e)
		}, map[string][]string{
			"/":            {"Late", "was due 1 h ago", "Ends soon", "ends on 1 April 2026", "has not worked for a"},
			"/connections": {"Ends soon", "Ends unless renewed", "Ends for good"},
		}},
	} {
		t.Run(state.name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, state.site)
			pages := []string{"/login", "/nowhere"}
			if state.build != nil {
				more := state.build(s)
				pages = append(pages, "/", "/calendar", "/calendar?q=none", "/connections", "/exporters",
					"/exporters/new", "/packs", "/packs/month_end", "/packs/everything", "/start", "/start?test=1",
					"/exporters/new?type=invoices", "/exporters/new?type=profit_and_loss", "/runs",
					"/runs?status=failed", "/settings", "/help", "/quickbooks/reconnect")
				pages = append(pages, more...)
			}
			for _, path := range pages {
				a := s.get(path)
				if a.status == http.StatusSeeOther && path == "/login" && state.build != nil {
					continue // signed in already
				}
				if want := map[bool]int{true: 404, false: 200}[path == "/nowhere"]; a.status != want {
					t.Errorf("GET %s: status %d, want %d\n%s", path, a.status, want, s.log)
				}
				checkPage(t, "GET "+path, a.body)
				for _, want := range state.has[path] {
					if !strings.Contains(a.body, want) {
						t.Errorf("GET %s: lacks %q", path, want)
					}
				}
			}
			if strings.Contains(s.log.String(), "level=ERROR") {
				t.Errorf("the log has errors:\n%s", s.log)
			}
		})
	}
}

// pagesOf returns all pages about an exporter and its connections.
func pagesOf(e export.Exporter) []string {
	x := "/exporters/" + string(e.ID)
	pages := []string{
		x, x + "/timeline", x + "/edit", x + "/delete", x + "/preview", "/exporters/new?copy=" + string(e.ID),
		"/runs?exporter=" + string(e.ID), "/quickbooks/reconnect?realmId=" + string(realmA),
	}
	for _, realm := range e.Companies {
		pages = append(pages, companyHref(realm), companyPath(realm, "disconnect"), companyPath(realm, "delete"),
			tieOutPath(realm)+"?month=2026-03", tieOutPath(realm))
	}
	return append(pages, accountPath(e.Target.Account, "disconnect"), accountPath(e.Target.Account, "delete"))
}

func TestTypedTextsAreEscaped(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	nasty := `"><script>alert(1)</script>`
	e := s.exporter(func(e *export.Exporter) { e.Name = nasty; e.Target.Sheet = nasty })
	_, err := s.store.UpdateCompany(t.Context(), realmA, func(c *export.Company) error { c.Name = nasty; return nil })
	must(t, err)
	r := s.run(e, failed(problem.QuickBooksRejected))
	for _, path := range append(pagesOf(e), "/", "/exporters", "/connections", "/settings", "/runs",
		"/runs/"+string(r.ID)) {
		body := s.wantGet(path)
		if strings.Contains(body, "<script>alert") {
			t.Errorf("GET %s: what people type becomes a script", path)
		}
		checkPage(t, path, body)
	}
	a := s.post("/exporters",
		url.Values{
			"type": {"invoices"}, "name": {nasty}, "column": {nasty}, "filter_column": {nasty},
			"filter_op": {nasty}, "filter_value": {nasty}, "cron": {nasty}, "timezone": {nasty}, "sheet": {nasty},
		})
	if a.status != http.StatusUnprocessableEntity || strings.Contains(a.body, "<script>alert") {
		t.Errorf("status %d, or what people type becomes a script", a.status)
	}
	checkPage(t, "the refused form", a.body)
}

func TestEveryFileOfThePagesIsThere(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	body := s.wantGet("/login")
	seen := 0
	for _, part := range strings.Split(body, `"`) {
		if path, ok := strings.CutPrefix(part, "/static/"); ok {
			path, _, _ = strings.Cut(path, "#")
			a := s.get("/static/" + path)
			if a.status != http.StatusOK || !strings.Contains(a.header.Get("Cache-Control"), "immutable") {
				t.Errorf("%s: status %d, Cache-Control %q", path, a.status, a.header.Get("Cache-Control"))
			}
			if strings.HasSuffix(path, ".css") && !strings.HasPrefix(a.header.Get("Content-Type"), "text/css") {
				t.Errorf("%s: is %q", path, a.header.Get("Content-Type"))
			}
			seen++
		}
	}
	if seen < 3 {
		t.Errorf("the page has only %d files", seen)
	}
	if a := s.get("/static/app.000000000000.css"); a.status != http.StatusNotFound {
		t.Errorf("an outdated address: status %d, want 404", a.status)
	}
}
