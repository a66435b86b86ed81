package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// scene is a page in one state. The name is also that of its picture.
type scene struct {
	name  string
	path  string
	form  url.Values   // posted to the path, if there is one, by a form of the same site
	who   *http.Client // whose cookies the browser has; nil for those of the stage
	as    int          // status of the answer; 0 for 200
	says  string       // what proves that the page is in that state
	act   string       // script that brings the page to its state
	until string       // selector of what is visible once it is there
	far   bool         // the form comes from another site
	core  bool         // also looked at where time is short
}

// stage is a site on which several scenes play. What one scene changes, the later ones see.
type stage struct {
	name string
	set  func(t *testing.T) (*site, []scene)
}

// stages is the catalogue of all pages and states. A page that registers a route has at least one entry here.
func stages() []stage {
	return []stage{
		{"empty", emptyStage}, {"setup", setupStage}, {"strangers", strangersStage}, {"filled", filledStage},
		{"runs", runsStage}, {"trouble", troubleStage}, {"forms", formsStage}, {"production", productionStage},
		{"portfolio", portfolioStage}, {"packs", packsStage}, {"demo", demoStage},
	}
}

// pasteBook is the script that pastes the address of a spreadsheet into the exporter's form.
const pasteBook = `(() => {
	document.querySelector("#fold-where").open = true;
	const set = (id, value, event) => {
		const p = document.querySelector(id);
		p.value = value;
		p.dispatchEvent(new Event(event, {bubbles: true}));
	};
	set("#book", "other", "change");
	set("#spreadsheet", "https://docs.google.com/spreadsheets/d/1aBcDeFgHiJkLmNoP/edit", "input");
})()`

func packsStage(t *testing.T) (*site, []scene) {
	s := newSite(t, siteOptions{}).signIn().fill()
	form := s.packForm("month_end")
	made := s.post("/packs/month_end", form).header.Get("Location")
	faulty := s.packForm("sales")
	faulty.Set("times", "noon")
	return s, []scene{
		{name: "list", path: "/packs", says: "Ready sets of sheets"},
		{name: "form", path: "/packs/sales", says: "What this makes", core: true},
		{name: "faulty", path: "/packs/sales", form: faulty, as: http.StatusUnprocessableEntity, says: "noon"},
		{name: "made", path: made, says: "Month-end", core: true},
		{name: "home", path: "/", says: "Four steps"},
	}
}

// notPages are the routes that answer no page of their own, each with why.
func notPages() map[string]string {
	return map[string]string{
		"/static/*name":              "files",
		"/favicon.ico":               "leads to a file",
		"/calendar.ics":              "a calendar for programs",
		"/oauth/quickbooks/callback": "leads to /connections or /access/result",
		"/oauth/google/callback":     "leads to /connections",
		"/schedule":                  "a part of the form, shown there",
		namesPath:                    "a part of the form, shown there",
		"/events":                    "a stream, shown on other pages",
		"/exporters/:id/download":    "a file",
	}
}

func emptyStage(t *testing.T) (*site, []scene) {
	s := newSite(t, siteOptions{beside: &besideDemo{}}).signIn()
	return s, []scene{
		{name: "home", path: "/", says: "Four steps", core: true},
		{name: "start", path: "/start", says: "Set-up"},
		{name: "start-tested", path: "/start?test=1", says: "Set-up"},
		{name: "packs", path: "/packs", says: "Ready sets of sheets"},
		{name: "pack", path: "/packs/month_end", says: "Month-end"},
		{name: "exporters", path: "/exporters", says: "No exporters yet"},
		{name: "runs", path: "/runs", says: "No runs"},
		{name: "calendar", path: "/calendar", says: "calendar"},
		{name: "connections", path: "/connections", says: "Connect"},
		{name: "links", path: linksPath, says: "link"},
		{name: "catalogue", path: "/exporters/new", says: "Balance sheet"},
		{name: "form", path: "/exporters/new?type=invoices", says: "Save"},
		{name: "settings", path: "/settings", says: "Nobody is told of anything yet."},
		{name: "paste", path: "/connections/paste", says: "Paste"},
	}
}

