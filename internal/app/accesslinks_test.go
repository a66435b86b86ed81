package app_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
)

// stranger is a browser in which nobody has signed in. It follows redirects of the dashboard and of Intuit.
type stranger struct {
	w    *world
	http *http.Client
	last *url.URL
}

func (w *world) newStranger() *stranger {
	jar, err := cookiejar.New(nil)
	must(w.t, err)
	s := &stranger{w: w}
	s.http = &http.Client{Jar: jar, Transport: s}
	return s
}

// RoundTrip implements http.RoundTripper.
func (s *stranger) RoundTrip(r *http.Request) (*http.Response, error) {
	s.last = r.URL
	if r.URL.Host != "ledgersheet.test" {
		return s.w.network.RoundTrip(r)
	}
	recorder := httptest.NewRecorder()
	s.w.app.Handler().ServeHTTP(recorder, r)
	answer := recorder.Result()
	answer.Request = r
	return answer, nil
}

// open shows an address, and press sends a form. Both return what the browser shows in the end.
func (s *stranger) open(address string) (status int, body string) {
	s.w.t.Helper()
	return s.do(http.MethodGet, address, nil)
}

func (s *stranger) press(address string, form url.Values) (status int, body string) {
	s.w.t.Helper()
	return s.do(http.MethodPost, address, form)
}

