package control_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ledgersheet/exporters"
	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/schedule"
	"ledgersheet/internal/vault"
)

var (
	noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	ann  = control.Actor{Email: "ann@example.com", Session: "s"}
)

const (
	alder = export.RealmID("9130347957983976")
	birch = export.RealmID("9130347957983977")
)

// bench is a control over a real store; what lies behind it is faked.
type bench struct {
	*control.Control
	t       *testing.T
	ctx     context.Context
	store   *boltstore.Store
	now     time.Time
	flow    export.Flow // of the next consent
	grant   export.Grant
	account export.ID
	revoked []string
}

func newBench(t *testing.T) *bench {
	t.Helper()
	seal, err := vault.New(vault.NewKey())
	must(t, err)
	store, err := boltstore.Open(filepath.Join(t.TempDir(), "ledgersheet.db"), seal, boltstore.Options{})
	must(t, err)
	t.Cleanup(func() { must(t, store.Close()) })
	b := &bench{t: t, ctx: t.Context(), store: store, now: noon, account: "con_1"}
	b.open(5 * time.Minute)
	for realm, name := range map[export.RealmID]string{alder: "Alder", birch: "Birch"} {
		must(t, store.PutCompany(b.ctx, export.Company{Realm: realm, Name: name, Status: export.Connected}))
		must(t, store.PutGrant(b.ctx, export.CompanyGrant(realm), export.Grant{RefreshToken: "r-" + name}))
	}
	for _, id := range []export.ID{"con_1", "con_2"} {
		must(t, store.PutAccount(b.ctx, export.GoogleAccount{ID: id, Subject: string(id), Email: string(id) + "@example.com", Kind: export.OAuthAccount, Status: export.Connected}))
		must(t, store.PutGrant(b.ctx, export.AccountGrant(id), export.Grant{RefreshToken: "r-" + string(id)}))
	}
	return b
}

func (b *bench) open(least time.Duration) {
	b.Control = control.New(control.Options{
		Store: b.store, Definitions: exporters.All(), QuickBooksConsents: consents{b}, GoogleConsents: consents{b}, CompanyGrants: grants{b}, AccountGrants: grants{b},
		QuickBooks: quickBooks{}, Google: google{b}, Queue: queue{b}, Ticker: ticker{}, Previewer: previewer{}, Environment: "sandbox", MinInterval: least,
		QuickBooksReady: true, GoogleReady: true, Now: func() time.Time { return b.now }, Logger: slog.New(slog.DiscardHandler)})
}

type consents struct{ b *bench }

func (c consents) Begin(context.Context, export.Flow, map[string]string) (string, error) {
	return "https://consent.example", nil
}
func (c consents) Finish(context.Context, url.Values, string) (export.Flow, export.Grant, error) {
	return c.b.flow, c.b.grant, nil
}
func (c consents) Revoke(_ context.Context, g export.Grant) error {
	c.b.revoked = append(c.b.revoked, g.RefreshToken)
	return errors.New("the provider cannot be reached")
}

type grants struct{ b *bench }

func (g grants) Replace(ctx context.Context, key export.GrantKey, grant export.Grant) error {
	return g.b.store.PutGrant(ctx, key, grant)
}
func (g grants) Forget(ctx context.Context, key export.GrantKey) (export.Grant, error) {
	grant, err := g.b.store.Grant(ctx, key)
	if errors.Is(err, export.ErrNotFound) {
		return grant, nil
	}
	return grant, errors.Join(err, g.b.store.DeleteGrant(ctx, key))
}

type quickBooks struct{}

func (quickBooks) Probe(_ context.Context, realm export.RealmID, _ string) (export.Company, error) {
	return export.Company{Name: map[export.RealmID]string{alder: "Alder", birch: "Birch"}[realm]}, nil
}
func (q quickBooks) Facts(ctx context.Context, realm export.RealmID) (export.Company, error) {
	return q.Probe(ctx, realm, "")
}
func (quickBooks) Usage(export.RealmID) (used, limit int) { return 0, 450 }

type google struct{ b *bench }

func (g google) Identity(context.Context, string) (subject, email string, err error) {
	return string(g.b.account), string(g.b.account) + "@example.com", nil
}
func (google) Account(context.Context, export.ID) (string, error) { return "", nil }

type queue struct{ b *bench }

func (q queue) Enqueue(ctx context.Context, r export.Run) (export.Run, bool, error) {
	return q.b.store.Enqueue(ctx, r)
}
func (q queue) Cancel(ctx context.Context, id export.ID) (export.Run, error) {
	return q.b.end(id, export.RunCancelled, problem.New(problem.Cancelled, "The run was cancelled."))
}
func (queue) Waiting(export.ID) string { return "" }

