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
func (j *job) mark(ctx context.Context, parts []part) error {
	for _, p := range parts {
		if p.outcome.State == nil {
			continue
		}
		if _, err := j.o.Store.Exporter(ctx, j.exporter.ID); errors.Is(err, export.ErrNotFound) {
			return nil // deleted during its run, and its marks with it
		}
		if err := j.o.Store.PutMark(ctx, export.MarkKey(j.exporter.ID, p.company.Realm), p.outcome.State); err != nil {
			return fmt.Errorf("storing how far the exporter has come: %w", err)
		}
	}
	return nil
}
