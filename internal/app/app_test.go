package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/app"
	"ledgersheet/internal/config"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/vault"
)

var actor = control.Person(export.User{Email: "owner@example.com", Role: "owner"}, "browser")

// world is an app whose network consists of the two simulators.
type world struct {
	t       *testing.T
	ctx     context.Context
	intuit  *intuitsim.Server
	google  *googlesim.Server
	app     *app.App
	set     config.Settings
	network http.RoundTripper
	plain   http.RoundTripper // beneath a network that is not just the simulators
	backoff []time.Duration   // between a run's attempts
	disk    func() error      // fails writes of the store
	account export.ID
	getenv  func(string) string // nil for no variables
	log     *slog.Logger        // nil discards
}

// network sends each request to the simulator of its host.
type network map[string]http.RoundTripper

func (n network) RoundTrip(r *http.Request) (*http.Response, error) {
	to, ok := n[r.URL.Host]
	if !ok {
		return nil, fmt.Errorf("no such host: %s", r.URL.Host)
	}
	return to.RoundTrip(r)
}

func newWorld(t *testing.T, o intuitsim.Options) *world {
	t.Helper()
	w := makeWorld(t, o)
	w.open()
	return w
}

// makeWorld is newWorld with an app that is not open yet, so that its settings can be changed.
func makeWorld(t *testing.T, o intuitsim.Options) *world {
	t.Helper()
	o.BaseURL, o.AutoConsent, o.Limits = "http://intuit.test", true, intuitsim.NoLimits()
	if o.Companies == 0 {
		o.Companies = 2
	}
	w := &world{
		t: t, ctx: t.Context(), intuit: intuitsim.New(o),
		google: googlesim.New(googlesim.Options{
			BaseURL: "http://google.test", AutoConsent: true,
			Emails: []string{"owner@example.com", "other@example.com"},
		}),
	}
	w.network = network{"intuit.test": w.intuit.Transport(), "google.test": w.google.Transport()}
	key, ends := vault.NewKey(), w.google.Endpoints()
	w.set = config.Settings{
		Addr: "127.0.0.1:0", BaseURL: "http://ledgersheet.test", DataDir: t.TempDir(), SecretKey: &key,
		AdminEmail: "owner@example.com", AdminPassword: "correct horse battery",
		MinInterval: 5 * time.Minute, Workers: 4, RunTimeout: time.Minute, Retention: 24 * time.Hour,
		Mirror: true,
		Limits: config.DefaultLimits(),
		Intuit: config.Intuit{
			ClientID: w.intuit.ClientID(), ClientSecret: vault.Secret(w.intuit.ClientSecret()),
			Environment: "sandbox", DiscoveryURL: "http://intuit.test/.well-known/openid_sandbox_configuration",
			APIURL: "http://intuit.test",
		},
		Google: config.Google{
			ClientID: ends.ClientID, ClientSecret: vault.Secret(ends.ClientSecret), AuthURL: ends.AuthURL,
			TokenURL: ends.TokenURL, RevokeURL: ends.RevokeURL, UserInfoURL: ends.UserinfoURL,
			SheetsURL: ends.SheetsURL, DriveURL: ends.DriveURL,
		},
	}
	w.backoff = []time.Duration{time.Millisecond, time.Millisecond}
	return w
}

// desk returns the owner's desk.
func (w *world) desk() *control.Desk { return w.app.Control().As(actor) }

func (w *world) open() {
	w.t.Helper()
	w.openIdle()
	if err := w.app.StartRuns(w.ctx); err != nil {
		w.t.Fatal(err)
	}
}

