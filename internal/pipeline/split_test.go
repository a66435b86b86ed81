package pipeline_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/pipeline"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

var sales = export.Entity{
	ID: "sales", Title: "Sales", Object: "Invoice", Dates: []string{"TxnDate", "MetaData.CreateTime"},
	Columns: []export.Column{
		{Path: "Id", Title: "Id", Key: true},
		{Path: "TotalAmt", Title: "Total", Kind: table.Money},
		{Path: "TxnDate", Title: "Date", Kind: table.Date, Off: true},
		{Path: "MetaData.CreateTime", Title: "Created", Kind: table.DateTime, Off: true},
	},
}

// ledger is a bench whose companies have sales, and whose destination keeps each owner's rows.
type ledger struct {
	*bench
	sales map[export.RealmID][]sale
	marks map[string][]byte
	tabs  map[export.ID]sheet
	fails int // commits until one fails; negative for never
	runs  int
}

type sale struct {
	id      string
	cents   int64
	date    time.Time // zero for none
	created time.Time
}

// sheet is what one owner has written.
type sheet struct {
	title string
	rows  []string
}

func newLedger(t *testing.T) *ledger {
	b := newBench(t)
	b.exporter.Definition, b.exporter.Target.Spreadsheet = "sales", "made"
	b.exporter.Companies = []export.RealmID{"1", "2"}
	return &ledger{
		bench: b, sales: map[export.RealmID][]sale{}, marks: map[string][]byte{}, tabs: map[export.ID]sheet{},
		fails: -1,
	}
}

func (l *ledger) Mark(_ context.Context, key string) ([]byte, error) {
	if data, ok := l.marks[key]; ok {
		return data, nil
	}
	return nil, export.ErrNotFound
}

func (l *ledger) PutMark(_ context.Context, key string, data []byte) error {
	l.marks[key] = data
	return nil
}

func (l *ledger) Read(_ context.Context, d export.Definition, q export.Query) (*export.Reading, error) {
	var schema table.Schema
	for _, key := range q.Columns {
		c, err := export.FindColumn(d, key)
		if err != nil {
			return nil, err
		}
		schema.Columns = append(schema.Columns, table.Column{ID: key, Title: c.Title, Kind: c.Kind, Key: c.Key})
	}
	return &export.Reading{
		Schema: schema, Total: len(l.sales[q.Company.Realm]),
		Rows: func(yield func(table.Row, error) bool) {
			for _, s := range l.sales[q.Company.Realm] {
				if !yield(s.row(q), nil) {
					return
				}
			}
		},
		End: func() (export.Outcome, error) { return export.Outcome{}, nil },
	}, nil
}

func (s sale) row(q export.Query) (row table.Row) {
	for _, key := range q.Columns {
		cell := table.Cell{}
		switch key {
		case export.CompanyColumn:
			cell = table.TextOf(q.Company.Name)
		case "Id":
			cell = table.TextOf(s.id)
		case "TotalAmt":
			cell = table.MoneyOf(decimal.New(s.cents, -2))
		case "TxnDate":
			if !s.date.IsZero() {
				cell = table.DateOf(s.date)
			}
		case "MetaData.CreateTime":
			cell = table.DateTimeOf(s.created)
		}
		row.Cells = append(row.Cells, cell)
	}
	return row
}

func (l *ledger) Prepare(_ context.Context, w export.WriteRequest) (export.Write, error) {
	rows := []string{}
	for r, err := range w.Rows.Rows() {
		if err != nil {
			return nil, err
		}
		var texts []string
		for _, c := range r.Cells {
			texts = append(texts, c.String())
		}
		rows = append(rows, strings.Join(texts, "|"))
	}
	return ledgerWrite{l, w, rows, l.compare(w.Owner, rows)}, nil
}

func (l *ledger) compare(owner export.ID, rows []string) *change.Set {
	set := &change.Set{Rows: len(rows), Complete: true}
	was := l.tabs[owner].rows
	for _, r := range rows {
		if !slices.Contains(was, r) {
			set.Added++
		}
	}
	for _, r := range was {
		if !slices.Contains(rows, r) {
			set.Removed++
		}
	}
	return set
}

