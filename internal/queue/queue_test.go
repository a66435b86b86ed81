package queue_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/progress"
	"ledgersheet/internal/queue"
	"ledgersheet/internal/storetest"
	"ledgersheet/internal/vault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bench is a queue over a real store, whose work does what a test tells it. It
// lives in a bubble of virtual time.
type bench struct {
	*queue.Queue
	t      *testing.T
	store  export.RunStore
	events *progress.Broker
	logged *bytes.Buffer
	o      queue.Options
	added  int

	mu     sync.Mutex
	starts []export.ID // of exporters, in the order in which their runs began
	times  []time.Time
	open   map[export.ID]chan error // what the work of an exporter's run returns
	phase  export.Phase             // that work reports, if any
}

// inBubble runs a test with a bench that is set up but not started.
func inBubble(t *testing.T, set func(*queue.Options), test func(*bench)) {
	t.Helper()
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledgersheet.db")
	v, err := vault.New(vault.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		store, err := boltstore.Open(path, v, boltstore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		b := &bench{t: t, store: store, events: progress.New(), logged: &bytes.Buffer{},
			open: map[export.ID]chan error{}}
		defer func() {
			// First interrupts whatever a test left under way.
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			if err := b.Stop(ctx); err != nil {
				t.Error(err)
			}
			b.events.Close()
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}()
		b.o = queue.Options{
			Store: store, Work: b.work, Events: b.events,
			Logger: slog.New(slog.NewTextHandler(b.logged, nil)),
		}
		if set != nil {
			set(&b.o)
		}
		b.Queue = queue.New(b.o)
		test(b)
	})
}

func (b *bench) start() {
	b.t.Helper()
	if err := b.Start(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	synctest.Wait()
}

// work waits until the test ends it, or its context does.
func (b *bench) work(ctx context.Context, r export.Run, report func(func(*export.Run))) error {
	end := b.note(r)
	if b.phase != "" {
		report(func(r *export.Run) { r.Progress.Phase = b.phase })
	}
	select {
	case err := <-end:
		return err
	case <-ctx.Done():
		return fmt.Errorf("working: %w", ctx.Err())
	}
}

func (b *bench) note(r export.Run) chan error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.starts = append(b.starts, r.Exporter.ID)
	b.times = append(b.times, time.Now())
	b.open[r.Exporter.ID] = make(chan error, 1)
	return b.open[r.Exporter.ID]
}

// end lets the work of an exporter's run return.
func (b *bench) end(exporter export.ID, err error) {
	b.t.Helper()
	b.mu.Lock()
	end := b.open[exporter]
	b.mu.Unlock()
	if end == nil {
		b.t.Fatalf("no run of %s has begun", exporter)
	}
	end <- err
	synctest.Wait()
}

func (b *bench) wantStarts(want ...export.ID) {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if d := cmp.Diff(want, b.starts); d != "" {
		b.t.Errorf("begun runs (-want +got):\n%s", d)
	}
}

// exporter makes one that reads a company and writes a spreadsheet.
func exporter(id, company, spreadsheet string) export.Exporter {
	return export.Exporter{
		ID: export.ID(id), Companies: []export.RealmID{export.RealmID(company)},
		Target: export.Target{Spreadsheet: spreadsheet},
	}
}

// add queues a run; runs added later are younger.
func (b *bench) add(e export.Exporter) export.Run {
	b.t.Helper()
	b.added++
	queued := time.Now().Add(time.Duration(b.added) * time.Microsecond)
	r, joined, err := b.Enqueue(b.t.Context(), export.Run{Exporter: e, Trigger: export.TriggerManual, QueuedAt: queued})
	if err != nil || joined {
		b.t.Fatalf("queueing: joined %t, error %v", joined, err)
	}
	synctest.Wait()
	return r
}

