package schedule

import (
	"context"
	"errors"
	"iter"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

const (
	// look is the longest time between two checks, so that a changed clock does no lasting harm.
	look = time.Minute
	// punctual is how late a run may begin and still count as on time.
	punctual = 2 * time.Minute
	// jitter is the span over which runs that are due together are spread.
	jitter = time.Minute
	// reviewEvery is how often all stored due times are compared with their schedules.
	reviewEvery = time.Hour
	// duePage is how many due exporters are read at a time.
	duePage = 500
	// restFactor is how many times as long as a review took there is none.
	restFactor = 20
	// together is how many due exporters are queued at a time, so that the store can write them together.
	together = 32
)

// Store is what a ticker reads and writes; every export.Store has it.
type Store interface {
	DueExporters(ctx context.Context, now time.Time, limit int) (due []export.Exporter, next time.Time, err error)
	ExporterHeads(ctx context.Context, f export.ExporterFilter, after string) iter.Seq2[export.ExporterHead, error]
	Exporter(ctx context.Context, id export.ID) (export.Exporter, error)
	PassDue(
		ctx context.Context, id export.ID, change func(*export.Exporter) (export.DueTime, error),
	) (export.Exporter, error)
}

// Options are what a ticker needs.
type Options struct {
	Store Store
	// Enqueue queues a run, or lets its due time join the exporter's run that is queued, and makes d.Next the
	// exporter's next due time, both or neither. It returns export.ErrExists when the due time was taken before, and
	// export.ErrBusy when a run is under way that began before it: then Ended is called when that is so no more.
	Enqueue func(ctx context.Context, d export.DueRun) error
	// Pace says how an exporter's scheduled runs are slowed down; nil means not at all.
	Pace func(ctx context.Context, e export.Exporter, now time.Time) Pace
	// Hold is asked before each look at the schedules, and says why nothing may be queued; nil lets all go. Whoever
	// ends the reason calls Wake.
	Hold   func() error
	Now    func() time.Time // nil means time.Now
	Logger *slog.Logger     // nil means slog.Default
	Look   time.Duration    // the longest time between two looks at the store; 0 means a minute
	// Jitter spreads the starts of runs over a minute; an exporter's offset is always the same. Due times do not
	// change.
	Jitter bool
}

// Ticker queues the runs of exporters when their schedules are due. Each exporter's next due time is in the store, so
// a new ticker sees what was missed and catches up once. Make it with [NewTicker].
//
// The transaction that queues a run also advances the due time and writes it into the ledger of due times, so a due
// time has at most one run, whatever crashes and however many tickers there are. One that has to wait stays what it is,
// the exporter's next due time, so nothing needs to be remembered either.
type Ticker struct {
	o    Options
	log  *slog.Logger
	wake chan struct{} // holds a wake-up
	free chan struct{} // holds the news that an exporter in busy can have its run

	mu      sync.Mutex
	busy    map[export.ID]time.Time // due times that wait for the end of a run, by exporter
	stop    context.CancelFunc      // nil before Start
	done    chan struct{}
	trouble error // of the last look

	// Of the goroutine that watches.
	plans    map[export.Schedule]plan // of the last review
	looked   time.Time                // when it last looked
	reviewed time.Time                // when it last reviewed all due times
	took     time.Duration            // how long that took
	changed  bool                     // somebody has changed exporters since
	// slowed says that some exporters wait longer than their schedules say, so that all are reviewed each minute: the
	// pace may let them go.
	slowed atomic.Bool
	// chains says that some exporters run after others, so that the end of each run can make one due.
	chains atomic.Bool
}

// NewTicker returns a ticker that does nothing before Start.
func NewTicker(o Options) *Ticker {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	if o.Look <= 0 {
		o.Look = look
	}
	if o.Pace == nil {
		o.Pace = func(context.Context, export.Exporter, time.Time) Pace { return Pace{} }
	}
	return &Ticker{
		o: o, log: o.Logger.With("component", "schedule"), wake: make(chan struct{}, 1), free: make(chan struct{}, 1),
		busy: map[export.ID]time.Time{},
	}
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

func next(e export.Exporter, now time.Time) time.Time { return nextOf(e.Schedule, now) }

func nextOf(s export.Schedule, now time.Time) time.Time {
	if !s.Enabled || s.Cron == "" {
		return time.Time{}
	}
	zone := s.Timezone
	if zone == "" {
		zone = "UTC"
	}
	spec, err := Parse(s.Cron, zone)
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

// Ended tells that an exporter's run is under way no more: one that waits for that can go on, and one that runs after
// it may be due.
func (t *Ticker) Ended(exporter export.ID) {
	t.mu.Lock()
	_, waits := t.busy[exporter]
	t.mu.Unlock()
	if !waits && !t.chains.Load() {
		return
	}
	select {
	case t.free <- struct{}{}:
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
		wait, err := t.passSafely(life, base)
		if err != nil && wait == 0 { // it panicked
			wait = look
		}
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
			t.changed = true
		case <-t.free:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// passSafely is pass, and goes on after a panic in it.
func (t *Ticker) passSafely(life, base context.Context) (wait time.Duration, err error) {
	defer problem.Recover(&err)
	return t.pass(life, base)
}

// pass queues what is due and returns how long to wait. It stops early when life ends, but never halfway through an
// exporter; the store is called with base. It reads only the exporters that are due.
func (t *Ticker) pass(life, base context.Context) (time.Duration, error) {
	if t.o.Hold != nil {
		if err := t.o.Hold(); err != nil {
			return look, err
		}
	}
	now := t.o.Now()
	wait, trouble := t.o.Look, error(nil)
	if t.changed || t.reviewed.IsZero() || now.Before(t.looked) || now.Sub(t.reviewed) >= reviewEvery ||
		t.slowed.Load() && now.Sub(t.reviewed) >= look {
		// Many changes in a row, as when exporters are created by a program, must not keep it busy.
		if rest := t.reviewed.Add(restFactor * t.took).Sub(now); rest > 0 && rest <= look {
			wait = rest
		} else {
			trouble = t.review(life, base, now)
		}
	}
	t.looked = now
	next, err := t.queueDue(life, base)
	if err != nil {
		trouble = err
	}
	if !next.IsZero() {
		wait = min(wait, max(next.Sub(t.o.Now()), 0))
	}
	return wait, trouble
}
