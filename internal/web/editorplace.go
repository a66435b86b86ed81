package web

import (
	"context"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// placePath looks at the spreadsheet that a form names.
const placePath = "/exporters/place"

// The inputs of the spreadsheet, and the choices that name none.
const (
	bookInput = "book"
	bookNew   = "new"
	bookOther = "other"
)

// placeView is what stands where a form's rows would be written, or why they cannot be.
type placeView struct {
	Title  string
	Start  string // what stands at the start cell
	Around [][]string
	Tabs   []string

	Error, Hint, Tone string
	Share             string // the e-mail to share the spreadsheet with
	Allow             string // where a form asks Google for access to existing spreadsheets
}

// readBook returns the spreadsheet of a form: the chosen one, or the one whose address was pasted.
func readBook(form url.Values) string {
	switch chosen := form.Get(bookInput); chosen {
	case "", bookOther:
		return form.Get("spreadsheet")
	case bookNew:
		return ""
	default:
		return chosen
	}
}

// bookChoices returns the spreadsheets to choose among: a new one, those that exporters write to, and any other.
func bookChoices(ctx context.Context, d *control.Desk, e export.Exporter) ([]bookChoice, error) {
	e.Normalize()
	known, err := d.Spreadsheets(ctx)
	if err != nil {
		return nil, err
	}
	chosen := e.Target.Spreadsheet
	list := []bookChoice{{choice: choice{bookNew, "A new spreadsheet", chosen == ""}}}
	found := chosen == ""
	for _, s := range known {
		is := s.ID == chosen
		found = found || is
		title := "That of “" + isolate(s.By[0]) + "”"
		if more := len(s.By) - 1; more > 0 {
			title += " and " + plural(more, "other", "others")
		}
		list = append(list, bookChoice{choice: choice{s.ID, title, is}, Account: string(s.Account)})
	}
	return append(list, bookChoice{choice: choice{bookOther, "Another one, by its address", !found}}), nil
}

// bookChoice is a spreadsheet to choose. Account is who writes to it.
type bookChoice struct {
	choice
	Account string
}

// checkPlace says whether a form's spreadsheet can be written, and what stands there. Google is asked; nothing is
// written.
func (w *Web) checkPlace(c *gin.Context) error {
	ctx, d := c.Request.Context(), w.desk(c)
	e, err := readForm(d, c.Request.PostForm)
	if err != nil {
		return err
	}
	e.ID = export.ID(c.PostForm("id"))
	view, err := lookAtPlace(ctx, d, e.Target)
	if err != nil {
		return err
	}
	if wantsFragment(c) {
		return w.answerFragment(c, http.StatusOK, "place", view)
	}
	k, err := know(ctx, d, needCompanies|needAccounts)
	if err != nil {
		return err
	}
	c.Set(placeKey, view)
	return w.showForm(c, http.StatusOK, e, k, nil, nil)
}

// placeKey is where a request keeps what checkPlace found.
const placeKey = "place"

func lookAtPlace(ctx context.Context, d *control.Desk, t export.Target) (*placeView, error) {
	e := export.Exporter{Target: t}
	e.Normalize()
	t = e.Target
	if t.Spreadsheet == "" {
		return &placeView{
			Tone: toneInfo, Error: "The first run makes a new spreadsheet.",
			Hint: "It gets the tab “" + isolate(t.Sheet) + "”, and belongs to the Google account.",
		}, nil
	}
	peek, err := d.Peek(ctx, t)
	if err != nil {
		return placeProblem(ctx, d, t, peek.Trashed, err)
	}
	v := &placeView{Title: peek.Title, Tabs: peek.Tabs, Around: peek.Cells}
	tab := "“" + isolate(t.Sheet) + "”"
	switch {
	case !peek.Found:
		v.Start = "The tab " + tab + " is not there yet; the first run makes it."
	case export.StartName(t.Start):
		v.Start = "Rows begin at the range named " + t.Start + "."
	case len(peek.Cells) == 0:
		v.Start = "Nothing stands at " + t.Start + " of " + tab + "."
	default:
		v.Start = "This stands at " + t.Start + " of " + tab + ". What is not ledgersheet's own is moved down, never " +
			"overwritten, unless you choose otherwise."
	}
	return v, nil
}

// placeProblem says why a spreadsheet cannot be written, with what helps. Errors that people can do nothing about are
// returned.
func placeProblem(ctx context.Context, d *control.Desk, t export.Target, binned bool, err error) (*placeView, error) {
	p := problem.From(err)
	if p.Code == problem.Internal || p.Code == problem.Cancelled {
		return nil, err
	}
	v := &placeView{Tone: toneBad, Error: isolateRuns(p.Message), Hint: isolateRuns(p.Hint)}
	a, missing := d.Account(ctx, t.Account)
	switch {
	case problem.HasCode(err, problem.NotFound) && missing != nil:
		v.Error, v.Hint = "No Google account is chosen.", "Choose one, or connect one on the page Connections."
	case binned || !problem.HasCode(err, problem.SpreadsheetNotFound, problem.SpreadsheetForbidden):
	case a.Kind == export.ServiceAccount || a.OpensExisting():
		v.Hint, v.Share = "In Google Sheets press Share, and let this address edit it. Then check again.", a.Email
	default:
		v.Hint = "This Google account may only open spreadsheets that ledgersheet has made."
		v.Allow = accountPath(a.ID, "reconnect")
	}
	return v, nil
}
