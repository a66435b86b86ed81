package boltstore

import (
	"context"
	"fmt"
	"slices"

	"go.etcd.io/bbolt"

	"ledgersheet/internal/export"
)

// CreateExporter implements export.ExporterStore.
func (s *Store) CreateExporter(ctx context.Context, e export.Exporter) error {
	return s.update(ctx, "creating exporter", func(tx *bbolt.Tx) error {
		if has(tx, bucketExporters, string(e.ID)) {
			return fmt.Errorf("%s/%s: %w", bucketExporters, e.ID, export.ErrExists)
		}
		return put(tx, bucketExporters, string(e.ID), e)
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

// Exporters implements export.ExporterStore: by name, case-insensitively, then by id.
func (s *Store) Exporters(ctx context.Context, f export.ExporterFilter) (all []export.Exporter, err error) {
	err = s.view(ctx, "listing exporters", func(tx *bbolt.Tx) error {
		all, err = list[export.Exporter](tx, bucketExporters)
		return err
	})
	all = slices.DeleteFunc(all, func(e export.Exporter) bool { return !f.Matches(e) })
	slices.SortStableFunc(all, func(a, b export.Exporter) int { return compareNames(a.Name, b.Name) })
	return all, err
}

// UpdateExporter implements export.ExporterStore.
func (s *Store) UpdateExporter(
	ctx context.Context, id export.ID, apply func(*export.Exporter) error,
) (e export.Exporter, err error) {
	err = s.update(ctx, "changing exporter", func(tx *bbolt.Tx) error {
		e, err = change(tx, bucketExporters, string(id), apply, func(e export.Exporter) string { return string(e.ID) })
		if err != nil {
			return err
		}
		return refreshQueued(tx, e)
	})
	if err != nil {
		return export.Exporter{}, err
	}
	return e, nil
}

func putExporter(tx *bbolt.Tx, e export.Exporter) error {
	if err := put(tx, bucketExporters, string(e.ID), e); err != nil {
		return err
	}
	return refreshQueued(tx, e)
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
		if err := remove(tx, bucketExporters, string(id)); err != nil {
			return err
		}
		return dropMarks(tx, export.MarkPrefix(id))
	})
}
