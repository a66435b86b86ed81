package web

import (
	"maps"
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/language"

	"ledgersheet/internal/problem"
)

// settingsView is the page about the installation.
type settingsView struct {
	Email         string
	Errors        []fieldError
	PresentError  string
	PasswordError string
	Keys          bool
	People        bool // the person may decide who signs in
	Theme         []choice
	Locales       []choice
	Zones         []string
	Zone          string // chosen; empty for the device's
	Addresses     []fact // to register with the providers
	Facts         []fact
	Calls         callsView
	Notices       noticesView
	Variables     []Variable
	Audit         []auditRow
	AuditClosed   string // why the person may not read it
	MayBackUp     bool
}

type auditRow struct {
	At               moment
	Who, What, About string
}

// auditShown is how many audit entries the page shows.
const auditShown = 50

func (w *Web) settingsPage(c *gin.Context) error {
	return w.showSettings(c, http.StatusOK, nil, nil)
}

// showSettings shows the page: with the notices as stored, unless they are given, and with what is wrong.
func (w *Web) showSettings(c *gin.Context, status int, p *problem.Problem, notices *noticesView) error {
	ctx := c.Request.Context()
	entries, closed := w.desk(c).Audit(ctx, auditShown)
	if closed != nil && !problem.HasCode(closed, problem.Forbidden) {
		return closed
	}
	companies, err := know(ctx, w.desk(c), needCompanies)
	if err != nil {
		return err
	}
	calls, err := w.callsView(ctx, w.desk(c))
	if err != nil {
		return err
	}
	if notices == nil {
		stored, err := w.noticesView(ctx, w.desk(c))
		if err != nil {
			return err
		}
		notices = &stored
	}
	s := w.o.Settings
	f := w.fill(c, frame{})
	view := settingsView{
		Email: signedInEmail(c), People: w.desk(c).MaySetPeople(), Keys: f.Keys, Variables: s.Variables, Calls: calls,
		Notices: *notices,
		Theme: choose(f.Theme, []choice{
			{Title: "As the device"},
			{Value: "light", Title: "Light"},
			{Value: "dark", Title: "Dark"},
		}...),
		Zones: zones(),
		Addresses: []fact{
			{Title: "QuickBooks redirect URI", Text: s.BaseURL + "/oauth/quickbooks/callback"},
			{Title: "QuickBooks launch URL", Text: s.BaseURL + "/"},
			{Title: "QuickBooks disconnect URL", Text: s.BaseURL + "/quickbooks/disconnected"},
			{Title: "QuickBooks reconnect URL", Text: s.BaseURL + "/quickbooks/reconnect"},
			{Title: "QuickBooks webhooks", Text: s.BaseURL + "/webhooks/quickbooks"},
			{Title: "Google redirect URI", Text: s.BaseURL + "/oauth/google/callback"},
		},
		Facts: []fact{
			{Title: "Version", Text: s.Version},
			{Title: "Address", Text: s.BaseURL},
			{Title: "Data folder", Text: s.DataDir},
			{Title: "QuickBooks environment", Text: s.Environment},
			{Title: "Shortest schedule", Text: duration(s.MinInterval)},
			{Title: "API token", Text: describeToken(s.APITokenSet)},
		},
	}
	chosen, _ := c.Cookie(localeCookie)
	view.Locales = locales(chosen, w.o.Now())
	view.Zone, _ = c.Cookie(chosenZoneCookie)
	if s.Retention > 0 {
		view.Facts = append(view.Facts, fact{Title: "History kept", Text: duration(s.Retention)})
	}
	view.MayBackUp = w.desk(c).MayBackUp() == nil
	if closed != nil {
		view.AuditClosed = problem.From(closed).Message
	}
	for _, e := range entries {
		view.Audit = append(view.Audit, auditRow{w.moment(e.At), e.Who, auditWords(e.Action), auditAbout(e, companies)})
	}
	if p != nil {
		titles := map[string]string{"present_password": "Present password", "password": "New password"}
		maps.Copy(titles, noticeFields)
		view.Errors = fieldErrors(p, titles)
		view.PresentError, view.PasswordError = p.Fields["present_password"], p.Fields["password"]
	}
	// fill took the notice out of the session, so this page has to show it.
	frame := frame{Title: "Settings", Section: "settings", Notice: f.Notice}
	return w.page(c, status, "settings", frame, view)
}

func describeToken(set bool) string {
	if set {
		return "set"
	}
	return "not set: the API takes no tokens"
}

func (w *Web) changePassword(c *gin.Context) error {
	ctx := c.Request.Context()
	present, next := c.PostForm("present_password"), c.PostForm("password")
	u, err := w.o.Logins.ChangePassword(ctx, signedInEmail(c), present, next, w.visitor(c))
	if problem.HasCode(err, problem.InvalidInput) {
		return w.showSettings(c, http.StatusUnprocessableEntity, problem.From(err), nil)
	}
	if problem.HasCode(err, problem.TooManyRequests) {
		w.notifyError(c, err)
		return seeOther(c, "/settings")
	}
	if err != nil {
		return err
	}
	w.streams.end(actor(c).Session) // its name changes with the sign-in; browsers open it again
	if err := w.o.Sessions.SignIn(ctx, u); err != nil {
		return err
	}
	w.markDevice(c, u)
	w.notify(c, toneGood, "The password was changed.", "All other sessions have ended.")
	return seeOther(c, "/settings")
}

// changeDisplay keeps a browser's preferences in cookies, so that pages look right at once.
func (w *Web) changeDisplay(c *gin.Context) error {
	if theme, given := c.GetPostForm("theme"); given {
		w.setPreference(c, themeCookie, theme, theme == "light" || theme == "dark")
	}
	if c.PostForm("display") == "all" {
		w.setPreference(c, keysCookie, "off", c.PostForm("keys") == "")
		_, err := language.Parse(c.PostForm("locale"))
		w.setPreference(c, localeCookie, c.PostForm("locale"), err == nil && c.PostForm("locale") != "")
		zone := strings.TrimSpace(c.PostForm("zone"))
		_, known := findZone(zone)
		w.setPreference(c, chosenZoneCookie, zone, known)
		if zone != "" && !known {
			w.notify(c, toneWarn, "There is no time zone "+isolate(zone)+", so the device's is used.", "")
		}
	}
	return seeOther(c, localPath(c.PostForm("return_to"), "/settings"))
}

func (w *Web) setPreference(c *gin.Context, name, value string, keep bool) {
	age := 365 * 24 * 3600
	if !keep {
		value, age = "", -1
	}
	http.SetCookie(c.Writer, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: age, Secure: w.https, SameSite: http.SameSiteLaxMode,
	})
}
