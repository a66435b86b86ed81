package web

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

const (
	unsentPath   = "/unsent"
	unsentCookie = "ledgersheet_unsent"
	displayPath  = "/settings/display"
)

// The reasons in the sign-in page's address for which a form was not kept.
const (
	lostSecret = "secret"
	lostLarge  = "large"
)

// unsentView is the page of a form that was refused because the session had ended, unless it is an exporter's.
type unsentView struct {
	Title  string
	Path   string // the form is sent there
	Action string
	Danger bool
	Hidden []hiddenInput
	Says   []fact // what people can see of the form
	Back   string
}

// keepUnsent keeps the form of a request whose session has ended. It returns the page to open after signing in, and
// why the form is lost.
func (w *Web) keepUnsent(c *gin.Context) (next, lost string) {
	next = w.previousPage(c.Request, "/")
	mark, err := c.Cookie(deviceCookie)
	if c.Request.Method != http.MethodPost || err != nil || mark == "" || isBackground(c) {
		return next, ""
	}
	token, err := w.unsent.keep(unsentForm{
		Path: c.Request.URL.RequestURI(), Route: c.FullPath(), ID: c.Param("id"), Mark: mark, Form: c.Request.PostForm,
	}, hostOf(w.clientAddr(c.Request)))
	switch {
	case errors.Is(err, errUnsentSecret):
		return next, lostSecret
	case err != nil:
		return next, lostLarge
	}
	w.setUnsentCookie(c, token, int(unsentLife.Seconds()))
	return unsentPath, ""
}

// isBackground reports whether a script sent the form by itself, while a person fills it in.
func isBackground(c *gin.Context) bool { return c.GetHeader("X-Background") != "" }

// hostOf returns an address without its port.
func hostOf(addr string) string {
	if i := strings.LastIndexByte(addr, ':'); i > 0 && (strings.Count(addr, ":") == 1 || addr[i-1] == ']') {
		return addr[:i]
	}
	return addr
}

func (w *Web) unsentCookieName() string {
	if w.https {
		return "__Host-" + unsentCookie
	}
	return unsentCookie
}

func (w *Web) setUnsentCookie(c *gin.Context, token string, age int) {
	http.SetCookie(c.Writer, &http.Cookie{
		Name: w.unsentCookieName(), Value: token, Path: "/", MaxAge: age, Secure: w.https, HttpOnly: true,
		SameSite: http.SameSiteLaxMode,
	})
}

// dropUnsent forgets the browser's kept form once another form was sent: people have gone on.
func (w *Web) dropUnsent(c *gin.Context) {
	token, err := c.Cookie(w.unsentCookieName())
	if err != nil || c.Request.Method != http.MethodPost || c.Request.URL.Path == displayPath ||
		isBackground(c) {
		return
	}
	w.unsent.drop(token)
	w.setUnsentCookie(c, "", -1)
}

// findUnsent returns the browser's kept form if it is the signed-in user's.
func (w *Web) findUnsent(c *gin.Context) (unsentForm, bool) {
	token, err := c.Cookie(w.unsentCookieName())
	if err != nil {
		return unsentForm{}, false
	}
	f, ok := w.unsent.find(token)
	if !ok {
		return f, false
	}
	u := user(c)
	if w.o.Logins.Device(u, f.Mark) != f.Mark || !w.isOwnForm(u, f.Form) {
		w.unsent.drop(token)
		w.setUnsentCookie(c, "", -1)
		return unsentForm{}, false
	}
	return f, true
}

// unsentPage shows the form that was refused before signing in. Nothing is sent by itself.
func (w *Web) unsentPage(c *gin.Context) error {
	f, ok := w.findUnsent(c)
	if !ok {
		w.notify(c, toneInfo, "What you sent before signing in is not kept any more, and nothing was done.", "")
		return seeOther(c, "/")
	}
	switch f.Route {
	case "/exporters", "/exporters/preview", "/exporters/times", draftPath, placePath,
		typePath, "/exporters/:id/edit":
		return w.showUnsentExporter(c, f)
	case packsPath + "/:id", packsPath + "/:id/plan":
		return w.showUnsentPack(c, f)
	}
	view, err := w.unsentView(c, f)
	if err != nil {
		return err
	}
	return w.page(c, http.StatusOK, "unsent", frame{Title: view.Title}, view)
}

