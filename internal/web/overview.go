package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// overviewView is the first page: what needs attention, then all exporters.
type overviewView struct {
	Attention  []attention
	Unlisted   string // what else needs a person; empty if nothing does
	Exporters  []exporterRow
	All        int // exporters
	Counts     []figure
	Companies  int
	Accounts   int
	QuickBooks bool // the Intuit app's credentials are set
	Google     bool
	Recent     []runRow
}

// figure is a number with its name.
type figure struct{ Title, Value, Note, Href string }

// attention is one thing that needs a person, with the one action that fixes it.
type attention struct {
	Pill   pill
	Text   string
	Hint   string
	Action string // label of the button or link
	Post   string // address of the form, if it is one
	Href   string // address of the link, if it is one
}

func (w *Web) overviewPage(c *gin.Context) error {
	ctx, d := c.Request.Context(), w.desk(c)
	known, err := know(ctx, d, needCompanies|needAccounts|needCensus)
	if err != nil {
		return err
	}
	first, _, err := d.ListExporters(ctx, control.ExporterQuery{Limit: exportersAtFirst})
	if err != nil {
		return err
	}
	view := overviewView{
		Exporters: w.exporterRows(first, known), All: known.census.All, Companies: len(known.companies),
		Accounts: len(known.accounts), Counts: figures(known.census),
	}
	view.QuickBooks, view.Google = d.Ready()
	if view.Attention, err = w.attention(ctx, known); err != nil {
		return err
	}
	if more := len(view.Attention) - mostAttention; more > 0 {
		view.Attention, view.Unlisted = view.Attention[:mostAttention], "More needs you"
	}
	recent, _, err := d.Runs(ctx, export.RunFilter{Limit: 6})
	if err != nil {
		return err
	}
	view.Recent = w.runRows(recent)
	f := frame{Title: "Overview", Section: "overview", Live: liveAll}
	return w.page(c, http.StatusOK, "overview", f, view)
}

func figures(c control.Census) []figure {
	bad := 0
	for _, state := range chosenStates(stateAttention) {
		bad += c.By[state]
	}
	list := func(state string) string { return "/exporters?state=" + state }
	return []figure{
		{"Exporters", count(c.All), plural(c.Scheduled, "scheduled", "scheduled"), "/exporters"},
		{"Up to date", count(c.By[control.StateOK]), "last run succeeded", list(string(control.StateOK))},
		{"Running now", count(c.By[control.StateRunning]), "queued or running", list(string(control.StateRunning))},
		{"Need a look", count(bad), "failed, blocked, late or with differences", list(stateAttention)},
	}
}

// attention lists what is broken or soon will be, the worst first: one item for each cause.
func (w *Web) attention(ctx context.Context, k known) ([]attention, error) {
	status, err := k.desk.Status(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]attention, len(status.Causes))
	for i, cause := range status.Causes {
		a := w.attentionTo(cause, k)
		a.Text, a.Hint = isolateRuns(a.Text), isolateRuns(a.Hint)
		list[i] = a
	}
	return list, nil
}

func (w *Web) attentionTo(cause control.Cause, k known) attention {
	switch company, account := cause.Block.Company, cause.Block.Account; {
	case cause.Code == control.CauseEndsSoon:
		a := reconnectCompany(*company)
		a.Pill, a.Hint = pill{"Ends soon", "clock", toneWarn}, cause.Action
		a.Text = fmt.Sprintf("QuickBooks access to %s ends %s.", isolate(company.Name),
			ago(control.EndOf(*company), w.o.Now()))
		return a
	case company != nil:
		return companyAttention(*company, cause, k)
	case account != nil:
		return accountAttention(*account, cause)
	}
	return w.causeAttention(cause)
}

// companyAttention tells of a company that QuickBooks does not answer for.
func companyAttention(c export.Company, cause control.Cause, k known) attention {
	waiting := k.describeWaiting(c.Realm, len(cause.Waiting))
	if c.Refused() {
		a := testCompany(c)
		a.Pill, a.Text = pillOf(stateRefused), isolate(c.Name)+": "+c.LastError.Message
		a.Hint = joinSentences(c.LastError.Hint, waiting)
		return a
	}
	a := reconnectCompany(c)
	a.Pill, a.Text = pillOf(companyState(c)), cause.Title
	hint := ""
	if p := c.LastError; p != nil && p.Hint != problem.New(p.Code, "").Hint {
		hint = p.Hint // the standing one only says where the button is
	}
	a.Hint = joinSentences(cause.Detail, hint, waiting)
	return a
}

func accountAttention(account export.GoogleAccount, cause control.Cause) attention {
	a := reconnectAccount(account)
	a.Pill, a.Text = pillOf(connectionState(account.Status)), cause.Title
	a.Hint = "Nothing is written with this account until it is reconnected."
	return a
}

// causeAttention tells of a cause that lies with exporters or what they are about.
func (w *Web) causeAttention(cause control.Cause) attention {
	a := attention{Pill: pillOf(stateFailed), Text: cause.Title}
	states := string(control.StateFailing)
	switch cause.Code {
	case control.CauseLate:
		a.Pill, states = pillOf(stateLate), string(control.StateLate)
	case control.CauseDifferences:
		a.Pill, states = pillOf(stateDiffers), string(control.StateDiffers)
	}
	if len(cause.Waiting) == 1 {
		return w.oneAttention(a, cause)
	}
	query := url.Values{"state": {states}}
	if cause.Company != "" {
		query.Set("company", string(cause.Company))
	}
	a.Hint = joinSentences(cause.Detail, cause.Action, nameSome(cause.Waiting))
	a.Action, a.Href = "Show the exporters", "/exporters?"+query.Encode()
	return a
}

// oneAttention tells of a cause for which one exporter waits.
func (w *Web) oneAttention(a attention, cause control.Cause) attention {
	e := cause.Waiting[0]
	a.Action, a.Href = "Open run", "/runs/"+string(cause.Run)
	switch {
	case cause.Code == control.CauseLate:
		a.Text = isolate(e.Name) + " was due " + ago(cause.Since, w.o.Now()) + " and has not begun."
		a.Action, a.Href = "Open exporter", "/exporters/"+string(e.ID)
		a.Hint = "The service may just have started, or all workers are busy."
	case cause.Code == control.CauseDifferences:
		a.Text = isolate(e.Name) + ": QuickBooks' own figures disagree with each other."
		a.Hint = "The sheet shows exactly what QuickBooks shows. Look at them, or say that they are known."
	default:
		a.Text, a.Hint = isolate(e.Name)+": "+cause.Detail, cause.Hint
	}
	return a
}

// nameSome names the first exporters that wait for something.
func nameSome(waiting []control.Named) string {
	names := exporterNames(waiting[:min(len(waiting), 3)])
	text := "These wait: " + strings.Join(isolateEach(names, isolate), ", ")
	if more := len(waiting) - len(names); more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text + "."
}

// joinSentences joins those that are not empty.
func joinSentences(list ...string) string {
	return strings.Join(slices.DeleteFunc(list, func(s string) bool { return s == "" }), " ")
}
