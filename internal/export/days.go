package export

import (
	"cmp"
	"slices"
	"time"
)

// MostDays is how many days back, from the newest one, an exporter's Days reach.
const MostDays = 35

// Day counts an exporter's runs that were queued on one day of UTC and are over, by how they ended.
type Day struct {
	Number  int `json:"d"` // since 1 January 1970
	OK      int `json:"ok,omitempty"`
	Differs int `json:"differs,omitempty"` // succeeded, and figures of QuickBooks' own disagree
	Failed  int `json:"failed,omitempty"`
	Other   int `json:"other,omitempty"` // stopped by a person, or an undo
}

// DayNumber returns the number of the day of UTC in which t lies.
func DayNumber(t time.Time) int {
	seconds := t.Unix()
	if seconds < 0 {
		seconds -= 86399
	}
	return int(seconds / 86400)
}

// Date returns the beginning of the day.
func (d Day) Date() time.Time { return time.Unix(int64(d.Number)*86400, 0).UTC() }

// Runs counts all runs of the day that are over.
func (d Day) Runs() int { return d.OK + d.Differs + d.Failed + d.Other }

// Add adds the counts of another list's day.
func (d *Day) Add(other Day) {
	d.OK, d.Differs = d.OK+other.OK, d.Differs+other.Differs
	d.Failed, d.Other = d.Failed+other.Failed, d.Other+other.Other
}

// Days are the days on which an exporter had runs, oldest first. Those more than MostDays before the newest are left
// out.
type Days []Day

// On returns the counts of a day.
func (d Days) On(number int) Day {
	if i, found := d.find(number); found {
		return d[i]
	}
	return Day{Number: number}
}

func (d Days) find(number int) (int, bool) {
	return slices.BinarySearchFunc(d, number, func(day Day, n int) int { return cmp.Compare(day.Number, n) })
}

// Count returns the days with n more runs that ended this way; n is negative for runs that are taken back. A run that
// is not over does not count. The list that it is called on stays as it is.
func (d Days) Count(e Ending, n int) Days {
	if e.how == endedNot {
		return d
	}
	d = slices.Clone(d)
	i, found := d.find(e.day)
	if !found {
		if n < 0 {
			return d
		}
		d = slices.Insert(d, i, Day{Number: e.day})
	}
	switch day := &d[i]; e.how {
	case endedOK:
		day.OK = max(0, day.OK+n)
	case endedDiffers:
		day.Differs = max(0, day.Differs+n)
	case endedFailed:
		day.Failed = max(0, day.Failed+n)
	default:
		day.Other = max(0, day.Other+n)
	}
	if d[i].Runs() == 0 {
		d = slices.Delete(d, i, i+1)
	}
	if len(d) == 0 {
		return nil
	}
	oldest := d[len(d)-1].Number - MostDays
	return slices.DeleteFunc(d, func(day Day) bool { return day.Number <= oldest })
}

// Ending is what a run counts as on its day. The zero value is that of a run that is not over.
type Ending struct {
	day int
	how int
}

const (
	endedNot = iota
	endedOK
	endedDiffers
	endedFailed
	endedOther
)

// EndingOf returns what a run counts as that was queued at a time.
func EndingOf(queued time.Time, s RunStatus, t Trigger, differs bool) Ending {
	e := Ending{day: DayNumber(queued)}
	switch {
	case !s.Over():
		return Ending{}
	case s == RunCancelled || t == TriggerUndo:
		e.how = endedOther
	case s == RunFailed:
		e.how = endedFailed
	case differs:
		e.how = endedDiffers
	default:
		e.how = endedOK
	}
	return e
}

// Ending returns what the run counts as on its day.
func (r Run) Ending() Ending {
	return EndingOf(r.QueuedAt, r.Status, r.Trigger, r.Result.Differences() > 0)
}
