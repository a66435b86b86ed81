package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// TestChecklistPage ticks a point and enters the day of the assessment, without scripts.
func TestChecklistPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	body := s.wantGet(productionPath)
	for _, says := range []string{
		"http://ledgersheet.test/oauth/quickbooks/callback", "http://ledgersheet.test/privacy", "Mark as done",
		"development keys, which reach sandbox companies only", "Paste the address you landed on",
	} {
		if !strings.Contains(body, says) {
			t.Errorf("the page lacks %q", says)
		}
	}
	s.wantSent(productionPath+"/tick/google_project", url.Values{"done": {"true"}}, productionPath+"#google_project")
	if body := s.wantGet(productionPath); !strings.Contains(body, "Ticked on 29 March 2026.") {
		t.Error("the tick is not shown")
	}
	if a := s.post(productionPath+"/tick/address", url.Values{"done": {"true"}}); a.status != http.StatusNotFound {
		t.Errorf("a point that the program sees: status %d", a.status)
	}
	for _, wrong := range []string{"", "29.3.2026", "2030-01-01"} {
		a := s.post(productionPath+"/assessment", url.Values{"assessed": {wrong}})
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Please check one field") {
			t.Errorf("%q: status %d", wrong, a.status)
		}
	}
	s.wantSent(productionPath+"/assessment", url.Values{"assessed": {"2026-03-28"}}, productionPath)
	if day, err := s.desk.AssessedAt(t.Context()); err != nil || day.Format(time.DateOnly) != "2026-03-28" {
		t.Errorf("kept %s, %v", day, err)
	}
	checkPage(t, "questionnaire", s.wantGet("/connections/questionnaire"))
}

// TestChecklistForRealCompanies has all that Intuit asks for, and reminds of the yearly assessment.
func TestChecklistForRealCompanies(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{real: true}).signIn()
	body := s.wantGet(productionPath)
	checkPage(t, "production", body)
	for _, says := range []string{
		"http://ledgersheet.test/quickbooks/reconnect", "http://ledgersheet.test/quickbooks/disconnected",
		"http://ledgersheet.test/terms", "Intuit does not accept it for real companies", "The yearly assessment",
		`<label for="assessed">Last answered on</label>`, `href="/connections/questionnaire"`,
	} {
		if !strings.Contains(body, says) {
			t.Errorf("the page lacks %q", says)
		}
	}
	s.wantSent(productionPath+"/assessment", url.Values{"assessed": {"2025-04-02"}}, productionPath)
	if body := s.wantGet("/"); !strings.Contains(body, "yearly assessment is due on 2 April 2026.") ||
		!strings.Contains(body, `href="`+productionPath+`"`) {
		t.Error("the home page does not remind of the assessment")
	}
}

// TestTextsPage changes both texts, which strangers read.
func TestTextsPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn()
	form := url.Values{
		"operator": {"Ann <& Co>"}, "contact": {"ann@example.com"}, "privacy": {"# Kept\n- one\n- two\n  " +
			"more\n\nThe end."},
		"terms": {"<script>alert(1)</script> {operator}"},
	}
	s.wantSent("/connections/texts", form, "/connections/texts")
	s.client = newClient(t)
	for path, says := range map[string][]string{
		"/terms": {"&lt;script&gt;alert(1)&lt;/script&gt; Ann &lt;&amp; Co&gt;", "As of"},
		"/privacy": {
			"<h2>Kept</h2>", "<li>one</li><li>two more</li>", "<p>The end.</p>", `<a href="/terms">Terms of use</a>`,
		},
	} {
		body := s.wantGet(path)
		for _, text := range says {
			if !strings.Contains(body, text) {
				t.Errorf("%s lacks %q\n%s", path, text, body)
			}
		}
	}
	s.signIn()
	form.Set("contact", "nobody")
	if a := s.post("/connections/texts", form); a.status != http.StatusUnprocessableEntity ||
		!strings.Contains(a.body, "must be an e-mail address") || !strings.Contains(a.body, "# Kept") {
		t.Errorf("a wrong address: status %d\n%s", a.status, a.body)
	}
	s.wantSent("/connections/texts", url.Values{"usual": {"yes"}, "operator": {"Ann"}}, "/connections/texts")
	if body := s.wantGet("/terms"); !strings.Contains(body, "is run by Ann.") {
		t.Error("the original text is not back")
	}
}

