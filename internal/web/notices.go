package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	told "ledgersheet/internal/notice"
	"ledgersheet/internal/problem"
)

// noticesView is the part of the settings that says who is told of what.
type noticesView struct {
	Rows   []noticeRow
	May    bool // the person may add one
	Form   noticeForm
	Secret string // of the webhook that was just added
}

type noticeRow struct {
	To, Kind, On, About, When string
	Pill                      pill
	Detail                    string // of what is in the way
	Sent                      moment
	Own                       bool
	Path                      string
}

// noticeForm is what a person typed, right or wrong.
type noticeForm struct {
	Open                                    bool
	Kinds, Companies, Every                 []choice
	Closed                                  []string // why some kinds cannot be chosen
	Events                                  []choice
	To, Zone, QuietFrom, QuietTo, At, Stale string
	Tags, Figure, Above, Below              string
	Errors                                  map[string]string
	Action, Button, Back                    string
	Hidden                                  string // the address, as far as it may be shown, that an empty To keeps
}

// keepCompanies stands for the companies that a notice has, where the form cannot name them.
const keepCompanies = "="

var noticeFields = map[string]string{
	"kind": "How", "to": "Where to", "on": "When", "company_ids[0]": "About", "timezone": "Time zone",
	"quiet.from": "Quiet from", "quiet.to": "Quiet until", "digest.at": "Digest at",
	"stale_hours": "Hours without success", "limits": "Figure", "tags": "Only exporters tagged",
}

func channelTitle(k told.Kind) string {
	switch k {
	case told.Mail:
		return "E-mail"
	case told.Webhook:
		return "Webhook"
	case told.Slack:
		return "Slack"
	case told.Teams:
		return "Microsoft Teams"
	}
	return string(k)
}

// eventTitles are the events as people choose them, the usual ones first.
func eventTitles() []choice {
	return []choice{
		{Value: string(told.NeedsYou), Title: "Somebody has to act", Chosen: true},
		{Value: string(told.Failure), Title: "Runs fail, or do not happen", Chosen: true},
		{Value: string(told.Recovery), Title: "What was told is over", Chosen: true},
		{Value: string(told.Difference), Title: "QuickBooks’ own figures disagree"},
		{Value: string(told.ClosedChange), Title: "A figure of a past month has changed"},
		{Value: string(told.Stale), Title: "No success for some hours"},
		{Value: string(told.DigestEvent), Title: "Digest: the figures, and how all stands"},
		{Value: string(told.Value), Title: "A figure is above or below an amount"},
		{Value: string(told.Report), Title: "The report itself after each run, as a workbook (e-mail)"},
		{Value: string(told.Pack), Title: "A pack has run: complete, or what is missing (e-mail: with its workbook)"},
	}
}

func shortEvent(e told.Event) string {
	switch e {
	case told.NeedsYou:
		return "somebody has to act"
	case told.Failure:
		return "failures"
	case told.Recovery:
		return "recoveries"
	case told.Difference:
		return "differences"
	case told.ClosedChange:
		return "changes of past months"
	case told.Stale:
		return "no success"
	case told.DigestEvent:
		return "digest"
	case told.Value:
		return "figures"
	case told.Report:
		return "reports"
	case told.Pack:
		return "packs"
	}
	return string(e)
}

func (w *Web) noticesView(ctx context.Context, d *control.Desk) (noticesView, error) {
	all, err := d.Notices(ctx)
	if err != nil {
		return noticesView{}, err
	}
	companies, err := d.Companies(ctx)
	if err != nil {
		return noticesView{}, err
	}
	names := map[export.RealmID]string{}
	for _, c := range companies {
		names[c.Realm] = c.Name
	}
	view := noticesView{May: d.MaySetNotices(), Form: newNoticeForm(d, companies)}
	for _, n := range all {
		view.Rows = append(view.Rows, w.noticeRow(n, names))
	}
	return view, nil
}

