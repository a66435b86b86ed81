package limit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// acquire fails the test unless a start is allowed before ctx of the test ends.
func acquire(t *testing.T, k *Keyed, key string) func() {
	t.Helper()
	release, err := k.Acquire(t.Context(), key)
	if err != nil {
		t.Fatalf("Acquire(%q): %v", key, err)
	}
	return release
}

// mostIn returns the largest number of times in any window of the given size,
// both ends included.
func mostIn(times []time.Time, size time.Duration) int {
	slices.SortFunc(times, time.Time.Compare)
	most := 0
	for i, first := range times {
		n := 0
		for _, t := range times[i:] {
			if t.Sub(first) <= size {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// load is one random history of callers against one limiter.
type load struct {
	limits  Limits
	callers []caller
	pauses  []pause
}

type caller struct {
	arrives, holds, givesUp time.Duration // givesUp 0: never
	key                     string
}

type pause struct {
	at, length time.Duration
	key        string
}

func drawLoad(t *rapid.T) load {
	ms := func(limit int) *rapid.Generator[time.Duration] {
		return rapid.Map(rapid.IntRange(0, limit), func(n int) time.Duration {
			return time.Duration(n) * time.Millisecond
		})
	}
	key := rapid.SampledFrom([]string{"a", "b"})
	l := load{limits: Limits{
		PerMinute:  rapid.IntRange(0, 30).Draw(t, "per minute"),
		PerSecond:  rapid.IntRange(0, 6).Draw(t, "per second"),
		Concurrent: rapid.IntRange(0, 4).Draw(t, "concurrent"),
		Burst:      rapid.IntRange(0, 5).Draw(t, "burst"),
	}}
	l.callers = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) caller {
		c := caller{arrives: ms(130_000).Draw(t, "arrives"), holds: ms(3_000).Draw(t, "holds"), key: key.Draw(t, "key")}
		if rapid.IntRange(0, 3).Draw(t, "patience") == 0 {
			c.givesUp = 1 + ms(20_000).Draw(t, "gives up")
		}
		if rapid.Bool().Draw(t, "rush") {
			c.arrives /= 100 // half of them come in the first second or so
		}
		return c
	}), 1, 90).Draw(t, "callers")
	l.pauses = rapid.SliceOfN(rapid.Custom(func(t *rapid.T) pause {
		return pause{at: ms(100_000).Draw(t, "at"), length: ms(50_000).Draw(t, "length"), key: key.Draw(t, "key")}
	}), 0, 4).Draw(t, "pauses")
	return l
}

// outcome is what happened to the callers, by key.
type outcome struct {
	starts  map[string][]time.Time
	most    map[string]int // most calls at once
	gaveUp  int
	started int
	begun   time.Time
	left    map[string]Usage
}

// run plays the load in the bubble it is called from.
func (l load) run(t *testing.T) outcome {
	k := New(l.limits)
	o := outcome{starts: map[string][]time.Time{}, most: map[string]int{}, left: map[string]Usage{}, begun: time.Now()}
	var mu sync.Mutex
	atOnce := map[string]int{}
	var wg sync.WaitGroup
	for _, c := range l.callers {
		wg.Go(func() {
			time.Sleep(c.arrives)
			ctx := t.Context()
			if c.givesUp > 0 {
				var cancel context.CancelFunc
				ctx, cancel = context.WithTimeout(ctx, c.givesUp)
				defer cancel()
			}
			release, err := k.Acquire(ctx, c.key)
			mu.Lock()
			if err != nil {
				o.gaveUp++
				mu.Unlock()
				return
			}
			o.started++
			o.starts[c.key] = append(o.starts[c.key], time.Now())
			atOnce[c.key]++
			o.most[c.key] = max(o.most[c.key], atOnce[c.key])
			mu.Unlock()
			time.Sleep(c.holds)
			mu.Lock()
			atOnce[c.key]--
			mu.Unlock()
			release()
			release() // a second call must not free a second slot
		})
	}
	for _, p := range l.pauses {
		wg.Go(func() {
			time.Sleep(p.at)
			k.PauseUntil(p.key, time.Now().Add(p.length))
		})
	}
	wg.Wait()
	for _, key := range []string{"a", "b"} {
		o.left[key] = k.Usage(key)
	}
	return o
}

func TestNoWindowEverHoldsMoreThanAllowed(t *testing.T) {
	t.Parallel()
	outer := t
	rapid.Check(t, func(rt *rapid.T) {
		l := drawLoad(rt)
		var faults []string
		synctest.Test(outer, func(t *testing.T) {
			o := l.run(t)
			fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
			for key, at := range o.starts {
				if n := mostIn(at, time.Minute); l.limits.PerMinute > 0 && n > l.limits.PerMinute {
					fault("key %s: %d starts within a minute, allowed %d", key, n, l.limits.PerMinute)
				}
				if n := mostIn(at, time.Second); l.limits.PerSecond > 0 && n > l.limits.PerSecond {
					fault("key %s: %d starts within a second, allowed %d", key, n, l.limits.PerSecond)
				}
				if n := o.most[key]; l.limits.Concurrent > 0 && n > l.limits.Concurrent {
					fault("key %s: %d at once, allowed %d", key, n, l.limits.Concurrent)
				}
				for _, p := range l.pauses {
					if p.key != key {
						continue
					}
					from, to := o.begun.Add(p.at), o.begun.Add(p.at+p.length)
					for _, s := range at {
						// A start at the very moment of the pause may come before it.
						if s.After(from) && s.Before(to) {
							fault("key %s: start at %v in the pause from %v to %v", key, s.Sub(o.begun), p.at,
								p.at+p.length)
						}
					}
				}
			}
			if o.started+o.gaveUp != len(l.callers) {
				fault("%d started and %d gave up of %d", o.started, o.gaveUp, len(l.callers))
			}
			for key, u := range o.left {
				if u.Running != 0 || u.Waiting != 0 {
					fault("key %s: %+v after all have left", key, u)
				}
			}
		})
		if len(faults) > 0 {
			rt.Fatalf("%+v: %v", l.limits, faults)
		}
	})
}

// The limits must also be used up: a limiter that is merely slow keeps every
// promise of the property above.
func TestStartsAsSoonAsAllowed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limits Limits
		calls  int
		want   []time.Duration // start of the calls, since the first, without the nanoseconds
	}{
		"no limits": {Limits{}, 4, []time.Duration{0, 0, 0, 0}},
		"negative is no limit": {
			Limits{PerMinute: -1, PerSecond: -1, Concurrent: -1, Burst: -1}, 3, []time.Duration{0, 0, 0},
		},
		"per second": {
			Limits{PerSecond: 2}, 5, []time.Duration{0, 0, time.Second, time.Second, 2 * time.Second},
		},
		"per minute": {Limits{PerMinute: 2}, 3, []time.Duration{0, 0, time.Minute}},
		"both": {
			Limits{PerMinute: 3, PerSecond: 2}, 7,
			[]time.Duration{0, 0, time.Second, time.Minute, time.Minute, 61 * time.Second, 120 * time.Second},
		},
		"burst": {
			Limits{PerMinute: 60, Burst: 2}, 5,
			[]time.Duration{0, 0, time.Second, 2 * time.Second, 3 * time.Second},
		},
		"burst without a minute's limit": {Limits{Burst: 1}, 3, []time.Duration{0, 0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				k := New(c.limits)
				begun := time.Now()
				var got []time.Duration
				for range c.calls {
					acquire(t, k, "a")()
					got = append(got, time.Since(begun).Round(10*time.Millisecond))
				}
				if !slices.Equal(got, c.want) {
					t.Errorf("starts at %v, want %v", got, c.want)
				}
			})
		})
	}
}

