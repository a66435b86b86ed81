package web

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/problem"
)

// productionPath is the checklist before the first real company.
const productionPath = "/connections/production"

// productionView is the checklist.
type productionView struct {
	Parts     []checkPart
	Real      bool // for real companies
	Done, All int
	Assessed  string // day of the last assessment, for the field
	Today     string
	Errors    []fieldError
}

type checkPart struct {
	ID, Title, Lead string
	Checks          []checkRow
}

type checkRow struct {
	control.Check
	Pill   pill
	Ticked bool
	Dated  bool // a day is entered
}

func (w *Web) productionPage(c *gin.Context) error { return w.showProduction(c, http.StatusOK, nil) }

func (w *Web) showProduction(c *gin.Context, status int, wrong []fieldError) error {
	ctx, d := c.Request.Context(), w.desk(c)
	checks, err := d.Checklist(ctx)
	if err != nil {
		return err
	}
	assessed, err := d.AssessedAt(ctx)
	if err != nil {
		return err
	}
	view := productionView{
		Real: w.o.Settings.Environment == "production", Today: w.o.Now().UTC().Format(time.DateOnly), Errors: wrong,
		Parts: []checkPart{
			{ID: "intuit", Title: "Intuit", Lead: "Intuit wants every installation to have an app of its own, so " +
				"that its keys are only yours."},
			{ID: "google", Title: "Google", Lead: "Google wants a project of your own, too. A service account does " +
				"without a consent screen."},
		},
	}
	if !assessed.IsZero() {
		view.Assessed = assessed.UTC().Format(time.DateOnly)
	}
	for _, check := range checks {
		part := &view.Parts[0]
		if check.Provider == "Google" {
			part = &view.Parts[1]
		}
		row := checkRow{Check: check, Pill: checkPill(check), Dated: check.ID == "intuit_assessment"}
		row.Ticked = check.Ticks && check.State == control.CheckDone
		part.Checks = append(part.Checks, row)
		if check.Optional {
			continue
		}
		if view.All++; check.State == control.CheckDone {
			view.Done++
		}
	}
	return w.page(c, status, "production", frame{Title: "Going live", Section: "connections"}, view)
}

func checkPill(c control.Check) pill {
	switch {
	case c.State == control.CheckDone:
		return pill{"Done", "check", toneGood}
	case c.Optional:
		return pill{"Optional", "dot", toneQuiet}
	case c.State == control.CheckTodo:
		return pill{"To do", "warn", toneWarn}
	}
	return pill{"Open", "dot", toneQuiet}
}

func (w *Web) tickCheck(c *gin.Context) error {
	err := w.desk(c).Tick(c.Request.Context(), c.Param("id"), c.PostForm("done") == "true")
	if err != nil {
		return err
	}
	return seeOther(c, productionPath+"#"+url.PathEscape(c.Param("id")))
}

func (w *Web) noteAssessment(c *gin.Context) error {
	day, err := time.Parse(time.DateOnly, strings.TrimSpace(c.PostForm("assessed")))
	if err != nil {
		return w.showProduction(c, http.StatusUnprocessableEntity, []fieldError{
			{"assessed", "Last answered on", "is a day such as 2026-03-29"},
		})
	}
	err = w.desk(c).Assessed(c.Request.Context(), day)
	if p := problem.From(err); p != nil && p.Code == problem.InvalidInput {
		return w.showProduction(c, http.StatusUnprocessableEntity, []fieldError{
			{"assessed", "Last answered on", p.Fields["assessed"]},
		})
	}
	if err != nil {
		return err
	}
	w.notify(c, toneGood, "You will be reminded before the next assessment.", "")
	return seeOther(c, productionPath+"#intuit_assessment")
}

// questionnaireView has the answers to Intuit's questions, to be printed.
type questionnaireView struct {
	Sections []answerSection
	Version  string
	Made     moment
	Address  string
}

type answerSection struct {
	Title   string
	Answers []control.Answer
}

func (w *Web) questionnairePage(c *gin.Context) error {
	answers, err := w.desk(c).Questionnaire()
	if err != nil {
		return err
	}
	view := questionnaireView{
		Version: w.o.Settings.Version, Made: w.moment(w.o.Now()), Address: w.o.Settings.BaseURL,
	}
	for _, a := range answers {
		if n := len(view.Sections); n == 0 || view.Sections[n-1].Title != a.Section {
			view.Sections = append(view.Sections, answerSection{Title: a.Section})
		}
		last := &view.Sections[len(view.Sections)-1]
		last.Answers = append(last.Answers, a)
	}
	return w.page(c, http.StatusOK, "questionnaire",
		frame{Title: "Answers for Intuit's questionnaire", Section: "connections"}, view)
}

// pasteView is the form for the address on which a consent has ended in a browser that cannot reach this installation.
type pasteView struct {
	Address string
	Errors  []fieldError
	Example string
}

func (w *Web) pastePage(c *gin.Context) error { return w.showPaste(c, http.StatusOK, "") }

func (w *Web) showPaste(c *gin.Context, status int, wrong string) error {
	view := pasteView{
		Address: c.PostForm("address"),
		Example: w.o.Settings.BaseURL + "/oauth/quickbooks/callback?code=…&state=…&realmId=…",
	}
	if wrong != "" {
		view.Errors = []fieldError{{"address", "Address", wrong}}
	}
	return w.page(c, status, "paste", frame{Title: "Paste the address", Section: "connections"}, view)
}

// paste finishes a consent whose answer could not reach this installation: the address has everything that it would
// have brought. It is bound to the session like any other answer.
func (w *Web) paste(c *gin.Context) error {
	address, err := url.Parse(strings.TrimSpace(c.PostForm("address")))
	if err != nil || address.RawQuery == "" {
		return w.showPaste(c, http.StatusUnprocessableEntity,
			"is not whole: copy all of it, from http to the end, with everything behind the question mark")
	}
	for _, k := range []connectionKind{companyPages(), accountPages()} {
		if address.Path != k.callback {
			continue
		}
		query, err := url.ParseQuery(address.RawQuery)
		if err != nil || query.Get("state") == "" {
			return w.showPaste(c, http.StatusUnprocessableEntity, "has lost a part: copy it again from the browser")
		}
		return k.endWith(w, c, query)
	}
	return w.showPaste(c, http.StatusUnprocessableEntity,
		"is not the one on which a consent ends: that has /oauth/quickbooks/callback or /oauth/google/callback in it")
}
