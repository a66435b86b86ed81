package boltstore

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// PutCompany implements export.CompanyStore: it stores a company, new or known.
func (s *Store) PutCompany(ctx context.Context, c export.Company) error {
	return s.update(ctx, "storing company", func(tx *bbolt.Tx) error {
		return put(tx, bucketCompanies, string(c.Realm), c)
	})
}

// Company implements export.CompanyStore.
func (s *Store) Company(ctx context.Context, realm export.RealmID) (c export.Company, err error) {
	err = s.view(ctx, "reading company", func(tx *bbolt.Tx) error {
		c, err = get[export.Company](tx, bucketCompanies, string(realm))
		return err
	})
	return c, err
}

// Companies implements export.CompanyStore: by name, case-insensitively, then by realm.
func (s *Store) Companies(ctx context.Context) (all []export.Company, err error) {
	err = s.view(ctx, "listing companies", func(tx *bbolt.Tx) error {
		all, err = list[export.Company](tx, bucketCompanies)
		return err
	})
	slices.SortStableFunc(all, func(a, b export.Company) int { return compareNames(a.Name, b.Name) })
	return all, err
}

// UpdateCompany implements export.CompanyStore.
func (s *Store) UpdateCompany(
	ctx context.Context, realm export.RealmID, apply func(*export.Company) error,
) (c export.Company, err error) {
	err = s.update(ctx, "changing company", func(tx *bbolt.Tx) error {
		c, err = change(tx, bucketCompanies, string(realm), apply,
			func(c export.Company) string { return string(c.Realm) })
		return err
	})
	if err != nil {
		return export.Company{}, err
	}
	return c, nil
}

// DeleteCompany implements export.CompanyStore. The company's grant is a row of its own and stays; the key of its local
// copy goes.
func (s *Store) DeleteCompany(ctx context.Context, realm export.RealmID) error {
	return s.update(ctx, "deleting company", func(tx *bbolt.Tx) error {
		if err := drop(tx, bucketMirrorKeys, string(realm)); err != nil {
			return err
		}
		return remove(tx, bucketCompanies, string(realm))
	})
}

// mirrorKeySize is the length of a local copy's key in bytes.
const mirrorKeySize = 32

// MirrorKey implements export.MirrorKeyStore.
func (s *Store) MirrorKey(ctx context.Context, realm export.RealmID) (key []byte, err error) {
	s.sealing.RLock()
	defer s.sealing.RUnlock()
	read := func(tx *bbolt.Tx) error {
		r, err := getRow(tx, bucketMirrorKeys, string(realm))
		if err == nil {
			key, err = s.unseal(bucketMirrorKeys, string(realm), r)
		}
		return err
	}
	err = s.view(ctx, "reading the key of a local copy", read)
	if !errors.Is(err, export.ErrNotFound) {
		return key, err
	}
	err = s.update(ctx, "making the key of a local copy", func(tx *bbolt.Tx) error {
		if !has(tx, bucketCompanies, string(realm)) {
			return fmt.Errorf("company %s: %w", realm, export.ErrNotFound)
		}
		if has(tx, bucketMirrorKeys, string(realm)) {
			return read(tx)
		}
		key = make([]byte, mirrorKeySize)
		_, _ = rand.Read(key) // never fails: it ends the program if the system has no randomness
		return s.putSealed(tx, bucketMirrorKeys, string(realm), row{}, key)
	})
	if err != nil {
		return nil, err
	}
	return key, nil
}

// PutAccount implements export.AccountStore: it stores an account, new or known.
func (s *Store) PutAccount(ctx context.Context, a export.GoogleAccount) error {
	return s.update(ctx, "storing Google account", func(tx *bbolt.Tx) error {
		return put(tx, bucketAccounts, string(a.ID), a)
	})
}

// Account implements export.AccountStore.
func (s *Store) Account(ctx context.Context, id export.ID) (a export.GoogleAccount, err error) {
	err = s.view(ctx, "reading Google account", func(tx *bbolt.Tx) error {
		a, err = get[export.GoogleAccount](tx, bucketAccounts, string(id))
		return err
	})
	return a, err
}

// Accounts implements export.AccountStore: by e-mail, then by id.
func (s *Store) Accounts(ctx context.Context) (all []export.GoogleAccount, err error) {
	err = s.view(ctx, "listing Google accounts", func(tx *bbolt.Tx) error {
		all, err = list[export.GoogleAccount](tx, bucketAccounts)
		return err
	})
	slices.SortStableFunc(all, func(a, b export.GoogleAccount) int { return compareNames(a.Email, b.Email) })
	return all, err
}

// UpdateAccount implements export.AccountStore.
func (s *Store) UpdateAccount(
	ctx context.Context, id export.ID, apply func(*export.GoogleAccount) error,
) (a export.GoogleAccount, err error) {
	err = s.update(ctx, "changing Google account", func(tx *bbolt.Tx) error {
		a, err = change(tx, bucketAccounts, string(id), apply,
			func(a export.GoogleAccount) string { return string(a.ID) })
		return err
	})
	if err != nil {
		return export.GoogleAccount{}, err
	}
	return a, nil
}

// DeleteAccount implements export.AccountStore. Its grant is a row of its own and stays.
func (s *Store) DeleteAccount(ctx context.Context, id export.ID) error {
	return s.update(ctx, "deleting Google account", func(tx *bbolt.Tx) error {
		return remove(tx, bucketAccounts, string(id))
	})
}

// compareNames orders names for people; equal ones keep the order of their keys.
func compareNames(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) }
