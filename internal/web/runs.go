package web

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// runRow is one run in a list.
type runRow struct {
	ID         export.ID
	Name       string
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
		row.Problem = r.Problem.Message
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
	Runs      []runRow
	Pages     pager
	Filtered  bool
	Statuses  []choice
	Triggers  []choice
	Periods   []choice
	Exporters []choice
	Companies []choice
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
	if days, ok := map[string]int{"1": 1, "7": 7, "30": 30}[q.Get("period")]; ok {
		filter.Since = w.o.Now().Add(-time.Duration(days) * 24 * time.Hour)
	}
	runs, next, err := d.Runs(ctx, filter)
	if err != nil {
		return err
	}
	view := runsView{Runs: w.runRows(runs)}
	view.Statuses = choose(q.Get("status"), []choice{
		{Value: "", Title: "Any state"},
		{Value: "running", Title: "Running"},
		{Value: "queued", Title: "Queued"},
		{Value: "succeeded", Title: "Succeeded"},
		{Value: "failed", Title: "Failed"},
		{Value: "cancelled", Title: "Cancelled"},
	}...)
	view.Triggers = choose(q.Get("trigger"), []choice{
		{Value: "", Title: "Any trigger"},
		{Value: "schedule", Title: "Schedule"},
		{Value: "manual", Title: "By hand"},
		{Value: "catch_up", Title: "Catch-up"},
		{Value: "api", Title: "API"},
		{Value: "undo", Title: "Undo"},
	}...)
	view.Periods = choose(q.Get("period"), []choice{
		{Value: "", Title: "All time"},
		{Value: "1", Title: "Last 24 hours"},
		{Value: "7", Title: "Last 7 days"},
		{Value: "30", Title: "Last 30 days"},
	}...)
	if view.Exporters, err = exporterChoices(ctx, d, q.Get("exporter")); err != nil {
		return err
	}
	view.Companies = companyChoices(k.companies, q.Get("company"))
	for _, key := range []string{"status", "trigger", "period", "exporter", "company"} {
		view.Filtered = view.Filtered || q.Get(key) != ""
	}
	view.Pages = newPager("/runs", q, "before", string(next))
	view.Pages.FirstTitle, view.Pages.NextTitle = "Newest", "Older"
	f := frame{Title: "Runs", Section: "runs"}
	if filter.Before == "" {
		f.Live = 5
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