// showUnsentExporter shows an exporter's form as it was sent.
func (w *Web) showUnsentExporter(c *gin.Context, f unsentForm) error {
	ctx, d := c.Request.Context(), w.desk(c)
	e, err := readForm(d, f.Form)
	if err != nil {
		return err
	}
	k, err := know(ctx, d, needCompanies|needAccounts)
	if err != nil {
		return err
	}
	e.ID = export.ID(f.Form.Get("id"))
	if f.ID != "" {
		e.ID = export.ID(f.ID)
	}
	hint := "Look it over and save it."
	if e.ID != "" {
		_, err := d.Exporter(ctx, e.ID)
		if err != nil && !problem.HasCode(err, problem.NotFound) {
			return err
		}
		if err != nil {
			e.ID, e.Revision = "", 0
			hint = "The exporter was deleted meanwhile; saving makes a new one."
		}
	}
	c.Set(formIDKey, f.Form.Get(formIDInput))
	c.Set(frameNoticeKey, &notice{
		toneInfo, "Your session had ended, so nothing was saved. The form is here as you sent it.", hint,
	})
	return w.showForm(c, http.StatusOK, e, k, nil, nil)
}

// unsentView describes a form that has no page of its own to be shown in.
func (w *Web) unsentView(c *gin.Context, f unsentForm) (unsentView, error) {
	v := unsentView{Title: "This was not sent", Path: localPath(f.Path, "/"), Action: "Send it now", Back: "/"}
	parts := strings.Split(strings.Trim(f.Route, "/"), "/")
	verb, known := unsentVerb(parts[len(parts)-1])
	if known {
		v.Action, v.Danger = verb, slices.Contains([]string{"delete", "disconnect", "undo"}, parts[len(parts)-1])
	}
	name, back, err := w.unsentSubject(c, f)
	if err != nil {
		return v, err
	}
	if back != "" {
		v.Back = back
	}
	if name != "" {
		v.Says = append(v.Says, fact{Title: "About", Text: name})
	}
	for _, input := range sortedKeys(f.Form) {
		for _, value := range f.Form[input] {
			v.Hidden = append(v.Hidden, hiddenInput{input, value})
			if !known && input != "return_to" && input != formIDInput && value != "" {
				v.Says = append(v.Says, fact{Title: inputWords(input), Text: value})
			}
		}
	}
	return v, nil
}

// unsentVerb returns the words on the button for the last part of a path.
func unsentVerb(part string) (string, bool) {
	verbs := map[string]string{
		"run": "Run now", "pause": "Pause", "resume": "Resume", "cancel": "Cancel the run", "undo": "Undo the run",
		"delete": "Delete", "disconnect": "Disconnect", "reconnect": "Reconnect", "test": "Test the connection",
		"repair": "Repair", "capture": "Save QuickBooks' answers", "quickbooks": "Connect to QuickBooks",
		"google": "Connect Google Sheets",
	}
	words, ok := verbs[part]
	return words, ok
}

// unsentSubject returns the name of what a form is about, and its page.
func (w *Web) unsentSubject(c *gin.Context, f unsentForm) (name, back string, err error) {
	ctx, d := c.Request.Context(), w.desk(c)
	switch {
	case f.ID == "":
		return "", "", nil
	case strings.HasPrefix(f.Route, "/exporters/"):
		var e export.Exporter
		if e, err = d.Exporter(ctx, export.ID(f.ID)); err == nil {
			name, back = e.Name, "/exporters/"+f.ID
		}
	case strings.HasPrefix(f.Route, "/runs/"):
		var r export.Run
		if r, err = d.Run(ctx, export.ID(f.ID)); err == nil {
			name, back = r.Exporter.Name, "/runs/"+f.ID
		}
	case strings.HasPrefix(f.Route, "/connections/quickbooks/"):
		var co export.Company
		if co, err = d.Company(ctx, export.RealmID(f.ID)); err == nil {
			name, back = co.Name, "/connections"
		}
	}
	return name, back, err
}

// inputWords makes words of an input's name.
func inputWords(input string) string {
	words := strings.Join(strings.FieldsFunc(input, func(r rune) bool { return r == '_' || r == '.' || r == '-' }), " ")
	if words == "" {
		return input
	}
	return strings.ToUpper(words[:1]) + words[1:]
}
