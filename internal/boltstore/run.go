package boltstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// Enqueue implements export.RunStore. The run gets the status queued.
func (s *Store) Enqueue(ctx context.Context, r export.Run) (stored export.Run, joined bool, err error) {
	if r.Exporter.ID == "" {
		return export.Run{}, false, errors.New("queueing run: it has no exporter")
	}
	r.Status = export.RunQueued
	err = s.update(ctx, "queueing run", func(tx *bbolt.Tx) error {
		if id := activeRun(tx, r.Exporter.ID); id != "" {
			joined = true
			stored, err = get[export.Run](tx, bucketRuns, id)
			return err
		}
		if has(tx, bucketRuns, string(r.ID)) {
			return fmt.Errorf("%s/%s: %w", bucketRuns, r.ID, export.ErrExists)
		}
		if err := tx.Bucket([]byte(bucketRunsByExporter)).Put(indexKey(r.Exporter.ID, r.ID), nil); err != nil {
			return fmt.Errorf("writing index: %w", err)
		}
		stored = r
		return putRun(tx, r)
	})
	if err != nil {
		return export.Run{}, false, err
	}
	return stored, joined, nil
}

// Run implements export.RunStore.
func (s *Store) Run(ctx context.Context, id export.ID) (r export.Run, err error) {
	err = s.view(ctx, "reading run", func(tx *bbolt.Tx) error {
		r, err = get[export.Run](tx, bucketRuns, string(id))
		return err
	})
	return r, err
}

// UpdateRun implements export.RunStore. A change must keep the run's and its
// exporter's id, and must not bring a run that is over back to life.
func (s *Store) UpdateRun(ctx context.Context, id export.ID, apply func(*export.Run) error) (r export.Run, err error) {
	err = s.update(ctx, "changing run", func(tx *bbolt.Tx) error {
		r, err = get[export.Run](tx, bucketRuns, string(id))
		if err != nil {
			return err
		}
		exporter, over := r.Exporter.ID, r.Status.Over()
		if err := apply(&r); err != nil {
			return err
		}
		switch {
		case r.ID != id || r.Exporter.ID != exporter:
			return fmt.Errorf("%s/%s: its ids must stay as they are", bucketRuns, id)
		case over && !r.Status.Over():
			return fmt.Errorf("%s/%s: a run that is over cannot become %s", bucketRuns, id, r.Status)
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
		return tx.Bucket([]byte(bucketQueue)).ForEach(func(id, _ []byte) error {
			r, err := get[export.Run](tx, bucketRuns, string(id))
			if err != nil {
				return err
			}
			all = append(all, r)
			return nil
		})
	})
	if err != nil {
		return nil, err
	}
	slices.SortStableFunc(all, func(a, b export.Run) int {
		return cmp.Or(a.QueuedAt.Compare(b.QueuedAt), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// putRun writes a run and keeps the queue in step with its status.
func putRun(tx *bbolt.Tx, r export.Run) error {
	if err := put(tx, bucketRuns, string(r.ID), r); err != nil {
		return err
	}
	if r.Status.Over() {
		return drop(tx, bucketQueue, string(r.ID))
	}
	if err := tx.Bucket([]byte(bucketQueue)).Put([]byte(r.ID), []byte(r.Exporter.ID)); err != nil {
		return fmt.Errorf("writing %s/%s: %w", bucketQueue, r.ID, err)
	}
	return nil
}

// activeRun finds the exporter's run that is queued or running, empty if there is none.
func activeRun(tx *bbolt.Tx, exporter export.ID) (id string) {
	c := tx.Bucket([]byte(bucketQueue)).Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if string(v) == string(exporter) {
			return string(k)
		}
	}
	return ""
}
