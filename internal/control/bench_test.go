package control_test

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"ledgersheet/exporters"
	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/change"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/schedule"
	"ledgersheet/internal/table"
	"ledgersheet/internal/vault"
)

var (
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	ann  = control.Person(export.User{Email: "ann@example.com", Role: "owner"}, "s")
)

const (
	alder = export.RealmID("9130347957983976")
	birch = export.RealmID("9130347957983977")
)

// bench is a control over a real store. Everything behind it is faked.
type bench struct {
	*control.Desk // ann's
	system        *control.Control
	t             *testing.T
	ctx           context.Context
	store         benchStore
	now           time.Time
	flow          export.Flow // of the next consent
	grant         export.Grant
	finished      error // what the next consent comes to
	account       export.ID
	revoked       []string
	trashed       []string // spreadsheets in the bin
	names         int      // how often names were read
	previewer     control.Previewer
	fails         error                  // of a question to QuickBooks
	looked        atomic.Int64           // how often a company or an account was read
	change        func(*control.Options) // before open; nil changes nothing
}

// benchStore is the store of a bench.
type benchStore interface {
	export.Store
	control.Settings
}

// countingStore counts how often connections are read.
type countingStore struct {
	export.Store
	b *bench
}

func (s countingStore) Company(ctx context.Context, realm export.RealmID) (export.Company, error) {
	s.b.looked.Add(1)
	return s.Store.Company(ctx, realm)
}

func (s countingStore) Account(ctx context.Context, id export.ID) (export.GoogleAccount, error) {
	s.b.looked.Add(1)
	return s.Store.Account(ctx, id)
}

