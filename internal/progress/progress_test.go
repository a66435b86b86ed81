package progress_test

import (
	"context"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/internal/progress"
	"ledgersheet/internal/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestCopySharesNothingOfTheResult(t *testing.T) {
	t.Parallel()
	r := export.Run{Result: storetest.FullResult()}
	shared := r.Clone()
	mine, its := reflect.ValueOf(r.Result), reflect.ValueOf(shared.Result)
	for i := range mine.NumField() {
		if k := mine.Field(i).Kind(); (k == reflect.Map || k == reflect.Slice) &&
			mine.Field(i).Pointer() == its.Field(i).Pointer() {
			t.Errorf("the copy shares %s", mine.Type().Field(i).Name)
		}
	}
	if diff := cmp.Diff(r.Result, shared.Result); diff != "" {
		t.Error(diff)
	}
}

func run(id string, rows int, status export.RunStatus) export.Run {
	return export.Run{ID: export.ID(id), Result: export.Result{Rows: rows}, Status: status}
}

// drain reads what waits in a channel.
func drain(events <-chan export.RunEvent) (got []export.RunEvent) {
	for {
		select {
		case e, ok := <-events:
			if !ok {
				return got
			}
			got = append(got, e)
		default:
			return got
		}
	}
}

func seqs(events []export.RunEvent) (list []int64) {
	for _, e := range events {
		list = append(list, e.Seq)
	}
	return list
}

func TestFilterAndOrder(t *testing.T) {
	t.Parallel()
	b := progress.New()
	defer b.Close()
	all := b.Subscribe(t.Context(), nil)
	one := b.Subscribe(t.Context(), func(r export.Run) bool { return r.ID == "run_1" })
	for i := range 6 {
		b.Publish(run(fmt.Sprintf("run_%d", i%2), i, export.RunRunning))
	}
	if d := cmp.Diff([]int64{1, 2, 3, 4, 5, 6}, seqs(drain(all))); d != "" {
		t.Errorf("all (-want +got):\n%s", d)
	}
	if d := cmp.Diff([]int64{2, 4, 6}, seqs(drain(one))); d != "" {
		t.Errorf("of run_1 (-want +got):\n%s", d)
	}
}

func TestPublishedRunIsACopy(t *testing.T) {
	t.Parallel()
	b := progress.New()
	defer b.Close()
	events := b.Subscribe(t.Context(), nil)
	r := export.Run{ID: "run_1",
		Result: export.Result{Control: map[string]string{"a": "1"}, Warnings: export.Warnings("", "", "w")}}
	b.Publish(r)
	r.Control["a"], r.Warnings[0].Text = "2", "changed"
	got := (<-events).Run
	if got.Control["a"] != "1" || got.Warnings[0].Text != "w" {
		t.Errorf("a published run changed afterwards: %v %v", got.Control, got.Warnings)
	}
}

// TestSlowListener makes sure of the promise to listeners that do not read: in
// order, never too many, and the last state of each run is there.
func TestSlowListener(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		b := progress.New()
		defer b.Close()
		events := b.Subscribe(t.Context(), nil)
		last := map[export.ID]int{}
		over := map[export.ID]bool{}
		runs := rapid.IntRange(1, 40).Draw(rt, "runs")
		for i := range rapid.IntRange(1, 400).Draw(rt, "events") {
			r := run(fmt.Sprintf("run_%d", rapid.IntRange(0, runs).Draw(rt, "run")), i, export.RunRunning)
			if over[r.ID] {
				continue
			}
			if rapid.IntRange(0, 9).Draw(rt, "ends") == 0 {
				r.Status = export.RunSucceeded
				over[r.ID] = true
			}
			last[r.ID] = i
			b.Publish(r)
		}
		got := drain(events)
		newest := map[export.ID]int{}
		for i, e := range got {
			if i > 0 && e.Seq <= got[i-1].Seq {
				rt.Fatalf("out of order: %v", seqs(got))
			}
			newest[e.Run.ID] = e.Run.Rows
		}
		if d := cmp.Diff(last, newest); d != "" {
			rt.Fatalf("last states (-want +got):\n%s", d)
		}
	})
}

func TestSlowListenerOfVeryManyRuns(t *testing.T) {
	t.Parallel()
	b := progress.New()
	defer b.Close()
	events := b.Subscribe(t.Context(), nil)
	for i := range 30 {
		b.Publish(run(fmt.Sprintf("done_%d", i), 0, export.RunFailed))
	}
	for i := range 300 {
		b.Publish(run(fmt.Sprintf("busy_%d", i), 0, export.RunRunning))
	}
	got := drain(events)
	ended := 0
	for _, e := range got {
		if e.Run.Status.Over() {
			ended++
		}
	}
	if ended != 30 || len(got) > 64 || got[len(got)-1].Seq != 330 {
		t.Errorf("%d of 30 ends among %d events, the newest is %d", ended, len(got), got[len(got)-1].Seq)
	}
}

func TestSince(t *testing.T) {
	t.Parallel()
	b := progress.New()
	defer b.Close()
	want := func(seq int64, n int, wantWhole bool) {
		t.Helper()
		got, whole := b.Since(seq)
		if len(got) != n || whole != wantWhole {
			t.Errorf("since %d: %d events, whole %t; want %d, %t", seq, len(got), whole, n, wantWhole)
		}
		for i, e := range got {
			if i > 0 && e.Seq != got[i-1].Seq+1 || e.Seq <= seq {
				t.Errorf("since %d: %v", seq, seqs(got))
				break
			}
		}
	}
	want(0, 0, true)
	want(1, 0, false) // of a process before this one
	for i := range 10 {
		b.Publish(run("run_1", i, export.RunRunning))
	}
	want(0, 10, true)
	want(9, 1, true)
	want(10, 0, true)
	want(11, 0, false)
	want(-1, 0, false)
	for i := range 1000 {
		b.Publish(run("run_1", i, export.RunRunning))
	}
	want(1010-512, 512, true)
	want(1010-513, 512, false)
	want(3, 512, false)
	want(1000, 10, true)
}

func TestEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := progress.New()
		ctx, cancel := context.WithCancel(t.Context())
		first, second := b.Subscribe(ctx, nil), b.Subscribe(t.Context(), nil)
		cancel()
		synctest.Wait()
		if _, open := <-first; open {
			t.Error("a subscription outlives its context")
		}
		b.Publish(run("run_1", 1, export.RunRunning))
		if e, open := <-second; !open || e.Seq != 1 {
			t.Error("the end of one subscription disturbed another")
		}
		b.Close()
		b.Close()
		b.Publish(run("run_1", 2, export.RunRunning))
		if _, open := <-second; open {
			t.Error("a subscription outlives its broker")
		}
		if _, open := <-b.Subscribe(t.Context(), nil); open {
			t.Error("a closed broker takes subscriptions")
		}
		if _, open := <-b.Subscribe(ctx, nil); open {
			t.Error("a subscription of an ended context is open")
		}
	})
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	b := progress.New()
	var publishers, listeners sync.WaitGroup
	for range 4 {
		listeners.Go(func() {
			last := int64(0)
			for e := range b.Subscribe(context.Background(), nil) {
				if e.Seq <= last {
					t.Errorf("%d came after %d", e.Seq, last)
				}
				last = e.Seq
			}
		})
		publishers.Go(func() {
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			_ = b.Subscribe(ctx, nil)
			for i := range 500 {
				b.Publish(run("run_1", i, export.RunRunning))
			}
		})
	}
	publishers.Wait()
	b.Close()
	listeners.Wait()
}
