package schedule

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// maxTimes is how many times of day are listed one by one in a description.
const maxTimes = 6

const (
	allDays     = set(1<<32 - 2) // 1 to 31
	allWeekdays = set(1<<7 - 1)
)

// Describe says in plain English when the spec is due, such as "Every weekday at
// 06:00 (America/New_York)" or "Every 15 minutes". Two specs are described alike
// only if they are due at the same times. The zero Spec is "Never".
func (s Spec) Describe() string {
	if s.IsZero() {
		return "Never"
	}
	texts, everywhere := s.describeRules()
	text := capital(strings.Join(texts, ", and "))
	if everywhere {
		return text // the same in every zone, so it needs none
	}
	return fmt.Sprintf("%s (%s)", text, s.zone)
}

// describeRules words the rules, those of the same dates together if their times are few. everywhere says that they
// are due at the same times in every zone.
func (s Spec) describeRules() (texts []string, everywhere bool) {
	everywhere = true
	done := [maxRules]bool{}
	for i, r := range s.rules {
		if done[i] || r == (rule{}) {
			continue
		}
		times := r.times()
		for j := i + 1; j < maxRules && len(times) > 0; j++ {
			if joined := mergeTimes(times, s.rules[j].times()); s.rules[j].sameDates(r) && len(joined) <= maxTimes &&
				len(s.rules[j].times()) > 0 {
				times, done[j] = joined, true
			}
		}
		if len(times) > 0 {
			texts, everywhere = append(texts, r.describeDays()+" at "+and(names(times, clock))), false
			continue
		}
		text, same := r.describe()
		texts, everywhere = append(texts, text), everywhere && same
	}
	return texts, everywhere
}

// times returns the minutes of the day that r names, if they are few and its hours restricted, or nil.
func (r rule) times() []int {
	if r.hours == allHours || len(r.hours.values())*len(r.minutes.values()) > maxTimes {
		return nil
	}
	return r.allTimes()
}

// allTimes returns all minutes of the day that r names.
func (r rule) allTimes() []int {
	var times []int
	for _, h := range r.hours.values() {
		for _, m := range r.minutes.values() {
			times = append(times, h*60+m)
		}
	}
	return times
}

// mergeTimes returns the times of both lists in order, each once.
func mergeTimes(a, b []int) []int {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b))))
}

// sameDates reports whether both rules name the same dates, and say so alike.
func (r rule) sameDates(other rule) bool {
	r.minutes, r.hours = other.minutes, other.hours
	return r == other
}

// describe words a rule with every hour or with too many times to list.
func (r rule) describe() (text string, everywhere bool) {
	days := r.describeDays()
	if r.hours != allHours {
		return days + ", " + r.describeRange(), false
	}
	text, steady := r.describeEveryHour()
	if days == "every day" {
		return text, steady
	}
	return days + ", " + text, false
}

// describeEveryHour words the minutes of a rule that has every hour; steady says
// that its due times are evenly spaced from the full hour.
func (r rule) describeEveryHour() (text string, steady bool) {
	minutes := r.minutes.values()
	if step := stepOf(minutes, 60); step > 0 && minutes[0] == 0 {
		return everyMinutes(step), true
	}
	if len(minutes) == 1 && minutes[0] == 0 {
		return "every hour", true
	}
	return minutesPast(minutes) + " past every hour", false
}

// describeRange words restricted hours with too many times to list.
func (r rule) describeRange() string {
	hours, minutes := r.hours.values(), r.minutes.values()
	first, last := hours[0], hours[len(hours)-1]
	span := fmt.Sprintf(" from %s to %s", clock(first*60+minutes[0]), clock(last*60+minutes[len(minutes)-1]))
	hourStep := evenStep(hours)
	if hourStep == 1 {
		if step := stepOf(minutes, 60); step > 0 {
			return everyMinutes(step) + span
		}
	}
	if hourStep > 0 && len(minutes) == 1 {
		if hourStep == 1 {
			return "every hour" + span
		}
		return fmt.Sprintf("every %d hours", hourStep) + span
	}
	past := minutesPast(minutes)
	if step := stepOf(minutes, 60); step > 0 && minutes[0] == 0 {
		past = everyMinutes(step)
	}
	switch {
	case hourStep == 1:
		return fmt.Sprintf("%s in each hour from %02d to %02d", past, first, last)
	case hourStep > 0 && len(hours) > 3:
		return fmt.Sprintf("%s in every %s hour from %02d to %02d", past, ordinal(hourStep), first, last)
	}
	names := make([]string, len(hours))
	for i, h := range hours {
		names[i] = fmt.Sprintf("%02d", h)
	}
	return fmt.Sprintf("%s in the %s %s", past, plural(len(hours), "hour"), and(names))
}

