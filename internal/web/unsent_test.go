package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"ledgersheet/internal/export"
)

// endSession ends the client's session behind its back, as time or another browser's new password do.
func (s *site) endSession() {
	s.t.Helper()
	at := mustURL(s.t, s.server.URL)
	jar, err := cookiejar.New(nil)
	must(s.t, err)
	for _, c := range s.client.Jar.Cookies(at) {
		if c.Name != "ledgersheet_session" {
			jar.SetCookies(at, []*http.Cookie{c})
		}
	}
	s.client.Jar = jar
}

func mustURL(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	must(t, err)
	return u
}

func (s *site) unsentToken() string {
	s.t.Helper()
	for _, c := range s.client.Jar.Cookies(mustURL(s.t, s.server.URL)) {
		if c.Name == unsentCookie {
			return c.Value
		}
	}
	return ""
}

func (s *site) signInTo(next, as string) answer {
	s.t.Helper()
	return s.post("/login", url.Values{"email": {as}, "password": {password}, "next": {next}})
}

func (s *site) count() int {
	s.t.Helper()
	all, err := s.desk.Exporters(s.t.Context(), export.ExporterFilter{})
	must(s.t, err)
	return len(all)
}

// TestSessionThatEndsInAForm: after signing in again the form is there, filled, with a line that says so, and nothing
// was sent by itself.
func TestSessionThatEndsInAForm(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(func(e *export.Exporter) { e.Target.Sheet = "Other" })
	edit := "/exporters/" + string(e.ID) + "/edit"
	before := s.count()
	for _, path := range []string{"/exporters", "/exporters/preview", edit} {
		form := s.filledForm(url.Values{
			"name": {"Typed <for> minutes"}, "filter_value": {"0", "ignored", "Zürich & Söhne"}, "revision": {"1"},
		})
		if path == edit {
			form.Set("id", string(e.ID))
		}
		s.endSession()
		a := s.post(path, form)
		if a.status != http.StatusSeeOther || a.header.Get("Location") != "/login?next=%2Funsent" {
			t.Fatalf("%s: status %d to %q", path, a.status, a.header.Get("Location"))
		}
		login := s.wantGet("/login?next=%2Funsent")
		checkPage(t, "sign in", login)
		if !strings.Contains(login, "What you sent is kept for half an hour") {
			t.Errorf("%s: the sign-in page does not say that the form is kept", path)
		}
		wrong := s.post("/login", url.Values{"email": {email}, "password": {"wrong"}, "next": {unsentPath}})
		if !strings.Contains(wrong.body, "What you sent is kept") {
			t.Errorf("%s: after a wrong password the page does not say that the form is kept", path)
		}
		if a = s.signInTo(unsentPath, email); a.header.Get("Location") != unsentPath {
			t.Fatalf("%s: sent to %q", path, a.header.Get("Location"))
		}
		for range 2 { // loading the page again loses nothing either
			body := s.wantGet(unsentPath)
			checkPage(t, "kept form", body)
			action := map[bool]string{true: edit, false: "/exporters"}[path == edit]
			for _, want := range []string{
				"Your session had ended, so nothing was saved.", `value="Typed &lt;for&gt; minutes"`,
				`value="Zürich &amp; Söhne"`, `value="30 5 * * 1"`, `value="CustomField.Sales Rep"`,
				`action="` + action + `"`,
			} {
				if !strings.Contains(body, want) {
					t.Errorf("%s: the form lacks %s", path, want)
				}
			}
		}
		if got := s.count(); got != before {
			t.Fatalf("%s: something was saved by itself", path)
		}
	}
	now, err := s.desk.Exporter(t.Context(), e.ID)
	must(t, err)
	if now.Name != e.Name {
		t.Error("the exporter was changed by itself")
	}
	// Once it is sent, it is not kept any more.
	token := s.unsentToken()
	s.wantSent("/exporters", s.filledForm(nil), "/exporters/exp_")
	if _, kept := s.web.unsent.find(token); kept || s.unsentToken() != "" {
		t.Error("a form that was sent is still kept")
	}
	if a := s.get(unsentPath); a.status != http.StatusSeeOther || a.header.Get("Location") != "/" {
		t.Errorf("the page of a form that is gone: %d to %q", a.status, a.header.Get("Location"))
	}
	if !strings.Contains(s.wantGet("/"), "not kept any more") {
		t.Error("that the form is gone is not said")
	}
}

