package google_test

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/google"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/table"
)

// knower writes what changed, and knows what stands from its last write.
type knower struct {
	*bench
	mode export.Mode
	last written
	rows []table.Row // the last result
	now  *time.Time
}

// newKnower returns a knower whose clock, and Google's, is now.
func newKnower(t *testing.T, mode export.Mode, now *time.Time) *knower {
	clock := func() time.Time { return *now }
	b := newBench(t, googlesim.Options{Behaviour: googlesim.Behaviour{DriveLag: time.Minute}, Now: clock}, 0)
	ends := b.sim.Endpoints()
	free := func() *limit.Keyed { return limit.New(limit.Limits{}) }
	b.client = google.New(google.Options{
		SheetsURL: ends.SheetsURL, DriveURL: ends.DriveURL,
		HTTP:  func(export.ID) (*http.Client, error) { return b.http, nil },
		Reads: free(), Writes: free(), ProjectReads: free(), ProjectWrites: free(), Now: clock,
		Logger: slog.New(slog.DiscardHandler),
	})
	return &knower{bench: b, mode: mode, now: now}
}

func (k *knower) wait(d time.Duration) { *k.now = k.now.Add(d) }

// known returns the request for new rows that relies on the last write.
func (k *knower) known(rows []table.Row) export.WriteRequest {
	id := func(r table.Row) string { return r.Cells[0].String() }
	w := k.request(schema, nil)
	w.Mode, w.Trace, w.TraceRun = k.mode, k.last.Trace, k.last.TraceRun
	stand, ok := change.TraceRows(k.last.Trace)
	if !ok {
		k.t.Fatal("the trace does not tell keys")
	}
	at := map[uint64]int{}
	for i, r := range stand {
		at[r.Key] = i
	}
	place := func(r table.Row) int {
		return at[change.Identify([]change.Value{{Kind: 's', Text: id(r)}}, []int{0}).Key]
	}
	kn := &export.Known{State: k.last.Known, Rows: stand, Old: table.NewSpool(schema)}
	old := map[string]table.Row{}
	for _, r := range k.rows {
		old[id(r)] = r
	}
	var gone []table.Row
	for _, r := range rows {
		was, there := old[id(r)]
		delete(old, id(r))
		if there && cmp.Equal(was.Cells, r.Cells, cmp.Comparer(table.Cell.Equal)) {
			kn.Want = append(kn.Want, place(r))
			continue
		}
		if there {
			gone = append(gone, was)
		}
		kn.Want = append(kn.Want, export.FreshRow)
		must(k.t, w.Rows.Add(r))
	}
	for _, was := range old {
		gone = append(gone, was)
	}
	slices.SortFunc(gone, func(a, b table.Row) int { return place(a) - place(b) })
	for _, was := range gone {
		must(k.t, kn.Old.Add(was))
		kn.OldAt = append(kn.OldAt, place(was))
	}
	w.Known = kn
	return w
}

// put writes rows by what is known, or in full where that is in doubt, and reports which.
func (k *knower) put(rows []table.Row, full bool) (res written, fast bool) {
	k.t.Helper()
	w := k.request(schema, rows)
	w.Mode, w.Trace, w.TraceRun = k.mode, k.last.Trace, k.last.TraceRun
	if !full && k.last.Known != nil {
		res, set, err := export.Put(k.ctx, k.client, k.known(rows))
		if err == nil {
			k.last, k.rows = written{res, *set}, rows
			return k.last, true
		}
		if !errors.Is(err, export.ErrDoubt) && !errors.Is(err, export.ErrMoved) {
			k.t.Fatal(err)
		}
	}
	got, set, err := export.Put(k.ctx, k.client, w)
	must(k.t, err)
	k.exporter.Target = got.Target
	k.last, k.rows = written{got, *set}, rows
	return k.last, false
}

// TestKnownCosts counts what a small change of a long list costs.
func TestKnownCosts(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	k := newKnower(t, export.Replace, &now)
	rows := invoices(3000)
	k.put(rows, true)
	for round := range 3 {
		k.wait(10 * time.Minute)
		rows = slices.Clone(rows)
		for i := range 20 {
			rows[100*i+round] = invoice(100*i+round+1, fmt.Sprint("changed ", round), "7.50")
		}
		before := k.sim.Totals()
		res, fast := k.put(rows, false)
		after := k.sim.Totals()
		if !fast || res.Changed != 20 || len(res.Items) != 20 || !res.Complete {
			t.Fatalf("round %d: fast %t, %d changed, %d items", round, fast, res.Changed, len(res.Items))
		}
		if n := after.Requests - before.Requests; n > 3 {
			t.Errorf("round %d took %d requests", round, n)
		}
		if n := after.Bytes - before.Bytes; n > 40_000 {
			t.Errorf("round %d sent %d bytes", round, n)
		}
		k.check("Invoices!A1:F3001", schema, rows)
	}
}

