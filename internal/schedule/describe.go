package schedule

import (
	"fmt"
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
	days := s.describeDays()
	if s.hours == allHours {
		text, steady := s.describeEveryHour()
		if days == "every day" {
			if steady {
				return capital(text) // the same in every zone, so it needs none
			}
			return fmt.Sprintf("%s (%s)", capital(text), s.zone)
		}
		return fmt.Sprintf("%s, %s (%s)", capital(days), text, s.zone)
	}
	if text, ok := s.describeTimes(); ok {
		return fmt.Sprintf("%s at %s (%s)", capital(days), text, s.zone)
	}
	return fmt.Sprintf("%s, %s (%s)", capital(days), s.describeRange(), s.zone)
}

// describeEveryHour words the minutes of a spec that has every hour; steady says
// that its due times are evenly spaced from the full hour.
func (s Spec) describeEveryHour() (text string, steady bool) {
	minutes := s.minutes.values()
	if step := stepOf(minutes, 60); step > 0 && minutes[0] == 0 {
		return everyMinutes(step), true
	}
	if len(minutes) == 1 && minutes[0] == 0 {
		return "every hour", true
	}
	return minutesPast(minutes) + " past every hour", false
}

// describeTimes lists the times of day, if they are few.
func (s Spec) describeTimes() (text string, ok bool) {
	hours, minutes := s.hours.values(), s.minutes.values()
	if len(hours)*len(minutes) > maxTimes {
		return "", false
	}
	var times []string
	for _, h := range hours {
		for _, m := range minutes {
			times = append(times, clock(h, m))
		}
	}
	return and(times), true
}

// describeRange words restricted hours with too many times to list.
func (s Spec) describeRange() string {
	hours, minutes := s.hours.values(), s.minutes.values()
	first, last := hours[0], hours[len(hours)-1]
	span := fmt.Sprintf(" from %s to %s", clock(first, minutes[0]), clock(last, minutes[len(minutes)-1]))
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
func (s Spec) describeDays() string {
	weekdays := s.weekdays == allWeekdays
	days := s.days == allDays
	months := s.months.values()
	in := ""
	if len(months) < 12 {
		in = " in " + and(names(months, func(n int) string { return time.Month(n).String() }))
	}
	switch {
	case days && weekdays, !s.anyDay && (days || weekdays):
		return "every day" + in
	case days:
		return "every " + s.describeWeekdays() + in
	case weekdays:
		return s.describeMonthDays(months)
	}
	// Both fields are restricted and neither is a wildcard: either will do.
	return s.describeMonthDays(months) + " and every " + s.describeWeekdays() + in
}

func (s Spec) describeWeekdays() string {
	const working, weekend = set(0b0111110), set(0b1000001)
	switch s.weekdays {
	case working:
		return "weekday"
	case weekend:
		return "Saturday and Sunday"
	}
	// Weeks are read from Monday on.
	var order []int
	for n := 1; n <= 7; n++ {
		if s.weekdays.has(n % 7) {
			order = append(order, n%7)
		}
	}
	return and(names(order, func(n int) string { return time.Weekday(n).String() }))
}

func (s Spec) describeMonthDays(months []int) string {
	days := s.days.values()
	text := "on " + plural(len(days), "day") + " "
	if n := len(days); n > 2 && evenStep(days) == 1 {
		text += fmt.Sprintf("%d to %d", days[0], days[n-1])
	} else {
		text += and(names(days, func(n int) string { return fmt.Sprint(n) }))
	}
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

func clock(hour, minute int) string { return fmt.Sprintf("%02d:%02d", hour, minute) }

func ordinal(n int) string {
	switch n {
	case 2:
		return "2nd"
	case 3:
		return "3rd"
	}
	return fmt.Sprintf("%dth", n)
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
