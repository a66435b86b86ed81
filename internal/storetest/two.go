package storetest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"time"

	"ledgersheet/internal/export"
)

// RunTwo tests what two processes may do to one store. open returns two handles of a new store, which may be the same
// if the store admits only one process.
func RunTwo(t *testing.T, open func(t *testing.T) (one, two export.Store)) {
	for _, test := range []struct {
		name string
		run  func(t *testing.T, one, two export.Store)
	}{
		{"each run is claimed once", testClaimOnce},
		{"ends are fenced", testFences},
		{"rescue takes the runs of the dead", testRescue},
		{"a due time has one run", testDueOnce},
		{"a queued run carries its exporter as it is stored", testQueuedIsFresh},
		{"one renews at a time", testRenew},
		{"a flow is taken once", testFlowTwice},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			one, two := open(t)
			test.run(t, one, two)
		})
	}
}

// chooseAll chooses every queued run.
func chooseAll(active iter.Seq[export.ActiveRun]) (ids []export.ID) {
	for r := range active {
		if r.Status == export.RunQueued {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// chooseOnly chooses one run, whatever is there.
func chooseOnly(id export.ID) func(iter.Seq[export.ActiveRun]) []export.ID {
	return func(iter.Seq[export.ActiveRun]) []export.ID { return []export.ID{id} }
}

func doNothing(*export.Run) {}

func testClaimOnce(t *testing.T, one, two export.Store) {
	ctx := t.Context()
	const runs = 20
	for i := range runs {
		e := sampleExporter(export.ID(fmt.Sprintf("exp_%d", i)), "x")
		_, _, err := one.Enqueue(ctx, sampleRun(export.ID(fmt.Sprintf("run_%02d", i)), e, noon))
		must(t, err)
	}
	first := func(active iter.Seq[export.ActiveRun]) []export.ID {
		ids := chooseAll(active)
		return ids[:min(1, len(ids))]
	}
	var (
		mu    sync.Mutex
		owner = map[export.ID]export.ID{}
		wg    sync.WaitGroup
	)
	for i, s := range []export.Store{one, two, one, two} {
		worker := export.ID(fmt.Sprintf("wrk_%d", i))
		wg.Go(func() {
			for {
				claimed, err := s.Claim(ctx, worker, first, func(r *export.Run) { r.StartedAt = noon })
				if err != nil {
					t.Error(err)
				}
				if len(claimed) == 0 {
					return
				}
				mu.Lock()
				for _, r := range claimed {
					if owner[r.ID] != "" {
						t.Errorf("%s was given to %s and to %s", r.ID, owner[r.ID], worker)
					}
					owner[r.ID] = worker
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	active, err := two.ActiveRuns(ctx)
	must(t, err)
	if len(active) != runs || len(owner) != runs {
		t.Fatalf("%d runs are active and %d were claimed, want %d", len(active), len(owner), runs)
	}
	for _, r := range active {
		if r.Status != export.RunRunning || r.Owner != owner[r.ID] || r.Attempts != 1 || !r.StartedAt.Equal(noon) {
			t.Errorf("a claimed run is %s, of %s, attempt %d, started %v", r.Status, r.Owner, r.Attempts, r.StartedAt)
		}
	}
	if _, err := one.Claim(ctx, "wrk_0", chooseOnly("run_00"), doNothing); err == nil {
		t.Error("a running run was claimed")
	}
}

func testFences(t *testing.T, one, two export.Store) {
	ctx := t.Context()
	_, _, err := one.Enqueue(ctx, sampleRun("run_1", sampleExporter("exp_1", "x"), noon))
	must(t, err)
	queued := export.Held{Run: "run_1"}
	finish := func(r *export.Run) error { r.Status = export.RunSucceeded; return nil }
	_, err = one.UpdateRunning(ctx, queued, finish)
	wantErr(t, "the end of a run that is not running", err, export.ErrFenced)
	claimed, err := one.Claim(ctx, "wrk_1", chooseAll, doNothing)
	must(t, err)
	first := claimed[0].Held()
	_, err = one.UpdateRunning(ctx, first, func(r *export.Run) error { r.Rows = 1; return nil })
	must(t, err)
	_, err = two.UpdateRunning(ctx, export.Held{Run: "run_1", Worker: "wrk_2", Attempt: 1}, finish)
	wantErr(t, "the end by another worker", err, export.ErrFenced)

	// The first worker is believed to be dead, and the second takes over the run.
	_, err = two.Rescue(ctx, func(worker export.ID) bool { return worker == "wrk_1" },
		func(r *export.Run) { r.Status = export.RunQueued })
	must(t, err)
	claimed, err = two.Claim(ctx, "wrk_2", chooseAll, doNothing)
	must(t, err)
	second := claimed[0].Held()
	if second.Worker != "wrk_2" || second.Attempt != 2 {
		t.Errorf("taken over as %+v", second)
	}
	_, err = one.UpdateRunning(ctx, first, finish)
	wantErr(t, "the end of the first attempt", err, export.ErrFenced)
	stale := second
	stale.Attempt = 1
	_, err = two.UpdateRunning(ctx, stale, finish)
	wantErr(t, "the end of another attempt", err, export.ErrFenced)
	stored, err := two.UpdateRunning(ctx, second, finish)
	must(t, err)
	if stored.Owner != "" {
		t.Errorf("a run that is over belongs to %s", stored.Owner)
	}
	_, err = two.UpdateRunning(ctx, second, finish)
	wantErr(t, "a second end", err, export.ErrFenced)
	_, err = two.UpdateRunning(ctx, export.Held{Run: "run_none"}, finish)
	wantErr(t, "a run that is not there", err, export.ErrNotFound)
}

func testRescue(t *testing.T, one, two export.Store) {
	ctx := t.Context()
	for i, id := range []export.ID{"run_a", "run_b", "run_c", "run_d"} {
		_, _, err := one.Enqueue(ctx,
			sampleRun(id, sampleExporter("exp_"+id, "x"), noon.Add(time.Duration(i)*time.Second)))
		must(t, err)
	}
	claim := func(s export.Store, worker, run export.ID) {
		t.Helper()
		_, err := s.Claim(ctx, worker, chooseOnly(run), doNothing)
		must(t, err)
	}
	claim(one, "wrk_dead", "run_a")
	claim(two, "wrk_alive", "run_b")
	_, err := one.UpdateRun(ctx, "run_c", func(r *export.Run) error { r.Cancelling = true; return nil })
	must(t, err)
	rescued, err := two.Rescue(ctx, func(worker export.ID) bool { return worker == "wrk_dead" }, func(r *export.Run) {
		if r.Cancelling {
			r.Status = export.RunCancelled
			return
		}
		r.Status = export.RunQueued
	})
	must(t, err)
	want := map[export.ID]export.RunStatus{"run_a": export.RunQueued, "run_c": export.RunCancelled}
	for _, r := range rescued {
		if want[r.ID] != r.Status || r.Owner != "" {
			t.Errorf("rescued %s as %s of %q", r.ID, r.Status, r.Owner)
		}
		delete(want, r.ID)
	}
	if len(want) != 0 {
		t.Errorf("not rescued: %v", want)
	}
	alive, err := one.Run(ctx, "run_b")
	must(t, err)
	if alive.Status != export.RunRunning || alive.Owner != "wrk_alive" {
		t.Errorf("the run of a living worker became %s of %s", alive.Status, alive.Owner)
	}
}

func testDueOnce(t *testing.T, one, two export.Store) {
	ctx := t.Context()
	e := sampleExporter("exp_1", "x")
	e.NextAt = noon
	must(t, one.CreateExporter(ctx, e))
	due := sampleRun("", e, noon)
	due.Trigger, due.Due = export.TriggerSchedule, noon
	var (
		mu     sync.Mutex
		queued int
		wg     sync.WaitGroup
	)
	for i := range 8 {
		s := []export.Store{one, two}[i%2]
		r := due
		r.ID = export.ID(fmt.Sprintf("run_%d", i))
		wg.Go(func() {
			_, joined, err := s.EnqueueDue(ctx, dueRun(r, noon.Add(time.Hour)))
			mu.Lock()
			defer mu.Unlock()
			if err == nil && !joined {
				queued++
			} else if !errors.Is(err, export.ErrExists) {
				t.Errorf("joined %t, %v", joined, err)
			}
		})
	}
	wg.Wait()
	stored, err := two.Exporter(ctx, e.ID)
	must(t, err)
	if queued != 1 || !stored.NextAt.Equal(noon.Add(time.Hour)) {
		t.Errorf("%d runs were queued, the next is due at %v", queued, stored.NextAt)
	}

	// A clock that was set back makes the time due again. It has its run already, but the next time moves on all the
	// same.
	active, err := one.ActiveRuns(ctx)
	must(t, err)
	_, err = one.UpdateRun(ctx, active[0].ID, func(r *export.Run) error { r.Status = export.RunSucceeded; return nil })
	must(t, err)
	_, err = one.UpdateExporter(ctx, e.ID, func(e *export.Exporter) error { e.NextAt = noon; return nil })
	must(t, err)
	again := due
	again.ID = "run_again"
	_, _, err = two.EnqueueDue(ctx, dueRun(again, noon.Add(2*time.Hour)))
	wantErr(t, "a due time that has its run", err, export.ErrExists)
	stored, err = one.Exporter(ctx, e.ID)
	must(t, err)
	if !stored.NextAt.Equal(noon.Add(2 * time.Hour)) {
		t.Errorf("the next is due at %v", stored.NextAt)
	}

	// It joins the run that a person has started.
	_, _, err = one.Enqueue(ctx, sampleRun("run_manual", e, noon))
	must(t, err)
	later := due
	later.ID, later.Due = "run_later", noon.Add(2*time.Hour)
	run, joined, err := two.EnqueueDue(ctx, dueRun(later, noon.Add(3*time.Hour)))
	must(t, err)
	if !joined || run.ID != "run_manual" {
		t.Errorf("got %s, joined %t", run.ID, joined)
	}
	must(t, one.DeleteExporter(ctx, e.ID))
	later.Due = noon.Add(3 * time.Hour)
	_, _, err = two.EnqueueDue(ctx, dueRun(later, noon.Add(4*time.Hour)))
	wantErr(t, "of an exporter that is gone", err, export.ErrNotFound)
}

func testQueuedIsFresh(t *testing.T, one, two export.Store) {
	ctx := t.Context()
	e := sampleExporter("exp_1", "before")
	must(t, one.CreateExporter(ctx, e))
	stale := e
	stale.Name = "stale"
	_, _, err := one.Enqueue(ctx, sampleRun("run_1", stale, noon))
	must(t, err)
	wantCarried := func(want string) {
		t.Helper()
		r, err := two.Run(ctx, "run_1")
		must(t, err)
		if r.Exporter.Name != want {
			t.Errorf("the run carries %q, want %q", r.Exporter.Name, want)
		}
	}
	rename := func(name string) {
		t.Helper()
		_, err := one.UpdateExporter(ctx, e.ID, func(e *export.Exporter) error { e.Name = name; return nil })
		must(t, err)
	}
	wantCarried("before")
	rename("while queued")
	wantCarried("while queued")
	claimed, err := two.Claim(ctx, "wrk_1", chooseAll, doNothing)
	must(t, err)
	rename("while running")
	wantCarried("while queued")
	_, err = one.UpdateRunning(ctx, claimed[0].Held(),
		func(r *export.Run) error { r.Status = export.RunQueued; return nil })
	must(t, err)
	wantCarried("while running")
}

func testRenew(t *testing.T, one, two export.Store) {
	ctx := t.Context()
	key := export.GrantKey("quickbooks/1")
	grant := func(n int) export.Grant {
		return export.Grant{AccessToken: fmt.Sprintf("a%d", n), RefreshToken: fmt.Sprintf("r%d", n), Expiry: noon}
	}
	_, err := one.Renew(ctx, key, func(context.Context, export.Grant) (export.Grant, error) {
		t.Error("renew was called without a grant")
		return export.Grant{}, nil
	})
	wantErr(t, "a grant that is not there", err, export.ErrNotFound)
	must(t, one.PutGrant(ctx, key, grant(0)))
	must(t, one.PutGrant(ctx, "quickbooks/2", grant(7)))

	// Of fifty callers only one asks the provider, and all get its answer.
	var (
		mu    sync.Mutex
		busy  bool
		asked int
		wg    sync.WaitGroup
	)
	for i := range 50 {
		s := []export.Store{one, two}[i%2]
		wg.Go(func() {
			got, err := s.Renew(ctx, key, func(ctx context.Context, stored export.Grant) (export.Grant, error) {
				mu.Lock()
				if busy {
					t.Error("two renew at once")
				}
				busy = true
				mu.Unlock()
				defer func() { mu.Lock(); busy = false; mu.Unlock() }()
				if !stored.Same(grant(0)) {
					return stored, nil // another caller has done it
				}
				asked++
				// Other keys are not blocked meanwhile.
				if _, err := two.Grant(ctx, "quickbooks/2"); err != nil {
					t.Error(err)
				}
				_, err := one.Renew(ctx, "quickbooks/2",
					func(_ context.Context, g export.Grant) (export.Grant, error) { return g, nil })
				return grant(1), err
			})
			if err != nil || !got.Same(grant(1)) {
				t.Errorf("a caller got %#v, %v", got, err)
			}
		})
	}
	wg.Wait()
	stored, err := two.Grant(ctx, key)
	must(t, err)
	if asked != 1 || !stored.Same(grant(1)) {
		t.Errorf("the provider was asked %d times, the store has %#v", asked, stored)
	}

	refused := errors.New("refused")
	_, err = one.Renew(ctx, key, func(context.Context, export.Grant) (export.Grant, error) { return grant(2), refused })
	wantErr(t, "a refused renewal", err, refused)
	stored, err = one.Grant(ctx, key)
	must(t, err)
	if !stored.Same(grant(1)) {
		t.Error("a refused renewal was stored")
	}
	ended, cancel := context.WithCancel(ctx)
	_, err = one.Renew(ended, key, func(context.Context, export.Grant) (export.Grant, error) {
		cancel() // the caller leaves while the provider answers; the new token must not be lost
		return grant(3), nil
	})
	must(t, err)
	stored, err = two.Grant(ctx, key)
	must(t, err)
	if !stored.Same(grant(3)) {
		t.Error("what the provider gave was lost with the caller")
	}
	_, err = one.Renew(ended, key, nil)
	wantErr(t, "a caller that has gone", err, context.Canceled)
}

func testFlowTwice(t *testing.T, one, two export.Store) {
	ctx := t.Context()
	must(t, one.PutFlow(ctx, "hash", export.Flow{ExpiresAt: noon.Add(time.Hour)}))
	var taken [2]bool
	var wg sync.WaitGroup
	for i, s := range []export.Store{one, two} {
		wg.Go(func() {
			_, err := s.TakeFlow(ctx, "hash", noon)
			taken[i] = err == nil
		})
	}
	wg.Wait()
	if taken[0] == taken[1] {
		t.Errorf("taken: %v", taken)
	}
}
