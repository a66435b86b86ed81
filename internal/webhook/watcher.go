package webhook

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/schedule"
)

const (
	// quiet is how long nothing must change before runs are queued: people save a document several times in a row.
	quiet = time.Minute
	// longest is how long changes that do not end hold runs back.
	longest = 5 * time.Minute
)

// Store is what a watcher reads; every export.Store has it.
type Store interface {
	Company(ctx context.Context, realm export.RealmID) (export.Company, error)
	Exporters(ctx context.Context, f export.ExporterFilter) ([]export.Exporter, error)
	Exporter(ctx context.Context, id export.ID) (export.Exporter, error)
}

// WatcherOptions are what a watcher needs. All fields are required.
type WatcherOptions struct {
	Store   Store
	Enqueue func(ctx context.Context, r export.Run) (stored export.Run, joined bool, err error)
	// Follows reports whether an exporter's rows may change when records of one of the objects do.
	Follows func(e export.Exporter, objects map[string]bool) bool
	// Pace says how runs that nobody asked for are slowed down.
	Pace func(ctx context.Context, e export.Exporter, now time.Time) schedule.Pace
	// MinInterval is the least time between two runs that changes start.
	MinInterval time.Duration
	Logger      *slog.Logger
}

// Watcher queues runs of exporters that follow changes. Create one with NewWatcher. What it waits for is in memory
// only.
type Watcher struct {
	o    WatcherOptions
	wake chan struct{} // holds a wake-up

	mu     sync.Mutex
	bursts map[export.RealmID]*burst

	// Only the loop uses these.
	due  map[export.ID]time.Time // exporters that want a run, with the earliest time for it
	last map[export.ID]time.Time // when changes last started a run

	stop context.CancelFunc // nil before Start
	done chan struct{}
}

// burst is a row of changes of one company.
type burst struct {
	objects     map[string]bool
	first, last time.Time
}

// ends returns when the burst is over, if no more changes come.
func (b *burst) ends() time.Time {
	if end := b.first.Add(longest); end.Before(b.last.Add(quiet)) {
		return end
	}
	return b.last.Add(quiet)
}

// NewWatcher returns a watcher that does nothing before Start.
func NewWatcher(o WatcherOptions) *Watcher {
	return &Watcher{
		o: o, wake: make(chan struct{}, 1), bursts: map[export.RealmID]*burst{}, due: map[export.ID]time.Time{},
		last: map[export.ID]time.Time{},
	}
}

// Hint tells what has changed. It never blocks.
func (w *Watcher) Hint(changes []Change) {
	now := time.Now()
	w.mu.Lock()
	for _, c := range changes {
		b := w.bursts[c.Realm]
		if b == nil {
			b = &burst{objects: map[string]bool{}, first: now}
			w.bursts[c.Realm] = b
		}
		b.objects[c.Object] = true
		b.last = now
	}
	w.mu.Unlock()
	select {
	case w.wake <- struct{}{}:
	default: // it is about to look anyway
	}
}

// Start begins to queue runs, until Stop. The end of ctx does not end it.
func (w *Watcher) Start(ctx context.Context) {
	base := context.WithoutCancel(ctx)
	life, stop := context.WithCancel(base)
	w.stop, w.done = stop, make(chan struct{})
	go w.watch(life, base)
}

// Stop ends it. It does nothing before Start.
func (w *Watcher) Stop() {
	if w.stop != nil {
		w.stop()
		<-w.done
	}
}

func (w *Watcher) watch(life, base context.Context) {
	defer close(w.done)
	for {
		timer := time.NewTimer(w.lookSafely(base))
		select {
		case <-life.Done():
			timer.Stop()
			return
		case <-w.wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// lookSafely is look, and goes on after a panic in it.
func (w *Watcher) lookSafely(ctx context.Context) (wait time.Duration) {
	err := func() (err error) {
		defer problem.Recover(&err)
		wait = w.look(ctx, time.Now())
		return nil
	}()
	if err != nil {
		w.o.Logger.ErrorContext(ctx, "following changes panicked", "error", err.Error())
		return quiet
	}
	return wait
}

// idle is how long the loop sleeps if there is nothing to wait for.
const idle = time.Hour

// look does what is due and returns how long there is nothing to do.
func (w *Watcher) look(ctx context.Context, now time.Time) time.Duration {
	wait := idle
	for realm, objects := range w.ended(now, &wait) {
		if err := w.spread(ctx, realm, objects, now); err != nil {
			w.o.Logger.ErrorContext(ctx, "a change was not followed", "company", string(realm), "error", err.Error())
		}
	}
	maps.DeleteFunc(w.last, func(_ export.ID, at time.Time) bool { return now.Sub(at) > w.o.MinInterval+24*time.Hour })
	for id, at := range w.due {
		if !at.After(now) {
			at = w.queue(ctx, id, now)
		}
		if at.IsZero() {
			delete(w.due, id)
			continue
		}
		w.due[id] = at
		wait = min(wait, at.Sub(now))
	}
	return wait
}

// ended takes the bursts that are over, and lessens wait to the time until the next one is.
func (w *Watcher) ended(now time.Time, wait *time.Duration) map[export.RealmID]map[string]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	over := map[export.RealmID]map[string]bool{}
	for realm, b := range w.bursts {
		if left := b.ends().Sub(now); left > 0 {
			*wait = min(*wait, left)
			continue
		}
		over[realm] = b.objects
		delete(w.bursts, realm)
	}
	return over
}

// spread makes the exporters due that follow the changes of a company. Companies that are unknown or not connected have
// none.
func (w *Watcher) spread(
	ctx context.Context, realm export.RealmID, objects map[string]bool, now time.Time,
) error {
	if c, err := w.o.Store.Company(ctx, realm); err != nil || c.Status != export.Connected {
		return nil //nolint:nilerr // notifications come for all companies that ever were connected with the app
	}
	exporters, err := w.o.Store.Exporters(ctx, export.ExporterFilter{Company: realm})
	if err != nil {
		return fmt.Errorf("reading the exporters: %w", err)
	}
	for _, e := range exporters {
		if _, waits := w.due[e.ID]; !waits && e.Schedule.OnChange && !e.Paused() && w.o.Follows(e, objects) {
			w.due[e.ID] = now
		}
	}
	return nil
}

// queue queues the exporter's run. It returns when to try again, and the zero time if that is done.
func (w *Watcher) queue(ctx context.Context, id export.ID, now time.Time) time.Time {
	e, err := w.o.Store.Exporter(ctx, id)
	if err != nil || !e.Schedule.OnChange || e.Paused() {
		return time.Time{} // it was deleted or changed meanwhile
	}
	pace := w.o.Pace(ctx, e, now)
	if pace.Hold.After(now) {
		return time.Time{} // until then its schedule comes, too
	}
	if last, ran := w.last[id]; ran {
		if next := last.Add(max(w.o.MinInterval, pace.Least)); next.After(now) {
			return next
		}
	}
	run := export.Run{Exporter: e, Trigger: export.TriggerChange, Status: export.RunQueued, QueuedAt: now}
	if pace.Least > w.o.MinInterval {
		run.Paced = pace.Least
	}
	stored, joined, err := w.o.Enqueue(ctx, run)
	switch {
	case err != nil:
		w.o.Logger.ErrorContext(ctx, "a run was not queued", "exporter", string(id), "error", err.Error())
		return now.Add(quiet)
	case joined && stored.Status == export.RunRunning:
		return now.Add(quiet) // it may have read before the change
	}
	w.last[id] = now
	w.o.Logger.InfoContext(ctx, "a change is followed", "exporter", string(id), "joined", joined)
	return time.Time{}
}
