package storetest

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"time"

	"ledgersheet/internal/export"
)

// PutCompany implements export.CompanyStore.
func (m *Memory) PutCompany(ctx context.Context, c export.Company) error {
	return write(ctx, m, m.companies, c.Realm, c)
}

// Company implements export.CompanyStore.
func (m *Memory) Company(ctx context.Context, realm export.RealmID) (export.Company, error) {
	return read(ctx, m, m.companies, realm)
}

// Companies implements export.CompanyStore.
func (m *Memory) Companies(ctx context.Context) ([]export.Company, error) {
	return listByName(ctx, m, m.companies, func(c export.Company) string { return c.Name },
		func(c export.Company) string { return string(c.Realm) })
}

// UpdateCompany implements export.CompanyStore.
func (m *Memory) UpdateCompany(ctx context.Context, realm export.RealmID,
	change func(*export.Company) error) (export.Company, error) {
	return alter(ctx, m, m.companies, realm, change)
}

// DeleteCompany implements export.CompanyStore.
func (m *Memory) DeleteCompany(ctx context.Context, realm export.RealmID) error {
	if err := remove(ctx, m, m.companies, realm); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.mirrorKeys, realm)
	return nil
}

// MirrorKey implements export.MirrorKeyStore.
func (m *Memory) MirrorKey(ctx context.Context, realm export.RealmID) ([]byte, error) {
	if _, err := m.Company(ctx, realm); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.mirrorKeys == nil {
		m.mirrorKeys = map[export.RealmID][]byte{}
	}
	if m.mirrorKeys[realm] == nil {
		key := make([]byte, 32)
		_, _ = rand.Read(key) // never fails
		m.mirrorKeys[realm] = key
	}
	return slices.Clone(m.mirrorKeys[realm]), nil
}

// PutAccount implements export.AccountStore.
func (m *Memory) PutAccount(ctx context.Context, a export.GoogleAccount) error {
	return write(ctx, m, m.accounts, a.ID, a)
}

// Account implements export.AccountStore.
func (m *Memory) Account(ctx context.Context, id export.ID) (export.GoogleAccount, error) {
	return read(ctx, m, m.accounts, id)
}

// Accounts implements export.AccountStore.
func (m *Memory) Accounts(ctx context.Context) ([]export.GoogleAccount, error) {
	return listByName(ctx, m, m.accounts, func(a export.GoogleAccount) string { return a.Email },
		func(a export.GoogleAccount) string { return string(a.ID) })
}

// UpdateAccount implements export.AccountStore.
func (m *Memory) UpdateAccount(ctx context.Context, id export.ID,
	change func(*export.GoogleAccount) error) (export.GoogleAccount, error) {
	return alter(ctx, m, m.accounts, id, change)
}

// DeleteAccount implements export.AccountStore.
func (m *Memory) DeleteAccount(ctx context.Context, id export.ID) error {
	return remove(ctx, m, m.accounts, id)
}

// Grant implements export.GrantStore.
func (m *Memory) Grant(ctx context.Context, key export.GrantKey) (export.Grant, error) {
	return read(ctx, m, m.grants, key)
}

// PutGrant implements export.GrantStore.
func (m *Memory) PutGrant(ctx context.Context, key export.GrantKey, g export.Grant) error {
	return write(ctx, m, m.grants, key, g)
}

// DeleteGrant implements export.GrantStore.
func (m *Memory) DeleteGrant(ctx context.Context, key export.GrantKey) error {
	return remove(ctx, m, m.grants, key)
}

// RetireGrant implements export.RevocationStore.
func (m *Memory) RetireGrant(ctx context.Context, r export.Revocation) error {
	return m.do(ctx, func() error {
		delete(m.grants, r.Key)
		m.retired[r.ID] = clone(r)
		return nil
	})
}

// Revocations implements export.RevocationStore.
func (m *Memory) Revocations(ctx context.Context) ([]export.Revocation, error) {
	return listByName(ctx, m, m.retired, func(r export.Revocation) string { return string(r.ID) },
		func(r export.Revocation) string { return string(r.ID) })
}

// DeleteRevocation implements export.RevocationStore.
func (m *Memory) DeleteRevocation(ctx context.Context, id export.ID) error {
	return remove(ctx, m, m.retired, id)
}

// Renew implements export.GrantStore.
func (m *Memory) Renew(ctx context.Context, key export.GrantKey,
	renew func(context.Context, export.Grant) (export.Grant, error)) (export.Grant, error) {
	m.mu.Lock()
	turn, ok := m.renewing[key]
	if !ok {
		turn = make(chan struct{}, 1)
		m.renewing[key] = turn
	}
	m.mu.Unlock()
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		return export.Grant{}, ctx.Err()
	}
	defer func() { <-turn }()
	stored, err := m.Grant(ctx, key)
	if err != nil {
		return export.Grant{}, err
	}
	renewed, err := renew(ctx, stored)
	if err != nil || renewed.Same(stored) {
		return renewed, err
	}
	return renewed, m.PutGrant(context.WithoutCancel(ctx), key, renewed)
}

// PutFlow implements export.FlowStore.
func (m *Memory) PutFlow(ctx context.Context, stateHash string, f export.Flow) error {
	if f.ExpiresAt.IsZero() {
		return errors.New("storing flow: it never expires")
	}
	return write(ctx, m, m.flows, stateHash, f)
}

// TakeFlow implements export.FlowStore.
func (m *Memory) TakeFlow(ctx context.Context, stateHash string, now time.Time) (f export.Flow, err error) {
	err = m.do(ctx, func() error {
		maps.DeleteFunc(m.flows, func(_ string, f export.Flow) bool { return !now.Before(f.ExpiresAt) })
		got, ok := m.flows[stateHash]
		if !ok {
			return export.ErrNotFound
		}
		f = got
		delete(m.flows, stateHash)
		return nil
	})
	return f, err
}
