package oauth

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// purse is a Tokens that moves to the next token of a list when one is invalidated.
type purse struct {
	mu      sync.Mutex
	tokens  []string
	err     error // once the list is used up
	refused []string
}

func (p *purse) Token(context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.tokens) == 0 {
		return "", p.err
	}
	return p.tokens[0], nil
}

func (p *purse) Invalidate(access string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused = append(p.refused, access)
	if len(p.tokens) > 0 && p.tokens[0] == access {
		p.tokens = p.tokens[1:]
	}
}

func TestTransport(t *testing.T) {
	t.Parallel()
	dead := errors.New("grant ended")
	for _, test := range []struct {
		name    string
		tokens  []string
		good    string // the token that the server accepts
		body    func() io.Reader
		status  int
		err     error
		sent    []string // token and body of each request
		refused []string
	}{
		{name: "good", tokens: []string{"t1"}, good: "t1", status: 200, sent: []string{"Bearer t1 "}},
		{
			name: "renewed", tokens: []string{"t1", "t2"}, good: "t2", status: 200,
			sent: []string{"Bearer t1 ", "Bearer t2 "}, refused: []string{"t1"},
		},
		{
			name: "renewed with a body", tokens: []string{"t1", "t2"}, good: "t2",
			body: func() io.Reader { return strings.NewReader("rows") }, status: 200,
			sent: []string{"Bearer t1 rows", "Bearer t2 rows"}, refused: []string{"t1"},
		},
		{
			name: "a body that is gone", tokens: []string{"t1", "t2"}, good: "t2",
			body: func() io.Reader { return io.MultiReader(strings.NewReader("rows")) }, status: 401,
			sent: []string{"Bearer t1 rows"}, refused: []string{"t1"},
		},
		{
			name: "refused twice", tokens: []string{"t1", "t2", "t3"}, good: "t3", status: 401,
			sent: []string{"Bearer t1 ", "Bearer t2 "}, refused: []string{"t1"},
		},
		{name: "dead", err: dead},
		{
			name: "found dead after a 401", tokens: []string{"t1"}, good: "t2",
			body: func() io.Reader { return strings.NewReader("rows") }, err: dead,
			sent: []string{"Bearer t1 rows"}, refused: []string{"t1"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			tokens := &purse{tokens: test.tokens, err: dead}
			var sent []string
			client := &http.Client{Transport: &Transport{
				Tokens: tokens,
				Base: trip(func(r *http.Request) (*http.Response, error) {
					var body []byte
					if r.Body != nil {
						body, _ = io.ReadAll(r.Body)
					}
					auth := r.Header.Get("Authorization")
					sent = append(sent, auth+" "+string(body))
					if auth != "Bearer "+test.good {
						return respondWith(401, "refused")(r)
					}
					return respondWith(200, "fine")(r)
				}),
			}}
			var body io.Reader
			if test.body != nil {
				body = test.body()
			}
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.test/x", body)
			if err != nil {
				t.Fatal(err)
			}
			response, err := client.Do(request)
			if !errors.Is(err, test.err) {
				t.Fatalf("got %v, want %v", err, test.err)
			}
			if err == nil {
				if rest, err := io.ReadAll(response.Body); response.StatusCode != test.status || err != nil ||
					len(rest) == 0 {
					t.Errorf("status %d, body %q, %v", response.StatusCode, rest, err)
				}
				response.Body.Close()
			}
			if request.Header.Get("Authorization") != "" {
				t.Error("the caller's request was changed")
			}
			if diff := cmp.Diff(test.sent, sent); diff != "" {
				t.Errorf("sent, -want +got:\n%s", diff)
			}
			if diff := cmp.Diff(test.refused, tokens.refused); diff != "" {
				t.Errorf("invalidated, -want +got:\n%s", diff)
			}
		})
	}
}

func TestTransportKeepsTheTokenAtHome(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	client := &http.Client{Transport: &Transport{
		Tokens: &purse{tokens: []string{"t1"}},
		Base: trip(func(r *http.Request) (*http.Response, error) {
			seen[r.URL.String()] = r.Header.Get("Authorization")
			next := map[string]string{
				"https://api.test/1": "https://api.test/2", "https://api.test/2": "https://elsewhere.test/3",
				"https://elsewhere.test/3": "https://elsewhere.test/4",
			}[r.URL.String()]
			if next == "" {
				return respondWith(200, "")(r)
			}
			return respondWith(302, "", "Location", next)(r)
		}),
	}}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://api.test/1", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	want := map[string]string{
		"https://api.test/1": "Bearer t1", "https://api.test/2": "Bearer t1", "https://elsewhere.test/3": "",
		"https://elsewhere.test/4": "",
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
