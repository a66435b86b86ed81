package boltstore

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
	"ledgersheet/internal/vault"
)

// wantOpenError expects Open to fail with a kind and a text.
func wantOpenError(t *testing.T, path string, seal Sealer, kind error, text string) {
	t.Helper()
	s, err := Open(path, seal, Options{LockWait: 60 * time.Millisecond})
	if err == nil {
		must(t, s.Close())
		t.Fatalf("opened %s, want %v", path, kind)
	}
	var open *OpenError
	if !errors.Is(err, kind) || !errors.As(err, &open) || open.Path != path {
		t.Errorf("got %v, want %v", err, kind)
	}
	if !strings.Contains(err.Error(), text) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %q, want %q and the path in it", err, text)
	}
}

func TestLockedFile(t *testing.T) {
	t.Parallel()
	path, seal := filepath.Join(t.TempDir(), "ledgersheet.db"), newVault(t)
	s := openAt(t, path, seal)
	wantOpenError(t, path, seal, ErrLocked, "in use by another ledgersheet process; stop it, or use the running server")
	must(t, s.Close())
	openAt(t, path, seal)
}

func TestWrongKey(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledgersheet.db")
	right := newVault(t)
	must(t, openAt(t, path, right).Close())
	wantOpenError(t, path, newVault(t), ErrWrongKey, "sealed under another key")
	wantOpenError(t, path, newVault(t), vault.ErrWrongKey, "LEDGERSHEET_SECRET_KEY")
	openAt(t, path, right)
}

func TestUnusablePaths(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	must(t, os.WriteFile(file, []byte("x"), 0o600))
	wantOpenError(t, filepath.Join(file, "ledgersheet.db"), newVault(t), ErrNotWritable, "cannot be written")
	wantOpenError(t, dir, newVault(t), ErrNotWritable, "cannot be written")
	t.Run("folder without the right to write", func(t *testing.T) {
		if os.Geteuid() == 0 {
			t.Skip("root may write everywhere")
		}
		closed := filepath.Join(t.TempDir(), "closed")
		must(t, os.Mkdir(closed, 0o500))
		wantOpenError(t, filepath.Join(closed, "ledgersheet.db"), newVault(t), ErrNotWritable, "belongs to the user")
	})
}

func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	seal := newVault(t)
	good := filepath.Join(t.TempDir(), "good.db")
	s := openAt(t, good, seal)
	for i := range 200 {
		must(t, s.PutCompany(t.Context(), export.Company{
			Realm: export.RealmID(fmt.Sprint(i)), Name: strings.Repeat("x", 500),
		}))
	}
	must(t, s.Close())
	whole, err := os.ReadFile(good)
	must(t, err)

	used := usedBytes(t, good)
	page := os.Getpagesize()
	noHeads := bytes.Clone(whole)
	clear(noHeads[:2*page])
	for name, content := range map[string][]byte{
		"text":            []byte("not a database\n"),
		"long text":       bytes.Repeat([]byte("not a database\n"), 10_000),
		"SQLite":          append([]byte("SQLite format 3\x00"), make([]byte, 32<<10)...),
		"zeros":           make([]byte, 32<<10),
		"headers gone":    noHeads,
		"only headers":    whole[:2*page],
		"cut in half":     whole[:used/2],
		"cut by one page": whole[:used-page],
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "ledgersheet.db")
			must(t, os.WriteFile(path, content, 0o600))
			wantOpenError(t, path, seal, ErrDamaged, "restore a backup")
			// The lock is let go and the file is as it was, for whoever wants to mend it.
			wantOpenError(t, path, seal, ErrDamaged, "is not a ledgersheet store or is damaged")
			after, err := os.ReadFile(path)
			must(t, err)
			if !bytes.Equal(content, after) {
				t.Error("opening a damaged file changed it")
			}
		})
	}
}

// usedBytes is how much of the file its header says is in use; the rest is spare.
func usedBytes(t *testing.T, path string) int {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true})
	must(t, err)
	defer func() { must(t, db.Close()) }()
	var used int64
	must(t, db.View(func(tx *bbolt.Tx) error { used = tx.Size(); return nil }))
	return int(used)
}

// TestGarbledPages overwrites one page after the other behind the headers: Open
// must give an error, or a store that works as far as it goes, but never panic.
func TestGarbledPages(t *testing.T) {
	t.Parallel()
	dir, seal, page := t.TempDir(), newVault(t), os.Getpagesize()
	good := filepath.Join(dir, "good.db")
	must(t, openAt(t, good, seal).Close())
	whole, err := os.ReadFile(good)
	must(t, err)
	damaged := 0
	for from := 2 * page; from < usedBytes(t, good); from += page {
		content := bytes.Clone(whole)
		for i := from; i < from+page; i++ {
			content[i] = 0xaa
		}
		path := filepath.Join(dir, fmt.Sprintf("%d.db", from))
		must(t, os.WriteFile(path, content, 0o600))
		s, err := Open(path, seal, Options{})
		if err == nil {
			must(t, s.Close())
			continue
		}
		damaged++
		if !errors.Is(err, ErrDamaged) {
			t.Errorf("page at %d: %v", from, err)
		}
	}
	if damaged < 2 {
		t.Errorf("only %d garbled pages were noticed", damaged)
	}
}