func setupStage(t *testing.T) (*site, []scene) {
	s := newSite(t, siteOptions{withoutOwn: true, demo: true})
	token, err := s.setup.NewLink(t.Context())
	must(t, err)
	return s, []scene{
		{name: "login", path: "/login", says: "set-up link"},
		{name: "begin", path: "/setup?token=" + token, says: "Create account", core: true},
		{name: "wrong-link", path: "/setup?token=wrong", as: http.StatusForbidden, says: "link"},
		{
			name: "refused",
			path: "/setup", form: url.Values{"token": {token}, "email": {"no address"}, "password": {"short"}},
			as: http.StatusUnprocessableEntity, says: "Nothing was lost",
		},
	}
}

func strangersStage(t *testing.T) (*site, []scene) {
	s := newSite(t, siteOptions{}).signIn().fill()
	_, invitation, err := s.desk.InviteUser(t.Context(), "jane@example.com", control.Membership{Role: "viewer"})
	must(t, err)
	_, link, err := s.desk.MakeLink(t.Context(), realmA, 0)
	must(t, err)
	local := func(address string) string { return strings.TrimPrefix(address, "http://ledgersheet.test") }
	token := func(address string) string { return address[strings.Index(address, "=")+1:] }

	// One visitor refuses at Intuit, and one agrees.
	visitor := func(fault error) *http.Client {
		signedIn := s.client
		defer func() { s.client, s.consents.Err = signedIn, nil }()
		s.client, s.consents.Err = newClient(t), fault
		s.consents.Grant = export.Grant{AccessToken: "a", RefreshToken: "r"}
		_, link, err := s.desk.MakeLink(t.Context(), realmB, 0)
		must(t, err)
		s.wantSent(visitPath, url.Values{"link": {token(link)}}, "https://elsewhere.example/")
		if a := s.get("/oauth/quickbooks/callback?code=c&state=s&realmId=" + string(realmB)); a.status != 303 {
			t.Fatalf("the answer to a visitor: status %d\n%s", a.status, a.body)
		}
		return s.client
	}
	nobody := newClient(t)
	wrong := url.Values{"email": {email}, "password": {"wrong wrong wrong"}}
	scenes := []scene{
		{name: "login", path: "/login?next=%2Fruns", says: "Sign in", core: true},
		{name: "wrong-password", path: "/login", form: wrong, as: http.StatusUnauthorized, says: "not right"},
		{name: "invite", path: local(invitation), says: "jane@example.com"},
		{
			name: "invite-refused",
			path: "/invite", form: url.Values{"token": {token(invitation)}, "password": {"short"}},
			as: http.StatusUnprocessableEntity, says: "Nothing was lost",
		},
		{name: "invite-over", path: "/invite?token=wrong", as: http.StatusForbidden, says: "invitation"},
		{name: "terms", path: "/terms", says: "ledgersheet"},
		{name: "privacy", path: "/privacy", says: "ledgersheet"},
		{name: "disconnected", path: "/quickbooks/disconnected?realmId=1", says: "Disconnected in QuickBooks"},
		{name: "reconnect", path: "/quickbooks/reconnect?realmId=1", says: "Reconnect a company"},
		{name: "access", path: local(link), says: "Alder & Sons", core: true},
		{name: "access-over", path: visitPath + "?link=x", as: http.StatusNotFound, says: "Nothing was connected"},
		{name: "no-page", path: "/nowhere", as: http.StatusNotFound, says: "no page"},
		{
			name: "other-site", path: "/login", form: wrong, far: true, as: http.StatusForbidden,
			says: "sent from another site",
		},
		{
			name: "too-large", path: "/login", form: url.Values{"email": {strings.Repeat("x", 2<<20)}},
			as: http.StatusRequestEntityTooLarge, says: "larger than 1 MB",
		},
	}
	for i := range scenes {
		scenes[i].who = nobody
	}
	denied := visitor(problem.New(problem.Forbidden, "The permission was not given.").WithHint("Open the link again."))
	return s, append(scenes,
		scene{name: "access-denied", path: visitPath + "/result", who: denied, says: "was not given"},
		scene{name: "access-given", path: visitPath + "/result", who: visitor(nil), says: "connected"},
	)
}

