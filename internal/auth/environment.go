package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// environmentKey is the setting that remembers which owner the environment named when it was last looked at.
const environmentKey = "owner_of_environment"

// remembered is what is kept of the environment's owner, sealed.
type remembered struct {
	User         export.ID `json:"user"`
	Email        string    `json:"email"`
	PasswordHash string    `json:"password_hash"`
}

// EnsureOwner creates the owner that the environment names. It is called at each start, and the environment counts only
// when it has changed since the last one: what people do meanwhile, such as changing that password in the dashboard or
// removing that owner, stays. A new password becomes the owner's; a new e-mail moves the owner to it, or, if it is
// another user's, makes that user an owner and disables the one before. Without Settings each call counts as a change.
// It does not limit tries. The length of the password is the operator's decision, so a short one is only logged. The
// result is the zero user if people have removed the owner.
func (s *Service) EnsureOwner(ctx context.Context, email, password string) (export.User, error) {
	email = normalizeEmail(email)
	if err := checkEmail(email); err != nil {
		return export.User{}, err
	}
	if password == "" || len(password) > maxPasswordBytes {
		return export.User{}, problem.Invalid("password", "must have 1 to %d bytes", maxPasswordBytes)
	}
	if CheckPassword("password", password) != nil {
		s.log().WarnContext(ctx, "owner's password from the environment is short",
			"recommended_characters", minPassword)
	}
	s.people.Lock()
	defer s.people.Unlock()
	before, err := s.recall(ctx)
	if err != nil {
		return export.User{}, err
	}
	samePassword, err := s.verify(ctx, password, before.PasswordHash)
	if err != nil {
		return export.User{}, err
	}
	if samePassword && before.Email == email {
		return s.findUser(ctx, before.User)
	}
	user, err := s.follow(ctx, before, email, password, samePassword)
	if err != nil {
		return export.User{}, err
	}
	return user, s.remember(ctx, user, email, password)
}

// findUser returns a user by id; the zero user if people have removed them.
func (s *Service) findUser(ctx context.Context, id export.ID) (export.User, error) {
	all, err := s.Users.Users(ctx)
	if err != nil {
		return export.User{}, fmt.Errorf("looking up owner: %w", err)
	}
	for _, u := range all {
		if u.ID == id {
			return u, nil
		}
	}
	return export.User{}, nil
}

// ForgetEnvironment is called at a start whose environment names no owner, so that one that it names later counts.
func (s *Service) ForgetEnvironment(ctx context.Context) error {
	before, err := s.recall(ctx)
	if err != nil || before.User == "" {
		return err
	}
	return s.keep(ctx, remembered{})
}

// follow makes the users what an environment that has changed says.
func (s *Service) follow(
	ctx context.Context, before remembered, email, password string, samePassword bool,
) (export.User, error) {
	user, err := s.Users.UserByEmail(ctx, email)
	switch {
	case err == nil && before.User != "" && user.ID != before.User:
		if err := s.retire(ctx, before.User); err != nil {
			return export.User{}, err
		}
	case err == nil:
	case !errors.Is(err, export.ErrNotFound):
		return export.User{}, fmt.Errorf("looking up owner: %w", err)
	default:
		user, err = s.Users.UpdateUser(ctx, before.User, func(u *export.User) error { u.Email = email; return nil })
		if errors.Is(err, export.ErrNotFound) {
			return s.createOwner(ctx, email, password)
		}
		if err != nil {
			return export.User{}, fmt.Errorf("moving owner to another e-mail: %w", err)
		}
		s.log().WarnContext(ctx, "the environment's owner has another e-mail now", "user", string(user.ID))
	}
	user, err = s.Users.UpdateUser(ctx, user.ID, func(u *export.User) error {
		u.Role, u.Companies, u.Disabled = roleOwner, nil, false
		return nil
	})
	if err != nil {
		return export.User{}, fmt.Errorf("storing owner: %w", err)
	}
	if samePassword && user.PasswordHash != "" && user.ID == before.User {
		return user, nil
	}
	if same, err := s.verify(ctx, password, user.PasswordHash); err != nil || same {
		return user, err
	}
	return s.setPassword(ctx, user, password)
}

// retire disables the owner whom the environment named before.
func (s *Service) retire(ctx context.Context, id export.ID) error {
	_, err := s.Users.UpdateUser(ctx, id, func(u *export.User) error { u.Disabled = true; return nil })
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		return fmt.Errorf("disabling the owner of before: %w", err)
	}
	s.log().WarnContext(ctx, "the environment names another owner, the one of before is disabled", "user", string(id))
	return nil
}

// verify reports whether a stored hash is the password's. One that is missing or unreadable is nobody's.
func (s *Service) verify(ctx context.Context, password, encoded string) (bool, error) {
	if encoded == "" {
		return false, nil
	}
	same, err := s.Hasher.Verify(ctx, password, encoded)
	if errors.Is(err, ErrHashFormat) {
		return false, nil
	}
	return same, err
}

func (s *Service) recall(ctx context.Context) (r remembered, err error) {
	if s.Settings == nil {
		return r, nil
	}
	text, err := s.Settings.Setting(ctx, environmentKey, true)
	if errors.Is(err, export.ErrNotFound) {
		return r, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil {
		return r, fmt.Errorf("reading which owner the environment named: %w", err)
	}
	return r, nil
}

func (s *Service) remember(ctx context.Context, user export.User, email, password string) error {
	if s.Settings == nil {
		return nil
	}
	encoded, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return err
	}
	return s.keep(ctx, remembered{User: user.ID, Email: email, PasswordHash: encoded})
}

func (s *Service) keep(ctx context.Context, r remembered) error {
	text, err := json.Marshal(r)
	if err == nil {
		err = s.Settings.PutSetting(ctx, environmentKey, text, true)
	}
	if err != nil {
		return fmt.Errorf("storing which owner the environment names: %w", err)
	}
	return nil
}
