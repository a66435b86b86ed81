// Package queue executes runs: it claims them from the store, oldest first, starts each as soon as everything it
// needs is free, retries what may work later, and reports to the store and to listeners. The queue itself lives in
// the store: an accepted run survives the process, and a running one is taken up by the next.
package queue

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// Work executes one attempt of a run. It reports results through report, which may change whatever an attempt finds
// out (rows, progress, totals, warnings, the exporter's target, …); status, times and attempts belong to the queue.
// report is safe for concurrent use, never waits for the store, and does nothing once Work has returned.
//
// A nil error means success. Any other becomes a problem whose class decides whether there is another attempt. When
// ctx ends, Work must return soon.
type Work func(ctx context.Context, run export.Run, report func(change func(*export.Run))) error

// Bus carries the news of runs to whoever follows them, here or in other processes. Publish never blocks.
type Bus interface{ Publish(r export.Run) }

// Store is what a queue reads and writes; every export.Store has it.
type Store interface {
	export.RunStore
	EnqueueDue(ctx context.Context, d export.DueRun) (stored export.Run, joined bool, err error)
}

// Options configure a queue. Zero numbers and durations mean the default named beside them.
type Options struct {
	Store  Store
	Work   Work
	Events Bus // told of every change; may be nil
	// Ended is told of each exporter whose run is under way no more, so that what waits for its end can go on. It must
	// not block. It may be nil.
	Ended func(exporter export.ID)
	// Exporter finds the exporter of a run that is about to begin; one that is not found ends the run. It may be nil.
	Exporter func(ctx context.Context, id export.ID) (export.Exporter, error)
	// Hold is asked before runs are taken up, and says why none may be; nil lets all go. Whoever ends the reason calls
	// Wake.
	Hold func() error

	Workers        int           // runs at a time: 8
	PerCompany     int           // runs at a time that read one company: 2
	PerSpreadsheet int           // runs at a time that write one spreadsheet: 1
	Timeout        time.Duration // of one attempt: 30 minutes
	// Backoff is the time before the second attempt, the third and so on; up to a
	// fifth is added to each. nil means 1, 5 and 15 minutes, so four attempts.
	Backoff []time.Duration

	Look   time.Duration    // the longest time between two looks at the queue: a minute
	Now    func() time.Time // time.Now
	Logger *slog.Logger     // slog.Default
}

// Queue executes runs. Make it with [New]; it is safe for concurrent use.
type Queue struct {
	o      Options
	log    *slog.Logger
	worker export.ID // as which it holds its runs

	wake  chan struct{} // holds a wake-up
	ended chan struct{} // holds the news that a worker ended

	turns    turns // taken before mu
	circuits circuits
	looked   time.Time                    // when the dispatcher last did
	served   map[export.RealmID]time.Time // when it last began a run of a company

	mu       sync.Mutex
	tasks    map[export.ID]*task // under way in this process
	taken    taken               // after the dispatcher's last pass
	gates    map[provider]gate   // at it
	trouble  error               // of the dispatcher's last pass
	started  bool
	stopping bool

	stop       chan struct{} // closed: take no more runs
	dispatched chan struct{} // closed: the dispatcher has returned
	workers    sync.WaitGroup
	base       context.Context // for the store; does not end
	life       context.Context // of all tasks; ends with interrupted
	interrupt  context.CancelCauseFunc
}

// Why a task's context may end; Work sees it by context.Cause.
var (
	errCancelled   = errors.New("cancelled by a person")
	errInterrupted = errors.New("the service stops")
	errTaken       = errors.New("somebody else has taken the run")
	errDeadline    = errors.New("the run's time limit is reached")
)

