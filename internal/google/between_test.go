package google_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// grown returns n invoices of which one is changed, one is new in the middle and one is gone.
func grown(n int) []table.Row {
	rows := invoices(n)
	rows[2] = invoice(3, "Changed", "5000.25")
	rows = slices.Insert(rows, 5, invoice(1000, "New", "10.00"))
	return slices.Delete(rows, 8, 9)
}

// TestPeopleBetweenLookAndCommit lets a person act after a run has looked at the sheet and before its commit arrives.
func TestPeopleBetweenLookAndCommit(t *testing.T) {
	t.Parallel()
	acts := map[string]func(b *bench) error{
		"a row above":       func(b *bench) error { return b.doc().InsertRows("Invoices", 1, 1) },
		"a row inside":      func(b *bench) error { return b.doc().InsertRows("Invoices", 10, 1) },
		"a row deleted":     func(b *bench) error { return b.doc().DeleteRows("Invoices", 15, 1) },
		"the last deleted":  func(b *bench) error { return b.doc().DeleteRows("Invoices", 31, 1) },
		"a column in front": func(b *bench) error { return b.doc().InsertColumns("Invoices", 1, 1) },
		"a column inside":   func(b *bench) error { return b.doc().InsertColumns("Invoices", 4, 1) },
		"a column moved":    func(b *bench) error { return b.doc().MoveColumns("Invoices", 2, 1, 6) },
		"typed below":       func(b *bench) error { return b.doc().SetCell("Invoices!B32", "=SUM(E2:E31)") },
		"typed far below":   func(b *bench) error { return b.doc().SetCell("Invoices!B40", "mine") },
		"typed inside":      func(b *bench) error { return b.doc().SetCell("Invoices!B20", "edited") },
		"renamed":           func(b *bench) error { return b.doc().RenameTab("Invoices", "Mine") },
	}
	for name, act := range acts {
		for size, maxBody := range map[string]int{"small": 0, "staged": 1} {
			t.Run(name+", "+size, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t, googlesim.Options{}, maxBody)
					b.mustWrite(schema, invoices(30))
					b.grow(20, 4)
					must(t, b.doc().SetCell("Invoices!H33", "note to self"))
					fresh := grown(30)
					acted := false
					commit := &meddler{next: b.http.Transport, part: ":batchUpdate"}
					commit.meddle = func() {
						if maxBody == 1 && len(b.doc().Tabs()) < 2 {
							commit.done = false // it makes the staging tab
							return
						}
						acted = true
						must(t, act(b))
					}
					b.http.Transport = commit
					b.mustWrite(schema, fresh)
					if !acted {
						t.Fatal("nobody came in between")
					}
					p := person{b: &modal{bench: b}}
					got := rowsUnder(b, p.tabTitle())
					if diff := cmp.Diff(titled(schema, fresh), got); diff != "" {
						t.Errorf("the rows are wrong (-want +got):\n%s", diff)
					}
					texts := map[string]int{}
					for _, row := range b.doc().Formulas(quoted(p.tabTitle()) + "!A1:M60") {
						for _, v := range row {
							texts[fmt.Sprint(v)]++
						}
					}
					if texts["note to self"] != 1 {
						t.Error("a person's note is gone")
					}
					if name == "typed far below" && texts["mine"] != 1 {
						t.Error("what was typed meanwhile is gone")
					}
					if tabs := b.tabs(); len(tabs) != 1 {
						t.Errorf("tabs were left: %+v", tabs)
					}
				})
			})
		}
	}
}

func (p *person) tabTitle() string { return p.b.doc().Tabs()[0].Title }

// rowsUnder returns the exported rows as they are shown under their titles.
func rowsUnder(b *bench, tab string) [][]string {
	var at []string
	for name, n := range b.doc().NamedRanges() {
		if strings.HasPrefix(name, "ledgersheet_") && !strings.HasSuffix(name, "_title") {
			at = append(at, n)
		}
	}
	cells := b.doc().Values(at[0])
	var rows [][]string
	for _, row := range cells {
		var texts []string
		for _, c := range schema.Columns {
			text := ""
			if i := slices.Index(cells[0], any(c.Title)); i >= 0 && i < len(row) {
				text = fmt.Sprint(row[i])
			}
			texts = append(texts, text)
		}
		rows = append(rows, texts)
	}
	return rows
}

