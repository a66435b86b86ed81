package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/storetest"
	"ledgersheet/internal/table"
)

var vendors = export.Entity{ID: "vendors", Title: "Vendors", Object: "Vendor", Columns: []export.Column{
	{Path: "Id", Title: "Id", Key: true},
	{Path: "Balance", Title: "Balance", Kind: table.Money},
	{Path: "Notes", Title: "Notes", Off: true},
}}

// bench is a fake store, source and destination for a Runner.
type bench struct {
	storetest.Differences
	t         *testing.T
	companies map[export.RealmID]export.Company
	accounts  map[export.ID]export.GoogleAccount
	exporter  *export.Exporter // nil if it was deleted
	answers   map[export.RealmID]answer
	checks    []export.Check
	others    []export.Exporter
	stored    int // how often the exporter was
	mu        sync.Mutex
	asked     []export.Query
	wrote     [][]string
	write     func(ctx context.Context, w export.WriteRequest) (export.WriteResult, error)
}

// answer is what QuickBooks has for a company.
type answer struct {
	columns []table.Column
	rows    []table.Row
	err     error // after the rows
	total   int
}

func newBench(t *testing.T) *bench {
	b := &bench{
		t: t, companies: map[export.RealmID]export.Company{}, accounts: map[export.ID]export.GoogleAccount{},
		answers: map[export.RealmID]answer{},
	}
	for i, realm := range []export.RealmID{"1", "2"} {
		b.companies[realm] = export.Company{Realm: realm, Name: []string{"Alder", "Birch"}[i], Status: export.Connected}
		b.answers[realm] = answer{columns: columns("USD", "Id", "Balance"), rows: rows(string(realm), 3), total: 3}
	}
	b.accounts["con_1"] = export.GoogleAccount{ID: "con_1", Email: "books@example.com", Status: export.Connected}
	b.exporter = &export.Exporter{
		ID: "exp_1", Name: "Vendors", Definition: "vendors", Companies: []export.RealmID{"1"},
		Target:   export.Target{Account: "con_1", Sheet: "Data", Start: "A1"},
		Schedule: export.Schedule{Timezone: "America/New_York"}, Revision: 1,
	}
	b.write = func(_ context.Context, w export.WriteRequest) (export.WriteResult, error) {
		target := w.Target
		target.Spreadsheet, target.URL, target.Created = "made", "https://s.example/made", true
		return export.WriteResult{
			Target: target, Rows: w.Rows.Len(), Warnings: export.Warnings(export.WarnWrite, "", "cut"),
		}, nil
	}
	return b
}

func columns(currency string, ids ...string) (list []table.Column) {
	for _, id := range ids {
		c := table.Column{ID: id, Title: id}
		if id == "Balance" {
			c.Kind, c.Currency = table.Money, currency
		}
		list = append(list, c)
	}
	return list
}

func rows(prefix string, n int) (list []table.Row) {
	for i := range n {
		list = append(list, table.Row{Cells: []table.Cell{
			table.TextOf(fmt.Sprint(prefix, "-", i)), table.MoneyOf(decimal.New(int64(i)*100+10, -2)),
		}})
	}
	return list
}

func (b *bench) Company(_ context.Context, realm export.RealmID) (export.Company, error) {
	c, ok := b.companies[realm]
	if !ok {
		return c, export.ErrNotFound
	}
	return c, nil
}

func (b *bench) Account(_ context.Context, id export.ID) (export.GoogleAccount, error) {
	a, ok := b.accounts[id]
	if !ok {
		return a, export.ErrNotFound
	}
	return a, nil
}

func (b *bench) Exporter(context.Context, export.ID) (export.Exporter, error) {
	if b.exporter == nil {
		return export.Exporter{}, export.ErrNotFound
	}
	return *b.exporter, nil
}

func (b *bench) Exporters(_ context.Context, f export.ExporterFilter) ([]export.Exporter, error) {
	var list []export.Exporter
	for _, e := range append(slices.Clone(b.others), *b.exporter) {
		if f.Matches(e) {
			list = append(list, e)
		}
	}
	return list, nil
}

// Mark finds nothing, because what a bench exports keeps nothing between runs.
func (b *bench) Mark(context.Context, string) ([]byte, error) { return nil, export.ErrNotFound }

func (b *bench) PutMark(_ context.Context, key string, _ []byte) error {
	return fmt.Errorf("nothing here keeps a mark, but %s came", key)
}

