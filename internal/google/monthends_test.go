package google_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

func orUTC(zone *time.Location) *time.Location {
	if zone == nil {
		return time.UTC
	}
	return zone
}

// newMonthKeeper keeps what stands at each month's end.
func newMonthKeeper(t *testing.T, maxBody int) *keeper {
	k := newKeeper(t, maxBody)
	k.months = true
	return k
}

// sleepUntil lets time pass in the bubble.
func sleepUntil(t *testing.T, at string) {
	t.Helper()
	when, err := time.Parse(time.RFC3339, at)
	must(t, err)
	time.Sleep(time.Until(when))
}

var isMonthEnd = regexp.MustCompile(` \d{4}-\d{2}( \(\d\))?$`)

// monthEnds returns the titles of the tabs that keep a month's end, in the order in which they were made.
func (k *keeper) monthEnds() []string { return monthEndsIn(k.doc()) }

func monthEndsIn(doc *googlesim.Spreadsheet) []string {
	var titles []string
	for _, t := range doc.Tabs() {
		if isMonthEnd.MatchString(t.Title) && !t.Hidden {
			titles = append(titles, t.Title)
		}
	}
	return titles
}

// pictureOf returns a tab as JSON.
func (k *keeper) pictureOf(title string) string {
	k.t.Helper()
	for _, s := range k.doc().Resource().Sheets {
		if s.Properties.Title == title {
			s.Properties.Index = 0
			text, err := json.MarshalIndent(s, "", " ")
			must(k.t, err)
			return string(text)
		}
	}
	k.t.Fatalf("there is no tab %q", title)
	return ""
}

// TestMonthEnds runs the exporter at several times in a zone. Every run makes as many requests as its dry run says, and
// no copy ever changes again.
func TestMonthEnds(t *testing.T) {
	t.Parallel()
	type step struct {
		at   string
		rows int
		made string // the copy that the run makes
	}
	for _, test := range []struct {
		name, zone string
		steps      []step
	}{
		{"rows change", "UTC", []step{
			{"2000-01-10T06:00:00Z", 20, ""}, {"2000-01-31T23:59:59Z", 22, ""},
			{"2000-02-01T00:00:01Z", 25, "Invoices 2000-01"}, {"2000-02-02T06:00:00Z", 26, ""},
			{"2000-03-01T06:00:00Z", 19, "Invoices 2000-02"},
		}},
		{"rows stay", "UTC", []step{
			{"2000-01-10T06:00:00Z", 20, ""}, {"2000-01-20T06:00:00Z", 20, ""},
			{"2000-02-01T06:00:00Z", 20, "Invoices 2000-01"}, {"2000-02-02T06:00:00Z", 20, ""},
			{"2000-03-01T06:00:00Z", 20, "Invoices 2000-02"}, {"2000-03-02T06:00:00Z", 22, ""},
			{"2000-04-02T06:00:00Z", 23, "Invoices 2000-03"},
		}},
		{"missed months", "UTC", []step{
			{"2000-01-10T06:00:00Z", 20, ""}, {"2000-05-20T06:00:00Z", 22, "Invoices 2000-01"},
			{"2000-05-21T06:00:00Z", 23, ""},
		}},
		{"a year's end", "UTC", []step{
			{"2000-12-31T06:00:00Z", 20, ""}, {"2001-01-01T06:00:00Z", 20, "Invoices 2000-12"},
			{"2001-01-31T06:00:00Z", 21, ""}, {"2001-02-01T06:00:00Z", 22, "Invoices 2001-01"},
		}},
		{"west", "America/New_York", []step{ // both in February in UTC
			{"2000-02-01T04:30:00Z", 20, ""}, {"2000-02-01T04:59:00Z", 21, ""},
			{"2000-02-01T05:30:00Z", 22, "Invoices 2000-01"},
		}},
		{"east", "Pacific/Auckland", []step{ // both in January in UTC
			{"2000-01-31T10:30:00Z", 20, ""}, {"2000-01-31T11:30:00Z", 21, "Invoices 2000-01"},
			{"2000-02-01T00:30:00Z", 22, ""},
		}},
	} {
		for size, maxBody := range map[string]int{"small": 0, "staged": 1_500} {
			t.Run(test.name+", "+size, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					k := newMonthKeeper(t, maxBody)
					var err error
					k.zone, err = time.LoadLocation(test.zone)
					must(t, err)
					kept := map[string]string{}
					was := 0
					for n, s := range test.steps {
						sleepUntil(t, s.at)
						before := [][]any(nil)
						if n > 0 {
							before = k.doc().Values("Invoices!A1:F60")
						}
						res := k.wantForeseen(export.ID(fmt.Sprint("run_", n)), invoices(s.rows), n > 0 && maxBody == 0)
						k.check("Invoices!A1:F60", schema, invoices(s.rows))
						if res.Unchanged != (s.rows == was) || len(res.Warnings) > 0 {
							t.Errorf("%s: unchanged %t, warnings %v", s.at, res.Unchanged, res.Warnings)
						}
						was = s.rows
						for title, picture := range kept {
							if diff := cmp.Diff(picture, k.pictureOf(title)); diff != "" {
								t.Fatalf("%s: the tab %q has changed:\n%s", s.at, title, diff)
							}
						}
						want := len(kept)
						if s.made != "" {
							want++
							if diff := cmp.Diff(before, k.doc().Values(quoted(s.made)+"!A1:F60")); diff != "" {
								t.Errorf("%s: the copy differs from what stood:\n%s", s.at, diff)
							}
							kept[s.made] = k.pictureOf(s.made)
						}
						if got := k.monthEnds(); len(got) != want {
							t.Fatalf("%s: copies %q, want %d", s.at, got, want)
						}
					}
				})
			})
		}
	}
}

