package mirror

import (
	"context"
	"fmt"
	"ledgersheet/internal/intuit/intuitsim"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// A refresh that is killed at any step leaves what was there before or all that is new, and the next one goes on from
// there.
func TestKilledRefreshes(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		invoices int
		least    int // steps
		before   func(w *world, m *Mirror)
	}{
		{"first", 3000, 6, func(*world, *Mirror) {}},
		{"changes", 300, 6, func(w *world, m *Mirror) {
			w.mustRead(m, "Invoice", false)
			w.mustRead(m, "Customer", false)
			w.clock.Pass(time.Hour)
			w.changeSome()
		}},
		{"all anew", 3000, 6, func(w *world, m *Mirror) {
			w.mustRead(m, "Invoice", false)
			w.clock.Pass(9 * 24 * time.Hour)
			w.changeSome()
		}},
		{"after a gap", 300, 5, func(w *world, m *Mirror) {
			w.mustRead(m, "Invoice", false)
			w.mustRead(m, "Customer", false)
			w.clock.Pass(33 * 24 * time.Hour)
			w.changeSome()
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if n := killed(t, test.invoices, test.before); n < test.least {
				t.Errorf("only %d steps", n)
			}
		})
	}
}

// changeSome renames a customer, and adds, settles and deletes invoices.
func (w *world) changeSome() {
	books, t := w.books(0), w.t
	customer := books.IDs("Customer")[0]
	name := "Name of " + w.clock.Read().String()
	fail := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	fail(books.Change("Customer", customer, intuitsim.Change{Name: name}))
	_, err := books.AddInvoice(intuitsim.Sale{CustomerID: customer, Amount: "77.00"})
	fail(err)
	for _, id := range books.IDs("Invoice") {
		if _, err := books.Pay("Invoice", id, "1.00"); err == nil {
			break
		}
	}
	fail(books.Delete("Invoice", books.IDs("Invoice")[7]))
}

// killed has a refresh killed at each step, as far as what it leaves behind goes, and returns how many there are.
func killed(t *testing.T, invoices int, before func(*world, *Mirror)) int {
	w := sized(t, invoices)
	w.books(0).SetQuirks(intuitsim.Quirks{QuietSettlements: true})
	m := w.mirror(t.TempDir())
	before(w, m)
	path := m.path(w.company(0).Realm)
	var left []string // folders
	old := ""
	m.step = func(name string) {
		if len(left) == 0 {
			old = w.image(t, path)
		}
		folder := filepath.Join(t.TempDir(), name)
		must(t, os.MkdirAll(folder, 0o700))
		data, err := os.ReadFile(path)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(folder, filepath.Base(path)), data, 0o600))
		left = append(left, folder)
	}
	w.mustRead(m, "Invoice", false)
	m.step = func(string) {}
	fresh := w.image(t, path)
	if old == fresh {
		t.Error("nothing has changed")
	}
	for n, folder := range left {
		if got := w.image(t, filepath.Join(folder, filepath.Base(path))); got != old && got != fresh {
			t.Errorf("killed at step %d, %s: neither old nor new", n+1, filepath.Base(folder))
		}
		again := w.mirror(folder)
		w.mustRead(again, "Invoice", false)
		w.mustRead(again, "Customer", false)
	}
	return len(left)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// image returns all that counts in a file, read from a copy as after a crash.
func (w *world) image(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	copied := filepath.Join(t.TempDir(), "image.db")
	must(t, os.WriteFile(copied, data, 0o600))
	seal, err := w.sealer(context.Background(), w.company(0).Realm)
	must(t, err)
	c, err := newCodec()
	must(t, err)
	f, err := openFile(copied, string(w.company(0).Realm), seal, c)
	must(t, err)
	defer func() { must(t, f.close()) }()
	var s state
	_, err = f.loadState(&s)
	must(t, err)
	var b strings.Builder
	for _, object := range slices.Sorted(func(yield func(string) bool) {
		for name := range s.Objects {
			if !yield(name) {
				return
			}
		}
	}) {
		fmt.Fprintf(&b, "%s since %s\n", object, s.Objects[object].Cursor)
		d, err := f.directory(object)
		must(t, err)
		for _, ref := range d {
			list, err := f.block(object, ref)
			must(t, err)
			for _, e := range list {
				fmt.Fprintf(&b, "%s %s\n", e.id, e.json)
			}
		}
	}
	return b.String()
}