// describeDays words the dates, in lower case.
func (r rule) describeDays() string {
	weekdays := r.weekdays == allWeekdays
	days := r.days == allDays
	months := r.months.values()
	in := ""
	if len(months) < 12 {
		in = " in " + and(names(months, func(n int) string { return time.Month(n).String() }))
	}
	switch {
	case days && weekdays, !r.anyDay && (days || weekdays):
		return "every day" + in
	case days:
		return "every " + r.describeWeekdays() + in
	case weekdays:
		return r.describeMonthDays(months)
	}
	// Both fields are restricted and neither is a wildcard: either will do.
	return r.describeMonthDays(months) + " and every " + r.describeWeekdays() + in
}

func (r rule) describeWeekdays() string {
	const working, weekend = set(0b0111110), set(0b1000001)
	switch r.weekdays {
	case working:
		return "weekday"
	case weekend:
		return "Saturday and Sunday"
	}
	// Weeks are read from Monday on.
	var order []int
	for n := 1; n <= 7; n++ {
		if r.weekdays.has(n % 7) {
			order = append(order, n%7)
		}
	}
	return and(names(order, func(n int) string { return time.Weekday(n).String() }))
}

func (r rule) describeMonthDays(months []int) string {
	var list []string
	if days := r.days.values(); len(days) > 0 {
		text := plural(len(days), "day") + " "
		if n := len(days); n > 2 && evenStep(days) == 1 {
			text += fmt.Sprintf("%d to %d", days[0], days[n-1])
		} else {
			text += and(names(days, func(n int) string { return fmt.Sprint(n) }))
		}
		list = append(list, text)
	}
	if business := r.business.values(); len(business) > 0 {
		ordinals := and(names(business, ordinal))
		list = append(list, "the "+ordinals+" "+plural(len(business), "business day"))
	}
	for _, n := range slices.Backward(r.fromEnd.values()) {
		if n > 0 {
			list = append(list, fmt.Sprintf("the day %d %s before the last day", n, plural(n, "day")))
		}
	}
	if r.lastBusiness {
		list = append(list, "the last business day")
	}
	if r.fromEnd.has(0) {
		list = append(list, "the last day")
	}
	text := "on " + and(list)
	if len(months) == 12 {
		return text + " of every month"
	}
	return text + " of " + and(names(months, func(n int) string { return time.Month(n).String() }))
}

// values returns the members in ascending order.
func (s set) values() []int {
	var all []int
	for n := range 63 {
		if s.has(n) {
			all = append(all, n)
		}
	}
	return all
}

// stepOf returns the step if the values go round a circle of the given size in
// equal steps, and otherwise 0.
func stepOf(values []int, size int) int {
	step := evenStep(values)
	if step > 0 && size%step == 0 && len(values) == size/step {
		return step
	}
	return 0
}

// evenStep returns the distance between neighbours if it is the same everywhere,
// and otherwise or for a single value 0.
func evenStep(values []int) int {
	if len(values) < 2 {
		return 0
	}
	step := values[1] - values[0]
	for i := 2; i < len(values); i++ {
		if values[i]-values[i-1] != step {
			return 0
		}
	}
	return step
}

func everyMinutes(step int) string {
	if step == 1 {
		return "every minute"
	}
	return fmt.Sprintf("every %d minutes", step)
}

func minutesPast(minutes []int) string {
	last := minutes[len(minutes)-1]
	list := and(names(minutes, func(n int) string { return fmt.Sprint(n) }))
	if evenStep(minutes) == 1 && len(minutes) > 3 {
		list = fmt.Sprintf("%d to %d", minutes[0], last)
	}
	if len(minutes) == 1 && last == 1 {
		return "at 1 minute"
	}
	return "at " + list + " minutes"
}

// clock words a minute of the day.
func clock(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

func ordinal(n int) string {
	ending := "th"
	if n/10%10 != 1 {
		switch n % 10 {
		case 1:
			ending = "st"
		case 2:
			ending = "nd"
		case 3:
			ending = "rd"
		}
	}
	return fmt.Sprint(n) + ending
}

func plural(n int, noun string) string {
	if n == 1 {
		return noun
	}
	return noun + "s"
}

func names(values []int, name func(int) string) []string {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = name(v)
	}
	return list
}

// and joins a list as it is read out.
func and(list []string) string {
	if len(list) < 2 {
		return strings.Join(list, "")
	}
	last := len(list) - 1
	return strings.Join(list[:last], ", ") + " and " + list[last]
}

func capital(text string) string { return strings.ToUpper(text[:1]) + text[1:] }
