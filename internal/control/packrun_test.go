package control_test

import (
	"strings"
	"testing"

	"ledgersheet/internal/access"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestPackRun runs a whole pack, of which one fails, one is stopped and one is deleted: its outcome says what is
// missing and why, and the next run of the pack has all that is left.
func TestPackRun(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := b.RunPack(b.ctx, "month_end", alder); !problem.HasCode(err, problem.Conflict) {
		t.Errorf("a pack that has made nothing: %v", err)
	}
	if _, err := b.RunPack(b.ctx, "none", alder); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("a pack that is not there: %v", err)
	}
	order := control.PackOrder{
		Companies: []export.RealmID{alder, birch}, Account: "con_1", PerCompany: true,
		Schedule: export.Schedule{Timezone: "UTC"},
	}
	made, err := b.CreatePack(b.ctx, "month_end", order, false)
	must(t, err)
	b.create(b.input(alder)) // which takes no part
	if _, err := b.LastPackRun(b.ctx, "month_end", alder); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("a pack that was not run: %v", err)
	}
	first, err := b.RunPack(b.ctx, "month_end", alder)
	must(t, err)
	n := len(made) / 2
	if first.State != control.PackRunning || len(first.Parts) != n || n < 4 || len(first.Missing()) != 0 {
		t.Fatalf("it begins as %s with %d parts, want %d", first.State, len(first.Parts), n)
	}
	again, err := b.RunPack(b.ctx, "month_end", alder)
	must(t, err)
	if again.Parts[0].Run != first.Parts[0].Run {
		t.Error("a second press has begun other runs")
	}
	for i, p := range again.Parts {
		status, why := export.RunSucceeded, (*problem.Problem)(nil)
		switch i {
		case 0:
			status, why = export.RunFailed, problem.New(problem.SheetConflict, "Cells are in the way.")
		case 1:
			status = export.RunCancelled
		}
		_, err := b.end(p.Run, status, why)
		must(t, err)
		if i == len(again.Parts)-1 {
			continue
		}
		if o, err := b.LastPackRun(b.ctx, "month_end", alder); err != nil || o.State != control.PackRunning {
			t.Errorf("after %d of %d it is %s, %v", i+1, n, o.State, err)
		}
	}
	o, err := b.LastPackRun(b.ctx, "month_end", alder)
	must(t, err)
	missing := o.Missing()
	if o.State != control.PackIncomplete || len(missing) != 2 || o.EndedAt.IsZero() || o.By != ann.Email ||
		missing[0].Why != "its run failed: Cells are in the way" || missing[1].Why != "its run was cancelled" {
		t.Errorf("it has ended as %s with %+v", o.State, missing)
	}
	must(t, b.DeleteExporter(b.ctx, o.Parts[1].Exporter))
	o, err = b.RunPack(b.ctx, "month_end", alder)
	must(t, err)
	for _, p := range o.Parts {
		_, err := b.end(p.Run, export.RunSucceeded, nil)
		must(t, err)
	}
	if o, err = b.LastPackRun(b.ctx, "month_end", alder); err != nil || o.State != control.PackSucceeded ||
		len(o.Parts) != n-1 {
		t.Errorf("all have succeeded: %s, %d parts, %v", o.State, len(o.Parts), err)
	}
	viewer := b.system.As(control.Person(export.User{Email: "v@example.com", Role: string(access.Viewer)}, "s"))
	if _, err := viewer.RunPack(b.ctx, "month_end", alder); !problem.HasCode(err, problem.Forbidden) {
		t.Errorf("a viewer runs it: %v", err)
	}
	other := b.system.As(control.Person(export.User{
		Email: "o@example.com", Role: string(access.Owner), Companies: []export.RealmID{birch},
	}, "s"))
	if _, err := other.LastPackRun(b.ctx, "month_end", alder); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("somebody of another company sees it: %v", err)
	}
}

// TestPackRunKilled: runs that a crash kept from being queued are told as missing.
func TestPackRunKilled(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	order := control.PackOrder{
		Companies: []export.RealmID{alder}, Account: "con_1", Schedule: export.Schedule{Timezone: "UTC"},
	}
	_, err := b.CreatePack(b.ctx, "month_end", order, false)
	must(t, err)
	text := `{"at":"2026-03-02T12:00:00Z","by":"ann@example.com","parts":[{"exporter":"exp_1","name":"A","run":"run_none"}]}`
	must(t, b.store.PutSetting(b.ctx, "pack_run/month_end/"+string(alder), []byte(text), true))
	o, err := b.LastPackRun(b.ctx, "month_end", alder)
	must(t, err)
	if o.State != control.PackIncomplete || !strings.Contains(o.Missing()[0].Why, "did not begin") {
		t.Errorf("it has ended as %+v", o)
	}
}

// TestPackRunOfOthers: who may not see a part's exporter learns neither its name nor that it is missing, whatever
// became of its run. Of an exporter that is gone, only those who see all companies learn.
func TestPackRunOfOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	own, pair := b.create(b.input(alder)), b.create(b.input(alder, birch))
	text := `{"at":"2026-03-02T12:00:00Z","by":"ann@example.com","parts":[
		{"exporter":"` + string(pair.ID) + `","name":"Pair","why":"the queue is full"},
		{"exporter":"` + string(pair.ID) + `","name":"Pair","run":"run_none"},
		{"exporter":"exp_gone","name":"Gone","run":"run_gone"},
		{"exporter":"` + string(own.ID) + `","name":"Own","why":"the queue is full"}]}`
	must(t, b.store.PutSetting(b.ctx, "pack_run/month_end/"+string(alder), []byte(text), true))
	for want, desk := range map[int]*control.Desk{4: b.Desk, 1: b.system.As(person("admin", alder))} {
		o, err := desk.LastPackRun(b.ctx, "month_end", alder)
		must(t, err)
		if len(o.Parts) != want || o.Parts[want-1].Name != "Own" {
			t.Errorf("%+v, want %d parts", o.Parts, want)
		}
	}
	must(t, b.DeleteExporter(b.ctx, own.ID))
	if _, err := b.system.As(person("admin", alder)).LastPackRun(b.ctx, "month_end", alder); !problem.HasCode(
		err, problem.NotFound) {
		t.Errorf("a run of which nothing is seen: %v", err)
	}
}
