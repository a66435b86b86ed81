package queue_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/queue"
)

// Eight runs that all wait for their providers leave all workers to others. No further run of their companies begins
// meanwhile, and a run that waits says until when.
func TestWaitingCostsNoWorker(t *testing.T) {
	inBubble(t, func(o *queue.Options) {
		work := o.Work
		o.Workers = 4
		o.Work = func(ctx context.Context, r export.Run, report func(func(*export.Run))) error {
			if r.Exporter.Companies[0][0] == 'w' { // its company asks to wait
				over := export.Wait(ctx, time.Now().Add(time.Minute))
				select {
				case <-time.After(time.Minute):
				case <-ctx.Done():
				}
				over()
			}
			return work(ctx, r, report)
		}
	}, func(b *bench) {
		b.start()
		var first export.Run
		for i := range 4 {
			r := b.add(exporter(fmt.Sprintf("exp_w%d", i), fmt.Sprintf("w%d", i), fmt.Sprint("w", i)))
			if i == 0 {
				first = r
			}
		}
		behind := b.add(exporter("exp_behind", "w0", "S"))
		for i := range 5 {
			b.add(exporter(fmt.Sprintf("exp_%d", i), fmt.Sprint(i), fmt.Sprint(i)))
		}
		b.wantStarts("exp_0", "exp_1", "exp_2", "exp_3")
		b.wantWaiting(behind.ID, "company w0")
		time.Sleep(2 * time.Second)
		synctest.Wait()
		r := b.get(first.ID)
		if until := r.Progress.WaitsUntil; time.Until(until).Round(time.Second) != 58*time.Second {
			t.Errorf("it waits until %v", until)
		}
		b.wantWaiting(first.ID, "waits until")
		time.Sleep(time.Minute)
		synctest.Wait()
		slices.Sort(b.starts)
		b.wantStarts("exp_0", "exp_1", "exp_2", "exp_3", "exp_w0", "exp_w1", "exp_w2", "exp_w3")
		for i := range 4 {
			b.end(export.ID(fmt.Sprintf("exp_w%d", i)), nil)
		}
		b.end("exp_0", nil) // five of eight: only now a worker is free
		if n := len(b.starts); n != 9 && n != 10 {
			t.Errorf("%v have begun", b.starts)
		}
	})
}

// outage is a provider that is down for a while, and counts who asks it.
type outage struct {
	mu    sync.Mutex
	until time.Time
	asked int
	code  problem.Code
}

func (o *outage) work(_ context.Context, r export.Run, _ func(func(*export.Run))) error {
	time.Sleep(time.Second)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.code == problem.GoogleUnavailable && r.Exporter.Target.IsFile() {
		return nil
	}
	o.asked++
	if time.Now().Before(o.until) {
		return problem.New(o.code, "down")
	}
	return nil
}

func (o *outage) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.asked
}

// An outage of six hours costs few runs an attempt and few requests, and afterwards all runs succeed.
func TestOutage(t *testing.T) {
	for _, code := range []problem.Code{problem.QuickBooksUnavailable, problem.GoogleUnavailable} {
		t.Run(string(code), func(t *testing.T) {
			o := &outage{code: code}
			inBubble(t, func(q *queue.Options) { q.Work = o.work }, func(b *bench) {
				o.until = time.Now().Add(6 * time.Hour)
				b.start()
				var ids []export.ID
				for i := range 40 {
					e := exporter(fmt.Sprintf("exp_%02d", i), fmt.Sprint(i), fmt.Sprint(i))
					ids = append(ids, b.add(e).ID)
				}
				file := exporter("exp_file", "file", "")
				file.Target.Kind = export.CSVFile
				onlyFile := b.add(file)
				time.Sleep(5 * time.Hour)
				synctest.Wait()
				// 8 ran into it at once; afterwards one tries every 15 minutes.
				if o.asked > 40 {
					t.Errorf("%d requests in five hours of outage", o.asked)
				}
				b.wantWaiting(ids[39], "does not answer")
				if r := b.get(onlyFile.ID); code == problem.GoogleUnavailable && r.Status != export.RunSucceeded {
					t.Errorf("a run that writes a file is %s: %s", r.Status, b.Waiting(r))
				}
				time.Sleep(2 * time.Hour)
				synctest.Wait()
				for _, id := range ids {
					if r := b.get(id); r.Status != export.RunSucceeded || r.Attempts > 3 {
						t.Errorf("%s is %s after %d attempts: %v", id, r.Status, r.Attempts, b.Waiting(r))
					}
				}
			})
		})
	}
}

