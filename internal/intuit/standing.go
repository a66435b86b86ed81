package intuit

import (
	"context"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// teller is Options.Told.
type teller func(ctx context.Context, realm export.RealmID, asked time.Time, why *problem.Problem)

// standings remembers how the companies' connections fare and tells Options.Told when that changes.
type standings struct {
	told teller     // may be nil
	mu   sync.Mutex // guards of; never held while told runs
	of   map[export.RealmID]standing
}

type standing struct {
	good time.Time // when the last good answer came; zero for none
	well bool      // that is what was told last
}

func newStandings(told teller) *standings {
	return &standings{told: told, of: map[export.RealmID]standing{}}
}

// good notes a good answer to a question that was put at asked.
func (s *standings) good(ctx context.Context, realm export.RealmID, asked time.Time) {
	s.mu.Lock()
	news := !s.of[realm].well
	s.of[realm] = standing{good: time.Now(), well: true}
	s.mu.Unlock()
	if news && s.told != nil {
		s.told(context.WithoutCancel(ctx), realm, asked, nil)
	}
}

// bad notes that the company as a whole was refused.
func (s *standings) bad(ctx context.Context, realm export.RealmID, asked time.Time, why *problem.Problem) {
	s.mu.Lock()
	s.of[realm] = standing{good: s.of[realm].good}
	s.mu.Unlock()
	if s.told != nil {
		s.told(context.WithoutCancel(ctx), realm, asked, why)
	}
}

// fail notes a failure that says nothing of the company as a whole. A person who tried the connection may have it in
// view, so the next good answer is news.
func (s *standings) fail(realm export.RealmID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.of[realm] = standing{good: s.of[realm].good}
}

// lastGood is when the company's last good answer came.
func (s *standings) lastGood(realm export.RealmID) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.of[realm].good
}
