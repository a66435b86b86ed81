package control_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ledgersheet/internal/access"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestSurveyIsAFullScan compares what searches find, count and sort with what each exporter says by itself.
func TestSurveyIsAFullScan(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	tags := [][]string{nil, {"month end"}, {"month end", "Büro"}, {"tax"}}
	for i := range 12 {
		realms := [][]export.RealmID{{alder}, {birch}, {alder, birch}}[i%3]
		e := b.input(realms...)
		e.Name, e.Tags = fmt.Sprintf("Report %02d", i), tags[i%4]
		e.Target.Spreadsheet, e.Target.Sheet = fmt.Sprintf("spreadsheet_%02d", i), fmt.Sprintf("Tab %c", 'A'+i)
		e = b.create(e)
		switch i % 5 {
		case 0:
			b.ended(e, func(r *export.Run) { r.Status, r.FinishedAt = export.RunSucceeded, b.now })
		case 1:
			b.fail(e, problem.New(problem.SheetConflict, "No."))
		case 2:
			_, err := b.PauseExporter(b.ctx, e.ID, b.now.AddDate(0, 1, 0))
			must(t, err)
		}
	}
	for _, who := range []control.Actor{ann, person(access.Viewer, alder), person(access.Viewer, birch), {}} {
		d := b.system.As(who)
		survey, err := d.Survey(b.ctx)
		must(t, err)
		all, _, err := d.ListExporters(b.ctx, control.ExporterQuery{})
		must(t, err)
		for _, q := range []control.Search{
			{}, {Tag: "month end"}, {Company: birch}, {States: []control.State{control.StatePaused}},
			{Tag: "month end", Company: alder, States: []control.State{control.StateFailing, control.StateOK}},
			{Tag: "nobody's"}, {Before: b.now.AddDate(0, 0, 1)}, {Before: b.now.AddDate(-1, 0, 0)},
		} {
			matches := func(l control.Listed, q control.Search) bool {
				idle := l.History.Last == nil || l.History.Last.FinishedAt.Before(q.Before)
				return (q.Tag == "" || slices.Contains(l.Tags, q.Tag)) &&
					(q.Company == "" || slices.Contains(l.Companies, q.Company)) &&
					(q.States == nil || slices.Contains(q.States, l.State)) &&
					(q.Before.IsZero() || l.Schedule.Enabled && !l.Paused() && idle)
			}
			number := func(q control.Search) (n int) {
				for _, l := range all {
					if matches(l, q) {
						n++
					}
				}
				return n
			}
			found, err := survey.Find(b.ctx, q)
			must(t, err)
			if found.All != number(q) || len(found.Listed) != found.All {
				t.Errorf("%s, %+v: found %d, want %d", who.Email, q, found.All, number(q))
			}
			for _, state := range control.States() {
				other := q
				other.States = []control.State{state}
				if found.States[state] != number(other) {
					t.Errorf("%s, %+v: %d are %s, want %d", who.Email, q, found.States[state], state, number(other))
				}
			}
			for _, tag := range []string{"month end", "Büro", "tax"} {
				other := q
				other.Tag = tag
				if found.Tags[tag] != number(other) {
					t.Errorf("%s, %+v: %d have %s, want %d", who.Email, q, found.Tags[tag], tag, number(other))
				}
			}
			for _, realm := range []export.RealmID{alder, birch} {
				other := q
				other.Company = realm
				if found.Companies[realm] != number(other) {
					t.Errorf("%s, %+v: %d of %s, want %d", who.Email, q, found.Companies[realm], realm, number(other))
				}
			}
		}
	}
}

// TestSearchLooksAtAllNames, and at addresses that people paste.
func TestSearchLooksAtAllNames(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.input(alder)
	e.Name, e.Tags = "Open items", []string{"Month End"}
	e.Target.Spreadsheet, e.Target.Sheet = "1AbCdEfGhIjKlMn", "Debtors"
	b.create(e)
	other := b.input(birch)
	other.Name, other.Target.Sheet = "Else", "Rest"
	b.create(other)
	survey, err := b.Survey(b.ctx)
	must(t, err)
	for text, want := range map[string]int{
		"open": 1, "ALDER items": 1, "debtors": 1, "vendors": 2, "month end": 1, "alder rest": 0,
		"https://docs.google.com/spreadsheets/d/1AbCdEfGhIjKlMn/edit#gid=0": 1,
	} {
		if got := survey.Count(control.Search{Text: text}); got != want {
			t.Errorf("%q finds %d, want %d", text, got, want)
		}
	}
}

// TestSurveySorts, with pages that together are the whole list.
func TestSurveySorts(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i, name := range []string{"D", "C", "B", "A"} {
		e := b.input(alder)
		e.Name, e.Target.Sheet = name, name
		e = b.create(e)
		switch i {
		case 0:
			b.fail(e, problem.New(problem.SheetConflict, "No."))
		case 1, 2:
			b.ended(e, func(r *export.Run) { r.Status, r.FinishedAt = export.RunSucceeded, b.now })
		}
	}
	survey, err := b.Survey(b.ctx)
	must(t, err)
	for sort, want := range map[control.Sort]string{
		"": "ABCD", control.SortName: "ABCD", "other": "ABCD", control.SortState: "DABC", control.SortOldest: "ADCB",
		control.SortNewest: "BCAD",
	} {
		var got strings.Builder
		for page := 1; page <= 2; page++ {
			found, err := survey.Find(b.ctx, control.Search{Sort: sort, Page: page, Size: 3})
			must(t, err)
			if found.Page != page || found.Pages != 2 || found.All != 4 {
				t.Errorf("%q: page %d of %d with %d in all", sort, found.Page, found.Pages, found.All)
			}
			for _, l := range found.Listed {
				got.WriteString(l.Name)
			}
		}
		if got.String() != want {
			t.Errorf("%q: %s, want %s", sort, got.String(), want)
		}
	}
}

