package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// runRow is one run in a list.
type runRow struct {
	ID         export.ID
	Name       string
	Companies  string // empty if the name says them
	ExporterID export.ID
	Pill       pill
	Trigger    string
	By         string
	At         moment
	Took       string
	Rows       string
	Changes    string
	Attempts   int
	Headlines  headlineList
	Problem    string
	Active     bool
	Times      string // "failed 20 times", with Since; empty for one run
	Since      moment
}

// groupedRows returns the rows of runs, newest first. Runs of an exporter that failed for the same reason, one after
// the other, are one row.
func (w *Web) groupedRows(runs []export.Run, k known) []runRow {
	groups := control.Failures(runs)
	rows := make([]runRow, len(groups))
	for i, group := range groups {
		rows[i] = w.runRow(group[0])
		rows[i].Companies = unnamedCompanies(group[0].Exporter, k)
		if len(group) > 1 {
			rows[i].Times = fmt.Sprintf("failed %s times", count(len(group)))
			rows[i].Since = w.moment(group[len(group)-1].QueuedAt)
			rows[i].Since.Words = clockWords(group[len(group)-1].QueuedAt, w.o.Now())
		}
	}
	return rows
}

// unnamedCompanies returns the companies of an exporter, unless its name says them.
func unnamedCompanies(e export.Exporter, k known) string {
	for _, r := range e.Companies {
		if !strings.Contains(e.Name, k.company(r)) {
			return companyNames(e, k)
		}
	}
	return ""
}

func (w *Web) runRows(runs []export.Run) []runRow {
	rows := make([]runRow, len(runs))
	for i, r := range runs {
		rows[i] = w.runRow(r)
	}
	return rows
}

func (w *Web) runRow(r export.Run) runRow {
	row := runRow{
		ID: r.ID, Name: r.Exporter.Name, ExporterID: r.Exporter.ID, Pill: pillOf(runState(r.Brief())),
		Trigger: triggerWord(r.Trigger), By: r.By, At: w.moment(r.QueuedAt), Took: elapsed(r, w.o.Now()),
		Attempts: r.Attempts, Active: !r.Status.Over(),
	}
	switch {
	case r.Status == export.RunSucceeded:
		row.Rows = count(r.Rows)
		row.Changes = changes(r.Result)
		row.Headlines = listHeadlines(r)
	case r.Status == export.RunRunning:
		row.Rows = count(r.Progress.RowsRead)
	}
	if r.Problem != nil {
		row.Problem = isolateRuns(r.Problem.Message)
	}
	return row
}

// changes describes what a run did to the sheet: "+3 ~1 −2".
func changes(r export.Result) string {
	if r.Unchanged {
		return "none"
	}
	text := ""
	for _, part := range []struct {
		sign string
		n    int
	}{{"+", r.Added}, {"~", r.Changed}, {"−", r.Removed}} {
		if part.n > 0 {
			text += " " + part.sign + count(part.n)
		}
	}
	if text == "" {
		return "none"
	}
	return text[1:]
}

// runsView is the history.
type runsView struct {
	Runs     []runRow
	Pages    pager
	Filtered bool
	Filters  []runFilter
}

// runFilter is one select of the history's filter. ID is its name in the address.
type runFilter struct {
	ID, Label string
	Choices   []choice
}

// runFilters returns the selects of the filter, with what the address has chosen.
func runFilters(exporters, companies []choice, q url.Values) []runFilter {
	states := []choice{{Title: "Any state"}}
	for _, s := range []export.RunStatus{
		export.RunRunning, export.RunQueued, export.RunSucceeded, export.RunFailed, export.RunCancelled,
	} {
		states = append(states, choice{Value: string(s), Title: pillOf(runState(export.Brief{Status: s})).Word})
	}
	triggers := []choice{{Title: "Any trigger"}}
	for _, t := range []export.Trigger{
		export.TriggerSchedule, export.TriggerManual, export.TriggerCatchUp, export.TriggerAPI,
		export.TriggerAfter, export.TriggerUndo,
	} {
		triggers = append(triggers, choice{Value: string(t), Title: triggerWord(t)})
	}
	periods := []choice{{Title: "All time"}}
	for _, p := range runPeriods() {
		periods = append(periods, choice{Value: strconv.Itoa(p.days), Title: p.title})
	}
	list := []runFilter{
		{"status", "State", states}, {"exporter", "Exporter", exporters}, {"company", "Company", companies},
		{"trigger", "Started by", triggers}, {"period", "Period", periods},
	}
	for i, f := range list {
		list[i].Choices = choose(q.Get(f.ID), f.Choices...)
	}
	return list
}

type runPeriod struct {
	days  int
	title string
}

func runPeriods() []runPeriod {
	return []runPeriod{{1, "Last 24 hours"}, {7, "Last 7 days"}, {30, "Last 30 days"}}
}

// choice is an option of a select, or a checkbox.
type choice struct {
	Value, Title string
	Chosen       bool
}

func (w *Web) runsPage(c *gin.Context) error {
	ctx, d := c.Request.Context(), w.desk(c)
	k, err := know(ctx, d, needCompanies)
	if err != nil {
		return err
	}
	q := c.Request.URL.Query()
	filter := export.RunFilter{
		Exporter: export.ID(q.Get("exporter")), Company: export.RealmID(q.Get("company")),
		Status: export.RunStatus(q.Get("status")), Trigger: export.Trigger(q.Get("trigger")),
		Before: export.ID(q.Get("before")), Limit: 50,
	}
	for _, p := range runPeriods() {
		if q.Get("period") == strconv.Itoa(p.days) {
			filter.Since = w.o.Now().AddDate(0, 0, -p.days)
		}
	}
	runs, next, err := d.Runs(ctx, filter)
	if err != nil {
		return err
	}
	exporters, err := exporterChoices(ctx, d, q.Get("exporter"))
	if err != nil {
		return err
	}
	view := runsView{
		Runs: w.groupedRows(runs, k), Filters: runFilters(exporters, companyChoices(k.companies, q.Get("company")), q),
	}
	for _, f := range view.Filters {
		view.Filtered = view.Filtered || q.Get(f.ID) != ""
	}
	view.Pages = newPager("/runs", q, "before", string(next))
	view.Pages.FirstTitle, view.Pages.NextTitle = "Newest", "Older"
	f := frame{Title: "Runs", Section: "runs"}
	if filter.Before == "" {
		f.Live = liveAll
	}
	return w.page(c, http.StatusOK, "runs", f, view)
}

func choose(value string, list ...choice) []choice {
	for i := range list {
		list[i].Chosen = list[i].Value == value
	}
	return list
}

// exporterChoices offers the first exporters by name, and the chosen one. People come to the runs of any other from its
// own page.
func exporterChoices(ctx context.Context, d *control.Desk, chosen string) ([]choice, error) {
	list := []choice{{Title: "Any exporter"}}
	names, err := d.NameExporters(ctx, control.ExporterQuery{Limit: mostChoices})
	if err != nil {
		return nil, err
	}
	found := chosen == ""
	for _, n := range names {
		list = append(list, choice{Value: string(n.ID), Title: n.Name})
		found = found || string(n.ID) == chosen
	}
	if !found {
		if e, err := d.Exporter(ctx, export.ID(chosen)); err == nil {
			list = append(list, choice{Value: chosen, Title: e.Name})
		}
	}
	return choose(chosen, list...), nil
}
