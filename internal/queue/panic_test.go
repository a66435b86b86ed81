package queue_test

import (
	"context"
	"iter"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/queue"
)

// panicky is a store that panics on demand, as bbolt does on damaged pages.
type panicky struct {
	queue.Store
	claims, updates atomic.Int32 // how many more calls panic
}

// Claim implements export.RunStore.
func (p *panicky) Claim(ctx context.Context, worker export.ID,
	choose func(iter.Seq[export.ActiveRun]) []export.ID, begin func(*export.Run)) ([]export.Run, error) {
	if p.claims.Add(-1) >= 0 {
		panic("a page is damaged")
	}
	return p.Store.Claim(ctx, worker, choose, begin)
}

// UpdateRunning implements export.RunStore.
func (p *panicky) UpdateRunning(
	ctx context.Context, h export.Held, change func(*export.Run) error,
) (export.Run, error) {
	if p.updates.Add(-1) >= 0 {
		panic("a page is damaged")
	}
	return p.Store.UpdateRunning(ctx, h, change)
}

// TestPanicsOfTheStore expects that a panic beneath the queue ends no process and loses no run.
func TestPanicsOfTheStore(t *testing.T) {
	p := &panicky{}
	inBubble(t, func(o *queue.Options) { p.Store, o.Store = o.Store, p }, func(b *bench) {
		b.phase = export.PhaseWriting // so that progress is stored as well
		b.start()
		p.claims.Store(2)
		id := b.add(exporter("exp_1", "A", "S")).ID
		if b.Ready() == nil {
			t.Error("ready after a panic")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		b.wantRun(id, export.RunRunning, "", 1)
		p.updates.Store(3)
		time.Sleep(2 * time.Second)
		b.end("exp_1", nil)
		time.Sleep(time.Minute)
		synctest.Wait()
		b.wantRun(id, export.RunSucceeded, "", 1)
		if err := b.Ready(); err != nil {
			t.Error(err)
		}
		if p.claims.Load() >= 0 || p.updates.Load() >= 0 {
			t.Error("not all panics came")
		}
	})
}
