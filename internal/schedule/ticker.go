package schedule

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"sync"
	"time"

	"ledgersheet/internal/export"
)

const (
	// look is the longest time between two looks at the exporters, so that a clock
	// that was changed does no lasting harm.
	look = time.Minute
	// punctual is how late a run may begin and still count as on time.
	punctual = 2 * time.Minute
	// jitter is the time over which the starts of runs that are due together are spread.
	jitter = time.Minute
	// recent is how many runs of a trigger are looked through for one with the same due time.
	recent = 50
)

// Store is what a ticker reads and writes; every export.Store has it.
type Store interface {
	Exporters(ctx context.Context, f export.ExporterFilter) ([]export.Exporter, error)
	UpdateExporter(ctx context.Context, id export.ID, change func(*export.Exporter) error) (export.Exporter, error)
	Runs(ctx context.Context, f export.RunFilter) (page []export.Run, next export.ID, err error)
}

// Options are what a ticker needs.
type Options struct {
	Store Store
	// Enqueue queues a run, or lets it join the exporter's run that is under way.
	Enqueue func(ctx context.Context, r export.Run) error
	Now     func() time.Time // nil means time.Now
	Logger  *slog.Logger     // nil means slog.Default
	// Jitter spreads the starts of runs over a minute, for each exporter by always
	// the same time. Their due times stay as they are.
	Jitter bool
}

// Ticker queues the runs of exporters when their schedules are due. It keeps each
// exporter's next due time in the store, so it sees at its start what was missed
// and catches up on it once. Make it with [NewTicker].
//
// A due time is stored as done after its run was queued. If the process dies in
// between, the run itself tells the next process that it was queued.
type Ticker struct {
	o    Options
	log  *slog.Logger
	wake chan struct{} // holds a wake-up

	mu      sync.Mutex
	stop    context.CancelFunc // nil before Start
	done    chan struct{}
	trouble error // of the last look
}

// NewTicker returns a ticker that does nothing before Start.
func NewTicker(o Options) *Ticker {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Ticker{o: o, log: o.Logger.With("component", "schedule"), wake: make(chan struct{}, 1)}
}

// Plan returns an exporter's first due time after now; the zero time if it is
// paused or has no schedule that is enabled and can be read. Whoever changes an
// exporter's schedule, or takes its pause away without wanting a catch-up, sets
// NextAt to it.
func Plan(e export.Exporter, now time.Time) time.Time {
	if e.Paused() {
		return time.Time{}
	}
	return next(e, now)
}

func next(e export.Exporter, now time.Time) time.Time {
	if !e.Schedule.Enabled || e.Schedule.Cron == "" {
		return time.Time{}
	}
	zone := e.Schedule.Timezone
	if zone == "" {
		zone = "UTC"
	}
	spec, err := Parse(e.Schedule.Cron, zone)
	if err != nil {
		return time.Time{}
	}
	return spec.Next(now)
}

// Plan is the function Plan, for those who have the ticker only.
func (t *Ticker) Plan(e export.Exporter, now time.Time) time.Time { return Plan(e, now) }

// Start begins to watch the schedules, until Stop. The end of ctx does not end it.
func (t *Ticker) Start(ctx context.Context) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stop != nil {
		return errors.New("starting schedules: they were started already")
	}
	base := context.WithoutCancel(ctx)
	life, stop := context.WithCancel(base)
	t.stop, t.done = stop, make(chan struct{})
	go t.watch(life, base, t.done)
	return nil
}

// Stop queues no more runs and waits for the one that is just being queued.
func (t *Ticker) Stop() {
	t.mu.Lock()
	stop, done := t.stop, t.done
	t.mu.Unlock()
	if stop != nil {
		stop()
		<-done
	}
}

// Wake tells that exporters have changed.
func (t *Ticker) Wake() {
	select {
	case t.wake <- struct{}{}:
	default: // it is about to look anyway
	}
}

// Ready reports whether schedules are being watched, for health checks.
func (t *Ticker) Ready() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stop == nil {
		return errors.New("schedules are not started")
	}
	select {
	case <-t.done:
		return errors.New("schedules are stopped")
	default:
		return t.trouble
	}
}

