package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// draftPath answers what the editor's preview says about a form as it stands. The form is sent in the background.
const draftPath = "/exporters/draft"

// draftView is what the editor's preview says about a form as it stands. Apart from the rows, it asks nobody.
type draftView struct {
	Faults  []fieldError      // what keeps it from being saved
	Says    map[string]string // what each fold says of its content
	Name    string            // suggested for the exporter
	What    string            // one sentence
	Dates   []draftDates
	Note    string
	Header  []previewColumn // the columns, as long as no rows were read; none if QuickBooks decides
	Rows    *previewView
	Stale   string // why the rows are not those of this form
	Reading string // what showing the rows takes
	Cost    string // of the schedule
}

// draftDates are the days that a company's rows would be about today.
type draftDates struct{ Title, Text string }

// newDraftView describes a form. p is what is wrong with it, if that is known already, and rows are those that were
// just read for it.
func (w *Web) newDraftView(ctx context.Context, c *gin.Context, e export.Exporter, k known, rows *previewView) (
	*draftView, error,
) {
	d, err := k.desk.Definition(e.Definition)
	if err != nil {
		return nil, err
	}
	v := &draftView{Says: editorSays(ctx, d, e, k), Name: suggestName(d, e, k), What: draftSentence(d, e, k)}
	if v.Faults, err = draftFaults(ctx, e, k, c.Request.PostForm); err != nil {
		return nil, err
	}
	v.Dates, v.Note = draftPeriods(d, e, k, w.o.Now())
	v.Reading = readingWords(e)
	if v.Rows = rows; rows == nil {
		v.Rows, v.Stale = w.rows.find(signedInEmail(c), d, e, k.companies)
	}
	if v.Rows == nil {
		v.Header = draftHeader(d, e)
	}
	var cost scheduleView
	if err := cost.addCost(ctx, k.desk, e); err != nil {
		return nil, err
	}
	v.Cost = cost.Cost
	return v, nil
}

// draftFaults returns what would keep a form from being saved. It stores nothing.
func draftFaults(ctx context.Context, e export.Exporter, k known, form url.Values) ([]fieldError, error) {
	var err error
	if e.ID == "" {
		_, err = k.desk.TryCreate(ctx, e)
	} else {
		_, err = k.desk.TryUpdate(ctx, e.ID, e, 0)
	}
	if err == nil {
		return nil, nil
	}
	p := problem.From(err)
	switch p.Code {
	case problem.InvalidInput:
		explainWhen(p, form)
		list := formErrors(p, optionsOf(k.desk, e.Definition))
		for i := range list {
			if words := form.Get("when"); list[i].ID == "cron" && form.Has("when") && words != kindOwn {
				list[i].ID = "when"
			}
		}
		return list, nil
	case problem.NotFound, problem.Forbidden:
		return []fieldError{{"form", "Exporter", p.Message}}, nil
	}
	return nil, err
}

// draftSentence says whose rows of what these are.
func draftSentence(d export.Definition, e export.Exporter, k known) string {
	title := d.Info().Title
	switch len(e.Companies) {
	case 0:
		return title + " of no company yet"
	case 1:
		return title + " of " + isolate(k.company(e.Companies[0]))
	}
	return title + " of " + plural(len(e.Companies), "company", "companies")
}

// mostDates limits the companies whose dates are shown one by one.
const mostDates = 6

