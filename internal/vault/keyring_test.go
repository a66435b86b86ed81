package vault

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func TestParseKey(t *testing.T) {
	t.Parallel()
	want := Key(bytes.Repeat([]byte{0xfb, 0xff, 0x3e, 0x01}, 8)) // "+", "/", "-", "_" all occur
	for name, text := range map[string]string{
		"standard":          base64.StdEncoding.EncodeToString(want[:]),
		"url":               base64.URLEncoding.EncodeToString(want[:]),
		"standard unpadded": base64.RawStdEncoding.EncodeToString(want[:]),
		"url unpadded":      base64.RawURLEncoding.EncodeToString(want[:]),
		"with a line end":   want.Encode() + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := ParseKey(text); err != nil || got != want {
				t.Errorf("ParseKey: %v (same key: %v)", err, got == want)
			}
		})
	}
	for name, text := range map[string]string{
		"empty":     " \n",
		"word":      "correct-horse-battery-staple",
		"not text":  "\x00\xff!!",
		"too short": base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 31)),
		"too long":  base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, 33)),
		"hex":       strings.Repeat("ab", 32),
		"zeros":     base64.StdEncoding.EncodeToString(make([]byte, 32)),
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			t.Parallel()
			got, err := ParseKey(text)
			if err == nil || !got.IsZero() {
				t.Fatal("ParseKey succeeded")
			}
			if !strings.Contains(err.Error(), "openssl rand -base64 32") {
				t.Errorf("error %q does not say what is expected", err)
			}
			if s := strings.TrimSpace(text); s != "" && strings.Contains(err.Error(), s) {
				t.Errorf("error %q repeats the text", err)
			}
		})
	}
}

func TestLoadOrCreateKey(t *testing.T) {
	t.Parallel()
	t.Run("creates once, then loads", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "master.key")
		first, created, err := LoadOrCreateKey(path)
		if err != nil || !created || first.IsZero() {
			t.Fatalf("created %v, %v", created, err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("mode %v", info.Mode())
		}
		second, created, err := LoadOrCreateKey(path)
		if err != nil || created || second != first {
			t.Errorf("created %v, same key %v, %v", created, second == first, err)
		}
	})
	t.Run("gives all who start together one key", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "master.key")
		if err := os.WriteFile(path, []byte(NewKey().Encode()), 0o600); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		keys := map[Key]bool{}
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				k, created, err := LoadOrCreateKey(path)
				if err != nil || created {
					t.Errorf("created %v, %v", created, err)
				}
				mu.Lock()
				defer mu.Unlock()
				keys[k] = true
			})
		}
		wg.Wait()
		if len(keys) != 1 {
			t.Errorf("%d keys", len(keys))
		}
	})
	t.Run("never overwrites", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "master.key")
		if err := os.WriteFile(path, []byte("half a k"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, _, err := LoadOrCreateKey(path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("error %v does not name the file", err)
		}
		if err := createKeyFile(path, NewKey()); err == nil {
			t.Error("an existing file was overwritten")
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != "half a k" {
			t.Errorf("file is now %q, %v", got, err)
		}
	})
	t.Run("refuses what others can read", func(t *testing.T) {
		t.Parallel()
		if runtime.GOOS == "windows" {
			t.Skip("no such bits")
		}
		path := filepath.Join(t.TempDir(), "master.key")
		if err := os.WriteFile(path, []byte(NewKey().Encode()), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, mode := range []os.FileMode{0o640, 0o604, 0o644, 0o620} {
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			if _, _, err := LoadOrCreateKey(path); err == nil || !strings.Contains(err.Error(), "chmod 600 "+path) {
				t.Errorf("mode %v: error %v does not give the remedy", mode, err)
			}
		}
	})
	t.Run("refuses folders", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		if _, created, err := LoadOrCreateKey(folder); err == nil || created {
			t.Error("a folder was taken for a key")
		}
		if _, created, err := LoadOrCreateKey(filepath.Join(folder, "missing", "master.key")); err == nil || created {
			t.Error("a missing folder was passed over")
		}
	})
}

func TestRedaction(t *testing.T) {
	t.Parallel()
	key := Key(bytes.Repeat([]byte("K3y!"), 8))
	secret := Secret("s3cr3t-token")
	vault := open(t, key)
	holder := struct {
		Key    Key
		Secret Secret
		Both   map[string]any
	}{key, secret, map[string]any{"k": key, "s": &secret}}
	var out bytes.Buffer
	for _, v := range []any{key, &key, secret, &secret, holder, &holder, []Key{key}, []Secret{secret}, vault, *vault} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "% x"} {
			fmt.Fprintf(&out, verb+"\n", v)
		}
	}
	for _, log := range []*slog.Logger{
		slog.New(slog.NewTextHandler(&out, nil)), slog.New(slog.NewJSONHandler(&out, nil)),
	} {
		log.Info("starting", "key", key, "secret", secret, "pointer", &secret, "holder", holder, "vault", vault)
	}
	if err := json.NewEncoder(&out).Encode(holder); err != nil {
		t.Fatal(err)
	}
	for _, leak := range []string{
		"s3cr3t", "K3y!", key.Encode()[:12], fmt.Sprintf("%x", "s3cr3t"), fmt.Sprintf("%X", "s3cr3t"),
		fmt.Sprintf("%x", "K3y!"), fmt.Sprintf("%X", "K3y!"), "75 51 121 33", "0x4b, 0x33", "4b 33 79",
	} {
		if strings.Contains(out.String(), leak) {
			t.Errorf("%q leaks in:\n%s", leak, out.String())
		}
	}
	if !strings.Contains(out.String(), redacted) {
		t.Error("nothing was printed at all")
	}
	if got := secret.Reveal(); got != "s3cr3t-token" {
		t.Errorf("Reveal() = %q", got)
	}
	var back Secret
	if err := json.Unmarshal([]byte(`"abc"`), &back); err != nil || back.Reveal() != "abc" {
		t.Errorf("decoded %q, %v", back.Reveal(), err)
	}
}

// TestReplaceKey proves that a key file is exchanged, that the old one is kept, and that it can be done again from
// where a process was killed.
func TestReplaceKey(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, next, kept := filepath.Join(dir, "key"), filepath.Join(dir, "next"), filepath.Join(dir, "kept")
	old, _, err := LoadOrCreateKey(path)
	if err != nil {
		t.Fatal(err)
	}
	fresh, _, err := LoadOrCreateKey(next)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kept, []byte("half a k"), 0o600); err != nil { // of a process that was killed
		t.Fatal(err)
	}
	if err := ReplaceKey(path, next, kept); err != nil {
		t.Fatal(err)
	}
	if now, err := LoadKey(path); err != nil || now != fresh {
		t.Errorf("the new key is not in force: %v", err)
	}
	if was, err := LoadKey(kept); err != nil || was != old {
		t.Errorf("the old key is not kept: %v", err)
	}
	if _, err := LoadKey(next); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the new key is there twice: %v", err)
	}
	if _, _, err := LoadOrCreateKey(next); err != nil {
		t.Fatal(err)
	}
	if err := ReplaceKey(path, next, kept); err == nil || !strings.Contains(err.Error(), "another key") {
		t.Errorf("over another kept key: %v", err)
	}
	if now, err := LoadKey(path); err != nil || now != fresh {
		t.Errorf("a refused exchange changed the key: %v", err)
	}
}
