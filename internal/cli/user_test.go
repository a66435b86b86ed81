package cli

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// browser is a person with a browser.
type browser struct {
	t      *testing.T
	base   string
	client *http.Client
}

func newBrowser(t *testing.T, addr string) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{t, "http://" + addr, &http.Client{Jar: jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (b *browser) post(path string, form url.Values) int {
	b.t.Helper()
	res, err := b.client.PostForm(b.base+path, form)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

func (b *browser) get(path string) int {
	b.t.Helper()
	res, err := b.client.Get(b.base + path)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = res.Body.Close()
	return res.StatusCode
}

// TestUsers invites, disables and removes somebody while the service runs and while it does not, and restarts it with
// the environment's password after that was changed in the dashboard.
func TestUsers(t *testing.T) {
	_, addr := keepEnv(t, 0)
	run := func(wantCode int, args ...string) string {
		t.Helper()
		out, errs, code := call(t, append([]string{"user"}, args...)...)
		if code != wantCode {
			t.Fatalf("user %v: code %d\n%s%s", args, code, out, errs)
		}
		return out + errs
	}
	stop := serve(t, addr)
	owner := newBrowser(t, addr)
	login := func(b *browser, email, password string) int {
		return b.post("/login", url.Values{"email": {email}, "password": {password}})
	}
	if code := login(owner, "owner@example.com", "a long password"); code != http.StatusSeeOther {
		t.Fatalf("the owner signs in: %d", code)
	}
	if code := owner.post("/settings/password", url.Values{
		"present_password": {"a long password"}, "password": {"a password of my own"},
	}); code != http.StatusSeeOther {
		t.Fatalf("the owner changes the password: %d", code)
	}
	said := run(0, "invite", "jane@example.com", "--role", "owner")
	at := strings.Index(said, "http://")
	if at < 0 {
		t.Fatal(said)
	}
	link, err := url.Parse(strings.TrimSpace(said[at:]))
	if err != nil {
		t.Fatal(err)
	}
	if out := run(0); !strings.Contains(out, "jane@example.com") || !strings.Contains(out, "invited") ||
		!strings.Contains(out, "owner@example.com") || !strings.Contains(out, "active") {
		t.Errorf("the list is\n%s", out)
	}
	jane := newBrowser(t, addr)
	token := link.Query().Get("token")
	if code := jane.get(link.RequestURI()); code != http.StatusOK {
		t.Errorf("the invitation's page: %d", code)
	}
	if code := jane.post("/invite", url.Values{"token": {token}, "password": {"short"}}); code != 422 {
		t.Errorf("a short password: %d", code)
	}
	if code := jane.post("/invite", url.Values{"token": {token}, "password": {"jane's password"}}); code != 303 {
		t.Errorf("accepting: %d", code)
	}
	if code := jane.get("/"); code != http.StatusOK {
		t.Errorf("jane is signed in: %d", code)
	}
	if code := newBrowser(t, addr).get(link.RequestURI()); code != http.StatusForbidden {
		t.Errorf("a used invitation: %d", code)
	}
	run(0, "disable", "jane@example.com")
	if code := jane.get("/"); code != http.StatusSeeOther {
		t.Errorf("jane is disabled and sees %d", code)
	}
	if out := run(1, "disable", "owner@example.com"); !strings.Contains(out, "Make another person an owner first") {
		t.Errorf("disabling the only owner: %s", out)
	}
	run(1, "disable", "nobody@example.com")
	stop()

	run(0, "enable", "jane@example.com") // on the data folder
	stop = serve(t, addr)
	defer func() { stop() }()
	if code := login(newBrowser(t, addr), "owner@example.com", "a password of my own"); code != http.StatusSeeOther {
		t.Errorf("the restart has undone the owner's password: %d", code)
	}
	if code := login(jane, "jane@example.com", "jane's password"); code != http.StatusSeeOther {
		t.Errorf("jane signs in again: %d", code)
	}
	if out := run(0, "list", "--json"); strings.Contains(out, "hash") || strings.Count(out, "usr_") != 2 {
		t.Errorf("as JSON: %s", out)
	}
	stop()

	t.Setenv("LEDGERSHEET_ADMIN_EMAIL", "new@example.com")
	t.Setenv("LEDGERSHEET_ADMIN_PASSWORD", "a new long password")
	stop = serve(t, addr)
	if code := login(newBrowser(t, addr), "new@example.com", "a new long password"); code != http.StatusSeeOther {
		t.Errorf("the owner of the changed environment: %d", code)
	}
	if code := login(newBrowser(t, addr), "owner@example.com", "a password of my own"); code == http.StatusSeeOther {
		t.Error("the owner of before still signs in")
	}
	run(0, "delete", "jane@example.com")
	if out := run(0); strings.Contains(out, "jane@") || strings.Contains(out, "owner@") ||
		!strings.Contains(out, "new@example.com") {
		t.Errorf("the list is\n%s", out)
	}
}
