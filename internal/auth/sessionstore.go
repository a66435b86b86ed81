package auth

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
)

const (
	// touchEvery is how far a session's end may lag behind its last use, so that not each page view writes to the disk.
	touchEvery = time.Minute
	// graveTime is longer than any request that began before a logout can take to end.
	graveTime = time.Hour
	// maxMarks bounds the memory; a mark that is dropped costs a write, a grave's drop needs so many sessions at once.
	maxMarks = 10_000
)

// sparingStore spares the store the writes that only move a session's end by seconds, and keeps a request that is still
// under way from bringing back a session that ended meanwhile.
type sparingStore struct {
	store scs.Store

	mu    sync.Mutex
	marks map[string]mark // by the token's hash
}

// mark is what is known of a session: what was written last, or when it was deleted.
type mark struct {
	sum     [sha256.Size]byte
	expiry  time.Time
	deleted time.Time // zero while it lives
}

// Find implements scs.Store.
func (s *sparingStore) Find(token string) ([]byte, bool, error) { return s.store.Find(token) }

// Commit implements scs.Store.
func (s *sparingStore) Commit(token string, b []byte, expiry time.Time) error {
	sum := sha256.Sum256(b)
	// Held over the write: otherwise a deletion could come between the look and the write.
	s.mu.Lock()
	defer s.mu.Unlock()
	last, known := s.marks[token]
	if known && (!last.deleted.IsZero() || last.sum == sum && expiry.Sub(last.expiry) < touchEvery) {
		return nil
	}
	if err := s.store.Commit(token, b, expiry); err != nil {
		return err
	}
	s.set(token, mark{sum: sum, expiry: expiry})
	return nil
}

// Delete implements scs.Store.
func (s *sparingStore) Delete(token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.store.Delete(token); err != nil {
		return err
	}
	s.set(token, mark{deleted: time.Now()})
	return nil
}

// set notes a mark. The caller holds mu.
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