// draftPeriods returns which days the rows would be about if the exporter ran now, for each company unless they are
// the same, and what should be known about them.
func draftPeriods(d export.Definition, e export.Exporter, k known, now time.Time) (list []draftDates, note string) {
	zone, err := time.LoadLocation(e.Schedule.Timezone)
	if err != nil {
		zone = time.UTC
	}
	y, m, day := now.In(zone).Date()
	today := time.Date(y, m, day, 0, 0, 0, 0, time.UTC)
	title := "Dates"
	if path := export.DateColumn(d, e.Options); path != "" {
		if col, err := export.FindColumn(d, path); err == nil {
			title = col.Title
		}
	}
	for _, co := range k.companies {
		if !slices.Contains(e.Companies, co.Realm) {
			continue
		}
		if text := draftDays(d, e, today, co.FiscalYearStart); text != "" {
			list = append(list, draftDates{co.Name, text})
		}
	}
	same := func(a draftDates) bool { return a.Text == list[0].Text }
	if len(list) > 0 && !slices.ContainsFunc(list, func(a draftDates) bool { return !same(a) }) {
		list = []draftDates{{title, list[0].Text}}
	}
	if more := len(list) - mostDates; more > 0 {
		list, note = list[:mostDates], "And "+plural(more, "more company", "more companies")+"."
	}
	if len(list) > 0 && isMoving(d, e) {
		note = strings.TrimSpace(note + " As of today. Each run works them out anew.")
	}
	return list, note
}

// isMoving reports whether the days follow the day of the run.
func isMoving(d export.Definition, e export.Exporter) bool {
	if r, ok := d.(export.Report); ok && r.Dates == export.AsOfDay {
		return e.Option(d, export.OptReportDate) == ""
	}
	span := e.Option(d, export.OptDateRange)
	return span != export.RangeAll && span != export.RangeCustom
}

// draftDays returns the days of one company's rows; empty for definitions without dates, or if the dates are wrong.
func draftDays(d export.Definition, e export.Exporter, today time.Time, fiscal time.Month) string {
	if r, ok := d.(export.Report); ok && r.Dates == export.AsOfDay {
		at, err := time.Parse(time.DateOnly, e.Option(d, export.OptReportDate))
		if err != nil {
			at = today
		}
		return "As of " + markDate(at)
	}
	span := e.Option(d, export.OptDateRange)
	if span == "" {
		return ""
	}
	days, err := export.ResolveRange(span, today, fiscal, e.Options[export.OptStartDate],
		e.Options[export.OptEndDate])
	if err != nil {
		return ""
	}
	return daysWords(days, d)
}

func daysWords(days export.DateRange, d export.Definition) string {
	r, isReport := d.(export.Report)
	switch {
	case days.Start.IsZero() && days.End.IsZero():
		return "All dates"
	case days.Start.IsZero():
		return "Up to " + markDate(days.End)
	case days.End.IsZero():
		return "From " + markDate(days.Start)
	case isReport && r.Dates == export.BalanceAtEnd:
		return "As of " + markDate(days.End)
	case days.Start.Equal(days.End):
		return markDate(days.Start)
	}
	return markDate(days.Start) + " to " + markDate(days.End)
}

// callsOfPreview is how many requests a preview makes for each company at most.
const callsOfPreview = 2

// readingWords says what showing the rows takes.
func readingWords(e export.Exporter) string {
	if len(e.Companies) == 0 {
		return ""
	}
	return fmt.Sprintf("Nothing is read from QuickBooks while you type. Showing the rows takes at most %s, counted "+
		"like those of a run.", plural(callsOfPreview*len(e.Companies), "call", "calls"))
}

// draftHeader returns the columns as the sheet would begin; none for reports, whose columns QuickBooks decides.
func draftHeader(d export.Definition, e export.Exporter) []previewColumn {
	if _, isReport := d.(export.Report); isReport {
		return nil
	}
	var list []previewColumn
	for _, key := range draftColumns(d, e) {
		col, err := export.FindColumn(d, key)
		if err != nil {
			continue
		}
		list = append(list, previewColumn{
			Title: columnTitle(d, e, key), Key: key, Kind: col.Kind.String(), Right: rightAligned(col.Kind),
		})
	}
	return list
}

// draftColumns returns the keys of the columns in the order in which they would be written. Of several companies the
// company comes first.
func draftColumns(d export.Definition, e export.Exporter) []string {
	e.Normalize()
	keys := e.ResultColumns(d)
	if len(e.Companies) > 1 && e.Split != export.SplitCompany {
		keys = slices.DeleteFunc(slices.Clone(keys), func(key string) bool { return key == export.CompanyColumn })
		keys = slices.Insert(keys, 0, export.CompanyColumn)
	}
	return keys
}