// TestBulk does things to many: what is refused for one is done to the others, and is said with its reason.
func TestBulk(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var ids []export.ID
	for i, name := range []string{"A", "B", "C"} {
		e := b.input([]export.RealmID{alder, alder, birch}[i])
		e.Name, e.Target.Spreadsheet, e.Target.Sheet = name, "spreadsheet_"+name, "Tab"
		ids = append(ids, b.create(e).ID)
	}
	expect := func(d *control.Desk, order control.Bulk, want string) {
		t.Helper()
		r, err := d.BulkDo(b.ctx, order, append(slices.Clone(ids), ids[0]))
		must(t, err)
		got := fmt.Sprintf("%d, %d already", r.Done, r.Already)
		for _, why := range r.Refused {
			got += fmt.Sprintf("; %d: %s", len(why.Exporters), why.Why)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", order.Action, got, want)
		}
	}
	few := b.system.As(person(access.Editor, alder))
	expect(few, control.Bulk{Action: control.BulkPause}, "2, 0 already; 1: There is no such exporter.")
	expect(b.Desk, control.Bulk{Action: control.BulkPause}, "1, 2 already")
	expect(b.Desk, control.Bulk{Action: control.BulkResume}, "3, 0 already")
	expect(b.system.As(person(access.Viewer)), control.Bulk{Action: control.BulkRun},
		"0, 0 already; 3: Your role does not allow you to run, stop or try out the exporter.")
	expect(b.Desk, control.Bulk{Action: control.BulkRun}, "3, 0 already")
	expect(b.Desk, control.Bulk{Action: control.BulkRun}, "0, 3 already")
	expect(b.Desk, control.Bulk{Action: control.BulkTag, Tags: []string{"x", "y"}}, "3, 0 already")
	expect(b.Desk, control.Bulk{Action: control.BulkTag, Tags: []string{"y"}}, "0, 3 already")
	gone, leave := context.WithCancel(b.ctx) // who gave the order closes the page
	leave()
	left, err := b.BulkDo(gone, control.Bulk{Action: control.BulkTag, Tags: []string{"z"}}, ids)
	must(t, err)
	if left.Done != len(ids) {
		t.Errorf("with nobody waiting for it: %+v", left)
	}
	expect(b.Desk, control.Bulk{Action: control.BulkUntag, Tags: []string{"z"}}, "3, 0 already")
	expect(b.Desk, control.Bulk{Action: control.BulkUntag, Tags: []string{"x"}}, "3, 0 already")
	// There is room for one only where all begin in the same cell of a tab of the same name.
	r, err := b.BulkDo(b.ctx, control.Bulk{
		Action: control.BulkMove, Spreadsheet: "https://docs.google.com/spreadsheets/d/spreadsheet_new/edit",
	}, ids)
	must(t, err)
	if r.Done != 1 || len(r.Refused) != 1 || len(r.Refused[0].Exporters) != 2 ||
		!strings.Contains(r.Refused[0].Why, "writes there already") {
		t.Errorf("moving: %+v", r)
	}
	moved, err := b.Exporter(b.ctx, ids[0])
	must(t, err)
	if moved.Target.Spreadsheet != "spreadsheet_new" || !slices.Equal(moved.Tags, []string{"y"}) {
		t.Errorf("moved and tagged: %+v", moved)
	}
	for _, order := range []control.Bulk{
		{Action: "explode"}, {Action: control.BulkTag, Tags: []string{" "}}, {Action: control.BulkMove},
	} {
		if _, err := b.BulkDo(b.ctx, order, ids); !problem.HasCode(err, problem.InvalidInput) {
			t.Errorf("%+v: %v", order, err)
		}
	}
}

// TestViews are each person's own.
func TestViews(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one, other := b.system.As(person(access.Viewer)), b.system.As(person(access.Editor))
	must(t, one.SaveView(b.ctx, control.View{Name: "  Month   end ", Query: "tag=month+end&state=failing"}))
	must(t, one.SaveView(b.ctx, control.View{Name: "alder", Query: "company=1"}))
	must(t, one.SaveView(b.ctx, control.View{Name: "Month end", Query: "tag=b&state=a"}))
	want := []control.View{{Name: "alder", Query: "company=1"}, {Name: "Month end", Query: "state=a&tag=b"}}
	views, err := one.Views(b.ctx)
	must(t, err)
	if !slices.Equal(views, want) {
		t.Errorf("got %+v, want %+v", views, want)
	}
	if views, err = other.Views(b.ctx); err != nil || len(views) != 0 {
		t.Errorf("somebody else has %+v, %v", views, err)
	}
	must(t, one.DeleteView(b.ctx, "alder"))
	if views, err = one.Views(b.ctx); err != nil || len(views) != 1 {
		t.Errorf("after deleting: %+v, %v", views, err)
	}
	for i := range 19 {
		must(t, one.SaveView(b.ctx, control.View{Name: fmt.Sprint(i), Query: "q=x"}))
	}
	for name, v := range map[string]control.View{
		"one too many": {Name: "more", Query: "q=x"}, "no name": {Query: "q=x"}, "no query": {Name: "x", Query: "%zz"},
		"long name":  {Name: strings.Repeat("ä", 61), Query: "q=x"},
		"long query": {Name: "x", Query: strings.Repeat("q", 501)},
	} {
		if err := one.SaveView(b.ctx, v); !problem.HasCode(err, problem.InvalidInput) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := b.system.As(control.Actor{}).SaveView(b.ctx, want[0]); !problem.HasCode(err, problem.Forbidden) {
		t.Errorf("nobody: %v", err)
	}
}
