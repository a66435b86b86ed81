package oauth

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

const (
	refreshLimit = 30 * time.Second // for one refresh
	storeLimit   = 10 * time.Second // for storing its result
	refreshGap   = 3 * time.Second  // between two tries, whoever asks
	doubtGap     = 3 * time.Second  // before a refusal that ends a grant is asked for once more
	forgetGap    = 3 * time.Second  // how long a disconnection waits for a refresh before it is interrupted
	deadGap      = 5 * time.Second  // between two checks of a dead source for another grant
	longestPause = time.Minute      // between failing tries, unless the provider asks for more
	pauseCeiling = 10 * time.Minute // the most that the provider may ask for
	// clockMargin is how long before its expiry a token is no longer sent, because it has to be valid on arrival.
	clockMargin = 10 * time.Second
)

// Source hands out one connection's access token and renews it before it expires. However many callers wait, one
// refresh happens at a time, and its result is in the store before any caller sees it. A Source is safe for concurrent
// use and starts no goroutine. Get one from Sources.For.
type Source struct {
	key  export.GrantKey
	opts *SourceOptions
	sem  chan struct{} // held by the caller that reads, refreshes or stores

	mu       sync.Mutex // guards what follows; never held while waiting
	grant    export.Grant
	obtained time.Time        // when the provider issued the grant; zero if it came from the store
	refused  string           // the access token that the provider answered 401 to
	pending  *unsavedGrant    // issued by the provider and not stored yet
	dead     *problem.Problem // set by invalid_grant, until the store has another grant
	ended    export.Grant     // the grant that the provider ended
	looked   time.Time        // when a dead source last looked for another grant
	failed   error            // error of the last refresh; nil if it succeeded
	failures int              // failed refreshes in a row
	tried    time.Time        // when the last refresh ended
	pause    time.Duration    // from tried until the next refresh may begin
	halt     func()           // interrupts the refresh under way; nil if there is none
}

// unsavedGrant is a renewed grant that is not in the store yet.
type unsavedGrant struct {
	export.Grant
	obtained time.Time
}

// Token returns an access token for the next request. If the connection's grant has ended it fails at once without a
// request, but finds a new grant that another process has stored within seconds. While the provider is unavailable, the
// present token is used until it expires. Errors are problems, or ctx's error if ctx ends while another caller
// refreshes.
func (s *Source) Token(ctx context.Context) (string, error) {
	if token, err, done := s.peek(); done {
		return token, err
	}
	if err := s.enter(ctx); err != nil {
		return "", err
	}
	defer s.leave()
	if token, err, done := s.peek(); done { // another caller did the work
		return token, err
	}
	if err := s.save(ctx); err != nil {
		return s.fallBack(err)
	}
	if err := s.reread(ctx); err != nil {
		return s.fallBack(err)
	}
	if why := s.checkDead(); why != nil {
		return "", why
	}
	if token, err, done := s.peek(); done {
		return token, err
	}
	if err := s.awaitTry(ctx); err != nil {
		return s.fallBack(err)
	}
	if err := s.opts.Hold(); err != nil {
		return s.fallBack(problem.Wrap(err, s.opts.Unavailable,
			"The permission of this connection is not renewed while the store cannot be written."))
	}
	if err := s.refresh(ctx); err != nil {
		return s.fallBack(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grant.AccessToken, nil
}

// Invalidate reports that the provider answered 401 to the access token. If the token is still current, the next call
// of Token renews it.
func (s *Source) Invalidate(access string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if access != "" && s.grant.AccessToken == access {
		s.refused = access
	}
}

// Degraded reports whether the newest grant is only in memory because storing it failed. Each call of Token tries again
// to store it.
func (s *Source) Degraded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending != nil
}

// peek answers from memory. done is false if there is work to do first.
func (s *Source) peek() (token string, err error, done bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.dead != nil:
		return "", s.dead, s.opts.Now().Before(s.looked.Add(deadGap))
	case s.pending == nil && s.alive(s.early()):
		return s.grant.AccessToken, nil, true
	}
	return "", nil, false
}

// checkDead returns why the source is dead, or nil. It is called after reread has looked for another grant.
func (s *Source) checkDead() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead == nil {
		return nil
	}
	s.looked = s.opts.Now()
	return s.dead
}

// alive reports whether the access token can be sent: it was not refused, and expires later than margin from now. The
// caller holds mu.
func (s *Source) alive(margin time.Duration) bool {
	return s.grant.AccessToken != "" && s.grant.AccessToken != s.refused &&
		s.opts.Now().Before(s.grant.Expiry.Add(-margin))
}

// early returns how long before its expiry the token is renewed. The caller holds mu.
func (s *Source) early() time.Duration {
	if s.obtained.IsZero() {
		return s.opts.Early
	}
	return max(min(s.opts.Early, s.grant.Expiry.Sub(s.obtained)/2), 0)
}

