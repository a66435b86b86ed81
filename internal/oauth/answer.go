package oauth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"ledgersheet/internal/problem"
)

const (
	callLimit = 30 * time.Second // for one call, even if the caller allows more
	bodyLimit = 1 << 20          // bytes; real answers have a few thousand
	// assumedLife is an access token's life if the answer does not state it. Both providers document an hour.
	assumedLife = time.Hour
	maxLife     = 100 * 365 * 24 * time.Hour
)

// tokenAnswer is a token endpoint's answer. Times that it does not state are zero.
type tokenAnswer struct {
	access, refresh string
	asked           time.Time
	expiry          time.Time
	refreshExpiry   time.Time
	hardExpiry      time.Time
	scopes          []string
}

// readToken decodes an answer. Lifetimes are counted from asked, when the request was sent, to be early rather than
// late. It reports whether the body is a token answer at all.
func readToken(body []byte, asked time.Time) (tokenAnswer, bool) {
	fields := map[string]any{}
	text := func(key string) string {
		text, _ := fields[key].(string)
		return text
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	if decoder.Decode(&fields) != nil {
		return tokenAnswer{}, false
	}
	a := tokenAnswer{
		access: text("access_token"), refresh: text("refresh_token"),
		asked: asked, scopes: strings.Fields(text("scope")),
	}
	a.expiry = asked.Add(assumedLife)
	if life, told := parseSeconds(fields["expires_in"]); told {
		a.expiry = asked.Add(life)
	}
	// Intuit states the refresh token's life under x_ names; Google states it only for grants with a time limit.
	for _, key := range []string{"refresh_token_expires_in", "x_refresh_token_expires_in"} {
		if life, told := parseSeconds(fields[key]); told {
			a.refreshExpiry = asked.Add(life)
		}
	}
	if life, told := parseSeconds(fields["x_refresh_token_hard_expires_in"]); told {
		a.hardExpiry = asked.Add(life)
	}
	return a, a.access != ""
}

// parseSeconds parses a number of seconds, which some servers write as text.
func parseSeconds(v any) (time.Duration, bool) {
	var n float64
	switch v := v.(type) {
	case json.Number:
		f, err := v.Float64()
		if err != nil {
			return 0, false
		}
		n = f
	case string:
		f, err := json.Number(strings.TrimSpace(v)).Float64()
		if err != nil {
			return 0, false
		}
		n = f
	default:
		return 0, false
	}
	if math.IsNaN(n) {
		return 0, false
	}
	return time.Duration(min(max(n, 0), maxLife.Seconds())) * time.Second, true
}

// reply is the provider's answer, read whole.
type reply struct {
	status    int
	header    http.Header
	body      []byte
	requestID string
	secrets   []string // secrets in the request, which must not appear in messages
}

func (r reply) ok() bool { return r.status >= 200 && r.status <= 299 }

// do sends a request and reads the answer within the limits. Its errors are problems, or the error of the caller's own
// context. secrets are those in the request; no error repeats them.
func (p *Provider) do(request *http.Request, secrets ...string) (reply, error) {
	caller := request.Context()
	ctx, cancel := context.WithTimeout(caller, callLimit)
	defer cancel()
	response, err := p.newClient().Do(request.WithContext(ctx))
	if err != nil {
		return reply{}, p.explainNoAnswer(caller, err, secrets)
	}
	defer response.Body.Close()
	r := reply{
		status: response.StatusCode, header: response.Header,
		requestID: findRequestID(response.Header), secrets: secrets,
	}
	r.body, err = io.ReadAll(io.LimitReader(response.Body, bodyLimit))
	if err != nil {
		return reply{}, p.explainNoAnswer(caller, err, secrets)
	}
	return r, nil
}

// newClient returns a copy of the provider's client that does not follow redirects, because those could carry secrets
// to another host.
func (p *Provider) newClient() *http.Client {
	client := http.Client{}
	if p.HTTP != nil {
		client = *p.HTTP
	}
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client
}

// explainNoAnswer returns the problem for a call that got no complete answer.
func (p *Provider) explainNoAnswer(caller context.Context, err error, secrets []string) error {
	if errors.Is(caller.Err(), context.Canceled) {
		return fmt.Errorf("asking %s: %w", p.title(), context.Canceled)
	}
	var inURL *url.Error
	if errors.As(err, &inURL) {
		err = inURL.Err
	}
	cause := scrubbed{err: err, text: scrub(err.Error(), secrets)}
	if errors.Is(err, context.DeadlineExceeded) {
		return problem.Wrap(cause, p.Unavailable, "%s did not answer in time.", p.title())
	}
	return problem.Wrap(cause, p.Unavailable, "%s could not be reached.", p.title())
}

// findRequestID returns the provider's id for the request, which its support asks for.
func findRequestID(h http.Header) string {
	for _, key := range []string{"intuit_tid", "Intuit-Tid", "X-Request-Id"} {
		for name, values := range h {
			if strings.EqualFold(name, key) && len(values) > 0 && isWord(values[0]) {
				return values[0]
			}
		}
	}
	return ""
}

// scrubbed is an error whose text is safe to log; errors.Is and errors.As still see the original.
type scrubbed struct {
	err  error
	text string
}

func (s scrubbed) Error() string { return s.text }

func (s scrubbed) Unwrap() error { return s.err }

const (
	longestText  = 200
	longestWord  = 48 // no sentence has a longer word, but tokens do
	longestMixed = 20 // for a word with digits in it, as tokens have
	hidden       = "[hidden]"
)

// scrub makes a provider's text fit for messages: it hides the secrets and whatever looks like a token, and puts the
// text on one line of moderate length.
func scrub(text string, secrets []string) string {
	for _, secret := range secrets {
		if secret == "" {
			continue
		}
		text = strings.ReplaceAll(text, secret, hidden)
		text = strings.ReplaceAll(text, url.QueryEscape(secret), hidden)
	}
	words := strings.Fields(strings.ToValidUTF8(text, ""))
	for i, word := range words {
		if len(word) > longestWord || len(word) > longestMixed && strings.ContainsAny(word, "0123456789") {
			words[i] = hidden
		}
	}
	text = strings.Join(words, " ")
	if len(text) > longestText {
		text = strings.ToValidUTF8(text[:longestText], "") + "…"
	}
	return text
}
