package boltstore

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// EnqueueDue implements export.DueStore.
func (s *Store) EnqueueDue(ctx context.Context, d export.DueRun) (stored export.Run, joined bool, err error) {
	had := false
	err = s.share(ctx, "queueing due run", func(tx *bbolt.Tx) error {
		stored, joined, had, err = enqueueDue(tx, d)
		return err
	})
	switch {
	case err != nil:
		return export.Run{}, false, err
	case had:
		return export.Run{}, false, fmt.Errorf("queueing due run: %s had its run: %w", d.Run.Exporter.ID,
			export.ErrExists)
	}
	return stored, joined, nil
}

func enqueueDue(tx *bbolt.Tx, d export.DueRun) (stored export.Run, joined, had bool, err error) {
	r := d.Run
	e, err := get[export.Exporter](tx, bucketExporters, string(r.Exporter.ID))
	if err != nil {
		return stored, false, false, refused(err)
	}
	if r.Due.IsZero() || !e.NextAt.Equal(r.Due) {
		return stored, false, false, refused(fmt.Errorf("%s is not due at %v: %w", e.ID, r.Due, export.ErrExists))
	}
	had = has(tx, bucketRunsByDue, dueKey(e.ID, r.Due)) || has(tx, bucketDueTimes, string(dueTimeKey(e.ID, r.Due)))
	if !had {
		if stored, joined, err = enqueue(tx, r); err != nil {
			return stored, false, false, err
		}
		if joined && !stored.StandsForDue() {
			return stored, false, false, refused(fmt.Errorf("%s: %w", stored.ID, export.ErrBusy))
		}
	}
	entries := d.Entries(stored.ID, joined, r.QueuedAt)
	if had {
		before, err := oldDueTime(tx, e.ID, r.Due)
		if err != nil {
			return stored, false, true, err
		}
		entries = d.Repeat(before, r.QueuedAt)
	}
	e.NextAt, e.Done = d.Next, nil
	if err := putExporter(tx, e); err != nil {
		return stored, joined, had, err
	}
	for _, entry := range entries {
		if err := putDueTime(tx, e.ID, entry); err != nil {
			return stored, joined, had, err
		}
	}
	return stored, joined, had, trimDueTimes(tx, e.ID)
}

// oldDueTime returns the entry of a due time that had its run. It makes one if the ledger has forgotten it.
func oldDueTime(tx *bbolt.Tx, id export.ID, at time.Time) (export.DueTime, error) {
	key := string(dueTimeKey(id, at))
	if has(tx, bucketDueTimes, key) {
		return get[export.DueTime](tx, bucketDueTimes, key)
	}
	run := tx.Bucket([]byte(bucketRunsByDue)).Get([]byte(dueKey(id, at)))
	r, err := get[export.Run](tx, bucketRuns, string(run))
	if err != nil {
		return export.DueTime{}, err
	}
	d := export.DueRun{Run: r}.Entries(r.ID, false, r.QueuedAt)[0]
	if r.Status.Over() {
		d.Settle(r)
	}
	return d, nil
}

// PassDue implements export.DueStore.
func (s *Store) PassDue(
	ctx context.Context, id export.ID, apply func(*export.Exporter) (export.DueTime, error),
) (e export.Exporter, err error) {
	err = s.share(ctx, "changing schedule", func(tx *bbolt.Tx) error {
		if e, err = get[export.Exporter](tx, bucketExporters, string(id)); err != nil {
			return refused(err)
		}
		passed, err := apply(&e)
		if err != nil {
			return refused(err)
		}
		if e.ID != id {
			return refused(fmt.Errorf("changing %s/%s: its key must stay as it is", bucketExporters, id))
		}
		e.SettleChain() // for the caller, who gets it back
		if err := refuseCycle(tx, e); err != nil {
			return err
		}
		if err := putExporter(tx, e); err != nil || passed.At.IsZero() {
			return err
		}
		if err := putDueTime(tx, id, passed); err != nil {
			return err
		}
		return trimDueTimes(tx, id)
	})
	if err != nil {
		return export.Exporter{}, err
	}
	return e, nil
}

// DueTimes implements export.DueStore.
func (s *Store) DueTimes(ctx context.Context, id export.ID) (all []export.DueTime, err error) {
	err = s.view(ctx, "reading due times", func(tx *bbolt.Tx) error {
		all = nil
		return eachDueTime(tx, id, func(_ []byte, d export.DueTime) (bool, error) {
			all = append(all, d)
			return len(all) < export.MostDueTimes, nil
		})
	})
	return all, err
}

// dueTimeKey returns the exporter's id, a zero byte and the due time.
func dueTimeKey(exporter export.ID, at time.Time) []byte {
	return binary.BigEndian.AppendUint64([]byte(exporter+"\x00"), timeKey(at))
}

