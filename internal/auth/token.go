package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"ledgersheet/internal/problem"
)

// minAPIToken is the length from which a token cannot be guessed, whatever it is made of.
const minAPIToken = 24

// CheckAPIToken returns a validation problem for the named field if a token is too short to be safe, or cannot be sent
// in a header.
func CheckAPIToken(field, token string) error {
	switch {
	case len(token) < minAPIToken:
		return problem.Invalid(field, "must have at least %d characters; \"openssl rand -hex 24\" makes a good one",
			minAPIToken)
	case strings.IndexFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) >= 0:
		return problem.Invalid(field, "must be made of letters, digits and signs without spaces")
	}
	return nil
}

// APIToken is the bearer token of the JSON API. It keeps only the token's hash. The zero value refuses everybody.
type APIToken struct {
	hash [sha256.Size]byte
	set  bool
}

// NewAPIToken returns the APIToken for a token. An empty one turns off the API's bearer access.
func NewAPIToken(token string) APIToken {
	if token == "" {
		return APIToken{}
	}
	return APIToken{hash: sha256.Sum256([]byte(token)), set: true}
}

// Set reports whether there is a token at all.
func (t APIToken) Set() bool { return t.set }

// Allows reports whether an Authorization header has the token. Its timing does not reveal how much of it is right.
func (t APIToken) Allows(header string) bool {
	scheme, token, found := strings.Cut(strings.TrimSpace(header), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	right := subtle.ConstantTimeCompare(sum[:], t.hash[:]) == 1
	return t.set && found && strings.EqualFold(scheme, "Bearer") && right
}

// String keeps even the hash out of logs.
func (APIToken) String() string { return "[redacted token]" }

// GoString does the same for %#v.
func (t APIToken) GoString() string { return t.String() }
