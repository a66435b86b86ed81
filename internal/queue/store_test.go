package queue_test

import (
	"context"
	"errors"
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/queue"
)

// flaky is a store that can be told to fail, and counts what is written.
type flaky struct {
	queue.Store
	mu      sync.Mutex
	down    bool
	updates int
}

var errDown = errors.New("no space left on device")

func (f *flaky) set(down bool) { f.mu.Lock(); defer f.mu.Unlock(); f.down = down }

func (f *flaky) isDown() bool { f.mu.Lock(); defer f.mu.Unlock(); return f.down }

func (f *flaky) UpdateRun(ctx context.Context, id export.ID, change func(*export.Run) error) (export.Run, error) {
	if f.isDown() {
		return export.Run{}, errDown
	}
	f.mu.Lock()
	f.updates++
	f.mu.Unlock()
	return f.Store.UpdateRun(ctx, id, change)
}

func (f *flaky) UpdateRunning(ctx context.Context, h export.Held, change func(*export.Run) error) (export.Run, error) {
	if f.isDown() {
		return export.Run{}, errDown
	}
	f.mu.Lock()
	f.updates++
	f.mu.Unlock()
	return f.Store.UpdateRunning(ctx, h, change)
}

func (f *flaky) Claim(ctx context.Context, worker export.ID, choose func(iter.Seq[export.ActiveRun]) []export.ID,
	begin func(*export.Run)) ([]export.Run, error) {
	if f.isDown() {
		return nil, errDown
	}
	return f.Store.Claim(ctx, worker, choose, begin)
}

func (f *flaky) Rescue(ctx context.Context, gone func(export.ID) bool, decide func(*export.Run)) ([]export.Run, error) {
	if f.isDown() {
		return nil, errDown
	}
	return f.Store.Rescue(ctx, gone, decide)
}

func (f *flaky) ActiveRuns(ctx context.Context) ([]export.Run, error) {
	if f.isDown() {
		return nil, errDown
	}
	return f.Store.ActiveRuns(ctx)
}

func newFlaky(f *flaky) func(*queue.Options) {
	return func(o *queue.Options) { f.Store, o.Store = o.Store, f }
}

func TestStoreFailsAtTheEnd(t *testing.T) {
	f := &flaky{}
	inBubble(t, newFlaky(f), func(b *bench) {
		b.start()
		id := b.add(exporter("exp_1", "A", "S")).ID
		second := b.add(exporter("exp_2", "A", "S")).ID
		f.set(true)
		b.end("exp_1", nil)
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		b.wantRun(id, export.RunRunning, "", 1)
		b.wantStarts("exp_1") // what it holds is not free before its end is known
		f.set(false)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		b.wantRun(id, export.RunSucceeded, "", 1)
		b.wantRun(second, export.RunRunning, "", 1)
	})
}

