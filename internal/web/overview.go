package web

import (
	"fmt"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/export"
)

// overviewView is the first page: what needs attention, then all exporters.
type overviewView struct {
	Attention  []attention
	Exporters  []exporterRow
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
	known, err := know(ctx, d, needCompanies|needAccounts|needExporters)
	if err != nil {
		return err
	}
	rows, err := w.exporterRows(ctx, known)
	if err != nil {
		return err
	}
	view := overviewView{Exporters: rows, Companies: len(known.companies), Accounts: len(known.accounts)}
	view.QuickBooks, view.Google = d.Ready()
	view.Attention = w.attention(known, rows)
	view.Counts = w.figures(rows)
	recent, _, err := d.Runs(ctx, export.RunFilter{Limit: 6})
	if err != nil {
		return err
	}
	view.Recent = w.runRows(recent)
	f := frame{Title: "Overview", Section: "overview", Live: 5}
	return w.page(c, http.StatusOK, "overview", f, view)
}

func (w *Web) figures(rows []exporterRow) []figure {
	var good, bad, active, scheduled int
	for _, r := range rows {
		switch r.State {
		case stateSucceeded, stateUnchanged:
			good++
		case stateFailed, stateLate, stateDiffers:
			bad++
		case stateRunning, stateQueued, stateRetrying, stateStopping:
			active++
		}
		if r.Next.ISO != "" {
			scheduled++
		}
	}
	return []figure{
		{"Exporters", count(len(rows)), plural(scheduled, "scheduled", "scheduled"), "/exporters"},
		{"Up to date", count(good), "last run succeeded", "/runs?status=succeeded"},
		{"Running now", count(active), "queued or running", "/runs?status=running"},
		{"Need a look", count(bad), "failed, late or with differences", "/runs?status=failed"},
	}
}

// attention lists what is broken or soon will be, the worst first. Ended connections come first, because they explain
// failed runs.
func (w *Web) attention(k known, rows []exporterRow) []attention {
	now := w.o.Now()
	var list, later []attention
	for _, c := range k.companies {
		switch {
		case c.Status == export.ReconnectRequired:
			list = append(list, attention{
				Pill: pillOf(stateExpired), Text: "QuickBooks access to " + c.Name + " has ended.",
				Hint:   k.describeWaiting(c.Realm),
				Action: "Reconnect " + c.Name, Post: companyPath(c.Realm, "reconnect"),
			})
		case c.Status == export.Connected && !c.TokenExpiresAt.IsZero() && c.TokenExpiresAt.Sub(now) < warnBefore:
			later = append(later, attention{
				Pill:   pill{"Ends soon", "clock", toneWarn},
				Text:   fmt.Sprintf("QuickBooks access to %s ends %s.", c.Name, ago(c.TokenExpiresAt, now)),
				Hint:   "It is renewed by itself while exporters run. Reconnecting renews it at once.",
				Action: "Reconnect " + c.Name, Post: companyPath(c.Realm, "reconnect"),
			})
		}
	}
	for _, a := range k.accounts {
		if a.Status == export.ReconnectRequired {
			list = append(list, attention{
				Pill: pillOf(stateExpired), Text: "Google access for " + a.Email + " has ended.",
				Hint:   "Nothing is written with this account until it is reconnected.",
				Action: "Reconnect " + a.Email, Post: accountPath(a.ID, "reconnect"),
			})
		}
	}
	for _, r := range rows {
		switch r.State {
		case stateFailed:
			list = append(list, attention{
				Pill: r.Pill, Text: r.Name + ": " + r.Problem, Hint: r.ProblemHint,
				Action: "Open run", Href: "/runs/" + string(r.LastRun),
			})
		case stateDiffers:
			later = append(later, attention{
				Pill: r.Pill, Text: r.Name + ": QuickBooks' own figures disagree with each other.",
				Hint:   "The sheet shows exactly what QuickBooks shows. Look at them, or say that they are known.",
				Action: "Open run", Href: "/runs/" + string(r.LastRun),
			})
		case stateLate:
			list = append(list, attention{
				Pill: r.Pill, Text: r.Name + " was due " + r.Next.Words + " and has not begun.",
				Hint:   "The service may just have started, or all workers are busy.",
				Action: "Open exporter", Href: "/exporters/" + string(r.ID),
			})
		}
	}
	return append(list, later...)
}
