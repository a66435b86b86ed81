package oauth

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestOneRefreshAPeriod has 200 callers with all kinds of deadlines ask for tokens all day long.
func TestOneRefreshAPeriod(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.store.slow = 300 * time.Millisecond
		begin := time.Now()
		const day = 8 * time.Hour
		var callers sync.WaitGroup
		for i := range 200 {
			dice := rand.New(rand.NewPCG(1, uint64(i)))
			callers.Go(func() {
				for time.Since(begin) < day {
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(dice.Int64N(int64(3*time.Second))))
					asked := time.Now()
					token, err := r.For(theKey).Token(ctx)
					switch {
					case errors.Is(err, context.DeadlineExceeded):
						if time.Since(asked) > 3*time.Second {
							t.Errorf("waited %v beyond the deadline", time.Since(asked))
						}
					case err != nil:
						t.Errorf("at %v: %v", time.Since(begin), err)
					case !r.store.isSaved(token):
						t.Errorf("at %v: %s is not saved", time.Since(begin), token)
					}
					cancel()
					time.Sleep(time.Duration(dice.Int64N(int64(2 * time.Minute))))
				}
			})
		}
		callers.Wait()
		starts := r.provider.starts
		for i, at := range starts {
			since := begin
			if i > 0 {
				since = starts[i-1]
			}
			if gap := at.Sub(since); gap < 55*time.Minute || gap > 56*time.Minute {
				t.Errorf("refresh %d comes %v after the one before", i, gap)
			}
		}
		if want := int(day / (55*time.Minute + 2*time.Second)); len(starts) != want || len(r.refreshed) != want {
			t.Errorf("%d refreshes and %d notices, want %d", len(starts), len(r.refreshed), want)
		}
	})
}

func TestCallersThatLeave(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		time.Sleep(time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		r.provider.during = cancel // the caller that does the work leaves before the answer comes
		var callers sync.WaitGroup
		callers.Go(func() { _, _ = r.For(theKey).Token(ctx) })
		synctest.Wait()
		impatient, stop := context.WithTimeout(t.Context(), time.Millisecond)
		defer stop()
		if _, err := r.For(theKey).Token(impatient); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the impatient caller got %v", err)
		}
		callers.Wait()
		if !r.store.isSaved("a1") {
			t.Error("the rotation is lost")
		}
		r.wantToken(t, "a1")
		r.wantRefreshes(t, 1)
	})
}

func TestStoreFailsThenHeals(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.wantToken(t, "a0")
		full := errors.New("disk full")
		r.store.fail(full, nil)
		time.Sleep(56 * time.Minute)
		r.wantToken(t, "a0") // still good, while a1 is not stored
		if !r.For(theKey).Degraded() || len(r.Degraded()) != 1 {
			t.Error("not degraded")
		}
		time.Sleep(10 * time.Minute)
		for range 20 { // a0 has expired, a1 must not be handed out, and r1 must not be used up
			r.wantProblem(t, problem.QuickBooksUnavailable)
			time.Sleep(time.Second)
		}
		if _, err := r.For(theKey).Token(t.Context()); !errors.Is(err, full) {
			t.Errorf("%v does not say why", err)
		}
		r.wantRefreshes(t, 1)
		if len(r.refreshed) != 0 {
			t.Error("told of a grant that is not stored")
		}
		r.store.fail(nil, nil)
		r.wantToken(t, "a1")
		r.wantRefreshes(t, 1)
		if r.For(theKey).Degraded() || len(r.refreshed) != 1 || !r.store.isSaved("a1") {
			t.Errorf("after healing: degraded %v, notices %v", r.For(theKey).Degraded(), r.refreshed)
		}
	})
}