// A bucket of 60 that refills by one a second would let 60 start at 0:59 and
// again nearly 60 in the minute after; the window must not.
func TestEdgeOfTheMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := New(Limits{PerMinute: 60})
		var at []time.Time
		time.Sleep(59 * time.Second)
		for range 180 {
			acquire(t, k, "a")()
			at = append(at, time.Now())
		}
		if n := mostIn(at, time.Minute); n != 60 {
			t.Errorf("%d starts in the fullest minute, want 60", n)
		}
	})
}

func TestFirstComeFirstServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := New(Limits{PerSecond: 2, Concurrent: 1})
		var mu sync.Mutex
		var order []int
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				release := acquire(t, k, "a")
				defer release()
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
				time.Sleep(100 * time.Millisecond)
			})
			synctest.Wait() // this one waits inside Acquire before the next one comes
		}
		wg.Wait()
		if !slices.IsSorted(order) || len(order) != 20 {
			t.Errorf("started in the order %v", order)
		}
	})
}

func TestPause(t *testing.T) {
	t.Parallel()
	t.Run("holds those who wait already, and is only made longer", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			k := New(Limits{PerSecond: 1})
			begun := time.Now()
			acquire(t, k, "a")()
			done := make(chan time.Duration)
			go func() { // waits for the second to pass, and then for the pause
				release, err := k.Acquire(t.Context(), "a")
				if err == nil {
					release()
				}
				done <- time.Since(begun)
			}()
			synctest.Wait()
			k.PauseUntil("a", begun.Add(30*time.Second))
			k.PauseUntil("a", begun.Add(10*time.Second))
			time.Sleep(20 * time.Second)
			k.PauseUntil("a", begun.Add(45*time.Second))
			if got := k.Usage("a").PausedUntil; !got.Equal(begun.Add(45 * time.Second)) {
				t.Errorf("PausedUntil = %v", got.Sub(begun))
			}
			if got := <-done; got != 45*time.Second {
				t.Errorf("started after %v, want 45s", got)
			}
			if got := k.Usage("a").PausedUntil; !got.IsZero() {
				t.Errorf("PausedUntil = %v after its end", got.Sub(begun))
			}
		})
	})
	t.Run("leaves other keys alone", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			k := New(Limits{})
			begun := time.Now()
			k.PauseUntil("a", begun.Add(time.Hour))
			acquire(t, k, "b")()
			if d := time.Since(begun); d != 0 {
				t.Errorf("b waited %v", d)
			}
		})
	})
	t.Run("in the past does nothing", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			k := New(Limits{})
			k.PauseUntil("a", time.Now())
			if len(k.lanes) != 0 {
				t.Error("a pause that is over was kept")
			}
		})
	})
	t.Run("lets calls that run finish", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			k := New(Limits{Concurrent: 1})
			release := acquire(t, k, "a")
			k.PauseUntil("a", time.Now().Add(time.Minute))
			release()
			if u := k.Usage("a"); u.Running != 0 {
				t.Errorf("usage %+v", u)
			}
		})
	})
}

func TestCancelTakesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		limits  Limits
		prepare func(k *Keyed) // makes the next Acquire wait
		clear   time.Duration  // how long until it would not
	}{
		"in a window": {Limits{PerSecond: 1}, func(k *Keyed) {
			release, _ := k.Acquire(context.Background(), "a")
			release()
		}, time.Second + 1},
		"for a slot": {Limits{Concurrent: 1}, func(k *Keyed) {
			release, _ := k.Acquire(context.Background(), "a")
			time.AfterFunc(time.Second, release)
		}, time.Second},
		"in a pause": {Limits{PerSecond: 1, Concurrent: 1}, func(k *Keyed) {
			k.PauseUntil("a", time.Now().Add(time.Second))
		}, time.Second},
		"for the pace": {Limits{PerMinute: 60, Burst: 1}, func(k *Keyed) {
			release, _ := k.Acquire(context.Background(), "a")
			release()
		}, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				k := New(c.limits)
				begun := time.Now()
				c.prepare(k)
				before := k.Usage("a")
				var wg sync.WaitGroup
				for range 3 { // one holds the turn, two wait for it
					wg.Go(func() {
						ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
						defer cancel()
						if _, err := k.Acquire(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
							t.Errorf("Acquire: %v, want the deadline's error", err)
						}
					})
				}
				synctest.Wait()
				if u := k.Usage("a"); u.Waiting != 3 {
					t.Errorf("usage %+v, want 3 waiting", u)
				}
				wg.Wait()
				if after := k.Usage("a"); after != before {
					t.Errorf("usage %+v, before the cancelled calls %+v", after, before)
				}
				acquire(t, k, "a")()
				if d := time.Since(begun); d != c.clear {
					t.Errorf("the next call started after %v, want %v", d, c.clear)
				}
			})
		})
	}
	t.Run("before it began", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		k := New(Limits{PerMinute: 5})
		if _, err := k.Acquire(ctx, "a"); !errors.Is(err, context.Canceled) {
			t.Errorf("Acquire: %v", err)
		}
		if u := k.Usage("a"); u.Used != 0 || u.Waiting != 0 || u.Running != 0 {
			t.Errorf("usage %+v", u)
		}
	})
}

func TestUsage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := New(Limits{PerMinute: 10, Concurrent: 3})
		if got, want := k.Usage("a"), (Usage{Limit: 10}); got != want {
			t.Errorf("unused: %+v, want %+v", got, want)
		}
		first := acquire(t, k, "a")
		time.Sleep(40 * time.Second)
		second := acquire(t, k, "a")
		first()
		if got, want := k.Usage("a"), (Usage{Used: 2, Limit: 10, Running: 1}); got != want {
			t.Errorf("two started: %+v, want %+v", got, want)
		}
		time.Sleep(30 * time.Second)
		if got, want := k.Usage("a"), (Usage{Used: 1, Limit: 10, Running: 1}); got != want {
			t.Errorf("a minute on: %+v, want %+v", got, want)
		}
		second()
	})
}

func TestIdleKeysAreForgotten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := New(Limits{PerMinute: 5, Concurrent: 1})
		held := acquire(t, k, "held")
		k.PauseUntil("paused", time.Now().Add(time.Hour))
		for i := range 1000 {
			acquire(t, k, fmt.Sprint("idle", i))()
		}
		time.Sleep(2 * time.Minute)
		acquire(t, k, "other")()
		for _, key := range []string{"held", "paused", "other"} {
			if k.lanes[key] == nil {
				t.Errorf("key %q was dropped", key)
			}
		}
		if len(k.lanes) != 3 {
			t.Errorf("%d keys kept, want 3", len(k.lanes))
		}
		// A key must not come back with a second set of slots.
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := k.Acquire(ctx, "held"); err == nil {
			t.Error("a held slot was given twice")
		}
		held()
	})
}

// The list of starts must not grow for as long as a key is busy.
func TestStartsAreBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := New(Limits{PerSecond: 10})
		for range 3000 {
			acquire(t, k, "a")()
		}
		if n, c := len(k.lanes["a"].starts), cap(k.lanes["a"].starts); n > 620 || c > 4*620 {
			t.Errorf("%d starts kept (capacity %d)", n, c)
		}
	})
}
