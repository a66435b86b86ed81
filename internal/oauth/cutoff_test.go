package oauth

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/problem"
)

// TestCutOffRenewal proves that a refusal says so if it comes after a renewal that was cut off, and never otherwise.
func TestCutOffRenewal(t *testing.T) {
	t.Parallel()
	const words = "A renewal that began on 1 January 2000 at 01:00:00 UTC was cut off"
	for name, test := range map[string]struct {
		happens func(r *rig)
		told    bool
	}{
		"killed between the answer and its save": {func(r *rig) {
			r.provider.during = func() { r.provider.n++ } // the provider has rotated, and the process dies
			r.provider.failing = problem.New(problem.QuickBooksUnavailable, "killed")
		}, true},
		"refused for another reason": {func(r *rig) {
			r.provider.failing = problem.New(problem.AppCredentials, "wrong secret")
		}, false},
		"asked too often": {func(r *rig) {
			r.provider.failing = problem.New(problem.QuickBooksRateLimited, "slow down")
		}, false},
		"renewed well": {func(*rig) {}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t)
				time.Sleep(time.Hour)
				test.happens(r)
				_, _ = r.For(theKey).Token(t.Context())
				r.provider.during, r.provider.failing = nil, nil
				r.restart()
				r.provider.n++ // whatever is stored, it is refused from now on
				time.Sleep(2 * time.Hour)
				_, err := r.For(theKey).Token(t.Context())
				if p := problem.From(err); p == nil || p.Code != problem.CompanyReconnectRequired ||
					strings.Contains(p.Message, words) != test.told || p.Hint == "" {
					t.Errorf("got %v, hint %q; told %v", err, problem.From(err).Hint, test.told)
				}
				if len(r.deaths) != 1 || strings.Contains(r.deaths[0].Message, words) != test.told {
					t.Errorf("deaths %v", r.deaths)
				}
			})
		})
	}
}

// TestNoteOfARenewalGoes proves that the note lasts until a renewal has succeeded, with the time of the first one.
func TestNoteOfARenewalGoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t)
		time.Sleep(time.Hour)
		first := time.Now()
		r.provider.fail(problem.New(problem.QuickBooksUnavailable, "no answer"))
		for range 3 {
			_, _ = r.For(theKey).Token(t.Context())
			if g, err := r.store.Grant(t.Context(), theKey); err != nil || !g.RenewingSince.Equal(first) {
				t.Errorf("noted %v, %v; want %v", g.RenewingSince, err, first)
			}
			time.Sleep(time.Minute)
		}
		r.provider.fail(nil)
		r.wantToken(t, "a1")
		if g, err := r.store.Grant(t.Context(), theKey); err != nil || !g.RenewingSince.IsZero() {
			t.Errorf("after a success: noted %v, %v", g.RenewingSince, err)
		}
	})
}
