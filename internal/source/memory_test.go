package source_test

import (
	"runtime"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
)

func BenchmarkRead20000Invoices(b *testing.B) {
	for name, q := range map[string]export.Query{
		"plain": {Columns: export.Defaults(invoices(), false)},
		"lines": {Columns: export.Defaults(invoices(), true), Options: map[string]string{"lines": "true"}},
		"lines with look-ups": {
			Columns: append(export.Defaults(invoices(), true), "CustomerRef.CompanyName", "CustomerRef.BillAddr.City",
				itemSku, "Line.SalesItemLineDetail.ItemAccountRef.AcctNum"),
			Options: map[string]string{"lines": "true"},
		},
	} {
		b.Run(name, func(b *testing.B) { benchmarkRead(b, q) })
	}
}

func benchmarkRead(b *testing.B, q export.Query) {
	s := simulate(b, intuitsim.Options{Seed: 1, Invoices: 20000, Customers: 5000})
	q.Company, q.Today = s.company, midnight(time.Now())
	s.must(b, invoices(), q) // makes the simulator build its books and render its records
	for b.Loop() {
		got := 0
		peak := newPeak()
		reading, err := s.source().Read(b.Context(), invoices(), q)
		if err != nil {
			b.Fatal(err)
		}
		for _, err := range reading.Rows {
			if err != nil {
				b.Fatal(err)
			}
			if got++; got%500 == 0 {
				peak.look()
			}
		}
		b.ReportMetric(float64(peak.grown())/(1<<20), "MB-peak")
		b.ReportMetric(float64(got), "rows")
	}
}

// peak measures how far the live heap grows above its initial size.
type peak struct{ base, most uint64 }

func newPeak() *peak {
	p := &peak{}
	p.base = measureHeap()
	return p
}

func (p *peak) look() { p.most = max(p.most, measureHeap()) }

func (p *peak) grown() uint64 {
	if p.most < p.base {
		return 0
	}
	return p.most - p.base
}

func measureHeap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