// filledStage has two companies with books, exporters and runs, one of which has failed for a column that is gone.
func filledStage(t *testing.T) (*site, []scene) {
	s := newSite(t, siteOptions{demo: true, exportDirs: []string{t.TempDir()}}).signIn().fill()
	good := s.exporter(func(e *export.Exporter) {
		e.Name, e.Companies = "Invoices of everybody, with a rather long name", []export.RealmID{realmA, realmB}
	})
	report := s.exporter(func(e *export.Exporter) {
		e.Name, e.Definition, e.Columns, e.Filters = "Profit", "profit_and_loss", nil, nil
		e.Target.Sheet, e.Options = "Profit", map[string]string{"accounting_method": "Cash"}
	})
	run := s.run(good, func(r *export.Run) { succeeded(r); r.Undoable, r.HandEdits = true, 1 })
	s.fillBooks(realmA, "USD")
	s.fillBooks(realmB, "EUR")
	s.post("/settings/notices", url.Values{
		"kind": {"mail"}, "to": {"ann@example.com"}, "on": {"needs_you", "failure"}, "company": {string(realmA)},
		"timezone": {"Europe/Paris"}, "quiet_from": {"22:00"}, "quiet_to": {"07:00"}, "at": {"07:00"}, "stale": {"26"},
	})
	told, err := s.desk.Notices(t.Context())
	must(t, err)
	jane, _, err := s.desk.InviteUser(t.Context(), "jane@example.com", control.Membership{
		Role: "operator", Companies: []export.RealmID{realmA, realmB},
	})
	must(t, err)
	_, _, err = s.desk.MakeToken(t.Context(), "Nightly report", control.Membership{Role: "viewer"}, time.Time{})
	must(t, err)
	_, err = s.desk.RenewCalendar(t.Context())
	must(t, err)
	_, _, err = s.desk.MakeLink(t.Context(), realmA, 0)
	must(t, err)
	at, of := "/exporters/"+string(good.ID), "/runs/"+string(run.ID)
	month := url.Values{"month": {"2026-02"}, "sent": {"true"}}
	bulk := url.Values{"id": {string(good.ID)}, "do": {"tag"}, "tags": {"month end"}}
	view := url.Values{"tag": {"month end"}, "name": {"Month end"}}
	return s, []scene{
		{name: "home", path: "/", says: "companies", core: true},
		{name: "company", path: companyHref(realmA), says: "Month by month", core: true},
		{name: "month-sent", path: companyHref(realmA) + "/sent", form: month, says: "Sent 29 Mar"},
		{name: "tie-out", path: tieOutPath(realmA) + "?month=2026-03", says: "tie-out March 2026"},
		{name: "calendar", path: "/calendar", says: "Invoices of everybody"},
		{name: "connections", path: "/connections", says: "Alder & Sons", core: true},
		{
			name: "connection-works", path: companyPath(realmA, "test"), form: url.Values{"x": {""}},
			says: "Alder & Sons Ltd",
		},
		{name: "company-disconnect", path: companyPath(realmA, "disconnect"), says: "tokens are forgotten"},
		{name: "company-delete", path: companyPath(realmA, "delete"), says: "Delete company"},
		{name: "account-disconnect", path: accountPath(s.account, "disconnect"), says: "tokens are forgotten"},
		{name: "account-delete", path: accountPath(s.account, "delete"), says: "Delete account"},
		{name: "company-reconnect", path: "/quickbooks/reconnect?realmId=" + string(realmA), says: "Reconnect Alder"},
		{name: "links", path: linksPath, says: "Open"},
		{
			name: "link-made", path: linksPath, form: url.Values{"realm": {string(realmA)}, "days": {"7"}},
			as: http.StatusCreated, says: "/access?link=",
		},
		{name: "paste", path: "/connections/paste", says: "Paste"},
		{name: "texts", path: "/connections/texts", says: "Privacy"},
		{name: "exporters", path: "/exporters", says: "Invoices of everybody", core: true},
		{name: "exporters-none", path: "/exporters?q=zzz", says: "zzz"},
		{
			name: "exporters-picked", path: "/exporters?q=everybody", core: true, says: "Keep this as a view",
			act: `document.querySelector('.tick input[name="id"]').click()
				for (const d of document.querySelectorAll(".bulk details, .own-views")) d.open = true`,
			until: ".bulk",
		},
		{name: "exporters-bulk", path: "/exporters/bulk", form: bulk, says: "1 tagged."},
		{name: "exporters-view", path: "/exporters/views", form: view, says: "Your views"},
		{name: "search", path: "/search?q=invoices", says: "All exporters with"},
		{name: "search-action", path: "/search?q=run+profit", says: "Run Profit"},
		{
			name: "palette", path: "/", core: true, says: "Settings",
			act: `document.querySelector("[data-palette]").click()`, until: ".palette [role=option]",
		},
		{name: "exporter", path: at, says: "Invoices of everybody", core: true},
		{name: "exporter-report", path: "/exporters/" + string(report.ID), says: "Profit"},
		{name: "timeline", path: at + "/timeline", says: "12,345"},
		{name: "edit", path: at + "/edit", says: "Save", core: true},
		{
			name: "edit-preview", path: at + "/edit", act: `document.querySelector("[data-preview-draft]").click()`,
			until: "#draft-preview tbody .num", says: "Bold & Co",
		},
		{
			name: "edit-columns", path: at + "/edit", core: true, says: "In the sheet", until: "#pick-title",
			act: `for (const d of document.querySelectorAll("#fold-columns, #fold-rows")) d.open = true`,
		},
		{
			name: "edit-place", path: at + "/edit", says: "Title of 1aBcDeFgHiJkLmNoP", until: "[data-place]",
			act: pasteBook,
		},
		{
			name: "edit-stale", path: at + "/edit", says: "Show the rows again", until: "[data-stale]",
			act: `(() => { const p = document.querySelector("#option-date_range"); p.value = "last_month";
				p.dispatchEvent(new Event("input", {bubbles: true})); })()`,
		},
		{name: "preview", path: at + "/preview", says: "Bold & Co"},
		{name: "dry-run", path: at + "/dry-run", says: "A run now would add"},
		{name: "delete", path: at + "/delete", says: "Delete"},
		{name: "no-file", path: at + "/file", as: http.StatusNotFound, says: "no file"},
		{name: "runs", path: "/runs", says: "Invoices of everybody"},
		{name: "runs-none", path: "/runs?status=cancelled", says: "No run"},
		{name: "undo", path: of + "/undo", says: "Undo this run"},
		{name: "settings", path: "/settings", says: "ann@example.com"},
		{
			name: "people", path: peoplePath, says: "jane@example.com",
		},
		{
			name: "person-delete", path: peoplePath + "/" + string(jane.ID) + "/delete",
			says: "Remove jane@example.com?",
		},
		{
			name: "people-made", path: peoplePath + "/tokens", as: http.StatusCreated, says: "lst_",
			form: url.Values{"name": {"Another"}, "role": {"viewer"}, "days": {"90"}},
		},
		{
			name: "notice-edit", path: "/settings/notices/" + string(told[0].ID) + "/edit", says: "ann@example.com",
		},
		{
			name: "notice-delete", path: "/settings/notices/" + string(told[0].ID) + "/delete", says: "ann@example.com",
		},
		{name: "help", path: "/help", says: "Keyboard"},
		{name: "help-type", path: "/help?type=invoices", says: "CustomerRef.name"},
		{name: "help-found", path: "/help?q=due+date", says: "Due date"},
		{name: "no-page", path: "/nowhere", as: http.StatusNotFound, says: "no page"},
	}
}

