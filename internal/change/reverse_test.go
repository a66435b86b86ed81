package change_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/internal/change"
)

// TestReversal: whatever a write did to rows that kept their order, taking it back makes the old rows of the new ones.
func TestReversal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		gen := func(name string) [][]change.Value {
			var rows [][]change.Value
			for i := range rapid.IntRange(0, 12).Draw(t, name) {
				if rapid.Bool().Draw(t, "there") {
					text := rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "name")
					rows = append(rows, row(fmt.Sprint(i), text, "1"))
				}
			}
			return rows
		}
		old, wanted := gen("old"), gen("wanted")
		o := change.Options{Policy: change.Replace(), Titles: titles, Keys: []int{0}, Budget: 1 << 20}
		if rapid.Bool().Draw(t, "upsert") {
			o.Policy = change.Policy{Change: true, Remove: true}
		}
		b := fill(o, old, wanted)
		set := b.Set(func(yield func([]change.Value)) {
			for _, r := range old {
				yield(r)
			}
		})
		if !b.IsOrdered() {
			t.Fatal("rows of ascending keys are said to have changed their order")
		}
		stand := carryOut(t, b.Script(change.Layout{Most: 99}), old, wanted)
		set.Reversible = true
		data, _, err := set.Pack(1 << 20)
		if err != nil {
			t.Fatal(err)
		}
		if set, err = change.Unpack(data); err != nil {
			t.Fatal(err)
		}
		back, err := change.NewReversal(set, titles, o.Keys)
		if err != nil {
			t.Fatal(err)
		}
		var got [][]change.Value
		add := func(row []change.Value) { got = append(got, row) }
		for _, r := range stand {
			if err := back.Row(r, add); err != nil {
				t.Fatal(err)
			}
		}
		back.End(len(titles), add)
		if !cmp.Equal(old, got) && len(old)+len(got) > 0 {
			t.Fatalf("%v became %v by %+v; taken back it is %v", old, stand, set, got)
		}
	})
}

func TestReversalRefuses(t *testing.T) {
	t.Parallel()
	keys := []int{0}
	old, wanted := [][]change.Value{row("1", "a", "1")}, [][]change.Value{row("1", "b", "1"), row("2", "b", "1")}
	good := func() *change.Set {
		o := change.Options{Policy: change.Replace(), Titles: titles, Keys: keys, Budget: 1 << 20}
		set, _ := build(o, old, wanted)
		set.Reversible = true
		return set
	}
	if _, err := change.NewReversal(good(), titles, keys); err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]func(set *change.Set) ([]string, []int){
		"incomplete": func(set *change.Set) ([]string, []int) { set.Complete = false; return titles, keys },
		"not said":   func(set *change.Set) ([]string, []int) { set.Reversible = false; return titles, keys },
		"no keys":    func(*change.Set) ([]string, []int) { return titles, nil },
		"a title twice": func(*change.Set) ([]string, []int) {
			return []string{"ID", "Name", "Name"}, keys
		},
		"another title": func(*change.Set) ([]string, []int) { return []string{"ID", "Customer", "Amount"}, keys },
		"a key twice": func(set *change.Set) ([]string, []int) {
			set.Items = append(set.Items, set.Items[0])
			return titles, keys
		},
	} {
		set := good()
		titles, keys := try(set)
		if _, err := change.NewReversal(set, titles, keys); err == nil {
			t.Errorf("%s: it is taken back", name)
		}
	}
	back, err := change.NewReversal(good(), titles, keys)
	if err != nil {
		t.Fatal(err)
	}
	drop := func([]change.Value) {}
	if err := back.Row(row("5", "", ""), drop); err != nil {
		t.Fatal(err)
	}
	if err := back.Row(row("5", "", ""), drop); err == nil {
		t.Error("two rows with the same key are taken back")
	}
	o := change.Options{Policy: change.Replace(), Titles: titles, Keys: keys}
	if fill(o, wanted, [][]change.Value{wanted[1], wanted[0]}).IsOrdered() {
		t.Error("another order is not seen")
	}
}
