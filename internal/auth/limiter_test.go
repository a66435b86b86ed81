package auth

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// failUntilHeld makes failing tries without a pause. It returns how many were let through and how long the next one has
// to wait.
func failUntilHeld(t *testing.T, s *Service, email, from string) (let int, wait time.Duration) {
	t.Helper()
	for range 1000 {
		_, err := s.Login(t.Context(), email, "a wrong password", export.Visitor{Addr: from})
		p := problem.From(err)
		if p.Code == problem.TooManyRequests {
			if p.RetryAfter <= 0 || p.RetryAfter%time.Second != 0 {
				t.Errorf("RetryAfter is %v", p.RetryAfter)
			}
			return let, p.RetryAfter
		}
		let++
	}
	t.Fatal("nothing holds the guesses back")
	return 0, 0
}

func TestGuessesAtOneUser(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := newService(t)
		s.Limiter = &Limiter{}
		begin := time.Now()
		let, wait := failUntilHeld(t, s, theEmail, "10.0.0.1:1")
		if let != freeTries || wait != time.Second {
			t.Errorf("%d tries, then %v", let, wait)
		}
		// The delays grow, and waiting for each is enough.
		var delays []time.Duration
		for range triesPerEmail - freeTries {
			delays = append(delays, wait)
			time.Sleep(wait)
			if let, wait = failUntilHeld(t, s, theEmail, "10.0.0.1:1"); let != 1 {
				t.Errorf("%d tries at once after a delay", let)
			}
		}
		if got := fmt.Sprint(delays); got != "[1s 2s 4s 8s 16s]" {
			t.Errorf("delays %s", got)
		}
		if since := time.Since(begin); wait != tryWindow-since {
			t.Errorf("after ten tries in %v the wait is %v", since, wait)
		}
		// The right password has to wait too, wherever it comes from; other users do not.
		if _, err := s.Login(t.Context(), theEmail, thePassword,
			export.Visitor{Addr: "10.9.9.9"}); !problem.HasCode(err,
			problem.TooManyRequests) {
			t.Errorf("got %v", err)
		}
		if _, err := s.Login(t.Context(), "bob@b.test", "a wrong password",
			export.Visitor{Addr: "10.9.9.9"}); !problem.HasCode(err,
			problem.Unauthorized) {
			t.Errorf("got %v", err)
		}
		time.Sleep(wait)
		if _, err := s.Login(t.Context(), theEmail, thePassword, export.Visitor{Addr: "10.0.0.1:1"}); err != nil {
			t.Errorf("after the wait: %v", err)
		}
		// The login cleared the count.
		if let, _ = failUntilHeld(t, s, theEmail, "10.0.0.1:1"); let != freeTries {
			t.Errorf("%d tries after a login", let)
		}
	})
}

func TestGuessesFromOneAddress(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(i int) string{
		"IPv4":             func(i int) string { return fmt.Sprintf("10.0.0.1:%d", 1000+i) },
		"IPv4 inside IPv6": func(i int) string { return fmt.Sprintf("[::ffff:10.0.0.1]:%d", 1000+i) },
		"one IPv6 network": func(i int) string { return fmt.Sprintf("[2001:db8:1:2::%x]:443", i+1) },
		"unreadable":       func(i int) string { return fmt.Sprintf("pipe-%d", i) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, _ := newService(t)
				s.Limiter = &Limiter{}
				let := 0
				begin := time.Now()
				for i := 0; time.Since(begin) < 24*time.Hour; i++ { // as fast as allowed, each with another e-mail
					_, err := s.Login(t.Context(), fmt.Sprintf("user%d@b.test", i), "a wrong password",
						export.Visitor{Addr: address(i)})
					p := problem.From(err)
					if p.Code == problem.TooManyRequests {
						time.Sleep(p.RetryAfter)
					} else {
						let++
					}
				}
				if most := 24 * 4 * triesPerOrigin; let > most || let < most/2 {
					t.Errorf("%d guesses in a day, at most %d", let, most)
				}
			})
		})
	}
}

func TestManyTriesAtOnceGainNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, _ := newService(t)
		s.Limiter = &Limiter{}
		var mu sync.Mutex
		looked := 0
		s.Hasher.checked = func(string) { mu.Lock(); looked++; mu.Unlock() }
		var guesses sync.WaitGroup
		for range 200 {
			guesses.Go(func() {
				_, _ = s.Login(t.Context(), theEmail, "a wrong password",
					export.Visitor{Addr: "10.0.0.1"})
			})
		}
		guesses.Wait()
		if looked != freeTries {
			t.Errorf("%d passwords were looked at", looked)
		}
	})
}

func TestLimiterMemoryIsBounded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		l := &Limiter{}
		for range freeTries {
			if _, err := l.begin(theEmail, "10.0.0.1", ""); err != nil {
				t.Fatal(err)
			}
		}
		for i := range 3 * maxKeys {
			_, _ = l.begin(fmt.Sprintf("user%d@b.test", i), fmt.Sprintf("10.%d.%d.%d", 1+i>>16, i>>8&255, i&255),
				"")
			if len(l.tries) > maxKeys {
				t.Fatalf("%d keys", len(l.tries))
			}
		}
		if _, err := l.begin(theEmail, "10.200.0.1", ""); !problem.HasCode(err, problem.TooManyRequests) {
			t.Errorf("the flood washed out the tries at %s: %v", theEmail, err)
		}
		time.Sleep(tryWindow)
		if _, err := l.begin(theEmail, "10.200.0.1", ""); err != nil {
			t.Error(err)
		}
	})
}

// TestAKnownDeviceIsNotLockedOut: whatever strangers try, from the same address too, the right password opens in a
// browser in which the user has signed in before.
func TestAKnownDeviceIsNotLockedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, owner := newService(t)
		s.Limiter = &Limiter{}
		known := export.Visitor{Addr: "10.0.0.1:1", Device: s.Device(owner, "")}
		if again := s.Device(owner, known.Device); again != known.Device {
			t.Errorf("a good mark was replaced by %q", again)
		}
		for i := range triesPerOrigin * 2 {
			stranger := export.Visitor{Addr: "10.0.0.1:1"}
			_, _ = s.Login(t.Context(), theEmail, "a wrong password", stranger)
			_, _ = s.Login(t.Context(), fmt.Sprintf("user%d@b.test", i), "a wrong password", stranger)
			time.Sleep(time.Second)
		}
		for name, from := range map[string]export.Visitor{
			"no mark": {Addr: "10.0.0.1:1"}, "a made-up mark": {Addr: "10.0.0.1:1", Device: "x.y"},
			"a mark of another user": {Addr: "10.0.0.1:1",
				Device: s.Device(export.User{ID: "u", PasswordHash: "h"}, "")},
			"a mark of an older password": {Addr: "10.0.0.1:1",
				Device: s.Device(export.User{ID: owner.ID, PasswordHash: "older"}, "")},
			"another name with the signature": {Addr: "10.0.0.1:1", Device: "x" + known.Device},
		} {
			if _, err := s.Login(t.Context(), theEmail, thePassword, from); !problem.HasCode(err,
				problem.TooManyRequests) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := s.Login(t.Context(), theEmail, thePassword, known); err != nil {
			t.Errorf("the owner's own browser: %v", err)
		}
		// Whoever has the mark but not the password is slowed down all the same.
		for range freeTries {
			_, _ = s.Login(t.Context(), theEmail, "a wrong password", known)
		}
		_, err := s.Login(t.Context(), theEmail, thePassword, known)
		if !problem.HasCode(err, problem.TooManyRequests) {
			t.Errorf("guesses on a known device: %v", err)
		}
	})
}
