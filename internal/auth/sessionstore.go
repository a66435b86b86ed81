package auth

import (
	"crypto/sha256"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"

	"ledgersheet/internal/export"
)

const (
	// touchEvery is how far the stored expiry may lag behind a session's last use, so that not every page view writes
	// to the disk.
	touchEvery = time.Minute
	// graveTime is longer than any request that began before a logout can last.
	graveTime = time.Hour
	// maxMarks bounds the memory. Dropping the mark of a live session only costs a write. Marks of deleted sessions are
	// dropped early only if there are this many at once.
	maxMarks = 10_000
)

// sparingStore skips writes that only move a session's expiry by seconds. It also keeps a request in progress from
// bringing back a session that was deleted meanwhile. While the store is in trouble it keeps sessions in memory, so
// that people can sign in and see what is wrong.
type sparingStore struct {
	store scs.Store

	mu    sync.Mutex
	marks map[string]mark // by the token's hash
	held  map[string]held // sessions that the store has not taken, by the token's hash
	owed  map[string]bool // deletions that it has not taken
}

// held is a session in memory.
type held struct {
	data   []byte
	expiry time.Time
}

// mark is what is known about a session: what was written last, or when it was deleted.
type mark struct {
	sum     [sha256.Size]byte
	expiry  time.Time
	deleted time.Time // zero if it was not deleted
}

// Find implements scs.Store.
func (s *sparingStore) Find(token string) ([]byte, bool, error) {
	s.mu.Lock()
	h, have := s.held[token]
	owed := s.owed[token]
	s.mu.Unlock()
	switch {
	case owed, have && !time.Now().Before(h.expiry):
		return nil, false, nil
	case have:
		return h.data, true, nil
	}
	return s.store.Find(token)
}

// Commit implements scs.Store.
func (s *sparingStore) Commit(token string, b []byte, expiry time.Time) error {
	sum := sha256.Sum256(b)
	// Held during the write, because otherwise a deletion could come between the check and the write.
	s.mu.Lock()
	defer s.mu.Unlock()
	last, known := s.marks[token]
	if known && (!last.deleted.IsZero() || last.sum == sum && expiry.Sub(last.expiry) < touchEvery) {
		return nil
	}
	err := s.store.Commit(token, b, expiry)
	if errors.Is(err, export.ErrStoreTrouble) && len(s.held) < maxMarks {
		if s.held == nil {
			s.held = map[string]held{}
		}
		s.held[token] = held{slices.Clone(b), expiry}
		return nil
	}
	if err != nil {
		return err
	}
	delete(s.held, token)
	s.set(token, mark{sum: sum, expiry: expiry})
	s.settle()
	return nil
}

// Delete implements scs.Store.
func (s *sparingStore) Delete(token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.store.Delete(token)
	switch {
	case errors.Is(err, export.ErrStoreTrouble):
		if s.owed == nil {
			s.owed = map[string]bool{}
		}
		s.owed[token] = true
	case err != nil:
		return err
	}
	delete(s.held, token)
	s.set(token, mark{deleted: time.Now()})
	return nil
}

// settle makes up for the deletions that the store has not taken. The caller holds mu.
func (s *sparingStore) settle() {
	for token := range s.owed {
		if s.store.Delete(token) != nil {
			return
		}
		delete(s.owed, token)
	}
}

// set records a mark. The caller holds mu.
func (s *sparingStore) set(token string, m mark) {
	if s.marks == nil {
		s.marks = map[string]mark{}
	}
	if len(s.marks) >= maxMarks {
		now := time.Now()
		for token, m := range s.marks {
			if m.deleted.IsZero() || now.Sub(m.deleted) > graveTime {
				delete(s.marks, token)
			}
		}
		if len(s.marks) >= maxMarks {
			clear(s.marks)
		}
	}
	s.marks[token] = m
}
