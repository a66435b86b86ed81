package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// Values that must never appear in an error.
const (
	theSecret   = "client-secret-value"
	theCode     = "authorization-code-value"
	theVerifier = "pkce-verifier-value"
	theRefresh  = "RT1-00-refresh-token-value"
	theAccess   = "access-token-value"
)

func secretValues() []string {
	return []string{theSecret, theCode, theVerifier, theRefresh, theAccess, "leaked-new-token"}
}

// trip is a provider's server without a network.
type trip func(*http.Request) (*http.Response, error)

func (t trip) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

func respondWith(status int, body string, header ...string) trip {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i+1 < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{
			StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r,
		}, nil
	}
}

func intuitLike(t trip) *Provider {
	return &Provider{
		Name: "quickbooks", Title: "QuickBooks", ClientID: "the-client", ClientSecret: theSecret,
		Endpoints: func(context.Context) (Endpoints, error) {
			return Endpoints{
				Auth: "https://intuit.test/auth", Token: "https://intuit.test/token",
				Revoke: "https://intuit.test/revoke", UserInfo: "https://intuit.test/userinfo",
			}, nil
		},
		AuthStyle: oauth2.AuthStyleInHeader, RevokeJSON: true, RealmParam: "realmId",
		Headers:          map[string]string{"x-include-refresh-token-hard-expires-in": "true"},
		RefreshTokenLife: 100 * 24 * time.Hour,
		Reconnect:        problem.CompanyReconnectRequired, Unavailable: problem.QuickBooksUnavailable,
		RateLimited: problem.QuickBooksRateLimited, Rejected: problem.QuickBooksRejected,
		HTTP: &http.Client{Transport: t},
	}
}

func googleLike(t trip) *Provider {
	return &Provider{
		Name: "google", Title: "Google", ClientID: "the-client", ClientSecret: theSecret,
		Endpoints: func(context.Context) (Endpoints, error) {
			return Endpoints{
				Auth: "https://google.test/auth", Token: "https://google.test/token",
				Revoke: "https://google.test/revoke", UserInfo: "https://google.test/userinfo",
			}, nil
		},
		AuthStyle: oauth2.AuthStyleInParams, PKCE: true,
		AuthParams: map[string]string{"access_type": "offline", "prompt": "consent"},
		Reconnect:  problem.GoogleReconnectRequired, Unavailable: problem.GoogleUnavailable,
		RateLimited: problem.GoogleRateLimited, Rejected: problem.GoogleRejected,
		HTTP: &http.Client{Transport: t},
	}
}