// runsStage has a run in each state.
func runsStage(t *testing.T) (*site, []scene) {
	s := newSite(t, siteOptions{}).signIn().fill()
	var scenes []scene
	show := func(name, title, says string, change func(*export.Run)) (export.Exporter, export.Run) {
		e := s.exporter(func(e *export.Exporter) { e.Name, e.Target.Sheet = title, name })
		r := s.run(e, change)
		scenes = append(scenes, scene{name: name, path: "/runs/" + string(r.ID), says: says})
		return e, r
	}
	drift := func(r *export.Run) {
		failed(problem.HeaderDrift)(r)
		r.Problem.Columns = []problem.Column{{ID: "DocNumber", Title: "Number", Gone: true}}
		for _, repair := range export.Repairs() {
			r.Problem.Remedies = append(r.Problem.Remedies, string(repair))
		}
	}
	gone := func(r *export.Run) {
		failed(problem.HeaderDrift)(r)
		r.Problem = problem.New(problem.HeaderDrift, "The column Number is gone from the tab “column-gone”.").
			WithRemedies("put_back", "drop_columns", "start_over")
		r.Problem.Columns = []problem.Column{{ID: "DocNumber", Title: "Number", Gone: true}}
	}
	show("queued", "Bills by vendor", "Queued", nil)
	busy, _ := show("running", "General ledger", "Running", running)
	show("retrying", "Customers", "tried again by itself", func(r *export.Run) {
		failed(problem.GoogleUnavailable)(r)
		r.Status, r.FinishedAt, r.NotBefore = export.RunQueued, r.NotBefore, noon.Add(90e9)
	})
	show("succeeded", "Sales by item", "12,345", func(r *export.Run) {
		succeeded(r)
		r.Undoable, r.HandEdits = true, 1
	})
	show("warned", "Payments", "A second spreadsheet", func(r *export.Run) {
		succeeded(r)
		r.Warnings = export.Warnings(export.WarnDouble, "", "A second spreadsheet was made.")
	})
	show("failed", "Vendors", "What to do", failed(problem.CompanyReconnectRequired))
	drifted, _ := show("drifted", "Journal entries", "Start over", drift)
	show("column-gone", "Open invoices", "Put it back", gone)
	show("cancelled", "Estimates", "Cancelled", func(r *export.Run) {
		r.Status, r.StartedAt, r.FinishedAt = export.RunCancelled, noon.Add(-50e9), noon.Add(-20e9)
		r.Progress = export.Progress{Phase: export.PhaseReading, RowsRead: 100}
		r.Problem = problem.New(problem.Cancelled, "The run was cancelled.")
	})
	scenes[1].core = true
	return s, append(scenes,
		scene{name: "home", path: "/", says: "Latest runs"},
		scene{name: "list", path: "/runs", says: "Cancelled"},
		scene{name: "exporters", path: "/exporters", says: "Running"},
		scene{name: "exporter-running", path: "/exporters/" + string(busy.ID), says: "Running"},
		scene{name: "exporter-drifted", path: "/exporters/" + string(drifted.ID), says: "Start over"},
	)
}