// fallBack returns the present token while it can be sent, else the error.
func (s *Source) fallBack(err error) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead == nil && s.alive(min(clockMargin, s.early())) {
		return s.grant.AccessToken, nil
	}
	return "", err
}

func (s *Source) enter(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("waiting for an access token: %w", err)
	}
	select {
	case s.sem <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for an access token: %w", ctx.Err())
	}
}

func (s *Source) leave() { <-s.sem }

// reread adopts the store's grant: at first use, and after another process has renewed it. The caller holds the
// semaphore, as for all methods below.
func (s *Source) reread(ctx context.Context) error {
	stored, err := s.opts.Store.Grant(ctx, s.key)
	switch {
	case errors.Is(err, export.ErrNotFound):
		s.reset(nil)
		return problem.New(s.opts.Reconnect, "There is no permission for this connection.")
	case err != nil && ctx.Err() != nil:
		return fmt.Errorf("reading grant: %w", ctx.Err())
	case err != nil:
		return problem.Wrap(err, s.opts.Unavailable, "The stored permission of this connection could not be read.")
	}
	s.adopt(stored)
	return nil
}

// awaitTry keeps refreshes apart. After a failure it returns the last error until the pause is over. After a success,
// which matters if the provider refuses a token that is quite new, it waits for the rest of the gap.
func (s *Source) awaitTry(ctx context.Context) error {
	s.mu.Lock()
	wait, failed := s.tried.Add(s.pause).Sub(s.opts.Now()), s.failed
	s.mu.Unlock()
	if wait <= 0 {
		return nil
	}
	if failed != nil {
		return failed
	}
	if err := pause(ctx, wait); err != nil {
		return fmt.Errorf("waiting for an access token: %w", err)
	}
	return nil
}

// refresh renews the grant, stores it and publishes it, one process at a time among those that share the store. It goes
// on after ctx ends, because otherwise a rotated refresh token could be lost.
func (s *Source) refresh(ctx context.Context) error {
	ctx = context.WithoutCancel(ctx)
	known := s.present()
	asked := false
	renewed, err := s.opts.Store.Renew(ctx, s.key,
		func(ctx context.Context, stored export.Grant) (export.Grant, error) {
			if !stored.Same(known) && s.opts.Now().Before(stored.Expiry.Add(-clockMargin)) {
				return stored, nil // another process has renewed it
			}
			asked, known = true, stored
			return s.ask(ctx, stored)
		})
	switch {
	case err == nil && !asked:
		s.adopt(renewed)
		return s.note(nil)
	case err == nil:
		s.settle(ctx, unsavedGrant{renewed, s.opts.Now()})
		return s.note(nil)
	case errors.Is(err, export.ErrNotStored):
		s.mu.Lock()
		s.pending = &unsavedGrant{renewed, s.opts.Now()}
		s.mu.Unlock()
		_ = s.note(nil)
		return s.reportUnstored(ctx, err)
	case problem.HasCode(err, s.opts.Reconnect):
		return s.die(ctx, known, err)
	case errors.Is(err, export.ErrNotFound):
		s.reset(nil)
		return problem.New(s.opts.Reconnect, "There is no permission for this connection.")
	case !asked:
		return s.note(problem.Wrap(err, s.opts.Unavailable,
			"The stored permission of this connection could not be read."))
	}
	return s.note(err)
}

// ask asks the provider for a new grant, with a durable note of that while it lasts. A refusal that would end the
// connection is asked for once more, because it costs a person's time and has been a stray one.
func (s *Source) ask(ctx context.Context, g export.Grant) (export.Grant, error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	s.setHalt(cancel)
	defer s.setHalt(nil)
	cutOff := g.RenewingSince
	if cutOff.IsZero() {
		s.noteRenewal(ctx, g, s.opts.Now().UTC())
	}
	renewed, err := s.askInDoubt(ctx, g)
	switch p := problem.From(err); {
	case p == nil, p.Code == s.opts.Unavailable:
	case p.Code != s.opts.Reconnect:
		s.noteRenewal(ctx, g, time.Time{}) // the provider has answered, and has issued nothing
	case !cutOff.IsZero():
		return renewed, explainCutOff(p, cutOff)
	}
	return renewed, err
}

// askInDoubt asks, and asks once more if the answer would end the connection.
func (s *Source) askInDoubt(ctx context.Context, g export.Grant) (export.Grant, error) {
	renewed, err := s.askOnce(ctx, g)
	if !problem.HasCode(err, s.opts.Reconnect) {
		return renewed, err
	}
	s.opts.Log.WarnContext(ctx, "provider refused to renew a grant, asking once more", "connection", string(s.key))
	if err := pause(ctx, doubtGap); err != nil {
		return export.Grant{}, problem.Wrap(err, s.opts.Unavailable, "The connection is being ended.")
	}
	return s.askOnce(ctx, g)
}