func (b *bench) UpdateExporter(ctx context.Context, _ export.ID,
	change func(*export.Exporter) error) (export.Exporter, error) {
	if err := ctx.Err(); err != nil {
		return export.Exporter{}, err
	}
	if b.exporter == nil {
		return export.Exporter{}, export.ErrNotFound
	}
	b.stored++
	return *b.exporter, change(b.exporter)
}

func (b *bench) Read(_ context.Context, _ export.Definition, q export.Query) (*export.Reading, error) {
	b.mu.Lock()
	b.asked = append(b.asked, q)
	b.mu.Unlock()
	a := b.answers[q.Company.Realm]
	q.Meter.Add()
	return &export.Reading{
		Schema: table.Schema{Columns: a.columns}, Total: a.total,
		Rows: func(yield func(table.Row, error) bool) {
			for _, r := range a.rows {
				if !yield(r, nil) {
					return
				}
			}
			if a.err != nil {
				yield(table.Row{}, a.err)
			}
		},
		End: func() (export.Outcome, error) {
			warnings := export.Warnings(export.WarnRead, q.Company.Realm, "of "+q.Company.Name)
			return export.Outcome{Period: "2026", Warnings: warnings, Checks: b.checks}, nil
		},
	}, nil
}

func (b *bench) Prepare(_ context.Context, w export.WriteRequest) (export.Write, error) {
	return benchWrite{b, w}, nil
}

// benchWrite adds all rows.
type benchWrite struct {
	b *bench
	w export.WriteRequest
}

func (w benchWrite) Change() *change.Set {
	return &change.Set{Rows: w.w.Rows.Len(), Added: w.w.Rows.Len(), Complete: true}
}

func (benchWrite) Requests() int { return 1 }

func (benchWrite) Close() error { return nil }

func (w benchWrite) Commit(ctx context.Context) (export.WriteResult, error) {
	b, asked := w.b, w.w
	var head []string
	for _, c := range asked.Rows.Schema().Columns {
		head = append(head, strings.TrimSpace(c.Title+" "+c.Currency))
	}
	b.wrote = [][]string{head}
	for r, err := range asked.Rows.Rows() {
		if err != nil {
			return export.WriteResult{}, err
		}
		var line []string
		for _, c := range r.Cells {
			line = append(line, c.String())
		}
		b.wrote = append(b.wrote, line)
	}
	asked.Meter.Add()
	asked.Report(export.PhaseCommitting, asked.Rows.Len())
	return b.write(ctx, asked)
}

// night is the time of all runs of a bench.
var night = time.Date(2026, 3, 2, 3, 0, 0, 0, time.UTC)

func (b *bench) runner() *pipeline.Runner {
	return pipeline.New(pipeline.Options{
		Definitions: []export.Definition{vendors}, Store: b, Source: b, Destination: b,
		Logger: slog.New(slog.DiscardHandler),
		Now:    func() time.Time { return night },
	})
}

func (b *bench) work(ctx context.Context) (export.Run, error) {
	return b.workFor(ctx, export.TriggerManual)
}

func (b *bench) workFor(ctx context.Context, by export.Trigger) (export.Run, error) {
	run := export.Run{
		ID: "run_1", Trigger: by, Exporter: export.Exporter{ID: "exp_1"}, Requests: export.Requests{QuickBooks: 10},
		Result: export.Result{Warnings: export.Warnings(export.WarnRead, "", "of an earlier attempt")},
	}
	err := b.runner().Work(ctx, run, func(change func(*export.Run)) { change(&run) })
	return run, err
}

