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

// Exporters implements export.ExporterStore: by name, not minding case, then by id.
func (s *Store) Exporters(ctx context.Context) (all []export.Exporter, err error) {
	err = s.view(ctx, "listing exporters", func(tx *bbolt.Tx) error {
		all, err = list[export.Exporter](tx, bucketExporters)
		return err
	})
	slices.SortStableFunc(all, func(a, b export.Exporter) int { return compareNames(a.Name, b.Name) })
	return all, err
}

// UpdateExporter implements export.ExporterStore.
func (s *Store) UpdateExporter(ctx context.Context, id export.ID, apply func(*export.Exporter) error) (e export.Exporter, err error) {
	err = s.update(ctx, "changing exporter", func(tx *bbolt.Tx) error {
		e, err = change(tx, bucketExporters, string(id), apply, func(e export.Exporter) string { return string(e.ID) })
		return err
	})
	if err != nil {
		return export.Exporter{}, err
	}
	return e, nil
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