func TestStopWhileTheStoreFails(t *testing.T) {
	f := &flaky{}
	inBubble(t, newFlaky(f), func(b *bench) {
		b.start()
		id := b.add(exporter("exp_1", "A", "S")).ID
		f.set(true)
		b.end("exp_1", nil)
		ctx, cancel := context.WithTimeout(b.t.Context(), time.Minute)
		defer cancel()
		if err := b.Stop(ctx); err != nil {
			t.Error(err)
		}
		f.set(false)
		// The next process finds it as running and does it again.
		next := queue.New(b.o)
		if err := next.Start(b.t.Context()); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		b.wantRun(id, export.RunRunning, "", 2)
		b.end("exp_1", nil)
		b.wantRun(id, export.RunSucceeded, "", 2)
		if err := next.Stop(b.t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestStoreFailsWhileDispatching(t *testing.T) {
	f := &flaky{}
	inBubble(t, newFlaky(f), func(b *bench) {
		b.start()
		f.set(true)
		r := b.add(exporter("exp_1", "A", "S"))
		if err := b.Ready(); !errors.Is(err, errDown) {
			t.Errorf("ready: %v", err)
		}
		b.wantStarts()
		f.set(false)
		time.Sleep(5 * time.Second)
		synctest.Wait()
		b.wantRun(r.ID, export.RunRunning, "", 1)
		if err := b.Ready(); err != nil {
			t.Errorf("ready: %v", err)
		}
	})
}

func TestStoreFailsAtStart(t *testing.T) {
	f := &flaky{down: true}
	inBubble(t, newFlaky(f), func(b *bench) {
		if err := b.Start(b.t.Context()); !errors.Is(err, errDown) {
			t.Errorf("starting: %v", err)
		}
		if err := b.Ready(); !errors.Is(err, errDown) {
			t.Errorf("ready: %v", err)
		}
	})
}

// TestProgress reports a hundred times a second for ten seconds.
func TestProgress(t *testing.T) {
	f := &flaky{}
	inBubble(t, func(o *queue.Options) {
		newFlaky(f)(o)
		o.Work = func(_ context.Context, _ export.Run, report func(func(*export.Run))) error {
			for i := range 1000 {
				time.Sleep(10 * time.Millisecond)
				report(func(r *export.Run) {
					r.Progress.RowsRead = i + 1
					if i == 500 {
						r.Progress.Phase = export.PhaseWriting
					}
				})
			}
			time.Sleep(5 * time.Second) // silent: the last report must come through by itself
			return nil
		}
	}, func(b *bench) {
		b.start()
		told := 0
		events := b.events.Subscribe(b.t.Context(), func(export.Run) bool { told++; return true })
		id := b.add(exporter("exp_1", "A", "S")).ID
		f.mu.Lock()
		f.updates = 0
		f.mu.Unlock()

		time.Sleep(5010*time.Millisecond + time.Nanosecond)
		synctest.Wait()
		if r := b.get(id); r.Progress.Phase != export.PhaseWriting {
			t.Errorf("a new phase was not stored at once: %+v", r.Progress)
		}
		time.Sleep(6 * time.Second)
		synctest.Wait()
		if r := b.get(id); r.Progress.RowsRead != 1000 {
			t.Errorf("%d rows are stored while the work is silent", r.Progress.RowsRead)
		}
		var last export.Run
		for range len(events) {
			last = (<-events).Run
		}
		if last.Progress.RowsRead != 1000 {
			t.Errorf("%d rows were told of while the work is silent", last.Progress.RowsRead)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		b.wantRun(id, export.RunSucceeded, "", 1)
		// Queued, running, the new phase and the end, beside 4 a second.
		if told < 35 || told > 4+41 {
			t.Errorf("%d events in ten seconds", told)
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.updates < 8 || f.updates > 1+11+1 {
			t.Errorf("%d writes in ten seconds", f.updates)
		}
	})
}

// TestEndIsStoredBeforeItIsTold reads the store at the moment of each event.
func TestEndIsStoredBeforeItIsTold(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		b.start()
		var told []export.RunStatus
		_ = b.events.Subscribe(b.t.Context(), func(r export.Run) bool {
			if stored := b.get(r.ID); stored.Status != r.Status {
				t.Errorf("told %s, stored %s", r.Status, stored.Status)
			}
			told = append(told, r.Status)
			return true
		})
		b.add(exporter("exp_1", "A", "S"))
		b.end("exp_1", nil)
		if len(told) != 3 || told[0] != export.RunQueued || told[1] != export.RunRunning ||
			told[2] != export.RunSucceeded {
			t.Errorf("told %v", told)
		}
	})
}

func TestReportAfterTheEndDoesNothing(t *testing.T) {
	var late func(func(*export.Run))
	inBubble(t, func(o *queue.Options) {
		o.Work = func(_ context.Context, _ export.Run, report func(func(*export.Run))) error {
			late = report
			return nil
		}
	}, func(b *bench) {
		b.start()
		id := b.add(exporter("exp_1", "A", "S")).ID
		late(func(r *export.Run) { r.Rows = 99 })
		time.Sleep(10 * time.Second)
		if r := b.wantRun(id, export.RunSucceeded, "", 1); r.Rows != 0 {
			t.Errorf("%d rows", r.Rows)
		}
	})
}