func TestWork(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	r, err := b.work(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r.Rows != 3 || r.Added != 3 || r.QuickBooks != 11 || r.Sheets != 1 || r.URL == "" ||
		r.Progress.Phase != export.PhaseDone || r.Control["Balance"] != "3.30" {
		t.Errorf("run %+v", r)
	}
	if diff := cmp.Diff([]string{"of Alder", "cut"}, export.WarningTexts(r.Warnings)); diff != "" {
		t.Error(diff)
	}
	q := b.asked[0]
	if !slices.Equal(q.Columns, []string{"Id", "Balance"}) ||
		q.Today.Format(time.DateOnly) != "2026-03-01" { // still Sunday in New York
		t.Errorf("asked for %v on %s", q.Columns, q.Today)
	}
	if b.exporter.Target.Spreadsheet != "made" || b.exporter.Revision != 2 {
		t.Errorf("stored %+v, revision %d", b.exporter.Target, b.exporter.Revision)
	}
	b.stored = 0
	if _, err := b.work(t.Context()); err != nil || b.exporter.Revision != 2 || b.stored != 0 {
		t.Errorf("a second run: %v, revision %d, stored %d times", err, b.exporter.Revision, b.stored)
	}
}

// TestStack stacks companies with different columns and currencies.
func TestStack(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.exporter.Companies, b.exporter.Columns = []export.RealmID{"2", "1"}, []string{"Balance", "Company", "Id"}
	extra := answer{columns: columns("CAD", "Id", "Notes", "Balance")}
	extra.rows = []table.Row{{Cells: []table.Cell{
		table.TextOf("x"), table.TextOf("note"), table.MoneyOf(decimal.New(5, 0)),
	}}}
	b.answers["1"] = extra
	r, err := b.work(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := [][]string{
		{"Id", "Balance", "Notes"},
		{"2-0", "0.10", ""}, {"2-1", "1.10", ""}, {"2-2", "2.10", ""},
		{"x", "5", "note"},
	}
	if diff := cmp.Diff(want, b.wrote); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(b.asked[0].Columns, []string{"Company", "Balance", "Id"}) {
		t.Errorf("asked for %v", b.asked[0].Columns)
	}
	if len(r.Companies) != 2 || r.Companies[0].Name != "Birch" || r.Companies[0].Rows != 3 || r.Companies[1].Rows != 1 {
		t.Errorf("companies %+v", r.Companies)
	}
}

// TestRefusals proves that a run that cannot work fails before anything is written, usually before any request.
func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(b *bench)
		want  problem.Code
		says  string
		asks  int
	}{
		"exporter deleted": {func(b *bench) { b.exporter = nil }, problem.Cancelled, "deleted", 0},
		"type unknown":     {func(b *bench) { b.exporter.Definition = "gone" }, problem.Internal, `"gone"`, 0},
		"company unknown": {
			func(b *bench) { b.exporter.Companies = []export.RealmID{"9"} },
			problem.CompanyUnknown, "9", 0,
		},
		"company ended": {
			func(b *bench) { b.set("1", export.ReconnectRequired) },
			problem.CompanyReconnectRequired, "Alder", 0,
		},
		"company disconnected": {
			func(b *bench) { b.set("1", export.Disconnected) },
			problem.CompanyReconnectRequired, "Alder", 0,
		},
		"one of two ended": {
			func(b *bench) {
				b.exporter.Companies = []export.RealmID{"1", "2"}
				b.set("2", export.ReconnectRequired)
			},
			problem.CompanyReconnectRequired, "Birch", 0,
		},
		"account unknown": {
			func(b *bench) { delete(b.accounts, "con_1") },
			problem.GoogleReconnectRequired, "not connected", 0,
		},
		"account ended": {
			func(b *bench) {
				b.accounts["con_1"] = export.GoogleAccount{Email: "books@example.com", Status: export.ReconnectRequired}
			},
			problem.GoogleReconnectRequired, "books@example.com", 0,
		},
		"read incomplete": {
			func(b *bench) {
				a := b.answers["1"]
				a.err = problem.New(problem.IncompleteRead, "4 records, 3 came.")
				b.answers["1"] = a
			},
			problem.IncompleteRead, "4 records", 1,
		},
		"second of two incomplete": {
			func(b *bench) {
				b.exporter.Companies = []export.RealmID{"1", "2"}
				a := b.answers["2"]
				a.err = problem.New(problem.IncompleteRead, "4 records, 3 came.")
				b.answers["2"] = a
			},
			problem.IncompleteRead, "Birch: 4 records", 2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			test.spoil(b)
			_, err := b.work(t.Context())
			if p := problem.From(err); err == nil || p.Code != test.want || !strings.Contains(p.Message, test.says) {
				t.Errorf("got %v, want %s that says %q", err, test.want, test.says)
			}
			if b.wrote != nil || len(b.asked) != test.asks {
				t.Errorf("%d companies were asked, want %d; wrote %v", len(b.asked), test.asks, b.wrote)
			}
		})
	}
}

