package boltstore

import (
	"context"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// PutDifference implements export.DifferenceStore.
func (s *Store) PutDifference(ctx context.Context, run export.ID, data []byte) error {
	s.sealing.RLock()
	defer s.sealing.RUnlock()
	return s.share(ctx, "storing difference", func(tx *bbolt.Tx) error {
		return s.putSealed(tx, bucketDifferences, string(run), row{}, data)
	})
}

// Difference implements export.DifferenceStore.
func (s *Store) Difference(ctx context.Context, run export.ID) (data []byte, err error) {
	s.sealing.RLock()
	defer s.sealing.RUnlock()
	err = s.view(ctx, "reading difference", func(tx *bbolt.Tx) error {
		r, err := getRow(tx, bucketDifferences, string(run))
		if err != nil {
			return err
		}
		data, err = s.unseal(bucketDifferences, string(run), r)
		return err
	})
	return data, err
}
