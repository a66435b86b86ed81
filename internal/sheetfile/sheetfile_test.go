package sheetfile_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/xuri/excelize/v2"
	"pgregory.net/rapid"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/sheetfile"
	"ledgersheet/internal/table"
)

var schema = table.Schema{Columns: []table.Column{
	{ID: "Id", Title: "ID", Key: true}, {ID: "Name", Title: "=Name", Label: true},
	{ID: "Total", Title: "Total", Kind: table.Money, Currency: "USD"},
	{ID: "Yen", Title: "Yen", Kind: table.Money, Currency: "JPY"}, {ID: "Qty", Title: "Qty", Kind: table.Number},
	{ID: "Day", Title: "Day", Kind: table.Date}, {ID: "At", Title: "At", Kind: table.DateTime},
	{ID: "Open", Title: "Open", Kind: table.Bool},
}}

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

func spoolOf(t testing.TB, s table.Schema, rows ...table.Row) *table.Spool {
	t.Helper()
	spool := table.NewSpool(s)
	for _, r := range rows {
		if err := spool.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	return spool
}

func sample(t testing.TB) *table.Spool {
	at := time.Date(2026, 3, 2, 3, 4, 5, 0, time.UTC)
	return spoolOf(t, schema,
		table.Row{Cells: []table.Cell{
			table.TextOf("00123"), table.TextOf("=HYPERLINK(\"x\")"), table.MoneyOf(dec("-1234.50")),
			table.MoneyOf(dec("1500")), table.NumberOf(dec("2.125")), table.DateOf(at), table.DateTimeOf(at),
			table.BoolOf(true),
		}},
		table.Row{Role: table.Section, Level: 2, Cells: []table.Cell{
			table.TextOf("1E5"), table.TextOf("two\r\nlines, and a \"quote\""),
			table.MoneyOf(dec("1234567890123456.78")), {}, table.NumberOf(dec("0.10")),
			table.DateOf(time.Date(1899, 12, 31, 0, 0, 0, 0, time.UTC)),
			{}, table.BoolOf(false),
		}},
	)
}

// newYork is five hours behind UTC.
var newYork = time.FixedZone("EST", -5*3600)

func write(t testing.TB, format sheetfile.Format, s sheetfile.Sheet) []byte {
	t.Helper()
	f, err := sheetfile.Open(t.Context(), "x", format, s)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := errors.Join(f.Write(&out), f.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func tab(rows *table.Spool, about ...string) sheetfile.Sheet {
	return sheetfile.Sheet{Title: "T", Rows: rows, Zone: time.UTC, About: about}
}

func TestCSV(t *testing.T) {
	t.Parallel()
	got := string(write(t, sheetfile.CSV, sheetfile.Sheet{Rows: sample(t), Zone: newYork}))
	want := "\uFEFFID,'=Name,Total,Yen,Qty,Day,At,Open\r\n" +
		"00123,\"'=HYPERLINK(\"\"x\"\")\",-1234.50,1500,2.125,2026-03-02,2026-03-01T22:04:05-05:00,true\r\n" +
		"1E5,\"two\nlines, and a \"\"quote\"\"\",1234567890123456.78,,0.10,1899-12-31,,false\r\n"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Whatever texts there are, a reader of CSV gets them back, and no field is a formula.
func TestCSVIsReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		width := rapid.IntRange(1, 3).Draw(rt, "width")
		s := table.Schema{Columns: make([]table.Column, width)}
		var rows []table.Row
		want := [][]string{make([]string, width)}
		for i := range s.Columns {
			s.Columns[i].Title = rapid.StringMatching(`[=+@a "',-]{1,4}`).Draw(rt, "title")
			want[0][i] = guarded(s.Columns[i].Title)
		}
		for range rapid.IntRange(0, 4).Draw(rt, "rows") {
			var r table.Row
			var line []string
			for range width {
				text := rapid.StringMatching("[=+@\t\r\na \"',;-]{0,6}").Draw(rt, "text")
				r.Cells = append(r.Cells, table.TextOf(text))
				line = append(line, guarded(text))
			}
			rows, want = append(rows, r), append(want, line)
		}
		data := write(t, sheetfile.CSV, sheetfile.Sheet{Rows: spoolOf(t, s, rows...), Zone: time.UTC})
		got, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(data), "\uFEFF"))).ReadAll()
		if err != nil {
			rt.Fatalf("%v in %q", err, data)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			rt.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

// guarded is the text that a reader of CSV should get.
func guarded(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		s = "'" + s
	}
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
}

func open(t testing.TB, data []byte) *excelize.File {
	t.Helper()
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestWorkbook(t *testing.T) {
	t.Parallel()
	f := open(t, write(t, sheetfile.XLSX, sheetfile.Sheet{
		Title: "P&L: [2026] / a title that is far too long", Rows: sample(t), Zone: newYork,
		About: []string{"Company: Alder", "=1+1"},
	}))
	tab := "P&L   2026    a title that is f"
	if diff := cmp.Diff([]string{tab, "About"}, f.GetSheetList()); diff != "" {
		t.Fatal(diff)
	}
	for cell, want := range map[string]struct {
		raw, shown string
		kind       excelize.CellType
	}{
		"A1": {"ID", "ID", excelize.CellTypeInlineString}, "B1": {"=Name", "=Name", excelize.CellTypeInlineString},
		"A2": {"00123", "00123", excelize.CellTypeInlineString},
		"B2": {"=HYPERLINK(\"x\")", "=HYPERLINK(\"x\")", excelize.CellTypeInlineString},
		"C2": {"-1234.5", "-1,234.50", excelize.CellTypeUnset}, "D2": {"1500", "1,500", excelize.CellTypeUnset},
		"E2": {"2.125", "2.125", excelize.CellTypeUnset}, "F2": {"46083", "2026-03-02", excelize.CellTypeUnset},
		"G2": {"46082.919502315", "2026-03-01 22:04:05", excelize.CellTypeUnset},
		"H2": {"1", "TRUE", excelize.CellTypeBool},
		"A3": {"1E5", "1E5", excelize.CellTypeInlineString},
		"B3": {"two\nlines, and a \"quote\"", "two\nlines, and a \"quote\"", excelize.CellTypeInlineString},
		"C3": {"1234567890123456.78", "1234567890123456.78", excelize.CellTypeInlineString},
		"D3": {}, "E3": {"0.1", "0.1", excelize.CellTypeUnset},
		"F3": {"1899-12-31", "1899-12-31", excelize.CellTypeInlineString}, "H3": {"0", "FALSE", excelize.CellTypeBool},
	} {
		raw, err := f.GetCellValue(tab, cell, excelize.Options{RawCellValue: true})
		must(t, err)
		shown, err := f.GetCellValue(tab, cell)
		must(t, err)
		kind, err := f.GetCellType(tab, cell)
		must(t, err)
		formula, err := f.GetCellFormula(tab, cell)
		must(t, err)
		if raw != want.raw || shown != want.shown || kind != want.kind || formula != "" {
			t.Errorf("%s holds %q shown as %q of type %d, formula %q; want %+v", cell, raw, shown, kind, formula, want)
		}
	}
	panes, err := f.GetPanes(tab)
	must(t, err)
	if !panes.Freeze || panes.YSplit != 1 || panes.XSplit != 0 {
		t.Errorf("the panes are %+v", panes)
	}
	for cell, want := range map[string][2]int{"A1": {1, 0}, "B2": {0, 0}, "B3": {1, 2}, "C3": {1, 0}} { // bold, indent
		id, err := f.GetCellStyle(tab, cell)
		must(t, err)
		s, err := f.GetStyle(id)
		must(t, err)
		var got [2]int
		if s.Font != nil && s.Font.Bold {
			got[0] = 1
		}
		if s.Alignment != nil {
			got[1] = s.Alignment.Indent
		}
		if got != want {
			t.Errorf("%s is bold, indented: %v, want %v", cell, got, want)
		}
	}
	about, err := f.GetRows("About")
	must(t, err)
	if diff := cmp.Diff([][]string{{"Company: Alder"}, {"=1+1"}}, about); diff != "" {
		t.Error(diff)
	}
	if formula, err := f.GetCellFormula("About", "A2"); err != nil || formula != "" {
		t.Errorf("the formula %q, %v", formula, err)
	}
}

// Every amount of up to 15 digits is a number with the very same digits, and every longer one is a text.
func TestNumbersAreExact(t *testing.T) {
	t.Parallel()
	s := table.Schema{Columns: []table.Column{{ID: "x", Title: "x", Kind: table.Number}}}
	rapid.Check(t, func(rt *rapid.T) {
		var rows []table.Row
		var cells []decimal.Decimal
		for range 50 {
			bound := int64(math.Pow10(rapid.IntRange(1, 18).Draw(rt, "digits")))
			d := decimal.New(rapid.Int64Range(-bound, bound).Draw(rt, "coefficient"),
				int32(rapid.IntRange(-10, 3).Draw(rt, "exponent")))
			cells, rows = append(cells, d), append(rows, table.Row{Cells: []table.Cell{table.NumberOf(d)}})
		}
		f := open(t, write(t, sheetfile.XLSX, tab(spoolOf(t, s, rows...))))
		for i, d := range cells {
			cell := fmt.Sprintf("A%d", i+2)
			raw, err := f.GetCellValue("T", cell, excelize.Options{RawCellValue: true})
			must(t, err)
			kind, err := f.GetCellType("T", cell)
			must(t, err)
			short := len(strings.Trim(d.Coefficient().String(), "-0")) <= 15 // zeros at the end cost no digit
			if got := dec(raw); !got.Equal(d) || (kind == excelize.CellTypeUnset) != short {
				rt.Fatalf("%s became %s of type %d", d, raw, kind)
			}
		}
	})
}

func TestLongTextsAreCut(t *testing.T) {
	t.Parallel()
	s := table.Schema{Columns: []table.Column{{ID: "x", Title: "x"}}}
	long := strings.Repeat("a😀", 20_000)
	fits := strings.Repeat("ä", 32_767)
	rows := spoolOf(t, s, table.Row{Cells: []table.Cell{table.TextOf(long)}},
		table.Row{Cells: []table.Cell{table.TextOf(fits)}},
		table.Row{Cells: []table.Cell{table.TextOf("a\x00b\x1b _x0041_")}})
	f := open(t, write(t, sheetfile.XLSX, tab(rows, "Hello")))
	cut, err := f.GetCellValue("T", "A2")
	must(t, err)
	kept, mark, found := strings.Cut(cut, " … ")
	if !found || !strings.HasPrefix(long, kept) || mark != "[cut: an Excel cell holds 32,767 characters]" {
		t.Errorf("%d bytes are kept, then %q", len(kept), mark)
	}
	if n := len(kept); n < 32_000 {
		t.Errorf("only %d bytes are kept", n)
	}
	for cell, want := range map[string]string{"A3": fits, "A4": "ab _x0041_"} {
		if got, err := f.GetCellValue("T", cell); err != nil || got != want {
			t.Errorf("%s holds %.80q, %v", cell, got, err)
		}
	}
	about, err := f.GetRows("About")
	must(t, err)
	want := [][]string{{"Hello"}, {"Texts cut to the 32,767 characters that a cell holds: 1"}}
	if diff := cmp.Diff(want, about); diff != "" {
		t.Error(diff)
	}
	csv := string(write(t, sheetfile.CSV, sheetfile.Sheet{Rows: rows, Zone: time.UTC}))
	if !strings.Contains(csv, long) {
		t.Error("CSV, which has no limit, is cut too")
	}
}

func TestTabTitles(t *testing.T) {
	t.Parallel()
	rows := func() *table.Spool { return spoolOf(t, table.Schema{Columns: []table.Column{{Title: "x"}}}) }
	for title, want := range map[string]string{
		"": "Data", "history": "Data", "'quoted'": "quoted", "a/b": "a b", "About": "About", "///": "Data",
		strings.Repeat("😀", 20): strings.Repeat("😀", 15), "Sheet1": "Sheet1",
	} {
		f := open(t, write(t, sheetfile.XLSX, sheetfile.Sheet{Title: title, Rows: rows(), Zone: time.UTC}))
		if list := f.GetSheetList(); len(list) != 2 || list[0] != want {
			t.Errorf("%q became %q, want %q", title, list, want)
		}
	}
}

func TestTooLargeForAWorkbook(t *testing.T) {
	t.Parallel()
	wide := table.Schema{Columns: make([]table.Column, 16_385)}
	narrow := table.Schema{Columns: []table.Column{{Title: "x"}}}
	long := table.NewSpool(narrow)
	row := table.Row{Cells: []table.Cell{table.TextOf("x")}}
	for range 1_048_576 {
		must(t, long.Add(row))
	}
	for name, rows := range map[string]*table.Spool{"wide": table.NewSpool(wide), "long": long} {
		_, err := sheetfile.Open(t.Context(), "x", sheetfile.XLSX, sheetfile.Sheet{Rows: rows, Zone: time.UTC})
		if !problem.HasCode(err, problem.SpreadsheetFull) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := sheetfile.Open(t.Context(), "x", sheetfile.CSV, sheetfile.Sheet{Rows: rows}); err != nil {
			t.Errorf("%s as CSV: %v", name, err)
		}
	}
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := sheetfile.Open(ctx, "x", sheetfile.XLSX, tab(sample(t))); err == nil {
		t.Error("a workbook is made for nobody")
	}
	f, err := sheetfile.Open(ctx, "x", sheetfile.CSV, sheetfile.Sheet{Rows: sample(t), Zone: time.UTC})
	must(t, err)
	if err := f.Write(io.Discard); err == nil {
		t.Error("CSV is written for nobody")
	}
}

func TestParseFormat(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]sheetfile.Format{"": "csv", "csv": "csv", "xlsx": "xlsx"} {
		if f, err := sheetfile.ParseFormat("format", name); err != nil || f != want {
			t.Errorf("%q: %q, %v", name, f, err)
		}
	}
	for _, name := range []string{"CSV", "pdf", "xls"} {
		if _, err := sheetfile.ParseFormat("format", name); !problem.HasCode(err, problem.InvalidInput) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// BenchmarkLarge writes 200,000 rows of 25 columns and reports the largest heap meanwhile.
func BenchmarkLarge(b *testing.B) {
	s := table.Schema{Columns: make([]table.Column, 25)}
	row := table.Row{Cells: make([]table.Cell, 25)}
	for i := range s.Columns {
		s.Columns[i] = table.Column{ID: fmt.Sprint(i), Title: fmt.Sprint("Column ", i)}
		if i%3 == 0 {
			s.Columns[i].Kind = table.Money
		}
	}
	spool := table.NewSpool(s)
	for n := range 200_000 {
		for i := range row.Cells {
			if i%3 == 0 {
				row.Cells[i] = table.MoneyOf(decimal.New(int64(n*i*7919%1000003), -2))
			} else {
				row.Cells[i] = table.TextOf(fmt.Sprint("Customer ", n*i%5003))
			}
		}
		must(b, spool.Add(row))
	}
	for _, format := range sheetfile.Formats() {
		b.Run(string(format), func(b *testing.B) {
			for b.Loop() {
				top := &peak{}
				f, err := sheetfile.Open(b.Context(), "x", format, tab(spool))
				must(b, err)
				top.look()
				must(b, errors.Join(f.Write(top), f.Close()))
				b.ReportMetric(float64(top.heap)/1e6, "MB-heap")
				b.ReportMetric(float64(top.bytes)/1e6, "MB-file")
			}
		})
	}
}

// peak is a writer that looks at the heap now and then.
type peak struct {
	heap  uint64
	bytes int64
	next  int64
}

func (p *peak) Write(data []byte) (int, error) {
	if p.bytes += int64(len(data)); p.bytes >= p.next {
		p.next = p.bytes + 1<<20
		p.look()
	}
	return len(data), nil
}

func (p *peak) look() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	p.heap = max(p.heap, m.HeapAlloc)
}
