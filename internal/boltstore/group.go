package boltstore

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"go.etcd.io/bbolt"
)

// group lets writers that wait for one another share a transaction, because syncing the file is what a small change
// costs most. The one whose turn it is writes the changes of all who wait by then. So nobody waits longer than alone,
// and each change is on disk when its caller hears of it.
type group struct {
	turn    sync.Mutex // held by the one that writes
	mu      sync.Mutex // protects waiting
	waiting []*sharedWrite
}

// sharedWrite is one caller's change.
type sharedWrite struct {
	write func(*bbolt.Tx) error
	done  bool // err is final
	err   error
	panic any
}

// mostGrouped limits how many changes share a transaction, so that none of them waits long.
const mostGrouped = 100

// refusedError is the error of a change that has written nothing, so that those it is grouped with need not be undone.
type refusedError struct{ error }

func (r refusedError) Unwrap() error { return r.error }

// refused marks an error as one of a change that has written nothing.
func refused(err error) error {
	if err == nil {
		return nil
	}
	return refusedError{err}
}

// share runs a write transaction together with those of other callers. When it returns nil, the change is on disk.
// write is called again if another caller's change fails, so it must set what it captures anew each time.
func (s *Store) share(ctx context.Context, what string, write func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	c := &sharedWrite{write: write}
	g := &s.group
	g.mu.Lock()
	g.waiting = append(g.waiting, c)
	g.mu.Unlock()
	s.await(c)
	if c.panic != nil {
		panic(c.panic)
	}
	if c.err != nil {
		return fmt.Errorf("%s: %w", what, c.err)
	}
	return nil
}

// await waits for the caller's turn, and writes unless somebody has done so by then.
func (s *Store) await(c *sharedWrite) {
	g := &s.group
	g.turn.Lock()
	defer g.turn.Unlock()
	for !c.done {
		g.mu.Lock()
		n := min(len(g.waiting), mostGrouped)
		batch := g.waiting[:n:n]
		g.waiting = g.waiting[n:]
		g.mu.Unlock()
		s.writeAll(batch)
	}
}

// writeAll writes changes in one transaction. One that fails is tried alone, and the others without it.
func (s *Store) writeAll(batch []*sharedWrite) {
	for len(batch) > 0 {
		var failed *sharedWrite
		err := s.write(func(tx *bbolt.Tx) error {
			for _, c := range batch {
				c.panic, c.err = c.call(tx)
				_, harmless := errors.AsType[refusedError](c.err)
				if (c.err != nil || c.panic != nil) && !harmless {
					failed = c
					return errUndo
				}
			}
			return nil
		})
		if failed == nil {
			finish(batch, err)
			return
		}
		if len(batch) == 1 {
			failed.done = true
			return
		}
		rest := make([]*sharedWrite, 0, len(batch)-1)
		for _, c := range batch {
			if c != failed {
				rest = append(rest, c)
			}
		}
		s.writeAll([]*sharedWrite{failed})
		batch = rest
	}
}

// errUndo rolls a transaction back.
var errUndo = errors.New("a change failed")

// call makes a change. A panic must end its own caller, not the one that writes.
func (c *sharedWrite) call(tx *bbolt.Tx) (panicked any, err error) {
	defer func() { panicked = recover() }()
	return nil, c.write(tx)
}

// finish tells how the transaction of changes ended.
func finish(batch []*sharedWrite, err error) {
	for _, c := range batch {
		if c.err == nil {
			c.err = err
		}
		c.done = true
	}
}
