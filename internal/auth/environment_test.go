package auth

import (
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// start is a start of the service with an environment that names an owner, or none.
type start struct{ email, password string }

// TestTheEnvironmentCountsWhenItChanges starts a service several times. Between the starts people change things.
func TestTheEnvironmentCountsWhenItChanges(t *testing.T) {
	t.Parallel()
	const mine, other = "a password of my own", "another password of the file"
	changed := func(t *testing.T, s *Service) {
		if _, err := s.ChangePassword(t.Context(), theEmail, thePassword, mine, export.Visitor{}); err != nil {
			t.Fatal(err)
		}
	}
	second := func(t *testing.T, s *Service) {
		_, link, err := s.Invite(t.Context(), export.User{Email: "bob@b.test", Role: "viewer"})
		if err == nil {
			_, err = s.Accept(t.Context(), tokenOf(t, link), "bob's long password")
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	first := start{theEmail, thePassword}
	for name, test := range map[string]struct {
		people  func(*testing.T, *Service)
		then    []start
		signsIn start
		refused []start
	}{
		"nothing changes": {nil, []start{first}, first, nil},
		"a person changes the password": {
			changed, []start{first, first}, start{theEmail, mine}, []start{first},
		},
		"the environment changes it afterwards": {
			changed, []start{first, {theEmail, other}}, start{theEmail, other}, []start{first, {theEmail, mine}},
		},
		"the environment is taken away and comes back": {
			changed, []start{{}, first}, first, []start{{theEmail, mine}},
		},
		"the owner moves": {
			nil, []start{{"new@b.test", thePassword}}, start{"new@b.test", thePassword}, []start{first},
		},
		"the owner moves and keeps a password of their own": {
			changed, []start{{"new@b.test", thePassword}}, start{"new@b.test", mine}, []start{{theEmail, mine}},
		},
		"another user becomes the owner": {
			second, []start{{"bob@b.test", other}}, start{"bob@b.test", other},
			[]start{first, {"bob@b.test", "bob's long password"}},
		},
		"people have disabled the owner": {
			func(t *testing.T, s *Service) {
				second(t, s)
				must(t, change(t, s, "bob@b.test", func(u *export.User) { u.Role = roleOwner }))
				must(t, change(t, s, theEmail, func(u *export.User) { u.Disabled = true }))
			}, []start{first}, start{"bob@b.test", "bob's long password"}, []start{first},
		},
		"people have deleted the owner": {
			func(t *testing.T, s *Service) {
				second(t, s)
				must(t, change(t, s, "bob@b.test", func(u *export.User) { u.Role = roleOwner }))
				u, err := s.Users.UserByEmail(t.Context(), theEmail)
				must(t, err)
				must(t, s.DeleteUser(t.Context(), u.ID))
			}, []start{first}, start{"bob@b.test", "bob's long password"}, []start{first},
		},
		"people have deleted the owner, and the environment changes": {
			func(t *testing.T, s *Service) {
				second(t, s)
				must(t, change(t, s, "bob@b.test", func(u *export.User) { u.Role = roleOwner }))
				u, err := s.Users.UserByEmail(t.Context(), theEmail)
				must(t, err)
				must(t, s.DeleteUser(t.Context(), u.ID))
			}, []start{{theEmail, other}}, start{theEmail, other}, []start{first},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := &Service{Users: &userShelf{}, Hasher: quickHasher(), Settings: &settingShelf{}}
			_, err := s.EnsureOwner(t.Context(), first.email, first.password)
			must(t, err)
			if test.people != nil {
				test.people(t, s)
			}
			for _, next := range test.then {
				if next.email == "" {
					must(t, s.ForgetEnvironment(t.Context()))
					continue
				}
				_, err := s.EnsureOwner(t.Context(), next.email, next.password)
				must(t, err)
			}
			u, err := s.Login(t.Context(), test.signsIn.email, test.signsIn.password, export.Visitor{})
			if err != nil || !owns(u) {
				t.Errorf("%s cannot sign in as an owner: %+v %v", test.signsIn.email, u, err)
			}
			for _, no := range test.refused {
				_, err := s.Login(t.Context(), no.email, no.password, export.Visitor{})
				if !problem.HasCode(err, problem.Unauthorized) {
					t.Errorf("%s with %q: %v", no.email, no.password, err)
				}
			}
		})
	}
}
