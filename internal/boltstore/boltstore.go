// Package boltstore keeps everything that ledgersheet remembers in one bbolt
// file: connections, exporters, runs with their queue, users, sessions and
// settings. It implements export.Store and the session store of scs. Values are
// JSON with a version; tokens and other secrets are sealed by a [Sealer] before
// they reach the file, each bound to its place. One process may have the file
// open at a time.
package boltstore

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
	"ledgersheet/internal/mapped"
	"ledgersheet/internal/problem"
)

// Sealer encrypts the secrets among the values. The place is "bucket/key" of
// the row, so that a sealed value is of no use in another row.
type Sealer interface {
	Seal(place string, plain []byte) ([]byte, error)
	Open(place string, sealed []byte) ([]byte, error)
}

// Options are the options of Open. The zero value suits the service.
type Options struct {
	// LockWait is how long to wait for another process to let go of the file; 0 means one second.
	LockWait time.Duration
	// Now is the clock that ends sessions; nil means time.Now.
	Now func() time.Time
	// Failed is told of each write that the disk did not take; nil drops it. It must not call the store.
	Failed func(why *problem.Problem)
	// Disk is asked before each write whether the disk will take it; nil trusts the disk. Tests fail with it.
	Disk func() error
}

// Store is an open database. It is safe for concurrent use. Methods that take a context check it once, on entry: a
// transaction that has begun is finished. The change functions of Update methods run inside a write transaction: they
// must not call the store, and roll everything back by returning an error. Those of runs are called again if a change
// that shares their transaction fails; the others are called once.
type Store struct {
	db  *bbolt.DB
	now func() time.Time

	// sealing is held for reading while a sealed value is read or written, and for writing while the sealer is
	// replaced.
	sealing sync.RWMutex
	seal    Sealer

	probing sync.Mutex // protects probed
	probed  time.Time  // when the store was last known to be writable

	failed func(*problem.Problem)
	disk   func() error

	renewing keyLock // by grant
	group    group
	views    atomic.Int64 // how many there were
}

var _ export.Store = (*Store)(nil)

// Open opens the store in the file at path and brings it to the current schema. It creates the file and its folder if
// needed. It fails with an [OpenError] in words for people if the file is in use, damaged, not writable, or from
// another program or a newer version, or if seal cannot open what is sealed in it.
func Open(path string, seal Sealer, o Options) (*Store, error) {
	return open(path, seal, o, migrations())
}

func open(path string, seal Sealer, o Options, steps []migration) (*Store, error) {
	if o.LockWait <= 0 {
		o.LockWait = time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	db, err := openFile(path, o.LockWait)
	if err != nil {
		return nil, err
	}
	_ = os.Remove(path + roomFile) // of a process that was killed
	s := &Store{
		db: db, now: o.Now, seal: seal, failed: o.Failed, disk: o.Disk,
		renewing: keyLock{held: map[string]chan struct{}{}},
	}
	if err := s.prepare(path, steps); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	if s.db, err = shrink(db, path, o.LockWait, worthShrinking); err != nil {
		return nil, err
	}
	return s, nil
}

func (s *Store) prepare(path string, steps []migration) (err error) {
	defer func() {
		if r := recover(); r != nil { // bbolt panics on corrupt pages
			err = &OpenError{Path: path, Kind: ErrDamaged, cause: fmt.Errorf("reading pages: %v", r)}
		}
	}()
	if err := migrate(s.db, path, steps, s.askDisk); err != nil {
		return err
	}
	if err := s.checkSealer(); err != nil {
		return &OpenError{Path: path, Kind: ErrWrongKey, cause: err}
	}
	return nil
}

// probeEvery is how long a write that has succeeded stands for those to come.
const probeEvery = 30 * time.Second

// Ready reports whether the store can be read and written, for health checks. Now and then it writes.
func (s *Store) Ready() error {
	if err := s.readable(); err != nil {
		return err
	}
	s.probing.Lock()
	defer s.probing.Unlock()
	if now := s.now(); now.Before(s.probed) || now.Sub(s.probed) > probeEvery {
		if err := s.write(func(*bbolt.Tx) error { return nil }); err != nil {
			s.probed = time.Time{}
			return fmt.Errorf("writing store: %w", err)
		}
		s.probed = now
	}
	return nil
}

func (s *Store) readable() error {
	err := s.db.View(func(tx *bbolt.Tx) error {
		_, err := schemaOf(tx)
		return err
	})
	if err != nil {
		return fmt.Errorf("reading store: %w", err)
	}
	return nil
}

// Close waits for running transactions and releases the file. Closing again does nothing; everything else fails
// afterwards.
func (s *Store) Close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("closing store: %w", err)
	}
	return nil
}

// view runs a read transaction.
func (s *Store) view(ctx context.Context, what string, read func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	err := s.db.View(func(tx *bbolt.Tx) error {
		if s.views.Add(1)%dropEvery == 0 {
			defer mapped.Drop(tx)
		}
		return read(tx)
	})
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// dropEvery is after how many read transactions the store's pages stop counting as memory of this process. Without
// that, a long history would stay in memory as it is read piece by piece.
const dropEvery = 1024

// update runs a write transaction. When it returns nil, the change is on disk.
func (s *Store) update(ctx context.Context, what string, write func(*bbolt.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if err := s.write(write); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