// TestSessionThatEndsBeforeAButton: other forms are offered again on a page of their own.
func TestSessionThatEndsBeforeAButton(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(nil)
	r := s.run(e, running)
	for path, want := range map[string][]string{
		"/exporters/" + string(e.ID) + "/pause":  {">Pause</button>", "<bdi>Open invoices</bdi>"},
		"/exporters/" + string(e.ID) + "/delete": {"danger solid", ">Delete</button>"},
		"/runs/" + string(r.ID) + "/cancel":      {">Cancel the run</button>", `href="/runs/` + string(r.ID)},
		companyPath(realmA, "test"):              {">Test the connection</button>", "<bdi>Alder &amp; Sons Ltd</bdi>"},
	} {
		s.endSession()
		if a := s.post(path, url.Values{"what": {"a <b>"}}); a.header.Get("Location") != "/login?next=%2Funsent" {
			t.Fatalf("%s: sent to %q", path, a.header.Get("Location"))
		}
		s.signInTo(unsentPath, email)
		body := s.wantGet(unsentPath)
		checkPage(t, path, body)
		want = append(want, `action="`+path+`"`, `name="what" value="a &lt;b&gt;"`, "so nothing was done")
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s: the page lacks %s", path, w)
			}
		}
	}
	now, err := s.desk.Exporter(t.Context(), e.ID)
	must(t, err)
	if now.Pause != nil {
		t.Error("the exporter was paused by itself")
	}
	s.wantSent("/exporters/"+string(e.ID)+"/pause", nil, "/exporters/")
}

// TestUnsentFormIsNobodyElses tries the ways to somebody else's form.
func TestUnsentFormIsNobodyElses(t *testing.T) {
	t.Parallel()
	const secret = "Typed in confidence"
	set := func(t *testing.T) (*estate, *http.Client) {
		x := newEstate(t)
		x.endSession()
		x.post("/exporters", x.filledForm(url.Values{"name": {secret}}))
		if x.unsentToken() == "" {
			t.Fatal("the form is not kept")
		}
		return x, x.client
	}
	see := func(t *testing.T, s *site, want bool) {
		t.Helper()
		a := s.get(unsentPath)
		if got := strings.Contains(a.body, secret); got != want {
			t.Errorf("the form is shown: %t, want %t (status %d)", got, want, a.status)
		}
	}
	t.Run("the owner's browser", func(t *testing.T) {
		t.Parallel()
		x, _ := set(t)
		see(t, x.site, false) // not before signing in
		x.signInTo(unsentPath, email)
		see(t, x.site, true)
	})
	t.Run("another user in the same browser", func(t *testing.T) {
		t.Parallel()
		x, shared := set(t)
		x.as("admin")
		x.client = shared
		token := x.unsentToken()
		if a := x.signInTo(unsentPath, "one.admin@example.com"); a.header.Get("Location") != unsentPath {
			t.Fatalf("signing in: %d", a.status)
		}
		see(t, x.site, false)
		if _, kept := x.web.unsent.find(token); kept {
			t.Error("a form that somebody else asked for is still there")
		}
	})
	t.Run("another browser", func(t *testing.T) {
		t.Parallel()
		x, _ := set(t)
		x.client = newClient(t)
		x.signInTo(unsentPath, email)
		see(t, x.site, false)
	})
	t.Run("tampered cookie", func(t *testing.T) {
		t.Parallel()
		x, _ := set(t)
		token := []byte(x.unsentToken())
		token[3] ^= 1
		x.client.Jar.SetCookies(mustURL(t, x.server.URL), []*http.Cookie{{Name: unsentCookie, Value: string(token)}})
		x.signInTo(unsentPath, email)
		see(t, x.site, false)
	})
	t.Run("tampered form", func(t *testing.T) {
		t.Parallel()
		x, _ := set(t)
		for name, f := range x.web.unsent.forms {
			f.sealed[len(f.sealed)/2] ^= 1
			x.web.unsent.forms[name] = f
		}
		x.signInTo(unsentPath, email)
		see(t, x.site, false)
	})
	t.Run("what is kept cannot be read", func(t *testing.T) {
		t.Parallel()
		x, _ := set(t)
		for name, f := range x.web.unsent.forms {
			if strings.Contains(string(f.sealed), secret) || strings.Contains(name, x.unsentToken()) {
				t.Error("the form or its token lies open")
			}
		}
	})
	t.Run("with a form that was shown to somebody else", func(t *testing.T) {
		t.Parallel()
		x, _ := set(t)
		owner, err := x.store.UserByEmail(t.Context(), email)
		must(t, err)
		other := owner
		other.ID = "usr_other"
		x.post("/exporters", x.filledForm(url.Values{"name": {secret}, formIDInput: {x.web.newFormID(other)}}))
		x.signInTo(unsentPath, email)
		see(t, x.site, false)
		x.endSession()
		x.post("/exporters", x.filledForm(url.Values{"name": {secret}, formIDInput: {x.web.newFormID(owner)}}))
		x.signInTo(unsentPath, email)
		see(t, x.site, true)
	})
	t.Run("a browser that was never signed in", func(t *testing.T) {
		t.Parallel()
		x, _ := set(t)
		x.client = newClient(t)
		a := x.post("/exporters", x.filledForm(nil))
		if a.header.Get("Location") != "/login" || x.unsentToken() != "" {
			t.Errorf("sent to %q, token %q", a.header.Get("Location"), x.unsentToken())
		}
	})
}

