package auth

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"ledgersheet/internal/export"
)

const (
	theEmail    = "ann@b.test"
	thePassword = "four words make sense"
)

// userShelf is a UserStore in memory.
type userShelf struct {
	mu    sync.Mutex
	users map[export.ID]export.User
	err   error
}

func (s *userShelf) CreateUser(_ context.Context, u export.User) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, other := range s.users {
		if other.Email == u.Email {
			return export.ErrExists
		}
	}
	if s.users == nil {
		s.users = map[export.ID]export.User{}
	}
	s.users[u.ID] = u
	return s.err
}

func (s *userShelf) UserByEmail(_ context.Context, email string) (export.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.users {
		if u.Email == email && s.err == nil {
			return u, nil
		}
	}
	if s.err != nil {
		return export.User{}, s.err
	}
	return export.User{}, fmt.Errorf("user: %w", export.ErrNotFound)
}

func (s *userShelf) DeleteUser(_ context.Context, id export.ID) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.users, id)
	return s.err
}

func (s *userShelf) Users(context.Context) ([]export.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []export.User
	for _, u := range s.users {
		all = append(all, u)
	}
	return all, s.err
}

func (s *userShelf) UpdateUser(_ context.Context, id export.ID, change func(*export.User) error) (export.User, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	u, have := s.users[id]
	if !have {
		return export.User{}, export.ErrNotFound
	}
	if err := change(&u); err != nil {
		return export.User{}, err
	}
	s.users[id] = u
	return u, s.err
}

// settingShelf is a Settings in memory.
type settingShelf struct {
	mu     sync.Mutex
	values map[string][]byte
	slow   time.Duration
	err    error
}

func (s *settingShelf) Setting(_ context.Context, key string, _ bool) ([]byte, error) {
	s.mu.Lock()
	v, have := s.values[key]
	s.mu.Unlock()
	time.Sleep(s.slow)
	if !have {
		return nil, export.ErrNotFound
	}
	return v, s.err
}

func (s *settingShelf) PutSetting(_ context.Context, key string, value []byte, _ bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.values == nil {
		s.values = map[string][]byte{}
	}
	s.values[key] = value
	return s.err
}

// sessionShelf is an scs.Store in memory that counts its writes.
type sessionShelf struct {
	mu     sync.Mutex
	rows   map[string]sessionRow
	writes int
	err    error
}

type sessionRow struct {
	data   []byte
	expiry time.Time
}

func (s *sessionShelf) Find(token string) ([]byte, bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	row, have := s.rows[token]
	return row.data, have && time.Now().Before(row.expiry), s.err
}

func (s *sessionShelf) Commit(token string, b []byte, expiry time.Time) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rows == nil {
		s.rows = map[string]sessionRow{}
	}
	s.writes++
	s.rows[token] = sessionRow{b, expiry}
	return s.err
}

func (s *sessionShelf) Delete(token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.rows, token)
	return s.err
}

// quickHasher returns a hasher that does hardly any work, for tests that are not about hashing.
func quickHasher() *Hasher {
	h := NewHasher(4)
	h.cost = cost{memory: 8, time: 1, threads: 1}
	h.dummy = encode(h.cost, randomBytes(saltSize), randomBytes(keySize))
	return h
}

// newService returns a service with one user.
func newService(t *testing.T) (*Service, export.User) {
	t.Helper()
	s := &Service{Users: &userShelf{}, Hasher: quickHasher()}
	u, err := s.EnsureOwner(t.Context(), theEmail, thePassword)
	if err != nil {
		t.Fatal(err)
	}
	return s, u
}