type ticker struct{}

func (ticker) Plan(e export.Exporter, now time.Time) time.Time { return schedule.Plan(e, now) }
func (ticker) Wake()                                           {}

type previewer struct{}

func (previewer) Preview(context.Context, export.Exporter) (pipeline.Preview, error) {
	return pipeline.Preview{}, nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v %v", err, problem.From(err).Fields)
	}
}

// input is a right exporter of both companies, due each day at six in the morning.
func (b *bench) input(realms ...export.RealmID) export.Exporter {
	return export.Exporter{Name: "Vendors", Definition: "vendors", Companies: realms, Target: export.Target{Account: "con_1", Sheet: "Vendors"},
		Schedule: export.Schedule{Cron: "0 6 * * *", Timezone: "UTC", Enabled: true}}
}

func (b *bench) create(e export.Exporter) export.Exporter {
	b.t.Helper()
	e, err := b.CreateExporter(b.ctx, ann, e)
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
	e, err := b.UpdateExporter(b.ctx, ann, id, e, revision)
	must(b.t, err)
	return e
}

func (b *bench) end(id export.ID, status export.RunStatus, p *problem.Problem) (export.Run, error) {
	return b.store.UpdateRun(b.ctx, id, func(r *export.Run) error {
		r.Status, r.Problem, r.FinishedAt = status, p, b.now
		return nil
	})
}

// active counts the runs of an exporter that wait.
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
	b.flow, b.grant = export.Flow{Realm: realm}, export.Grant{RefreshToken: "new", AccessToken: "a"}
	_, _, err := b.FinishCompany(b.ctx, ann, url.Values{"realmId": {string(realm)}})
	must(b.t, err)
}

func (b *bench) reconnectAccount(id export.ID) {
	b.t.Helper()
	b.account, b.flow, b.grant = id, export.Flow{Account: id}, export.Grant{RefreshToken: "new", AccessToken: "a"}
	_, _, err := b.FinishAccount(b.ctx, ann, nil)
	must(b.t, err)
}

// TestDisconnectAndCatchUp misses a due time while a company is disconnected; reconnecting makes one run for it, and
// reconnecting again none.
func TestDisconnectAndCatchUp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e, idle := b.create(b.input(alder)), b.create(b.input(birch))
	_, err := b.DisconnectCompany(b.ctx, ann, alder)
	must(t, err)
	if len(b.revoked) != 1 || b.revoked[0] != "r-Alder" {
		t.Errorf("revoked %v", b.revoked)
	}
	if _, err := b.store.Grant(b.ctx, export.CompanyGrant(alder)); !errors.Is(err, export.ErrNotFound) {
		t.Errorf("the grant is still there: %v", err)
	}
	// Editing it meanwhile forgets nothing.
	b.update(e.ID, 0, func(e *export.Exporter) { e.Name = "Renamed" })
	b.now = noon.AddDate(0, 0, 3)
	b.reconnect(alder)
	if n := b.active(e.ID); n != 1 {
		t.Errorf("%d runs catch up, want 1", n)
	}
	if s := b.stored(e.ID); s.Paused || !s.NextAt.Equal(time.Date(2026, 3, 6, 6, 0, 0, 0, time.UTC)) {
		t.Errorf("afterwards paused %v, next %s", s.Paused, s.NextAt)
	}
	b.reconnect(alder)
	if n := b.active(e.ID) + b.active(idle.ID); n != 1 {
		t.Errorf("%d runs after connecting again, want 1", n)
	}
}

// TestTwoDisconnects resumes an exporter only when the last of its connections is back.
func TestTwoDisconnects(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(b.input(alder, birch))
	for _, realm := range []export.RealmID{alder, birch} {
		_, err := b.DisconnectCompany(b.ctx, ann, realm)
		must(t, err)
	}
	_, err := b.DisconnectAccount(b.ctx, ann, "con_1")
	must(t, err)
	b.now = noon.AddDate(0, 0, 3)
	b.reconnect(alder)
	if s := b.stored(e.ID); !s.Paused || !strings.Contains(s.PausedWhy, "Birch") {
		t.Errorf("with Birch still disconnected: paused %v, %q", s.Paused, s.PausedWhy)
	}
	b.reconnect(birch)
	if s := b.stored(e.ID); !s.Paused || !strings.Contains(s.PausedWhy, "con_1@example.com") {
		t.Errorf("with the Google account still disconnected: paused %v, %q", s.Paused, s.PausedWhy)
	}
	if n := b.active(e.ID); n != 0 {
		t.Errorf("%d runs were started too early", n)
	}
	b.reconnectAccount("con_1")
	if s := b.stored(e.ID); s.Paused || b.active(e.ID) != 1 {
		t.Errorf("with all connected: paused %v, %d runs", s.Paused, b.active(e.ID))
	}
}

