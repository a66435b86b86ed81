package mirror

import (
	"context"
	"testing"
	"time"

	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/supply"
)

// BenchmarkHundredThousand keeps 100,000 invoices and measures the file, opening it, reading all of it, and refreshes
// after nothing and after 100 invoices changed.
func BenchmarkHundredThousand(b *testing.B) {
	const n = 100_000
	w := sized(b, n)
	dir := b.TempDir()
	m := w.mirror(dir)
	want := w.wantOf("Invoice")
	read := func(b *testing.B, ctx context.Context) {
		b.Helper()
		records, err := m.Records(ctx, want)
		if err != nil {
			b.Fatal(err)
		}
		count := 0
		for _, err := range records.All {
			if err != nil {
				b.Fatal(err)
			}
			count++
		}
		if count < n {
			b.Fatalf("%d records", count)
		}
	}
	open := func(b *testing.B) {
		b.Helper()
		records, err := m.Records(supply.WithOccasion(context.Background(), w.clock.Read()), want)
		if err != nil {
			b.Fatal(err)
		}
		for range records.All {
			break
		}
	}
	began := time.Now()
	read(b, context.Background())
	b.Logf("the first reading took %v", time.Since(began).Round(time.Millisecond))
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			if err := m.Close(context.Background()); err != nil {
				b.Fatal(err)
			}
			m = w.mirror(dir)
			b.StartTimer()
			bk := m.book(want.Company.Realm)
			if err := bk.open(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(m.Standing(want.Company.Realm).Bytes)/1e6, "MB")
	})
	b.Run("read", func(b *testing.B) {
		ctx := supply.WithOccasion(context.Background(), w.clock.Read())
		read(b, ctx)
		b.ReportAllocs()
		for b.Loop() {
			read(b, ctx)
		}
	})
	b.Run("refresh nothing", func(b *testing.B) {
		for b.Loop() {
			w.clock.Pass(5 * time.Minute)
			open(b)
		}
	})
	b.Run("refresh 100", func(b *testing.B) {
		ids := w.books(0).IDs("Invoice")
		for b.Loop() {
			b.StopTimer()
			w.clock.Pass(5 * time.Minute)
			for i := range 100 {
				change := intuitsim.Change{Note: w.clock.Read().String()}
				if err := w.books(0).Change("Invoice", ids[i*997], change); err != nil {
					b.Fatal(err)
				}
			}
			b.StartTimer()
			open(b)
		}
	})
}