// troubleStage has connections that have ended and exporters that have failed for days.
func troubleStage(t *testing.T) (*site, []scene) {
	s := newSite(t, siteOptions{}).signIn().fill()
	s.fillBooks(realmA, "USD")
	e := s.exporter(func(e *export.Exporter) {
		e.Name = "Anunbreakablenamewhichisnotsensiblebutpossiblenevertheless"
	})
	for day := 9; day > 1; day-- {
		s.runAt(e, noon.AddDate(0, 0, -day), failed(problem.SheetConflict))
	}
	other := s.exporter(func(e *export.Exporter) {
		e.Name, e.Companies, e.Target.Sheet = "Invoices of Birch", []export.RealmID{realmB}, "Birch"
	})
	s.runAt(other, noon.Add(-10*60e9), failed(problem.CompanyReconnectRequired))
	s.control.CompanyEnded(t.Context(), realmB,
		problem.New(problem.CompanyReconnectRequired, "Intuit ended the access."))
	_, err := s.store.UpdateCompany(t.Context(), realmA, func(c *export.Company) error {
		c.TokenExpiresAt, c.HardExpiresAt = noon.AddDate(0, 0, 6), noon.AddDate(0, 0, 6)
		return nil
	})
	must(t, err)
	_, err = s.store.UpdateAccount(t.Context(), s.account, func(a *export.GoogleAccount) error {
		a.ExpiresAt = a.ConnectedAt.AddDate(0, 0, 7)
		return nil
	})
	must(t, err)
	must(t, s.store.PutSetting(t.Context(), "consents", []byte(`{"company":{"redirect":`+
		`"http://ledgersheet.test/oauth/quickbooks/callback","begun_at":"2026-03-29T11:50:00Z"}}`), true))
	at := "/exporters/" + string(e.ID)
	s.previewer.Err = errors.New("a disk is full")
	return s, []scene{
		{name: "home", path: "/", says: "Reconnect", core: true},
		{name: "company-ended", path: companyHref(realmB), says: "Birch"},
		{name: "connections", path: "/connections", says: "Reconnect", core: true},
		{name: "calendar", path: "/calendar", says: "failures on 8 days"},
		{name: "exporters", path: "/exporters", says: "Failed"},
		{name: "exporter-blocked", path: "/exporters/" + string(other.ID), says: "Reconnect"},
		{name: "exporter-failing", path: at, says: "Failed"},
		{name: "timeline", path: at + "/timeline", says: "Failed"},
		{name: "runs", path: "/runs", says: "failed 8 times since"},
		{name: "server-error", path: at + "/download", as: http.StatusInternalServerError, says: "request"},
	}
}

