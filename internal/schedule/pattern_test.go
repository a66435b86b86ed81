package schedule

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestPatternIsWords(t *testing.T) {
	t.Parallel()
	at := []int{6 * 60}
	for _, c := range []struct {
		pattern     Pattern
		cron, words string
	}{
		{Pattern{}, "", "Never"},
		{Pattern{Kind: EveryMinutes, Every: 15}, "*/15 * * * *", "Every 15 minutes"},
		{Pattern{Kind: Hourly, Minutes: []int{5, 35}}, "5,35 * * * *", "At 5 and 35 minutes past every hour (UTC)"},
		{Pattern{Kind: Daily, Times: at}, "0 6 * * *", "Every day at 06:00 (UTC)"},
		{
			Pattern{Kind: Daily, Times: []int{360, 390, 750, 1080, 1110}}, "30 6,12,18 * * *; 0 6,18 * * *",
			"Every day at 06:00, 06:30, 12:30, 18:00 and 18:30 (UTC)",
		},
		{Pattern{Kind: OnWeekdays, Times: at}, "0 6 * * 1-5", "Every weekday at 06:00 (UTC)"},
		{
			Pattern{Kind: Weekly, Weekdays: []int{1, 4}, Times: at}, "0 6 * * 1,4",
			"Every Monday and Thursday at 06:00 (UTC)",
		},
		{Pattern{Kind: Monthly, Day: 5, Times: at}, "0 6 5 * *", "On day 5 of every month at 06:00 (UTC)"},
		{Pattern{Kind: LastDay, Times: at}, "0 6 L * *", "On the last day of every month at 06:00 (UTC)"},
		{
			Pattern{Kind: LastBusinessDay, Times: at}, "0 6 LW * *",
			"On the last business day of every month at 06:00 (UTC)",
		},
		{
			Pattern{Kind: BusinessAfterEnd, Day: 3, Times: at}, "0 6 3B * *",
			"On the 3rd business day of every month at 06:00 (UTC)",
		},
	} {
		cron, err := c.pattern.Cron()
		if cron != c.cron || err != nil {
			t.Errorf("%+v is %q (%v), want %q", c.pattern, cron, err, c.cron)
			continue
		}
		if got, ok := PatternOf(cron); !ok || !cmp.Equal(got, c.pattern) {
			t.Errorf("%q is %+v (%v), want %+v", cron, got, ok, c.pattern)
		}
		var s Spec
		if cron != "" {
			s = mustParse(t, cron, "UTC")
		}
		if got := s.Describe(); got != c.words {
			t.Errorf("%q is %q, want %q", cron, got, c.words)
		}
	}
	if got, err := (Pattern{Kind: AfterMonthEnd, Day: 5, Times: at}).Cron(); got != "0 6 5 * *" || err != nil {
		t.Errorf("five days after month end are %q (%v)", got, err)
	}
}

func TestPatternRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pattern Pattern
		want    string
	}{
		"seven minutes":    {Pattern{Kind: EveryMinutes, Every: 7}, "divide an hour"},
		"every minute":     {Pattern{Kind: EveryMinutes, Every: 1}, "divide an hour"},
		"no minutes":       {Pattern{Kind: Hourly}, "needs the minutes"},
		"minute 60":        {Pattern{Kind: Hourly, Minutes: []int{60}}, "0 to 59"},
		"no time":          {Pattern{Kind: Daily}, "needs a time"},
		"24:00":            {Pattern{Kind: Daily, Times: []int{1440}}, "no day has"},
		"no weekday":       {Pattern{Kind: Weekly, Times: []int{0}}, "needs the days"},
		"day 32":           {Pattern{Kind: Monthly, Day: 32, Times: []int{0}}, "1 to 31"},
		"business day 21":  {Pattern{Kind: BusinessAfterEnd, Day: 21, Times: []int{0}}, "1 to 20"},
		"unknown":          {Pattern{Kind: "fortnightly", Times: []int{0}}, "not known"},
		"many other times": {Pattern{Kind: Daily, Times: []int{1, 62, 123, 184, 245, 306, 367}}, "too many"},
	} {
		if _, err := c.pattern.Cron(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// What a form makes of an expression is due exactly when the expression is, or the form shows the expression.
func TestPatternOfSaysAllOfAnExpression(t *testing.T) {
	t.Parallel()
	for _, cron := range []string{
		"0 6 * 1 *", "0 6 1 * 1", "0 6 1,15 * *", "0 6 L,LW * *", "0 6 L-1 * *", "0 * * * 1", "0 6 * * *; 0 7 * * 1",
		"0 6 * * *; 30 * * * *", "* * * * *", "*/7 * * * *", "0 6 1,2B * *", "*/5 6-18 * * *",
		"0 0-11 * * *; 0 12-23 * * *", "nonsense", "0 6 1B,2B * *",
	} {
		if p, ok := PatternOf(cron); ok {
			t.Errorf("%q is taken for %+v", cron, p)
		}
	}
	planned := 0
	rapid.Check(t, func(t *rapid.T) {
		cron := drawExpr(t)
		p, ok := PatternOf(cron)
		if !ok {
			return
		}
		planned++
		sameTimes(t, cron, p)
	})
	if planned == 0 {
		t.Error("no expression was a pattern")
	}
}

func TestPatternsComeBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := Pattern{Kind: rapid.SampledFrom(Kinds()[3:]).Draw(t, "kind")}
		p.Times = mergeTimes(rapid.SliceOfN(rapid.IntRange(0, 1439), 1, 6).Draw(t, "times"), nil)
		switch p.Kind {
		case Weekly:
			p.Weekdays = mergeTimes(rapid.SliceOfN(rapid.IntRange(0, 6), 1, 4).Draw(t, "weekdays"), nil)
		case Monthly:
			p.Day = rapid.IntRange(1, 31).Draw(t, "day")
		case BusinessAfterEnd, AfterMonthEnd:
			p.Day = rapid.IntRange(1, 20).Draw(t, "day")
		}
		cron, err := p.Cron()
		if err != nil {
			t.Fatal(err)
		}
		got, ok := PatternOf(cron)
		want := p
		switch {
		case p.Kind == AfterMonthEnd:
			want.Kind = Monthly // the same days
		case slices.Equal(p.Weekdays, []int{1, 2, 3, 4, 5}):
			want.Kind, want.Weekdays = OnWeekdays, nil
		}
		if !ok || !cmp.Equal(got, want) {
			t.Fatalf("%+v became %q and then %+v (%v)", p, cron, got, ok)
		}
		if times, err := ReadTimes(WriteTimes(p.Times)); err != nil || !slices.Equal(times, p.Times) {
			t.Fatalf("times %v came back as %v (%v)", p.Times, times, err)
		}
		sameTimes(t, cron, p)
	})
}

func sameTimes(t *rapid.T, cron string, p Pattern) {
	text, err := p.Cron()
	if err != nil {
		t.Fatal(err)
	}
	const zone = "Europe/Berlin"
	a, err := Parse(cron, zone)
	if err != nil {
		t.Fatal(err)
	}
	b, err := Parse(text, zone)
	if err != nil {
		t.Fatal(err)
	}
	from := time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC)
	if got, want := b.NextN(from, 20), a.NextN(from, 20); !slices.EqualFunc(got, want, time.Time.Equal) {
		t.Fatalf("%q and %q, the same pattern, are due\n%v\n%v", cron, text, want, got)
	}
}

func TestReadTimes(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]int{
		"": nil, "06:00": {360}, "6": {360}, "6:30, 18:00": {390, 1080}, "18:00 6:30 6:30": {390, 1080},
		"6 am, 12 PM;12am": {0, 360, 720}, "11:59pm": {1439}, "0": {0},
	} {
		if got, err := ReadTimes(text); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q is %v (%v), want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"24:00", "6:5", "6:60", "13pm", "0am", "noon", "-1", "6:00:00", "6.30", ":30",
		strings.Repeat("1 ", 25)} {
		if got, err := ReadTimes(text); err == nil {
			t.Errorf("%q is %v", text, got)
		}
	}
}
