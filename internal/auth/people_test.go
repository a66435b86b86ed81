package auth

import (
	"errors"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tokenOf returns the token in an invitation's link.
func tokenOf(t *testing.T, link string) string {
	t.Helper()
	u, err := url.Parse(link)
	must(t, err)
	return u.Query().Get("token")
}

// change changes the user with an e-mail.
func change(t *testing.T, s *Service, email string, what func(*export.User)) error {
	t.Helper()
	u, err := s.Users.UserByEmail(t.Context(), email)
	must(t, err)
	_, err = s.ChangeUser(t.Context(), u.ID, what)
	return err
}

func TestInvitations(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := newService(t)
		s.BaseURL = "https://sheets.test"
		login := func(password string) error {
			_, err := s.Login(t.Context(), "bob@b.test", password, export.Visitor{})
			return err
		}
		u, link, err := s.Invite(t.Context(), export.User{Email: " Bob@B.test", Role: "viewer"})
		must(t, err)
		if u.Email != "bob@b.test" || u.Active() || u.Role != "viewer" {
			t.Errorf("invited %+v", u)
		}
		_, _, err = s.Invite(t.Context(), export.User{Email: theEmail})
		if !problem.HasCode(err, problem.InvalidInput) {
			t.Errorf("inviting somebody who is there: %v", err)
		}
		if err := login(""); !problem.HasCode(err, problem.Unauthorized) {
			t.Errorf("signing in before accepting: %v", err)
		}
		forbidden := func(what, token string) {
			t.Helper()
			if _, err := s.Accept(t.Context(), token, "a long password"); !problem.HasCode(err, problem.Forbidden) {
				t.Errorf("%s: %v", what, err)
			}
		}
		forbidden("a made-up link", "x")
		forbidden("no link", "")
		if _, err := s.Accept(t.Context(), tokenOf(t, link), "short"); !problem.HasCode(err, problem.InvalidInput) {
			t.Errorf("a short password: %v", err)
		}
		time.Sleep(inviteLife)
		forbidden("a link that has expired", tokenOf(t, link))
		_, link, err = s.InviteAgain(t.Context(), u.ID)
		must(t, err)
		_, err = s.Accept(t.Context(), tokenOf(t, link), "bob's first password")
		must(t, err)
		must(t, login("bob's first password"))
		forbidden("a link that was used", tokenOf(t, link))

		_, link, err = s.InviteAgain(t.Context(), u.ID) // for somebody who has forgotten the password
		must(t, err)
		must(t, login("bob's first password"))
		must(t, change(t, s, u.Email, func(u *export.User) { u.Disabled = true }))
		forbidden("a link of somebody who is disabled", tokenOf(t, link))
		if err := login("bob's first password"); !problem.HasCode(err, problem.Unauthorized) {
			t.Errorf("signing in while disabled: %v", err)
		}
		if _, _, err := s.InviteAgain(t.Context(), u.ID); !problem.HasCode(err, problem.Conflict) {
			t.Errorf("inviting somebody who is disabled: %v", err)
		}
		must(t, change(t, s, u.Email, func(u *export.User) { u.Disabled = false }))
		must(t, login("bob's first password"))
		must(t, s.DeleteUser(t.Context(), u.ID))
		if err := login("bob's first password"); !problem.HasCode(err, problem.Unauthorized) {
			t.Errorf("signing in after the end: %v", err)
		}
	})
}

func TestSomebodyOwnsTheInstallation(t *testing.T) {
	t.Parallel()
	s, owner := newService(t)
	_, _, err := s.Invite(t.Context(), export.User{Email: "bob@b.test", Role: roleOwner}) // has no password yet
	must(t, err)
	for what, err := range map[string]error{
		"disabling": change(t, s, theEmail, func(u *export.User) { u.Disabled = true }),
		"demoting":  change(t, s, theEmail, func(u *export.User) { u.Role = "viewer" }),
		"limiting":  change(t, s, theEmail, func(u *export.User) { u.Companies = []export.RealmID{"1"} }),
		"deleting":  s.DeleteUser(t.Context(), owner.ID),
	} {
		if !problem.HasCode(err, problem.Conflict) {
			t.Errorf("%s the only owner: %v", what, err)
		}
	}
	if err := s.DeleteUser(t.Context(), "usr_nobody"); err != nil && !errors.Is(err, export.ErrNotFound) {
		t.Error(err)
	}
}

// TestDisabledPeopleAreSignedOut expects that a session ends with the right to sign in.
func TestDisabledPeopleAreSignedOut(t *testing.T) {
	t.Parallel()
	s, owner := newService(t)
	sessions := NewSessions(&sessionShelf{}, s.Users, "http://sheets.test", nil)
	ctx, err := sessions.manager.Load(t.Context(), "")
	must(t, err)
	must(t, sessions.SignIn(ctx, owner))
	if _, err := sessions.User(ctx); err != nil {
		t.Fatal(err)
	}
	_, err = s.Users.UpdateUser(ctx, owner.ID, func(u *export.User) error { u.Disabled = true; return nil })
	must(t, err)
	if _, err := sessions.User(ctx); !problem.HasCode(err, problem.Unauthorized) {
		t.Errorf("a disabled person is still signed in: %v", err)
	}
}
