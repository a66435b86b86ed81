package mirror

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
)

// doubted is a live supply whose answers a test may change.
type doubted struct {
	Live
	changes func(supply.ChangesWant, supply.Delta, error) (supply.Delta, error)
	see     func(supply.Want, record.Record) record.Record
}

func (d *doubted) Changes(ctx context.Context, w supply.ChangesWant) (supply.Delta, error) {
	delta, err := d.Live.Changes(ctx, w)
	if d.changes != nil {
		return d.changes(w, delta, err)
	}
	return delta, err
}

func (d *doubted) Records(ctx context.Context, w supply.Want) (*supply.Records, error) {
	records, err := d.Live.Records(ctx, w)
	if err != nil || d.see == nil {
		return records, err
	}
	all := records.All
	records.All = func(yield func(record.Record, error) bool) {
		for rec, err := range all {
			if err == nil {
				rec = d.see(w, rec)
			}
			if !yield(rec, err) {
				return
			}
		}
	}
	return records, nil
}

func (d *doubted) Lookup(ctx context.Context, w supply.Want, ids []string) (map[string]record.Record, error) {
	found, err := d.Live.Lookup(ctx, w, ids)
	for id, rec := range found {
		if d.see != nil {
			found[id] = d.see(w, rec)
		}
	}
	return found, err
}

// doubt returns a mirror of a live supply whose answers can be changed.
func (w *world) doubt(d *doubted) *Mirror {
	w.t.Helper()
	d.Live = w.client
	m := w.mirror(w.t.TempDir())
	m.live, m.Feed, m.Reports = d, d, d
	return m
}

// read reads through a mirror alone and returns how many requests that took.
func (w *world) read(m *Mirror, want supply.Want) (list []string, asked int) {
	w.t.Helper()
	before := w.turns.count()
	records, err := m.Records(context.Background(), want)
	list, err = spelt(records, err)
	if err != nil {
		w.t.Fatal(err)
	}
	return list, w.turns.count() - before
}

// queries returns the statements since the last ResetRequests that contain a text.
func (w *world) queries(text string) (list []string) {
	for _, r := range w.server.Requests() {
		if strings.Contains(r.Query, text) {
			list = append(list, r.Query)
		}
	}
	return list
}

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
		w.clock.pass(time.Hour)
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

