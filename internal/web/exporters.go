package web

import (
	"fmt"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/schedule"
)

// sparkRuns is how many runs a sparkline shows.
const sparkRuns = export.MostRecent

// exporterRow is one exporter in a list.
type exporterRow struct {
	ID          export.ID
	Name        string
	Type        string
	Companies   string
	State       state
	Pill        pill
	Why         string       // why it is paused
	Block       *problemView // of the connection that stands in its way, unless it is paused
	Failures    string       // "failed 20 times"; empty unless the last runs failed, several in a row
	FailedSince moment
	Problem     string
	ProblemHint string
	LastRun     export.ID
	LastSuccess moment
	Rows        string
	Headlines   headlineList
	Next        moment
	Schedule    string
	Spark       spark
	Tags        []string
	Sheet       string // address of the spreadsheet, or of the file
	File        bool   // it is a file
	Enabled     bool
}

func (w *Web) exporterRows(page []control.Listed, k known) []exporterRow {
	rows := make([]exporterRow, len(page))
	for i, l := range page {
		rows[i] = w.exporterRow(l.Exporter, l.History, k)
	}
	return rows
}

// exporterRow returns the row of an exporter, given the history of its runs.
func (w *Web) exporterRow(e export.Exporter, h export.History, k known) exporterRow {
	now := w.o.Now()
	row := exporterRow{
		ID: e.ID, Name: e.Name, Type: typeTitle(k.desk, e.Definition),
		Companies: companyNames(e, k), Why: e.PauseWords(), Spark: newSpark(h.Recent), Tags: e.Tags,
		Schedule: shortSchedule(e.Schedule), Enabled: e.Schedule.Enabled && !e.Paused(),
	}
	if len(h.Recent) > 0 {
		row.LastRun = h.Recent[0].ID
	}
	if !e.Paused() {
		row.Block = k.block(e)
	}
	row.State = exporterState(e, h, row.Block != nil, now)
	row.Pill = pillOf(row.State)
	if row.Enabled {
		row.Next = w.moment(e.Upcoming())
	}
	row.Failures, row.FailedSince = w.failures(h)
	if p := h.Problem; p != nil {
		row.Problem, row.ProblemHint = isolateRuns(p.Message), isolateRuns(p.Hint)
	}
	if last := h.Last; last != nil {
		row.LastSuccess, row.Rows, row.Sheet = w.moment(last.FinishedAt), count(last.Rows), last.URL
		row.File = e.Target.IsFile()
		row.Headlines = listHeadlines(export.Run{Result: export.Result{Figures: last.Figures,
			Companies: last.Outcomes}})
	}
	return row
}

// failures says how often the last runs have failed in a row and since when, as far as the recent ones tell.
func (w *Web) failures(h export.History) (words string, since moment) {
	n, all := 0, true
	var first time.Time
	for _, b := range h.Recent {
		if !b.Verdict() {
			continue
		}
		if all = b.Status == export.RunFailed; !all {
			break
		}
		n, first = n+1, b.FinishedAt
	}
	if n < 2 {
		return "", moment{}
	}
	words = "failed " + count(n) + " times"
	if all && h.Runs > len(h.Recent) {
		words = "failed " + count(n) + " times or more"
	}
	since = w.moment(first)
	since.Words = clockWords(first, w.o.Now())
	return words, since
}

func companyNames(e export.Exporter, k known) string {
	names := make([]string, len(e.Companies))
	for i, r := range e.Companies {
		names[i] = k.company(r)
	}
	if len(names) > 3 {
		return strings.Join(names[:2], ", ") + fmt.Sprintf(" and %d more", len(names)-2)
	}
	return strings.Join(names, ", ")
}

func typeTitle(d *control.Desk, id string) string {
	def, err := d.Definition(id)
	if err != nil {
		return id
	}
	return def.Info().Title
}

// scheduleWords describes a schedule. It shows an invalid one, which only an older version can have stored, as it is.
func scheduleWords(s export.Schedule) string {
	if s.Cron == "" {
		return "Only by hand"
	}
	spec, err := schedule.Parse(s.Cron, s.Timezone)
	if err != nil {
		return s.Cron + " (" + s.Timezone + ")"
	}
	if !s.Enabled {
		return "Switched off: " + spec.Describe()
	}
	return spec.Describe()
}

// shortSchedule describes a schedule without the time zone, for which a list has no room.
func shortSchedule(s export.Schedule) string {
	return strings.TrimSuffix(scheduleWords(s), " ("+s.Timezone+")")
}

func (w *Web) runExporter(c *gin.Context) error {
	run, joined, err := w.desk(c).RunNow(c.Request.Context(), export.ID(c.Param("id")))
	if err != nil {
		return err
	}
	if joined {
		w.notify(c, toneInfo, "This exporter is queued or running already; here is that run.", "")
	}
	return seeOther(c, "/runs/"+string(run.ID))
}

