package queue_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/queue"
)

func TestRetryTimes(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		b.start()
		id := b.add(exporter("exp_1", "A", "S")).ID
		for i, least := range []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute} {
			b.end("exp_1", problem.New(problem.QuickBooksUnavailable, "down"))
			failed := time.Now()
			r := b.wantRun(id, export.RunQueued, problem.QuickBooksUnavailable, i+1)
			wait := r.NotBefore.Sub(failed)
			if wait < least || wait > least*6/5 {
				t.Errorf("attempt %d waits %v, want %v to %v", i+2, wait, least, least*6/5)
			}
			b.wantWaiting(id, "is tried again at "+r.NotBefore.UTC().Format("15:04:05"))
			time.Sleep(wait - time.Nanosecond)
			synctest.Wait()
			if got := b.get(id).Status; got != export.RunQueued {
				t.Errorf("attempt %d began too early, it is %s", i+2, got)
			}
			time.Sleep(time.Nanosecond)
			synctest.Wait()
			b.wantRun(id, export.RunRunning, "", i+2)
		}
		b.end("exp_1", problem.New(problem.QuickBooksUnavailable, "down"))
		b.wantRun(id, export.RunFailed, problem.QuickBooksUnavailable, 4)
		time.Sleep(time.Hour)
		b.wantStarts("exp_1", "exp_1", "exp_1", "exp_1")
	})
}

func TestProblemDecides(t *testing.T) {
	for _, test := range []struct {
		name     string
		err      error
		status   export.RunStatus
		code     problem.Code
		min, max time.Duration // until the next attempt
		spared   bool          // the attempt does not count
	}{
		{"stop", problem.New(problem.CompanyReconnectRequired, "x"), export.RunFailed,
			problem.CompanyReconnectRequired, 0, 0, false},
		{"retry attempt", problem.New(problem.TotalsMismatch, "x"), export.RunQueued, problem.TotalsMismatch,
			time.Minute, 72 * time.Second, false},
		{"provider asks for more", &problem.Problem{Code: problem.GoogleRateLimited, RetryAfter: 10 * time.Minute},
			export.RunQueued, problem.GoogleRateLimited, 10 * time.Minute, 10*time.Minute + 12*time.Second,
			true},
		{"provider asks for too much",
			&problem.Problem{Code: problem.GoogleRateLimited,
				RetryAfter: 1000 * time.Hour}, export.RunQueued, problem.GoogleRateLimited, time.Hour,
			time.Hour + 12*time.Second, true},
		{"no problem", errors.New("secret detail"), export.RunFailed, problem.Internal, 0, 0, false},
		{"a deadline of its own", context.DeadlineExceeded, export.RunQueued, problem.Deadline, time.Minute,
			72 * time.Second, false},
		{"cancelled by nobody", context.Canceled, export.RunFailed, problem.Internal, 0, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, nil, func(b *bench) {
				b.start()
				id := b.add(exporter("exp_1", "A", "S")).ID
				b.end("exp_1", test.err)
				counted := 1
				if test.spared {
					counted = 0
				}
				r := b.wantRun(id, test.status, test.code, counted)
				if strings.Contains(r.Problem.Message, "secret") {
					t.Errorf("the problem shows what it should not: %s", r.Problem.Message)
				}
				if r.Status.Over() {
					return
				}
				if wait := time.Until(r.NotBefore); wait < test.min || wait > test.max {
					t.Errorf("waits %v, want %v to %v", wait, test.min, test.max)
				}
			})
		})
	}
}

func TestTimeout(t *testing.T) {
	inBubble(t, func(o *queue.Options) { o.Timeout = time.Minute }, func(b *bench) {
		b.start()
		id := b.add(exporter("exp_1", "A", "S")).ID
		time.Sleep(time.Minute - time.Nanosecond)
		b.wantRun(id, export.RunRunning, "", 1)
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		r := b.wantRun(id, export.RunQueued, problem.Deadline, 1)
		if want := "The run was not done within 1m0s."; r.Problem.Message != want {
			t.Errorf("got %q", r.Problem.Message)
		}
	})
}

