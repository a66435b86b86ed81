package boltstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// Grant implements export.GrantStore.
func (s *Store) Grant(ctx context.Context, key export.GrantKey) (g export.Grant, err error) {
	s.sealing.RLock()
	defer s.sealing.RUnlock()
	err = s.view(ctx, "reading grant", func(tx *bbolt.Tx) error {
		r, err := getRow(tx, bucketGrants, string(key))
		if err != nil {
			return err
		}
		return s.openInto(bucketGrants, string(key), r, &g)
	})
	return g, err
}

// PutGrant implements export.GrantStore. The grant is on disk when it returns.
func (s *Store) PutGrant(ctx context.Context, key export.GrantKey, g export.Grant) error {
	plain, err := json.Marshal(g)
	if err != nil {
		return fmt.Errorf("encoding grant: %w", err)
	}
	s.sealing.RLock()
	defer s.sealing.RUnlock()
	return s.update(ctx, "storing grant", func(tx *bbolt.Tx) error {
		return s.putSealed(tx, bucketGrants, string(key), row{}, plain)
	})
}

// Renew implements export.GrantStore. The file belongs to this process alone, so its own lock is enough.
func (s *Store) Renew(
	ctx context.Context, key export.GrantKey, renew func(context.Context, export.Grant) (export.Grant, error),
) (export.Grant, error) {
	unlock, err := s.renewing.lock(ctx, string(key))
	if err != nil {
		return export.Grant{}, fmt.Errorf("waiting to renew grant: %w", err)
	}
	defer unlock()
	stored, err := s.Grant(ctx, key)
	if err != nil {
		return export.Grant{}, err
	}
	renewed, err := renew(ctx, stored)
	if err != nil || renewed.Same(stored) {
		return renewed, err
	}
	// The renewed grant must not be lost because the caller went away.
	if err := s.PutGrant(context.WithoutCancel(ctx), key, renewed); err != nil {
		return renewed, fmt.Errorf("%w: %w", export.ErrNotStored, err)
	}
	return renewed, nil
}

// DeleteGrant implements export.GrantStore.
func (s *Store) DeleteGrant(ctx context.Context, key export.GrantKey) error {
	return s.update(ctx, "deleting grant", func(tx *bbolt.Tx) error {
		return remove(tx, bucketGrants, string(key))
	})
}

// revocationPrefix begins the keys of revocations among the grants.
const revocationPrefix = "revocation/"

// RetireGrant implements export.RevocationStore.
func (s *Store) RetireGrant(ctx context.Context, r export.Revocation) error {
	plain, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encoding revocation: %w", err)
	}
	s.sealing.RLock()
	defer s.sealing.RUnlock()
	return s.update(ctx, "retiring grant", func(tx *bbolt.Tx) error {
		if err := drop(tx, bucketGrants, string(r.Key)); err != nil {
			return err
		}
		return s.putSealed(tx, bucketGrants, revocationPrefix+string(r.ID), row{}, plain)
	})
}

// Revocations implements export.RevocationStore.
func (s *Store) Revocations(ctx context.Context) (all []export.Revocation, err error) {
	s.sealing.RLock()
	defer s.sealing.RUnlock()
	err = s.view(ctx, "listing revocations", func(tx *bbolt.Tx) error {
		cursor, prefix := tx.Bucket([]byte(bucketGrants)).Cursor(), []byte(revocationPrefix)
		for k, raw := cursor.Seek(prefix); bytes.HasPrefix(k, prefix); k, raw = cursor.Next() {
			r, err := decodeRow(bucketGrants, string(k), raw)
			if err != nil {
				return err
			}
			var v export.Revocation
			if err := s.openInto(bucketGrants, string(k), r, &v); err != nil {
				return err
			}
			all = append(all, v)
		}
		return nil
	})
	return all, err
}

// DeleteRevocation implements export.RevocationStore.
func (s *Store) DeleteRevocation(ctx context.Context, id export.ID) error {
	return s.update(ctx, "deleting revocation", func(tx *bbolt.Tx) error {
		return remove(tx, bucketGrants, revocationPrefix+string(id))
	})
}

// PutFlow implements export.FlowStore. A flow without an expiry is an error.
func (s *Store) PutFlow(ctx context.Context, stateHash string, f export.Flow) error {
	if f.ExpiresAt.IsZero() {
		return errors.New("storing flow: it never expires")
	}
	plain, err := json.Marshal(f)
	if err != nil {
		return fmt.Errorf("encoding flow: %w", err)
	}
	s.sealing.RLock()
	defer s.sealing.RUnlock()
	return s.update(ctx, "storing flow", func(tx *bbolt.Tx) error {
		return s.putSealed(tx, bucketFlows, stateHash, row{Until: f.ExpiresAt}, plain)
	})
}

// TakeFlow implements export.FlowStore. It also forgets all flows that have expired.
func (s *Store) TakeFlow(ctx context.Context, stateHash string, now time.Time) (f export.Flow, err error) {
	s.sealing.RLock()
	defer s.sealing.RUnlock()
	found := false
	err = s.update(ctx, "taking flow", func(tx *bbolt.Tx) error {
		if _, err := deleteExpired(tx, bucketFlows, now); err != nil {
			return err
		}
		if !has(tx, bucketFlows, stateHash) {
			return nil // an error would roll back the deletion of expired flows
		}
		r, err := getRow(tx, bucketFlows, stateHash)
		if err != nil {
			return err
		}
		if err := s.openInto(bucketFlows, stateHash, r, &f); err != nil {
			return err
		}
		found = true
		return drop(tx, bucketFlows, stateHash)
	})
	if err == nil && !found {
		err = fmt.Errorf("taking flow: %w", export.ErrNotFound)
	}
	if err != nil {
		return export.Flow{}, err
	}
	return f, nil
}

// DeleteExpiredFlows deletes the consents that nobody finished in time and returns how many there were.
func (s *Store) DeleteExpiredFlows(ctx context.Context, now time.Time) (n int, err error) {
	err = s.update(ctx, "deleting expired flows", func(tx *bbolt.Tx) error {
		n, err = deleteExpired(tx, bucketFlows, now)
		return err
	})
	return n, err
}

func (s *Store) openInto(bucket, key string, r row, v any) error {
	plain, err := s.unseal(bucket, key, r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(plain, v); err != nil {
		// The decoder's error may quote the secret.
		return fmt.Errorf("decoding the sealed value of %s/%s failed", bucket, key)
	}
	return nil
}
