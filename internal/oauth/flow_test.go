package oauth

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/oauth2"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// flowShelf is a FlowStore in memory.
type flowShelf struct {
	mu    sync.Mutex
	flows map[string]export.Flow
	err   error
}

func (s *flowShelf) PutFlow(_ context.Context, hash string, f export.Flow) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	if s.flows == nil {
		s.flows = map[string]export.Flow{}
	}
	s.flows[hash] = f
	return nil
}

func (s *flowShelf) TakeFlow(_ context.Context, hash string, now time.Time) (export.Flow, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, have := s.flows[hash]
	delete(s.flows, hash)
	switch {
	case s.err != nil:
		return export.Flow{}, s.err
	case !have, !now.Before(f.ExpiresAt):
		return export.Flow{}, export.ErrNotFound
	}
	return f, nil
}

// beginConsent begins a consent and returns the address's parameters.
func beginConsent(t *testing.T, f *Flows, p *Provider, flow export.Flow) url.Values {
	t.Helper()
	address, err := f.Begin(t.Context(), p, flow, nil)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

func ownFlow() export.Flow {
	return export.Flow{
		User: "ann@b.test", Session: "session-hash", Scopes: []string{"openid", "email"}, ReturnTo: "/connections",
	}
}

func TestConsentWithPKCE(t *testing.T) {
	t.Parallel()
	var calls []sent
	p := googleLike(recordRequests(200, `{"access_token":"a","refresh_token":"r","expires_in":3600}`, &calls))
	shelf := &flowShelf{}
	f := &Flows{Store: shelf, BaseURL: "https://me.test/"}
	asked := beginConsent(t, f, p, ownFlow())
	state := asked.Get("state")
	if len(state) < 43 || asked.Get("redirect_uri") != "https://me.test/oauth/google/callback" ||
		asked.Get("code_challenge_method") != "S256" {
		t.Errorf("asked %v", asked)
	}
	for hash, flow := range shelf.flows {
		if strings.Contains(hash, state) || flow.Provider != "google" {
			t.Errorf("stored %q: %+v", hash, flow)
		}
		if oauth2.S256ChallengeFromVerifier(flow.Verifier) != asked.Get("code_challenge") {
			t.Error("the challenge is not the stored verifier's")
		}
	}
	flow, grant, err := f.Finish(t.Context(), p, url.Values{"state": {state}, "code": {theCode}}, "session-hash")
	if err != nil {
		t.Fatal(err)
	}
	if flow.User != "ann@b.test" || flow.ReturnTo != "/connections" || grant.AccessToken != "a" ||
		grant.RefreshToken != "r" {
		t.Errorf("got %+v %+v", flow, grant)
	}
	if diff := cmp.Diff([]string{"openid", "email"}, grant.Scopes); diff != "" {
		t.Errorf("scopes of an answer that names none: %s", diff)
	}
	form, err := url.ParseQuery(calls[0].body)
	if err != nil || form.Get("code_verifier") != flow.Verifier || form.Get("redirect_uri") != f.RedirectURI(p) {
		t.Errorf("exchanged with %v (%v)", form, err)
	}
	// A replay of the same answer.
	_, _, err = f.Finish(t.Context(), p, url.Values{"state": {state}, "code": {theCode}}, "session-hash")
	checkProblem(t, err, problem.Conflict)
	if len(calls) != 1 {
		t.Errorf("%d calls of the token endpoint", len(calls))
	}
}

func TestStatesDiffer(t *testing.T) {
	t.Parallel()
	f := &Flows{Store: &flowShelf{}}
	seen := map[string]bool{}
	for range 100 {
		q := beginConsent(t, f, googleLike(nil), ownFlow())
		seen[q.Get("state")], seen[q.Get("code_challenge")] = true, true
	}
	if len(seen) != 200 {
		t.Errorf("%d different states and challenges, want 200", len(seen))
	}
}

func TestAnswersThatAreRefused(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		change  func(answer url.Values)
		session string
		realm   export.RealmID
		want    problem.Code
		is      error
		says    string
		back    bool // the flow is returned
	}{
		{
			name: "no state", change: func(a url.Values) { a.Del("state") }, want: problem.Conflict,
			says: "no connection under way",
		},
		{
			name: "made-up state", change: func(a url.Values) { a.Set("state", "guess") }, want: problem.Conflict,
			says: "no connection under way",
		},
		{name: "another session", session: "foreign", want: problem.Forbidden, says: "another browser"},
		{name: "no session", session: "none", want: problem.Forbidden},
		{
			name: "declined", change: func(a url.Values) { a.Del("code"); a.Set("error", "access_denied") },
			want: problem.Cancelled, is: ErrDeclined, says: "declined on the QuickBooks page. Nothing was changed",
			back: true,
		},
		{
			name: "declined beats code", change: func(a url.Values) { a.Set("error", "access_denied") },
			want: problem.Cancelled, is: ErrDeclined, back: true,
		},
		{
			name:   "declined with a made-up state",
			change: func(a url.Values) { a.Set("state", "x"); a.Set("error", "access_denied") },
			want:   problem.Conflict,
		},
		{
			name: "provider down", change: func(a url.Values) { a.Set("error", "temporarily_unavailable") },
			want: problem.QuickBooksUnavailable, back: true,
		},
		{
			name: "app refused", change: func(a url.Values) { a.Set("error", "unauthorized_client") },
			want: problem.AppCredentials, back: true,
		},
		{
			name: "bad scope",
			change: func(a url.Values) {
				a.Set("error", "invalid_scope")
				a.Set("error_description", "no such scope")
			},
			want: problem.QuickBooksRejected, says: "no such scope", back: true,
		},
		{
			name: "strange error", change: func(a url.Values) { a.Set("error", "<script>"+theCode) },
			want: problem.QuickBooksRejected, back: true,
		},
		{
			name: "invalid_grant here", change: func(a url.Values) { a.Set("error", "invalid_grant") },
			want: problem.QuickBooksRejected, back: true,
		},
		{
			name: "error quotes the code",
			change: func(a url.Values) {
				a.Set("error", "invalid_request")
				a.Set("error_description", "code "+theCode)
			},
			want: problem.QuickBooksRejected, back: true,
		},
		{
			name: "no code", change: func(a url.Values) { a.Del("code") }, want: problem.BadRequest,
			says: "without a code", back: true,
		},
		{
			name: "another company", realm: "123", want: problem.Conflict, is: ErrOtherCompany, says: "company 999",
			back: true,
		},
		{
			name: "no company", realm: "123", change: func(a url.Values) { a.Del("realmId") },
			want: problem.Conflict, is: ErrOtherCompany, back: true,
		},
		{
			name: "no company for a new connection", change: func(a url.Values) { a.Del("realmId") },
			want: problem.BadRequest, says: "names no company", back: true,
		},
		{
			name: "a company that is no number", change: func(a url.Values) { a.Set("realmId", "12/../3") },
			want: problem.BadRequest, says: "names no company", back: true,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p := intuitLike(func(*http.Request) (*http.Response, error) {
				t.Error("the code was exchanged")
				return nil, errors.New("no")
			})
			f := &Flows{Store: &flowShelf{}, BaseURL: "https://me.test"}
			flow := ownFlow()
			flow.Realm = test.realm
			asked := beginConsent(t, f, p, flow)
			if asked.Get("code_challenge") != "" {
				t.Error("PKCE with a provider that has none")
			}
			answer := url.Values{"state": asked["state"], "code": {theCode}, "realmId": {"999"}}
			if test.change != nil {
				test.change(answer)
			}
			session := map[string]string{"": "session-hash", "foreign": "other-hash", "none": ""}[test.session]
			back, _, err := f.Finish(t.Context(), p, answer, session)
			got := checkProblem(t, err, test.want)
			if test.is != nil && !errors.Is(err, test.is) {
				t.Errorf("%v is not %v", err, test.is)
			}
			if !strings.Contains(got.Message, test.says) {
				t.Errorf("the message is %q", got.Message)
			}
			if (back.User != "") != test.back {
				t.Errorf("flow returned: %+v", back)
			}
			if strings.Contains(err.Error(), "script") {
				t.Errorf("unchecked text in %v", err)
			}
		})
	}
}

