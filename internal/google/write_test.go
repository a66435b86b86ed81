package google_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/google"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/limit"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

const (
	owner     = "owner@example.com"
	driveFile = "https://www.googleapis.com/auth/drive.file"
	allSheets = "https://www.googleapis.com/auth/spreadsheets"
)

// bench is a destination in front of a simulator.
type bench struct {
	t        *testing.T
	sim      *googlesim.Server
	client   *google.Client
	http     *http.Client
	ctx      context.Context
	exporter export.Exporter
	runs     int
	saved    []export.Target
	heading  *export.Heading
	fillDown bool
	repairs  []export.Repair // of the next write only
}

// staged is the size of request bodies that makes a few hundred rows go through a staging tab, in several pieces.
const staged = 20_000

func newBench(t *testing.T, o googlesim.Options, maxBody int) *bench {
	t.Helper()
	o.BaseURL = "http://google.test"
	sim := googlesim.New(o)
	sim.SetQuota(googlesim.Quota{
		ReadsPerUser: 1 << 20, WritesPerUser: 1 << 20, ReadsPerProject: 1 << 20, WritesPerProject: 1 << 20,
	})
	hc := sim.Client(owner, driveFile, allSheets)
	b := &bench{t: t, sim: sim, http: hc, ctx: context.Background(), exporter: export.Exporter{
		ID: "exp_01test", Name: "Invoices of Acme", Companies: []export.RealmID{"1"},
		Target: export.Target{Account: "con_1", Sheet: "Invoices", Start: "A1", CreateKey: "exp_01test"}}}
	b.open(maxBody, 0)
	return b
}

// open makes the client.
func (b *bench) open(maxBody, keptCells int) {
	ends := b.sim.Endpoints()
	free := func() *limit.Keyed { return limit.New(limit.Limits{}) }
	b.client = google.New(google.Options{
		SheetsURL: ends.SheetsURL, DriveURL: ends.DriveURL,
		HTTP:  func(export.ID) (*http.Client, error) { return b.http, nil },
		Reads: free(), Writes: free(), ProjectReads: free(), ProjectWrites: free(),
		Logger: slog.New(slog.DiscardHandler), MaxBody: maxBody, KeptCells: keptCells,
	})
}

var schema = table.Schema{Columns: []table.Column{
	{ID: "Id", Title: "Invoice ID", Key: true}, {ID: "DocNumber", Title: "Number"},
	{ID: "TxnDate", Title: "Date", Kind: table.Date},
	{ID: "Customer", Title: "Customer"}, {ID: "TotalAmt", Title: "Total", Kind: table.Money},
	{ID: "Paid", Title: "Paid", Kind: table.Bool}}}

func invoice(i int, customer, total string) table.Row {
	return table.Row{Cells: []table.Cell{
		table.TextOf(fmt.Sprint(i)), table.TextOf(fmt.Sprintf("%05d", i)),
		table.DateOf(time.Date(2026, 1, 1+i%300, 0, 0, 0, 0, time.UTC)),
		table.TextOf(customer), table.MoneyOf(decimal.RequireFromString(total)), table.BoolOf(i%2 == 0)}}
}

func invoices(n int) []table.Row {
	rows := make([]table.Row, n)
	for i := range rows {
		rows[i] = invoice(i+1, fmt.Sprintf("Customer %d", i%17), fmt.Sprintf("%d.%02d", i, i%100))
	}
	return rows
}

// request returns what the exporter's next run with the rows asks for.
func (b *bench) request(s table.Schema, rows []table.Row) export.WriteRequest {
	b.t.Helper()
	b.runs++
	repairs := b.repairs
	b.repairs = nil
	spool := table.NewSpool(s)
	for _, r := range rows {
		if err := spool.Add(r); err != nil {
			b.t.Fatal(err)
		}
	}
	return export.WriteRequest{
		Run: export.ID(fmt.Sprintf("run_%d", b.runs)), Owner: b.exporter.ID, Target: b.exporter.Target,
		Title: b.exporter.Name, Rows: spool, Budget: 1 << 20, Note: "from QuickBooks", Zone: time.UTC,
		Look: b.exporter.Look, Heading: b.heading, WhenBlocked: b.exporter.WhenBlocked, FillDown: b.fillDown,
		Report: func(export.Phase, int) {}, Repairs: repairs,
		Found: func(t export.Target) error { b.saved = append(b.saved, t); b.exporter.Target = t; return nil },
	}
}

