package intuitsim

import (
	"net/http"
	"time"
)

// Limits are the request limits of one company. In Options a zero field takes Intuit's figure and a negative one
// switches that limit off.
type Limits struct {
	PerMinute  int `json:"per_minute"`
	PerSecond  int `json:"per_second"`
	Concurrent int `json:"concurrent"`
}

// NoLimits switches all limits off.
func NoLimits() Limits { return Limits{-1, -1, -1} }

func (l Limits) withDefaults() Limits {
	def := func(v *int, n int) {
		if *v == 0 {
			*v = n
		}
	}
	def(&l.PerMinute, 500)
	def(&l.PerSecond, 10)
	def(&l.Concurrent, 10)
	return l
}

// SetLimits replaces the limits of every company.
func (s *Server) SetLimits(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = l.withDefaults()
}

// meter counts the requests of one company. Refused requests do not count.
type meter struct {
	times    []time.Time // of the last minute, oldest first
	inFlight int
	peak     int
	refused  int
}

// enter admits a request of the company or says that a limit is reached. The caller holds s.mu.
func (s *Server) enter(realm string) bool {
	m := s.meters[realm]
	if m == nil {
		m = &meter{}
		s.meters[realm] = m
	}
	now := s.opts.Now()
	for len(m.times) > 0 && now.Sub(m.times[0]) >= time.Minute {
		m.times = m.times[1:]
	}
	lastSecond := 0
	for i := len(m.times) - 1; i >= 0 && now.Sub(m.times[i]) < time.Second; i-- {
		lastSecond++
	}
	l := s.limits
	if l.PerMinute > 0 && len(m.times) >= l.PerMinute || l.PerSecond > 0 && lastSecond >= l.PerSecond ||
		l.Concurrent > 0 && m.inFlight >= l.Concurrent {
		m.refused++
		return false
	}
	m.times = append(m.times, now)
	m.inFlight++
	m.peak = max(m.peak, m.inFlight)
	return true
}

// leave ends an admitted request. The caller holds s.mu.
func (s *Server) leave(realm string) { s.meters[realm].inFlight-- }

// PeakConcurrency returns the highest number of requests of a company that were under way at once.
func (s *Server) PeakConcurrency(realm string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.meters[realm]; m != nil {
		return m.peak
	}
	return 0
}

// Throttled returns how many requests of a company were answered 429 by the limits.
func (s *Server) Throttled(realm string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.meters[realm]; m != nil {
		return m.refused
	}
	return 0
}

func throttled() *apiFault { return faultFor(http.StatusTooManyRequests) }
