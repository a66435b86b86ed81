package boltstore

import (
	"context"
	"reflect"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// History implements export.ExporterStore.
func (s *Store) History(ctx context.Context, id export.ID) (h export.History, err error) {
	err = s.view(ctx, "reading history of exporter", func(tx *bbolt.Tx) error {
		h, err = historyOf(tx, id)
		return err
	})
	return h, err
}

func historyOf(tx *bbolt.Tx, exporter export.ID) (export.History, error) {
	if !has(tx, bucketHistories, string(exporter)) {
		return export.History{}, nil
	}
	return get[export.History](tx, bucketHistories, string(exporter))
}

// noteRun keeps the history of the run's exporter in step with a run that was just written. before is the head that the
// run had until then; nil for a new run.
func noteRun(tx *bbolt.Tx, r export.Run, before *head) error {
	old, err := historyOf(tx, r.Exporter.ID)
	if err != nil {
		return err
	}
	h := old
	h.Recent = append([]export.Brief(nil), old.Recent...)
	if before == nil {
		h.Runs++
	} else {
		h.Days = h.Days.Count(before.ending(), -1)
	}
	h.Days = h.Days.Count(r.Ending(), 1)
	if !h.Note(r) {
		days := h.Days
		if h, err = rebuildHistory(tx, r.Exporter.ID); err != nil {
			return err
		}
		h.Days = days
	}
	if r.Brief().Success() && (before == nil || !before.Status.Over()) {
		if err := noteMoves(tx, old.Last, r); err != nil {
			return err
		}
	}
	if reflect.DeepEqual(h, old) { // as at most reports of progress
		return nil
	}
	return putHistory(tx, r.Exporter.ID, h)
}

// putHistory writes an exporter's history, and its head if it has changed thereby.
func putHistory(tx *bbolt.Tx, id export.ID, h export.History) error {
	if h.Runs == 0 {
		if err := drop(tx, bucketHistories, string(id)); err != nil {
			return err
		}
	} else if err := put(tx, bucketHistories, string(id), h); err != nil {
		return err
	}
	if !has(tx, bucketExporters, string(id)) {
		return nil
	}
	e, err := get[export.Exporter](tx, bucketExporters, string(id))
	if err != nil {
		return err
	}
	return putHead(tx, e.Head(h))
}

// rebuildHistory reads the history anew from the runs, but for its days. It costs about as much as reading twenty runs,
// unless none of the exporter's runs was a success.
func rebuildHistory(tx *bbolt.Tx, exporter export.ID) (h export.History, err error) {
	for id := range newestFirst(tx, export.RunFilter{Exporter: exporter}) {
		h.Runs++
		if h.Runs > export.MostRecent {
			if h.Last != nil {
				continue // only counted
			}
			head, err := get[head](tx, bucketRunHeads, id)
			if err != nil {
				return h, err
			}
			if !head.run().Brief().Success() {
				continue
			}
		}
		r, err := get[export.Run](tx, bucketRuns, id)
		if err != nil {
			return h, err
		}
		if !h.Note(r) {
			return h, errCompact // cannot be: the runs come newest first
		}
	}
	return h, nil
}
