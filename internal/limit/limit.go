// Package limit keeps calls to a provider within its limits, per key: a company,
// a Google user, a project. It promises that no sliding window of a minute or a
// second ever holds more starts than allowed, which a token bucket alone does
// not (it lets through up to twice the limit around a window's edge), that no
// more calls than allowed run at once, and that a pause holds for everyone who
// uses the key. After a pause a single call goes first, and each pause makes the
// key a little slower for a while. It starts no goroutines.
package limit

import (
	"context"
	"fmt"
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
	// Even spaces starts evenly at the pace of PerSecond, instead of letting a second's calls start together: two such
	// bursts, a second apart, overlap at the provider as soon as the second one travels faster. It needs PerSecond.
	Even bool
	// Slack is how much the time that calls take to the provider may vary. Every window is longer by it, so that a
	// window at the provider holds its limit too.
	Slack time.Duration
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
	// PauseUntil lets no call for key start before t, because the provider said that a limit is reached.
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
	l.Slack = max(l.Slack, 0)
	return &Keyed{limits: l, lanes: make(map[string]*lane)}
}

// Acquire waits until a call for key may start and counts it as started. The
// caller makes the call at once and must call release after it; calling release
// again does nothing. Callers of one key start in the order in which they came. If ctx ends first, the error wraps
// ctx.Err() and nothing is taken.
func (k *Keyed) Acquire(ctx context.Context, key string) (release func(), err error) {
	l := k.enter(key)
	release, err = k.start(ctx, l)
	if err != nil {
		k.giveUp(l)
		return nil, fmt.Errorf("waiting for the rate limit of %q: %w", key, err)
	}
	return release, nil
}

// PauseUntil lets no call for key start before t, including those that wait in
// Acquire already. A pause is only ever made longer: a t before the end of the
// present pause changes nothing. When it is over, one call starts as a probe;
// the others wait until it is released, or for [probeTime]. A caller that was
// told to pause calls PauseUntil before it releases.
//
// A pause that begins says that the limits were not kept where the provider
// counts. So the windows become longer by [marginStep] of their length, and
// shorter again while it does not happen any more.
func (k *Keyed) PauseUntil(key string, t time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	if !t.After(now) {
		return
	}
	l := k.lane(key, now)
	if !l.paused.After(now) {
		l.margin.grow(now)
	}
	l.wary, l.probe = true, nil
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
	l.starts.forget(now, k.limits.window(time.Minute, l.margin.at(now)))
	u.Used, u.Running, u.Waiting = l.starts.since(now.Add(-time.Minute)), l.running, l.waiting
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

	// calm holds the news that a probe is over, for the caller that holds the turn.
	calm chan struct{}

	// Guarded by Keyed.mu.
	starts           starts
	paused           time.Time
	wary             bool   // the next start is a probe
	probe            *probe // nil unless one is under way
	margin           margin
	waiting, running int
}

// probeTime is how long others wait for a probe. The provider says at once that a limit is reached, so a call that
// takes longer was let through.
const probeTime = 10 * time.Second

// probe is the first call after a pause.
type probe struct{ began time.Time }

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

// giveUp ends the wait of a caller that did not start.
func (k *Keyed) giveUp(l *lane) {
	k.mu.Lock()
	defer k.mu.Unlock()
	l.waiting--
}

// leave ends a call that has started. p is the probe that it was, nil if it was none.
func (k *Keyed) leave(l *lane, p *probe) {
	k.mu.Lock()
	l.running--
	if p != nil && l.probe == p {
		l.wary, l.probe = false, nil
		select {
		case l.calm <- struct{}{}:
		default: // nobody has taken the last one yet
		}
	}
	k.mu.Unlock()
	if l.slots != nil {
		l.slots.Release(1)
	}
}

// start waits for the turn, a slot, the end of a pause and room in the windows,
// in this order: the pause and the windows are looked at last, so that they hold
// at the very moment of the start.
func (k *Keyed) start(ctx context.Context, l *lane) (release func(), err error) {
	if err := l.turn.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer l.turn.Release(1)
	if l.slots != nil {
		if err := l.slots.Acquire(ctx, 1); err != nil {
			return nil, err
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
			return nil, err
		}
		p, wait := k.tryStart(l)
		if wait <= 0 {
			return sync.OnceFunc(func() { k.leave(l, p) }), nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil, ctx.Err()
		case <-l.calm:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// tryStart records a start, which may be a probe, or returns how long to wait before trying again. It takes nothing in
// the latter case.
func (k *Keyed) tryStart(l *lane) (p *probe, wait time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := time.Now()
	wait = max(l.paused.Sub(now), l.probe.wait(now), l.starts.wait(k.limits, l.margin.at(now), now))
	if wait > 0 {
		return nil, wait
	}
	if l.pace != nil && !l.pace.AllowN(now, 1) {
		missing := (1 - l.pace.TokensAt(now)) / float64(l.pace.Limit())
		// At least a millisecond, so that rounding cannot make this loop spin.
		return nil, max(time.Duration(missing*float64(time.Second)), time.Millisecond)
	}
	if k.limits.PerMinute > 0 || k.limits.PerSecond > 0 {
		l.starts = append(l.starts, now)
	}
	l.waiting--
	l.running++
	switch {
	case l.probe != nil: // it takes so long that it was let through
		l.wary, l.probe = false, nil
	case l.wary:
		l.probe = &probe{began: now}
		return l.probe, 0
	}
	return nil, 0
}

// wait returns how long to wait for the probe, unless it is over before.
func (p *probe) wait(now time.Time) time.Duration {
	if p == nil {
		return 0
	}
	return p.began.Add(probeTime).Sub(now)
}

// lane returns the state of key, creating it if needed. The caller holds k.mu.
func (k *Keyed) lane(key string, now time.Time) *lane {
	l, ok := k.lanes[key]
	if ok {
		return l
	}
	l = &lane{turn: semaphore.NewWeighted(1), calm: make(chan struct{}, 1)}
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

// sweep drops, at most once a minute, the keys that nobody uses and whose starts,
// pauses and margins are over: a new lane would be in the same state, but for a pace
// that has had a whole minute to fill up. The caller holds k.mu.
func (k *Keyed) sweep(now time.Time) {
	if now.Sub(k.lastSweep) < time.Minute {
		return
	}
	k.lastSweep = now
	for key, l := range k.lanes {
		m := l.margin.at(now)
		l.starts.forget(now, k.limits.window(time.Minute, m))
		if l.waiting == 0 && l.running == 0 && len(l.starts) == 0 && m == 0 && !l.paused.After(now) {
			delete(k.lanes, key)
		}
	}
}