// TestPersonsPauseStays: what a person paused, a reconnect does not resume.
func TestPersonsPauseStays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(b.input(alder))
	_, err := b.DisconnectCompany(b.ctx, ann, alder)
	must(t, err)
	_, err = b.PauseExporter(b.ctx, ann, e.ID, true)
	must(t, err)
	b.reconnect(alder)
	if !b.stored(e.ID).Paused {
		t.Error("an exporter that a person paused was resumed")
	}
}

// TestFreedByAnEdit resumes an exporter that is given other connections than the missing one.
func TestFreedByAnEdit(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		lose func(b *bench) error
		edit func(e *export.Exporter)
	}{
		"account deleted": {func(b *bench) error { return b.DeleteAccount(b.ctx, ann, "con_1") }, func(e *export.Exporter) { e.Target.Account = "con_2" }},
		"account disconnected": {func(b *bench) error { _, err := b.DisconnectAccount(b.ctx, ann, "con_1"); return err },
			func(e *export.Exporter) { e.Target.Account = "con_2" }},
		"company disconnected": {func(b *bench) error { _, err := b.DisconnectCompany(b.ctx, ann, alder); return err },
			func(e *export.Exporter) { e.Companies = []export.RealmID{birch} }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			e := b.create(b.input(alder, birch))
			must(t, test.lose(b))
			if s := b.stored(e.ID); !s.Paused {
				t.Fatal("it is not paused")
			}
			if s := b.update(e.ID, 0, test.edit); s.Paused || s.NextAt.IsZero() {
				t.Errorf("after the edit: paused %v (%s), next %s", s.Paused, s.PausedWhy, s.NextAt)
			}
		})
	}
}

// TestDeleteCompany deletes what used only this company, stops its runs, and takes the company out of the others.
func TestDeleteCompany(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	own, both := b.create(b.input(alder)), b.create(b.input(alder, birch))
	run, _, err := b.RunNow(b.ctx, ann, own.ID)
	must(t, err)
	_, err = b.DisconnectCompany(b.ctx, ann, alder)
	must(t, err)
	must(t, b.DeleteCompany(b.ctx, ann, alder))
	if _, err := b.Exporter(b.ctx, own.ID); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("the exporter of the company alone: %v", err)
	}
	if r, _ := b.Run(b.ctx, run.ID); r.Status != export.RunCancelled {
		t.Errorf("its run is %s", r.Status)
	}
	if s := b.stored(both.ID); len(s.Companies) != 1 || s.Companies[0] != birch || s.Paused {
		t.Errorf("the combined exporter: %v, paused %v", s.Companies, s.Paused)
	}
	b.CompanyEnded(b.ctx, alder, problem.New(problem.CompanyReconnectRequired, "late")) // its last refresh may end now
	if _, err := b.Company(b.ctx, alder); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("the company: %v", err)
	}
}

// TestEmptySpreadsheet: who has not seen the spreadsheet that the first run made does not ask for a second.
func TestEmptySpreadsheet(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(b.input(alder))
	stale := e.Revision
	made := func(e *export.Exporter) error {
		tab := int64(7)
		e.Target.Spreadsheet, e.Target.Created, e.Target.Tab = "1abcdefghijklmnop", true, &tab
		e.Revision++
		return nil
	}
	_, err := b.store.UpdateExporter(b.ctx, e.ID, made)
	must(t, err)
	empty := func(e *export.Exporter) { e.Target.Spreadsheet, e.Name = "", "Renamed" }
	if s := b.update(e.ID, 0, empty); s.Target.Spreadsheet != "1abcdefghijklmnop" || s.Target.Tab == nil || s.Name != "Renamed" {
		t.Errorf("without a revision: %+v", s.Target)
	}
	old := b.stored(e.ID)
	empty(&old)
	if _, err := b.UpdateExporter(b.ctx, ann, e.ID, old, stale); !problem.HasCode(err, problem.Conflict) {
		t.Errorf("with the revision of before the first run: %v", err)
	}
	key := old.Target.CreateKey
	if s := b.update(e.ID, old.Revision, empty); s.Target.Spreadsheet != "" || s.Target.CreateKey == key || s.Target.Created {
		t.Errorf("by somebody who has seen it: %+v", s.Target)
	}
	_, err = b.store.UpdateExporter(b.ctx, e.ID, made)
	must(t, err)
	other := func(e *export.Exporter) { e.Target.Spreadsheet, e.Target.Account = "", "con_2" }
	if s := b.update(e.ID, 0, other); s.Target.Spreadsheet != "" {
		t.Errorf("with another account, which cannot open it: %+v", s.Target)
	}
}

