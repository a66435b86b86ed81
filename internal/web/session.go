package web

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

const (
	actorKey    = "actor"
	userKey     = "user"
	noticeKey   = "notice"
	themeCookie = "ledgersheet_theme"
	keysCookie  = "ledgersheet_keys"
)

// requireUser lets only signed-in people through.
func (w *Web) requireUser(c *gin.Context) {
	ctx := c.Request.Context()
	u, err := w.o.Sessions.User(ctx)
	if err != nil {
		w.fail(c, err)
		c.Abort()
		return
	}
	c.Set(userKey, u)
	c.Set(actorKey, control.Person(u, w.o.Sessions.Hash(ctx)))
	w.dropUnsent(c)
}

// noteUser records who is signed in, if anybody is.
func (w *Web) noteUser(c *gin.Context) {
	if who, ok := w.Authenticate(c); ok {
		c.Set(actorKey, who)
	}
}

// user returns who is signed in; nobody outside the routes that need a user.
func user(c *gin.Context) export.User {
	who, _ := c.Get(userKey)
	u, _ := who.(export.User)
	return u
}

func actor(c *gin.Context) control.Actor {
	who, _ := c.Get(actorKey)
	a, _ := who.(control.Actor)
	return a
}

// desk returns the desk of the request's actor. People who are not signed in get one that shows nothing.
func (w *Web) desk(c *gin.Context) *control.Desk { return w.o.Control.As(actor(c)) }

func signedInEmail(c *gin.Context) string { return actor(c).Email }

// notify keeps a notice for the next page.
func (w *Web) notify(c *gin.Context, tone, text, hint string) {
	encoded, err := json.Marshal(notice{tone, text, hint})
	if err != nil {
		return // cannot happen: three texts always encode
	}
	w.o.Sessions.Put(c.Request.Context(), noticeKey, string(encoded))
}

// notifyError keeps an error for the next page, and logs what must not be shown.
func (w *Web) notifyError(c *gin.Context, err error) {
	p := problem.From(err)
	if p.Code == problem.Internal {
		ctx := c.Request.Context()
		w.o.Logger.ErrorContext(ctx, "action failed",
			"path", c.Request.URL.Path, "error", err.Error(), "request_id", RequestID(ctx))
	}
	w.notify(c, toneBad, isolateRuns(p.Message), isolateRuns(p.Hint))
}

func (w *Web) popNotice(c *gin.Context) *notice {
	text := w.o.Sessions.Pop(c.Request.Context(), noticeKey)
	if text == "" {
		return nil
	}
	var n notice
	if err := json.Unmarshal([]byte(text), &n); err != nil {
		return nil
	}
	return &n
}

// localPath returns the address if it is a path of this site, and otherwise the fallback: a link that begins here must
// not send anyone elsewhere. Browsers treat backslashes as slashes and drop control characters, so both are refused.
func localPath(address, fallback string) string {
	if !strings.HasPrefix(address, "/") || strings.HasPrefix(address, "//") || strings.ContainsAny(address, "\\") {
		return fallback
	}
	for _, b := range []byte(address) {
		if b < ' ' || b == 0x7f {
			return fallback
		}
	}
	u, err := url.Parse(address)
	if err != nil || u.Host != "" || u.Scheme != "" || u.User != nil {
		return fallback
	}
	// The decoded path must not turn into another host when a proxy or a handler decodes it again.
	if strings.HasPrefix(u.Path, "//") || strings.HasPrefix(u.Path, "/\\") {
		return fallback
	}
	if u.Path == "/login" || u.Path == "/logout" || u.Path == "/setup" ||
		u.Path == "/invite" {
		return fallback
	}
	return address
}

// loginAddress returns the address of the sign-in page that leads on to next, and says why a form is lost, if one is.
func loginAddress(next, lost string) string {
	next = localPath(next, "/")
	// A consent's answer is bound to the session that began it, so it is useless in a new one.
	if strings.HasPrefix(next, "/oauth/") {
		next = "/connections"
	}
	q := url.Values{}
	if next != "/" {
		q.Set("next", next)
	}
	if lost != "" {
		q.Set("lost", lost)
	}
	if len(q) == 0 {
		return "/login"
	}
	return "/login?" + q.Encode()
}
