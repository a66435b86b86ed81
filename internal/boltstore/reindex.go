package boltstore

import (
	"fmt"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// indexBatch is how many rows one transaction of a migration indexes.
const indexBatch = 2_000

// indexRuns makes the heads of all runs and the index of their due times.
func indexRuns(db updater) error {
	if err := db.Update(makeAnew(bucketRunHeads, bucketRunsByDue)); err != nil {
		return err
	}
	return inBatches(db, bucketRuns, func(tx *bbolt.Tx, id string) error {
		r, err := get[export.Run](tx, bucketRuns, id)
		if err != nil {
			return err
		}
		if err := put(tx, bucketRunHeads, id, headOf(r)); err != nil || r.Due.IsZero() {
			return err
		}
		return putRaw(tx, bucketRunsByDue, dueKey(r.Exporter.ID, r.Due), []byte(id))
	})
}

// makeAnew returns what makes buckets that are empty. A migration that was interrupted may have left some.
func makeAnew(names ...string) func(*bbolt.Tx) error {
	return func(tx *bbolt.Tx) error {
		for _, name := range names {
			if tx.Bucket([]byte(name)) != nil {
				if err := tx.DeleteBucket([]byte(name)); err != nil {
					return fmt.Errorf("deleting bucket %s: %w", name, err)
				}
			}
			if _, err := tx.CreateBucket([]byte(name)); err != nil {
				return fmt.Errorf("creating bucket %s: %w", name, err)
			}
		}
		return nil
	}
}

// indexAll makes the indexes of schema 5 from what they index.
func indexAll(db updater) error {
	err := db.Update(makeAnew(
		bucketRunsBy, bucketActive, bucketActiveByExporter, bucketHistories, bucketExportersByName,
		bucketExportersByCompany, bucketExportersBySheet, bucketExportersByDue,
	))
	if err != nil {
		return err
	}
	for _, step := range []struct {
		bucket string
		index  func(tx *bbolt.Tx, key string) error
	}{
		{bucketRunHeads, indexRun},
		{bucketQueue, indexActive},
		{bucketExporters, indexExporter},
	} {
		if err := inBatches(db, step.bucket, step.index); err != nil {
			return err
		}
	}
	return inHistories(db)
}

// inBatches calls index for each key of a bucket that it does not change, in several transactions.
func inBatches(db updater, bucket string, index func(tx *bbolt.Tx, key string) error) error {
	after := ""
	for done := false; !done; {
		err := db.Update(func(tx *bbolt.Tx) error {
			c := tx.Bucket([]byte(bucket)).Cursor()
			k, _ := c.Seek([]byte(after))
			for range indexBatch {
				if k == nil {
					done = true
					return nil
				}
				if err := index(tx, string(k)); err != nil {
					return err
				}
				k, _ = c.Next()
			}
			after = string(k) // where the next transaction goes on
			done = k == nil
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func indexRun(tx *bbolt.Tx, id string) error {
	h, err := get[head](tx, bucketRunHeads, id)
	if err != nil {
		return err
	}
	for _, key := range h.runKeys(export.ID(id)) {
		if err := tx.Bucket([]byte(bucketRunsBy)).Put([]byte(key), nil); err != nil {
			return fmt.Errorf("writing %s: %w", bucketRunsBy, err)
		}
	}
	return nil
}

func indexActive(tx *bbolt.Tx, id string) error {
	r, err := get[export.Run](tx, bucketRuns, id)
	if err != nil {
		return err
	}
	return putActive(tx, r)
}

func indexExporter(tx *bbolt.Tx, id string) error {
	e, err := get[export.Exporter](tx, bucketExporters, id)
	if err != nil {
		return err
	}
	return relist(tx, nil, &e, export.History{})
}

// inHistories makes the histories of all exporters that have runs, those that are gone too.
func inHistories(db updater) error {
	exporter := ""
	for done := false; !done; {
		err := db.Update(func(tx *bbolt.Tx) error {
			c := tx.Bucket([]byte(bucketRunsByExporter)).Cursor()
			for range indexBatch / export.MostRecent {
				k, _ := c.Seek([]byte(exporter + "\x01"))
				if done = k == nil; done {
					return nil
				}
				e, _ := splitIndexKey(k)
				exporter = string(e)
				h, err := rebuildHistory(tx, e)
				if err != nil {
					return err
				}
				if err := putHistory(tx, e, h); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dropQueue deletes the bucket that active has replaced.
func dropQueue(tx *bbolt.Tx) error {
	if err := tx.DeleteBucket([]byte(bucketQueue)); err != nil {
		return fmt.Errorf("deleting bucket %s: %w", bucketQueue, err)
	}
	return nil
}

// reviewHeads writes the heads of all exporters anew, with what older versions did not keep in them.
func reviewHeads(db updater) error {
	return inBatches(db, bucketExporters, func(tx *bbolt.Tx, id string) error {
		e, err := get[export.Exporter](tx, bucketExporters, id)
		if err != nil {
			return err
		}
		history, err := historyOf(tx, e.ID)
		if err != nil {
			return err
		}
		return putHead(tx, e.Head(history))
	})
}