// TestRefusedCompanies: runs that nobody waits for ask once an hour for a company that QuickBooks refuses as a whole.
// People, previews and dry runs are not held back.
func TestRefusedCompanies(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		by   export.Trigger
		ago  time.Duration
		asks int
	}{
		{export.TriggerSchedule, 59 * time.Minute, 0}, {export.TriggerSchedule, time.Hour, 1},
		{export.TriggerCatchUp, time.Minute, 0}, {export.TriggerChange, time.Minute, 0},
		{export.TriggerManual, time.Minute, 1}, {export.TriggerAPI, time.Minute, 1},
	} {
		b := newBench(t)
		lapsed := problem.New(problem.QuickBooksRejected, "It lapsed.").WithHint("Renew it.")
		refuse := func(realm export.RealmID) {
			c := b.companies[realm]
			c.LastError, c.RefusedAt = lapsed, night.Add(-test.ago)
			b.companies[realm] = c
		}
		refuse("1")
		_, err := b.workFor(t.Context(), test.by)
		if len(b.asked) != test.asks || (err == nil) != (test.asks > 0) {
			t.Errorf("%s after %s: %d requests, %v", test.by, test.ago, len(b.asked), err)
		}
		if p := problem.From(err); p != nil && (p.Code != lapsed.Code || p.Class() != problem.Stop ||
			!strings.Contains(p.Message, "Alder") || !strings.Contains(p.Message, "It lapsed.") ||
			!strings.HasPrefix(p.Hint, "Renew it. ")) {
			t.Errorf("%s after %s: %v, hint %q", test.by, test.ago, p, p.Hint)
		}
		if _, err := b.runner().Preview(t.Context(), *b.exporter); err != nil {
			t.Errorf("the preview: %v", err)
		}
	}
}

// TestAnEndedCompanySaysWhy: later runs say and advise what the one said that found it out.
func TestAnEndedCompanySaysWhy(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.set("1", export.ReconnectRequired)
	c := b.companies["1"]
	c.LastError = problem.New(problem.CompanyReconnectRequired, "Token revoked.").WithHint("Ask an administrator.")
	b.companies["1"] = c
	_, err := b.work(t.Context())
	if p := problem.From(err); p == nil || p.Message != "QuickBooks access to Alder has ended. Token revoked." ||
		p.Hint != "Ask an administrator." {
		t.Errorf("%v", err)
	}
}

func (b *bench) set(realm export.RealmID, s export.ConnectionStatus) {
	c := b.companies[realm]
	c.Status = s
	b.companies[realm] = c
}

// TestForbiddenNamesTheAccount proves that the message tells with whom to share the spreadsheet.
func TestForbiddenNamesTheAccount(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.write = func(context.Context, export.WriteRequest) (export.WriteResult, error) {
		return export.WriteResult{}, problem.New(problem.SpreadsheetForbidden,
			"This Google account may not edit the spreadsheet.")
	}
	if _, err := b.work(t.Context()); err == nil ||
		!strings.Contains(problem.From(err).Message, "(books@example.com)") {
		t.Errorf("got %v", err)
	}
}

// TestChoiceDuringARunStays proves that edits made while the rows are being written survive the run.
func TestChoiceDuringARunStays(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		meddle func(b *bench, cancel context.CancelFunc)
		want   string // the stored spreadsheet afterwards
	}{
		"nothing": {func(*bench, context.CancelFunc) {}, "made"},
		"another spreadsheet": {
			func(b *bench, _ context.CancelFunc) { b.exporter.Target.Spreadsheet = "chosen" },
			"chosen",
		},
		"another tab":        {func(b *bench, _ context.CancelFunc) { b.exporter.Target.Sheet = "Other" }, ""},
		"another name":       {func(b *bench, _ context.CancelFunc) { b.exporter.Name = "Renamed" }, "made"},
		"cancelled too late": {func(_ *bench, cancel context.CancelFunc) { cancel() }, "made"},
		"deleted":            {func(b *bench, _ context.CancelFunc) { b.exporter = nil }, "-"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			write := b.write
			b.write = func(ctx context.Context, w export.WriteRequest) (export.WriteResult, error) {
				res, err := write(ctx, w)
				test.meddle(b, cancel)
				return res, errors.Join(err, w.Found(res.Target))
			}
			r, err := b.work(ctx)
			if err != nil || r.Rows != 3 || r.Exporter.Target.Spreadsheet != "made" {
				t.Fatalf("%v, run %+v", err, r)
			}
			if test.want == "-" {
				return
			}
			if b.exporter.Target.Spreadsheet != test.want {
				t.Errorf("stored %+v, want %q", b.exporter.Target, test.want)
			}
		})
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.exporter.Companies = []export.RealmID{"1", "2"}
	b.answers["1"] = answer{columns: columns("USD", "Id", "Balance"), rows: rows("1", 15), total: 15}
	b.answers["2"] = answer{columns: columns("USD", "Id", "Balance"), rows: rows("2", 90), total: 90}
	p, err := b.runner().Preview(t.Context(), *b.exporter)
	if err != nil || len(p.Rows) != 20 || p.Total != 105 || p.Rows[15].Cells[0].String() != "2-0" ||
		len(p.Columns) != 2 {
		t.Errorf("%v: %d rows of %d, columns %v", err, len(p.Rows), p.Total, p.Columns)
	}
	a := b.answers["2"]
	a.total = -1
	b.answers["2"] = a
	if p, err := b.runner().Preview(t.Context(), *b.exporter); err != nil || p.Total != -1 {
		t.Errorf("%v: total %d", err, p.Total)
	}
	b.answers["2"] = answer{columns: a.columns, err: problem.New(problem.QuickBooksUnavailable, "No.")}
	if _, err := b.runner().Preview(t.Context(), *b.exporter); !problem.HasCode(err, problem.QuickBooksUnavailable) ||
		!strings.Contains(err.Error(), "Birch: No.") {
		t.Errorf("got %v", err)
	}
	if b.wrote != nil {
		t.Error("a preview wrote")
	}
}

