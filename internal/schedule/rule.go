package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// rule is one expression: the times of the day and the dates that it names.
type rule struct {
	minutes, hours set

	days     set // of the month, from 1
	fromEnd  set // days before the last one of the month, from 0
	business set // business days of the month, from 1
	// lastBusiness is set if the last business day of the month is named.
	lastBusiness bool

	months, weekdays set
	// anyDay is set when either day field is a wildcard: a date must then match
	// both fields, otherwise one of the two (crontab(5)).
	anyDay bool
}

// set is a set of small numbers, one bit each.
type set uint64

func (s set) has(n int) bool { return s>>n&1 == 1 }

// wildcard is the bit by which cron marks a field that holds an asterisk.
const wildcard set = 1 << 63

// Every month has this many days before its last one, and this many business days: what is named comes each month.
const (
	mostFromEnd  = 27
	mostBusiness = 20
)

// parseRule reads one expression. It also returns its five fields with single blanks between them.
func parseRule(expr string) (rule, string, error) {
	parts := strings.Fields(expr)
	if strings.HasPrefix(parts[0], "@") {
		full, ok := descriptor(strings.ToLower(strings.Join(parts, " ")))
		if !ok {
			return rule{}, "", fmt.Errorf("schedule %q is not known; use @hourly, @daily, @weekly, @monthly, @yearly "+
				"or five fields, %s", expr, example)
		}
		parts = strings.Fields(full)
	}
	if len(parts) != 5 {
		return rule{}, "", fmt.Errorf("schedule needs 5 fields (minute, hour, day of month, month, day of week) but "+
			"has %d; %s", len(parts), example)
	}
	var r rule
	for i, f := range fields() {
		bits, err := r.parseField(i, f, parts[i])
		if err != nil {
			return rule{}, "", err
		}
		switch i {
		case 0:
			r.minutes = bits &^ wildcard
		case 1:
			r.hours = bits &^ wildcard
		case 2:
			r.days = bits &^ wildcard
			r.anyDay = r.anyDay || bits&wildcard != 0
		case 3:
			r.months = bits &^ wildcard
		case 4:
			r.weekdays = bits &^ wildcard
			r.anyDay = r.anyDay || bits&wildcard != 0
		}
	}
	if r.days == allDays { // the other days are among them
		r.fromEnd, r.business, r.lastBusiness = 0, 0, false
	}
	text := strings.Join(parts, " ")
	if !r.possible() {
		return rule{}, "", fmt.Errorf("schedule %q never comes: none of its months has such a day", text)
	}
	return r, text, nil
}

// parseField reads the i-th field. Of the days it takes out what cron's parser does not know.
func (r *rule) parseField(i int, f field, text string) (set, error) {
	const dayField = 2
	if i != dayField {
		return f.parse(text)
	}
	var rest []string
	for item := range strings.SplitSeq(text, ",") {
		switch known, err := r.addDay(strings.ToUpper(item)); {
		case err != nil:
			return 0, fmt.Errorf("%s %q %w", f.name, item, err)
		case !known:
			rest = append(rest, item)
		}
	}
	if len(rest) == 0 {
		return 0, nil
	}
	return f.parse(strings.Join(rest, ","))
}

// addDay adds the days that an item names in a way of its own. It reports whether it does.
func (r *rule) addDay(item string) (bool, error) {
	switch before, isEnd := strings.CutPrefix(item, "L-"); {
	case item == "L":
		r.fromEnd |= 1
		return true, nil
	case item == "LW":
		r.lastBusiness = true
		return true, nil
	case isEnd:
		n, err := strconv.Atoi(before)
		if err != nil || n < 1 || n > mostFromEnd {
			return false, fmt.Errorf("is not valid; not every month has more than L-%d, and L is the last day",
				mostFromEnd)
		}
		r.fromEnd |= 1 << n
		return true, nil
	}
	if number, is := strings.CutSuffix(item, "B"); is {
		n, err := strconv.Atoi(number)
		if err != nil || n < 1 || n > mostBusiness {
			return false, fmt.Errorf("is not valid; business days are 1B to %dB, and LW is the last one", mostBusiness)
		}
		r.business |= 1 << n
		return true, nil
	}
	if strings.HasSuffix(item, "W") {
		return false, fmt.Errorf("is not known here; LW is the last business day, and 1B to %dB count them from "+
			"the first", mostBusiness)
	}
	return false, nil
}

// parse reads the text of one field with cron's parser.
func (f field) parse(text string) (bits set, err error) {
	wrong := func(why string) error {
		return fmt.Errorf("%s %q %s; it takes %s, such as %s", f.name, text, why, f.values, f.example)
	}
	// cron's parser was known to panic on odd input; a form must not end the server.
	defer func() {
		if r := recover(); r != nil {
			bits, err = 0, wrong("cannot be read")
		}
	}()
	for item := range strings.SplitSeq(text, ",") {
		// cron passes over both of these without a word.
		if item == "" {
			return 0, wrong("has an empty item")
		}
		if strings.HasPrefix(item, "*-") {
			return 0, wrong("has a range that begins with an asterisk")
		}
	}
	parser := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)
	parsed, err := parser.Parse(fmt.Sprintf(f.template, text))
	s, ok := parsed.(*cron.SpecSchedule)
	if err != nil || !ok {
		// cron's own words are about its code ("failed to parse int from").
		return 0, wrong("is not valid")
	}
	bits = set(f.bits(s))
	if bits&^wildcard == 0 {
		return 0, wrong("names nothing")
	}
	return bits, nil
}

// possible reports whether r ever names a date.
func (r rule) possible() bool {
	if !r.anyDay || r.fromEnd != 0 || r.business != 0 || r.lastBusiness {
		return true // each month has all days of the week, and such days
	}
	// A leap year has every date there is. Each date falls on each day of the week
	// in some year, 29 February too.
	for d := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == 2024; d = d.AddDate(0, 0, 1) {
		if r.months.has(int(d.Month())) && r.days.has(d.Day()) {
			return true
		}
	}
	return false
}

// onDate reports whether the date, given as any time on it in UTC, is one of r.
func (r rule) onDate(d time.Time) bool {
	if !r.months.has(int(d.Month())) {
		return false
	}
	day, weekday := r.onDay(d), r.weekdays.has(int(d.Weekday()))
	if r.anyDay {
		return day && weekday
	}
	return day || weekday
}

// onDay reports whether r's field for days of the month names the date.
func (r rule) onDay(d time.Time) bool {
	if r.days.has(d.Day()) {
		return true
	}
	if r.fromEnd == 0 && r.business == 0 && !r.lastBusiness {
		return false
	}
	left := time.Date(d.Year(), d.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day() - d.Day()
	if r.fromEnd.has(left) {
		return true
	}
	if d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
		return false
	}
	// The last one is followed by no more than the rest of a weekend.
	last := left == 0 || d.Weekday() == time.Friday && left <= 2
	return r.business.has(businessDay(d)) || r.lastBusiness && last
}

// businessDay counts the days from Monday to Friday from the first of the month to d, which is one of them.
func businessDay(d time.Time) int {
	n := 0
	for day := d.Day(); day >= 1; day-- {
		if w := d.AddDate(0, 0, day-d.Day()).Weekday(); w != time.Saturday && w != time.Sunday {
			n++
		}
	}
	return n
}
