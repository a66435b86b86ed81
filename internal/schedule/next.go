package schedule

import "time"

const (
	minutesADay = 24 * 60
	allHours    = set(1<<24 - 1)
)

// A wall-clock time is held as the UTC time with the same digits, so that arithmetic on it meets no gaps and no
// repeats.

// Next returns the first due time after the given one, in the spec's time zone. It returns the zero time for the zero
// Spec, or if the zone can no longer be loaded. Any other Spec always has a next time.
func (s Spec) Next(after time.Time) time.Time {
	loc, ok := s.location()
	if !ok {
		return time.Time{}
	}
	return s.next(after, loc)
}

// NextN returns the first n due times after the given one, or fewer where Next would return the zero time.
func (s Spec) NextN(after time.Time, n int) []time.Time {
	loc, ok := s.location()
	if !ok || n <= 0 {
		return nil
	}
	due := make([]time.Time, 0, n)
	for len(due) < n {
		after = s.next(after, loc)
		if after.IsZero() {
			break
		}
		due = append(due, after)
	}
	return due
}

// Count returns the number of due times after from and not after to, but at most limit.
func (s Spec) Count(from, to time.Time, limit int) int {
	loc, ok := s.location()
	if !ok {
		return 0
	}
	n := 0
	for n < limit {
		from = s.next(from, loc)
		if from.IsZero() || from.After(to) {
			break
		}
		n++
	}
	return n
}

// MinInterval returns the shortest time between two neighbouring due times after from, so that callers can refuse
// schedules that are too frequent. It looks at more than a year of a frequent schedule, which covers every clock
// change, and at more than 28 years of a rare one, after which the calendar repeats. It is 0 for the zero Spec.
func (s Spec) MinInterval(from time.Time) time.Duration {
	loc, ok := s.location()
	if !ok {
		return 0
	}
	const (
		year    = 366 * 24 * time.Hour
		samples = 2000
	)
	shortest := time.Duration(0)
	previous := s.next(from, loc)
	for n := 0; !previous.IsZero(); n++ {
		passed := previous.Sub(from)
		if passed > 29*year || passed > year+30*24*time.Hour && n > samples {
			break
		}
		t := s.next(previous, loc)
		if t.IsZero() {
			break
		}
		if d := t.Sub(previous); shortest == 0 || d < shortest {
			shortest = d
		}
		if shortest <= time.Minute {
			break // it gets no shorter
		}
		previous = t
	}
	return shortest
}

func (s Spec) location() (*time.Location, bool) {
	if s.IsZero() {
		return nil, false
	}
	// Loaded each time so that a Spec stays comparable; it takes microseconds.
	loc, err := time.LoadLocation(s.zone)
	return loc, err == nil
}

// next returns when the first of the rules is due.
func (s Spec) next(after time.Time, loc *time.Location) time.Time {
	var first time.Time
	for _, r := range s.rules {
		if r == (rule{}) {
			break
		}
		if t := r.next(after, loc); !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

func (r rule) next(after time.Time, loc *time.Location) time.Time {
	if r.hours == allHours {
		return r.nextElapsed(after, loc)
	}
	return r.nextOnClock(after, loc)
}

// nextOnClock serves rules with restricted hours.
func (r rule) nextOnClock(after time.Time, loc *time.Location) time.Time {
	// Earlier wall-clock times have passed, or came in the first pass of a repeated hour. reach preserves
	// wall-clock order, so the first time that lies ahead is the next one.
	wall := wallOf(after.In(loc))
	for {
		wall = r.nextWall(wall)
		if wall.IsZero() {
			return time.Time{}
		}
		if t := reach(wall, loc); t.After(after) && !r.makesUp(wall, t) {
			return t
		}
	}
}

// makesUp reports whether the zone skips the whole date of wall, so that t lies on a later one, which has due times of
// its own. A daily job would otherwise run twice on it.
func (r rule) makesUp(wall, t time.Time) bool {
	reached := wallOf(t).Truncate(24 * time.Hour)
	before := wallOf(t.Add(-time.Nanosecond)) // a gap may also begin within wall's date and end after its midnight
	return reached.After(wall) && before.Before(wall.Truncate(24*time.Hour)) && r.onDate(reached)
}

// nextElapsed serves rules that name every hour. It walks the stretches of time in which the zone's offset does not
// change.
func (r rule) nextElapsed(after time.Time, loc *time.Location) time.Time {
	t := after.In(loc)
	wall := wallOf(t)
	for {
		_, offset := t.Zone()
		end := stretchEnd(t)
		wall = r.nextWall(wall)
		if wall.IsZero() {
			return time.Time{}
		}
		due := wall.Add(-time.Duration(offset) * time.Second).In(loc)
		if end.IsZero() || due.Before(end) {
			return due
		}
		// The first instant of the next stretch may itself be due.
		t = end.In(loc)
		wall = wallOf(t).Add(-time.Nanosecond)
	}
}

// nextWall returns the first time after the given one that the rule names, both
// as wall-clock times. Dates repeat within eight years at most (29 February
// around a century that is no leap year), so nine are enough to find one.
func (r rule) nextWall(after time.Time) time.Time {
	day := after.Truncate(24 * time.Hour)
	minute := int(after.Sub(day)/time.Minute) + 1
	for range 9 * 366 {
		if r.onDate(day) {
			for ; minute < minutesADay; minute++ {
				if !r.hours.has(minute / 60) {
					minute += 59 - minute%60
					continue
				}
				if r.minutes.has(minute % 60) {
					return day.Add(time.Duration(minute) * time.Minute)
				}
			}
		}
		day, minute = day.AddDate(0, 0, 1), 0
	}
	return time.Time{}
}

// reach returns the first instant at which the clock in loc shows wall or,
// where a clock change skips wall, something later.
func reach(wall time.Time, loc *time.Location) time.Time {
	// No zone is a day ahead of UTC, so this lies before it.
	t := wall.Add(-24 * time.Hour).In(loc)
	for {
		_, offset := t.Zone()
		end := stretchEnd(t)
		due := wall.Add(-time.Duration(offset) * time.Second).In(loc)
		if due.Before(t) {
			return t // wall lies in the gap that this stretch begins with
		}
		if end.IsZero() || due.Before(end) {
			return due
		}
		t = end.In(loc)
	}
}

// stretchEnd returns a time after t until which the offset cannot change, or zero if it never does. ZoneBounds alone
// is not enough: beyond the zone's table of changes it assumes years of 365 days, so on the last day of a leap year
// it returns a time in the past. No zone changes its clocks on that day.
func stretchEnd(t time.Time) time.Time {
	_, end := t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		return t.Add(time.Hour)
	}
	return end
}

// wallOf returns what the clock shows at t.
func wallOf(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}
