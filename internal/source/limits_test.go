package source_test

import (
	"errors"
	"math/rand/v2"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/limit"
)

// windy delays each request by a different time before it arrives.
type windy struct {
	most time.Duration
	next http.RoundTripper
}

func (w windy) RoundTrip(r *http.Request) (*http.Response, error) {
	time.Sleep(rand.N(w.most))
	return w.next.RoundTrip(r)
}

// ask sends n requests at once to a simulator that enforces Intuit's limits, over a way that takes up to jitter. It
// returns how many of them were refused.
func ask(t *testing.T, n int, jitter time.Duration, limiter limit.Lanes) int {
	s := simulate(t, intuitsim.Options{Invoices: 1, Vendors: 1})
	s.server.SetLimits(intuitsim.Limits{})
	s.server.SetLatency(50 * time.Millisecond)
	access, _ := s.server.Authorize(string(s.company.Realm))
	client := intuit.New(intuit.Options{
		APIURL: simRoot, Limiter: limiter, MaxTries: 50,
		HTTP: func(export.RealmID) *http.Client {
			return &http.Client{Transport: bearer{access, windy{jitter, s.server.Transport()}}}
		},
	})
	var all errgroup.Group
	for range n {
		all.Go(func() error {
			_, err := client.CompanyName(t.Context(), s.company.Realm)
			return err
		})
	}
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
	return s.server.Throttled(string(s.company.Realm))
}

func TestLimitsHoldAtIntuitHoweverRequestsTravel(t *testing.T) {
	t.Parallel()
	for range 10 {
		synctest.Test(t, func(t *testing.T) {
			if n := ask(t, 150, 100*time.Millisecond, limit.New(intuit.DefaultLimits())); n > 0 {
				t.Errorf("%d requests were refused", n)
			}
		})
	}
}

// TestBurstsOverlapAtIntuit shows that the jitter of the test above does harm if bursts are allowed.
func TestBurstsOverlapAtIntuit(t *testing.T) {
	t.Parallel()
	refused := errors.New("none was refused")
	for range 10 {
		synctest.Test(t, func(t *testing.T) {
			bursts := limit.New(limit.Limits{PerMinute: 450, PerSecond: 10, Concurrent: 10})
			if ask(t, 60, 100*time.Millisecond, bursts) > 0 {
				refused = nil
			}
		})
	}
	if refused != nil {
		t.Error(refused)
	}
}

// TestAMarginIsLearntFromRefusals sends requests over a way that varies by more than is assumed, with limits that leave
// nothing to spare.
func TestAMarginIsLearntFromRefusals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		limits := intuit.EvenLimits(0, 10, 8)
		limits.Slack = 0
		limiter := limit.New(limits)
		first := ask(t, 200, 400*time.Millisecond, limiter)
		second := ask(t, 200, 400*time.Millisecond, limiter)
		if first == 0 || second >= first {
			t.Errorf("%d refusals at first, and %d later", first, second)
		}
		if first > 30 {
			t.Errorf("%d of 200 requests were refused: more than a probe goes after a pause", first)
		}
	})
}
