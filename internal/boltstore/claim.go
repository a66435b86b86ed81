package boltstore

import (
	"context"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// Claim implements export.RunStore. It writes only if choose names a run, because each write is synced to disk.
func (s *Store) Claim(
	ctx context.Context, worker export.ID, choose func([]export.Run) []export.ID, begin func(*export.Run),
) ([]export.Run, error) {
	active, err := s.ActiveRuns(ctx)
	if err != nil || len(choose(active)) == 0 {
		return nil, err
	}
	var claimed []export.Run
	err = s.update(ctx, "claiming runs", func(tx *bbolt.Tx) error {
		claimed = nil
		active, err := activeRuns(tx)
		if err != nil {
			return err
		}
		for _, id := range choose(active) {
			i := slices.IndexFunc(active, func(r export.Run) bool { return r.ID == id })
			if i < 0 || active[i].Status != export.RunQueued {
				return fmt.Errorf("claiming run %s: it is not queued", id)
			}
			r := active[i]
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
