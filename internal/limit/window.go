package limit

import (
	"math"
	"time"
)

const (
	// marginStep is what each pause adds to a margin, and marginMost is the largest one: half the pace.
	marginStep = 0.125
	marginMost = 1.0
	// marginHalves is the time in which a margin halves, and one below marginLeast is none.
	marginHalves = 10 * time.Minute
	marginLeast  = 0.02
)

// margin is what pauses have taught about a key: its windows are longer by that part of their length. The zero value is
// none.
type margin struct {
	part  float64
	since time.Time
}

// at returns the margin's part now.
func (m margin) at(now time.Time) float64 {
	if m.part == 0 {
		return 0
	}
	part := m.part * math.Pow(0.5, float64(now.Sub(m.since)/marginHalves))
	if part < marginLeast {
		return 0
	}
	return part
}

func (m *margin) grow(now time.Time) {
	*m = margin{part: min(m.at(now)+marginStep, marginMost), since: now}
}

// window returns how long a window of that size is here, so that it holds its limit at the provider.
func (l Limits) window(size time.Duration, margin float64) time.Duration {
	return size + l.Slack + time.Duration(margin*float64(size))
}

// starts are the times of the starts in the longest window, oldest first.
type starts []time.Time

// forget drops what is older than the window. A start exactly as old still counts, so that a window holds its limit
// with both its ends included.
func (s *starts) forget(now time.Time, window time.Duration) {
	n := 0
	for n < len(*s) && now.Sub((*s)[n]) > window {
		n++
	}
	*s = (*s)[n:]
}

// since counts the starts from the given time on.
func (s starts) since(from time.Time) int {
	n := 0
	for n < len(s) && !s[len(s)-1-n].Before(from) {
		n++
	}
	return n
}

// wait returns how long until another start fits in every window that ends with it. It is not positive if one fits now.
func (s *starts) wait(l Limits, margin float64, now time.Time) time.Duration {
	s.forget(now, l.window(time.Minute, margin))
	wait := time.Duration(math.MinInt64)
	for _, w := range []struct {
		limit int
		size  time.Duration
	}{{l.PerMinute, time.Minute}, {l.PerSecond, time.Second}} {
		if w.limit > 0 && len(*s) >= w.limit {
			oldest := (*s)[len(*s)-w.limit]
			wait = max(wait, oldest.Add(l.window(w.size, margin)+time.Nanosecond).Sub(now))
		}
	}
	if l.Even && l.PerSecond > 0 && len(*s) > 0 {
		space := l.window(time.Second, margin)/time.Duration(l.PerSecond) + time.Nanosecond
		wait = max(wait, (*s)[len(*s)-1].Add(space).Sub(now))
	}
	return wait
}
