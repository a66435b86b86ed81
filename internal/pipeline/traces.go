package pipeline

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"ledgersheet/internal/export"
)

// traces are what writes have left in the sheet.
type traces struct {
	Run   export.ID // the last that is known to have written; empty if that is not known
	Trace []byte
	// NextRun was about to write and has not said that it did.
	NextRun export.ID
	Next    []byte
}

// storedTraces is how traces are stored: large ones apart, so that what says whose they are can be rewritten at once.
type storedTraces struct {
	Run     export.ID `json:"run"`
	Trace   []byte    `json:"trace"`
	TraceAt *apart    `json:"trace_at,omitempty"`
	NextRun export.ID `json:"next_run,omitempty"`
	Next    []byte    `json:"next,omitempty"`
	NextAt  *apart    `json:"next_at,omitempty"`
}

// apart says where a trace is that is stored by itself. There are as many places as are in use at a time, and one may
// hold a younger trace than the one that is meant, which the sum tells.
type apart struct {
	Place int    `json:"place"`
	Sum   []byte `json:"sum"`
}

// inline is how large a trace may be that stands where it belongs.
const inline = 16 << 10

// tracesKey returns the key under which the traces of what a job writes are stored. No company's id looks like it.
func (j *job) tracesKey() string { return j.ownMarks() + "traces" }

func (j *job) apartKey(place int) string { return fmt.Sprintf("%strace/%d", j.ownMarks(), place) }

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

// putTraces stores traces. A large one that is stored already is not stored again.
func (j *job) putTraces(ctx context.Context, t traces) (err error) {
	s := storedTraces{Run: t.Run, NextRun: t.NextRun}
	used, err := j.usedPlaces(ctx)
	if err != nil {
		return err
	}
	if s.Trace, s.TraceAt, err = j.putTrace(ctx, t.Trace, used); err != nil {
		return err
	}
	if s.TraceAt != nil {
		used = append(used, *s.TraceAt)
	}
	if s.Next, s.NextAt, err = j.putTrace(ctx, t.Next, used); err != nil {
		return err
	}
	data, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("encoding what was written: %w", err)
	}
	return j.putMark(ctx, j.tracesKey(), data)
}

// usedPlaces lists what is stored apart and still needed.
func (j *job) usedPlaces(ctx context.Context) (used []apart, err error) {
	s, _, err := j.readStored(ctx)
	if err != nil {
		return nil, err
	}
	list, err := j.readBefores(ctx)
	if err != nil {
		return nil, err
	}
	refs := []*apart{s.TraceAt, s.NextAt}
	for _, b := range list {
		refs = append(refs, b.TraceAt)
	}
	for _, ref := range refs {
		if ref != nil {
			used = append(used, *ref)
		}
	}
	return used, nil
}

// putTrace stores a trace apart if it is large, in a place that is not used. Otherwise it returns it.
func (j *job) putTrace(ctx context.Context, trace []byte, used []apart) ([]byte, *apart, error) {
	if len(trace) <= inline {
		return trace, nil, nil
	}
	hash := sha256.Sum256(trace)
	at := apart{Sum: hash[:16]}
	taken := map[int]bool{}
	for _, u := range used {
		if bytes.Equal(u.Sum, at.Sum) {
			return nil, &u, nil
		}
		taken[u.Place] = true
	}
	for taken[at.Place] {
		at.Place++
	}
	return nil, &at, j.putMark(ctx, j.apartKey(at.Place), trace)
}

// readTrace returns a trace that may be stored apart. It is nil if that was replaced by another, so that what was
// written is not known.
func (j *job) readTrace(ctx context.Context, trace []byte, at *apart) ([]byte, error) {
	if at == nil {
		return trace, nil
	}
	trace, err := j.o.Store.Mark(ctx, j.apartKey(at.Place))
	if errors.Is(err, export.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what was written: %w", err)
	}
	if hash := sha256.Sum256(trace); !bytes.Equal(hash[:16], at.Sum) {
		return nil, nil
	}
	return trace, nil
}

// readStored returns what is stored under tracesKey, if there is anything.
func (j *job) readStored(ctx context.Context) (s storedTraces, there bool, err error) {
	data, err := j.o.Store.Mark(ctx, j.tracesKey())
	if errors.Is(err, export.ErrNotFound) {
		return s, false, nil
	}
	if err == nil {
		err = json.Unmarshal(data, &s)
	}
	if err != nil {
		return s, false, fmt.Errorf("reading what was written last: %w", err)
	}
	return s, true, nil
}

// readTraces returns what the last writes left. It is zero if there were none or the exporter is not saved.
func (j *job) readTraces(ctx context.Context) (t traces, err error) {
	id := j.exporter.ID
	if id == "" {
		return t, nil
	}
	s, there, err := j.readStored(ctx)
	if err != nil {
		return t, err
	}
	t.Run, t.NextRun = s.Run, s.NextRun
	if t.Trace, err = j.readTrace(ctx, s.Trace, s.TraceAt); err != nil {
		return t, err
	}
	if t.Next, err = j.readTrace(ctx, s.Next, s.NextAt); err != nil || there || j.tab != nil {
		return t, err
	}
	if t.Trace, err = j.o.Store.Mark(ctx, bareTraceKey(id)); err != nil && !errors.Is(err, export.ErrNotFound) {
		return t, fmt.Errorf("reading what was written last: %w", err)
	}
	return t, nil
}
