package storetest

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// finish ends a run as if it had done something.
func finish(t *testing.T, s export.Store, id export.ID, status export.RunStatus, rows int) export.Run {
	t.Helper()
	r, err := s.UpdateRun(t.Context(), id, func(r *export.Run) error {
		r.Status, r.Rows, r.FinishedAt, r.Problem = status, rows, r.QueuedAt.Add(time.Second), nil
		if status == export.RunFailed {
			r.Problem = problem.New(problem.SheetConflict, "%d cells are in the way.", rows)
		} else {
			r.URL, r.Figures = "https://sheet.example", []export.FigureValue{{ID: "total", Value: fmt.Sprint(rows)}}
		}
		return nil
	})
	must(t, err)
	return r
}

func testHistories(t *testing.T, s export.Store) {
	ctx := t.Context()
	exporters := []export.ID{"exp_1", "exp_10", "exp_2"}
	must(t, s.CreateExporter(ctx, sampleExporter("exp_1", "one")))
	all := map[export.ID]export.Run{}
	compare := func(when string) {
		t.Helper()
		var runs []export.Run
		for _, r := range all {
			runs = append(runs, r)
		}
		for _, id := range exporters {
			got, err := s.History(ctx, id)
			must(t, err)
			if d := diff(historyOf(runs, id), got); d != "" {
				t.Fatalf("%s, of %s (-want +got):\n%s", when, id, d)
			}
		}
	}
	statuses := []export.RunStatus{export.RunSucceeded, export.RunFailed, export.RunCancelled, export.RunFailed}
	for i := range 70 {
		at := noon.Add(time.Duration(i) * time.Minute)
		if i%9 == 0 {
			at = at.Add(-150 * time.Second) // ids do not always come in order
		}
		r := sampleRun(export.NewID("run", at), sampleExporter(exporters[i%3], "x"), at)
		r.Exporter.Companies = []export.RealmID{export.RealmID(fmt.Sprint(i % 2))}
		if i%11 == 0 {
			r.Trigger = export.TriggerUndo
		}
		r, _, err := s.Enqueue(ctx, r)
		must(t, err)
		all[r.ID] = r
		if i%5 == 0 {
			compare("queued")
		}
		all[r.ID] = finish(t, s, r.ID, statuses[i%4], i)
		if i%4 == 0 {
			compare("ended")
		}
		if i%17 == 0 { // what was a success is one no more
			all[r.ID] = finish(t, s, r.ID, export.RunFailed, i)
			compare("changed")
		}
	}
	for _, keep := range []int{12, 3, 0} {
		_, err := s.PruneRuns(ctx, noon.AddDate(1, 0, 0), keep)
		must(t, err)
		clear(all)
		left, _, err := s.Runs(ctx, export.RunFilter{Limit: 1000})
		must(t, err)
		for _, r := range left {
			all[r.ID] = r
		}
		compare(fmt.Sprintf("pruned to %d", keep))
	}
}

func testLastSuccess(t *testing.T, s export.Store) {
	ctx := t.Context()
	var first, last export.ID
	const runs = export.MostRecent + 5
	for i := range runs {
		at := noon.Add(time.Duration(i) * time.Minute)
		r, _, err := s.Enqueue(ctx, sampleRun(export.NewID("run", at), sampleExporter("exp_1", "x"), at))
		must(t, err)
		status := export.RunFailed
		switch i {
		case 0:
			first, status = r.ID, export.RunSucceeded
		case runs - 1:
			last, status = r.ID, export.RunSucceeded
		}
		finish(t, s, r.ID, status, i)
	}
	want := func(id export.ID) {
		t.Helper()
		h, err := s.History(ctx, "exp_1")
		must(t, err)
		got := export.ID("")
		if h.Last != nil {
			got = h.Last.ID
		}
		if got != id || h.Runs < len(h.Recent) {
			t.Errorf("the last success is %q, want %q; %d runs", got, id, h.Runs)
		}
	}
	want(last)
	finish(t, s, last, export.RunCancelled, 0)
	want(first)
	_, err := s.PruneRuns(ctx, noon.AddDate(1, 0, 0), runs-1)
	must(t, err)
	want("")
}

// nameOf returns the name part of a head's place in lists.
func nameOf(h export.ExporterHead) string { return strings.ToLower(h.Name) }

