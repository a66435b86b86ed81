package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"ledgersheet/internal/control"
)

func TestLoginComesBackToWhereOneWasGoing(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	a := s.get("/runs?status=failed&period=7")
	if a.status != http.StatusSeeOther {
		t.Fatalf("status %d without a session, want 303", a.status)
	}
	to := a.header.Get("Location")
	page := s.wantGet(to)
	if !strings.Contains(page, `name="next" value="/runs?status=failed&amp;period=7"`) {
		t.Fatalf("the sign-in page at %s forgot where to go:\n%s", to, page)
	}
	s.wantSent("/login", url.Values{
		"email": {email}, "password": {password}, "next": {"/runs?status=failed&period=7"},
	}, "/runs?status=failed&period=7")
	s.wantGet("/runs?status=failed&period=7")
	// A signed-in browser has no business there.
	if a := s.get("/login?next=%2Fsettings"); a.header.Get("Location") != "/settings" {
		t.Errorf("the sign-in page sends a signed-in browser to %q", a.header.Get("Location"))
	}
}

func TestLoginSendsNobodyElsewhere(t *testing.T) {
	t.Parallel()
	for _, next := range []string{
		"https://evil.example/", "//evil.example/", `/\evil.example`, `\\evil.example`,
		"/\t/evil.example", "javascript:alert(1)", "evil", "/%2F/evil.example", "/%5cevil.example", "/login?next=/",
		"/logout", "http:/evil.example", "/x\r\nSet-Cookie: a=b", "", "///evil.example", "/./%2f%2fevil.example",
	} {
		got := localPath(next, "/")
		u, err := url.Parse(got)
		if err != nil || u.Host != "" || !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") ||
			strings.ContainsAny(got, "\\\r\n\t") {
			t.Errorf("localPath(%q) = %q", next, got)
		}
	}
	s := newSite(t, siteOptions{})
	a := s.post("/login", url.Values{"email": {email}, "password": {password}, "next": {"//evil.example/"}})
	if a.status != http.StatusSeeOther || a.header.Get("Location") != "/" {
		t.Errorf("status %d to %q, want 303 to /", a.status, a.header.Get("Location"))
	}
}

func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/", "/runs?a=b", "//e", "/\\e", "https://e", "/%2f%2fe", "/a#b"} {
		f.Add(seed)
	}
	base, err := url.Parse("https://ledgersheet.example/login")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, next string) {
		got := localPath(next, "/")
		to, err := base.Parse(got)
		if err != nil || to.Host != base.Host || to.Scheme != base.Scheme || strings.ContainsAny(got, "\\\r\n\t") ||
			strings.HasPrefix(got, "//") {
			t.Errorf("localPath(%q) = %q leads to %v, %v", next, got, to, err)
		}
	})
}

func TestWrongPasswordKeepsTheEmail(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	a := s.post("/login", url.Values{"email": {email}, "password": {"wrong wrong wrong"}, "next": {"/runs"}})
	if a.status != http.StatusUnauthorized || !strings.Contains(a.body, `value="`+email+`"`) ||
		!strings.Contains(a.body, `value="/runs"`) || !strings.Contains(a.body, "not right") {
		t.Errorf("status %d\n%s", a.status, a.body)
	}
	if strings.Contains(a.body, "wrong wrong") {
		t.Error("the page repeats the password")
	}
	checkPage(t, "refused sign-in", a.body)
	if len(a.header.Values("Set-Cookie")) > 0 {
		t.Errorf("a stranger got a cookie: %v", a.header.Values("Set-Cookie"))
	}
	for range 6 {
		a = s.post("/login", url.Values{"email": {email}, "password": {"wrong wrong wrong"}})
	}
	if a.status != http.StatusTooManyRequests || !strings.Contains(a.body, "Too many tries") {
		t.Errorf("after seven wrong tries: status %d", a.status)
	}
}

