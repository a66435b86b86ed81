package schedule_test

import (
	"cmp"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/storetest"
)

// chainStore has two exporters, the second of which runs half-hourly, and one that runs after both.
func chainStore(t *testing.T, first string) *storetest.Memory {
	t.Helper()
	store := storetest.NewMemory()
	for _, e := range []export.Exporter{
		{ID: "exp_1", Name: "one", Schedule: export.Schedule{Cron: first, Timezone: "UTC", Enabled: true}},
		{ID: "exp_2", Name: "two", Schedule: export.Schedule{Cron: "20,50 * * * *", Timezone: "UTC", Enabled: true}},
		{ID: "exp_3", Name: "both", After: []export.ID{"exp_1", "exp_2"}},
	} {
		if err := store.CreateExporter(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

// rounds counts how often both of the first two have succeeded since they last both had. Of two that ended at the same
// time, as after a restart, it takes the given one to be earlier.
func rounds(all []export.Run, earlier export.ID) (n int) {
	ended := slices.DeleteFunc(slices.Clone(all), func(r export.Run) bool {
		return r.Exporter.ID == "exp_3" || r.Status != export.RunSucceeded
	})
	slices.SortFunc(ended, func(a, b export.Run) int {
		first := 0
		if a.Exporter.ID == earlier {
			first = -1
		}
		return cmp.Or(a.FinishedAt.Compare(b.FinishedAt), first)
	})
	done := map[export.ID]bool{}
	for _, r := range ended {
		if done[r.Exporter.ID] = true; len(done) == 2 {
			n, done = n+1, map[export.ID]bool{}
		}
	}
	return n
}

// wantChain proves that the chain has run as often as both others have succeeded, and each time only when they had.
func wantChain(t *testing.T, store *storetest.Memory, what string) {
	t.Helper()
	all, _, err := store.Runs(t.Context(), export.RunFilter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	byDue := map[time.Time]export.ID{}
	runs := 0
	since := time.Time{} // when the chain's last run was queued
	for i := len(all) - 1; i >= 0; i-- {
		r := all[i]
		if r.Exporter.ID != "exp_3" {
			continue
		}
		runs++
		if r.Trigger != export.TriggerAfter || r.Status != export.RunSucceeded || byDue[r.Due] != "" {
			t.Errorf("%s: %s by %s, %s", what, r.ID, r.Trigger, r.Status)
		}
		byDue[r.Due] = r.ID
		for _, id := range []export.ID{"exp_1", "exp_2"} {
			found := false
			for _, other := range all {
				found = found || other.Exporter.ID == id && other.Status == export.RunSucceeded &&
					!other.FinishedAt.Before(since) && !other.FinishedAt.After(r.QueuedAt)
			}
			if !found {
				t.Errorf("%s: %s ran without a new success of %s", what, r.ID, id)
			}
		}
		since = r.QueuedAt
	}
	if one, other := rounds(all, "exp_1"), rounds(all, "exp_2"); runs != one && runs != other || runs < 2 {
		t.Errorf("%s: the chain ran %d times, want %d or %d", what, runs, one, other)
	}
	due, err := store.DueTimes(t.Context(), "exp_3")
	if err != nil || len(due) != runs {
		t.Errorf("%s: the ledger has %d entries for %d runs, %v", what, len(due), runs, err)
	}
	for _, d := range due {
		if d.End != export.DueRan {
			t.Errorf("%s: %v ended as %s", what, d.At, d.End)
		}
	}
}

// awaitRest waits for a moment at which nothing is under way, nor due.
func awaitRest(t *testing.T, store *storetest.Memory) {
	t.Helper()
	var queued, running int
	var due []export.Exporter
	for range 1000 {
		synctest.Wait()
		var err, errDue error
		queued, running, err = store.CountActive(t.Context())
		due, _, errDue = store.DueExporters(t.Context(), time.Now(), 10)
		if err := errors.Join(err, errDue); err != nil {
			t.Fatal(err)
		}
		if queued+running+len(due) == 0 {
			return
		}
		time.Sleep(20 * time.Second)
	}
	t.Errorf("there is always something to do: %d runs queued, %d running, due: %+v", queued, running, due)
}

// TestChainKilledAtEachWrite kills the process at each of its writes in turn, also between the success of an exporter
// and the run that follows it. None of the runs of the chain is lost, and none comes twice.
func TestChainKilledAtEachWrite(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	open := func(t *testing.T) *storetest.Memory { return chainStore(t, "0 * * * *") }
	killAtEachWrite(t, 5*time.Hour+40*time.Minute, 0, open, awaitRest, wantChain)
}

// TestChainIsPrompt: the run begins with the last success, not with the next look at the schedules. A clock that was
// ahead when the last one succeeded delays it no longer than until it is set right.
func TestChainIsPrompt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := chainStore(t, "0 4 * * *")
		k := &killer{Store: store, left: many, dead: make(chan struct{})}
		end := k.start(t, map[export.ID]int{})
		time.Sleep(4*time.Hour + time.Minute + time.Second) // the first one ran at 4:00 for a minute
		synctest.Wait()
		r, err := store.ActiveRun(t.Context(), "exp_3")
		if err != nil || !r.Due.Equal(time.Date(2000, 1, 1, 4, 1, 0, 0, time.UTC)) {
			t.Errorf("the chain's run: %v, %v", r.Due, err)
		}
		time.Sleep(2 * time.Minute)
		end()
		_, err = store.UpdateExporter(t.Context(), "exp_3", func(e *export.Exporter) error {
			ahead := time.Now().AddDate(0, 0, 3)
			e.Done = map[export.ID]time.Time{"exp_1": ahead, "exp_2": ahead}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		end = k.start(t, map[export.ID]int{})
		time.Sleep(time.Second)
		synctest.Wait()
		if _, err := store.ActiveRun(t.Context(), "exp_3"); err != nil {
			t.Errorf("it waits for a time that a wrong clock told: %v", err)
		}
		end()
	})
}
