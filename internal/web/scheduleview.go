package web

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/budget"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/schedule"
)

// nextShown is how many upcoming due times are shown.
const nextShown = 5

// scheduleView describes when something runs, and gives the next times in both zones.
type scheduleView struct {
	Cron  string
	Words string
	Error string
	Note  string // what the words do not say
	Goes  string // what happens by itself once this is saved
	Zone  string
	Times []dueTime
	Cost  string // in calls to QuickBooks; empty if it is unknown
	Dear  string // what follows if they do not suffice
	// Queue says how long what is due together waits for Google, and Behind what follows if that is too long.
	Queue, Behind string
}

// dueTime is a due time. Local is marked: in the viewer's zone and, where that differs, in the schedule's.
type dueTime struct{ Local, Words, ISO string }

func (w *Web) scheduleView(s export.Schedule) scheduleView {
	if s.Cron == "" {
		return scheduleView{
			Words: "Only by hand",
			Goes:  "It runs once now. Nothing runs by itself until you choose a schedule.",
		}
	}
	if s.Timezone == "" {
		s.Timezone = "UTC"
	}
	spec, err := schedule.Parse(s.Cron, s.Timezone)
	if err != nil {
		return scheduleView{Cron: s.Cron, Error: err.Error()}
	}
	v := scheduleView{Cron: s.Cron, Words: spec.Describe(), Zone: s.Timezone, Note: scheduleNote(spec)}
	loc, err := time.LoadLocation(s.Timezone)
	if err != nil {
		loc = time.UTC
	}
	now := w.o.Now()
	for _, t := range spec.NextN(now, nextShown) {
		v.Times = append(v.Times, dueTime{
			Local: markTime(t, formDue, loc), Words: ago(t, now), ISO: t.UTC().Format(time.RFC3339),
		})
	}
	v.Goes = "It runs once now. Its schedule is switched off, so it does not go on by itself."
	if s.Enabled && len(v.Times) > 0 {
		v.Goes = "It runs now, and then goes on by itself, next on " + v.Times[0].Local + "."
	}
	return v
}

// scheduleNote says what people might not expect of a schedule.
func scheduleNote(s schedule.Spec) string {
	switch p, ok := schedule.PatternOf(s.Expr()); {
	case ok && p.Kind == schedule.Monthly && p.Day > 28:
		return fmt.Sprintf("Months without a day %d are left out; the last day of the month comes in each.", p.Day)
	case s.BusinessDays():
		return "Business days are Monday to Friday. Public holidays are not known here."
	}
	return ""
}

// mostCompanies is more than any exporter has.
const mostCompanies = 1000

// addCost says what the schedule that exporters share costs in calls to QuickBooks.
func (v *scheduleView) addCost(ctx context.Context, d *control.Desk, of ...export.Exporter) error {
	if v.Error != "" || of[0].Schedule.Cron == "" || len(of[0].Companies) == 0 {
		return nil
	}
	p, err := d.Price(ctx, of...)
	if err != nil || p.Runs == 0 {
		return err
	}
	v.addQueue(p.Google)
	basis := "guessed, as no run of it is measured yet"
	if p.Measured {
		basis = "as in its last runs"
	}
	each := math.Ceil(p.Calls)
	v.Cost = fmt.Sprintf("About %s to QuickBooks in 30 days: %s of %s each, %s.",
		plural(int(math.Ceil(p.Calls*float64(p.Runs))), "call", "calls"), plural(p.Runs, "run", "runs"),
		plural(int(each), "call", "calls"), basis)
	if p.Limit == 0 {
		return nil
	}
	total := p.Used + p.Others + p.Rest
	v.Cost += fmt.Sprintf(" With all schedules, this month comes to about %s of %s.", count(total), count(p.Limit))
	if total > p.Limit {
		v.Dear = "That is more than the Intuit app may make in a month. Scheduled runs will be slowed down in time; " +
			"runs started by hand always go."
	}
	return nil
}

// addQueue says how long the exporter's runs wait for Google, with all that is due together with them. What takes less
// than a minute is not worth a word.
func (v *scheduleView) addQueue(p budget.GooglePrice) {
	if b := p.Burst; b.Drain >= time.Minute {
		v.Queue = fmt.Sprintf("Google allows an account %s and %s a minute: %s of this account, due together at %s "+
			"UTC, take about %s.", plural(p.Limit.Reads, "read", "reads"), plural(p.Limit.Writes, "write", "writes"),
			plural(b.Runs, "run", "runs"), b.At.Format("15:04 on 2 Jan"), duration(b.Drain.Round(time.Minute)))
	}
	if p.Least > 0 {
		v.Behind = fmt.Sprintf("With the account's other schedules that is more than Google lets through, so it could "+
			"never keep up and will be slowed down to one run in %s. Choose a slower schedule or another Google "+
			"account, or have the quota raised.", duration(p.Least))
	}
}

// describeSchedule tells the form what an expression means.
func (w *Web) describeSchedule(c *gin.Context) error {
	query := c.Request.URL.Query()
	cron, err := readWhen(query)
	draft := export.Exporter{
		ID: export.ID(query.Get("id")), Definition: query.Get("type"),
		Schedule: export.Schedule{
			Cron: cron, Timezone: query.Get("timezone"), Enabled: query.Get("enabled") != "",
		},
	}
	if err != nil {
		return w.answerFragment(c, http.StatusOK, "schedule", scheduleView{Error: err.Error()})
	}
	draft.Target.Account = export.ID(query.Get("account"))
	companies, _ := strconv.Atoi(query.Get("companies"))
	draft.Companies = make([]export.RealmID, min(max(companies, 0), mostCompanies))
	v := w.scheduleView(draft.Schedule)
	if err := v.addCost(c.Request.Context(), w.desk(c), draft); err != nil {
		return err
	}
	return w.answerFragment(c, http.StatusOK, "schedule", v)
}
