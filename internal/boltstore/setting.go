package boltstore

import (
	"context"
	"fmt"

	"go.etcd.io/bbolt"
)

// settingPrefix keeps settings apart from the store's own rows in the bucket meta.
const settingPrefix = "setting/"

// Setting returns the bytes that PutSetting stored under the key with the same sealed, or ErrNotFound.
func (s *Store) Setting(ctx context.Context, key string, sealed bool) (value []byte, err error) {
	key = settingPrefix + key
	s.sealing.RLock()
	defer s.sealing.RUnlock()
	err = s.view(ctx, "reading setting", func(tx *bbolt.Tx) error {
		r, err := getRow(tx, bucketMeta, key)
		if err != nil {
			return err
		}
		if sealed != (r.Sealed != nil) {
			return fmt.Errorf("%s/%s: sealed is %t, not %t", bucketMeta, key, !sealed, sealed)
		}
		if sealed {
			value, err = s.unseal(bucketMeta, key, r)
			return err
		}
		return decodeData(bucketMeta, key, r, &value)
	})
	return value, err
}

// PutSetting stores bytes under a key, replacing any previous ones. Use sealed for secrets such as an app's
// credentials.
func (s *Store) PutSetting(ctx context.Context, key string, value []byte, sealed bool) error {
	key = settingPrefix + key
	s.sealing.RLock()
	defer s.sealing.RUnlock()
	return s.update(ctx, "storing setting", func(tx *bbolt.Tx) error {
		if sealed {
			return s.putSealed(tx, bucketMeta, key, row{}, value)
		}
		return put(tx, bucketMeta, key, value)
	})
}

// DeleteSetting deletes a setting. It returns ErrNotFound if there is none.
func (s *Store) DeleteSetting(ctx context.Context, key string) error {
	return s.update(ctx, "deleting setting", func(tx *bbolt.Tx) error {
		return remove(tx, bucketMeta, settingPrefix+key)
	})
}
