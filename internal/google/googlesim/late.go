package googlesim

import (
	"net/http"
	"time"
)

// lateRequest is a request that was answered already and is still to be performed.
type lateRequest struct {
	due   time.Time // zero: only steps count
	after int       // performed once more than this many requests have begun; 0: only time counts
	run   func()
}

// postpone keeps a request for later. One that is not allowed to be made is not kept.
func (s *Server) postpone(r *http.Request, c *call, f *Fault) {
	who, refused := s.authenticate(r)
	if refused != nil || c.kind == "" || !c.api() || s.admit(who, r, c) != nil {
		return
	}
	c.late, c.user = true, who.email
	run := func() {
		record := Request{
			Time: s.now(), Method: c.method, Path: c.path, Query: c.rawQuery, Kind: c.kind, User: c.user,
			Bytes: len(c.body), Status: http.StatusOK, Late: true,
		}
		if _, err := s.perform(who, r, c); err != nil {
			record.Status = asAPIError(err).code
		}
		s.keep(record)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	l := &lateRequest{run: run}
	if f.Late > 0 {
		l.due = s.now().Add(f.Late)
	}
	if f.LateSteps > 0 {
		l.after = s.begun + f.LateSteps
	}
	s.late = append(s.late, l)
}

// settle performs the late requests whose time has come, oldest first; all of them if asked to.
func (s *Server) settle(all bool) {
	for {
		l := s.takeLate(all)
		if l == nil {
			return
		}
		l.run()
	}
}

func (s *Server) takeLate(all bool) *lateRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, l := range s.late {
		if all || !l.due.IsZero() && !s.now().Before(l.due) || l.after > 0 && s.begun > l.after {
			s.late = append(s.late[:i:i], s.late[i+1:]...)
			return l
		}
	}
	return nil
}

// ApplyLate performs at once what faults have postponed.
func (s *Server) ApplyLate() { s.settle(true) }

// Pending is how many requests were answered and are still to be performed.
func (s *Server) Pending() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.late)
}
