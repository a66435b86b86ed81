package boltstore

import (
	"context"
	"encoding/binary"
	"fmt"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// Audit implements export.AuditStore.
func (s *Store) Audit(ctx context.Context, e export.AuditEntry) error {
	return s.share(ctx, "storing audit entry", func(tx *bbolt.Tx) error {
		n, err := tx.Bucket([]byte(bucketAudit)).NextSequence()
		if err != nil {
			return fmt.Errorf("numbering: %w", err)
		}
		// The key is the time, then a number for entries of the same instant.
		key := binary.BigEndian.AppendUint64(nil, uint64(e.At.UnixNano()))
		return put(tx, bucketAudit, string(binary.BigEndian.AppendUint64(key, n)), e)
	})
}

// AuditEntries implements export.AuditStore. A limit of 0 means 50.
func (s *Store) AuditEntries(ctx context.Context, limit int) (page []export.AuditEntry, err error) {
	if limit <= 0 {
		limit = defaultPage
	}
	err = s.view(ctx, "reading audit entries", func(tx *bbolt.Tx) error {
		c := tx.Bucket([]byte(bucketAudit)).Cursor()
		for k, _ := c.Last(); k != nil && len(page) < limit; k, _ = c.Prev() {
			e, err := get[export.AuditEntry](tx, bucketAudit, string(k))
			if err != nil {
				return err
			}
			page = append(page, e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return page, nil
}