// TestSecretsAndLargeFormsAreNotKept and the reason is said.
func TestSecretsAndLargeFormsAreNotKept(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	for reason, test := range map[string]struct {
		path string
		form url.Values
	}{
		lostSecret: {"/settings/password", url.Values{"present_password": {password}, "password": {"x"}}},
		lostSecret + "&": {
			"/settings/notices", url.Values{"kind": {"slack"}, "to": {"https://hooks.slack.com/services/T0/B0/x"}},
		},
		lostLarge: {"/exporters", s.filledForm(url.Values{"name": {strings.Repeat("x", unsentSize)}})},
	} {
		lost := strings.TrimSuffix(reason, "&")
		s.endSession()
		a := s.post(test.path, test.form)
		to := a.header.Get("Location")
		if !strings.Contains(to, "lost="+lost) || strings.Contains(to, "unsent") || s.unsentToken() != "" {
			t.Errorf("%s: sent to %q, token %q", test.path, to, s.unsentToken())
		}
		body := s.wantGet(to)
		checkPage(t, "sign in", body)
		if !strings.Contains(body, lostWords(lost)) {
			t.Errorf("%s: the sign-in page does not say why", test.path)
		}
	}
	if n := len(s.web.unsent.forms); n != 0 {
		t.Errorf("%d forms are kept", n)
	}
	for name, want := range map[string]bool{
		"smtp_password": true, "api-key": true, "clientSecret": false, "client_secret": true, "webhook_url": true,
		"keys": false, "title.Token": false, "name": false, "option.keyword": false,
	} {
		if got := holdsSecret(url.Values{name: {"x"}}); got != want {
			t.Errorf("%s holds a secret: %t, want %t", name, got, want)
		}
	}
	if !holdsSecret(url.Values{"address": {"https://books.example/oauth/google/callback?state=a&code=b"}}) {
		t.Error("a consent's answer is not taken for a secret")
	}
	if holdsSecret(url.Values{"password": {""}}) {
		t.Error("an empty field is taken for a secret")
	}
}

