package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/language"

	"ledgersheet/internal/problem"
)

// errorView is the page of a failed request.
type errorView struct {
	Status    int
	Title     string
	Message   string
	Hint      string
	RequestID string
	Back      string
}

// handler serves a page or an action. Its error is answered in one place.
type handler func(c *gin.Context) error

func (w *Web) handle(h handler) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := h(c); err != nil {
			w.fail(c, err)
		}
	}
}

// fail answers an error. It sends people who are not signed in to the sign-in page, which brings them back afterwards.
// Everybody else gets an error page.
func (w *Web) fail(c *gin.Context, err error) {
	ctx := c.Request.Context()
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		c.Abort() // the browser has left
		return
	}
	p := problem.From(err)
	if p.Code == problem.Unauthorized && wantsEvents(c) {
		c.AbortWithStatus(http.StatusUnauthorized)
		return
	}
	if p.Code == problem.Unauthorized {
		next, lost := c.Request.URL.RequestURI(), ""
		switch {
		case c.Request.Method != http.MethodGet:
			next, lost = w.keepUnsent(c)
		case wantsFragment(c):
			next = w.previousPage(c.Request, "/") // a part of a page is no page to come back to
		}
		c.Redirect(http.StatusSeeOther, loginAddress(next, lost))
		return
	}
	status := p.Code.Status()
	if status >= http.StatusInternalServerError {
		w.o.Logger.ErrorContext(ctx, "page failed",
			"path", c.Request.URL.Path, "error", err.Error(), "request_id", RequestID(ctx))
	}
	if p.RetryAfter > 0 {
		c.Header("Retry-After", strconv.Itoa(int(p.RetryAfter.Seconds()+1)))
	}
	view := w.errorView(c.Request, p)
	if err := w.answer(c, status, "error", w.layoutFor(c), frame{Title: view.Title}, view); err != nil {
		w.o.Logger.ErrorContext(ctx, "error page failed", "error", err.Error(), "request_id", RequestID(ctx))
		http.Error(c.Writer, view.Title, status)
	}
}

// plainError answers an error outside the engine, where there is no session to show.
func (w *Web) plainError(rw http.ResponseWriter, r *http.Request, p *problem.Problem) {
	view := w.errorView(r, p)
	body, err := w.pages.render("error", "bare", document{frame{Title: view.Title, Version: w.shortVersion()}, view})
	if err != nil {
		http.Error(rw, view.Title, view.Status)
		return
	}
	rw.Header().Set("Content-Type", "text/html; charset=utf-8")
	rw.WriteHeader(view.Status)
	plain := newViewer(language.English, time.UTC)
	_, _ = rw.Write(plain.write(body)) // nobody is left to tell if this fails
}

func (w *Web) errorView(r *http.Request, p *problem.Problem) errorView {
	return errorView{
		Status: p.Code.Status(), Title: p.Code.Title(), Message: isolateRuns(p.Message), Hint: isolateRuns(p.Hint),
		RequestID: RequestID(r.Context()), Back: w.previousPage(r, "/"),
	}
}

// previousPage returns the page of this site that a request came from, or the fallback.
func (w *Web) previousPage(r *http.Request, fallback string) string {
	back, err := url.Parse(r.Referer())
	if err != nil || back.Host == "" || (back.Host != r.Host && back.Host != w.host) ||
		(back.Path == r.URL.Path && r.Method == http.MethodGet) {
		return fallback
	}
	return localPath(back.RequestURI(), fallback)
}

func (w *Web) notFound(c *gin.Context) error {
	return problem.New(problem.NotFound, "There is no page %s.", c.Request.URL.Path).
		WithHint("Check the address, or begin at the overview.")
}

// answerUnmatched answers requests that match no route.
func (w *Web) answerUnmatched(c *gin.Context) {
	if m, ok := w.findMount(c.Request.URL.Path); ok {
		m.unknown(c)
		return
	}
	w.noteUser(c)
	w.fail(c, w.notFound(c))
}

// refuseMethod answers a request whose path has only routes with other methods.
func (w *Web) refuseMethod(c *gin.Context) {
	if m, ok := w.findMount(c.Request.URL.Path); ok {
		m.unknown(c)
		return
	}
	w.noteUser(c)
	p := problem.New(problem.BadRequest, "This address does not take %s.", c.Request.Method).
		WithHint("Load the page and use its buttons.")
	view := w.errorView(c.Request, p)
	view.Status = http.StatusMethodNotAllowed
	if err := w.answer(c, view.Status, "error", w.layoutFor(c), frame{Title: view.Title}, view); err != nil {
		http.Error(c.Writer, view.Title, view.Status)
	}
}

func (w *Web) layoutFor(c *gin.Context) string {
	if signedInEmail(c) == "" {
		return "bare"
	}
	return "layout"
}