func TestUnsavedGrantsSurvive(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"flush", "forget", "long outage"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.store.fail(errors.New("disk full"), nil)
				time.Sleep(2 * time.Hour)
				r.wantProblem(t, problem.QuickBooksUnavailable)
				if err := r.Flush(t.Context()); err == nil {
					t.Error("Flush hides that the store fails")
				}
				if way == "long outage" { // a1 expires before it is ever stored
					time.Sleep(2 * time.Hour)
					r.wantProblem(t, problem.QuickBooksUnavailable)
					r.store.fail(nil, nil)
					r.wantToken(t, "a2")
					r.wantRefreshes(t, 2)
					return
				}
				r.store.fail(nil, nil)
				if way == "forget" {
					g, err := r.Forget(t.Context(), theKey, nil)
					if err != nil || g.RefreshToken != "r1" {
						t.Errorf("Forget returned %q, %v", g.RefreshToken, err)
					}
					return
				}
				if err := r.Flush(t.Context()); err != nil || !r.store.isSaved("a1") {
					t.Errorf("Flush: %v", err)
				}
				r.restart()
				r.wantToken(t, "a1")
				r.wantRefreshes(t, 1)
			})
		})
	}
}

func TestAnotherProcessRotated(t *testing.T) {
	t.Parallel()
	t.Run("at the same time", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			other := NewSources(r.opts) // those of another process
			r.wantToken(t, "a0")
			time.Sleep(time.Hour)
			var callers sync.WaitGroup
			for i := range 50 {
				sources := []*Sources{r.Sources, other}[i%2]
				callers.Go(func() {
					if token, err := sources.For(theKey).Token(t.Context()); token != "a1" || err != nil {
						t.Errorf("a caller got %q, %v", token, err)
					}
				})
			}
			callers.Wait()
			r.wantRefreshes(t, 1)
		})
	})
	t.Run("its access token has ended", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			r.wantToken(t, "a0")
			time.Sleep(time.Hour)
			r.provider.n = 1
			theirs := r.provider.current()
			theirs.Expiry = time.Now().Add(-time.Minute)
			if err := r.store.PutGrant(t.Context(), theKey, theirs); err != nil {
				t.Fatal(err)
			}
			r.wantToken(t, "a2")
			r.wantRefreshes(t, 1)
		})
	})
	t.Run("seen before asking", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			r.wantToken(t, "a0")
			time.Sleep(time.Hour)
			r.provider.n = 1
			if err := r.store.PutGrant(t.Context(), theKey, r.provider.current()); err != nil {
				t.Fatal(err)
			}
			r.wantToken(t, "a1")
			r.wantRefreshes(t, 0)
		})
	})
}

func TestDeadStaysSilent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.provider.fail(problem.New(problem.CompanyReconnectRequired, "ended"))
		time.Sleep(56 * time.Minute)
		r.wantProblem(t, problem.CompanyReconnectRequired)
		reads := r.store.reads
		for range 100 {
			r.wantProblem(t, problem.CompanyReconnectRequired)
		}
		if r.store.reads != reads {
			t.Errorf("%d reads of the store just after the end", r.store.reads-reads)
		}
		for range 100 {
			time.Sleep(time.Hour)
			r.wantProblem(t, problem.CompanyReconnectRequired)
		}
		r.wantRefreshes(t, 2) // the second to make sure
		if len(r.deaths) != 1 || r.store.reads != reads+100 {
			t.Errorf("%d notices, %d reads of the store after the end", len(r.deaths), r.store.reads-reads)
		}
		r.provider.fail(nil)
		r.provider.n = 7
		if err := r.Replace(t.Context(), theKey, r.provider.current()); err != nil {
			t.Fatal(err)
		}
		r.wantToken(t, "a7")
		time.Sleep(time.Hour)
		r.wantToken(t, "a8")
		r.wantRefreshes(t, 3)
	})
}

// TestAStrayRefusalEndsNothing: a connection ends only if the provider says so twice.
func TestAStrayRefusalEndsNothing(t *testing.T) {
	t.Parallel()
	for name, second := range map[string]struct {
		answer error
		token  string // empty means the second answer
	}{
		"renewed":     {nil, "a1"},
		"unavailable": {problem.New(problem.QuickBooksUnavailable, "down"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				r.provider.fail(problem.New(problem.CompanyReconnectRequired, "ended"))
				time.Sleep(time.Hour)
				var callers sync.WaitGroup
				for range 3 {
					callers.Go(func() {
						if second.token != "" {
							r.wantToken(t, second.token)
						} else {
							r.wantProblem(t, problem.QuickBooksUnavailable)
						}
					})
				}
				time.Sleep(2 * time.Second) // the first refusal has come
				r.provider.fail(second.answer)
				callers.Wait()
				r.wantRefreshes(t, 2)
				if gap := r.provider.starts[1].Sub(r.provider.starts[0]); gap < doubtGap {
					t.Errorf("asked again after %v", gap)
				}
				if len(r.deaths) != 0 {
					t.Errorf("ended: %v", r.deaths[0])
				}
			})
		})
	}
}