// TestUnsentFormsAreBounded in time, number and size; whoever sends many loses their own.
func TestUnsentFormsAreBounded(t *testing.T) {
	t.Parallel()
	now := noon
	u := newUnsentForms(func() time.Time { return now })
	keep := func(addr string, size int) string {
		t.Helper()
		form := url.Values{"name": {strings.Repeat("x", size)}}
		token, err := u.keep(unsentForm{Path: "/x", Mark: "m", Form: form}, addr)
		must(t, err)
		now = now.Add(time.Millisecond)
		return token
	}
	mine := keep("10.0.0.1", 10)
	var theirs []string
	for range 3 * unsentPerAddr {
		theirs = append(theirs, keep("10.0.0.2", unsentSize-500))
	}
	if _, ok := u.find(theirs[0]); ok || u.count("10.0.0.2") != unsentPerAddr {
		t.Errorf("one address has %d forms", u.count("10.0.0.2"))
	}
	for i := range 1000 {
		keep(fmt.Sprintf("10.1.%d.%d", i/250, i%250), 60<<10)
	}
	sum := 0
	for _, f := range u.forms {
		sum += len(f.sealed)
	}
	if len(u.forms) > unsentMost || u.size > unsentAll || u.size != sum {
		t.Errorf("%d forms, %d bytes, counted as %d", len(u.forms), sum, u.size)
	}
	if _, ok := u.find(mine); !ok {
		t.Error("the flood of others has washed a small form away")
	}
	last := keep("10.0.0.3", 10)
	now = now.Add(unsentLife - time.Second)
	if _, ok := u.find(last); !ok {
		t.Error("a form has expired too early")
	}
	now = now.Add(time.Second)
	if _, ok := u.find(last); ok {
		t.Error("a form has not expired")
	}
	if keep("10.0.0.4", 1); len(u.forms) != 1 {
		t.Errorf("%d expired forms still take room", len(u.forms)-1)
	}
}

var formIDPattern = regexp.MustCompile(`name="form_id" value="([^"]+)"`)

// formID returns the id in the form of a page.
func formID(t *testing.T, body string) string {
	t.Helper()
	found := formIDPattern.FindStringSubmatch(body)
	if found == nil {
		t.Fatal("the form has no id")
	}
	return found[1]
}

// TestTwoEqualPostsMakeOneExporter: a double click, a form that is sent again from the history, and one that is sent to
// another process.
func TestTwoEqualPostsMakeOneExporter(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	// An empty spreadsheet has no cell that could be taken, so nothing but the id tells the two posts apart.
	form := s.filledForm(url.Values{"spreadsheet": {""}, "template": {""}, "drive_folder": {""}})
	form.Set(formIDInput, formID(t, s.wantGet("/exporters/new?type=invoices")))
	var clicks sync.WaitGroup
	answers := make([]answer, 8)
	for i := range answers {
		clicks.Go(func() { answers[i] = s.post("/exporters", form) })
	}
	clicks.Wait()
	to := answers[0].header.Get("Location")
	for i, a := range answers {
		if a.status != http.StatusSeeOther || a.header.Get("Location") != to {
			t.Errorf("click %d: status %d to %q, want %q", i, a.status, a.header.Get("Location"), to)
		}
	}
	if n := s.count(); n != 1 {
		t.Fatalf("%d exporters were made", n)
	}
	// The first run has made a spreadsheet since then.
	id := export.ID(strings.TrimPrefix(to, "/exporters/"))
	_, err := s.store.UpdateExporter(t.Context(), id, func(e *export.Exporter) error {
		e.Target.Spreadsheet, e.Target.Created = "1aBcDeFgHiJkLmNoP", true
		e.Revision++
		return nil
	})
	must(t, err)
	form.Set("action", "save_run")
	s.wantSent("/exporters", form, to)
	if !strings.Contains(s.wantGet(to), "was saved already. Nothing was made twice.") {
		t.Error("the page does not say that nothing was made twice")
	}
	runs, _, err := s.desk.Runs(t.Context(), export.RunFilter{})
	must(t, err)
	if len(runs) != 0 || s.count() != 1 {
		t.Errorf("a repeated post made %d runs, %d exporters", len(runs), s.count())
	}

	// Going back and changing something is no repetition: nothing is lost, and nothing is made without asking.
	form.Set("name", "Another one")
	form.Set("sheet", "Other")
	a := s.post("/exporters", form)
	if a.status != http.StatusConflict || !strings.Contains(a.body, `value="Another one"`) ||
		!strings.Contains(a.body, "has already made Open invoices") || s.count() != 1 {
		t.Errorf("a changed form: status %d, %d exporters", a.status, s.count())
	}
	checkPage(t, "a used form", a.body)
	form.Set(formIDInput, formID(t, a.body))
	form.Set("action", "save")
	s.wantSent("/exporters", form, "/exporters/exp_")
	if s.count() != 2 {
		t.Errorf("%d exporters, want 2", s.count())
	}
}

