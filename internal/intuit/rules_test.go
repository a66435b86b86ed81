package intuit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// answerCase is an answer with what comes of it.
type answerCase struct {
	status          int
	code, kind      string
	message, detail string
	once            problem.Code // if the next try works; empty if then all is well
	is              problem.Code // if it stays so
	sent            int          // requests until then
	told            reaction     // tell or reconnect if Options.Told hears of it
	words           string       // the beginning of the message if it stays so
	quoted          bool         // QuickBooks' detail is in it
	hint            string       // is in the hint
}

// answers holds at least one case for each rule.
var answers = []answerCase{
	{status: 504, is: problem.QuickBooksUnavailable, sent: 5, words: "QuickBooks did not answer in time."},
	{status: 500, code: "10000", kind: "SystemFault", message: "An error", detail: "Why", quoted: true,
		is: problem.QuickBooksUnavailable, sent: 5, words: "QuickBooks says: An error: Why (code 10000)"},
	{status: 500, code: "120", kind: "AuthorizatonFault", message: "Unknown Error during Authentication",
		is: problem.QuickBooksUnavailable, sent: 5, words: "QuickBooks says: Unknown Error during Authentication"},
	{status: 500, code: "3200", kind: "AUTHENTICATION", is: problem.QuickBooksUnavailable, sent: 5},
	{status: 502, is: problem.QuickBooksUnavailable, sent: 5, words: "QuickBooks answered with status 502"},
	{status: 503, code: "7001", kind: "SERVICE", is: problem.QuickBooksUnavailable, sent: 5},
	{status: 599, is: problem.QuickBooksUnavailable, sent: 5},

	{status: 429, code: "3001", kind: "SERVICE", is: problem.QuickBooksRateLimited, sent: 5,
		words: "QuickBooks received too many requests"},
	{status: 403, code: "003001", kind: "SERVICE", is: problem.QuickBooksRateLimited, sent: 5},
	{status: 429, is: problem.QuickBooksRateLimited, sent: 5},

	{status: 401, code: "120", kind: "AuthorizationFault", once: problem.CompanyReconnectRequired, sent: 1,
		is: problem.CompanyReconnectRequired, told: reconnect, words: "The person who connected this company has lost",
		hint: "An administrator"},
	{status: 401, code: "3100", kind: "AUTHORIZATION", once: problem.CompanyReconnectRequired, sent: 1,
		is: problem.CompanyReconnectRequired, told: reconnect, words: "This connection is not valid"},
	{status: 401, code: "3200", kind: "AUTHENTICATION", detail: "Token revoked", quoted: true,
		once: problem.CompanyReconnectRequired, is: problem.CompanyReconnectRequired, sent: 1, told: reconnect,
		words: "QuickBooks no longer accepts this connection. QuickBooks says: Token revoked (code 3200)"},
	{status: 401, code: "99999", kind: "AuthenticationFault", once: problem.CompanyReconnectRequired, sent: 1,
		is: problem.CompanyReconnectRequired, told: reconnect},
	{status: 401, once: problem.CompanyReconnectRequired, is: problem.CompanyReconnectRequired, sent: 1,
		told: reconnect},
	{status: 403, code: "120", kind: "AuthorizationFault", is: problem.CompanyReconnectRequired, sent: 3,
		told: reconnect, words: "The person who connected this company has lost"},
	{status: 403, code: "3100", kind: "AUTHORIZATION", is: problem.CompanyReconnectRequired, sent: 3, told: reconnect,
		words: "This connection is not valid for this company.", hint: "choose the same company"},
	{status: 403, code: "3100", kind: "SERVICE", detail: "The access token does not have sufficient scope",
		quoted: true, is: problem.CompanyReconnectRequired, sent: 3, told: reconnect},
	{status: 500, code: "3100", kind: "SERVICE", is: problem.QuickBooksUnavailable, sent: 5},
	{status: 403, code: "3200", kind: "AUTHENTICATION", is: problem.CompanyReconnectRequired, sent: 3,
		told: reconnect, words: "QuickBooks no longer accepts"},
	{status: 200, code: "3200", kind: "AUTHENTICATION", is: problem.CompanyReconnectRequired, sent: 3,
		told: reconnect},

	{status: 400, code: "7001", kind: "SERVICE", message: "Subscription has lapsed", detail: "Please ensure",
		once: problem.QuickBooksRejected, is: problem.QuickBooksRejected, sent: 1, told: tell, quoted: true,
		words: "The company's QuickBooks subscription has ended, or", hint: "LEDGERSHEET_INTUIT_ENVIRONMENT"},
	{status: 400, code: "6190", kind: "ValidationFault", message: "Invalid company status", detail: "Period has ended",
		once: problem.QuickBooksRejected, is: problem.QuickBooksRejected, sent: 1, told: tell, quoted: true,
		words: "The company's QuickBooks subscription has ended, or the company is closed.", hint: "Renew"},
	{status: 400, code: "5020", kind: "ValidationFault", message: "Permission Denied", detail: "No access to payroll",
		once: problem.QuickBooksRejected, is: problem.QuickBooksRejected, sent: 1, quoted: true,
		words: "The person who connected this company may not see this data"},

	{status: 400, code: "10000", kind: "SystemFault", message: "An error", detail: "Something was made inactive.",
		is: problem.QuickBooksRejected, sent: 3, quoted: true, words: "QuickBooks says: An error: Something was made"},
	{status: 200, code: "10000", kind: "SystemFault", detail: "Why", is: problem.QuickBooksUnavailable, sent: 5,
		quoted: true, words: "QuickBooks had an error of its own. QuickBooks says: Why (code 10000)"},

	{status: 400, code: "4000", kind: "ValidationFault", message: "Error parsing query", detail: "Encountered x",
		once: problem.QuickBooksRejected, is: problem.QuickBooksRejected, sent: 1, quoted: true},
	{status: 400, code: "500", kind: "ValidationFault", message: "Unsupported Operation", // the code is no status
		once: problem.QuickBooksRejected, is: problem.QuickBooksRejected, sent: 1},
	{status: 200, code: "4001", kind: "ValidationFault", detail: "x is not queryable", quoted: true,
		once: problem.QuickBooksRejected, is: problem.QuickBooksRejected, sent: 1},
	{status: 403, code: "99999", kind: "AuthenticationFault", is: problem.CompanyReconnectRequired, sent: 3,
		told: reconnect, words: "QuickBooks no longer accepts"},
	{status: 403, code: "99999", kind: "AuthorizationFault", detail: "No seat", is: problem.CompanyReconnectRequired,
		sent: 3, told: reconnect, quoted: true, words: "QuickBooks does not let this connection see this company."},
	{status: 408, is: problem.QuickBooksUnavailable, sent: 5, words: "QuickBooks did not receive the request"},
	{status: 200, code: "99999", kind: "SystemFault", is: problem.QuickBooksUnavailable, sent: 5},
	{status: 400, code: "99999", kind: "SERVICE", is: problem.QuickBooksUnavailable, sent: 5,
		words: "A service of QuickBooks was not available."},

	{status: 404, once: problem.QuickBooksRejected, is: problem.QuickBooksRejected, sent: 1,
		words: "QuickBooks answered with status 404"},
	{status: 403, once: problem.QuickBooksRejected, is: problem.QuickBooksRejected, sent: 1},
}

