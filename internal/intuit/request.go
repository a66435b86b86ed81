package intuit

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/supply"
)

// minorVersion is the one that Intuit has served to everybody since August 2025. Sending it keeps answers stable.
const minorVersion = "75"

const (
	maxBody = 64 << 20
	// tryTimeout is a little longer than the 120 seconds after which Intuit itself gives up.
	tryTimeout = 130 * time.Second
	// throttlePause is what Intuit asks for after a 429, which rarely has a Retry-After header.
	throttlePause = 60 * time.Second
	// maxPause limits how long a request waits within a run. A run's next attempt may wait longer.
	maxPause = 5 * time.Minute
	// slowTries limits the tries of a report that Intuit cut off, since each takes two minutes.
	slowTries = 2
)

// request is one read of a resource. It has no method: it is always a GET.
type request struct {
	realm  export.RealmID
	path   string // below /v3/company/{realm}/
	query  url.Values
	report bool
	once   bool // do not retry if Intuit cut it off, because it can be asked for in parts
	page   bool // a page of a list: not retried if it is too much, because a smaller one can be asked for
	meter  *export.Meter
	// accept gets the body of a good answer. An error means that the body made no sense; the request is retried unless
	// the error is a problem that says otherwise.
	accept func(body []byte) error
}

// failure is the outcome of a failed try.
type failure struct {
	problem *problem.Problem
	again   bool          // the same request may be sent again
	pause   time.Duration // how long all requests of the company have to wait
	slow    bool          // Intuit ran out of time
	status  int
	// Of answers:
	rule    int // the matching rule's number; 0 for a request that got no answer
	do      reaction
	repeats int           // how often in a row until then applies
	then    *failure      // nil for a failure that stays what it is
	least   time.Duration // how long to wait before the next try
}

// streak counts how often in a row a request has got answers of one rule.
type streak struct {
	rule  int
	n     int
	since time.Time // when the first of them was asked for
}

// add counts a failure and returns what it comes to. good is when the company's last good answer came: a company that
// answers others meanwhile has not lost its connection.
func (s *streak) add(f *failure, asked, good time.Time) *failure {
	broken := f.then != nil && f.then.do == reconnect && good.After(s.since)
	if f.rule != s.rule || broken {
		*s = streak{rule: f.rule, since: asked}
	}
	s.n++
	if f.then == nil || s.n < f.repeats {
		return f
	}
	f.then.status = f.status
	f.then.problem.WithRequestID(f.problem.ProviderRequestID)
	return f.then
}

// get sends the request until it is accepted, must not be retried, or ctx ends. Errors are problems.
func (c *Client) get(ctx context.Context, r request) error {
	if r.report {
		release, err := c.reports.Acquire(ctx, string(r.realm))
		if err != nil {
			return endProblem(ctx)
		}
		defer release()
	}
	client := c.guard(r.realm)
	var row streak
	for try := 1; ; try++ {
		asked := time.Now()
		f := c.try(ctx, client, r)
		if f == nil {
			c.standings.good(ctx, r.realm, asked)
			return nil
		}
		if ctx.Err() != nil {
			return endProblem(ctx)
		}
		tooMuch := r.page && time.Since(asked) >= slowAnswer && isTooMuch(ctx, f.problem)
		f = row.add(f, asked, c.standings.lastGood(r.realm))
		c.log.WarnContext(ctx, "quickbooks request failed",
			"realm", string(r.realm), "path", r.path, "try", try, "status", f.status, "code", string(f.problem.Code),
			"intuit_tid", f.problem.ProviderRequestID)
		if !f.again || tooMuch || try >= c.maxTries || (f.slow && (r.once || try >= slowTries)) {
			if f.do >= tell {
				c.standings.bad(ctx, r.realm, row.since, f.problem)
				return companyRefused{f.problem}
			}
			c.standings.fail(r.realm)
			return f.problem
		}
		wait := max(backoff(try), f.pause, f.least)
		if deadline, ok := ctx.Deadline(); wait > maxPause || (ok && time.Until(deadline) <= wait) {
			c.standings.fail(r.realm)
			f.problem.RetryAfter = max(f.problem.RetryAfter, wait)
			return f.problem
		}
		if !pause(ctx, wait) {
			return endProblem(ctx)
		}
	}
}