func titled(s table.Schema, rows []table.Row) [][]string {
	var head []string
	for _, c := range s.Columns {
		head = append(head, c.Title)
	}
	out := [][]string{head}
	for _, r := range rows {
		var texts []string
		for _, c := range r.Cells {
			texts = append(texts, fmt.Sprint(sheetValue(c)))
		}
		out = append(out, texts)
	}
	return out
}

// TestLateCommits answers a commit with an error and carries it out later: it must neither double rows nor land over
// newer ones, and the exporter must not stand in its own way afterwards.
func TestLateCommits(t *testing.T) {
	t.Parallel()
	again := grown(30)
	again[4] = invoice(5, "Changed since", "7.25")
	newer := map[string][]table.Row{"longer": invoices(33), "as long": again}
	for size, maxBody := range map[string]int{"small": 0, "staged": 1} {
		for _, first := range []bool{true, false} {
			for _, status := range []int{http.StatusServiceUnavailable, http.StatusGatewayTimeout, 0} {
				for length, newest := range newer {
					t.Run(fmt.Sprint(size, " first ", first, " ", status, " ", length), func(t *testing.T) {
						t.Parallel()
						synctest.Test(t, func(t *testing.T) { writeLate(t, maxBody, first, status, newest) })
					})
				}
			}
		}
	}
}

// writeLate carries out the first commit of one run after the next run has written the newest rows.
func writeLate(t *testing.T, maxBody int, first bool, status int, newest []table.Row) {
	b := newBench(t, googlesim.Options{}, maxBody)
	// As with a large range, no state is kept and the marks may stay where they are, so that the guard stands alone.
	b.open(maxBody, 1)
	id := b.sim.CreateSpreadsheet(owner, "Book", "Other")
	b.exporter.Target.Spreadsheet = id
	if !first {
		b.mustWrite(schema, invoices(30))
	}
	skip := 0
	if maxBody == 1 {
		skip = 1
	}
	b.sim.Fail(googlesim.Fault{
		Kind: "batchUpdate", Skip: skip, Status: status, DropBefore: status == 0, Late: 3 * time.Minute,
	})
	_, _ = b.write(schema, grown(30)) // it may have given up
	b.sim.ClearFaults()
	b.mustWrite(schema, newest)
	if b.sim.Pending() == 0 {
		t.Fatal("nothing comes late")
	}
	b.sim.ApplyLate()
	b.check("Invoices!A1:F99", schema, newest)
	b.mustWrite(schema, invoices(20))
	b.check("Invoices!A1:F99", schema, invoices(20))
	if tabs := b.tabs(); len(tabs) != 2 {
		t.Errorf("tabs were left: %+v", tabs)
	}
}

// TestAFirstWriteLooksAgain: where nothing of the exporter's stands yet, no mark tells that people have moved cells. So
// a first write that took long looks again before its commit, and leaves the person's cell alone.
func TestAFirstWriteLooksAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, googlesim.Options{}, 1)
		b.exporter.Target.Spreadsheet = b.sim.CreateSpreadsheet(owner, "Book", "Invoices")
		b.exporter.Target.Start = "A3"
		must(t, b.doc().SetCell("Invoices!A2", "mine"))
		b.sim.Fail(googlesim.Fault{Kind: "values.update", Skip: 1, Delay: time.Minute, Before: func() {
			must(t, b.doc().InsertRows("Invoices", 1, 1))
		}})
		_, err := b.write(schema, invoices(20))
		if !problem.HasCode(err, problem.SheetConflict) {
			t.Errorf("over a person's cell: %v", err)
		}
		b.holds("Invoices!A3", "mine")
	})
}
