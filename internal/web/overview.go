package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

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

// warnBefore is how long before a grant ends the overview warns about it.
const warnBefore = 14 * 24 * time.Hour

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
	f := frame{Title: "Overview", Section: "overview", Live: 5}
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

// attention lists what is broken or soon will be, the worst first. Connections come first, because they explain failed
// runs.
func (w *Web) attention(ctx context.Context, k known) ([]attention, error) {
	var list, later []attention
	for _, c := range k.companies {
		if a, ok := companyAttention(c, k); ok {
			list = append(list, a)
		} else if a, ok := w.endingSoon(c); ok {
			later = append(later, a)
		}
	}
	for _, a := range k.accounts {
		if a.Status == export.ReconnectRequired {
			fix := reconnectAccount(a)
			fix.Pill, fix.Text = pillOf(stateExpired), "Google access for "+a.Email+" has ended."
			fix.Hint = "Nothing is written with this account until it is reconnected."
			list = append(list, fix)
		}
	}
	for _, states := range [][]control.State{{control.StateFailing, control.StateLate}, {control.StateDiffers}} {
		if !slices.ContainsFunc(states, func(s control.State) bool { return k.census.By[s] > 0 }) {
			continue
		}
		// One more than is shown tells that there are more.
		page, _, err := k.desk.ListExporters(ctx, control.ExporterQuery{States: states, Limit: mostAttention + 1})
		if err != nil {
			return nil, err
		}
		for _, r := range w.exporterRows(page, k) {
			switch a, ok := exporterAttention(r); {
			case ok && r.State == stateDiffers:
				later = append(later, a)
			case ok:
				list = append(list, a)
			}
		}
	}
	return append(list, later...), nil
}

// companyAttention tells of a company that QuickBooks does not answer for.
func companyAttention(c export.Company, k known) (attention, bool) {
	switch {
	case c.Status == export.ReconnectRequired:
		a := reconnectCompany(c)
		a.Pill, a.Text = pillOf(stateExpired), "QuickBooks access to "+c.Name+" has ended."
		why, hint := "", ""
		if p := c.LastError; p != nil {
			why = p.Message
			if p.Hint != problem.New(p.Code, "").Hint { // the standing one only says where the button is
				hint = p.Hint
			}
		}
		a.Hint = joinSentences(why, hint, k.describeWaiting(c.Realm))
		return a, true
	case c.Refused():
		a := testCompany(c)
		a.Pill, a.Text = pillOf(stateRefused), c.Name+": "+c.LastError.Message
		a.Hint = joinSentences(c.LastError.Hint, k.describeWaiting(c.Realm))
		return a, true
	}
	return attention{}, false
}

func (w *Web) endingSoon(c export.Company) (attention, bool) {
	now := w.o.Now()
	if c.Status != export.Connected || c.TokenExpiresAt.IsZero() || c.TokenExpiresAt.Sub(now) >= warnBefore {
		return attention{}, false
	}
	a := reconnectCompany(c)
	a.Pill = pill{"Ends soon", "clock", toneWarn}
	a.Text = fmt.Sprintf("QuickBooks access to %s ends %s.", c.Name, ago(c.TokenExpiresAt, now))
	a.Hint = "It is renewed by itself while exporters run. Reconnecting renews it at once."
	return a, true
}

// exporterAttention tells of an exporter that needs a person. One that its connection blocks is left out: the
// connection is in the list.
func exporterAttention(r exporterRow) (attention, bool) {
	run := attention{Pill: r.Pill, Action: "Open run", Href: "/runs/" + string(r.LastRun)}
	switch r.State {
	case stateFailed:
		run.Text, run.Hint = r.Name+": "+r.Problem, r.ProblemHint
		return run, true
	case stateDiffers:
		run.Text = r.Name + ": QuickBooks' own figures disagree with each other."
		run.Hint = "The sheet shows exactly what QuickBooks shows. Look at them, or say that they are known."
		return run, true
	case stateLate:
		return attention{
			Pill: r.Pill, Text: r.Name + " was due " + r.Next.Words + " and has not begun.",
			Hint:   "The service may just have started, or all workers are busy.",
			Action: "Open exporter", Href: "/exporters/" + string(r.ID),
		}, true
	}
	return attention{}, false
}

// joinSentences joins those that are not empty.
func joinSentences(list ...string) string {
	return strings.Join(slices.DeleteFunc(list, func(s string) bool { return s == "" }), " ")
}
