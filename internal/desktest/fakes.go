package desktest

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/change"
	"ledgersheet/internal/control"
	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// Consents is a provider whose consent page is at elsewhere.example.
type Consents struct {
	mu      sync.Mutex
	Begun   export.Flow
	Extra   map[string]string
	Err     error // of Finish
	Grant   export.Grant
	Revoked []string
}

// Begin implements control.Consents.
func (f *Consents) Begin(_ context.Context, flow export.Flow, extra map[string]string) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Begun, f.Extra = flow, extra
	return "https://elsewhere.example/consent?state=s", nil
}

// Finish implements control.Consents.
func (f *Consents) Finish(
	_ context.Context, answer url.Values, session string,
) (export.Flow, export.Grant, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Err != nil {
		return f.Begun, export.Grant{}, f.Err
	}
	if session == "" || session != f.Begun.Session {
		return export.Flow{}, export.Grant{}, problem.New(problem.Forbidden,
			"This consent was begun by another session.")
	}
	grant := f.Grant
	grant.Scopes = f.Begun.Scopes
	flow := f.Begun
	flow.Realm = export.RealmID(answer.Get("realmId"))
	return flow, grant, nil
}

// Revoke implements control.Consents.
func (f *Consents) Revoke(_ context.Context, g export.Grant) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Revoked = append(f.Revoked, g.RefreshToken)
	return nil
}

type grants struct{ store *boltstore.Store }

func (f grants) Replace(ctx context.Context, key export.GrantKey, g export.Grant) error {
	return f.store.PutGrant(ctx, key, g)
}

func (f grants) Forget(
	ctx context.Context, key export.GrantKey, drop func(context.Context, export.Grant) error,
) (export.Grant, error) {
	g, err := f.store.Grant(ctx, key)
	if errors.Is(err, export.ErrNotFound) {
		return export.Grant{}, nil
	}
	return g, errors.Join(err, drop(ctx, g))
}

// QuickBooks answers with company A's facts, or with Err.
type QuickBooks struct {
	Err       error
	NamesRead atomic.Int64 // how often names were read
	name      string
}

// Probe implements control.QuickBooks.
func (f *QuickBooks) Probe(context.Context, export.RealmID, string) (export.Company, error) {
	return export.Company{Name: f.name, HomeCurrency: "USD", FiscalYearStart: time.April}, f.Err
}

// Facts implements control.QuickBooks.
func (f *QuickBooks) Facts(context.Context, export.RealmID) (export.Company, error) {
	return export.Company{Name: f.name, Country: "US", HomeCurrency: "USD", FiscalYearStart: time.April}, f.Err
}

// Usage implements control.QuickBooks.
func (f *QuickBooks) Usage(export.RealmID) (used, limit int) { return 3, 500 }

// Copy implements control.QuickBooks: each company has a copy of 17 MB.
func (f *QuickBooks) Copy(export.RealmID) control.Copy {
	return control.Copy{Offered: true, Bytes: 17_700_000}
}

// DropCopy implements control.QuickBooks.
func (f *QuickBooks) DropCopy(context.Context, export.RealmID) error { return f.Err }

// Names implements control.QuickBooks: each list has the same three names. It counts the calls.
func (f *QuickBooks) Names(context.Context, export.Company, string) ([]control.RecordName, error) {
	f.NamesRead.Add(1)
	return []control.RecordName{
		{ID: "7", Name: "Weiskopf Consulting"}, {ID: "1", Name: "Amy's Bird Sanctuary"},
		{ID: "2", Name: "Bill's Windsurf"},
	}, f.Err
}

// Google answers for one account, or with Err.
type Google struct{ Err error }

// Identity implements control.Google.
func (f *Google) Identity(context.Context, string) (subject, email string, err error) {
	return "1", "books@example.com", f.Err
}

// Account implements control.Google.
func (f *Google) Account(context.Context, export.ID) (string, error) {
	return "books@example.com", f.Err
}

// Title implements control.Google.
func (f *Google) Title(_ context.Context, _ export.ID, id string) (string, error) {
	return "Title of " + id, f.Err
}

// Trashed implements control.Google: nothing is in the bin.
func (f *Google) Trashed(context.Context, export.ID, []string) ([]string, error) { return nil, nil }

// Peek implements control.Google: each spreadsheet has the tabs Invoices and Notes, and a note at the place.
func (f *Google) Peek(_ context.Context, _ export.ID, id, sheet, _ string) (export.Peek, error) {
	if f.Err != nil {
		return export.Peek{}, f.Err
	}
	p := export.Peek{Title: "Title of " + id, Tabs: []string{"Invoices", "Notes"}}
	if p.Found = slices.Contains(p.Tabs, sheet); p.Found {
		p.Cells = [][]string{{"A note", ""}, {"1", "2"}}
	}
	return p, nil
}