// write runs the exporter once with the rows.
func (b *bench) write(s table.Schema, rows []table.Row) (written, error) {
	b.t.Helper()
	res, set, err := export.Put(b.ctx, b.client, b.request(s, rows))
	if err != nil {
		return written{}, err
	}
	b.exporter.Target = res.Target
	return written{res, *set}, nil
}

// written is what a write did, and to what.
type written struct {
	export.WriteResult
	change.Set
}

func (b *bench) mustWrite(s table.Schema, rows []table.Row) written {
	b.t.Helper()
	res, err := b.write(s, rows)
	if err != nil {
		b.t.Fatal(err)
	}
	return res
}

func (b *bench) doc() *googlesim.Spreadsheet { return b.sim.Spreadsheet(b.exporter.Target.Spreadsheet) }

// tabs returns the tabs without the hidden one that keeps what stood before.
func (b *bench) tabs() []googlesim.Tab {
	return slices.DeleteFunc(b.doc().Tabs(), func(t googlesim.Tab) bool {
		return t.Hidden && strings.HasPrefix(t.Title, "Undo of ")
	})
}

// check compares the managed range with the rows, cell by cell.
func (b *bench) check(at string, s table.Schema, rows []table.Row) {
	b.t.Helper()
	got := b.doc().Values(at)
	want := [][]any{{}}
	for _, c := range s.Columns {
		want[0] = append(want[0], c.Title)
	}
	for _, r := range rows {
		var line []any
		for _, c := range r.Cells {
			line = append(line, sheetValue(c))
		}
		want = append(want, line)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		b.t.Fatalf("the sheet differs from the rows:\n%s", diff)
	}
}

func sheetValue(c table.Cell) any {
	if d, ok := c.Decimal(); ok {
		return d.InexactFloat64()
	}
	if v, ok := c.Bool(); ok {
		return v
	}
	if at, ok := c.Time(); ok {
		return float64(at.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)).Hours() / 24)
	}
	if c.Blank() {
		return ""
	}
	return c.String()
}

func TestFirstRunMakesASpreadsheet(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	rows := []table.Row{
		invoice(1, "=1+1", "639.00"), invoice(123, `=HYPERLINK("http://x","y")`, "-0.10"),
		invoice(3, "Zoë \"😀\"\nnew line", "1234567.89"),
	}
	res := b.mustWrite(schema, rows)
	b.check("Invoices!A1:F4", schema, rows)
	if res.WriteResult.Rows != 3 || res.Added != 3 || res.Unchanged || !strings.Contains(res.Target.URL,
		b.exporter.Target.Spreadsheet) {
		t.Errorf("result %+v", res)
	}
	doc := b.doc()
	if tabs := doc.Tabs(); len(tabs) != 1 || tabs[0].Title != "Invoices" || tabs[0].FrozenRows != 1 {
		t.Errorf("tabs %+v", tabs)
	}
	if doc.Title() != "Invoices of Acme" {
		t.Errorf("title %q", doc.Title())
	}
	if note := doc.Cell("Invoices!A1").Note; note != "from QuickBooks" {
		t.Errorf("note %q", note)
	}
	if got := doc.Formatted("Invoices!C2:E2"); got[0][0] != "2026-01-02" || got[0][2] != "639.00" {
		t.Errorf("formatted %v", got)
	}
}

func TestUnchangedWritesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	rows := invoices(200)
	b.mustWrite(schema, rows)
	b.sim.ResetRequests()
	res := b.mustWrite(schema, rows)
	if !res.Unchanged || res.WriteResult.Rows != 200 {
		t.Errorf("result %+v", res)
	}
	for _, r := range b.sim.Requests() {
		if r.Method != http.MethodGet {
			t.Errorf("%s %s was sent", r.Method, r.Path)
		}
	}
	// A hand edit inside the managed range is noticed and put right.
	if err := b.doc().SetCell("Invoices!E3", "999"); err != nil {
		t.Fatal(err)
	}
	if res := b.mustWrite(schema, rows); res.Unchanged || res.Changed != 1 {
		t.Errorf("after a hand edit: %+v", res)
	}
	b.check("Invoices!A1:F201", schema, rows)
}

