package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

const (
	setupKey  = "setup_link"
	setupLife = 24 * time.Hour
)

// Settings stores small values by name; sealed ones are encrypted. A missing value is export.ErrNotFound.
type Settings interface {
	Setting(ctx context.Context, key string, sealed bool) ([]byte, error)
	PutSetting(ctx context.Context, key string, value []byte, sealed bool) error
}

// Setup lets whoever can read a new installation's log create the first owner, with a link that works once, within 24
// hours and only while there is no user. The methods are safe for concurrent use.
type Setup struct {
	settings Settings
	service  *Service
	turn     chan struct{} // held while a link or owner is created
}

// NewSetup returns the set-up for the service's users.
func NewSetup(settings Settings, service *Service) *Setup {
	return &Setup{settings: settings, service: service, turn: make(chan struct{}, 1)}
}

// setupLink is what is stored about a link.
type setupLink struct {
	Hash      []byte    `json:"hash"`
	ExpiresAt time.Time `json:"expires_at"`
}

// Needed reports whether there is no user yet.
func (s *Setup) Needed(ctx context.Context) (bool, error) {
	users, err := s.service.Users.Users(ctx)
	if err != nil {
		return false, fmt.Errorf("looking for users: %w", err)
	}
	return len(users) == 0, nil
}

// NewLink returns the token of a new link, which replaces any earlier one. The token is empty if there is a user
// already. It is called at each start.
func (s *Setup) NewLink(ctx context.Context) (token string, err error) {
	if err := s.enter(ctx); err != nil {
		return "", err
	}
	defer s.leave()
	needed, err := s.Needed(ctx)
	if err != nil || !needed {
		return "", err
	}
	token = base64.RawURLEncoding.EncodeToString(randomBytes(32))
	sum := sha256.Sum256([]byte(token))
	return token, s.put(ctx, setupLink{Hash: sum[:], ExpiresAt: s.service.now().Add(setupLife).UTC()})
}

// Check returns a forbidden problem unless the token belongs to the current link.
func (s *Setup) Check(ctx context.Context, token string) error {
	needed, err := s.Needed(ctx)
	if err != nil {
		return err
	}
	if !needed {
		return problem.New(problem.Forbidden, "This installation is set up already.").WithHint("Sign in instead.")
	}
	refused := problem.New(problem.Forbidden,
		"This set-up link is not valid: it works once, for 24 hours and until the next start.").
		WithHint("Restart the service and use the link that it prints then.")
	encoded, err := s.settings.Setting(ctx, setupKey, false)
	if errors.Is(err, export.ErrNotFound) {
		return refused
	}
	if err != nil {
		return fmt.Errorf("reading set-up link: %w", err)
	}
	var link setupLink
	if err := json.Unmarshal(encoded, &link); err != nil {
		return fmt.Errorf("reading set-up link: %w", err)
	}
	sum := sha256.Sum256([]byte(token))
	if subtle.ConstantTimeCompare(sum[:], link.Hash) != 1 || !s.service.now().Before(link.ExpiresAt) {
		return refused
	}
	return nil
}

// CreateOwner creates the first owner and ends the link. A bad e-mail or password is a validation problem and does not
// use up the link.
func (s *Setup) CreateOwner(ctx context.Context, token, email, password string) (export.User, error) {
	if err := s.enter(ctx); err != nil {
		return export.User{}, err
	}
	defer s.leave()
	if err := s.Check(ctx, token); err != nil {
		return export.User{}, err
	}
	email = normalizeEmail(email)
	var wrong problem.Collect
	for _, err := range []error{checkEmail(email), CheckPassword("password", password)} {
		if p := problem.From(err); p != nil {
			for field, why := range p.Fields {
				wrong.Add(field, "%s", why)
			}
		}
	}
	if err := wrong.Err(); err != nil {
		return export.User{}, err
	}
	user, err := s.service.createOwner(ctx, email, password)
	if err != nil {
		return export.User{}, err
	}
	// The link has ended because there is a user now, so a hash that stays behind is harmless.
	if err := s.put(ctx, setupLink{}); err != nil {
		s.service.log().WarnContext(ctx, "used set-up link could not be deleted", "error", err)
	}
	return user, nil
}

func (s *Setup) enter(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for set-up: %w", ctx.Err())
	}
}

func (s *Setup) leave() { <-s.turn }

func (s *Setup) put(ctx context.Context, link setupLink) error {
	encoded, err := json.Marshal(link)
	if err != nil {
		return fmt.Errorf("encoding set-up link: %w", err)
	}
	if err := s.settings.PutSetting(ctx, setupKey, encoded, false); err != nil {
		return fmt.Errorf("storing set-up link: %w", err)
	}
	return nil
}