func (s *Source) askOnce(ctx context.Context, g export.Grant) (export.Grant, error) {
	ctx, cancel := context.WithTimeout(ctx, refreshLimit)
	defer cancel()
	return s.opts.Refresh(ctx, g)
}

func (s *Source) setHalt(halt func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.halt = halt
}

// interrupt enters for a caller after whom the connection is gone, so a refresh that hangs is not waited for.
func (s *Source) interrupt(ctx context.Context) error {
	soon, cancel := context.WithTimeout(ctx, forgetGap)
	defer cancel()
	if err := s.enter(soon); err == nil || ctx.Err() != nil {
		return err
	}
	s.mu.Lock()
	halt := s.halt
	s.mu.Unlock()
	if halt != nil {
		halt()
	}
	return s.enter(ctx)
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// save stores a grant that is not stored yet and publishes it. On failure the grant is kept for the next try and never
// dropped, because the previous refresh token may be dead already.
func (s *Source) save(ctx context.Context) error {
	unsaved := s.unsaved()
	if unsaved == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), storeLimit)
	defer cancel()
	if err := s.opts.Store.PutGrant(ctx, s.key, unsaved.Grant); err != nil {
		return s.reportUnstored(ctx, err)
	}
	s.settle(ctx, *unsaved)
	return nil
}

// reportUnstored logs that a renewed grant is only in memory, and returns the problem.
func (s *Source) reportUnstored(ctx context.Context, err error) error {
	s.opts.Log.ErrorContext(ctx, "renewed grant could not be stored and is in memory only",
		"connection", string(s.key), "error", err)
	return problem.Wrap(err, s.opts.Unavailable, "The renewed permission of this connection could not be stored.").
		WithHint("Look at the disk that holds the data folder: is it full or read-only? " +
			"It is stored as soon as that is possible; do not stop the service before.")
}

// settle makes a stored grant the present one.
func (s *Source) settle(ctx context.Context, g unsavedGrant) {
	s.mu.Lock()
	s.grant, s.obtained, s.pending, s.refused = g.Grant, g.obtained, nil, ""
	s.mu.Unlock()
	s.opts.OnRefreshed(ctx, s.key, g.Grant)
}

// adopt takes over the store's grant if it is new here, which revives a dead source.
func (s *Source) adopt(stored export.Grant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dead != nil {
		if stored.Same(s.ended) {
			return
		}
		s.dead, s.ended, s.failed, s.failures, s.tried, s.pause = nil, export.Grant{}, nil, 0, time.Time{}, 0
	}
	if !stored.Same(s.grant) {
		s.grant, s.obtained = stored, time.Time{}
	}
}

// flush does the work of Sources.Flush for this source.
func (s *Source) flush(ctx context.Context) error {
	if err := s.enter(ctx); err != nil {
		return err
	}
	defer s.leave()
	return s.save(ctx)
}

// note records the outcome of a try and returns its error.
func (s *Source) note(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tried, s.failed, s.pause = s.opts.Now(), err, refreshGap
	if err == nil {
		s.failures = 0
		return nil
	}
	s.pause = min(refreshGap<<min(s.failures, 10), longestPause)
	if p, ok := errors.AsType[*problem.Problem](err); ok {
		s.pause = max(s.pause, min(p.RetryAfter, pauseCeiling))
	}
	s.failures++
	return err
}

// die marks the source as dead until there is a new consent, here or in another process.
func (s *Source) die(ctx context.Context, ended export.Grant, err error) error {
	why := problem.From(err)
	s.mu.Lock()
	s.dead, s.ended, s.looked = why, ended, s.opts.Now()
	s.grant, s.obtained = export.Grant{}, time.Time{}
	s.mu.Unlock()
	s.opts.Log.WarnContext(ctx, "provider ended a grant", "connection", string(s.key), "code", string(why.Code),
		"error", why.Error())
	s.opts.OnDead(context.WithoutCancel(ctx), s.key, why)
	return why
}

// reset starts over with the grant, or with none if g is nil.
func (s *Source) reset(g *export.Grant) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.grant, s.obtained, s.refused, s.pending = export.Grant{}, time.Time{}, "", nil
	s.dead, s.ended, s.looked = nil, export.Grant{}, time.Time{}
	s.failed, s.failures, s.tried, s.pause = nil, 0, time.Time{}, 0
	if g != nil {
		s.grant, s.obtained = *g, s.opts.Now()
	}
}

func (s *Source) present() export.Grant {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.grant
}

func (s *Source) unsaved() *unsavedGrant {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.pending
}