func (b *bench) get(id export.ID) export.Run {
	b.t.Helper()
	r, err := b.store.Run(b.t.Context(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

func (b *bench) wantRun(id export.ID, status export.RunStatus, code problem.Code, attempts int) export.Run {
	b.t.Helper()
	r := b.get(id)
	var got problem.Code
	if r.Problem != nil {
		got = r.Problem.Code
	}
	if r.Status != status || got != code || r.Attempts != attempts {
		b.t.Errorf("run is %s with problem %q after %d attempts, want %s, %q, %d", r.Status, got, r.Attempts, status,
			code, attempts)
	}
	done := r.Progress.Phase == export.PhaseDone
	if r.Status.Over() && (r.FinishedAt.IsZero() || done != (r.Status == export.RunSucceeded) || r.Cancelling) {
		b.t.Errorf("an ended run has FinishedAt %v, phase %s, Cancelling %t", r.FinishedAt, r.Progress.Phase,
			r.Cancelling)
	}
	return r
}

func (b *bench) wantWaiting(id export.ID, text string) {
	b.t.Helper()
	if got := b.Waiting(b.get(id)); text == "" && got != "" || !strings.Contains(got, text) {
		b.t.Errorf("waits because %q, want %q", got, text)
	}
}

func TestSuccess(t *testing.T) {
	inBubble(t, func(o *queue.Options) {
		o.Work = func(_ context.Context, _ export.Run, report func(func(*export.Run))) error {
			time.Sleep(3 * time.Second)
			report(func(r *export.Run) {
				r.Result, r.QuickBooks = storetest.FullResult(), 3
				// Not its business:
				r.Status, r.Attempts, r.ID, r.Cancelling, r.Exporter.ID = export.RunFailed, 99, "run_x", true, "exp_x"
			})
			return nil
		}
	}, func(b *bench) {
		if b.Ready() == nil {
			t.Error("ready before it is started")
		}
		b.start()
		if err := b.Ready(); err != nil {
			t.Errorf("not ready: %v", err)
		}
		if b.Start(b.t.Context()) == nil {
			t.Error("it could be started twice")
		}
		began := time.Now()
		id := b.add(exporter("exp_1", "A", "S")).ID
		b.wantRun(id, export.RunRunning, "", 1)
		time.Sleep(time.Minute)
		r := b.wantRun(id, export.RunSucceeded, "", 1)
		if diff := cmp.Diff(storetest.FullResult(), r.Result); diff != "" || r.QuickBooks != 3 {
			t.Errorf("results are lost: %d requests, %s", r.QuickBooks, diff)
		}
		if !r.StartedAt.Equal(began) || r.FinishedAt.Sub(r.StartedAt) != 3*time.Second {
			t.Errorf("ran from %v to %v", r.StartedAt, r.FinishedAt)
		}
	})
}

func TestCompanyLimit(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		b.start()
		b.add(exporter("exp_1", "A", "S1"))
		b.add(exporter("exp_2", "A", "S2"))
		third := b.add(exporter("exp_3", "A", "S3"))
		b.wantWaiting(third.ID, "2 other runs read company A")
		// One company's backlog does not hold another up.
		b.add(exporter("exp_4", "B", "S4"))
		both := exporter("exp_5", "B", "S5")
		both.Companies = []export.RealmID{"B", "A", "B"}
		fifth := b.add(both)
		b.wantWaiting(fifth.ID, "company A")
		b.wantStarts("exp_1", "exp_2", "exp_4")
		b.end("exp_2", nil)
		b.wantStarts("exp_1", "exp_2", "exp_4", "exp_3")
		b.wantWaiting(third.ID, "")
		b.end("exp_3", nil)
		b.wantStarts("exp_1", "exp_2", "exp_4", "exp_3", "exp_5")
	})
}

func TestSpreadsheetIsExclusive(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		b.start()
		b.add(exporter("exp_1", "A", "S"))
		second := b.add(exporter("exp_2", "B", "S"))
		b.add(exporter("exp_3", "C", "")) // its first run makes a spreadsheet
		b.add(exporter("exp_4", "D", ""))
		b.wantStarts("exp_1", "exp_3", "exp_4")
		b.wantWaiting(second.ID, "same spreadsheet")
		b.end("exp_1", problem.New(problem.SheetConflict, "x"))
		b.wantStarts("exp_1", "exp_3", "exp_4", "exp_2")
	})
}

