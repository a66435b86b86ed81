package oauth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// SourceOptions are what the sources of one provider share.
type SourceOptions struct {
	Store export.GrantStore
	// Refresh asks the provider; Provider.Refresh is one. A problem with the code Reconnect means that the grant ended.
	Refresh func(ctx context.Context, old export.Grant) (export.Grant, error)
	// Reconnect and Unavailable are the codes of an ended grant and of a passing failure.
	Reconnect, Unavailable problem.Code
	// OnDead is called once when the provider has ended a grant. It must not ask the same source.
	OnDead func(ctx context.Context, key export.GrantKey, why *problem.Problem)
	// OnRefreshed is called when a renewed grant has been stored. It must not ask the same source.
	OnRefreshed func(ctx context.Context, key export.GrantKey, g export.Grant)
	// Early is how long before its end an access token is renewed; zero means 5 minutes. Of short lives it is at most
	// half.
	Early time.Duration
	Now   func() time.Time // nil means time.Now
	Log   *slog.Logger     // nil discards
}

// Sources keeps the one Source of each connection. It is the only writer of its provider's grants: connecting and
// disconnecting go through Replace and Forget, so that no refresh under way can bring an old grant back.
type Sources struct {
	opts SourceOptions

	mu   sync.Mutex
	list map[export.GrantKey]*Source
}

// NewSources returns an empty registry. Nothing is read or asked before the first token is wanted.
func NewSources(o SourceOptions) *Sources {
	if o.Early <= 0 {
		o.Early = 5 * time.Minute
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.OnDead == nil {
		o.OnDead = func(context.Context, export.GrantKey, *problem.Problem) {}
	}
	if o.OnRefreshed == nil {
		o.OnRefreshed = func(context.Context, export.GrantKey, export.Grant) {}
	}
	return &Sources{opts: o, list: map[export.GrantKey]*Source{}}
}

// For returns the connection's source, always the same one. A connection without a stored grant has one too; asking it
// is a problem with the code Reconnect.
func (s *Sources) For(key export.GrantKey) *Source {
	s.mu.Lock()
	defer s.mu.Unlock()
	source, have := s.list[key]
	if !have {
		source = &Source{key: key, opts: &s.opts, sem: make(chan struct{}, 1)}
		s.list[key] = source
	}
	return source
}

// Replace stores a new consent's grant and makes the source use it from now on, alive again if it was dead. It waits
// for a refresh under way. When it fails, everything is as before.
func (s *Sources) Replace(ctx context.Context, key export.GrantKey, g export.Grant) error {
	source := s.For(key)
	if err := source.enter(ctx); err != nil {
		return err
	}
	defer source.leave()
	if err := s.opts.Store.PutGrant(ctx, key, g); err != nil {
		return fmt.Errorf("storing new grant: %w", err)
	}
	source.reset(&g)
	return nil
}

// Forget deletes the connection's grant and returns the newest one, so that it can be revoked; it is zero when there
// was none. It waits for a refresh under way.
func (s *Sources) Forget(ctx context.Context, key export.GrantKey) (export.Grant, error) {
	source := s.For(key)
	if err := source.enter(ctx); err != nil {
		return export.Grant{}, err
	}
	defer source.leave()
	g, err := s.opts.Store.Grant(ctx, key)
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		return export.Grant{}, fmt.Errorf("reading grant: %w", err)
	}
	if unsaved := source.unsaved(); unsaved != nil {
		g = unsaved.Grant
	}
	if err := s.opts.Store.DeleteGrant(ctx, key); err != nil && !errors.Is(err, export.ErrNotFound) {
		return export.Grant{}, fmt.Errorf("deleting grant: %w", err)
	}
	source.reset(nil)
	return g, nil
}

// Degraded lists the connections whose newest grant is in memory only, because storing it failed.
func (s *Sources) Degraded() []export.GrantKey {
	var keys []export.GrantKey
	for _, source := range s.all() {
		if source.Degraded() {
			keys = append(keys, source.key)
		}
	}
	slices.Sort(keys)
	return keys
}

// Flush tries once more to store what is in memory only; it is called before the store is closed.
func (s *Sources) Flush(ctx context.Context) error {
	var failed []error
	for _, source := range s.all() {
		if source.Degraded() {
			failed = append(failed, source.flush(ctx))
		}
	}
	return errors.Join(failed...)
}

func (s *Sources) all() []*Source {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]*Source, 0, len(s.list))
	for _, source := range s.list {
		all = append(all, source)
	}
	return all
}