func testHeads(t *testing.T, s export.Store) {
	ctx := t.Context()
	names := []string{"b", "A", "a b", "ab", "Ünder", "z", "B", ""}
	var all []export.ExporterHead
	for i := range 40 {
		e := sampleExporter(export.ID(fmt.Sprintf("exp_%02d", i)), names[i%len(names)])
		e.Companies = []export.RealmID{export.RealmID(fmt.Sprint(i % 3))}
		e.Target.Spreadsheet, e.Target.Account = fmt.Sprint("S", i%4), export.ID(fmt.Sprint("con_", i%2))
		must(t, s.CreateExporter(ctx, e))
		history := export.History{}
		if i%5 < 3 {
			at := noon.Add(time.Duration(i) * time.Minute)
			r, _, err := s.Enqueue(ctx, sampleRun(export.NewID("run", at), e, at))
			must(t, err)
			if i%5 > 0 {
				r = finish(t, s, r.ID, []export.RunStatus{"", export.RunSucceeded, export.RunFailed}[i%5], i)
			}
			if history.Note(r); i%7 == 0 && i%5 == 0 { // while it is queued, it is of its exporter's companies
				r.Exporter.Companies = []export.RealmID{"9"}
				history.Note(r)
			}
		}
		if i%7 == 0 { // its runs stay those of a company that it no longer has
			e.Companies = []export.RealmID{"9"}
			_, err := s.UpdateExporter(ctx, e.ID, func(stored *export.Exporter) error {
				stored.Companies, stored.Name = e.Companies, "renamed"
				return nil
			})
			must(t, err)
			e.Name = "renamed"
		}
		all = append(all, e.Head(history))
	}
	must(t, s.DeleteExporter(ctx, all[0].ID))
	all = all[1:]
	slices.SortFunc(all, func(a, b export.ExporterHead) int {
		return slices.Compare([]string{nameOf(a), string(a.ID)}, []string{nameOf(b), string(b.ID)})
	})
	rapid.Check(t, func(rt *rapid.T) {
		f := export.ExporterFilter{
			Company:     rapid.SampledFrom([]export.RealmID{"", "", "1", "9"}).Draw(rt, "company"),
			Account:     rapid.SampledFrom([]export.ID{"", "con_1"}).Draw(rt, "account"),
			Spreadsheet: rapid.SampledFrom([]string{"", "", "S1", "S"}).Draw(rt, "spreadsheet"),
			Among:       rapid.SampledFrom([][]export.RealmID{nil, nil, {}, {"1", "2"}}).Draw(rt, "among"),
		}
		after := ""
		if rapid.Bool().Draw(rt, "from the middle") {
			after = rapid.SampledFrom(all).Draw(rt, "after").Position()
		}
		most := rapid.IntRange(1, 50).Draw(rt, "most")
		var want, got []export.ExporterHead
		for _, h := range all {
			if h.Matches(f) && h.Position() > after && len(want) < most {
				want = append(want, h)
			}
		}
		for h, err := range s.ExporterHeads(context.Background(), f, after) {
			if err != nil {
				rt.Fatal(err)
			}
			if got = append(got, h); len(got) == most {
				break
			}
		}
		if d := diff(want, got); d != "" {
			rt.Fatalf("%+v after %q (-want +got):\n%s", f, after, d)
		}
	})
}

func testDueExporters(t *testing.T, s export.Store) {
	ctx := t.Context()
	add := func(id export.ID, next time.Time, change func(*export.Exporter)) {
		e := sampleExporter(id, "x")
		e.NextAt, e.Pause = next, nil
		change(&e)
		must(t, s.CreateExporter(ctx, e))
	}
	asIs := func(*export.Exporter) {}
	add("exp_late", noon.Add(-time.Hour), asIs)
	add("exp_now", noon, asIs)
	add("exp_unknown", time.Time{}, asIs)
	add("exp_soon", noon.Add(1), asIs)
	add("exp_later", noon.Add(time.Hour), asIs)
	add("exp_off", noon.Add(-time.Hour), func(e *export.Exporter) { e.Schedule.Enabled = false })
	add("exp_never", noon.Add(-time.Hour), func(e *export.Exporter) { e.Schedule.Cron = "" })
	add("exp_paused", noon.Add(-time.Hour), func(e *export.Exporter) {
		e.Pause = &export.Pause{Reason: export.PausedByPerson}
	})
	want := func(next time.Time, limit int, ids ...export.ID) {
		t.Helper()
		due, at, err := s.DueExporters(ctx, noon, limit)
		must(t, err)
		var got []export.ID
		for _, e := range due {
			got = append(got, e.ID)
		}
		if d := diff(ids, got); d != "" || !at.Equal(next) {
			t.Errorf("next %v, want %v (-want +got):\n%s", at, next, d)
		}
	}
	want(noon.Add(1), 10, "exp_unknown", "exp_late", "exp_now")
	want(noon.Add(1), 2, "exp_unknown", "exp_late")
	for _, id := range []export.ID{"exp_unknown", "exp_soon"} {
		_, err := s.UpdateExporter(ctx, id, func(e *export.Exporter) error {
			e.NextAt = noon.Add(2 * time.Hour)
			return nil
		})
		must(t, err)
	}
	must(t, s.DeleteExporter(ctx, "exp_now"))
	_, err := s.UpdateExporter(ctx, "exp_paused", func(e *export.Exporter) error { e.Pause = nil; return nil })
	must(t, err)
	want(noon.Add(time.Hour), 10, "exp_late", "exp_paused")
	due := sampleRun("run_1", sampleExporter("exp_late", "x"), noon)
	due.Due = noon.Add(-time.Hour)
	_, _, err = s.EnqueueDue(ctx, dueRun(due, noon.Add(time.Minute)))
	must(t, err)
	want(noon.Add(time.Minute), 10, "exp_paused")
}

