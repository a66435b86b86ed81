package web

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

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
}

type dueTime struct{ Local, UTC, Words, ISO string }

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
			Local: t.In(loc).Format("Mon 2 Jan 2006, 15:04 MST"), UTC: t.UTC().Format("2 Jan, 15:04"),
			Words: ago(t, now), ISO: t.UTC().Format(time.RFC3339),
		})
	}
	return v
}

// describeSchedule tells the form what an expression means.
func (w *Web) describeSchedule(c *gin.Context) error {
	return w.answerFragment(c, http.StatusOK, "schedule", w.scheduleView(c.Query("cron"), c.Query("timezone")))
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
