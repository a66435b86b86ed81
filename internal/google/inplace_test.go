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

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// crowded is an exporter whose rows have no room twice.
type crowded struct {
	*keeper
	inPlace bool
	mode    export.Mode
}

// newCrowded writes rows and then fills the spreadsheet with another tab's cells, but for some that are free.
func newCrowded(t *testing.T, mode export.Mode, rows []table.Row, free int) *crowded {
	t.Helper()
	c := &crowded{keeper: newKeeper(t, 1_000), mode: mode}
	c.open(1_000, 1)
	c.exporter.Target.Spreadsheet = c.sim.CreateSpreadsheet(owner, "Book", "Big")
	must(t, c.put("run_1", rows))
	big := c.doc().Tabs()[0]
	left := 10_000_000
	for _, tab := range c.doc().Tabs() {
		left -= tab.Rows * tab.Columns
	}
	must(t, c.doc().Batch(growRequest(big.ID, int64(big.Rows+(left-free)/big.Columns))))
	return c
}

func (c *crowded) put(run export.ID, rows []table.Row) error {
	w := c.keeper.request(run)
	w.InPlace, w.Mode, w.Rows = c.inPlace, c.mode, table.NewSpool(schema)
	for _, r := range rows {
		must(c.t, w.Rows.Add(r))
	}
	_, err := c.keeper.put(w)
	return err
}

// note returns the note at the first title.
func (c *crowded) note() string { return c.doc().Cell("Invoices!A1").Note }

// changed returns n invoices that all differ from those of invoices.
func changed(n int) []table.Row {
	rows := make([]table.Row, n)
	for i := range rows {
		rows[i] = invoice(i+1, fmt.Sprintf("Changed %d", i), "7.25")
	}
	return rows
}

// TestInPlaceOnlyIfAllowed: without its owner's word, an exporter never leaves a half-written range.
func TestInPlaceOnlyIfAllowed(t *testing.T) {
	t.Parallel()
	c := newCrowded(t, export.Replace, invoices(150), 600)
	err := c.put("run_2", changed(150))
	if p := problem.From(err); p.Code != problem.SpreadsheetFull || !strings.Contains(p.Hint, "in place") {
		t.Fatalf("got %v", err)
	}
	c.check("Invoices!A1:F300", schema, invoices(150))
	c.inPlace = true
	must(t, c.put("run_3", changed(160)))
	c.check("Invoices!A1:F300", schema, changed(160))
	if strings.Contains(c.note(), "side by side") || !strings.Contains(c.note(), "run_3") {
		t.Errorf("note %q", c.note())
	}
	was := c.picture()
	must(t, c.put("run_4", changed(160)))
	if diff := cmp.Diff(was, c.picture()); diff != "" {
		t.Errorf("the next run wrote the same rows:\n%s", diff)
	}
}

// TestBlanksInPlace blanks cells that hold something.
func TestBlanksInPlace(t *testing.T) {
	t.Parallel()
	c := newCrowded(t, export.Replace, invoices(150), 600)
	c.inPlace = true
	rows := changed(150)
	for i := range rows {
		rows[i].Cells[3] = table.Cell{}
	}
	must(t, c.put("run_2", rows))
	c.check("Invoices!A1:F300", schema, rows)
}