func TestWorkersAndOrder(t *testing.T) {
	inBubble(t, func(o *queue.Options) { o.Workers = 1 }, func(b *bench) {
		var ids []export.ID
		for i := range 4 { // before it is started
			ids = append(ids, b.add(exporter(fmt.Sprintf("exp_%d", i), fmt.Sprint(i), fmt.Sprint(i))).ID)
		}
		b.start()
		b.wantStarts("exp_0")
		b.wantWaiting(ids[3], "1 run is under way")
		for i := range 3 {
			b.end(export.ID(fmt.Sprintf("exp_%d", i)), nil)
		}
		b.wantStarts("exp_0", "exp_1", "exp_2", "exp_3")
	})
}

// TestPatience makes sure that a run which needs two companies is not overtaken
// for ever by runs that need one.
func TestPatience(t *testing.T) {
	inBubble(t, func(o *queue.Options) { o.PerCompany = 1 }, func(b *bench) {
		b.start()
		b.add(exporter("exp_a0", "A", "SA0"))
		both := exporter("exp_both", "A", "S")
		both.Companies = append(both.Companies, "B")
		r := b.add(both)
		for i := range 20 {
			time.Sleep(time.Minute)
			running, next := "exp_a"+fmt.Sprint(i/2), exporter("exp_b"+fmt.Sprint(i/2), "B", "")
			if i%2 == 1 {
				running, next = "exp_b"+fmt.Sprint(i/2), exporter("exp_a"+fmt.Sprint(i/2+1), "A", "")
			}
			b.add(next)
			if b.get(r.ID).Status == export.RunRunning {
				t.Fatal("it runs beside another run of its companies")
			}
			b.mu.Lock()
			end := b.open[export.ID(running)]
			b.mu.Unlock()
			if end == nil {
				break
			}
			end <- nil
			synctest.Wait()
			if b.get(r.ID).Status == export.RunRunning {
				if i < 9 {
					t.Errorf("it began in minute %d: nobody overtook it", i+1)
				}
				return
			}
		}
		t.Errorf("it still waits: %s", b.Waiting(b.get(r.ID)))
	})
}

func TestEnqueueJoins(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		b.start()
		first := b.add(exporter("exp_1", "A", "S"))
		again, joined, err := b.Enqueue(b.t.Context(),
			export.Run{Exporter: exporter("exp_1", "A", "S"), Trigger: export.TriggerSchedule})
		if err != nil || !joined || again.ID != first.ID {
			t.Errorf("got %s, joined %t, %v", again.ID, joined, err)
		}
		b.end("exp_1", nil)
		b.wantStarts("exp_1")
		b.add(exporter("exp_1", "A", "S"))
		b.wantStarts("exp_1", "exp_1")
	})
}

// TestPersonDoesNotWait: who presses Run while a retry or a scheduled start waits
// for its time starts it.
func TestPersonDoesNotWait(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		b.start()
		r := export.Run{Exporter: exporter("exp_1", "A", "S"), Trigger: export.TriggerSchedule,
			NotBefore: time.Now().Add(time.Hour)}
		stored, _, err := b.Enqueue(b.t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		b.wantWaiting(stored.ID, "starts at ")
		b.wantStarts()
		// Another due time does not hurry it.
		if _, joined, err := b.Enqueue(b.t.Context(), r); !joined || err != nil {
			t.Fatal(joined, err)
		}
		synctest.Wait()
		b.wantStarts()
		r.Trigger = export.TriggerAPI
		if _, joined, err := b.Enqueue(b.t.Context(), r); !joined || err != nil {
			t.Fatal(joined, err)
		}
		synctest.Wait()
		b.wantStarts("exp_1")
	})
}

func TestExporterIsReadWhenItsRunBegins(t *testing.T) {
	inBubble(t, func(o *queue.Options) {
		store, _ := o.Store.(export.ExporterStore)
		o.Exporter = store.Exporter
		if err := store.CreateExporter(t.Context(), exporter("exp_1", "B", "new")); err != nil {
			t.Fatal(err)
		}
	}, func(b *bench) {
		b.start()
		r := b.add(exporter("exp_1", "A", "old"))
		if got := b.get(r.ID).Exporter; got.Target.Spreadsheet != "new" || got.Companies[0] != "B" {
			t.Errorf("it runs with %v", got)
		}
		gone := b.add(exporter("exp_2", "A", "S"))
		b.wantRun(gone.ID, export.RunCancelled, problem.Cancelled, 0)
		b.wantStarts("exp_1")
	})
}
