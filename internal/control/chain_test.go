package control_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/access"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// follower returns the input of an exporter that runs after others.
func (b *bench) follower(name string, after ...export.ID) export.Exporter {
	e := b.input(alder)
	e.Name, e.Schedule, e.After = name, export.Schedule{Timezone: "UTC"}, after
	e.Target.Sheet = name
	return e
}

func (b *bench) wantAfter(err error, words string) {
	b.t.Helper()
	var p *problem.Problem
	if !errors.As(err, &p) || len(p.Fields) != 1 || !strings.Contains(p.Fields["after"], words) {
		b.t.Errorf("got %v, want after: %s", err, words)
	}
}

// started queues an exporter's run by hand.
func (b *bench) started(id export.ID) export.ID {
	b.t.Helper()
	r, _, err := b.RunNow(b.ctx, id)
	must(b.t, err)
	return r.ID
}

// TestChainsThatAreRefused: each fault names the field, and a cycle the exporters that it goes through.
func TestChainsThatAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.create(b.follower("a"))
	m := b.create(b.follower("m", a.ID))
	z := b.create(b.follower("z", m.ID))
	change := func(id export.ID, set func(*export.Exporter)) error {
		e := b.stored(id)
		set(&e)
		_, err := b.UpdateExporter(b.ctx, id, e, 0)
		return err
	}
	after := func(ids ...export.ID) func(*export.Exporter) { return func(e *export.Exporter) { e.After = ids } }
	b.wantAfter(change(a.ID, after(a.ID)), "it after a")
	b.wantAfter(change(a.ID, after(m.ID)), "it after m, that after a")
	b.wantAfter(change(a.ID, after(z.ID)), "it after z, that after m, that after a")
	b.wantAfter(change(a.ID, after("exp_none")), "exp_none at place 1, which is no exporter")
	b.wantAfter(change(z.ID, func(e *export.Exporter) {
		e.Schedule = export.Schedule{Cron: "0 6 * * *", Timezone: "UTC", Enabled: true}
	}), "beside a schedule that is on")
	many := make([]export.ID, export.MostAfter+1)
	for i := range many {
		many[i] = export.NewID("exp", b.now)
	}
	b.wantAfter(change(z.ID, after(many...)), "more than 50")
	if err := change(z.ID, after(a.ID, " ", m.ID, a.ID)); err != nil || !slices.Equal(b.stored(z.ID).After,
		[]export.ID{a.ID, m.ID}) {
		t.Errorf("two: %v, %v", b.stored(z.ID).After, err)
	}
}

// TestChainTellsWhatItWaitsFor: it names each exporter, and why it has not succeeded, to those who may see it.
func TestChainTellsWhatItWaitsFor(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.create(b.input(birch))
	second := b.create(b.follower("second"))
	e := b.create(b.follower("both", first.ID, second.ID))
	why := func() (words []string) {
		links, err := b.Chain(b.ctx, b.stored(e.ID))
		must(t, err)
		for _, l := range links {
			words = append(words, l.Why)
		}
		return words
	}
	want := func(words ...string) {
		t.Helper()
		if got := why(); !slices.Equal(got, words) {
			t.Errorf("it waits for %q, want %q", got, words)
		}
	}
	want("it has not run yet", "it runs only when it is told to")
	_, err := b.end(b.started(first.ID), export.RunFailed, problem.New(problem.SheetConflict, "Cells are in the way."))
	must(t, err)
	want("its last run failed: "+problem.SheetConflict.Title(), "it runs only when it is told to")
	_, err = b.end(b.started(second.ID), export.RunSucceeded, nil)
	must(t, err)
	if e := b.stored(e.ID); !e.NextAt.IsZero() {
		t.Error("it is due although one has failed")
	}
	b.now = b.now.Add(time.Hour)
	run := b.started(first.ID)
	want("its run is under way", "")
	_, err = b.end(run, export.RunSucceeded, nil)
	must(t, err)
	if e := b.stored(e.ID); e.NextAt.IsZero() {
		t.Error("it is not due although all have succeeded")
	}
	blind := b.system.As(control.Person(export.User{
		Email: "bob@example.com", Role: string(access.Editor), Companies: []export.RealmID{alder},
	}, "s"))
	links, err := blind.Chain(b.ctx, b.stored(e.ID))
	must(t, err)
	if links[0].Exporter != "" || strings.Contains(links[0].Name, first.Name) || links[1].Exporter != second.ID {
		t.Errorf("somebody who may not see it is told %+v", links)
	}
	in := b.follower("theirs", first.ID)
	_, err = blind.CreateExporter(b.ctx, in)
	b.wantAfter(err, "which is no exporter")
	in = b.stored(e.ID)
	in.Name = "renamed"
	if _, err := blind.UpdateExporter(b.ctx, e.ID, in, 0); err != nil {
		t.Errorf("they cannot keep what was there: %v", err)
	}
}

// TestChainsOverPausesAndChanges: a pause keeps what has succeeded, a schedule instead of a chain forgets it.
func TestChainsOverPausesAndChanges(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.create(b.follower("first"))
	e := b.create(b.follower("then", first.ID))
	_, err := b.PauseExporter(b.ctx, e.ID, time.Time{})
	must(t, err)
	_, err = b.end(b.started(first.ID), export.RunSucceeded, nil)
	must(t, err)
	b.now = b.now.Add(time.Hour)
	if due, _, err := b.store.DueExporters(b.ctx, b.now, 10); err != nil || len(due) != 0 {
		t.Errorf("due while paused: %v, %v", due, err)
	}
	_, err = b.ResumeExporter(b.ctx, e.ID)
	must(t, err)
	if due, _, err := b.store.DueExporters(b.ctx, b.now, 10); err != nil || len(due) != 1 || due[0].ID != e.ID {
		t.Errorf("due after the pause: %v, %v", due, err)
	}
	got := b.update(e.ID, 0, func(e *export.Exporter) {
		e.After = nil
		e.Schedule = export.Schedule{Cron: "0 6 * * *", Timezone: "UTC", Enabled: true}
	})
	if want := time.Date(2026, 3, 3, 6, 0, 0, 0, time.UTC); !got.NextAt.Equal(want) || len(got.Done) != 0 {
		t.Errorf("by a schedule it is due at %v, done %v", got.NextAt, got.Done)
	}
	got = b.update(e.ID, 0, func(e *export.Exporter) { e.After, e.Schedule.Enabled = []export.ID{first.ID}, false })
	if !got.NextAt.IsZero() {
		t.Errorf("by the chain again it is due at %v", got.NextAt)
	}
	must(t, b.DeleteExporter(b.ctx, first.ID))
	if got := b.stored(e.ID); got.Chained() || !got.NextAt.IsZero() {
		t.Errorf("after nothing it is due at %v", got.NextAt)
	}
}
