package web

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
)

// Bounds of what is kept of refused forms.
const (
	unsentLife    = 30 * time.Minute
	unsentSize    = 128 << 10 // of one form
	unsentAll     = 8 << 20   // of all forms
	unsentMost    = 400       // forms
	unsentPerAddr = 10        // forms sent from one address
)

// Why a form is not kept.
var (
	errUnsentSecret = errors.New("the form holds a secret")
	errUnsentLarge  = errors.New("the form is too large")
)

// unsentForm is a form that was refused because its session had ended.
type unsentForm struct {
	Path  string     `json:"path"`  // where it was sent
	Route string     `json:"route"` // the pattern of the path
	ID    string     `json:"id,omitempty"`
	Mark  string     `json:"mark"` // of the browser's user, who alone gets it back
	Form  url.Values `json:"form"`
}

// unsentForms keeps refused forms for a short while, each under a token that only the browser has. The form is sealed
// under a key that is made of the token, so that what is kept cannot be read without the browser. It is safe for
// concurrent use.
type unsentForms struct {
	now func() time.Time

	mu    sync.Mutex
	forms map[string]sealedForm // by nameUnsent of the token
	size  int
}

type sealedForm struct {
	sealed []byte
	addr   string // it was sent from
	until  time.Time
}

func newUnsentForms(now func() time.Time) *unsentForms {
	return &unsentForms{now: now, forms: map[string]sealedForm{}}
}

// keep keeps a form that came from an address, and returns its token.
func (u *unsentForms) keep(f unsentForm, addr string) (token string, err error) {
	if holdsSecret(f.Form) || strings.HasPrefix(f.Route, "/settings/") && holdsAddress(f.Form) {
		return "", errUnsentSecret
	}
	plain, err := json.Marshal(f)
	if err != nil {
		return "", fmt.Errorf("encoding the form: %w", err)
	}
	if len(plain) > unsentSize {
		return "", errUnsentLarge
	}
	token = rand.Text()
	name := nameUnsent(token)
	seal, err := unsentSeal(token)
	if err != nil {
		return "", err
	}
	sealed := seal.Seal(nil, nil, plain, []byte(name))
	u.mu.Lock()
	defer u.mu.Unlock()
	u.makeRoom(len(sealed), addr)
	u.forms[name] = sealedForm{sealed, addr, u.now().Add(unsentLife)}
	u.size += len(sealed)
	return token, nil
}

// find returns the form that was kept under a token.
func (u *unsentForms) find(token string) (f unsentForm, ok bool) {
	name := nameUnsent(token)
	u.mu.Lock()
	kept, ok := u.forms[name]
	u.mu.Unlock()
	if !ok || !u.now().Before(kept.until) {
		return unsentForm{}, false
	}
	seal, err := unsentSeal(token)
	if err != nil {
		return unsentForm{}, false
	}
	plain, err := seal.Open(nil, nil, kept.sealed, []byte(name))
	if err != nil || json.Unmarshal(plain, &f) != nil {
		return unsentForm{}, false
	}
	return f, true
}

func (u *unsentForms) drop(token string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.remove(nameUnsent(token))
}

// remove forgets a form. The caller holds mu.
func (u *unsentForms) remove(name string) {
	u.size -= len(u.forms[name].sealed)
	delete(u.forms, name)
}

// makeRoom forgets what has expired, and the oldest forms that are too many, first those of the sender: whoever sends
// many loses their own. The caller holds mu.
func (u *unsentForms) makeRoom(size int, addr string) {
	now := u.now()
	for name, f := range u.forms {
		if !now.Before(f.until) {
			u.remove(name)
		}
	}
	for u.count(addr) >= unsentPerAddr {
		u.remove(u.oldest(addr))
	}
	for len(u.forms) >= unsentMost || u.size+size > unsentAll {
		u.remove(u.oldest(u.busiest()))
	}
}

func (u *unsentForms) count(addr string) (n int) {
	for _, f := range u.forms {
		if f.addr == addr {
			n++
		}
	}
	return n
}

// oldest returns the name of an address's oldest form.
func (u *unsentForms) oldest(addr string) (name string) {
	for n, f := range u.forms {
		if f.addr == addr && (name == "" || f.until.Before(u.forms[name].until)) {
			name = n
		}
	}
	return name
}

// busiest returns the address from which most bytes came.
func (u *unsentForms) busiest() (addr string) {
	sizes := map[string]int{}
	for _, f := range u.forms {
		if sizes[f.addr] += len(f.sealed); sizes[f.addr] > sizes[addr] {
			addr = f.addr
		}
	}
	return addr
}

// nameUnsent returns under which name a token's form is kept. The token cannot be found from it.
func nameUnsent(token string) string {
	sum := sha256.Sum256([]byte("unsent form " + token))
	return hex.EncodeToString(sum[:])
}

func unsentSeal(token string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, []byte(token), nil, "unsent form", 32)
	if err != nil {
		return nil, fmt.Errorf("deriving the key of a form: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("sealing a form: %w", err)
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// holdsAddress reports whether a form has an address of the web. Those of webhooks are secrets.
func holdsAddress(form url.Values) bool {
	for _, values := range form {
		for _, value := range values {
			if strings.Contains(value, "://") {
				return true
			}
		}
	}
	return false
}

// holdsSecret reports whether a form has a filled field whose name says that its content is a secret.
func holdsSecret(form url.Values) bool {
	secrets := []string{
		"password", "passphrase", "secret", "token", "key", "credential", "credentials", "code", "webhook", "json",
	}
	for name, values := range form {
		text := strings.Join(values, "")
		if strings.HasPrefix(name, titleInput) || text == "" {
			continue // own titles have names that people and QuickBooks have chosen
		}
		if strings.Contains(text, "code=") || strings.Contains(text, "token=") {
			return true // an address with a consent's answer, for instance
		}
		notLetter := func(r rune) bool { return !unicode.IsLetter(r) }
		for _, word := range strings.FieldsFunc(strings.ToLower(name), notLetter) {
			if slices.Contains(secrets, word) {
				return true
			}
		}
	}
	return false
}