func (s *stranger) do(method, address string, form url.Values) (int, string) {
	s.w.t.Helper()
	r, err := http.NewRequestWithContext(s.w.ctx, method, address, strings.NewReader(form.Encode()))
	must(s.w.t, err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := s.http.Do(r)
	must(s.w.t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	must(s.w.t, err)
	return answer.StatusCode, html.UnescapeString(string(body))
}

const site = "http://ledgersheet.test"

// use presses the button on a link's page.
func (s *stranger) use(link string) (status int, body string) {
	s.w.t.Helper()
	return s.press(site+"/access", url.Values{"link": {tokenOf(link)}})
}

func tokenOf(link string) string { return link[strings.Index(link, "link=")+len("link="):] }

// linkWorld has two companies, of which the first was ended by Intuit, and an exporter that waits for it.
func linkWorld(t *testing.T) (*world, []export.Company) {
	w := makeWorld(t, intuitsim.Options{Companies: 3, Customers: 2, Vendors: 2, Items: 2, Invoices: 2, Bills: 2})
	w.openToVisitors()
	companies := w.connect(2)
	w.intuit.RevokeGrant(string(companies[0].Realm))
	_, err := w.desk().TestCompany(w.ctx, companies[0].Realm)
	if !problem.HasCode(err, problem.CompanyReconnectRequired) {
		t.Fatalf("the company should be lost: %v", err)
	}
	return w, companies
}

func (w *world) link(realm export.RealmID) (control.Link, string) {
	w.t.Helper()
	link, address, err := w.desk().MakeLink(w.ctx, realm, 0)
	must(w.t, err)
	return link, address
}

func (w *world) wantStatus(realm export.RealmID, want export.ConnectionStatus) {
	w.t.Helper()
	c, err := w.desk().Company(w.ctx, realm)
	if must(w.t, err); c.Status != want {
		w.t.Errorf("the company is %s, want %s", c.Status, want)
	}
}

// TestLinkRenewsAccess leads an administrator without an account through a link, once.
func TestLinkRenewsAccess(t *testing.T) {
	t.Parallel()
	w, companies := linkWorld(t)
	realm := companies[0].Realm
	link, address := w.link(realm)
	s := w.newStranger()
	for range 2 { // opening it, as mail programs do, uses nothing up
		status, body := s.open(address)
		for _, says := range []string{
			companies[0].Name, "owner@example.com", "Never written", "Go on to QuickBooks", "works once",
		} {
			if status != http.StatusOK || !strings.Contains(body, says) {
				t.Errorf("status %d, lacks %q", status, says)
			}
		}
		if strings.Contains(body, companies[1].Name) || strings.Contains(body, string(realm)) {
			t.Error("the page tells of another company, or the company's id")
		}
	}
	w.intuit.ConsentTo(string(realm))
	status, body := s.use(address)
	if status != http.StatusOK || !strings.Contains(body, "is connected") || s.last.Path != "/access/result" {
		t.Fatalf("status %d at %s\n%s", status, s.last, body)
	}
	w.wantStatus(realm, export.Connected)
	if c, _ := w.desk().Company(w.ctx, realm); c.ConnectedBy != "link of owner@example.com" {
		t.Errorf("connected by %q", c.ConnectedBy)
	}
	if _, body := s.open(site + "/access/result"); !strings.Contains(body, "is connected") {
		t.Error("a reload tells something else")
	}
	for _, path := range []string{"/", "/connections", "/connections/links", "/settings"} {
		if s.open(site + path); s.last.Path != "/login" {
			t.Errorf("the link opens %s", path)
		}
	}
	for _, other := range []*stranger{s, w.newStranger()} { // it is used up, also for who has used it
		if status, body := other.use(address); status != http.StatusConflict || !strings.Contains(body, "used "+
			"already") {
			t.Errorf("again: status %d\n%s", status, body)
		}
	}
	w.wantAudit(string(link.ID), "link.create owner@example.com", "link.use link of owner@example.com")
}

// wantAudit compares the log's entries about something, oldest first.
func (w *world) wantAudit(object string, want ...string) {
	w.t.Helper()
	entries, err := w.desk().Audit(w.ctx, 100)
	must(w.t, err)
	var got []string
	for _, e := range entries {
		if e.Object == object {
			got = append([]string{e.Action + " " + e.Who}, got...)
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		w.t.Errorf("audit has %q, want %q", got, want)
	}
}

// TestLinkForAnotherCompany comes back with a company that the link is not for, and then with the right one.
func TestLinkForAnotherCompany(t *testing.T) {
	t.Parallel()
	w, companies := linkWorld(t)
	realm, other := companies[0].Realm, companies[1].Realm
	before, err := w.desk().Company(w.ctx, other)
	must(t, err)
	link, address := w.link(realm)
	s := w.newStranger()
	w.intuit.ConsentTo(string(other))
	_, body := s.use(address)
	for _, says := range []string{
		"Nothing was connected", "given for another company, but ", companies[0].Name + " was to be connected",
		`href="/access?link=` + tokenOf(address),
	} {
		if !strings.Contains(body, says) {
			t.Errorf("the page lacks %q\n%s", says, body)
		}
	}
	if strings.Contains(body, companies[1].Name) {
		t.Error("a stranger learns the name of a company by its id")
	}
	w.wantStatus(realm, export.ReconnectRequired)
	if after, _ := w.desk().Company(w.ctx, other); !after.ConnectedAt.Equal(before.ConnectedAt) {
		t.Error("the other company was connected anew")
	}
	w.intuit.ConsentTo(string(realm))
	if _, body := s.use(address); !strings.Contains(body, "is connected") {
		t.Errorf("another try:\n%s", body)
	}
	w.wantStatus(realm, export.Connected)
	const by = " link of owner@example.com"
	w.wantAudit(string(link.ID), "link.create owner@example.com", "link.refuse"+by, "link.use"+by)
}

// TestLinksThatDoNotWork tries each way to use what must not be used. Nothing is connected, and Intuit is not asked.
func TestLinksThatDoNotWork(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		happens func(w *world, link control.Link, address string) string // returns the address to try
		status  int
		says    string
	}{
		"expired": {func(_ *world, _ control.Link, address string) string {
			time.Sleep(3*24*time.Hour + time.Second)
			return address
		}, http.StatusConflict, "has expired"},
		"revoked": {func(w *world, link control.Link, address string) string {
			_, err := w.desk().RevokeLink(w.ctx, link.ID)
			must(w.t, err)
			return address
		}, http.StatusConflict, "was revoked"},
		"tampered": {func(_ *world, _ control.Link, address string) string {
			last := "A"
			if strings.HasSuffix(address, last) {
				last = "B"
			}
			return address[:len(address)-1] + last
		}, http.StatusNotFound, "not known here"},
		"cut off": {func(_ *world, _ control.Link, address string) string {
			return address[:len(address)-1]
		}, http.StatusNotFound, "not known here"},
		"guessed from its id": {func(_ *world, link control.Link, _ string) string {
			return site + "/access?link=" + string(link.ID)
		}, http.StatusNotFound, "not known here"},
		"guessed from its hash": {func(_ *world, link control.Link, _ string) string {
			return site + "/access?link=" + link.Hash
		}, http.StatusNotFound, "not known here"},
		"empty": {func(*world, control.Link, string) string {
			return site + "/access?link="
		}, http.StatusNotFound, "not known here"},
		"for a company that is gone": {func(w *world, link control.Link, address string) string {
			must(w.t, w.desk().DeleteCompany(w.ctx, link.Realm))
			return address
		}, http.StatusConflict, "not kept here any more"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				w, companies := linkWorld(t)
				w.ctx = t.Context()
				link, address := w.link(companies[0].Realm)
				address = test.happens(w, link, address)
				s := w.newStranger()
				for _, try := range []func(string) (int, string){s.open, s.use} {
					if status, body := try(address); status != test.status || !strings.Contains(body, test.says) ||
						s.last.Host != "ledgersheet.test" || strings.Contains(body, companies[0].Name) {
						t.Errorf("status %d at %s\n%s", status, s.last, body)
					}
				}
				must(t, w.app.Stop(w.ctx))
			})
		})
	}
}

