package limit

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

func TestEvenStarts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := New(Limits{PerSecond: 4, Even: true, Slack: 200 * time.Millisecond})
		begun := time.Now()
		for i := range 9 {
			acquire(t, k, "a")()
			want := time.Duration(i) * 300 * time.Millisecond
			if got := time.Since(begun).Round(time.Millisecond); got != want {
				t.Errorf("start %d after %v, want %v", i, got, want)
			}
		}
	})
}

func TestOneProbeAfterAPause(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		takes  time.Duration // the time until each call is answered
		refuse int           // how many of the first calls are told to pause for a minute more
		want   []time.Duration
	}{
		"let through": {
			time.Second, 0,
			[]time.Duration{time.Minute, 61 * time.Second, 61 * time.Second, 61 * time.Second},
		},
		"refused twice": {
			time.Second, 2,
			[]time.Duration{60 * time.Second, 121 * time.Second, 182 * time.Second, 183 * time.Second},
		},
		"slow, so it was let through": {
			time.Minute, 0,
			[]time.Duration{time.Minute, 70 * time.Second, 70 * time.Second, 70 * time.Second},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				k := New(Limits{Concurrent: 8})
				begun := time.Now()
				k.PauseUntil("a", begun.Add(time.Minute))
				var mu sync.Mutex
				var got []time.Duration
				var wg sync.WaitGroup
				for range 4 {
					wg.Go(func() {
						release := acquire(t, k, "a")
						mu.Lock()
						got = append(got, time.Since(begun))
						refused := len(got) <= c.refuse
						mu.Unlock()
						time.Sleep(c.takes)
						if refused {
							k.PauseUntil("a", time.Now().Add(time.Minute))
						}
						release()
					})
				}
				wg.Wait()
				slices.Sort(got)
				if !slices.Equal(got, c.want) {
					t.Errorf("starts at %v, want %v", got, c.want)
				}
			})
		})
	}
}

// A caller that gives up behind a probe must leave the way free for others.
func TestGivingUpBehindAProbe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := New(Limits{})
		k.PauseUntil("a", time.Now().Add(time.Second))
		probe := acquire(t, k, "a")
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if _, err := k.Acquire(ctx, "a"); err == nil {
			t.Fatal("started beside the probe")
		}
		probe()
		begun := time.Now()
		acquire(t, k, "a")()
		if d := time.Since(begun); d != 0 {
			t.Errorf("waited %v after the probe", d)
		}
	})
}

func TestMarginIsLearntAndForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := New(Limits{PerSecond: 1})
		gap := func() time.Duration {
			acquire(t, k, "a")()
			begun := time.Now()
			acquire(t, k, "a")()
			return time.Since(begun).Round(time.Millisecond)
		}
		if got := gap(); got != time.Second {
			t.Fatalf("gap %v before any pause", got)
		}
		for range 3 { // of one burst: they teach once
			k.PauseUntil("a", time.Now().Add(time.Minute))
		}
		if got := gap(); got != 1125*time.Millisecond {
			t.Errorf("gap %v after a pause", got)
		}
		for range 20 {
			k.PauseUntil("a", time.Now().Add(time.Second))
			time.Sleep(2 * time.Second)
		}
		if got := gap(); got != 2*time.Second {
			t.Errorf("gap %v after many pauses", got)
		}
		time.Sleep(marginHalves)
		if got := gap(); got != 1500*time.Millisecond {
			t.Errorf("gap %v ten minutes later", got)
		}
		time.Sleep(12 * marginHalves)
		if got := gap(); got != time.Second {
			t.Errorf("gap %v two hours later", got)
		}
		time.Sleep(time.Hour)
		acquire(t, k, "b")()
		if len(k.lanes) != 1 {
			t.Error("a key that is not in use was kept for its margin")
		}
	})
}

// TestWindowsHoldWhereTheyAreCounted checks that a provider to whom calls take different times never sees more than the
// limits, as long as the times vary by no more than the slack.
func TestWindowsHoldWhereTheyAreCounted(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(rt *rapid.T) {
		slack := time.Duration(rapid.IntRange(0, 300).Draw(rt, "slack")) * time.Millisecond
		l := Limits{
			PerMinute: rapid.IntRange(1, 80).Draw(rt, "per minute"),
			PerSecond: rapid.IntRange(1, 10).Draw(rt, "per second"),
			Even:      rapid.Bool().Draw(rt, "even"), Slack: slack,
		}
		ways := rapid.SliceOfN(rapid.IntRange(0, int(slack/time.Microsecond)), 1, 200).Draw(rt, "ways")
		var arrivals []time.Time
		synctest.Test(outer, func(t *testing.T) {
			k := New(l)
			for _, way := range ways {
				acquire(t, k, "a")()
				arrivals = append(arrivals, time.Now().Add(time.Duration(way)*time.Microsecond))
			}
		})
		if n := mostIn(arrivals, time.Minute); n > l.PerMinute {
			rt.Errorf("%d arrivals within a minute, allowed %d", n, l.PerMinute)
		}
		if n := mostIn(arrivals, time.Second); n > l.PerSecond {
			rt.Errorf("%d arrivals within a second, allowed %d", n, l.PerSecond)
		}
	})
}
