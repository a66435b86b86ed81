package oauth_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/oauth"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/vault"
)

const (
	googleRoot = "https://google.test"
	fileScope  = "https://www.googleapis.com/auth/drive.file"
)

func googleProvider(sim *googlesim.Server) *oauth.Provider {
	ends := sim.Endpoints()
	return &oauth.Provider{
		Name: "google", Title: "Google", ClientID: ends.ClientID, ClientSecret: ends.ClientSecret,
		Endpoints: func(context.Context) (oauth.Endpoints, error) {
			return oauth.Endpoints{
				Auth: ends.AuthURL, Token: ends.TokenURL, Revoke: ends.RevokeURL, UserInfo: ends.UserinfoURL,
			}, nil
		},
		AuthStyle: oauth2.AuthStyleInParams, PKCE: true,
		AuthParams: map[string]string{"access_type": "offline", "prompt": "consent"},
		Reconnect:  problem.GoogleReconnectRequired, Unavailable: problem.GoogleUnavailable,
		RateLimited: problem.GoogleRateLimited, Rejected: problem.GoogleRejected,
		HTTP: &http.Client{Transport: inProcess{sim}},
	}
}

// TestAGoogleAccountsLife takes an account through consent with PKCE, renewals, the end of a testing grant, a reconnect
// and a disconnect.
func TestAGoogleAccountsLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := googlesim.New(googlesim.Options{
			AutoConsent: true, BaseURL: googleRoot, Emails: []string{"ann@b.test", "bob@b.test"},
		})
		sim.SetTestingMode(true)
		store := openStore(t, filepath.Join(t.TempDir(), "ledgersheet.db"), vault.NewKey())
		defer func() { _ = store.Close() }()
		provider := googleProvider(sim)
		flows := &oauth.Flows{Store: store, BaseURL: "https://me.test"}
		grantKey := export.AccountGrant("con_1")
		ended := 0
		sources := oauth.NewSources(oauth.SourceOptions{
			Store: store, Refresh: provider.Refresh, Reconnect: provider.Reconnect, Unavailable: provider.Unavailable,
			OnDead: func(context.Context, export.GrantKey, *problem.Problem) { ended++ },
		})
		flow := export.Flow{User: "ann@b.test", Session: "hash", Scopes: []string{fileScope, "openid", "email"}}
		consent := func() export.Grant {
			address, err := flows.Begin(t.Context(), provider, flow, map[string]string{"login_hint": "bob@b.test"})
			if err != nil {
				t.Fatal(err)
			}
			back, err := get(t, browser(sim), address).Location()
			if err != nil {
				t.Fatal(err)
			}
			if _, err = provider.Exchange(t.Context(), flows.RedirectURI(provider), back.Query().Get("code"),
				"not-the-verifier-of-this-flow-but-of-the-same-length"); !problem.HasCode(err, problem.Conflict) {
				t.Errorf("a stolen code without its verifier: %v", err)
			}
			_, grant, err := flows.Finish(t.Context(), provider, back.Query(), flow.Session)
			if err != nil {
				t.Fatal(err)
			}
			if err = sources.Replace(t.Context(), grantKey, grant); err != nil {
				t.Fatal(err)
			}
			return grant
		}
		grant := consent()
		if !slices.Contains(grant.Scopes, fileScope) || grant.RefreshToken == "" {
			t.Errorf("scopes %v", grant.Scopes)
		}
		who, err := provider.UserInfo(t.Context(), grant.AccessToken)
		if err != nil || who.Email != "bob@b.test" || who.Subject == "" {
			t.Errorf("connected as %+v, %v", who, err)
		}
		source := sources.For(grantKey)
		for range 6 * 24 {
			if _, err := source.Token(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Hour)
		}
		stored, err := store.Grant(t.Context(), grantKey)
		if err != nil || stored.RefreshToken != grant.RefreshToken || stored.AccessToken == grant.AccessToken {
			t.Errorf("the refresh token was not kept: %v", err)
		}
		time.Sleep(25 * time.Hour) // the seventh day of an app in "Testing"
		for range 3 {
			if _, err := source.Token(t.Context()); !problem.HasCode(err, problem.GoogleReconnectRequired) {
				t.Errorf("after seven days: %v", err)
			}
		}
		if ended != 1 {
			t.Errorf("%d notices of the end", ended)
		}
		consent()
		if _, err := source.Token(t.Context()); err != nil {
			t.Errorf("after the reconnect: %v", err)
		}
		last, err := sources.Forget(t.Context(), grantKey, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err = provider.Revoke(t.Context(), last); err != nil {
				t.Errorf("revoking: %v", err)
			}
		}
		if _, err = provider.UserInfo(t.Context(), last.AccessToken); err == nil {
			t.Error("a revoked grant still tells who it is of")
		}
	})
}

func TestGoogleWithoutAnApp(t *testing.T) {
	t.Parallel()
	sim := googlesim.New(googlesim.Options{BaseURL: googleRoot})
	provider := googleProvider(sim)
	refresh := sim.Authorize("owner@example.com", fileScope)
	for _, change := range []func(p *oauth.Provider){
		func(p *oauth.Provider) { p.ClientSecret = "another" },
		func(p *oauth.Provider) { p.ClientID = "another" },
	} {
		broken := *provider
		change(&broken)
		if _, err := broken.Refresh(t.Context(), export.Grant{RefreshToken: refresh}); !problem.HasCode(err,
			problem.AppCredentials) {
			t.Errorf("got %v", err)
		}
	}
	if g, err := provider.Refresh(t.Context(), export.Grant{RefreshToken: refresh}); err != nil ||
		g.RefreshToken != refresh {
		t.Errorf("the grant suffered: %v", err)
	}
}

func TestGoogleServiceAccount(t *testing.T) {
	t.Parallel()
	skew := time.Duration(0)
	sim := googlesim.New(googlesim.Options{BaseURL: googleRoot, Now: func() time.Time { return time.Now().Add(skew) }})
	key := sim.ServiceAccountKey()
	client := &http.Client{Transport: inProcess{sim}}
	account, err := oauth.NewServiceAccount(key, "", []string{fileScope}, client)
	if err != nil {
		t.Fatal(err)
	}
	read := func() (int, error) {
		api := &http.Client{Transport: &oauth.Transport{Tokens: account, Base: inProcess{sim}}}
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
			googleRoot+"/drive/v3/files?"+url.Values{"pageSize": {"1"}}.Encode(), nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := api.Do(request)
		if err != nil {
			return 0, err
		}
		defer response.Body.Close()
		return response.StatusCode, nil
	}
	if status, err := read(); status != 200 || err != nil {
		t.Fatalf("status %d, %v", status, err)
	}
	skew = 3 * time.Hour // this machine's clock is slow, seen from Google
	late, err := oauth.NewServiceAccount(key, "", []string{fileScope}, client)
	if err != nil {
		t.Fatal(err)
	}
	_, err = late.Token(t.Context())
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != problem.AppCredentials || !strings.Contains(p.Hint, "clock") {
		t.Errorf("got %v, hint %q", err, p.Hint)
	}
}
