package web

import (
	"context"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// dryRunView is what a run would do to the sheet now.
type dryRunView struct {
	Title, Back string
	Sentence    string
	Edited      string // what people have edited; empty if nothing
	Requests    string
	Warnings    []string
	Rows        []dryRow
	More        string // how many other rows there are; empty for none
	Error       *problemView
}

// dryRow is one cell that would change, or a row that would come or go.
type dryRow struct {
	Row              rowName
	Column, Old, New string
}

// rowName says which row it is: as people call it, and by its key.
type rowName struct{ Name, Key string }

// nameRow leaves out a name that the key says already.
func nameRow(name, key string) rowName {
	if strings.Contains(key, name) {
		name = ""
	}
	return rowName{shorten(name), key}
}

// shownChanges limits the rows that a dry run's view lists.
const shownChanges = 12

func newDryRunView(
	set *change.Set, requests export.Requests, warnings []export.Warning, kinds columnKinds,
) dryRunView {
	view := dryRunView{
		Sentence: "A run now would write nothing: the sheet is right already.",
		Requests: "It would take " + plural(requests.QuickBooks, "request", "requests") + " to QuickBooks and " +
			count(requests.Sheets) + " to Google. Nothing has been written.",
		Warnings: export.WarningTexts(warnings),
	}
	if differing := set.Added + set.Changed + set.Removed; differing > 0 {
		view.Sentence = "A run now would add " + plural(set.Added, "row", "rows") + ", change " + count(set.Changed) +
			" and take out " + count(set.Removed) + "."
		shown := set.Items[:min(len(set.Items), shownChanges)]
		for _, item := range shown {
			view.Rows = append(view.Rows, dryRows(item, kinds)...)
		}
		if more := differing - len(shown); more > 0 {
			view.More = plural(more, "more row", "more rows")
		}
	}
	if set.Edited > 0 {
		view.Edited = editedSentence(set)
	}
	return view
}

func dryRows(item change.Item, kinds columnKinds) []dryRow {
	row := nameRow(item.Name, item.Key)
	switch item.Kind {
	case change.Added:
		fresh := kinds.line(item.Cells, func(c change.Cell) change.Value { return c.New })
		return []dryRow{{row, "The row", "", fresh}}
	case change.Removed:
		was := kinds.line(item.Cells, func(c change.Cell) change.Value { return c.Old })
		return []dryRow{{row, "The row", was, "is taken out"}}
	}
	var list []dryRow
	for _, c := range item.Cells {
		list = append(list, dryRow{
			row, c.Column, kinds.shown(c.Column, c.Old), kinds.shown(c.Column, c.New),
		})
	}
	return list
}

// dryRun says what a run would do now. It reads everything, so it may take as long as a preview.
func (w *Web) dryRun(c *gin.Context) error {
	d := w.desk(c)
	e, err := d.Exporter(c.Request.Context(), export.ID(c.Param("id")))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(c.Request.Context(), previewTime)
	defer cancel()
	var view dryRunView
	status := http.StatusOK
	dry, err := d.DryRun(ctx, e.ID)
	if err == nil {
		view = newDryRunView(dry.Change, dry.Requests, dry.Warnings, kindsOf(d, e))
	} else {
		p := problem.From(err)
		if p.Code == problem.Internal || p.Code == problem.Cancelled {
			return err
		}
		view.Error, status = problemViewOf(p), p.Code.Status()
	}
	view.Title, view.Back = e.Name, "/exporters/"+string(e.ID)
	if wantsFragment(c) {
		return w.answerFragment(c, status, "dryrun", view)
	}
	return w.page(c, status, "dry_run", frame{Title: "What a run would change: " + e.Name, Section: "exporters"}, view)
}
