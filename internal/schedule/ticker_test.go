package schedule_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/export"
	"ledgersheet/internal/schedule"
	"ledgersheet/internal/vault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ schedule.Store = export.Store(nil)

// clock is a real store with the runs that a ticker queued in it, each ended at
// once. It lives in a bubble of virtual time, which begins in the year 2000.
type clock struct {
	*testing.T
	*boltstore.Store
	ticker *schedule.Ticker
	jitter bool

	mu           sync.Mutex
	runs         []export.Run
	pace         schedule.Pace
	enqueueFails error
	keeps        bool          // runs do not end at once
	skew         time.Duration // of the computer's clock
}

func inBubble(t *testing.T, test func(*clock)) {
	t.Helper()
	t.Parallel()
	path := filepath.Join(t.TempDir(), "ledgersheet.db")
	v, err := vault.New(vault.NewKey())
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		store, err := boltstore.Open(path, v, boltstore.Options{})
		if err != nil {
			t.Fatal(err)
		}
		c := &clock{T: t, Store: store}
		defer func() {
			c.down()
			if err := store.Close(); err != nil {
				t.Error(err)
			}
		}()
		test(c)
	})
}

// set changes how the world behaves.
func (c *clock) set(change func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change()
}

// queued returns the runs since it was last asked, by due time: those that are due together are queued together.
func (c *clock) queued() []export.Run {
	c.mu.Lock()
	defer c.mu.Unlock()
	runs := c.runs
	c.runs = nil
	slices.SortStableFunc(runs, func(a, b export.Run) int { return a.Due.Compare(b.Due) })
	return runs
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.skew)
}

func (c *clock) up() {
	c.Helper()
	c.ticker = schedule.NewTicker(schedule.Options{
		Store: c, Enqueue: c.enqueue, Now: c.now, Jitter: c.jitter, Logger: slog.New(slog.DiscardHandler),
		Pace: func(context.Context, export.Exporter, time.Time) schedule.Pace {
			c.mu.Lock()
			defer c.mu.Unlock()
			return c.pace
		},
	})
	if err := c.ticker.Start(c.Context()); err != nil {
		c.Fatal(err)
	}
	synctest.Wait()
}

func (c *clock) down() {
	if c.ticker != nil {
		c.ticker.Stop()
	}
}

func (c *clock) sleep(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func (c *clock) enqueue(ctx context.Context, d export.DueRun) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.enqueueFails != nil {
		return c.enqueueFails
	}
	stored, joined, err := c.EnqueueDue(ctx, d)
	if err != nil || joined {
		return err
	}
	c.runs = append(c.runs, stored)
	if c.keeps {
		return nil
	}
	_, err = c.UpdateRun(ctx, stored.ID, func(r *export.Run) error { r.Status = export.RunSucceeded; return nil })
	return err
}

func (c *clock) add(id, cron, zone string) {
	c.Helper()
	e := export.Exporter{ID: export.ID(id), Name: id, Revision: 4,
		Schedule: export.Schedule{Cron: cron, Timezone: zone, Enabled: true}}
	if err := c.CreateExporter(c.Context(), e); err != nil {
		c.Fatal(err)
	}
}

func (c *clock) change(id string, change func(*export.Exporter)) {
	c.Helper()
	_, err := c.Store.UpdateExporter(c.Context(), export.ID(id),
		func(e *export.Exporter) error { change(e); return nil })
	if err != nil {
		c.Fatal(err)
	}
	if c.ticker != nil {
		c.ticker.Wake()
		synctest.Wait()
	}
}

func (c *clock) nextAt(id string) time.Time {
	c.Helper()
	e, err := c.Exporter(c.Context(), export.ID(id))
	if err != nil {
		c.Fatal(err)
	}
	return e.NextAt
}

// want compares the runs since the last want: due time and trigger.
func (c *clock) want(want ...string) {
	c.Helper()
	var got []string
	for _, r := range c.queued() {
		got = append(got, fmt.Sprintf("%s %s", r.Due.UTC().Format("01-02 15:04"), r.Trigger))
	}
	if d := cmp.Diff(want, got); d != "" {
		c.Errorf("runs (-want +got):\n%s", d)
	}
}

func TestTickerOnTime(t *testing.T) {
	inBubble(t, func(c *clock) {
		c.add("exp_1", "0 6,18 * * *", "UTC")
		c.up()
		if err := c.ticker.Ready(); err != nil {
			t.Errorf("ready: %v", err)
		}
		if got := c.nextAt("exp_1"); got.Hour() != 6 {
			t.Errorf("the first due time is %v", got)
		}
		c.sleep(6*time.Hour - time.Nanosecond)
		c.want()
		c.sleep(time.Nanosecond)
		runs := c.queued()
		if len(runs) != 1 {
			t.Fatalf("%d runs", len(runs))
		}
		if r := runs[0]; r.Trigger != export.TriggerSchedule || r.Due.Hour() != 6 || !r.QueuedAt.Equal(time.Now()) ||
			!r.NotBefore.IsZero() || r.Exporter.ID != "exp_1" || r.Exporter.Revision != 4 {
			t.Errorf("got %+v", r)
		}
		c.sleep(36 * time.Hour)
		c.want("01-01 18:00 schedule", "01-02 06:00 schedule", "01-02 18:00 schedule")
		e, err := c.Exporter(c.Context(), "exp_1")
		if err != nil || e.Revision != 4 {
			t.Errorf("following a schedule counts as a change by people: revision %d, %v", e.Revision, err)
		}
		if err := c.ticker.Start(c.Context()); err == nil {
			t.Error("it could be started twice")
		}
	})
}

