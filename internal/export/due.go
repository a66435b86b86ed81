package export

import (
	"context"
	"errors"
	"time"

	"ledgersheet/internal/problem"
)

// ErrBusy is returned by a store for a due time that cannot have its run yet, because the exporter's present run began
// before it.
var ErrBusy = errors.New("a run that began before is under way")

// MostDueTimes is how many entries the ledger of an exporter's due times holds.
const MostDueTimes = 100

// ClockStep is how far a clock may be set back without a due time getting a second run. What was done at times further
// ahead was done by a wrong clock; those due times come again.
const ClockStep = time.Hour

// DueEnd is how a due time has ended.
type DueEnd string

// The ends of due times. Each begins as waiting, or ends at once as missed.
const (
	DueWaiting  DueEnd = "waiting"   // for the end of its run
	DueRan      DueEnd = "ran"       // it had a run of its own, which succeeded
	DueJoined   DueEnd = "joined"    // a run began after it for another reason, and succeeded
	DueCaughtUp DueEnd = "caught_up" // its run came later, and succeeded
	DueMissed   DueEnd = "missed"    // see Why
)

// MissReason is why a due time was missed.
type MissReason string

// The reasons for missed due times.
const (
	MissedFailed    MissReason = "failed"    // its run gave up; Note is the problem's code
	MissedCancelled MissReason = "cancelled" // somebody stopped its run
	MissedPaused    MissReason = "paused"    // the exporter was paused; Note says why
	MissedSlowed    MissReason = "slowed"    // the month's calls would not suffice
	MissedDown      MissReason = "down"      // the service was down, and the schedule does not catch up
	MissedChanged   MissReason = "changed"   // the schedule was changed before the run began
)

// DueTime is an entry in the ledger of an exporter's due times: what became of one due time, or of several in a row
// that had one run, or none, together. Entries follow one another without a gap, up to the exporter's NextAt.
type DueTime struct {
	At time.Time `json:"at"`
	// Until is when the next entry begins: the due times from At until then are meant. It is the schedule's next due
	// time, or later if several were missed in a row.
	Until time.Time `json:"until"`
	Run   ID        `json:"run,omitempty"` // its run; empty for a due time that never had one
	// Hope is how it ends if its run succeeds; empty without a run.
	Hope  DueEnd     `json:"hope,omitempty"`
	End   DueEnd     `json:"end"`
	Why   MissReason `json:"why,omitempty"`
	Note  string     `json:"note,omitempty"`
	Ended time.Time  `json:"ended,omitzero"`
}

// Settle ends the entry as its run has ended.
func (d *DueTime) Settle(r Run) {
	d.Ended = r.FinishedAt
	switch r.Status {
	case RunSucceeded:
		d.End = d.Hope
	case RunCancelled:
		d.End, d.Why = DueMissed, MissedCancelled
	default:
		d.End, d.Why = DueMissed, MissedFailed
		if r.Problem != nil {
			d.Note = string(r.Problem.Code)
		}
	}
}

// WhyWords tells people why the due time was missed; empty if it was not.
func (d DueTime) WhyWords() string {
	switch d.Why {
	case MissedFailed:
		if d.Note == "" {
			return "its run failed"
		}
		return "its run failed: " + problem.Code(d.Note).Title()
	case MissedCancelled:
		return "its run was cancelled"
	case MissedPaused:
		return d.Note
	case MissedSlowed:
		return "left out, so that the month's calls to QuickBooks suffice"
	case MissedDown:
		return "the service was down, and this schedule does not catch up"
	case MissedChanged:
		return "the schedule was changed before the run began"
	}
	return ""
}

// Miss returns the entry for the due times from the exporter's NextAt on that pass without a run until next. It is the
// zero DueTime if none has passed by now.
func (e Exporter) Miss(now, next time.Time, why MissReason) DueTime {
	if e.NextAt.IsZero() || e.NextAt.After(now) {
		return DueTime{}
	}
	if next.IsZero() {
		next = now.Add(1)
	}
	d := DueTime{At: e.NextAt, Until: next, End: DueMissed, Why: why, Ended: now}
	if why == MissedPaused {
		d.Note = e.PauseWords()
	}
	return d
}

// DueRun is a due time's run, and what comes after it.
type DueRun struct {
	Run Run // with its Due
	// Until is the schedule's next due time. Next is the one that is to have a run; those in between are left out.
	Until, Next time.Time
}

// Entries returns what the ledger says of the due times up to Next when they got the run, which the due time joined or
// which was made for it.
func (d DueRun) Entries(run ID, joined bool, now time.Time) []DueTime {
	hope := DueRan
	switch {
	case joined:
		hope = DueJoined
	case d.Run.Trigger == TriggerCatchUp:
		hope = DueCaughtUp
	}
	own := DueTime{At: d.Run.Due, Until: d.Until, Run: run, Hope: hope, End: DueWaiting}
	if !d.Next.After(d.Until) || d.Until.IsZero() {
		own.Until = d.Next
		return []DueTime{own}
	}
	return []DueTime{own, {
		At: d.Until, Until: d.Next, End: DueMissed, Why: MissedSlowed, Ended: now,
	}}
}

// Repeat is Entries for a due time that had its run before, as told by its entry.
func (d DueRun) Repeat(before DueTime, now time.Time) []DueTime {
	entries := d.Entries(before.Run, false, now)
	before.Until = entries[0].Until
	entries[0] = before
	return entries
}

// Keep decides what a ledger keeps of an entry when the exporter's next due time is brought forward to next: nothing of
// what has not come yet, unless it had a run and the clock may just have been set back a little.
func (d *DueTime) Keep(next time.Time) bool {
	if d.At.Before(next) {
		if d.Until.After(next) {
			d.Until = next
		}
		return true
	}
	return d.Run != "" && d.At.Before(next.Add(ClockStep))
}

// DueStore keeps the ledger of exporters' due times. Whatever moves an exporter's NextAt on, over due times that have
// passed, writes what became of them in the same transaction. If NextAt is brought forward, the ledger forgets what
// lies after it, as DueTime.Keep says. When a run is over, the due times that waited for it end in the same
// transaction.
type DueStore interface {
	// EnqueueDue is Enqueue for the exporter's due time d.Run.Due. In the same transaction it makes d.Next the
	// exporter's next due time and writes d.Entries. It does nothing and returns ErrBusy if the exporter's present run
	// began before, or is not one that can stand for a due time. It does nothing and returns ErrExists if the
	// exporter's next due time is not the run's (any more). If the due time had its run before, the next due time moves
	// on all the same, and ErrExists is returned. It returns ErrNotFound if the exporter is gone.
	EnqueueDue(ctx context.Context, d DueRun) (stored Run, joined bool, err error)
	// PassDue is UpdateExporter for changes that let due times pass without a run: it writes what change returns into
	// the ledger, unless that is the zero DueTime.
	PassDue(ctx context.Context, id ID, change func(*Exporter) (DueTime, error)) (Exporter, error)
	// DueTimes returns the ledger of an exporter, newest first: at most MostDueTimes entries. It is deleted with the
	// exporter.
	DueTimes(ctx context.Context, id ID) ([]DueTime, error)
}

// StandsForDue reports whether a queued run is one that due times can join: it will read QuickBooks and write what it
// has read.
func (r Run) StandsForDue() bool { return r.Status == RunQueued && r.Trigger != TriggerUndo }