func (w *Web) noticeRow(n control.Notice, names map[export.RealmID]string) noticeRow {
	row := noticeRow{
		To: n.To, Kind: channelTitle(n.Kind), Sent: w.moment(n.SentAt), Own: n.Own,
		Path: "/settings/notices/" + string(n.ID), About: "everything",
	}
	events := make([]string, len(n.On))
	for i, e := range n.On {
		events[i] = shortEvent(e)
	}
	row.On = capitalize(strings.Join(events, ", "))
	about := make([]string, len(n.Companies))
	for i, realm := range n.Companies {
		about[i] = orText(names[realm], string(realm))
	}
	if len(n.Tags) > 0 {
		about = append(about, "exporters tagged "+strings.Join(n.Tags, ", "))
	}
	if len(n.Exporters) > 0 {
		about = append(about, plural(len(n.Exporters), "exporter", "exporters"))
	}
	if len(about) > 0 {
		row.About = strings.Join(about, ", ")
	}
	if n.Quiet.From != "" {
		row.When = "Quiet from " + n.Quiet.From + " to " + n.Quiet.To + ", " + n.Timezone
	}
	if n.Fixed {
		row.When = "From the settings of the service"
	}
	switch {
	case n.Error != "" && n.Refused:
		row.Pill, row.Detail = pill{"Refused", "cross", toneBad}, n.Error
	case n.Error != "":
		row.Pill, row.Detail = pill{"Tries again", "clock", toneWarn}, n.Error
	case n.Pending > 0:
		row.Pill = pill{plural(n.Pending, "waits", "wait"), "clock", toneQuiet}
	case !n.SentAt.IsZero():
		row.Pill = pill{"Works", "check", toneGood}
	default:
		row.Pill = pill{"Nothing yet", "clock", toneQuiet}
	}
	if n.Lost > 0 {
		row.Detail = joinSentences(row.Detail, plural(n.Lost, "notice was given up.", "notices were given up."))
	}
	return row
}

func orText(text, missing string) string {
	if text == "" {
		return missing
	}
	return text
}

