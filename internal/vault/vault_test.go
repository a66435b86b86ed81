package vault

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func open(t *testing.T, primary Key, old ...Key) *Vault {
	t.Helper()
	v, err := New(primary, old...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func seal(t *testing.T, v *Vault, place, plain string) []byte {
	t.Helper()
	sealed, err := v.Seal(place, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	v := open(t, NewKey())
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		place := rapid.StringN(1, 40, -1).Draw(t, "place")
		first, err := v.Seal(place, plain)
		if err != nil {
			t.Fatal(err)
		}
		got, err := v.Open(place, first)
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("Open = %x, %v; sealed %x", got, err, plain)
		}
		second, err := v.Seal(place, plain)
		if err != nil || bytes.Equal(first, second) {
			t.Fatalf("the same value was sealed to the same bytes (%v)", err)
		}
		if !v.Current(first) {
			t.Fatal("not current right after Seal")
		}
		if len(plain) >= 8 && bytes.Contains(first, plain) {
			t.Fatal("the plain value is visible")
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	v := open(t, NewKey())
	sealed := seal(t, v, "secrets/con_1", "token")
	for name, c := range map[string]struct {
		place  string
		sealed []byte
	}{
		"moved to another row":       {"secrets/con_2", sealed},
		"moved to another bucket":    {"users/con_1", sealed},
		"no place":                   {"", sealed},
		"nothing":                    {"secrets/con_1", nil},
		"header only":                {"secrets/con_1", sealed[:headerSize]},
		"cut within the nonce":       {"secrets/con_1", sealed[:headerSize+5]},
		"cut at the end":             {"secrets/con_1", sealed[:len(sealed)-1]},
		"longer":                     {"secrets/con_1", append(bytes.Clone(sealed), 0)},
		"plain text":                 {"secrets/con_1", []byte(`{"access_token":"abc"}`)},
		"place runs into the header": {"ecrets/con_1", append(bytes.Clone(sealed), 's')},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := v.Open(c.place, c.sealed); !errors.Is(err, ErrTampered) || got != nil {
				t.Errorf("Open = %q, %v; want ErrTampered", got, err)
			}
		})
	}
	if _, err := v.Seal("", []byte("x")); err == nil {
		t.Error("Seal without a place succeeded")
	}
}

func TestEveryFlippedBitIsRefused(t *testing.T) {
	t.Parallel()
	v := open(t, NewKey())
	sealed := seal(t, v, "a/b", "some token")
	for i := range len(sealed) * 8 {
		bad := bytes.Clone(sealed)
		bad[i/8] ^= 1 << (i % 8)
		_, err := v.Open("a/b", bad)
		want := ErrTampered
		if n := i / 8; n >= 1 && n < headerSize {
			want = ErrWrongKey // a flipped key id is the id of no key
		}
		if !errors.Is(err, want) {
			t.Errorf("bit %d flipped: %v, want %v", i, err, want)
		}
	}
}

func TestRotation(t *testing.T) {
	t.Parallel()
	before, after := NewKey(), NewKey()
	sealed := seal(t, open(t, before), "a/b", "token")

	ring := open(t, after, before, before)
	if ring.Current(sealed) {
		t.Error("a value under the old key is called current")
	}
	plain, err := ring.Open("a/b", sealed)
	if err != nil || string(plain) != "token" {
		t.Fatalf("Open under the old key = %q, %v", plain, err)
	}
	resealed := seal(t, ring, "a/b", string(plain))
	if !ring.Current(resealed) {
		t.Error("a re-sealed value is not current")
	}
	if _, err := open(t, after).Open("a/b", resealed); err != nil {
		t.Errorf("the new key alone does not open what was re-sealed: %v", err)
	}
}

func TestUnknownKeyNamesItself(t *testing.T) {
	t.Parallel()
	k := NewKey()
	owner := open(t, k)
	sealed := seal(t, owner, "a/b", "very secret token")
	_, err := open(t, NewKey()).Open("a/b", sealed)
	if !errors.Is(err, ErrWrongKey) {
		t.Fatalf("Open = %v, want ErrWrongKey", err)
	}
	if !strings.Contains(err.Error(), owner.KeyID()) {
		t.Errorf("error %q does not name the key %s", err, owner.KeyID())
	}
	for _, leak := range []string{"very secret", k.Encode(), hex.EncodeToString(k[:4])} {
		if strings.Contains(err.Error(), leak) {
			t.Errorf("error %q holds %q", err, leak)
		}
	}
	if bytes.Contains(k[:], sealed[1:headerSize]) {
		t.Error("the key id is a part of the key")
	}
}

func TestNewRefusesEmptyKeys(t *testing.T) {
	t.Parallel()
	if _, err := New(Key{}); err == nil {
		t.Error("New with an empty primary key succeeded")
	}
	if _, err := New(NewKey(), Key{}); err == nil {
		t.Error("New with an empty old key succeeded")
	}
}

func FuzzOpen(f *testing.F) {
	v, err := New(Key{1})
	if err != nil {
		f.Fatal(err)
	}
	sealed, err := v.Seal("a/b", []byte("x"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add("a/c", sealed)
	f.Add("a/b", sealed[:12])
	f.Fuzz(func(t *testing.T, place string, value []byte) {
		v.Current(value)
		got, err := v.Open(place, value)
		if err == nil && (place != "a/b" || string(got) != "x") {
			t.Errorf("a forged value was opened at %q: %x", place, got)
		}
	})
}
