package schedule_test

import (
	"iter"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/schedule"
)

// ends returns how the exporter's due times ended, oldest first.
func (c *clock) ends(id export.ID) (ends []export.DueEnd) {
	c.Helper()
	all, err := c.DueTimes(c.Context(), id)
	if err != nil {
		c.Fatal(err)
	}
	for _, d := range all {
		ends = append([]export.DueEnd{d.End}, ends...)
	}
	return ends
}

func (c *clock) wantEnds(id export.ID, want ...export.DueEnd) {
	c.Helper()
	got := c.ends(id)
	if len(got) != len(want) {
		c.Fatalf("the due times ended as %v, want %v", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			c.Fatalf("the due times ended as %v, want %v", got, want)
		}
	}
}

func (c *clock) claim() {
	c.Helper()
	_, err := c.Claim(c.Context(), "wrk_1", func(active iter.Seq[export.ActiveRun]) (ids []export.ID) {
		for a := range active {
			if a.Status == export.RunQueued {
				ids = append(ids, a.ID)
			}
		}
		return ids
	}, func(*export.Run) {})
	if err != nil {
		c.Fatal(err)
	}
}

func (c *clock) end(id export.ID) {
	c.Helper()
	r, err := c.ActiveRun(c.Context(), id)
	if err != nil {
		c.Fatal(err)
	}
	_, err = c.UpdateRun(c.Context(), r.ID, func(r *export.Run) error { r.Status = export.RunSucceeded; return nil })
	if err != nil {
		c.Fatal(err)
	}
	c.ticker.Ended(id)
	c.sleep(time.Second)
}

// A due time that falls into a run under way gets its own run as soon as that has ended, however late that is, and also
// if the process ends in between. One that finds a run in the queue joins it.
func TestDueDuringARun(t *testing.T) {
	for name, restart := range map[string]bool{"same process": false, "another process": true} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(c *clock) {
				c.keeps = true
				c.add("exp_1", "0 * * * *", "UTC")
				c.up()
				c.sleep(time.Hour + time.Minute)
				c.claim() // the run of 01:00 takes until 03:30
				c.sleep(2*time.Hour + 29*time.Minute)
				c.wantEnds("exp_1", export.DueWaiting)
				if restart {
					c.down()
				}
				c.end("exp_1")
				if restart {
					c.up()
				}
				want, hope := export.TriggerSchedule, export.DueRan
				if restart {
					want, hope = export.TriggerCatchUp, export.DueCaughtUp
				}
				runs := c.queued()
				if len(runs) != 2 || runs[1].Trigger != want || runs[1].Due.Hour() != 2 {
					t.Fatalf("runs: %v", runs)
				}
				c.sleep(time.Hour)
				c.wantEnds("exp_1", export.DueRan, export.DueWaiting, export.DueWaiting)
				c.claim()
				c.end("exp_1")
				c.wantEnds("exp_1", export.DueRan, hope, export.DueJoined)
			})
		})
	}
}

// An exporter that does not catch up waits for its next due time, and the ledger says so.
func TestSkipMissed(t *testing.T) {
	inBubble(t, func(c *clock) {
		c.add("exp_1", "0 * * * *", "UTC")
		c.change("exp_1", func(e *export.Exporter) { e.Schedule.SkipMissed = true })
		c.up()
		c.sleep(90 * time.Minute)
		c.down()
		c.sleep(5 * time.Hour)
		c.up()
		c.wantEnds("exp_1", export.DueRan, export.DueMissed)
		c.sleep(time.Hour)
		c.wantEnds("exp_1", export.DueRan, export.DueMissed, export.DueRan)
		if n := len(c.queued()); n != 2 {
			t.Errorf("%d runs", n)
		}
	})
}

// A pause with an end holds until then; what was due meanwhile was missed.
func TestPauseUntil(t *testing.T) {
	inBubble(t, func(c *clock) {
		c.add("exp_1", "0 * * * *", "UTC")
		c.up()
		c.sleep(90 * time.Minute)
		until := time.Now().Add(3 * time.Hour)
		c.change("exp_1", func(e *export.Exporter) {
			e.Pause = &export.Pause{Reason: export.PausedByPerson, Who: "Ann", Since: time.Now(), Until: until}
		})
		c.sleep(2 * time.Hour)
		c.wantEnds("exp_1", export.DueRan)
		c.sleep(time.Hour)
		c.wantEnds("exp_1", export.DueRan, export.DueMissed)
		c.sleep(time.Hour)
		c.wantEnds("exp_1", export.DueRan, export.DueMissed, export.DueRan)
		all, err := c.DueTimes(c.Context(), "exp_1")
		if err != nil || all[1].At.Hour() != 2 || all[1].Until.Hour() != 5 {
			t.Errorf("missed from %v until %v, %v", all[1].At, all[1].Until, err)
		}
	})
}

// While calls are short, due times are left out, and the ledger says so; once they are not, it forgets what it said of
// those to come.
func TestSlowedDueTimes(t *testing.T) {
	inBubble(t, func(c *clock) {
		c.add("exp_1", "0 * * * *", "UTC")
		c.set(func() { c.pace = schedule.Pace{Least: 4 * time.Hour} })
		c.up()
		c.sleep(90 * time.Minute)
		c.wantEnds("exp_1", export.DueRan, export.DueMissed)
		c.sleep(time.Hour)
		c.set(func() { c.pace = schedule.Pace{} })
		c.sleep(time.Hour)
		c.wantEnds("exp_1", export.DueRan, export.DueMissed, export.DueRan)
		all, err := c.DueTimes(c.Context(), "exp_1")
		if err != nil || all[1].At.Hour() != 2 || all[1].Until.Hour() != 3 {
			t.Errorf("left out from %v until %v, %v", all[1].At, all[1].Until, err)
		}
	})
}

// A clock that runs ahead and is set right leaves no due time without a run, and what it did ahead of time is
// forgotten.
func TestDueTimesOfAWrongClock(t *testing.T) {
	inBubble(t, func(c *clock) {
		c.add("exp_1", "0 * * * *", "UTC")
		c.up()
		c.sleep(90 * time.Minute)
		c.set(func() { c.skew = 72 * time.Hour })
		c.sleep(2 * time.Hour)
		c.wantEnds("exp_1", export.DueRan, export.DueCaughtUp, export.DueRan, export.DueRan)
		c.set(func() { c.skew = 0 })
		c.sleep(3 * time.Hour) // 03:30 to 06:30
		c.wantEnds("exp_1", export.DueRan, export.DueCaughtUp, export.DueRan, export.DueRan, export.DueRan)
		all, err := c.DueTimes(c.Context(), "exp_1")
		six := time.Date(2000, 1, 1, 6, 0, 0, 0, time.UTC)
		if err != nil || !all[0].At.Equal(six) || !all[3].Until.Equal(all[2].At) {
			t.Errorf("the ledger: %+v, %v", all, err)
		}
	})
}
