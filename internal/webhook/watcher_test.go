package webhook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/schedule"
	"ledgersheet/internal/storetest"
)

// yard is a watcher on a store with two companies, and the runs that it has queued.
type yard struct {
	*testing.T
	*storetest.Memory
	w     *Watcher
	begun time.Time

	mu      sync.Mutex
	runs    []string
	running map[export.ID]bool // exporters with a run under way
	broken  bool
	pace    schedule.Pace
}

func inYard(t *testing.T, test func(y *yard)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		y := &yard{T: t, Memory: storetest.NewMemory(), begun: time.Now(), running: map[export.ID]bool{}}
		for realm, status := range map[export.RealmID]export.ConnectionStatus{
			"1": export.Connected, "2": export.Connected, "3": export.Disconnected,
		} {
			if err := y.PutCompany(t.Context(), export.Company{Realm: realm, Status: status}); err != nil {
				t.Fatal(err)
			}
		}
		y.w = NewWatcher(WatcherOptions{
			Store: y, Enqueue: y.enqueue, MinInterval: 10 * time.Minute, Logger: slog.New(slog.DiscardHandler),
			Follows: func(e export.Exporter, objects map[string]bool) bool { return objects[e.Definition] },
			Pace: func(context.Context, export.Exporter, time.Time) schedule.Pace {
				y.mu.Lock()
				defer y.mu.Unlock()
				return y.pace
			},
		})
		y.w.Start(t.Context())
		defer y.w.Stop()
		test(y)
	})
}

func (y *yard) enqueue(_ context.Context, r export.Run) (export.Run, bool, error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.broken {
		return r, false, errors.New("the disk is full")
	}
	if y.running[r.Exporter.ID] {
		r.Status = export.RunRunning
		return r, true, nil
	}
	y.runs = append(y.runs, fmt.Sprintf("%s %s after %v", r.Exporter.ID, r.Trigger, time.Since(y.begun)))
	return r, false, nil
}

func (y *yard) add(id, definition string, on bool, companies ...export.RealmID) {
	y.Helper()
	e := export.Exporter{ID: export.ID(id), Name: id, Definition: definition, Companies: companies}
	e.Schedule.OnChange = on
	if err := y.CreateExporter(y.Context(), e); err != nil {
		y.Fatal(err)
	}
}

func (y *yard) set(change func()) {
	y.mu.Lock()
	defer y.mu.Unlock()
	change()
}

// want compares the runs since the last want.
func (y *yard) want(what string, want ...string) {
	y.Helper()
	synctest.Wait()
	y.mu.Lock()
	got := y.runs
	y.runs = nil
	y.mu.Unlock()
	if d := cmp.Diff(want, got); d != "" {
		y.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func TestWatcher(t *testing.T) {
	inYard(t, func(y *yard) {
		y.add("exp_1", "invoice", true, "1")
		y.add("exp_2", "invoice", false, "1")
		y.add("exp_3", "bill", true, "1")
		y.add("exp_4", "invoice", true, "2")
		y.add("exp_5", "invoice", true, "3")
		invoice := []Change{{"1", "invoice"}}
		for range 3 { // a document that is saved three times
			y.w.Hint(invoice)
			time.Sleep(40 * time.Second)
		}
		y.want("while it is being changed")
		time.Sleep(20 * time.Second)
		y.want("a quiet minute later", "exp_1 change after 2m20s")

		y.w.Hint(append(invoice, Change{"1", "bill"}))
		time.Sleep(2 * time.Minute)
		y.want("soon again", "exp_3 change after 3m20s")
		time.Sleep(10 * time.Minute)
		y.want("at the least interval", "exp_1 change after 12m20s")

		y.w.Hint([]Change{{"3", "invoice"}, {"77", "invoice"}, {"1", "vendor"}})
		time.Sleep(time.Hour)
		y.want("not connected, unknown, not read")

		for range 20 { // no end of changes
			y.w.Hint(invoice)
			time.Sleep(30 * time.Second)
		}
		y.want("changes without an end", "exp_1 change after 1h19m20s")
		time.Sleep(time.Hour)
		y.want("afterwards", "exp_1 change after 1h29m20s")
	})
}

func TestWatcherWaitsForARunUnderWay(t *testing.T) {
	inYard(t, func(y *yard) {
		y.add("exp_1", "invoice", true, "1")
		y.set(func() { y.running["exp_1"] = true })
		y.w.Hint([]Change{{"1", "invoice"}})
		time.Sleep(150 * time.Second)
		y.set(func() { y.running["exp_1"] = false })
		time.Sleep(time.Minute)
		y.want("once it has ended", "exp_1 change after 3m0s")
	})
}

func TestWatcherAndTrouble(t *testing.T) {
	inYard(t, func(y *yard) {
		y.add("exp_1", "invoice", true, "1")
		y.add("exp_2", "invoice", true, "1")
		y.set(func() { y.broken = true })
		y.w.Hint([]Change{{"1", "invoice"}})
		time.Sleep(270 * time.Second)
		y.set(func() { y.broken = false })
		if err := y.DeleteExporter(y.Context(), "exp_2"); err != nil {
			y.Fatal(err)
		}
		time.Sleep(time.Minute)
		y.want("when the store works again", "exp_1 change after 5m0s")
	})
}

func TestWatcherKeepsThePace(t *testing.T) {
	inYard(t, func(y *yard) {
		y.add("exp_1", "invoice", true, "1")
		y.set(func() { y.pace = schedule.Pace{Least: 3 * time.Hour} })
		for range 12 {
			y.w.Hint([]Change{{"1", "invoice"}})
			time.Sleep(30 * time.Minute)
		}
		y.want("slowed down", "exp_1 change after 1m0s", "exp_1 change after 3h1m0s")
		y.set(func() { y.pace = schedule.Pace{Hold: time.Now().Add(time.Hour)} })
		y.w.Hint([]Change{{"1", "invoice"}})
		time.Sleep(5 * time.Hour)
		y.want("held back")
	})
}
