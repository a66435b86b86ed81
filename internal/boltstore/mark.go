package boltstore

import (
	"bytes"
	"context"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/mapped"
)

// Mark implements export.MarkStore.
func (s *Store) Mark(ctx context.Context, key string) (data []byte, err error) {
	s.sealing.RLock()
	defer s.sealing.RUnlock()
	err = s.view(ctx, "reading mark", func(tx *bbolt.Tx) error {
		r, err := getRow(tx, bucketMarks, key)
		if err != nil {
			return err
		}
		if data, err = s.unseal(bucketMarks, key, r); len(data) >= large {
			mapped.Drop(tx)
		}
		return err
	})
	return data, err
}

// large is from how many bytes on the pages of a mark do not stay in memory.
const large = 256 << 10

// PutMark implements export.MarkStore.
func (s *Store) PutMark(ctx context.Context, key string, data []byte) error {
	s.sealing.RLock()
	defer s.sealing.RUnlock()
	err := s.share(ctx, "storing mark", func(tx *bbolt.Tx) error {
		return s.putSealed(tx, bucketMarks, key, row{}, data)
	})
	if err != nil || len(data) < large {
		return err
	}
	// It is stored whatever becomes of this.
	_ = s.view(ctx, "giving memory back", func(tx *bbolt.Tx) error { mapped.Drop(tx); return nil })
	return nil
}

// DeleteMarks implements export.MarkStore.
func (s *Store) DeleteMarks(ctx context.Context, prefix string) error {
	return s.update(ctx, "deleting marks", func(tx *bbolt.Tx) error { return dropMarks(tx, prefix) })
}

func dropMarks(tx *bbolt.Tx, prefix string) error {
	var keys []string // a bucket must not be changed while iterating over it
	c := tx.Bucket([]byte(bucketMarks)).Cursor()
	for k, _ := c.Seek([]byte(prefix)); k != nil && bytes.HasPrefix(k, []byte(prefix)); k, _ = c.Next() {
		keys = append(keys, string(k))
	}
	for _, key := range keys {
		if err := drop(tx, bucketMarks, key); err != nil {
			return err
		}
	}
	return nil
}
