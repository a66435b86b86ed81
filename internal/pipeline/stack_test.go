package pipeline

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// Companies may declare a custom field of one name differently. Then its column is text.
func TestStackOfDifferentKinds(t *testing.T) {
	t.Parallel()
	partOf := func(kind table.Kind, cell table.Cell) part {
		schema := table.Schema{Columns: []table.Column{{ID: "CustomField.Size", Title: "Size", Kind: kind}}}
		spool := table.NewSpool(schema)
		if err := spool.Add(table.Row{Cells: []table.Cell{cell}}); err != nil {
			t.Fatal(err)
		}
		return part{reading: &export.Reading{Schema: schema}, rows: spool}
	}
	number := partOf(table.Number, table.NumberOf(decimal.RequireFromString("12.50")))
	text := partOf(table.Text, table.TextOf("007"))
	for _, parts := range [][]part{{number, text}, {text, number}} {
		all, err := stack(parts)
		if err != nil {
			t.Fatal(err)
		}
		if kind := all.Schema().Columns[0].Kind; kind != table.Text {
			t.Errorf("the column is a %s", kind)
		}
		got := map[string]table.Kind{}
		for row, err := range all.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			got[row.Cells[0].String()] = row.Cells[0].Kind()
		}
		if diff := cmp.Diff(map[string]table.Kind{"12.50": table.Text, "007": table.Text}, got); diff != "" {
			t.Error(diff)
		}
	}
}