func TestRefusalsAreClassified(t *testing.T) {
	t.Parallel()
	const html = "<html><body>Bad gateway " + theRefresh + "</body></html>"
	for _, test := range []struct {
		name   string
		status int
		body   string
		want   problem.Code
	}{
		{
			"ended grant, Intuit", 400,
			`{"error":"invalid_grant","error_description":"Incorrect or invalid refresh token"}`,
			problem.CompanyReconnectRequired,
		},
		{
			"ended grant, Google", 400,
			`{"error":"invalid_grant","error_description":"Token has been expired or revoked."}`,
			problem.CompanyReconnectRequired,
		},
		{
			"ended grant that quotes the token", 400,
			`{"error":"invalid_grant","error_description":"token ` + theRefresh + ` is bad"}`,
			problem.CompanyReconnectRequired,
		},
		{
			"ended by an administrator", 400,
			`{"error":"invalid_grant","error_subtype":"invalid_rapt","error_description":"reauth related error (invalid_rapt)"}`,
			problem.CompanyReconnectRequired,
		},
		{"ended grant with status 200", 200, `{"error":"invalid_grant"}`, problem.CompanyReconnectRequired},
		{"wrong secret with 401", 401, `{"error":"invalid_client"}`, problem.AppCredentials},
		{
			"wrong secret with 400", 400,
			`{"error":"invalid_client","error_description":"secret ` + theSecret + `"}`, problem.AppCredentials,
		},
		{"wrong secret with 403", 403, `{"error":"unauthorized_client"}`, problem.AppCredentials},
		{"deleted client", 401, `{"error":"deleted_client"}`, problem.AppCredentials},
		{
			"wrong redirect", 400, `{"error":"redirect_uri_mismatch","error_description":"Bad Request"}`,
			problem.AppCredentials,
		},
		{"our own mistake", 400, `{"error":"unsupported_grant_type"}`, problem.QuickBooksRejected},
		{"throttled", 429, `{"error":"whatever"}`, problem.QuickBooksRateLimited},
		{"throttled without a body", 429, ``, problem.QuickBooksRateLimited},
		{"server error", 500, `{"error":"invalid_grant"}`, problem.QuickBooksUnavailable},
		{"gateway's page", 502, html, problem.QuickBooksUnavailable},
		{"unavailable", 503, ``, problem.QuickBooksUnavailable},
		{"temporarily", 400, `{"error":"temporarily_unavailable"}`, problem.QuickBooksUnavailable},
		{"firewall's page", 403, html, problem.QuickBooksUnavailable},
		{"401 without a reason", 401, ``, problem.QuickBooksUnavailable},
		{
			"error that is an object", 400, `{"error":{"code":400,"message":"` + theRefresh + `"}}`,
			problem.QuickBooksUnavailable,
		},
		{"error that is a sentence", 400, `{"error":"sorry, ` + theRefresh + `"}`, problem.QuickBooksUnavailable},
		{"login page of a hotel", 200, html, problem.QuickBooksUnavailable},
		{"empty", 200, ``, problem.QuickBooksUnavailable},
		{
			"without an access token", 200, `{"refresh_token":"leaked-new-token","expires_in":3600}`,
			problem.QuickBooksUnavailable,
		},
		{"cut short", 200, `{"access_token":"leaked-new-token","refresh_`, problem.QuickBooksUnavailable},
		{"access token that is a number", 200, `{"access_token":17}`, problem.QuickBooksUnavailable},
		{"redirect", 307, ``, problem.QuickBooksUnavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := intuitLike(respondWith(test.status, test.body, "Intuit_tid", "1-abc", "Retry-After", "7", "Location",
				"https://elsewhere.test/"))
			_, err := p.Refresh(t.Context(), export.Grant{RefreshToken: theRefresh})
			got := checkProblem(t, err, test.want)
			if got.ProviderRequestID != "1-abc" {
				t.Errorf("request id is %q", got.ProviderRequestID)
			}
			if test.status >= 400 && got.RetryAfter != 7*time.Second {
				t.Errorf("RetryAfter is %v", got.RetryAfter)
			}
			_, err = p.Exchange(t.Context(), "https://me.test/cb", theCode, theVerifier)
			want := test.want
			if want == p.Reconnect {
				want = problem.Conflict // no grant can have ended, because there was none yet
			}
			checkProblem(t, err, want)
		})
	}
}

// checkProblem checks the code, and that no text or field of the error contains a secret value.
func checkProblem(t *testing.T, err error, want problem.Code) *problem.Problem {
	t.Helper()
	var p *problem.Problem
	if !errors.As(err, &p) {
		t.Fatalf("got %v, which is no problem", err)
	}
	if p.Code != want {
		t.Errorf("got %v, want the code %s", err, want)
	}
	if p.Hint == "" {
		t.Errorf("%v has no hint", err)
	}
	checkNoSecrets(t, err)
	return p
}

func checkNoSecrets(t *testing.T, err error) {
	t.Helper()
	shown, jsonErr := json.Marshal(err)
	if jsonErr != nil {
		t.Fatal(jsonErr)
	}
	for _, secret := range secretValues() {
		if text := fmt.Sprintf("%v %s", err, shown); strings.Contains(text, secret) {
			t.Errorf("the error shows %s: %s", secret, text)
		}
	}
}

