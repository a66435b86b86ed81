package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// dueRun queues a run for its due time, and says when the next one is.
func dueRun(r export.Run, next time.Time) export.DueRun {
	return export.DueRun{Run: r, Until: next, Next: next}
}

// testDueLedger walks one exporter through all ends that a due time can have.
func testDueLedger(t *testing.T, s export.Store) {
	ctx := t.Context()
	hour := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Hour) }
	e := sampleExporter("exp_1", "x")
	e.NextAt = noon
	must(t, s.CreateExporter(ctx, e))
	must(t, s.CreateExporter(ctx, sampleExporter("exp_10", "y"))) // whose keys are neighbours
	queue := func(n int, id export.ID, trigger export.Trigger) (export.Run, bool, error) {
		r := sampleRun(id, e, hour(n))
		r.Trigger, r.Due = trigger, hour(n)
		return s.EnqueueDue(ctx, dueRun(r, hour(n+1)))
	}
	end := func(id export.ID, status export.RunStatus, p *problem.Problem) {
		t.Helper()
		_, err := s.UpdateRun(ctx, id, func(r *export.Run) error {
			r.Status, r.FinishedAt, r.Problem = status, noon, p
			return nil
		})
		must(t, err)
	}
	_, _, err := queue(0, "run_0", export.TriggerSchedule)
	must(t, err)
	_, joined, err := queue(1, "run_1", export.TriggerSchedule)
	must(t, err)
	if !joined {
		t.Error("a due time did not join the run that was queued")
	}
	_, err = s.Claim(ctx, "wrk_1", chooseAll, doNothing)
	must(t, err)
	_, _, err = queue(2, "run_2", export.TriggerSchedule)
	wantErr(t, "a due time during a run that began before", err, export.ErrBusy)
	if got, err := s.Exporter(ctx, e.ID); err != nil || !got.NextAt.Equal(hour(2)) {
		t.Errorf("it is not due any more: %v, %v", got.NextAt, err)
	}
	end("run_0", export.RunSucceeded, nil)
	_, _, err = queue(2, "run_2", export.TriggerCatchUp)
	must(t, err)
	end("run_2", export.RunSucceeded, nil)
	_, _, err = queue(3, "run_3", export.TriggerSchedule)
	must(t, err)
	end("run_3", export.RunFailed, problem.New(problem.Deadline, "x"))
	_, err = s.PassDue(ctx, e.ID, func(e *export.Exporter) (export.DueTime, error) {
		e.Pause = &export.Pause{Reason: export.PausedByPerson, Who: "Ann"}
		missed := e.Miss(hour(5), hour(6), export.MissedPaused)
		e.Pause, e.NextAt = nil, hour(6)
		return missed, nil
	})
	must(t, err)
	undo := sampleRun("run_undo", e, noon)
	undo.Trigger = export.TriggerUndo
	_, _, err = s.Enqueue(ctx, undo)
	must(t, err)
	_, _, err = queue(6, "run_6", export.TriggerSchedule)
	wantErr(t, "a due time that finds a run that reads nothing", err, export.ErrBusy)
	end("run_undo", export.RunSucceeded, nil)
	r := sampleRun("run_6", e, hour(6))
	r.Due = hour(6)
	_, _, err = s.EnqueueDue(ctx, export.DueRun{Run: r, Until: hour(7), Next: hour(9)})
	must(t, err)
	end("run_6", export.RunCancelled, nil)

	miss := func(
		n, until int, run export.ID, hope export.DueEnd, why export.MissReason, note string,
	) export.DueTime {
		return export.DueTime{At: hour(n), Until: hour(until), Run: run, Hope: hope, End: export.DueMissed, Why: why,
			Note: note}
	}
	own := func(n int, run export.ID, end export.DueEnd) export.DueTime {
		return export.DueTime{At: hour(n), Until: hour(n + 1), Run: run, Hope: end, End: end}
	}
	want := []export.DueTime{
		miss(7, 9, "", "", export.MissedSlowed, ""),
		miss(6, 7, "run_6", export.DueRan, export.MissedCancelled, ""),
		miss(4, 6, "", "", export.MissedPaused, "paused by Ann"),
		miss(3, 4, "run_3", export.DueRan, export.MissedFailed, "deadline"),
		own(2, "run_2", export.DueCaughtUp), own(1, "run_0", export.DueJoined), own(0, "run_0", export.DueRan),
	}
	got, err := s.DueTimes(ctx, e.ID)
	must(t, err)
	for i := range got {
		if got[i].Ended.IsZero() {
			t.Errorf("%v ended at no time", got[i].At)
		}
		got[i].Ended = time.Time{}
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the ledger (-want +got):\n%s", d)
	}
	must(t, s.DeleteExporter(ctx, e.ID))
	if got, err := s.DueTimes(ctx, e.ID); err != nil || len(got) != 0 {
		t.Errorf("of an exporter that is gone: %v, %v", got, err)
	}
}

// ledger is what a property test believes of one exporter's due times, which are an hour apart.
type ledger struct {
	t    *rapid.T
	ctx  context.Context
	s    export.Store
	id   export.ID
	now  time.Time
	from time.Time // the first due time of which the ledger must tell
	runs int
}

