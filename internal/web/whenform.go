package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/schedule"
)

// kindOwn is the kind of schedule that a cron expression says.
const kindOwn = "own"

// noCron stands in an exporter for a schedule whose words could not be read. It is no expression.
const noCron = "?"

// whenView is the part of the exporter's form that says when it runs.
type whenView struct {
	Kinds    []choice
	Every    []choice
	Minutes  string
	Times    string
	Weekdays []choice
	Day      string
	Own      bool // only a cron expression says it
	Error    string
}

// readWhen returns the cron expression that the form's words stand for. Without words it is the expression itself. The
// expression also stays as it was written if the words say the same.
func readWhen(form url.Values) (string, error) {
	cron := strings.TrimSpace(form.Get("cron"))
	kind, given := form["when"]
	if !given || kind[0] == kindOwn {
		if given && cron == "" {
			return "", errors.New("is missing: write a cron expression, or choose another kind of schedule")
		}
		return cron, nil
	}
	p := schedule.Pattern{Kind: schedule.Kind(kind[0])}
	p.Every, _ = strconv.Atoi(form.Get("every"))
	p.Day, _ = strconv.Atoi(strings.TrimSpace(form.Get("day")))
	for _, day := range form["weekday"] {
		n, err := strconv.Atoi(day)
		if err != nil {
			return "", fmt.Errorf("has a day of the week that does not exist, %q", day)
		}
		p.Weekdays = append(p.Weekdays, n)
	}
	var err error
	switch p.Kind {
	case schedule.Never, schedule.EveryMinutes:
	case schedule.Hourly:
		p.Minutes, err = readMinutes(form.Get("minutes"))
	default:
		p.Times, err = schedule.ReadTimes(form.Get("times"))
	}
	if err != nil {
		return "", err
	}
	text, err := p.Cron()
	if err != nil {
		return "", err
	}
	if says(cron, text) {
		return cron, nil
	}
	return text, nil
}

// says reports whether both expressions are the same pattern.
func says(cron, text string) bool {
	a, ok := schedule.PatternOf(cron)
	b, also := schedule.PatternOf(text)
	return ok && also && a.Kind == b.Kind && a.Every == b.Every && a.Day == b.Day &&
		slices.Equal(a.Minutes, b.Minutes) && slices.Equal(a.Times, b.Times) && slices.Equal(a.Weekdays, b.Weekdays)
}

func readMinutes(text string) ([]int, error) {
	var minutes []int
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' }) {
		n, err := strconv.Atoi(strings.TrimPrefix(word, ":"))
		if err != nil {
			return nil, fmt.Errorf("%q is not a minute past the hour such as 0 or 30", word)
		}
		minutes = append(minutes, n)
	}
	return minutes, nil
}

// newWhen returns the form's part for a schedule as it is stored.
func newWhen(cron string) whenView {
	p, ok := schedule.PatternOf(cron)
	kind := string(p.Kind)
	if !ok {
		kind = kindOwn
	}
	v := whenView{Minutes: joinNumbers(p.Minutes), Times: schedule.WriteTimes(p.Times)}
	if p.Day > 0 {
		v.Day = strconv.Itoa(p.Day)
	}
	v.choose(kind, p.Every, p.Weekdays)
	return v.withDefaults()
}

// typedWhen returns the form's part as a person filled it in.
func typedWhen(form url.Values) whenView {
	v := whenView{Minutes: form.Get("minutes"), Times: form.Get("times"), Day: form.Get("day")}
	every, _ := strconv.Atoi(form.Get("every"))
	var weekdays []int
	for _, day := range form["weekday"] {
		if n, err := strconv.Atoi(day); err == nil {
			weekdays = append(weekdays, n)
		}
	}
	v.choose(form.Get("when"), every, weekdays)
	return v
}

// withDefaults fills what the other kinds of schedules would need.
func (v whenView) withDefaults() whenView {
	if v.Minutes == "" {
		v.Minutes = "0"
	}
	if v.Times == "" {
		v.Times = "06:00"
	}
	if v.Day == "" {
		v.Day = "1"
	}
	return v
}

func (v *whenView) choose(kind string, every int, weekdays []int) {
	for _, k := range schedule.Kinds() {
		v.Kinds = append(v.Kinds, choice{string(k), kindWords(k), string(k) == kind})
	}
	v.Own = kind == kindOwn
	v.Kinds = append(v.Kinds, choice{kindOwn, "By a cron expression", v.Own})
	if every == 0 {
		every = 15
	}
	for n := 2; n <= 30; n++ {
		if 60%n == 0 && (n >= 5 || n == every) {
			v.Every = append(v.Every, choice{strconv.Itoa(n), fmt.Sprintf("%d minutes", n), n == every})
		}
	}
	if len(weekdays) == 0 {
		weekdays = []int{1}
	}
	for n := 1; n <= 7; n++ { // weeks are read from Monday on
		day := n % 7
		v.Weekdays = append(v.Weekdays, choice{
			strconv.Itoa(day), time.Weekday(day).String(), slices.Contains(weekdays, day),
		})
	}
}

func kindWords(k schedule.Kind) string {
	switch k {
	case schedule.Never:
		return "Only by hand"
	case schedule.EveryMinutes:
		return "Every few minutes"
	case schedule.Hourly:
		return "Every hour"
	case schedule.Daily:
		return "Every day"
	case schedule.OnWeekdays:
		return "Every weekday, Mon to Fri"
	case schedule.Weekly:
		return "Every week"
	case schedule.Monthly:
		return "On a day of each month"
	case schedule.LastDay:
		return "Last day of the month"
	case schedule.LastBusinessDay:
		return "Last business day of the month"
	case schedule.AfterMonthEnd:
		return "Days after month end"
	case schedule.BusinessAfterEnd:
		return "Business days after month end"
	}
	return string(k)
}

func joinNumbers(list []int) string {
	words := make([]string, len(list))
	for i, n := range list {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, ", ")
}

// explainWhen replaces what a problem says of an expression that stands for words by what is wrong with the words.
func explainWhen(p *problem.Problem, form url.Values) {
	if _, err := readWhen(form); err != nil && p != nil && p.Fields["schedule.cron"] != "" {
		p.Fields["schedule.cron"] = err.Error()
	}
}

// showTimes shows the form as it was typed, with the times that its schedule names. It serves pages without scripts.
func (w *Web) showTimes(c *gin.Context) error {
	ctx, d := c.Request.Context(), w.desk(c)
	e, err := readForm(d, c.Request.PostForm)
	if err != nil {
		return err
	}
	e.ID = export.ID(c.PostForm("id"))
	k, err := know(ctx, d, needCompanies|needAccounts)
	if err != nil {
		return err
	}
	return w.showForm(c, http.StatusOK, e, k, nil, nil)
}
