package auth

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, email, password string }{
		{"as stored", theEmail, thePassword},
		{"e-mail in capitals and with blanks", " ANN@B.test ", thePassword},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, want := newService(t)
			got, err := s.Login(t.Context(), test.email, test.password, export.Visitor{Addr: "10.0.0.1:999"})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	for _, test := range []struct{ name, email, password string }{
		{"wrong password", theEmail, "four words make sensE"},
		{"longer password", theEmail, thePassword + "!"},
		{"empty password", theEmail, ""},
		{"huge password", theEmail, strings.Repeat("x", 5000)},
		{"unknown e-mail", "bob@b.test", thePassword},
		{"no e-mail", "", thePassword},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, _ := newService(t)
			_, err := s.Login(t.Context(), test.email, test.password, export.Visitor{Addr: "10.0.0.1:999"})
			if !problem.HasCode(err, problem.Unauthorized) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestUnknownUsersCostTheSame counts verifications instead of measuring time.
func TestUnknownUsersCostTheSame(t *testing.T) {
	t.Parallel()
	s, owner := newService(t)
	var checked []string
	s.Hasher.checked = func(encoded string) { checked = append(checked, encoded) }
	_, known := s.Login(t.Context(), theEmail, "a wrong password", export.Visitor{Addr: "10.0.0.1"})
	_, unknown := s.Login(t.Context(), "bob@b.test", "a wrong password", export.Visitor{Addr: "10.0.0.1"})
	if len(checked) != 2 || checked[0] != owner.PasswordHash || checked[1] != s.Hasher.dummy {
		t.Fatalf("checked %v", checked)
	}
	ofKnown, saltKnown, keyKnown, err := decode(checked[0])
	if err != nil {
		t.Fatal(err)
	}
	ofDummy, saltDummy, keyDummy, err := decode(checked[1])
	if err != nil || ofKnown != ofDummy || len(saltKnown) != len(saltDummy) || len(keyKnown) != len(keyDummy) {
		t.Errorf("the dummy costs %v, a user's hash %v (%v)", ofDummy, ofKnown, err)
	}
	if diff := cmp.Diff(problem.From(known), problem.From(unknown),
		cmp.AllowUnexported(problem.Problem{})); diff != "" {
		t.Errorf("the answers differ: %s", diff)
	}
}

func TestOldHashesAreRenewedAtLogin(t *testing.T) {
	t.Parallel()
	s, old := newService(t)
	s.Hasher.cost = cost{memory: 16, time: 2, threads: 1}
	renewed, err := s.Login(t.Context(), theEmail, thePassword, export.Visitor{Addr: "10.0.0.1"})
	if err != nil || renewed.PasswordHash == old.PasswordHash || s.Hasher.outdated(renewed.PasswordHash) {
		t.Fatalf("got %v, %v", renewed.PasswordHash, err)
	}
	again, err := s.Login(t.Context(), theEmail, thePassword, export.Visitor{Addr: "10.0.0.1"})
	if err != nil || again.PasswordHash != renewed.PasswordHash {
		t.Errorf("the second login: %v", err)
	}
}

func TestEnsureOwner(t *testing.T) {
	t.Parallel()
	s, first := newService(t)
	if first.Role != roleOwner || first.Email != theEmail || !strings.HasPrefix(string(first.ID), "usr_") ||
		first.CreatedAt.IsZero() {
		t.Errorf("created %+v", first)
	}
	same, err := s.EnsureOwner(t.Context(), "Ann@B.TEST", thePassword)
	if diff := cmp.Diff(first, same); diff != "" || err != nil {
		t.Errorf("the same again: %v %s", err, diff)
	}
	changed, err := s.EnsureOwner(t.Context(), theEmail, "another password")
	if err != nil || changed.ID != first.ID || changed.PasswordHash == first.PasswordHash {
		t.Errorf("changed: %+v, %v", changed, err)
	}
	if _, err = s.Login(t.Context(), theEmail, "another password", export.Visitor{Addr: ""}); err != nil {
		t.Error(err)
	}
	if _, err = s.Login(t.Context(), theEmail, thePassword, export.Visitor{Addr: ""}); err == nil {
		t.Error("the old password still works")
	}
	for _, bad := range []struct{ email, password string }{
		{"ann", thePassword},
		{"", thePassword},
		{"Ann <a@b.test>", thePassword},
		{theEmail, ""},
		{theEmail, strings.Repeat("x", 2000)},
	} {
		if _, err = s.EnsureOwner(t.Context(), bad.email, bad.password); !problem.HasCode(err, problem.InvalidInput) {
			t.Errorf("%q %d: %v", bad.email, len(bad.password), err)
		}
	}
}

func TestShortOwnerPasswordIsOnlyLogged(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	s := &Service{Users: &userShelf{}, Hasher: quickHasher(), Log: slog.New(slog.NewTextHandler(&log, nil))}
	if _, err := s.EnsureOwner(t.Context(), theEmail, "hunter2"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "short") || strings.Contains(log.String(), "hunter2") {
		t.Errorf("logged %s", log.String())
	}
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	s, old := newService(t)
	_, err := s.ChangePassword(t.Context(), theEmail, "not my password", "a new long password",
		export.Visitor{Addr: "10.0.0.1"})
	if p := problem.From(err); p == nil || p.Fields["present_password"] == "" {
		t.Errorf("wrong present password: %v", err)
	}
	_, err = s.ChangePassword(t.Context(), theEmail, thePassword, "short", export.Visitor{Addr: "10.0.0.1"})
	if p := problem.From(err); p == nil || !strings.Contains(p.Fields["password"], "12 characters") {
		t.Errorf("short new password: %v", err)
	}
	changed, err := s.ChangePassword(t.Context(), theEmail, thePassword, "a new long password",
		export.Visitor{Addr: "10.0.0.1"})
	if err != nil || changed.PasswordHash == old.PasswordHash {
		t.Fatalf("got %v", err)
	}
	if _, err = s.Login(t.Context(), theEmail, "a new long password", export.Visitor{Addr: "10.0.0.1"}); err != nil {
		t.Error(err)
	}
}

func TestFailuresThatAreNobodysGuess(t *testing.T) {
	t.Parallel()
	s, u := newService(t)
	s.Limiter = &Limiter{}
	users := s.Users.(*userShelf)
	broken := errors.New("disk failed")
	users.err = broken
	for range 50 { // none of them may lock the owner out
		if _, err := s.Login(t.Context(), theEmail, thePassword,
			export.Visitor{Addr: "10.0.0.1"}); !errors.Is(err, broken) {
			t.Fatalf("got %v", err)
		}
	}
	users.err = nil
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for range cap(s.Hasher.slots) {
		s.Hasher.slots <- struct{}{}
	}
	if _, err := s.Login(cancelled, theEmail, thePassword,
		export.Visitor{Addr: "10.0.0.1"}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	for range cap(s.Hasher.slots) {
		<-s.Hasher.slots
	}
	if _, err := s.Login(t.Context(), theEmail, thePassword, export.Visitor{Addr: "10.0.0.1"}); err != nil {
		t.Error(err)
	}
	u.PasswordHash = "plain text"
	users.users[u.ID] = u
	if _, err := s.Login(t.Context(), theEmail, "plain text",
		export.Visitor{Addr: "10.0.0.1"}); !problem.HasCode(err, problem.Unauthorized) {
		t.Errorf("a damaged hash: %v", err)
	}
	if repaired, err := s.EnsureOwner(t.Context(), theEmail, thePassword); err != nil ||
		repaired.PasswordHash == "plain text" {
		t.Errorf("a damaged hash is not repaired from the environment: %v", err)
	}
}

// TestCancelledTriesDoNotResetTheCount proves that cancelled tries do not erase failed guesses.
func TestCancelledTriesDoNotResetTheCount(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := newService(t)
		s.Limiter = &Limiter{}
		for range freeTries {
			_, _ = s.Login(t.Context(), theEmail, "a wrong password", export.Visitor{Addr: "10.0.0.1"})
		}
		time.Sleep(time.Second)
		given, err := s.Limiter.begin(theEmail, "10.0.0.1", "")
		if err != nil {
			t.Fatal(err)
		}
		given.undo()
		if len(s.Limiter.tries) != 2 {
			t.Errorf("tries are counted under %d keys", len(s.Limiter.tries))
		}
		for key, tries := range s.Limiter.tries {
			if len(tries) != freeTries {
				t.Errorf("%d tries are counted under %q", len(tries), key)
			}
		}
	})
	var none try // of a service without limits
	none.undo()
	none.succeed()
}

func TestSetupLink(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		run  func(t *testing.T, s *Setup, token string)
	}{
		{"works once", func(t *testing.T, s *Setup, token string) {
			u, err := s.CreateOwner(t.Context(), token, " Ann@B.test", thePassword)
			if err != nil || u.Email != theEmail || u.Role != roleOwner {
				t.Fatalf("got %+v, %v", u, err)
			}
			if _, err = s.service.Login(t.Context(), theEmail, thePassword, export.Visitor{Addr: ""}); err != nil {
				t.Error(err)
			}
			if _, err = s.CreateOwner(t.Context(), token, "eve@b.test", thePassword); !problem.HasCode(err,
				problem.Forbidden) {
				t.Errorf("used twice: %v", err)
			}
			s.service.Users.(*userShelf).users = nil // even if all users were deleted
			if err = s.Check(t.Context(), token); !problem.HasCode(err, problem.Forbidden) {
				t.Errorf("alive again: %v", err)
			}
		}},
		{"dies when a user appears", func(t *testing.T, s *Setup, token string) {
			if _, err := s.service.EnsureOwner(t.Context(), theEmail, thePassword); err != nil {
				t.Fatal(err)
			}
			if _, err := s.CreateOwner(t.Context(), token, "eve@b.test", thePassword); !problem.HasCode(err,
				problem.Forbidden) {
				t.Errorf("got %v", err)
			}
			if again, err := s.NewLink(t.Context()); again != "" || err != nil {
				t.Errorf("another link %q, %v", again, err)
			}
		}},
		{"replaced at the next start", func(t *testing.T, s *Setup, token string) {
			again, err := s.NewLink(t.Context())
			if err != nil || again == token {
				t.Fatalf("%q, %v", again, err)
			}
			if s.Check(t.Context(), token) == nil || s.Check(t.Context(), again) != nil {
				t.Error("the old link works or the new one does not")
			}
		}},
		{"refuses guesses", func(t *testing.T, s *Setup, token string) {
			for _, guess := range []string{"", token[1:], token + "x", strings.ToUpper(token)} {
				if err := s.Check(t.Context(), guess); !problem.HasCode(err, problem.Forbidden) {
					t.Errorf("%q: %v", guess, err)
				}
			}
		}},
		{"bad input keeps it alive", func(t *testing.T, s *Setup, token string) {
			_, err := s.CreateOwner(t.Context(), token, "ann", "short")
			if p := problem.From(err); p == nil || p.Fields["email"] == "" || p.Fields["password"] == "" {
				t.Errorf("got %v", err)
			}
			if err = s.Check(t.Context(), token); err != nil {
				t.Error(err)
			}
		}},
		{"is stored hashed", func(t *testing.T, s *Setup, token string) {
			for key, value := range s.settings.(*settingShelf).values {
				if strings.Contains(string(value), token) {
					t.Errorf("%s holds the token", key)
				}
			}
		}},
		{"store fails", func(t *testing.T, s *Setup, token string) {
			broken := errors.New("disk failed")
			s.settings.(*settingShelf).err = broken
			if err := s.Check(t.Context(), token); !errors.Is(err, broken) {
				t.Errorf("got %v", err)
			}
			if _, err := s.NewLink(t.Context()); !errors.Is(err, broken) {
				t.Errorf("got %v", err)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := NewSetup(&settingShelf{}, &Service{Users: &userShelf{}, Hasher: quickHasher()})
			if err := s.Check(t.Context(), "anything"); !problem.HasCode(err, problem.Forbidden) {
				t.Errorf("before there is a link: %v", err)
			}
			token, err := s.NewLink(t.Context())
			if err != nil || len(token) < 43 {
				t.Fatalf("%q, %v", token, err)
			}
			test.run(t, s, token)
		})
	}
}

// TestOneOwner has many people use the link at once.
func TestOneOwner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		users := &userShelf{}
		settings := &settingShelf{}
		s := NewSetup(settings, &Service{Users: users, Hasher: quickHasher()})
		token, err := s.NewLink(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		settings.slow = time.Second // so that all have checked the link before the first one is done
		var mu sync.Mutex
		made := 0
		var people sync.WaitGroup
		for _, name := range "abcdefgh" {
			people.Go(func() {
				_, err := s.CreateOwner(t.Context(), token, string(name)+"@b.test", thePassword)
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					made++
				} else if !problem.HasCode(err, problem.Forbidden) {
					t.Error(err)
				}
			})
		}
		people.Wait()
		if all, _ := users.Users(t.Context()); made != 1 || len(all) != 1 {
			t.Errorf("%d successes, %d users", made, len(all))
		}
	})
}

var _ export.UserStore = (*userShelf)(nil)
