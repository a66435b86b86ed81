package app

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net"
	"net/http"
	"sync"
	"syscall"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"ledgersheet/internal/api"
	"ledgersheet/internal/auth"
	"ledgersheet/internal/config"
	"ledgersheet/internal/control"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/version"
	"ledgersheet/internal/web"
	"ledgersheet/internal/webhook"
	"ledgersheet/templates"
)

// openFaces builds what people and programs see over HTTP.
func (a *App) openFaces(_ context.Context) error {
	set := a.o.Settings
	a.setup = auth.NewSetup(a.store, a.logins)
	var err error
	a.web, err = web.New(web.Options{
		Control: a.control, Logins: a.logins, Setup: a.setup,
		Sessions: auth.NewSessions(a.store, a.store, set.BaseURL, a.log),
		Files:    templates.Files, Logger: a.log,
		Settings: web.Settings{
			Webhooks: set.Intuit.WebhookToken != "",
			BaseURL:  set.BaseURL, DataDir: set.DataDir, Version: version.String(),
			Environment: set.Intuit.Environment, MinInterval: set.MinInterval,
			Retention: set.Retention, Variables: a.o.Variables, APITokenSet: a.token.Set(), Demo: a.o.Demo,
			SheetsWebURL: a.o.SheetsURL, TrustedProxies: set.TrustedProxies,
		},
	})
	if err != nil {
		return err
	}
	engine := a.web.Engine()
	calls := api.Options{
		Control: a.control, Authenticate: a.authenticate, Logger: a.log, Version: version.Current().Version,
	}
	api.Register(a.web.Mount(api.Base, api.Unknown(calls)), calls)
	engine.GET("/healthz", func(c *gin.Context) { c.String(http.StatusOK, "ok\n") })
	engine.GET("/readyz", a.serveReady)
	hooks := webhook.NewReceiver(set.Intuit.WebhookToken.Reveal(), a.watcher.Hint, a.log)
	engine.POST("/webhooks/quickbooks", gin.WrapH(hooks))
	if set.MetricsAddr == "" {
		engine.GET("/metrics", a.serveMetrics)
	}
	a.faces = &faces{
		main: &http.Server{
			Handler: a.web, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute,
			IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		},
		failed: make(chan error, 3),
	}
	if set.MetricsAddr != "" {
		mux := http.NewServeMux()
		mux.Handle("GET /metrics", a.newMetricsHandler())
		a.faces.metrics = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	}
	if set.DebugAddr != "" {
		a.faces.debug = &http.Server{Handler: debugHandler(), ReadHeaderTimeout: 10 * time.Second}
	}
	return nil
}

// authenticate returns who calls the API: the holder of the token, or a browser that is signed in.
func (a *App) authenticate(c *gin.Context) (control.Actor, bool) {
	header := c.GetHeader("Authorization")
	switch {
	case header == "":
		return a.web.Authenticate(c)
	case a.token.Allows(header):
		return control.Program(), true
	}
	token, err := a.tokens.Find(c.Request.Context(), header)
	if err != nil {
		if !problem.HasCode(err, problem.Unauthorized) {
			a.log.ErrorContext(c.Request.Context(), "an API token could not be looked up", "error", err.Error())
		}
		return control.Actor{}, false
	}
	return control.Bearer(token), true
}

// serveReady answers whether work can be done: the store can be written, and the queue and the schedules run. The first
// part that is not ready is named.
func (a *App) serveReady(c *gin.Context) {
	for part, err := range a.readiness() {
		if err != nil {
			a.log.WarnContext(c.Request.Context(), "not ready", "part", part, "error", err.Error())
			c.String(http.StatusServiceUnavailable, part+" is not ready\n")
			return
		}
	}
	c.String(http.StatusOK, "ready\n")
}

