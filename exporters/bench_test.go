package exporters_test

import (
	"testing"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
)

// definition is the registered one with that id.
func definition(t testing.TB, id string) export.Definition {
	t.Helper()
	for _, d := range exporters.All() {
		if d.Info().ID == id {
			return d
		}
	}
	t.Fatalf("there is no %s", id)
	return nil
}

func BenchmarkOptionValue(b *testing.B) {
	d := definition(b, "transaction_list")
	b.ReportAllocs()
	for b.Loop() {
		if export.OptionValue(d, nil, export.OptLayout) != export.LayoutTable {
			b.Fatal("the default is another one")
		}
	}
}

func BenchmarkFindColumn(b *testing.B) {
	d := definition(b, "invoices")
	b.ReportAllocs()
	for b.Loop() {
		if c, err := export.FindColumn(d, "Balance"); err != nil || c.Title == "" {
			b.Fatal("the column is not found")
		}
	}
}
