package boltstore

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

func TestWorthShrinking(t *testing.T) {
	t.Parallel()
	const mb = 1 << 20
	for _, test := range []struct {
		size, free int64
		want       bool
	}{
		{10 * mb, 9 * mb, false}, {100 * mb, 40 * mb, false}, {100 * mb, 60 * mb, true},
		{3000 * mb, 2900 * mb, true}, {3000 * mb, 2000 * mb, false},
	} {
		if got := worthShrinking(test.size, test.free); got != test.want {
			t.Errorf("%d MB with %d MB free: %t", test.size/mb, test.free/mb, got)
		}
	}
}

// A store from which most was pruned becomes small again and loses nothing.
func TestShrink(t *testing.T) {
	t.Parallel()
	path, seal, ctx := filepath.Join(t.TempDir(), "ledgersheet.db"), newVault(t), t.Context()
	s := openAt(t, path, seal)
	fill(t, s)
	fillScale(t, s, scale{exporters: 20, companies: 5, runs: 1500}, noon)
	if _, err := s.PruneRuns(ctx, noon.AddDate(1, 0, 0), 3); err != nil {
		t.Fatal(err)
	}
	must(t, s.Close())
	must(t, os.WriteFile(path+".shrunk", []byte("half a copy"), 0o600))
	before, err := os.Stat(path)
	must(t, err)

	db, err := openFile(path, time.Second)
	must(t, err)
	always := func(size, free int64) bool { return free > size/2 }
	db, err = shrink(db, path, time.Second, always)
	must(t, err)
	must(t, db.View(compareIndexes))
	must(t, db.Close())
	after, err := os.Stat(path)
	must(t, err)
	if after.Size() > before.Size()/3 || after.Mode().Perm() != 0o600 {
		t.Errorf("from %d to %d bytes, mode %v", before.Size(), after.Size(), after.Mode())
	}
	s = openAt(t, path, seal)
	must(t, s.Check(ctx))
	wantFilled(t, s)
	if left, _ := filepath.Glob(path + "?*"); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
	// New entries of the audit log still come last.
	must(t, s.Audit(ctx, export.AuditEntry{At: noon.AddDate(0, 0, 1), Action: "after"}))
	entries, err := s.AuditEntries(ctx, 1)
	must(t, err)
	if len(entries) != 1 || entries[0].Action != "after" {
		t.Errorf("the newest entry is %v", entries)
	}
}

// A store that cannot be copied is opened as it is.
func TestShrinkFails(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledgersheet.db")
	s := openAt(t, path, newVault(t))
	fill(t, s)
	must(t, s.Close())
	must(t, os.MkdirAll(filepath.Join(path+".shrunk", "x"), 0o700)) // nothing can be written there
	db, err := openFile(path, time.Second)
	must(t, err)
	db, err = shrink(db, path, time.Second, func(int64, int64) bool { return true })
	must(t, err)
	err = db.View(func(tx *bbolt.Tx) error {
		if !has(tx, bucketCompanies, "1") {
			return errors.New("the store is empty")
		}
		return nil
	})
	must(t, errors.Join(err, db.Close()))
}