// What follows from a change without being told is asked for again, and nothing else is.
func TestWhatFollows(t *testing.T) {
	t.Parallel()
	open := func(c *intuitsim.Company, entity string) string {
		for _, id := range c.IDs(entity) {
			if _, err := c.Pay(entity, id, "0.01"); err == nil {
				return id
			}
		}
		return ""
	}
	for name, test := range map[string]struct {
		kept []string
		do   func(c *intuitsim.Company) error
		most int // requests for all that is kept
	}{
		"renamed customer, kept": {[]string{"Invoice", "Customer"}, func(c *intuitsim.Company) error {
			return c.Change("Customer", c.IDs("Customer")[1], intuitsim.Change{Name: "Newname"})
		}, 3},
		"renamed customer, not kept": {[]string{"Invoice"}, func(c *intuitsim.Company) error {
			return c.Change("Customer", c.IDs("Customer")[1], intuitsim.Change{Name: "Newname"})
		}, 4},
		"renamed item": {[]string{"Invoice", "Estimate"}, func(c *intuitsim.Company) error {
			return c.Change("Item", c.IDs("Item")[0], intuitsim.Change{Name: "Newname"})
		}, 3},
		"customer switched off": {[]string{"Invoice", "Customer"}, func(c *intuitsim.Company) error {
			off := false
			return c.Change("Customer", c.IDs("Customer")[2], intuitsim.Change{Active: &off})
		}, 3},
		"merged customers": {[]string{"Invoice", "Customer", "Payment"}, func(c *intuitsim.Company) error {
			return c.Merge("Customer", c.IDs("Customer")[3], c.IDs("Customer")[4])
		}, 5},
		"payment": {[]string{"Invoice"}, func(c *intuitsim.Company) error {
			if open(c, "Invoice") == "" {
				return os.ErrNotExist
			}
			return nil
		}, 2},
		"payment deleted, not kept": {[]string{"Invoice"}, func(c *intuitsim.Company) error {
			return c.Delete("Payment", c.IDs("Payment")[3])
		}, 2},
		"payment deleted, kept": {[]string{"Invoice", "Payment"}, func(c *intuitsim.Company) error {
			return c.Delete("Payment", c.IDs("Payment")[3])
		}, 2},
		"invoice voided": {[]string{"Invoice", "Payment"}, func(c *intuitsim.Company) error {
			return c.Void("Invoice", c.IDs("Invoice")[5])
		}, 3},
		"bill paid": {[]string{"Bill", "BillPayment"}, func(c *intuitsim.Company) error {
			if open(c, "Bill") == "" {
				return os.ErrNotExist
			}
			return nil
		}, 2},
		"note": {[]string{"Invoice", "Payment", "Customer"}, func(c *intuitsim.Company) error {
			return c.Change("Invoice", c.IDs("Invoice")[5], intuitsim.Change{Note: "read me"})
		}, 1},
	} {
		for _, quirks := range []intuitsim.Quirks{
			{QuietSettlements: true, QuietBalances: true}, {LoudNames: true}, {MergedStay: true},
		} {
			t.Run(fmt.Sprintf("%s/%t", name, quirks.QuietSettlements), func(t *testing.T) {
				t.Parallel()
				w := sized(t, 120)
				books := w.books(0)
				books.SetQuirks(quirks)
				m := w.mirror(t.TempDir())
				for _, object := range test.kept {
					w.mustRead(m, object, false)
				}
				w.clock.pass(10 * time.Minute)
				w.mustRead(m, test.kept[0], false)
				w.clock.pass(10 * time.Minute)
				must(t, test.do(books))
				w.clock.pass(time.Second)
				ctx := supply.WithOccasion(context.Background(), w.clock.read())
				before := w.turns.count()
				for _, object := range test.kept {
					want := w.wantOf(object)
					want.Members = []string{"Id"} // no balances of lists
					records, err := m.Records(ctx, want)
					if _, err := spelt(records, err); err != nil {
						t.Fatal(err)
					}
				}
				if asked := w.turns.count() - before; asked > test.most {
					t.Errorf("%d requests, want at most %d: %v", asked, test.most, w.server.Requests()[before:])
				}
				for _, object := range test.kept {
					w.mustRead(m, object, false)
				}
			})
		}
	}
}

