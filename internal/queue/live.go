package queue

import (
	"errors"
	"sync"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// How often a running run is published and stored, besides at each change of phase. One that takes less than a second
// is stored only at its end: syncing a phase that is over by then would cost more than all else it does.
const (
	tellEvery = 250 * time.Millisecond
	saveEvery = time.Second
)

// live holds the latest state of a running run. Work changes it through report and never waits for the store; flush
// stores it.
type live struct {
	q *Queue
	t *task

	mu          sync.Mutex
	run         export.Run
	began       time.Time
	closed      bool
	told, saved time.Time // when that was last done
	untold      bool
	unsaved     bool
	urgent      bool          // the phase has changed since it was saved
	changed     chan struct{} // holds the news that something is untold or unsaved
}

func newLive(q *Queue, t *task, r export.Run) *live {
	now := q.o.Now()
	return &live{q: q, t: t, run: r.Clone(), began: now, told: now, saved: now, changed: make(chan struct{}, 1)}
}

// report is what Work gets.
func (l *live) report(change func(*export.Run)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	before := l.run.Progress.Phase
	changed := l.run
	change(&changed)
	setResults(&l.run, changed)
	l.untold, l.unsaved = true, true
	newPhase := l.run.Progress.Phase != before
	now := l.q.o.Now()
	l.urgent = l.urgent || newPhase && now.Sub(l.began) >= saveEvery
	if newPhase || now.Sub(l.told) >= tellEvery {
		l.tell()
	}
	select {
	case l.changed <- struct{}{}:
	default:
	}
}

// markCancelling lets later states say that the run is being cancelled.
func (l *live) markCancelling() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.run.Cancelling = true
}

// committing reports whether the run is just showing its rows, or is done.
func (l *live) committing() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch l.run.Progress.Phase {
	case export.PhaseVerifying, export.PhaseCommitting, export.PhaseDone:
		return true
	}
	return l.closed
}

// close ends reporting and returns the last state.
func (l *live) close() export.Run {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	return l.run.Clone()
}

// flush publishes and stores what report left pending, until over is closed.
func (l *live) flush(over <-chan struct{}) {
	for {
		timer := time.NewTimer(l.step())
		select {
		case <-over:
			timer.Stop()
			return
		case <-l.changed:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// step publishes and stores what is due and returns the time until the next step.
func (l *live) step() time.Duration {
	next := time.Hour
	l.mu.Lock()
	now := l.q.o.Now()
	if l.untold && !l.closed {
		if wait := tellEvery - now.Sub(l.told); wait <= 0 {
			l.tell()
		} else {
			next = min(next, wait)
		}
	}
	if !l.unsaved || l.closed {
		l.mu.Unlock()
		return next
	}
	if wait := saveEvery - now.Sub(l.saved); wait > 0 && !l.urgent {
		l.mu.Unlock()
		return min(next, wait)
	}
	l.unsaved, l.urgent, l.saved = false, false, now
	r := l.run.Clone()
	l.mu.Unlock()

	stored, err := l.store(r)
	if errors.Is(err, export.ErrFenced) {
		l.t.cancel(errTaken)
		return time.Hour
	}
	if err != nil {
		// The run goes on: only its end must be stored, and that is retried.
		l.q.log.Warn("storing the progress of a run failed", "run", r.ID, "exporter", r.Exporter.ID, "error", err)
		l.mu.Lock()
		l.unsaved = true
		l.mu.Unlock()
		return saveEvery
	}
	if stored.Cancelling { // asked for through another process
		l.markCancelling()
		l.t.cancel(errCancelled)
	}
	return 0 // to look again at what came meanwhile
}

// store stores a state.
func (l *live) store(r export.Run) (stored export.Run, err error) {
	defer problem.Recover(&err)
	return l.q.o.Store.UpdateRunning(l.q.base, l.t.held, func(stored *export.Run) error {
		setResults(stored, r)
		return nil
	})
}

// tell publishes the state. The caller holds l.mu, which keeps events in order.
func (l *live) tell() {
	l.untold, l.told = false, l.q.o.Now()
	l.q.publish(l.run)
}
