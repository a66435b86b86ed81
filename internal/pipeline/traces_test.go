package pipeline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ledgersheet/internal/export"
)

// shelf keeps marks, and fails from a certain write on.
type shelf struct {
	Store
	marks map[string][]byte
	left  int // writes before it fails
}

func (s *shelf) Exporter(context.Context, export.ID) (export.Exporter, error) {
	return export.Exporter{}, nil
}

func (s *shelf) Mark(_ context.Context, key string) ([]byte, error) {
	if m, ok := s.marks[key]; ok {
		return m, nil
	}
	return nil, export.ErrNotFound
}

var errFull = errors.New("full")

func (s *shelf) PutMark(_ context.Context, key string, data []byte) error {
	if s.left--; s.left < 0 {
		return errFull
	}
	s.marks[key] = bytes.Clone(data)
	return nil
}

// TestTracesApart plays runs with small and large traces that die anywhere. What is read afterwards is what was stored,
// or nothing; never something else. Large traces take no more places than there can be.
func TestTracesApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := &shelf{marks: map[string][]byte{}}
		ctx := context.Background()
		trace := func(n int) []byte {
			size := rapid.SampledFrom([]int{10, inline, inline + 1, 3 * inline}).Draw(t, "size")
			return bytes.Repeat([]byte(fmt.Sprintf("%4d", n)), size/4+1)
		}
		var last, next traces
		befores := map[export.ID][]byte{}
		for n := range rapid.IntRange(1, 12).Draw(t, "runs") {
			run := export.ID(fmt.Sprintf("run_%03d", n))
			j := &job{Runner: &Runner{o: Options{Store: s}}, run: run, exporter: export.Exporter{ID: "exp_1"}}
			s.left = 1000
			if rapid.IntRange(0, 2).Draw(t, "dies") == 0 {
				s.left = rapid.IntRange(0, 4).Draw(t, "after")
			}
			fresh := trace(n)
			next = traces{Run: last.Run, Trace: last.Trace, NextRun: run, Next: fresh}
			planned := j.putPlanned(ctx, export.Planned{
				BeforeRun: last.Run, Before: last.Trace, Trace: fresh, Undoable: true,
			})
			done := planned
			if done == nil {
				befores[run] = last.Trace
				done = j.putTraces(ctx, traces{Run: run, Trace: fresh})
			}
			for _, err := range []error{planned, done} {
				if err != nil && !errors.Is(err, errFull) {
					t.Fatal(err)
				}
			}
			got, err := j.readTraces(ctx)
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case done == nil:
				last = traces{Run: run, Trace: fresh}
				wantTrace(t, "trace", got.Trace, fresh)
			case got.NextRun == run:
				wantTrace(t, "trace", got.Trace, next.Trace)
				wantTrace(t, "next", got.Next, fresh)
			default:
				wantTrace(t, "trace", got.Trace, last.Trace)
			}
			s.left = 1000
			for id, want := range befores {
				b, err := j.findBefore(ctx, id)
				if err != nil {
					t.Fatal(err)
				}
				if b != nil && b.Run == id {
					wantTrace(t, "before "+string(id), b.Trace, want)
				}
			}
		}
		kept := 0
		for key := range s.marks {
			if strings.Contains(key, "/trace/") {
				kept++
			}
		}
		if kept > keptBefores+4 {
			t.Errorf("%d traces are apart", kept)
		}
	})
}

func wantTrace(t *rapid.T, what string, got, want []byte) {
	if !bytes.Equal(got, want) {
		t.Fatalf("%s is %.8q of %d bytes, want %.8q of %d", what, got, len(got), want, len(want))
	}
}
