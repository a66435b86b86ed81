package boltstore

import (
	"context"
	"fmt"
	"iter"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// Claim implements export.RunStore. It writes only if choose names a run, because each write is synced to disk.
func (s *Store) Claim(
	ctx context.Context, worker export.ID, choose func(iter.Seq[export.ActiveRun]) []export.ID, begin func(*export.Run),
) (claimed []export.Run, err error) {
	choice := func(tx *bbolt.Tx) ([]export.ID, error) {
		var broken error
		ids := choose(activities(tx, &broken))
		return ids, broken
	}
	found := false
	err = s.view(ctx, "reading queue", func(tx *bbolt.Tx) error {
		ids, err := choice(tx)
		found = len(ids) > 0
		return err
	})
	if err != nil || !found {
		return nil, err
	}
	err = s.share(ctx, "claiming runs", func(tx *bbolt.Tx) error {
		claimed = nil
		ids, err := choice(tx)
		if err != nil {
			return err
		}
		for _, id := range ids {
			r, err := get[export.Run](tx, bucketRuns, string(id))
			if err != nil {
				return err
			}
			if r.Status != export.RunQueued {
				return fmt.Errorf("claiming run %s: it is not queued", id)
			}
			r.Status, r.Owner, r.Attempts = export.RunRunning, worker, r.Attempts+1
			begin(&r)
			if err := putRun(tx, r); err != nil {
				return err
			}
			claimed = append(claimed, r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return claimed, nil
}

// UpdateRunning implements export.RunStore.
func (s *Store) UpdateRunning(ctx context.Context, h export.Held, apply func(*export.Run) error) (export.Run, error) {
	return s.UpdateRun(ctx, h.Run, func(r *export.Run) error {
		if !h.Holds(*r) {
			return fmt.Errorf("run %s, attempt %d: %w", h.Run, h.Attempt, export.ErrFenced)
		}
		return apply(r)
	})
}

// Rescue implements export.RunStore.
func (s *Store) Rescue(
	ctx context.Context, gone func(export.ID) bool, decide func(*export.Run),
) (rescued []export.Run, err error) {
	err = s.update(ctx, "rescuing runs", func(tx *bbolt.Tx) error {
		active, err := activeRuns(tx)
		if err != nil {
			return err
		}
		rescued = nil
		for _, r := range active {
			if r.Status == export.RunRunning && !gone(r.Owner) || r.Status == export.RunQueued && !r.Cancelling {
				continue
			}
			decide(&r)
			if err := arrange(tx, &r); err != nil {
				return err
			}
			if err := putRun(tx, r); err != nil {
				return err
			}
			rescued = append(rescued, r)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return rescued, nil
}
