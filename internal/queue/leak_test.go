package queue_test

import (
	"context"
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/progress"
	"ledgersheet/internal/queue"
	"ledgersheet/internal/storetest"
)

// Nothing of a run stays behind in memory when it is over, however it ends. It is not parallel, because it looks at the
// whole heap.
func TestNothingStaysBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, events, ctx := storetest.NewMemory(), progress.New(), t.Context()
		q := queue.New(queue.Options{
			Store: store, Events: events, Workers: 4, Logger: slog.New(slog.DiscardHandler),
			Work: func(ctx context.Context, r export.Run, report func(func(*export.Run))) error {
				report(func(r *export.Run) { r.Progress.Phase = export.PhaseWriting })
				time.Sleep(2 * time.Second)
				report(func(r *export.Run) { r.Rows = 7 })
				switch r.Exporter.ID[len(r.Exporter.ID)-1] {
				case '3':
					return problem.New(problem.SheetConflict, "Cells are in the way.")
				case '5':
					if r.Attempts == 1 {
						return problem.New(problem.GoogleUnavailable, "Later.")
					}
				}
				return nil
			},
		})
		if err := q.Start(ctx); err != nil {
			t.Fatal(err)
		}
		added := 0
		// round runs as many runs as the broker remembers events, deletes their exporters, of which the store keeps
		// history, and returns what is left.
		round := func() (heap uint64, goroutines int) {
			var made []export.ID
			for range 300 {
				added++
				e := exporter(fmt.Sprintf("exp_%06d", added), fmt.Sprint("C", added%7), fmt.Sprint("S", added))
				if err := store.CreateExporter(ctx, e); err != nil {
					t.Fatal(err)
				}
				made = append(made, e.ID)
				r, _, err := q.Enqueue(ctx, export.Run{Exporter: e, Trigger: export.TriggerSchedule})
				if err != nil {
					t.Fatal(err)
				}
				if added%9 == 0 {
					if _, err := q.Cancel(ctx, r.ID); err != nil {
						t.Fatal(err)
					}
				}
			}
			time.Sleep(time.Hour)
			synctest.Wait()
			if queued, running, err := store.CountActive(ctx); err != nil || queued+running > 0 {
				t.Fatalf("%d runs are queued and %d are running, %v", queued, running, err)
			}
			if _, err := store.PruneRuns(ctx, time.Now(), 0); err != nil {
				t.Fatal(err)
			}
			for _, id := range made {
				if err := store.DeleteExporter(ctx, id); err != nil {
					t.Fatal(err)
				}
			}
			var m runtime.MemStats
			runtime.GC()
			runtime.GC()
			runtime.ReadMemStats(&m)
			return m.HeapAlloc, runtime.NumGoroutine()
		}
		round() // fills what stays the same size from then on
		heap, goroutines := round()
		round()
		heapAfter, goroutinesAfter := round()
		const perRun = 100 // bytes
		if heapAfter > heap+2*300*perRun {
			t.Errorf("the heap grew from %d to %d bytes over 600 runs", heap, heapAfter)
		}
		if goroutinesAfter > goroutines {
			t.Errorf("from %d to %d goroutines", goroutines, goroutinesAfter)
		}
		if err := q.Stop(ctx); err != nil {
			t.Fatal(err)
		}
	})
}
