package google_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/table"
)

// liveBytes returns how many bytes are reachable.
func liveBytes() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC() // the first may have left what was freed while it ran
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestBytesPerRow limits what a write holds for a row once it is planned, in a result of 25 columns. 200,000 rows must
// fit into 150 MB with all else that a process holds. The test runs alone, since others would hold memory too.
func TestBytesPerRow(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	const rows, columns, mostBytes = 5_000, 25, 255
	for _, mode := range []export.Mode{export.Replace, export.Upsert} {
		for _, every := range []int{0, 4} {
			t.Run(fmt.Sprint(mode, " every ", every), func(t *testing.T) {
				b := newBench(t, googlesim.Options{}, 100_000)
				request := func(run export.ID, every int, trace []byte) export.WriteRequest {
					return export.WriteRequest{
						Run: run, Owner: b.exporter.ID, Target: b.exporter.Target, Title: "Big", Zone: time.UTC,
						Rows: wideResult(t, rows, columns, every), Mode: mode, Trace: trace,
						Report: func(export.Phase, int) {}, Found: func(export.Target) error { return nil },
					}
				}
				res, _, err := export.Put(b.ctx, b.client, request("run_1", 0, nil))
				must(t, err)
				b.exporter.Target = res.Target
				next := request("run_2", every, res.Trace)
				next.Rows.Seal()
				before := liveBytes()
				w, err := b.client.Prepare(b.ctx, next)
				must(t, err)
				if per := (liveBytes() - before) / rows; per > mostBytes {
					t.Errorf("%d bytes are held for each row", per)
				}
				if every > 0 && w.Change().Changed != rows/every {
					t.Errorf("%d rows change", w.Change().Changed)
				}
				must(t, w.Close())
			})
		}
	}
}

// wideResult is a result of some size. Of every so many rows one is not as usual, unless that is 0.
func wideResult(t testing.TB, rows, columns, every int) *table.Spool {
	t.Helper()
	s := table.Schema{}
	for i := range columns {
		c := table.Column{ID: fmt.Sprint(i), Title: fmt.Sprint("Column ", i), Key: i == 0}
		if i%5 == 4 {
			c.Kind = table.Money
		}
		s.Columns = append(s.Columns, c)
	}
	spool := table.NewSpool(s)
	for n := range rows {
		cells := make([]table.Cell, columns)
		for i := range cells {
			cells[i] = table.TextOf(fmt.Sprint("text ", n%1000, " ", i))
			if i%5 == 4 {
				cells[i] = table.MoneyOf(decimal.New(int64(n), -2))
			}
		}
		cells[0] = table.TextOf(fmt.Sprint(n))
		if every > 0 && n%every == 0 {
			cells[1] = table.TextOf("changed")
		}
		if err := spool.Add(table.Row{Cells: cells}); err != nil {
			t.Fatal(err)
		}
	}
	return spool
}
