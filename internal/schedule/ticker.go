package schedule

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"log/slog"
	"maps"
	"slices"
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

// queueDue queues the runs of all exporters that are due, and returns the next due time; zero if there is none. What
// fails is tried again within a minute.
func (t *Ticker) queueDue(life, base context.Context) (next time.Time, trouble error) {
	seen := map[export.ID]time.Time{} // by due time; those that stay due failed, or nobody can say when they are due
	for life.Err() == nil {
		due, after, err := t.o.Store.DueExporters(base, t.o.Now(), duePage+len(seen))
		if err != nil {
			t.log.Error("reading schedules failed", "error", err)
			return time.Time{}, fmt.Errorf("reading schedules: %w", err)
		}
		next = after
		due = slices.DeleteFunc(due, func(e export.Exporter) bool {
			wakeAt, _ := e.WakeAt()
			at, known := seen[e.ID]
			return known && at.Equal(wakeAt)
		})
		if len(due) == 0 {
			t.forgetBusy(seen)
			break
		}
		for _, e := range due {
			seen[e.ID], _ = e.WakeAt()
		}
		if err := t.lookAtEach(life, base, due); err != nil {
			trouble = err
		}
	}
	return next, trouble
}

// lookAtEach looks at exporters, several at a time, and returns the last error.
func (t *Ticker) lookAtEach(life, base context.Context, due []export.Exporter) (trouble error) {
	var (
		mu      sync.Mutex
		waiting sync.WaitGroup
		free    = make(chan struct{}, together)
	)
	for _, e := range due {
		free <- struct{}{}
		waiting.Go(func() {
			defer func() { <-free }()
			if life.Err() != nil {
				return
			}
			err := func() (err error) {
				defer problem.Recover(&err)
				return t.lookAt(base, e, t.o.Now())
			}()
			if err != nil {
				t.log.Error("following a schedule failed", "exporter", e.ID, "due", e.NextAt, "error", err)
				mu.Lock()
				defer mu.Unlock()
				trouble = fmt.Errorf("following the schedule of %s: %w", e.ID, err)
			}
		})
	}
	waiting.Wait()
	return trouble
}

// review compares the due times that are still to come with their schedules, and plans those that differ: somebody has
// changed a schedule without planning it, the clock has been set back, or another version of the program planned it.
func (t *Ticker) review(life, base context.Context, now time.Time) error {
	plans, slowed, chains := map[export.Schedule]plan{}, false, false
	for h, err := range t.o.Store.ExporterHeads(base, export.ExporterFilter{}, "") {
		if err != nil {
			t.log.Error("reviewing schedules failed", "error", err)
			return fmt.Errorf("reading schedules: %w", err)
		}
		if life.Err() != nil {
			return nil
		}
		p, known := plans[h.Schedule]
		if !known {
			if p = t.plans[h.Schedule]; !p.holds(now) {
				p = plan{now, nextOf(h.Schedule, now)}
			}
			plans[h.Schedule] = p
		}
		at := p.at
		if h.Chained {
			chains = true
			if err := t.bringBack(base, h, now); err != nil {
				return err
			}
			continue
		}
		if h.Paused || h.NextAt.Equal(at) || !at.IsZero() && !h.NextAt.IsZero() && !h.NextAt.After(now) {
			continue // as it should be; or due, which is another's concern
		}
		slowed = slowed || !at.IsZero() && h.NextAt.After(at)
		if err := t.replan(base, h.ID, now); err != nil {
			t.log.Error("following a schedule failed", "exporter", h.ID, "due", h.NextAt, "error", err)
			return fmt.Errorf("following the schedule of %s: %w", h.ID, err)
		}
	}
	t.slowed.Store(slowed)
	t.chains.Store(chains)
	t.reviewed, t.took, t.changed, t.plans = now, t.o.Now().Sub(now), false, plans
	return nil
}

// plan is the first due time of a schedule after a moment.
type plan struct{ from, at time.Time }

// holds reports whether that is so for another moment.
func (p plan) holds(now time.Time) bool { return !now.Before(p.from) && now.Before(p.at) }

func (t *Ticker) replan(ctx context.Context, id export.ID, now time.Time) error {
	e, err := t.o.Store.Exporter(ctx, id)
	switch {
	case errors.Is(err, export.ErrNotFound):
		return nil // deleted meanwhile
	case err != nil:
		return fmt.Errorf("reading exporter: %w", err)
	}
	if at := next(e, now); !e.Paused() && (at.IsZero() || e.NextAt.IsZero() || e.NextAt.After(now)) {
		return t.setNext(ctx, e, t.upcoming(ctx, e, now), export.MissedChanged)
	}
	return nil // changed meanwhile
}

// lookAt queues the exporter's run if it is due, or plans the next one if nobody has.
func (t *Ticker) lookAt(ctx context.Context, e export.Exporter, now time.Time) error {
	if e.Paused() {
		return t.endPause(ctx, e, now)
	}
	if e.Chained() {
		return t.lookAtChain(ctx, e, now)
	}
	at := next(e, now)
	if at.IsZero() || e.NextAt.IsZero() || e.NextAt.After(now) {
		return t.setNext(ctx, e, t.upcoming(ctx, e, now), export.MissedChanged)
	}
	if e.Schedule.SkipMissed && now.Sub(e.NextAt) > punctual && !t.waited(e) {
		t.log.Warn("schedule does not catch up", "exporter", e.ID, "due", e.NextAt)
		return t.setNext(ctx, e, at, export.MissedDown)
	}
	d := export.DueRun{Until: at, Next: at}
	p := t.o.Pace(ctx, e, now)
	if slow := p.after(e, now); !slow.Equal(at) {
		d.Next = slow
		t.slowed.Store(true)
	}
	if p.Hold.After(now) {
		t.log.Warn("schedule is held back", "exporter", e.ID, "due", e.NextAt, "until", d.Next)
		return t.setNext(ctx, e, d.Next, export.MissedSlowed)
	}
	if d.Next.Equal(at) {
		p.Least = 0 // it is as slow anyway
	}
	return t.queue(ctx, e, d, now, p.Least)
}