func TestFlowOfTheOtherProvider(t *testing.T) {
	t.Parallel()
	f := &Flows{Store: &flowShelf{}}
	asked := beginConsent(t, f, googleLike(nil), ownFlow())
	_, _, err := f.Finish(t.Context(), intuitLike(nil), url.Values{"state": asked["state"], "code": {theCode}},
		"session-hash")
	checkProblem(t, err, problem.Conflict)
}

func TestFlowsEnd(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := googleLike(respondWith(200, `{"access_token":"a","refresh_token":"r"}`))
		f := &Flows{Store: &flowShelf{}}
		late, inTime := beginConsent(t, f, p, ownFlow()), beginConsent(t, f, p, ownFlow())
		time.Sleep(flowLife - time.Second)
		if _, _, err := f.Finish(t.Context(), p, url.Values{"state": inTime["state"], "code": {theCode}},
			"session-hash"); err != nil {
			t.Errorf("a second before the end: %v", err)
		}
		time.Sleep(time.Second)
		_, _, err := f.Finish(t.Context(), p, url.Values{"state": late["state"], "code": {theCode}}, "session-hash")
		checkProblem(t, err, problem.Conflict)
	})
}

func TestBeginRefuses(t *testing.T) {
	t.Parallel()
	shelf := &flowShelf{}
	f := &Flows{Store: shelf}
	for _, flow := range []export.Flow{{User: "a"}, {Session: "s"}} {
		if _, err := f.Begin(t.Context(), googleLike(nil), flow, nil); err == nil {
			t.Errorf("began %+v", flow)
		}
	}
	p := googleLike(nil)
	p.ClientID = ""
	if _, err := f.Begin(t.Context(), p, ownFlow(), nil); !problem.HasCode(err, problem.AppCredentials) {
		t.Errorf("without an app: %v", err)
	}
	shelf.err = errors.New("disk full")
	if _, err := f.Begin(t.Context(), googleLike(nil), ownFlow(), nil); !errors.Is(err, shelf.err) {
		t.Errorf("store fails: %v", err)
	}
	if _, _, err := f.Finish(t.Context(), googleLike(nil), url.Values{"state": {"x"}}, "s"); !errors.Is(err,
		shelf.err) {
		t.Errorf("store fails: %v", err)
	}
}

// TestOtherSessionsUseNothingUp brings an answer with the wrong session first.
func TestOtherSessionsUseNothingUp(t *testing.T) {
	t.Parallel()
	p := intuitLike(respondWith(http.StatusOK, `{"access_token":"a","refresh_token":"r","expires_in":3600}`))
	f := &Flows{Store: &flowShelf{}, BaseURL: "https://me.test"}
	answer := url.Values{"state": beginConsent(t, f, p, ownFlow())["state"], "code": {theCode}, "realmId": {"999"}}
	for _, session := range []string{"other-hash", ""} {
		_, _, err := f.Finish(t.Context(), p, answer, session)
		checkProblem(t, err, problem.Forbidden)
	}
	if flow, grant, err := f.Finish(t.Context(), p, answer, "session-hash"); err != nil || grant.RefreshToken != "r" ||
		flow.Realm != "999" {
		t.Errorf("with its own session: %+v, %v", flow, err)
	}
	_, _, err := f.Finish(t.Context(), p, answer, "session-hash")
	checkProblem(t, err, problem.Conflict)
}