// TestTextsAreDivided reads the few marks that texts may have.
func TestTextsAreDivided(t *testing.T) {
	t.Parallel()
	got := readBlocks("One\nline.\n\n# Head\nBelow.\n- a\n- b\nmore\n\n\n#no head\n-no point\n")
	want := []textBlock{
		{Text: "One line."}, {Heading: "Head"}, {Text: "Below."}, {Items: []string{"a", "b more"}},
		{Text: "#no head -no point"},
	}
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i := range want {
		if got[i].Heading != want[i].Heading || got[i].Text != want[i].Text ||
			!slices.Equal(got[i].Items, want[i].Items) {
			t.Errorf("block %d: got %+v, want %+v", i, got[i], want[i])
		}
	}
}

// TestPasteTheAddress finishes a consent whose answer could not reach this installation.
func TestPasteTheAddress(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn()
	s.wantSent("/connections/quickbooks", nil, "https://elsewhere.example/consent")
	const query = "?code=c&state=s&realmId=" + string(realmA)
	for _, wrong := range []string{
		"", "http://localhost:8080/oauth/quickbooks/callback", "code=c&state=s",
		"http://localhost:8080/elsewhere" + query,
		"http://localhost:8080/oauth/quickbooks/callback?code=c", "http://[::1/x?y",
		"https://elsewhere.example/consent?state=s",
	} {
		a := s.post("/connections/paste", url.Values{"address": {wrong}})
		if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, "Please check one field") {
			t.Errorf("%q: status %d", wrong, a.status)
		}
		checkPage(t, wrong, a.body)
	}
	pasted := url.Values{"address": {" http://localhost:8080/oauth/quickbooks/callback" + query + "\n"}}
	other := s.client
	s.client = newClient(t)
	if a := s.post("/connections/paste", pasted); !strings.HasPrefix(a.header.Get("Location"), "/login") {
		t.Errorf("a stranger is sent to %q", a.header.Get("Location"))
	}
	s.client = other
	s.wantSent("/connections/paste", pasted, "/connections")
	if body := s.wantGet("/connections"); !strings.Contains(body, "Alder &amp; Sons Ltd is connected.") {
		t.Error("the connection is not told")
	}
}

// TestLinksPage makes a link, shows its address once, and revokes it.
func TestLinksPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	a := s.post(linksPath, url.Values{"realm": {string(realmA)}, "days": {"7"}})
	const mark = "http://ledgersheet.test/access?link="
	i := strings.Index(a.body, mark)
	if a.status != http.StatusCreated || i < 0 {
		t.Fatalf("status %d\n%s", a.status, a.body)
	}
	checkPage(t, "links", a.body)
	token := a.body[i+len(mark) : i+len(mark)+43]
	for range 2 {
		if body := s.wantGet(linksPath); strings.Contains(body, token) || !strings.Contains(body, "Open") {
			t.Error("the address is shown again, or the link is not listed")
		}
	}
	if strings.Contains(s.log.String(), token) {
		t.Error("the address is in the log")
	}
	if a := s.post(linksPath, url.Values{"days": {"99"}}); a.status != http.StatusUnprocessableEntity {
		t.Errorf("99 days: status %d", a.status)
	}
	links, err := s.desk.Links(t.Context())
	must(t, err)
	s.wantSent(linksPath+"/"+string(links[0].ID)+"/revoke", nil, linksPath)
	s.client = newClient(t)
	for _, path := range []string{visitPath + "?link=" + token, visitPath + "?link=x", visitPath} {
		if a := s.get(path); a.status < 400 || a.status >= 500 || !strings.Contains(a.body, "Nothing was connected") {
			t.Errorf("%s: status %d", path, a.status)
		}
	}
	if a := s.get(visitPath + "/result"); a.status != http.StatusSeeOther {
		t.Errorf("the result without a visit: status %d", a.status)
	}
}

