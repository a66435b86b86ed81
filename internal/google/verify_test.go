package google_test

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// longest notes the length of the longest address that was asked.
type longest struct {
	next http.RoundTripper
	n    atomic.Int64
}

func (l *longest) RoundTrip(r *http.Request) (*http.Response, error) {
	if n := int64(len(r.URL.String())); n > l.n.Load() {
		l.n.Store(n)
	}
	return l.next.RoundTrip(r)
}

// TestManyMoneyColumns verifies a statement with a column a day, and one whose money columns are not beside one
// another, on a tab with the longest title: addresses stay far below what servers take.
func TestManyMoneyColumns(t *testing.T) {
	t.Parallel()
	for name, kinds := range map[string][]table.Kind{
		"a day each": {table.Money}, "every other": {table.Money, table.Text},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, 0)
			watch := &longest{next: b.http.Transport}
			b.http.Transport = watch
			b.exporter.Target.Sheet = strings.Repeat("日", 100)
			wide := table.Schema{Columns: []table.Column{{ID: "Label", Title: "Name"}}}
			for i := range 400 {
				wide.Columns = append(wide.Columns, table.Column{
					ID: fmt.Sprint(i), Title: fmt.Sprint("Day ", i), Kind: kinds[i%len(kinds)],
				})
			}
			rows := make([]table.Row, 30)
			for n := range rows {
				rows[n].Cells = []table.Cell{table.TextOf(fmt.Sprint("Account ", n))}
				for i, c := range wide.Columns[1:] {
					cell := table.TextOf("x")
					if c.Kind == table.Money {
						cell = table.MoneyOf(decimal.New(int64(n*1000+i), -2))
					}
					rows[n].Cells = append(rows[n].Cells, cell)
				}
			}
			b.mustWrite(wide, rows)
			if n := watch.n.Load(); n > 6000 {
				t.Errorf("an address of %d bytes was asked", n)
			}
		})
	}
}

// meddler edits a cell behind the exporter's back when the n-th request with the method and the part of a path comes.
type meddler struct {
	next   http.RoundTripper
	part   string
	meddle func()
	done   bool
}

func (m *meddler) RoundTrip(r *http.Request) (*http.Response, error) {
	if !m.done && strings.Contains(r.URL.Path, m.part) {
		m.done = true
		m.meddle()
	}
	return m.next.RoundTrip(r)
}

// TestEditsDuringARun changes cells while a run is under way: before the commit they are overwritten, on the staging
// tab they are noticed, and nothing falls over.
func TestEditsDuringARun(t *testing.T) {
	t.Parallel()
	const many = 4_000
	for name, test := range map[string]struct {
		maxBody int
		part    string
		cell    string
		want    problem.Code
	}{
		"before a small commit":   {0, ":batchUpdate", "Invoices!E3", ""},
		"before the staging":      {many, ":batchUpdate", "Invoices!E3", ""},
		"money on the hidden tab": {many, "values:batchGet", "staging!E3", problem.TotalsMismatch},
		"its last row":            {many, "values:batchGet", "staging!B20", problem.TotalsMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, test.maxBody)
			old, fresh := invoices(100), invoices(120)
			b.mustWrite(schema, old)
			m := &meddler{next: b.http.Transport, part: test.part}
			m.meddle = func() {
				cell := test.cell
				if rest, ok := strings.CutPrefix(cell, "staging!"); ok {
					tabs := b.doc().Tabs()
					if len(tabs) < 2 { // it reads what stands there first
						m.done = false
						return
					}
					cell = quoted(tabs[1].Title) + "!" + rest
				}
				must(t, b.doc().SetCell(cell, "4711"))
			}
			b.http.Transport = m
			_, err := b.write(schema, fresh)
			if !m.done {
				t.Fatal("the cell was not edited")
			}
			if test.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				b.check("Invoices!A1:F200", schema, fresh)
				return
			}
			if !problem.HasCode(err, test.want) {
				t.Fatalf("got %v, want %s", err, test.want)
			}
			b.check("Invoices!A1:F200", schema, old)
			if tabs := b.tabs(); len(tabs) != 1 {
				t.Errorf("tabs were left: %+v", tabs)
			}
		})
	}
}

