package web

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

const startPath = "/start"

// stepsView is the checklist on the first page until the first run by schedule has succeeded.
type stepsView struct {
	Companies, Accounts, Exporters int
	QuickBooks, Google             bool // the apps' credentials are set
	Packs                          []packCard
	Next                           string // when the first run by schedule is due; empty if none is
	Filled                         bool   // a run has succeeded
	Done                           bool
	Sheet                          string // of the run by schedule
	MayTryDemo                     bool   // by a button
	Demo                           control.DemoPlace
}

// steps returns the checklist; nil if there is none to show.
func (w *Web) steps(c *gin.Context, d *control.Desk, k known) (*stepsView, error) {
	ctx := c.Request.Context()
	if w.o.Settings.Demo && k.census.All > 0 {
		return nil, nil
	}
	f, err := d.FirstSteps(ctx, len(k.companies), len(k.accounts), k.census.All)
	if err != nil || f.Closed {
		return nil, err
	}
	v := stepsView{
		Companies: f.Companies, Accounts: f.Accounts, Exporters: f.Exporters, Packs: packCards(d, ""), Done: f.Done(),
	}
	v.QuickBooks, v.Google = d.Ready()
	v.Demo, v.MayTryDemo = d.MayTryDemo()
	if f.Done() {
		v.Sheet = f.Scheduled.URL
	}
	if v.Exporters == 0 {
		return &v, nil
	}
	v.Next = viewerOf(c).next(k.census.Next, w.o.Now())
	runs, _, err := d.Runs(ctx, export.RunFilter{Status: export.RunSucceeded, Limit: 1})
	v.Filled = len(runs) > 0
	return &v, err
}

// closeSteps notes that a person has read that all is done.
func (w *Web) closeSteps(c *gin.Context) error {
	if err := w.desk(c).CloseFirstSteps(c.Request.Context()); err != nil {
		return err
	}
	return seeOther(c, "/")
}

// tryDemo starts the demo beside this installation, and shows where it is.
func (w *Web) tryDemo(c *gin.Context) error {
	if _, err := w.desk(c).TryDemo(c.Request.Context()); err != nil {
		return err
	}
	return seeOther(c, "/#demo")
}

// startView is the page that tests the set-up.
type startView struct {
	Findings   []control.Finding // nil until the test is asked for
	Wrong      int
	Tested     bool
	QuickBooks string // the redirect URIs
	Google     string
}

// startPage shows what is to be set up, and tests it if it is asked to.
func (w *Web) startPage(c *gin.Context) error {
	view := startView{
		Tested: c.Query("test") != "", QuickBooks: w.o.Settings.BaseURL + "/oauth/quickbooks/callback",
		Google: w.o.Settings.BaseURL + "/oauth/google/callback",
	}
	if view.Tested {
		var err error
		if view.Findings, err = w.desk(c).Examine(c.Request.Context()); err != nil {
			return err
		}
		for i, f := range view.Findings {
			if f.Wrong {
				view.Wrong++
			}
			view.Findings[i].Says, view.Findings[i].Remedy = isolateRuns(f.Says), isolateRuns(f.Remedy)
		}
	}
	return w.page(c, http.StatusOK, "start", frame{Title: "Set-up", Section: "connections"}, view)
}
