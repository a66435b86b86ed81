package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"

	"ledgersheet/internal/problem"
)

// minAPIToken is the shortest token that cannot be guessed whatever it is made of.
const minAPIToken = 24

// CheckAPIToken returns a validation problem about the named field when a token is too short to be safe, or cannot be
// sent in a header.
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

// APIToken is the bearer token of the JSON API. It keeps the token's hash only. The zero value refuses everybody.
type APIToken struct {
	hash [sha256.Size]byte
	set  bool
}

// NewAPIToken returns the check for a token; an empty one switches the API's bearer access off.
func NewAPIToken(token string) APIToken {
	if token == "" {
		return APIToken{}
	}
	return APIToken{hash: sha256.Sum256([]byte(token)), set: true}
}

// Set reports whether there is a token at all.
func (t APIToken) Set() bool { return t.set }

// Allows checks an Authorization header's value, in time that does not depend on how much of it is right.
func (t APIToken) Allows(header string) bool {
	scheme, token, found := strings.Cut(strings.TrimSpace(header), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	right := subtle.ConstantTimeCompare(sum[:], t.hash[:]) == 1
	return t.set && found && strings.EqualFold(scheme, "Bearer") && right
}

// String keeps even the hash out of logs.
func (APIToken) String() string { return "[redacted token]" }

// GoString is String for %#v.
func (t APIToken) GoString() string { return t.String() }
