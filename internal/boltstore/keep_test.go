package boltstore

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
	"ledgersheet/internal/vault"
)

// filled returns the path of a store with something of everything, and what it is sealed with. Its tree has branches.
func filled(t *testing.T) (path string, seal *vault.Vault) {
	t.Helper()
	path, seal = filepath.Join(t.TempDir(), "ledgersheet.db"), newVault(t)
	s := openAt(t, path, seal)
	fill(t, s)
	for i := range 120 {
		must(t, s.PutCompany(t.Context(), export.Company{
			Realm: export.RealmID(fmt.Sprint(i + 10)), Name: strings.Repeat("x", 300),
		}))
	}
	must(t, s.PutSetting(t.Context(), "large", bytes.Repeat([]byte("y"), 20_000), false))
	must(t, s.Close())
	return path, seal
}

func TestVerifyCounts(t *testing.T) {
	t.Parallel()
	path, seal := filled(t)
	has, err := Verify(t.Context(), path, seal)
	must(t, err)
	if has.Companies != 121 || has.Exporters != 1 || has.Runs != 1 || has.Secrets != 5 ||
		has.Schema != len(migrations()) || has.Bytes == 0 {
		t.Errorf("found %+v", has)
	}
	without, err := Verify(t.Context(), path, nil)
	if err != nil || without != has {
		t.Errorf("without the key: %+v, %v", without, err)
	}
}

// TestVerifyAgrees makes sure that every file that bbolt finds right is right here too.
func TestVerifyAgrees(t *testing.T) {
	t.Parallel()
	s := newStore(t)
	random := rand.New(rand.NewPCG(1, 2))
	for range 25 {
		must(t, s.db.Update(func(tx *bbolt.Tx) error {
			b := tx.Bucket([]byte(bucketRunsBy))
			for range random.IntN(400) {
				key := fmt.Sprint(random.IntN(3000))
				if err := b.Put([]byte(key), make([]byte, random.IntN(200))); err != nil {
					return err
				}
				if err := b.Delete(fmt.Append(nil, random.IntN(3000))); err != nil {
					return err
				}
			}
			return nil
		}))
		must(t, s.Check(t.Context()))
		if _, err := Verify(t.Context(), s.db.Path(), s.seal); err != nil {
			t.Fatal(err)
		}
	}
}

// TestVerifyRefuses: each kind of wrong file has its own error.
func TestVerifyRefuses(t *testing.T) {
	t.Parallel()
	good, seal := filled(t)
	whole, err := os.ReadFile(good)
	must(t, err)
	used, page := usedBytes(t, good), os.Getpagesize()
	spoil := func(write func(tx *bbolt.Tx) error) []byte {
		path := filepath.Join(t.TempDir(), "spoilt.db")
		must(t, os.WriteFile(path, whole, 0o600))
		db, err := bbolt.Open(path, 0o600, nil)
		must(t, err)
		must(t, db.Update(write))
		must(t, db.Close())
		data, err := os.ReadFile(path)
		must(t, err)
		return data
	}
	at := func(bucket string) func(tx *bbolt.Tx, key, value string) error {
		return func(tx *bbolt.Tx, key, value string) error {
			return tx.Bucket([]byte(bucket)).Put([]byte(key), []byte(value))
		}
	}
	for name, test := range map[string]struct {
		content []byte
		seal    Sealer
		kind    error
	}{
		"another key": {whole, newVault(t), ErrWrongKey},
		"a text":      {bytes.Repeat([]byte("not a database\n"), 10_000), seal, ErrForeign},
		"nothing":     {nil, seal, ErrForeign},
		"zeros":       {make([]byte, 64<<10), seal, ErrForeign},
		"cut":         {whole[:used-page], seal, ErrDamaged},
		"cut in half": {whole[:used/2], seal, ErrDamaged},
		"no schema": {spoil(func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte(bucketMeta)).Delete([]byte(keySchema))
		}), seal, ErrForeign},
		"newer": {spoil(func(tx *bbolt.Tx) error { return at(bucketMeta)(tx, keySchema, "99") }), seal, ErrNewer},
		"a row that is no JSON": {spoil(func(tx *bbolt.Tx) error {
			return at(bucketUsers)(tx, "usr_1", `{"v":1,"data":{"E`)
		}), seal, ErrDamaged},
		"a secret of another place": {spoil(func(tx *bbolt.Tx) error {
			raw := tx.Bucket([]byte(bucketGrants)).Get([]byte(export.CompanyGrant("1")))
			return at(bucketGrants)(tx, "quickbooks/2", string(raw))
		}), seal, ErrDamaged},
		"no key check": {spoil(func(tx *bbolt.Tx) error {
			return tx.Bucket([]byte(bucketMeta)).Delete([]byte(keyCheck))
		}), seal, ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "file")
			must(t, os.WriteFile(path, test.content, 0o600))
			_, err := Verify(t.Context(), path, test.seal)
			if !errors.Is(err, test.kind) {
				t.Errorf("got %v, want %v", err, test.kind)
			}
			after, err := os.ReadFile(path)
			must(t, err)
			if !bytes.Equal(after, test.content) {
				t.Error("the file was changed")
			}
		})
	}
}

