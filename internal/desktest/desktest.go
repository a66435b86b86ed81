// Package desktest serves the tests of what stands on control, the pages and the API: a real control over a real store,
// with two companies and a Google account. Everything behind control is faked.
package desktest

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"ledgersheet/exporters"
	"ledgersheet/internal/auth"
	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/budget"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/file"
	"ledgersheet/internal/notice"
	"ledgersheet/internal/progress"
	"ledgersheet/internal/vault"
)

// The companies.
const (
	RealmA = export.RealmID("9130347957983976")
	RealmB = export.RealmID("9130347957983977")
)

// Owner is the e-mail of who connected them.
const Owner = "owner@example.com"

// Noon is the time at which all tests take place.
func Noon() time.Time { return time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC) }

// Options say what differs between benches.
type Options struct {
	// Names are the companies' names.
	NameA, NameB string
	// Waits is why each queued run waits.
	Waits    string
	NotReady bool // there are no credentials of apps
	// Environment is Intuit's; empty is "sandbox".
	Environment string
	// ExportDirs are the folders in which exporters may keep files.
	ExportDirs []string
	Notices    []notice.Rule // of the environment
	// Folder is where the store stays when the test is over, for the next one; empty is a folder of the test's own.
	Folder string
	Demo   control.Demo // nil: none can be tried
}

// Bench is a control and what stands behind it.
type Bench struct {
	Control *control.Control
	Store   *boltstore.Store
	Broker  *progress.Broker
	Log     *Log
	Logger  *slog.Logger
	Account export.ID // the Google account, once connected

	QuickBooks *QuickBooks
	Google     *Google
	Consents   *Consents
	Previewer  *Previewer
	Budget     *budget.Budget // of 10,000 calls, and Google's usual quotas
	Notices    *notice.Dispatcher
	Channel    *Channel // of all notices but those to Teams

	t testing.TB
	o Options
}

// New returns a bench without connections. The test closes it.
func New(t testing.TB, o Options) *Bench {
	t.Helper()
	key, folder := vault.NewKey(), o.Folder
	if folder == "" {
		folder = t.TempDir()
	} else {
		key = vault.Key{1} // the same each time
	}
	seal, err := vault.New(key)
	must(t, err)
	store, err := boltstore.Open(filepath.Join(folder, "ledgersheet.db"), seal, boltstore.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	b := &Bench{
		Store: store, Broker: progress.New(), Log: &Log{}, QuickBooks: &QuickBooks{name: o.NameA}, Google: &Google{},
		Consents: &Consents{}, Previewer: &Previewer{}, Channel: &Channel{}, t: t, o: o,
	}
	b.Logger = slog.New(slog.NewTextHandler(b.Log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	b.Budget = budget.New(budget.Options{
		Store: store, Limit: 10_000, Now: Noon, Logger: b.Logger,
		Google: budget.GoogleLimits{
			Account: budget.Quota{Reads: 60, Writes: 60}, Project: budget.Quota{Reads: 300, Writes: 300},
			Used: func(export.ID) budget.Quota { return budget.Quota{Reads: 7, Writes: 3} },
		},
	})
	b.Notices = notice.New(notice.Options{
		Store: store, BaseURL: "http://ledgersheet.test", Logger: b.Logger, Fixed: o.Notices,
		Channels: map[notice.Kind]notice.Channel{
			notice.Mail: b.Channel, notice.Webhook: b.Channel, notice.Slack: b.Channel,
		},
		Tags: func(e export.Exporter) []string { return e.Tags },
		Packs: func(ctx context.Context, exporters []export.ID) ([]notice.PackRun, error) {
			return b.Control.PackRuns(ctx, exporters)
		},
		Missing: map[notice.Kind]string{notice.Teams: "Teams is not set up."},
		Causes: func(ctx context.Context, among []export.RealmID) ([]notice.Cause, error) {
			return b.Control.CausesAmong(ctx, among)
		},
	})
	if o.Environment == "" {
		o.Environment = "sandbox"
	}
	b.Control = control.New(control.Options{
		Notices:  b.Notices,
		Budget:   b.Budget,
		Settings: store, BaseURL: "http://ledgersheet.test",
		Store: store, Definitions: exporters.All(), Packs: exporters.Packs(),
		QuickBooksConsents: b.Consents, GoogleConsents: b.Consents,
		CompanyGrants: grants{store}, AccountGrants: grants{store}, QuickBooks: b.QuickBooks, Google: b.Google,
		Files: file.Folders{Allowed: o.ExportDirs}, ExportDirs: o.ExportDirs,
		Queue: queue{store, o.Waits}, Ticker: ticker{}, Previewer: b.Previewer, Environment: o.Environment,
		MinInterval: 5 * time.Minute, QuickBooksReady: !o.NotReady, GoogleReady: !o.NotReady, Now: Noon,
		Logger: b.Logger, Events: b.Broker, Backup: store.Backup, Demo: o.Demo,
		Tokens: auth.NewTokens(store, store, Noon),
		People: &auth.Service{Users: store, Hasher: auth.NewHasher(0), BaseURL: "http://ledgersheet.test", Now: Noon},
		Examine: func(ctx context.Context, d *control.Desk) []control.Finding {
			found, err := d.ExamineConnections(ctx)
			must(t, err)
			return found
		},
	})
	return b
}

// Connect connects two companies and a Google account.
func (b *Bench) Connect() {
	b.t.Helper()
	ctx := b.t.Context()
	for realm, name := range map[export.RealmID]string{RealmA: b.o.NameA, RealmB: b.o.NameB} {
		must(b.t, b.Store.PutCompany(ctx, export.Company{
			Realm: realm, Name: name, LegalName: name + " (legal)", Country: "US", HomeCurrency: "USD",
			FiscalYearStart: time.April, Environment: "sandbox",
			Status: export.Connected, ConnectedAt: Noon().AddDate(0, -1, 0), ConnectedBy: Owner,
			TokenExpiresAt: Noon().AddDate(0, 0, 100), HardExpiresAt: Noon().AddDate(5, 0, 0),
		}))
		must(b.t, b.Store.PutGrant(ctx, export.CompanyGrant(realm), export.Grant{RefreshToken: "secret-refresh"}))
	}
	b.Account = export.NewID("con", Noon())
	must(b.t, b.Store.PutAccount(ctx, export.GoogleAccount{
		ID: b.Account, Subject: "1", Email: "books@example.com", Kind: export.OAuthAccount, Status: export.Connected,
		Scopes: []string{"openid"}, ConnectedAt: Noon(), ConnectedBy: Owner,
	}))
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Log keeps what was logged. It is safe for concurrent use.
type Log struct {
	mu sync.Mutex
	b  bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

// String returns everything that was logged.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