// TestRepairAndTitles: a run may do what a person allowed it, writes under people's own titles, and leaves what
// QuickBooks calls its columns alone.
func TestRepairAndTitles(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.exporter.Companies = []export.RealmID{"1", "2"}
	b.exporter.Titles = map[string]string{"Balance": "Owed", "Nothing": "x"}
	var asked export.WriteRequest
	write := b.write
	b.write = func(ctx context.Context, w export.WriteRequest) (export.WriteResult, error) {
		asked = w
		return write(ctx, w)
	}
	for _, repair := range []export.Repair{export.RepairPutBack, export.RepairUnmerge} {
		run := export.Run{ID: "run_1", Exporter: export.Exporter{ID: "exp_1"}, Repairs: []export.Repair{repair}}
		if err := b.runner().Work(t.Context(), run, func(func(*export.Run)) {}); err != nil {
			t.Fatal(err)
		}
		if !asked.May(repair) {
			t.Errorf("the write may %v, want %q", asked.Repairs, repair)
		}
		var titles []string
		for _, c := range asked.Rows.Schema().Columns {
			titles = append(titles, c.Title)
		}
		if diff := cmp.Diff([]string{"Id", "Owed"}, titles); diff != "" {
			t.Errorf("titles:\n%s", diff)
		}
	}
	if got := b.answers["1"].columns[1].Title; got != "Balance" {
		t.Errorf("what was read is called %q now", got)
	}
	p, err := b.runner().Preview(t.Context(), *b.exporter)
	if err != nil || p.Columns[1].Title != "Owed" {
		t.Errorf("%v: the preview has the columns %+v", err, p.Columns)
	}
}

// TestStorageNamesTheAccount: Google has the same words for people whose storage is full and for service accounts.
func TestStorageNamesTheAccount(t *testing.T) {
	t.Parallel()
	for kind, want := range map[export.AccountKind]string{
		export.OAuthAccount:   "The storage is full (books@example.com).",
		export.ServiceAccount: "a service account has no storage",
	} {
		b := newBench(t)
		a := b.accounts["con_1"]
		a.Kind = kind
		b.accounts["con_1"] = a
		b.write = func(context.Context, export.WriteRequest) (export.WriteResult, error) {
			return export.WriteResult{}, problem.Wrap(export.ErrNoStorage, problem.SpreadsheetForbidden,
				"The storage is full.").WithHint("Free space.")
		}
		_, err := b.work(t.Context())
		p := problem.From(err)
		if !strings.Contains(p.Message, want) || (p.Hint == "Free space.") != (kind == export.OAuthAccount) {
			t.Errorf("%s: %q, hint %q", kind, p.Message, p.Hint)
		}
	}
}

// TestLookAndHeadingReachTheDestination: a run asks for the exporter's look, and for a heading if it wants one.
func TestLookAndHeadingReachTheDestination(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.exporter.Look, b.exporter.TitleBlock = export.BoardLook, true
	var asked export.WriteRequest
	write := b.write
	b.write = func(ctx context.Context, w export.WriteRequest) (export.WriteResult, error) {
		asked = w
		return write(ctx, w)
	}
	if _, err := b.work(t.Context()); err != nil {
		t.Fatal(err)
	}
	if asked.Look != export.BoardLook || asked.Heading == nil || asked.Heading.Title != "Vendors" {
		t.Errorf("asked for look %q and heading %+v", asked.Look, asked.Heading)
	}
	b.exporter.TitleBlock = false
	if _, err := b.work(t.Context()); err != nil {
		t.Fatal(err)
	}
	if asked.Heading != nil {
		t.Errorf("asked for heading %+v", asked.Heading)
	}
}
