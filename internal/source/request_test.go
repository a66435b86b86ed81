package source_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/source"
)

// newScripted returns a client whose requests the steps answer one after the other. The last step answers all further
// requests.
func newScripted(o intuit.Options, steps ...roundTrip) (c *intuit.Client, sent *[]*http.Request) {
	sent = new([]*http.Request)
	o.APIURL = simRoot
	o.HTTP = func(export.RealmID) *http.Client {
		return &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			*sent = append(*sent, r)
			return steps[min(len(*sent), len(steps))-1](r)
		})}
	}
	return intuit.New(o), sent
}

const companyInfo = `{"CompanyInfo":{"CompanyName":"Test Ltd","Country":"GB","Id":"1"},"time":"2026-01-31T10:00:00.000-08:00"}`

func respond(status int, body string, header ...string) roundTrip {
	return func(r *http.Request) (*http.Response, error) { return newResponse(r, status, body, header...), nil }
}

func failWith(err error) roundTrip {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// breakOff answers with a body that breaks off.
func breakOff(r *http.Request) (*http.Response, error) {
	a := newResponse(r, 200, "")
	a.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"CompanyInfo":`), brokenReader{}))
	return a, nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestWhatIsTriedAgain(t *testing.T) {
	t.Parallel()
	throttled := respond(429, `{"Fault":{"Error":[{"Message":"message=ThrottleExceeded","code":"3001"}],"type":"SERVICE"}}`)
	good := respond(200, companyInfo)
	expired := problem.New(problem.CompanyReconnectRequired, "The grant is gone.")
	tokenDown := problem.New(problem.QuickBooksUnavailable, "The token endpoint is down.")
	for name, test := range map[string]struct {
		steps      []roundTrip
		code       problem.Code // empty if it works in the end
		sent       int
		atLeast    time.Duration
		atMost     time.Duration
		retryAfter time.Duration
	}{
		"at once":  {steps: []roundTrip{good}, sent: 1},
		"network":  {steps: []roundTrip{failWith(errors.New("connection reset")), good}, sent: 2, atMost: time.Second},
		"cut body": {steps: []roundTrip{breakOff, breakOff, good}, sent: 3, atMost: 3 * time.Second},
		"nonsense": {
			steps: []roundTrip{
				respond(200, `{"CompanyInfo":`), respond(200, "<html></html>"), respond(200, `{"time":1}`), respond(200, ""),
				good,
			},
			sent: 5, atMost: 15 * time.Second,
		},
		"always nonsense": {
			steps: []roundTrip{respond(200, "null")}, code: problem.QuickBooksMalformed, sent: 5,
			atMost: 15 * time.Second,
		},
		"always down": {
			steps: []roundTrip{respond(503, "")}, code: problem.QuickBooksUnavailable, sent: 5,
			atMost: 15 * time.Second,
		},
		"fault inside a 200": {
			steps: []roundTrip{
				respond(200, `{"Fault":{"Error":[{"code":"10000"}],"type":"SystemFault"}}`),
				good,
			},
			sent: 2, atMost: time.Second,
		},
		"throttled": {steps: []roundTrip{throttled, good}, sent: 2, atLeast: time.Minute, atMost: 71 * time.Second},
		"throttled, told": {
			steps: []roundTrip{respond(429, "", "Retry-After", "7"), good}, sent: 2, atLeast: 7 * time.Second,
			atMost: 8 * time.Second,
		},
		"throttled for long": {
			steps: []roundTrip{respond(429, "", "Retry-After", "86400"), good}, code: problem.QuickBooksRateLimited,
			sent: 1, retryAfter: 24 * time.Hour,
		},
		"always throttled": {
			steps: []roundTrip{throttled}, code: problem.QuickBooksRateLimited, sent: 5, atLeast: 4 * time.Minute,
			atMost: 285 * time.Second, retryAfter: time.Minute,
		},
		"busy, told": {
			steps: []roundTrip{respond(503, "", "Retry-After", "30"), good}, sent: 2, atLeast: 30 * time.Second,
			atMost: 31 * time.Second,
		},
		"refused": {
			steps: []roundTrip{respond(400,
				`{"Fault":{"Error":[{"Message":"m","code":"610"}],"type":"ValidationFault"}}`)},
			code: problem.QuickBooksRejected, sent: 1,
		},
		"unauthorized": {
			steps: []roundTrip{respond(401, "")}, code: problem.CompanyReconnectRequired, sent: 3,
			atMost: 10 * time.Second,
		},
		"dead connection": {steps: []roundTrip{failWith(expired)}, code: problem.CompanyReconnectRequired, sent: 1},
		"token service":   {steps: []roundTrip{failWith(tokenDown), good}, sent: 2, atMost: time.Second},
		"slow": {
			steps: []roundTrip{
				func(r *http.Request) (*http.Response, error) {
					<-r.Context().Done()
					return nil, r.Context().Err()
				},
				good,
			},
			sent: 2, atLeast: 2 * time.Minute, atMost: 132 * time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, sent := newScripted(intuit.Options{}, test.steps...)
				begin := time.Now()
				got, err := c.CompanyName(t.Context(), "9130347957983976")
				took := time.Since(begin)
				if test.code == "" && (err != nil || got != "Test Ltd") {
					t.Errorf("%q, %v", got, err)
				}
				if test.code != "" && !problem.HasCode(err, test.code) {
					t.Errorf("%v, want %s", err, test.code)
				}
				if p, ok := errors.AsType[*problem.Problem](err); ok &&
					p.RetryAfter.Round(2*time.Second) < test.retryAfter {
					t.Errorf("retry after %s, want %s", p.RetryAfter, test.retryAfter)
				}
				if len(*sent) != test.sent || took < test.atLeast || took > test.atMost {
					t.Errorf("%d requests in %s, want %d in %s to %s", len(*sent), took, test.sent, test.atLeast,
						test.atMost)
				}
			})
		})
	}
}

func TestRequestsAreAsQuickBooksWantsThem(t *testing.T) {
	t.Parallel()
	c, sent := newScripted(intuit.Options{UserAgent: "ledgersheet/1.2"}, respond(200, companyInfo))
	if _, err := c.CompanyName(t.Context(), "123/../456?x=1"); err != nil {
		t.Fatal(err)
	}
	r := (*sent)[0]
	const path = "/v3/company/123%2F..%2F456%3Fx=1/companyinfo/123%2F..%2F456%3Fx=1?minorversion=75"
	if got := r.URL.String(); got != simRoot+path {
		t.Errorf("URL %s", got)
	}
	if r.Method != "GET" || r.Header.Get("Accept") != "application/json" ||
		r.Header.Get("User-Agent") != "ledgersheet/1.2" {
		t.Errorf("%s %v", r.Method, r.Header)
	}
}

func TestRequestIDAndLogWithoutSecrets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		const secret = "AB01SECRETSECRETSECRETSECRETSECRETSECRETSECRET"
		c, _ := newScripted(intuit.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))},
			respond(401, `{"fault":{"error":[{"message":"AuthenticationFailed","detail":"Token expired: `+secret+`","code":"3200"}],"type":"AUTHENTICATION"}}`, "Intuit_tid", "1-abc-def"))
		_, err := c.CompanyName(t.Context(), "1")
		p := problem.From(err)
		if p.ProviderRequestID != "1-abc-def" || strings.Contains(p.Error()+p.Message+p.Hint, secret) {
			t.Errorf("%+v", p)
		}
		if !strings.Contains(log.String(), "intuit_tid=1-abc-def") || !strings.Contains(log.String(), "status=401") ||
			strings.Contains(log.String(), secret) {
			t.Errorf("log: %s", log.String())
		}
		log.Reset()
		c, _ = newScripted(intuit.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))},
			failWith(errors.New("refused")))
		q := export.Query{
			Columns: []string{"Id"},
			Filters: []export.Filter{{Column: "DocNumber", Op: export.OpEqual, Value: "Mrs Smith"}},
		}
		_, err = source.New(c, nil).Read(t.Context(), invoices(), q)
		if err == nil || strings.Contains(err.Error()+log.String(), "Smith") {
			t.Errorf("a filter's value is in the log or in %v", err)
		}
	})
}

func TestRetriesEndWithTheContext(t *testing.T) {
	t.Parallel()
	t.Run("deadline", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, sent := newScripted(intuit.Options{}, respond(429, ""))
			ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
			defer cancel()
			begin := time.Now()
			_, err := c.CompanyName(ctx, "1")
			// The second wait would exceed the deadline, so it is not begun.
			if !problem.HasCode(err, problem.QuickBooksRateLimited) || len(*sent) != 2 ||
				time.Since(begin) > 71*time.Second {
				t.Errorf("%v after %d requests and %s", err, len(*sent), time.Since(begin))
			}
		})
	})
	t.Run("cancelled", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, sent := newScripted(intuit.Options{}, respond(429, ""))
			ctx, cancel := context.WithCancelCause(t.Context())
			stop := time.AfterFunc(10*time.Second,
				func() { cancel(problem.New(problem.Interrupted, "The service stops.")) })
			defer stop.Stop()
			begin := time.Now()
			_, err := c.CompanyName(ctx, "1")
			if !problem.HasCode(err, problem.Interrupted) || len(*sent) != 1 || time.Since(begin) != 10*time.Second {
				t.Errorf("%v after %d requests and %s", err, len(*sent), time.Since(begin))
			}
		})
	})
	t.Run("during a request", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := newScripted(intuit.Options{},
				func(r *http.Request) (*http.Response, error) { <-r.Context().Done(); return nil, r.Context().Err() })
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			if _, err := c.CompanyName(ctx, "1"); !problem.HasCode(err, problem.Deadline) {
				t.Error(err)
			}
		})
	})
}

func TestThrottlingPausesTheWholeCompany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limiter := limit.New(intuit.DefaultLimits())
		first, _ := newScripted(intuit.Options{Limiter: limiter}, respond(429, "", "Retry-After", "40"),
			respond(200, companyInfo))
		second, _ := newScripted(intuit.Options{Limiter: limiter}, respond(200, companyInfo))
		done := make(chan error, 1)
		go func() { // done is received from below
			_, err := first.CompanyName(t.Context(), "1")
			done <- err
		}()
		synctest.Wait()
		begin := time.Now()
		if _, err := second.CompanyName(t.Context(), "2"); err != nil || time.Since(begin) > time.Second {
			t.Errorf("another company waited %s, %v", time.Since(begin), err)
		}
		if _, err := second.CompanyName(t.Context(), "1"); err != nil || time.Since(begin) < 40*time.Second {
			t.Errorf("the same company waited only %s, %v", time.Since(begin), err)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

// TestIntuitsLimitsAreKept reads so much at once that only the limiter keeps it within the simulator's limits.
func TestIntuitsLimitsAreKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := simulate(t, intuitsim.Options{Invoices: 30, Vendors: 20})
		s.server.SetLimits(intuitsim.Limits{})
		s.server.SetLatency(300 * time.Millisecond)
		s.client = intuit.New(intuit.Options{APIURL: simRoot, HTTP: func(realm export.RealmID) *http.Client {
			access, _ := s.server.Authorize(string(realm))
			return &http.Client{Transport: bearer{access, s.server.Transport()}}
		}})
		errs := make(chan error, 300)
		for range cap(errs) {
			go func() { // ends by sending once
				q := export.Query{Company: s.company, Columns: []string{"Id"}, Today: midnight(time.Now())}
				reading, err := s.source().Read(t.Context(), vendors(), q)
				if err == nil {
					for _, e := range reading.Rows {
						err = e
					}
				}
				errs <- err
			}()
		}
		for range cap(errs) {
			if err := <-errs; err != nil {
				t.Error(err)
			}
		}
		if n := s.server.Throttled(string(s.company.Realm)); n > 0 {
			t.Errorf("%d requests were over a limit", n)
		}
	})
}

func TestBodyTooLarge(t *testing.T) {
	t.Parallel()
	endless := func(r *http.Request) (*http.Response, error) {
		a := newResponse(r, 200, "")
		a.Body = io.NopCloser(zeros{})
		return a, nil
	}
	c, sent := newScripted(intuit.Options{}, endless)
	if _, err := c.CompanyName(t.Context(), "1"); !problem.HasCode(err, problem.QuickBooksMalformed) ||
		len(*sent) != 1 {
		t.Errorf("%v after %d requests", err, len(*sent))
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