// TestEveryDamageIsAnError spoils pages in ways that end a process that trusts them: page numbers that lead out of the
// file or in a circle, sizes that lead out of a page, other kinds, other orders. Whatever comes is an error or a store
// that opens and closes, never a panic.
func TestEveryDamageIsAnError(t *testing.T) {
	t.Parallel()
	good, seal := filled(t)
	whole, err := os.ReadFile(good)
	must(t, err)
	page, used := os.Getpagesize(), usedBytes(t, good)
	whole = whole[:used]
	path := filepath.Join(t.TempDir(), "ledgersheet.db")
	random := rand.New(rand.NewPCG(3, 4))
	found := 0
	for from := 2 * page; from < used; from += page {
		for _, at := range []int{0, 8, 10, 12, 16 + 4*random.IntN(5)} {
			content := bytes.Clone(whole)
			n := []uint32{0, 1, 2, uint32(from / page), 0xffff, 1 << 31, random.Uint32()}[random.IntN(7)]
			binary.NativeEndian.PutUint32(content[from+at:], n)
			must(t, os.WriteFile(path, content, 0o600))
			_, verified := Verify(t.Context(), path, seal)
			s, opened := Open(path, seal, Options{})
			if opened == nil {
				must(t, s.Close())
			}
			if verified != nil {
				found++
			}
			if opened != nil && !errors.Is(opened, ErrDamaged) && !errors.Is(opened, ErrForeign) {
				t.Errorf("offset %d of page %d set to %d: %v", at, from/page, n, opened)
			}
		}
	}
	if found < used/page*2 {
		t.Errorf("only %d damages were noticed", found)
	}
}

func TestKeep(t *testing.T) {
	t.Parallel()
	from, seal := filled(t)
	copied := filepath.Join(t.TempDir(), "copy.db")
	write := func(w io.Writer) error { return Copy(t.Context(), from, 0, w) }
	var steps []string
	k := Keeper{Step: func(name string) { steps = append(steps, name) }}
	has, err := k.Keep(t.Context(), copied, seal, write)
	if err != nil || has.Companies != 121 {
		t.Fatalf("kept %+v, %v", has, err)
	}
	if got := strings.Join(steps, ", "); got != "created, written, synced, checked, named" {
		t.Errorf("the steps are %s", got)
	}
	c := openAt(t, copied, seal)
	wantFilled(t, c)
	if _, err := k.Keep(t.Context(), copied, seal, write); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a copy over another file: %v", err)
	}
	wantFiles(t, copied, "copy.db")
}

// wantFiles expects the folder of a file to hold just these.
func wantFiles(t *testing.T, path, want string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	must(t, err)
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if got := strings.Join(names, " "); got != want {
		t.Errorf("the folder holds %q, want %q", got, want)
	}
}

// fullAfter is a disk with room for n bytes.
type fullAfter struct {
	w io.Writer
	n int
}