func TestPanic(t *testing.T) {
	inBubble(t, func(o *queue.Options) {
		o.Work = func(_ context.Context, _ export.Run, report func(func(*export.Run))) error {
			report(func(*export.Run) { panic("row value 4711") })
			return nil
		}
	}, func(b *bench) {
		b.start()
		id := b.add(exporter("exp_1", "A", "S")).ID
		r := b.wantRun(id, export.RunFailed, problem.Internal, 1)
		if strings.Contains(r.Problem.Error(), "4711") {
			t.Errorf("the problem shows the panic: %v", r.Problem)
		}
		if log := b.logged.String(); !strings.Contains(log, "end_test.go") || !strings.Contains(log, string(id)) {
			t.Errorf("the log has no stack: %s", log)
		}
		again := b.add(exporter("exp_1", "A", "S"))
		b.wantRun(again.ID, export.RunFailed, problem.Internal, 1)
	})
}

func TestCancel(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		b.start()
		running := b.add(exporter("exp_1", "A", "S"))
		queued := b.add(exporter("exp_2", "A", "S"))
		r, err := b.Cancel(b.t.Context(), queued.ID)
		if err != nil || r.Status != export.RunCancelled {
			t.Errorf("cancelling a queued run: %s, %v", r.Status, err)
		}
		b.wantRun(queued.ID, export.RunCancelled, problem.Cancelled, 0)

		r, err = b.Cancel(b.t.Context(), running.ID)
		if err != nil || r.Status != export.RunRunning || !r.Cancelling {
			t.Errorf("cancelling a running run: %s, %t, %v", r.Status, r.Cancelling, err)
		}
		synctest.Wait()
		b.wantRun(running.ID, export.RunCancelled, problem.Cancelled, 1)
		b.wantStarts("exp_1")

		_, err = b.Cancel(b.t.Context(), running.ID)
		if !problem.HasCode(err, problem.Conflict) {
			t.Errorf("cancelling an ended run: %v", err)
		}
		_, err = b.Cancel(b.t.Context(), "run_unknown")
		if !errors.Is(err, export.ErrNotFound) {
			t.Errorf("cancelling an unknown run: %v", err)
		}

		// One that waits for its next attempt.
		retry := b.add(exporter("exp_3", "A", "S"))
		b.end("exp_3", problem.New(problem.GoogleUnavailable, "x"))
		if _, err := b.Cancel(b.t.Context(), retry.ID); err != nil {
			t.Error(err)
		}
		b.wantRun(retry.ID, export.RunCancelled, problem.Cancelled, 1)
		time.Sleep(time.Hour)
		b.wantStarts("exp_1", "exp_3")
	})
}

// TestCancelTooLate: what has been written is not called cancelled, and what
// fails after it was cancelled is not tried again.
func TestCancelTooLate(t *testing.T) {
	result := make(map[export.ID]error)
	inBubble(t, func(o *queue.Options) {
		o.Work = func(ctx context.Context, r export.Run, report func(func(*export.Run))) error {
			<-ctx.Done()
			time.Sleep(time.Second)
			report(func(r *export.Run) { r.Rows = 5 })
			return result[r.Exporter.ID]
		}
	}, func(b *bench) {
		result["exp_2"] = problem.New(problem.GoogleUnavailable, "x")
		b.start()
		written, failed := b.add(exporter("exp_1", "A", "S1")), b.add(exporter("exp_2", "A", "S2"))
		events := b.events.Subscribe(b.t.Context(), nil)
		for _, id := range []export.ID{written.ID, failed.ID} {
			if _, err := b.Cancel(b.t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if r := b.wantRun(written.ID, export.RunSucceeded, "", 1); r.Rows != 5 {
			t.Errorf("rows %d", r.Rows)
		}
		b.wantRun(failed.ID, export.RunCancelled, problem.Cancelled, 1)
		for range len(events) {
			if e := <-events; e.Run.Status == export.RunRunning && !e.Run.Cancelling {
				t.Error("listeners were told that a run that is being cancelled is not")
			}
		}
	})
}

func TestStopLetsCommitsEnd(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		b.phase = export.PhaseCommitting
		b.start()
		running, queued := b.add(exporter("exp_1", "A", "S")), b.add(exporter("exp_2", "A", "S"))
		ctx, cancel := context.WithTimeout(b.t.Context(), 20*time.Second)
		defer cancel()
		stopped := make(chan error)
		go func() { stopped <- b.Stop(ctx) }()
		synctest.Wait()
		if b.Ready() == nil {
			t.Error("ready while it stops")
		}
		time.Sleep(3 * time.Second)
		b.end("exp_1", nil)
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		b.wantRun(running.ID, export.RunSucceeded, "", 1)
		b.wantRun(queued.ID, export.RunQueued, "", 0)
		b.wantStarts("exp_1")
		// It still takes runs, for the next process.
		b.add(exporter("exp_3", "A", "S3"))
		b.wantStarts("exp_1")
	})
}

