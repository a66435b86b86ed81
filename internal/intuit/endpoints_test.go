package intuit_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/intuit"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
)

const discoveryDocument = `{"issuer":"https://oauth.platform.intuit.com/op/v1",
 "authorization_endpoint":"https://appcenter.intuit.com/connect/oauth2",
 "token_endpoint":"https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
 "userinfo_endpoint":"https://accounts.platform.intuit.com/v1/openid_connect/userinfo",
 "revocation_endpoint":"https://developer.api.intuit.com/v2/oauth2/tokens/revoke"}`

// discovery is a Discovery whose requests are answered by the steps; the last one goes on for good.
func discovery(url string, steps ...roundTrip) (d *intuit.Discovery, sent *int) {
	sent = new(int)
	return intuit.NewDiscovery(url, &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		*sent++
		return steps[min(*sent, len(steps))-1](r)
	})}), sent
}

func TestDiscoveryIsFetchedOnceADay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, sent := discovery(intuit.DiscoveryURL(intuit.Production), with(503, ""), failing(errors.New("reset")),
			with(200, discoveryDocument), with(500, ""))
		want := intuit.Endpoints{
			Authorization: "https://appcenter.intuit.com/connect/oauth2",
			Token:         "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer",
			Revocation:    "https://developer.api.intuit.com/v2/oauth2/tokens/revoke",
			UserInfo:      "https://accounts.platform.intuit.com/v1/openid_connect/userinfo",
		}
		results := make(chan error, 20)
		for range cap(results) {
			go func() { // each sends once
				got, err := d.Endpoints(t.Context())
				if diff := cmp.Diff(want, got); diff != "" {
					t.Error(diff)
				}
				results <- err
			}()
		}
		for range cap(results) {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if *sent != 3 {
			t.Errorf("%d requests, want 3", *sent)
		}
		timer := time.NewTimer(25 * time.Hour)
		<-timer.C
		// The document is old and cannot be fetched: it serves on, and is not asked for on each call.
		for range 5 {
			if got, err := d.Endpoints(t.Context()); err != nil || got != want {
				t.Errorf("%+v, %v", got, err)
			}
		}
		if *sent != 6 {
			t.Errorf("%d requests, want 6", *sent)
		}
	})
}

func TestDiscoveryRefusesDocuments(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		url, old, new string
		ok            bool
	}{
		"as it is": {"https://developer.api.intuit.com/x", "", "", true},
		"no user info": {
			"https://developer.api.intuit.com/x", "https://accounts.platform.intuit.com/v1/openid_connect/userinfo", "",
			true,
		},
		"no token endpoint": {
			"https://developer.api.intuit.com/x", "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer", "",
			false,
		},
		"http": {"https://developer.api.intuit.com/x", "https://oauth", "http://oauth", false},
		"local, from https": {
			"https://developer.api.intuit.com/x", "https://oauth.platform.intuit.com", "http://127.0.0.1", false,
		},
		"local": {
			"http://127.0.0.1:9000/x", "https://oauth.platform.intuit.com", "http://127.0.0.1:9000", true,
		},
		"same host": {
			"http://sandbox:9000/x", "https://oauth.platform.intuit.com", "http://sandbox:9000", true,
		},
		"http, another host": {
			"http://127.0.0.1:9000/x", "https://oauth.platform.intuit.com", "http://example.org", false,
		},
		"script": {
			"https://developer.api.intuit.com/x", "https://appcenter.intuit.com/connect/oauth2", "javascript:alert(1)",
			false,
		},
		"no JSON": {"https://developer.api.intuit.com/x", "{", "<html>", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d, _ := discovery(test.url, with(200, replaced(discoveryDocument, test.old, test.new)))
				_, err := d.Endpoints(t.Context())
				if (err == nil) != test.ok || (err != nil && !problem.HasCode(err, problem.QuickBooksMalformed)) {
					t.Error(err)
				}
			})
		})
	}
}

func replaced(text, old, new string) string {
	if old == "" {
		return text
	}
	return strings.ReplaceAll(text, old, new)
}

func TestDiscoveryEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d, _ := discovery("https://x.test/", func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		begin := time.Now()
		if _, err := d.Endpoints(ctx); !problem.HasCode(err, problem.Deadline) || time.Since(begin) != 3*time.Second {
			t.Errorf("%v after %s", err, time.Since(begin))
		}
	})
}

func TestDiscoveryOfTheSimulator(t *testing.T) {
	t.Parallel()
	server := intuitsim.New(intuitsim.Options{BaseURL: "http://127.0.0.1:9999"})
	d := intuit.NewDiscovery("http://127.0.0.1:9999/.well-known/openid_sandbox_configuration",
		&http.Client{Transport: server.Transport()})
	got, err := d.Endpoints(t.Context())
	if err != nil || !strings.HasPrefix(got.Token, "http://127.0.0.1:9999/") {
		t.Errorf("%+v, %v", got, err)
	}
}

// with is a transport that always gives the same answer.
func with(status int, body string, header ...string) roundTrip {
	return func(r *http.Request) (*http.Response, error) { return answered(r, status, body, header...), nil }
}

func failing(err error) roundTrip {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}
