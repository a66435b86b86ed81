package boltstore

import (
	"context"
	"errors"
	"time"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// Find implements scs.Store. Tokens come hashed, by scs's option HashTokenInStore.
func (s *Store) Find(token string) (data []byte, found bool, err error) {
	err = s.view(context.Background(), "reading session", func(tx *bbolt.Tx) error {
		r, err := getRow(tx, bucketSessions, token)
		if errors.Is(err, export.ErrNotFound) || err == nil && r.expired(s.now()) {
			return nil
		}
		if err != nil {
			return err
		}
		found = true
		return decodeData(bucketSessions, token, r, &data)
	})
	if err != nil {
		return nil, false, err
	}
	return data, found, nil
}

// Commit implements scs.Store.
func (s *Store) Commit(token string, data []byte, expiry time.Time) error {
	return s.update(context.Background(), "storing session", func(tx *bbolt.Tx) error {
		return putUntil(tx, bucketSessions, token, data, expiry)
	})
}

// Delete implements scs.Store.
func (s *Store) Delete(token string) error {
	return s.update(context.Background(), "deleting session", func(tx *bbolt.Tx) error {
		return drop(tx, bucketSessions, token)
	})
}

// DeleteExpiredSessions deletes the sessions that have ended and returns how many there were.
func (s *Store) DeleteExpiredSessions(ctx context.Context, now time.Time) (n int, err error) {
	err = s.update(ctx, "deleting expired sessions", func(tx *bbolt.Tx) error {
		n, err = deleteExpired(tx, bucketSessions, now)
		return err
	})
	return n, err
}