func TestUnreachedProviders(t *testing.T) {
	t.Parallel()
	refused := errors.New("dial tcp: connection refused while sending " + theRefresh)
	for _, test := range []struct {
		name string
		trip trip
	}{
		{"no connection", func(*http.Request) (*http.Response, error) { return nil, refused }},
		{"body breaks off", func(r *http.Request) (*http.Response, error) {
			return &http.Response{
				StatusCode: 200, Header: http.Header{},
				Body: io.NopCloser(io.MultiReader(strings.NewReader(`{"access_token":"leaked-new-token`),
					brokenReader{})),
				Request: r,
			}, nil
		}},
		{"time limit", func(*http.Request) (*http.Response, error) { return nil, context.DeadlineExceeded }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := intuitLike(test.trip).Refresh(t.Context(), export.Grant{RefreshToken: theRefresh})
			if p := checkProblem(t, err, problem.QuickBooksUnavailable); p.Class() != problem.RetryRequest {
				t.Errorf("class %v", p.Class())
			}
		})
	}
	t.Run("caller gone", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		p := intuitLike(func(r *http.Request) (*http.Response, error) {
			cancel()
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		_, err := p.Refresh(ctx, export.Grant{RefreshToken: theRefresh})
		if !errors.Is(err, context.Canceled) || problem.HasCode(err, problem.QuickBooksUnavailable) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("cause stays visible to code", func(t *testing.T) {
		t.Parallel()
		_, err := intuitLike(func(*http.Request) (*http.Response, error) { return nil, refused }).Refresh(t.Context(),
			export.Grant{RefreshToken: theRefresh})
		if !errors.Is(err, refused) {
			t.Errorf("%v does not wrap its cause", err)
		}
	})
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestRefreshMergesAnswers(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	old := export.Grant{
		AccessToken: "a1", Expiry: now, RefreshToken: "r1", RefreshExpiry: now.Add(time.Hour),
		HardExpiry: now.Add(24 * time.Hour), Scopes: []string{"one"},
	}
	for _, test := range []struct {
		name, body string
		want       export.Grant
	}{
		{
			"rotated, all told",
			`{"token_type":"bearer","expires_in":3600,"refresh_token":"r2","x_refresh_token_expires_in":8726400,"x_refresh_token_hard_expires_in":156032154,"access_token":"a2","scope":"one two"}`,
			export.Grant{
				AccessToken: "a2", Expiry: now.Add(time.Hour), RefreshToken: "r2",
				RefreshExpiry: now.Add(8726400 * time.Second), HardExpiry: now.Add(156032154 * time.Second),
				Scopes: []string{"one", "two"},
			},
		},
		{
			"Google's, nothing but an access token",
			`{"access_token":"a2","expires_in":3599}`,
			export.Grant{
				AccessToken: "a2", Expiry: now.Add(3599 * time.Second), RefreshToken: "r1",
				RefreshExpiry: old.RefreshExpiry, HardExpiry: old.HardExpiry, Scopes: []string{"one"},
			},
		},
		{
			"rotated, life not told",
			`{"access_token":"a2","refresh_token":"r2","expires_in":"1800"}`,
			export.Grant{
				AccessToken: "a2", Expiry: now.Add(30 * time.Minute), RefreshToken: "r2",
				RefreshExpiry: now.Add(100 * 24 * time.Hour), HardExpiry: old.HardExpiry, Scopes: []string{"one"},
			},
		},
		{
			"Google's with a limited grant",
			`{"access_token":"a2","expires_in":3599,"refresh_token_expires_in":604799}`,
			export.Grant{
				AccessToken: "a2", Expiry: now.Add(3599 * time.Second), RefreshToken: "r1",
				RefreshExpiry: now.Add(604799 * time.Second), HardExpiry: old.HardExpiry, Scopes: []string{"one"},
			},
		},
		{
			"lives that are nonsense",
			`{"access_token":"a2","expires_in":{},"x_refresh_token_expires_in":"soon","x_refresh_token_hard_expires_in":null}`,
			export.Grant{
				AccessToken: "a2", Expiry: now.Add(time.Hour), RefreshToken: "r1", RefreshExpiry: old.RefreshExpiry,
				HardExpiry: old.HardExpiry, Scopes: []string{"one"},
			},
		},
		{
			"life below zero",
			`{"access_token":"a2","expires_in":-5}`,
			export.Grant{
				AccessToken: "a2", Expiry: now, RefreshToken: "r1", RefreshExpiry: old.RefreshExpiry,
				HardExpiry: old.HardExpiry, Scopes: []string{"one"},
			},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := intuitLike(respondWith(200, test.body))
			p.Now = func() time.Time { return now }
			got, err := p.Refresh(t.Context(), old)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestRefreshWithoutRefreshTokenAsksNothing(t *testing.T) {
	t.Parallel()
	p := googleLike(func(*http.Request) (*http.Response, error) { t.Error("asked"); return nil, io.EOF })
	_, err := p.Refresh(t.Context(), export.Grant{AccessToken: theAccess})
	checkProblem(t, err, problem.GoogleReconnectRequired)
	p.ClientSecret = ""
	_, err = p.Refresh(t.Context(), export.Grant{RefreshToken: theRefresh})
	checkProblem(t, err, problem.AppCredentials)
	if _, err = p.AuthURL(t.Context(), "u", "s", "", nil, nil); !problem.HasCode(err, problem.AppCredentials) {
		t.Errorf("AuthURL without credentials: %v", err)
	}
}

// sent is what a provider's server saw.
type sent struct {
	method, url, auth, kind, hard, body string
}

func recordRequests(status int, body string, into *[]sent) trip {
	return func(r *http.Request) (*http.Response, error) {
		raw, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		id, secret, _ := r.BasicAuth()
		*into = append(*into, sent{
			r.Method, r.URL.String(), id + ":" + secret, r.Header.Get("Content-Type"),
			r.Header.Get("x-include-refresh-token-hard-expires-in"), string(raw),
		})
		return respondWith(status, body)(r)
	}
}

func TestWhatIsSent(t *testing.T) {
	t.Parallel()
	const good = `{"access_token":"a","refresh_token":"r","id_token":"idt"}`
	const formType = "application/x-www-form-urlencoded"
	var intuit, google []sent
	for _, p := range []*Provider{
		intuitLike(recordRequests(200, good, &intuit)), googleLike(recordRequests(200, good, &google)),
	} {
		if _, err := p.Exchange(t.Context(), "https://me.test/cb", theCode, theVerifier); err != nil {
			t.Fatal(err)
		}
		_, err := p.Refresh(t.Context(), export.Grant{RefreshToken: theRefresh})
		if err != nil {
			t.Fatal(err)
		}
		if err = p.Revoke(t.Context(), export.Grant{AccessToken: theAccess, RefreshToken: theRefresh}); err != nil {
			t.Fatal(err)
		}
		if err = p.Revoke(t.Context(), export.Grant{}); err != nil { // nothing to revoke, nothing sent
			t.Fatal(err)
		}
	}
	basic := "the-client:" + theSecret
	wantIntuit := []sent{
		{
			"POST", "https://intuit.test/token", basic, formType, "true",
			"code=" + theCode + "&grant_type=authorization_code&redirect_uri=https%3A%2F%2Fme.test%2Fcb",
		},
		{
			"POST", "https://intuit.test/token", basic, formType, "true",
			"grant_type=refresh_token&refresh_token=" + theRefresh,
		},
		{"POST", "https://intuit.test/revoke", basic, "application/json", "", `{"token":"` + theRefresh + `"}`},
	}
	if diff := cmp.Diff(wantIntuit, intuit, cmp.AllowUnexported(sent{})); diff != "" {
		t.Errorf("Intuit, -want +got:\n%s", diff)
	}
	app := "client_id=the-client&client_secret=" + theSecret
	wantGoogle := []sent{
		{
			"POST", "https://google.test/token", ":", formType, "",
			app + "&code=" + theCode + "&code_verifier=" + theVerifier +
				"&grant_type=authorization_code&redirect_uri=https%3A%2F%2Fme.test%2Fcb",
		},
		{
			"POST", "https://google.test/token", ":", formType, "",
			app + "&grant_type=refresh_token&refresh_token=" + theRefresh,
		},
		{"POST", "https://google.test/revoke", ":", formType, "", "token=" + theRefresh},
	}
	if diff := cmp.Diff(wantGoogle, google, cmp.AllowUnexported(sent{})); diff != "" {
		t.Errorf("Google, -want +got:\n%s", diff)
	}
}

func TestRevokeAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status int
		body   string
		want   problem.Code // empty if the grant counts as ended
	}{
		{200, ``, ""},
		{204, ``, ""},
		{400, `{"error":"invalid_token"}`, ""},
		{400, `{"error":"invalid_request"}`, ""},
		{400, ``, ""},
		{400, `{"error":"invalid_client"}`, problem.AppCredentials},
		{401, `{"error":"invalid_client"}`, problem.AppCredentials},
		{429, ``, problem.QuickBooksRateLimited},
		{503, `down`, problem.QuickBooksUnavailable},
	} {
		t.Run(fmt.Sprintf("%d %s", test.status, test.body), func(t *testing.T) {
			t.Parallel()
			err := intuitLike(respondWith(test.status, test.body)).Revoke(t.Context(),
				export.Grant{RefreshToken: theRefresh})
			if test.want != "" {
				checkProblem(t, err, test.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAuthURL(t *testing.T) {
	t.Parallel()
	address, err := googleLike(nil).AuthURL(t.Context(), "https://me.test/cb", "the-state", theVerifier,
		[]string{"openid", "email"}, map[string]string{"login_hint": "a@b.test", "prompt": "select_account"})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"client_id": {"the-client"}, "response_type": {"code"}, "redirect_uri": {"https://me.test/cb"},
		"state": {"the-state"},
		"scope": {"openid email"}, "access_type": {"offline"}, "prompt": {"select_account"}, "login_hint": {"a@b.test"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(theVerifier)}, "code_challenge_method": {"S256"},
	}
	if diff := cmp.Diff(want, u.Query()); diff != "" || u.Host != "google.test" {
		t.Errorf("%s, -want +got:\n%s", u.Host, diff)
	}
}
