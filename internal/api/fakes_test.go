package api

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

type fakeConsents struct {
	revoked []string
}

func (f *fakeConsents) Begin(context.Context, export.Flow, map[string]string) (string, error) {
	return "", errors.New("no consent begins here")
}

func (f *fakeConsents) Finish(context.Context, url.Values, string) (export.Flow, export.Grant, error) {
	return export.Flow{}, export.Grant{}, errors.New("no consent ends here")
}

func (f *fakeConsents) Revoke(_ context.Context, g export.Grant) error {
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
	return export.Company{}, f.err
}

func (f *fakeQuickBooks) Facts(context.Context, export.RealmID) (export.Company, error) {
	return export.Company{Name: "Alder Ltd", Country: "US", HomeCurrency: "USD", FiscalYearStart: time.April}, f.err
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

func (f fakeQueue) Waiting(export.Run) string { return "waits for a worker" }

type fakeTicker struct{}

func (fakeTicker) Plan(e export.Exporter, now time.Time) time.Time {
	if !e.Schedule.Enabled {
		return time.Time{}
	}
	return now.Add(time.Hour)
}

func (fakeTicker) Wake() {}

type fakePreviewer struct {
	asked export.Exporter
	total int
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
	f.asked = e
	rows := table.NewSpool(table.Schema{Columns: []table.Column{
		{ID: "Id", Title: "ID", Key: true}, {ID: "Total", Title: "Total", Kind: table.Money, Currency: "USD"},
	}})
	err := rows.Add(table.Row{Cells: []table.Cell{table.TextOf("=" + e.Name), table.MoneyOf(decimal.New(1250, -2))}})
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
	if f.crash {
		panic("a fault of the program")
	}
	f.asked = e
	amount, err := table.ParseDecimal("1234567890123456.70")
	if err != nil {
		return pipeline.Preview{}, err
	}
	return pipeline.Preview{
		Columns: []table.Column{
			{ID: "DocNumber", Title: "Number"},
			{ID: "TotalAmt", Title: "Total", Kind: table.Money},
			{ID: "TxnDate", Title: "Date", Kind: table.Date},
			{ID: "Active", Title: "Active", Kind: table.Bool},
		},
		Rows: []table.Row{
			{Cells: []table.Cell{table.TextOf("00123"), table.MoneyOf(amount), table.DateOf(noon), table.BoolOf(true)}},
			{Cells: []table.Cell{{}, table.MoneyOf(decimal.Zero), {}, {}}},
		},
		Total: f.total,
	}, f.err
}