// lookAtChain queues the run of an exporter after whose chain is complete. It is late for no reason of its own, so
// nothing is skipped; if the month's calls do not suffice now, it stays due.
func (t *Ticker) lookAtChain(ctx context.Context, e export.Exporter, now time.Time) error {
	if e.NextAt.IsZero() || e.NextAt.After(now) || t.o.Pace(ctx, e, now).Hold.After(now) {
		return nil
	}
	return t.queue(ctx, e, export.DueRun{}, now, 0)
}

// bringBack makes an exporter due now whose chain is complete since a time that has not come: the clock was ahead then.
func (t *Ticker) bringBack(ctx context.Context, h export.ExporterHead, now time.Time) error {
	if !h.NextAt.After(now) {
		return nil
	}
	_, err := t.o.Store.PassDue(ctx, h.ID, func(e *export.Exporter) (export.DueTime, error) {
		if e.Chained() && e.NextAt.After(now) {
			e.NextAt = now
		}
		return export.DueTime{}, nil
	})
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		return fmt.Errorf("bringing the due time of %s back: %w", h.ID, err)
	}
	return nil
}

// waited reports whether the exporter's due time is late only because it waited for the end of a run.
func (t *Ticker) waited(e export.Exporter) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	at, waits := t.busy[e.ID]
	return waits && at.Equal(e.NextAt)
}

// endPause ends a pause whose time has come. Due times before its end were missed; one between then and now is caught
// up.
func (t *Ticker) endPause(ctx context.Context, e export.Exporter, now time.Time) error {
	_, err := t.o.Store.PassDue(ctx, e.ID, func(e *export.Exporter) (export.DueTime, error) {
		until := e.PausedUntil()
		if until.IsZero() || until.After(now) {
			return export.DueTime{}, nil // changed meanwhile; or what it misses is seen when it is resumed
		}
		if e.Chained() || e.NextAt.IsZero() || !e.NextAt.Before(until) {
			e.Pause = nil // nothing was missed
			return export.DueTime{}, nil
		}
		at := next(*e, until.Add(-time.Nanosecond))
		missed := e.Miss(now, at, export.MissedPaused)
		e.Pause, e.NextAt = nil, at
		return missed, nil
	})
	if errors.Is(err, export.ErrNotFound) {
		return nil // deleted meanwhile
	}
	if err != nil {
		return fmt.Errorf("ending a pause: %w", err)
	}
	t.log.Info("pause is over", "exporter", e.ID)
	return nil
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
func (t *Ticker) queue(
	ctx context.Context, e export.Exporter, d export.DueRun, now time.Time, least time.Duration,
) error {
	r := export.Run{
		ID: export.NewID("run", now), Exporter: e, Trigger: export.TriggerSchedule, Due: e.NextAt,
		Status: export.RunQueued, QueuedAt: now, Paced: least,
	}
	switch {
	case e.Chained():
		r.Trigger = export.TriggerAfter
	case now.Sub(e.NextAt) > punctual && !t.waited(e):
		r.Trigger = export.TriggerCatchUp
	}
	if t.o.Jitter {
		r.NotBefore = now.Add(jitterOf(e.ID))
	}
	d.Run = r
	t.setBusy(e) // before, so that the end of the run that is in the way cannot be missed
	err := t.o.Enqueue(ctx, d)
	if errors.Is(err, export.ErrBusy) {
		t.log.Info("schedule is due, and waits for a run that began before", "exporter", e.ID, "due", e.NextAt)
		return nil
	}
	t.clearBusy(e)
	if errors.Is(err, export.ErrExists) || errors.Is(err, export.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("queueing run: %w", err)
	}
	t.log.Info("schedule is due", "exporter", e.ID, "due", e.NextAt, "trigger", string(r.Trigger))
	return nil
}

// forgetBusy drops what waits no more, given the exporters that are due: some have been deleted.
func (t *Ticker) forgetBusy(due map[export.ID]time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	maps.DeleteFunc(t.busy, func(id export.ID, _ time.Time) bool { return due[id].IsZero() })
}

func (t *Ticker) setBusy(e export.Exporter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busy[e.ID] = e.NextAt
}

func (t *Ticker) clearBusy(e export.Exporter) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.busy, e.ID)
}

// setNext stores the next due time, unless somebody has changed it meanwhile. Due times that have passed are missed,
// for the given reason.
func (t *Ticker) setNext(ctx context.Context, e export.Exporter, at time.Time, why export.MissReason) error {
	if e.NextAt.Equal(at) {
		return nil
	}
	_, err := t.o.Store.PassDue(ctx, e.ID, func(stored *export.Exporter) (missed export.DueTime, err error) {
		if stored.NextAt.Equal(e.NextAt) && stored.Schedule == e.Schedule && !stored.Paused() {
			missed = stored.Miss(t.o.Now(), at, why)
			stored.NextAt = at
		}
		return missed, nil
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
