package storetest

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"ledgersheet/internal/export"
)

// Memory is a store in memory, for tests that would otherwise write one by hand or wait for a disk. It passes [Run].
type Memory struct {
	Differences
	Settings

	mu         sync.Mutex
	renewing   map[export.GrantKey]chan struct{} // holds a token while nobody renews
	companies  map[export.RealmID]export.Company
	mirrorKeys map[export.RealmID][]byte
	accounts   map[export.ID]export.GoogleAccount
	grants     map[export.GrantKey]export.Grant
	flows      map[string]export.Flow
	exporters  map[export.ID]export.Exporter
	marks      map[string][]byte
	runs       map[export.ID]export.Run
	active     map[export.ID]export.ID        // runs that are not over, by exporter
	byDue      map[dueID]export.ID            // runs, by due time
	due        map[export.ID][]export.DueTime // newest first
	moves      map[export.ID][]export.Moves   // by exporter
	calls      calls
	notices    map[string][]byte
	users      map[export.ID]export.User
	retired    map[export.ID]export.Revocation
	audit      []export.AuditEntry
}

var _ export.Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{
		renewing: map[export.GrantKey]chan struct{}{}, companies: map[export.RealmID]export.Company{},
		accounts: map[export.ID]export.GoogleAccount{}, grants: map[export.GrantKey]export.Grant{},
		flows: map[string]export.Flow{}, exporters: map[export.ID]export.Exporter{}, marks: map[string][]byte{},
		runs: map[export.ID]export.Run{}, active: map[export.ID]export.ID{}, byDue: map[dueID]export.ID{},
		due: map[export.ID][]export.DueTime{}, users: map[export.ID]export.User{},
		retired: map[export.ID]export.Revocation{},
		moves:   map[export.ID][]export.Moves{}, calls: calls{},
		notices: map[string][]byte{},
	}
}

// do runs f alone, unless ctx has ended.
func (m *Memory) do(ctx context.Context, f func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return f()
}

func read[K comparable, V any](ctx context.Context, m *Memory, rows map[K]V, key K) (v V, err error) {
	err = m.do(ctx, func() error {
		got, ok := rows[key]
		if !ok {
			return export.ErrNotFound
		}
		v = got
		return nil
	})
	return v, err
}

func write[K comparable, V any](ctx context.Context, m *Memory, rows map[K]V, key K, v V) error {
	return m.do(ctx, func() error { rows[key] = v; return nil })
}

func remove[K comparable, V any](ctx context.Context, m *Memory, rows map[K]V, key K) error {
	return m.do(ctx, func() error {
		if _, ok := rows[key]; !ok {
			return export.ErrNotFound
		}
		delete(rows, key)
		return nil
	})
}

// alter changes a row. apply gets a copy that shares no memory with what is stored, so that a failed change has no
// effect.
func alter[K comparable, V any](ctx context.Context, m *Memory, rows map[K]V, key K,
	apply func(*V) error) (v V, err error) {
	err = m.do(ctx, func() error {
		got, ok := rows[key]
		if !ok {
			return export.ErrNotFound
		}
		changed := clone(got)
		if err := apply(&changed); err != nil {
			return err
		}
		v, rows[key] = changed, clone(changed)
		return nil
	})
	return v, err
}

func listByName[K comparable, V any](ctx context.Context, m *Memory, rows map[K]V, name func(V) string,
	id func(V) string) (all []V, err error) {
	err = m.do(ctx, func() error {
		all = slices.Collect(maps.Values(rows))
		slices.SortFunc(all, func(a, b V) int {
			return cmp.Or(cmp.Compare(strings.ToLower(name(a)), strings.ToLower(name(b))), cmp.Compare(id(a), id(b)))
		})
		return nil
	})
	return all, err
}

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

// CreateExporter implements export.ExporterStore.
func (m *Memory) CreateExporter(ctx context.Context, e export.Exporter) error {
	return m.CreateExporters(ctx, []export.Exporter{e})
}

// CreateExporters implements export.ExporterStore.
func (m *Memory) CreateExporters(ctx context.Context, all []export.Exporter) error {
	return m.do(ctx, func() error {
		for _, e := range all {
			if _, ok := m.exporters[e.ID]; ok {
				return export.ErrExists
			}
		}
		for _, e := range all {
			m.exporters[e.ID] = e
		}
		return nil
	})
}

// Exporter implements export.ExporterStore.
func (m *Memory) Exporter(ctx context.Context, id export.ID) (export.Exporter, error) {
	return read(ctx, m, m.exporters, id)
}

// Exporters implements export.ExporterStore.
func (m *Memory) Exporters(ctx context.Context, f export.ExporterFilter) ([]export.Exporter, error) {
	all, err := listByName(ctx, m, m.exporters, func(e export.Exporter) string { return e.Name },
		func(e export.Exporter) string { return string(e.ID) })
	return slices.DeleteFunc(all, func(e export.Exporter) bool { return !f.Matches(e) }), err
}

