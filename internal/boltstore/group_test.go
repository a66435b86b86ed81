package boltstore

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// hold keeps the group's turn, so that what is written meanwhile is written together.
func hold(s *Store, waiting int) (release func()) {
	s.group.turn.Lock()
	return func() {
		for {
			s.group.mu.Lock()
			n := len(s.group.waiting)
			s.group.mu.Unlock()
			if n == waiting {
				break
			}
		}
		s.group.turn.Unlock()
	}
}

// Of changes that share a transaction, one that fails or panics takes no other with it and leaves nothing behind.
func TestOneOfManyFails(t *testing.T) {
	t.Parallel()
	s, broken := newStore(t), errors.New("broken")
	const writers = 12
	var (
		wg     sync.WaitGroup
		calls  [writers]int
		errs   [writers]error
		panics [writers]any
	)
	release := hold(s, writers)
	for i := range writers {
		wg.Go(func() {
			defer func() { panics[i] = recover() }()
			errs[i] = s.share(t.Context(), "test", func(tx *bbolt.Tx) error {
				calls[i]++
				if i == 3 {
					return refused(broken)
				}
				key := fmt.Sprint(i)
				if err := put(tx, bucketCompanies, key, export.Company{Realm: export.RealmID(key)}); err != nil {
					return err
				}
				switch i {
				case 5:
					return broken
				case 7:
					panic("no memory")
				}
				return nil
			})
		})
	}
	release()
	wg.Wait()
	for i := range writers {
		_, err := s.Company(t.Context(), export.RealmID(fmt.Sprint(i)))
		fails := i == 3 || i == 5 || i == 7
		if stored := err == nil; stored == fails {
			t.Errorf("%d: stored %t", i, stored)
		}
		if failed := errors.Is(errs[i], broken); failed != (i == 3 || i == 5) {
			t.Errorf("%d: error %v", i, errs[i])
		}
		if (panics[i] != nil) != (i == 7) {
			t.Errorf("%d: panic %v", i, panics[i])
		}
		if calls[i] < 1 {
			t.Errorf("%d was called %d times", i, calls[i])
		}
	}
}

// Changes that wait for one another are synced together.
func TestWaitingChangesShareATransaction(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	var wg sync.WaitGroup
	release := hold(s, 50)
	var first, last int
	must(t, s.db.View(func(tx *bbolt.Tx) error { first = tx.ID(); return nil }))
	for i := range 50 {
		wg.Go(func() {
			if err := s.PutMark(t.Context(), fmt.Sprint("exp/", i), []byte("x")); err != nil {
				t.Error(err)
			}
		})
	}
	release()
	wg.Wait()
	must(t, s.db.View(func(tx *bbolt.Tx) error { last = tx.ID(); return nil }))
	if last-first != 1 {
		t.Errorf("fifty changes took %d transactions", last-first)
	}
}
