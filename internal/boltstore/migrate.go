package boltstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"go.etcd.io/bbolt"
)

// keySchema is the key of the schema version in the bucket meta. It is decimal text rather than a row, so that every
// version of the program can read it.
const keySchema = "schema"

// migration brings a store from the previous version to its own, which is its position in the list, counted from 1.
type migration struct {
	name string
	// prepare, unless nil, does before apply what is too much for one transaction. Whatever it leaves behind when it is
	// interrupted must not disturb the previous version, nor itself when it begins anew.
	prepare func(updater) error
	apply   func(*bbolt.Tx) error
}

// updater runs write transactions.
type updater interface {
	Update(write func(*bbolt.Tx) error) error
}

// asking is an updater that asks Options.Disk before each transaction ends.
type asking struct {
	db  *bbolt.DB
	ask func() error
}

// Update implements updater.
func (a asking) Update(write func(*bbolt.Tx) error) error {
	return a.db.Update(func(tx *bbolt.Tx) error {
		if err := write(tx); err != nil {
			return err
		}
		return a.ask()
	})
}

// migrations returns the whole history of the schema. A released migration never changes.
func migrations() []migration {
	return []migration{
		{name: "make the first buckets", apply: makeBuckets(
			bucketMeta, bucketCompanies, bucketAccounts, bucketGrants, bucketFlows, bucketExporters, bucketRuns,
			bucketRunsByExporter, bucketQueue, bucketUsers, bucketUsersByEmail, bucketSessions, bucketAudit,
		)},
		{name: "make the bucket of marks", apply: makeBuckets(bucketMarks)},
		{name: "make the bucket of differences", apply: makeBuckets(bucketDifferences)},
		{name: "index the history by what it is searched by and by due time", prepare: indexRuns,
			apply: makeBuckets(bucketRunHeads, bucketRunsByDue)},
		{name: "index what lists, schedules and the queue look for", prepare: indexAll, apply: dropQueue},
		{name: "make the bucket of keys of local copies", apply: makeBuckets(bucketMirrorKeys)},
		{name: "count runs by day, and make the bucket of moves", prepare: countDays, apply: makeBuckets(bucketMoves)},
		{name: "make the ledger of due times", apply: makeBuckets(bucketDueTimes, bucketDueTimesByRun)},
		{name: "index which exporters run after which", apply: makeBuckets(bucketExportersByAfter)},
		{name: "make the buckets of calls and notices", apply: makeBuckets(bucketCalls, bucketNotices)},
		{name: "list exporters' tags, places and last successes", prepare: reviewHeads, apply: makeBuckets()},
	}
}

// makeBuckets returns what makes those of the buckets that are missing.
func makeBuckets(names ...string) func(*bbolt.Tx) error {
	return func(tx *bbolt.Tx) error {
		for _, name := range names {
			if _, err := tx.CreateBucketIfNotExists([]byte(name)); err != nil {
				return fmt.Errorf("creating bucket %s: %w", name, err)
			}
		}
		return nil
	}
}

// migrate applies the missing steps, each in its own transaction. Before it changes a store with data, it puts a copy
// of the file beside it. ask is Options.Disk. What stops it half-way leaves a store that the next Open migrates.
func migrate(db *bbolt.DB, path string, steps []migration, ask func() error) error {
	var version int
	err := db.View(func(tx *bbolt.Tx) (err error) {
		version, err = schemaOf(tx)
		return err
	})
	switch {
	case errors.Is(err, ErrForeign):
		return &OpenError{Path: path, Kind: ErrForeign}
	case err != nil:
		return &OpenError{Path: path, Kind: ErrDamaged, cause: err}
	case version > len(steps):
		return &OpenError{Path: path, Kind: ErrNewer, Found: version, Known: len(steps)}
	case version == len(steps):
		return nil
	}
	if version > 0 {
		if err := errors.Join(ForgetPartial(path), ask()); err != nil {
			return fmt.Errorf("making room for a copy of the store before it is migrated: %w", err)
		}
		if err := copyBeside(db, fmt.Sprintf("%s.v%d.bak", path, version)); err != nil {
			return fmt.Errorf("keeping a copy of the store before it is migrated: %w", err)
		}
	}
	to := asking{db, ask}
	for i, step := range steps[version:] {
		next := version + i + 1
		if step.prepare != nil {
			if err := step.prepare(to); err != nil {
				return fmt.Errorf("preparing version %d of the store (%s): %w", next, step.name, err)
			}
		}
		err := to.Update(func(tx *bbolt.Tx) error {
			if err := step.apply(tx); err != nil {
				return err
			}
			return tx.Bucket([]byte(bucketMeta)).Put([]byte(keySchema), []byte(strconv.Itoa(next)))
		})
		if err != nil {
			return fmt.Errorf("migrating store to version %d (%s): %w", next, step.name, err)
		}
	}
	return nil
}

// schemaOf reads the version. It returns 0 for an empty file and ErrForeign for one without a version of ours.
func schemaOf(tx *bbolt.Tx) (int, error) {
	meta := tx.Bucket([]byte(bucketMeta))
	if meta == nil {
		if name, _ := tx.Cursor().First(); name != nil {
			return 0, ErrForeign
		}
		return 0, nil
	}
	text := meta.Get([]byte(keySchema))
	if text == nil {
		return 0, ErrForeign
	}
	version, err := strconv.Atoi(string(text))
	if err != nil || version < 1 {
		return 0, fmt.Errorf("schema version %q is not a number", text)
	}
	return version, nil
}

// copyBeside writes a copy that is either complete or absent.
func copyBeside(db *bbolt.DB, path string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*"+Partial) // mode 0600
	if err != nil {
		return fmt.Errorf("creating copy: %w", err)
	}
	defer func() {
		if err != nil {
			_ = f.Close()
			_ = os.Remove(f.Name())
		}
	}()
	err = db.View(func(tx *bbolt.Tx) error {
		_, err := tx.WriteTo(f)
		return err
	})
	if err != nil {
		return fmt.Errorf("writing copy: %w", err)
	}
	if err := f.Sync(); err != nil {
		return fmt.Errorf("syncing copy: %w", err)
	}
	if err := f.Close(); err != nil {
		return fmt.Errorf("closing copy: %w", err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("naming copy: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}