// TestForgetInterruptsARefresh: a person who disconnects does not wait for a provider that hangs, nor for the second
// question after a refusal.
func TestForgetInterruptsARefresh(t *testing.T) {
	t.Parallel()
	for name, hang := range map[string]func(r *rig){
		"hanging":         func(r *rig) { r.provider.slow, r.provider.mayGiveUp = time.Hour, true },
		"asked once more": func(r *rig) { r.provider.fail(problem.New(problem.CompanyReconnectRequired, "ended")) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				time.Sleep(time.Hour)
				hang(r)
				var callers sync.WaitGroup
				callers.Go(func() { r.wantProblem(t, problem.QuickBooksUnavailable) })
				synctest.Wait()
				began := time.Now()
				g, err := r.Forget(t.Context(), theKey, nil)
				if err != nil || g.RefreshToken != "r0" || len(r.store.grants) != 0 {
					t.Errorf("Forget: %q, %v", g.RefreshToken, err)
				}
				if took := time.Since(began); took != forgetGap {
					t.Errorf("it took %v", took)
				}
				callers.Wait()
				r.wantRefreshes(t, 1)
				if len(r.deaths) != 0 {
					t.Error("disconnecting is no death")
				}
				r.wantProblem(t, problem.CompanyReconnectRequired)
			})
		})
	}
}

// TestDeadFindsAnotherGrant proves that a consent through another process revives a dead source within seconds.
func TestDeadFindsAnotherGrant(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.provider.fail(problem.New(problem.CompanyReconnectRequired, "ended"))
		time.Sleep(56 * time.Minute)
		r.wantProblem(t, problem.CompanyReconnectRequired)
		r.provider.fail(nil)
		r.provider.n = 7
		if err := NewSources(r.opts).Replace(t.Context(), theKey, r.provider.current()); err != nil {
			t.Fatal(err)
		}
		r.wantProblem(t, problem.CompanyReconnectRequired)
		time.Sleep(5 * time.Second)
		r.wantToken(t, "a7")
	})
}

func TestUnreadableStoreIsNoDeath(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.wantToken(t, "a0")
		r.provider.fail(problem.New(problem.CompanyReconnectRequired, "ended"))
		time.Sleep(time.Hour)
		r.store.fail(nil, errors.New("read error"))
		r.wantProblem(t, problem.QuickBooksUnavailable)
		r.wantProblem(t, problem.QuickBooksUnavailable)
		r.wantRefreshes(t, 0)
		if len(r.deaths) != 0 {
			t.Error("declared dead without having looked")
		}
	})
}

func TestPassingFailures(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.wantToken(t, "a0")
		r.provider.fail(problem.New(problem.QuickBooksUnavailable, "down"))
		time.Sleep(56 * time.Minute)
		r.wantToken(t, "a0")
		time.Sleep(4 * time.Minute)
		begin, tries := time.Now(), r.provider.count()
		var callers sync.WaitGroup
		for range 50 {
			callers.Go(func() {
				for time.Since(begin) < 10*time.Minute {
					r.wantProblem(t, problem.QuickBooksUnavailable)
					time.Sleep(100 * time.Millisecond)
				}
			})
		}
		callers.Wait()
		if n := r.provider.count() - tries; n < 10 || n > 15 {
			t.Errorf("%d tries in 10 minutes of outage", n)
		}
		for i := 1; i < len(r.provider.starts); i++ {
			if gap := r.provider.starts[i].Sub(r.provider.starts[i-1]); gap < refreshGap {
				t.Errorf("tries only %v apart", gap)
			}
		}
		r.provider.fail(nil)
		time.Sleep(longestPause)
		r.wantToken(t, "a1")
		if len(r.deaths) != 0 {
			t.Error("an outage is no death")
		}
	})
}