// formsStage has forms that were refused, each with a message at its field.
func formsStage(t *testing.T) (*site, []scene) {
	s := newSite(t, siteOptions{exportDirs: []string{t.TempDir()}}).signIn().fill()
	const refused = http.StatusUnprocessableEntity
	e := s.exporter(nil)
	// A session ends before a form is sent, and a person has signed in again, or not yet.
	unsent := func(path string, form url.Values, again bool) *http.Client {
		signedIn := s.client
		defer func() { s.client = signedIn }()
		s.client = newClient(t)
		s.signIn().endSession()
		s.wantSent(path, form, "/login")
		if again {
			s.signInTo(unsentPath, email)
		}
		return s.client
	}
	filled := s.filledForm(url.Values{"name": {"Typed before the session ended"}})
	run := "/exporters/" + string(e.ID) + "/run"
	return s, []scene{
		{
			name: "unsent-login", path: "/login?next=%2Funsent", who: unsent("/exporters", filled, false),
			says: "Your session has ended",
		},
		{
			name: "unsent-exporter", path: unsentPath, who: unsent("/exporters", filled, true), says: "Typed before",
			core: true,
		},
		{
			name: "unsent-run", path: unsentPath, who: unsent(run, url.Values{}, true),
			says: "nothing was done", core: true,
		},
		{name: "list", path: "/exporters/new?type=invoices", says: "Save"},
		{
			name: "type-search", path: "/exporters/new?type=invoices", says: "Receivables aging", core: true,
			until: ".combo-list [aria-selected=true]",
			act: `(() => { const p = document.querySelector("#type"); p.focus(); p.value = "aging";
				p.dispatchEvent(new Event("input", {bubbles: true})); })()`,
		},
		{
			name: "type-list", path: "/exporters/new?type=invoices", says: "Popular", until: ".combo-group",
			act: `(() => { const p = document.querySelector("#type"); p.focus(); p.click(); })()`,
		},
		{
			name: "edit-faults", path: "/exporters/" + string(e.ID) + "/edit", says: "Please", until: "#name-error",
			act: `(() => { const p = document.querySelector("#name"); p.value = "";
				p.dispatchEvent(new Event("input", {bubbles: true})); })()`,
		},
		{name: "report", path: "/exporters/new?type=profit_and_loss", says: "Save"},
		{
			name: "exporter-refused", path: "/exporters", as: refused, says: "Nothing was lost", core: true,
			form: s.filledForm(url.Values{"name": {""}, "sheet": {""}, "cron": {"never"}, "timezone": {"Mars"}}),
		},
		{
			name: "texts-refused", path: "/connections/texts", as: refused, says: "must be an e-mail address",
			form: url.Values{"operator": {"Ann"}, "contact": {"nobody"}, "privacy": {"# Kept"}, "terms": {"None."}},
		},
		{
			name: "paste-refused", path: "/connections/paste", as: refused, says: "Please check one field",
			form: url.Values{"address": {"http://localhost:8080/elsewhere"}},
		},
		{
			name: "link-refused", path: linksPath, as: refused, says: "Please check one field",
			form: url.Values{"days": {"99"}},
		},
		{
			name: "person-refused", path: peoplePath, as: refused, says: "Please check",
			form: url.Values{"name": {"nobody"}, "role": {"viewer"}},
		},
		{
			name: "notice-refused", path: "/settings/notices", as: refused, says: "must be an address",
			form: url.Values{
				"kind": {"webhook"}, "to": {"nowhere"}, "on": {"value"}, "timezone": {"Mars"}, "quiet_from": {"22:00"},
				"quiet_to": {"22:00"}, "at": {"x"}, "stale": {"soon"}, "figure": {"Overdue"}, "above": {"much"},
			},
		},
		{
			name: "password-refused", path: "/settings/password", as: refused, says: "Please check one field",
			form: url.Values{"present_password": {"wrong wrong wrong"}, "password": {"four quiet herons"}},
		},
		{
			name: "assessment-refused",
			path: productionPath + "/assessment", as: refused, says: "Please check one field",
			form: url.Values{"assessed": {"2030-01-01"}},
		},
	}
}

