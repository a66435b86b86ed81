package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// The first bytes of the keys of active runs. A key goes on with the time since which the run is ready, and its id.
var (
	activeQueued  = []byte("q")
	activeRunning = []byte("r")
)

// activeTime is the length of the time in a key.
const activeTime = 8

func activeKey(a export.ActiveRun) []byte {
	prefix := activeQueued
	if a.Status == export.RunRunning {
		prefix = activeRunning
	}
	key := binary.BigEndian.AppendUint64(bytes.Clone(prefix), timeKey(a.Ready()))
	return append(key, a.ID...)
}

// activeID returns the id of the run in a key.
func activeID(key []byte) string { return string(key[1+activeTime:]) }

// putActive makes the index of active runs agree with the run.
func putActive(tx *bbolt.Tx, r export.Run) error {
	byExporter, active := tx.Bucket([]byte(bucketActiveByExporter)), tx.Bucket([]byte(bucketActive))
	exporter := []byte(r.Exporter.ID)
	if old := byExporter.Get(exporter); old != nil && activeID(old) == string(r.ID) {
		if err := active.Delete(bytes.Clone(old)); err != nil {
			return fmt.Errorf("deleting from %s: %w", bucketActive, err)
		}
		if r.Status.Over() {
			return drop(tx, bucketActiveByExporter, string(exporter))
		}
	}
	if r.Status.Over() {
		return nil
	}
	a := r.Activity()
	key := activeKey(a)
	if err := active.Put(key, packActive(a)); err != nil {
		return fmt.Errorf("writing %s: %w", bucketActive, err)
	}
	if err := byExporter.Put(exporter, key); err != nil {
		return fmt.Errorf("writing %s: %w", bucketActiveByExporter, err)
	}
	return nil
}

// activeRun returns the id of the exporter's queued or running run, or "" if there is none.
func activeRun(tx *bbolt.Tx, exporter export.ID) string {
	key := tx.Bucket([]byte(bucketActiveByExporter)).Get([]byte(exporter))
	if key == nil {
		return ""
	}
	return activeID(key)
}

// activities yields what decides when runs may begin: of the running ones, then of the queued ones in their order. It
// sets err if an entry cannot be read.
func activities(tx *bbolt.Tx, err *error) iter.Seq[export.ActiveRun] {
	return func(yield func(export.ActiveRun) bool) {
		c := tx.Bucket([]byte(bucketActive)).Cursor()
		for _, prefix := range [][]byte{activeRunning, activeQueued} {
			for k, raw := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, raw = c.Next() {
				a, e := unpackActive(raw)
				if e != nil {
					*err = fmt.Errorf("decoding %s/%s: %w", bucketActive, activeID(k), e)
					return
				}
				if !yield(a) {
					return
				}
			}
		}
	}
}

// ActiveRun implements export.RunStore.
func (s *Store) ActiveRun(ctx context.Context, exporter export.ID) (r export.Run, err error) {
	err = s.view(ctx, "reading active run", func(tx *bbolt.Tx) error {
		id := activeRun(tx, exporter)
		if id == "" {
			return fmt.Errorf("%s/%s: %w", bucketActiveByExporter, exporter, export.ErrNotFound)
		}
		r, err = get[export.Run](tx, bucketRuns, id)
		return err
	})
	return r, err
}

// CountActive implements export.RunStore.
func (s *Store) CountActive(ctx context.Context) (queued, running int, err error) {
	err = s.view(ctx, "counting queue", func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(bucketActive)).ForEach(func(k, _ []byte) error {
			if bytes.HasPrefix(k, activeRunning) {
				running++
			} else {
				queued++
			}
			return nil
		})
	})
	return queued, running, err
}
