package queue

import (
	"errors"
	"hash/fnv"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// longestWait bounds what a provider may ask for before the next attempt.
const longestWait = time.Hour

// longestHeld is the longest wait that requests sit out within an attempt. A provider that asks for more has not been
// asked in vain: the run comes back when it was told to.
const longestHeld = 5 * time.Minute

// longestSpared is for how long attempts do not count that a provider refused for all.
const longestSpared = 24 * time.Hour

// attempt is how one attempt of a run ended.
type attempt struct {
	err     error // what Work returned
	cause   error // why its context ended, nil if it did not
	timeout time.Duration
	backoff []time.Duration
	now     time.Time
	// judged says that the circuits know of it. outage says that a provider answers nobody until a time.
	judged, outage bool
	until          time.Time
}

// judge tells the circuits how the attempt ended, unless it was ended from outside.
func (a *attempt) judge(c *circuits, r export.Run) {
	a.judged = true
	var p *problem.Problem
	switch {
	case a.err == nil:
	case a.cause != nil:
		p = problem.New(problem.Cancelled, "") // which says nothing of any provider
	default:
		p = a.problem()
	}
	a.until, a.outage = c.ended(r.Activity(), p, a.now)
}

// settle decides what becomes of the run: succeeded, cancelled, back to the
// queue, or failed.
func (a attempt) settle(r *export.Run) {
	switch {
	case a.err == nil:
		// Also when somebody cancelled it at the last moment: the sheet has the new rows.
		end(r, export.RunSucceeded, nil, a.now)
		return
	case r.Cancelling, errors.Is(a.cause, errCancelled):
		end(r, export.RunCancelled, stoppedProblem(r.Exporter), a.now)
		return
	case errors.Is(a.cause, errInterrupted):
		// Not the run's fault: the attempt does not count.
		r.Attempts--
		requeue(r, interruptedProblem(), time.Time{})
		return
	}
	if errors.Is(a.err, export.ErrStoreTrouble) {
		// Nor is this. The run began with what was stored, so it can begin anew as soon as runs may begin.
		r.Attempts--
		requeue(r, troubledProblem(), time.Time{})
		return
	}
	p := a.problem()
	if wait, spared := a.spare(*r, p); spared {
		r.Attempts--
		requeue(r, p, a.now.Add(wait))
		return
	}
	if p.Class() == problem.Stop || r.Attempts > len(a.backoff) {
		end(r, export.RunFailed, p, a.now)
		return
	}
	wait := spread(a.backoff[max(r.Attempts-1, 0)], r.ID, r.Attempts)
	requeue(r, p, a.now.Add(max(wait, min(p.RetryAfter, longestWait))))
}

// spare reports whether the attempt does not count, because the provider answers nobody, or has told when to come back.
// It returns how long the run waits then.
func (a attempt) spare(r export.Run, p *problem.Problem) (time.Duration, bool) {
	if p.Class() == problem.Stop || a.now.Sub(r.QueuedAt) > longestSpared {
		return 0, false
	}
	limited := p.Code == problem.QuickBooksRateLimited || p.Code == problem.GoogleRateLimited
	switch {
	case a.outage:
		return max(a.until.Sub(a.now), 0), true // the circuit lets one run through, then the others
	case limited && p.RetryAfter > longestHeld:
		return spread(time.Minute, r.ID, r.Attempts) - time.Minute + min(p.RetryAfter, longestWait), true
	}
	return 0, false
}

// spread lengthens a wait by up to a fifth, by an amount that depends on run and attempt, so that runs which failed
// together do not retry together.
func spread(wait time.Duration, id export.ID, attempt int) time.Duration {
	sum := fnv.New64a()
	_, _ = sum.Write(append([]byte(id), byte(attempt)))
	return wait + time.Duration(sum.Sum64()%1024)*(wait/5)/1024
}

func (a attempt) problem() *problem.Problem {
	if errors.Is(a.cause, errDeadline) {
		return problem.Wrap(a.err, problem.Deadline, "The run was not done within %v.", a.timeout)
	}
	p := problem.From(a.err)
	if p.Code == problem.Cancelled {
		// Nobody cancelled the run, so a cancellation is a fault of ours.
		return problem.Wrap(a.err, problem.Internal, "Something went wrong inside ledgersheet.")
	}
	return p
}

// end makes a run one that is over. A run that did not succeed keeps the phase that it had reached: that is where it
// ended.
func end(r *export.Run, status export.RunStatus, p *problem.Problem, now time.Time) {
	r.Status, r.Problem, r.FinishedAt = status, p, now
	r.NotBefore, r.Cancelling = time.Time{}, false
	switch {
	case status == export.RunSucceeded:
		r.Progress.Phase = export.PhaseDone
	case r.Progress.Phase == "":
		r.Progress.Phase = export.PhaseQueued
	}
}

// requeue puts a run back into the queue; the problem is kept for people to see.
func requeue(r *export.Run, p *problem.Problem, notBefore time.Time) {
	r.Status, r.Problem, r.NotBefore = export.RunQueued, p, notBefore
	r.Progress = export.Progress{Phase: export.PhaseQueued}
}

func cancelledProblem() *problem.Problem {
	return problem.New(problem.Cancelled, "The run was cancelled.")
}

// stoppedProblem is the problem of a run that was cancelled while it was running.
func stoppedProblem(e export.Exporter) *problem.Problem {
	p := cancelledProblem()
	if e.IsSplit() {
		return p.WithHint("Tabs that it has written keep their new rows, and the others their previous ones. Run it " +
			"again when you like.")
	}
	return p
}

func deletedProblem() *problem.Problem {
	return problem.New(problem.Cancelled, "The exporter was deleted before the run began.").
		WithHint("The spreadsheet stays as it is.")
}

func interruptedProblem() *problem.Problem {
	return problem.New(problem.Interrupted, "The service was stopped during the run.")
}

func troubledProblem() *problem.Problem {
	return problem.New(problem.Interrupted, "The store could not be written during the run.").
		WithHint("The run is taken up again by itself when the store can be written.")
}
