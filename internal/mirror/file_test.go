package mirror

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

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/vault"
)

// sized returns a world whose first company has that many invoices.
func sized(t testing.TB, invoices int) *world {
	return newWorld(t, intuitsim.Options{
		Seed: 5, Companies: 2, Customers: 20, Vendors: 5, Items: 10, Invoices: invoices, Bills: 5,
	})
}

// mustRead compares a mirror with a full reading. One failed reading is forgiven if may says so.
func (w *world) mustRead(m *Mirror, object string, may bool) {
	w.t.Helper()
	difference, err := w.check(m, object)
	if _, ok := errors.AsType[*problem.Problem](err); ok && may {
		difference, err = w.check(m, object)
	}
	if err != nil || difference != "" {
		w.t.Fatalf("%s %v", difference, err)
	}
}

// TestDamagedFiles spoils a file in many ways. It is never trusted: either it holds what was written, or all is read
// anew.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	w := sized(t, 150)
	dir := t.TempDir()
	m := w.mirror(dir)
	w.mustRead(m, "Invoice", false)
	w.mustRead(m, "Customer", false)
	if err := m.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	path := m.path(w.company(0).Realm)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	spoilt := map[string][]byte{
		"empty": {}, "one byte": {7}, "text": []byte(strings.Repeat("this is no database\n", 999)),
		"cut to a page": whole[:4096], "cut to two pages": whole[:8192], "cut in half": whole[:len(whole)/2],
		"cut at the end": whole[:len(whole)-4096], "zeros": make([]byte, len(whole)),
	}
	for i := range 24 {
		at := i * len(whole) / 24
		flipped := bytes.Clone(whole)
		for j := at; j < min(at+3, len(flipped)); j++ {
			flipped[j] ^= 0x55
		}
		spoilt[fmt.Sprintf("flipped at %d of %d", at, len(whole))] = flipped
	}
	for name, data := range spoilt {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		m := w.mirror(dir)
		for range 2 { // a second time from what was made anew
			for _, object := range []string{"Invoice", "Customer"} {
				difference, err := w.check(m, object)
				if problem.HasCode(err, problem.IncompleteRead) {
					difference, err = w.check(m, object)
				}
				if err != nil || difference != "" {
					t.Errorf("%s: %s %v", name, difference, err)
				}
			}
		}
		if err := m.Close(context.Background()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A file under another key is thrown away.
func TestForeignKey(t *testing.T) {
	t.Parallel()
	w := sized(t, 20)
	dir := t.TempDir()
	m := w.mirror(dir)
	w.mustRead(m, "Invoice", false)
	if err := m.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.keys[w.company(0).Realm] = vault.NewKey()
	m = w.mirror(dir)
	before := w.turns.Count()
	w.mustRead(m, "Invoice", false)
	if asked := w.turns.Count() - before; asked < 4 { // all of them twice: by the mirror and for the comparison
		t.Errorf("%d requests: it cannot have read anew", asked)
	}
}

// One process has a company's file. Another one reads live, and has its turn when the first is done.
func TestSecondProcess(t *testing.T) {
	t.Parallel()
	w := sized(t, 20)
	dir := t.TempDir()
	first, second := w.mirror(dir), w.mirror(dir)
	w.mustRead(first, "Invoice", false)
	w.mustRead(second, "Invoice", false)
	if b := second.book(w.company(0).Realm); b.isOpen() {
		t.Fatal("both have the file")
	}
	if err := first.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	w.clock.Pass(2 * restFor)
	w.mustRead(second, "Invoice", false)
	if b := second.book(w.company(0).Realm); !b.isOpen() {
		t.Error("nobody has the file")
	}
}

// What is in a file says nothing to those without the key.
func TestNothingIsInTheClear(t *testing.T) {
	t.Parallel()
	w := sized(t, 60)
	m := w.mirror(t.TempDir())
	for _, object := range []string{"Invoice", "Customer", "Employee"} {
		w.mustRead(m, object, false)
	}
	file := m.path(w.company(0).Realm)
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"DisplayName", "TotalAmt", `"Id"`, "Invoice/", "example.com"} {
		if bytes.Contains(data, []byte(secret)) {
			t.Errorf("%q is in the file", secret)
		}
	}
	for _, id := range w.books(0).IDs("Invoice")[:20] {
		if len(id) > 3 && bytes.Contains(data, []byte(id)) {
			t.Errorf("the id %s is in the file", id)
		}
	}
}

// Removing a company destroys its file, and tidying those of companies that are gone.
func TestRemove(t *testing.T) {
	t.Parallel()
	w := sized(t, 20)
	m := w.mirror(t.TempDir())
	ctx := context.Background()
	path := m.path(w.company(0).Realm)
	there := func() bool { _, err := os.Stat(path); return err == nil }
	w.mustRead(m, "Invoice", false)
	if !there() || m.Standing(w.company(0).Realm).Bytes == 0 {
		t.Fatal("there is no file")
	}
	if err := m.Remove(ctx, w.company(0).Realm); err != nil || there() {
		t.Errorf("removed: there is a file: %t, %v", there(), err)
	}
	w.mustRead(m, "Invoice", false)
	if err := m.Tidy(ctx, []export.RealmID{w.company(0).Realm}); err != nil || !there() {
		t.Errorf("tidied: there is a file: %t, %v", there(), err)
	}
	w.clock.Pass(2 * idleAfter)
	if err := m.Tidy(ctx, []export.RealmID{w.company(0).Realm}); err != nil || m.book(w.company(0).Realm).isOpen() {
		t.Errorf("nobody reads it and it is open: %v", err)
	}
	w.mustRead(m, "Invoice", false)
	if err := m.Tidy(ctx, nil); err != nil || there() {
		t.Errorf("tidied without the company: there is a file: %t, %v", there(), err)
	}
	w.mustRead(m, "Invoice", false)
	if m.path("../1/x") != filepath.Join(m.o.Dir, "___1_x.db") {
		t.Errorf("a strange realm is at %s", m.path("../1/x"))
	}
}

// Few bytes are kept of each invoice, and changing some rewrites the blocks that hold them and no others.
func TestSize(t *testing.T) {
	t.Parallel()
	const n = 3000
	w := sized(t, n)
	m := w.mirror(t.TempDir())
	w.mustRead(m, "Invoice", false)
	const most = 250 // 25 MB for 100,000
	if size := m.Standing(w.company(0).Realm).Bytes; size > n*most+growBy {
		t.Errorf("%d bytes for %d invoices", size, n)
	}
	b := m.book(w.company(0).Realm)
	before := b.dirs["Invoice"]
	ids := w.books(0).IDs("Invoice")
	w.clock.Pass(time.Hour)
	for _, id := range ids[1000:1100] {
		if err := w.books(0).Change("Invoice", id, intuitsim.Change{Note: "changed"}); err != nil {
			t.Fatal(err)
		}
	}
	w.mustRead(m, "Invoice", false)
	kept, old := 0, map[uint64]bool{}
	for _, ref := range before {
		old[ref.number] = true
	}
	for _, ref := range b.dirs["Invoice"] {
		if old[ref.number] {
			kept++
		}
	}
	if len(before) < 10 || kept < len(before)-2 {
		t.Errorf("%d of %d blocks are as they were", kept, len(before))
	}
}

// Reading all records anew leaves no more than a third of a file unused for long.
func TestCompacted(t *testing.T) {
	t.Parallel()
	w := sized(t, 9000)
	m := w.mirror(t.TempDir())
	realm := w.company(0).Realm
	w.read(m, w.wantOf("Invoice"))
	first := m.Standing(realm).Bytes
	most := first
	for range 4 { // each time more than the longest pace has passed
		w.clock.Pass(9 * 24 * time.Hour)
		w.read(m, w.wantOf("Invoice"))
		most = max(most, m.Standing(realm).Bytes)
		w.clock.Pass(2 * graceful)
		w.read(m, w.wantOf("Invoice"))
		w.clock.Pass(time.Minute)
		w.read(m, w.wantOf("Invoice"))
	}
	last := m.Standing(realm).Bytes
	if most < first*3/2 {
		t.Fatalf("%d bytes at first and %d at most: the test shows nothing", first, most)
	}
	if last > first*5/4 {
		t.Errorf("%d bytes at first, %d at most, %d in the end", first, most, last)
	}
	w.mustRead(m, "Invoice", false)
}
