package mirror

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
)

// Nothing changed is one request, whoever asks, and none for those who are due together.
func TestOneRequest(t *testing.T) {
	t.Parallel()
	w := sized(t, 50)
	m := w.mirror(t.TempDir())
	all := []string{"Invoice", "Payment", "Bill", "Item", "Class", "Term"}
	for _, object := range all {
		w.mustRead(m, object, false)
	}
	w.clock.Pass(10 * time.Minute)
	due := w.clock.Read()
	w.clock.Pass(time.Second)
	before := w.turns.Count()
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
	if asked := w.turns.Count() - before; asked != 1 {
		t.Errorf("%d requests for twenty readings, want 1", asked)
	}
	// Whoever is due later asks again.
	w.clock.Pass(time.Second)
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

	w.clock.Pass(20 * time.Minute)
	must(t, books.Delete("Invoice", ids[3]))
	if list, asked := w.read(m, w.wantOf("Invoice")); len(list) != len(ids) || asked != 1 {
		t.Fatalf("%d records and %d requests: the test shows nothing", len(list), asked)
	}
	w.clock.Pass(41 * time.Minute)
	w.mustRead(m, "Invoice", false)
	if drifted != 1 || m.Standing(w.company(0).Realm).Drifted != 1 {
		t.Errorf("%d records are said to have drifted, want 1", drifted)
	}
	if list, asked := w.read(m, w.wantOf("Invoice")); len(list) != len(ids)-1 || asked != 1 {
		t.Errorf("%d records and %d requests after the proof", len(list), asked)
	}

	w.clock.Pass(20 * time.Minute)
	must(t, books.Change("Invoice", ids[5], intuitsim.Change{Note: "untold"}))
	w.clock.Pass(6 * time.Hour)
	if difference, err := w.check(m, "Invoice"); err != nil || difference == "" {
		t.Fatalf("a change that nobody told is known: the test shows nothing: %v", err)
	}
	w.clock.Pass(8 * 24 * time.Hour)
	w.mustRead(m, "Invoice", false)
	if drifted != 2 {
		t.Errorf("%d records are said to have drifted, want 2", drifted)
	}
	mute = false
	w.clock.Pass(time.Hour)
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
		w.clock.Pass(30 * time.Minute)
		w.server.ResetRequests()
		w.read(m, w.wantOf("Invoice"))
		if len(w.queries("SELECT+%2A+FROM+Invoice")) > 0 {
			zone, err := time.LoadLocation("America/Los_Angeles")
			must(t, err)
			nights = append(nights, w.clock.Read().In(zone).Hour())
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
				w.clock.Pass(10 * time.Minute)
				_, err := books.AddInvoice(intuitsim.Sale{Amount: "5.00"})
				must(t, err)
				must(t, books.Delete("Invoice", books.IDs("Invoice")[2]))
			}
			w.clock.Pass(10 * time.Minute)
			want := w.wantOf("Customer")
			want.Members = []string{"Id"}
			w.read(m, want)
			w.clock.Pass(10 * time.Minute)
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
		w.clock.Pass(time.Minute)
	}
	if asked != mostMalformed {
		t.Errorf("asked %d times, want %d", asked, mostMalformed)
	}
	d.changes = nil
	w.clock.Pass(time.Hour)
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
	w.clock.Pass(time.Hour)
	w.server.ResetRequests()
	want := w.wantOf("Invoice")
	want.Company.ConnectedAt = w.clock.Read()
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
	w.clock.Pass(time.Hour)
	if list, asked := w.read(m, want); len(list) != 20 || asked != 1 {
		t.Errorf("kept: %d records, %d requests", len(list), asked)
	}
	w.clock.Pass(40 * 24 * time.Hour)
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
		w.clock.Pass(time.Hour)
		must(t, books.Change("Invoice", books.IDs("Invoice")[1], intuitsim.Change{Note: w.clock.Read().String()}))
		w.clock.Pass(time.Second)
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

// A long list is not read whole for few of its records, unless it is kept already.
func TestFewOfMany(t *testing.T) {
	t.Parallel()
	w := sized(t, 60)
	d := &doubted{}
	m := w.doubt(d)
	d.count = func(want supply.Want, n int) int {
		if want.Object == "Invoice" && len(want.Narrow) == 0 {
			return mostForFew + 1
		}
		return n
	}
	few := w.wantOf("Invoice")
	few.Narrow = []supply.Condition{updatedSince(w.clock.Read().Add(-time.Hour))}
	w.read(m, few)
	for range 3 {
		w.clock.Pass(time.Minute)
		if _, asked := w.read(m, few); asked > 2 {
			t.Errorf("%d requests for few records", asked)
		}
		found, err := m.Lookup(context.Background(), w.wantOf("Invoice"), w.books(0).IDs("Invoice")[:3])
		if err != nil || len(found) != 3 {
			t.Errorf("%d of 3 looked up, %v", len(found), err)
		}
	}
	d.count = nil
	w.mustRead(m, "Invoice", false)
	w.clock.Pass(time.Minute)
	if _, asked := w.read(m, few); asked != 1 {
		t.Errorf("%d requests when all are kept, want 1", asked)
	}
}