// draftExporter answers with what the editor's preview says of a form. With "read" it reads the first rows, which are
// kept: columns can then be put in order, left out and named without reading again.
func (w *Web) draftExporter(c *gin.Context) error {
	ctx, d := c.Request.Context(), w.desk(c)
	form := c.Request.PostForm
	e, err := readForm(d, form)
	if err != nil {
		return err
	}
	e.ID = export.ID(form.Get("id"))
	k, err := know(ctx, d, needCompanies|needAccounts)
	if err != nil {
		return err
	}
	var rows *previewView
	status := http.StatusOK
	if form.Get("read") != "" {
		var p *problem.Problem
		if rows, p, err = w.readRows(c, e, k); err != nil {
			return err
		}
		if p != nil {
			explainWhen(p, form)
			status = p.Code.Status()
		}
	}
	view, err := w.newDraftView(ctx, c, e, k, rows)
	if err != nil {
		return err
	}
	return w.answerFragment(c, status, "draft", view)
}

// readRows reads the first rows of a form and keeps them for the person who is signed in.
func (w *Web) readRows(c *gin.Context, e export.Exporter, k known) (*previewView, *problem.Problem, error) {
	ctx := c.Request.Context()
	d, err := k.desk.Definition(e.Definition)
	if err != nil {
		return nil, nil, err
	}
	wide := widen(d, e)
	got, p, err := fetchPreview(ctx, k.desk, wide)
	if err != nil || p != nil {
		return problemPreview(k.desk, e, p), p, err
	}
	w.rows.keep(signedInEmail(c), d, wide, got)
	rows, _ := w.rows.find(signedInEmail(c), d, e, k.companies)
	return rows, nil, nil
}

// widen adds the columns that a list offers, so that those chosen next are there already. Sensitive ones, and those
// that take a look into another list, are only read if they were chosen. Reports are read as they are.
func widen(d export.Definition, e export.Exporter) export.Exporter {
	e.Normalize()
	entity, ok := d.(export.Entity)
	if !ok {
		return e
	}
	e.Titles, e.Mode, e.Target = nil, export.Replace, export.Target{}
	keys := slices.Clone(draftColumns(d, e))
	lines := export.WantsLines(d, e.Options)
	for _, col := range entity.Catalogue() {
		if !col.Sensitive && !looksUp(col.Path) && (lines || !col.Line()) && !slices.Contains(keys, col.Path) {
			keys = append(keys, col.Path)
		}
	}
	e.Columns = keys
	return e
}

// looksUp reports whether a column may take a look into the list that a record refers to. A preview looks into one.
func looksUp(path string) bool {
	_, field, ok := strings.Cut(path, "Ref.")
	return ok && field != "value" && field != "type"
}

// arrange returns what was read in the columns of a form; nil if a column is missing in it.
func arrange(d export.Definition, e export.Exporter, got keptRows) *keptRows {
	if _, isReport := d.(export.Report); isReport {
		return &got
	}
	var at []int
	var columns []table.Column
	for _, key := range draftColumns(d, e) {
		found := false
		for i, col := range got.columns {
			if matchesColumn(key, col.ID) {
				col.Title = cmp.Or(e.Titles[col.ID], col.Title)
				at, columns, found = append(at, i), append(columns, col), true
			}
		}
		if !found && !strings.HasSuffix(key, "*") {
			return nil
		}
	}
	arranged := got
	arranged.columns, arranged.rows = columns, nil
	for _, row := range got.rows {
		cells := make([]table.Cell, len(at))
		for i, n := range at {
			cells[i] = row.Cells[n]
		}
		row.Cells = cells
		arranged.rows = append(arranged.rows, row)
	}
	return &arranged
}

// matchesColumn reports whether a key, which may end in an asterisk, stands for the column.
func matchesColumn(key, id string) bool {
	if prefix, many := strings.CutSuffix(key, "*"); many {
		return strings.HasPrefix(id, prefix)
	}
	return key == id
}