// readiness yields each part and why it cannot work, or nil; first what others depend on.
func (a *App) readiness() iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		_ = yield("store", errors.Join(a.trouble.hold(), a.store.Ready())) && yield("queue", a.queue.Ready()) &&
			yield("schedules", a.ticker.Ready())
	}
}

func (a *App) newMetricsHandler() http.Handler {
	return promhttp.HandlerFor(a.metrics.registry, promhttp.HandlerOpts{})
}

// serveMetrics answers with the metrics if the request has the API token.
func (a *App) serveMetrics(c *gin.Context) {
	if !a.mayReadMetrics(c) {
		c.Header("WWW-Authenticate", `Bearer realm="ledgersheet"`)
		c.String(http.StatusUnauthorized,
			"Send the API token as \"Authorization: Bearer …\", or set LEDGERSHEET_METRICS_ADDR.\n")
		return
	}
	a.newMetricsHandler().ServeHTTP(c.Writer, c.Request)
}

// mayReadMetrics reports whether a request has a token that covers all companies.
func (a *App) mayReadMetrics(c *gin.Context) bool {
	header := c.GetHeader("Authorization")
	if a.token.Allows(header) {
		return true
	}
	token, err := a.tokens.Find(c.Request.Context(), header)
	return err == nil && token.Companies == nil
}

// faces holds the servers and their listeners.
type faces struct {
	main, metrics, debug       *http.Server // all but main may be nil
	mainAt, metricsAt, debugAt net.Listener
	failed                     chan error
	serving                    sync.WaitGroup
}

// listen binds the addresses, so that a taken one is reported before anything else starts.
func (f *faces) listen(set config.Settings) error {
	for _, l := range []struct {
		variable, addr string
		server         *http.Server
		at             *net.Listener
	}{
		{"LEDGERSHEET_ADDR", set.Addr, f.main, &f.mainAt},
		{"LEDGERSHEET_METRICS_ADDR", set.MetricsAddr, f.metrics, &f.metricsAt},
		{debugVariable, set.DebugAddr, f.debug, &f.debugAt},
	} {
		if l.server == nil {
			continue
		}
		at, err := listen(l.variable, l.addr)
		if err == nil {
			*l.at = at
			err = onLoopback(l.variable, at)
		}
		if err != nil {
			return errors.Join(err, f.close())
		}
	}
	return nil
}

func listen(variable, addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err == nil {
		return l, nil
	}
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("the address %s is taken by another program; stop it, or set %s to another one, "+
			"such as 127.0.0.1:8081", addr, variable)
	}
	return nil, fmt.Errorf("listening on %s (%s): %w", addr, variable, err)
}

func (f *faces) serve() {
	run := func(s *http.Server, l net.Listener) {
		f.serving.Go(func() {
			if err := s.Serve(l); !errors.Is(err, http.ErrServerClosed) {
				f.failed <- err
			}
		})
	}
	run(f.main, f.mainAt)
	if f.metrics != nil {
		run(f.metrics, f.metricsAt)
	}
	if f.debug != nil {
		run(f.debug, f.debugAt)
	}
}

// close frees the addresses. It does nothing to those that stop has freed already.
func (f *faces) close() error {
	var failed []error
	for _, l := range []net.Listener{f.mainAt, f.metricsAt, f.debugAt} {
		if l == nil {
			continue
		}
		if err := l.Close(); !errors.Is(err, net.ErrClosed) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// stop closes the listeners and waits briefly for requests in progress.
func (f *faces) stop(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	var failed []error
	for _, s := range []*http.Server{f.main, f.metrics, f.debug} {
		if s == nil {
			continue
		}
		if err := s.Shutdown(ctx); errors.Is(err, context.DeadlineExceeded) {
			err = s.Close()
			failed = append(failed, err)
		} else {
			failed = append(failed, err)
		}
	}
	f.serving.Wait()
	return errors.Join(failed...)
}

func (f *faces) addr() string {
	if f.mainAt == nil {
		return ""
	}
	return f.mainAt.Addr().String()
}
