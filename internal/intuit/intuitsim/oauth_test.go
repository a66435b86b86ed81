package intuitsim

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

const redirectURI = "https://sheets.example/oauth/quickbooks/callback"

// clock is a settable clock.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 17, 15, 4, 5, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type tokens struct {
	Access     string `json:"access_token"`
	Refresh    string `json:"refresh_token"`
	ExpiresIn  int    `json:"expires_in"`
	RefreshIn  int    `json:"x_refresh_token_expires_in"`
	HardIn     int    `json:"x_refresh_token_hard_expires_in"`
	Type       string `json:"token_type"`
	IDToken    string `json:"id_token"`
	Error      string `json:"error"`
	ErrorText  string `json:"error_description"`
	statusCode int
}

func oauthServer(t *testing.T) (*Server, *clock) {
	t.Helper()
	c := newClock()
	return New(Options{
		Seed: 1, Customers: 3, Vendors: 2, Items: 7, Invoices: 10, Bills: 5, Now: c.Now, AutoConsent: true,
	}), c
}

func roundTrip(t *testing.T, s *Server, r *http.Request) *http.Response {
	t.Helper()
	resp, err := s.Transport().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return resp
}

func authorizeQuery(s *Server) url.Values {
	return url.Values{
		"client_id": {s.ClientID()}, "response_type": {"code"}, "scope": {accountingScope},
		"redirect_uri": {redirectURI}, "state": {"s+1/=&"},
	}
}

func ask(t *testing.T, s *Server, q url.Values) *http.Response {
	t.Helper()
	return roundTrip(t, s, httptest.NewRequest(http.MethodGet, "http://sim"+authorizePath+"?"+q.Encode(), nil))
}

