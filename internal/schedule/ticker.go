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
	// look is the longest time between two checks, so that a changed clock does no lasting harm.
	look = time.Minute
	// punctual is how late a run may begin and still count as on time.
	punctual = 2 * time.Minute
	// jitter is the span over which runs that are due together are spread.
	jitter = time.Minute
)

// Store is what a ticker reads and writes; every export.Store has it.
type Store interface {
	Exporters(ctx context.Context, f export.ExporterFilter) ([]export.Exporter, error)
	UpdateExporter(ctx context.Context, id export.ID, change func(*export.Exporter) error) (export.Exporter, error)
}

// Options are what a ticker needs.
type Options struct {
	Store Store
	// Enqueue queues a run, or lets it join the exporter's run that is under way, and makes next the exporter's next
	// due time, both or neither. It returns export.ErrExists when the run's due time was taken before.
	Enqueue func(ctx context.Context, r export.Run, next time.Time) error
	// Pace says how an exporter's scheduled runs are slowed down; nil means not at all.
	Pace   func(ctx context.Context, e export.Exporter, now time.Time) Pace
	Now    func() time.Time // nil means time.Now
	Logger *slog.Logger     // nil means slog.Default
	// Jitter spreads the starts of runs over a minute; an exporter's offset is always the same. Due times do not
	// change.
	Jitter bool
}

// Ticker queues the runs of exporters when their schedules are due. Each exporter's next due time is in the store, so
// a new ticker sees what was missed and catches up once. Make it with [NewTicker].
//
// The transaction that queues a run also advances the due time, so a due time has at most one run, whatever crashes
// and however many tickers there are.
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
	if o.Pace == nil {
		o.Pace = func(context.Context, export.Exporter, time.Time) Pace { return Pace{} }
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

// Plan calls the function Plan, for callers that hold only the ticker.
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

// lookAtAll queues what is due and returns how long to wait. It stops early when life ends, but never halfway through
// an exporter; the store is called with base.
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

// lookAt queues the exporter's run if it is due and returns the next due time, zero if there is none.
func (t *Ticker) lookAt(ctx context.Context, e export.Exporter, now time.Time) (time.Time, error) {
	if e.Paused() {
		return time.Time{}, nil // what it misses is seen when it is resumed
	}
	at := next(e, now)
	if at.IsZero() || e.NextAt.IsZero() || e.NextAt.After(now) {
		at = t.upcoming(ctx, e, now)
		return at, t.setNext(ctx, e, at)
	}
	p := t.o.Pace(ctx, e, now)
	at = p.after(e, now)
	if p.Hold.After(now) {
		t.log.Warn("schedule is held back", "exporter", e.ID, "due", e.NextAt, "until", at)
		return at, t.setNext(ctx, e, at)
	}
	if at.Equal(next(e, now)) {
		p.Least = 0 // it is as slow anyway
	}
	if err := t.queue(ctx, e, at, now, p.Least); err != nil {
		return time.Time{}, err
	}
	return at, nil
}

// upcoming returns the next due time of an exporter that is not due now. One that was slowed down keeps its stored
// time, unless the present pace lets it come earlier.
func (t *Ticker) upcoming(ctx context.Context, e export.Exporter, now time.Time) time.Time {
	at := next(e, now)
	if at.IsZero() || !e.NextAt.After(at) {
		return at
	}
	if latest := t.o.Pace(ctx, e, now).after(e, now); e.NextAt.After(latest) {
		return latest
	}
	if next(e, e.NextAt.Add(-time.Nanosecond)).Equal(e.NextAt) {
		return e.NextAt
	}
	return at // its schedule was changed
}

// queue queues the run for the exporter's stored due time and stores the next one, both in one transaction. Somebody
// else may have done so, or changed the schedule meanwhile: then there is nothing to do.
func (t *Ticker) queue(ctx context.Context, e export.Exporter, at, now time.Time, least time.Duration) error {
	r := export.Run{
		ID: export.NewID("run", now), Exporter: e, Trigger: export.TriggerSchedule, Due: e.NextAt,
		Status: export.RunQueued, QueuedAt: now, Paced: least,
	}
	late := now.Sub(e.NextAt)
	if late > punctual {
		r.Trigger = export.TriggerCatchUp
	}
	if t.o.Jitter {
		r.NotBefore = now.Add(jitterOf(e.ID))
	}
	err := t.o.Enqueue(ctx, r, at)
	if errors.Is(err, export.ErrExists) || errors.Is(err, export.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("queueing run: %w", err)
	}
	t.log.Info("schedule is due", "exporter", e.ID, "due", e.NextAt, "trigger", string(r.Trigger))
	return nil
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

// jitterOf returns the exporter's fixed offset within the jitter.
func jitterOf(id export.ID) time.Duration {
	sum := fnv.New64a()
	_, _ = sum.Write([]byte(id))
	return time.Duration(sum.Sum64() % uint64(jitter))
}