// watch looks at the exporters when one is due, when it is woken, and each minute.
func (t *Ticker) watch(life, base context.Context, done chan<- struct{}) {
	defer close(done)
	for {
		wait, err := t.lookAtAll(life, base)
		t.mu.Lock()
		t.trouble = err
		t.mu.Unlock()
		timer := time.NewTimer(wait)
		select {
		case <-life.Done():
			timer.Stop()
			return
		case <-t.wake:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// lookAtAll does what is due and returns when to look again. It ends early with
// life, but never amid one exporter, and uses base for the store.
func (t *Ticker) lookAtAll(life, base context.Context) (time.Duration, error) {
	exporters, err := t.o.Store.Exporters(base, export.ExporterFilter{})
	if err != nil {
		t.log.Error("reading schedules failed", "error", err)
		return look, fmt.Errorf("reading schedules: %w", err)
	}
	wait := look
	var trouble error
	for _, e := range exporters {
		if life.Err() != nil {
			return look, nil
		}
		now := t.o.Now()
		at, err := t.lookAt(base, e, now)
		if err != nil {
			t.log.Error("following a schedule failed", "exporter", e.ID, "due", e.NextAt, "error", err)
			trouble = fmt.Errorf("following the schedule of %s: %w", e.ID, err)
			continue // within a minute it is tried again
		}
		if !at.IsZero() {
			wait = min(wait, max(at.Sub(now), 0))
		}
	}
	return wait, trouble
}

// lookAt does what is due of one exporter and returns its next due time, zero if
// there is none.
func (t *Ticker) lookAt(ctx context.Context, e export.Exporter, now time.Time) (time.Time, error) {
	if e.Paused() {
		return time.Time{}, nil // what it misses is seen when it is resumed
	}
	at := next(e, now)
	if at.IsZero() || e.NextAt.IsZero() || e.NextAt.After(now) {
		return at, t.setNext(ctx, e, at)
	}
	if err := t.queue(ctx, e, now); err != nil {
		return time.Time{}, err
	}
	return at, t.setNext(ctx, e, at)
}

// queue queues the run for the exporter's stored due time, unless that was done
// before a crash or before the clock was put back.
func (t *Ticker) queue(ctx context.Context, e export.Exporter, now time.Time) error {
	done, err := t.wasQueued(ctx, e)
	if err != nil || done {
		return err
	}
	r := export.Run{
		ID: export.NewID("run", now), Exporter: e, Trigger: export.TriggerSchedule, Due: e.NextAt,
		Status: export.RunQueued, QueuedAt: now,
	}
	late := now.Sub(e.NextAt)
	if late > punctual {
		r.Trigger = export.TriggerCatchUp
	}
	if t.o.Jitter {
		r.NotBefore = now.Add(jitterOf(e.ID))
	}
	if err := t.o.Enqueue(ctx, r); err != nil {
		return fmt.Errorf("queueing run: %w", err)
	}
	t.log.Info("schedule is due", "exporter", e.ID, "due", e.NextAt, "trigger", string(r.Trigger))
	return nil
}

func (t *Ticker) wasQueued(ctx context.Context, e export.Exporter) (bool, error) {
	for _, trigger := range []export.Trigger{export.TriggerSchedule, export.TriggerCatchUp} {
		runs, _, err := t.o.Store.Runs(ctx, export.RunFilter{Exporter: e.ID, Trigger: trigger, Limit: recent})
		if err != nil {
			return false, fmt.Errorf("reading history: %w", err)
		}
		for _, r := range runs {
			if r.Due.Equal(e.NextAt) {
				return true, nil
			}
		}
	}
	return false, nil
}

// setNext stores the next due time, unless somebody has changed it meanwhile.
func (t *Ticker) setNext(ctx context.Context, e export.Exporter, at time.Time) error {
	if e.NextAt.Equal(at) {
		return nil
	}
	_, err := t.o.Store.UpdateExporter(ctx, e.ID, func(stored *export.Exporter) error {
		if stored.NextAt.Equal(e.NextAt) && stored.Schedule == e.Schedule {
			stored.NextAt = at
		}
		return nil
	})
	if errors.Is(err, export.ErrNotFound) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return fmt.Errorf("storing next due time: %w", err)
	}
	return nil
}

// jitterOf is an exporter's own part of the minute over which starts are spread.
func jitterOf(id export.ID) time.Duration {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(id))
	return time.Duration(sum.Sum64() % uint64(jitter))
}
