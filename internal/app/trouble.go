package app

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/queue"
)

// probeEvery is how long a store in trouble is left alone before it is tried again.
const probeEvery = 5 * time.Second

// storeWatch knows whether the store is in trouble: the disk did not take a write. From then on hold says so, and all
// work waits. When the disk has room again, the tokens that are only in memory are stored first, and then work goes on.
type storeWatch struct {
	log    *slog.Logger
	probe  func() error                    // whether the store can be written
	tokens func(ctx context.Context) error // stores the tokens that are only in memory
	resume func()                          // lets work go on
	failed chan struct{}                   // holds the news of trouble

	mu    sync.Mutex
	told  func()           // of the beginning and the end; never nil
	why   *problem.Problem // nil if all is well
	since time.Time
	lasts bool // only a person can end it
}

func newStoreWatch(log *slog.Logger) *storeWatch {
	return &storeWatch{log: log.With("component", "store"), failed: make(chan struct{}, 1), told: func() {}}
}

// tell makes the watch call told when trouble begins and when it ends. told must neither block nor call the store.
func (w *storeWatch) tell(told func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = told
}

// note begins the trouble. It is called with each write that the disk did not take.
func (w *storeWatch) note(why *problem.Problem) {
	w.mu.Lock()
	first := w.why == nil
	if first {
		w.since = time.Now()
	}
	if first || !w.lasts || why.Class() == problem.Stop { // that it is damaged matters more
		w.why = why
	}
	told := w.told
	w.mu.Unlock()
	if first {
		w.log.Error("the store is in trouble, all work waits", "error", why.Error())
		told()
	}
	select {
	case w.failed <- struct{}{}:
	default:
	}
}

// condemn begins trouble that only a person can end: the store is damaged.
func (w *storeWatch) condemn(why *problem.Problem) {
	w.mu.Lock()
	w.lasts = true
	w.mu.Unlock()
	w.note(why)
}

// heed makes a run that the disk of the data folder has stopped, wherever it did, one that the store has: it goes back
// to the queue. A disk of people's own folders is told by the run itself.
func (w *storeWatch) heed(work queue.Work) queue.Work {
	return func(ctx context.Context, r export.Run, report func(func(*export.Run))) error {
		err := work(ctx, r, report)
		if !export.DiskTrouble(err) || errors.Is(err, export.ErrStoreTrouble) ||
			problem.HasCode(err, problem.SpreadsheetFull, problem.SpreadsheetForbidden) {
			return err
		}
		why := export.StoreTrouble(err)
		w.note(why)
		return why
	}
}

// hold returns why no work may begin; nil if all is well.
func (w *storeWatch) hold() error {
	if _, why := w.state(); why != nil {
		return why
	}
	return nil
}

// state returns what is wrong and since when; nil if all is well.
func (w *storeWatch) state() (since time.Time, why *problem.Problem) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.since, w.why
}

// run ends trouble when the store can be written again, until ctx ends.
func (w *storeWatch) run(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.failed:
		}
		for !w.try(ctx) {
			if !sleep(ctx, probeEvery) {
				return
			}
		}
	}
}

// try ends the trouble if it can. Tokens are stored first, and even before there is much room: a lost one costs a
// person's time.
func (w *storeWatch) try(ctx context.Context) bool {
	since, why := w.state()
	if why == nil {
		return true
	}
	if err := errors.Join(w.tokens(ctx), w.probe()); err != nil {
		w.log.DebugContext(ctx, "the store is still in trouble", "error", err.Error())
		return false
	}
	w.mu.Lock()
	if w.lasts {
		w.mu.Unlock()
		return false
	}
	w.why, w.since = nil, time.Time{}
	told := w.told
	w.mu.Unlock()
	told()
	w.log.InfoContext(ctx, "the store can be written again, work goes on",
		"after", time.Since(since).Round(time.Second))
	w.resume()
	return true
}

// sleep waits, and reports whether ctx has not ended meanwhile.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// watchStore starts what ends trouble. Before, and after it has stopped, trouble stays as it is.
func (a *App) watchStore(ctx context.Context) {
	a.trouble.probe = a.store.Probe
	a.trouble.tokens = func(ctx context.Context) error {
		return errors.Join(a.books.sources.Flush(ctx), a.google.sources.Flush(ctx))
	}
	a.trouble.resume = func() { a.queue.Wake(); a.ticker.Wake() }
	a.background(ctx, "store watch", a.trouble.run)
}

// checkStore reads all rows of a store that is too large to be read whole before it is used. If one is damaged, all
// work stops, as it would not have begun with a smaller store. Then the memory that the start took is given back.
func (a *App) checkStore(ctx context.Context) {
	all, err := a.store.CheckedAtStart()
	checked := all && err == nil
	a.background(ctx, "store check", func(ctx context.Context) {
		defer debug.FreeOSMemory()
		if checked {
			return
		}
		err := a.store.CheckRows(ctx)
		if err == nil || ctx.Err() != nil {
			return
		}
		p := problem.Wrap(err, problem.Conflict, "The store is damaged.").WithHint(
			"Stop the service and bring a backup back: ledgersheet restore FILE. There is no daily backup.")
		if newest := newestBackup(filepath.Join(a.o.Settings.DataDir, backupFolder)); newest != "" {
			p = p.WithHint("Stop the service and bring the newest backup back: ledgersheet restore %s", newest)
		}
		a.trouble.condemn(p)
	})
}

// background runs something until the app stops. A stop does not wait for it longer than it has time.
func (a *App) background(ctx context.Context, name string, do func(context.Context)) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		a.guarded(ctx, name, do)
	}()
	a.cleanups.add(name, func(stop context.Context) error {
		cancel()
		select {
		case <-done:
		case <-stop.Done():
		}
		return nil
	})
}

// guarded runs something until ctx ends. If it panics, that is logged, and it begins anew after a pause.
func (a *App) guarded(ctx context.Context, name string, do func(context.Context)) {
	for {
		err := func() (err error) {
			defer problem.Recover(&err)
			do(ctx)
			return nil
		}()
		if err == nil {
			return
		}
		a.log.ErrorContext(ctx, "a part of the service panicked and begins anew", "part", name, "error", err.Error())
		if !sleep(ctx, restartPause) {
			return
		}
	}
}

// restartPause is how long a part that has panicked is left alone.
const restartPause = time.Minute
