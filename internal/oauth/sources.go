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
	// Refresh asks the provider, as Provider.Refresh does. A problem with the code Reconnect means the grant has ended.
	Refresh func(ctx context.Context, old export.Grant) (export.Grant, error)
	// Reconnect and Unavailable are the problem codes for an ended grant and for a passing failure.
	Reconnect, Unavailable problem.Code
	// Hold is asked before a grant is renewed, and says why none may be: its new tokens could not be stored. Nil lets
	// all go. A present token is used as long as it lives.
	Hold func() error
	// OnDead is called once when the provider has ended a grant. It must not call the same source.
	OnDead func(ctx context.Context, key export.GrantKey, why *problem.Problem)
	// OnRefreshed is called when a renewed grant has been stored. It must not call the same source.
	OnRefreshed func(ctx context.Context, key export.GrantKey, g export.Grant)
	// Early is how long before its expiry an access token is renewed, but at most half of its life. Zero means 5
	// minutes.
	Early time.Duration
	Now   func() time.Time // nil means time.Now
	Log   *slog.Logger     // nil discards
}

// Sources keeps one Source for each connection. It is the only writer of its provider's grants: connecting and
// disconnecting go through Replace and Forget, so that a refresh in progress cannot bring back an old grant.
type Sources struct {
	opts SourceOptions

	mu   sync.Mutex
	list map[export.GrantKey]*Source
}

// NewSources returns an empty registry. Nothing is read or requested until the first token is asked for.
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
	if o.Hold == nil {
		o.Hold = func() error { return nil }
	}
	if o.OnDead == nil {
		o.OnDead = func(context.Context, export.GrantKey, *problem.Problem) {}
	}
	if o.OnRefreshed == nil {
		o.OnRefreshed = func(context.Context, export.GrantKey, export.Grant) {}
	}
	return &Sources{opts: o, list: map[export.GrantKey]*Source{}}
}

// For returns the connection's source, always the same one. A connection without a stored grant has one too; its Token
// returns a problem with the code Reconnect.
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

// Replace stores a new consent's grant and makes the source use it, which revives a dead source. It waits for a refresh
// in progress. If it fails, nothing has changed.
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

// Forget deletes the connection's grant and returns the newest one, so that it can be revoked. The result is zero if
// there was none. A refresh in progress may take three more seconds; then it is interrupted, and the result is the
// grant that it was to renew. Revoking that ends the whole consent. drop deletes the grant in the store, which the
// caller may want to do together with something else; nil means DeleteGrant.
func (s *Sources) Forget(
	ctx context.Context, key export.GrantKey, drop func(ctx context.Context, newest export.Grant) error,
) (export.Grant, error) {
	source := s.For(key)
	if err := source.interrupt(ctx); err != nil {
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
	if drop == nil || g.RefreshToken == "" {
		drop = func(ctx context.Context, _ export.Grant) error { return s.opts.Store.DeleteGrant(ctx, key) }
	}
	if err := drop(ctx, g); err != nil && !errors.Is(err, export.ErrNotFound) {
		return export.Grant{}, fmt.Errorf("deleting grant: %w", err)
	}
	source.reset(nil)
	return g, nil
}

// Degraded lists the connections whose newest grant is only in memory because storing it failed.
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

// Flush tries once more to store grants that are only in memory. It is called before the store is closed.
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
