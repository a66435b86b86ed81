package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// overviewView is the first page: how all companies stand in a sentence, what needs a person, then a row for each
// company.
type overviewView struct {
	Sentence  sentence
	Attention []attention
	Unlisted  string // what else needs a person; empty if nothing does
	Rows      []bookRow
	Grouped   bool
	Clients   []choice
	Page      string // "Companies 21 to 40 of 200"; empty if there is one page
	Pages     pager
	Exporters int
	Counts    []figure
	Companies int
	Accounts  int
	Steps     *stepsView
	Recent    []runRow
}

// sentence says how everything stands.
type sentence struct {
	Good  string // "11 of 12 companies are current"
	At    moment // as of when; zero if nothing was ever read
	Bad   string // "Bluebird needs you"; empty if nothing does
	Empty string // "2 companies have no exporter"; empty if none does
}

// figure is a number with its name.
type figure struct{ Title, Value, Href string }

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
	ctx, d, q := c.Request.Context(), w.desk(c), c.Request.URL.Query()
	known, err := know(ctx, d, needCompanies|needAccounts|needCensus)
	if err != nil {
		return err
	}
	status, err := d.Status(ctx)
	if err != nil {
		return err
	}
	view := overviewView{
		Exporters: known.census.All, Companies: len(known.companies), Accounts: len(known.accounts),
		Counts: figures(known.census), Clients: clientChoices(known.companies, q.Get("client")),
	}
	if view.Steps, err = w.steps(c, d, known); err != nil {
		return err
	}
	view.Attention, view.Unlisted = w.attention(status.Causes, known)
	if view.Sentence, err = w.sentence(ctx, d, status, known); err != nil {
		return err
	}
	if err := w.fillPortfolio(c, d, status, known, &view); err != nil {
		return err
	}
	if view.Recent, err = w.recentRuns(ctx, known, export.RunFilter{}); err != nil {
		return err
	}
	f := frame{Title: "Overview", Section: "overview", Live: liveAll}
	return w.page(c, http.StatusOK, "overview", f, view)
}

// fillPortfolio fills in the rows of the page that was asked for.
func (w *Web) fillPortfolio(c *gin.Context, d *control.Desk, status control.Status, k known, v *overviewView) error {
	q := c.Request.URL.Query()
	companies := portfolioOrder(k.companies)
	if client := q.Get("client"); client != "" {
		companies = slices.DeleteFunc(companies, func(co export.Company) bool { return co.Client != client })
	}
	page, number, pages := pageOf(companies, portfolioPage, q.Get("page"))
	books, err := d.Books(c.Request.Context(), page...)
	if err != nil {
		return err
	}
	client := ""
	for _, b := range books {
		row := w.bookRow(b, concerning(status.Causes, b.Company.Realm))
		if name := b.Company.Client; len(v.Clients) > 0 && (len(v.Rows) == 0 || name != client) {
			client, row.Client = name, cmp.Or(name, "Without a client")
		}
		v.Rows = append(v.Rows, row)
	}
	if pages == 1 {
		return nil
	}
	first := (number - 1) * portfolioPage
	v.Page = fmt.Sprintf("Companies %s to %s of %s", count(first+1), count(first+len(page)), count(len(companies)))
	next := ""
	if number < pages {
		next = strconv.Itoa(number + 1)
	}
	v.Pages = newPager("/", q, "page", next)
	return nil
}

// sentence says how everything stands, and whom that is due to.
func (w *Web) sentence(
	ctx context.Context, d *control.Desk, status control.Status, k known,
) (sentence, error) {
	if status.Companies == 0 {
		return sentence{Good: "No company is connected yet"}, nil
	}
	s := sentence{}
	runs, _, err := d.Runs(ctx, export.RunFilter{Status: export.RunSucceeded, Limit: 1})
	if err != nil {
		return s, err
	}
	if len(runs) > 0 {
		s.At = w.moment(runs[0].FinishedAt)
		s.At.Words = clockWords(runs[0].FinishedAt, w.o.Now())
	}
	switch {
	case k.census.By[control.StateNeverRun] == k.census.All:
		s.Good = plural(status.Companies, "company is connected", "companies are connected")
		s.At = moment{}
	case status.Current == status.Companies:
		s.Good = "All " + count(status.Companies) + " companies are current"
	default:
		s.Good = fmt.Sprintf("%s of %s companies are current", count(status.Current), count(status.Companies))
	}
	s.Bad = needing(status, k.companies)
	if status.Empty > 0 && k.census.All > 0 {
		s.Empty = plural(status.Empty, "company has", "companies have") + " no exporter"
	}
	return s, nil
}

// clockWords says when something was, marked: the time of today, or the day and the time.
func clockWords(t, now time.Time) string { return markClock(t, now) }