// TestNormalisedTexts writes texts that a sheet may change, twice: the second run must find them unchanged.
func TestNormalisedTexts(t *testing.T) {
	t.Parallel()
	b := newBench(t, googlesim.Options{}, 0)
	texts := []string{"a\r\nb", "a\rb", "tab\there", "\x00\x1b[31m", " ", "\u00a0x ", "NaN", "Infinity", "-", "'",
		"1e5", "TRUE", "\ufeffbom", "\u2028", "a\xffb",
		strings.Repeat("x", 50_000), strings.Repeat("😀", 25_001), strings.Repeat("é\n", 30_000)}
	s := table.Schema{Columns: []table.Column{
		{ID: "Id", Title: "Id", Key: true}, {ID: "Text", Title: "Text\r\n"}, {ID: "N", Title: "N", Kind: table.Number},
	}}
	numbers := []string{
		"0", "-0.0", "0.1", "123456789012345", "1234567890123456", "0.000000000000001", "99999999999999999999.99",
		"1E20", "0.30000000000000004",
	}
	var rows []table.Row
	for i, text := range texts {
		rows = append(rows, table.Row{Cells: []table.Cell{
			table.TextOf(fmt.Sprint(i)), table.TextOf(text),
			table.NumberOf(decimal.RequireFromString(numbers[i%len(numbers)])),
		}})
	}
	b.mustWrite(s, rows)
	if res := b.mustWrite(s, rows); !res.Unchanged || len(res.Warnings) != 1 {
		t.Errorf("the second run: %+v", res)
	}
}

// BenchmarkReplaceStaged writes 200,000 rows of 20 columns through a staging tab and reports the most heap that the
// exporter and the simulated Google, which holds the cells, had together.
func BenchmarkReplaceStaged(b *testing.B) {
	spool := wideResult(b, 200_000, 20, 0)
	for b.Loop() {
		w := newBench(&testing.T{}, googlesim.Options{}, 0)
		w.putBig(b, export.WriteRequest{Rows: spool})
	}
}

// BenchmarkUpsertScattered brings 200,000 rows of 24 columns up to date, every fourth of which has changed.
func BenchmarkUpsertScattered(b *testing.B) {
	old, fresh := wideResult(b, 200_000, 24, 0), wideResult(b, 200_000, 24, 4)
	for b.Loop() {
		b.StopTimer()
		w := newBench(&testing.T{}, googlesim.Options{}, 0)
		trace := w.putBig(b, export.WriteRequest{Rows: old, Mode: export.Upsert})
		watch := &largest{next: w.http.Transport}
		w.http.Transport = watch
		b.StartTimer()
		w.putBig(b, export.WriteRequest{Rows: fresh, Mode: export.Upsert, Trace: trace})
		b.ReportMetric(float64(watch.n.Load())/1e6, "largest-body-MB")
	}
}

// putBig writes a result and reports the most heap that was in use meanwhile. It returns the trace.
func (b *bench) putBig(tb *testing.B, r export.WriteRequest) []byte {
	tb.Helper()
	b.exporter.Target.Sheet = "Data"
	heap := &heapWatch{}
	b.runs++
	r.Run, r.Owner, r.Target = export.ID(fmt.Sprint("run_", b.runs)), b.exporter.ID, b.exporter.Target
	r.Title, r.Zone = "Big", time.UTC
	r.Report, r.Found = func(export.Phase, int) { heap.look() }, func(export.Target) error { return nil }
	res, _, err := export.Put(context.Background(), b.client, r)
	if err != nil {
		tb.Fatal(err)
	}
	b.exporter.Target = res.Target
	tb.ReportMetric(float64(heap.most)/(1<<20), "peak-MB")
	return res.Trace
}

type heapWatch struct{ most uint64 }

func (h *heapWatch) look() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.most = max(h.most, m.HeapInuse)
}

// largest notes the size of the largest body that was sent.
type largest struct {
	next http.RoundTripper
	n    atomic.Int64
}

func (l *largest) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.ContentLength > l.n.Load() {
		l.n.Store(r.ContentLength)
	}
	return l.next.RoundTrip(r)
}
