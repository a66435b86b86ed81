package schedule

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Kind is a way of saying when something runs that needs no cron expression.
type Kind string

// The kinds of patterns. Their texts are used in forms.
const (
	Never            Kind = ""
	EveryMinutes     Kind = "minutes"           // each hour, the same number of minutes apart
	Hourly           Kind = "hourly"            // at minutes past each hour
	Daily            Kind = "daily"             // at times of the day, as all that follow
	OnWeekdays       Kind = "weekdays"          // Monday to Friday
	Weekly           Kind = "weekly"            // on chosen days of the week
	Monthly          Kind = "monthly"           // on a day of the month
	LastDay          Kind = "last_day"          // of the month
	LastBusinessDay  Kind = "last_business_day" // of the month
	AfterMonthEnd    Kind = "after_month_end"   // the n-th day of the next month
	BusinessAfterEnd Kind = "business_days_after_month_end"
)

// Kinds returns all kinds, the most frequent first.
func Kinds() []Kind {
	return []Kind{Never, EveryMinutes, Hourly, Daily, OnWeekdays, Weekly, Monthly, LastDay, LastBusinessDay,
		AfterMonthEnd, BusinessAfterEnd}
}

// Pattern is a schedule as people pick it in a form. Only the fields that its kind uses matter.
type Pattern struct {
	Kind     Kind
	Every    int   // minutes; of EveryMinutes
	Minutes  []int // past the hour; of Hourly
	Times    []int // minutes of the day; of all kinds from Daily on
	Weekdays []int // 0 is Sunday; of Weekly
	Day      int   // of Monthly, AfterMonthEnd and BusinessAfterEnd
}

// mostTimes limits how many times of a day a pattern has.
const mostTimes = 24

// Cron returns the schedule that the pattern stands for, as Parse reads it. An error says what is missing or wrong.
func (p Pattern) Cron() (string, error) {
	switch p.Kind {
	case Never:
		return "", nil
	case EveryMinutes:
		if p.Every < 2 || p.Every > 30 || 60%p.Every != 0 {
			return "", errors.New("schedule's minutes must divide an hour, such as 5, 10, 15 or 30")
		}
		return fmt.Sprintf("*/%d * * * *", p.Every), nil
	case Hourly:
		minutes, err := listOf(p.Minutes, 0, 59, "minutes past the hour")
		return minutes + " * * * *", err
	}
	dates, err := p.dates()
	if err != nil {
		return "", err
	}
	return atTimes(p.Times, dates)
}

// dates returns the last three fields of the expression.
func (p Pattern) dates() (string, error) {
	day := func(last int) error {
		if p.Day < 1 || p.Day > last {
			return fmt.Errorf("schedule's day must be 1 to %d", last)
		}
		return nil
	}
	switch p.Kind {
	case Daily:
		return "* * *", nil
	case OnWeekdays:
		return "* * 1-5", nil
	case Weekly:
		days, err := listOf(p.Weekdays, 0, 6, "days of the week")
		return "* * " + days, err
	case LastDay:
		return "L * *", nil
	case LastBusinessDay:
		return "LW * *", nil
	case Monthly, AfterMonthEnd:
		return fmt.Sprintf("%d * *", p.Day), day(31)
	case BusinessAfterEnd:
		return fmt.Sprintf("%dB * *", p.Day), day(mostBusiness)
	}
	return "", fmt.Errorf("schedule's kind %q is not known", p.Kind)
}

// listOf writes the numbers as a cron field.
func listOf(values []int, low, high int, what string) (string, error) {
	if len(values) == 0 {
		return "", fmt.Errorf("schedule needs the %s", what)
	}
	list := slices.Compact(slices.Sorted(slices.Values(values)))
	if list[0] < low || list[len(list)-1] > high {
		return "", fmt.Errorf("schedule's %s must be %d to %d", what, low, high)
	}
	return strings.Join(names(list, strconv.Itoa), ","), nil
}

// atTimes returns one expression for all times whose minutes have the same hours, and as few as that allows.
func atTimes(times []int, dates string) (string, error) {
	if len(times) == 0 {
		return "", errors.New("schedule needs a time of the day, such as 06:00")
	}
	hoursOf := map[int]set{} // by minute
	for _, t := range times {
		if t < 0 || t >= minutesADay {
			return "", errors.New("schedule has a time that no day has")
		}
		hoursOf[t%60] |= 1 << (t / 60)
	}
	minutesOf := map[set][]int{}
	for minute, hours := range hoursOf {
		minutesOf[hours] = append(minutesOf[hours], minute)
	}
	if len(minutesOf) > maxRules {
		return "", fmt.Errorf("schedule has too many different times; take %d at most, or the same minutes", maxRules)
	}
	var list []string
	for _, hours := range slices.SortedFunc(maps.Keys(minutesOf), compareHours) {
		minutes := names(slices.Sorted(slices.Values(minutesOf[hours])), strconv.Itoa)
		hour := strings.Join(names(hours.values(), strconv.Itoa), ",")
		list = append(list, strings.Join(minutes, ",")+" "+hour+" "+dates)
	}
	return strings.Join(list, "; "), nil
}

