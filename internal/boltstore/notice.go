package boltstore

import (
	"bytes"
	"context"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// bucketNotices has what package notice remembers, sealed.
const bucketNotices = "notices"

// NoticeRecords implements export.NoticeStore.
func (s *Store) NoticeRecords(ctx context.Context, prefix string) (all []export.NoticeRecord, err error) {
	s.sealing.RLock()
	defer s.sealing.RUnlock()
	err = s.view(ctx, "reading notices", func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(bucketNotices))
		c := b.Cursor()
		for k, raw := c.Seek([]byte(prefix)); k != nil && bytes.HasPrefix(k, []byte(prefix)); k, raw = c.Next() {
			r, err := decodeRow(bucketNotices, string(k), raw)
			if err != nil {
				return err
			}
			data, err := s.unseal(bucketNotices, string(k), r)
			if err != nil {
				return err
			}
			all = append(all, export.NoticeRecord{Key: string(k), Data: data})
		}
		return nil
	})
	return all, err
}

// ChangeNotices implements export.NoticeStore.
func (s *Store) ChangeNotices(ctx context.Context, changes []export.NoticeRecord) error {
	s.sealing.RLock()
	defer s.sealing.RUnlock()
	return s.update(ctx, "storing notices", func(tx *bbolt.Tx) error {
		for _, r := range changes {
			err := drop(tx, bucketNotices, r.Key)
			if r.Data != nil {
				err = s.putSealed(tx, bucketNotices, r.Key, row{}, r.Data)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