func capitalize(text string) string {
	if text == "" {
		return text
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

func newNoticeForm(d *control.Desk, companies []export.Company) noticeForm {
	f := noticeForm{
		Events: eventTitles(), At: "07:00", Stale: "26", Zone: "UTC", Action: "/settings/notices", Button: "Add",
	}
	ready := d.NoticeKinds()
	for _, k := range told.Kinds() {
		if why := ready[k]; why != "" {
			f.Closed = append(f.Closed, channelTitle(k)+": "+why)
			continue
		}
		f.Kinds = append(f.Kinds, choice{Value: string(k), Title: channelTitle(k)})
	}
	f.Companies = []choice{{Title: "All companies"}}
	for _, c := range companies {
		f.Companies = append(f.Companies, choice{Value: string(c.Realm), Title: c.Name})
	}
	f.Every = []choice{{Value: "daily", Title: "Daily"}, {Value: "weekly", Title: "On Mondays"}}
	return f
}

// readNotice reads the form into a rule, and what was typed back into the form. Of a rule that is there already, what
// the form does not know stays.
func readNotice(c *gin.Context, f *noticeForm, r *told.Rule) {
	f.Open = true
	text := func(name string) string { return strings.TrimSpace(c.PostForm(name)) }
	f.To, f.Zone, f.QuietFrom, f.QuietTo = text("to"), text("timezone"), text("quiet_from"), text("quiet_to")
	f.At, f.Stale, f.Figure, f.Above, f.Below = text("at"), text("stale"), text("figure"), text("above"), text("below")
	f.Kinds, f.Companies = choose(text("kind"), f.Kinds...), choose(text("company"), f.Companies...)
	f.Every = choose(text("every"), f.Every...)
	if f.Tags = text("tags"); f.To != "" || r.ID == "" {
		r.To = f.To
	}
	r.Kind, r.Timezone, r.Tags = told.Kind(text("kind")), f.Zone, control.SplitTags(f.Tags)
	r.Quiet = told.Quiet{From: f.QuietFrom, To: f.QuietTo}
	r.Digest, r.StaleHours = told.Digest{At: f.At, Weekly: text("every") == "weekly"}, hoursOf(f.Stale)
	on := c.PostFormArray("on")
	r.On = nil
	for i, e := range f.Events {
		if f.Events[i].Chosen = slices.Contains(on, e.Value); f.Events[i].Chosen {
			r.On = append(r.On, told.Event(e.Value))
		}
	}
	switch company := text("company"); company {
	case keepCompanies:
	case "":
		r.Companies = nil
	default:
		r.Companies = []export.RealmID{export.RealmID(company)}
	}
	switch first := (told.Limit{Figure: f.Figure, Above: f.Above, Below: f.Below}); {
	case !slices.Contains(r.On, told.Value):
		r.Limits = nil
	case len(r.Limits) == 0:
		r.Limits = []told.Limit{first}
	default:
		r.Limits = slices.Concat([]told.Limit{first}, r.Limits[1:])
	}
}

// fill fills the form with what a notice is.
func (f *noticeForm) fill(n control.Notice) {
	f.Action, f.Button, f.Back, f.Open = "/settings/notices/"+string(n.ID), "Save", "/settings#notices", true
	if f.To = n.To; n.Kind != told.Mail {
		f.To, f.Hidden = "", n.To
	}
	f.Zone, f.QuietFrom, f.QuietTo, f.At = n.Timezone, n.Quiet.From, n.Quiet.To, n.Digest.At
	f.Stale, f.Tags = strconv.Itoa(n.StaleHours), strings.Join(n.Tags, ", ")
	f.Kinds = choose(string(n.Kind), f.Kinds...)
	if !slices.ContainsFunc(f.Kinds, func(k choice) bool { return k.Chosen }) { // it is not set up any more
		f.Kinds = append(f.Kinds, choice{Value: string(n.Kind), Title: channelTitle(n.Kind), Chosen: true})
	}
	if n.Digest.Weekly {
		f.Every = choose("weekly", f.Every...)
	}
	for i, e := range f.Events {
		f.Events[i].Chosen = slices.Contains(n.On, told.Event(e.Value))
	}
	if len(n.Limits) > 0 {
		f.Figure, f.Above, f.Below = n.Limits[0].Figure, n.Limits[0].Above, n.Limits[0].Below
	}
	switch {
	case len(n.Companies) == 0:
	case len(n.Companies) == 1 && offers(f.Companies, string(n.Companies[0])):
		f.Companies = choose(string(n.Companies[0]), f.Companies...)
	default: // else the browser would choose the first: all of them
		title := "The " + plural(len(n.Companies), "company as it is", "companies as they are")
		f.Companies = append([]choice{{Value: keepCompanies, Title: title, Chosen: true}}, f.Companies...)
	}
}

// hoursOf reads a number of hours; one that cannot be stands for no number.
func hoursOf(text string) int {
	n := 0
	for _, c := range text {
		if c < '0' || c > '9' || n > 100_000 {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

func (w *Web) createNotice(c *gin.Context) error {
	ctx, d := c.Request.Context(), w.desk(c)
	view, err := w.noticesView(ctx, d)
	if err != nil {
		return err
	}
	var r told.Rule
	readNotice(c, &view.Form, &r)
	n, secret, err := d.CreateNotice(ctx, r)
	if problem.HasCode(err, problem.InvalidInput) || problem.HasCode(err, problem.Conflict) {
		p := problem.From(err)
		view.Form.Errors = p.Fields
		return w.showSettings(c, http.StatusUnprocessableEntity, p, &view)
	}
	if err != nil {
		return err
	}
	return w.answerNotice(c, http.StatusCreated, "Notices go to "+n.To+" from now on.", secret)
}

// answerNotice ends what made or changed a notice. A secret is shown in this answer only: a session would keep it.
func (w *Web) answerNotice(c *gin.Context, status int, words, secret string) error {
	if secret == "" {
		w.notify(c, toneGood, words, "Press Send test to see whether they arrive.")
		return seeOther(c, "/settings#notices")
	}
	view, err := w.noticesView(c.Request.Context(), w.desk(c))
	if err != nil {
		return err
	}
	view.Secret = secret
	return w.showSettings(c, status, nil, &view)
}

// noticeView is the page on which a notice is changed.
type noticeView struct {
	To     string
	Errors []fieldError
	Form   noticeForm
}

// ownNotice returns a notice that the person may change, and the form that shows it.
func (w *Web) ownNotice(c *gin.Context) (n control.Notice, f noticeForm, err error) {
	ctx, d := c.Request.Context(), w.desk(c)
	if n, err = d.Notice(ctx, export.ID(c.Param("id"))); err != nil {
		return n, f, err
	}
	if !n.Own {
		return n, f, problem.New(problem.Forbidden, "You may not change this notice.")
	}
	companies, err := d.Companies(ctx)
	if err != nil {
		return n, f, err
	}
	f = newNoticeForm(d, companies)
	f.fill(n)
	return n, f, nil
}

func (w *Web) editNoticePage(c *gin.Context) error {
	n, f, err := w.ownNotice(c)
	if err != nil {
		return err
	}
	return w.page(c, http.StatusOK, "notice", frame{Title: "Edit a notice", Section: "settings"}, noticeView{
		To: n.To, Form: f,
	})
}

func (w *Web) updateNotice(c *gin.Context) error {
	n, f, err := w.ownNotice(c)
	if err != nil {
		return err
	}
	changed, secret, err := w.desk(c).UpdateNotice(c.Request.Context(), n.ID, func(r *told.Rule) error {
		readNotice(c, &f, r)
		return nil
	})
	if problem.HasCode(err, problem.InvalidInput, problem.Conflict) {
		p := problem.From(err)
		f.Errors = p.Fields
		return w.page(c, p.Code.Status(), "notice", frame{Title: "Edit a notice", Section: "settings"}, noticeView{
			To: n.To, Form: f, Errors: fieldErrors(p, noticeFields),
		})
	}
	if err != nil {
		return err
	}
	return w.answerNotice(c, http.StatusOK, "The notices to "+changed.To+" are changed.", secret)
}

func (w *Web) testNotice(c *gin.Context) error {
	t, err := w.desk(c).TestNotice(c.Request.Context(), export.ID(c.Param("id")))
	switch {
	case err != nil:
		return err
	case t.OK:
		w.notify(c, toneGood, "The test was sent.", t.Answer)
	default:
		w.notify(c, toneBad, "The test did not arrive.", t.Answer)
	}
	return seeOther(c, "/settings#notices")
}

func (w *Web) deleteNoticePage(c *gin.Context) error {
	n, err := w.desk(c).Notice(c.Request.Context(), export.ID(c.Param("id")))
	if err != nil {
		return err
	}
	return w.page(c, http.StatusOK, "confirm", frame{Title: "Delete notices", Section: "settings"}, confirmView{
		Title:   "Send no more notices to " + n.To + "?",
		Effects: []string{"What is still to be sent there is dropped.", "Nothing else changes."},
		Post:    "/settings/notices/" + string(n.ID) + "/delete", Action: "Delete", Back: "/settings#notices",
		Danger: true,
	})
}

func (w *Web) deleteNotice(c *gin.Context) error {
	n, err := w.desk(c).Notice(c.Request.Context(), export.ID(c.Param("id")))
	if err != nil {
		return err
	}
	if err := w.desk(c).DeleteNotice(c.Request.Context(), n.ID); err != nil {
		return err
	}
	w.notify(c, toneGood, "No more notices go to "+n.To+".", "")
	return seeOther(c, "/settings#notices")
}
