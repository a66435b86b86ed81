package boltstore

import (
	"context"
	"fmt"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// CreateExporter implements export.ExporterStore.
func (s *Store) CreateExporter(ctx context.Context, e export.Exporter) error {
	return s.CreateExporters(ctx, []export.Exporter{e})
}

// CreateExporters implements export.ExporterStore.
func (s *Store) CreateExporters(ctx context.Context, all []export.Exporter) error {
	return s.share(ctx, "creating exporters", func(tx *bbolt.Tx) error {
		for _, e := range all { // share goes on after a refusal, so nothing may have been stored by then
			if has(tx, bucketExporters, string(e.ID)) {
				return refused(fmt.Errorf("%s/%s: %w", bucketExporters, e.ID, export.ErrExists))
			}
		}
		for _, e := range all {
			if err := putExporter(tx, e); err != nil {
				return err
			}
		}
		return nil
	})
}

// Exporter implements export.ExporterStore.
func (s *Store) Exporter(ctx context.Context, id export.ID) (e export.Exporter, err error) {
	err = s.view(ctx, "reading exporter", func(tx *bbolt.Tx) error {
		e, err = get[export.Exporter](tx, bucketExporters, string(id))
		return err
	})
	return e, err
}

// UpdateExporter implements export.ExporterStore.
func (s *Store) UpdateExporter(
	ctx context.Context, id export.ID, apply func(*export.Exporter) error,
) (e export.Exporter, err error) {
	err = s.share(ctx, "changing exporter", func(tx *bbolt.Tx) error {
		if e, err = get[export.Exporter](tx, bucketExporters, string(id)); err != nil {
			return refused(err)
		}
		if err := apply(&e); err != nil {
			return refused(err)
		}
		if e.ID != id {
			return refused(fmt.Errorf("changing %s/%s: its key must stay as it is", bucketExporters, id))
		}
		e.SettleChain() // for the caller, who gets it back
		if err := refuseCycle(tx, e); err != nil {
			return err
		}
		return putExporter(tx, e)
	})
	if err != nil {
		return export.Exporter{}, err
	}
	return e, nil
}

// refreshQueued updates the copy of the exporter in its queued run.
func refreshQueued(tx *bbolt.Tx, e export.Exporter) error {
	id := activeRun(tx, e.ID)
	if id == "" {
		return nil
	}
	r, err := get[export.Run](tx, bucketRuns, id)
	if err != nil || r.Status != export.RunQueued {
		return err
	}
	r.Exporter = e
	return putRun(tx, r)
}

// DeleteExporter implements export.ExporterStore.
func (s *Store) DeleteExporter(ctx context.Context, id export.ID) error {
	return s.update(ctx, "deleting exporter", func(tx *bbolt.Tx) error {
		if err := deleteExporter(tx, id); err != nil {
			return err
		}
		return dropMarks(tx, export.MarkPrefix(id))
	})
}