func (f *fullAfter) Write(p []byte) (int, error) {
	if f.n -= len(p); f.n < 0 {
		return 0, &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}
	}
	return f.w.Write(p)
}

// TestKeepFails leaves no file behind, whatever is in the way.
func TestKeepFails(t *testing.T) {
	t.Parallel()
	from, seal := filled(t)
	whole := func(w io.Writer) error { return Copy(t.Context(), from, 0, w) }
	for name, test := range map[string]struct {
		k     Keeper
		seal  Sealer
		write func(io.Writer) error
		want  error
	}{
		"full disk": {
			Keeper{Through: func(w io.Writer) io.Writer { return &fullAfter{w, 50_000} }}, seal, whole, syscall.ENOSPC,
		},
		"full at once": {
			Keeper{Through: func(w io.Writer) io.Writer { return &fullAfter{w, 0} }}, seal, whole, syscall.ENOSPC,
		},
		"another key": {Keeper{}, newVault(t), whole, ErrWrongKey},
		"cut": {Keeper{}, seal, func(w io.Writer) error {
			var all bytes.Buffer
			must(t, whole(&all))
			_, err := w.Write(all.Bytes()[:all.Len()/2])
			return err
		}, ErrDamaged},
		"the source ends": {Keeper{}, seal, func(io.Writer) error { return io.ErrUnexpectedEOF }, io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			copied := filepath.Join(t.TempDir(), "copy.db")
			if _, err := test.k.Keep(t.Context(), copied, test.seal, test.write); !errors.Is(err, test.want) {
				t.Errorf("got %v, want %v", err, test.want)
			}
			wantFiles(t, copied, "")
		})
	}
}