func productionStage(t *testing.T) (*site, []scene) {
	s := newSite(t, siteOptions{real: true, notReady: true}).signIn()
	s.wantSent(productionPath+"/assessment", url.Values{"assessed": {"2025-04-02"}}, productionPath)
	s.wantSent(productionPath+"/tick/google_project", url.Values{"done": {"true"}}, productionPath)
	return s, []scene{
		{name: "home", path: "/", says: "yearly assessment is due"},
		{name: "checklist", path: productionPath, says: "Intuit does not accept it for real companies", core: true},
		{name: "questionnaire", path: "/connections/questionnaire", says: "encrypt"},
		{name: "connections", path: "/connections", says: "LEDGERSHEET_"},
		{
			name: "not-ready", path: "/connections/quickbooks", form: url.Values{"x": {""}},
			says: "are not set.",
		},
	}
}

// portfolioStage has more companies than a page shows, in groups, with a month of runs.
func portfolioStage(t *testing.T) (*site, []scene) {
	s := newSite(t, siteOptions{}).signIn()
	s.bench.Connect()
	s.account = s.bench.Account
	for _, realm := range []export.RealmID{realmA, realmB} {
		must(t, s.store.DeleteCompany(t.Context(), realm))
	}
	clients := []string{"Hospitality", "Practices", "Trades"}
	names := []string{
		"Amber Lane Café", "Bellwether Dental", "Cooper Joinery", "Dockside Kitchen", "Elm Street Vets",
		"Foss & Daughters Roofing", "Garnet Rooms", "Hollis Physio", "Ironbridge Electric", "Juniper Bakery",
		"Kestrel Opticians", "Larkin Landscapes", "Moorings Hotel", "North Quay Clinic", "Oakham Plumbing",
		"Pilgrim Inn", "Quayle Chiropractic", "Redfern Tiling", "Saltmarsh Brewery", "Tern Audiology",
	}
	for i, name := range names {
		realm := export.RealmID(fmt.Sprintf("88%04d", i))
		must(t, s.store.PutCompany(t.Context(), export.Company{
			Realm: realm, Name: name, Status: export.Connected, HomeCurrency: "USD", Client: clients[i%3],
			ClosedThrough: "2026-02-28", ClosedAsOf: noon.Add(-time.Hour),
		}))
		if i != 9 {
			s.tellOf(realm, i)
		}
	}
	return s, []scene{
		{name: "home", path: "/", says: "Hospitality"},
		{name: "company", path: "/companies/880003", says: "Dockside Kitchen"},
		{name: "exporters", path: "/exporters", says: "Next"},
		{name: "runs", path: "/runs", says: "Older"},
		{name: "calendar", path: "/calendar", says: "Dockside Kitchen"},
		{name: "connections", path: "/connections", says: "Larkin Landscapes"},
	}
}