// TestInPlaceDies kills a run at each of its requests, in each mode: until the next run the sheet says that it is
// unfinished, and afterwards each row stands once.
func TestInPlaceDies(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	for _, mode := range []export.Mode{export.Replace, export.Append, export.Upsert} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				before := invoices(150)
				wanted := slices.Concat(changed(145)[:100], changed(300)[150:295])
				want := after(mode, before, wanted)
				unfinished := 0
				for n, hit := 0, true; hit; n++ {
					c := newCrowded(t, mode, before, 1_400)
					c.inPlace = true
					hit = false
					c.sim.Fail(googlesim.Fault{
						Skip: n, Times: -1, Status: http.StatusForbidden, Before: func() { hit = true },
						Message: "The caller does not have permission",
					})
					err := c.put("run_2", wanted)
					c.sim.ClearFaults()
					if got := shown(c.doc()); !cmp.Equal(got, titled(schema, before)) &&
						!cmp.Equal(got, titled(schema, want)) {
						unfinished++
						if err == nil || !strings.Contains(c.note(), "side by side") {
							t.Errorf("request %d: a mixture without a mark (%v): %q", n, err, c.note())
						}
						c.inPlace = false
						now := shown(c.doc())
						err := c.put("run_3", wanted) // what is left may have room twice
						if got := shown(c.doc()); err == nil && !cmp.Equal(got, titled(schema, want)) ||
							err != nil && !cmp.Equal(got, now) {
							t.Errorf("request %d: without the owner's word (%v): %v", n, err, got)
						}
						if err != nil && !strings.Contains(problem.From(err).Message, "has not finished") {
							t.Errorf("request %d: %v", n, err)
						}
						c.inPlace = true
					}
					time.Sleep(time.Minute)
					must(t, c.put("run_4", wanted))
					if diff := cmp.Diff(titled(schema, want), shown(c.doc())); diff != "" {
						t.Fatalf("request %d, after the next run (-want +got):\n%s", n, diff)
					}
					if strings.Contains(c.note(), "side by side") {
						t.Errorf("request %d: it still says that it is unfinished", n)
					}
				}
				if unfinished < 2 {
					t.Errorf("only %d runs left a mixture", unfinished)
				}
			})
		})
	}
}

// TestEveryFaultInPlace makes each write fail in each way: the run or the next one puts everything right.
func TestEveryFaultInPlace(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	for _, kind := range []string{"batchUpdate", "values.batchUpdate"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				writes := 0
				for n, hit := 0, true; hit; n++ {
					for _, s := range spoils() {
						c := newCrowded(t, export.Upsert, invoices(120), 600)
						c.inPlace = true
						fault := s.fault
						hit = false
						fault.Kind, fault.Skip, fault.Before = kind, n, func() { hit = true }
						c.sim.Fail(fault)
						_ = c.put("run_2", changed(130))
						c.sim.ClearFaults()
						must(t, c.put("run_3", changed(130)))
						c.sim.ApplyLate()
						c.check("Invoices!A1:F300", schema, changed(130))
						if hit {
							writes++
						}
					}
					if n > 3 {
						break // the others are the same
					}
				}
				if writes < 8 {
					t.Errorf("%d writes failed", writes)
				}
			})
		})
	}
}

// TestPeopleActWhileRowsAreWrittenInPlace lets a person put a row in above while rows are under way.
func TestPeopleActWhileRowsAreWrittenInPlace(t *testing.T) {
	t.Parallel()
	for name, act := range map[string]func(c *crowded) error{
		"a row above":         func(c *crowded) error { return c.doc().InsertRows("Invoices", 1, 1) },
		"a column in front":   func(c *crowded) error { return c.doc().InsertColumns("Invoices", 1, 1) },
		"renamed":             func(c *crowded) error { return c.doc().RenameTab("Invoices", "Mine") },
		"a cell of the range": func(c *crowded) error { return c.doc().SetCell("Invoices!D3", "mine") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c := newCrowded(t, export.Replace, invoices(150), 600)
				c.inPlace = true
				tries := 0
				m := &meddler{next: c.http.Transport, part: "values:batchUpdate"}
				m.meddle = func() {
					if tries++; tries < 3 {
						m.done = false
						return
					}
					must(t, act(c))
				}
				c.http.Transport = m
				must(t, c.put("run_2", changed(150)))
				if !m.done {
					t.Fatal("nobody came in between")
				}
				if diff := cmp.Diff(titled(schema, changed(150)), shown(c.doc())); diff != "" {
					t.Errorf("the rows are wrong (-want +got):\n%s", diff)
				}
			})
		})
	}
}