// consented returns the callback's query.
func consented(t *testing.T, s *Server, q url.Values) url.Values {
	t.Helper()
	resp := ask(t, s, q)
	if resp.StatusCode != http.StatusFound {
		t.Fatalf("status %d", resp.StatusCode)
	}
	u, err := url.Parse(resp.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

func postToken(t *testing.T, s *Server, form url.Values, change func(*http.Request)) tokens {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "http://sim"+tokenPath, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(s.ClientID(), s.ClientSecret())
	if change != nil {
		change(r)
	}
	resp := roundTrip(t, s, r)
	var out tokens
	if err := json.NewDecoder(resp.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	out.statusCode = resp.StatusCode
	return out
}

func exchange(t *testing.T, s *Server, code string) tokens {
	t.Helper()
	return postToken(t, s, url.Values{"grant_type": {"authorization_code"}, "code": {code},
		"redirect_uri": {redirectURI}}, nil)
}

func refresh(t *testing.T, s *Server, token string) tokens {
	t.Helper()
	return postToken(t, s, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, nil)
}

func TestDiscoveryFollowsTheRoot(t *testing.T) {
	t.Parallel()
	s, _ := oauthServer(t)
	for _, path := range []string{"/.well-known/openid_configuration", "/.well-known/openid_sandbox_configuration"} {
		for _, root := range []string{"", "https://intuit.test/base"} {
			s.SetBaseURL(root)
			want := root
			if root == "" {
				want = "http://sim"
			}
			resp := roundTrip(t, s, httptest.NewRequest(http.MethodGet, "http://sim"+path, nil))
			var doc map[string]any
			if err := json.NewDecoder(resp.Body).Decode(&doc); err != nil {
				t.Fatal(err)
			}
			if got := doc["token_endpoint"]; got != want+tokenPath {
				t.Errorf("token endpoint %v below %q", got, root)
			}
		}
	}
}

func TestConsentCyclesThroughCompanies(t *testing.T) {
	t.Parallel()
	s, _ := oauthServer(t)
	for i := range 4 {
		q := consented(t, s, authorizeQuery(s))
		if got, want := q.Get("realmId"), s.Companies()[i%3].Realm; got != want {
			t.Errorf("consent %d grants %s, want %s", i, got, want)
		}
		if q.Get("state") != "s+1/=&" {
			t.Errorf("state came back as %q", q.Get("state"))
		}
	}
	s.ConsentTo(s.Companies()[0].Realm)
	if got := consented(t, s, authorizeQuery(s)).Get("realmId"); got != s.Companies()[0].Realm {
		t.Errorf("forced consent grants %s", got)
	}
}

func TestConsentRefusesWithoutRedirect(t *testing.T) {
	t.Parallel()
	s, _ := oauthServer(t)
	for name, change := range map[string]url.Values{
		"client":           {"client_id": {"other"}},
		"redirect path":    {"redirect_uri": {"https://sheets.example/callback"}},
		"redirect query":   {"redirect_uri": {redirectURI + "?x=1"}},
		"redirect slash":   {"redirect_uri": {redirectURI + "/"}},
		"redirect scheme":  {"redirect_uri": {"ftp://sheets.example/oauth/quickbooks/callback"}},
		"redirect user":    {"redirect_uri": {"https://a@sheets.example/oauth/quickbooks/callback"}},
		"response type":    {"response_type": {"token"}},
		"no state":         {"state": {""}},
		"unknown scope":    {"scope": {accountingScope + " everything"}},
		"accounting scope": {"scope": {"openid"}},
	} {
		q := authorizeQuery(s)
		for k, v := range change {
			q[k] = v
		}
		resp := ask(t, s, q)
		if resp.StatusCode != http.StatusBadRequest || resp.Header.Get("Location") != "" {
			t.Errorf("%s: status %d, location %q", name, resp.StatusCode, resp.Header.Get("Location"))
		}
	}
}

func TestConsentPageAllowsAndDenies(t *testing.T) {
	t.Parallel()
	s, _ := oauthServer(t)
	s.SetAutoConsent(false)
	resp := ask(t, s, authorizeQuery(s))
	body, _ := io.ReadAll(resp.Body)
	for _, want := range []string{
		"Simulated Intuit sandbox — not Intuit", "Harbor &amp; Pine", s.Companies()[1].Realm, "sheets.example",
	} {
		if !strings.Contains(string(body), want) {
			t.Errorf("page lacks %q", want)
		}
	}
	if strings.Contains(string(body), "<script") {
		t.Error("page has a script")
	}
	post := func(change url.Values) url.Values {
		form := authorizeQuery(s)
		for k, v := range change {
			form[k] = v
		}
		r := httptest.NewRequest(http.MethodPost, "http://sim"+authorizePath, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		u, err := url.Parse(roundTrip(t, s, r).Header.Get("Location"))
		if err != nil {
			t.Fatal(err)
		}
		return u.Query()
	}
	if q := post(url.Values{"decision": {"deny"}}); q.Get("error") != "access_denied" || q.Get("state") != "s+1/=&" ||
		q.Has("code") {
		t.Errorf("denial answers %v", q)
	}
	realm := s.Companies()[1].Realm
	allowed := post(url.Values{"decision": {"allow"}, "realm": {realm}})
	if q := allowed; q.Get("realmId") != realm || exchange(t, s, q.Get("code")).Access == "" {
		t.Errorf("consent answers %v", q)
	}
	if q := post(url.Values{"decision": {"allow"}, "realm": {"1"}}); len(q) != 0 {
		t.Errorf("consent for an unknown company answers %v", q)
	}
}

func TestCodeWorksOnceSoonAndForItsRedirect(t *testing.T) {
	t.Parallel()
	s, c := oauthServer(t)
	code := consented(t, s, authorizeQuery(s)).Get("code")
	got := postToken(t, s, url.Values{"grant_type": {"authorization_code"}, "code": {code},
		"redirect_uri": {"http://localhost/oauth/quickbooks/callback"}}, nil)
	if got.Error != "invalid_grant" || got.statusCode != http.StatusBadRequest {
		t.Errorf("other redirect: %+v", got)
	}
	first := exchange(t, s, code)
	if first.Type != "bearer" || first.ExpiresIn != 3600 || first.RefreshIn != 8726400 || first.HardIn != 0 ||
		first.IDToken != "" {
		t.Errorf("tokens %+v", first)
	}
	if again := exchange(t, s, code); again.Error != "invalid_grant" {
		t.Errorf("second exchange: %+v", again)
	}
	if r := refresh(t, s, first.Refresh); r.Access == "" {
		t.Errorf("refresh after a second exchange: %+v", r)
	}
	s.PunishReuse(true)
	exchange(t, s, code)
	if r := refresh(t, s, first.Refresh); r.Error != "invalid_grant" {
		t.Errorf("refresh after a punished exchange: %+v", r)
	}
	late := consented(t, s, authorizeQuery(s)).Get("code")
	c.add(codeLife)
	if got := exchange(t, s, late); got.Error != "invalid_grant" {
		t.Errorf("late exchange: %+v", got)
	}
}

func TestTokenEndpointRefusals(t *testing.T) {
	t.Parallel()
	s, _ := oauthServer(t)
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"RT1-unknown"}}
	for _, tc := range []struct {
		name   string
		form   url.Values
		change func(*http.Request)
		status int
		error  string
	}{
		{"unknown token", form, nil, 400, "invalid_grant"},
		{"wrong secret", form, func(r *http.Request) { r.SetBasicAuth(s.ClientID(), "x") }, 401, "invalid_client"},
		{"no credentials", form, func(r *http.Request) { r.Header.Del("Authorization") }, 401, "invalid_client"},
		{"json body", form, func(r *http.Request) { r.Header.Set("Content-Type", "application/json") },
			400, "invalid_request"},
		{"unknown grant", url.Values{"grant_type": {"password"}}, nil, 400, "unsupported_grant_type"},
		{"no grant", url.Values{}, nil, 400, "invalid_request"},
	} {
		if got := postToken(t, s, tc.form, tc.change); got.statusCode != tc.status || got.Error != tc.error {
			t.Errorf("%s: %+v", tc.name, got)
		}
	}
	inBody := url.Values{
		"client_id": {s.ClientID()}, "client_secret": {s.ClientSecret()}, "grant_type": {"authorization_code"},
		"redirect_uri": {redirectURI}, "code": {consented(t, s, authorizeQuery(s)).Get("code")},
	}
	if got := postToken(t, s, inBody, func(r *http.Request) { r.Header.Del("Authorization") }); got.Access == "" {
		t.Errorf("credentials in the body: %+v", got)
	}
	get := httptest.NewRequest(http.MethodGet, "http://sim"+tokenPath, nil)
	if code := roundTrip(t, s, get).StatusCode; code != http.StatusMethodNotAllowed {
		t.Errorf("GET answers %d", code)
	}
}

func TestRefreshTokenRotatesOnceADay(t *testing.T) {
	t.Parallel()
	s, c := oauthServer(t)
	q := consented(t, s, authorizeQuery(s))
	first := exchange(t, s, q.Get("code"))
	c.add(time.Hour)
	same := refresh(t, s, first.Refresh)
	if same.Refresh != first.Refresh || same.RefreshIn != 8726400-3600 || same.Access == first.Access {
		t.Errorf("refresh within a day: %+v", same)
	}
	c.add(24 * time.Hour)
	next := refresh(t, s, first.Refresh)
	if next.Refresh == first.Refresh || next.RefreshIn != 8726400 {
		t.Errorf("refresh after a day: %+v", next)
	}
	if old := refresh(t, s, first.Refresh); old.Error != "invalid_grant" || old.ErrorText != invalidRefreshText {
		t.Errorf("the old token answers %+v", old)
	}
	if got := s.Refreshes(q.Get("realmId")); got != 2 {
		t.Errorf("%d refreshes counted", got)
	}
	s.RotateOnEveryRefresh(true)
	if each := refresh(t, s, next.Refresh); each.Refresh == next.Refresh {
		t.Error("the token did not rotate")
	}
	s.PunishReuse(true)
	if old := refresh(t, s, next.Refresh); old.Error != "invalid_grant" {
		t.Errorf("reuse answers %+v", old)
	}
	req := httptest.NewRequest(http.MethodGet, "http://sim/v3/company/"+q.Get("realmId")+"/companyinfo/"+
		q.Get("realmId"), nil)
	req.Header.Set("Authorization", "Bearer "+next.Access)
	if resp := roundTrip(t, s, req); resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("after punished reuse the access token answers %d", resp.StatusCode)
	}
}

func TestParallelRefreshesLeaveOneWinner(t *testing.T) {
	t.Parallel()
	s, _ := oauthServer(t)
	s.RotateOnEveryRefresh(true)
	first := exchange(t, s, consented(t, s, authorizeQuery(s)).Get("code"))
	var wg sync.WaitGroup
	results := make([]tokens, 8)
	for i := range results {
		wg.Go(func() { results[i] = refresh(t, s, first.Refresh) })
	}
	wg.Wait()
	won := 0
	for _, r := range results {
		if r.Access != "" {
			won++
		} else if r.Error != "invalid_grant" {
			t.Errorf("loser got %+v", r)
		}
	}
	if won != 1 {
		t.Errorf("%d refreshes won", won)
	}
}

func TestRefreshTokenEnds(t *testing.T) {
	t.Parallel()
	s, c := oauthServer(t)
	first := exchange(t, s, consented(t, s, authorizeQuery(s)).Get("code"))
	c.add(refreshTokenLife)
	if got := refresh(t, s, first.Refresh); got.Error != "invalid_grant" {
		t.Errorf("after 101 days: %+v", got)
	}
	current := exchange(t, s, consented(t, s, authorizeQuery(s)).Get("code"))
	began := c.Now()
	for c.Now().Sub(began) < hardLife-50*24*time.Hour {
		c.add(50 * 24 * time.Hour)
		if current = refresh(t, s, current.Refresh); current.Error != "" {
			t.Fatalf("after %v: %+v", c.Now().Sub(began), current)
		}
	}
	left := postToken(t, s, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {current.Refresh}},
		func(r *http.Request) { r.Header.Set("x-include-refresh-token-hard-expires-in", "true") })
	if want := int((hardLife - c.Now().Sub(began)) / time.Second); left.HardIn != want || left.RefreshIn > left.HardIn {
		t.Errorf("hard expiry in %d, want %d; rolling in %d", left.HardIn, want, left.RefreshIn)
	}
	c.add(50 * 24 * time.Hour)
	if got := refresh(t, s, current.Refresh); got.Error != "invalid_grant" {
		t.Errorf("after five years: %+v", got)
	}
}

