package storetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"ledgersheet/internal/export"
)

// fillHistory stores n ended runs of several exporters and companies, a minute apart, and returns them newest first.
// Their fields depend on the index, so that all combinations occur.
func fillHistory(t *testing.T, s export.Store, n int) []export.Run {
	ctx := t.Context()
	triggers := []export.Trigger{export.TriggerManual, export.TriggerSchedule, export.TriggerCatchUp}
	statuses := []export.RunStatus{
		export.RunSucceeded, export.RunFailed, export.RunCancelled, export.RunSucceeded, export.RunSucceeded,
	}
	var all []export.Run
	for i := range n {
		at := noon.Add(time.Duration(i) * time.Minute)
		e := sampleExporter(export.ID(fmt.Sprintf("exp_%d", i%4)), "x")
		e.Companies = []export.RealmID{export.RealmID(fmt.Sprint(i % 3))}
		if i%7 == 0 {
			e.Companies = append(e.Companies, `<&"combined"`) // a store may have to escape it
		}
		r := sampleRun(export.NewID("run", at), e, at)
		r.Trigger = triggers[i%len(triggers)]
		_, joined, err := s.Enqueue(ctx, r)
		must(t, err)
		if joined {
			t.Fatal("a run of an exporter without an active one joined")
		}
		r, err = s.UpdateRun(ctx, r.ID, func(r *export.Run) error {
			r.Status, r.FinishedAt = statuses[i%len(statuses)], at.Add(time.Second)
			return nil
		})
		must(t, err)
		all = append(all, r)
	}
	slices.Reverse(all)
	return all
}

// choosePage is a plain model of RunStore.Runs.
func choosePage(all []export.Run, f export.RunFilter) (page []export.Run, next export.ID) {
	limit := cmp.Or(f.Limit, 50)
	for _, r := range all {
		if f.Before != "" && r.ID >= f.Before ||
			f.Exporter != "" && r.Exporter.ID != f.Exporter ||
			f.Company != "" && !slices.Contains(r.Exporter.Companies, f.Company) ||
			f.Status != "" && r.Status != f.Status ||
			f.Trigger != "" && r.Trigger != f.Trigger ||
			r.QueuedAt.Before(f.Since) {
			continue
		}
		if len(page) == limit {
			return page, page[limit-1].ID
		}
		page = append(page, r)
	}
	return page, ""
}

func ids(runs []export.Run) []export.ID {
	var list []export.ID
	for _, r := range runs {
		list = append(list, r.ID)
	}
	return list
}

func testHistory(t *testing.T, s export.Store) {
	all := fillHistory(t, s, 120)
	rapid.Check(t, func(rt *rapid.T) {
		f := export.RunFilter{
			Exporter: rapid.SampledFrom([]export.ID{
				"", "", "exp_0", "exp_1", "exp_3", "exp_", "exp_9",
			}).Draw(rt, "exporter"),
			Company: rapid.SampledFrom([]export.RealmID{
				"", "", "0", "2", `<&"combined"`, "combined", "3",
			}).Draw(rt, "company"),
			Status: rapid.SampledFrom([]export.RunStatus{
				"", "", export.RunSucceeded, export.RunCancelled, export.RunQueued,
			}).Draw(rt, "status"),
			Trigger: rapid.SampledFrom([]export.Trigger{
				"", "", export.TriggerSchedule, export.TriggerAPI,
			}).Draw(rt, "trigger"),
			Limit: rapid.IntRange(0, 40).Draw(rt, "limit"),
		}
		if rapid.Bool().Draw(rt, "bounded") {
			f.Since = noon.Add(time.Duration(rapid.IntRange(-5, 130).Draw(rt, "since")) * time.Minute)
		}
		if rapid.Bool().Draw(rt, "from the middle") {
			f.Before = rapid.SampledFrom(all).Draw(rt, "before").ID
		}
		for pages := 0; ; pages++ {
			page, next, err := s.Runs(context.Background(), f)
			if err != nil {
				rt.Fatal(err)
			}
			wantPage, wantNext := choosePage(all, f)
			if d := diff(ids(wantPage), ids(page)); d != "" {
				rt.Fatalf("page %d of %+v (-want +got):\n%s", pages, f, d)
			}
			if next != wantNext {
				rt.Fatalf("page %d of %+v: cursor %q, want %q", pages, f, next, wantNext)
			}
			if next == "" {
				return
			}
			f.Before = next
		}
	})
}

func testHistoryOfSimilarIDs(t *testing.T, s export.Store) {
	ctx := t.Context()
	for i, exporter := range []export.ID{"exp_1", "exp_10", "exp_1/run_9", "exp_0", "exp_2"} {
		_, _, err := s.Enqueue(ctx, sampleRun(export.ID(fmt.Sprintf("run_%d", i)), sampleExporter(exporter, "x"), noon))
		must(t, err)
	}
	for _, before := range []export.ID{"", "run_1", "run_0"} {
		want := []export.ID{"run_0"}
		if before == "run_0" {
			want = nil
		}
		page, _, err := s.Runs(ctx, export.RunFilter{Exporter: "exp_1", Before: before})
		must(t, err)
		if d := diff(want, ids(page)); d != "" {
			t.Errorf("before %q (-want +got):\n%s", before, d)
		}
	}
}

func testPrune(t *testing.T, s export.Store) {
	ctx := t.Context()
	all := fillHistory(t, s, 60)
	// A run that is still active is never pruned, however old.
	old := sampleRun(export.NewID("run", noon.Add(-time.Hour)), sampleExporter("exp_0", "x"), noon.Add(-time.Hour))
	_, _, err := s.Enqueue(ctx, old)
	must(t, err)
	all = append(all, old)

	const keep = 3
	for _, before := range []time.Time{
		noon, noon.Add(20 * time.Minute), noon.Add(58 * time.Minute), noon.Add(24 * time.Hour),
	} {
		seen := map[export.ID]int{}
		var left []export.Run
		for _, r := range all {
			seen[r.Exporter.ID]++
			if seen[r.Exporter.ID] <= keep || !r.Status.Over() || !r.FinishedAt.Before(before) {
				left = append(left, r)
			}
		}
		deleted, err := s.PruneRuns(ctx, before, keep)
		must(t, err)
		if want := len(all) - len(left); deleted != want {
			t.Errorf("before %v: deleted %d, want %d", before, deleted, want)
		}
		all = left
		for _, f := range []export.RunFilter{
			{Limit: 100},
			{Limit: 100, Exporter: "exp_0"},
			{Limit: 100, Exporter: "exp_3"},
		} {
			page, _, err := s.Runs(ctx, f)
			must(t, err)
			want, _ := choosePage(all, f)
			if d := diff(ids(want), ids(page)); d != "" {
				t.Errorf("left before %v, %+v (-want +got):\n%s", before, f, d)
			}
		}
	}
	if len(all) != 4*keep+1 {
		t.Errorf("%d runs are left of 4 exporters, want %d each and the active one", len(all), keep)
	}
}
