package source_test

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
)

// TestBothWaysTellTheSame draws changes and runs. Change data capture and comparing everything must report the same,
// runs whose state is lost must change nothing, and the log must add up to the existing records.
func TestBothWaysTellTheSame(t *testing.T) {
	t.Parallel()
	w := watch(t)
	baseline := w.records()
	number := 0
	rapid.Check(t, func(rt *rapid.T) {
		for range rapid.IntRange(0, 5).Draw(rt, "changes") {
			w.wait(time.Duration(rapid.IntRange(0, 3000).Draw(rt, "seconds")) * time.Second)
			id := rapid.SampledFrom(w.books.IDs("Invoice")).Draw(rt, "invoice")
			number++
			var err error
			switch rapid.IntRange(0, 6).Draw(rt, "kind of change") {
			case 0:
				_, err = w.books.AddInvoice(intuitsim.Sale{
					DocNumber: strconv.Itoa(number), Date: "2026-03-02", Amount: "12.30",
				})
			case 1:
				if len(w.books.IDs("Invoice")) > 3 {
					err = w.books.Delete("Invoice", id)
				}
			case 2:
				err = w.books.Void("Invoice", id)
			case 3:
				_, _ = w.books.Pay("Invoice", id, "") // refused if it is paid or void
			case 4:
				err = w.books.Change("Invoice", id, intuitsim.Change{Note: "Note " + strconv.Itoa(number)})
			case 5:
				active := rapid.Bool().Draw(rt, "active")
				err = w.books.Change("Customer", w.books.IDs("Customer")[0], intuitsim.Change{Active: &active})
			case 6:
				renamed := intuitsim.Change{Name: "Name " + strconv.Itoa(number)}
				err = w.books.Change("Customer", w.books.IDs("Customer")[1], renamed)
			}
			if err != nil {
				rt.Fatal(err)
			}
		}
		w.wait(time.Second) // stamps have whole seconds
		if rapid.Bool().Draw(rt, "a run whose state is lost") {
			w.read()
		}
		byCapture := w.read()
		whole := *w
		whole.company.ConnectedAt = time.Unix(w.clock.Load(), 0).Add(time.Hour)
		byComparing := whole.read()
		if len(byCapture.warnings()) != 0 || len(byComparing.warnings()) != 1 {
			rt.Fatalf("warnings %q and %q", byCapture.warnings(), byComparing.warnings())
		}
		// Records that came and went between two runs show only in change data capture.
		fleeting := func(line string) bool { return strings.Contains(line, "|||Deleted|") }
		first := slices.DeleteFunc(byCapture.lines(), fleeting)
		second := slices.DeleteFunc(byComparing.lines(), fleeting)
		slices.Sort(first)
		slices.Sort(second)
		if diff := cmp.Diff(second, first); diff != "" {
			rt.Fatalf("comparing tells - and change data capture +:\n%s", diff)
		}
		w.keep(byCapture)
		alive := maps.Clone(baseline)
		kinds := byCapture.column(t, export.ChangeKind)
		objects, ids := byCapture.column(t, export.ChangeRecord), byCapture.column(t, export.ChangeID)
		for _, kind := range []string{"Added", "Deleted"} {
			for i := range kinds {
				switch what := objects[i] + " " + ids[i]; {
				case kinds[i] != kind:
				case kind == "Deleted":
					delete(alive, what)
				case alive[what]:
					rt.Fatalf("%s is added twice", what)
				default:
					alive[what] = true
				}
			}
		}
		if diff := cmp.Diff(w.records(), alive); diff != "" {
			rt.Fatalf("the books have - and by the log there are +:\n%s", diff)
		}
	})
}

// records returns the records that the log watches.
func (w *watched) records() map[string]bool {
	all := map[string]bool{}
	for _, object := range []string{"Invoice", "Payment", "Customer"} {
		for _, id := range w.books.IDs(object) {
			all[object+" "+id] = true
		}
	}
	return all
}