func newBench(t *testing.T) *bench {
	t.Helper()
	seal, err := vault.New(vault.NewKey())
	must(t, err)
	store, err := boltstore.Open(filepath.Join(t.TempDir(), "ledgersheet.db"), seal, boltstore.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	return fillBench(t, store)
}

// fillBench returns a bench over a store, in which it connects two companies and two Google accounts.
func fillBench(t *testing.T, store benchStore) *bench {
	t.Helper()
	b := &bench{t: t, ctx: t.Context(), store: store, now: noon, account: "con_1", previewer: previewer{}}
	b.open(5 * time.Minute)
	for realm, name := range map[export.RealmID]string{alder: "Alder", birch: "Birch"} {
		must(t, store.PutCompany(b.ctx, export.Company{Realm: realm, Name: name, Status: export.Connected}))
		must(t, store.PutGrant(b.ctx, export.CompanyGrant(realm), export.Grant{RefreshToken: "r-" + name}))
	}
	for _, id := range []export.ID{"con_1", "con_2"} {
		must(t, store.PutAccount(b.ctx, export.GoogleAccount{
			ID: id, Subject: string(id), Email: string(id) + "@example.com",
			Kind: export.OAuthAccount, Status: export.Connected,
		}))
		must(t, store.PutGrant(b.ctx, export.AccountGrant(id), export.Grant{RefreshToken: "r-" + string(id)}))
	}
	return b
}

func (b *bench) open(least time.Duration) {
	o := control.Options{
		Settings: b.store, BaseURL: "https://books.example",
		Store: countingStore{b.store, b}, Definitions: exporters.All(), Packs: exporters.Packs(),
		QuickBooksConsents: consents{b},
		GoogleConsents:     consents{b}, CompanyGrants: grants{b}, AccountGrants: grants{b},
		QuickBooks: quickBooks{b}, Google: google{b}, Queue: queue{b}, Ticker: ticker{}, Previewer: b.previewer,
		Environment: "sandbox", MinInterval: least, QuickBooksReady: true, GoogleReady: true,
		Now: func() time.Time { return b.now }, Events: events{}, Logger: slog.New(slog.DiscardHandler),
	}
	if b.change != nil {
		b.change(&o)
	}
	b.system = control.New(o)
	b.Desk = b.system.As(ann)
}

type consents struct{ b *bench }

func (c consents) Begin(context.Context, export.Flow, map[string]string) (string, error) {
	return "https://consent.example", nil
}
func (c consents) Finish(context.Context, url.Values, string) (export.Flow, export.Grant, error) {
	return c.b.flow, c.b.grant, c.b.finished
}
func (c consents) Revoke(_ context.Context, g export.Grant) error {
	c.b.revoked = append(c.b.revoked, g.RefreshToken)
	return errors.New("the provider cannot be reached")
}

type grants struct{ b *bench }

func (g grants) Replace(ctx context.Context, key export.GrantKey, grant export.Grant) error {
	return g.b.store.PutGrant(ctx, key, grant)
}
func (g grants) Forget(
	ctx context.Context, key export.GrantKey, drop func(context.Context, export.Grant) error,
) (export.Grant, error) {
	grant, err := g.b.store.Grant(ctx, key)
	if errors.Is(err, export.ErrNotFound) {
		return grant, nil
	}
	return grant, errors.Join(err, drop(ctx, grant))
}

type quickBooks struct{ b *bench }

func (quickBooks) Probe(_ context.Context, realm export.RealmID, _ string) (export.Company, error) {
	return export.Company{Name: map[export.RealmID]string{alder: "Alder", birch: "Birch"}[realm]}, nil
}

func (q quickBooks) Facts(ctx context.Context, realm export.RealmID) (export.Company, error) {
	if q.b.fails != nil {
		return export.Company{}, q.b.fails
	}
	return q.Probe(ctx, realm, "")
}

func (quickBooks) Copy(export.RealmID) control.Copy { return control.Copy{} }

func (quickBooks) DropCopy(context.Context, export.RealmID) error { return nil }

func (q quickBooks) Names(_ context.Context, c export.Company, object string) (
	[]control.RecordName, error,
) {
	q.b.names++
	return []control.RecordName{
		{ID: "7", Name: "Weiskopf Consulting"}, {ID: "1", Name: "Amy's Bird Sanctuary"},
		{ID: "3", Name: "Bird Food Co"},
		{ID: "2", Name: object + " of " + string(c.Realm)},
	}, q.b.fails
}

func (quickBooks) Usage(export.RealmID) (used, limit int) { return 0, 450 }

type google struct{ b *bench }

func (g google) Identity(context.Context, string) (subject, email string, err error) {
	return string(g.b.account), string(g.b.account) + "@example.com", nil
}
func (google) Account(context.Context, export.ID) (string, error) { return "", nil }

func (g google) Title(_ context.Context, _ export.ID, id string) (string, error) {
	return "Title of " + id, g.b.fails
}

func (g google) Trashed(_ context.Context, _ export.ID, ids []string) ([]string, error) {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !slices.Contains(g.b.trashed, id) }), nil
}

func (g google) Peek(_ context.Context, _ export.ID, id, _, _ string) (export.Peek, error) {
	return export.Peek{
		Title: "Title of " + id, Tabs: []string{"Invoices"}, Trashed: slices.Contains(g.b.trashed, id),
	}, g.b.fails
}

type queue struct{ b *bench }

func (q queue) EnqueueDue(ctx context.Context, d export.DueRun) error {
	_, _, err := q.b.store.EnqueueDue(ctx, d)
	return err
}

func (q queue) Enqueue(ctx context.Context, r export.Run) (export.Run, bool, error) {
	return q.b.store.Enqueue(ctx, r)
}
func (q queue) Cancel(ctx context.Context, id export.ID) (export.Run, error) {
	return q.b.end(id, export.RunCancelled, problem.New(problem.Cancelled, "The run was cancelled."))
}
func (queue) Waiting(export.Run) string { return "" }

type events struct{}

func (events) Subscribe(context.Context, func(export.Run) bool) <-chan export.RunEvent { return nil }

type ticker struct{}

