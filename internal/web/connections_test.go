package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

func TestConnectCompany(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn()
	s.consents.Grant = export.Grant{AccessToken: "a", RefreshToken: "r"}
	s.wantSent("/connections/quickbooks", url.Values{"return_to": {"/"}}, "https://elsewhere.example/consent")
	if s.consents.Begun.User != email || s.consents.Begun.Session == "" || s.consents.Begun.Realm != "" {
		t.Errorf("the consent began as %+v", s.consents.Begun)
	}
	a := s.get("/oauth/quickbooks/callback?code=c&state=s&realmId=" + string(realmA))
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/" {
		t.Fatalf("the answer is sent on with %d to %q", a.status, a.header.Get("Location"))
	}
	if body := s.wantGet("/"); !strings.Contains(body, "Alder &amp; Sons Ltd is connected.") {
		t.Error("the connection is not told")
	}
	if _, err := s.desk.Company(t.Context(), realmA); err != nil {
		t.Errorf("the company is not there: %v", err)
	}
}

func TestReconnectRefusesAnotherCompany(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	s.wantSent(companyPath(realmA, "reconnect"), nil, "https://elsewhere.example/consent")
	if s.consents.Begun.Realm != realmA {
		t.Errorf("the consent is for %q", s.consents.Begun.Realm)
	}
	s.consents.Err = problem.New(problem.Conflict, "The permission was given for another company.").
		WithHint("Nothing was changed.")
	if a := s.get("/oauth/quickbooks/callback?code=c&state=s&realmId=1"); a.status != http.StatusSeeOther ||
		a.header.Get("Location") != "/connections" {
		t.Fatalf("status %d to %q", a.status, a.header.Get("Location"))
	}
	body := s.wantGet("/connections")
	for _, says := range []string{
		"The permission was given for another company, but Alder &amp; Sons Ltd was to be connected.",
		"Nothing was changed. Begin again and choose Alder &amp; Sons Ltd on",
	} {
		if !strings.Contains(body, says) {
			t.Errorf("the page lacks %q", says)
		}
	}
	if a := s.post(companyPath("404404", "reconnect"), nil); a.status != http.StatusNotFound {
		t.Errorf("a company that is not there: status %d", a.status)
	}
}

func TestConsentWithoutCredentialsIsExplained(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{notReady: true}).signIn()
	for _, path := range []string{"/connections/quickbooks", "/connections/google"} {
		s.wantSent(path, nil, "/connections")
		if body := s.wantGet("/connections"); !strings.Contains(body, "are not set.") {
			t.Errorf("%s does not say what is missing", path)
		}
	}
}

func TestConnectAccountAsksForExistingOnlyWhenTold(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	const wide = "https://www.googleapis.com/auth/spreadsheets"
	s.wantSent("/connections/google", nil, "https://elsewhere.example/")
	if slices.Contains(s.consents.Begun.Scopes, wide) {
		t.Error("asks for all spreadsheets without being told to")
	}
	s.wantSent("/connections/google", url.Values{"access": {"existing"}}, "https://elsewhere.example/")
	if !slices.Contains(s.consents.Begun.Scopes, wide) {
		t.Error("does not ask for existing spreadsheets")
	}
	s.consents.Grant = export.Grant{AccessToken: "a", RefreshToken: "r"}
	if a := s.get("/oauth/google/callback?code=c&state=s"); a.status != http.StatusSeeOther ||
		a.header.Get("Location") != "/connections" {
		t.Errorf("status %d to %q", a.status, a.header.Get("Location"))
	}
	if body := s.wantGet("/connections"); !strings.Contains(body, "All spreadsheets that this person may edit") {
		t.Error("the wider access is not shown")
	}
	s.wantSent(accountPath(s.account, "reconnect"), url.Values{"return_to": {"//evil.example"}},
		"https://elsewhere.example/")
	if s.consents.Begun.ReturnTo != "/connections" || s.consents.Begun.Account != s.account {
		t.Errorf("the consent began as %+v", s.consents.Begun)
	}
}

func TestTestDisconnectDelete(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(nil)
	told := func(want string) {
		t.Helper()
		if body := s.wantGet("/connections"); !strings.Contains(body, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	s.wantSent(companyPath(realmA, "test"), nil, "/connections")
	told("QuickBooks answered for Alder &amp; Sons Ltd.")
	s.quick.Err = problem.New(problem.QuickBooksUnavailable, "QuickBooks did not answer.")
	s.wantSent(companyPath(realmA, "test"), nil, "/connections")
	told("QuickBooks did not answer.")
	s.quick.Err = errors.New("dial tcp 10.0.0.1: secret detail")
	s.wantSent(companyPath(realmA, "test"), nil, "/connections")
	if body := s.wantGet("/connections"); strings.Contains(body, "secret detail") {
		t.Error("an internal error's text is shown")
	}
	s.wantSent(accountPath(s.account, "test"), nil, "/connections")
	told("Google answered for books@example.com.")

	for _, page := range []string{
		companyPath(realmA, "disconnect"), companyPath(realmA, "delete"),
		accountPath(s.account, "disconnect"), accountPath(s.account, "delete"),
		"/exporters/" + string(e.ID) + "/delete",
	} {
		if body := s.wantGet(page); !strings.Contains(body, `<form method="post" action="`+page+`"`) {
			t.Errorf("%s: its button does something else", page)
		}
	}
	if body := s.wantGet(companyPath(realmA, "disconnect")); !strings.Contains(body, "Open invoices") {
		t.Error("the page does not name the exporter that will wait")
	}
	s.wantSent(companyPath(realmA, "disconnect"), nil, "/connections")
	told("Alder &amp; Sons Ltd is disconnected.")
	if e, _ := s.desk.Exporter(t.Context(), e.ID); !e.Paused() {
		t.Error("the exporter is not paused")
	}
	s.wantSent(accountPath(s.account, "disconnect"), nil, "/connections")
	told("books@example.com is disconnected.")
	s.wantSent(accountPath(s.account, "delete"), nil, "/connections")
	told("books@example.com was deleted.")
	s.wantSent(companyPath(realmA, "delete"), nil, "/connections")
	told("was deleted.")
	if _, err := s.desk.Exporter(t.Context(), e.ID); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("the exporter of the deleted company: %v", err)
	}
}

func TestIntuitsDisconnectAddressOnlyLooks(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	s.get("/quickbooks/disconnected?realmId=" + string(realmA))
	if body := s.wantGet("/connections"); !strings.Contains(body, "is still connected") {
		t.Error("a company that still answers is not told so")
	}
	s.quick.Err = problem.New(problem.CompanyReconnectRequired, "Intuit ended the access.")
	if a := s.get("/quickbooks/disconnected?realmId=" + string(realmA)); a.header.Get("Location") != "/connections" {
		t.Errorf("sent to %q", a.header.Get("Location"))
	}
	if body := s.wantGet("/connections"); !strings.Contains(body, "was disconnected in QuickBooks.") {
		t.Error("the disconnect in QuickBooks is not told")
	}
	for _, query := range []string{"", "?realmId=404", "?realmId=%22%3E"} {
		if a := s.get("/quickbooks/disconnected" + query); a.status != http.StatusSeeOther {
			t.Errorf("%q: status %d", query, a.status)
		}
	}
	body := s.wantGet("/quickbooks/reconnect?realmId=" + string(realmA))
	if !strings.Contains(body, `action="`+companyPath(realmA, "reconnect")+`"`) {
		t.Error("the reconnect address does not lead to the company's consent")
	}
}