// compareHours orders by the first hour.
func compareHours(a, b set) int { return slices.Compare(a.values(), b.values()) }

// PatternOf returns the pattern that the schedule is, as far as one says all of it.
func PatternOf(cron string) (Pattern, bool) {
	if strings.TrimSpace(cron) == "" {
		return Pattern{}, true
	}
	s, err := Parse(cron, "UTC")
	if err != nil {
		return Pattern{}, false
	}
	first := s.rules[0]
	if first.hours == allHours {
		return first.patternOfHours(s.rules[1] == rule{})
	}
	var times []int
	for _, r := range s.rules {
		if r == (rule{}) {
			break
		}
		if r.hours == allHours || !r.sameDates(first) {
			return Pattern{}, false
		}
		times = append(times, r.allTimes()...)
	}
	p, ok := first.patternOfDates()
	p.Times = mergeTimes(times, nil)
	// A whole day of times may only be written in a way that follows elapsed time.
	text, err := p.Cron()
	return p, ok && len(p.Times) <= mostTimes && err == nil && !hasAllHours(text)
}

func hasAllHours(cron string) bool {
	s, err := Parse(cron, "UTC")
	return err != nil || slices.ContainsFunc(s.rules[:], func(r rule) bool { return r.hours == allHours })
}

func (r rule) patternOfHours(only bool) (Pattern, bool) {
	minutes := r.minutes.values()
	if !only || r.describeDays() != "every day" {
		return Pattern{}, false
	}
	if step := stepOf(minutes, 60); step > 1 && minutes[0] == 0 {
		return Pattern{Kind: EveryMinutes, Every: step}, true
	}
	return Pattern{Kind: Hourly, Minutes: minutes}, len(minutes) <= maxTimes
}

func (r rule) patternOfDates() (Pattern, bool) {
	if len(r.months.values()) < 12 {
		return Pattern{}, false
	}
	days, business := r.days.values(), r.business.values()
	switch onlyDays := r.weekdays == allWeekdays; {
	case r.days == allDays && (onlyDays || !r.anyDay), !r.anyDay && onlyDays:
		return Pattern{Kind: Daily}, true
	case r.days == allDays && r.describeWeekdays() == "weekday":
		return Pattern{Kind: OnWeekdays}, true
	case r.days == allDays:
		return Pattern{Kind: Weekly, Weekdays: r.weekdays.values()}, true
	case !onlyDays:
		return Pattern{}, false
	case len(days) == 1 && len(business) == 0 && r.fromEnd == 0 && !r.lastBusiness:
		return Pattern{Kind: Monthly, Day: days[0]}, true
	case len(days) > 0:
		return Pattern{}, false
	case len(business) == 1 && r.fromEnd == 0 && !r.lastBusiness:
		return Pattern{Kind: BusinessAfterEnd, Day: business[0]}, true
	case len(business) == 0 && r.fromEnd == 0:
		return Pattern{Kind: LastBusinessDay}, true
	case len(business) == 0 && r.fromEnd == 1 && !r.lastBusiness:
		return Pattern{Kind: LastDay}, true
	}
	return Pattern{}, false
}

// ReadTimes reads times of the day with commas or blanks between them, such as "06:00, 18:30" or "6 am, 6:30pm".
func ReadTimes(text string) ([]int, error) {
	text = strings.ToLower(text)
	for _, half := range []string{"am", "pm"} {
		text = strings.ReplaceAll(text, " "+half, half)
	}
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\t' })
	if len(words) > mostTimes {
		return nil, fmt.Errorf("has %d times, and %d at most", len(words), mostTimes)
	}
	var times []int
	for _, word := range words {
		t, ok := readTime(word)
		if !ok {
			return nil, fmt.Errorf("%q is not a time of the day such as 06:00 or 6 pm", word)
		}
		times = append(times, t)
	}
	return mergeTimes(times, nil), nil
}

func readTime(word string) (int, bool) {
	digits, am := strings.CutSuffix(word, "am")
	digits, pm := strings.CutSuffix(digits, "pm")
	hours, minutes, _ := strings.Cut(digits, ":")
	h, err := strconv.Atoi(hours)
	m, minuteErr := strconv.Atoi(cmp.Or(minutes, "0"))
	if err != nil || minuteErr != nil || m < 0 || m > 59 || minutes != "" && len(minutes) != 2 {
		return 0, false
	}
	if am || pm {
		if h < 1 || h > 12 {
			return 0, false
		}
		if h %= 12; pm {
			h += 12
		}
	}
	return h*60 + m, h >= 0 && h <= 23
}

// WriteTimes writes times of the day as ReadTimes reads them.
func WriteTimes(times []int) string { return strings.Join(names(times, clock), ", ") }
