package auth

import (
	"net/netip"
	"sync"
	"time"

	"ledgersheet/internal/problem"
)

const (
	tryWindow      = 15 * time.Minute
	triesPerEmail  = 10
	triesPerOrigin = 40 // more, because people in an office or behind a proxy share an address
	freeTries      = 5  // before the delays begin: 1, 2, 4, 8 … seconds
	maxKeys        = 20_000
)

// Limiter slows down guessing of passwords. It limits the failures per e-mail and per client address in 15 minutes,
// with a growing delay between them after the first few. Tries from a device that has signed in with the e-mail before
// are counted by themselves, so that nobody can lock a user out of their own browser. A try counts from its beginning,
// so that many at once gain nothing; a successful one is taken back. Its memory is bounded. The zero value is ready to
// use.
type Limiter struct {
	Now func() time.Time // nil means time.Now

	mu    sync.Mutex
	tries map[string][]time.Time // tries in the last window by key, oldest first
}

// try is one counted try. The zero value is not counted anywhere.
type try struct {
	limiter *Limiter
	own     string // key of the e-mail, or of a device that it is known on
	origin  string // key of the address; empty for a known device
	at      time.Time
}

// begin counts a try under the e-mail and the address, or under the device if it is known. It stays counted unless
// succeed or undo is called.
func (l *Limiter) begin(email, remoteAddr, device string) (try, error) {
	if len(email) > longestEmail {
		email = email[:longestEmail]
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	t := try{l, "email " + email, "from " + findOrigin(remoteAddr), l.now()}
	if device != "" {
		t.own, t.origin = "device "+device, ""
	}
	wait := l.computeWait(t.own, triesPerEmail, t.at)
	if t.origin != "" {
		wait = max(wait, l.computeWait(t.origin, triesPerOrigin, t.at))
	}
	if wait > 0 {
		wait = (wait + time.Second - 1).Truncate(time.Second)
		p := problem.New(problem.TooManyRequests, "Too many tries. The next one is possible in %s.", wait)
		p.RetryAfter = wait
		return try{}, p
	}
	l.add(t.own, t.at)
	if t.origin != "" {
		l.add(t.origin, t.at)
	}
	return t, nil
}

// succeed forgets the e-mail's or the device's tries: the owner has signed in, so earlier typing mistakes no longer
// count.
func (t try) succeed() {
	if t.limiter == nil {
		return
	}
	t.limiter.mu.Lock()
	defer t.limiter.mu.Unlock()
	delete(t.limiter.tries, t.own)
	t.limiter.takeBack(t.origin, t.at)
}

// undo takes back this one try, because no password was checked in it.
func (t try) undo() {
	if t.limiter == nil {
		return
	}
	t.limiter.mu.Lock()
	defer t.limiter.mu.Unlock()
	t.limiter.takeBack(t.own, t.at)
	t.limiter.takeBack(t.origin, t.at)
}

// computeWait returns how long the next try under the key has to wait. It also drops tries older than the window.
func (l *Limiter) computeWait(key string, most int, now time.Time) time.Duration {
	recent := l.tries[key]
	for len(recent) > 0 && now.Sub(recent[0]) >= tryWindow {
		recent = recent[1:]
	}
	if len(recent) == 0 {
		delete(l.tries, key)
		return 0
	}
	l.tries[key] = recent
	n := len(recent)
	if n >= most {
		return recent[n-most].Add(tryWindow).Sub(now)
	}
	// The delay for an address grows more slowly, in proportion to its higher limit.
	if free := freeTries * most / triesPerEmail; n >= free {
		return recent[n-1].Add(time.Second << ((n - free) * triesPerEmail / most)).Sub(now)
	}
	return 0
}

func (l *Limiter) add(key string, now time.Time) {
	if l.tries == nil {
		l.tries = map[string][]time.Time{}
	}
	if _, have := l.tries[key]; !have && len(l.tries) >= maxKeys {
		l.makeRoom(now)
	}
	l.tries[key] = append(l.tries[key], now)
}

// makeRoom drops the keys whose tries are all older than the window, and if that is not enough those with the fewest
// tries: a flood of made-up e-mails must not wash out the one under attack.
func (l *Limiter) makeRoom(now time.Time) {
	for key, tries := range l.tries {
		if now.Sub(tries[len(tries)-1]) >= tryWindow {
			delete(l.tries, key)
		}
	}
	for most := 1; len(l.tries) >= maxKeys; most++ {
		for key, tries := range l.tries {
			if len(tries) <= most {
				delete(l.tries, key)
			}
			if len(l.tries) < maxKeys*9/10 {
				break
			}
		}
	}
}

func (l *Limiter) takeBack(key string, at time.Time) {
	tries := l.tries[key]
	for i, t := range tries {
		if t.Equal(at) {
			l.tries[key] = append(tries[:i:i], tries[i+1:]...)
			break
		}
	}
	if len(l.tries[key]) == 0 {
		delete(l.tries, key)
	}
}

func (l *Limiter) now() time.Time {
	if l.Now != nil {
		return l.Now()
	}
	return time.Now()
}

// findOrigin returns the client's address without the port. For IPv6 it is the /64 network, because one client usually
// owns all of it.
func findOrigin(remoteAddr string) string {
	addr, err := netip.ParseAddr(remoteAddr)
	if err != nil {
		withPort, err := netip.ParseAddrPort(remoteAddr)
		if err != nil {
			return "unknown"
		}
		addr = withPort.Addr()
	}
	addr = addr.Unmap().WithZone("")
	if addr.Is6() {
		if network, err := addr.Prefix(64); err == nil {
			return network.String()
		}
	}
	return addr.String()
}
