package boltstore

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// bucketCalls has a count for each day and company: day/realm.
const bucketCalls = "calls"

// AddCalls implements export.CallStore.
func (s *Store) AddCalls(ctx context.Context, more []export.CallCount) error {
	return s.update(ctx, "counting calls", func(tx *bbolt.Tx) error {
		for _, c := range more {
			key := c.Day + "/" + string(c.Realm)
			n, err := get[int](tx, bucketCalls, key)
			if err != nil && !errors.Is(err, export.ErrNotFound) {
				return err
			}
			if err := put(tx, bucketCalls, key, n+c.Calls); err != nil {
				return err
			}
		}
		return nil
	})
}

// Calls implements export.CallStore.
func (s *Store) Calls(ctx context.Context, first, last string) (counts []export.CallCount, err error) {
	err = s.view(ctx, "reading counts of calls", func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(bucketCalls))
		c := b.Cursor()
		for k, raw := c.Seek([]byte(first)); k != nil; k, raw = c.Next() {
			day, realm, _ := strings.Cut(string(k), "/")
			if day > last {
				return nil
			}
			r, err := decodeRow(bucketCalls, string(k), raw)
			if err != nil {
				return err
			}
			count := export.CallCount{Day: day, Realm: export.RealmID(realm)}
			if err := decodeData(bucketCalls, string(k), r, &count.Calls); err != nil {
				return err
			}
			counts = append(counts, count)
		}
		return nil
	})
	return counts, err
}

// PruneCalls implements export.CallStore.
func (s *Store) PruneCalls(ctx context.Context, before string) error {
	return s.update(ctx, "deleting counts of calls", func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(bucketCalls))
		var keys []string // a bucket must not be changed while iterating over it
		c := b.Cursor()
		for k, _ := c.First(); k != nil && bytes.Compare(k, []byte(before)) < 0; k, _ = c.Next() {
			keys = append(keys, string(k))
		}
		for _, key := range keys {
			if err := drop(tx, bucketCalls, key); err != nil {
				return err
			}
		}
		return nil
	})
}
