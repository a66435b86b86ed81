package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"strings"
)

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
