package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

const (
	// tokensSetting is the setting that holds all tokens.
	tokensSetting = "api_tokens"
	// tokenPrefix begins tokens, so that people and scanners of code can tell what they are.
	tokenPrefix = "lst_"
	// mostTokens bounds what each request with a token is compared with.
	mostTokens = 200
	// usedEvery is how far the stored time of a token's last use may lag behind.
	usedEvery = time.Hour
)

// Tokens keep the API tokens that people make; only their hashes. The methods are safe for concurrent use.
type Tokens struct {
	settings Settings
	users    export.UserStore
	now      func() time.Time

	mu   sync.Mutex
	all  []export.APIToken
	read bool // all is what the store has
}

// NewTokens returns the tokens that are in the store. now may be nil.
func NewTokens(settings Settings, users export.UserStore, now func() time.Time) *Tokens {
	if now == nil {
		now = time.Now
	}
	return &Tokens{settings: settings, users: users, now: now}
}

// Tokens returns all tokens, oldest first, without their hashes.
func (t *Tokens) Tokens(ctx context.Context) ([]export.APIToken, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.load(ctx); err != nil {
		return nil, err
	}
	all := slices.Clone(t.all)
	for i := range all {
		all[i].Hash = nil
	}
	return all, nil
}

// Make stores a token and returns it with its secret, which is not shown again.
func (t *Tokens) Make(ctx context.Context, token export.APIToken) (made export.APIToken, secret string, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.load(ctx); err != nil {
		return made, "", err
	}
	if len(t.all) >= mostTokens {
		return made, "", problem.New(problem.Conflict, "There are %d tokens already.", mostTokens).
			WithHint("Revoke one that nobody needs any more.")
	}
	now := t.now()
	secret = tokenPrefix + base64.RawURLEncoding.EncodeToString(randomBytes(32))
	sum := sha256.Sum256([]byte(secret))
	token.ID, token.CreatedAt, token.Hash = export.NewID("tok", now), now.UTC(), sum[:]
	if err := t.store(ctx, append(slices.Clone(t.all), token)); err != nil {
		return made, "", err
	}
	token.Hash = nil
	return token, secret, nil
}

// Revoke ends a token at once and returns it. It returns export.ErrNotFound if there is none.
func (t *Tokens) Revoke(ctx context.Context, id export.ID) (export.APIToken, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.load(ctx); err != nil {
		return export.APIToken{}, err
	}
	i := slices.IndexFunc(t.all, func(have export.APIToken) bool { return have.ID == id })
	if i < 0 {
		return export.APIToken{}, export.ErrNotFound
	}
	gone := t.all[i]
	gone.Hash = nil
	return gone, t.store(ctx, slices.Delete(slices.Clone(t.all), i, i+1))
}

// Find returns the token that an Authorization header has, or an unauthorized problem. Other errors are the store's.
// The token's role and companies are no more than those of the person who made it are now.
func (t *Tokens) Find(ctx context.Context, header string) (export.APIToken, error) {
	nobody := problem.New(problem.Unauthorized, "The request has no valid API token.")
	scheme, secret, found := strings.Cut(strings.TrimSpace(header), " ")
	if secret = strings.TrimSpace(secret); !found || !strings.EqualFold(scheme, "Bearer") ||
		!strings.HasPrefix(secret, tokenPrefix) {
		return export.APIToken{}, nobody
	}
	token, err := t.match(ctx, secret)
	switch {
	case errors.Is(err, export.ErrNotFound):
		return export.APIToken{}, nobody
	case err != nil:
		return export.APIToken{}, err
	case !token.ExpiresAt.IsZero() && !t.now().Before(token.ExpiresAt):
		return export.APIToken{}, nobody
	case token.Maker == "":
		return token, nil
	}
	maker, err := t.users.UserByEmail(ctx, token.Maker)
	switch {
	case errors.Is(err, export.ErrNotFound), err == nil && !maker.Active():
		return export.APIToken{}, nobody
	case err != nil:
		return export.APIToken{}, fmt.Errorf("looking up who made the token: %w", err)
	}
	g := access.Grant{Role: access.Role(token.Role), Companies: token.Companies}.Within(access.Of(maker))
	token.Role, token.Companies = string(g.Role), g.Companies
	return token, nil
}

// match returns the token with a secret, and notes that it was used.
func (t *Tokens) match(ctx context.Context, secret string) (export.APIToken, error) {
	sum := sha256.Sum256([]byte(secret))
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.load(ctx); err != nil {
		return export.APIToken{}, err
	}
	i := slices.IndexFunc(t.all, func(have export.APIToken) bool {
		return subtle.ConstantTimeCompare(have.Hash, sum[:]) == 1
	})
	if i < 0 {
		return export.APIToken{}, export.ErrNotFound
	}
	if now := t.now(); now.Sub(t.all[i].UsedAt).Abs() >= usedEvery {
		used := slices.Clone(t.all)
		used[i].UsedAt = now.UTC()
		_ = t.store(ctx, used) // a store in trouble keeps nobody out
	}
	token := t.all[i]
	token.Hash = nil
	return token, nil
}

// load reads the tokens once. The caller holds t.mu.
func (t *Tokens) load(ctx context.Context) error {
	if t.read {
		return nil
	}
	text, err := t.settings.Setting(ctx, tokensSetting, true)
	switch {
	case errors.Is(err, export.ErrNotFound):
	case err != nil:
		return fmt.Errorf("reading the API tokens: %w", err)
	case json.Unmarshal(text, &t.all) != nil:
		return errors.New("decoding the API tokens failed") // the decoder's error may quote a secret
	}
	t.read = true
	return nil
}

// store writes the tokens. The caller holds t.mu.
func (t *Tokens) store(ctx context.Context, all []export.APIToken) error {
	text, err := json.Marshal(all)
	if err != nil {
		return fmt.Errorf("encoding the API tokens: %w", err)
	}
	if err := t.settings.PutSetting(ctx, tokensSetting, text, true); err != nil {
		return fmt.Errorf("storing the API tokens: %w", err)
	}
	t.all = all
	return nil
}
