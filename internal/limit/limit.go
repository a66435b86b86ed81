// Package limit keeps calls to a provider within its limits, per key: a company,
// a Google user, a project. It promises that no sliding window of a minute or a
// second ever holds more starts than allowed, which a token bucket alone does
// not (it lets through up to twice the limit around a window's edge), that no
// more calls than allowed run at once, and that a pause holds for everyone who
// uses the key. It starts no goroutines.
package limit

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
	"golang.org/x/time/rate"
)

// Limits says how much is allowed for each key. Zero or less means no limit.
type Limits struct {
	PerMinute  int // starts in any sliding window of one minute
	PerSecond  int // starts in any sliding window of one second
	Concurrent int // calls that have started and are not yet released
	// Burst smooths the start of a busy minute: after so many starts in a row the
	// next ones are spread evenly at the pace of PerMinute, instead of using the
	// minute up at once and then standing still. It needs PerMinute.
	Burst int
}

// Usage is a moment's view of one key, for display.
type Usage struct {
	Used        int       // starts in the last minute; 0 if neither PerMinute nor PerSecond is limited
	Limit       int       // Limits.PerMinute, 0 if unlimited
	Running     int       // calls started and not released
	Waiting     int       // callers inside Acquire
	PausedUntil time.Time // zero if not paused now
}

// Lanes are limiters, one for each key, as their users see them: those of this process ([Keyed]), or of all processes
// that share a provider's limits.
type Lanes interface {
	// Acquire waits until a call for key may start. release must be called after it.
	Acquire(ctx context.Context, key string) (release func(), err error)
	// PauseUntil lets no call for key start before t.
	PauseUntil(key string, t time.Time)
	// Usage is the present state of key.
	Usage(key string) Usage
}

var _ Lanes = (*Keyed)(nil)

// Keyed is a set of limiters, one for each key, all with the same limits. It is
// safe for concurrent use; make it with [New]. A key costs memory while it is
// used or paused and for about a minute longer.
type Keyed struct {
	limits Limits

	mu        sync.Mutex
	lanes     map[string]*lane
	lastSweep time.Time
}

// New returns limiters that allow l for each key.
func New(l Limits) *Keyed {
	l.PerMinute = max(l.PerMinute, 0)
	l.PerSecond = max(l.PerSecond, 0)
	l.Concurrent = max(l.Concurrent, 0)
	l.Burst = max(l.Burst, 0)
	return &Keyed{limits: l, lanes: make(map[string]*lane)}
}

// Acquire waits until a call for key may start and counts it as started. The
// caller makes the call at once and must call release after it; calling release
// again does nothing. Callers of one key start in the order in which they came. If ctx ends first, the error wraps
// ctx.Err() and nothing is taken.
func (k *Keyed) Acquire(ctx context.Context, key string) (release func(), err error) {
	l := k.enter(key)
	if err := k.start(ctx, l); err != nil {
		k.leave(l, false)
		return nil, fmt.Errorf("waiting for the rate limit of %q: %w", key, err)
	}
	return sync.OnceFunc(func() { k.leave(l, true) }), nil
}

// PauseUntil lets no call for key start before t, including those that wait in
// Acquire already. A pause is only ever made longer: a t before the end of the
// present pause changes nothing.
func (k *Keyed) PauseUntil(key string, t time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	if !t.After(now) {
		return
	}
	l := k.lane(key, now)
	if t.After(l.paused) {
		l.paused = t
	}
}

// Usage returns the present state of key.
func (k *Keyed) Usage(key string) Usage {
	k.mu.Lock()
	defer k.mu.Unlock()
	u := Usage{Limit: k.limits.PerMinute}
	l, ok := k.lanes[key]
	if !ok {
		return u
	}
	now := time.Now()
	l.starts.forget(now)
	u.Used, u.Running, u.Waiting = len(l.starts), l.running, l.waiting
	if l.paused.After(now) {
		u.PausedUntil = l.paused
	}
	return u
}

// lane is the state of one key. Only the caller that holds the turn waits for
// time to pass, so nobody can overtake it; both semaphores serve first come,
// first served.
type lane struct {
	turn  *semaphore.Weighted // weight 1
	slots *semaphore.Weighted // nil if concurrency is unlimited
	pace  *rate.Limiter       // nil without smoothing

	// Guarded by Keyed.mu.
	starts           starts
	paused           time.Time
	waiting, running int
}

