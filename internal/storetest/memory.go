package storetest

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

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
			m.putExporter(e)
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
		e.SettleChain()
		if err := m.refuseCycle(e); err != nil {
			return err
		}
		m.putExporter(clone(e))
		return nil
	})
	return e, err
}

func (m *Memory) putExporter(e export.Exporter) {
	e.SettleChain()
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
	err := m.do(ctx, func() error {
		delete(m.moves, id)
		for _, e := range m.exporters {
			if e = clone(e); e.Unchain(id) {
				m.putExporter(e)
			}
		}
		return nil
	})
	if err != nil {
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
