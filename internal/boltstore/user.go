package boltstore

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// CreateUser implements export.UserStore. E-mails are compared case-insensitively.
func (s *Store) CreateUser(ctx context.Context, u export.User) error {
	return s.update(ctx, "creating user", func(tx *bbolt.Tx) error {
		if has(tx, bucketUsers, string(u.ID)) {
			return fmt.Errorf("%s/%s: %w", bucketUsers, u.ID, export.ErrExists)
		}
		if err := takeEmail(tx, u); err != nil {
			return err
		}
		return put(tx, bucketUsers, string(u.ID), u)
	})
}

// UserByEmail implements export.UserStore.
func (s *Store) UserByEmail(ctx context.Context, email string) (u export.User, err error) {
	err = s.view(ctx, "reading user", func(tx *bbolt.Tx) error {
		id := tx.Bucket([]byte(bucketUsersByEmail)).Get([]byte(strings.ToLower(email)))
		if id == nil {
			return export.ErrNotFound
		}
		u, err = get[export.User](tx, bucketUsers, string(id))
		return err
	})
	return u, err
}

// Users implements export.UserStore: by e-mail.
func (s *Store) Users(ctx context.Context) (all []export.User, err error) {
	err = s.view(ctx, "listing users", func(tx *bbolt.Tx) error {
		all, err = list[export.User](tx, bucketUsers)
		return err
	})
	slices.SortStableFunc(all, func(a, b export.User) int { return compareNames(a.Email, b.Email) })
	return all, err
}

// UpdateUser implements export.UserStore. It returns ErrExists if a new e-mail is taken.
func (s *Store) UpdateUser(
	ctx context.Context, id export.ID, apply func(*export.User) error,
) (u export.User, err error) {
	err = s.update(ctx, "changing user", func(tx *bbolt.Tx) error {
		old, err := get[export.User](tx, bucketUsers, string(id))
		if err != nil {
			return err
		}
		u, err = change(tx, bucketUsers, string(id), apply, func(u export.User) string { return string(u.ID) })
		if err != nil || strings.EqualFold(u.Email, old.Email) {
			return err
		}
		if err := drop(tx, bucketUsersByEmail, strings.ToLower(old.Email)); err != nil {
			return err
		}
		return takeEmail(tx, u)
	})
	if err != nil {
		return export.User{}, err
	}
	return u, nil
}

// DeleteUser implements export.UserStore.
func (s *Store) DeleteUser(ctx context.Context, id export.ID) error {
	return s.update(ctx, "deleting user", func(tx *bbolt.Tx) error {
		u, err := get[export.User](tx, bucketUsers, string(id))
		if err != nil {
			return err
		}
		if err := drop(tx, bucketUsersByEmail, strings.ToLower(u.Email)); err != nil {
			return err
		}
		return drop(tx, bucketUsers, string(id))
	})
}

// takeEmail enters a user's e-mail into the index, or returns ErrExists.
func takeEmail(tx *bbolt.Tx, u export.User) error {
	email := strings.ToLower(u.Email)
	if has(tx, bucketUsersByEmail, email) {
		return fmt.Errorf("the e-mail %s: %w", email, export.ErrExists)
	}
	if err := tx.Bucket([]byte(bucketUsersByEmail)).Put([]byte(email), []byte(u.ID)); err != nil {
		return fmt.Errorf("writing index: %w", err)
	}
	return nil
}