// enter counts the caller as waiting, which keeps the lane from being swept.
func (k *Keyed) enter(key string) *lane {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	k.sweep(now)
	l := k.lane(key, now)
	l.waiting++
	return l
}

func (k *Keyed) leave(l *lane, started bool) {
	k.mu.Lock()
	if started {
		l.running--
	} else {
		l.waiting--
	}
	k.mu.Unlock()
	if started && l.slots != nil {
		l.slots.Release(1)
	}
}

// start waits for the turn, a slot, the end of a pause and room in the windows,
// in this order: the pause and the windows are looked at last, so that they hold
// at the very moment of the start.
func (k *Keyed) start(ctx context.Context, l *lane) (err error) {
	if err := l.turn.Acquire(ctx, 1); err != nil {
		return err
	}
	defer l.turn.Release(1)
	if l.slots != nil {
		if err := l.slots.Acquire(ctx, 1); err != nil {
			return err
		}
		defer func() {
			if err != nil {
				l.slots.Release(1)
			}
		}()
	}
	for {
		// Also before the first look: a caller that has given up must not start.
		if err := ctx.Err(); err != nil {
			return err
		}
		wait := k.tryStart(l)
		if wait <= 0 {
			return nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-timer.C:
		}
	}
}

// tryStart records a start and returns 0, or returns how long to wait before
// trying again. It takes nothing in the latter case.
func (k *Keyed) tryStart(l *lane) time.Duration {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	wait := max(l.paused.Sub(now), l.starts.wait(k.limits, now))
	if wait > 0 {
		return wait
	}
	if l.pace != nil && !l.pace.AllowN(now, 1) {
		missing := (1 - l.pace.TokensAt(now)) / float64(l.pace.Limit())
		// At least a millisecond, so that rounding cannot make this loop spin.
		return max(time.Duration(missing*float64(time.Second)), time.Millisecond)
	}
	if k.limits.PerMinute > 0 || k.limits.PerSecond > 0 {
		l.starts = append(l.starts, now)
	}
	l.waiting--
	l.running++
	return 0
}

// lane returns the state of key, creating it if needed. The caller holds k.mu.
func (k *Keyed) lane(key string, now time.Time) *lane {
	l, ok := k.lanes[key]
	if ok {
		return l
	}
	l = &lane{turn: semaphore.NewWeighted(1)}
	if k.limits.Concurrent > 0 {
		l.slots = semaphore.NewWeighted(int64(k.limits.Concurrent))
	}
	if k.limits.Burst > 0 && k.limits.PerMinute > 0 {
		l.pace = rate.NewLimiter(rate.Limit(float64(k.limits.PerMinute)/time.Minute.Seconds()), k.limits.Burst)
	}
	if len(k.lanes) == 0 {
		k.lastSweep = now
	}
	k.lanes[key] = l
	return l
}

// sweep drops, at most once a minute, the keys that nobody uses and whose starts
// and pauses are over: a new lane would be in the same state, but for a pace
// that has had a whole minute to fill up. The caller holds k.mu.
func (k *Keyed) sweep(now time.Time) {
	if now.Sub(k.lastSweep) < time.Minute {
		return
	}
	k.lastSweep = now
	for key, l := range k.lanes {
		l.starts.forget(now)
		if l.waiting == 0 && l.running == 0 && len(l.starts) == 0 && !l.paused.After(now) {
			delete(k.lanes, key)
		}
	}
}

// starts are the times of the starts in the last minute, oldest first.
type starts []time.Time

// forget drops what is older than a minute. A start exactly one minute ago still
// counts, so that a window holds its limit with both its ends included.
func (s *starts) forget(now time.Time) {
	n := 0
	for n < len(*s) && now.Sub((*s)[n]) > time.Minute {
		n++
	}
	*s = (*s)[n:]
}

// wait returns how long until another start fits in every window that ends with it.
func (s *starts) wait(l Limits, now time.Time) time.Duration {
	s.forget(now)
	wait := time.Duration(math.MinInt64)
	for _, w := range []struct {
		limit int
		size  time.Duration
	}{{l.PerMinute, time.Minute}, {l.PerSecond, time.Second}} {
		if w.limit > 0 && len(*s) >= w.limit {
			oldest := (*s)[len(*s)-w.limit]
			wait = max(wait, oldest.Add(w.size+time.Nanosecond).Sub(now))
		}
	}
	return wait
}
