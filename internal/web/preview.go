package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/download"
	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/sheetfile"
	"ledgersheet/internal/table"
)

// previewTime is the longest that people wait for a preview.
const previewTime = 60 * time.Second

// previewView is the beginning of what a run would write.
type previewView struct {
	Title    string
	Columns  []previewColumn
	Rows     []previewRow
	Sentence string
	Warnings []string
	Error    *problemView
	Errors   []fieldError
	Back     string
}

type previewColumn struct {
	Title, Key, Kind string
	Right            bool
}

type previewRow struct {
	Class string // "section" or "total" in statements
	Cells []previewCell
}

type previewCell struct {
	Text, Title string
	Class       string
	Indent      int
}

// optionsOf returns the options of a type; none if the type is unknown.
func optionsOf(d *control.Desk, definition string) []export.Option {
	def, err := d.Definition(definition)
	if err != nil {
		return nil
	}
	return def.OptionList()
}

// fetchPreview reads rows. What the person can fix is returned as a problem, anything else as an error.
func fetchPreview(ctx context.Context, d *control.Desk, e export.Exporter) (
	pipeline.Preview, *problem.Problem, error,
) {
	ctx, cancel := context.WithTimeout(ctx, previewTime)
	defer cancel()
	got, err := d.Preview(ctx, e)
	if err == nil {
		return got, nil, nil
	}
	p := problem.From(err)
	if p.Code == problem.Internal || p.Code == problem.Cancelled {
		return got, nil, err
	}
	return got, p, nil
}

// problemPreview says why there are no rows; nil if nothing is wrong.
func problemPreview(d *control.Desk, e export.Exporter, p *problem.Problem) *previewView {
	if p == nil {
		return nil
	}
	view := previewView{Error: problemViewOf(p)}
	if p.Code == problem.InvalidInput {
		view.Errors = formErrors(p, optionsOf(d, e.Definition))
	}
	return &view
}

// preview reads rows. What the person can fix is returned as a view and a problem, anything else as an error.
func preview(ctx context.Context, d *control.Desk, e export.Exporter) (previewView, *problem.Problem, error) {
	got, p, err := fetchPreview(ctx, d, e)
	if err != nil {
		return previewView{}, nil, err
	}
	if p != nil {
		return *problemPreview(d, e, p), p, nil
	}
	return newPreviewView(got, len(e.Filters) > 0), nil, nil
}

func newPreviewView(got pipeline.Preview, filtered bool) previewView {
	view := previewView{Warnings: isolateEach(got.Warnings, isolateRuns)}
	for _, col := range got.Columns {
		view.Columns = append(view.Columns, previewColumn{col.Title, col.ID, col.Kind.String(), rightAligned(col.Kind)})
	}
	for _, row := range got.Rows {
		view.Rows = append(view.Rows, newPreviewRow(row, got.Columns))
	}
	switch {
	case len(got.Rows) == 0:
		view.Sentence = "QuickBooks has no rows for this. The sheet would get the header alone."
	case got.Total < 0:
		view.Sentence = "The first " + plural(len(got.Rows), "row", "rows") +
			"; QuickBooks does not say how many there are."
	case got.Total <= len(got.Rows):
		view.Sentence = "All " + plural(len(got.Rows), "row", "rows") + "."
	case filtered:
		view.Sentence = "The first " + count(len(got.Rows)) + " rows; QuickBooks has " + count(got.Total) +
			", before filters that are applied here."
	default:
		view.Sentence = "The first " + count(len(got.Rows)) + " of " + plural(got.Total, "row", "rows") + "."
	}
	for _, period := range got.Periods {
		if period != "" {
			if day, isDay := strings.CutPrefix(period, "as of "); isDay {
				period = "As of " + day
			}
			view.Sentence += " " + markDates(period) + "."
			break
		}
	}
	return view
}

func rightAligned(k table.Kind) bool { return k == table.Money || k == table.Number }

func newPreviewRow(row table.Row, columns []table.Column) previewRow {
	var r previewRow
	switch row.Role {
	case table.Section:
		r.Class = "section"
	case table.Total:
		r.Class = "total"
	}
	for i, cell := range row.Cells {
		p := previewCell{Text: cell.String()}
		switch cell.Kind() {
		case table.Money:
			a := amountOf(p.Text)
			p.Text, p.Class = a.Text, "num"
			if a.Negative {
				p.Class = "num neg"
			}
		case table.Number:
			p.Text, p.Class = groupDigits(p.Text), "num"
		case table.Bool:
			if p.Text == "true" {
				p.Text = "yes"
			} else if !cell.Blank() {
				p.Text = "no"
			}
		case table.DateTime:
			if t, ok := cell.Time(); ok {
				p.Text = t.Format("2006-01-02 15:04:05")
			}
		}
		if columns[i].Label {
			p.Indent = min(int(row.Level), 6)
		}
		if runes := []rune(p.Text); len(runes) > 80 {
			p.Title, p.Text = p.Text, string(runes[:79])+"…"
		}
		r.Cells = append(r.Cells, p)
	}
	return r
}

func (w *Web) previewExporter(c *gin.Context) error {
	ctx, d := c.Request.Context(), w.desk(c)
	e, err := d.Exporter(ctx, export.ID(c.Param("id")))
	if err != nil {
		return err
	}
	view, p, err := preview(ctx, d, e)
	if err != nil {
		return err
	}
	view.Title, view.Back = e.Name, "/exporters/"+string(e.ID)
	status := http.StatusOK
	if p != nil {
		status = p.Code.Status()
	}
	if wantsFragment(c) {
		return w.answerFragment(c, status, "preview", view)
	}
	return w.page(c, status, "preview", frame{Title: "Preview of " + isolate(e.Name), Section: "exporters"}, view)
}

// download sends what a run would write now as a file. What is wrong comes as an error page.
func (w *Web) download(c *gin.Context) error {
	return download.Answer(c.Writer, func() (*sheetfile.File, error) {
		return w.desk(c).Download(c.Request.Context(), export.ID(c.Param("id")), c.Query("format"))
	})
}

// keptFile sends the file that an exporter keeps, as it stands.
func (w *Web) keptFile(c *gin.Context) error {
	e, in, info, err := w.desk(c).OpenFile(c.Request.Context(), export.ID(c.Param("id")))
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // it was only read
	format := sheetfile.Format(e.Target.Kind)
	download.Kept(c.Writer, c.Request, e.Target.File, format, info.ModTime(), in)
	return nil
}

func (w *Web) previewDraft(c *gin.Context) error {
	ctx, d := c.Request.Context(), w.desk(c)
	form := c.Request.PostForm
	e, err := readForm(d, form)
	if err != nil {
		return err
	}
	e.ID = export.ID(form.Get("id"))
	rows, p, err := preview(ctx, d, e)
	if err != nil {
		return err
	}
	status := http.StatusOK
	if p != nil {
		explainWhen(p, form)
		status = p.Code.Status()
	}
	if wantsFragment(c) {
		return w.answerFragment(c, status, "preview", rows)
	}
	k, err := know(ctx, d, needCompanies|needAccounts)
	if err != nil {
		return err
	}
	return w.showForm(c, status, e, k, p, &rows)
}

// wantsFragment reports whether a script asks for part of a page.
func wantsFragment(c *gin.Context) bool { return c.GetHeader("X-Fragment") != "" }