// TestTickerAtClockChanges: a daily run at a time that one clock change skips and
// another repeats comes once on each day.
func TestTickerAtClockChanges(t *testing.T) {
	for _, test := range []struct {
		name, cron string
		first      time.Time // a day before the change in America/New_York
	}{
		{"in the gap", "30 2 * * *", time.Date(2000, 4, 1, 0, 0, 0, 0, time.UTC)},
		{"before the gap", "30 1 * * *", time.Date(2000, 4, 1, 0, 0, 0, 0, time.UTC)},
		{"in the repeated hour", "30 1 * * *", time.Date(2000, 10, 28, 0, 0, 0, 0, time.UTC)},
		{"after the repeated hour", "30 2 * * *", time.Date(2000, 10, 28, 0, 0, 0, 0, time.UTC)},
	} {
		t.Run(test.name, func(t *testing.T) {
			inBubble(t, func(c *clock) {
				const zone, days = "America/New_York", 3
				loc, err := time.LoadLocation(zone)
				if err != nil {
					t.Fatal(err)
				}
				c.sleep(time.Until(test.first))
				c.add("exp_1", test.cron, zone)
				c.up()
				c.sleep(days * 24 * time.Hour)
				day := test.first
				runs := c.queued()
				for _, r := range runs {
					if got := r.Due.In(loc).Format(time.DateOnly); got != day.Format(time.DateOnly) {
						t.Errorf("a run is due on %s, want %s", got, day.Format(time.DateOnly))
					}
					if r.Trigger != export.TriggerSchedule || !r.QueuedAt.Equal(r.Due) {
						t.Errorf("due %v, %s queued at %v", r.Due, r.Trigger, r.QueuedAt)
					}
					day = day.AddDate(0, 0, 1)
				}
				if len(runs) != days {
					t.Errorf("%d runs in %d days", len(runs), days)
				}
			})
		})
	}
}

func TestCatchUpOnce(t *testing.T) {
	inBubble(t, func(c *clock) {
		c.add("exp_1", "0 * * * *", "UTC")
		c.add("exp_2", "0 6 * * *", "UTC")
		c.up()
		c.sleep(90 * time.Minute)
		c.want("01-01 01:00 schedule")
		c.down()
		c.sleep(5 * time.Hour) // 06:30
		c.up()
		c.want("01-01 02:00 catch_up", "01-01 06:00 catch_up")
		c.sleep(time.Hour)
		c.want("01-01 07:00 schedule")
		c.down()
		c.sleep(30*time.Minute + punctual) // 08:02
		c.up()
		c.want("01-01 08:00 schedule")
	})
}

// punctual is how late a run may be and still count as on time.
const punctual = 2 * time.Minute

// TestTwoWatch lets two processes watch the same schedules: each due time has one run.
func TestTwoWatch(t *testing.T) {
	inBubble(t, func(c *clock) {
		c.add("exp_1", "0 6 * * *", "UTC")
		c.up()
		first := c.ticker
		c.up()
		defer first.Stop()
		c.sleep(6 * time.Hour)
		c.want("01-01 06:00 schedule")
		if got := c.nextAt("exp_1"); got.Day() != 2 {
			t.Errorf("the next due time is %v", got)
		}
		c.sleep(24 * time.Hour)
		c.want("01-02 06:00 schedule")
		if err := errors.Join(first.Ready(), c.ticker.Ready()); err != nil {
			t.Error(err)
		}
	})
}

func TestQueueingFails(t *testing.T) {
	inBubble(t, func(c *clock) {
		c.add("exp_1", "0 6 * * *", "UTC")
		c.up()
		c.set(func() { c.enqueueFails = errors.New("no space left on device") })
		c.sleep(6*time.Hour + 30*time.Second)
		c.want()
		if err := c.ticker.Ready(); !errors.Is(err, c.enqueueFails) {
			t.Errorf("ready: %v", err)
		}
		c.set(func() { c.enqueueFails = nil })
		c.sleep(time.Minute)
		c.want("01-01 06:00 schedule")
		c.sleep(time.Hour)
		c.want()
	})
}