// Nothing changed is one request, whoever asks, and none for those who are due together.
func TestOneRequest(t *testing.T) {
	t.Parallel()
	w := sized(t, 50)
	m := w.mirror(t.TempDir())
	all := []string{"Invoice", "Payment", "Bill", "Item", "Class", "Term"}
	for _, object := range all {
		w.mustRead(m, object, false)
	}
	w.clock.pass(10 * time.Minute)
	due := w.clock.read()
	w.clock.pass(time.Second)
	before := w.turns.count()
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			ctx := supply.WithOccasion(context.Background(), due)
			want := w.wantOf(all[i%len(all)])
			want.Members = []string{"Id"}
			records, err := m.Records(ctx, want)
			if _, err := spelt(records, err); err != nil {
				t.Error(err)
			}
			if _, err := m.Lookup(ctx, want, []string{"1", "2"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if asked := w.turns.count() - before; asked != 1 {
		t.Errorf("%d requests for twenty readings, want 1", asked)
	}
	// Whoever is due later asks again.
	w.clock.pass(time.Second)
	if _, asked := w.read(m, w.wantOf("Invoice")); asked != 1 {
		t.Errorf("%d requests for a later reading, want 1", asked)
	}
}

// What change data capture keeps to itself shows in the hourly count and, at the latest, when all is read and compared.
func TestProofs(t *testing.T) {
	t.Parallel()
	w := sized(t, 40)
	mute := true
	d := &doubted{}
	d.changes = func(_ supply.ChangesWant, delta supply.Delta, err error) (supply.Delta, error) {
		if mute && err == nil {
			delta.Records = map[string][]record.Record{}
		}
		return delta, err
	}
	m := w.doubt(d)
	drifted := 0
	m.o.Drifted = func(_ export.RealmID, n int) { drifted += n }
	books := w.books(0)
	ids := books.IDs("Invoice")
	w.mustRead(m, "Invoice", false)

	w.clock.pass(20 * time.Minute)
	must(t, books.Delete("Invoice", ids[3]))
	if list, asked := w.read(m, w.wantOf("Invoice")); len(list) != len(ids) || asked != 1 {
		t.Fatalf("%d records and %d requests: the test shows nothing", len(list), asked)
	}
	w.clock.pass(41 * time.Minute)
	w.mustRead(m, "Invoice", false)
	if drifted != 1 || m.Standing(w.company(0).Realm).Drifted != 1 {
		t.Errorf("%d records are said to have drifted, want 1", drifted)
	}
	if list, asked := w.read(m, w.wantOf("Invoice")); len(list) != len(ids)-1 || asked != 1 {
		t.Errorf("%d records and %d requests after the proof", len(list), asked)
	}

	w.clock.pass(20 * time.Minute)
	must(t, books.Change("Invoice", ids[5], intuitsim.Change{Note: "untold"}))
	w.clock.pass(6 * time.Hour)
	if difference, err := w.check(m, "Invoice"); err != nil || difference == "" {
		t.Fatalf("a change that nobody told is known: the test shows nothing: %v", err)
	}
	w.clock.pass(8 * 24 * time.Hour)
	w.mustRead(m, "Invoice", false)
	if drifted != 2 {
		t.Errorf("%d records are said to have drifted, want 2", drifted)
	}
	mute = false
	w.clock.pass(time.Hour)
	w.mustRead(m, "Invoice", false)
}

// A full reading in the usual pace happens in the company's night.
func TestReadsAtNight(t *testing.T) {
	t.Parallel()
	w := sized(t, 10)
	m := w.mirror(t.TempDir())
	w.mustRead(m, "Invoice", false)
	var nights []int
	for range 24 * 8 * 2 {
		w.clock.pass(30 * time.Minute)
		w.server.ResetRequests()
		w.read(m, w.wantOf("Invoice"))
		if len(w.queries("SELECT+%2A+FROM+Invoice")) > 0 {
			zone, err := time.LoadLocation("America/Los_Angeles")
			must(t, err)
			nights = append(nights, w.clock.read().In(zone).Hour())
		}
	}
	if len(nights) != 1 || nights[0] < 1 || nights[0] > 4 {
		t.Errorf("all was read in the hours %v, want once at night", nights)
	}
}

// An object that change data capture refuses is found out and kept by other means; until then all is read live.
func TestRefusedObjects(t *testing.T) {
	t.Parallel()
	for _, object := range []string{"Class", "Invoice"} {
		t.Run(object, func(t *testing.T) {
			t.Parallel()
			w := sized(t, 40)
			d := &doubted{changes: func(want supply.ChangesWant, delta supply.Delta, err error) (supply.Delta, error) {
				if slices.Contains(want.Objects, object) {
					return supply.Delta{}, problem.New(problem.QuickBooksRejected, "%s is not supported.", object)
				}
				return delta, err
			}}
			m := w.doubt(d)
			books := w.books(0)
			for range 5 {
				for _, name := range []string{"Invoice", "Customer", "Class"} {
					w.mustRead(m, name, false)
				}
				w.clock.pass(10 * time.Minute)
				_, err := books.AddInvoice(intuitsim.Sale{Amount: "5.00"})
				must(t, err)
				must(t, books.Delete("Invoice", books.IDs("Invoice")[2]))
			}
			w.clock.pass(10 * time.Minute)
			want := w.wantOf("Customer")
			want.Members = []string{"Id"}
			w.read(m, want)
			w.clock.pass(10 * time.Minute)
			if _, asked := w.read(m, want); asked != 1 {
				t.Errorf("%d requests for what is not refused, want 1", asked)
			}
		})
	}
}

// Answers of change data capture that make no sense have all read live for an hour.
func TestMalformedAnswers(t *testing.T) {
	t.Parallel()
	w := sized(t, 20)
	asked := 0
	d := &doubted{changes: func(supply.ChangesWant, supply.Delta, error) (supply.Delta, error) {
		asked++
		return supply.Delta{}, problem.New(problem.QuickBooksMalformed, "Nonsense.")
	}}
	m := w.doubt(d)
	for range 10 {
		w.mustRead(m, "Invoice", false)
		w.clock.pass(time.Minute)
	}
	if asked != mostMalformed {
		t.Errorf("asked %d times, want %d", asked, mostMalformed)
	}
	d.changes = nil
	w.clock.pass(time.Hour)
	w.mustRead(m, "Invoice", false)
	if _, asked := w.read(m, w.wantOf("Invoice")); asked != 1 {
		t.Errorf("%d requests when all is well again, want 1", asked)
	}
}

// A new consent may see other records: all is read anew.
func TestReconnected(t *testing.T) {
	t.Parallel()
	w := sized(t, 20)
	m := w.mirror(t.TempDir())
	w.mustRead(m, "Invoice", false)
	w.clock.pass(time.Hour)
	w.server.ResetRequests()
	want := w.wantOf("Invoice")
	want.Company.ConnectedAt = w.clock.read()
	w.read(m, want)
	if len(w.queries("SELECT+%2A+FROM+Invoice")) == 0 {
		t.Error("nothing was read anew")
	}
	if _, asked := w.read(m, want); asked != 1 {
		t.Errorf("%d requests afterwards, want 1", asked)
	}
}

// A preview is worth a request or two: it reads what is kept, and what is not, live.
func TestPreviews(t *testing.T) {
	t.Parallel()
	w := sized(t, 200)
	m := w.mirror(t.TempDir())
	want := w.wantOf("Invoice")
	want.Limit = 20
	if list, asked := w.read(m, want); len(list) != 20 || asked != 1 {
		t.Errorf("not kept: %d records, %d requests", len(list), asked)
	}
	w.mustRead(m, "Invoice", false)
	w.clock.pass(time.Hour)
	if list, asked := w.read(m, want); len(list) != 20 || asked != 1 {
		t.Errorf("kept: %d records, %d requests", len(list), asked)
	}
	w.clock.pass(40 * 24 * time.Hour)
	if list, asked := w.read(m, want); len(list) != 20 || asked > 2 {
		t.Errorf("too old: %d records, %d requests", len(list), asked)
	}
	w.mustRead(m, "Invoice", false)
}

// Custom fields are whole for those who want them, also in records that changed.
func TestCustomFields(t *testing.T) {
	t.Parallel()
	w := sized(t, 20)
	strip := func(rec record.Record) record.Record { return rec.With("CustomField", nil) }
	d := &doubted{
		see: func(want supply.Want, rec record.Record) record.Record {
			if want.CustomFields {
				return rec
			}
			return strip(rec)
		},
		changes: func(_ supply.ChangesWant, delta supply.Delta, err error) (supply.Delta, error) {
			for object, list := range delta.Records {
				for i := range list {
					delta.Records[object][i] = strip(list[i])
				}
			}
			return delta, err
		},
	}
	m := w.doubt(d)
	plain, custom := w.wantOf("Invoice"), w.wantOf("Invoice")
	custom.CustomFields = true
	books := w.books(0)
	change := func() {
		w.clock.pass(time.Hour)
		must(t, books.Change("Invoice", books.IDs("Invoice")[1], intuitsim.Change{Note: w.clock.read().String()}))
		w.clock.pass(time.Second)
	}
	w.read(m, plain)
	change()
	w.read(m, plain)
	for range 2 {
		got, _ := w.read(m, custom)
		live, err := d.Records(context.Background(), custom)
		should, err := spelt(live, err)
		if err != nil || !slices.Equal(got, should) {
			t.Fatalf("custom fields are missing: %v", err)
		}
		change()
	}
}