// wantForeseen writes rows. If compare is set, it fails if that takes other requests than foreseen; how many pieces go
// to a staging tab is only estimated.
func (k *keeper) wantForeseen(run export.ID, rows []table.Row, compare bool) written {
	k.t.Helper()
	w := k.request(run)
	w.Rows = table.NewSpool(schema)
	for _, r := range rows {
		must(k.t, w.Rows.Add(r))
	}
	k.sim.ResetRequests()
	dry, err := k.client.Prepare(k.ctx, w)
	must(k.t, err)
	want := len(k.sim.Requests()) + dry.Requests()
	must(k.t, dry.Close())
	k.sim.ResetRequests()
	res, err := k.put(w)
	must(k.t, err)
	if got := len(k.sim.Requests()); compare && got != want {
		k.t.Errorf("%s made %d requests, %d were foreseen", run, got, want)
	}
	return res
}

// TestMonthEndKeepsValuesAndLooks copies formulas as what they show, colours and number formats as they are.
func TestMonthEndKeepsValuesAndLooks(t *testing.T) {
	t.Parallel()
	for _, same := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			k := newMonthKeeper(t, 0)
			k.mustWrite("run_1", schema, invoices(30))
			k.adorn()
			must(t, k.doc().SetCell("Invoices!E7", "5.05")) // as it was
			must(t, k.doc().AddTab("Rates"))
			must(t, k.doc().SetCell("Rates!A1", "3"))
			rows := invoices(30)
			if !same {
				must(t, k.doc().SetCell("Invoices!E9", "=Rates!A1*2"))
			}
			shown := k.doc().Formatted("Invoices!A1:F31")
			sleepUntil(t, "2000-02-03T00:00:00Z")
			if res := k.mustWrite("run_2", schema, rows); res.Unchanged != same {
				t.Errorf("unchanged: %t", res.Unchanged)
			}
			must(t, k.doc().SetCell("Rates!A1", "4"))
			kept := "'Invoices 2000-01'!"
			if diff := cmp.Diff(shown, k.doc().Formatted(kept+"A1:F31")); diff != "" {
				t.Errorf("same %t: the copy shows\n%s", same, diff)
			}
			for _, row := range k.doc().Formulas(kept + "A1:F31") {
				for _, v := range row {
					if text, ok := v.(string); ok && strings.HasPrefix(text, "=") {
						t.Errorf("the copy has the formula %s", text)
					}
				}
			}
			for _, cell := range []string{"A1", "B5", "C9", "E20", "E2"} {
				now, then := k.doc().Cell("Invoices!"+cell).Format, k.doc().Cell(kept+cell).Format
				if diff := cmp.Diff(now, then); diff != "" {
					t.Errorf("%s looks different:\n%s", cell, diff)
				}
			}
			tab, _ := k.doc().Tab("Invoices 2000-01")
			if note := k.doc().Cell(kept + "A1").Note; tab.Hidden || tab.FrozenRows != 1 ||
				!strings.Contains(note, "run_1") || !strings.Contains(note, "2000-01") {
				t.Errorf("the tab is %+v, its note %q", tab, note)
			}
			k.holds("Invoices!H3", "mine")
		})
	}
}