func TestLogoutEndsTheSession(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn()
	s.wantGet("/")
	s.wantSent("/logout", nil, "/login")
	if a := s.get("/"); a.status != http.StatusSeeOther || a.header.Get("Location") != "/login" {
		t.Errorf("after signing out: status %d to %q", a.status, a.header.Get("Location"))
	}
}

func TestSetupMakesTheOwnerOnce(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{withoutOwn: true})
	if body := s.wantGet("/login"); !strings.Contains(body, "set-up link") {
		t.Error("the sign-in page does not tell how to begin")
	}
	token, err := s.setup.NewLink(t.Context())
	must(t, err)
	if a := s.get("/setup?token=wrong"); a.status != http.StatusForbidden {
		t.Errorf("a wrong link: status %d, want 403", a.status)
	}
	checkPage(t, "/setup", s.wantGet("/setup?token="+token))
	a := s.post("/setup", url.Values{"token": {token}, "email": {"no address"}, "password": {"short"}})
	if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `value="no address"`) ||
		!strings.Contains(a.body, `href="#password"`) {
		t.Errorf("bad input: status %d\n%s", a.status, a.body)
	}
	checkPage(t, "refused set-up", a.body)
	s.wantSent("/setup", url.Values{"token": {token}, "email": {email}, "password": {password}}, "/")
	if body := s.wantGet("/"); !strings.Contains(body, "Welcome") {
		t.Error("the new owner is not welcomed")
	}
	for _, path := range []string{"/setup", "/setup?token=" + token} {
		if a := s.get(path); a.status != http.StatusNotFound {
			t.Errorf("%s afterwards: status %d, want 404", path, a.status)
		}
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn()
	a := s.post("/settings/password",
		url.Values{"present_password": {"wrong wrong wrong"}, "password": {"four quiet herons"}})
	if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `href="#present_password"`) {
		t.Errorf("wrong present password: status %d", a.status)
	}
	checkPage(t, "refused password", a.body)
	other := &site{t: t, server: s.server, client: newClient(t)}
	other.signIn()
	s.wantSent("/settings/password", url.Values{"present_password": {password}, "password": {"four quiet herons"}},
		"/settings")
	if body := s.wantGet("/settings"); !strings.Contains(body, "The password was changed.") {
		t.Error("the change is not told")
	}
	if strings.Contains(s.wantGet("/settings"), "The password was changed.") {
		t.Error("a notice is shown twice")
	}
	if a := other.get("/"); a.status != http.StatusSeeOther {
		t.Errorf("another session outlives the password: status %d", a.status)
	}
}

// TestInvitation lets an invited person choose a password and in.
func TestInvitation(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	_, link, err := s.desk.InviteUser(t.Context(), "jane@example.com", control.Membership{Role: "viewer"})
	must(t, err)
	path := strings.TrimPrefix(link, "http://ledgersheet.test")
	token := strings.TrimPrefix(path, "/invite?token=")
	if a := s.get("/invite?token=wrong"); a.status != http.StatusForbidden {
		t.Errorf("a wrong link: status %d, want 403", a.status)
	}
	body := s.wantGet(path)
	checkPage(t, "/invite", body)
	if !strings.Contains(body, "jane@example.com") {
		t.Error("the page does not say whom it invites")
	}
	a := s.post("/invite", url.Values{"token": {token}, "password": {"short"}})
	if a.status != http.StatusUnprocessableEntity || !strings.Contains(a.body, `href="#password"`) ||
		!strings.Contains(a.body, "jane@example.com") {
		t.Errorf("bad input: status %d\n%s", a.status, a.body)
	}
	checkPage(t, "refused invitation", a.body)
	s.wantSent("/invite", url.Values{"token": {token}, "password": {"four quiet herons"}}, "/")
	if body := s.wantGet("/"); !strings.Contains(body, "Your password is set") {
		t.Error("the new person is not welcomed")
	}
	if a := s.post("/invite", url.Values{"token": {token}, "password": {"four quiet herons"}}); a.status != 403 {
		t.Errorf("a used link: status %d", a.status)
	}
}