// testDueLedgerHolds does anything in any order, and asks after each step whether each due time before the next one is
// in the ledger exactly once, and whether those that wait do so for a run that is not over.
func testDueLedgerHolds(t *testing.T, s export.Store) {
	n := 0
	rapid.Check(t, func(rt *rapid.T) {
		n++
		id := export.ID(fmt.Sprintf("exp_%d", n))
		l := &ledger{t: rt, ctx: t.Context(), s: s, id: id, now: noon, from: noon.Add(time.Hour)}
		e := sampleExporter(l.id, "x")
		e.NextAt = l.from
		l.must(s.CreateExporter(l.ctx, e))
		rt.Repeat(map[string]func(*rapid.T){
			"": l.check, "time": l.sleep, "due": l.due, "slow": l.slow, "manual": l.manual, "claim": l.claim,
			"requeue": l.requeue, "end": l.end, "pass": l.pass, "clock": l.setBack,
		})
	})
}

func (l *ledger) must(err error) {
	if err != nil {
		l.t.Fatal(err)
	}
}

func (l *ledger) exporter() export.Exporter {
	e, err := l.s.Exporter(l.ctx, l.id)
	l.must(err)
	return e
}

// next returns the schedule's next due time. Those of noon's day are at noon plus whole hours.
func (l *ledger) next() time.Time {
	long := noon.AddDate(-10, 0, 0)
	return long.Add(l.now.Sub(long).Truncate(time.Hour)).Add(time.Hour)
}

func (l *ledger) sleep(t *rapid.T) {
	l.now = l.now.Add(time.Duration(rapid.IntRange(1, 400).Draw(t, "minutes")) * time.Minute)
}

func (l *ledger) run() export.Run {
	l.runs++
	return sampleRun(export.ID(fmt.Sprintf("run_%s_%04d", l.id, l.runs)), l.exporter(), l.now)
}

func (l *ledger) enqueue(until, next time.Time) {
	e := l.exporter()
	if e.NextAt.After(l.now) {
		return
	}
	r := l.run()
	r.Due, r.Trigger = e.NextAt, export.TriggerSchedule
	_, _, err := l.s.EnqueueDue(l.ctx, export.DueRun{Run: r, Until: until, Next: next})
	if err != nil && !errors.Is(err, export.ErrBusy) && !errors.Is(err, export.ErrExists) {
		l.t.Fatal(err)
	}
}

func (l *ledger) due(*rapid.T)  { l.enqueue(l.next(), l.next()) }
func (l *ledger) slow(*rapid.T) { l.enqueue(l.next(), l.next().Add(5*time.Hour)) }

func (l *ledger) manual(t *rapid.T) {
	r := l.run()
	r.Trigger = rapid.SampledFrom([]export.Trigger{export.TriggerManual, export.TriggerUndo}).Draw(t, "trigger")
	_, _, err := l.s.Enqueue(l.ctx, r)
	l.must(err)
}

func (l *ledger) change(from export.RunStatus, change func(*export.Run)) {
	r, err := l.s.ActiveRun(l.ctx, l.id)
	if err != nil || r.Status != from {
		return
	}
	_, err = l.s.UpdateRun(l.ctx, r.ID, func(r *export.Run) error { change(r); return nil })
	l.must(err)
}

func (l *ledger) claim(*rapid.T) {
	l.change(export.RunQueued, func(r *export.Run) { r.Status = export.RunRunning })
}

func (l *ledger) requeue(*rapid.T) {
	l.change(export.RunRunning, func(r *export.Run) { r.Status = export.RunQueued })
}

func (l *ledger) end(t *rapid.T) {
	status := rapid.SampledFrom([]export.RunStatus{export.RunSucceeded, export.RunFailed,
		export.RunCancelled}).Draw(t, "status")
	from := rapid.SampledFrom([]export.RunStatus{export.RunQueued, export.RunRunning}).Draw(t, "from")
	l.change(from, func(r *export.Run) { r.Status, r.FinishedAt = status, l.now })
}

func (l *ledger) pass(*rapid.T) {
	_, err := l.s.PassDue(l.ctx, l.id, func(e *export.Exporter) (export.DueTime, error) {
		missed := e.Miss(l.now, l.next(), export.MissedDown)
		e.NextAt = l.next() // also if that is earlier, as when what slowed it down is over
		return missed, nil
	})
	l.must(err)
}

// setBack sets the clock back, far or a little, and plans anew as a ticker does.
func (l *ledger) setBack(t *rapid.T) {
	l.now = l.now.Add(-time.Duration(rapid.IntRange(1, 3000).Draw(t, "minutes")) * time.Minute)
	l.pass(t)
	l.from = slices.MinFunc([]time.Time{l.from, l.exporter().NextAt}, time.Time.Compare)
}

func (l *ledger) check(*rapid.T) {
	all, err := l.s.DueTimes(l.ctx, l.id)
	l.must(err)
	active, err := l.s.ActiveRun(l.ctx, l.id)
	if err != nil {
		active = export.Run{}
	}
	next := l.exporter().NextAt
	for i, d := range slices.Backward(all) {
		if !d.At.Before(d.Until) {
			l.t.Fatalf("an entry from %v until %v", d.At, d.Until)
		}
		if i > 0 && d.Until.After(all[i-1].At) {
			l.t.Fatalf("%v is told of twice", all[i-1].At)
		}
		if d.At.Before(next) && i > 0 && !d.Until.Equal(all[i-1].At) && all[i-1].At.Before(next) {
			l.t.Fatalf("nothing is told of %v until %v", d.Until, all[i-1].At)
		}
		waits := d.End == export.DueWaiting
		if waits && d.Run != active.ID || d.End == "" || !waits && d.Ended.IsZero() {
			l.t.Fatalf("%+v, and the present run is %q", d, active.ID)
		}
	}
	told := slices.IndexFunc(all, func(d export.DueTime) bool { return d.At.Before(next) })
	if next.After(l.from) && (told < 0 || !all[told].Until.Equal(next)) {
		l.t.Fatalf("the next due time is %v, and the ledger ends before: %+v", next, all)
	}
}