func (a answerCase) String() string { return fmt.Sprintf("%d %s %s", a.status, a.code, a.kind) }

// body is the case's fault as the service spells it; empty for a case that has none.
func (a answerCase) body() string {
	if a.code == "" && a.kind == "" {
		return ""
	}
	return spellings(a.code, a.kind, a.message, a.detail)["service"]
}

// told is what Options.Told heard.
type told struct {
	asked time.Time
	why   *problem.Problem
}

// scriptedClient answers one request after the other; the last answer goes on for good.
func scriptedClient(steps ...func() (status int, body string)) (c *Client, sent *int, heard *[]told) {
	sent, heard = new(int), new([]told)
	c = New(Options{
		APIURL: "http://quickbooks.test",
		HTTP: func(export.RealmID) *http.Client {
			return &http.Client{Transport: transport(func(r *http.Request) (*http.Response, error) {
				*sent++
				status, body := steps[min(*sent, len(steps))-1]()
				return &http.Response{StatusCode: status, Header: http.Header{}, Request: r,
					Body: io.NopCloser(strings.NewReader(body))}, nil
			})}
		},
		Told: func(_ context.Context, _ export.RealmID, asked time.Time, why *problem.Problem) {
			*heard = append(*heard, told{asked, why})
		},
	})
	return c, sent, heard
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(r *http.Request) (*http.Response, error) { return t(r) }

func answering(status int, body string) func() (int, string) {
	return func() (int, string) { return status, body }
}

var wellAnswer = answering(http.StatusOK, `{"CompanyInfo":{"CompanyName":"Test Ltd"},"time":"2026-01-31T10:00:00-08:00"}`)

// TestRules sends each case once and for good, and looks at code, words, requests and what is told of the connection.
func TestRules(t *testing.T) {
	t.Parallel()
	for _, a := range answers {
		t.Run(a.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { a.testOnce(t) })
			synctest.Test(t, func(t *testing.T) { a.testForGood(t) })
		})
	}
}

