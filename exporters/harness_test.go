package exporters_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ledgersheet/internal/demo"
	"ledgersheet/internal/export"
	"ledgersheet/internal/google"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/intuit"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/source"
	"ledgersheet/internal/storetest"
)

// today is the day on which everything in these tests happens.
var today = time.Date(2026, time.March, 14, 20, 0, 0, 0, time.UTC)

// world is a reader of a small simulated company and a pipeline from it to simulated spreadsheets.
type world struct {
	books   *intuitsim.Server
	sheets  *googlesim.Server
	source  *source.Source
	runner  *pipeline.Runner
	company export.Company
	store   *storetest.Memory
	refused *atomic.Int64 // conditions that QuickBooks did not understand
}

// newWorld is a world that knows the definitions. Its company numbers its accounts and has its own fiscal year.
func newWorld(t testing.TB, definitions []export.Definition) world {
	t.Helper()
	now := func() time.Time { return today }
	objects, reports := demo.Describe(definitions)
	w := world{
		books: intuitsim.New(intuitsim.Options{
			Seed: 7, Companies: 2, Customers: 12, Vendors: 14, Items: 12, Invoices: 15, Bills: 8, Now: now,
			Limits:  intuitsim.NoLimits(),
			Objects: objects, Reports: reports}),
		sheets:  googlesim.New(googlesim.Options{BaseURL: "http://google.test"}),
		refused: &atomic.Int64{},
	}
	info := w.books.Companies()[1]
	addRecords(t, w.books.Company(info.Realm))
	w.company = export.Company{
		Realm: export.RealmID(info.Realm), Name: info.Name, Country: info.Country, HomeCurrency: info.Currency,
		FiscalYearStart: info.FiscalYearStart, Environment: intuit.Sandbox, Status: export.Connected,
	}
	log := slog.New(refusals{slog.DiscardHandler, w.refused})
	client := intuit.New(intuit.Options{APIURL: "http://quickbooks.test", Logger: log,
		Limiter: limit.New(limit.Limits{}), HTTP: func(realm export.RealmID) *http.Client {
			access, _ := w.books.Authorize(string(realm))
			return &http.Client{Transport: bearer{access, w.books.Transport()}}
		}})
	recorded := func(record func(string, int, []byte)) *source.Source {
		return source.New(client.Recording(record), log)
	}
	w.source = recorded(nil)
	w.sheets.SetQuota(googlesim.Quota{ReadsPerUser: 1 << 20, WritesPerUser: 1 << 20, ReadsPerProject: 1 << 20,
		WritesPerProject: 1 << 20})
	ends, free := w.sheets.Endpoints(), func() *limit.Keyed { return limit.New(limit.Limits{}) }
	hc := w.sheets.Client("owner@example.com", "https://www.googleapis.com/auth/drive.file",
		"https://www.googleapis.com/auth/spreadsheets")
	destination := google.New(google.Options{
		SheetsURL: ends.SheetsURL, DriveURL: ends.DriveURL,
		HTTP:  func(export.ID) (*http.Client, error) { return hc, nil },
		Reads: free(), Writes: free(), ProjectReads: free(), ProjectWrites: free(), Logger: log, Now: now})
	w.store = storetest.NewMemory()
	account := export.GoogleAccount{ID: "con_1", Status: export.Connected}
	if err := errors.Join(w.store.PutCompany(t.Context(), w.company),
		w.store.PutAccount(t.Context(), account)); err != nil {
		t.Fatal(err)
	}
	w.runner = pipeline.New(pipeline.Options{Definitions: definitions, Store: w.store, Source: w.source,
		Recorded:    func(record func(string, int, []byte)) export.Source { return recorded(record) },
		Destination: destination, Now: now, Logger: log})
	return w
}

type bearer struct {
	token string
	next  http.RoundTripper
}

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(r)
}

// refusals counts what the client says when QuickBooks cannot filter by a property.
type refusals struct {
	slog.Handler
	n *atomic.Int64
}

func (h refusals) Enabled(context.Context, slog.Level) bool { return true }

func (h refusals) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "refused a condition") {
		h.n.Add(1)
	}
	return nil
}

// exporter is one of the definition with those options and columns, which asks for whatever else is required.
func (w world) exporter(d export.Definition, options map[string]string, columns ...string) export.Exporter {
	name := d.Info().ID
	e := export.Exporter{
		ID: export.ID("exp_" + name + options[export.OptLines]), Name: name, Definition: name,
		Companies: []export.RealmID{w.company.Realm}, Columns: columns,
		Options: map[string]string{}, Mode: export.Replace,
		Target: export.Target{Account: "con_1", Sheet: "Data", Start: "A1", CreateKey: name + options[export.OptLines]},
	}
	for _, o := range d.OptionList() {
		if o.Required {
			e.Options[o.Key] = o.Values[0].Value
		}
	}
	for key, value := range options {
		e.Options[key] = value
	}
	return e
}

// run runs the exporter and returns the run and the cells of the tab as people see them.
func (w world) run(t testing.TB, e export.Exporter) (export.Run, [][]string) {
	t.Helper()
	return w.runAs(t, e, "run_"+e.ID)
}

// runAs is run with an id for the run.
func (w world) runAs(t testing.TB, e export.Exporter, id export.ID) (export.Run, [][]string) {
	t.Helper()
	err := w.store.CreateExporter(t.Context(), e)
	if errors.Is(err, export.ErrExists) {
		_, err = w.store.UpdateExporter(t.Context(), e.ID,
			func(stored *export.Exporter) error { *stored = e; return nil })
	}
	if err != nil {
		t.Fatal(err)
	}
	run := export.Run{ID: id, Exporter: e}
	if err := w.runner.Work(t.Context(), run, func(change func(*export.Run)) { change(&run) }); err != nil {
		t.Fatal(err)
	}
	return run, w.cells(run)
}

// cells returns the cells of the tab that the run wrote, as people see them.
func (w world) cells(run export.Run) (rows [][]string) {
	for _, cells := range w.sheets.Spreadsheet(run.Exporter.Target.Spreadsheet).Formatted("Data!A1:ZZ100000") {
		row := make([]string, len(cells))
		for i, c := range cells {
			row[i], _ = c.(string)
		}
		rows = append(rows, row)
	}
	return rows
}