func testClaimOrder(t *testing.T, s export.Store) {
	ctx := t.Context()
	queue := func(id export.ID, queued, notBefore time.Time) {
		r := sampleRun(id, sampleExporter("exp"+id[3:], "x"), queued)
		r.NotBefore = notBefore
		r.Exporter.Companies, r.Exporter.Target.Spreadsheet = []export.RealmID{"1", "2"}, "S"
		_, _, err := s.Enqueue(ctx, r)
		must(t, err)
	}
	queue("run_d", noon.Add(time.Minute), time.Time{})
	queue("run_c", noon, time.Time{})
	queue("run_a", noon.Add(-time.Hour), noon.Add(time.Hour)) // old, and not yet ready
	queue("run_b", noon, time.Time{})
	seen := func() (list []export.ActiveRun) {
		_, err := s.Claim(ctx, "wrk_1", func(active iter.Seq[export.ActiveRun]) []export.ID {
			list = slices.Collect(active)
			return nil
		}, doNothing)
		must(t, err)
		return list
	}
	want := func(ids ...export.ID) {
		t.Helper()
		var got []export.ID
		for _, a := range seen() {
			r, err := s.Run(ctx, a.ID)
			must(t, err)
			if d := diff(r.Activity(), a); d != "" {
				t.Errorf("%s (-stored +offered):\n%s", a.ID, d)
			}
			got = append(got, a.ID)
		}
		if d := diff(ids, got); d != "" {
			t.Errorf("order (-want +got):\n%s", d)
		}
	}
	want("run_b", "run_c", "run_d", "run_a")
	_, err := s.Claim(ctx, "wrk_1", chooseOnly("run_d"), doNothing)
	must(t, err)
	want("run_d", "run_b", "run_c", "run_a")
	_, err = s.UpdateRun(ctx, "run_a", func(r *export.Run) error { r.NotBefore = time.Time{}; return nil })
	must(t, err)
	want("run_d", "run_a", "run_b", "run_c")
	_, err = s.UpdateRun(ctx, "run_d", func(r *export.Run) error { r.Status = export.RunFailed; return nil })
	must(t, err)
	want("run_a", "run_b", "run_c")
}

func testActive(t *testing.T, s export.Store) {
	ctx := t.Context()
	want := func(queued, running int, of export.ID, run export.ID) {
		t.Helper()
		q, r, err := s.CountActive(ctx)
		must(t, err)
		if q != queued || r != running {
			t.Errorf("%d are queued and %d are running, want %d and %d", q, r, queued, running)
		}
		found, err := s.ActiveRun(ctx, of)
		if run == "" {
			wantErr(t, "the active run of "+string(of), err, export.ErrNotFound)
		} else if must(t, err); found.ID != run {
			t.Errorf("the active run of %s is %s, want %s", of, found.ID, run)
		}
	}
	for _, id := range []export.ID{"run_1", "run_2"} {
		_, _, err := s.Enqueue(ctx, sampleRun(id, sampleExporter("exp"+id[3:], "x"), noon))
		must(t, err)
	}
	want(2, 0, "exp_1", "run_1")
	_, err := s.Claim(ctx, "wrk_1", chooseOnly("run_1"), doNothing)
	must(t, err)
	want(1, 1, "exp_1", "run_1")
	finish(t, s, "run_1", export.RunSucceeded, 1)
	want(1, 0, "exp_1", "")
	want(1, 0, "exp_2", "run_2")
}
