package auth

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/alexedwards/scs/v2"
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
// bringing back a session that was deleted meanwhile.
type sparingStore struct {
	store scs.Store

	mu    sync.Mutex
	marks map[string]mark // by the token's hash
}

// mark is what is known about a session: what was written last, or when it was deleted.
type mark struct {
	sum     [sha256.Size]byte
	expiry  time.Time
	deleted time.Time // zero if it was not deleted
}

// Find implements scs.Store.
func (s *sparingStore) Find(token string) ([]byte, bool, error) { return s.store.Find(token) }

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