type ledgerWrite struct {
	l    *ledger
	w    export.WriteRequest
	rows []string
	set  *change.Set
}

func (w ledgerWrite) Change() *change.Set { return w.set }

func (ledgerWrite) Requests() int { return 1 }

func (ledgerWrite) Close() error { return nil }

func (w ledgerWrite) Commit(context.Context) (export.WriteResult, error) {
	if w.l.fails == 0 {
		return export.WriteResult{}, problem.New(problem.SheetConflict, "no").WithHint("Nothing was written.")
	}
	w.l.fails--
	old, was := w.l.tabs[w.w.Owner]
	w.l.tabs[w.w.Owner] = sheet{w.w.Target.Sheet, w.rows}
	gid := int64(len(w.w.Owner))
	target := w.w.Target
	target.Tab = &gid
	same := was && slices.Equal(old.rows, w.rows)
	return export.WriteResult{Target: target, Rows: len(w.rows), Unchanged: same, TraceRun: w.w.Run}, nil
}

// export runs the exporter.
func (l *ledger) export(ctx context.Context) (export.Run, pipeline.DryRun, error) {
	r := pipeline.New(pipeline.Options{
		Definitions: []export.Definition{sales}, Store: l, Source: l, Destination: l,
		Now: func() time.Time { return night },
	})
	dry, err := r.DryRun(ctx, *l.exporter)
	if err != nil {
		return export.Run{}, dry, err
	}
	l.runs++
	run := export.Run{ID: export.ID(fmt.Sprintf("run_%03d", l.runs)), Exporter: *l.exporter}
	err = r.Work(ctx, run, func(change func(*export.Run)) { change(&run) })
	return run, dry, err
}

// unsplit returns what the exporter writes when its rows are not split, with its totals.
func (l *ledger) unsplit(ctx context.Context) ([]string, map[string]string, error) {
	one := newLedger(l.t)
	e := *l.exporter
	e.ID, e.Split = "exp_2", export.SplitNone
	one.exporter, one.sales = &e, l.sales
	run, _, err := one.export(ctx)
	return one.tabs["exp_2"].rows, run.Control, err
}

var (
	someDates = rapid.SampledFrom([]time.Time{
		{}, day(1999, 12, 31), day(2000, 1, 1), day(2024, 12, 31), day(2025, 1, 1), day(2025, 12, 31), day(2026, 1, 1),
	})
	someTimes = rapid.SampledFrom([]time.Time{
		day(2025, 1, 1), day(2025, 1, 1).Add(4 * time.Hour), day(2025, 1, 1).Add(6 * time.Hour), day(2024, 7, 1),
	})
)

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

// TestSplitHoldsAllRows changes sales, companies and columns between runs, and lets some of them fail at a tab: each
// tab is old or new. Once a run succeeds, the tabs together hold what the exporter would write unsplit, each row on the
// tab of its year or company and in the same order, and the run's sums equal those of the unsplit one and of the dry
// run.
func TestSplitHoldsAllRows(t *testing.T) {
	t.Parallel()
	for _, by := range []export.Split{export.SplitYear, export.SplitCompany} {
		t.Run(string(by), func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) { checkSplit(t, rt, by) })
		})
	}
}

