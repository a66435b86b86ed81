// Package web is the dashboard: HTML pages over [control.Control], rendered on the server and usable without scripts.
// Each page has a view, a struct of ready-made texts that its template only lays out. Handlers return errors, which are
// answered in one place. Pages of other packages, such as the API, are mounted on the same engine and share its
// middleware.
package web

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// Logins checks passwords.
type Logins interface {
	Login(ctx context.Context, email, password string, from export.Visitor) (export.User, error)
	ChangePassword(ctx context.Context, email, present, next string, from export.Visitor) (export.User, error)
	// Device returns the mark that the user's browser keeps.
	Device(u export.User, present string) string
	// SignForm returns a signature of a form's id that only pages shown to this user have.
	SignForm(u export.User, id string) string
	// Invited returns whom an invitation's token invites, or a problem.
	Invited(ctx context.Context, token string) (export.User, error)
	// Accept sets that person's password, and ends the invitation.
	Accept(ctx context.Context, token, password string) (export.User, error)
}

// Sessions knows which browser belongs to whom. All methods but Middleware need the context of a request that has
// passed through it.
type Sessions interface {
	Middleware(next http.Handler) http.Handler
	SignIn(ctx context.Context, u export.User) error
	SignOut(ctx context.Context) error
	User(ctx context.Context) (export.User, error)
	// Still reports whether the session has not ended since the request began.
	Still(ctx context.Context) bool
	Hash(ctx context.Context) string
	Put(ctx context.Context, key, text string)
	Pop(ctx context.Context, key string) string
}

// Setup creates the first owner through a one-time link.
type Setup interface {
	Needed(ctx context.Context) (bool, error)
	Check(ctx context.Context, token string) error
	CreateOwner(ctx context.Context, token, email, password string) (export.User, error)
}

// Variable is one environment variable, as it may be shown: secrets are redacted.
type Variable struct{ Name, Value, Help string }

// Settings are the facts about the installation that pages show.
type Settings struct {
	Webhooks    bool          // Intuit's are received
	BaseURL     string        // public root, without a trailing slash
	DataDir     string        // folder of the database
	Version     string        // one line
	Environment string        // Intuit's: "production" or "sandbox"
	MinInterval time.Duration // shortest allowed time between two due times
	Retention   time.Duration // how long runs are kept; not shown if zero
	Variables   []Variable    // the environment in effect
	APITokenSet bool
	Demo        bool // shows a bar saying that the data are simulated
	// TrustedProxies are the networks of proxies whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	SheetsWebURL   string // in the demo, where to look at the simulated spreadsheets
}

// Options configure the dashboard. All fields but Now are required.
type Options struct {
	Control  *control.Control
	Logins   Logins
	Sessions Sessions
	Setup    Setup
	Settings Settings
	Files    fs.FS // layouts/, pages/, partials/ and static/
	Logger   *slog.Logger
	Now      func() time.Time // nil means time.Now
}

// Web is safe for concurrent use.
type Web struct {
	o       Options
	host    string // of the base URL
	https   bool
	engine  *gin.Engine
	pages   *pages
	static  *static
	handler http.Handler // the engine behind the middleware
	unsent  *unsentForms
	rows    *draftRows
	streams streams

	mounts []mount // changed only before the first request
}

// mount is a part of the site that answers unknown paths itself.
type mount struct {
	prefix  string
	unknown gin.HandlerFunc
}

// New parses every template and registers every route. It returns an error if a template is faulty.
func New(o Options) (*Web, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	base, err := url.Parse(o.Settings.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("reading the base URL: %w", err)
	}
	o.Settings.BaseURL = strings.TrimRight(o.Settings.BaseURL, "/")
	w := &Web{o: o, host: base.Host, https: base.Scheme == "https", unsent: newUnsentForms(o.Now),
		rows: newDraftRows(o.Now)}
	if w.static, err = newStatic(o.Files); err != nil {
		return nil, err
	}
	if w.pages, err = newPages(o.Files, w.static.address); err != nil {
		return nil, err
	}
	gin.SetMode(gin.ReleaseMode)
	w.engine = gin.New()
	if err := w.engine.SetTrustedProxies(nil); err != nil {
		return nil, fmt.Errorf("trusting no proxy: %w", err)
	}
	w.engine.HandleMethodNotAllowed = true
	w.engine.RedirectTrailingSlash = false
	w.register()
	w.handler = w.middleware(w.engine)
	return w, nil
}

// Engine returns the engine, on which the app mounts further routes, such as /api/v1. All requests to it come through
// [Web.ServeHTTP].
func (w *Web) Engine() *gin.Engine { return w.engine }

// Mount returns the group of routes under the prefix, such as /api/v1. Requests below it that match no route go to
// unknown. The group has to defend itself against requests from other sites. Call it before the first request.
func (w *Web) Mount(prefix string, unknown gin.HandlerFunc) *gin.RouterGroup {
	w.mounts = append(w.mounts, mount{prefix, unknown})
	return w.engine.Group(prefix)
}

// findMount returns the mount that a path belongs to.
func (w *Web) findMount(path string) (mount, bool) {
	for _, m := range w.mounts {
		if path == m.prefix || strings.HasPrefix(path, m.prefix+"/") {
			return m, true
		}
	}
	return mount{}, false
}

// ServeHTTP implements http.Handler. It serves every request of the service, with all middleware.
func (w *Web) ServeHTTP(rw http.ResponseWriter, r *http.Request) { w.handler.ServeHTTP(rw, r) }

// Authenticate returns the actor of a signed-in browser's request. The API uses it for calls from the dashboard's own
// pages.
func (w *Web) Authenticate(c *gin.Context) (control.Actor, bool) {
	ctx := c.Request.Context()
	u, err := w.o.Sessions.User(ctx)
	if err != nil || !w.o.Sessions.Still(ctx) {
		return control.Actor{}, false
	}
	return control.Person(u, w.o.Sessions.Hash(ctx)), true
}

// RequestID returns the id under which the log has this request; empty outside a request.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
