package schedule

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Spec is when an exporter is due: a cron expression read in a time zone. It is
// a plain value: two specs parsed from the same texts are equal under ==. The
// zero value is no spec and never due; make one with [Parse].
//
// A spec whose hours are restricted follows the wall clock: each time it names
// comes once on each day that it names. A time that a clock change skips comes
// at the first instant after the gap, and one that occurs twice comes at the
// first of the two. A spec with every hour of the day follows elapsed time: it
// is due whenever the clock shows a minute it names, in a repeated hour twice.
type Spec struct {
	expr string // five fields, single blanks
	zone string // IANA name
	minutes, hours, days,
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

const (
	maxExpr = 120 // longer than anything useful; lists of all minutes are "*"
	maxZone = 64
)

// field is one of the five parts of an expression.
type field struct {
	name     string
	template string // an expression with %s in this field's place
	values   string // for the error message
	example  string
	bits     func(*cron.SpecSchedule) uint64
}

func fields() [5]field {
	return [5]field{
		{"minute", "%s * * * *", "0 to 59", `"0", "*/15" or "0,30"`,
			func(s *cron.SpecSchedule) uint64 { return s.Minute }},
		{"hour", "* %s * * *", "0 to 23", `"6", "9-17" or "*/4"`, func(s *cron.SpecSchedule) uint64 { return s.Hour }},
		{"day of month", "* * %s * *", "1 to 31", `"*", "1" or "1,15"`,
			func(s *cron.SpecSchedule) uint64 { return s.Dom }},
		{"month", "* * * %s *", "1 to 12 or jan to dec", `"*", "1-6" or "jan,jul"`,
			func(s *cron.SpecSchedule) uint64 { return s.Month }},
		{"day of week", "* * * * %s", "0 (Sunday) to 6 or sun to sat", `"*", "1-5" or "mon,thu"`,
			func(s *cron.SpecSchedule) uint64 { return s.Dow }},
	}
}

// descriptor returns the expression that a short form stands for.
func descriptor(name string) (expr string, ok bool) {
	switch name {
	case "@hourly":
		return "0 * * * *", true
	case "@daily":
		return "0 0 * * *", true
	case "@weekly":
		return "0 0 * * 0", true
	case "@monthly":
		return "0 0 1 * *", true
	case "@yearly":
		return "0 0 1 1 *", true
	}
	return "", false
}

const example = `for example "0 6 * * 1-5" for every weekday at 06:00`

// Parse reads a cron expression of five fields (minute, hour, day of month,
// month, day of week) or one of @hourly, @daily, @weekly, @monthly and @yearly,
// and the IANA name of a time zone. Errors are written for the person who typed
// the texts: they name the field that is wrong and show a right one. An
// expression that names no date that ever comes is an error.
func Parse(expr, timezone string) (Spec, error) {
	if err := checkZone(timezone); err != nil {
		return Spec{}, err
	}
	if err := checkText(expr); err != nil {
		return Spec{}, err
	}
	parts := strings.Fields(expr)
	if len(parts) > 0 && strings.HasPrefix(parts[0], "@") {
		full, ok := descriptor(strings.ToLower(strings.Join(parts, " ")))
		if !ok {
			return Spec{}, fmt.Errorf("schedule %q is not known; use @hourly, @daily, @weekly, @monthly, @yearly "+
				"or five fields, %s", expr, example)
		}
		parts = strings.Fields(full)
	}
	if len(parts) != 5 {
		return Spec{}, fmt.Errorf("schedule needs 5 fields (minute, hour, day of month, month, day of week) but "+
			"has %d; %s", len(parts), example)
	}
	s := Spec{expr: strings.Join(parts, " "), zone: timezone}
	for i, f := range fields() {
		bits, err := f.parse(parts[i])
		if err != nil {
			return Spec{}, err
		}
		switch i {
		case 0:
			s.minutes = bits &^ wildcard
		case 1:
			s.hours = bits &^ wildcard
		case 2:
			s.days = bits &^ wildcard
			s.anyDay = s.anyDay || bits&wildcard != 0
		case 3:
			s.months = bits &^ wildcard
		case 4:
			s.weekdays = bits &^ wildcard
			s.anyDay = s.anyDay || bits&wildcard != 0
		}
	}
	if !s.possible() {
		return Spec{}, fmt.Errorf("schedule %q never comes: none of its months has such a day", s.expr)
	}
	return s, nil
}

// IsZero reports whether s is no spec.
func (s Spec) IsZero() bool { return s == Spec{} }

// Expr returns the five fields with single blanks between them. Parse of it and
// Timezone returns the same spec.
func (s Spec) Expr() string { return s.expr }

// Timezone returns the name of the time zone.
func (s Spec) Timezone() string { return s.zone }

// checkZone accepts what is a name in the time zone database.
func checkZone(name string) error {
	const hint = `use a name like "America/New_York" or "UTC"`
	if name == "" {
		return errors.New("time zone is missing; " + hint)
	}
	ok := len(name) <= maxZone
	for _, r := range name {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		ok = ok && (letter || '0' <= r && r <= '9' || strings.ContainsRune("/_+-", r))
	}
	if !ok {
		return errors.New("time zone has characters that no zone's name has, or is too long; " + hint)
	}
	// "Local" is whatever the server is set to, so it would change with a move.
	if name == "Local" {
		return errors.New("time zone must be named; " + hint)
	}
	if _, err := time.LoadLocation(name); err != nil {
		return fmt.Errorf("time zone %q is not known; %s: %w", name, hint, err)
	}
	return nil
}

// checkText rejects input that cron's parser cannot handle, such as the prefix "TZ=" without a blank, on which it
// panics.
func checkText(expr string) error {
	if strings.TrimSpace(expr) == "" {
		return fmt.Errorf("schedule is empty; %s", example)
	}
	if len(expr) > maxExpr {
		return fmt.Errorf("schedule is longer than %d characters; %s", maxExpr, example)
	}
	if strings.ContainsRune(expr, '=') {
		return errors.New("schedule must not name a time zone; it is a setting of its own")
	}
	for _, r := range expr {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
		if !letter && (r < '0' || r > '9') && !strings.ContainsRune("*,-/@ \t", r) {
			return fmt.Errorf("schedule must not contain %q; %s", r, example)
		}
	}
	return nil
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

// possible reports whether s ever names a date.
func (s Spec) possible() bool {
	if !s.anyDay {
		return true // a day of the week is enough, and each month has all seven
	}
	// A leap year has every date there is. Each date falls on each day of the week
	// in some year, 29 February too.
	for d := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC); d.Year() == 2024; d = d.AddDate(0, 0, 1) {
		if s.months.has(int(d.Month())) && s.days.has(d.Day()) {
			return true
		}
	}
	return false
}

// onDate reports whether the date, given as any time on it in UTC, is one of s.
func (s Spec) onDate(d time.Time) bool {
	if !s.months.has(int(d.Month())) {
		return false
	}
	day, weekday := s.days.has(d.Day()), s.weekdays.has(int(d.Weekday()))
	if s.anyDay {
		return day && weekday
	}
	return day || weekday
}
