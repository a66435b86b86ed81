package boltstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
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

// oldStore makes a store of schema 3 with more runs than a transaction of the migration takes.
func oldStore(t *testing.T, path string, seal Sealer) {
	t.Helper()
	old, err := open(path, seal, Options{}, migrations()[:3])
	must(t, err)
	noon := time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)
	must(t, old.update(t.Context(), "writing old runs", func(tx *bbolt.Tx) error {
		for n := range 3 {
			e := export.Exporter{ID: export.ID(fmt.Sprint("exp_", n)), Name: fmt.Sprint("x", n), NextAt: noon,
				Companies: []export.RealmID{"9130"}}
			if err := put(tx, bucketExporters, string(e.ID), e); err != nil {
				return err
			}
			for i := range indexBatch/3 + 200 {
				id := export.ID(fmt.Sprintf("run_%d_%05d", n, i))
				r := export.Run{ID: id, Exporter: e, Status: export.RunSucceeded, QueuedAt: noon, FinishedAt: noon}
				if i == 0 {
					r.Status, r.FinishedAt = export.RunQueued, time.Time{}
					if err := tx.Bucket([]byte(bucketQueue)).Put([]byte(id), []byte(e.ID)); err != nil {
						return err
					}
				}
				if err := put(tx, bucketRuns, string(id), r); err != nil {
					return err
				}
				if err := tx.Bucket([]byte(bucketRunsByExporter)).Put(indexKey(e.ID, id), nil); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	must(t, old.Close())
}

// TestMigrationStopsAtEachWrite fills the disk at each write of a migration, which is also where a kill can leave it:
// nothing that was begun is on disk then. The error says what it is, and the next start migrates the store whole.
func TestMigrationStopsAtEachWrite(t *testing.T) {
	t.Parallel()
	seal := newVault(t)
	original := filepath.Join(t.TempDir(), "ledgersheet.db")
	oldStore(t, original, seal)
	was, err := os.ReadFile(original)
	must(t, err)
	stride := 1
	if testing.Short() {
		stride = 4
	}
	for writes := 0; ; writes += stride {
		dir := t.TempDir()
		path, left := filepath.Join(dir, "ledgersheet.db"), writes
		must(t, os.WriteFile(path, was, 0o600))
		must(t, os.WriteFile(path+".1234"+Partial, was[:5000], 0o600)) // of an earlier kill
		s, err := Open(path, seal, Options{Disk: func() error {
			if left--; left < 0 {
				return fmt.Errorf("write: %w", syscall.ENOSPC)
			}
			return nil
		}})
		if err == nil {
			must(t, s.Close())
			t.Logf("the migration makes %d writes", writes)
			if writes < 8 {
				t.Errorf("only %d writes were seen", writes)
			}
			return
		}
		if !export.DiskTrouble(err) || errors.Is(err, ErrDamaged) {
			t.Fatalf("full at write %d: %v", writes+1, err)
		}
		s = openAt(t, path, seal)
		must(t, s.db.View(compareIndexes))
		has, err := Verify(t.Context(), path, seal)
		if n := has.Runs; err != nil || n != 3*(indexBatch/3+200) {
			t.Errorf("full at write %d: %d runs afterwards, %v", writes+1, has.Runs, err)
		}
		if q, r, err := s.CountActive(t.Context()); q != 3 || r != 0 || err != nil {
			t.Errorf("full at write %d: %d queued, %d running, %v", writes+1, q, r, err)
		}
		must(t, s.Close())
		names, err := filepath.Glob(path + ".*" + Partial)
		must(t, err)
		if _, kept := os.Stat(path + ".v3.bak"); kept != nil || len(names) > 0 {
			t.Errorf("full at write %d: %v, files left: %v", writes+1, kept, names)
		}
	}
}

// dueRun queues a run for its due time, and says when the next one is.
func dueRun(r export.Run, next time.Time) export.DueRun {
	return export.DueRun{Run: r, Until: next, Next: next}
}
