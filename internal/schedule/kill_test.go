package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/queue"
	"ledgersheet/internal/schedule"
	"ledgersheet/internal/storetest"
)

// killer is a process's connection to the store that ends the process at its n-th write, before it or after it.
type killer struct {
	export.Store
	mu     sync.Mutex
	left   int
	before bool
	dead   chan struct{}
}

// many is more writes than a test does.
const many = 1 << 20

// spare lets the process live from now on. It reports false if it is dead already.
func (k *killer) spare() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	select {
	case <-k.dead:
		return false
	default:
		k.left = many
		return true
	}
}

var errKilled = errors.New("the process was killed")

// write does a write, unless the process is dead by then.
func (k *killer) write(do func() error) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	select {
	case <-k.dead:
		return errKilled
	default:
	}
	k.left--
	if k.left == 0 {
		defer close(k.dead)
		if k.before {
			return errKilled
		}
		_ = do()
		return errKilled // nobody hears that it has succeeded
	}
	return do()
}

func (k *killer) UpdateRun(
	ctx context.Context, id export.ID, change func(*export.Run) error,
) (r export.Run, err error) {
	err = k.write(func() error { r, err = k.Store.UpdateRun(ctx, id, change); return err })
	return r, err
}

func (k *killer) UpdateRunning(
	ctx context.Context, h export.Held, change func(*export.Run) error,
) (r export.Run, err error) {
	err = k.write(func() error { r, err = k.Store.UpdateRunning(ctx, h, change); return err })
	return r, err
}

func (k *killer) Claim(ctx context.Context, worker export.ID, choose func(iter.Seq[export.ActiveRun]) []export.ID,
	begin func(*export.Run)) (claimed []export.Run, err error) {
	some := false
	_, err = k.Store.Claim(ctx, worker, func(active iter.Seq[export.ActiveRun]) []export.ID {
		some = len(choose(active)) > 0
		return nil
	}, begin)
	if !some || err != nil {
		return nil, err // it only reads
	}
	err = k.write(func() error { claimed, err = k.Store.Claim(ctx, worker, choose, begin); return err })
	return claimed, err
}

func (k *killer) EnqueueDue(ctx context.Context, d export.DueRun) (r export.Run, joined bool, err error) {
	err = k.write(func() error { r, joined, err = k.Store.EnqueueDue(ctx, d); return err })
	return r, joined, err
}

func (k *killer) PassDue(
	ctx context.Context, id export.ID, change func(*export.Exporter) (export.DueTime, error),
) (e export.Exporter, err error) {
	err = k.write(func() error { e, err = k.Store.PassDue(ctx, id, change); return err })
	return e, err
}

// start begins a process over the store. It returns what ends it.
func (k *killer) start(t *testing.T, attempts map[export.ID]int) (end func()) {
	silent := slog.New(slog.DiscardHandler)
	var tick *schedule.Ticker
	var mu sync.Mutex
	q := queue.New(queue.Options{
		Store: k, Logger: silent, Ended: func(id export.ID) { tick.Ended(id) },
		Work: func(ctx context.Context, r export.Run, _ func(func(*export.Run))) error {
			mu.Lock()
			attempts[r.ID]++
			n := attempts[r.ID]
			mu.Unlock()
			takes := time.Minute
			if r.Due.Hour() == 2 {
				takes = 70 * time.Minute // so that the next due time falls into it
			}
			select {
			case <-time.After(takes):
			case <-ctx.Done():
				return fmt.Errorf("working: %w", ctx.Err())
			}
			if r.Due.Hour() == 1 && n == 1 {
				return problem.New(problem.TotalsMismatch, "again")
			}
			return nil
		},
		Timeout: 2 * time.Hour,
	})
	tick = schedule.NewTicker(schedule.Options{Store: k, Enqueue: q.EnqueueDue, Logger: silent})
	if err := errors.Join(q.Start(t.Context()), tick.Start(t.Context())); err != nil {
		t.Fatal(err)
	}
	return func() {
		tick.Stop()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
	}
}

// TestKilledAtEachWrite kills the process at each of its writes to the store in turn: queueing a due time, claiming its
// run, storing how that ended. Whichever it is, the next process leaves each due time with one end, and none twice.
func TestKilledAtEachWrite(t *testing.T) {
	t.Parallel()
	killAtEachWrite(t, 7*time.Hour+30*time.Minute, 5*time.Minute, func(t *testing.T) *storetest.Memory {
		store := storetest.NewMemory()
		e := export.Exporter{ID: "exp_1", Name: "x",
			Schedule: export.Schedule{Cron: "0 * * * *", Timezone: "UTC", Enabled: true}}
		if err := store.CreateExporter(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		return store
	}, func(*testing.T, *storetest.Memory) { synctest.Wait() }, wantHours)
}

// killAtEachWrite plays the time until an hour of the day anew for each write of a process to a store, kills the
// process there, before it or after it, and starts another one after a pause. rest awaits that nothing is to be done,
// while the last process still lives; want then proves what is in the store.
func killAtEachWrite(
	t *testing.T, until, pause time.Duration, open func(*testing.T) *storetest.Memory,
	rest func(*testing.T, *storetest.Memory), want func(*testing.T, *storetest.Memory, string),
) {
	t.Helper()
	kills := 0
	for n, reached := 1, true; reached; n++ {
		kills = n - 1
		for _, before := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				store, attempts := open(t), map[export.ID]int{}
				k := &killer{Store: store, left: n, before: before, dead: make(chan struct{})}
				end := k.start(t, attempts)
				killed := true
				select {
				case <-k.dead:
				case <-time.After(until):
					// What it still has to do until it rests, it does: nobody starts another one.
					killed = !k.spare()
				}
				reached = reached && killed // how many writes there are depends on which come together
				synctest.Wait()
				if killed {
					end()
					time.Sleep(pause)
					k = &killer{Store: store, left: many, dead: make(chan struct{})}
					end = k.start(t, attempts)
					time.Sleep(time.Until(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Add(until)))
				}
				rest(t, store)
				end()
				where := fmt.Sprintf("write %d, before it: %t", n, before)
				if t.Failed() {
					t.Fatalf("killed at %s", where)
				}
				want(t, store, where)
			})
		}
	}
	if kills < 20 {
		t.Errorf("there were only %d writes to be killed at", kills)
	}
}

// wantHours proves that each hour from one to seven has its end, and that no run was for two of the hours but by
// joining.
func wantHours(t *testing.T, store *storetest.Memory, what string) {
	t.Helper()
	all, err := store.DueTimes(t.Context(), "exp_1")
	if err != nil || len(all) == 0 {
		t.Fatalf("%s: %v, %v", what, all, err)
	}
	if first, last := all[len(all)-1].At, all[0].Until; first.Hour() != 1 || last.Hour() != 8 {
		t.Errorf("%s: the ledger tells of %v until %v", what, first, last)
	}
	own := map[export.ID]bool{}
	for i, d := range all {
		if i > 0 && !d.Until.Equal(all[i-1].At) {
			t.Errorf("%s: a gap after %v", what, d.At)
		}
		r, err := store.Run(t.Context(), d.Run)
		if err != nil || r.Status != export.RunSucceeded || d.End != d.Hope {
			t.Errorf("%s: %v is %s by %s, which is %s, %v", what, d.At, d.End, d.Run, r.Status, err)
		}
		if d.Hope == export.DueJoined {
			continue
		}
		if own[d.Run] {
			t.Errorf("%s: %s is of two due times", what, d.Run)
		}
		own[d.Run] = true
	}
}
