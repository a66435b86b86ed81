package vault

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// keySize is the length of a master key in bytes.
const keySize = 32

// maxKeyFile limits how much of a key file is read; a real one has 45 bytes.
const maxKeyFile = 4096

const keyHint = "expected 32 random bytes in base64, such as `openssl rand -base64 32` prints"

// Key is a master key. Every way of printing, logging or encoding it gives
// "[redacted]"; the zero value is no key. The remark on unexported fields at
// [Secret] holds here too.
type Key [keySize]byte

// NewKey returns a random key.
func NewKey() Key {
	var k Key
	// rand.Read never fails: it ends the program if the system has no randomness.
	_, _ = rand.Read(k[:])
	return k
}

// ParseKey reads a key from base64 text, in the standard or the URL alphabet,
// with or without padding and surrounding blanks. The error says what is
// expected and never repeats the text.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSpace(text)
	if text == "" {
		return Key{}, errors.New("parsing master key: it is empty; " + keyHint)
	}
	// One alphabet serves for both: they differ in two characters only.
	plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
	raw, err := base64.RawStdEncoding.DecodeString(plain)
	if err != nil {
		// The decoder's error names a byte of the text, so it is not wrapped.
		return Key{}, errors.New("parsing master key: it is not base64; " + keyHint)
	}
	if len(raw) != keySize {
		return Key{}, fmt.Errorf("parsing master key: it has %d bytes; %s", len(raw), keyHint)
	}
	k := Key(raw)
	if k.IsZero() {
		return Key{}, errors.New("parsing master key: it is all zeros; " + keyHint)
	}
	return k, nil
}

// LoadOrCreateKey reads the key in the file at path; if there is none, it makes
// a new key and writes it there, readable by its owner only and synced to disk.
// The folder must exist. It refuses a file that others than its owner may read,
// and says how to mend that. The caller should tell the user loudly when created
// is true: without this file nothing sealed can ever be opened again.
func LoadOrCreateKey(path string) (k Key, created bool, err error) {
	k, err = loadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return k, false, err
	}
	k = NewKey()
	err = createKeyFile(path, k)
	if errors.Is(err, fs.ErrExist) {
		// Another process was faster; its key is the key.
		k, err = loadKey(path)
		return k, false, err
	}
	if err != nil {
		return Key{}, false, err
	}
	return k, true, nil
}

// LoadKey reads the key in the file at path, with the checks of LoadOrCreateKey. The error is fs.ErrNotExist if there
// is none.
func LoadKey(path string) (Key, error) { return loadKey(path) }

// ReplaceKey puts the key file at next in the place of the one at path, which is kept under the name kept. A process
// that is killed meanwhile leaves a key at path, and can do it again.
func ReplaceKey(path, next, kept string) error {
	if err := keepKey(path, kept); err != nil {
		return fmt.Errorf("keeping the old master key: %w", err)
	}
	if err := os.Rename(next, path); err != nil {
		return fmt.Errorf("replacing the master key file: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// keepKey writes the key in the file at path under another name, unless it is there already.
func keepKey(path, kept string) error {
	old, err := loadKey(path)
	if err != nil {
		return err
	}
	switch there, err := loadKey(kept); {
	case err == nil && there == old:
		return nil
	case err == nil:
		return fmt.Errorf("%s holds another key", kept)
	case !errors.Is(err, fs.ErrNotExist):
		// Half-written by a process that was killed: the whole key is still at path.
		if err := os.Remove(kept); err != nil {
			return fmt.Errorf("removing an incomplete key file: %w", err)
		}
	}
	return createKeyFile(kept, old)
}

// IsZero reports whether k is no key at all.
func (k Key) IsZero() bool { return k == Key{} }

// Encode returns the key as base64 text that [ParseKey] reads. It is the only
// way to get the key out, for a key file or a one-time display.
func (k Key) Encode() string { return base64.StdEncoding.EncodeToString(k[:]) }

// String implements [fmt.Stringer].
func (Key) String() string { return redacted }

// GoString implements [fmt.GoStringer].
func (Key) GoString() string { return redacted }

// Format implements [fmt.Formatter], so that %x and %d are covered as well.
func (Key) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// LogValue implements [slog.LogValuer].
func (Key) LogValue() slog.Value { return slog.StringValue(redacted) }

// MarshalText implements [encoding.TextMarshaler], which JSON uses too.
func (Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }

func loadKey(path string) (Key, error) {
	f, err := os.Open(path)
	if err != nil {
		return Key{}, fmt.Errorf("opening master key file: %w", err)
	}
	defer func() { _ = f.Close() }()
	// The open file is asked, not the path, which could be exchanged in between.
	info, err := f.Stat()
	if err != nil {
		return Key{}, fmt.Errorf("checking master key file: %w", err)
	}
	if !info.Mode().IsRegular() {
		return Key{}, fmt.Errorf("master key file %s is not a regular file", path)
	}
	// Windows has no such bits; Go shows 0666 for every writable file there.
	if perm := info.Mode().Perm(); perm&0o077 != 0 && runtime.GOOS != "windows" {
		return Key{}, fmt.Errorf("master key file %s can be read by others (mode %04o); run: chmod 600 %s", path, perm,
			path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return Key{}, fmt.Errorf("reading master key file: %w", err)
	}
	k, err := ParseKey(string(text))
	if err != nil {
		return Key{}, fmt.Errorf("reading master key file %s: %w", path, err)
	}
	return k, nil
}

func createKeyFile(path string, k Key) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("creating master key file: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			// A half-written key would only be refused at the next start.
			_ = os.Remove(path)
		}
	}()
	if _, err = f.WriteString(k.Encode() + "\n"); err != nil {
		return fmt.Errorf("writing master key file: %w", err)
	}
	if err = f.Sync(); err != nil {
		return fmt.Errorf("syncing master key file: %w", err)
	}
	if err = f.Close(); err != nil {
		return fmt.Errorf("closing master key file: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes the new file's name as durable as its contents.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" {
		return nil // folders cannot be synced there
	}
	d, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("opening folder of master key file: %w", err)
	}
	defer func() { _ = d.Close() }()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("syncing folder of master key file: %w", err)
	}
	return nil
}
