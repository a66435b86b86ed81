package pipeline

import (
	"context"
	"errors"
	"fmt"

	"ledgersheet/internal/export"
)

// readState returns what the last run whose rows reached the sheet left for this one. It is nil if there is none, such
// as for an exporter that is not saved yet.
func (r *Runner) readState(
	ctx context.Context, d export.Definition, id export.ID, realm export.RealmID,
) ([]byte, error) {
	if _, keeps := d.(export.ChangeLog); !keeps || id == "" {
		return nil, nil
	}
	data, err := r.o.Store.Mark(ctx, export.MarkKey(id, realm))
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		return nil, fmt.Errorf("reading how far the exporter has come: %w", err)
	}
	if len(data) == 0 { // nothing had been read before a run that was undone
		return nil, nil
	}
	return data, nil
}

// putMarks stores what the next run needs. It must come after the write: a run that dies in between is then repeated
// with the same rows, whereas in the other order they would be lost.
func (j *job) putMarks(ctx context.Context, parts []part, res export.WriteResult) error {
	if res.Trace != nil {
		if err := j.putTraces(ctx, traces{Run: res.TraceRun, Trace: res.Trace}); err != nil {
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

// putMark stores a mark, unless the exporter and its marks were deleted during the run.
func (j *job) putMark(ctx context.Context, key string, data []byte) error {
	if _, err := j.o.Store.Exporter(ctx, j.exporter.ID); errors.Is(err, export.ErrNotFound) {
		return nil
	}
	if err := j.o.Store.PutMark(ctx, key, data); err != nil {
		return fmt.Errorf("storing how far the exporter has come: %w", err)
	}
	return nil
}
