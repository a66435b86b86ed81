package boltstore

import (
	"context"
	"time"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// pruneBatch limits how many runs one transaction deletes, so that other writers get a turn.
const pruneBatch = 200

// PruneRuns implements export.RunStore. It looks only at exporters with more runs than are kept, and deletes in small
// transactions, so that the service goes on meanwhile.
func (s *Store) PruneRuns(ctx context.Context, before time.Time, keep int) (deleted int, err error) {
	var exporter export.ID
	for {
		var doomed []export.ID
		err := s.view(ctx, "searching history", func(tx *bbolt.Tx) error {
			for len(doomed) == 0 {
				var runs int
				if exporter, runs, err = nextHistory(tx, exporter); err != nil || exporter == "" {
					return err
				}
				if doomed, err = prunable(tx, exporter, before, runs-keep); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil || exporter == "" {
			return deleted, err
		}
		for len(doomed) > 0 {
			batch := doomed[:min(len(doomed), pruneBatch)]
			doomed = doomed[len(batch):]
			// Runs that are over stay over, so what was found before still holds.
			err := s.update(ctx, "pruning history", func(tx *bbolt.Tx) error { return dropRuns(tx, exporter, batch) })
			if err != nil {
				return deleted, err
			}
			deleted += len(batch)
		}
	}
}

// nextHistory returns the exporter after the given one that has a history, and how many runs it has; "" after the last.
func nextHistory(tx *bbolt.Tx, after export.ID) (export.ID, int, error) {
	k, _ := tx.Bucket([]byte(bucketHistories)).Cursor().Seek([]byte(after + "\x00"))
	if k == nil {
		return "", 0, nil
	}
	h, err := get[struct{ Runs int }](tx, bucketHistories, string(k))
	return export.ID(k), h.Runs, err
}

// prunable returns those of an exporter's oldest n runs that finished before a time.
func prunable(tx *bbolt.Tx, exporter export.ID, before time.Time, n int) ([]export.ID, error) {
	var found []export.ID
	prefix := indexKey(exporter, "")
	c := tx.Bucket([]byte(bucketRunsByExporter)).Cursor()
	k, _ := c.Seek(prefix)
	for ; n > 0; n-- {
		_, run := splitIndexKey(k)
		if !madeBefore(string(run), before.Add(idSlack)) && hasTime(string(run)) {
			break // it and all later ones are younger than what is looked for
		}
		h, err := get[head](tx, bucketRunHeads, string(run))
		if err != nil {
			return nil, err
		}
		if h.Status.Over() && h.FinishedAt.Before(before) {
			found = append(found, run)
		}
		k, _ = c.Next()
	}
	return found, nil
}

// dropRuns deletes runs of one exporter with all that is known of them.
func dropRuns(tx *bbolt.Tx, exporter export.ID, runs []export.ID) error {
	history, err := historyOf(tx, exporter)
	if err != nil {
		return err
	}
	named := false
	for _, run := range runs {
		h, err := get[head](tx, bucketRunHeads, string(run))
		if err != nil {
			return err
		}
		if err := dropRun(tx, run, h); err != nil {
			return err
		}
		named = named || history.Names(run)
		history.Days = history.Days.Count(h.ending(), -1)
	}
	history.Runs -= len(runs)
	if named {
		days := history.Days
		if history, err = rebuildHistory(tx, exporter); err != nil {
			return err
		}
		history.Days = days
	}
	return putHistory(tx, exporter, history)
}

func dropRun(tx *bbolt.Tx, run export.ID, h head) error {
	for _, bucket := range []string{bucketRuns, bucketRunHeads, bucketDifferences} {
		if err := drop(tx, bucket, string(run)); err != nil {
			return err
		}
	}
	if err := drop(tx, bucketDifferences, evidenceKey(run)); err != nil {
		return err
	}
	if !h.Due.IsZero() {
		if err := drop(tx, bucketRunsByDue, dueKey(h.Exporter, h.Due)); err != nil {
			return err
		}
	}
	if err := reindexRun(tx, run, &h, nil); err != nil {
		return err
	}
	return drop(tx, bucketRunsByExporter, string(indexKey(h.Exporter, run)))
}