func TestRevokeEndsTheGrant(t *testing.T) {
	t.Parallel()
	s, _ := oauthServer(t)
	revoke := func(body string, change func(*http.Request)) int {
		r := httptest.NewRequest(http.MethodPost, "http://sim"+revokePath, strings.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		r.SetBasicAuth(s.ClientID(), s.ClientSecret())
		if change != nil {
			change(r)
		}
		return roundTrip(t, s, r).StatusCode
	}
	for _, by := range []func(tokens) string{
		func(t tokens) string { return t.Access }, func(t tokens) string { return t.Refresh },
	} {
		got := exchange(t, s, consented(t, s, authorizeQuery(s)).Get("code"))
		body := `{"token":"` + by(got) + `"}`
		anonymous := func(r *http.Request) { r.Header.Del("Authorization") }
		if code := revoke(body, anonymous); code != http.StatusUnauthorized {
			t.Errorf("without credentials: %d", code)
		}
		if code := revoke(body, func(r *http.Request) {
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}); code != http.StatusBadRequest {
			t.Errorf("as a form: %d", code)
		}
		if code := revoke(body, nil); code != http.StatusOK {
			t.Errorf("revoke: %d", code)
		}
		if r := refresh(t, s, got.Refresh); r.Error != "invalid_grant" {
			t.Errorf("refresh after revoke: %+v", r)
		}
		if code := revoke(body, nil); code != http.StatusBadRequest {
			t.Errorf("second revoke: %d", code)
		}
	}
}
