package boltstore

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/mapped"
)

// rowsAtATime is how many rows CheckRows reads in one transaction, so that it holds no old pages for long.
const rowsAtATime = 1_000

// CheckedAtStart reports whether Open has read all rows. Those of a larger file are left to CheckRows.
func (s *Store) CheckedAtStart() (all bool, err error) {
	err = s.db.View(func(tx *bbolt.Tx) error { all = tx.Size() <= checkRowsUpTo; return nil })
	return all, err
}

// CheckRows reads each row and opens each secret while the store is in use. It returns an OpenError with ErrDamaged for
// one that cannot be read, and ctx's error if it ends before.
func (s *Store) CheckRows(ctx context.Context) error {
	for _, bucket := range rowBuckets() {
		for after, done := []byte(nil), false; !done; {
			if err := ctx.Err(); err != nil {
				return err
			}
			var err error
			if after, done, err = s.checkRows(bucket, after); err != nil {
				return &OpenError{Path: s.db.Path(), Kind: ErrDamaged, cause: err}
			}
		}
	}
	return nil
}

// checkRows checks some rows of a bucket that come after a key, and returns the last of them.
func (s *Store) checkRows(bucket string, after []byte) (last []byte, done bool, err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil { // bbolt panics on corrupt pages
			err = fmt.Errorf("reading pages of %s: %v", bucket, r)
		}
	}()
	s.sealing.RLock()
	defer s.sealing.RUnlock()
	err = s.db.View(func(tx *bbolt.Tx) error {
		defer mapped.Drop(tx) // what was read here is not soon read again
		b := tx.Bucket([]byte(bucket))
		if b == nil { // of a schema to come
			done = true
			return nil
		}
		c := b.Cursor()
		k, raw := c.Seek(after)
		if after != nil && string(k) == string(after) {
			k, raw = c.Next()
		}
		for range rowsAtATime {
			if k == nil {
				done = true
				return nil
			}
			last = append([]byte(nil), k...)
			if err := s.checkRow(bucket, string(k), raw); err != nil {
				return err
			}
			k, raw = c.Next()
		}
		return nil
	})
	return last, done, err
}

func (s *Store) checkRow(bucket, key string, raw []byte) error {
	v := verifier{ctx: context.Background(), seal: s.seal, unpacked: true}
	return errors.Join(v.row(bucket, key, raw), v.unopened)
}
