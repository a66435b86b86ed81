package oauth_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/oauth"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/vault"
)

// inProcess serves requests with a handler and without a network, for which virtual time could not wait.
type inProcess struct{ handler http.Handler }

func (p inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r = r.Clone(r.Context())
		r.Body = http.NoBody
	}
	answer := httptest.NewRecorder()
	p.handler.ServeHTTP(answer, r)
	response := answer.Result()
	response.Request = r
	return response, nil
}

// browser does not follow redirects, so that the test can read where they lead.
func browser(handler http.Handler) *http.Client {
	return &http.Client{
		Transport:     inProcess{handler},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

func get(t *testing.T, client *http.Client, address string) *http.Response {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	return response
}

func openStore(t *testing.T, path string, key vault.Key) *boltstore.Store {
	t.Helper()
	sealer, err := vault.New(key)
	if err != nil {
		t.Fatal(err)
	}
	store, err := boltstore.Open(path, sealer, boltstore.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func intuitProvider(sim *intuitsim.Server) *oauth.Provider {
	client := &http.Client{Transport: inProcess{sim}}
	return &oauth.Provider{
		Name: "quickbooks", Title: "QuickBooks", RealmParam: "realmId",
		ClientID: sim.ClientID(), ClientSecret: sim.ClientSecret(),
		Endpoints: func(ctx context.Context) (oauth.Endpoints, error) {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet,
				"https://intuit.test/.well-known/openid_configuration", nil)
			if err != nil {
				return oauth.Endpoints{}, err
			}
			response, err := client.Do(request)
			if err != nil {
				return oauth.Endpoints{}, err
			}
			defer response.Body.Close()
			var found struct {
				Auth   string `json:"authorization_endpoint"`
				Token  string `json:"token_endpoint"`
				Revoke string `json:"revocation_endpoint"`
			}
			err = json.NewDecoder(response.Body).Decode(&found)
			return oauth.Endpoints{Auth: found.Auth, Token: found.Token, Revoke: found.Revoke}, err
		},
		AuthStyle: oauth2.AuthStyleInHeader, RevokeJSON: true,
		Headers:   map[string]string{"x-include-refresh-token-hard-expires-in": "true"},
		Reconnect: problem.CompanyReconnectRequired, Unavailable: problem.QuickBooksUnavailable,
		RateLimited: problem.QuickBooksRateLimited, Rejected: problem.QuickBooksRejected,
		HTTP: client,
	}
}

// TestACompanysLife takes a connection through consent, rotation, a refused token, the customer's disconnect, a
// reconnect and our own disconnect, with the real store and Intuit's rules.
func TestACompanysLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := intuitsim.New(intuitsim.Options{Seed: 1, AutoConsent: true, BaseURL: "https://intuit.test"})
		sim.RotateOnEveryRefresh(true)
		sim.PunishReuse(true)
		path, sealing := filepath.Join(t.TempDir(), "ledgersheet.db"), vault.NewKey()
		store := openStore(t, path, sealing)
		defer func() { _ = store.Close() }()
		provider := intuitProvider(sim)
		flows := &oauth.Flows{Store: store, BaseURL: "https://me.test"}
		realm := sim.Companies()[0].Realm
		grantKey := export.CompanyGrant(export.RealmID(realm))
		var ended []*problem.Problem
		newSources := func() *oauth.Sources {
			return oauth.NewSources(oauth.SourceOptions{
				Store: store, Refresh: provider.Refresh, Reconnect: provider.Reconnect,
				Unavailable: provider.Unavailable,
				OnDead: func(_ context.Context, _ export.GrantKey,
					why *problem.Problem) {
					ended = append(ended, why)
				},
			})
		}
		sources := newSources()
		consent := func(flow export.Flow) (export.Grant, url.Values, error) {
			address, err := flows.Begin(t.Context(), provider, flow, nil)
			if err != nil {
				t.Fatal(err)
			}
			back, err := get(t, browser(sim), address).Location()
			if err != nil {
				t.Fatal(err)
			}
			_, grant, err := flows.Finish(t.Context(), provider, back.Query(), flow.Session)
			return grant, back.Query(), err
		}
		flow := export.Flow{User: "ann@b.test", Session: "hash", Scopes: []string{"com.intuit.quickbooks.accounting"}}
		grant, answer, err := consent(flow)
		if err != nil || answer.Get("realmId") != realm {
			t.Fatalf("connecting %s: %v", answer.Get("realmId"), err)
		}
		if left := time.Until(grant.HardExpiry); left < 4*365*24*time.Hour ||
			time.Until(grant.RefreshExpiry) < 100*24*time.Hour {
			t.Errorf("refresh token until %v, at most %v", grant.RefreshExpiry, grant.HardExpiry)
		}
		if err = sources.Replace(t.Context(), grantKey, grant); err != nil {
			t.Fatal(err)
		}
		api := func() int {
			client := &http.Client{Transport: &oauth.Transport{Tokens: sources.For(grantKey), Base: inProcess{sim}}}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
				"https://intuit.test/v3/company/"+realm+"/companyinfo/"+realm, nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := client.Do(request)
			if err != nil {
				if !errors.Is(err, problem.New(problem.CompanyReconnectRequired, "")) {
					t.Errorf("reading: %v", err)
				}
				return 0
			}
			defer response.Body.Close()
			return response.StatusCode
		}
		// Three days of use by forty callers at a time, with a restart each day: one refresh per period.
		for range 3 {
			for range 24 {
				var callers sync.WaitGroup
				for range 40 {
					callers.Go(func() {
						if _, err := sources.For(grantKey).Token(t.Context()); err != nil {
							t.Error(err)
						}
					})
				}
				callers.Wait()
				if status := api(); status != 200 {
					t.Errorf("status %d", status)
				}
				time.Sleep(time.Hour)
			}
			if err := store.Close(); err != nil {
				t.Fatal(err)
			}
			store = openStore(t, path, sealing)
			flows.Store = store
			sources = newSources()
		}
		if n := sim.Refreshes(realm); n != 71 {
			t.Errorf("%d refreshes in 72 hours of which the first had a token", n)
		}
		// Intuit forgets access tokens early: there is one 401, and no caller notices.
		api()
		before := sim.Refreshes(realm)
		time.Sleep(time.Minute)
		sim.ExpireAccessTokens(realm)
		if status := api(); status != 200 || sim.Refreshes(realm) != before+1 {
			t.Errorf("after a 401: status %d, %d refreshes", status, sim.Refreshes(realm)-before)
		}
		// The customer disconnects inside QuickBooks: one refresh is refused, then there are no more requests.
		sim.RevokeGrant(realm)
		time.Sleep(time.Minute)
		for range 5 {
			if status := api(); status != 0 {
				t.Errorf("status %d with a dead grant", status)
			}
			time.Sleep(time.Hour)
		}
		if len(ended) != 1 {
			t.Errorf("%d notices of the end", len(ended))
		}
		// A reconnect that comes back for another company is refused; the right one is accepted.
		flow.Realm = export.RealmID(realm)
		if _, _, err = consent(flow); !errors.Is(err, oauth.ErrOtherCompany) {
			t.Errorf("another company: %v", err)
		}
		sim.ConsentTo(realm)
		if grant, _, err = consent(flow); err != nil {
			t.Fatal(err)
		}
		if err = sources.Replace(t.Context(), grantKey, grant); err != nil {
			t.Fatal(err)
		}
		if status := api(); status != 200 {
			t.Errorf("after the reconnect: status %d", status)
		}
		last, err := sources.Forget(t.Context(), grantKey, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time it has ended already
			if err = provider.Revoke(t.Context(), last); err != nil {
				t.Errorf("revoking: %v", err)
			}
		}
		if _, err = provider.Refresh(t.Context(), last); !problem.HasCode(err, problem.CompanyReconnectRequired) {
			t.Errorf("a revoked grant still refreshes: %v", err)
		}
		if status := api(); status != 0 {
			t.Errorf("status %d after the disconnect", status)
		}
	})
}

func TestWrongCredentialsAreTheOperatorsProblem(t *testing.T) {
	t.Parallel()
	sim := intuitsim.New(intuitsim.Options{BaseURL: "https://intuit.test"})
	_, refresh := sim.Authorize(sim.Companies()[0].Realm)
	provider := intuitProvider(sim)
	provider.ClientSecret = "another"
	_, err := provider.Refresh(t.Context(), export.Grant{RefreshToken: refresh})
	if !problem.HasCode(err, problem.AppCredentials) {
		t.Errorf("got %v", err)
	}
	provider.ClientSecret = sim.ClientSecret()
	if _, err = provider.Refresh(t.Context(), export.Grant{RefreshToken: refresh}); err != nil {
		t.Errorf("the grant suffered: %v", err)
	}
}
