package schedule_test

import (
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/schedule"
)

func (c *clock) setPace(p schedule.Pace) { c.set(func() { c.pace = p }) }

// TestPace slows an hourly schedule down and lets it go again. What is slow already stays as it is.
func TestPace(t *testing.T) {
	inBubble(t, func(c *clock) {
		c.add("exp_1", "0 * * * *", "UTC")
		c.up()
		c.sleep(2*time.Hour + time.Minute)
		c.want("01-01 01:00 schedule", "01-01 02:00 schedule")
		c.setPace(schedule.Pace{Least: 150 * time.Minute})
		c.sleep(7 * time.Hour)
		for i, r := range c.queued() {
			want := time.Date(2000, 1, 1, 3+3*i, 0, 0, 0, time.UTC)
			if !r.Due.Equal(want) || r.Paced != 150*time.Minute {
				t.Errorf("run %d is due at %v with %v", i, r.Due, r.Paced)
			}
		}
		if got := c.nextAt("exp_1"); got.Hour() != 12 { // 09:00 was the last
			t.Errorf("next at %v", got)
		}
		e, _ := c.Exporter(c.Context(), "exp_1")
		if !schedule.Slowed(e, time.Now()) {
			t.Error("it does not look slowed")
		}
		c.setPace(schedule.Pace{})
		c.sleep(time.Minute)
		if got := c.nextAt("exp_1"); got.Hour() != 10 {
			t.Errorf("let go, it is next at %v", got)
		}
		if e, _ := c.Exporter(c.Context(), "exp_1"); schedule.Slowed(e, time.Now()) {
			t.Error("it still looks slowed")
		}
		c.sleep(2 * time.Hour)
		c.want("01-01 10:00 schedule", "01-01 11:00 schedule")
		c.setPace(schedule.Pace{Least: time.Hour})
		c.sleep(2 * time.Hour)
		for _, r := range c.queued() {
			if r.Due.Hour() != 12 && r.Due.Hour() != 13 || r.Paced != 0 {
				t.Errorf("as slow as its pace, it is due at %v with %v", r.Due, r.Paced)
			}
		}
	})
}

// TestHold holds runs back until the next month, and then until somebody raises the limit.
func TestHold(t *testing.T) {
	inBubble(t, func(c *clock) {
		c.add("exp_1", "30 6 * * *", "UTC")
		c.up()
		c.setPace(schedule.Pace{Hold: time.Date(2000, 2, 1, 0, 0, 0, 0, time.UTC)})
		c.sleep(5 * 24 * time.Hour)
		c.want()
		if got, want := c.nextAt("exp_1"), time.Date(2000, 2, 1, 6, 30, 0, 0, time.UTC); !got.Equal(want) {
			t.Errorf("next at %v, want %v", got, want)
		}
		c.setPace(schedule.Pace{})
		c.sleep(24 * time.Hour)
		c.want("01-06 06:30 schedule")
	})
}

// TestPacedScheduleIsChanged expects a person's change to count at once.
func TestPacedScheduleIsChanged(t *testing.T) {
	inBubble(t, func(c *clock) {
		c.add("exp_1", "*/5 * * * *", "UTC")
		c.setPace(schedule.Pace{Least: 6 * time.Hour})
		c.up()
		c.sleep(10 * time.Minute)
		c.want("01-01 00:05 schedule")
		c.change("exp_1", func(e *export.Exporter) {
			e.Schedule.Cron = "20 * * * *"
			e.NextAt = schedule.Plan(*e, time.Now())
		})
		c.sleep(time.Hour)
		c.want("01-01 00:20 schedule")
		if got := c.nextAt("exp_1"); !got.Equal(time.Date(2000, 1, 1, 6, 20, 0, 0, time.UTC)) {
			t.Errorf("next at %v", got)
		}
	})
}

func TestCount(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for cron, want := range map[string]int{
		"*/5 * * * *": 8928, "0 * * * *": 744, "0 6 * * *": 31, "0 6 * * 1-5": 22, "0 0 1 * *": 1, "0 0 1 5 *": 0,
	} {
		spec, err := schedule.Parse(cron, "UTC")
		if err != nil {
			t.Fatal(err)
		}
		if got := spec.Count(from, from.AddDate(0, 1, 0), 10_000); got != want {
			t.Errorf("%s: %d, want %d", cron, got, want)
		}
		if got := spec.Count(from, from.AddDate(0, 1, 0), 20); got != min(want, 20) {
			t.Errorf("%s: %d, at most 20 were asked for", cron, got)
		}
	}
	if got := (schedule.Spec{}).Count(from, from.AddDate(1, 0, 0), 5); got != 0 {
		t.Errorf("no spec: %d", got)
	}
}
