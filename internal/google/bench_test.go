package google_test

import (
	"fmt"
	"testing"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/table"
)

// wide returns a schema of 15 columns, as many as lists have by default.
func wide() table.Schema {
	s := table.Schema{}
	for i := range 15 {
		c := table.Column{ID: fmt.Sprint("C", i), Title: fmt.Sprint("Column ", i), Key: i == 0}
		if i%5 == 4 {
			c.Kind = table.Money
		}
		s.Columns = append(s.Columns, c)
	}
	return s
}

func wideRows(n int) []table.Row {
	rows := make([]table.Row, n)
	for i := range rows {
		cells := make([]table.Cell, 15)
		for c := range cells {
			cells[c] = table.TextOf(fmt.Sprint("text ", i%1000, " ", c))
			if c%5 == 4 {
				cells[c] = table.MoneyOf(decimal.New(int64(i), -2))
			}
		}
		cells[0] = table.TextOf(fmt.Sprint(i))
		rows[i] = table.Row{Cells: cells}
	}
	return rows
}

// BenchmarkWrite writes 100,000 rows, and then what differs from them. It reports the requests to Google and the bytes
// that are sent.
func BenchmarkWrite(b *testing.B) {
	rows := wideRows(100_000)
	changed := append([]table.Row(nil), rows...)
	for i := range 100 {
		n := i * 997
		cells := append([]table.Cell(nil), rows[n].Cells...)
		cells[3] = table.TextOf("changed")
		changed[n] = table.Row{Cells: cells}
	}
	more := append(append(append([]table.Row(nil), rows[:50_000]...), wideRows(100_010)[100_000:]...), rows[50_000:]...)
	for _, test := range []struct {
		name          string
		before, after []table.Row
	}{
		{"first", nil, rows}, {"unchanged", rows, rows}, {"100 changed", rows, changed}, {"10 inserted", rows, more},
	} {
		b.Run(test.name, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				w := newBench(&testing.T{}, googlesim.Options{}, 0)
				if test.before != nil {
					w.mustWrite(wide(), test.before)
				}
				w.sim.ResetRequests()
				b.StartTimer()
				w.mustWrite(wide(), test.after)
				b.StopTimer()
				bytes := 0
				for _, r := range w.sim.Requests() {
					bytes += r.Bytes
				}
				b.ReportMetric(float64(len(w.sim.Requests())), "requests")
				b.ReportMetric(float64(bytes), "bytes-sent")
				b.StartTimer()
			}
		})
	}
}
