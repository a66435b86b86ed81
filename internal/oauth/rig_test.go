package oauth

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

const theKey = export.GrantKey("quickbooks/1")

// grantShelf is a GrantStore in memory that can fail and be slow.
type grantShelf struct {
	mu      sync.Mutex
	grants  map[export.GrantKey]export.Grant
	saved   map[string]bool // access tokens that were ever stored
	reads   int
	failPut error
	failGet error
	slow    time.Duration

	renewing chan struct{} // holds a token while somebody renews; with a mutex, a bubble's time would stand still
}

func (s *grantShelf) Grant(_ context.Context, key export.GrantKey) (export.Grant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	if s.failGet != nil {
		return export.Grant{}, s.failGet
	}
	g, have := s.grants[key]
	if !have {
		return export.Grant{}, fmt.Errorf("grant: %w", export.ErrNotFound)
	}
	return g, nil
}

func (s *grantShelf) PutGrant(ctx context.Context, key export.GrantKey, g export.Grant) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	time.Sleep(s.slow)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failPut != nil {
		return s.failPut
	}
	if s.grants == nil {
		s.grants, s.saved = map[export.GrantKey]export.Grant{}, map[string]bool{}
	}
	s.grants[key], s.saved[g.AccessToken] = g, true
	return nil
}

func (s *grantShelf) Renew(ctx context.Context, key export.GrantKey,
	renew func(context.Context, export.Grant) (export.Grant, error)) (export.Grant, error) {
	s.renewing <- struct{}{}
	defer func() { <-s.renewing }()
	stored, err := s.Grant(ctx, key)
	if err != nil {
		return export.Grant{}, err
	}
	renewed, err := renew(ctx, stored)
	if err != nil || renewed.Same(stored) {
		return renewed, err
	}
	if err := s.PutGrant(ctx, key, renewed); err != nil {
		return renewed, fmt.Errorf("%w: %w", export.ErrNotStored, err)
	}
	return renewed, nil
}

func (s *grantShelf) DeleteGrant(_ context.Context, key export.GrantKey) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.grants, key)
	return nil
}

func (s *grantShelf) fail(put, get error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failPut, s.failGet = put, get
}

func (s *grantShelf) isSaved(access string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.saved[access]
}

// rotor is a provider whose refresh token changes with every use, after which the old one is dead.
type rotor struct {
	t    *testing.T
	life time.Duration
	slow time.Duration

	mu      sync.Mutex
	n       int // number of the current pair
	busy    bool
	starts  []time.Time
	failing error // returned by refresh if set
	// mayGiveUp lets the caller end a refresh before its answer.
	mayGiveUp bool
	during    func()
}

func (r *rotor) current() export.Grant {
	return export.Grant{
		AccessToken: fmt.Sprintf("a%d", r.n), RefreshToken: fmt.Sprintf("r%d", r.n), Expiry: time.Now().Add(r.life),
	}
}

func (r *rotor) refresh(ctx context.Context, old export.Grant) (export.Grant, error) {
	r.mu.Lock()
	if r.busy {
		r.t.Error("two refreshes at once")
	}
	r.busy = true
	r.starts = append(r.starts, time.Now())
	during := r.during
	r.mu.Unlock()
	if during != nil {
		during()
	}
	select {
	case <-time.After(r.slow):
	case <-ctx.Done():
		if !r.mayGiveUp {
			r.t.Errorf("the refresh was given up: %v", ctx.Err())
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		r.busy = false
		return export.Grant{}, problem.Wrap(ctx.Err(), problem.QuickBooksUnavailable, "given up")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy = false
	if r.failing != nil {
		return export.Grant{}, r.failing
	}
	if old.RefreshToken != fmt.Sprintf("r%d", r.n) {
		return export.Grant{}, problem.New(problem.CompanyReconnectRequired, "ended")
	}
	r.n++
	return r.current(), nil
}

func (r *rotor) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failing = err
}

func (r *rotor) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.starts)
}

// rig is a connected company: a provider, a store with its first grant, and the sources on top.
type rig struct {
	*Sources
	provider  *rotor
	store     *grantShelf
	deaths    []*problem.Problem
	refreshed []export.Grant
}

// newRig connects at the bubble's present time, with an access token that lives an hour.
func newRig(t *testing.T) *rig {
	t.Helper()
	r := &rig{
		provider: &rotor{t: t, life: time.Hour, slow: time.Second},
		store:    &grantShelf{renewing: make(chan struct{}, 1)},
	}
	if err := r.store.PutGrant(t.Context(), theKey, r.provider.current()); err != nil {
		t.Fatal(err)
	}
	r.restart()
	return r
}

// restart forgets what is only in memory, as a new process does.
func (r *rig) restart() {
	r.Sources = NewSources(SourceOptions{
		Store: r.store, Refresh: r.provider.refresh,
		Reconnect: problem.CompanyReconnectRequired, Unavailable: problem.QuickBooksUnavailable,
		OnDead: func(_ context.Context, _ export.GrantKey,
			why *problem.Problem) {
			r.deaths = append(r.deaths, why)
		},
		OnRefreshed: func(_ context.Context, _ export.GrantKey,
			g export.Grant) {
			r.refreshed = append(r.refreshed, g)
		},
	})
}

func (r *rig) wantToken(t *testing.T, want string) {
	t.Helper()
	got, err := r.For(theKey).Token(t.Context())
	if err != nil || got != want {
		t.Errorf("got %q, %v; want %q", got, err, want)
	}
}

func (r *rig) wantProblem(t *testing.T, want problem.Code) {
	t.Helper()
	got, err := r.For(theKey).Token(t.Context())
	if got != "" || !problem.HasCode(err, want) {
		t.Errorf("got %q, %v; want the code %s", got, err, want)
	}
}

func (r *rig) wantRefreshes(t *testing.T, want int) {
	t.Helper()
	if got := r.provider.count(); got != want {
		t.Errorf("%d refreshes, want %d", got, want)
	}
}
