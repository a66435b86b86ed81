package google_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

const allowed = 10_000_000

// count returns the cells of all tabs.
func (b *bench) count() int {
	n := 0
	for _, t := range b.doc().Tabs() {
		n += t.Rows * t.Columns
	}
	return n
}

// leave fills the spreadsheet with empty cells until so many are left, or up to 25 more.
func (b *bench) leave(left int) {
	b.t.Helper()
	must(b.t, b.doc().AddTab("big"))
	tab, _ := b.doc().Tab("big")
	rows := tab.Rows + (allowed-b.count()-left)/tab.Columns
	must(b.t, b.doc().Batch(growRequest(tab.ID, int64(rows))))
}

// separated returns a number as messages show it.
func separated(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// others returns so many rows with other values than invoices has.
func others(n int) []table.Row {
	rows := make([]table.Row, n)
	for i := range rows {
		rows[i] = invoice(i+1, "Another customer", "1.00")
	}
	return rows
}

// TestTooManyCells refuses each kind of write that Google would refuse, and says the arithmetic. It changes nothing.
func TestTooManyCells(t *testing.T) {
	t.Parallel()
	const rows = 1000 // staged
	const staging = rows * 6
	copied := (rows + 1) * 6
	for name, test := range map[string]struct {
		mode  export.OnHandEdit
		fill  func(k *keeper)
		write []table.Row
		needs []int // apart from what is there
	}{
		"growth": {fill: func(k *keeper) {
			k.exporter.Target.Spreadsheet = k.sim.CreateSpreadsheet(owner, "Big", "Data")
			k.leave(30)
		}, write: invoices(9), needs: []int{10 * 6}},
		"staging": {fill: func(k *keeper) {
			k.mustWrite("run_1", schema, invoices(rows))
			k.leave(staging - 26)
		}, write: others(rows), needs: []int{staging}},
		"copy": {mode: export.KeepCopyOfHandEdits, fill: func(k *keeper) {
			k.mustWrite("run_1", schema, invoices(rows))
			must(k.t, k.doc().SetCell("Invoices!D5", "mine"))
			k.leave(copied - 26)
		}, write: invoices(rows), needs: []int{copied}},
		"copy and staging": {mode: export.KeepCopyOfHandEdits, fill: func(k *keeper) {
			k.mustWrite("run_1", schema, invoices(rows))
			must(k.t, k.doc().SetCell("Invoices!D5", "mine"))
			k.leave(copied + staging - 26)
		}, write: others(rows), needs: []int{copied, staging}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKeeper(t, staged)
			k.mode = test.mode
			test.fill(k)
			there, was := k.count(), k.doc().Values("Invoices!A1:F1002")
			_, err := k.write("run_2", schema, test.write)
			p := problem.From(err)
			if err == nil || p.Code != problem.SpreadsheetFull {
				t.Fatalf("got %v", err)
			}
			full := there
			for _, n := range append(test.needs, there) {
				if !strings.Contains(p.Message, separated(n)+" ") {
					t.Errorf("%q does not name %s", p.Message, separated(n))
				}
			}
			for _, n := range test.needs {
				full += n
			}
			if want := separated(full) + " together, and Google allows 10,000,000"; !strings.Contains(p.Message, want) {
				t.Errorf("%q does not say %q", p.Message, want)
			}
			if k.count() != there || fmt.Sprint(was) != fmt.Sprint(k.doc().Values("Invoices!A1:F1002")) {
				t.Error("the spreadsheet has changed")
			}
			must(t, k.doc().DeleteTab("big"))
			if _, err := k.write("run_2", schema, test.write); err != nil {
				t.Errorf("with room: %v", err)
			}
		})
	}
}

// TestTooManyCellsForAnySpreadsheet makes no spreadsheet for a result that fits into none.
func TestTooManyCellsForAnySpreadsheet(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, staged)
	b.exporter.Target.Start = "ZZU1" // as far right as there may be columns
	_, err := b.write(schema, invoices(600))
	p := problem.From(err)
	const want = "10,985,078 together, and Google allows 10,000,000"
	if err == nil || p.Code != problem.SpreadsheetFull || !strings.Contains(p.Message, want) {
		t.Errorf("got %v, want %q", err, want)
	}
	if files := b.sim.Files(); len(files) != 0 {
		t.Errorf("spreadsheets were made: %v", files)
	}
}

// TestCopiesGiveWayToRows writes where rows, a state and a copy of a month's end have no room together: those that need
// not be are left out.
func TestCopiesGiveWayToRows(t *testing.T) {
	t.Parallel()
	const rows = 1000
	const copied, staging = (rows + 1) * 6, rows * 6
	for name, test := range map[string]struct{ left, state, month int }{
		"room for all":      {allowed*30/100 + 2*copied + staging, 1, 1},
		"none for a state":  {allowed*30/100 + 2*copied + staging - 100, 0, 1},
		"none for a copy":   {allowed*10/100 + copied + staging - 100, 0, 0},
		"room for one copy": {allowed*10/100 + copied + staging, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				k := newMonthKeeper(t, staged)
				k.mustWrite("run_1", schema, invoices(rows))
				k.leave(test.left)
				time.Sleep(31 * 24 * time.Hour)
				res := k.mustWrite("run_2", schema, others(rows))
				k.check("Invoices!A1:F1001", schema, others(rows))
				if got := len(k.monthEnds()); got != test.month {
					t.Errorf("%d copies of a month's end, want %d", got, test.month)
				}
				if k.undoable != (test.state == 1) {
					t.Errorf("undoable: %v", k.undoable)
				}
				said := strings.Join(export.WarningTexts(res.Warnings), "\n")
				if test.month == 0 && !strings.Contains(said, "6,000 more are needed for the hidden tab") {
					t.Errorf("warnings %q", said)
				}
			})
		})
	}
}

// A first write that goes on to commit makes no request before, and leaves what one leaves that was looked at first.
func TestFirstWriteForeseesWhatIsAskedFor(t *testing.T) {
	t.Parallel()
	zoned := table.Schema{Columns: append(slices.Clone(schema.Columns[:1:1]),
		table.Column{ID: "At", Title: "At", Kind: table.DateTime})}
	rows := []table.Row{{Cells: []table.Cell{
		table.TextOf("1"), table.DateTimeOf(time.Date(2026, 3, 1, 20, 30, 0, 0, time.UTC)),
	}}}
	var left []string
	for _, final := range []bool{false, true} {
		b := newBench(t, googlesim.Options{}, staged)
		r := b.request(zoned, rows)
		r.Zone, r.Final = time.FixedZone("far", 11*3600), final // not the one of the spreadsheet
		w, err := b.client.Prepare(b.ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(b.sim.Requests()); n != 0 || (w.Change() == nil) != final {
			t.Errorf("final %t: %d requests, change %+v", final, n, w.Change())
		}
		res, err := w.Commit(b.ctx)
		if err != nil || w.Close() != nil {
			t.Fatal(err)
		}
		b.exporter.Target = res.Target
		left = append(left, fmt.Sprint(b.doc().Values("Invoices!A1:B9"), *w.Change()))
	}
	if left[0] != left[1] {
		t.Errorf("left %s and %s", left[0], left[1])
	}
}
