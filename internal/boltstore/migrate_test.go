package boltstore

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// A store of before the indexes of the history finds its runs afterwards, and gives no due time a second run.
func TestOldHistoryIsIndexed(t *testing.T) {
	t.Parallel()
	const before = 3
	path, seal, ctx := filepath.Join(t.TempDir(), "ledgersheet.db"), newVault(t), t.Context()
	noon := time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)
	e := export.Exporter{ID: "exp_1", Name: "x", Companies: []export.RealmID{"9130"}, NextAt: noon}

	old, err := open(path, seal, Options{}, migrations()[:before])
	must(t, err)
	must(t, old.update(ctx, "writing old runs", func(tx *bbolt.Tx) error {
		if err := put(tx, bucketExporters, string(e.ID), e); err != nil {
			return err
		}
		for i, status := range []export.RunStatus{export.RunSucceeded, export.RunFailed, export.RunQueued} {
			id := export.ID(fmt.Sprintf("run_%d", i))
			r := export.Run{ID: id, Exporter: e, Status: status, QueuedAt: noon.Add(time.Duration(i) * time.Hour)}
			if i == 0 {
				r.Due, r.Trigger, r.FinishedAt = noon, export.TriggerSchedule, noon
			}
			if err := put(tx, bucketRuns, string(id), r); err != nil {
				return err
			}
			if err := tx.Bucket([]byte(bucketRunsByExporter)).Put(indexKey(e.ID, id), nil); err != nil {
				return err
			}
			if !status.Over() {
				if err := tx.Bucket([]byte(bucketQueue)).Put([]byte(id), []byte(e.ID)); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	must(t, old.Close())

	s := openAt(t, path, seal)
	must(t, s.db.View(compareIndexes))
	for status, want := range map[export.RunStatus]export.ID{export.RunSucceeded: "run_0", export.RunFailed: "run_1",
		export.RunQueued: "run_2"} {
		page, _, err := s.Runs(ctx, export.RunFilter{Company: "9130", Status: status})
		must(t, err)
		if len(page) != 1 || page[0].ID != want {
			t.Errorf("%s: found %v", status, page)
		}
	}
	_, err = s.UpdateRun(ctx, "run_2", func(r *export.Run) error { r.Status = export.RunCancelled; return nil })
	must(t, err)
	again := export.Run{ID: "run_again", Exporter: e, Due: noon, QueuedAt: noon}
	if _, _, err := s.EnqueueDue(ctx, dueRun(again, noon.Add(time.Hour))); err == nil {
		t.Error("a due time of before got a second run")
	}
	n, err := s.PruneRuns(ctx, noon.AddDate(1, 0, 0), 1)
	must(t, err)
	if n == 0 {
		t.Error("nothing was pruned")
	}
	must(t, s.db.View(func(tx *bbolt.Tx) error {
		if has(tx, bucketRunsByDue, dueKey(e.ID, noon)) {
			t.Error("the index of a pruned run is still there")
		}
		return nil
	}))
	must(t, s.db.View(compareIndexes))
}

// dueRun queues a run for its due time, and says when the next one is.
func dueRun(r export.Run, next time.Time) export.DueRun {
	return export.DueRun{Run: r, Until: next, Next: next}
}
