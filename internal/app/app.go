// Package app puts the program together; it is the only place that sees every other package. New wires it, Start begins
// the work, and Stop ends it in reverse order. Tests and the demo start the same value as the serve command.
package app

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"
	_ "time/tzdata" // schedules need the zones, and the image has no other copy of them

	"ledgersheet/exporters"
	"ledgersheet/internal/auth"
	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/budget"
	"ledgersheet/internal/config"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/file"
	"ledgersheet/internal/notice"
	"ledgersheet/internal/oauth"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/progress"
	"ledgersheet/internal/queue"
	"ledgersheet/internal/schedule"
	"ledgersheet/internal/source"
	"ledgersheet/internal/table"
	"ledgersheet/internal/tracing"
	"ledgersheet/internal/version"
	"ledgersheet/internal/web"
	"ledgersheet/internal/webhook"
)

// Options configures an App. Settings and Logger are required.
type Options struct {
	Settings config.Settings
	Logger   *slog.Logger
	// Notice is called with what a person must know at start: the set-up link, or where a new key is. Nil drops it.
	Notice func(text string)
	// Network sends all requests to providers; nil means the real network.
	Network http.RoundTripper
	// Variables are the settings in force, as they may be shown.
	Variables []web.Variable
	// Definitions are what can be exported; nil means all exporters.
	Definitions []export.Definition
	// Demo and SheetsURL only change what pages say.
	Demo      bool
	SheetsURL string
	// TryDemo can run beside this app; nil if it cannot.
	TryDemo control.Demo
	// Getenv reads the environment's OpenTelemetry variables; nil means that there are none.
	Getenv func(string) string
	// Existing says that the data folder must have a store; none is made. New then returns ErrNoStore without one.
	Existing bool
	// Disk is asked before each write of the store whether the disk will take it; nil trusts the disk.
	Disk func() error
	// Backoff has the waits between a run's attempts; nil means 1, 5 and 15 minutes.
	Backoff []time.Duration
}

// App is the program. Create one with New.
type App struct {
	o        Options
	log      *slog.Logger
	store    Store
	trouble  *storeWatch
	leader   Leader
	events   *progress.Broker
	queue    *queue.Queue
	ticker   *schedule.Ticker
	watcher  *webhook.Watcher
	control  *control.Control
	notices  *notice.Dispatcher
	alarm    notice.Alarm // of trouble with the store
	books    *quickBooks
	budget   *budget.Budget
	google   *googleSide
	metrics  *metrics
	traces   *tracing.Tracer // nil if they are off
	web      *web.Web
	setup    *auth.Setup
	logins   *auth.Service
	token    auth.APIToken // of the environment
	tokens   *auth.Tokens  // that people have made
	cleanups cleanups
	faces    *faces
	rechecks chan export.RealmID // companies whose connections may have ended
}