// TestFormOfAnotherUser is shown again and saves nothing by itself.
func TestFormOfAnotherUser(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	theirs := s.web.newFormID(export.User{ID: "usr_x", PasswordHash: "x"})
	for _, id := range []string{theirs, "exp_1", "exp_1.", "." + theirs} {
		a := s.post("/exporters", s.filledForm(url.Values{formIDInput: {id}}))
		if a.status != http.StatusConflict || !strings.Contains(a.body, "opened by somebody else") ||
			!strings.Contains(a.body, `value="Open invoices"`) || s.count() != 0 {
			t.Errorf("%q: status %d, %d exporters", id, a.status, s.count())
		}
	}
}

// TestAFaultyFormKeepsItsID, and is taken once it is right.
func TestAFaultyFormKeepsItsID(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	id := formID(t, s.wantGet("/exporters/new?type=invoices"))
	a := s.post("/exporters", s.filledForm(url.Values{"name": {""}, formIDInput: {id}}))
	if got := formID(t, a.body); a.status != http.StatusUnprocessableEntity || got != id {
		t.Errorf("status %d, id %s, want %s", a.status, got, id)
	}
	s.wantSent("/exporters", s.filledForm(url.Values{formIDInput: {id}}), "/exporters/"+strings.Split(id, ".")[0])
}

// TestEqualEditsAreOne: the second click on Save is no conflict.
func TestEqualEditsAreOne(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(nil)
	path := "/exporters/" + string(e.ID)
	form := s.filledForm(url.Values{"name": {"Renamed"}, "revision": {"1"}})
	for range 2 {
		s.wantSent(path+"/edit", form, path)
	}
	if now, err := s.desk.Exporter(t.Context(), e.ID); err != nil || now.Revision != 2 {
		t.Errorf("revision %d, %v", now.Revision, err)
	}
}

// TestSessionEndsInABrowser types into the form, loses the session, and finds everything again after signing in: by
// Save, and by the preview's script. Leaving for the sign-in page asks nothing, and the schedule's script does not load
// the page anew.
func TestSessionEndsInABrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).fill()
	ctx, cancel := context.WithTimeout(newBrowser(t, s), time.Minute)
	defer cancel()
	b := tab{t, ctx}
	for _, press := range []string{"[data-preview-draft]", ".form-end .primary"} {
		address := s.server.URL + "/exporters/new?type=invoices&company=" + string(realmA)
		b.do(chromedp.EmulateViewport(390, 700), chromedp.Navigate(address),
			chromedp.SetValue("#name", "Typed before lunch"), chromedp.SendKeys("#name", "!"))
		b.run(`document.querySelector("#fold-columns").open = true; document.querySelector('[data-key="DocNumber"]').click();
			document.querySelector('[data-pick-tool="out"]').click(); 0`) // it was chosen
		b.run(`window.sameDocument = true; 0`)
		_, err := chromedp.Call(b.ctx, network.DeleteCookies,
			network.DeleteCookiesParams{Name: "ledgersheet_session", URL: s.server.URL})
		must(t, err)
		b.run(`document.querySelector("#timezone").dispatchEvent(new Event("input", {bubbles: true})); 0`)
		b.wait(`!document.querySelector("[data-session-ended]").hidden`)
		b.want(`window.sameDocument && document.querySelector("#name").value === "Typed before lunch!"`,
			"the schedule's script has thrown the form away")
		b.do(chromedp.Click(press), chromedp.WaitVisible("#password"), chromedp.SendKeys("#email", email),
			chromedp.SendKeys("#password", password), chromedp.Submit("#password"), chromedp.WaitVisible("#name"))
		b.want(`document.querySelector("#name").value === "Typed before lunch!" && !document.querySelector('input[value="DocNumber"]') && document.querySelector('input[value="TxnDate"]') &&
			document.querySelector("main").innerText.includes("The form is here as you sent it")`, press+": something is lost")
	}
	if n := s.count(); n != 0 {
		t.Errorf("%d exporters were saved by themselves", n)
	}
	b.do(chromedp.Click(".form-end .primary"), chromedp.WaitVisible("[data-run-now]"))
	if n := s.count(); n != 1 {
		t.Errorf("%d exporters after Save", n)
	}
}
