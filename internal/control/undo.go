package control

import (
	"context"
	"fmt"
	"slices"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
)

// Undo is what undoing a run would do, as far as that is known without looking at the sheet.
type Undo struct {
	Run      export.Run
	Exporter export.Exporter // as it is now
	Later    int             // runs that changed the sheet since, and are undone with it
	NextAt   time.Time       // when the exporter writes the present result again; zero if never by itself
}

// UndoOf tells what undoing a run would do. A run that cannot be undone is a conflict. The actor must be allowed to run
// the exporter.
func (d *Desk) UndoOf(ctx context.Context, id export.ID) (Undo, error) {
	r, err := d.runFor(ctx, access.Operate, id)
	if err != nil {
		return Undo{}, err
	}
	e, err := d.exporterFor(ctx, access.Operate, r.Exporter.ID)
	if err != nil {
		return Undo{}, err
	}
	switch {
	case !r.Status.Over():
		return Undo{}, notUndone("It has not ended yet.")
	case r.Status != export.RunSucceeded && r.Exporter.IsSplit():
		return Undo{}, notUndone("It did not succeed, and may have written some tabs. Run the exporter again, or " +
			"undo the run before it.")
	case r.Status != export.RunSucceeded || r.Unchanged:
		return Undo{}, notUndone("It changed nothing in the sheet.")
	case r.Exporter.Target.IsFile():
		return Undo{}, problem.New(problem.Conflict,
			"The run cannot be undone. What stood in a file before is not kept.")
	case !r.Undoable:
		return Undo{}, notUndone("What stood before it is not kept: nothing did, the area is larger than 50,000 " +
			"cells and too much changed, or the spreadsheet is too full.")
	case e.Split != r.Exporter.Split && (e.IsSplit() || r.Exporter.IsSplit()):
		return Undo{}, notUndone("The exporter's rows are divided among tabs in another way now.")
	case e.Target.Account != r.Exporter.Target.Account || e.Target.Spreadsheet != r.Exporter.Target.Spreadsheet ||
		e.Target.Start != r.Exporter.Target.Start || e.Target.IsFile():
		return Undo{}, notUndone("The exporter writes to another place now.")
	}
	changing, err := d.changingRuns(ctx, e.ID)
	if err != nil {
		return Undo{}, err
	}
	later := slices.IndexFunc(changing, func(c export.Run) bool { return c.ID == id })
	if later < 0 {
		return Undo{}, notUndone("Only the last %d runs that changed something can be.", export.MostUndos)
	}
	u := Undo{Run: r, Exporter: e, Later: later}
	if !e.Paused() && e.Schedule.Enabled {
		u.NextAt = e.Upcoming()
	}
	return u, nil
}

func notUndone(format string, args ...any) error {
	return problem.New(problem.Conflict, "The run cannot be undone. %s", fmt.Sprintf(format, args...)).
		WithHint("Google's own version history (File, Version history) may have what you are looking for.")
}

// changingRuns returns the exporter's last runs that changed something, newest first, at most export.MostUndos.
func (d *Desk) changingRuns(ctx context.Context, id export.ID) ([]export.Run, error) {
	var list []export.Run
	f := export.RunFilter{Exporter: id, Status: export.RunSucceeded, Limit: maxPage}
	for {
		runs, next, err := d.o.Store.Runs(ctx, f)
		if err != nil {
			return nil, fmt.Errorf("reading the history: %w", err)
		}
		for _, r := range runs {
			if !r.Unchanged {
				list = append(list, r)
			}
			if len(list) == export.MostUndos {
				return list, nil
			}
		}
		if next == "" {
			return list, nil
		}
		f.Before = next
	}
}

// DryUndo returns what undoing a run would do to the sheet now. It writes nothing.
func (d *Desk) DryUndo(ctx context.Context, u Undo) (pipeline.DryRun, error) {
	return d.o.Previewer.DryUndo(ctx, u.Exporter, u.Run.ID)
}

// UndoRun enqueues a run that puts back what stood before the given one. Undoing twice is one undo. If another run of
// the exporter is queued or under way, that is a conflict.
func (d *Desk) UndoRun(ctx context.Context, id export.ID) (export.Run, error) {
	u, err := d.UndoOf(ctx, id)
	if err != nil {
		return export.Run{}, err
	}
	now := d.o.Now()
	run, joined, err := d.o.Queue.Enqueue(ctx, export.Run{
		ID: export.NewID("run", now), Exporter: u.Exporter, Trigger: export.TriggerUndo, Undoes: id, By: d.who.Email,
		Status: export.RunQueued, QueuedAt: now, Progress: export.Progress{Phase: export.PhaseQueued},
	})
	switch {
	case err != nil:
		return run, err
	case run.Undoes != id:
		return export.Run{}, problem.New(problem.Conflict, "A run of this exporter is queued or under way.").
			WithHint("Undo when it has ended, or cancel it first.")
	case !joined:
		d.audit(ctx, d.who, "run.undo", string(id), u.Exporter.Name)
	}
	return run, nil
}