// openIdle opens the app without executing runs.
func (w *world) openIdle() {
	w.t.Helper()
	log := w.log
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	a, err := app.New(w.ctx, app.Options{
		Settings: w.set, Logger: log, Network: w.network, Backoff: w.backoff, Disk: w.disk, Getenv: w.getenv,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.app = a
	w.t.Cleanup(func() { _ = a.Stop(context.Background()) })
}

// browse opens a consent page and returns the parameters with which it sends the browser back.
func (w *world) browse(address string) url.Values {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.ctx, http.MethodGet, address, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	res, err := w.network.RoundTrip(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	back, err := res.Location()
	if err != nil {
		w.t.Fatalf("the consent page answered %s", res.Status)
	}
	return back.Query()
}

func (w *world) connectCompany(realm export.RealmID) (export.Company, error) {
	w.t.Helper()
	address, err := w.desk().ConnectCompany(w.ctx, realm, "")
	if err != nil {
		w.t.Fatal(err)
	}
	c, _, err := w.desk().FinishCompany(w.ctx, w.browse(address))
	return c, err
}

// connect connects n companies and a Google account.
func (w *world) connect(n int) []export.Company {
	w.t.Helper()
	var list []export.Company
	for range n {
		c, err := w.connectCompany("")
		if err != nil {
			w.t.Fatal(err)
		}
		list = append(list, c)
	}
	address, err := w.desk().ConnectAccount(w.ctx, "", true, "")
	if err != nil {
		w.t.Fatal(err)
	}
	a, _, err := w.desk().FinishAccount(w.ctx, w.browse(address))
	if err != nil {
		w.t.Fatal(err)
	}
	w.account = a.ID
	return list
}

func (w *world) newExporter(
	kind string, options map[string]string, columns []string, of ...export.Company,
) export.Exporter {
	e := export.Exporter{
		Name: "Export of " + kind, Definition: kind, Options: options, Columns: columns,
		Target: export.Target{Account: w.account, Sheet: "Data", Start: "A1"},
	}
	for _, c := range of {
		e.Companies = append(e.Companies, c.Realm)
	}
	return e
}

func (w *world) create(e export.Exporter) export.Exporter {
	w.t.Helper()
	e, err := w.desk().CreateExporter(w.ctx, e)
	if err != nil {
		w.t.Fatalf("%v %v", err, problem.From(err).Fields)
	}
	return e
}

// run runs an exporter and waits for the run to end.
func (w *world) run(id export.ID) export.Run {
	w.t.Helper()
	ended := w.desk().Follow(w.ctx, func(r export.Run) bool { return r.Exporter.ID == id && r.Status.Over() })
	r, _, err := w.desk().RunNow(w.ctx, id)
	if err != nil {
		w.t.Fatal(err)
	}
	for event := range ended {
		if event.Run.ID == r.ID {
			return event.Run
		}
	}
	w.t.Fatal("the run did not end")
	return export.Run{}
}

func (w *world) mustRun(id export.ID) (export.Run, *googlesim.Spreadsheet) {
	w.t.Helper()
	r := w.run(id)
	if r.Status != export.RunSucceeded {
		w.t.Fatalf("the run %s: %v", r.Status, r.Problem)
	}
	return r, w.google.Spreadsheet(r.Exporter.Target.Spreadsheet)
}

// TestInvoicesEqualTheRecords compares every cell with QuickBooks' record.
func TestInvoicesEqualTheRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intuitsim.Options{Nasty: true, Invoices: 1500})
	company := w.connect(1)[0]
	e := w.create(w.newExporter("invoices", map[string]string{"date_range": "all"},
		[]string{"Id", "DocNumber", "TxnDate", "CustomerRef.name", "TotalAmt", "Balance", "PrivateNote"}, company))
	r, doc := w.mustRun(e.ID)
	sim := w.intuit.Company(string(company.Realm))
	ids := sim.IDs("Invoice")
	if r.Rows != len(ids) {
		t.Fatalf("%d rows for %d invoices", r.Rows, len(ids))
	}
	total := decimal.Zero
	rows := doc.Values(fmt.Sprintf("Data!A2:G%d", r.Rows+1))
	for i, row := range rows {
		row = append(row, "", "")[:7] // the answer leaves out blank cells at the end
		record, ok := sim.Record("Invoice", row[0].(string))
		if !ok {
			t.Fatalf("row %d has the unknown id %v", i+2, row[0])
		}
		var want struct {
			Id, DocNumber, TxnDate, PrivateNote string
			TotalAmt, Balance                   json.Number
			CustomerRef                         struct{ Name string }
		}
		if err := json.Unmarshal(record, &want); err != nil {
			t.Fatal(err)
		}
		day, err := time.Parse(time.DateOnly, want.TxnDate)
		if err != nil {
			t.Fatal(err)
		}
		serial := day.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24
		note := want.PrivateNote
		if len([]rune(note)) > 50_000 {
			note = row[6].(string) // other tests prove that it is cut
			if !strings.HasSuffix(note, "50,000 characters]") || !strings.HasPrefix(want.PrivateNote, note[:1000]) ||
				len(r.Warnings) == 0 {
				t.Errorf("the long note became %.60q…, warnings %v", note, r.Warnings)
			}
		}
		amount := func(n json.Number) float64 { return decimal.RequireFromString(n.String()).InexactFloat64() }
		if diff := cmp.Diff([]any{
			want.Id, want.DocNumber, serial, want.CustomerRef.Name, amount(want.TotalAmt), amount(want.Balance),
			note,
		}, row); diff != "" {
			t.Fatalf("row %d:\n%s", i+2, diff)
		}
		total = total.Add(decimal.RequireFromString(want.TotalAmt.String()))
	}
	if got := decimal.RequireFromString(r.Control["TotalAmt"]); !got.Equal(total) {
		t.Errorf("control sum %s, the records add up to %s", got, total)
	}
	flat := fmt.Sprint(rows)
	for _, text := range []string{"=1+1", "00123"} {
		if !strings.Contains(flat, text) {
			t.Errorf("%q is not in the sheet as text", text)
		}
	}
	for _, req := range w.intuit.Writes() {
		t.Errorf("%s %s was sent to QuickBooks", req.Method, req.Path)
	}
}

// TestStatementsEqualTheReport compares monthly statements row by row with QuickBooks' report.
func TestStatementsEqualTheReport(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intuitsim.Options{})
	for _, company := range w.connect(2) {
		for kind, name := range map[string]string{"profit_and_loss": "ProfitAndLoss", "balance_sheet": "BalanceSheet"} {
			e := w.create(w.newExporter(kind,
				map[string]string{
					"date_range": "last_fiscal_year", "accounting_method": "Accrual", "summarize_by": "Month",
				}, nil, company))
			r, doc := w.mustRun(e.ID)
			want := w.report(company, name, r.Companies[0].Period)
			got := doc.Values("Data!A2:Z500")
			for i := range got {
				for len(got[i]) < len(want[0]) {
					got[i] = append(got[i], "")
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s of %s:\n%s", kind, company.Name, diff)
			}
			if len(want) < 20 || len(want[0]) < 13 {
				t.Errorf("%s of %s has only %d rows of %d columns", kind, company.Name, len(want), len(want[0]))
			}
		}
	}
}

// report asks the simulator directly and walks the answer in the simplest way.
func (w *world) report(c export.Company, name, period string) [][]any {
	w.t.Helper()
	start, end, ok := strings.Cut(period, " to ")
	if !ok {
		w.t.Fatalf("the period is %q", period)
	}
	access, _ := w.intuit.Authorize(string(c.Realm))
	req, err := http.NewRequestWithContext(w.ctx, http.MethodGet,
		fmt.Sprintf("http://intuit.test/v3/company/%s/reports/%s?start_date=%s&end_date=%s"+
			"&accounting_method=Accrual&summarize_column_by=Month", c.Realm, name, start, end), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+access)
	req.Header.Set("Accept", "application/json")
	res, err := w.network.RoundTrip(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	var answer struct{ Rows reportRows }
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || res.StatusCode != http.StatusOK {
		w.t.Fatal(res.Status, err)
	}
	var rows [][]any
	answer.Rows.walk(func(cells []reportCell) {
		row := []any{cells[0].Value}
		for _, cell := range cells[1:] {
			if cell.Value == "" {
				row = append(row, "")
			} else {
				row = append(row, decimal.RequireFromString(cell.Value).InexactFloat64())
			}
		}
		rows = append(rows, row)
	})
	return rows
}

type reportCell struct{ Value string }

type reportRows struct {
	Row []struct {
		Header, Summary struct{ ColData []reportCell }
		ColData         []reportCell
		Rows            reportRows
	}
}

func (r reportRows) walk(yield func([]reportCell)) {
	for _, row := range r.Row {
		for _, cells := range [][]reportCell{row.Header.ColData, row.ColData} {
			if len(cells) > 0 {
				yield(cells)
			}
		}
		row.Rows.walk(yield)
		if len(row.Summary.ColData) > 0 {
			yield(row.Summary.ColData)
		}
	}
}

// TestReconnect ends a connection and reconnects it: meanwhile runs fail without a request, and afterwards there is one
// catch-up run.
func TestReconnect(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intuitsim.Options{})
	companies := w.connect(2)
	a := companies[0]
	e := w.newExporter("vendors", nil, nil, a)
	e.Schedule = export.Schedule{Cron: "0 6 * * *", Timezone: "UTC", Enabled: true}
	e = w.create(e)
	w.mustRun(e.ID)
	w.intuit.RevokeGrant(string(a.Realm))
	w.intuit.ExpireAccessTokens(string(a.Realm))
	if r := w.run(e.ID); r.Problem == nil || r.Problem.Code != problem.CompanyReconnectRequired {
		t.Fatalf("with an ended grant: %s, %v", r.Status, r.Problem)
	}
	w.intuit.ResetRequests()
	if r := w.run(e.ID); r.Problem == nil || r.Problem.Code != problem.CompanyReconnectRequired || r.QuickBooks != 0 {
		t.Fatalf("afterwards: %s, %v, %d requests", r.Status, r.Problem, r.QuickBooks)
	}
	if n := len(w.intuit.Requests()); n != 0 {
		t.Errorf("%d requests were sent for an ended connection", n)
	}
	if c, err := w.desk().Company(w.ctx, a.Realm); err != nil || c.Status != export.ReconnectRequired {
		t.Errorf("status %s, %v", c.Status, err)
	}
	// The other company is not affected.
	w.mustRun(w.create(w.newExporter("vendors", nil, nil, companies[1])).ID)

	w.intuit.ConsentTo(string(companies[1].Realm))
	if _, err := w.connectCompany(a.Realm); !problem.HasCode(err, problem.Conflict) ||
		!strings.Contains(problem.From(err).Message, companies[1].Name+", but "+a.Name+" was to be connected") {
		t.Errorf("a consent for another company: %v", err)
	}
	ended := w.desk().Follow(w.ctx,
		func(r export.Run) bool { return r.Trigger == export.TriggerCatchUp && r.Status.Over() })
	w.intuit.ConsentTo(string(a.Realm))
	if c, err := w.connectCompany(a.Realm); err != nil || c.Status != export.Connected {
		t.Fatalf("reconnecting: %s, %v", c.Status, err)
	}
	if event := <-ended; event.Run.Status != export.RunSucceeded {
		t.Errorf("the catch-up run: %s, %v", event.Run.Status, event.Run.Problem)
	}
}

// TestDisconnect proves that exporters are paused, and resumed as they were.
func TestDisconnect(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intuitsim.Options{})
	companies := w.connect(2)
	both := w.create(w.newExporter("customers", nil, nil, companies...))
	own := w.create(w.newExporter("vendors", nil, nil, companies[0]))
	if _, err := w.desk().PauseExporter(w.ctx, both.ID, time.Time{}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.desk().DisconnectCompany(w.ctx, companies[0].Realm); err != nil {
		t.Fatal(err)
	}
	if e, _ := w.desk().Exporter(w.ctx, own.ID); !e.Paused() {
		t.Error("the exporter of a disconnected company is not paused")
	}
	w.intuit.ConsentTo(string(companies[0].Realm))
	if _, err := w.connectCompany(companies[0].Realm); err != nil {
		t.Fatal(err)
	}
	if e, _ := w.desk().Exporter(w.ctx, own.ID); e.Paused() {
		t.Error("the exporter is still paused after reconnecting")
	}
	if e, _ := w.desk().Exporter(w.ctx, both.ID); !e.Paused() {
		t.Error("an exporter that a person had paused was resumed")
	}
	if err := w.desk().DeleteCompany(w.ctx, companies[0].Realm); err != nil {
		t.Fatal(err)
	}
	if _, err := w.desk().Exporter(w.ctx, own.ID); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("the exporter of a deleted company: %v", err)
	}
	if e, err := w.desk().Exporter(w.ctx, both.ID); err != nil ||
		!slices.Equal(e.Companies, []export.RealmID{companies[1].Realm}) {
		t.Errorf("the exporter of both companies: %v, %v", e.Companies, err)
	}
}

// TestRestart proves that connections, exporters and the history survive a restart, and that no token is stored in the
// clear.
func TestRestart(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intuitsim.Options{})
	e := w.create(w.newExporter("vendors", nil, nil, w.connect(1)[0]))
	w.mustRun(e.ID)
	if err := w.app.Stop(w.ctx); err != nil {
		t.Fatal(err)
	}
	w.open()
	if r, _ := w.mustRun(e.ID); !r.Unchanged {
		t.Error("after a restart the same rows were written again")
	}
	if runs, _, err := w.desk().Runs(w.ctx, export.RunFilter{Exporter: e.ID}); err != nil || len(runs) != 2 {
		t.Errorf("%d runs in the history, %v", len(runs), err)
	}
}

// TestClearMessages provokes the most common failures and expects one message that names the thing and the remedy.
func TestClearMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intuitsim.Options{})
	company := w.connect(1)[0]
	c := w.desk()

	t.Run("denied consent", func(t *testing.T) {
		address, err := c.ConnectCompany(w.ctx, "", "")
		if err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = c.FinishCompany(w.ctx, url.Values{"error": {"access_denied"}, "state": {u.Query().Get("state")}})
		wantWords(t, err, "declined", "Nothing was changed")
	})
	t.Run("unticked box", func(t *testing.T) {
		address, err := c.ConnectAccount(w.ctx, "", true, "")
		if err != nil {
			t.Fatal(err)
		}
		narrow := strings.Replace(address, url.QueryEscape(" https://www.googleapis.com/auth/drive.file"), "", 1)
		if narrow == address {
			t.Fatal("the scope was not found in", address)
		}
		_, _, err = c.FinishAccount(w.ctx, w.browse(narrow))
		wantWords(t, err, "box", "leave every box ticked")
	})
	for name, test := range map[string]struct {
		change func(e *export.Exporter)
		field  string
		words  string
	}{
		"unknown column of a report": {
			func(e *export.Exporter) {
				e.Definition, e.Columns = "profit_and_loss", []string{"Profit"}
				e.Options = map[string]string{"accounting_method": "Cash"}
			},
			"columns[0]", "not a column of profit_and_loss",
		},
		"malformed column": {func(e *export.Exporter) { e.Columns = []string{"A..B"} }, "columns[0]", "not a column"},
		"line column without lines": {
			func(e *export.Exporter) {
				e.Definition, e.Columns = "invoices", []string{"Line.Amount"}
			},
			"columns[0]", "set the option lines",
		},
		"bad cron": {
			func(e *export.Exporter) {
				e.Schedule = export.Schedule{Cron: "61 * * * *", Timezone: "UTC", Enabled: true}
			},
			"schedule.cron", "minute",
		},
		"too often": {
			func(e *export.Exporter) {
				e.Schedule = export.Schedule{Cron: "* * * * *", Timezone: "UTC", Enabled: true}
			},
			"schedule.cron", "LEDGERSHEET_MIN_INTERVAL",
		},
		"bad zone": {
			func(e *export.Exporter) {
				e.Schedule = export.Schedule{Cron: "0 6 * * *", Timezone: "Mars/Base"}
			},
			"schedule.timezone", "America/New_York",
		},
		"unknown company": {
			func(e *export.Exporter) { e.Companies = []export.RealmID{"1"} }, "company_ids[0]",
			"no connected company",
		},
		"unknown account": {
			func(e *export.Exporter) { e.Target.Account = "con_x" }, "destination.google_account_id",
			"no connected Google account",
		},
		"bad filter": {
			func(e *export.Exporter) {
				e.Filters = []export.Filter{{Column: "Balance", Op: ">", Value: "lots"}}
			},
			"filters[0]", "money",
		},
		"basis missing": {
			func(e *export.Exporter) { e.Definition = "balance_sheet" }, "options.accounting_method",
			"Accrual, Cash",
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := w.newExporter("vendors", nil, nil, company)
			test.change(&e)
			_, err := c.CreateExporter(w.ctx, e)
			p := problem.From(err)
			if err == nil || p.Code != problem.InvalidInput || !strings.Contains(p.Fields[test.field], test.words) {
				t.Errorf("got %v %v, want %s to say %q", err, p.Fields, test.field, test.words)
			}
		})
	}
	t.Run("spreadsheet that is not shared", func(t *testing.T) {
		e := w.newExporter("vendors", nil, nil, company)
		e.Target.Spreadsheet = w.google.CreateSpreadsheet("somebody@else.example", "Private", "Data")
		r := w.run(w.create(e).ID)
		if r.Problem == nil {
			t.Fatal("it succeeded")
		}
		wantWords(t, r.Problem, "owner@example.com", "Share the spreadsheet")
	})
	t.Run("misspelt path", func(t *testing.T) {
		r, _ := w.mustRun(w.create(w.newExporter("vendors", nil, []string{"Id", "DisplyName"}, company)).ID)
		if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0].Text, "DisplyName") {
			t.Errorf("warnings %v", r.Warnings)
		}
	})
}

func wantWords(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatal("no error")
	}
	p := problem.From(err)
	text := p.Message + " " + p.Hint
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q does not say %q", text, word)
		}
	}
}

// TestSeveralCompanies proves that rows are stacked with the company's name first.
func TestSeveralCompanies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intuitsim.Options{})
	companies := w.connect(2)
	r, doc := w.mustRun(w.create(w.newExporter("customers", map[string]string{"include_inactive": "true"},
		[]string{"Id", "DisplayName"}, companies...)).ID)
	rows := doc.Values(fmt.Sprintf("Data!A1:C%d", r.Rows+1))
	if rows[0][0] != "Company" || rows[1][0] != companies[0].Name || rows[len(rows)-1][0] != companies[1].Name {
		t.Errorf("header %v, first %v, last %v", rows[0], rows[1], rows[len(rows)-1])
	}
	want := 0
	for _, c := range companies[:2] {
		want += len(w.intuit.Company(string(c.Realm)).IDs("Customer"))
	}
	if r.Rows != want || len(r.Companies) != 2 || r.Companies[0].Rows+r.Companies[1].Rows != want {
		t.Errorf("%d rows, want %d; companies %+v", r.Rows, want, r.Companies)
	}
}

// TestUserFormulasSurvive runs an exporter again after people have added formulas to its rows.
func TestUserFormulasSurvive(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intuitsim.Options{})
	company := w.connect(1)[0]
	e := w.create(w.newExporter("invoices", nil, []string{"Id", "TotalAmt"}, company))
	r, doc := w.mustRun(e.ID)
	for _, err := range []error{
		doc.AddTab("Model"), doc.SetCell("Model!A1", "=SUM(Data!B2:B)"), doc.SetCell("Model!A2", "=COUNTA(Data!A2:A)"),
		doc.Batch(&sheets.Request{AppendDimension: &sheets.AppendDimensionRequest{
			SheetId: *r.Exporter.Target.Tab, Dimension: "COLUMNS", Length: 2, ForceSendFields: []string{"SheetId"},
		}}),
		doc.SetCell("Data!D1", "=B2*2"),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	sim := w.intuit.Company(string(company.Realm))
	if _, err := sim.AddInvoice(intuitsim.Sale{Amount: "123.45"}); err != nil {
		t.Fatal(err)
	}
	again, _ := w.mustRun(e.ID)
	if again.Added != 1 || again.Rows != r.Rows+1 {
		t.Errorf("added %d, rows %d after %d", again.Added, again.Rows, r.Rows)
	}
	got := doc.Values("Model!A1:A2")
	if fmt.Sprint(got[1][0]) != fmt.Sprint(again.Rows) ||
		!decimal.NewFromFloat(got[0][0].(float64)).Round(2).Equal(
			decimal.RequireFromString(again.Control["TotalAmt"])) {
		t.Errorf("the model sees %v, the control sum is %s of %d rows", got, again.Control["TotalAmt"], again.Rows)
	}
	if f := doc.Formulas("Data!D1"); f[0][0] != "=B2*2" {
		t.Errorf("the formula beside is %v", f)
	}
}

// TestServiceAccount writes without any consent into a spreadsheet that is shared with the account, and expects advice
// where it cannot.
func TestServiceAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intuitsim.Options{})
	company := w.connect(1)[0]
	if err := w.app.Stop(w.ctx); err != nil {
		t.Fatal(err)
	}
	w.set.Google.ServiceAccountFile = filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(w.set.Google.ServiceAccountFile, w.google.ServiceAccountKey(), 0o600); err != nil {
		t.Fatal(err)
	}
	w.open()
	accounts, err := w.desk().Accounts(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(accounts, func(a export.GoogleAccount) bool { return a.Kind == export.ServiceAccount })
	if i < 0 || accounts[i].Email != googlesim.ServiceAccountEmail {
		t.Fatalf("accounts %+v", accounts)
	}
	w.account = accounts[i].ID
	e := w.newExporter("vendors", nil, nil, company)
	r := w.run(w.create(e).ID)
	if r.Problem == nil {
		t.Fatal("a service account made a spreadsheet without having storage")
	}
	wantWords(t, r.Problem, "no storage", "share it with the account")
	e.Target.Spreadsheet = w.google.CreateSpreadsheet("boss@example.com", "Vendors", "Data")
	e.Name = "Vendors of the boss"
	id := w.create(e).ID
	wantWords(t, w.run(id).Problem, googlesim.ServiceAccountEmail, "Share the spreadsheet")
	if err := w.google.Share(e.Target.Spreadsheet, googlesim.ServiceAccountEmail, "writer"); err != nil {
		t.Fatal(err)
	}
	if r, _ := w.mustRun(id); r.Rows == 0 {
		t.Error("no rows were written")
	}
}
