package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// calendarView shows for each exporter how its runs of each day went.
type calendarView struct {
	Days      []calendarDay
	Rows      []calendarRow
	Pages     pager
	Companies []choice
	Text      string
	Filtered  bool
}

// calendarDay is a column.
type calendarDay struct {
	Number, Month string // the month only where it begins
	Full          string
	Weekend       bool
}

// calendarRow is an exporter.
type calendarRow struct {
	ID          export.ID
	Name, About string
	Cells       []calendarCell
	Failed      int // days with failures
}

// calendarCell is one day of an exporter. The mark and the words say the same.
type calendarCell struct{ Class, Mark, Words string }

const calendarPage = 40

func (w *Web) calendarPage(c *gin.Context) error {
	ctx, d, q := c.Request.Context(), w.desk(c), c.Request.URL.Query()
	k, err := know(ctx, d, needCompanies)
	if err != nil {
		return err
	}
	list, next, err := d.ListExporters(ctx, control.ExporterQuery{
		Text: q.Get("q"), Company: export.RealmID(q.Get("company")), After: readPosition(q.Get("after")),
		Limit: calendarPage,
	})
	if err != nil {
		return err
	}
	today := export.DayNumber(w.o.Now())
	view := calendarView{
		Companies: companyChoices(k.companies, q.Get("company")), Text: q.Get("q"),
		Filtered: q.Get("q") != "" || q.Get("company") != "",
	}
	first := today - control.DaysShown + 1
	for n := first; n <= today; n++ {
		view.Days = append(view.Days, newCalendarDay(n, n == first))
	}
	for _, l := range list {
		row := calendarRow{ID: l.ID, Name: l.Name, About: joinNonEmpty(companyNames(l.Exporter, k))}
		for n := first; n <= today; n++ {
			day := l.History.Days.On(n)
			if day.Failed > 0 {
				row.Failed++
			}
			row.Cells = append(row.Cells, newCalendarCell(day))
		}
		view.Rows = append(view.Rows, row)
	}
	if next != "" {
		next = writePosition(next)
	}
	view.Pages = newPager("/calendar", q, "after", next)
	return w.page(c, http.StatusOK, "calendar", frame{Title: "Calendar of runs", Section: "runs", Live: liveAll}, view)
}

func newCalendarDay(number int, first bool) calendarDay {
	t := export.Day{Number: number}.Date()
	day := calendarDay{
		Number: t.Format("2"), Full: t.Format("Monday 2 January"),
		Weekend: t.Weekday() == time.Saturday || t.Weekday() == time.Sunday,
	}
	if first && t.AddDate(0, 0, 1).Day() > 1 || t.Day() == 1 {
		day.Month = t.Format("Jan")
	}
	return day
}

// newCalendarCell describes a day. A failure shows whatever else succeeded on that day.
func newCalendarCell(d export.Day) calendarCell {
	var words []string
	for _, part := range []struct {
		n    int
		word string
	}{{d.Failed, "failed"}, {d.Differs, "with differences"}, {d.OK, "succeeded"}, {d.Other, "stopped or undone"}} {
		if part.n > 0 {
			words = append(words, count(part.n)+" "+part.word)
		}
	}
	cell := calendarCell{Words: strings.Join(words, ", ")}
	switch {
	case d.Failed > 0 && d.OK+d.Differs > 0:
		cell.Class, cell.Mark = "part", "✕"
	case d.Failed > 0:
		cell.Class, cell.Mark = "fail", "✕"
	case d.Differs > 0:
		cell.Class, cell.Mark = "diff", "≠"
	case d.OK > 0:
		cell.Class, cell.Mark = "ok", "✓"
	case d.Other > 0:
		cell.Class, cell.Mark = "rest", "–"
	}
	return cell
}

// timelineView is what happened to an exporter.
type timelineView struct {
	ID    export.ID
	Name  string
	Pill  pill
	Items []timelineItem
	Zone  string
	More  bool
	Days  []calendarDay
	Cells []calendarCell
}

// timelineItem is one thing that happened.
type timelineItem struct {
	At   moment
	Date string // empty if it is that of the item before
	Time string // of the day
	Pill pill
	Text string
	Sub  string
	Href string
	By   string
	Deed bool
	Bad  bool // Sub is what went wrong
}

