package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// keyCheck is a sealed row with a known text. It reveals a wrong key at start rather than at the first token refresh.
const (
	keyCheck  = "key_check"
	checkText = "ledgersheet"
)

func place(bucket, key string) string { return bucket + "/" + key }

// maySealed reports whether a value can be a sealed row. Indexes hold people's texts too, but never as JSON.
func maySealed(bucket string, raw []byte) bool {
	return bytes.HasPrefix(raw, []byte("{")) && bytes.Contains(raw, []byte(`"sealed":"`)) ||
		bucket == bucketMarks && bytes.HasPrefix(raw, []byte{rawSealed})
}

// checkSealer makes sure that the sealer opens what is in the store.
func (s *Store) checkSealer() error {
	missing := false
	err := s.db.View(func(tx *bbolt.Tx) error {
		r, err := getRow(tx, bucketMeta, keyCheck)
		if errors.Is(err, export.ErrNotFound) {
			missing = true
			return nil
		}
		if err != nil {
			return err
		}
		text, err := s.unseal(bucketMeta, keyCheck, r)
		if err == nil && !bytes.Equal(text, []byte(checkText)) {
			err = errors.New("the key check has another text")
		}
		return err
	})
	if err != nil || !missing {
		return err
	}
	return s.db.Update(func(tx *bbolt.Tx) error {
		return s.putSealed(tx, bucketMeta, keyCheck, row{}, []byte(checkText))
	})
}

// unseal opens a row. The caller holds s.sealing or has exclusive access.
func (s *Store) unseal(bucket, key string, r row) ([]byte, error) {
	plain, err := s.seal.Open(place(bucket, key), r.Sealed)
	if err != nil {
		return nil, fmt.Errorf("unsealing: %w", err)
	}
	return plain, nil
}

// putSealed seals plain and writes it as r. The caller holds s.sealing or has exclusive access.
func (s *Store) putSealed(tx *bbolt.Tx, bucket, key string, r row, plain []byte) error {
	sealed, err := s.seal.Seal(place(bucket, key), plain)
	if err != nil {
		return fmt.Errorf("sealing: %w", err)
	}
	r.Data, r.Sealed = nil, sealed
	return putRow(tx, bucket, key, r)
}

// Reseal opens every sealed value with from, seals it with to, and uses to from then on. It is atomic and returns the
// number of values. After an error the store keeps the sealer it had.
func (s *Store) Reseal(ctx context.Context, from, to Sealer) (n int, err error) {
	s.sealing.Lock()
	defer s.sealing.Unlock()
	err = s.update(ctx, "re-sealing secrets", func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
			done, err := resealBucket(tx, string(name), from, to)
			n += done
			return err
		})
	})
	if err != nil {
		return 0, err
	}
	s.seal = to
	return n, nil
}

func resealBucket(tx *bbolt.Tx, bucket string, from, to Sealer) (int, error) {
	rows := map[string]row{} // a bucket must not be changed while iterating over it
	err := tx.Bucket([]byte(bucket)).ForEach(func(k, raw []byte) error {
		if !maySealed(bucket, raw) {
			return nil
		}
		r, err := decodeRow(bucket, string(k), raw)
		if err != nil {
			return err
		}
		if r.Sealed != nil {
			r.Sealed = bytes.Clone(r.Sealed)
			rows[string(k)] = r
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for key, r := range rows {
		plain, err := from.Open(place(bucket, key), r.Sealed)
		if err != nil {
			return 0, fmt.Errorf("unsealing: %w", err)
		}
		if r.Sealed, err = to.Seal(place(bucket, key), plain); err != nil {
			return 0, fmt.Errorf("sealing: %w", err)
		}
		if err := putRow(tx, bucket, key, r); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}