// repairExporter ends what stopped the latest run in the chosen way, and shows the run that does so.
func (w *Web) repairExporter(c *gin.Context) error {
	id := export.ID(c.Param("id"))
	_, run, err := w.desk(c).Repair(c.Request.Context(), id, export.Repair(c.PostForm("action")))
	if problem.HasCode(err, problem.Conflict) {
		w.notifyError(c, err)
		return seeOther(c, "/exporters/"+string(id))
	}
	if err != nil {
		return err
	}
	return seeOther(c, "/runs/"+string(run.ID))
}

// acceptDifference remembers that a difference between QuickBooks' own figures is known, and returns to its run.
func (w *Web) acceptDifference(c *gin.Context) error {
	a := export.AcceptedDifference{What: c.PostForm("what"), Place: c.PostForm("place"), Amount: c.PostForm("amount")}
	e, err := w.desk(c).AcceptDifference(c.Request.Context(), export.ID(c.Param("id")), a)
	if err != nil {
		return err
	}
	w.notify(c, toneGood, "The difference in "+isolate(a.What)+" is known from now on.",
		"It asks again when it is another amount.")
	if run := c.PostForm("run"); run != "" {
		return seeOther(c, "/runs/"+url.PathEscape(run))
	}
	return seeOther(c, "/exporters/"+string(e.ID))
}

// captureAnswers sends QuickBooks' answers, scrubbed, as a file to save.
func (w *Web) captureAnswers(c *gin.Context) error {
	id := c.Param("id")
	data, err := w.desk(c).Capture(c.Request.Context(), export.ID(id))
	if err != nil {
		return err
	}
	name := "capture-" + id + "-" + w.o.Now().UTC().Format("20060102-150405") + ".json"
	c.Header("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	c.Header("Cache-Control", "no-store")
	c.Data(http.StatusOK, "application/json; charset=utf-8", data)
	return nil
}

// pauseExporter pauses until the beginning of a day in the schedule's zone, if the form names one.
func (w *Web) pauseExporter(c *gin.Context) error {
	ctx, d, id := c.Request.Context(), w.desk(c), export.ID(c.Param("id"))
	e, err := d.Exporter(ctx, id)
	if err != nil {
		return err
	}
	var until time.Time
	text := e.Name + " is paused. Its schedule is kept; Run now still works."
	if day := c.PostForm("until"); day != "" {
		if until, err = time.ParseInLocation(time.DateOnly, day, e.Schedule.Location()); err != nil {
			return problem.Invalid("until", "is not a day such as 2026-01-31")
		}
		text = e.Name + " is paused until " + until.Format("2 January 2006") + ". Run now still works."
	}
	if e, err = d.PauseExporter(ctx, id, until); err != nil {
		return err
	}
	w.notify(c, toneGood, text, "")
	return seeOther(c, "/exporters/"+string(e.ID))
}

func (w *Web) resumeExporter(c *gin.Context) error {
	e, err := w.desk(c).ResumeExporter(c.Request.Context(), export.ID(c.Param("id")))
	if err != nil {
		return err
	}
	w.notify(c, toneGood, e.Name+" goes on by its schedule.", "")
	return seeOther(c, "/exporters/"+string(e.ID))
}

func (w *Web) deleteExporterPage(c *gin.Context) error {
	e, err := w.desk(c).Exporter(c.Request.Context(), export.ID(c.Param("id")))
	if err != nil {
		return err
	}
	path := "/exporters/" + string(e.ID)
	f := frame{Title: "Delete " + isolate(e.Name), Section: "exporters"}
	return w.page(c, http.StatusOK, "confirm", f, confirmView{
		Title: "Delete the exporter " + isolate(e.Name) + "?",
		Effects: []string{
			"Its configuration and schedule are deleted; a run that is under way is stopped.",
			"The " + placeName(e) + " stays as it is, with the rows of the last run.",
			"Its past runs stay in the history.",
		},
		Post: path + "/delete", Action: "Delete exporter", Back: path, Danger: true,
	})
}

func (w *Web) deleteExporter(c *gin.Context) error {
	ctx, d, id := c.Request.Context(), w.desk(c), export.ID(c.Param("id"))
	e, err := d.Exporter(ctx, id)
	if err != nil {
		return err
	}
	if err := d.DeleteExporter(ctx, id); err != nil {
		return err
	}
	w.notify(c, toneGood, isolate(e.Name)+" was deleted. Its "+placeName(e)+" stays as it is.", "")
	return seeOther(c, "/exporters")
}

// confirmView is the page before something that cannot be undone.
type confirmView struct {
	Title   string
	Effects []string
	Names   []string // what else it affects
	Count   int      // of those, of which Names has the first
	Post    string
	Action  string
	Back    string
	Danger  bool
}
