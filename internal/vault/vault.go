// Package vault seals the secrets that ledgersheet keeps on disk: OAuth
// tokens, client secrets and the like. Values are sealed with AES-256-GCM under
// a key derived from one master key, and bound to the place where they are
// stored. The package also holds the types that keep such values out of logs:
// [Key] and [Secret].
package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
)

// ErrWrongKey says that a value was sealed under a master key that this vault
// does not hold. The wrapping error names the key's public identifier.
var ErrWrongKey = errors.New("sealed under a master key that is not loaded")

// ErrTampered says that a sealed value is not what Seal returned for that
// place: it was cut, altered, moved from another place, or never sealed.
var ErrTampered = errors.New("sealed value is damaged or was moved from another place")

// A sealed value is
//
//	version (1 byte) | key id (8 bytes) | nonce (12 bytes) | ciphertext | tag (16 bytes)
//
// and version, key id and place are authenticated as additional data.
const (
	formatVersion = 1
	keyIDSize     = 8
	headerSize    = 1 + keyIDSize
)

type keyID [keyIDSize]byte

// Vault seals under its primary key and opens what was sealed under the primary
// or any of its old keys. It is safe for concurrent use and prints redacted.
// The zero value is not usable; call [New].
type Vault struct {
	primary keyID
	ring    map[keyID]cipher.AEAD
}

// New returns a vault that seals under primary. The old keys only open, so that
// values can be re-sealed after a rotation. It fails on an all-zero key, which
// is always a key that was never loaded.
func New(primary Key, old ...Key) (*Vault, error) {
	v := &Vault{ring: make(map[keyID]cipher.AEAD, 1+len(old))}
	for i, k := range append([]Key{primary}, old...) {
		if k.IsZero() {
			return nil, fmt.Errorf("opening vault: key %d of %d is empty", i+1, 1+len(old))
		}
		id, aead, err := derive(k)
		if err != nil {
			return nil, fmt.Errorf("opening vault: %w", err)
		}
		if i == 0 {
			v.primary = id
		}
		v.ring[id] = aead
	}
	return v, nil
}

// Seal encrypts plain for place, which is "bucket/key" of the row that will
// hold the result. Two calls never return the same bytes. An empty plain is
// sealed like any other; an empty place is an error.
func (v *Vault) Seal(place string, plain []byte) ([]byte, error) {
	if place == "" {
		return nil, errors.New("sealing value: no place given")
	}
	header := make([]byte, 0, headerSize+len(plain)+v.ring[v.primary].Overhead())
	header = append(header, formatVersion)
	header = append(header, v.primary[:]...)
	return v.ring[v.primary].Seal(header, nil, plain, additional(header, place)), nil
}

// Open returns what was sealed for place. Errors wrap [ErrWrongKey] or
// [ErrTampered]; they hold neither the value nor any key.
func (v *Vault) Open(place string, sealed []byte) ([]byte, error) {
	id, err := headerOf(sealed)
	if err != nil {
		return nil, fmt.Errorf("opening %s: %w", place, err)
	}
	aead, known := v.ring[id]
	if !known {
		return nil, fmt.Errorf("opening %s: key %s: %w", place, hex.EncodeToString(id[:]), ErrWrongKey)
	}
	plain, err := aead.Open(nil, nil, sealed[headerSize:], additional(sealed[:headerSize], place))
	if err != nil {
		// The cipher's own error says nothing more than that, and must not say more.
		return nil, fmt.Errorf("opening %s: %w", place, ErrTampered)
	}
	return plain, nil
}

// Current reports whether sealed is under the primary key in the present
// format. Whatever is not should be opened and sealed again.
func (v *Vault) Current(sealed []byte) bool {
	id, err := headerOf(sealed)
	return err == nil && id == v.primary
}

// KeyID returns the public identifier of the primary key, 16 hex digits. It is
// derived one-way from the key and may be shown and logged.
func (v *Vault) KeyID() string { return hex.EncodeToString(v.primary[:]) }

// String implements [fmt.Stringer]; it names the primary key's identifier only.
func (v *Vault) String() string {
	if v == nil {
		return "vault(none)"
	}
	return "vault(" + v.KeyID() + ")"
}

// Format implements [fmt.Formatter], so that no verb reaches the ciphers.
func (v *Vault) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, v.String()) }

// LogValue implements [slog.LogValuer].
func (v *Vault) LogValue() slog.Value { return slog.StringValue(v.String()) }

// derive splits the master key into a public identifier and a cipher. Separate
// info strings keep the two independent: knowing the one tells nothing about
// the other (RFC 5869, section 3.2).
func derive(k Key) (keyID, cipher.AEAD, error) {
	var id keyID
	idBytes, err := hkdf.Key(sha256.New, k[:], nil, "ledgersheet vault v1 key id", keyIDSize)
	if err != nil {
		return id, nil, fmt.Errorf("deriving key id: %w", err)
	}
	copy(id[:], idBytes)
	sealing, err := hkdf.Key(sha256.New, k[:], nil, "ledgersheet vault v1 sealing key", 32)
	if err != nil {
		return id, nil, fmt.Errorf("deriving sealing key: %w", err)
	}
	block, err := aes.NewCipher(sealing)
	if err != nil {
		return id, nil, fmt.Errorf("preparing AES: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return id, nil, fmt.Errorf("preparing GCM: %w", err)
	}
	return id, aead, nil
}

// headerOf reads the key id, or returns ErrTampered for what cannot be sealed.
func headerOf(sealed []byte) (keyID, error) {
	var id keyID
	if len(sealed) < headerSize || sealed[0] != formatVersion {
		return id, ErrTampered
	}
	copy(id[:], sealed[1:headerSize])
	return id, nil
}

// additional is the data that is authenticated but not encrypted. The header
// has a fixed size, so header and place cannot run into each other.
func additional(header []byte, place string) []byte {
	aad := make([]byte, 0, headerSize+len(place))
	aad = append(aad, header[:headerSize]...)
	return append(aad, place...)
}