// tellOf gives a company books of its own, the n-th, which were read every day of the month.
func (s *site) tellOf(realm export.RealmID, n int) {
	s.t.Helper()
	currency := []string{"USD", "CAD", "USD"}[n%3]
	at := noon.Add(-time.Hour)
	var months []export.FigureValue
	var total int // the place of the running total among the figures
	for _, f := range yearOf(realm, currency) {
		if strings.HasPrefix(f.Period, "2025-04-01 to 2026") {
			total, f.Value = len(months), "0"
			months = append(months, f)
			continue
		}
		month, err := time.Parse(time.DateOnly, f.Period[:len(time.DateOnly)])
		must(s.t, err)
		whole := decimal.New(int64(21000+4300*(n%7)+2900*((int(month.Month())*(n+3))%5)), 0)
		if strings.HasSuffix(f.Period, noon.Format(time.DateOnly)) {
			whole = whole.Mul(decimal.New(8, -1))
		}
		if f.ID == "net_income" {
			whole = whole.Div(decimal.New(5, 0)).Sub(decimal.New(int64(3100*((int(month.Month())+n)%3)), 0))
		}
		whole = whole.Add(decimal.New(int64(37*n%100), -2))
		f.Value = whole.String()
		months[total].Value = decimal.RequireFromString(months[total].Value).Add(whole).String()
		months = append(months, f)
	}
	amount := func(factor int) string {
		return decimal.New(int64(factor*(1+n*7%11)*1000+n*4711%997), -2).String()
	}
	e := s.tell(realm, "profit_and_loss", at, months...)
	s.tell(realm, "balance_sheet", at, standing(realm, "cash", "Bank accounts", currency, amount(2800)))
	s.tell(realm, "ar_aging_summary", at, standing(realm, "total", "Total", currency, amount(900)),
		standing(realm, "overdue", "Overdue", currency, amount(210)))
	s.tell(realm, "ap_aging_summary", at, standing(realm, "total", "Total", currency, amount(500)),
		standing(realm, "overdue", "Overdue", currency, amount(80)))
	for day := 29; day > 0 && n < 16; day-- {
		s.runAt(e, at.AddDate(0, 0, -day), func(r *export.Run) {
			r.Status, r.Rows = export.RunSucceeded, 40
			if (day+n)%17 == 0 {
				failed(problem.GoogleUnavailable)(r)
			}
		})
	}
}

// routeOf returns the registered path that an address leads to; empty if none does.
func routeOf(paths []string, address string) string {
	address, _, _ = strings.Cut(address, "?")
	parts := strings.Split(address, "/")
	best, params := "", len(parts)+1
	for _, path := range paths {
		pattern := strings.Split(path, "/")
		n := strings.Count(path, ":")
		if len(pattern) == len(parts) && n < params && slices.EqualFunc(pattern, parts, func(p, part string) bool {
			return p == part || strings.HasPrefix(p, ":")
		}) {
			best, params = path, n
		}
	}
	return best
}

// TestEveryPageIsInTheCatalogue: no page can be added without a scene that shows it, and none of what is listed as no
// page is forgotten there once it is gone.
func TestEveryPageIsInTheCatalogue(t *testing.T) {
	t.Parallel()
	var paths []string
	shown := map[string]bool{}
	names := map[string]bool{}
	for _, st := range stages() {
		s, scenes := st.set(t)
		paths = paths[:0]
		for _, r := range s.web.engine.Routes() {
			if r.Method == http.MethodGet {
				paths = append(paths, r.Path)
			}
		}
		for _, sc := range scenes {
			if name := st.name + "-" + sc.name; names[name] {
				t.Errorf("two scenes are named %s", name)
			} else {
				names[name] = true
			}
			if sc.form == nil && (sc.as == 0 || sc.as == http.StatusNotFound) {
				shown[routeOf(paths, sc.path)] = true
			}
		}
	}
	not := notPages()
	for _, path := range paths {
		if why := not[path]; !shown[path] && why == "" {
			t.Errorf("GET %s has no scene in the catalogue of pages", path)
		}
	}
	for path := range not {
		if !slices.Contains(paths, path) {
			t.Errorf("%s is listed as no page, and is no route", path)
		}
	}
}
