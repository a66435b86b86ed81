package web

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/schedule"
)

// nextShown is how many upcoming due times are shown.
const nextShown = 5

// presetOwn is the preset that lets people write their own expression.
const presetOwn = "own"

// scheduleView describes when something runs, and gives the next times in both zones.
type scheduleView struct {
	Words string
	Error string
	Zone  string
	Times []dueTime
	Cost  string // in calls to QuickBooks; empty if it is unknown
	Dear  string // what follows if they do not suffice
}

// dueTime is a due time. Local is marked: in the viewer's zone and, where that differs, in the schedule's.
type dueTime struct{ Local, Words, ISO string }

func (w *Web) scheduleView(cron, timezone string) scheduleView {
	if cron == "" {
		return scheduleView{Words: "Only by hand"}
	}
	if timezone == "" {
		timezone = "UTC"
	}
	spec, err := schedule.Parse(cron, timezone)
	if err != nil {
		return scheduleView{Error: err.Error()}
	}
	v := scheduleView{Words: spec.Describe(), Zone: timezone}
	loc, err := time.LoadLocation(timezone)
	if err != nil {
		loc = time.UTC
	}
	now := w.o.Now()
	for _, t := range spec.NextN(now, nextShown) {
		v.Times = append(v.Times, dueTime{
			Local: markTime(t, formDue, loc), Words: ago(t, now), ISO: t.UTC().Format(time.RFC3339),
		})
	}
	return v
}

// mostCompanies is more than any exporter has.
const mostCompanies = 1000

// addCost says what the exporter's schedule costs in calls to QuickBooks.
func (v *scheduleView) addCost(ctx context.Context, d *control.Desk, e export.Exporter) error {
	if v.Error != "" || e.Schedule.Cron == "" || len(e.Companies) == 0 {
		return nil
	}
	p, err := d.Price(ctx, e)
	if err != nil || p.Runs == 0 {
		return err
	}
	basis := "guessed, as it has not run yet"
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

// describeSchedule tells the form what an expression means.
func (w *Web) describeSchedule(c *gin.Context) error {
	v := w.scheduleView(c.Query("cron"), c.Query("timezone"))
	companies, _ := strconv.Atoi(c.Query("companies"))
	draft := export.Exporter{
		ID: export.ID(c.Query("id")), Definition: c.Query("type"),
		Companies: make([]export.RealmID, min(max(companies, 0), mostCompanies)),
		Schedule:  export.Schedule{Cron: c.Query("cron"), Timezone: c.Query("timezone")},
	}
	if err := v.addCost(c.Request.Context(), w.desk(c), draft); err != nil {
		return err
	}
	return w.answerFragment(c, http.StatusOK, "schedule", v)
}

// presets returns the schedules that most people want. Any other expression is the person's own.
func presets(cron string) []choice {
	list := []choice{
		{Value: "", Title: "Only by hand"},
		{Value: "*/15 * * * *", Title: "Every 15 minutes"},
		{Value: "0 * * * *", Title: "Every hour"},
		{Value: "0 6 * * *", Title: "Every day at 06:00"},
		{Value: "0 6 * * 1-5", Title: "Every weekday at 06:00"},
		{Value: "0 6 * * 1", Title: "Every Monday at 06:00"},
		{Value: "0 6 1 * *", Title: "On the first of each month at 06:00"},
	}
	found := false
	for i := range list {
		list[i].Chosen = list[i].Value == cron
		found = found || list[i].Chosen
	}
	return append(list, choice{presetOwn, "Own expression", !found})
}

// zones returns suggestions for the time zone. Any name in the time zone database is accepted.
func zones() []string {
	return []string{
		"UTC",
		"America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
		"America/Anchorage", "Pacific/Honolulu",
		"America/Toronto", "America/Vancouver", "America/Halifax", "America/St_Johns",
		"America/Mexico_City", "America/Bogota", "America/Lima", "America/Sao_Paulo",
		"America/Argentina/Buenos_Aires", "America/Santiago",
		"Europe/London", "Europe/Dublin", "Europe/Lisbon", "Europe/Madrid", "Europe/Paris", "Europe/Brussels",
		"Europe/Amsterdam", "Europe/Berlin", "Europe/Zurich", "Europe/Vienna", "Europe/Rome",
		"Europe/Stockholm", "Europe/Oslo", "Europe/Copenhagen", "Europe/Helsinki",
		"Europe/Warsaw", "Europe/Prague", "Europe/Budapest", "Europe/Athens", "Europe/Bucharest",
		"Europe/Istanbul", "Europe/Kyiv",
		"Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi",
		"Asia/Jerusalem", "Asia/Dubai", "Asia/Riyadh", "Asia/Karachi", "Asia/Kolkata", "Asia/Dhaka",
		"Asia/Bangkok", "Asia/Jakarta", "Asia/Singapore", "Asia/Hong_Kong", "Asia/Manila", "Asia/Shanghai",
		"Asia/Tokyo", "Asia/Seoul",
		"Australia/Perth", "Australia/Adelaide", "Australia/Brisbane", "Australia/Sydney", "Australia/Melbourne",
		"Pacific/Auckland",
	}
}
