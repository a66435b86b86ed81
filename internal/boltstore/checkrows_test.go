package boltstore

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// TestCheckRows reads a store with more rows than one transaction takes, and finds each kind of damage in any bucket.
func TestCheckRows(t *testing.T) {
	t.Parallel()
	s := openAt(t, t.TempDir()+"/ledgersheet.db", newVault(t))
	fill(t, s)
	must(t, s.update(t.Context(), "filling", func(tx *bbolt.Tx) error {
		for i := range rowsAtATime + 5 {
			key := fmt.Sprintf("%08d", i)
			if err := put(tx, bucketAudit, key, export.AuditEntry{Who: key}); err != nil {
				return err
			}
		}
		return nil
	}))
	must(t, s.CheckRows(t.Context()))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.CheckRows(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("after its end: %v", err)
	}
	for name, damage := range map[string]struct{ bucket, key, value string }{
		"the last row":        {bucketAudit, fmt.Sprintf("%08d", rowsAtATime+4), `{"v":1,"da`},
		"the row of a border": {bucketAudit, fmt.Sprintf("%08d", rowsAtATime), "\x00"},
		"a company":           {bucketCompanies, "1", "garbage"},
		"a secret":            {bucketGrants, string(export.CompanyGrant("1")), `{"v":1,"sealed":"AAAA"}`},
	} {
		var was []byte
		write := func(value []byte) {
			t.Helper()
			must(t, s.update(t.Context(), "spoiling", func(tx *bbolt.Tx) error {
				b := tx.Bucket([]byte(damage.bucket))
				was = append([]byte(nil), b.Get([]byte(damage.key))...)
				return b.Put([]byte(damage.key), value)
			}))
		}
		write([]byte(damage.value))
		if err := s.CheckRows(t.Context()); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", name, err)
		}
		if len(was) == 0 {
			t.Errorf("%s was not there", name)
		}
		write(was)
	}
	must(t, s.CheckRows(t.Context()))
}