// TestVisitPage shows a stranger what a link asks for. The cookie cannot be read by scripts or sent by other sites.
func TestVisitPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{baseURL: "https://ledgersheet.test"}).fill()
	_, address, err := s.desk.MakeLink(t.Context(), realmA, 0)
	must(t, err)
	token := address[strings.Index(address, "=")+1:]
	body := s.wantGet(visitPath + "?link=" + token)
	checkPage(t, "visit", body)
	if strings.Contains(body, "Birch") || strings.Contains(body, "main-nav") {
		t.Error("the page tells more than the link is for")
	}
	a := s.post(visitPath, url.Values{"link": {token}})
	cookie := a.header.Get("Set-Cookie")
	for _, says := range []string{"__Host-ledgersheet_access=", "HttpOnly", "Secure", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, says) {
			t.Errorf("the cookie %q lacks %s", cookie, says)
		}
	}
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.header.Get("Location"), "https://elsewhere.example/") {
		t.Errorf("sent on with %d to %q", a.status, a.header.Get("Location"))
	}
	if s.consents.Begun.Realm != realmA || s.consents.Begun.User != "link of "+email || s.consents.Begun.Session == "" {
		t.Errorf("begun %+v", s.consents.Begun)
	}
}

// TestCalendarPage gives the calendar an address, and takes it away.
func TestCalendarPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	if body := s.wantGet("/connections"); !strings.Contains(body, "Make a calendar") {
		t.Error("no calendar is offered")
	}
	s.wantSent("/connections/calendar", nil, "/connections#calendar")
	address, err := s.desk.CalendarURL(t.Context())
	must(t, err)
	path := strings.TrimPrefix(address, "http://ledgersheet.test")
	s.client = newClient(t)
	a := s.get(path)
	if a.status != http.StatusOK || a.header.Get("Content-Type") != "text/calendar; charset=utf-8" ||
		!strings.HasPrefix(a.body, "BEGIN:VCALENDAR\r\n") || strings.Contains(s.log.String(), "key=") {
		t.Errorf("status %d, %q\n%s", a.status, a.header.Get("Content-Type"), a.body)
	}
	if a := s.get("/calendar.ics?key=x"); a.status != http.StatusNotFound {
		t.Errorf("another key: status %d", a.status)
	}
	s.signIn()
	s.wantSent("/connections/calendar/end", nil, "/connections#calendar")
	if a := s.get(path); a.status != http.StatusNotFound {
		t.Errorf("after its end: status %d", a.status)
	}
}

// TestEndsOnPages tells on all pages what ends soon, and why.
func TestEndsOnPages(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	_, err := s.store.UpdateCompany(t.Context(), realmA, func(c *export.Company) error {
		c.TokenExpiresAt, c.HardExpiresAt = noon.AddDate(0, 0, 6), noon.AddDate(0, 0, 6)
		return nil
	})
	must(t, err)
	_, err = s.store.UpdateAccount(t.Context(), s.account, func(a *export.GoogleAccount) error {
		a.ExpiresAt = a.ConnectedAt.Add(7 * 24 * time.Hour)
		return nil
	})
	must(t, err)
	if got := s.desk.AccountLife(export.GoogleAccount{}); got.Phase != control.PhaseDisconnected {
		t.Errorf("no account is %+v", got)
	}
	for path, says := range map[string][]string{
		"/": {
			"QuickBooks access to Alder &amp; Sons Ltd ends on 4 April 2026.", "five years after the consent",
			"Google access for books@example.com ends on 5 April 2026.", "press Publish app",
		},
		"/connections": {"Ends soon", "Reconnect before that day", "“Testing”"},
	} {
		body := s.wantGet(path)
		for _, text := range says {
			if !strings.Contains(body, text) {
				t.Errorf("%s lacks %q", path, text)
			}
		}
	}
}

// TestLostConsentsAreTold shows on Connections that a consent did not come back, with what may be the matter.
func TestLostConsentsAreTold(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	for provider, path := range map[string]string{"company": "quickbooks", "google": "google"} {
		if body := s.wantGet("/connections"); strings.Contains(body, "has not come back from") {
			t.Errorf("told before it was so:\n%s", body)
		}
		uri := "http://ledgersheet.test/oauth/" + path + "/callback"
		begun := fmt.Sprintf(`{%q:{"redirect":%q,"begun_at":"2026-03-29T11:50:00Z"}}`, provider, uri)
		must(t, s.store.PutSetting(t.Context(), "consents", []byte(begun), true))
		body := s.wantGet("/connections")
		for _, says := range []string{
			"was begun at 11:50 UTC has not come back from", "<code>" + uri + "</code>",
			`href="/connections/paste"`,
		} {
			if !strings.Contains(body, says) {
				t.Errorf("%s: the page lacks %q", path, says)
			}
		}
		checkPage(t, "connections", body)
		must(t, s.store.DeleteSetting(t.Context(), "consents"))
	}
}
