package control_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestWhatPeopleDoToDueTimes: whoever holds due times back, or moves them, leaves a word of those that passed.
func TestWhatPeopleDoToDueTimes(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 3, n, 6, 0, 0, 0, time.UTC) }
	disconnect := func(b *bench, _ export.ID) {
		_, err := b.DisconnectCompany(b.ctx, alder)
		must(t, err)
	}
	pause := func(b *bench, id export.ID) {
		_, err := b.PauseExporter(b.ctx, id, time.Time{})
		must(t, err)
	}
	resume := func(b *bench, id export.ID) {
		_, err := b.ResumeExporter(b.ctx, id)
		must(t, err)
	}
	reschedule := func(b *bench, id export.ID) {
		b.update(id, 0, func(e *export.Exporter) { e.Schedule.Cron = "30 6 * * *" })
	}
	for name, test := range map[string]struct {
		skip        bool
		first, then func(b *bench, id export.ID)
		end         export.DueEnd
		why         export.MissReason
		next        time.Time
	}{
		"paused and resumed": {false, pause, resume, export.DueMissed, export.MissedPaused, day(6)},
		"rescheduled while paused": {false, pause, reschedule, export.DueMissed, export.MissedPaused,
			day(6).Add(30 * time.Minute)},
		"rescheduled when late": {false, func(*bench, export.ID) {}, reschedule, export.DueMissed,
			export.MissedChanged, day(6).Add(30 * time.Minute)},
		"reconnected": {false, disconnect, func(b *bench, _ export.ID) { b.reconnect(alder) }, export.DueWaiting, "",
			day(6)},
		"reconnected, and does not catch up": {true, disconnect, func(b *bench, _ export.ID) { b.reconnect(alder) },
			export.DueMissed, export.MissedPaused, day(6)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			in := b.input(alder)
			in.Schedule.SkipMissed = test.skip
			e := b.create(in)
			first := e.NextAt
			test.first(b, e.ID)
			b.now = noon.AddDate(0, 0, 3)
			test.then(b, e.ID)
			all, err := b.store.DueTimes(b.ctx, e.ID)
			must(t, err)
			if len(all) != 1 || !all[0].At.Equal(first) || !all[0].Until.Equal(test.next) || all[0].End != test.end ||
				all[0].Why != test.why {
				t.Errorf("the due times: %+v", all)
			}
			if s := b.stored(e.ID); !s.NextAt.Equal(test.next) {
				t.Errorf("the next is %v", s.NextAt)
			}
			if test.end == export.DueMissed && b.active(e.ID) != 0 {
				t.Error("it catches up all the same")
			}
		})
	}
}

// TestPauseUntil: the end of a pause must lie ahead, and is told.
func TestPauseUntil(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(b.input(alder))
	if _, err := b.PauseExporter(b.ctx, e.ID, noon); !problem.HasCode(err, problem.InvalidInput) {
		t.Errorf("a pause that is over: %v", err)
	}
	e, err := b.PauseExporter(b.ctx, e.ID, noon.AddDate(0, 0, 2))
	must(t, err)
	if diff := cmp.Diff("paused by ann@example.com until 4 March 2026, 12:00 UTC", e.PauseWords()); diff != "" {
		t.Error(diff)
	}
	if !e.Upcoming().IsZero() || e.NextAt.IsZero() {
		t.Errorf("it is due next at %v, shown as %v", e.NextAt, e.Upcoming())
	}
}

// TestAnOutageIsTold: runs that wait for the end of an outage do not fail, and are told of all the same.
func TestAnOutageIsTold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(b.input(alder))
	r, _, err := b.RunNow(b.ctx, e.ID)
	must(t, err)
	_, err = b.store.UpdateRun(b.ctx, r.ID, func(r *export.Run) error {
		r.Problem = problem.New(problem.QuickBooksUnavailable, "QuickBooks is down.")
		return nil
	})
	must(t, err)
	told := func() int {
		status, err := b.Status(b.ctx)
		must(t, err)
		return len(status.Causes)
	}
	if n := told(); n != 0 {
		t.Errorf("%d causes at once", n)
	}
	b.now = noon.Add(20 * time.Minute)
	if n := told(); n != 1 {
		t.Errorf("%d causes after twenty minutes", n)
	}
}