// try sends the request once.
func (c *Client) try(ctx context.Context, client *http.Client, r request) *failure {
	release, f := c.acquire(ctx, r.realm)
	if f != nil {
		return f
	}
	defer release()
	ctx, cancel := context.WithTimeout(ctx, tryTimeout)
	defer cancel()
	hr, err := c.build(ctx, r)
	if err != nil {
		return &failure{problem: problem.Wrap(err, problem.Internal, "A request to QuickBooks could not be built.")}
	}
	r.meter.Add()
	asked := export.Asked{At: time.Now(), Provider: "quickbooks", What: r.describe()}
	defer func() { r.meter.Note(asked) }()
	answer, err := client.Do(hr)
	if err != nil {
		return judgeUnanswered(r, err)
	}
	body, err := readAnswer(answer)
	if err == nil && c.record != nil {
		c.record(hr.URL.RequestURI(), answer.StatusCode, body)
	}
	tid := answer.Header.Get("Intuit_tid")
	if tid == "" {
		tid = answer.Header.Get("Intuit-Tid")
	}
	asked.Status, asked.ID = answer.StatusCode, tid
	f = judge(r, answer, body, err)
	if f != nil {
		f.problem.WithRequestID(tid)
		f.status = answer.StatusCode
		if f.pause > 0 { // before the release, so that nobody starts in between
			c.limiter.PauseUntil(string(r.realm), time.Now().Add(f.pause))
		}
	}
	return f
}

// acquire waits until the company may be asked. If a pause that Intuit asked for is longer than a request waits, the
// run comes back when it is over.
func (c *Client) acquire(ctx context.Context, realm export.RealmID) (release func(), f *failure) {
	until := c.limiter.Usage(string(realm)).PausedUntil
	wait := time.Until(until)
	if wait > maxPause {
		p := problem.New(problem.QuickBooksRateLimited, "QuickBooks asked to wait until %s.",
			until.UTC().Format("15:04:05 UTC"))
		p.RetryAfter = wait
		return nil, &failure{problem: p}
	}
	if wait > export.ShortWait {
		defer export.Wait(ctx, until)()
	}
	release, err := c.limiter.Acquire(ctx, string(realm))
	if err != nil {
		return nil, &failure{problem: endProblem(ctx)}
	}
	return release, nil
}

// pause sleeps, and tells whoever executes the run if that takes long.
func pause(ctx context.Context, wait time.Duration) bool {
	if wait > export.ShortWait {
		defer export.Wait(ctx, time.Now().Add(wait))()
	}
	return sleep(ctx, wait)
}

// describe says what is asked for, as people can read it.
func (r request) describe() string {
	text := r.path
	separator := "?"
	for _, key := range slices.Sorted(maps.Keys(r.query)) {
		for _, value := range r.query[key] {
			text += separator + key + "=" + value
			separator = "&"
		}
	}
	return text
}

func (c *Client) build(ctx context.Context, r request) (*http.Request, error) {
	values := url.Values{}
	for k, v := range r.query {
		values[k] = v
	}
	values.Set("minorversion", minorVersion)
	target := c.root + "/v3/company/" + url.PathEscape(string(r.realm)) + "/" + r.path + "?" + values.Encode()
	hr, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return nil, fmt.Errorf("building a request: %w", err)
	}
	hr.Header.Set("Accept", "application/json") // without it the answer is XML
	hr.Header.Set("Accept-Encoding", "gzip")    // readAnswer unpacks it, in less time than the transport would
	hr.Header.Set("User-Agent", c.agent)
	return hr, nil
}

