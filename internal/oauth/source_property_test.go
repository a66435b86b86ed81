package oauth

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"ledgersheet/internal/problem"
)

// TestNoRotationIsLost does everything that can happen to a connection, in any order: time passes, store and provider
// fail and recover, the provider refuses tokens, the process ends properly. At every moment the newest refresh token is
// in the store or in memory, no token is handed out that is not stored, and no live connection is declared dead.
func TestNoRotationIsLost(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(rt *rapid.T) {
		steps := rapid.SliceOfN(rapid.IntRange(0, 8), 1, 60).Draw(rt, "steps")
		waits := rapid.SliceOfN(rapid.IntRange(1, 4000), len(steps), len(steps)).Draw(rt, "seconds")
		var faults []string
		synctest.Test(outer, func(t *testing.T) {
			r := newRig(t)
			storeFails := false
			for i, step := range steps {
				switch step {
				case 0:
					time.Sleep(time.Duration(waits[i]) * time.Second)
				case 1:
					storeFails = true
					r.store.fail(errors.New("disk full"), nil)
				case 2:
					storeFails = false
					r.store.fail(nil, nil)
				case 3:
					r.provider.fail(problem.New(problem.QuickBooksUnavailable, "down"))
				case 4:
					r.provider.fail(nil)
				case 5:
					r.For(theKey).Invalidate(fmt.Sprintf("a%d", r.provider.n))
				case 6: // the process ends properly; a store that fails until then is beyond help
					if !storeFails {
						if err := r.Flush(t.Context()); err != nil {
							faults = append(faults, err.Error())
						}
						r.restart()
					}
				default:
					token, err := r.For(theKey).Token(t.Context())
					if err == nil && !r.store.isSaved(token) {
						faults = append(faults, fmt.Sprintf("step %d: %s is not stored", i, token))
					}
					if err != nil && !problem.HasCode(err, problem.QuickBooksUnavailable) {
						faults = append(faults, fmt.Sprintf("step %d: %v", i, err))
					}
				}
				newest := fmt.Sprintf("r%d", r.provider.n)
				unsaved := r.For(theKey).unsaved()
				if r.store.grants[theKey].RefreshToken != newest && (unsaved == nil || unsaved.RefreshToken != newest) {
					faults = append(faults, fmt.Sprintf("step %d: %s is lost", i, newest))
				}
			}
			// Once everything works again, so does the connection, whatever happened before.
			r.store.fail(nil, nil)
			r.provider.fail(nil)
			time.Sleep(2 * time.Hour)
			if _, err := r.For(theKey).Token(t.Context()); err != nil || len(r.deaths) != 0 {
				faults = append(faults, fmt.Sprintf("in the end: %v, deaths %v", err, r.deaths))
			}
		})
		for _, fault := range faults {
			rt.Error(fault)
		}
	})
}
