package web

import (
	"net/http"
	"net/netip"
	"net/url"
	"testing"
)

func TestClientAddress(t *testing.T) {
	t.Parallel()
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for _, test := range []struct {
		name, remote string
		forwarded    []string
		trusted      []netip.Prefix
		want         string
	}{
		{"direct", "1.2.3.4:5", nil, proxies, "1.2.3.4:5"},
		{"no proxy is trusted", "10.0.0.1:5", []string{"6.6.6.6"}, nil, "10.0.0.1:5"},
		{"a stranger names another", "1.2.3.4:5", []string{"6.6.6.6"}, proxies, "1.2.3.4:5"},
		{"through a proxy", "10.0.0.1:5", []string{"1.2.3.4"}, proxies, "1.2.3.4"},
		{"through two", "10.0.0.1:5", []string{"1.2.3.4, 10.9.9.9"}, proxies, "1.2.3.4"},
		{"through two, two headers", "[::1]:5", []string{"1.2.3.4", "10.9.9.9"}, proxies, "1.2.3.4"},
		{"made up in front", "10.0.0.1:5", []string{"6.6.6.6, 1.2.3.4"}, proxies, "1.2.3.4"},
		{"no address", "10.0.0.1:5", []string{"unknown"}, proxies, "10.0.0.1:5"},
		{"mapped", "[::ffff:10.0.0.1]:5", []string{"2001:db8::1"}, proxies, "2001:db8::1"},
		{"only proxies", "10.0.0.1:5", []string{"10.0.0.2"}, proxies, "10.0.0.2"},
	} {
		w := &Web{o: Options{Settings: Settings{TrustedProxies: test.trusted}}}
		r := &http.Request{RemoteAddr: test.remote, Header: http.Header{"X-Forwarded-For": test.forwarded}}
		if got := w.clientAddr(r); got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// TestOthersTriesDoNotLockTheOwnerOut: a browser in which the owner has signed in goes on working while somebody else
// guesses; other browsers are told when to try again.
func TestOthersTriesDoNotLockTheOwnerOut(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn()
	own := s.client
	if a := s.post("/logout", nil); a.status != http.StatusSeeOther {
		t.Fatalf("logout: %d", a.status)
	}
	s.client = newClient(t)
	wrong := url.Values{"email": {email}, "password": {"a wrong password"}}
	var held answer
	for range 30 {
		if held = s.post("/login", wrong); held.status == http.StatusTooManyRequests {
			break
		}
	}
	right := url.Values{"email": {email}, "password": {password}}
	if a := s.post("/login", right); a.status != http.StatusTooManyRequests || held.header.Get("Retry-After") == "" {
		t.Errorf("a stranger's browser: status %d, Retry-After %q", a.status, held.header.Get("Retry-After"))
	}
	s.client = own
	if a := s.post("/login", right); a.status != http.StatusSeeOther {
		t.Errorf("the owner's browser: status %d", a.status)
	}
}