func TestRetryAfterIsHonoured(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		asked := problem.New(problem.QuickBooksRateLimited, "slow down")
		asked.RetryAfter = 5 * time.Minute
		r.provider.fail(asked)
		time.Sleep(time.Hour)
		r.wantProblem(t, problem.QuickBooksRateLimited)
		r.provider.fail(nil)
		time.Sleep(5*time.Minute - 2*time.Second)
		r.wantProblem(t, problem.QuickBooksRateLimited)
		r.wantRefreshes(t, 1)
		time.Sleep(3 * time.Second)
		r.wantToken(t, "a1")
	})
}

func TestInvalidate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		source := r.For(theKey)
		r.wantToken(t, "a0")
		var callers sync.WaitGroup
		for range 50 { // fifty requests that all got a 401
			callers.Go(func() {
				source.Invalidate("a0")
				r.wantToken(t, "a1")
			})
		}
		callers.Wait()
		source.Invalidate("a0") // a late report
		source.Invalidate("")
		r.wantToken(t, "a1")
		r.wantRefreshes(t, 1)

		begin := time.Now()
		source.Invalidate("a1") // refused although it is new, so the next refresh waits for the gap
		r.wantToken(t, "a2")
		if waited := time.Since(begin); waited < refreshGap-time.Second || waited > refreshGap+2*time.Second {
			t.Errorf("waited %v", waited)
		}
		source.Invalidate("a2")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := source.Token(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a caller that cannot wait got %v", err)
		}
		r.provider.fail(problem.New(problem.QuickBooksUnavailable, "down"))
		r.wantProblem(t, problem.QuickBooksUnavailable) // a refused token is not used again
		r.wantRefreshes(t, 3)
	})
}

func TestShortLives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.provider.life = 2 * time.Minute // shorter than Early
		time.Sleep(time.Hour)
		for range 120 {
			if _, err := r.For(theKey).Token(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(5 * time.Second)
		}
		if n := r.provider.count(); n < 9 || n > 11 {
			t.Errorf("%d refreshes in 10 minutes", n)
		}
	})
}

func TestForgetAndReplaceWaitForARefresh(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		time.Sleep(time.Hour)
		var callers sync.WaitGroup
		callers.Go(func() { r.wantToken(t, "a1") })
		synctest.Wait() // the refresh is in progress
		fresh := export.Grant{AccessToken: "new", RefreshToken: "new", Expiry: time.Now().Add(time.Hour)}
		if err := r.Replace(t.Context(), theKey, fresh); err != nil {
			t.Fatal(err)
		}
		callers.Wait()
		if g := r.store.grants[theKey]; g.RefreshToken != "new" {
			t.Errorf("the old grant came back: %q", g.RefreshToken)
		}
		r.wantToken(t, "new")
		g, err := r.Forget(t.Context(), theKey, nil)
		if err != nil || g.RefreshToken != "new" || len(r.store.grants) != 0 {
			t.Errorf("Forget: %q, %v", g.RefreshToken, err)
		}
		r.wantProblem(t, problem.CompanyReconnectRequired)
		if g, err = r.Forget(t.Context(), theKey, nil); err != nil || g.RefreshToken != "" {
			t.Errorf("Forget again: %q, %v", g.RefreshToken, err)
		}
		r.wantRefreshes(t, 1)
		if len(r.deaths) != 0 {
			t.Error("disconnecting is no death")
		}
	})
}

func TestReplaceThatCannotStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		r.wantToken(t, "a0")
		r.store.fail(errors.New("disk full"), nil)
		if err := r.Replace(t.Context(), theKey, export.Grant{AccessToken: "new"}); err == nil {
			t.Error("no error")
		}
		r.wantToken(t, "a0")
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if err := r.Replace(cancelled, theKey, export.Grant{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if _, err := r.Forget(cancelled, theKey, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}
