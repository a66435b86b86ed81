package web

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/exporters"
	"ledgersheet/internal/auth"
	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/budget"
	"ledgersheet/internal/change"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/progress"
	"ledgersheet/internal/table"
	"ledgersheet/internal/vault"
	"ledgersheet/templates"
)

const (
	email    = "owner@example.com"
	password = "three quiet herons"
	realmA   = export.RealmID("9130347957983976")
	realmB   = export.RealmID("4620816365291038470")
)

// noon is the time at which all tests take place.
var noon = time.Date(2026, 3, 29, 12, 0, 0, 0, time.UTC)

// site is the dashboard over a real control, a real store and real sessions. Everything behind those is faked.
type site struct {
	t         *testing.T
	web       *Web
	store     *boltstore.Store
	control   *control.Control
	desk      *control.Desk // the owner's
	broker    *progress.Broker
	log       *lockedBuffer
	server    *httptest.Server
	client    *http.Client // keeps cookies, follows no redirects
	account   export.ID
	quick     *fakeQuickBooks
	google    *fakeGoogle
	consents  *fakeConsents
	previewer *fakePreviewer
	budget    *budget.Budget
	setup     *auth.Setup
}

type siteOptions struct {
	baseURL    string
	notReady   bool // no app credentials
	withoutOwn bool // no user yet
	demo       bool
}