// TestMonthEndFaults breaks each request of a month's first run: the copy is there once, with the old rows, exactly
// when the run has written.
func TestMonthEndFaults(t *testing.T) {
	t.Parallel()
	for size, maxBody := range map[string]int{"small": 0, "staged": 1_500} {
		for _, kind := range []string{"lost", "dropped", "late", "killed", "killed after"} {
			for _, rows := range []int{30, 35} {
				t.Run(fmt.Sprint(size, " ", kind, " ", rows), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						for skip := range 12 {
							monthEndFault(t, kind, skip, maxBody, rows)
						}
					})
				})
			}
		}
	}
}

// monthEndFault breaks one request of a run that writes so many rows over 30.
func monthEndFault(t *testing.T, kind string, skip, maxBody, rows int) {
	t.Helper()
	const area = "!A1:F60"
	k := newMonthKeeper(t, maxBody)
	k.mustWrite("run_1", schema, invoices(30))
	sleepUntil(t, time.Now().AddDate(0, 1, 0).Format(time.RFC3339))
	was := k.doc().Values("Invoices" + area)
	k.spoil(kind, skip)
	_, err := k.write("run_2", schema, invoices(rows))
	k.sim.ClearFaults()
	made, old := k.monthEnds(), cmp.Equal(was, k.doc().Values("Invoices"+area))
	if rows != 30 && old != (len(made) == 0) {
		t.Fatalf("request %d (%v): copies %q without new rows, or new rows without", skip, err, made)
	}
	if err == nil && len(made) != 1 {
		t.Fatalf("request %d: it said that it was done, copies %q", skip, made)
	}
	k.sim.ApplyLate()
	k.mustWrite("run_2", schema, invoices(rows))
	k.mustWrite("run_3", schema, invoices(rows+1))
	k.check("Invoices"+area, schema, invoices(rows+1))
	if made = k.monthEnds(); len(made) != 1 {
		t.Fatalf("request %d: copies %q", skip, made)
	}
	if diff := cmp.Diff(was, k.doc().Values(quoted(made[0])+area)); diff != "" {
		t.Fatalf("request %d: the copy differs:\n%s", skip, diff)
	}
}

// spoil arms a fault.
func (k *keeper) spoil(kind string, skip int) {
	f := googlesim.Fault{Skip: skip}
	refused := googlesim.Fault{Skip: skip, Times: -1, Status: 403, Message: "The caller does not have permission"}
	switch kind {
	case "lost":
		f.DropAfterApply = true
	case "dropped":
		f.DropBefore = true
	case "late":
		f.Status, f.LateSteps = 503, 4
	case "killed":
		f = refused
	case "killed after":
		f.DropAfterApply = true
		refused.Skip++
		k.sim.Fail(refused)
	}
	k.sim.Fail(f)
}

