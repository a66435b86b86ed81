package pipeline

import (
	"context"
	"encoding/json"
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

// traces are what writes have left in the sheet.
type traces struct {
	Run   export.ID `json:"run"` // the last that is known to have written; empty if that is not known
	Trace []byte    `json:"trace"`
	// NextRun was about to write and has not said that it did.
	NextRun export.ID `json:"next_run,omitempty"`
	Next    []byte    `json:"next,omitempty"`
}

// tracesKey returns the key under which the traces of what a job writes are stored. No company's id looks like it.
func (j *job) tracesKey() string { return j.ownMarks() + "traces" }

// ownMarks returns the common prefix of the keys of what is known about the rows that a job writes: the exporter's, or
// those of its tab.
func (j *job) ownMarks() string {
	prefix := export.MarkPrefix(j.exporter.ID)
	if j.tab != nil {
		prefix += string(j.owner()) + "/"
	}
	return prefix
}

// bareTraceKey returns the key under which earlier versions stored the trace of the last write, without its run.
func bareTraceKey(id export.ID) string { return export.MarkPrefix(id) + "trace" }

func (j *job) putTraces(ctx context.Context, t traces) error {
	data, err := json.Marshal(t)
	if err != nil {
		return fmt.Errorf("encoding what was written: %w", err)
	}
	return j.putMark(ctx, j.tracesKey(), data)
}

// readTraces returns what the last writes left. It is zero if there were none or the exporter is not saved.
func (j *job) readTraces(ctx context.Context) (t traces, err error) {
	id := j.exporter.ID
	if id == "" {
		return t, nil
	}
	data, err := j.o.Store.Mark(ctx, j.tracesKey())
	if errors.Is(err, export.ErrNotFound) && j.tab != nil {
		return traces{}, nil
	}
	if errors.Is(err, export.ErrNotFound) {
		if t.Trace, err = j.o.Store.Mark(ctx, bareTraceKey(id)); errors.Is(err, export.ErrNotFound) {
			return traces{}, nil
		}
	} else if err == nil {
		err = json.Unmarshal(data, &t)
	}
	if err != nil {
		return traces{}, fmt.Errorf("reading what was written last: %w", err)
	}
	return t, nil
}
