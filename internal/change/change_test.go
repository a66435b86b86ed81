package change_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/internal/change"
)

func row(cells ...string) []change.Value {
	values := make([]change.Value, len(cells))
	for i, c := range cells {
		if c != "" {
			values[i] = change.Value{Kind: 's', Text: c}
		}
	}
	return values
}

func build(o change.Options, old, wanted [][]change.Value) (*change.Set, []byte) {
	b := change.NewBuilder(o)
	for _, r := range old {
		b.Stand(r)
	}
	for _, r := range wanted {
		b.Want(r)
	}
	set := b.Set(func(yield func([]change.Value)) {
		for _, r := range old {
			yield(r)
		}
	})
	return set, b.Trace()
}

var titles = []string{"ID", "Name", "Amount"}

func TestSet(t *testing.T) {
	t.Parallel()
	old := [][]change.Value{row("1", "Ann", "5"), row("2", "Bob", "6"), row("3", "Cyd", "7")}
	wanted := [][]change.Value{row("4", "Dee", "8"), row("2", "Bob", "9"), row("1", "Ann", "5")}
	o := change.Options{Policy: change.Replace(), Titles: titles, Keys: []int{0}, Budget: 1 << 10}
	got, trace := build(o, old, wanted)
	text := func(s string) change.Value { return row(s)[0] }
	want := &change.Set{
		Rows: 3, Added: 1, Changed: 1, Removed: 1, Cells: 1 + 3 + 3, Complete: true,
		Items: []change.Item{
			{Kind: change.Changed, Key: "2", Cells: []change.Cell{{Column: "Amount", Old: text("6"), New: text("9")}}},
			{Kind: change.Added, Key: "4", Cells: []change.Cell{{Column: "ID", New: text("4")},
				{Column: "Name", New: text("Dee")}, {Column: "Amount", New: text("8")}}},
			{Kind: change.Removed, Key: "3", Row: 3, Cells: []change.Cell{{Column: "ID", Old: text("3")},
				{Column: "Name", Old: text("Cyd")}, {Column: "Amount", Old: text("7")}}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	edited := [][]change.Value{row("4", "Dee", "8"), row("2", "Bobby", "9"), row("1", "Ann", "5")}
	if again, _ := build(change.Options{Policy: change.Replace(), Titles: titles, Keys: []int{0}, Trace: trace}, edited,
		wanted); again.Edited != 1 || again.Changed != 1 {
		t.Errorf("a hand edit gives %+v", again)
	}
	if again, _ := build(change.Options{Policy: change.Replace(), Titles: titles, Keys: []int{0}, Trace: trace}, wanted,
		wanted); again.Edited != 0 || !again.Empty() {
		t.Errorf("rows as they were written give %+v", again)
	}
}

func TestHiddenAndBudget(t *testing.T) {
	t.Parallel()
	old, wanted := [][]change.Value{row("1", "secret", "5")}, [][]change.Value{row("1", "other", "6")}
	o := change.Options{Policy: change.Replace(), Titles: titles, Keys: []int{0}, Hidden: []int{1}, Budget: 1 << 10}
	got, _ := build(o, old, wanted)
	if c := got.Items[0].Cells; len(c) != 2 || c[0] != (change.Cell{Column: "Name"}) || c[1].New.Text != "6" {
		t.Errorf("hidden values show: %+v", c)
	}
	got, _ = build(change.Options{Policy: change.Replace(), Titles: titles, Keys: []int{0}}, old, wanted)
	if got.Changed != 1 || got.Complete || len(got.Items) != 0 {
		t.Errorf("without a budget: %+v", got)
	}
}

// TestSetIsTheDifference: taking the removed rows out, changing the changed ones and adding the added ones makes the
// wanted rows of what stood, and nothing else is told.
func TestSetIsTheDifference(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		gen := func(name string) [][]change.Value {
			var rows [][]change.Value
			for range rapid.IntRange(0, 12).Draw(t, name) {
				rows = append(rows, row(fmt.Sprint(rapid.IntRange(0, 6).Draw(t, "id")), rapid.SampledFrom([]string{
					"", "a", "b",
				}).Draw(t, "name"), "1"))
			}
			return rows
		}
		old, wanted := gen("old"), gen("wanted")
		o := change.Options{Policy: change.Replace(), Titles: titles, Budget: 1 << 20}
		if rapid.Bool().Draw(t, "keyed") {
			o.Keys = []int{0}
		}
		set, _ := build(o, old, wanted)
		if len(old)+set.Added-set.Removed != len(wanted) || set.Rows != len(wanted) || !set.Complete {
			t.Fatalf("%d rows become %d by %+v", len(old), len(wanted), set)
		}
		count := map[string]int{}
		for _, r := range old {
			count[string(change.AppendRow(nil, r))]++
		}
		for _, r := range wanted {
			count[string(change.AppendRow(nil, r))]--
		}
		left := 0
		for _, n := range count {
			left += max(n, -n)
		}
		if left != 2*set.Changed+set.Added+set.Removed {
			t.Fatalf("%d rows differ, but the set says %+v", left, set)
		}
		if len(set.Items) != set.Added+set.Changed+set.Removed {
			t.Fatalf("%d items of %+v", len(set.Items), set)
		}
	})
}