func TestGrowShrinkAndCounts(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.mustWrite(schema, invoices(50))
	more := invoices(80)
	more[0] = invoice(1, "Renamed", "1.00")
	if res := b.mustWrite(schema, more); res.Added != 30 || res.Changed != 1 || res.Removed != 0 {
		t.Errorf("grown: %+v", res)
	}
	b.check("Invoices!A1:F81", schema, more)
	if res := b.mustWrite(schema, more[:10]); res.Added != 0 || res.Changed != 0 || res.Removed != 70 {
		t.Errorf("shrunk: %+v", res)
	}
	b.check("Invoices!A1:F81", schema, more[:10]) // the read leaves out the blank rows: nothing is left below
	if res := b.mustWrite(schema, nil); res.Removed != 10 || res.WriteResult.Rows != 0 {
		t.Errorf("emptied: %+v", res)
	}
	b.check("Invoices!A1:F81", schema, nil)
}

func TestFollowsPeople(t *testing.T) {
	t.Parallel()
	for name, maxBody := range map[string]int{"small": 0, "staged": staged} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := 400
			b := newBench(t, googlesim.Options{}, maxBody)
			rows := invoices(n)
			b.mustWrite(schema, rows)
			doc := b.doc()
			for _, err := range []error{
				doc.RenameTab("Invoices", "Bob's numbers"), doc.InsertRows("Bob's numbers", 1, 3),
				doc.InsertColumns("Bob's numbers", 1, 1),
				doc.AddTab("Sums"), doc.SetCell("'Bob''s numbers'!A1", "My heading"),
				doc.Batch(&sheets.Request{AppendDimension: &sheets.AppendDimensionRequest{
					SheetId: doc.Tabs()[0].ID, Dimension: "COLUMNS", Length: 5, ForceSendFields: []string{"SheetId"},
				}}), doc.SetCell("'Bob''s numbers'!J5", "mine"),
				doc.SetCell("Sums!A1", "=SUM('Bob''s numbers'!F5:F)"), doc.SetCell("Sums!A2", "='Bob''s numbers'!E4"),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			rows[2] = invoice(3, "Changed", "5000.25")
			rows = append(rows, invoice(n+1, "New", "10.00"))
			b.mustWrite(schema, rows)
			b.check(fmt.Sprintf("'Bob''s numbers'!B4:G%d", 5+n), schema, rows)
			sum := decimal.Zero
			for _, r := range rows {
				d, _ := r.Cells[4].Decimal()
				sum = sum.Add(d)
			}
			if got := doc.Values("Sums!A1:A2"); fmt.Sprint(got[0][0]) != fmt.Sprint(sum.InexactFloat64()) ||
				got[1][0] != "Customer" {
				t.Errorf("formulas see %v, want %s", got, sum)
			}
			if got := doc.Values("'Bob''s numbers'!A1"); got[0][0] != "My heading" {
				t.Errorf("the user's heading is %v", got)
			}
			if got := doc.Cell("'Bob''s numbers'!J5").Value; got != "mine" {
				t.Errorf("the user's cell is %v", got)
			}
			if b.exporter.Target.Sheet != "Bob's numbers" {
				t.Errorf("the tab is remembered as %q", b.exporter.Target.Sheet)
			}
		})
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		before func(t *testing.T, b *bench) // after a first run with 20 rows
		want   problem.Code
		says   string
	}{
		"protected": {func(t *testing.T, b *bench) {
			b.useForeign(t)
			must(t, b.doc().Protect("Invoices!A1:B5", "boss@example.com"))
		}, problem.SheetProtected, "A1:B5"},
		"merged": {
			func(t *testing.T, b *bench) { must(t, b.doc().Batch(mergeRequest(b.doc().Tabs()[0].ID, 3, 5))) },
			problem.SheetConflict, "merged",
		},
		"not shared": {
			func(t *testing.T, b *bench) { b.useForeign(t); b.doc().Unshare(owner) }, problem.SpreadsheetForbidden,
			"may not edit",
		},
		"deleted": {func(t *testing.T, b *bench) { b.doc().Delete() }, problem.SpreadsheetNotFound, "no such"},
		"revoked": {
			func(_ *testing.T, b *bench) { b.sim.Fail(googlesim.Fault{Kind: "get", Times: -1, Status: 401}) },
			problem.GoogleReconnectRequired, "no longer accepts",
		},
		"API is off": {func(_ *testing.T, b *bench) {
			b.sim.Fail(googlesim.Fault{
				Kind: "get", Times: -1, Status: 403,
				Message: "Google Sheets API has not been used in project 1 before or it is disabled.",
			})
		}, problem.AppCredentials, "not enabled"},
		"Office file": {func(_ *testing.T, b *bench) {
			b.sim.Fail(googlesim.Fault{
				Kind: "get", Times: -1, Status: 400, Message: "This operation is not supported for this document",
			})
		}, problem.GoogleRejected, "Office"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, 0)
			b.mustWrite(schema, invoices(20))
			test.before(t, b)
			var was [][]any
			if doc := b.doc(); doc != nil {
				was = doc.Values("Invoices!A1:Z60")
			}
			_, err := b.write(schema, invoices(40))
			p := problem.From(err)
			if err == nil || p.Code != test.want || !strings.Contains(p.Message, test.says) || p.Hint == "" {
				t.Fatalf("got %v, want %s that says %q", err, test.want, test.says)
			}
			if doc := b.doc(); doc != nil {
				if diff := cmp.Diff(was, doc.Values("Invoices!A1:Z60")); diff != "" {
					t.Errorf("cells changed:\n%s", diff)
				}
			}
		})
	}
}

