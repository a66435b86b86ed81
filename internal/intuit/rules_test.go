package intuit

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// answersFile has an answer of QuickBooks for each rule, with what comes of it. A test of package app lets the whole
// program run into each of them.
const answersFile = "testdata/answers.json"

// answerCase is an answer with what the client makes of it. The file's other members are for the whole program.
type answerCase struct {
	Status  int
	Body    json.RawMessage // JSON, or the lines of another text, or nothing
	Once    problem.Code    // if the next try works; empty if then all is well
	Code    problem.Code    // if it stays so
	Message string          // likewise
	Hint    string          // likewise
	Class   string          // likewise: "stop" or "request", see problem.Class
	Tries   int             // requests until then
	Company string          // "connected", "reconnect_required", or "refused" if it is connected, but to no avail
}

func readAnswers(t *testing.T) []answerCase {
	t.Helper()
	data, err := os.ReadFile(answersFile)
	if err != nil {
		t.Fatal(err)
	}
	var list []answerCase
	if err := json.Unmarshal(data, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

func (a answerCase) String() string {
	name := strconv.Itoa(a.Status)
	if f := a.fault(); f != nil {
		name += " " + f.Errors[0].Code + " " + f.Type
	}
	return name
}

// body is the answer's body as it is sent.
func (a answerCase) body() string {
	var lines []string
	if json.Unmarshal(a.Body, &lines) == nil {
		return strings.Join(lines, "\r\n")
	}
	return string(a.Body)
}

// fault is the one that the body has; nil if it has none.
func (a answerCase) fault() *fault { return readFault([]byte(a.body())) }

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

// TestRules sends each answer once and for good, and looks at code, words, retry class, requests and what is told of
// the connection.
func TestRules(t *testing.T) {
	t.Parallel()
	for _, a := range readAnswers(t) {
		t.Run(a.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { a.testOnce(t) })
			synctest.Test(t, func(t *testing.T) { a.testForGood(t) })
		})
	}
}

func (a answerCase) testOnce(t *testing.T) {
	c, sent, heard := scriptedClient(answering(a.Status, a.body()), wellAnswer)
	_, err := c.CompanyName(t.Context(), "1")
	if a.Once == "" && (err != nil || *sent != 2 || len(*heard) != 1 || (*heard)[0].why != nil) {
		t.Errorf("once: %v after %d requests, told %v", err, *sent, *heard)
	}
	if a.Once != "" && (!problem.HasCode(err, a.Once) || *sent != 1) {
		t.Errorf("once: %v after %d requests", err, *sent)
	}
}

func (a answerCase) testForGood(t *testing.T) {
	begin := time.Now()
	c, sent, heard := scriptedClient(answering(a.Status, a.body()))
	_, err := c.CompanyName(t.Context(), "1")
	p, ok := errors.AsType[*problem.Problem](err)
	class := map[string]problem.Class{"stop": problem.Stop, "request": problem.RetryRequest}
	if want, known := class[a.Class]; !ok || p.Code != a.Code || !known || p.Class() != want || *sent != a.Tries {
		t.Fatalf("for good: %v after %d requests", err, *sent)
	}
	if p.Message != a.Message || p.Hint != a.Hint {
		t.Errorf("for good it says\n%q\n%q, want\n%q\n%q", p.Message, p.Hint, a.Message, a.Hint)
	}
	if told := a.Company != "connected"; len(*heard) > 1 || (len(*heard) == 1) != told {
		t.Fatalf("told %v", *heard)
	} else if !told {
		return
	}
	h := (*heard)[0]
	if h.why != p || !h.asked.Equal(begin) ||
		(a.Company == "reconnect_required") != (p.Code == problem.CompanyReconnectRequired) {
		t.Errorf("told %v, want %v", h, p)
	}
	// Refusals that last only count when they are apart.
	if took := time.Since(begin); took < time.Duration(a.Tries-1)*repeatPause {
		t.Errorf("%d refusals within %s", a.Tries, took)
	}
}

// TestEachRuleIsTested also wants a source for each, and reactions that fit the codes.
func TestEachRuleIsTested(t *testing.T) {
	t.Parallel()
	answers := readAnswers(t)
	for i := range rules {
		r := &rules[i]
		if !slices.ContainsFunc(answers, func(a answerCase) bool {
			_, number := match(a.Status, a.fault())
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
	// A failure that is not told may have been shown to somebody who asked.
	c, _, heard = scriptedClient(wellAnswer, answering(404, ""), wellAnswer, wellAnswer)
	for range 4 {
		_, _ = c.CompanyName(t.Context(), "1")
	}
	if len(*heard) != 2 {
		t.Errorf("told %v", *heard)
	}
}

// TestRecordingKnowsTheSame: what a recording client is told about a company, the client knows: it tells when that is
// over.
func TestRecordingKnowsTheSame(t *testing.T) {
	t.Parallel()
	lapsed := answering(400, spellings("7001", "SERVICE", "m", "d")["service"])
	c, _, heard := scriptedClient(wellAnswer, lapsed, wellAnswer)
	recorded := 0
	recording := c.Recording(func(string, int, []byte) { recorded++ })
	for _, asked := range []*Client{c, recording, c} {
		_, _ = asked.CompanyName(t.Context(), "1") // its error is what is told
	}
	if len(*heard) != 3 || (*heard)[1].why == nil || (*heard)[2].why != nil || recorded != 1 {
		t.Errorf("told %v, recorded %d answers", *heard, recorded)
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
		{problem.QuickBooksUnavailable, problem.CompanyReconnectRequired, "Token revoked"},
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
