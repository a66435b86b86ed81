package schedule

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// Spec is when an exporter is due: cron expressions read in a time zone. It is a
// plain value: two specs parsed from the same texts are equal under ==. The
// zero value is no spec and never due; make one with [Parse].
//
// An expression whose hours are restricted follows the wall clock: each time it
// names comes once on each day that it names. A time that a clock change skips
// comes at the first instant after the gap, and one that occurs twice comes at
// the first of the two. A date that the zone skips whole comes at that instant
// too, unless the date that follows is named itself. An expression with every
// hour of the day follows elapsed time: it is due whenever the clock shows a
// minute it names, in a repeated hour twice.
type Spec struct {
	expr  string         // its expressions, separated by "; "
	zone  string         // IANA name
	rules [maxRules]rule // one for each expression; the others are zero
}

const (
	maxExpr  = 240 // longer than anything useful; lists of all minutes are "*"
	maxZone  = 64
	maxRules = 6
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
		{"day of month", "* * %s * *", "1 to 31, L (the last day), L-3 (three days before it), LW (the last " +
			"business day) or 3B (the third business day)", `"*", "1,15" or "LW"`,
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

// Parse reads a schedule and the IANA name of a time zone. The schedule is a cron
// expression of five fields (minute, hour, day of month, month, day of week), or
// one of @hourly, @daily, @weekly, @monthly and @yearly, or up to six of them
// with semicolons between, of which each is due. The day of the month also
// takes what five fields of numbers cannot say:
//
//	L    the last day of the month
//	L-n  n days before the last day, up to 27
//	LW   the last business day of the month
//	nB   the n-th business day of the month, up to 20
//
// L, L-n and LW mean what they mean in Quartz; no scheduler has a common form for
// the last. A business day is any day from Monday to Friday: holidays are not
// known. Errors are written for the person who typed the texts: they name the
// field that is wrong and show a right one. An expression that names no date
// that ever comes is an error.
func Parse(expr, timezone string) (Spec, error) {
	if err := checkZone(timezone); err != nil {
		return Spec{}, err
	}
	if err := checkText(expr); err != nil {
		return Spec{}, err
	}
	texts := strings.Split(expr, ";")
	if len(texts) > maxRules {
		return Spec{}, fmt.Errorf("schedule has %d expressions, and %d at most", len(texts), maxRules)
	}
	s := Spec{zone: timezone}
	for i, text := range texts {
		if strings.TrimSpace(text) == "" {
			return Spec{}, errors.New("schedule has a semicolon with nothing before or after it")
		}
		r, parts, err := parseRule(text)
		if err != nil {
			return Spec{}, err
		}
		texts[i], s.rules[i] = parts, r
	}
	s.expr = strings.Join(texts, "; ")
	return s, nil
}

// IsZero reports whether s is no spec.
func (s Spec) IsZero() bool { return s == Spec{} }

// Expr returns the expressions with single blanks between their fields. Parse of
// it and Timezone returns the same spec.
func (s Spec) Expr() string { return s.expr }

// Timezone returns the name of the time zone.
func (s Spec) Timezone() string { return s.zone }

// BusinessDays reports whether s counts business days.
func (s Spec) BusinessDays() bool {
	return slices.ContainsFunc(s.rules[:], func(r rule) bool { return r.business != 0 || r.lastBusiness })
}

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
		if !letter && (r < '0' || r > '9') && !strings.ContainsRune("*,-/@; \t", r) {
			return fmt.Errorf("schedule must not contain %q; %s", r, example)
		}
	}
	return nil
}
