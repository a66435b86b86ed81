package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"
)

func TestSecurityHeaders(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn()
	for _, path := range []string{"/", "/nowhere", "/login", "/static/none"} {
		h := s.get(path).header
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'self'", "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "same-origin", "X-Frame-Options": "DENY", "X-Request-Id": "",
			"Cache-Control": "no-store",
		} {
			if got := h.Get(name); got == "" || !strings.Contains(strings.Join(h.Values(name), ", "), want) {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		csp := h.Get("Content-Security-Policy")
		if strings.Contains(csp, "unsafe") || !strings.Contains(csp, "frame-ancestors 'none'") {
			t.Errorf("%s: the policy is %q", path, csp)
		}
		if h.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: HSTS on plain http", path)
		}
	}
	secure := newSite(t, siteOptions{baseURL: "https://sheets.example.com"})
	if secure.get("/login").header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS on https")
	}
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn()
	for given, keep := range map[string]bool{
		"proxy-id-12345678": true, "short": false, "a bad id with spaces": false, `"><script>alert(1)`: false,
	} {
		r := s.request(http.MethodGet, "/nowhere", nil)
		r.Header.Set("X-Request-Id", given)
		a := s.do(r)
		id := a.header.Get("X-Request-Id")
		if (id == given) != keep {
			t.Errorf("the id %q became %q", given, id)
		}
		if !strings.Contains(a.body, "<code>"+id+"</code>") {
			t.Errorf("the error page does not show the id %q", id)
		}
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{baseURL: "https://sheets.example.com"}).signIn().fill()
	for _, test := range []struct {
		name, header, value string
		want                int
	}{
		{"another site", "Sec-Fetch-Site", "cross-site", http.StatusForbidden},
		{"a sibling", "Sec-Fetch-Site", "same-site", http.StatusForbidden},
		{"an old browser elsewhere", "Origin", "https://evil.example", http.StatusForbidden},
		{"this site", "Sec-Fetch-Site", "same-origin", http.StatusSeeOther},
		{"this site behind a proxy", "Origin", "https://sheets.example.com", http.StatusSeeOther},
		{"no browser", "X-Nothing", "", http.StatusSeeOther},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := s.request(http.MethodPost, companyPath(realmA, "test"), url.Values{})
			r.Header.Set(test.header, test.value)
			a := s.do(r)
			if a.status != test.want {
				t.Errorf("status %d, want %d", a.status, test.want)
			}
			if a.status == http.StatusForbidden {
				checkPage(t, "refusal", a.body)
			}
		})
	}
}

func TestPanicBecomesAnErrorPage(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(nil)
	s.previewer.Crash = true
	a := s.get("/exporters/" + string(e.ID) + "/preview")
	if a.status != http.StatusInternalServerError || strings.Contains(a.body, "a crash of the tests") {
		t.Errorf("status %d, or the panic's text is shown", a.status)
	}
	checkPage(t, "panic", a.body)
	if log := s.log.String(); !strings.Contains(log, "a crash of the tests") ||
		!strings.Contains(log, "request_id="+a.header.Get("X-Request-Id")) {
		t.Errorf("the log lacks the panic or its request's id:\n%s", log)
	}
}

func TestLogHasNoQueries(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn()
	s.get("/oauth/quickbooks/callback?code=very-secret-code&state=very-secret-state&realmId=1")
	s.get("/oauth/google/callback?code=very-secret-code&state=very-secret-state")
	if log := s.log.String(); strings.Contains(log, "very-secret") || strings.Contains(log, password) ||
		!strings.Contains(log, "/oauth/quickbooks/callback") {
		t.Errorf("the log has a secret or lacks the request:\n%s", log)
	}
}

func TestMounts(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn()
	group := s.web.Mount("/api/v1", func(c *gin.Context) { c.String(http.StatusTeapot, "unknown here") })
	group.POST("/whoami", func(c *gin.Context) {
		who, ok := s.web.Authenticate(c)
		c.String(http.StatusOK, fmt.Sprint(who.Email, who.Session != "", ok))
	})
	for path, want := range map[string]int{
		"/api/v1/none": http.StatusTeapot, "/api/v1": http.StatusTeapot, "/api/v1x": http.StatusNotFound,
	} {
		if a := s.get(path); a.status != want {
			t.Errorf("GET %s: status %d, want %d", path, a.status, want)
		}
	}
	if a := s.get("/api/v1/whoami"); a.status != http.StatusTeapot {
		t.Errorf("another method: status %d", a.status)
	}
	if a := s.post("/api/v1/whoami", nil); a.body != email+"true true" {
		t.Errorf("a signed-in browser is %q", a.body)
	}
	s.client = newClient(t)
	if a := s.post("/api/v1/whoami", nil); a.body != "false false" {
		t.Errorf("a stranger is %q", a.body)
	}
}

func TestOtherMethodsAreRefused(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn()
	a := s.do(s.request(http.MethodDelete, "/runs", nil))
	if a.status != http.StatusMethodNotAllowed {
		t.Errorf("status %d, want 405", a.status)
	}
	checkPage(t, "405", a.body)
}

func TestEveryRouteNeedsASession(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{})
	open := map[string]bool{
		"/login": true, "/logout": true, "/setup": true, "/invite": true, "/favicon.ico": true, "/static/*name": true,
		// These are for people without an account, and for calendar programs; each has a secret in its address, or none
		// to tell.
		"/access": true, "/access/result": true, "/calendar.ics": true,
		"/terms": true, "/privacy": true, "/quickbooks/disconnected": true, "/quickbooks/reconnect": true,
	}
	n := 0
	for _, route := range s.web.Engine().Routes() {
		if open[route.Path] {
			continue
		}
		n++
		path := strings.NewReplacer(":realm", "1", ":id", "exp_x").Replace(route.Path)
		rec := httptest.NewRecorder()
		s.web.ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), route.Method, path, nil))
		if rec.Code != http.StatusSeeOther || !strings.HasPrefix(rec.Header().Get("Location"), "/login") {
			t.Errorf("%s %s answers strangers with %d", route.Method, path, rec.Code)
		}
	}
	if n < 35 {
		t.Errorf("only %d routes were tried", n)
	}
}

// TestFlushReachesTheBrowser proves that no wrapper between a handler and the connection swallows a flush.
func TestFlushReachesTheBrowser(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn()
	arrived := make(chan struct{})
	s.web.Engine().GET("/drip", func(c *gin.Context) {
		c.String(http.StatusOK, "a")
		c.Writer.Flush()
		select {
		case <-arrived:
			c.String(http.StatusOK, "b")
		case <-c.Request.Context().Done():
		}
	})
	resp, err := s.client.Do(s.request(http.MethodGet, "/drip", nil))
	must(t, err)
	defer resp.Body.Close()
	b := make([]byte, 8)
	n, err := resp.Body.Read(b)
	if err != nil || string(b[:n]) != "a" {
		t.Fatalf("read %q, %v before the handler went on", b[:n], err)
	}
	close(arrived)
}
