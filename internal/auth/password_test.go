package auth

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"ledgersheet/internal/problem"
)

func TestPolicy(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, password string
		good           bool
	}{
		{"eleven", "elevenchars", false},
		{"twelve", "twelve chars", true},
		{"twelve of another script", strings.Repeat("ж", 12), true},
		{"eleven of another script", strings.Repeat("ж", 11), false},
		{"blanks", strings.Repeat(" ", 20), false},
		{"the longest", strings.Repeat("x", 256), true},
		{"too long", strings.Repeat("x", 257), false},
		{"the longest in bytes", strings.Repeat("😀", 256), true},
		{"empty", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := CheckPassword("pw", test.password)
			if (err == nil) != test.good {
				t.Fatalf("got %v", err)
			}
			if err != nil {
				if p := problem.From(err); p.Code != problem.InvalidInput || p.Fields["pw"] == "" ||
					test.password != "" && strings.Contains(p.Message, test.password) {
					t.Errorf("got %+v", p)
				}
			}
		})
	}
}

// TestRealCost hashes with the production parameters.
func TestRealCost(t *testing.T) {
	t.Parallel()
	h := NewHasher(0)
	encoded, err := h.Hash(t.Context(), thePassword)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(encoded, "$argon2id$v=19$m=19456,t=2,p=1$") || h.outdated(encoded) {
		t.Errorf("hash %s", encoded)
	}
	for password, want := range map[string]bool{thePassword: true, thePassword + " ": false, "": false} {
		if got, err := h.Verify(t.Context(), password, encoded); got != want || err != nil {
			t.Errorf("%q: %v, %v", password, got, err)
		}
	}
	if right, err := h.Verify(t.Context(), thePassword, h.dummy); right || err != nil {
		t.Errorf("the dummy: %v, %v", right, err)
	}
}

// TestKnownHash checks a hash of the reference implementation's command line tool:
// echo -n password | argon2 somesalt -t 2 -m 16 -p 1 -id -e -l 32.
func TestKnownHash(t *testing.T) {
	t.Parallel()
	const reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	h := NewHasher(1)
	if right, err := h.Verify(t.Context(), "password", reference); !right || err != nil {
		t.Errorf("got %v, %v", right, err)
	}
	if !h.outdated(reference) {
		t.Error("other parameters are not outdated")
	}
}

func TestAnyPasswordVerifies(t *testing.T) {
	t.Parallel()
	h := quickHasher()
	rapid.Check(t, func(rt *rapid.T) {
		password := rapid.StringN(1, 100, maxPasswordBytes).Draw(rt, "password")
		other := rapid.StringN(0, 100, maxPasswordBytes).Draw(rt, "other")
		encoded, err := h.Hash(t.Context(), password)
		if err != nil {
			rt.Fatal(err)
		}
		if right, err := h.Verify(t.Context(), password, encoded); !right || err != nil {
			rt.Errorf("%v, %v", right, err)
		}
		if right, err := h.Verify(t.Context(), other, encoded); right != (other == password) || err != nil {
			rt.Errorf("other: %v, %v", right, err)
		}
		if again, err := h.Hash(t.Context(), password); again == encoded || err != nil {
			rt.Error("no salt")
		}
	})
}

func TestBoundedMemory(t *testing.T) {
	t.Parallel()
	h := quickHasher()
	for range cap(h.slots) {
		h.slots <- struct{}{}
	}
	ctx, cancel := context.WithCancel(t.Context())
	var waiting sync.WaitGroup
	for range 10 {
		waiting.Go(func() {
			if _, err := h.Hash(ctx, thePassword); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
	}
	cancel()
	waiting.Wait()
}

func FuzzStoredHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc")
	for _, bad := range []string{
		"", "$", "$argon2i$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAA",
		"$argon2id$v=19$m=4294967295,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=8,t=1,p=1,x$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=08,t=1,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
	} {
		if _, _, _, err := decode(bad); !errors.Is(err, ErrHashFormat) {
			f.Errorf("%q: %v", bad, err)
		}
		f.Add(bad)
	}
	f.Fuzz(func(t *testing.T, encoded string) {
		c, salt, key, err := decode(encoded)
		if err != nil {
			if !errors.Is(err, ErrHashFormat) {
				t.Errorf("got %v", err)
			}
			return
		}
		if c.memory > 256<<10 || c.time > 16 || len(key) > 64 {
			t.Errorf("%q asks for too much", encoded)
		}
		if again := encode(c, salt, key); again != encoded {
			t.Errorf("%q became %q", encoded, again)
		}
	})
}
