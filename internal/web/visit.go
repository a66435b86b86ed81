package web

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/problem"
)

// visitView is the page of a link with which somebody without an account connects a company.
type visitView struct {
	Token    string
	Company  string // empty for any one company
	By, Host string
	Ends     moment
}

// visitEndView is the page after the consent of a link.
type visitEndView struct {
	Company string // that was connected; empty if it failed
	By      string
	Message string // why it failed
	Hint    string
	Retry   string // address of the link; empty if it cannot be used any more
}

const (
	visitPath   = "/access"
	visitCookie = "ledgersheet_access"
	visitLife   = 20 * time.Minute // a little longer than a consent may take
)

// visit is what a browser keeps while it gives a consent for a link. The consent is bound to the secret.
type visit struct {
	secret string
	state  string // hash of the consent's state, by which its answer is told from those of people who are signed in
	token  string // of the link, for another try
}

// hash identifies the browser without revealing the secret.
func (v visit) hash() string {
	sum := sha256.Sum256([]byte("visit " + v.secret))
	return hex.EncodeToString(sum[:])
}

func hashVisitState(state string) string {
	sum := sha256.Sum256([]byte("visit state " + state))
	return hex.EncodeToString(sum[:])
}

// keepVisit stores a visit in the browser, or makes it forget one.
func (w *Web) keepVisit(c *gin.Context, v visit) {
	cookie := &http.Cookie{
		Name: visitCookie, Value: v.secret + "." + v.state + "." + v.token, Path: "/",
		MaxAge: int(visitLife.Seconds()), Secure: w.https, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	}
	if w.https {
		cookie.Name = "__Host-" + visitCookie
	}
	http.SetCookie(c.Writer, cookie)
}

// readVisit returns the browser's visit, if it has one.
func (w *Web) readVisit(c *gin.Context) (visit, bool) {
	name := visitCookie
	if w.https {
		name = "__Host-" + visitCookie
	}
	value, err := c.Cookie(name)
	parts := strings.Split(value, ".")
	if err != nil || len(parts) != 3 || parts[0] == "" {
		return visit{}, false
	}
	return visit{parts[0], parts[1], parts[2]}, true
}

// visitorDesk returns the desk of a browser that has only a link.
func (w *Web) visitorDesk(v visit) *control.Desk { return w.o.Control.As(control.Visitor(v.hash())) }

// visitPage shows what a link asks for. Opening it changes nothing.
func (w *Web) visitPage(c *gin.Context) error {
	token := c.Query("link")
	ctx, d := c.Request.Context(), w.o.Control.As(control.Actor{})
	link, err := d.OpenLink(ctx, token)
	if err != nil {
		return w.endVisitWith(c, err, visitEndView{})
	}
	view := visitView{
		Token: token, Company: link.Company, By: d.NameAsker(ctx, link), Host: w.host, Ends: w.moment(link.ExpiresAt),
	}
	return w.barePage(c, http.StatusOK, "visit", frame{Title: "Connect QuickBooks"}, view)
}

// endVisitWith shows why a link does not work.
func (w *Web) endVisitWith(c *gin.Context, err error, view visitEndView) error {
	p := problem.From(err)
	if p.Code.Status() >= http.StatusInternalServerError {
		return err
	}
	view.Message, view.Hint = p.Message, p.Hint
	return w.barePage(c, p.Code.Status(), "visit_end", frame{Title: "Connect QuickBooks"}, view)
}

// beginVisit sends the browser to Intuit, with a secret to which the consent is bound.
func (w *Web) beginVisit(c *gin.Context) error {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	v := visit{secret: base64.RawURLEncoding.EncodeToString(b[:]), token: c.PostForm("link")}
	address, err := w.visitorDesk(v).BeginLink(c.Request.Context(), v.token)
	if err != nil {
		return w.endVisitWith(c, err, visitEndView{})
	}
	to, err := url.Parse(address)
	if err != nil {
		return err
	}
	v.state = hashVisitState(to.Query().Get("state"))
	w.keepVisit(c, v)
	return seeOther(c, address)
}

// consentAnswer takes Intuit's answer, of somebody with a link or of somebody who is signed in.
func (w *Web) consentAnswer(k connectionKind) handler {
	return func(c *gin.Context) error {
		v, visiting := w.readVisit(c)
		if !visiting || v.state != hashVisitState(c.Query("state")) {
			if w.requireUser(c); c.IsAborted() {
				return nil
			}
			return k.end(w, c)
		}
		link, err := w.visitorDesk(v).FinishLink(c.Request.Context(), c.Request.URL.Query())
		if err != nil && link.ID == "" {
			return w.endVisitWith(c, err, visitEndView{})
		}
		if p := problem.From(err); p != nil && p.Code == problem.Internal {
			w.o.Logger.ErrorContext(c.Request.Context(), "consent of a link failed",
				"error", err.Error(), "request_id", RequestID(c.Request.Context()))
		}
		return seeOther(c, visitPath+"/result")
	}
}

// visitEnd shows how the consent of a link went. A reload repeats nothing.
func (w *Web) visitEnd(c *gin.Context) error {
	v, visiting := w.readVisit(c)
	if !visiting {
		return seeOther(c, "/")
	}
	ctx, d := c.Request.Context(), w.visitorDesk(v)
	link, err := d.VisitedLink(ctx)
	if err != nil {
		return w.endVisitWith(c, err, visitEndView{})
	}
	view := visitEndView{By: d.NameAsker(ctx, link)}
	switch state := link.State(w.o.Now()); {
	case state == control.LinkUsed:
		view.Company = link.Company
	case link.Failure != nil:
		view.Message, view.Hint = link.Failure.Message, link.Failure.Hint
		if state == control.LinkOpen {
			view.Retry = visitPath + "?link=" + url.QueryEscape(v.token)
		}
	default:
		view.Message, view.Hint = "Nothing was connected.", "Open the link again and press the button."
	}
	return w.barePage(c, http.StatusOK, "visit_end", frame{Title: "Connect QuickBooks"}, view)
}
