// Package auth decides who may use this installation: it has passwords, browser sessions, limits on tries, the one-time
// set-up link of a new installation and the API token. Its errors are problems that are safe to show, and it never
// reveals whether an e-mail is known. It serves no pages.
package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"strings"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// roleOwner is the role of those who own the installation.
const roleOwner = "owner"

// Service signs people in and manages their passwords. Users and Hasher are required. The methods are safe for
// concurrent use.
type Service struct {
	Users    export.UserStore
	Hasher   *Hasher
	Limiter  *Limiter         // nil does not limit
	Settings Settings         // remembers the environment's owner; see EnsureOwner
	BaseURL  string           // public root of this installation, without a trailing slash, for invitations
	Now      func() time.Time // nil means time.Now
	Log      *slog.Logger     // nil discards

	people sync.Mutex // held while it is decided who may own the installation
}

// Login returns the user with that e-mail and password. An unknown e-mail and a wrong password get the same answer
// after the same work. After too many tries it returns a too_many_requests problem with RetryAfter; the tries of others
// do not count on a device that the user has signed in on before.
func (s *Service) Login(ctx context.Context, email, password string, from export.Visitor) (export.User, error) {
	email = normalizeEmail(email)
	user, err := s.checkLimited(ctx, email, password, from)
	if err != nil {
		return export.User{}, err
	}
	return s.rehash(ctx, user, password), nil
}

// ChangePassword replaces the user's password after checking the present one. It ends all sessions that were begun with
// the old password; the caller has to sign in its own again with the returned user.
func (s *Service) ChangePassword(ctx context.Context, email, present, next string, from export.Visitor) (
	export.User, error) {
	if err := CheckPassword("password", next); err != nil {
		return export.User{}, err
	}
	email = normalizeEmail(email)
	user, err := s.checkLimited(ctx, email, present, from)
	if problem.HasCode(err, problem.Unauthorized) {
		return export.User{}, problem.Invalid("present_password", "is not the present password")
	}
	if err != nil {
		return export.User{}, err
	}
	return s.setPassword(ctx, user, next)
}

// checkLimited calls check unless there were too many tries.
func (s *Service) checkLimited(ctx context.Context, email, password string, from export.Visitor) (export.User, error) {
	user, err := s.Users.UserByEmail(ctx, email)
	known := err == nil
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		return export.User{}, fmt.Errorf("looking up user: %w", err)
	}
	var t try
	if s.Limiter != nil {
		device := ""
		if known {
			device = findDevice(user, from.Device)
		}
		if t, err = s.Limiter.begin(email, from.Addr, device); err != nil {
			return export.User{}, err
		}
	}
	err = s.check(ctx, user, known, password)
	switch {
	case err == nil:
		t.succeed()
		return user, nil
	case !problem.HasCode(err, problem.Unauthorized):
		t.undo()
	}
	return export.User{}, err
}

// check checks the user's password. It does the same work whether the user is known or not.
func (s *Service) check(ctx context.Context, user export.User, known bool, password string) error {
	encoded := user.PasswordHash
	if known = known && user.Active(); !known {
		encoded = s.Hasher.dummy
	}
	right, err := s.Hasher.Verify(ctx, password, encoded)
	switch {
	case errors.Is(err, ErrHashFormat):
		s.log().ErrorContext(ctx, "stored password hash cannot be read", "user", string(user.ID), "error", err)
	case err != nil:
		return err
	}
	if !known || !right {
		return problem.New(problem.Unauthorized, "The e-mail or the password is not right.").
			WithHint("Check both and try again. Capital and small letters matter in the password.")
	}
	return nil
}

// rehash hashes a password with the present parameters if its hash is outdated, at the only moment when the password is
// known. A failure is no reason to refuse the login.
func (s *Service) rehash(ctx context.Context, user export.User, password string) export.User {
	if !s.Hasher.outdated(user.PasswordHash) {
		return user
	}
	changed, err := s.setPassword(ctx, user, password)
	if err != nil {
		s.log().WarnContext(ctx, "password could not be hashed anew", "user", string(user.ID), "error", err)
		return user
	}
	return changed
}

func (s *Service) setPassword(ctx context.Context, user export.User, password string) (export.User, error) {
	encoded, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return export.User{}, err
	}
	changed, err := s.Users.UpdateUser(ctx, user.ID, func(u *export.User) error {
		u.PasswordHash = encoded
		return nil
	})
	if err != nil {
		return export.User{}, fmt.Errorf("storing password: %w", err)
	}
	return changed, nil
}

func (s *Service) createOwner(ctx context.Context, email, password string) (export.User, error) {
	encoded, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return export.User{}, err
	}
	now := s.now()
	user := export.User{
		ID: export.NewID("usr", now), Email: email, PasswordHash: encoded, Role: roleOwner, CreatedAt: now.UTC(),
	}
	if err := s.Users.CreateUser(ctx, user); err != nil {
		return export.User{}, fmt.Errorf("creating owner: %w", err)
	}
	return user, nil
}

func (s *Service) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func (s *Service) log() *slog.Logger {
	if s.Log != nil {
		return s.Log
	}
	return slog.New(slog.DiscardHandler)
}

func normalizeEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// longestEmail is SMTP's limit for a path (RFC 5321, section 4.5.3.1.3).
const longestEmail = 254

func checkEmail(email string) error {
	parsed, err := mail.ParseAddress(email)
	if err != nil || parsed.Address != email || len(email) > longestEmail {
		return problem.Invalid("email", "must be an address such as jane@example.com")
	}
	return nil
}
