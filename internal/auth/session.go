package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

const (
	cookieName  = "ledgersheet_session"
	sessionIdle = 12 * time.Hour
	sessionLife = 14 * 24 * time.Hour
)

// The keys of a session's values. Other packages' texts have a prefix, so that they cannot collide with these.
const (
	keyEmail    = "user"
	keyPassword = "password" // fingerprint of the stored hash: a new password ends the sessions of the old one
	textPrefix  = "text "
)

// Sessions manages browser sessions. They are stored under a hash of the cookie's token, and end after 12 idle hours or
// 14 days, or with a logout or a new password. Browsers that have not signed in get no cookie. Create one with
// NewSessions.
type Sessions struct {
	manager *scs.SessionManager
	users   export.UserStore
}

// NewSessions returns sessions kept in the store. baseURL is the installation's public root: under https the cookie is
// bound to the host (__Host- prefix) and never sent in the clear. log may be nil.
func NewSessions(store scs.Store, users export.UserStore, baseURL string, log *slog.Logger) *Sessions {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	secure := strings.HasPrefix(strings.ToLower(baseURL), "https://")
	name := cookieName
	if secure {
		name = "__Host-" + name
	}
	// Not scs.New, which starts a store in memory with a goroutine that nobody can wait for.
	manager := &scs.SessionManager{
		IdleTimeout:      sessionIdle,
		Lifetime:         sessionLife,
		Store:            &sparingStore{store: store},
		Codec:            textCodec{},
		HashTokenInStore: true,
		ErrorFunc: func(w http.ResponseWriter, r *http.Request, err error) {
			log.ErrorContext(r.Context(), "session could not be kept", "error", err)
			http.Error(w, "The session could not be read or stored. Please try again in a moment.",
				http.StatusServiceUnavailable)
		},
		Cookie: scs.SessionCookie{
			Name: name, Path: "/", HttpOnly: true, Secure: secure, SameSite: http.SameSiteLaxMode, Persist: true,
		},
	}
	return &Sessions{manager: manager, users: users}
}

// Middleware loads the request's session and saves it with the response. All other methods need the context of a
// request that came through it, and must be called before the first byte of the response.
func (s *Sessions) Middleware(next http.Handler) http.Handler { return s.manager.LoadAndSave(next) }

// SignIn makes the session the user's. It changes the token, so that one known before the login is worthless, and
// deletes what the session held before, unless it was this user's already.
func (s *Sessions) SignIn(ctx context.Context, u export.User) error {
	if err := s.manager.RenewToken(ctx); err != nil {
		return fmt.Errorf("renewing session: %w", err)
	}
	if s.manager.GetString(ctx, keyEmail) != u.Email {
		if err := s.manager.Clear(ctx); err != nil {
			return fmt.Errorf("clearing session: %w", err)
		}
	}
	s.manager.Put(ctx, keyEmail, u.Email)
	s.manager.Put(ctx, keyPassword, fingerprint(u))
	return nil
}

// SignOut ends the session in the store and in the browser.
func (s *Sessions) SignOut(ctx context.Context) error {
	if err := s.manager.Destroy(ctx); err != nil {
		return fmt.Errorf("ending session: %w", err)
	}
	return nil
}

// User returns who is signed in, or an unauthorized problem if nobody is. Other errors are the store's.
func (s *Sessions) User(ctx context.Context) (export.User, error) {
	nobody := problem.New(problem.Unauthorized, "Please sign in.").WithHint("The session may have ended by itself.")
	email := s.manager.GetString(ctx, keyEmail)
	if email == "" {
		return export.User{}, nobody
	}
	u, err := s.users.UserByEmail(ctx, email)
	switch {
	case errors.Is(err, export.ErrNotFound):
		return export.User{}, nobody
	case err != nil:
		return export.User{}, fmt.Errorf("looking up the session's user: %w", err)
	case !u.Active(), s.manager.GetString(ctx, keyPassword) != fingerprint(u):
		return export.User{}, nobody
	}
	return u, nil
}

// Still reports whether the session is still that of somebody who is signed in, as the store says now; the session in
// ctx is as it was when the request began. An answer that goes on for long asks now and then.
func (s *Sessions) Still(ctx context.Context) bool {
	fresh, err := s.manager.Load(context.Background(), s.manager.Token(ctx)) // in ctx the session is loaded already
	if err != nil {
		return false
	}
	_, err = s.User(fresh)
	return err == nil
}

// Hash identifies the session without revealing its token. Consents in progress are bound to it. It is empty before a
// login.
func (s *Sessions) Hash(ctx context.Context) string {
	token := s.manager.Token(ctx)
	if token == "" || s.manager.GetString(ctx, keyEmail) == "" {
		return ""
	}
	sum := sha256.Sum256([]byte("consent " + token))
	return hex.EncodeToString(sum[:])
}

// Put stores a text in the session, such as a notice for the next page.
func (s *Sessions) Put(ctx context.Context, key, text string) {
	s.manager.Put(ctx, textPrefix+key, text)
}

// Pop returns a text and deletes it. It is empty if there is none.
func (s *Sessions) Pop(ctx context.Context, key string) string {
	return s.manager.PopString(ctx, textPrefix+key)
}

// fingerprint identifies a password hash without revealing it.
func fingerprint(u export.User) string {
	sum := sha256.Sum256([]byte("session " + u.PasswordHash))
	return hex.EncodeToString(sum[:16])
}

// textCodec encodes a session's values as JSON. All are texts, and the same values give the same bytes.
type textCodec struct{}

type sessionData struct {
	Deadline time.Time      `json:"deadline"`
	Values   map[string]any `json:"values"`
}

// Encode implements scs.Codec.
func (textCodec) Encode(deadline time.Time, values map[string]any) ([]byte, error) {
	return json.Marshal(sessionData{deadline, values})
}

// Decode implements scs.Codec. What cannot be read becomes an ended session without values, because an error would shut
// that browser out until somebody deletes its cookie.
func (textCodec) Decode(b []byte) (time.Time, map[string]any, error) {
	var data sessionData
	if json.Unmarshal(b, &data) != nil || data.Values == nil {
		return time.Time{}, map[string]any{}, nil
	}
	return data.Deadline, data.Values, nil
}
