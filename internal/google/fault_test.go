package google_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"ledgersheet/internal/google/googlesim"
)

// TestFaults loses, cuts and refuses every request of a run in turn: the sheet has the old rows or the new ones, and a
// further run gives the new ones, once.
func TestFaults(t *testing.T) {
	t.Parallel()
	const n = 400
	for size, maxBody := range map[string]int{"small": 0, "staged": staged} {
		for _, kind := range []string{"lost", "cut", "dropped", "503", "429", "html"} {
			t.Run(size+" "+kind, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					for skip := range 12 {
						b := newBench(t, googlesim.Options{}, maxBody)
						old := invoices(n)
						b.mustWrite(schema, old)
						fresh := invoices(n + 5)
						fresh[1] = invoice(2, "Changed", "77.70")
						f := googlesim.Fault{Skip: skip}
						switch kind {
						case "lost":
							f.DropAfterApply = true
						case "dropped":
							f.DropBefore = true
						case "cut":
							f.CutBody = true
						case "503":
							f.Status = 503
						case "429":
							f.Status, f.RetryAfter = 429, "1"
						case "html":
							f.Status, f.HTML = 502, true
						}
						b.sim.Fail(f)
						_, err := b.write(schema, fresh)
						if err != nil {
							t.Fatalf("request %d: %v", skip, err)
						}
						b.check(fmt.Sprintf("Invoices!A1:F%d", n+10), schema, fresh)
						if tabs := b.tabs(); len(tabs) != 1 {
							t.Fatalf("request %d: tabs were left: %+v", skip, tabs)
						}
					}
				})
			})
		}
	}
}

// TestCrash stops a run at each of its requests, as a killed process would; the next run repairs everything.
func TestCrash(t *testing.T) {
	t.Parallel()
	for stop := range 14 {
		t.Run(fmt.Sprint(stop), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, staged)
			old, fresh := invoices(400), invoices(450)
			b.mustWrite(schema, old)
			b.sim.Fail(googlesim.Fault{
				Times: -1, Skip: stop, Status: 403, Message: "The caller does not have permission",
			})
			_, err := b.write(schema, fresh)
			b.sim.ClearFaults()
			if err == nil {
				b.check("Invoices!A1:F999", schema, fresh)
				return
			}
			if doc := b.doc(); len(doc.Values("Invoices!A1:A999")) != 401 {
				t.Fatalf("the sheet has %d rows", len(doc.Values("Invoices!A1:A999")))
			}
			b.mustWrite(schema, fresh)
			b.check("Invoices!A1:F999", schema, fresh)
			if tabs := b.tabs(); len(tabs) != 1 {
				t.Errorf("tabs were left: %+v", tabs)
			}
		})
	}
}

func TestALostAnswerMakesOneSpreadsheet(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.sim.Fail(googlesim.Fault{Kind: "drive.create", DropAfterApply: true})
	if _, err := b.write(schema, invoices(3)); err == nil {
		t.Fatal("a lost answer was no error")
	}
	b.mustWrite(schema, invoices(3))
	if files := b.sim.Files(); len(files) != 1 {
		t.Errorf("%d spreadsheets were made", len(files))
	}
}
