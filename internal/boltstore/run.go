package boltstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// Enqueue implements export.RunStore. The run gets the status queued.
func (s *Store) Enqueue(ctx context.Context, r export.Run) (stored export.Run, joined bool, err error) {
	if r.Exporter.ID == "" {
		return export.Run{}, false, errors.New("queueing run: it has no exporter")
	}
	err = s.share(ctx, "queueing run", func(tx *bbolt.Tx) error {
		stored, joined, err = enqueue(tx, r)
		return err
	})
	if err != nil {
		return export.Run{}, false, err
	}
	return stored, joined, nil
}

func enqueue(tx *bbolt.Tx, r export.Run) (stored export.Run, joined bool, err error) {
	r.Status, r.Owner = export.RunQueued, ""
	if id := activeRun(tx, r.Exporter.ID); id != "" {
		stored, err = get[export.Run](tx, bucketRuns, id)
		return stored, true, err
	}
	if has(tx, bucketRuns, string(r.ID)) {
		return stored, false, refused(fmt.Errorf("%s/%s: %w", bucketRuns, r.ID, export.ErrExists))
	}
	if err := arrange(tx, &r); err != nil {
		return stored, false, err
	}
	return r, false, putRun(tx, r)
}

// arrange makes a run consistent with its status: a queued run carries its exporter as stored, if it still exists, and
// only a running one has an owner.
func arrange(tx *bbolt.Tx, r *export.Run) error {
	if r.Status != export.RunRunning {
		r.Owner = ""
	}
	if r.Status != export.RunQueued || !has(tx, bucketExporters, string(r.Exporter.ID)) {
		return nil
	}
	e, err := get[export.Exporter](tx, bucketExporters, string(r.Exporter.ID))
	r.Exporter = e
	return err
}

// dueKey returns the index key for the run of an exporter's due time.
func dueKey(exporter export.ID, due time.Time) string {
	return string(exporter) + "\x00" + due.UTC().Format(time.RFC3339Nano)
}

// Run implements export.RunStore.
func (s *Store) Run(ctx context.Context, id export.ID) (r export.Run, err error) {
	err = s.view(ctx, "reading run", func(tx *bbolt.Tx) error {
		r, err = get[export.Run](tx, bucketRuns, string(id))
		return err
	})
	return r, err
}

// UpdateRun implements export.RunStore. A change must keep the ids of the run and its exporter, and must not revive a
// run that is over.
func (s *Store) UpdateRun(ctx context.Context, id export.ID, apply func(*export.Run) error) (r export.Run, err error) {
	err = s.share(ctx, "changing run", func(tx *bbolt.Tx) error {
		r, err = get[export.Run](tx, bucketRuns, string(id))
		if err != nil {
			return refused(err)
		}
		exporter, over := r.Exporter.ID, r.Status.Over()
		if err := apply(&r); err != nil {
			return refused(err)
		}
		switch {
		case r.ID != id || r.Exporter.ID != exporter:
			return refused(fmt.Errorf("%s/%s: its ids must stay as they are", bucketRuns, id))
		case over && !r.Status.Over():
			return refused(fmt.Errorf("%s/%s: a run that is over cannot become %s", bucketRuns, id, r.Status))
		}
		if err := arrange(tx, &r); err != nil {
			return err
		}
		return putRun(tx, r)
	})
	if err != nil {
		return export.Run{}, err
	}
	return r, nil
}

// ActiveRuns implements export.RunStore: by the time they were queued, then by id.
func (s *Store) ActiveRuns(ctx context.Context) (all []export.Run, err error) {
	err = s.view(ctx, "reading queue", func(tx *bbolt.Tx) error {
		all, err = activeRuns(tx)
		return err
	})
	return all, err
}

func activeRuns(tx *bbolt.Tx) (all []export.Run, err error) {
	err = tx.Bucket([]byte(bucketActive)).ForEach(func(key, _ []byte) error {
		r, err := get[export.Run](tx, bucketRuns, activeID(key))
		if err != nil {
			return err
		}
		all = append(all, r)
		return nil
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b export.Run) int {
		return cmp.Or(a.QueuedAt.Compare(b.QueuedAt), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// putRun writes a run and keeps in step what is known of it elsewhere: its head, the indexes of the history, the queue,
// the due times that wait for it and the history of its exporter.
func putRun(tx *bbolt.Tx, r export.Run) error {
	var old *head
	if has(tx, bucketRunHeads, string(r.ID)) {
		h, err := get[head](tx, bucketRunHeads, string(r.ID))
		if err != nil {
			return err
		}
		old = &h
	}
	now := headOf(r)
	if err := put(tx, bucketRuns, string(r.ID), r); err != nil {
		return err
	}
	if err := put(tx, bucketRunHeads, string(r.ID), now); err != nil {
		return err
	}
	if err := reindexRun(tx, r.ID, old, &now); err != nil {
		return err
	}
	if err := putActive(tx, r); err != nil {
		return err
	}
	if err := settleDueTimes(tx, r); err != nil {
		return err
	}
	return noteRun(tx, r, old)
}