// A restart during an outage costs one request, whichever runs wait, and one more each time that the outage is tried
// again. When it is over, all goes on at once.
func TestOutageOverARestart(t *testing.T) {
	for _, code := range []problem.Code{problem.QuickBooksUnavailable, problem.GoogleUnavailable} {
		t.Run(string(code), func(t *testing.T) {
			o := &outage{code: code}
			inBubble(t, func(q *queue.Options) { q.Work = o.work }, func(b *bench) {
				o.until = time.Now().Add(3*time.Hour + 10*time.Minute)
				b.start()
				var ids []export.ID
				for i := range 40 {
					e := exporter(fmt.Sprintf("exp_%02d", i), fmt.Sprint(i), fmt.Sprint(i))
					ids = append(ids, b.add(e).ID)
				}
				for range 20 {
					time.Sleep(9 * time.Minute)
					if err := b.Stop(t.Context()); err != nil {
						t.Fatal(err)
					}
					before := o.count()
					b.Queue = queue.New(b.o)
					b.start()
					time.Sleep(30 * time.Second)
					synctest.Wait()
					if asked := o.count() - before; asked > 1 {
						t.Errorf("a restart cost %d requests", asked)
					}
					// The one that tried last says when it may try again.
					others := slices.DeleteFunc(slices.Clone(ids), func(id export.ID) bool {
						return b.get(id).NotBefore.After(time.Now())
					})
					b.wantWaiting(others[len(others)-1], "does not answer")
				}
				time.Sleep(time.Hour)
				synctest.Wait()
				for _, id := range ids {
					if r := b.get(id); r.Status != export.RunSucceeded || r.Attempts > 3 {
						t.Errorf("%s is %s after %d attempts: %v", id, r.Status, r.Attempts, b.Waiting(r))
					}
				}
			})
		})
	}
}

// One exporter that always fails does not stop the others.
func TestOneExporterIsNoOutage(t *testing.T) {
	inBubble(t, nil, func(b *bench) {
		b.start()
		bad := b.add(exporter("exp_bad", "A", "S"))
		for range 4 {
			b.end("exp_bad", problem.New(problem.QuickBooksUnavailable, "down"))
			time.Sleep(20 * time.Minute)
			synctest.Wait()
		}
		b.wantRun(bad.ID, export.RunFailed, problem.QuickBooksUnavailable, 4)
		good := b.add(exporter("exp_good", "B", "T"))
		b.wantRun(good.ID, export.RunRunning, "", 1)
	})
}

// A run that was put off while the clock stood ahead begins as soon as the clock is right, in this process or the next.
func TestTimesOfAWrongClock(t *testing.T) {
	for name, restart := range map[string]bool{"same process": false, "another process": true} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var skew time.Duration
			inBubble(t, func(o *queue.Options) {
				o.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return time.Now().Add(skew) }
			}, func(b *bench) {
				set := func(d time.Duration) { mu.Lock(); defer mu.Unlock(); skew = d }
				set(72 * time.Hour)
				b.start()
				r := b.add(exporter("exp_1", "A", "S"))
				b.add(exporter("exp_2", "B", "T"))
				b.end("exp_1", problem.New(problem.TotalsMismatch, "x"))
				b.wantRun(r.ID, export.RunQueued, problem.TotalsMismatch, 1)
				if restart {
					b.end("exp_2", nil)
					if err := b.Stop(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				set(0)
				if restart {
					b.Queue = queue.New(b.o)
					b.start()
				}
				time.Sleep(2 * time.Minute)
				synctest.Wait()
				b.wantRun(r.ID, export.RunRunning, "", 2)
			})
		})
	}
}