func checkSplit(t *testing.T, rt *rapid.T, by export.Split) {
	l := newLedger(t)
	l.exporter.Split = by
	for step := range rapid.IntRange(1, 6).Draw(rt, "steps") {
		l.exporter.Companies = rapid.SampledFrom([][]export.RealmID{
			{"1"}, {"2"}, {"1", "2"}, {"2", "1"},
		}).Draw(rt, "companies")
		l.exporter.Columns = rapid.SampledFrom([][]string{
			nil, {"Id"}, {"TxnDate", "Id", "TotalAmt"}, {"MetaData.CreateTime", "TotalAmt", "Id"},
		}).Draw(rt, "columns")
		date := rapid.SampledFrom(sales.Dates).Draw(rt, "date")
		l.exporter.Options = map[string]string{export.OptDateColumn: date}
		for _, realm := range []export.RealmID{"1", "2"} {
			l.sales[realm] = nil
			for i := range rapid.IntRange(0, 6).Draw(rt, "sales") {
				l.sales[realm] = append(l.sales[realm], sale{
					id: fmt.Sprint(i), cents: rapid.Int64Range(-500, 500).Draw(rt, "cents"),
					date: someDates.Draw(rt, "day"), created: someTimes.Draw(rt, "time"),
				})
			}
		}
		old := maps.Clone(l.tabs)
		l.fails = rapid.IntRange(-2, 3).Draw(rt, "fails")
		_, _, failed := l.export(t.Context())
		between := maps.Clone(l.tabs)
		l.fails = -1
		run, dry, err := l.export(t.Context())
		if err != nil {
			rt.Fatalf("step %d: %v", step, err)
		}
		for owner, now := range l.tabs {
			if got := between[owner].rows; failed != nil && !slices.Equal(got, old[owner].rows) &&
				!slices.Equal(got, now.rows) {
				rt.Fatalf("step %d: %s is neither old nor new: %v", step, owner, got)
			}
		}
		want, totals, err := l.unsplit(t.Context())
		if err != nil {
			rt.Fatal(err)
		}
		if diff := cmp.Diff(l.divide(want, date), l.nonEmpty()); diff != "" {
			rt.Fatalf("step %d:\n%s", step, diff)
		}
		if run.Rows != len(want) || !maps.Equal(run.Control, totals) || dry.Change.Rows != run.Rows ||
			dry.Change.Added != run.Added || dry.Change.Removed != run.Removed {
			rt.Fatalf("step %d: the run %+v, foreseen %+v, unsplit %v", step, run.Result, dry.Change, totals)
		}
	}
}

// nonEmpty returns the rows of each tab that has some, by its owner.
func (l *ledger) nonEmpty() map[export.ID][]string {
	all := map[export.ID][]string{}
	for owner, tab := range l.tabs {
		if len(tab.rows) > 0 {
			all[owner] = tab.rows
		}
	}
	return all
}

// divide says on which tab each of the unsplit rows must stand, by what is known about the sales themselves.
func (l *ledger) divide(rows []string, date string) map[export.ID][]string {
	all := map[export.ID][]string{}
	n := 0
	for _, realm := range l.exporter.Companies {
		for _, s := range l.sales[realm] {
			row := rows[n]
			n++
			owner := export.ID("exp_1_c" + realm)
			if l.exporter.Split == export.SplitCompany {
				if len(l.exporter.Companies) > 1 { // each tab is as if there were one company
					_, row, _ = strings.Cut(row, "|")
				}
			} else {
				owner = "exp_1_y"
				at := s.created.In(l.exporter.Schedule.Location())
				if date == "TxnDate" {
					at = s.date
				}
				if !at.IsZero() {
					owner += export.ID(at.Format("2006"))
				}
			}
			all[owner] = append(all[owner], row)
		}
	}
	return all
}

// TestSplitTitles names tabs so that Google takes the titles and no two are equal.
func TestSplitTitles(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.exporter.Split = export.SplitCompany
	for realm, name := range map[export.RealmID]string{"1": "Alder &\tSons ", "2": "alder & sons"} {
		c := l.companies[realm]
		c.Name = name
		l.companies[realm] = c
	}
	if _, _, err := l.export(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := []string{l.tabs["exp_1_c1"].title, l.tabs["exp_1_c2"].title}
	if diff := cmp.Diff([]string{"Data – Alder & Sons", "Data – alder & sons (2)"}, got); diff != "" {
		t.Error(diff)
	}
}

// TestSplitTooFar refuses rows that would take more tabs than a spreadsheet has.
func TestSplitTooFar(t *testing.T) {
	t.Parallel()
	l := newLedger(t)
	l.exporter.Split = export.SplitYear
	for i := range export.MostParts + 1 {
		l.sales["1"] = append(l.sales["1"], sale{id: fmt.Sprint(i), date: day(1900+i, 6, 1), created: day(2026, 1, 1)})
	}
	if _, _, err := l.export(t.Context()); !problem.HasCode(err, problem.SpreadsheetFull) || len(l.tabs) > 0 {
		t.Errorf("%d tabs, %v", len(l.tabs), err)
	}
}
