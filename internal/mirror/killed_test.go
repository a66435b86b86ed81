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
	for step := 1; ; step++ {
		w := sized(t, 300)
		books := w.books(0)
		books.SetQuirks(intuitsim.Quirks{QuietSettlements: true})
		dir := t.TempDir()
		m := w.mirror(dir)
		w.mustRead(m, "Invoice", false)
		w.mustRead(m, "Customer", false)
		path := m.path(w.company(0).Realm)
		old := w.image(t, path, "")
		w.clock.Pass(time.Hour)
		customer := books.IDs("Customer")[0]
		must(t, books.Change("Customer", customer, intuitsim.Change{Name: "Another name"}))
		_, err := books.AddInvoice(intuitsim.Sale{CustomerID: customer, Amount: "77.00"})
		must(t, err)
		for _, id := range books.IDs("Invoice") {
			if _, err := books.Pay("Invoice", id, "1.00"); err == nil {
				break
			}
		}
		must(t, books.Delete("Invoice", books.IDs("Invoice")[7]))
		var killed string
		n := 0
		m.step = func(name string) {
			if n++; n == step {
				killed = filepath.Join(t.TempDir(), name)
				must(t, os.MkdirAll(killed, 0o700))
				data, err := os.ReadFile(path)
				must(t, err)
				must(t, os.WriteFile(filepath.Join(killed, filepath.Base(path)), data, 0o600))
			}
		}
		w.mustRead(m, "Invoice", false)
		if killed == "" {
			if step < 6 {
				t.Errorf("only %d steps", step-1)
			}
			return
		}
		fresh := w.image(t, path, "")
		got := w.image(t, filepath.Join(killed, filepath.Base(path)), "")
		if old == fresh || got != old && got != fresh {
			t.Errorf("killed at step %d, %s: neither old nor new", step, filepath.Base(killed))
		}
		w.mustRead(w.mirror(killed), "Invoice", false)
		w.mustRead(w.mirror(killed), "Customer", false)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// image returns all that counts in a file, read from a copy as after a crash.
func (w *world) image(t *testing.T, path, _ string) string {
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
