package auth

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// inviteLife is how long an invitation works.
const inviteLife = 72 * time.Hour

// Invite adds a person and returns the link, once, with which they choose a password.
func (s *Service) Invite(ctx context.Context, u export.User) (export.User, string, error) {
	u.Email = normalizeEmail(u.Email)
	if err := checkEmail(u.Email); err != nil {
		return export.User{}, "", err
	}
	now := s.now()
	token, invite := s.newInvite()
	u.ID, u.CreatedAt, u.Invite = export.NewID("usr", now), now.UTC(), invite
	err := s.Users.CreateUser(ctx, u)
	if errors.Is(err, export.ErrExists) {
		return export.User{}, "", problem.Invalid("email", "belongs to a user already")
	}
	if err != nil {
		return export.User{}, "", fmt.Errorf("creating user: %w", err)
	}
	return u, s.inviteURL(token), nil
}

// InviteAgain returns a new link for a person, which replaces any earlier one. The present password works until it is
// used.
func (s *Service) InviteAgain(ctx context.Context, id export.ID) (export.User, string, error) {
	token, invite := s.newInvite()
	u, err := s.Users.UpdateUser(ctx, id, func(u *export.User) error {
		if u.Disabled {
			return problem.New(problem.Conflict, "%s is disabled.", u.Email).WithHint("Enable them first.")
		}
		u.Invite = invite
		return nil
	})
	if err != nil {
		return export.User{}, "", err
	}
	return u, s.inviteURL(token), nil
}

func (s *Service) newInvite() (token string, invite *export.Invite) {
	token = base64.RawURLEncoding.EncodeToString(randomBytes(32))
	sum := sha256.Sum256([]byte(token))
	return token, &export.Invite{Hash: sum[:], ExpiresAt: s.now().Add(inviteLife).UTC()}
}

func (s *Service) inviteURL(token string) string { return s.BaseURL + "/invite?token=" + token }

// Invited returns whom a link's token invites, or a forbidden problem.
func (s *Service) Invited(ctx context.Context, token string) (export.User, error) {
	all, err := s.Users.Users(ctx)
	if err != nil {
		return export.User{}, fmt.Errorf("looking for an invitation: %w", err)
	}
	sum := sha256.Sum256([]byte(token))
	for _, u := range all {
		if u.Invite != nil && !u.Disabled && s.now().Before(u.Invite.ExpiresAt) &&
			subtle.ConstantTimeCompare(sum[:], u.Invite.Hash) == 1 {
			return u, nil
		}
	}
	return export.User{}, problem.New(problem.Forbidden, "This invitation is not valid: it works once, for %d hours.",
		int(inviteLife.Hours())).WithHint("Ask for a new one.")
}

// Accept sets the password of the person whom a link's token invites, and ends the link.
func (s *Service) Accept(ctx context.Context, token, password string) (export.User, error) {
	u, err := s.Invited(ctx, token)
	if err != nil {
		return export.User{}, err
	}
	if err := CheckPassword("password", password); err != nil {
		return export.User{}, err
	}
	encoded, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return export.User{}, err
	}
	used := u.Invite.Hash
	return s.Users.UpdateUser(ctx, u.ID, func(u *export.User) error {
		if u.Invite == nil || subtle.ConstantTimeCompare(u.Invite.Hash, used) != 1 {
			return problem.New(problem.Forbidden, "This invitation was used already.").WithHint("Sign in instead.")
		}
		u.PasswordHash, u.Invite = encoded, nil
		return nil
	})
}

// ChangeUser changes a person's role, companies or whether they may sign in. It refuses to leave nobody who owns the
// installation and can sign in.
func (s *Service) ChangeUser(ctx context.Context, id export.ID, change func(*export.User)) (export.User, error) {
	s.people.Lock()
	defer s.people.Unlock()
	if err := s.checkOwners(ctx, id, change); err != nil {
		return export.User{}, err
	}
	return s.Users.UpdateUser(ctx, id, func(u *export.User) error {
		change(u)
		if u.Disabled {
			u.Invite = nil
		}
		return nil
	})
}

// DeleteUser removes a person. It refuses to leave nobody who owns the installation and can sign in.
func (s *Service) DeleteUser(ctx context.Context, id export.ID) error {
	s.people.Lock()
	defer s.people.Unlock()
	if err := s.checkOwners(ctx, id, func(u *export.User) { u.Disabled = true }); err != nil {
		return err
	}
	return s.Users.DeleteUser(ctx, id)
}

// checkOwners returns a conflict if a change would leave nobody who owns the installation and can sign in.
func (s *Service) checkOwners(ctx context.Context, id export.ID, change func(*export.User)) error {
	all, err := s.Users.Users(ctx)
	if err != nil {
		return fmt.Errorf("looking for owners: %w", err)
	}
	before, after := 0, 0
	for _, u := range all {
		if owns(u) {
			before++
		}
		if u.ID == id {
			change(&u)
		}
		if owns(u) {
			after++
		}
	}
	if before > 0 && after == 0 {
		return problem.New(problem.Conflict, "Nobody else owns this installation and can sign in.").
			WithHint("Make another person an owner first.")
	}
	return nil
}

func owns(u export.User) bool { return u.Active() && u.Role == roleOwner && u.Companies == nil }