func (a answerCase) testOnce(t *testing.T) {
	c, sent, heard := scriptedClient(answering(a.status, a.body()), wellAnswer)
	_, err := c.CompanyName(t.Context(), "1")
	if a.once == "" && (err != nil || *sent != 2 || len(*heard) != 1 || (*heard)[0].why != nil) {
		t.Errorf("once: %v after %d requests, told %v", err, *sent, *heard)
	}
	if a.once != "" && (!problem.HasCode(err, a.once) || *sent != 1) {
		t.Errorf("once: %v after %d requests", err, *sent)
	}
}

func (a answerCase) testForGood(t *testing.T) {
	begin := time.Now()
	c, sent, heard := scriptedClient(answering(a.status, a.body()))
	_, err := c.CompanyName(t.Context(), "1")
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok || p.Code != a.is || *sent != a.sent || !strings.HasPrefix(p.Message, a.words) ||
		!strings.Contains(p.Hint, a.hint) || a.quoted != (a.detail != "" && strings.Contains(p.Message, a.detail)) {
		t.Fatalf("for good: %v after %d requests, hint %q", err, *sent, p.Hint)
	}
	if n := len(*heard); n > 1 || (n == 1) != (a.told >= tell) {
		t.Fatalf("told %v", *heard)
	}
	if a.told < tell {
		return
	}
	h := (*heard)[0]
	if h.why != p || !h.asked.Equal(begin) || (a.told == reconnect) != (p.Code == problem.CompanyReconnectRequired) {
		t.Errorf("told %v, want %v", h, p)
	}
	// Refusals that last only count when they are apart.
	if took := time.Since(begin); took < time.Duration(a.sent-1)*repeatPause {
		t.Errorf("%d refusals within %s", a.sent, took)
	}
}

// TestEachRuleIsTested also wants a source for each, and reactions that fit the codes.
func TestEachRuleIsTested(t *testing.T) {
	t.Parallel()
	for i := range rules {
		r := &rules[i]
		if !slices.ContainsFunc(answers, func(a answerCase) bool {
			_, number := match(a.status, readFault([]byte(a.body())))
			return number == i+1
		}) {
			t.Errorf("no case for the rule %d %q %q", r.status, r.code, r.kind)
		}
		if r.source == "" || (r.repeats > 0) != (r.then != nil) {
			t.Errorf("the rule %d %q %q has the source %q, repeats %d", r.status, r.code, r.kind, r.source, r.repeats)
		}
		for _, m := range []*meaning{&r.meaning, r.then} {
			if m != nil && ((m.do == retry) != (m.is.Class() == problem.RetryRequest) ||
				(m.do == reconnect) != (m.is == problem.CompanyReconnectRequired)) {
				t.Errorf("the rule %d %q %q: reaction %d to %s", r.status, r.code, r.kind, m.do, m.is)
			}
		}
	}
}