func newSite(t *testing.T, o siteOptions) *site {
	t.Helper()
	seal, err := vault.New(vault.NewKey())
	must(t, err)
	store, err := boltstore.Open(filepath.Join(t.TempDir(), "ledgersheet.db"), seal, boltstore.Options{})
	must(t, err)
	s := &site{
		t: t, store: store, broker: progress.New(), log: &lockedBuffer{}, quick: &fakeQuickBooks{},
		google: &fakeGoogle{}, previewer: &fakePreviewer{},
	}
	logger := slog.New(slog.NewTextHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.consents = &fakeConsents{}
	now := func() time.Time { return noon }
	s.budget = budget.New(budget.Options{Store: store, Limit: 10_000, Now: now, Logger: logger})
	s.control = control.New(control.Options{
		Budget: s.budget,
		Store:  store, Definitions: exporters.All(), QuickBooksConsents: s.consents, GoogleConsents: s.consents,
		CompanyGrants: fakeGrants{store}, AccountGrants: fakeGrants{store}, QuickBooks: s.quick, Google: s.google,
		Queue: fakeQueue{store}, Ticker: fakeTicker{}, Previewer: s.previewer, Environment: "sandbox",
		MinInterval:     5 * time.Minute,
		QuickBooksReady: !o.notReady, GoogleReady: !o.notReady, Now: now, Logger: logger, Events: s.broker,
	})
	s.desk = s.control.As(control.Local(email))
	logins := &auth.Service{Users: store, Hasher: auth.NewHasher(0), Limiter: &auth.Limiter{}}
	if !o.withoutOwn {
		_, err = logins.EnsureOwner(t.Context(), email, password)
		must(t, err)
	}
	s.setup = auth.NewSetup(store, logins)
	if o.baseURL == "" {
		o.baseURL = "http://ledgersheet.test"
	}
	s.web, err = New(Options{
		Control: s.control, Logins: logins, Setup: s.setup,
		Sessions: auth.NewSessions(store, store, "http://ledgersheet.test", logger),
		Files:    templates.Files, Logger: logger, Now: now,
		Settings: Settings{
			BaseURL: o.baseURL, DataDir: "/data", Version: "v1.2.3 (abcdef, go1.26)", Environment: "sandbox",
			MinInterval: 5 * time.Minute, Retention: 90 * 24 * time.Hour,
			Variables: []Variable{
				{"LEDGERSHEET_ADDR", "127.0.0.1:8080", "Listen address."},
				{"LEDGERSHEET_API_TOKEN", "set", "Bearer token."},
			},
			Demo: o.demo, SheetsWebURL: "http://127.0.0.1:9/",
		},
	})
	must(t, err)
	s.server = httptest.NewServer(s.web)
	t.Cleanup(func() {
		s.broker.Close()
		s.server.Close()
		must(t, store.Close())
	})
	s.client = newClient(t)
	return s
}

func newClient(t *testing.T) *http.Client {
	jar, err := cookiejar.New(nil)
	must(t, err)
	return &http.Client{
		Jar: jar, Timeout: 20 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// signIn signs the client in.
func (s *site) signIn() *site {
	s.t.Helper()
	if p := s.post("/login", url.Values{"email": {email}, "password": {password}}); p.status != http.StatusSeeOther {
		s.t.Fatalf("signing in: status %d\n%s", p.status, p.body)
	}
	return s
}

// answer is the response to a request.
type answer struct {
	status int
	header http.Header
	body   string
}

func (s *site) do(r *http.Request) answer {
	s.t.Helper()
	resp, err := s.client.Do(r)
	must(s.t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	must(s.t, err)
	return answer{resp.StatusCode, resp.Header, string(body)}
}

func (s *site) request(method, path string, form url.Values) *http.Request {
	s.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.server.URL+path, body)
	must(s.t, err)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

func (s *site) get(path string) answer {
	s.t.Helper()
	return s.do(s.request(http.MethodGet, path, nil))
}

func (s *site) post(path string, form url.Values) answer {
	s.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	return s.do(s.request(http.MethodPost, path, form))
}

// wantGet returns the page and fails the test unless its status is 200.
func (s *site) wantGet(path string) string {
	s.t.Helper()
	a := s.get(path)
	if a.status != http.StatusOK {
		s.t.Fatalf("GET %s: status %d\n%s", path, a.status, a.body)
	}
	return a.body
}

// wantSent posts a form and fails the test unless the browser is redirected to the address.
func (s *site) wantSent(path string, form url.Values, to string) {
	s.t.Helper()
	a := s.post(path, form)
	if a.status != http.StatusSeeOther || !strings.HasPrefix(a.header.Get("Location"), to) {
		s.t.Fatalf("POST %s: got %d to %q, want 303 to %q\n%s", path, a.status, a.header.Get("Location"), to, a.body)
	}
}

// fill connects two companies and a Google account.
func (s *site) fill() *site {
	s.t.Helper()
	ctx := s.t.Context()
	for realm, name := range map[export.RealmID]string{realmA: "Alder & Sons Ltd", realmB: "Birch Inc"} {
		must(s.t, s.store.PutCompany(ctx, export.Company{
			Realm: realm, Name: name, LegalName: name + " (legal)", Country: "US", HomeCurrency: "USD",
			FiscalYearStart: time.April, Environment: "sandbox",
			Status: export.Connected, ConnectedAt: noon.AddDate(0, -1, 0), ConnectedBy: email,
			TokenExpiresAt: noon.AddDate(0, 0, 100), HardExpiresAt: noon.AddDate(5, 0, 0),
		}))
		must(s.t, s.store.PutGrant(ctx, export.CompanyGrant(realm), export.Grant{RefreshToken: "secret-refresh"}))
	}
	s.account = export.NewID("con", noon)
	must(s.t, s.store.PutAccount(ctx, export.GoogleAccount{
		ID: s.account, Subject: "1", Email: "books@example.com", Kind: export.OAuthAccount, Status: export.Connected,
		Scopes: []string{"openid"}, ConnectedAt: noon, ConnectedBy: email,
	}))
	return s
}

// exporter stores an exporter of company A, modified by change.
func (s *site) exporter(change func(*export.Exporter)) export.Exporter {
	s.t.Helper()
	e := export.Exporter{
		Name: "Open invoices", Definition: "invoices", Companies: []export.RealmID{realmA},
		Columns:  []string{"DocNumber", "TxnDate", "CustomerRef.name", "TotalAmt", "Balance"},
		Filters:  []export.Filter{{Column: "Balance", Op: export.OpGreater, Value: "0"}},
		Options:  map[string]string{"date_range": "this_fiscal_year_to_date"},
		Target:   export.Target{Account: s.account, Sheet: "Invoices", Start: "A1"},
		Schedule: export.Schedule{Cron: "0 6 * * 1-5", Timezone: "America/New_York", Enabled: true},
	}
	if change != nil {
		change(&e)
	}
	e, err := s.desk.CreateExporter(s.t.Context(), e)
	must(s.t, err)
	return e
}

// run stores a run of the exporter, modified by change.
func (s *site) run(e export.Exporter, change func(*export.Run)) export.Run {
	s.t.Helper()
	ctx := s.t.Context()
	queued := noon.Add(-time.Minute)
	r, joined, err := s.store.Enqueue(ctx, export.Run{
		ID: export.NewID("run", queued), Exporter: e, Trigger: export.TriggerManual, By: email,
		Status: export.RunQueued, QueuedAt: queued, Progress: export.Progress{Phase: export.PhaseQueued},
	})
	must(s.t, err)
	if joined {
		s.t.Fatal("the exporter has a run already")
	}
	r, err = s.store.UpdateRun(ctx, r.ID, func(r *export.Run) error {
		if change != nil {
			change(r)
		}
		return nil
	})
	must(s.t, err)
	return r
}

func succeeded(r *export.Run) {
	r.Status, r.Attempts = export.RunSucceeded, 1
	r.StartedAt, r.FinishedAt = noon.Add(-50*time.Second), noon.Add(-20*time.Second)
	r.Rows, r.Added, r.Changed, r.Removed = 12345, 12, 3, 1
	r.Control = map[string]string{"TotalAmt": "1234567.8", "Balance": "-42.50"}
	r.Figures = []export.FigureValue{
		{ID: "total", Title: "Total", Company: realmA, Currency: "USD", Value: "1234567.8"},
		{ID: "total", Title: "Total", Company: realmA, Currency: "EUR", Value: "0.5"},
		{ID: "open", Title: "Open", Company: realmA, Currency: "USD", Value: "-42.50"},
		{ID: "overdue", Title: "Overdue", Company: realmA, Currency: "USD", Value: "7"},
	}
	r.Checks = []export.Check{
		{What: "Total Income", Place: "Total", Says: "2.00", AddsUpTo: "1.99", Accepted: true},
		{What: "Net Income", Says: "3", AddsUpTo: "3", Holds: true},
	}
	r.Companies = []export.CompanyOutcome{
		{Realm: realmA, Name: "Alder & Sons Ltd", Rows: 12345, Period: "2026-01-01 to 2026-03-29"},
	}
	r.QuickBooks, r.Sheets, r.URL = 14, 5, "https://docs.google.com/spreadsheets/d/abc/edit#gid=0"
	r.Progress = export.Progress{Phase: export.PhaseDone, RowsRead: 12345, RowsTotal: 12345, RowsWritten: 12345}
	r.Warnings = export.Warnings(export.WarnRead, "", "3 invoices have no customer.")
}

func failed(code problem.Code) func(*export.Run) {
	return func(r *export.Run) {
		r.Status, r.Attempts = export.RunFailed, 3
		r.StartedAt, r.FinishedAt = noon.Add(-50*time.Second), noon.Add(-20*time.Second)
		r.Progress = export.Progress{Phase: export.PhaseReading, RowsRead: 100}
		r.Problem = problem.New(code, "It did not work for Alder & Sons.").WithRequestID("1-abc-tid")
	}
}

func running(r *export.Run) {
	r.Status, r.StartedAt, r.Attempts = export.RunRunning, noon.Add(-72*time.Second), 1
	r.Progress = export.Progress{Phase: export.PhaseWriting, RowsRead: 12000, RowsTotal: 12000, RowsWritten: 4000}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// fakeConsents is a provider whose consent page is at elsewhere.example.
type fakeConsents struct {
	mu      sync.Mutex
	begun   export.Flow
	extra   map[string]string
	err     error // of Finish
	grant   export.Grant
	revoked []string
}

func (f *fakeConsents) Begin(_ context.Context, flow export.Flow, extra map[string]string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.begun, f.extra = flow, extra
	return "https://elsewhere.example/consent?state=s", nil
}

func (f *fakeConsents) Finish(
	_ context.Context, answer url.Values, session string,
) (export.Flow, export.Grant, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.err != nil {
		return f.begun, export.Grant{}, f.err
	}
	if session == "" || session != f.begun.Session {
		return export.Flow{}, export.Grant{}, problem.New(problem.Forbidden,
			"This consent was begun by another session.")
	}
	grant := f.grant
	grant.Scopes = f.begun.Scopes
	flow := f.begun
	flow.Realm = export.RealmID(answer.Get("realmId"))
	return flow, grant, nil
}

func (f *fakeConsents) Revoke(_ context.Context, g export.Grant) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.revoked = append(f.revoked, g.RefreshToken)
	return nil
}

type fakeGrants struct{ store *boltstore.Store }

func (f fakeGrants) Replace(ctx context.Context, key export.GrantKey, g export.Grant) error {
	return f.store.PutGrant(ctx, key, g)
}

func (f fakeGrants) Forget(ctx context.Context, key export.GrantKey) (export.Grant, error) {
	g, err := f.store.Grant(ctx, key)
	if errors.Is(err, export.ErrNotFound) {
		return export.Grant{}, nil
	}
	return g, errors.Join(err, f.store.DeleteGrant(ctx, key))
}

type fakeQuickBooks struct{ err error }

func (f *fakeQuickBooks) Probe(context.Context, export.RealmID, string) (export.Company, error) {
	return export.Company{Name: "Alder & Sons Ltd", HomeCurrency: "USD", FiscalYearStart: time.April}, f.err
}

func (f *fakeQuickBooks) Facts(context.Context, export.RealmID) (export.Company, error) {
	return export.Company{
		Name: "Alder & Sons Ltd", Country: "US", HomeCurrency: "USD", FiscalYearStart: time.April,
	}, f.err
}

func (f *fakeQuickBooks) Usage(export.RealmID) (used, limit int) { return 3, 500 }

type fakeGoogle struct{ err error }

func (f *fakeGoogle) Trashed(context.Context, export.ID, []string) ([]string, error) { return nil, nil }

func (f *fakeGoogle) Identity(context.Context, string) (subject, email string, err error) {
	return "1", "books@example.com", f.err
}

func (f *fakeGoogle) Account(context.Context, export.ID) (string, error) {
	return "books@example.com", f.err
}

// fakeQueue keeps runs in the store, where nobody executes them.
type fakeQueue struct{ store *boltstore.Store }

func (f fakeQueue) Enqueue(ctx context.Context, r export.Run) (export.Run, bool, error) {
	return f.store.Enqueue(ctx, r)
}

func (f fakeQueue) Cancel(ctx context.Context, id export.ID) (export.Run, error) {
	return f.store.UpdateRun(ctx, id, func(r *export.Run) error {
		r.Status, r.FinishedAt = export.RunCancelled, noon
		r.Problem = problem.New(problem.Cancelled, "The run was cancelled.")
		return nil
	})
}

func (f fakeQueue) Waiting(export.Run) string { return "Alder & Sons has two runs already." }

type fakeTicker struct{}

func (fakeTicker) Plan(e export.Exporter, now time.Time) time.Time {
	if !e.Schedule.Enabled || e.Paused() {
		return time.Time{}
	}
	return now.Add(time.Hour)
}

func (fakeTicker) Wake() {}

// fakePreviewer answers with two rows and remembers what it was asked.
type fakePreviewer struct {
	mu    sync.Mutex
	asked export.Exporter
	err   error
	crash bool
}

func (f *fakePreviewer) DryRun(_ context.Context, e export.Exporter) (pipeline.DryRun, error) {
	f.asked = e
	return pipeline.DryRun{Change: sampleChange(), Requests: export.Requests{QuickBooks: 3, Sheets: 4}}, nil
}

func (f *fakePreviewer) DryUndo(_ context.Context, _ export.Exporter, _ export.ID) (pipeline.DryRun, error) {
	return pipeline.DryRun{Change: sampleChange(), Requests: export.Requests{Sheets: 4}}, nil
}

func (f *fakePreviewer) Result(_ context.Context, e export.Exporter) (pipeline.Result, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = e
	rows := table.NewSpool(table.Schema{Columns: []table.Column{{ID: "Id", Title: "ID", Key: true}}})
	err := rows.Add(table.Row{Cells: []table.Cell{table.TextOf("=" + e.Name)}})
	return pipeline.Result{Rows: rows, About: "Read: today"}, errors.Join(err, f.err)
}

func (f *fakePreviewer) Capture(context.Context, export.Exporter) ([]byte, error) {
	return []byte(`{"version":1,"note":"Names are replaced.","type":"invoices","requests":[]}`), nil
}

func (f *fakePreviewer) Difference(context.Context, export.ID) (*change.Set, error) {
	return sampleChange(), nil
}

func sampleChange() *change.Set {
	old, fresh := change.Value{Kind: 'n', Text: "5.10"}, change.Value{Kind: 'n', Text: "6.10"}
	return &change.Set{Rows: 9, Added: 2, Changed: 1, Removed: 1, Edited: 1, Cells: 7, Items: []change.Item{
		{Kind: change.Changed, Key: "7", Cells: []change.Cell{{Column: "Total", Old: old, New: fresh}}},
	}, Edits: []change.Edit{{
		Kind: change.Changed, Key: "8", Place: "E9", Known: true,
		Cells: []change.Cell{{Column: "Total", Old: fresh, New: old}},
	}}}
}

func (f *fakePreviewer) Preview(_ context.Context, e export.Exporter) (pipeline.Preview, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.crash {
		panic("a crash of the tests")
	}
	f.asked = e
	if f.err != nil {
		return pipeline.Preview{}, f.err
	}
	return pipeline.Preview{
		Columns: []table.Column{
			{ID: "Label", Title: "Name", Label: true},
			{ID: "TotalAmt", Title: "Total", Kind: table.Money},
			{ID: "TxnDate", Title: "Date", Kind: table.Date},
		},
		Rows: []table.Row{
			{Level: 1, Cells: []table.Cell{
				table.TextOf("<b>Bold & Co</b>"),
				table.MoneyOf(decimal.RequireFromString("-1234567.5")),
				table.DateOf(noon),
			}},
			{Cells: []table.Cell{table.TextOf(strings.Repeat("long ", 40)), {}, {}}, Role: table.Total},
		},
		Total: 2, Warnings: []string{"One account has no name."}, Periods: []string{"2026-01-01 to 2026-03-29"},
	}, nil
}