func TestPauseAndChange(t *testing.T) {
	inBubble(t, func(c *clock) {
		c.add("exp_1", "0 * * * *", "UTC")
		c.up()
		c.sleep(30 * time.Minute)
		c.change("exp_1", func(e *export.Exporter) { e.Pause = &export.Pause{Reason: export.PausedByPerson} })
		c.sleep(3 * time.Hour) // 03:30
		c.want()
		c.change("exp_1", func(e *export.Exporter) { e.Pause = nil })
		c.want("01-01 01:00 catch_up")

		// A disabled schedule misses nothing.
		c.change("exp_1", func(e *export.Exporter) { e.Schedule.Enabled = false })
		if got := c.nextAt("exp_1"); !got.IsZero() {
			t.Errorf("a disabled schedule is due at %v", got)
		}
		c.sleep(3 * time.Hour) // 06:30
		c.change("exp_1", func(e *export.Exporter) { e.Schedule.Enabled = true })
		c.want()
		c.sleep(30 * time.Minute)
		c.want("01-01 07:00 schedule")

		// A new time counts from now on, also when only the schedule was changed.
		c.change("exp_1", func(e *export.Exporter) { e.Schedule.Cron = "15 * * * *" })
		c.sleep(time.Hour)
		c.want("01-01 07:15 schedule")
		c.change("exp_1", func(e *export.Exporter) { e.Schedule.Cron = "not cron" })
		c.sleep(time.Hour)
		c.want()
		if got := c.nextAt("exp_1"); !got.IsZero() {
			t.Errorf("a schedule that cannot be read is due at %v", got)
		}
	})
}

func TestResumeWithoutCatchUp(t *testing.T) {
	inBubble(t, func(c *clock) {
		c.add("exp_1", "0 * * * *", "UTC")
		c.up()
		c.change("exp_1", func(e *export.Exporter) { e.Pause = &export.Pause{Reason: export.PausedByPerson} })
		c.sleep(210 * time.Minute)
		c.change("exp_1", func(e *export.Exporter) {
			e.Pause = nil
			e.NextAt = c.ticker.Plan(*e, time.Now())
		})
		c.want()
		c.sleep(time.Hour)
		c.want("01-01 04:00 schedule")
	})
}

func TestClockJumps(t *testing.T) {
	inBubble(t, func(c *clock) {
		c.add("exp_1", "0 6 * * *", "UTC")
		c.up()
		c.sleep(7 * time.Hour)
		c.want("01-01 06:00 schedule")
		c.set(func() { c.skew = -3 * time.Hour }) // the clock shows 04:00 again
		c.sleep(3 * time.Hour)                    // and 07:00
		c.want()
		c.set(func() { c.skew = 0 }) // 10:00
		c.sleep(22 * time.Hour)      // 08:00 on the 2nd
		c.want("01-02 06:00 schedule")
		c.set(func() { c.skew = 24 * time.Hour }) // 08:00 on the 3rd
		c.sleep(look)
		c.want("01-03 06:00 catch_up")
	})
}

// look is how soon a changed clock is noticed.
const look = time.Minute

func TestJitter(t *testing.T) {
	inBubble(t, func(c *clock) {
		c.jitter = true
		const n = 20
		for i := range n {
			c.add(fmt.Sprintf("exp_%d", i), "0 * * * *", "UTC")
		}
		c.up()
		c.sleep(2 * time.Hour)
		starts := map[export.ID]time.Duration{}
		var all []time.Duration
		for _, r := range c.queued() {
			if r.Due.Minute() != 0 || r.Due.Second() != 0 || !r.QueuedAt.Equal(r.Due) {
				t.Errorf("due %v, queued at %v", r.Due, r.QueuedAt)
			}
			late := r.NotBefore.Sub(r.Due)
			if before, ok := starts[r.Exporter.ID]; ok && before != late {
				t.Errorf("%s starts %v late and then %v", r.Exporter.ID, before, late)
			}
			starts[r.Exporter.ID] = late
			all = append(all, late)
		}
		if len(all) != 2*n || slices.Min(all) < 0 || slices.Max(all) >= time.Minute ||
			slices.Max(all)-slices.Min(all) < 30*time.Second {
			t.Errorf("%d runs start %v to %v late", len(all), slices.Min(all), slices.Max(all))
		}
	})
}

func TestPlan(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 8, 12, 0, 0, 0, time.UTC)
	daily := export.Schedule{Cron: "0 6 * * *", Timezone: "America/New_York", Enabled: true}
	with := func(change func(*export.Exporter)) export.Exporter {
		e := export.Exporter{Schedule: daily}
		change(&e)
		return e
	}
	for _, test := range []struct {
		name string
		e    export.Exporter
		want time.Time
	}{
		{"daily", with(func(*export.Exporter) {}), time.Date(2026, 3, 9, 10, 0, 0, 0, time.UTC)},
		{"no zone", with(func(e *export.Exporter) { e.Schedule.Timezone = "" }),
			time.Date(2026, 3, 9, 6, 0, 0, 0, time.UTC)},
		{"paused", with(func(e *export.Exporter) { e.Pause = &export.Pause{Reason: export.PausedByPerson} }),
			time.Time{}},
		{"disabled", with(func(e *export.Exporter) { e.Schedule.Enabled = false }), time.Time{}},
		{"none", with(func(e *export.Exporter) { e.Schedule.Cron = "" }), time.Time{}},
		{"unreadable", with(func(e *export.Exporter) { e.Schedule.Cron = "x" }), time.Time{}},
	} {
		if got := schedule.Plan(test.e, now); !got.Equal(test.want) {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}