// TestLinkInAnotherBrowser steals the answer of a consent. The thief gets nothing, and the right browser still does.
func TestLinkInAnotherBrowser(t *testing.T) {
	t.Parallel()
	w, companies := linkWorld(t)
	realm := companies[0].Realm
	_, address := w.link(realm)
	w.intuit.ConsentTo(string(realm))
	right, thief := w.newStranger(), w.newStranger()
	stopped := false
	right.http.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if stopped = r.URL.Path == "/oauth/quickbooks/callback"; stopped {
			return http.ErrUseLastResponse
		}
		return nil
	}
	r, err := http.NewRequestWithContext(w.ctx, http.MethodPost, site+"/access",
		strings.NewReader(url.Values{"link": {tokenOf(address)}}.Encode()))
	must(t, err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := right.http.Do(r)
	must(t, err)
	must(t, answer.Body.Close())
	back, err := answer.Location()
	if must(t, err); !stopped {
		t.Fatalf("sent to %s", back)
	}
	if thief.open(back.String()); thief.last.Path != "/login" {
		t.Errorf("a browser without the cookie is shown %s", thief.last)
	}
	owner := w.signIn()
	r = httptest.NewRequestWithContext(w.ctx, http.MethodGet, back.RequestURI(), nil)
	for _, c := range owner.cookies {
		r.AddCookie(c)
	}
	if got := owner.do(r); got.StatusCode != http.StatusSeeOther {
		t.Errorf("somebody who is signed in gets %s", got.Status)
	}
	w.wantStatus(realm, export.ReconnectRequired)
	right.http.CheckRedirect = nil
	if _, body := right.open(back.String()); !strings.Contains(body, "is connected") {
		t.Errorf("the right browser:\n%s", body)
	}
	w.wantStatus(realm, export.Connected)
	if _, body := right.open(back.String()); !strings.Contains(body, "used already") {
		t.Errorf("the answer once more:\n%s", body)
	}
}

// TestLinkRevokedOnTheWay revokes a link while its holder is on Intuit's page.
func TestLinkRevokedOnTheWay(t *testing.T) {
	t.Parallel()
	w, companies := linkWorld(t)
	realm := companies[0].Realm
	link, address := w.link(realm)
	w.intuit.ConsentTo(string(realm))
	s := w.newStranger()
	s.http.CheckRedirect = func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host == "intuit.test" {
			_, err := w.desk().RevokeLink(w.ctx, link.ID)
			return err
		}
		return nil
	}
	if status, body := s.use(address); status != http.StatusConflict || !strings.Contains(body, "was revoked") {
		t.Errorf("status %d\n%s", status, body)
	}
	w.wantStatus(realm, export.ReconnectRequired)
}

// TestLinkForANewCompany connects a company that was not known before, and declines first.
func TestLinkForANewCompany(t *testing.T) {
	t.Parallel()
	w, _ := linkWorld(t)
	var fresh *intuitsim.CompanyInfo
	for _, c := range w.intuit.Companies() {
		if _, err := w.desk().Company(w.ctx, export.RealmID(c.Realm)); err != nil {
			fresh = &c
		}
	}
	_, address := w.link("")
	s := w.newStranger()
	if _, body := s.open(address); !strings.Contains(body, "a QuickBooks company") {
		t.Errorf("the page says\n%s", body)
	}
	w.intuit.SetAutoConsent(false)
	if _, body := s.use(address); !strings.Contains(body, "Allow access to a company?") {
		t.Fatalf("Intuit shows\n%s", body)
	}
	form := s.last.Query()
	form.Set("decision", "deny")
	if _, body := s.press("http://intuit.test/connect/oauth2", form); !strings.Contains(body, "was declined") {
		t.Errorf("after declining:\n%s", body)
	}
	w.intuit.SetAutoConsent(true)
	w.intuit.ConsentTo(fresh.Realm)
	if _, body := s.use(address); !strings.Contains(body, "is connected") {
		t.Errorf("after allowing:\n%s", body)
	}
	w.wantStatus(export.RealmID(fresh.Realm), export.Connected)
}

// TestIntuitsAddressesForStrangers opens the addresses to which Intuit sends people, without an account. They change
// only what Intuit confirms, and tell nothing.
func TestIntuitsAddressesForStrangers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w, companies := linkWorld(t)
		w.ctx = t.Context()
		w.app.StartUpkeep(w.ctx)
		realm := companies[1].Realm
		s := w.newStranger()
		see := func(path string, id export.RealmID) string {
			status, body := s.open(site + path + "?realmId=" + string(id))
			if status != http.StatusOK || strings.Contains(body, companies[1].Name) {
				t.Errorf("%s: status %d\n%s", path, status, body)
			}
			return strings.ReplaceAll(body, string(id), "")
		}
		calls := w.intuit.Asked
		before := calls()
		_, err := w.desk().TestCompany(w.ctx, realm)
		must(t, err)
		once := calls() - before
		before = calls()
		for range 20 {
			see("/quickbooks/disconnected", realm)
		}
		time.Sleep(time.Minute)
		w.wantStatus(realm, export.Connected) // Intuit says that it is
		if n := calls() - before; n != once {
			t.Errorf("%d questions to QuickBooks for 20 visits, want %d", n, once)
		}
		w.intuit.RevokeGrant(string(realm))
		time.Sleep(5 * time.Minute)
		known := see("/quickbooks/disconnected", realm)
		if unknown := see("/quickbooks/disconnected", "123145"); unknown != known {
			t.Error("the page tells whether a company is here")
		}
		time.Sleep(time.Minute)
		w.wantStatus(realm, export.ReconnectRequired)
		if see("/quickbooks/reconnect", realm) != see("/quickbooks/reconnect", "123145") {
			t.Error("the page tells whether a company is here")
		}
		must(t, w.app.Stop(w.ctx))
	})
}
