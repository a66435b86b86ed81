// Package web is the dashboard: HTML pages over [control.Control], rendered on the server and usable without scripts.
// Each page has a view, a struct of ready texts that its template only lays out. Handlers return errors; one place
// answers them. Pages of other packages, such as the API, are mounted on the same engine and get its middleware.
package web

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
)

// Logins checks passwords.
type Logins interface {
	Login(ctx context.Context, email, password, remoteAddr string) (export.User, error)
	ChangePassword(ctx context.Context, email, present, next, remoteAddr string) (export.User, error)
}

// Sessions knows which browser is whose. All methods but Middleware need the context of a request that came through it.
type Sessions interface {
	Middleware(next http.Handler) http.Handler
	SignIn(ctx context.Context, u export.User) error
	SignOut(ctx context.Context) error
	User(ctx context.Context) (export.User, error)
	Hash(ctx context.Context) string
	Put(ctx context.Context, key, text string)
	Pop(ctx context.Context, key string) string
}

// Setup makes the first owner by a link that works once.
type Setup interface {
	Needed(ctx context.Context) (bool, error)
	Check(ctx context.Context, token string) error
	CreateOwner(ctx context.Context, token, email, password string) (export.User, error)
}

// Variable is one setting of the environment, as it may be shown: secrets come redacted.
type Variable struct{ Name, Value, Help string }

// Settings are the facts of the installation that pages show.
type Settings struct {
	BaseURL      string        // public root, without a trailing slash
	DataDir      string        // folder of the database
	Version      string        // one line
	Environment  string        // Intuit's: "production" or "sandbox"
	MinInterval  time.Duration // shortest allowed time between two due times
	Retention    time.Duration // how long runs are kept; zero is not shown
	Variables    []Variable    // the environment in force
	APITokenSet  bool
	Demo         bool   // shows the bar that says that the data are simulated
	SheetsWebURL string // demo: where the simulated spreadsheets can be looked at
}

// Options are what the dashboard needs; all fields but Now are required.
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
	o      Options
	host   string // of the base URL
	https  bool
	engine *gin.Engine
	pages  *pages
	static *static
	kept   http.Handler // engine behind the middleware

	mounts []mount // before the first request only
}

// mount is a part of the site that answers by itself what it does not have.
type mount struct {
	prefix  string
	unknown gin.HandlerFunc
}

// New parses every template and registers every route. An error means that a template is wrong.
func New(o Options) (*Web, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	base, err := url.Parse(o.Settings.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("reading the base URL: %w", err)
	}
	o.Settings.BaseURL = strings.TrimRight(o.Settings.BaseURL, "/")
	w := &Web{o: o, host: base.Host, https: base.Scheme == "https"}
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
	w.kept = w.middleware(w.engine)
	return w, nil
}

// Engine is where the app mounts further routes, such as /api/v1. Requests come to it by way of [Web.ServeHTTP] only.
func (w *Web) Engine() *gin.Engine { return w.engine }

// Mount returns the group of routes under the prefix, such as /api/v1. Requests below it that no route takes go to
// unknown; defending against other sites' requests is the group's own matter. It is called before the first request.
func (w *Web) Mount(prefix string, unknown gin.HandlerFunc) *gin.RouterGroup {
	w.mounts = append(w.mounts, mount{prefix, unknown})
	return w.engine.Group(prefix)
}

// mounted returns the mount that a path belongs to.
func (w *Web) mounted(path string) (mount, bool) {
	for _, m := range w.mounts {
		if path == m.prefix || strings.HasPrefix(path, m.prefix+"/") {
			return m, true
		}
	}
	return mount{}, false
}

// ServeHTTP implements http.Handler: every request of the service, with all middleware.
func (w *Web) ServeHTTP(rw http.ResponseWriter, r *http.Request) { w.kept.ServeHTTP(rw, r) }

// Authenticate returns who a signed-in browser's request is from. The API uses it for calls of the dashboard's own
// pages.
func (w *Web) Authenticate(c *gin.Context) (control.Actor, bool) {
	ctx := c.Request.Context()
	u, err := w.o.Sessions.User(ctx)
	if err != nil {
		return control.Actor{}, false
	}
	return control.Person(u, w.o.Sessions.Hash(ctx)), true
}

// RequestID is the id under which the log has this request; empty outside one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}