// New opens the store and wires everything. It starts nothing and makes no requests. On an error nothing stays open.
func New(ctx context.Context, o Options) (_ *App, err error) {
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	if o.Getenv == nil {
		o.Getenv = func(string) string { return "" }
	}
	if o.Network == nil {
		o.Network = newTransport()
	}
	a := &App{
		o: o, log: slog.New(namingHandler{o.Logger.Handler()}), events: progress.New(), leader: alone{},
		token:    auth.NewAPIToken(o.Settings.APIToken.Reveal()),
		rechecks: make(chan export.RealmID, mostRechecks),
		trouble:  newStoreWatch(o.Logger),
	}
	a.cleanups.log = a.log
	defer func() {
		if err != nil {
			err = errors.Join(err, a.cleanups.run(context.WithoutCancel(ctx)))
		}
	}()
	if a.o.Definitions == nil {
		a.o.Definitions = exporters.All()
	}
	if err := exporters.Validate(a.o.Definitions); err != nil {
		return nil, err
	}
	if err := export.ValidatePacks(exporters.Packs(), a.o.Definitions); err != nil {
		return nil, err
	}
	kept := boltstore.Options{Failed: a.trouble.note, Disk: o.Disk}
	if a.store, err = openStore(a.o.Settings, kept, a.o.Existing, a.o.Notice); err != nil {
		return nil, err
	}
	a.cleanups.add("store", func(context.Context) error { return a.store.Close() })
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	set := o.Settings
	a.budget = budget.New(budget.Options{
		Store: a.store, Limit: set.Limits.MonthlyCalls, Logger: a.log, Google: a.googleLimits(set.Limits),
	})
	if err := a.budget.Load(ctx); err != nil {
		return nil, err
	}
	a.cleanups.add("budget", a.budget.Stop)
	a.metrics = newMetrics(set.Backups > 0)
	a.metrics.watch(a.trouble, a.countUnsaved)
	a.traces, err = tracing.New(ctx, tracing.Options{
		Getenv: o.Getenv, Version: version.Current().Version, Logger: a.log,
	})
	if err != nil {
		return nil, err
	}
	a.cleanups.add("traces", a.traces.Stop)
	meter := func(provider string) http.RoundTripper {
		return meteredTransport{
			provider: provider, next: a.traces.Transport(provider, o.Network), log: a.log,
			requests: a.metrics.requests, seconds: a.metrics.seconds,
		}
	}
	// The callbacks may use a.control, which is set further down: they are not called before the app starts.
	toBooks := meter("quickbooks")
	a.books = newQuickBooks(set.Intuit, set.Limits, a.store, toBooks, a.budget.Transport, a.log, companyNews{
		hold: a.trouble.hold,
		ended: func(ctx context.Context, realm export.RealmID, why *problem.Problem) {
			a.control.CompanyEnded(ctx, realm, why)
		},
		refreshed: func(ctx context.Context, realm export.RealmID, g export.Grant) {
			a.control.CompanyRefreshed(ctx, realm, g)
		},
		told: func(ctx context.Context, realm export.RealmID, asked time.Time, why *problem.Problem) {
			a.control.CompanyTold(ctx, realm, asked, why)
		},
	})
	if err := a.keepCopies(); err != nil {
		return nil, err
	}
	spools := table.Spools{Folder: set.DataDir}
	a.google, err = newGoogle(set.Google, set.Limits, spools, a.store, meter("google"), a.log, accountNews{
		hold: a.trouble.hold,
		ended: func(ctx context.Context, id export.ID, why *problem.Problem) {
			a.control.AccountEnded(ctx, id, why)
		},
		refreshed: func(ctx context.Context, id export.ID, g export.Grant) {
			a.control.AccountRefreshed(ctx, id, g)
		},
	})
	if err != nil {
		return nil, err
	}
	a.cleanups.add("tokens", func(ctx context.Context) error {
		return errors.Join(a.books.sources.Flush(ctx), a.google.sources.Flush(ctx))
	})
	files := file.Folders{Allowed: set.ExportDirs, URL: func(id export.ID) string {
		return set.BaseURL + "/exporters/" + string(id) + "/file"
	}}
	runner := pipeline.New(pipeline.Options{
		Definitions: a.o.Definitions, Store: a.store,
		Source:      a.traces.Source(source.New(source.ShareReports(a.books.services()), a.log)),
		Destination: a.traces.Destination(destinations{a.google.client, files}), Logger: a.log, Build: version.String(),
		Spools: spools,
		Recorded: func(record func(string, int, []byte)) export.Source {
			return source.New(a.books.client.Recording(record), a.log)
		},
	})
	if a.notices, err = a.newNotices(); err != nil {
		return nil, err
	}
	a.alarm = a.notices.NewAlarm(func() (notice.Cause, bool) { return a.control.StoreCause() })
	a.trouble.tell(a.alarm.Wake)
	a.queue = queue.New(queue.Options{
		Store: a.store, Work: a.trouble.heed(nameRun(a.traces.Work(spend(a.lookFirst(runner.Work))))),
		Events: observed{a.events, a.budget, a.notices}, Exporter: a.store.Exporter,
		Hold: a.trouble.hold, Workers: set.Workers, Timeout: set.RunTimeout, Backoff: o.Backoff, Logger: a.log,
		Ended: func(exporter export.ID) { a.ticker.Ended(exporter) },
	})
	a.ticker = schedule.NewTicker(schedule.Options{
		Store: a.store, Enqueue: a.queue.EnqueueDue, Pace: a.budget.Pace, Hold: a.trouble.hold, Logger: a.log,
		Jitter: true,
	})
	a.watcher = a.newWatcher()
	a.logins = &auth.Service{
		Users: a.store, Hasher: auth.NewHasher(0), Limiter: &auth.Limiter{}, Settings: a.store, BaseURL: set.BaseURL,
		Log: a.log,
	}
	a.tokens = auth.NewTokens(a.store, a.store, nil)
	flows := &oauth.Flows{Store: a.store, BaseURL: set.BaseURL}
	a.control = control.New(control.Options{
		Store:       forgettingStore{a.store, a.books.DropCopy, a.metrics.forget},
		Definitions: a.o.Definitions, Packs: exporters.Packs(), Logger: a.log,
		Settings: a.store, BaseURL: set.BaseURL,
		QuickBooksConsents: consents{flows, a.books.provider}, GoogleConsents: consents{flows, a.google.provider},
		CompanyGrants: a.books.sources, AccountGrants: a.google.sources, QuickBooks: a.books, Google: a.google,
		Files: files, ExportDirs: set.ExportDirs,
		Queue: a.queue, Events: a.events, Ticker: a.ticker, Previewer: runner, Budget: a.budget, Notices: a.notices,
		Installation: a.installation(),
		Backup:       a.store.Backup, Demo: a.o.TryDemo, Examine: a.examine, Recheck: a.askRecheck,
		Trouble: a.trouble.state, People: a.logins, Tokens: a.tokens,
		Environment: set.Intuit.Environment, MinInterval: set.MinInterval,
		QuickBooksReady: set.Intuit.ClientID != "", GoogleReady: set.Google.ClientID != "",
	})
	a.metrics.registry.MustRegister(newGauges(a))
	return a, a.openFaces(ctx)
}