func TestForeignDatabase(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(*bbolt.Tx) error{
		"other buckets": func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("wallets")); return err },
		"a bucket meta": func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("meta")); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "other.db")
			db, err := bbolt.Open(path, 0o600, nil)
			must(t, err)
			must(t, db.Update(make))
			must(t, db.Close())
			wantOpenError(t, path, newVault(t), ErrForeign, "database of another program")
		})
	}
}

func TestMigrations(t *testing.T) {
	t.Parallel()
	path, seal := filepath.Join(t.TempDir(), "ledgersheet.db"), newVault(t)
	s := openAt(t, path, seal)
	must(t, s.PutCompany(t.Context(), export.Company{Realm: "1", Name: "old"}))
	must(t, s.Close())

	rename := func(tx *bbolt.Tx) error {
		return put(tx, bucketCompanies, "1", export.Company{Realm: "1", Name: "new"})
	}
	refused := errors.New("refused")
	released := len(migrations())
	steps := append(migrations(), migration{name: "rename", apply: rename},
		migration{name: "break", apply: func(tx *bbolt.Tx) error {
			return errors.Join(tx.DeleteBucket([]byte(bucketCompanies)), refused)
		}})
	if _, err := open(path, seal, Options{}, steps); !errors.Is(err, refused) ||
		!strings.Contains(err.Error(), fmt.Sprintf("version %d (break)", released+2)) {
		t.Fatalf("a migration that fails gives %v", err)
	}
	name := func(s *Store) string {
		t.Helper()
		c, err := s.Company(t.Context(), "1")
		must(t, err)
		return c.Name
	}
	// The copy is from before the first step, and the second step is undone.
	copied := openAt(t, fmt.Sprintf("%s.v%d.bak", path, released), seal)
	if got := name(copied); got != "old" {
		t.Errorf("the copy has %q", got)
	}
	wantOpenError(t, path, seal, ErrNewer, fmt.Sprintf("schema version %d, this ledgersheet knows up to %d",
		released+1, released))
	s, err := open(path, seal, Options{}, steps[:released+1])
	must(t, err)
	if got := name(s); got != "new" {
		t.Errorf("after the migration: %q", got)
	}
	must(t, s.Close())
	left, err := filepath.Glob(path + "*")
	must(t, err)
	if len(left) != 2 { // the store and its copy
		t.Errorf("files left: %v", left)
	}
}

func TestReseal(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledgersheet.db")
	oldKey, newKey := vault.NewKey(), vault.NewKey()
	oldVault, both := newVault(t, oldKey), newVault(t, newKey, oldKey)
	s := openAt(t, path, oldVault)
	fill(t, s)
	ctx := t.Context()

	if _, err := s.Reseal(ctx, newVault(t), both); !errors.Is(err, vault.ErrWrongKey) {
		t.Errorf("re-sealing from a key that does not fit: %v", err)
	}
	if _, err := s.Grant(ctx, export.CompanyGrant("1")); err != nil {
		t.Errorf("a failed re-sealing: %v", err)
	}
	n, err := s.Reseal(ctx, both, newVault(t, newKey))
	must(t, err)
	if n != 5 { // the grant, the flow, the sealed setting, the mark, the check
		t.Errorf("re-sealed %d values, want 5", n)
	}
	must(t, s.PutGrant(ctx, "google/1", export.Grant{AccessToken: "x"}))
	must(t, s.Close())
	wantOpenError(t, path, oldVault, ErrWrongKey, "sealed under another key")
	s = openAt(t, path, newVault(t, newKey))
	wantFilled(t, s)
}

func TestBackup(t *testing.T) {
	t.Parallel()
	dir, seal := t.TempDir(), newVault(t)
	s := openAt(t, filepath.Join(dir, "ledgersheet.db"), seal)
	fill(t, s)
	copied := filepath.Join(dir, "copy.db")
	f, err := os.OpenFile(copied, os.O_CREATE|os.O_WRONLY, 0o600)
	must(t, err)
	// Writers go on while it is taken, and it does not see what they write.
	must(t, s.Backup(t.Context(), writerFunc(func(p []byte) (int, error) {
		must(t, s.PutCompany(t.Context(), export.Company{Realm: "2", Name: strings.Repeat("later", 10_000)}))
		return f.Write(p)
	})))
	must(t, f.Close())
	c := openAt(t, copied, seal)
	must(t, c.Check(t.Context()))
	wantFilled(t, c)
	if _, err := c.Company(t.Context(), "2"); !errors.Is(err, export.ErrNotFound) {
		t.Errorf("the copy has what was written later: %v", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	err = s.Backup(ctx, writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil }))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("a backup that is cancelled: %v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }
