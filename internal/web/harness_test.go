package web

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/auth"
	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/budget"
	"ledgersheet/internal/control"
	"ledgersheet/internal/desktest"
	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/progress"
	"ledgersheet/internal/table"
	"ledgersheet/templates"
)

const (
	email    = "owner@example.com"
	password = "three quiet herons"
	realmA   = desktest.RealmA
	realmB   = desktest.RealmB
)

// noon is the time at which all tests take place.
var noon = desktest.Noon()

// site is the dashboard over a real control, a real store and real sessions. Everything behind those is faked.
type site struct {
	t         *testing.T
	web       *Web
	store     *boltstore.Store
	control   *control.Control
	desk      *control.Desk // the owner's
	broker    *progress.Broker
	log       *desktest.Log
	server    *httptest.Server
	client    *http.Client // keeps cookies, follows no redirects
	account   export.ID
	bench     *desktest.Bench
	quick     *desktest.QuickBooks
	google    *desktest.Google
	consents  *desktest.Consents
	previewer *desktest.Previewer
	budget    *budget.Budget
	setup     *auth.Setup
}

type siteOptions struct {
	baseURL    string
	notReady   bool // no app credentials
	exportDirs []string
	withoutOwn bool // no user yet
	demo       bool
	real       bool // for real companies
	folder     string
	beside     control.Demo
}

func newSite(t *testing.T, o siteOptions) *site {
	t.Helper()
	environment := "sandbox"
	if o.real {
		environment = "production"
	}
	b := desktest.New(t, desktest.Options{
		Environment: environment,
		NameA:       "Alder & Sons Ltd", NameB: "Birch Inc", Waits: "Alder & Sons has two runs already.",
		NotReady: o.notReady, ExportDirs: o.exportDirs, Folder: o.folder, Demo: o.beside,
	})
	s := &site{
		t: t, store: b.Store, broker: b.Broker, log: b.Log, bench: b, quick: b.QuickBooks, google: b.Google,
		consents: b.Consents, previewer: b.Previewer, control: b.Control, budget: b.Budget,
	}
	store, logger := b.Store, b.Logger
	s.previewer.Shows = samplePreview()
	var err error
	s.desk = s.control.As(control.Local(email))
	logins := &auth.Service{
		Users: store, Hasher: auth.NewHasher(0), Limiter: &auth.Limiter{}, Now: desktest.Noon,
	}
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
		Files:    templates.Files, Logger: logger, Now: desktest.Noon,
		Settings: Settings{
			BaseURL: o.baseURL, DataDir: "/data", Version: "v1.2.3 (abcdef, go1.26)", Environment: environment,
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
	s.bench.Connect()
	s.account = s.bench.Account
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

func samplePreview() pipeline.Preview {
	return pipeline.Preview{
		Columns: []table.Column{
			{ID: "CustomerRef.name", Title: "Customer", Label: true},
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
	}
}