// New returns a queue that does nothing before Start, except that runs may be
// queued and cancelled.
func New(o Options) *Queue {
	setDefault(&o.Workers, 8)
	setDefault(&o.PerCompany, 2)
	setDefault(&o.PerSpreadsheet, 1)
	setDefault(&o.Timeout, 30*time.Minute)
	setDefault(&o.Look, look)
	if o.Backoff == nil {
		o.Backoff = []time.Duration{time.Minute, 5 * time.Minute, 15 * time.Minute}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.Default()
	}
	return &Queue{
		o: o, log: o.Logger.With("component", "queue"), worker: export.NewID("wrk", o.Now()),
		wake: make(chan struct{}, 1), ended: make(chan struct{}, 1),
		tasks: map[export.ID]*task{}, served: map[export.RealmID]time.Time{},
		stop: make(chan struct{}), dispatched: make(chan struct{}),
	}
}

func (q *Queue) limits() limits {
	return limits{workers: q.o.Workers, company: q.o.PerCompany, spreadsheet: q.o.PerSpreadsheet}
}

func setDefault[T int | time.Duration](v *T, def T) {
	if *v <= 0 {
		*v = def
	}
}

// Start takes up the runs that a process before this one left unfinished and
// begins to execute runs. ctx bounds the former only; Stop ends the latter. A
// queue can be started once.
func (q *Queue) Start(ctx context.Context) error {
	q.mu.Lock()
	if q.started {
		q.mu.Unlock()
		return errors.New("starting queue: it was started already")
	}
	q.started = true
	q.base = context.WithoutCancel(ctx)
	q.life, q.interrupt = context.WithCancelCause(q.base)
	q.mu.Unlock()
	err := q.rescue(ctx)
	if err == nil {
		err = q.recall(ctx)
	}
	if err != nil {
		err = fmt.Errorf("starting queue: %w", err)
		q.setTrouble(err)
		close(q.dispatched) // there is no dispatcher that Stop would wait for
		return err
	}
	q.workers.Go(q.dispatch)
	return nil
}

// Halt begins no more runs, and interrupts those that are not just showing their rows: they go back to the queue. It
// does not wait for any. It does nothing before Start.
func (q *Queue) Halt() {
	q.mu.Lock()
	started, stopping := q.started, q.stopping
	q.stopping = true
	q.mu.Unlock()
	if !started {
		return
	}
	if !stopping {
		close(q.stop)
	}
	<-q.dispatched
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, t := range q.tasks {
		if !t.live.committing() {
			t.cancel(errInterrupted)
		}
	}
}

// Stop is Halt, and waits for the rest until ctx ends. Then they are interrupted as well, and what does not stop even
// then is left to the next process, which takes it up: Stop returns an error that says so.
func (q *Queue) Stop(ctx context.Context) error {
	q.Halt()
	q.mu.Lock()
	started := q.started
	q.mu.Unlock()
	if !started {
		return nil
	}
	done := q.awaitTasks(ctx)
	q.interrupt(errInterrupted)
	if !done {
		const grace = 2 * time.Second
		late, cancel := context.WithTimeout(q.base, grace)
		defer cancel()
		if !q.awaitTasks(late) {
			return fmt.Errorf("%w: %d", ErrLeft, q.underWay())
		}
	}
	q.workers.Wait()
	return nil
}

// ErrLeft is wrapped by the error of a Stop that could not wait for all runs.
var ErrLeft = errors.New("runs are left to the next start")

// Wake makes the queue look at once for runs that can begin. Enqueue does so by itself.
func (q *Queue) Wake() {
	select {
	case q.wake <- struct{}{}:
	default: // it is about to look anyway
	}
}

