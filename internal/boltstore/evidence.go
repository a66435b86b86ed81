package boltstore

import (
	"context"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// evidenceKey is where a run's evidence lies among the differences: no run's id ends like that.
func evidenceKey(run export.ID) string { return string(run) + "/evidence" }

// PutEvidence implements export.EvidenceStore.
func (s *Store) PutEvidence(ctx context.Context, run export.ID, data []byte) error {
	s.sealing.RLock()
	defer s.sealing.RUnlock()
	return s.share(ctx, "storing evidence", func(tx *bbolt.Tx) error {
		return s.putSealed(tx, bucketDifferences, evidenceKey(run), row{}, data)
	})
}

// Evidence implements export.EvidenceStore.
func (s *Store) Evidence(ctx context.Context, run export.ID) (data []byte, err error) {
	s.sealing.RLock()
	defer s.sealing.RUnlock()
	err = s.view(ctx, "reading evidence", func(tx *bbolt.Tx) error {
		r, err := getRow(tx, bucketDifferences, evidenceKey(run))
		if err != nil {
			return err
		}
		data, err = s.unseal(bucketDifferences, evidenceKey(run), r)
		return err
	})
	return data, err
}
