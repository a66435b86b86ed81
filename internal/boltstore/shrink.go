package boltstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"go.etcd.io/bbolt"
)

// A file never gets smaller by itself: what is deleted makes room for what comes. When most of a large file is such
// room, Open copies the rest into a new one, which takes about a second for the most that is copied. A file in which
// more is in use stays as it is, so that the service starts quickly.
const (
	shrinkAbove = 64 << 20  // bytes of the file
	shrinkMost  = 128 << 20 // bytes in use
	// shrinkStep is how many bytes one transaction of the copy writes.
	shrinkStep = 4 << 20
	// shrunk ends the name of the copy.
	shrunk = ".shrunk"
)

// worthShrinking reports whether more than half of a file is free.
func worthShrinking(size, free int64) bool {
	return size > shrinkAbove && free > size/2 && size-free <= shrinkMost
}

// shrink copies what is in use into a new file and puts it in the place of the old one, if that is worthwhile, and
// returns the database that is open then. If the copy is interrupted, or fails, the old file stays as it is. After an
// error no file is open.
func shrink(db *bbolt.DB, path string, lockWait time.Duration, worth func(size, free int64) bool) (*bbolt.DB, error) {
	copied := path + shrunk
	if err := os.Remove(copied); err == nil { // of a process that was interrupted
		_ = syncFolder(filepath.Dir(path))
	}
	var size int64
	err := db.View(func(tx *bbolt.Tx) error { size = tx.Size(); return nil })
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reading store: %w", err), db.Close())
	}
	if !worth(size, int64(db.Stats().FreePageN)*int64(db.Info().PageSize)) {
		return db, nil
	}
	if err := copyInUse(db, copied); err != nil {
		_ = os.Remove(copied)
		return db, nil // for want of space, say; the store is as good as before
	}
	if err := db.Close(); err != nil {
		return nil, fmt.Errorf("closing store: %w", errors.Join(err, os.Remove(copied)))
	}
	if err := os.Rename(copied, path); err != nil {
		return nil, fmt.Errorf("replacing store: %w", err)
	}
	if err := syncFolder(filepath.Dir(path)); err != nil {
		return nil, err
	}
	return openFile(path, lockWait)
}

func copyInUse(db *bbolt.DB, path string) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil { // bbolt panics on corrupt pages
			err = fmt.Errorf("reading pages: %v", r)
		}
	}()
	to, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return fmt.Errorf("creating copy: %w", err)
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if err := bbolt.Compact(to, db, shrinkStep); err != nil {
		return fmt.Errorf("copying: %w", err)
	}
	if err := to.Sync(); err != nil {
		return fmt.Errorf("syncing copy: %w", err)
	}
	return nil
}