// Enqueue stores a run to be executed, unless its exporter has one that is queued or running: that one is returned,
// joined. If a person joins a run that is waiting for its time, it begins at once. A missing id or time is filled in.
func (q *Queue) Enqueue(ctx context.Context, r export.Run) (stored export.Run, joined bool, err error) {
	if r.QueuedAt.IsZero() {
		r.QueuedAt = q.o.Now()
	}
	if r.ID == "" {
		r.ID = export.NewID("run", r.QueuedAt)
	}
	r.Progress = export.Progress{Phase: export.PhaseQueued}
	defer q.Wake() // when the turn is over
	defer q.turns.of(r.Exporter.ID)()
	stored, joined, err = q.o.Store.Enqueue(ctx, r)
	if err != nil {
		return export.Run{}, false, err
	}
	byPerson := r.Trigger == export.TriggerManual || r.Trigger == export.TriggerAPI
	if joined && byPerson && stored.Status == export.RunQueued && stored.NotBefore.After(q.o.Now()) {
		stored, err = q.o.Store.UpdateRun(ctx, stored.ID, func(r *export.Run) error {
			if r.Status == export.RunQueued {
				r.NotBefore = time.Time{}
			}
			return nil
		})
		if err != nil {
			return export.Run{}, false, err
		}
	}
	q.publish(stored)
	return stored, joined, nil
}

// EnqueueDue queues the run for its exporter's due time, or lets the due time join the exporter's run that is queued,
// and makes d.Next the exporter's next due time; both or neither. It returns export.ErrExists when somebody has done
// so, and export.ErrBusy when the due time has to wait for the end of a run that began before it.
func (q *Queue) EnqueueDue(ctx context.Context, d export.DueRun) error {
	d.Run.Progress = export.Progress{Phase: export.PhaseQueued}
	defer q.Wake() // when the turn is over
	defer q.turns.of(d.Run.Exporter.ID)()
	stored, _, err := q.o.Store.EnqueueDue(ctx, d)
	if err != nil {
		return err
	}
	q.publish(stored)
	return nil
}

// Cancel stops a run. One that is queued is cancelled when Cancel returns, one
// that is running soon after, unless it succeeds before it notices. Cancelling a
// run that has ended is a problem with the code conflict.
func (q *Queue) Cancel(ctx context.Context, id export.ID) (export.Run, error) {
	defer q.Wake() // when the turn is over
	defer q.turns.all()()
	now := q.o.Now()
	r, err := q.o.Store.UpdateRun(ctx, id, func(r *export.Run) error {
		switch r.Status {
		case export.RunQueued:
			end(r, export.RunCancelled, cancelledProblem(), now)
		case export.RunRunning:
			r.Cancelling = true
		default:
			return problem.New(problem.Conflict, "The run has ended already.")
		}
		return nil
	})
	if err != nil {
		return export.Run{}, err
	}
	q.mu.Lock()
	t := q.tasks[id]
	q.mu.Unlock()
	if t != nil {
		t.live.markCancelling()
		t.cancel(errCancelled)
	}
	q.publish(r)
	return r, nil
}

// Waiting returns, in words for people, why a queued run has not begun, or a running one waits; empty if there is no
// reason.
func (q *Queue) Waiting(r export.Run) string {
	a := r.Activity()
	if until := r.Progress.WaitsUntil; a.Status == export.RunRunning && until.After(q.o.Now()) {
		return "waits until " + until.UTC().Format("15:04:05 UTC") + ", as the provider asked"
	}
	if a.Status != export.RunQueued {
		return ""
	}
	if p := problem.From(q.held()); p != nil {
		return p.Message
	}
	if a.NotBefore.After(q.o.Now()) {
		return waitText(a)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.limits()
	l.gates = q.gates
	return q.taken.blocked(a.ID, keysOf(a, l))
}

// held returns why no run may begin.
func (q *Queue) held() error {
	if q.o.Hold == nil {
		return nil
	}
	return q.o.Hold()
}

// Ready reports whether runs are being executed, for health checks.
func (q *Queue) Ready() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case !q.started:
		return errors.New("the queue is not started")
	case q.stopping:
		return errors.New("the queue stops")
	}
	return q.trouble
}

func (q *Queue) publish(r export.Run) {
	if q.o.Events != nil {
		q.o.Events.Publish(r)
	}
}

func (q *Queue) setTrouble(err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.trouble = err
}

func (q *Queue) underWay() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.tasks)
}

// awaitTasks waits until no task is under way; false if ctx ends before.
func (q *Queue) awaitTasks(ctx context.Context) bool {
	for q.underWay() > 0 {
		select {
		case <-q.ended:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
