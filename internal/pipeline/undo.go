package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// before is what was known before a run wrote. Undoing the run makes it known again: then people's earlier edits are
// still edits, and what an append wrote may be appended once more.
type before struct {
	Run   export.ID `json:"run"`
	Seq   int       `json:"seq"` // a larger one is younger
	Trace []byte    `json:"trace"`
	// TraceAt is where a large trace is stored. It is read only where it is needed.
	TraceAt *apart                    `json:"trace_at,omitempty"`
	States  map[export.RealmID][]byte `json:"states,omitempty"` // how far the companies were read
}

// sameTrace reports whether the same was known.
func (b before) sameTrace(c before) bool {
	if b.TraceAt != nil && c.TraceAt != nil {
		return bytes.Equal(b.TraceAt.Sum, c.TraceAt.Sum)
	}
	return b.TraceAt == c.TraceAt && bytes.Equal(b.Trace, c.Trace)
}

// keptBefores is how many of them are kept: one more than export.MostUndos, because one is stored before it is known
// that its run will write.
const keptBefores = export.MostUndos + 1

func (j *job) beforeKey(n int) string { return fmt.Sprintf("%sbefore/%d", j.ownMarks(), n) }

// readBefores returns what is kept, by its place.
func (j *job) readBefores(ctx context.Context) ([keptBefores]before, error) {
	var list [keptBefores]before
	for n := range list {
		data, err := j.o.Store.Mark(ctx, j.beforeKey(n))
		if errors.Is(err, export.ErrNotFound) {
			continue
		}
		if err == nil {
			err = json.Unmarshal(data, &list[n])
		}
		if err != nil {
			return list, fmt.Errorf("reading what was known before earlier runs: %w", err)
		}
	}
	return list, nil
}

// findBefore returns what was known before a run wrote; nil if that is not kept.
func (j *job) findBefore(ctx context.Context, run export.ID) (*before, error) {
	list, err := j.readBefores(ctx)
	for n := range list {
		if err == nil && list[n].Run == run {
			b := &list[n]
			b.Trace, err = j.readTrace(ctx, b.Trace, b.TraceAt)
			return b, err
		}
	}
	return nil, err
}

// putPlanned stores what the run is about to leave, and what was known before.
func (j *job) putPlanned(ctx context.Context, p export.Planned) error {
	t := traces{Run: p.BeforeRun, Trace: p.Before, NextRun: j.run, Next: p.Trace}
	if j.undoes != "" {
		known, err := j.findBefore(ctx, j.undoes)
		if err != nil {
			return err
		}
		if known != nil {
			t.Next = known.Trace
		}
	}
	if err := errors.Join(j.putTraces(ctx, t), j.forgetStill(ctx)); err != nil {
		return err
	}
	if j.undoable = p.Undoable; !j.undoable {
		return nil
	}
	return j.putBefore(ctx, p.Before)
}

// putBefore stores what was known before this run. An earlier try of it may have written already: what it stored stays.
func (j *job) putBefore(ctx context.Context, trace []byte) error {
	list, err := j.readBefores(ctx)
	if err != nil {
		return err
	}
	oldest, seq := 0, 0
	for n, b := range list {
		if b.Run == j.run {
			return nil
		}
		if b.Seq < list[oldest].Seq {
			oldest = n
		}
		seq = max(seq, b.Seq)
	}
	b := before{Run: j.run, Seq: seq + 1, States: map[export.RealmID][]byte{}}
	used, err := j.usedPlaces(ctx)
	if err != nil {
		return err
	}
	if b.Trace, b.TraceAt, err = j.putTrace(ctx, trace, used); err != nil {
		return err
	}
	for _, realm := range j.realms() {
		state, err := j.o.Store.Mark(ctx, export.MarkKey(j.exporter.ID, realm))
		if err != nil && !errors.Is(err, export.ErrNotFound) {
			return fmt.Errorf("reading how far the exporter has come: %w", err)
		}
		b.States[realm] = state
	}
	data, err := json.Marshal(b)
	if err != nil {
		return fmt.Errorf("encoding what was known: %w", err)
	}
	return j.putMark(ctx, j.beforeKey(oldest), data)
}

// undo has what stood before another run put back. It asks QuickBooks nothing.
func (j *job) undo(ctx context.Context) error {
	account, err := j.findAccount(ctx, j.exporter.Target)
	if err != nil {
		return err
	}
	if j.exporter.IsSplit() {
		return j.undoShares(ctx, account)
	}
	w, err := j.newRequest(ctx, gathered{})
	if err != nil {
		return err
	}
	return j.put(ctx, w, account, func(res export.WriteResult) error { return j.forget(ctx, res) })
}

// forget makes what was known before the undone run what is known.
func (j *job) forget(ctx context.Context, res export.WriteResult) error {
	known, err := j.findBefore(ctx, j.undoes)
	if err != nil {
		return err
	}
	t := traces{Run: res.TraceRun, Trace: res.Trace}
	if known != nil {
		t.Trace = known.Trace
		for realm, state := range known.States {
			if err := j.putMark(ctx, export.MarkKey(j.exporter.ID, realm), state); err != nil {
				return err
			}
		}
	}
	return j.putTraces(ctx, t)
}

// keepEdits stores, of a run that stopped because people had edited the rows, what they edited.
func (j *job) keepEdits(ctx context.Context, set *change.Set, err error) {
	if stoppedForEdits(j.exporter, set, err) {
		j.keepDifference(ctx, &change.Set{Rows: set.Rows, Edited: set.Edited, Edits: set.Edits, Complete: true})
		j.report(func(run *export.Run) { run.HandEdits = set.Edited })
	}
}

// stoppedForEdits reports whether a write stopped because people had edited the rows.
func stoppedForEdits(e export.Exporter, set *change.Set, err error) bool {
	return set != nil && set.Edited > 0 && e.OnHandEdit == export.StopOnHandEdit &&
		problem.HasCode(err, problem.SheetConflict)
}