// TestMonthEndBetween lets a person move the rows after an unchanged run has looked: the copy is of the rows all the
// same.
func TestMonthEndBetween(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, act := range []func(b *bench) error{
			func(b *bench) error { return b.doc().InsertRows("Invoices", 1, 2) },
			func(b *bench) error { return b.doc().InsertColumns("Invoices", 1, 1) },
			func(b *bench) error { return b.doc().DeleteRows("Invoices", 31, 1) },
		} {
			k := newMonthKeeper(t, 0)
			k.mustWrite("run_1", schema, invoices(30))
			sleepUntil(t, time.Now().AddDate(0, 1, 0).Format(time.RFC3339))
			k.sim.Fail(googlesim.Fault{Kind: "batchUpdate", Before: func() { must(t, act(k.bench)) }})
			k.mustWrite("run_2", schema, invoices(30))
			made := k.monthEnds()
			if len(made) != 1 {
				t.Fatalf("copies %q", made)
			}
			at := ""
			for _, a1 := range k.doc().NamedRanges() {
				at = a1
			}
			_, cells, _ := strings.Cut(at, "!")
			got := k.doc().Values(quoted(made[0]) + "!" + cells)
			if len(got) < 30 || fmt.Sprint(got[0][0]) != "Invoice ID" || fmt.Sprint(got[29][0]) != "29" {
				t.Errorf("the copy at %s is %v", cells, got)
			}
		}
	})
}

// TestMonthEndAndUndo: an undo copies a month's end before it writes, and leaves it alone otherwise.
func TestMonthEndAndUndo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := newMonthKeeper(t, 0)
		k.mustWrite("run_1", schema, invoices(20))
		k.mustWrite("run_2", schema, invoices(25))
		sleepUntil(t, "2000-02-01T01:00:00Z")
		k.mustUndo("run_3", "run_2")
		k.check("Invoices!A1:F60", schema, invoices(20))
		k.check("'Invoices 2000-01'!A1:F60", schema, invoices(25))
		january := k.pictureOf("Invoices 2000-01")
		sleepUntil(t, "2000-03-01T01:00:00Z")
		k.mustWrite("run_4", schema, invoices(31))
		february := k.pictureOf("Invoices 2000-02")
		k.mustUndo("run_5", "run_4")
		k.check("Invoices!A1:F60", schema, invoices(20))
		k.mustUndo("run_6", "run_5")
		k.check("Invoices!A1:F60", schema, invoices(31))
		if january != k.pictureOf("Invoices 2000-01") || february != k.pictureOf("Invoices 2000-02") ||
			len(k.monthEnds()) != 2 {
			t.Errorf("an undo touched a copy: %q", k.monthEnds())
		}
		sleepUntil(t, "2000-04-01T01:00:00Z")
		k.mustWrite("run_7", schema, invoices(31)) // unchanged: what run_6 did can still be undone
		k.mustUndo("run_8", "run_6")
		k.check("Invoices!A1:F60", schema, invoices(20))
		if len(k.monthEnds()) != 3 {
			t.Errorf("copies %q", k.monthEnds())
		}
	})
}

// TestMonthEndsNeedRoom: without room there is a warning and no copy. Rows that still stand are copied once there is.
func TestMonthEndsNeedRoom(t *testing.T) {
	t.Parallel()
	for name, fill := range map[string]func(k *keeper) (undo func()){
		"cells": func(k *keeper) func() {
			must(k.t, k.doc().AddTab("big"))
			tab, _ := k.doc().Tab("big")
			must(k.t, k.doc().Batch(growRequest(tab.ID, 9_000_000/26)))
			return func() { must(k.t, k.doc().DeleteTab("big")) }
		},
		"tabs": func(k *keeper) func() {
			for n := len(k.doc().Tabs()); n < 199; n++ {
				must(k.t, k.doc().AddTab(fmt.Sprint("tab ", n)))
			}
			return func() { must(k.t, k.doc().DeleteTab("tab 150")) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				k := newMonthKeeper(t, 0)
				k.mustWrite("run_1", schema, invoices(20))
				empty := fill(k)
				sleepUntil(t, "2000-02-01T01:00:00Z")
				said := func(res written) bool {
					return strings.Contains(strings.Join(export.WarningTexts(res.Warnings), "\n"), "end of 2000-0")
				}
				if res := k.mustWrite("run_2", schema, invoices(20)); !said(res) || !res.Unchanged {
					t.Errorf("unchanged: %+v", res)
				}
				if res := k.mustWrite("run_3", schema, invoices(22)); !said(res) || res.Unchanged {
					t.Errorf("changed: %+v", res)
				}
				k.check("Invoices!A1:F60", schema, invoices(22))
				if res := k.mustWrite("run_4", schema, invoices(24)); said(res) {
					t.Errorf("in the same month: %v", res.Warnings)
				}
				sleepUntil(t, "2000-03-01T01:00:00Z")
				if res := k.mustWrite("run_5", schema, invoices(24)); !said(res) || len(k.monthEnds()) > 0 {
					t.Errorf("the next month: %+v, copies %q", res, k.monthEnds())
				}
				empty()
				if res := k.mustWrite("run_6", schema, invoices(24)); said(res) {
					t.Errorf("with room: %v", res.Warnings)
				}
				k.check("'Invoices 2000-02'!A1:F60", schema, invoices(24))
			})
		})
	}
}