// TestEditKeepsADueTime edits an exporter in the moment between its due time and the scheduler's look.
func TestEditKeepsADueTime(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	e := b.create(b.input(alder))
	due := e.NextAt
	b.now = due.Add(time.Second)
	if s := b.update(e.ID, 0, func(e *export.Exporter) { e.Name = "Renamed" }); !s.NextAt.Equal(due) {
		t.Errorf("a new name moved the due time to %s", s.NextAt)
	}
	if s := b.update(e.ID, 0, func(e *export.Exporter) { e.Schedule.Cron = "0 7 * * *" }); !s.NextAt.Equal(due.Add(time.Hour)) {
		t.Errorf("a new schedule is due at %s", s.NextAt)
	}
}

func TestShortestInterval(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		cron, zone string
		least      time.Duration
		ok         bool
	}{
		{"0 6 * * *", "America/New_York", 24 * time.Hour, true},
		{"@daily", "Europe/Berlin", 24 * time.Hour, true},
		{"0 6,18 * * *", "America/New_York", 24 * time.Hour, false},
		{"0 */1 * * *", "Europe/Berlin", time.Hour, true},
		{"*/5 * * * *", "UTC", 5 * time.Minute, true},
		{"*/4 * * * *", "UTC", 5 * time.Minute, false},
		{"0,1 6 * * *", "UTC", 5 * time.Minute, false},
	} {
		b := newBench(t)
		b.open(test.least)
		e := b.input(alder)
		e.Schedule.Cron, e.Schedule.Timezone = test.cron, test.zone
		_, err := b.CreateExporter(b.ctx, ann, e)
		var fields map[string]string
		if p := problem.From(err); p != nil {
			fields = p.Fields
		}
		if _, refused := fields["schedule.cron"]; refused == test.ok {
			t.Errorf("%s in %s with at least %s: %v", test.cron, test.zone, test.least, err)
		}
	}
}

// TestWrongInput names each wrong field and stores nothing.
func TestWrongInput(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	long := strings.Repeat("x", 100_000)
	var crowd []export.RealmID
	for i := range 100_000 {
		crowd = append(crowd, export.RealmID(fmt.Sprint(i)))
	}
	first := b.input(alder)
	first.Target.Spreadsheet = "1abcdefghijklmnop"
	b.create(first)
	for field, change := range map[string]func(e *export.Exporter){
		"type":                          func(e *export.Exporter) { e.Definition = long },
		"name":                          func(e *export.Exporter) { e.Name = "a\nb" },
		"company_ids":                   func(e *export.Exporter) { e.Companies = crowd },
		"company_ids[0]":                func(e *export.Exporter) { e.Companies = []export.RealmID{"1"} },
		"columns[0]":                    func(e *export.Exporter) { e.Columns = []string{long} },
		"filters[0]":                    func(e *export.Exporter) { e.Filters = []export.Filter{{Column: "DisplayName", Op: "=", Value: long}} },
		"destination.google_account_id": func(e *export.Exporter) { e.Target.Account = export.ID(long) },
		"destination.spreadsheet_id":    func(e *export.Exporter) { e.Target.Spreadsheet = long },
		"destination.sheet":             func(e *export.Exporter) { e.Target.Sheet = "a\x00b" },
		"destination.start_cell":        func(e *export.Exporter) { e.Target = first.Target; e.Target.Start = "a1" },
		"schedule.timezone":             func(e *export.Exporter) { e.Schedule.Timezone = "../../etc/passwd" },
		"schedule.cron":                 func(e *export.Exporter) { e.Schedule.Cron = long },
		"options.include_inactive":      func(e *export.Exporter) { e.Options = map[string]string{"include_inactive": "TRUE"} },
		"mode":                          func(e *export.Exporter) { e.Mode = "append " },
	} {
		e := b.input(alder)
		change(&e)
		began := time.Now()
		_, err := b.CreateExporter(b.ctx, ann, e)
		p := problem.From(err)
		if p == nil || p.Code != problem.InvalidInput || p.Fields[field] == "" {
			t.Errorf("%s: got %.200v", field, err)
			continue
		}
		if len(fmt.Sprint(p.Fields)) > 5_000 {
			t.Errorf("%s: the answer has %d bytes", field, len(fmt.Sprint(p.Fields)))
		}
		if took := time.Since(began); took > 2*time.Second {
			t.Errorf("%s: it took %s", field, took)
		}
	}
	if all, err := b.Exporters(b.ctx); err != nil || len(all) != 1 {
		t.Errorf("%d exporters, %v", len(all), err)
	}
}