// queue keeps runs in the store, where nobody executes them.
type queue struct {
	store *boltstore.Store
	waits string
}

func (f queue) Enqueue(ctx context.Context, r export.Run) (export.Run, bool, error) {
	return f.store.Enqueue(ctx, r)
}

func (f queue) EnqueueDue(ctx context.Context, d export.DueRun) error {
	_, _, err := f.store.EnqueueDue(ctx, d)
	return err
}

func (f queue) Cancel(ctx context.Context, id export.ID) (export.Run, error) {
	return f.store.UpdateRun(ctx, id, func(r *export.Run) error {
		r.Status, r.FinishedAt = export.RunCancelled, Noon()
		r.Problem = problem.New(problem.Cancelled, "The run was cancelled.")
		return nil
	})
}

func (f queue) Waiting(export.Run) string { return f.waits }

type ticker struct{}

func (ticker) Plan(e export.Exporter, now time.Time) time.Time {
	if !e.Schedule.Enabled || e.Paused() {
		return time.Time{}
	}
	return now.Add(time.Hour)
}

func (ticker) Wake() {}

// Previewer answers with Shows and with samples, and remembers what it was asked.
type Previewer struct {
	mu    sync.Mutex
	Asked export.Exporter
	Err   error
	Crash bool
	Shows pipeline.Preview
	Kept  export.Evidence
}

// DryRun implements control.Previewer.
func (f *Previewer) DryRun(_ context.Context, e export.Exporter) (pipeline.DryRun, error) {
	f.Asked = e
	return pipeline.DryRun{Change: sampleChange(), Requests: export.Requests{QuickBooks: 3, Sheets: 4}}, nil
}

// DryUndo implements control.Previewer.
func (f *Previewer) DryUndo(_ context.Context, _ export.Exporter, _ export.ID) (pipeline.DryRun, error) {
	return pipeline.DryRun{Change: sampleChange(), Requests: export.Requests{Sheets: 4}}, nil
}

// Result implements control.Previewer.
func (f *Previewer) Result(_ context.Context, e export.Exporter) (pipeline.Result, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.Asked = e
	rows := table.NewSpool(table.Schema{Columns: []table.Column{
		{ID: "Id", Title: "ID", Key: true}, {ID: "Total", Title: "Total", Kind: table.Money, Currency: "USD"},
	}})
	err := rows.Add(table.Row{Cells: []table.Cell{table.TextOf("=" + e.Name), table.MoneyOf(decimal.New(1250, -2))}})
	return pipeline.Result{Rows: rows, About: "Read: today"}, errors.Join(err, f.Err)
}

// Capture implements control.Previewer.
func (f *Previewer) Capture(context.Context, export.Exporter) ([]byte, error) {
	return []byte(`{"version":1,"note":"Names are replaced.","type":"invoices","requests":[]}`), nil
}

// Difference implements control.Previewer.
func (f *Previewer) Difference(context.Context, export.ID) (*change.Set, error) {
	return sampleChange(), nil
}

// Evidence implements control.Previewer.
func (f *Previewer) Evidence(context.Context, export.ID) (export.Evidence, error) {
	return f.Kept, f.Err
}

// Preview implements control.Previewer.
func (f *Previewer) Preview(_ context.Context, e export.Exporter) (pipeline.Preview, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.Crash {
		panic("a crash of the tests")
	}
	f.Asked = e
	if f.Err != nil {
		return pipeline.Preview{}, f.Err
	}
	return f.Shows, nil
}

func sampleChange() *change.Set {
	old, fresh := change.Value{Kind: 'n', Text: "5.10"}, change.Value{Kind: 'n', Text: "6.10"}
	return &change.Set{Rows: 9, Added: 2, Changed: 1, Removed: 1, Edited: 1, Cells: 7, Items: []change.Item{
		{Kind: change.Changed, Key: "7", Name: "Invoice 1045, Amy's Bird Sanctuary",
			Cells: []change.Cell{{Column: "Total", Old: old, New: fresh}}},
	}, Edits: []change.Edit{{
		Kind: change.Changed, Key: "8", Name: "Invoice 1046, Bill's", Place: "E9", Known: true,
		Cells: []change.Cell{{Column: "Total", Old: fresh, New: old}},
	}}}
}