// needing names the companies that need a person; if only something else does, it says so.
func needing(status control.Status, companies []export.Company) string {
	var names []string
	for _, co := range companies {
		own := func(c control.Cause) bool { return !c.Elsewhere(co.Realm) }
		if slices.ContainsFunc(concerning(status.Causes, co.Realm), own) {
			names = append(names, isolate(co.Name))
		}
	}
	switch {
	case len(names) == 1:
		return names[0] + " needs you"
	case len(names) == 2:
		return names[0] + " and " + names[1] + " need you"
	case len(names) > 2:
		return fmt.Sprintf("%s and %s more need you", names[0], count(len(names)-1))
	case len(status.Causes) > 0:
		return plural(len(status.Causes), "thing needs you", "things need you")
	}
	return ""
}

// recentRuns returns the latest runs, failures for one reason in one line.
func (w *Web) recentRuns(ctx context.Context, k known, f export.RunFilter) ([]runRow, error) {
	f.Limit = 40
	runs, _, err := k.desk.Runs(ctx, f)
	if err != nil {
		return nil, err
	}
	rows := w.groupedRows(runs, k)
	return rows[:min(len(rows), 6)], nil
}

// figures counts exporters by how they stand. Each is in exactly one of them; those with none are left out.
func figures(c control.Census) []figure {
	bad := 0
	for _, state := range chosenStates(stateAttention) {
		bad += c.By[state]
	}
	list := func(state string) string { return "/exporters?state=" + state }
	all := []figure{
		{"up to date", count(c.By[control.StateOK]), list(string(control.StateOK))},
		{"queued or running", count(c.By[control.StateRunning]), list(string(control.StateRunning))},
		{"need a look", count(bad), list(stateAttention)},
		{"paused", count(c.By[control.StatePaused]), list(string(control.StatePaused))},
		{"never run", count(c.By[control.StateNeverRun]), list(string(control.StateNeverRun))},
	}
	return slices.DeleteFunc(all, func(f figure) bool { return f.Value == count(0) })
}

// attention lists what is broken or soon will be, the worst first: one item for each cause. more is what it leaves out.
func (w *Web) attention(causes []control.Cause, k known) (list []attention, more string) {
	if len(causes) > mostAttention {
		causes, more = causes[:mostAttention], "More needs you"
	}
	for _, cause := range causes {
		a := w.attentionTo(cause, k)
		a.Text, a.Hint = isolateRuns(a.Text), isolateRuns(a.Hint)
		list = append(list, a)
	}
	return list, more
}

func (w *Web) attentionTo(cause control.Cause, k known) attention {
	switch company, account := cause.Block.Company, cause.Block.Account; {
	case cause.Code == control.CauseAssessment:
		return attention{
			Pill: pill{"Due", "clock", toneWarn}, Text: cause.Title, Hint: joinSentences(cause.Detail, cause.Action),
			Action: "Open the checklist", Href: productionPath,
		}
	case cause.Code == control.CauseEndsSoon:
		return endAttention(cause, company, account)
	case company != nil:
		return companyAttention(*company, cause, k)
	case account != nil:
		return accountAttention(*account, cause, k)
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
	a.Pill, a.Text = pillOf(companyState(c, k.desk.CompanyLife(c))), cause.Title
	hint := ""
	if p := c.LastError; p != nil && p.Hint != problem.New(p.Code, "").Hint {
		hint = p.Hint // the standing one only says where the button is
	}
	a.Hint = joinSentences(cause.Detail, hint, waiting)
	return a
}

func accountAttention(account export.GoogleAccount, cause control.Cause, k known) attention {
	a := reconnectAccount(account)
	a.Pill, a.Text = pillOf(connectionState(k.desk.AccountLife(account))), cause.Title
	hint := ""
	if p := account.LastError; p != nil && p.Hint != problem.New(p.Code, "").Hint {
		hint = p.Hint
	}
	a.Hint = joinSentences(cause.Detail, hint, "Nothing is written with this account until it is reconnected.")
	return a
}

// endAttention tells of a connection that ends soon.
func endAttention(cause control.Cause, company *export.Company, account *export.GoogleAccount) attention {
	var a attention
	switch {
	case account != nil:
		a = reconnectAccount(*account)
	case strings.Contains(cause.Action, "press Test"):
		a = testCompany(*company)
	default:
		a = reconnectCompany(*company)
	}
	a.Pill, a.Text, a.Hint = pillOf(stateExpiring), cause.Title, cause.Detail
	if !strings.HasPrefix(cause.Action, "Open Connections") { // it says more than where the button is
		a.Hint = joinSentences(cause.Detail, cause.Action)
	}
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
