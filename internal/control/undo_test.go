package control_test

import (
	"testing"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// changing has the exporter run with a change that can be undone.
func (b *bench) changing(e export.Exporter) export.ID {
	b.t.Helper()
	return b.ended(e, func(r *export.Run) { r.Undoable = true })
}

func (b *bench) ended(e export.Exporter, change func(*export.Run)) export.ID {
	b.t.Helper()
	b.now = b.now.Add(time.Minute)
	r, joined, err := b.RunNow(b.ctx, e.ID)
	must(b.t, err)
	if joined {
		b.t.Fatal("a run is under way")
	}
	_, err = b.store.UpdateRun(b.ctx, r.ID, func(r *export.Run) error {
		r.Status = export.RunSucceeded
		change(r)
		return nil
	})
	must(b.t, err)
	return r.ID
}

func TestUndoRun(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(b.input(alder))
	same := func(r *export.Run) { r.Unchanged = true }
	runs := []export.ID{b.changing(e), b.changing(e)}
	b.ended(e, same)
	runs = append(runs, b.changing(e))
	for range 210 {
		b.ended(e, same)
	}
	lost := b.ended(e, func(*export.Run) {})
	failed := b.ended(e, func(r *export.Run) { r.Status = export.RunFailed })
	for id, why := range map[export.ID]string{
		runs[0]: "it is too old", lost: "nothing is kept", failed: "it failed", b.ended(e, same): "it changed nothing",
	} {
		if _, err := b.UndoRun(b.ctx, id); !problem.HasCode(err, problem.Conflict) {
			t.Errorf("although %s: %v", why, err)
		}
	}
	u, err := b.UndoOf(b.ctx, runs[1])
	must(t, err)
	if u.Later != 2 || u.Exporter.ID != e.ID {
		t.Errorf("it would undo %+v", u)
	}
	run, err := b.UndoRun(b.ctx, runs[2])
	must(t, err)
	if run.Trigger != export.TriggerUndo || run.Undoes != runs[2] || run.Status != export.RunQueued ||
		run.By != "ann@example.com" {
		t.Errorf("the undo is %+v", run)
	}
	again, err := b.UndoRun(b.ctx, runs[2])
	must(t, err)
	if again.ID != run.ID {
		t.Error("undoing twice makes two runs")
	}
	if _, err := b.UndoRun(b.ctx, runs[1]); !problem.HasCode(err, problem.Conflict) {
		t.Errorf("another undo is under way: %v", err)
	}
	_, err = b.CancelRun(b.ctx, run.ID)
	must(t, err)
	_, _, err = b.RunNow(b.ctx, e.ID)
	must(t, err)
	if _, err := b.UndoRun(b.ctx, runs[2]); !problem.HasCode(err, problem.Conflict) {
		t.Errorf("a run is under way: %v", err)
	}
	moved := b.input(alder)
	moved.Target.Start = "C7"
	_, err = b.UpdateExporter(b.ctx, e.ID, moved, 0)
	must(t, err)
	if _, err := b.UndoOf(b.ctx, runs[2]); !problem.HasCode(err, problem.Conflict) {
		t.Errorf("it writes elsewhere: %v", err)
	}
	must(t, b.DeleteExporter(b.ctx, e.ID))
	if _, err := b.UndoRun(b.ctx, runs[2]); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("of a deleted exporter: %v", err)
	}
	if _, err := b.system.As(person(access.Viewer)).UndoRun(b.ctx, runs[2]); !problem.HasCode(err, problem.Forbidden) {
		t.Errorf("by somebody who only looks: %v", err)
	}
}