func (ticker) Plan(e export.Exporter, now time.Time) time.Time { return schedule.Plan(e, now) }
func (ticker) Wake()                                           {}

type previewer struct{}

func (previewer) DryRun(context.Context, export.Exporter) (pipeline.DryRun, error) {
	return pipeline.DryRun{Change: &change.Set{Rows: 1}}, nil
}

func (previewer) Result(context.Context, export.Exporter) (pipeline.Result, error) {
	return pipeline.Result{Rows: table.NewSpool(table.Schema{Columns: []table.Column{{ID: "Id", Title: "Id"}}})}, nil
}

func (previewer) Capture(context.Context, export.Exporter) ([]byte, error) {
	return []byte(`{"version":1}`), nil
}

func (previewer) DryUndo(context.Context, export.Exporter, export.ID) (pipeline.DryRun, error) {
	return pipeline.DryRun{Change: &change.Set{Rows: 1, Removed: 1}}, nil
}

func (previewer) Evidence(context.Context, export.ID) (export.Evidence, error) {
	return export.Evidence{}, nil
}
func (previewer) Difference(context.Context, export.ID) (*change.Set, error) {
	return &change.Set{}, nil
}

func (previewer) Preview(context.Context, export.Exporter) (pipeline.Preview, error) {
	return pipeline.Preview{}, nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v %v", err, problem.From(err).Fields)
	}
}

// input returns a valid exporter of the companies, due each day at six in the morning.
func (b *bench) input(realms ...export.RealmID) export.Exporter {
	return export.Exporter{
		Name: "Vendors", Definition: "vendors", Companies: realms,
		Target:   export.Target{Account: "con_1", Sheet: "Vendors"},
		Schedule: export.Schedule{Cron: "0 6 * * *", Timezone: "UTC", Enabled: true},
	}
}

func (b *bench) create(e export.Exporter) export.Exporter {
	b.t.Helper()
	e, err := b.CreateExporter(b.ctx, e)
	must(b.t, err)
	return e
}

func (b *bench) stored(id export.ID) export.Exporter {
	b.t.Helper()
	e, err := b.store.Exporter(b.ctx, id)
	must(b.t, err)
	return e
}

func (b *bench) update(id export.ID, revision int, change func(*export.Exporter)) export.Exporter {
	b.t.Helper()
	e := b.stored(id)
	change(&e)
	e, err := b.UpdateExporter(b.ctx, id, e, revision)
	must(b.t, err)
	return e
}

func (b *bench) end(id export.ID, status export.RunStatus, p *problem.Problem) (export.Run, error) {
	return b.store.UpdateRun(b.ctx, id, func(r *export.Run) error {
		r.Status, r.Problem, r.FinishedAt = status, p, b.now
		return nil
	})
}

// active counts the waiting runs of an exporter.
func (b *bench) active(id export.ID) (n int) {
	b.t.Helper()
	runs, err := b.store.ActiveRuns(b.ctx)
	must(b.t, err)
	for _, r := range runs {
		if r.Exporter.ID == id {
			n++
			if r.Progress.Phase != export.PhaseQueued {
				b.t.Errorf("the run %s of trigger %s has the phase %q", r.ID, r.Trigger, r.Progress.Phase)
			}
		}
	}
	return n
}

func (b *bench) reconnect(realm export.RealmID) {
	b.t.Helper()
	b.flow, b.grant = export.Flow{User: ann.Email, Realm: realm}, export.Grant{RefreshToken: "new", AccessToken: "a"}
	_, _, err := b.FinishCompany(b.ctx, url.Values{"realmId": {string(realm)}})
	must(b.t, err)
}

func (b *bench) reconnectAccount(id export.ID) {
	b.t.Helper()
	b.account, b.flow, b.grant = id, export.Flow{Account: id}, export.Grant{RefreshToken: "new", AccessToken: "a"}
	_, _, err := b.FinishAccount(b.ctx, nil)
	must(b.t, err)
}
