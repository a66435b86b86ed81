package googlesim

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// fill writes rows of ten columns through the API in chunks of about two megabytes.
func fill(b *testing.B, sim *Server, id string, rows int) {
	b.Helper()
	client := sim.Client(owner, "spreadsheets")
	const chunk = 20_000
	for from := 0; from < rows; from += chunk {
		var body strings.Builder
		body.WriteString(`{"values":[`)
		for i := from; i < min(from+chunk, rows); i++ {
			if i > from {
				body.WriteByte(',')
			}
			fmt.Fprintf(&body, `["%d","Customer %d",%d.25,46270,true,"INV-%d",%d,"",null,"memo"]`, i, i%500, i, i, i%7)
		}
		body.WriteString(`]}`)
		r, err := http.NewRequestWithContext(b.Context(), "PUT",
			fmt.Sprintf("http://sheets.test/v4/spreadsheets/%s/values/Data!A%d?valueInputOption=RAW", id, from+1),
			strings.NewReader(body.String()))
		if err != nil {
			b.Fatal(err)
		}
		answer, err := client.Do(r)
		if err != nil || answer.StatusCode != 200 {
			b.Fatalf("writing chunk: %v %v", answer, err)
		}
	}
}

func bigBook(b *testing.B, rows int) (*Server, *Spreadsheet) {
	b.Helper()
	sim := New(Options{})
	sim.SetQuota(Quota{})
	book := sim.Spreadsheet(sim.CreateSpreadsheet(owner, "Books", "Data"))
	if err := book.Batch(mustRequests(b, fmt.Sprintf(`[{"updateSheetProperties":{"properties":{"sheetId":0,"gridProperties":{"columnCount":10}},"fields":"gridProperties.columnCount"}},
		{"updateSheetProperties":{"properties":{"sheetId":0,"gridProperties":{"rowCount":%d}},"fields":"gridProperties.rowCount"}}]`, rows))...); err != nil {
		b.Fatal(err)
	}
	return sim, book
}

// BenchmarkWrite400kCells writes 40,000 rows of ten cells and reports the heap they take.
func BenchmarkWrite400kCells(b *testing.B) {
	for b.Loop() {
		sim, book := bigBook(b, 40_000)
		fill(b, sim, book.ID(), 40_000)
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/400_000, "B/cell")
		runtime.KeepAlive(book)
	}
}

// BenchmarkCopyPaste400kCells pastes 400,000 cells onto another tab in one batch.
func BenchmarkCopyPaste400kCells(b *testing.B) {
	sim, book := bigBook(b, 40_000)
	fill(b, sim, book.ID(), 40_000)
	if err := book.Batch(mustRequests(b,
		`[{"addSheet":{"properties":{"sheetId":9,"title":"Target","gridProperties":{"rowCount":40000,"columnCount":10}}}}]`)...); err != nil {
		b.Fatal(err)
	}
	paste := mustRequests(b,
		`[{"copyPaste":{"source":{"sheetId":0},"destination":{"sheetId":9},"pasteType":"PASTE_VALUES"}}]`)
	b.ResetTimer()
	for b.Loop() {
		if err := book.Batch(paste...); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFourMillionCells fills 400,000 rows of ten cells.
func BenchmarkFourMillionCells(b *testing.B) {
	for b.Loop() {
		sim, book := bigBook(b, 400_000)
		fill(b, sim, book.ID(), 400_000)
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		b.ReportMetric(float64(m.HeapAlloc)/1e6, "MB")
		runtime.KeepAlive(book)
	}
}
