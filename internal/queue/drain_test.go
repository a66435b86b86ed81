package queue_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/export"
	"ledgersheet/internal/progress"
	"ledgersheet/internal/queue"
	"ledgersheet/internal/vault"
)

// BenchmarkDrain queues a run for each of many exporters of 200 companies and waits until all are done. The store is
// real and synced. The work asks nobody anything; it stores what the pipeline stores.
func BenchmarkDrain(b *testing.B) {
	v, err := vault.New(vault.NewKey())
	if err != nil {
		b.Fatal(err)
	}
	store, err := boltstore.Open(filepath.Join(b.TempDir(), "ledgersheet.db"), v, boltstore.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = store.Close() }()
	var (
		left atomic.Int64
		done = make(chan struct{})
		ctx  = b.Context()
	)
	left.Store(int64(b.N))
	events := progress.New()
	q := queue.New(queue.Options{
		Store: store, Events: events, Exporter: store.Exporter, Workers: 16,
		Logger: slog.New(slog.DiscardHandler),
		Work: func(ctx context.Context, r export.Run, report func(func(*export.Run))) error {
			for _, phase := range []export.Phase{export.PhaseReading, export.PhaseWriting, export.PhaseCommitting} {
				report(func(r *export.Run) { r.Progress.Phase = phase })
			}
			key := export.MarkKey(r.Exporter.ID, r.Exporter.Companies[0])
			for range 2 { // before and after a write
				if err := store.PutMark(ctx, key, make([]byte, 800)); err != nil {
					return err
				}
			}
			return store.PutDifference(ctx, r.ID, make([]byte, 800))
		},
	})
	over := events.Subscribe(ctx, func(r export.Run) bool {
		if r.Status.Over() && left.Add(-1) == 0 {
			close(done)
		}
		return false
	})
	defer func() { _ = over }()
	var filling sync.WaitGroup
	for w := range 32 {
		filling.Go(func() {
			for i := w; i < b.N; i += 32 {
				e := exporter(fmt.Sprintf("exp_%06d", i), fmt.Sprintf("C%03d", i%200), fmt.Sprintf("S%06d", i))
				if err := store.CreateExporter(ctx, e); err != nil {
					b.Error(err)
				}
				r := export.Run{Exporter: e, QueuedAt: time.Now(), Trigger: export.TriggerSchedule}
				if _, _, err := q.Enqueue(ctx, r); err != nil {
					b.Error(err)
				}
			}
		})
	}
	filling.Wait()
	b.ReportAllocs()
	b.ResetTimer()
	if err := q.Start(ctx); err != nil {
		b.Fatal(err)
	}
	<-done
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "runs/s")
	if err := q.Stop(ctx); err != nil {
		b.Fatal(err)
	}
}
