package table_test

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"ledgersheet/internal/table"
)

// TestCounted takes numbers out of a sum and puts others in: the sum must be written as one of the numbers that are
// left would be.
func TestCounted(t *testing.T) {
	t.Parallel()
	texts := []string{"0", "1", "-2.5", "3.25", "0.125", "99999999999999.99", "-0.30", "7.0000", "1e3", "12.50",
		"123456789012345678901.5"}
	rapid.Check(t, func(t *rapid.T) {
		var all, out, in, left table.Sum
		for _, text := range rapid.SliceOf(rapid.SampledFrom(texts)).Draw(t, "numbers") {
			cell, ok := table.ParseCell(table.Money, text)
			if !ok {
				t.Fatalf("%q is no number", text)
			}
			switch rapid.IntRange(0, 2).Draw(t, "what") {
			case 0:
				all.Add(cell)
				out.Add(cell)
			case 1:
				in.Add(cell)
				left.Add(cell)
			default:
				all.Add(cell)
				left.Add(cell)
			}
		}
		var kept table.Counted
		text, err := json.Marshal(all.Counted())
		if err == nil {
			err = json.Unmarshal(text, &kept)
		}
		if err != nil {
			t.Fatal(err)
		}
		got, ok := kept.Replace(out.Counted(), in.Counted())
		want := left.Counted()
		if !ok || table.DecimalText(got.Total) != table.DecimalText(want.Total) || got.Met != want.Met {
			t.Fatalf("%v, %t, want %v", got, ok, want)
		}
		if _, ok := want.Replace(all.Counted(), left.Counted()); !ok && out.Counted().Numbers() == 0 &&
			in.Counted().Numbers() == 0 {
			t.Fatal("what was added cannot be taken out")
		}
	})
}