// TestRefusalsHaveToRepeat: other answers in between, and good ones to other requests, keep a connection.
func TestRefusalsHaveToRepeat(t *testing.T) {
	t.Parallel()
	refused := answering(403, spellings("3100", "AUTHORIZATION", "m", "")["gateway"])
	busy := answering(503, "")
	synctest.Test(t, func(t *testing.T) {
		c, sent, heard := scriptedClient(refused, refused, busy, refused, refused)
		if _, err := c.CompanyName(t.Context(), "1"); !problem.HasCode(err, problem.QuickBooksUnavailable) ||
			*sent != 5 || len(*heard) != 0 {
			t.Errorf("with others between: %v after %d requests, told %v", err, *sent, *heard)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		var c *Client
		var sent *int
		var heard *[]told
		c, sent, heard = scriptedClient(refused, func() (int, string) {
			c.standings.good(t.Context(), "1", time.Now()) // as another request does
			return refused()
		}, refused, refused)
		if _, err := c.CompanyName(t.Context(), "1"); !problem.HasCode(err, problem.CompanyReconnectRequired) ||
			*sent != 4 || len(*heard) != 2 || (*heard)[1].why == nil {
			t.Errorf("with a good answer between: %v after %d requests, told %v", err, *sent, *heard)
		}
	})
}

// TestGoodAnswersAreToldOnce, and again after a refusal.
func TestGoodAnswersAreToldOnce(t *testing.T) {
	t.Parallel()
	lapsed := answering(400, spellings("7001", "SERVICE", "m", "d")["service"])
	c, _, heard := scriptedClient(wellAnswer, wellAnswer, lapsed, lapsed, wellAnswer, wellAnswer)
	for range 6 {
		_, _ = c.CompanyName(t.Context(), "1") // its error is what is told
	}
	var got []bool
	for _, h := range *heard {
		got = append(got, h.why == nil)
	}
	if !slices.Equal(got, []bool{true, false, false, true}) {
		t.Errorf("told %v", got)
	}
}

// TestSampleMeanings reads the file that says of each fault what it means.
func TestSampleMeanings(t *testing.T) {
	t.Parallel()
	wants := []struct {
		first, last problem.Code
		words       string
	}{
		{problem.QuickBooksUnavailable, problem.QuickBooksUnavailable, "Unknown Error during Authentication"},
		{problem.QuickBooksRejected, problem.QuickBooksRejected, "Subscription for company has lapsed"},
		{problem.QuickBooksUnavailable, problem.QuickBooksRejected, "has been made inactive"},
		{problem.QuickBooksUnavailable, problem.CompanyReconnectRequired, "not valid for this company"},
		{problem.CompanyReconnectRequired, problem.CompanyReconnectRequired, "Token revoked"},
	}
	name := map[string]int{"faults.json": len(wants)}
	hard := map[string]int{filepath.Join("hard", "faults.json"): len(wants)}
	eachAnswer(t, name, hard, func(t *testing.T, name string, body []byte, n int) {
		t.Helper()
		var list []struct {
			Status int
			Body   json.RawMessage
		}
		if err := json.Unmarshal(body, &list); err != nil || len(list) < n {
			t.Fatalf("%s: %d faults, %v", name, len(list), err)
		}
		for i, want := range wants {
			first := faultFailure(request{}, list[i].Status, readFault(list[i].Body), 0)
			last := first
			if first.then != nil {
				last = first.then
			}
			if first.problem.Code != want.first || last.problem.Code != want.last ||
				!strings.Contains(last.problem.Message, want.words) {
				t.Errorf("%s, fault %d: %v, then %v", name, i, first.problem, last.problem)
			}
		}
	})
}
