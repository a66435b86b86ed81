package control_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestScheduledPackRun: the runs of a due time that a pack's exporters share are one run of the pack, with one outcome,
// whatever else runs beside it; who has another schedule takes no part.
func TestScheduledPackRun(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	order := control.PackOrder{
		Companies: []export.RealmID{alder}, Account: "con_1", PerCompany: true,
		Schedule: export.Schedule{Cron: "0 6 * * *", Timezone: "UTC", Enabled: true},
	}
	made, err := b.CreatePack(b.ctx, "month_end", order, false)
	must(t, err)
	other := made[4].ID
	b.update(other, 0, func(e *export.Exporter) { e.Schedule.Cron = "0 7 * * *" })
	due := made[0].NextAt
	b.now = due.Add(time.Second)
	run := func(id export.ID) export.ID {
		e := b.stored(id)
		r := export.Run{
			ID: export.NewID("run", b.now), Exporter: e, Trigger: export.TriggerSchedule, Due: e.NextAt,
			Status: export.RunQueued, QueuedAt: b.now,
		}
		next := e.NextAt.AddDate(0, 0, 1)
		stored, _, err := b.store.EnqueueDue(b.ctx, export.DueRun{Run: r, Until: next, Next: next})
		must(t, err)
		return stored.ID
	}
	last := func() control.PackOutcome {
		t.Helper()
		o, err := b.LastPackRun(b.ctx, "month_end", alder)
		must(t, err)
		return o
	}
	first := run(made[0].ID)
	if o := last(); o.State != control.PackRunning || len(o.Parts) != 4 || !o.At.Equal(due) || o.By != "" {
		t.Fatalf("it begins as %+v", o)
	}
	_, err = b.end(first, export.RunSucceeded, nil)
	must(t, err)
	if o := last(); o.State != control.PackRunning { // the others are still to be queued
		t.Fatalf("after the first it is %+v", o)
	}
	_, err = b.PauseExporter(b.ctx, made[1].ID, time.Time{})
	must(t, err)
	failed, ok := run(made[2].ID), run(made[3].ID)
	_, err = b.end(ok, export.RunSucceeded, nil)
	must(t, err)
	_, err = b.end(failed, export.RunFailed, problem.New(problem.SheetConflict, "Cells are in the way."))
	must(t, err)
	o := last()
	missing := o.Missing()
	if o.State != control.PackIncomplete || len(missing) != 2 ||
		!strings.HasPrefix(missing[0].Why, "it is held back: ") ||
		missing[1].Why != "its run failed: Cells are in the way" {
		t.Fatalf("it has ended as %s, missing %+v", o.State, missing)
	}
	again, _, err := b.RunNow(b.ctx, made[2].ID) // a person mends it
	must(t, err)
	b.now = b.now.Add(time.Minute)
	_, err = b.end(again.ID, export.RunSucceeded, nil)
	must(t, err)
	o = last()
	mended := func(p control.PackPart) bool { return p.Exporter == made[2].ID && p.Done && p.Run == again.ID }
	if missing := o.Missing(); len(missing) != 1 || missing[0].Exporter != made[1].ID ||
		!slices.ContainsFunc(o.Parts, mended) {
		t.Errorf("with a later run it is %+v", o)
	}
	if o, err := b.RunPack(b.ctx, "month_end", alder); err != nil || o.By != ann.Email || len(o.Parts) != 5 {
		t.Errorf("a run that is asked for is %+v, %v", o, err)
	}
}

// TestPackRunsForNotices: a pack in which companies stand together is told of once, and one that has not run is not.
func TestPackRunsForNotices(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var ids []export.ID
	for _, perCompany := range []bool{true, false} {
		made, err := b.CreatePack(b.ctx, "month_end", control.PackOrder{
			Companies: []export.RealmID{alder, birch}, Account: "con_1", PerCompany: perCompany,
			Schedule: export.Schedule{Timezone: "UTC"},
		}, false)
		must(t, err)
		for _, e := range made {
			ids = append(ids, e.ID)
		}
	}
	if runs, err := b.system.PackRuns(b.ctx, ids); err != nil || len(runs) != 0 {
		t.Fatalf("%d packs have run, %v", len(runs), err)
	}
	_, err := b.RunPack(b.ctx, "month_end", birch)
	must(t, err)
	runs, err := b.system.PackRuns(b.ctx, append(ids, "exp_gone"))
	must(t, err)
	var titles []string
	for _, r := range runs {
		titles = append(titles, r.Title)
		if r.Over || len(r.Missing) != len(ids)/3 { // nothing has come yet
			t.Errorf("%s is over: %t, %d are missing", r.Title, r.Over, len(r.Missing))
		}
	}
	if got := strings.Join(titles, "; "); !strings.Contains(got, "and one more company") {
		t.Errorf("told of %s", got)
	}
}