// keepCopies begins to keep local copies of companies' records, or deletes them if they are switched off.
func (a *App) keepCopies() error {
	set := a.o.Settings
	if !set.Mirror {
		return dropCopies(set.DataDir)
	}
	err := a.books.keepCopies(set.DataDir, a.store, func(_ export.RealmID, n int) { a.metrics.drifted.Add(float64(n)) })
	if err != nil {
		return err
	}
	a.cleanups.add("local copies", a.books.mirror.Close)
	return nil
}

// countUnsaved counts the connections whose newest token is only in memory, for the metrics.
func (a *App) countUnsaved() int {
	return len(a.books.sources.Degraded()) + len(a.google.sources.Degraded())
}

// Control returns what people can do, each at a desk of their own.
func (a *App) Control() *control.Control { return a.control }

// StartRuns begins to execute runs, without schedules or listeners. The command line uses it for a single run.
func (a *App) StartRuns(ctx context.Context) error {
	if a.google.service != nil {
		if err := a.control.OfferServiceAccount(ctx, serviceAccountID, a.google.service.Email()); err != nil {
			return err
		}
	}
	a.background(ctx, "metrics", func(ctx context.Context) { a.metrics.follow(ctx, a.events, a.store) })
	a.watchStore(ctx)
	a.checkStore(ctx)
	a.budget.Start(ctx)
	if err := a.queue.Start(ctx); err != nil {
		return err
	}
	a.cleanups.add("queue", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, commitTimeout)
		defer cancel()
		return a.queue.Stop(ctx)
	})
	return nil
}

// Start begins everything: listeners, queue, schedules, upkeep. After an error, call Stop.
func (a *App) Start(ctx context.Context) error {
	if err := a.faces.listen(a.o.Settings); err != nil {
		return err
	}
	// Needed if the start fails half-way.
	a.cleanups.add("addresses", func(context.Context) error { return a.faces.close() })
	if err := a.ensureOwner(ctx); err != nil {
		return err
	}
	if err := a.StartRuns(ctx); err != nil {
		return err
	}
	if err := a.ticker.Start(ctx); err != nil {
		return err
	}
	a.cleanups.add("schedules", func(context.Context) error { a.ticker.Stop(); return nil })
	a.startWatcher(ctx)
	a.startUpkeep(ctx)
	a.startNotices(ctx)
	if err := a.startBackups(ctx); err != nil {
		return err
	}
	a.faces.serve()
	a.cleanups.add("listeners", a.faces.stop)
	// Stopped before the listeners: live streams end with their events, and would otherwise keep the listeners waiting.
	a.cleanups.add("events", func(context.Context) error { a.events.Close(); return nil })
	// At once, so that nobody waits for what is interrupted anyway.
	a.cleanups.add("work", func(context.Context) error { a.queue.Halt(); return nil })
	a.log.InfoContext(ctx, "ledgersheet is ready", "addr", a.Addr(), "base_url", a.o.Settings.BaseURL)
	return nil
}

// ensureOwner creates the first owner from the environment, or a link with which a person becomes the owner.
func (a *App) ensureOwner(ctx context.Context) error {
	set := a.o.Settings
	if set.AdminEmail != "" {
		_, err := a.logins.EnsureOwner(ctx, set.AdminEmail, set.AdminPassword.Reveal())
		return err
	}
	if err := a.logins.ForgetEnvironment(ctx); err != nil {
		return err
	}
	token, err := a.setup.NewLink(ctx)
	if err == nil && token != "" {
		a.o.Notice("Nobody can sign in yet. Open this link to become the owner; it works once, for 24 hours:\n  " +
			set.BaseURL + "/setup?token=" + token)
	}
	return err
}

// How long a stop waits. What is killed after ten seconds, as containers are, has by then ended all but the commits.
const (
	stopTimeout   = 16 * time.Second // for all parts together
	commitTimeout = 12 * time.Second // of that for runs that are just showing their rows
)

// Run starts the app, calls started unless it is nil, waits until ctx ends or a listener fails, and stops the app.
func (a *App) Run(ctx context.Context, started func() error) error {
	err := a.Start(ctx)
	if err == nil && started != nil {
		err = started()
	}
	if err == nil {
		select {
		case <-ctx.Done():
		case err = <-a.faces.failed:
		}
	}
	a.log.InfoContext(ctx, "ledgersheet is stopping")
	return errors.Join(err, a.stopInTime(ctx))
}

// stopInTime stops the app within seconds, even after ctx has ended.
func (a *App) stopInTime(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	return a.Stop(ctx)
}

// Stop ends the work in the reverse order of its start. Runs that cannot finish before ctx ends go back to the queue.
// Stop may be called more than once.
func (a *App) Stop(ctx context.Context) error { return a.cleanups.run(ctx) }

// Addr returns the address on which the dashboard listens. It is empty before Start.
func (a *App) Addr() string { return a.faces.addr() }