// TestKnownByEdition: where Drive's time of the last change is of no use, the edition before a run that found the rows
// right is enough, until somebody touches the file.
func TestKnownByEdition(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	k := newKnower(t, export.Replace, &now)
	rows := invoices(50)
	k.put(rows, true)
	k.wait(10 * time.Minute)
	edition := k.client.Edition(k.ctx, k.exporter.Target, &export.Meter{})
	k.put(rows, true)
	late := regexp.MustCompile(`"since":"[^"]*"`)
	change := func(total string) error {
		rows = slices.Clone(rows)
		rows[7] = invoice(8, "changed", total)
		w := k.known(rows)
		w.Known.State = late.ReplaceAll(w.Known.State, []byte(`"since":"2026-03-02T11:00:00Z"`))
		w.Known.Edition = edition
		_, _, err := export.Put(k.ctx, k.client, w)
		return err
	}
	must(t, change("1.00"))
	k.check("Invoices!A1:F51", schema, rows)
	k.wait(10 * time.Minute)
	if err := change("2.00"); !errors.Is(err, export.ErrDoubt) {
		t.Errorf("a file that was touched since gives %v", err)
	}
}

// TestKnownLooksAgain: where a look is old when the write is ready, as on a busy machine, another one decides.
func TestKnownLooksAgain(t *testing.T) {
	t.Parallel()
	for _, meddles := range []bool{false, true} {
		now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
		k := newKnower(t, export.Replace, &now)
		rows := invoices(50)
		k.put(rows, true)
		k.wait(10 * time.Minute)
		rows = slices.Clone(rows)
		rows[7] = invoice(8, "changed", "1.00")
		w := k.known(rows)
		w.Planned = func(export.Planned) error {
			k.wait(5 * time.Second)
			if meddles {
				must(t, k.doc().SetCell("Invoices!D9", "mine"))
			}
			return nil
		}
		_, _, err := export.Put(k.ctx, k.client, w)
		if meddles != errors.Is(err, export.ErrDoubt) || !meddles && err != nil {
			t.Errorf("a person meddles: %t, and the write ends with %v", meddles, err)
		}
		if !meddles {
			k.check("Invoices!A1:F51", schema, rows)
		}
	}
}

// TestKnownIsFull plays any history twice, once by what is known and once in full: the same rows must stand, and the
// same must be told of what was changed. A person's edits, sorts and lines come at any time; where they come so late
// that Drive cannot know, all that is asked is that no row is written over another, and that the next full write puts
// all right.
func TestKnownIsFull(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) { playKnown(t, rt) })
}

func playKnown(t *testing.T, rt *rapid.T) {
	mode := rapid.SampledFrom([]export.Mode{export.Replace, export.Upsert}).Draw(rt, "mode")
	now := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	fast, full := newKnower(t, mode, &now), newKnower(t, mode, &now)
	both := func(act func(*knower)) { act(fast); act(full) }
	n := rapid.IntRange(3, 30).Draw(rt, "rows")
	rows := invoices(n)
	both(func(k *knower) { k.put(rows, true) })

	for range rapid.IntRange(1, 6).Draw(rt, "steps") {
		fast.wait(10 * time.Minute)
		rows = slices.Clone(rows)
		for range rapid.IntRange(0, 3).Draw(rt, "changes") {
			switch at := rapid.IntRange(0, len(rows)-1).Draw(rt, "at"); rapid.IntRange(0, 3).Draw(rt, "what") {
			case 0:
				n++
				rows = append(rows, invoice(n, "new", "1.10"))
			case 1:
				if len(rows) > 3 {
					rows = slices.Delete(rows, at, at+1)
				}
			default:
				id := rows[at].Cells[0].String()
				rows[at] = invoice(at, "changed", fmt.Sprintf("%d.25", rapid.IntRange(0, 9).Draw(rt, "amount")))
				rows[at].Cells[0] = table.TextOf(id)
			}
		}
		person := rapid.SampledFrom([]int{9, 9, 9, 9, 0, 1, 2, 3}).Draw(rt, "person")
		row := rapid.IntRange(2, 4).Draw(rt, "row")
		both(func(k *knower) {
			switch person {
			case 0:
				must(t, k.doc().SetCell(fmt.Sprintf("Invoices!D%d", row), "mine"))
			case 1:
				must(t, k.doc().SetCell(fmt.Sprintf("Invoices!H%d", row), "beside"))
			case 2:
				must(t, k.doc().InsertRows("Invoices", row, 1))
			case 3:
				must(t, k.doc().MoveRows("Invoices", row, 1, 2))
			}
		})
		late := person != 1 && person <= 3 && rapid.Bool().Draw(rt, "late")
		if person <= 3 && !late {
			fast.wait(2 * time.Minute)
		}
		a, isFast := fast.put(rows, false)
		b, _ := full.put(rows, true)
		if late && isFast {
			fast.wait(10 * time.Minute)
			fast.put(rows, true)
			full.put(rows, true)
		} else if diff := cmp.Diff(b.Set, a.Set); diff != "" || a.Unchanged != b.Unchanged {
			rt.Fatalf("fast %t: what was changed (-full +fast):\n%s", isFast, diff)
		}
		if !slices.Equal(fast.last.Trace, full.last.Trace) {
			rt.Fatal("the traces differ")
		}
		if diff := cmp.Diff(full.doc().Values("Invoices!A1:H60"), fast.doc().Values("Invoices!A1:H60")); diff != "" {
			rt.Fatalf("fast %t: the cells (-full +fast):\n%s", isFast, diff)
		}
	}
}