// TestMonthEndTabsArePeoples: people may rename and delete the copies; none is made again, none is written to.
func TestMonthEndTabsArePeoples(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := newMonthKeeper(t, 0)
		k.mustWrite("run_1", schema, invoices(20))
		must(t, k.doc().AddTab("invoices 2000-01"))
		sleepUntil(t, "2000-02-01T01:00:00Z")
		k.mustWrite("run_2", schema, invoices(20))
		if got := k.monthEnds(); !slices.Contains(got, "Invoices 2000-01 (2)") {
			t.Fatalf("the title was taken: %q", got)
		}
		must(t, k.doc().DeleteTab("Invoices 2000-01 (2)"))
		k.mustWrite("run_3", schema, invoices(20))
		k.mustWrite("run_4", schema, invoices(21))
		if got := k.monthEnds(); len(got) != 1 {
			t.Errorf("a deleted copy was made again: %q", got)
		}
		sleepUntil(t, "2000-03-01T01:00:00Z")
		k.mustWrite("run_5", schema, invoices(22))
		must(t, k.doc().RenameTab("Invoices 2000-02", "February"))
		was := k.pictureOf("February")
		k.exporter.Target.Sheet, k.exporter.Target.Tab = "February", nil
		if _, err := k.write("run_6", schema, invoices(22)); !problem.HasCode(err, problem.SheetConflict) {
			t.Errorf("written to a copy: %v", err)
		}
		must(t, k.doc().DuplicateTab("February", "March"))
		k.exporter.Target.Sheet = "Invoices"
		k.mustWrite("run_7", schema, invoices(23))
		must(t, k.doc().DeleteTab("Invoices"))
		k.mustWrite("run_8", schema, invoices(24)) // on a new tab
		k.check("Invoices!A1:F60", schema, invoices(24))
		if k.pictureOf("February") != was {
			t.Error("a copy has changed")
		}
	})
}

// TestMonthEndOfFilteredRows copies rows that a filter hides.
func TestMonthEndOfFilteredRows(t *testing.T) {
	t.Parallel()
	for _, rows := range []int{20, 25} {
		synctest.Test(t, func(t *testing.T) {
			k := keeperOf(newBench(t, googlesim.Options{
				Behaviour: googlesim.Behaviour{CopySkipsFilteredRows: true},
			}, 0))
			k.months = true
			k.mustWrite("run_1", schema, invoices(20))
			must(t, k.doc().Filter("Invoices!A1:F21", 4, "Customer 3", "Customer 0"))
			sleepUntil(t, "2000-02-01T01:00:00Z")
			k.mustWrite("run_2", schema, invoices(rows))
			k.check("'Invoices 2000-01'!A1:F60", schema, invoices(20))
			if f := k.doc().Resource().Sheets[0].BasicFilter; f == nil || len(f.FilterSpecs) != 1 {
				t.Errorf("the filter is %+v", f)
			}
		})
	}
}

