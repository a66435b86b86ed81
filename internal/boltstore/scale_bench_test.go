package boltstore

import (
	"context"
	"iter"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"ledgersheet/internal/export"
)

// newScale returns a store as years of use leave it, which takes most of the benchmark's time. LEDGERSHEET_BENCH_RUNS
// sets how many runs its history has.
func newScale(b *testing.B, active int) *Store {
	b.Helper()
	n := scale{exporters: 10_000, companies: 1_000, runs: 10_000, active: active}
	if text := os.Getenv("LEDGERSHEET_BENCH_RUNS"); text != "" {
		runs, err := strconv.Atoi(text)
		if err != nil {
			b.Fatal(err)
		}
		n.runs = runs
	}
	path, seal := filepath.Join(b.TempDir(), "ledgersheet.db"), newVault(&testing.T{})
	s, err := Open(path, seal, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = s.Close() })
	fillScale(b, s, n, time.Now())
	return s
}

// BenchmarkScale measures what the program does again and again, with 10,000 exporters of 1,000 companies, of which
// 2,000 have a run in the queue.
func BenchmarkScale(b *testing.B) {
	s, ctx := newScale(b, 2000), context.Background()
	none := func(active iter.Seq[export.ActiveRun]) []export.ID { // as when nothing can begin
		for range active {
		}
		return nil
	}
	count := func(f export.ExporterFilter, most int) (n int, err error) {
		for _, err := range s.ExporterHeads(ctx, f, "") {
			if n++; err != nil || n == most {
				return n, err
			}
		}
		return n, nil
	}
	for _, test := range []struct {
		name string
		do   func() error
	}{
		{"dispatch", func() error { _, err := s.Claim(ctx, "wrk_1", none, func(*export.Run) {}); return err }},
		{"nothing due", func() error { _, _, err := s.DueExporters(ctx, time.Now(), 100); return err }},
		{"count exporters", func() error { _, err := count(export.ExporterFilter{}, 0); return err }},
		{"exporters of a company", func() error {
			_, err := count(export.ExporterFilter{Company: scaleRealm(7)}, 0)
			return err
		}},
		{"page of exporters", func() error { _, err := count(export.ExporterFilter{}, 50); return err }},
		{"page of runs", func() error { _, _, err := s.Runs(ctx, export.RunFilter{}); return err }},
		{"failed runs of a company", func() error {
			_, _, err := s.Runs(ctx, export.RunFilter{Company: scaleRealm(7), Status: export.RunFailed})
			return err
		}},
		{"undone runs", func() error {
			_, _, err := s.Runs(ctx, export.RunFilter{Trigger: export.TriggerUndo})
			return err
		}},
		{"nothing to prune", func() error { _, err := s.PruneRuns(ctx, time.Now(), 200); return err }},
		{"end of a run", func() error {
			r, _, err := s.Enqueue(ctx, export.Run{
				ID: export.NewID("run", time.Now()), Exporter: export.Exporter{ID: "exp_bench"}, QueuedAt: time.Now(),
			})
			if err == nil {
				_, err = s.UpdateRun(ctx, r.ID, func(r *export.Run) error {
					r.Status = export.RunSucceeded
					return nil
				})
			}
			return err
		}},
	} {
		b.Run(test.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := test.do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
