package auth

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"ledgersheet/internal/problem"
)

// The policy asks for long rather than complicated passwords (NIST SP 800-63B, section 5.1.1.2).
const (
	minPassword      = 12   // characters
	maxPassword      = 256  // characters
	maxPasswordBytes = 1024 // longer ones are not even hashed
)

// ErrHashFormat is returned for a stored hash that this package cannot have made.
var ErrHashFormat = errors.New("not an argon2id hash in PHC form")

// cost has argon2id's parameters. presentCost has those that the OWASP cheat sheet recommends for 19 MiB.
type cost struct {
	memory  uint32 // KiB
	time    uint32
	threads uint8
}

const (
	saltSize = 16
	keySize  = 32
)

func presentCost() cost { return cost{memory: 19 << 10, time: 2, threads: 1} }

// Hasher hashes and verifies passwords. It limits how many are worked on at once, so that a wave of logins cannot
// exhaust the memory. It is safe for concurrent use. Create one with NewHasher.
type Hasher struct {
	cost  cost
	slots chan struct{}
	// dummy is a hash that no password has. Verifying against it costs as much as any other.
	dummy string
	// checked, if not nil, is called for every verification. Tests use it to prove that unknown users cost the same.
	checked func(encoded string)
}

// NewHasher returns a Hasher that works on at most atOnce passwords at once, using 19 MiB for each. Zero means two.
func NewHasher(atOnce int) *Hasher {
	if atOnce <= 0 {
		atOnce = 2
	}
	h := &Hasher{cost: presentCost(), slots: make(chan struct{}, atOnce)}
	h.dummy = encode(h.cost, randomBytes(saltSize), randomBytes(keySize))
	return h
}

// CheckPassword returns a validation problem for the named field if a password breaks the policy: 12 to 256 characters
// of any kind.
func CheckPassword(field, password string) error {
	n := utf8.RuneCountInString(password)
	switch {
	case n < minPassword:
		return problem.Invalid(field,
			"must have at least %d characters; a few words that mean something only to you are easy to remember",
			minPassword)
	case n > maxPassword, len(password) > maxPasswordBytes:
		return problem.Invalid(field, "must have at most %d characters", maxPassword)
	case strings.TrimSpace(password) == "":
		return problem.Invalid(field, "must not be blank")
	}
	return nil
}

// Hash returns the password's hash in PHC form. It may wait for its turn, until ctx ends.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	salt := randomBytes(saltSize)
	key, err := h.derive(ctx, password, salt, h.cost, keySize)
	if err != nil {
		return "", err
	}
	return encode(h.cost, salt, key), nil
}

// Verify reports whether the hash is the password's, in constant time. It returns ErrHashFormat for an unreadable hash.
func (h *Hasher) Verify(ctx context.Context, password, encoded string) (bool, error) {
	if h.checked != nil {
		h.checked(encoded)
	}
	c, salt, want, err := decode(encoded)
	if err != nil {
		return false, err
	}
	if len(password) > maxPasswordBytes {
		password = "" // no such password was ever hashed, but the same work is done
	}
	got, err := h.derive(ctx, password, salt, c, len(want))
	if err != nil {
		return false, err
	}
	return password != "" && subtle.ConstantTimeCompare(got, want) == 1, nil
}

// outdated reports whether a hash was made with other parameters than the present ones.
func (h *Hasher) outdated(encoded string) bool {
	c, salt, key, err := decode(encoded)
	return err == nil && (c != h.cost || len(salt) != saltSize || len(key) != keySize)
}

func (h *Hasher) derive(ctx context.Context, password string, salt []byte, c cost, size int) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting to hash a password: %w", ctx.Err())
	}
	defer func() { <-h.slots }()
	return argon2.IDKey([]byte(password), salt, c.time, c.memory, c.threads, uint32(size)), nil
}

func encode(c cost, salt, key []byte) string {
	enc := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.time, c.threads,
		enc.EncodeToString(salt), enc.EncodeToString(key))
}

// decode reads a PHC string. It rejects extreme parameters, so that no stored text can ask for absurd work.
// https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md
func decode(encoded string) (c cost, salt, key []byte, err error) {
	parts := strings.Split(encoded, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return cost{}, nil, nil, ErrHashFormat
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.time, &c.threads); err != nil {
		return cost{}, nil, nil, ErrHashFormat
	}
	salt, saltErr := base64.RawStdEncoding.DecodeString(parts[4])
	key, keyErr := base64.RawStdEncoding.DecodeString(parts[5])
	switch {
	case saltErr != nil, keyErr != nil,
		c.memory < 8 || c.memory > 256<<10, c.time < 1 || c.time > 16, c.threads < 1 || c.threads > 16,
		len(salt) < 8 || len(salt) > 64, len(key) < 16 || len(key) > 64,
		encode(c, salt, key) != encoded: // the decoders above accept texts that no encoder writes
		return cost{}, nil, nil, ErrHashFormat
	}
	return c, salt, key, nil
}

// randomBytes returns n random bytes. crypto/rand never fails.
func randomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b)
	return b
}