// judgeUnanswered judges a request that got no answer. A problem from the transport below (a dead connection, wrong app
// credentials) is passed on; a refusal by the guard is our own fault; anything else is the network's.
func judgeUnanswered(r request, err error) *failure {
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		own := *p // the transport may share it with other requests
		return &failure{problem: &own, again: p.Class() == problem.RetryRequest}
	}
	if r.report && errors.Is(err, context.DeadlineExceeded) {
		return &failure{problem: tooSlowProblem(), again: true, slow: true}
	}
	if errors.Is(err, ErrReadOnly) {
		return &failure{problem: problem.Wrap(err, problem.Internal,
			"A request that could change QuickBooks data was refused.")}
	}
	return &failure{
		problem: problem.Wrap(stripURL(err), problem.QuickBooksUnavailable, "QuickBooks could not be reached."),
		again:   true,
	}
}

// judge evaluates an answer. It returns nil if the answer was accepted.
func judge(r request, answer *http.Response, body []byte, readErr error) *failure {
	if readErr != nil {
		if errors.Is(readErr, errTooLarge) {
			return tooLarge(r, readErr)
		}
		return &failure{
			problem: problem.Wrap(readErr, problem.QuickBooksUnavailable, "QuickBooks' answer broke off."), again: true,
		}
	}
	fault := readFault(body)
	if answer.StatusCode != http.StatusOK || fault != nil {
		return faultFailure(r, answer.StatusCode, fault, retryAfter(answer.Header, time.Now()))
	}
	err := r.accept(body)
	if err == nil {
		return nil
	}
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		return &failure{problem: p, again: p.Code == problem.QuickBooksMalformed}
	}
	return &failure{
		problem: problem.Wrap(err, problem.QuickBooksMalformed, "QuickBooks' answer could not be understood."),
		again:   true,
	}
}

func tooLarge(r request, err error) *failure {
	if r.report {
		return &failure{problem: problem.Wrap(err, problem.ReportTooLarge, "The report has more than %d MB.",
			maxBody>>20)}
	}
	return &failure{problem: problem.Wrap(err, problem.QuickBooksMalformed, "QuickBooks' answer has more than %d MB.",
		maxBody>>20)}
}

// retryAfter parses the Retry-After header's seconds or date. It returns zero if the header is missing or makes no
// sense.
func retryAfter(h http.Header, now time.Time) time.Duration {
	text := h.Get("Retry-After")
	if n, err := strconv.Atoi(text); err == nil && n > 0 {
		return min(time.Duration(n), 7*24*3600) * time.Second
	}
	if at, err := http.ParseTime(text); err == nil && at.After(now) {
		return at.Sub(now)
	}
	return 0
}

// backoff returns the full-jitter delay after the given try: up to 1, 2, 4, 8 … seconds.
func backoff(try int) time.Duration {
	most := time.Second << min(try-1, 5)
	return time.Duration(rand.Int64N(int64(most)))
}

// jitter returns a random time below most, to spread requests that wait for the same moment.
func jitter(most time.Duration) time.Duration { return time.Duration(rand.Int64N(int64(most))) }

// sleep waits for d and reports whether ctx did not end first.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// companyRefused is the problem of a company of which everything is refused.
type companyRefused struct{ problem *problem.Problem }

// Error implements error.
func (e companyRefused) Error() string { return e.problem.Error() }

// Unwrap returns the problem and what it says about other questions.
func (e companyRefused) Unwrap() []error { return []error{e.problem, supply.ErrCompanyRefused} }

// endProblem returns the problem of an ended context: the one it was cancelled with, or otherwise Cancelled or
// Deadline.
func endProblem(ctx context.Context) *problem.Problem {
	if p, ok := errors.AsType[*problem.Problem](context.Cause(ctx)); ok {
		return p
	}
	return problem.From(fmt.Errorf("reading from QuickBooks: %w", ctx.Err()))
}

// stripURL removes the URL that net/http puts in its errors. It contains the query, and with it perhaps customers'
// names.
func stripURL(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("%s: %w", u.Op, u.Err)
	}
	return err
}
