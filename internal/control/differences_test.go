package control_test

import (
	"testing"
	"time"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

func TestAcceptDifference(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(b.input(alder))
	run := func(id export.ID, checks ...export.Check) {
		t.Helper()
		_, _, err := b.store.Enqueue(b.ctx, export.Run{ID: id, Exporter: e, QueuedAt: noon})
		must(t, err)
		_, err = b.store.UpdateRun(b.ctx, id, func(r *export.Run) error {
			r.Status, r.FinishedAt, r.Checks = export.RunSucceeded, noon.Add(time.Minute), e.MarkAccepted(checks)
			return nil
		})
		must(t, err)
	}
	income := export.Check{What: "Total Income", Place: "Alder, Total", Says: "100.01", AddsUpTo: "100.00"}
	holds := export.Check{What: "Net Income", Says: "5.00", AddsUpTo: "5.00", Holds: true}
	known := export.AcceptedDifference{What: "Total Income", Place: "Alder, Total", Amount: "0.01"}

	refused := func(what string, a export.AcceptedDifference) {
		t.Helper()
		if _, err := b.AcceptDifference(b.ctx, e.ID, a); !problem.HasCode(err, problem.InvalidInput) {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("before any run", known)
	run("run_1", income, holds)
	refused("another amount", export.AcceptedDifference{What: known.What, Place: known.Place, Amount: "0.02"})
	refused("another place", export.AcceptedDifference{What: known.What, Amount: known.Amount})
	refused("a check that holds", export.AcceptedDifference{What: "Net Income", Amount: "0"})
	viewer := b.system.As(control.Actor{Email: "viewer@example.com"})
	if _, err := viewer.AcceptDifference(b.ctx, e.ID, known); err == nil {
		t.Error("somebody without a grant accepted a difference")
	}

	// A later run that failed before it had read does not hide what the one before found.
	_, _, err := b.store.Enqueue(b.ctx, export.Run{ID: "run_1a", Exporter: e, QueuedAt: noon})
	must(t, err)
	_, err = b.store.UpdateRun(b.ctx, "run_1a", func(r *export.Run) error { r.Status = export.RunFailed; return nil })
	must(t, err)

	for range 2 { // twice is the same as once
		accepted, err := b.AcceptDifference(b.ctx, e.ID, known)
		must(t, err)
		if len(accepted.Accepted) != 1 || accepted.Accepted[0].Who != ann.Email ||
			!accepted.Accepted[0].At.Equal(noon) {
			t.Errorf("remembered: %+v", accepted.Accepted)
		}
		e = accepted
	}
	r, err := b.Run(b.ctx, "run_1")
	must(t, err)
	if r.Differences() != 0 || !r.Checks[0].Accepted || r.Checks[1].Accepted {
		t.Errorf("the run has %d differences: %+v", r.Differences(), r.Checks)
	}
	run("run_2", income)
	worse := income
	worse.Says = "100.02"
	run("run_3", worse, income)
	for id, want := range map[export.ID]int{"run_2": 0, "run_3": 1} {
		if r, err := b.Run(b.ctx, id); err != nil || r.Differences() != want {
			t.Errorf("%s has %d differences, want %d; %v", id, r.Differences(), want, err)
		}
	}
}
