package googlesim

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"
)

const callback = "http://127.0.0.1:8080/oauth/google/callback"

// clock is a time a test moves by hand.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// flow is an OAuth client of the simulator without a network.
type flow struct {
	sim    *Server
	config oauth2.Config
	http   *http.Client
}

func newFlow(t *testing.T, o Options, scopes ...string) *flow {
	t.Helper()
	sim := New(o)
	sim.SetBaseURL("http://google.test")
	e := sim.Endpoints()
	return &flow{
		sim: sim,
		config: oauth2.Config{
			ClientID: e.ClientID, ClientSecret: e.ClientSecret, RedirectURL: callback, Scopes: scopes,
			Endpoint: oauth2.Endpoint{AuthURL: e.AuthURL, TokenURL: e.TokenURL, AuthStyle: oauth2.AuthStyleInParams},
		},
		http: &http.Client{
			Transport:     sim.Transport(),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// consent asks for consent and, if a page is shown, sends its form; it returns the callback's query.
func (f *flow) consent(t *testing.T, form url.Values, options ...oauth2.AuthCodeOption) url.Values {
	t.Helper()
	address, err := url.Parse(f.config.AuthCodeURL("st", options...))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := f.http.Get(address.String())
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode == http.StatusOK {
		page, err := io.ReadAll(answer.Body)
		if err != nil || !strings.Contains(string(page), "Simulated Google sandbox — not Google") ||
			strings.Contains(string(page), "<script") {
			t.Fatalf("consent page %s, %v", page, err)
		}
		for name, values := range address.Query() {
			form[name] = values
		}
		if answer, err = f.http.PostForm(f.config.Endpoint.AuthURL, form); err != nil {
			t.Fatal(err)
		}
	}
	if answer.StatusCode != http.StatusFound {
		t.Fatalf("consent answers %d", answer.StatusCode)
	}
	back, err := answer.Location()
	if err != nil || !strings.HasPrefix(back.String(), callback+"?") || back.Query().Get("state") != "st" {
		t.Fatalf("sent back to %v, %v", back, err)
	}
	return back.Query()
}

// contextWith makes the oauth2 package use a client.
func contextWith(t *testing.T, client *http.Client) context.Context {
	t.Helper()
	return context.WithValue(t.Context(), oauth2.HTTPClient, client)
}

func (f *flow) token(t *testing.T, form url.Values) (int, map[string]any) {
	t.Helper()
	answer, err := f.http.PostForm(f.config.Endpoint.TokenURL, form)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	out := map[string]any{}
	if err := json.NewDecoder(answer.Body).Decode(&out); err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, out
}

func TestConsentToRefreshToken(t *testing.T) {
	t.Parallel()
	at := &clock{fixedClock()}
	f := newFlow(t, Options{Now: at.now, Emails: []string{owner, "second@example.com"}}, "openid", "email",
		scopePrefix+"drive.file")
	with := contextWith(t, f.http)
	verifier := oauth2.GenerateVerifier()
	offline := []oauth2.AuthCodeOption{oauth2.AccessTypeOffline, oauth2.S256ChallengeOption(verifier)}
	allow := func() url.Values {
		return url.Values{
			"account": {"second@example.com"}, "decision": {"allow"}, "grant": {"email", scopePrefix + "drive.file"},
		}
	}
	back := f.consent(t, allow(), offline...)
	if _, err := f.config.Exchange(with, back.Get("code")); err == nil ||
		!strings.Contains(err.Error(), "Missing code verifier.") {
		t.Errorf("exchange without verifier: %v", err)
	}
	token, err := f.config.Exchange(with, back.Get("code"), oauth2.VerifierOption(verifier))
	if err != nil || token.RefreshToken == "" || !strings.Contains(token.Extra("scope").(string), "drive.file") {
		t.Fatalf("exchange: %+v, %v", token, err)
	}
	if _, err := f.config.Exchange(with, back.Get("code"), oauth2.VerifierOption(verifier)); err == nil {
		t.Error("a code was taken twice")
	}
	var me map[string]any
	answer, err := f.config.Client(with, token).Get(f.sim.Endpoints().UserinfoURL)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewDecoder(answer.Body).Decode(&me); err != nil || me["email"] != "second@example.com" ||
		me["sub"] == "" {
		t.Errorf("userinfo %v, %v", me, err)
	}
	// A later approval is silent and brings no refresh token, unless consent is asked for again.
	back = f.consent(t, allow(), append(offline, oauth2.SetAuthURLParam("login_hint", "second@example.com"))...)
	if again, err := f.config.Exchange(with, back.Get("code"), oauth2.VerifierOption(verifier)); err != nil ||
		again.RefreshToken != "" {
		t.Errorf("silent approval: %+v, %v", again, err)
	}
	back = f.consent(t, allow(), append(offline, oauth2.SetAuthURLParam("prompt", "consent"))...)
	if again, err := f.config.Exchange(with, back.Get("code"), oauth2.VerifierOption(verifier)); err != nil ||
		again.RefreshToken == "" {
		t.Errorf("consent again: %+v, %v", again, err)
	}
	refresh := func() (int, map[string]any) {
		e := f.sim.Endpoints()
		return f.token(t, url.Values{
			"grant_type": {"refresh_token"}, "refresh_token": {token.RefreshToken}, "client_id": {e.ClientID},
			"client_secret": {e.ClientSecret},
		})
	}
	if status, out := refresh(); status != 200 || out["access_token"] == "" || out["refresh_token"] != nil ||
		out["expires_in"] != 3599.0 {
		t.Errorf("refresh: %d %v", status, out)
	}
	at.at = at.at.Add(184 * 24 * time.Hour)
	if status, out := refresh(); status != 400 || out["error"] != "invalid_grant" ||
		out["error_description"] != "Token has been expired or revoked." {
		t.Errorf("after six idle months: %d %v", status, out)
	}
}

func TestUntickedScopesAndCancel(t *testing.T) {
	t.Parallel()
	f := newFlow(t, Options{}, "openid", "email", scopePrefix+"drive.file")
	if back := f.consent(t, url.Values{"decision": {"cancel"}}); back.Get("error") != "access_denied" ||
		back.Get("code") != "" {
		t.Errorf("cancel: %v", back)
	}
	back := f.consent(t, url.Values{"account": {owner}, "decision": {"allow"}, "grant": {"email"}})
	token, err := f.config.Exchange(contextWith(t, f.http), back.Get("code"))
	if err != nil {
		t.Fatal(err)
	}
	if scope, _ := token.Extra("scope").(string); strings.Contains(scope, "drive.file") ||
		!strings.Contains(scope, "userinfo.email") {
		t.Errorf("scope %q", scope)
	}
}

func TestConsentPageRefusals(t *testing.T) {
	t.Parallel()
	f := newFlow(t, Options{AutoConsent: true}, "openid")
	good := url.Values{
		"client_id": {f.config.ClientID}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid"},
	}
	for _, test := range []struct{ name, value, want string }{
		{"client_id", "other", "invalid_client"},
		{"redirect_uri", "https://evil.example/elsewhere", "redirect_uri_mismatch"},
		{"response_type", "token", "unsupported_response_type"},
		{"scope", "everything", "invalid_scope"},
		{"scope", "", "invalid_request"},
		{"code_challenge_method", "plain", "invalid_request"},
	} {
		q := url.Values{}
		for k, v := range good {
			q[k] = v
		}
		q.Set(test.name, test.value)
		answer, err := f.http.Get(f.config.Endpoint.AuthURL + "?" + q.Encode())
		if err != nil {
			t.Fatal(err)
		}
		page, err := io.ReadAll(answer.Body)
		if err != nil || answer.StatusCode != 400 || !strings.Contains(string(page), test.want) {
			t.Errorf("%s=%s: %d %v", test.name, test.value, answer.StatusCode, err)
		}
	}
}

func TestTokenRefusals(t *testing.T) {
	t.Parallel()
	f := newFlow(t, Options{AutoConsent: true}, scopePrefix+"drive.file")
	e := f.sim.Endpoints()
	code := f.consent(t, nil).Get("code")
	live := f.sim.Authorize(owner, "drive.file")
	for _, test := range []struct {
		name   string
		form   map[string]string
		status int
		code   string
		text   string
	}{
		{"unknown client", map[string]string{"client_id": "x"}, 401, "invalid_client",
			"The OAuth client was not found."},
		{"wrong secret", map[string]string{"client_secret": "x"}, 401, "invalid_client", "Unauthorized"},
		{"no grant type", map[string]string{"grant_type": "magic"}, 400, "unsupported_grant_type",
			"Invalid grant_type: magic"},
		{"malformed code", map[string]string{"grant_type": "authorization_code", "code": "x"}, 400, "invalid_grant",
			"Malformed auth code."},
		{"unknown code", map[string]string{"grant_type": "authorization_code", "code": "4/x"}, 400,
			"invalid_grant", "Bad Request"},
		{"other redirect", map[string]string{"grant_type": "authorization_code", "code": code,
			"redirect_uri": callback + "x"}, 400, "redirect_uri_mismatch", "Bad Request"},
		{"unknown refresh token", map[string]string{"grant_type": "refresh_token", "refresh_token": "1//x"}, 400,
			"invalid_grant", "Token has been expired or revoked."},
		{"wider scope", map[string]string{"grant_type": "refresh_token", "refresh_token": live, "scope": scopePrefix +
			"drive"}, 400, "invalid_scope", "Bad Request"},
	} {
		form := url.Values{"client_id": {e.ClientID}, "client_secret": {e.ClientSecret}}
		for k, v := range test.form {
			form.Set(k, v)
		}
		status, out := f.token(t, form)
		if status != test.status || out["error"] != test.code || out["error_description"] != test.text {
			t.Errorf("%s: %d %v", test.name, status, out)
		}
	}
}

func TestRefreshTokensDie(t *testing.T) {
	t.Parallel()
	at := &clock{fixedClock()}
	f := newFlow(t, Options{Now: at.now})
	e := f.sim.Endpoints()
	alive := func(token string) bool {
		status, _ := f.token(t, url.Values{
			"grant_type": {"refresh_token"}, "refresh_token": {token}, "client_id": {e.ClientID},
			"client_secret": {e.ClientSecret},
		})
		return status == 200
	}
	first := f.sim.Authorize(owner, "drive.file")
	for range 99 {
		f.sim.Authorize(owner, "drive.file")
	}
	if !alive(first) {
		t.Error("the first of 100 tokens is dead")
	}
	last := f.sim.Authorize(owner, "drive.file")
	if alive(first) || !alive(last) {
		t.Error("the 101st token must end the first one, silently")
	}
	// Revoking an access token ends the whole grant.
	access := f.sim.AccessToken(owner, "drive.file")
	if answer, err := f.http.PostForm(e.RevokeURL, url.Values{"token": {access}}); err != nil ||
		answer.StatusCode != 200 {
		t.Errorf("revoke: %v, %v", answer, err)
	}
	if alive(last) {
		t.Error("a refresh token outlived its grant")
	}
	if answer, err := f.http.PostForm(e.RevokeURL, url.Values{"token": {access}}); err != nil ||
		answer.StatusCode != 400 {
		t.Errorf("revoke twice: %v, %v", answer, err)
	}
	f.sim.SetTestingMode(true)
	testing7, identity := f.sim.Authorize(owner, "drive.file"), f.sim.Authorize(owner, "openid", "email")
	at.at = at.at.Add(7*24*time.Hour + time.Second)
	if alive(testing7) || !alive(identity) {
		t.Error("in testing mode a token lives seven days, unless it only identifies")
	}
	stale := f.sim.Authorize(owner, "drive.file")
	f.sim.RevokeGrant(owner)
	if alive(stale) {
		t.Error("a token outlived its revocation")
	}
}

func TestAccessTokensExpire(t *testing.T) {
	t.Parallel()
	at := &clock{fixedClock()}
	sim := New(Options{Now: at.now})
	id := sim.CreateSpreadsheet(owner, "Books")
	token := sim.AccessToken(owner, "spreadsheets")
	client := &http.Client{Transport: &authorized{next: sim.Transport(), token: func() string { return token }}}
	status := func() int { got, _ := ask(t, client, "GET", "/v4/spreadsheets/"+id, ""); return got }
	if got := status(); got != 200 {
		t.Errorf("fresh token: %d", got)
	}
	at.at = at.at.Add(time.Hour)
	if got := status(); got != 401 {
		t.Errorf("after an hour: %d", got)
	}
	token = sim.AccessToken(owner, "spreadsheets")
	sim.ExpireAccessTokens(owner)
	at.at = at.at.Add(time.Second)
	if got := status(); got != 401 {
		t.Errorf("after ExpireAccessTokens: %d", got)
	}
}

func TestServiceAccount(t *testing.T) {
	t.Parallel()
	sim, _ := start(t, Options{})
	config, err := google.JWTConfigFromJSON(sim.ServiceAccountKey(), scopePrefix+"spreadsheets")
	if err != nil {
		t.Fatal(err)
	}
	id := sim.CreateSpreadsheet(owner, "Books")
	client := config.Client(t.Context())
	answer, err := client.Get(sim.Endpoints().SheetsURL + "v4/spreadsheets/" + id)
	if err != nil || answer.StatusCode != 403 {
		t.Errorf("not shared: %v, %v", answer, err)
	}
	must(t, sim.Share(id, ServiceAccountEmail, "writer"))
	if answer, err = client.Get(sim.Endpoints().SheetsURL + "v4/spreadsheets/" + id); err != nil ||
		answer.StatusCode != 200 {
		t.Errorf("shared: %v, %v", answer, err)
	}
	for _, test := range []struct {
		name, want string
		spoil      func()
	}{
		{"other account", "Invalid grant: account not found",
			func() { config.Email = "nobody@sandbox-project.iam.gserviceaccount.com" }},
		{"other audience", "Invalid JWT: Failed audience check.",
			func() { config.Email, config.Audience = ServiceAccountEmail, "https://example.com/" }},
		{"other key", "Invalid JWT Signature.", func() {
			other := New(Options{})
			stranger, err := google.JWTConfigFromJSON(other.ServiceAccountKey(), scopePrefix+"spreadsheets")
			if err != nil {
				t.Fatal(err)
			}
			config.Audience, config.PrivateKey = "", stranger.PrivateKey
		}},
	} {
		test.spoil()
		_, err := config.TokenSource(t.Context()).Token()
		var refused *oauth2.RetrieveError
		if !errors.As(err, &refused) || !strings.Contains(string(refused.Body), test.want) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
}