func TestFullSpreadsheet(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, staged)
	id := b.sim.CreateSpreadsheet(owner, "Big", "Data")
	b.exporter.Target = export.Target{Account: "con_1", Spreadsheet: id, Sheet: "Invoices", Start: "A1"}
	must(t, b.doc().Batch(growRequest(b.doc().Tabs()[0].ID, 9_990_000/26)))
	_, err := b.write(schema, invoices(9000))
	if p := problem.From(err); err == nil || p.Code != problem.SpreadsheetFull {
		t.Fatalf("got %v", err)
	}
	if tabs := b.tabs(); len(tabs) != 1 {
		t.Errorf("tabs were left: %+v", tabs)
	}
}

// TestLargestFirstWrite writes more cells into a new spreadsheet than there is room for twice.
func TestLargestFirstWrite(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	b := newBench(t, googlesim.Options{}, 0)
	wide := table.Schema{Columns: slices.Clone(schema.Columns[:1])}
	var cells []table.Cell
	for i := range 5_999 {
		wide.Columns = append(wide.Columns, table.Column{ID: fmt.Sprint(i), Title: fmt.Sprint(i)})
		cells = append(cells, table.Cell{})
	}
	var rows []table.Row
	for i := range 1_000 { // blank cells count, too
		rows = append(rows, table.Row{Cells: append([]table.Cell{table.TextOf(fmt.Sprint(i))}, cells...)})
	}
	if res := b.mustWrite(wide, rows); res.WriteResult.Rows != 1_000 {
		t.Errorf("%+v", res.WriteResult)
	}
	if tabs := b.tabs(); len(tabs) != 1 || tabs[0].Title != "Invoices" || tabs[0].Hidden {
		t.Errorf("tabs %+v", tabs)
	}
}

func TestBodiesStayBelowTwoMegabytes(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	b := newBench(t, googlesim.Options{}, 0)
	long := strings.Repeat("Lorem ipsum <dolor> ", 40)
	rows := make([]table.Row, 8000)
	for i := range rows {
		rows[i] = invoice(i, long, "1.10")
	}
	b.mustWrite(schema, rows)
	for _, r := range b.sim.Requests() {
		if r.Bytes > 2_000_000 {
			t.Errorf("%s had %d bytes", r.Path, r.Bytes)
		}
	}
	b.check("Invoices!A1:F8001", schema, rows)
}