func TestStopInterrupts(t *testing.T) {
	for phase, want := range map[export.Phase]time.Duration{
		export.PhaseReading: 0, export.PhaseComparing: 0, export.PhaseWriting: 0, // at once
		export.PhaseVerifying: 20 * time.Second, export.PhaseCommitting: 20 * time.Second,
	} {
		t.Run(string(phase), func(t *testing.T) { testStopInterrupts(t, phase, want) })
	}
}

func testStopInterrupts(t *testing.T, phase export.Phase, want time.Duration) {
	inBubble(t, nil, func(b *bench) {
		b.phase = phase
		b.start()
		id := b.add(exporter("exp_1", "A", "S")).ID
		ctx, cancel := context.WithTimeout(b.t.Context(), 20*time.Second)
		defer cancel()
		began := time.Now()
		if err := b.Stop(ctx); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != want {
			t.Errorf("stopping took %v, want %v", took, want)
		}
		b.wantRun(id, export.RunQueued, problem.Interrupted, 0)

		next := queue.New(b.o)
		if err := next.Start(b.t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		b.wantRun(id, export.RunRunning, "", 1)
		b.end("exp_1", nil)
		b.wantRun(id, export.RunSucceeded, "", 1)
		if err := next.Stop(b.t.Context()); err != nil {
			t.Error(err)
		}
		if err := next.Stop(b.t.Context()); err != nil {
			t.Errorf("stopping again: %v", err)
		}
	})
}

func TestStopOfDeafWork(t *testing.T) {
	inBubble(t, func(o *queue.Options) {
		o.Work = func(context.Context, export.Run, func(func(*export.Run))) error {
			time.Sleep(time.Minute)
			return nil
		}
	}, func(b *bench) {
		b.start()
		id := b.add(exporter("exp_1", "A", "S")).ID
		ctx, cancel := context.WithTimeout(b.t.Context(), time.Second)
		defer cancel()
		if err := b.Stop(ctx); !errors.Is(err, queue.ErrLeft) {
			t.Errorf("got %v", err)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		b.wantRun(id, export.RunSucceeded, "", 1)
	})
}

func TestRescue(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		left := func(e string, change func(*export.Run)) export.ID {
			t.Helper()
			r := b.add(exporter(e, e, e))
			if _, err := b.store.UpdateRun(b.t.Context(), r.ID,
				func(r *export.Run) error { change(r); return nil }); err != nil {
				t.Fatal(err)
			}
			return r.ID
		}
		once := left("exp_1", func(r *export.Run) { r.Status, r.Attempts, r.Rows = export.RunRunning, 1, 5 })
		often := left("exp_2", func(r *export.Run) { r.Status, r.Attempts = export.RunRunning, 5 })
		cancelling := left("exp_3",
			func(r *export.Run) { r.Status, r.Attempts, r.Cancelling = export.RunRunning, 1, true })
		retry := left("exp_4", func(r *export.Run) { r.Attempts, r.NotBefore = 2, time.Now().Add(time.Minute) })
		b.start()
		b.wantRun(once, export.RunRunning, "", 2)
		b.wantRun(often, export.RunFailed, problem.Interrupted, 5)
		b.wantRun(cancelling, export.RunCancelled, problem.Cancelled, 1)
		b.wantRun(retry, export.RunQueued, "", 2)
		time.Sleep(time.Minute)
		synctest.Wait()
		b.wantRun(retry, export.RunRunning, "", 3)
	})
}
