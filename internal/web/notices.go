package web

import (
	"context"
	"net/http"
	"slices"
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
}

var noticeFields = map[string]string{
	"kind": "How", "to": "Where to", "on": "When", "company_ids[0]": "Company", "timezone": "Time zone",
	"quiet.from": "Quiet from", "quiet.to": "Quiet until", "digest.at": "Digest at",
	"stale_hours": "Hours without success",
	"limits":      "Figure",
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
	f := noticeForm{Events: eventTitles(), At: "07:00", Stale: "26", Zone: "UTC"}
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

// readNotice reads the form into a rule, and what was typed back into the form.
func readNotice(c *gin.Context, f *noticeForm) told.Rule {
	f.Open = true
	text := func(name string) string { return strings.TrimSpace(c.PostForm(name)) }
	f.To, f.Zone, f.QuietFrom, f.QuietTo = text("to"), text("timezone"), text("quiet_from"), text("quiet_to")
	f.At, f.Stale, f.Figure, f.Above, f.Below = text("at"), text("stale"), text("figure"), text("above"), text("below")
	f.Kinds, f.Companies = choose(text("kind"), f.Kinds...), choose(text("company"), f.Companies...)
	f.Every = choose(text("every"), f.Every...)
	r := told.Rule{
		Kind: told.Kind(text("kind")), To: f.To, Timezone: f.Zone, Quiet: told.Quiet{From: f.QuietFrom, To: f.QuietTo},
		Digest: told.Digest{At: f.At, Weekly: text("every") == "weekly"}, StaleHours: hoursOf(f.Stale),
	}
	f.Tags = text("tags")
	r.Tags = control.SplitTags(f.Tags)
	on := c.PostFormArray("on")
	for i := range f.Events {
		f.Events[i].Chosen = slices.Contains(on, f.Events[i].Value)
	}
	for _, e := range on {
		r.On = append(r.On, told.Event(e))
	}
	if company := text("company"); company != "" {
		r.Companies = []export.RealmID{export.RealmID(company)}
	}
	if slices.Contains(r.On, told.Value) {
		r.Limits = []told.Limit{{Figure: f.Figure, Above: f.Above, Below: f.Below}}
	}
	return r
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
	n, secret, err := d.CreateNotice(ctx, readNotice(c, &view.Form))
	if problem.HasCode(err, problem.InvalidInput) || problem.HasCode(err, problem.Conflict) {
		p := problem.From(err)
		view.Form.Errors = p.Fields
		return w.showSettings(c, http.StatusUnprocessableEntity, p, &view)
	}
	if err != nil {
		return err
	}
	if secret == "" {
		w.notify(c, toneGood, "Notices go to "+n.To+" from now on.", "Press Send test to see whether they arrive.")
		return seeOther(c, "/settings#notices")
	}
	// Shown in this answer only: a session would keep it.
	if view, err = w.noticesView(ctx, d); err != nil {
		return err
	}
	view.Secret = secret
	return w.showSettings(c, http.StatusCreated, nil, &view)
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

func (w *Web) findNotice(c *gin.Context) (control.Notice, error) {
	all, err := w.desk(c).Notices(c.Request.Context())
	if err != nil {
		return control.Notice{}, err
	}
	i := slices.IndexFunc(all, func(n control.Notice) bool { return string(n.ID) == c.Param("id") })
	if i < 0 {
		return control.Notice{}, problem.New(problem.NotFound, "There is no such notice.")
	}
	return all[i], nil
}

func (w *Web) deleteNoticePage(c *gin.Context) error {
	n, err := w.findNotice(c)
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
	n, err := w.findNotice(c)
	if err != nil {
		return err
	}
	if err := w.desk(c).DeleteNotice(c.Request.Context(), n.ID); err != nil {
		return err
	}
	w.notify(c, toneGood, "No more notices go to "+n.To+".", "")
	return seeOther(c, "/settings#notices")
}