// TestNewColumns drops columns and brings them back: what people have beside moves along, and formulas follow.
func TestNewColumns(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.mustWrite(schema, invoices(10))
	b.grow(20, 4)
	must(t, b.doc().SetCell("Invoices!H2", "note to self"))
	must(t, b.doc().SetCell("Invoices!H3", "=SUM(B2:B11)&C2"))
	narrow := table.Schema{Columns: append(slices.Clone(schema.Columns[:2]), schema.Columns[4])}
	var rows []table.Row
	for _, r := range invoices(10) {
		rows = append(rows, table.Row{Cells: append(slices.Clone(r.Cells[:2]), r.Cells[4])})
	}
	b.mustWrite(narrow, rows)
	b.check("Invoices!A1:C11", narrow, rows)
	b.holds("Invoices!E2", "note to self")
	if res := b.mustWrite(schema, invoices(10)); res.Changed != 10 || res.Added != 0 {
		t.Errorf("more columns of the same rows: %+v", res.Set)
	}
	b.check("Invoices!A1:F11", schema, invoices(10))
	b.holds("Invoices!H2", "note to self")
	reordered := table.Schema{Columns: []table.Column{schema.Columns[4], schema.Columns[0], schema.Columns[1]}}
	rows = nil
	for _, r := range invoices(10) {
		rows = append(rows, table.Row{Cells: []table.Cell{r.Cells[4], r.Cells[0], r.Cells[1]}})
	}
	must(t, b.doc().SetCell("Invoices!H4", "=SUM(E2:E11)"))
	sum := b.doc().Cell("Invoices!H4").Value
	b.mustWrite(reordered, rows)
	b.check("Invoices!A1:C11", reordered, rows)
	if got := b.doc().Cell("Invoices!E4").Value; got != sum {
		t.Errorf("the sum of the totals is %v, want %v", got, sum)
	}
	// A person's cell below a column that goes keeps its place, and so does the column.
	must(t, b.doc().SetCell("Invoices!B15", "mine"))
	only := table.Schema{Columns: []table.Column{schema.Columns[4], schema.Columns[1]}}
	rows = nil
	for _, r := range invoices(10) {
		rows = append(rows, table.Row{Cells: []table.Cell{r.Cells[4], r.Cells[1]}})
	}
	b.mustWrite(only, rows)
	b.holds("Invoices!B15", "mine")
	b.holds("Invoices!B5", "<nil>")
	b.holds("Invoices!C5", "00004")
}

// TestTwoExportersOnOneTab keeps two managed ranges side by side apart.
func TestTwoExportersOnOneTab(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	b.mustWrite(schema, invoices(10))
	first := b.exporter
	b.exporter.ID, b.exporter.Target.Start, b.exporter.Target.Tab = "exp_02other", "C4", nil
	if _, err := b.write(schema, invoices(2)); !problem.HasCode(err, problem.SheetConflict) ||
		!strings.Contains(problem.From(err).Hint, "H4") {
		t.Errorf("over another exporter's rows: %v", problem.From(err))
	}
	b.exporter.ID, b.exporter.Target.Start, b.exporter.Target.Tab = "exp_02other", "I3", nil
	b.mustWrite(schema, invoices(25))
	b.check("Invoices!I3:N28", schema, invoices(25))
	b.exporter = first
	b.mustWrite(schema, invoices(12))
	b.check("Invoices!A1:F13", schema, invoices(12))
	b.check("Invoices!I3:N28", schema, invoices(25))
}

// useForeign moves the exporter to a spreadsheet that belongs to somebody else and is shared with the account.
func (b *bench) useForeign(t *testing.T) {
	t.Helper()
	id := b.sim.CreateSpreadsheet("boss@example.com", "Shared", "Invoices")
	must(t, b.sim.Share(id, owner, "writer"))
	b.exporter.Target = export.Target{Account: "con_1", Spreadsheet: id, Sheet: "Invoices", Start: "A1"}
	b.mustWrite(schema, invoices(20))
}

func mergeRequest(tab int64, row, endRow int64) *sheets.Request {
	return &sheets.Request{MergeCells: &sheets.MergeCellsRequest{
		MergeType: "MERGE_ALL",
		Range: &sheets.GridRange{
			SheetId: tab, StartRowIndex: row, EndRowIndex: endRow, StartColumnIndex: 1, EndColumnIndex: 2,
			ForceSendFields: []string{"SheetId"},
		},
	}}
}

func growRequest(tab, rows int64) *sheets.Request {
	return &sheets.Request{UpdateSheetProperties: &sheets.UpdateSheetPropertiesRequest{
		Fields: "gridProperties.rowCount",
		Properties: &sheets.SheetProperties{
			SheetId: tab, GridProperties: &sheets.GridProperties{RowCount: rows}, ForceSendFields: []string{"SheetId"},
		},
	}}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