// UpdateExporter implements export.ExporterStore.
func (m *Memory) UpdateExporter(ctx context.Context, id export.ID,
	change func(*export.Exporter) error) (e export.Exporter, err error) {
	err = m.do(ctx, func() error {
		stored, ok := m.exporters[id]
		if !ok {
			return export.ErrNotFound
		}
		e = clone(stored)
		if err := change(&e); err != nil {
			return err
		}
		if e.ID != id {
			return fmt.Errorf("exporter %s: its id must stay as it is", id)
		}
		m.putExporter(clone(e))
		return nil
	})
	return e, err
}

func (m *Memory) putExporter(e export.Exporter) {
	m.cutDueTimes(m.exporters[e.ID], e.NextAt)
	m.exporters[e.ID] = e
	if r, ok := m.activeRun(e.ID); ok && r.Status == export.RunQueued {
		r.Exporter = e
		m.runs[r.ID] = r
	}
}

// DeleteExporter implements export.ExporterStore.
func (m *Memory) DeleteExporter(ctx context.Context, id export.ID) error {
	if err := remove(ctx, m, m.exporters, id); err != nil {
		return err
	}
	m.mu.Lock()
	delete(m.due, id)
	m.mu.Unlock()
	if err := m.do(ctx, func() error { delete(m.moves, id); return nil }); err != nil {
		return err
	}
	return m.DeleteMarks(ctx, export.MarkPrefix(id))
}

// Mark implements export.MarkStore.
func (m *Memory) Mark(ctx context.Context, key string) ([]byte, error) {
	return read(ctx, m, m.marks, key)
}

// PutMark implements export.MarkStore.
func (m *Memory) PutMark(ctx context.Context, key string, data []byte) error {
	return write(ctx, m, m.marks, key, bytes.Clone(data))
}

// DeleteMarks implements export.MarkStore.
func (m *Memory) DeleteMarks(ctx context.Context, prefix string) error {
	return m.do(ctx, func() error {
		maps.DeleteFunc(m.marks, func(key string, _ []byte) bool { return strings.HasPrefix(key, prefix) })
		return nil
	})
}

// CreateUser implements export.UserStore.
func (m *Memory) CreateUser(ctx context.Context, u export.User) error {
	return m.do(ctx, func() error {
		if _, ok := m.users[u.ID]; ok || m.emailTaken(u) {
			return export.ErrExists
		}
		m.users[u.ID] = u
		return nil
	})
}

func (m *Memory) emailTaken(u export.User) bool {
	for _, other := range m.users {
		if other.ID != u.ID && strings.EqualFold(other.Email, u.Email) {
			return true
		}
	}
	return false
}

// UserByEmail implements export.UserStore.
func (m *Memory) UserByEmail(ctx context.Context, email string) (u export.User, err error) {
	err = m.do(ctx, func() error {
		for _, u = range m.users {
			if strings.EqualFold(u.Email, email) {
				return nil
			}
		}
		u = export.User{}
		return export.ErrNotFound
	})
	return u, err
}

// Users implements export.UserStore.
func (m *Memory) Users(ctx context.Context) ([]export.User, error) {
	return listByName(ctx, m, m.users, func(u export.User) string { return u.Email },
		func(u export.User) string { return string(u.ID) })
}

// DeleteUser implements export.UserStore.
func (m *Memory) DeleteUser(ctx context.Context, id export.ID) error {
	return remove(ctx, m, m.users, id)
}

// UpdateUser implements export.UserStore.
func (m *Memory) UpdateUser(ctx context.Context, id export.ID, change func(*export.User) error) (export.User, error) {
	return alter(ctx, m, m.users, id, func(u *export.User) error {
		if err := change(u); err != nil {
			return err
		}
		if m.emailTaken(*u) {
			return export.ErrExists
		}
		return nil
	})
}

// Audit implements export.AuditStore.
func (m *Memory) Audit(ctx context.Context, e export.AuditEntry) error {
	return m.do(ctx, func() error { m.audit = append(m.audit, e); return nil })
}

// AuditEntries implements export.AuditStore.
func (m *Memory) AuditEntries(ctx context.Context, limit int) (page []export.AuditEntry, err error) {
	if limit <= 0 {
		limit = 50
	}
	err = m.do(ctx, func() error {
		all := slices.Clone(m.audit)
		slices.Reverse(all)
		slices.SortStableFunc(all, func(a, b export.AuditEntry) int { return b.At.Compare(a.At) })
		page = all[:min(limit, len(all))]
		return nil
	})
	return page, err
}

// clone copies a value through JSON, as a store on disk does. Changes to the copy affect nothing else.
func clone[V any](v V) (copied V) {
	data, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(data, &copied)
	}
	if err != nil {
		panic(fmt.Sprintf("%T cannot be stored: %v", v, err))
	}
	return copied
}
