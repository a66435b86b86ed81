package google_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/table"
)

// keepingWrite is a write that also keeps what stood, or puts it back.
type keepingWrite struct {
	name      string
	keptCells int
	before    func(k *keeper)
	write     func(k *keeper) error
	want      []table.Row // which stand afterwards
	// kept returns the tabs that keep what stood before; nil if there are none.
	kept func(doc *googlesim.Spreadsheet) []string
}

func keepingWrites() []keepingWrite {
	writes := func(rows []table.Row) func(k *keeper) error {
		return func(k *keeper) error {
			_, err := k.write("run_3", schema, rows)
			return err
		}
	}
	edited := func(k *keeper) {
		k.mode = export.KeepCopyOfHandEdits
		k.mustWrite("run_1", schema, invoices(12))
		must(k.t, k.doc().SetCell("Invoices!D5", "mine"))
	}
	ended := func(k *keeper) {
		k.months = true
		k.mustWrite("run_1", schema, invoices(12))
		time.Sleep(31 * 24 * time.Hour)
	}
	var set change.Set // of the run that is undone
	changed := func(k *keeper) {
		k.mustWrite("run_1", schema, invoices(12))
		rows := grown(12)
		rows[3] = invoice(4, "Changed", "7.70")
		set = k.mustWrite("run_2", schema, rows).Set
	}
	reverse := func(k *keeper) error {
		w := k.request("run_3")
		w.Undo, w.Reverse = "run_2", &set
		_, err := k.put(w)
		return err
	}
	return []keepingWrite{
		{"copy of edits", 0, edited, writes(grown(12)), grown(12), copiesIn},
		{"month end", 0, ended, writes(grown(12)), grown(12), monthEndsIn},
		{"month end of the same rows", 0, ended, writes(invoices(12)), invoices(12), monthEndsIn},
		{"undo", 0, changed, reverse, invoices(12), nil},
		{"undo by the difference", 1, changed, reverse, invoices(12), nil},
	}
}

// TestEveryKeepingWriteEveryFault is TestEveryWriteEveryFault for writes that keep or put back what stood.
func TestEveryKeepingWriteEveryFault(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	for size, maxBody := range map[string]int{"small": 0, "staged": inPieces} {
		for i := range keepingWrites() {
			t.Run(fmt.Sprint(size, ", ", keepingWrites()[i].name), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					requests := spoilEach(func(fault googlesim.Fault, where string) bool {
						return playKeeping(t, maxBody, keepingWrites()[i], fault, where)
					})
					if requests == 0 {
						t.Error("nothing was written")
					}
				})
			})
		}
	}
}

// playKeeping plays one cell of the matrix. It reports whether there was such a request.
func playKeeping(t *testing.T, maxBody int, w keepingWrite, fault googlesim.Fault, where string) bool {
	t.Helper()
	k := newKeeper(t, maxBody)
	k.open(maxBody, w.keptCells)
	w.before(k)
	old, fresh := shown(k.doc()), titled(schema, w.want)
	tabs := len(k.tabs())
	check := func(what string, doc *googlesim.Spreadsheet) {
		got := shown(doc)
		if !cmp.Equal(got, old) && !cmp.Equal(got, fresh) {
			t.Errorf("%s, %s: readers see %v", where, what, got)
		}
		if w.kept == nil {
			return
		}
		kept := w.kept(doc)
		if len(kept) > 1 || len(kept) == 0 && !cmp.Equal(got, old) {
			t.Errorf("%s, %s: kept %q", where, what, kept)
		}
		for _, title := range kept {
			var rows [][]string
			for _, cells := range doc.Values(quoted(title) + "!A1:F13") {
				var row []string
				for _, c := range cells {
					row = append(row, fmt.Sprint(c))
				}
				rows = append(rows, row)
			}
			if diff := cmp.Diff(old, rows); diff != "" {
				t.Errorf("%s, %s: the copy differs (-want +got):\n%s", where, what, diff)
			}
		}
	}
	k.sim.Watch(func(a googlesim.Applied) { check(fmt.Sprint(a.Kind, " late ", a.Late), a.Book) })
	hit := false
	fault.Before = func() { hit = true }
	k.sim.Fail(fault)
	err := w.write(k)
	k.sim.ClearFaults()
	if got := shown(k.doc()); err == nil && !cmp.Equal(got, fresh) {
		t.Errorf("%s: it succeeded, but readers see %v", where, got)
	}
	must(t, w.write(k)) // as the queue does
	k.sim.ApplyLate()
	must(t, w.write(k)) // a staging tab that came late goes with the next run
	if diff := cmp.Diff(fresh, shown(k.doc())); diff != "" {
		t.Errorf("%s: in the end (-want +got):\n%s", where, diff)
	}
	check("in the end", k.doc())
	if w.kept != nil {
		tabs++
		if len(w.kept(k.doc())) != 1 {
			t.Errorf("%s: nothing was kept", where)
		}
	}
	if got := k.tabs(); len(got) != tabs {
		t.Errorf("%s: tabs were left: %+v", where, got)
	}
	return hit
}
