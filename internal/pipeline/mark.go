package pipeline

import (
	"context"
	"errors"
	"fmt"

	"ledgersheet/internal/export"
)

// state is what the last run whose rows reached the sheet left for this one; nil when there is none, as for an exporter
// that is not saved yet.
func (r *Runner) state(ctx context.Context, d export.Definition, id export.ID, realm export.RealmID) ([]byte, error) {
	if _, keeps := d.(export.ChangeLog); !keeps || id == "" {
		return nil, nil
	}
	data, err := r.o.Store.Mark(ctx, export.MarkKey(id, realm))
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		return nil, fmt.Errorf("reading how far the exporter has come: %w", err)
	}
	return data, nil
}

// mark keeps what the next run needs. It comes after the sheet: a run that dies in between is repeated with the same
// rows, while the other way round they would be lost.
func (j *job) mark(ctx context.Context, parts []part, trace []byte) error {
	if trace != nil {
		if err := j.putMark(ctx, traceKey(j.exporter.ID), trace); err != nil {
			return err
		}
	}
	for _, p := range parts {
		if p.outcome.State == nil {
			continue
		}
		if err := j.putMark(ctx, export.MarkKey(j.exporter.ID, p.company.Realm), p.outcome.State); err != nil {
			return err
		}
	}
	return nil
}

// putMark stores a mark, unless the exporter was deleted during its run, and its marks with it.
func (j *job) putMark(ctx context.Context, key string, data []byte) error {
	if _, err := j.o.Store.Exporter(ctx, j.exporter.ID); errors.Is(err, export.ErrNotFound) {
		return nil
	}
	if err := j.o.Store.PutMark(ctx, key, data); err != nil {
		return fmt.Errorf("storing how far the exporter has come: %w", err)
	}
	return nil
}

// traceKey is where the trace of an exporter's last write is kept; no company's id is like it.
func traceKey(id export.ID) string { return export.MarkPrefix(id) + "trace" }

// trace is what the last write left; nil when there was none, or when the exporter is not saved.
func (r *Runner) trace(ctx context.Context, id export.ID) ([]byte, error) {
	if id == "" {
		return nil, nil
	}
	data, err := r.o.Store.Mark(ctx, traceKey(id))
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		return nil, fmt.Errorf("reading what was written last: %w", err)
	}
	return data, nil
}