// eachDueTime calls do with each entry of an exporter's ledger, newest first, until it says no. do must not change the
// bucket.
func eachDueTime(tx *bbolt.Tx, id export.ID, do func(key []byte, d export.DueTime) (bool, error)) error {
	prefix := []byte(id + "\x00")
	c := tx.Bucket([]byte(bucketDueTimes)).Cursor()
	k, _ := c.Seek([]byte(id + "\x01"))
	if k == nil {
		k, _ = c.Last()
	} else {
		k, _ = c.Prev()
	}
	for ; bytes.HasPrefix(k, prefix); k, _ = c.Prev() {
		d, err := get[export.DueTime](tx, bucketDueTimes, string(k))
		if err != nil {
			return err
		}
		more, err := do(k, d)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// putDueTime writes an entry, and the index of those that wait for a run.
func putDueTime(tx *bbolt.Tx, id export.ID, d export.DueTime) error {
	key := dueTimeKey(id, d.At)
	if err := put(tx, bucketDueTimes, string(key), d); err != nil {
		return err
	}
	if d.Run == "" {
		return nil
	}
	byRun := indexKey(d.Run, export.ID(key))
	if d.End != export.DueWaiting {
		return drop(tx, bucketDueTimesByRun, string(byRun))
	}
	if err := tx.Bucket([]byte(bucketDueTimesByRun)).Put(byRun, nil); err != nil {
		return fmt.Errorf("writing %s: %w", bucketDueTimesByRun, err)
	}
	return nil
}

// forgetDueTime deletes an entry, and what finds it. With again, the due time may have another run.
func forgetDueTime(tx *bbolt.Tx, id export.ID, d export.DueTime, again bool) error {
	key := dueTimeKey(id, d.At)
	if d.Run != "" {
		if err := drop(tx, bucketDueTimesByRun, string(indexKey(d.Run, export.ID(key)))); err != nil {
			return err
		}
	}
	if err := drop(tx, bucketDueTimes, string(key)); err != nil || !again {
		return err
	}
	run := string(tx.Bucket([]byte(bucketRunsByDue)).Get([]byte(dueKey(id, d.At))))
	if run == "" {
		return nil
	}
	r, err := get[export.Run](tx, bucketRuns, run)
	if err != nil {
		return err
	}
	r.Due = time.Time{}
	if err := putRun(tx, r); err != nil {
		return err
	}
	return drop(tx, bucketRunsByDue, dueKey(id, d.At))
}

// trimDueTimes deletes the entries that are more than a ledger holds. It looks at keys only, and each writer leaves
// few too many.
func trimDueTimes(tx *bbolt.Tx, id export.ID) error {
	prefix := []byte(id + "\x00")
	c := tx.Bucket([]byte(bucketDueTimes)).Cursor()
	surplus := -export.MostDueTimes
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		surplus++
	}
	var keys [][]byte
	for k, _ := c.Seek(prefix); len(keys) < surplus; k, _ = c.Next() {
		keys = append(keys, bytes.Clone(k))
	}
	for _, k := range keys {
		d, err := get[export.DueTime](tx, bucketDueTimes, string(k))
		if err != nil {
			return err
		}
		if err := forgetDueTime(tx, id, d, false); err != nil {
			return err
		}
	}
	return nil
}

// settleDueTimes ends the due times that wait for a run which is over.
func settleDueTimes(tx *bbolt.Tx, r export.Run) error {
	if !r.Status.Over() {
		return nil
	}
	prefix := indexKey(r.ID, "")
	var keys []string
	c := tx.Bucket([]byte(bucketDueTimesByRun)).Cursor()
	for k, _ := c.Seek(prefix); bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		keys = append(keys, string(k[len(prefix):]))
	}
	for _, key := range keys {
		d, err := get[export.DueTime](tx, bucketDueTimes, key)
		if err != nil && !errors.Is(err, export.ErrNotFound) {
			return err
		}
		if err == nil { // else it is forgotten already
			d.Settle(r)
			if err := put(tx, bucketDueTimes, key, d); err != nil {
				return err
			}
		}
		if err := drop(tx, bucketDueTimesByRun, string(indexKey(r.ID, export.ID(key)))); err != nil {
			return err
		}
	}
	return nil
}

// cutDueTimes forgets what lies after an exporter's next due time if that is brought forward.
func cutDueTimes(tx *bbolt.Tx, stored export.Exporter, next time.Time) error {
	if next.IsZero() || !next.Before(stored.NextAt) {
		return nil
	}
	type change struct {
		d    export.DueTime
		keep bool
	}
	var changes []change
	err := eachDueTime(tx, stored.ID, func(_ []byte, d export.DueTime) (bool, error) {
		before := d
		keep := d.Keep(next)
		if !keep || d != before {
			changes = append(changes, change{d, keep})
		}
		return d.At.After(next) || d.At.Equal(next), nil // all before the first that began earlier ended before
	})
	if err != nil {
		return err
	}
	for _, c := range changes {
		if c.keep {
			err = putDueTime(tx, stored.ID, c.d)
		} else {
			err = forgetDueTime(tx, stored.ID, c.d, true)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// dropDueTimes deletes the ledger of an exporter.
func dropDueTimes(tx *bbolt.Tx, id export.ID) error {
	var all []export.DueTime
	err := eachDueTime(tx, id, func(_ []byte, d export.DueTime) (bool, error) {
		all = append(all, d)
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, d := range all {
		if err := forgetDueTime(tx, id, d, false); err != nil {
			return err
		}
	}
	return nil
}
