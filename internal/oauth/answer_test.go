package oauth

import (
	"net/http"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

func TestUserInfo(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, body string
		status     int
		want       Identity
		code       problem.Code
	}{
		{"OpenID", `{"sub":"1","email":"a@b.test","name":"Ann"}`, 200, Identity{"1", "a@b.test", "Ann"}, ""},
		{"Google's older one", `{"id":"1","email":"a@b.test"}`, 200, Identity{Subject: "1", Email: "a@b.test"}, ""},
		{"nobody", `{}`, 200, Identity{}, problem.GoogleUnavailable},
		{"scope missing", `{}`, 403, Identity{}, problem.GoogleReconnectRequired},
		{
			"token dead", `{"error":"invalid_request","error_description":"` + theAccess + `"}`, 401, Identity{},
			problem.GoogleReconnectRequired,
		},
		{"down", ``, 500, Identity{}, problem.GoogleUnavailable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var auth string
			p := googleLike(func(r *http.Request) (*http.Response, error) {
				auth = r.Header.Get("Authorization")
				return respondWith(test.status, test.body)(r)
			})
			got, err := p.UserInfo(t.Context(), theAccess)
			if auth != "Bearer "+theAccess {
				t.Errorf("sent %q", auth)
			}
			if test.code != "" {
				checkProblem(t, err, test.code)
			} else if err != nil || got != test.want {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// FuzzTokenAnswer proves that no answer, however strange, leads to a panic, to a grant without an access token, or to
// lives outside of a century.
func FuzzTokenAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"access_token":"a","expires_in":3600}`, `{"expires_in":1e400}`, `[]`, `null`,
		`{"access_token":"a","expires_in":"NaN"}`, `{"error":"invalid_grant"}`,
		`{"access_token":"a","x_refresh_token_expires_in":1e18}`,
	} {
		f.Add([]byte(seed), 200)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	f.Fuzz(func(t *testing.T, body []byte, status int) {
		p := intuitLike(respondWith(status, string(body)))
		p.Now = func() time.Time { return now }
		g, err := p.Refresh(t.Context(), export.Grant{RefreshToken: "r"})
		if err != nil {
			if problem.From(err).Code == problem.Internal {
				t.Errorf("unclassified: %v", err)
			}
			return
		}
		if g.AccessToken == "" || g.RefreshToken == "" {
			t.Errorf("incomplete grant from %q", body)
		}
		for _, at := range []time.Time{g.Expiry, g.RefreshExpiry, g.HardExpiry} {
			if !at.IsZero() && (at.Before(now) || at.After(now.AddDate(101, 0, 0))) {
				t.Errorf("%v from %q", at, body)
			}
		}
	})
}
