package boltstore

import (
	"errors"
	"fmt"
	"os"

	"go.etcd.io/bbolt"
	bbolterrors "go.etcd.io/bbolt/errors"

	"ledgersheet/internal/export"
)

const (
	// roomFile ends the name of the file with which Probe finds out whether there is room.
	roomFile = ".room"
	// room is how many bytes must be free before a store that was in trouble counts as writable: enough for many
	// writes, so that work does not stop and go.
	room = 1 << 20
)

// write runs a write transaction. If the disk does not take it, nothing has changed, Options.Failed is told, and the
// error is that of export.StoreTrouble.
func (s *Store) write(do func(*bbolt.Tx) error) error {
	refused := false
	err := s.db.Update(func(tx *bbolt.Tx) error {
		if err := do(tx); err != nil {
			refused = true
			return err
		}
		return s.askDisk()
	})
	if err == nil || refused || errors.Is(err, bbolterrors.ErrDatabaseNotOpen) {
		return err
	}
	trouble := export.StoreTrouble(err)
	if s.failed != nil {
		s.failed(trouble)
	}
	return trouble
}

// askDisk asks Options.Disk.
func (s *Store) askDisk() error {
	if s.disk == nil {
		return nil
	}
	return s.disk()
}

// Probe finds out whether the store can be written and has room. A full disk often takes small writes, because the file
// has free pages; so Probe writes a file of some size beside the store before it writes the store.
func (s *Store) Probe() error {
	if err := s.probeRoom(); err != nil {
		return export.StoreTrouble(err)
	}
	return s.write(func(*bbolt.Tx) error { return nil })
}

func (s *Store) probeRoom() (err error) {
	if err := s.askDisk(); err != nil {
		return err
	}
	path := s.db.Path() + roomFile
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("looking for room: %w", err)
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(path)) }()
	if _, err := f.Write(make([]byte, room)); err != nil {
		return fmt.Errorf("looking for room: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("looking for room: %w", err)
	}
	return nil
}