// TestMonthEndWithHandEdits keeps what people typed, beside the copy of their edits.
func TestMonthEndWithHandEdits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		k := newMonthKeeper(t, 0)
		k.mode = export.KeepCopyOfHandEdits
		k.mustWrite("run_1", schema, invoices(20))
		must(t, k.doc().SetCell("Invoices!D5", "mine"))
		must(t, k.doc().SetFormat("Invoices!D5", &sheets.CellFormat{TextFormat: &sheets.TextFormat{Italic: true}}))
		sleepUntil(t, "2000-02-01T01:00:00Z")
		k.mustWrite("run_2", schema, invoices(20))
		k.holds("Invoices 2000-01!D5", "mine")
		if len(k.copies()) != 1 || len(k.monthEnds()) != 1 {
			t.Errorf("tabs %+v", k.doc().Tabs())
		}
	})
}

// TestMonthEndWithHeading copies the lines above the rows with them.
func TestMonthEndWithHeading(t *testing.T) {
	t.Parallel()
	for _, look := range export.Looks() {
		for _, rows := range []int{20, 25} {
			synctest.Test(t, func(t *testing.T) {
				k := newMonthKeeper(t, 0)
				k.heading, k.exporter.Look = headingOf(0), look
				k.mustWrite("run_1", schema, invoices(20))
				was, frozen := k.doc().Formatted("Invoices!A1:F60"), k.tabs()[0].FrozenRows
				sleepUntil(t, "2000-02-01T01:00:00Z")
				if res := k.mustWrite("run_2", schema, invoices(rows)); res.Unchanged != (rows == 20) {
					t.Errorf("%s, %d rows: %+v", look, rows, res)
				}
				if diff := cmp.Diff(was, k.doc().Formatted("'Invoices 2000-01'!A1:F60")); diff != "" {
					t.Errorf("%s: the copy shows\n%s", look, diff)
				}
				if tab, _ := k.doc().Tab("Invoices 2000-01"); tab.FrozenRows != frozen {
					t.Errorf("%s: %d rows are frozen, want %d", look, tab.FrozenRows, frozen)
				}
				picture := k.pictureOf("Invoices 2000-01")
				k.heading = nil
				k.mustWrite("run_3", schema, invoices(rows+1))
				k.mustUndo("run_4", "run_3")
				if picture != k.pictureOf("Invoices 2000-01") {
					t.Errorf("%s: the copy has changed", look)
				}
			})
		}
	}
}

// besides does something before each request whose address has a part.
type besides struct {
	next http.RoundTripper
	part string
	do   func()
}

func (b besides) RoundTrip(r *http.Request) (*http.Response, error) {
	if address, err := url.QueryUnescape(r.URL.String()); err == nil && strings.Contains(address, b.part) {
		b.do()
	}
	return b.next.RoundTrip(r)
}

// TestMonthEndIsReadBack spoils a copy before it is read back, in a run with new rows and in one without: the run
// warns and names the tab. Formulas that people have typed over values leave other values there, which is right.
func TestMonthEndIsReadBack(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		rows, maxBody int
		spoil         string
		warned        bool
	}{
		"small": {25, 0, "B7", true}, "staged": {35, 1_500, "F20", true}, "same rows": {20, 0, "A21", true},
		"untouched": {25, 0, "", false}, "untouched, same rows": {20, 0, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				k := newMonthKeeper(t, test.maxBody)
				k.mustWrite("run_1", schema, invoices(20))
				if test.rows != 20 {
					must(t, k.doc().SetCell("Invoices!E5", "=1+2"))
				}
				sleepUntil(t, "2000-02-01T01:00:00Z")
				reads := 0
				k.http.Transport = besides{k.http.Transport, "'Invoices 2000-01'", func() {
					reads++
					if test.spoil != "" {
						must(t, k.doc().SetCell("'Invoices 2000-01'!"+test.spoil, "spoilt"))
					}
				}}
				res := k.mustWrite("run_2", schema, invoices(test.rows))
				said := strings.Join(export.WarningTexts(res.Warnings), "\n")
				if got := strings.Contains(said, `The tab "Invoices 2000-01"`); got != test.warned || reads != 1 {
					t.Errorf("%d reads, warnings %q", reads, said)
				}
			})
		})
	}
}