func (w *Web) timelinePage(c *gin.Context) error {
	ctx, d, id := c.Request.Context(), w.desk(c), export.ID(c.Param("id"))
	e, err := d.Exporter(ctx, id)
	if err != nil {
		return err
	}
	k, err := know(ctx, d, needCompanies|needAccounts)
	if err != nil {
		return err
	}
	events, more, err := d.Timeline(ctx, id)
	if err != nil {
		return err
	}
	standings, err := d.Standings(ctx, e)
	if err != nil {
		return err
	}
	row := w.exporterRow(e, standings[0].History, k)
	view := timelineView{ID: id, Name: e.Name, Pill: row.Pill, More: more}
	zone, date := e.Schedule.Location(), ""
	view.Zone = zone.String()
	for _, event := range events {
		item := w.timelineItem(event, k, zone)
		if day := event.At.In(zone).Format("Mon 2 Jan 2006"); day != date {
			item.Date, date = event.At.In(zone).Format("Mon ")+dayOr(event.At.In(zone), w.o.Now()), day
		}
		view.Items = append(view.Items, item)
	}
	today := export.DayNumber(w.o.Now())
	for n := today - control.DaysShown + 1; n <= today; n++ {
		view.Days = append(view.Days, newCalendarDay(n, len(view.Days) == 0))
		view.Cells = append(view.Cells, newCalendarCell(standings[0].History.Days.On(n)))
	}
	f := frame{Title: "Timeline of " + isolate(e.Name), Section: "exporters"}
	return w.page(c, http.StatusOK, "timeline", f, view)
}

func (w *Web) timelineItem(event control.TimelineEvent, k known, zone *time.Location) timelineItem {
	item := timelineItem{At: w.moment(event.At), Time: event.At.In(zone).Format("15:04")}
	if len(event.Runs) == 0 {
		item.Deed, item.By = true, event.Deed.Who
		item.Pill, item.Text = deedWords(event.Deed, k)
		return item
	}
	r := event.Runs[0]
	row := w.runRow(r)
	item.Pill, item.Href, item.By = row.Pill, "/runs/"+string(r.ID), row.By
	item.Text = row.Trigger
	if n := len(event.Runs); n > 1 {
		item.Text = fmt.Sprintf("Failed %s times since %s", count(n), event.Since.In(zone).Format("2 Jan, 15:04"))
	}
	switch {
	case row.Problem != "":
		item.Sub, item.Bad = row.Problem, true
	case r.Status == export.RunSucceeded:
		item.Sub = plural(r.Rows, "row", "rows")
		if row.Changes != "none" {
			item.Sub += ", " + row.Changes
		} else {
			item.Sub += ", nothing changed"
		}
	}
	return item
}

// deedWords describes what a person did.
func deedWords(a export.AuditEntry, k known) (pill, string) {
	name := k.company(export.RealmID(a.Object))
	if account, known := k.account(export.ID(a.Object)); known {
		name = account.Email
	}
	edit := pill{"Edit", "edit", toneQuiet}
	switch a.Action {
	case "exporter.create":
		return pill{"Made", "plus", toneQuiet}, "The exporter was made"
	case "exporter.update":
		return edit, "The exporter was changed"
	case "exporter.pause":
		return pillOf(statePaused), "The exporter was paused"
	case "exporter.resume":
		return pill{"Resumed", "play", toneQuiet}, "The exporter was taken up again"
	case "exporter.accept_difference":
		return edit, "A difference was accepted: " + a.Detail
	case "exporter.repair":
		return edit, "A way to go on was chosen: " + a.Detail
	case "exporter.download":
		return pill{"Download", "save", toneQuiet}, "The result was downloaded"
	}
	switch kind, verb, _ := strings.Cut(a.Action, "."); {
	case verb == "connect":
		return pillOf(stateConnected), name + " was connected"
	case verb == "disconnect":
		return pillOf(stateDisconnected), name + " was disconnected"
	case kind == "company" && verb == "group":
		return edit, name + " was put under another client"
	case kind == "company" && verb == "month_sent":
		return edit, monthName(a.Detail, "January 2006") + " was marked as sent"
	}
	return edit, auditWords(a.Action)
}
