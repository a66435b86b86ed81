package table_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"ledgersheet/internal/table"
)

func TestParseDecimal(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"639.00": "639.00", "0": "0", "22.5": "22.5", "-1.10": "-1.10", "1e3": "1000",
		"1234567890123456.78": "1234567890123456.78",
	} {
		d, err := table.ParseDecimal(in)
		if err != nil || table.DecimalText(d) != want {
			t.Errorf("ParseDecimal(%q) = %s, %v; want %s", in, table.DecimalText(d), err, want)
		}
	}
	for _, in := range []string{
		"", "abc", "1e999999999", "1E-77", "NaN", "Inf", "1,000.00", "0x10", string(make([]byte, 100)),
	} {
		if d, err := table.ParseDecimal(in); err == nil {
			t.Errorf("ParseDecimal(%q) = %s, want an error", in, d)
		}
	}
}

func FuzzParseDecimal(f *testing.F) {
	for _, s := range []string{"1.00", "-0.5", "1e40", "9e-40", "+7"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := table.ParseDecimal(s)
		if err != nil {
			return
		}
		again, err := table.ParseDecimal(table.DecimalText(d))
		if len(table.DecimalText(d)) <= 60 && (err != nil || !again.Equal(d)) {
			t.Errorf("%q became %s and then %s, %v", s, d, again, err)
		}
	})
}

func TestCellJSON(t *testing.T) {
	t.Parallel()
	row := []table.Cell{
		{}, table.TextOf("=1+1 <b>"), table.MoneyOf(decimal.RequireFromString("639.00")), table.BoolOf(false),
		table.DateOf(time.Date(2026, 3, 29, 23, 0, 0, 0, time.FixedZone("", 9*3600))),
		table.DateTimeOf(time.Date(2026, 3, 29, 1, 2, 3, 4e8, time.UTC)),
	}
	got, err := json.Marshal(row)
	if err != nil {
		t.Fatal(err)
	}
	want := `[null,"=1+1 \u003cb\u003e",639.00,false,"2026-03-29","2026-03-29T01:02:03Z"]`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func genCell() *rapid.Generator[table.Cell] {
	return rapid.Custom(func(t *rapid.T) table.Cell {
		switch rapid.IntRange(0, 6).Draw(t, "kind") {
		case 0:
			return table.Cell{}
		case 1:
			return table.MoneyOf(decimal.New(rapid.Int64().Draw(t, "coef"),
				int32(rapid.IntRange(-6, 0).Draw(t, "exp"))))
		case 2:
			return table.NumberOf(decimal.New(rapid.Int64().Draw(t, "coef"), -2))
		case 3:
			return table.DateOf(time.Unix(rapid.Int64Range(-5e9, 5e9).Draw(t, "day"), 0))
		case 4:
			return table.DateTimeOf(time.Unix(rapid.Int64Range(-5e9, 5e9).Draw(t, "at"), 0))
		case 5:
			return table.BoolOf(rapid.Bool().Draw(t, "bool"))
		}
		return table.TextOf(rapid.String().Draw(t, "text"))
	})
}

func TestSpoolKeepsRows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		width := rapid.IntRange(1, 5).Draw(t, "width")
		schema := table.Schema{Columns: make([]table.Column, width)}
		for i := range schema.Columns {
			schema.Columns[i] = table.Column{ID: string(rune('a' + i)), Kind: table.Money}
		}
		spool := table.NewSpool(schema)
		var want []table.Row
		for range rapid.IntRange(0, 50).Draw(t, "rows") {
			r := table.Row{Cells: rapid.SliceOfN(genCell(), width, width).Draw(t, "cells"), Role: table.Total, Level: 3}
			want = append(want, r)
			if err := spool.Add(r); err != nil {
				t.Fatal(err)
			}
		}
		for range 2 {
			var got []table.Row
			for r, err := range spool.Rows() {
				if err != nil {
					t.Fatal(err)
				}
				got = append(got, r)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatal(diff)
			}
		}
		if err := spool.Add(table.Row{Cells: make([]table.Cell, width)}); err == nil {
			t.Error("a row was added after reading began")
		}
	})
}

func TestTotals(t *testing.T) {
	t.Parallel()
	schema := table.Schema{Columns: []table.Column{{ID: "Id"}, {ID: "Amt", Kind: table.Money}}}
	var totals table.Totals
	for _, s := range []string{"0.10", "0.20", "-0.05"} {
		d, _ := table.ParseDecimal(s)
		totals.Add(schema, table.Row{Cells: []table.Cell{table.TextOf("x"), table.MoneyOf(d)}})
	}
	totals.Add(schema, table.Row{Cells: []table.Cell{{}, {}}})
	totals.Add(schema, table.Row{
		Role: table.Total, Cells: []table.Cell{table.TextOf("Total"), table.MoneyOf(decimal.RequireFromString("0.25"))},
	})
	if totals.Rows != 5 || totals.Sums["Amt"].String() != "0.25" {
		t.Errorf("got %+v", totals)
	}
}

func BenchmarkSpool(b *testing.B) {
	schema := table.Schema{Columns: make([]table.Column, 20)}
	row := table.Row{Cells: make([]table.Cell, 20)}
	for b.Loop() {
		spool := table.NewSpool(schema)
		for i := range 10000 {
			for c := range row.Cells {
				row.Cells[c] = table.MoneyOf(decimal.New(int64(i*c*7919%1000003), -2))
			}
			if err := spool.Add(row); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(spool.Size())/200000, "B/cell")
	}
}

// A spool that is smaller than a block is not packed. Nobody who reads it must notice where that ends.
func TestSpoolSizes(t *testing.T) {
	t.Parallel()
	schema := table.Schema{Columns: []table.Column{{ID: "t", Title: "T"}, {ID: "n", Title: "N", Kind: table.Number}}}
	const block = 64 << 10
	for _, size := range []int{0, 1, block - 100, block - 1, block, block + 1, 3*block + 7} {
		for _, rows := range []int{1, 2, 50} {
			spool := table.NewSpool(schema)
			var want []string
			for i := range rows {
				text := strings.Repeat("äx", size/rows/3) + fmt.Sprint(i)
				want = append(want, text)
				row := table.Row{Cells: []table.Cell{table.TextOf(text), {}}, Link: "https://example.com"}
				if err := spool.Add(row); err != nil {
					t.Fatal(err)
				}
			}
			for range 2 {
				var got []string
				for r, err := range spool.Rows() {
					if err != nil {
						t.Fatal(err)
					}
					got = append(got, r.Cells[0].String())
				}
				if !slices.Equal(got, want) {
					t.Fatalf("%d rows of %d bytes came back as %d", rows, size, len(got))
				}
			}
			if spool.Size() > size+block/2 {
				t.Errorf("%d rows of %d bytes take %d", rows, size, spool.Size())
			}
			if err := spool.Add(table.Row{Cells: make([]table.Cell, 2)}); err == nil {
				t.Error("a sealed spool took a row")
			}
		}
	}
}