// TestHeldStore: who holds a store keeps others out, and is kept out by who has it open.
func TestHeldStore(t *testing.T) {
	t.Parallel()
	path, seal := filled(t)
	s := openAt(t, path, seal)
	if err := Copy(t.Context(), path, 60*time.Millisecond, io.Discard); !errors.Is(err, ErrLocked) {
		t.Errorf("copying what a server holds: %v", err)
	}
	must(t, s.Close())
	release, err := Hold(path, 0)
	must(t, err)
	wantOpenError(t, path, seal, ErrLocked, "in use")
	must(t, release())
	must(t, openAt(t, path, seal).Close())
	for _, size := range []int64{0, 100, 10_000} {
		must(t, os.Truncate(path, size))
		if _, err := Hold(path, 0); !errors.Is(err, ErrDamaged) {
			t.Errorf("a file of %d bytes: %v", size, err)
		}
	}
	if _, err := Hold(path+"x", 0); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// TestReplacedWhileWaiting: a process that waited for a file which was replaced meanwhile must not go on with the old
// one, which has no name any more.
func TestReplacedWhileWaiting(t *testing.T) {
	t.Parallel()
	path, seal := filled(t)
	staged, err := Keeper{}.Stage(path, strings.NewReader("staged"))
	must(t, err)
	release, err := Hold(path, 0)
	must(t, err)
	done := make(chan error)
	go func() {
		s, err := Open(path, seal, Options{LockWait: 20 * time.Second})
		if err == nil {
			err = errors.Join(errors.New("it was opened"), s.Close())
		}
		done <- err
	}()
	time.Sleep(100 * time.Millisecond) // so that it waits; if it comes later, it finds the new file
	must(t, Keeper{}.Replace(path, staged, path+".aside"))
	must(t, release())
	if err := <-done; !errors.Is(err, ErrLocked) && !errors.Is(err, ErrDamaged) {
		t.Errorf("who waited got %v", err)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "staged" {
		t.Errorf("the new file holds %q, %v", text, err)
	}
}

// TestCompactForgets: what was sealed under an old key is not left in the file's free pages.
func TestCompactForgets(t *testing.T) {
	t.Parallel()
	path, oldSeal := filled(t)
	s := openAt(t, path, oldSeal)
	sealed := func(s *Store) []byte {
		var r row
		must(t, s.db.View(func(tx *bbolt.Tx) (err error) {
			r, err = getRow(tx, bucketGrants, string(export.CompanyGrant("1")))
			return err
		}))
		return fmt.Appendf(nil, "%s", mustJSON(t, r.Sealed))
	}
	before := sealed(s)
	key := vault.NewKey()
	if _, err := s.Reseal(t.Context(), oldSeal, newVault(t, key)); err != nil {
		t.Fatal(err)
	}
	must(t, s.Close())
	holds := func() bool {
		data, err := os.ReadFile(path)
		must(t, err)
		return bytes.Contains(data, before)
	}
	if !holds() {
		t.Error("nothing is left already, so the test proves nothing")
	}
	must(t, Compact(path, 0))
	if holds() {
		t.Error("the old secret is still in the file")
	}
	s = openAt(t, path, newVault(t, key))
	wantFilled(t, s)
}

// TestResealFindsAllBuckets: buckets that come later are re-sealed too, and names of people that look like a seal are
// left alone.
func TestResealFindsAllBuckets(t *testing.T) {
	t.Parallel()
	oldKey, newKey := vault.NewKey(), vault.NewKey()
	from, to := newVault(t, oldKey), newVault(t, newKey)
	s := openAt(t, filepath.Join(t.TempDir(), "x.db"), from)
	must(t, s.CreateExporter(t.Context(), export.Exporter{ID: "exp_1", Name: `{"sealed":"x"}`}))
	must(t, s.db.Update(func(tx *bbolt.Tx) error {
		if _, err := tx.CreateBucket([]byte("later")); err != nil {
			return err
		}
		return s.putSealed(tx, "later", "k", row{}, []byte("secret"))
	}))
	n, err := s.Reseal(t.Context(), from, to)
	if err != nil || n != 2 { // with the check
		t.Errorf("re-sealed %d, %v", n, err)
	}
	if _, err := Verify(t.Context(), s.db.Path(), to); err != nil {
		t.Error(err)
	}
}

func TestPartialCopiesAreForgotten(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a[b]*.db")
	name, err := Keeper{}.Stage(path, strings.NewReader("x"))
	must(t, err)
	must(t, os.Rename(name, path+".1"+Partial))
	must(t, os.WriteFile(filepath.Join(filepath.Dir(path), "other"+Partial), nil, 0o600))
	must(t, ForgetPartial(path))
	wantFiles(t, path, "other"+Partial)
}

// TestReadyMeansWritable: a store that can only be read is not ready.
func TestReadyMeansWritable(t *testing.T) {
	t.Parallel()
	path, seal := filled(t)
	release, db, err := openHeld(path, 0)
	must(t, err)
	now := noon
	s := &Store{db: db, now: func() time.Time { return now }}
	for range 2 {
		if err := s.Ready(); err == nil || !strings.Contains(err.Error(), "writing store") {
			t.Errorf("a store that can only be read: %v", err)
		}
	}
	must(t, release())
	s = openAt(t, path, seal)
	must(t, s.Ready())
	probed := s.probed
	must(t, s.Ready())
	if probed.IsZero() || !probed.Equal(s.probed) {
		t.Error("each question writes")
	}
}

// TestEveryBucketIsKnown: whoever adds a bucket says whether its values are rows, which are checked, or an index.
func TestEveryBucketIsKnown(t *testing.T) {
	t.Parallel()
	indexes := []string{
		bucketExportersByName, bucketExportersByCompany, bucketExportersBySheet, bucketExportersByDue,
		bucketRunsByExporter, bucketRunsByDue, bucketRunsBy, bucketActive, bucketActiveByExporter, bucketUsersByEmail,
		bucketDueTimesByRun,
	}
	s := newStore(t)
	fill(t, s)
	must(t, s.db.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, b *bbolt.Bucket) error {
			if slices.Contains(indexes, string(name)) {
				return nil
			}
			if !slices.Contains(rowBuckets(), string(name)) {
				t.Errorf("the bucket %s is neither among rowBuckets nor an index here", name)
			}
			return b.ForEach(func(k, raw []byte) error {
				if string(name) == bucketMeta && string(k) == keySchema {
					return nil
				}
				_, err := decodeRow(string(name), string(k), raw)
				return err
			})
		})
	}))
}
