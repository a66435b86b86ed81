package change_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ledgersheet/internal/change"
)

// carryOut applies a script to rows, as a destination would.
func carryOut(t interface{ Fatalf(string, ...any) }, steps []change.Step, old, wanted [][]change.Value,
) [][]change.Value {
	var rows [][]change.Value
	at := 0
	for _, s := range steps {
		if s.Rows <= 0 {
			t.Fatalf("an empty step in %v", steps)
		}
		if s.Do == change.Keep {
			rows = append(rows, old[at:at+s.Rows]...)
		}
		if s.Do != change.Insert {
			at += s.Rows
		}
		if s.Do == change.Write || s.Do == change.Insert {
			for n := range s.Rows {
				if s.From == change.Blank {
					rows = append(rows, row("", "", ""))
				} else {
					rows = append(rows, wanted[s.From+n])
				}
			}
		}
	}
	if at != len(old) {
		t.Fatalf("the script passes over %d of %d rows: %v", at, len(old), steps)
	}
	return rows
}

func TestScript(t *testing.T) {
	t.Parallel()
	named := func(names ...string) [][]change.Value {
		var rows [][]change.Value
		for _, n := range names {
			rows = append(rows, row(n[:1], n, "1"))
		}
		return rows
	}
	keep := func(n int) change.Step { return change.Step{Do: change.Keep, Rows: n} }
	write := func(n, from int) change.Step { return change.Step{Do: change.Write, Rows: n, From: from} }
	insert := func(n, from int) change.Step { return change.Step{Do: change.Insert, Rows: n, From: from} }
	drop := func(n int) change.Step { return change.Step{Do: change.Delete, Rows: n} }
	for name, test := range map[string]struct {
		policy      change.Policy
		old, wanted [][]change.Value
		most        int
		want        []change.Step
	}{
		"one cell": {
			change.Replace(), named("a", "b", "c"), named("a", "b2", "c"), 9,
			[]change.Step{keep(1), write(1, 1), keep(1)},
		},
		"in front": {change.Replace(), named("b", "c"), named("a", "b", "c"), 9, []change.Step{insert(1, 0), keep(2)}},
		"one gone": {
			change.Replace(), named("a", "b", "c"), named("a", "c"), 9, []change.Step{keep(1), drop(1), keep(1)},
		},
		"one moves": {
			change.Replace(), named("a", "b", "c", "d"), named("b", "c", "d", "a"), 9,
			[]change.Step{drop(1), keep(3), insert(1, 3)},
		},
		"too many": {
			change.Replace(), named("a", "b", "c", "d"), named("b", "c", "d", "a"), 1, []change.Step{write(4, 0)},
		},
		"none left": {
			change.Replace(), named("a", "b", "c"), nil, 9, []change.Step{write(2, change.Blank), drop(1)},
		},
		"upsert": {
			change.Policy{Change: true}, named("a", "b", "c"), named("d", "b2"), 9,
			[]change.Step{keep(1), write(1, 1), keep(1), insert(1, 0)},
		},
		"upsert, deleted": {
			change.Policy{Change: true, Remove: true}, named("a", "b", "c"), named("d", "b2"), 9,
			[]change.Step{drop(1), write(1, 1), write(1, 0)},
		},
		"append": {change.Policy{}, named("a", "b"), named("c", "b2", "a"), 9, []change.Step{keep(2), insert(1, 0)}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := fill(change.Options{Titles: titles, Keys: []int{0}, Policy: test.policy}, test.old, test.wanted)
			got := b.Script(change.Layout{Least: 2, Most: test.most})
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func fill(o change.Options, old, wanted [][]change.Value) *change.Builder {
	b := change.NewBuilder(o)
	for _, r := range old {
		b.Stand(r)
	}
	for _, r := range wanted {
		b.Want(r)
	}
	return b
}

// TestScriptMakesTheRows: whatever stands and whatever is wanted, the script makes the wanted rows; the set's numbers
// and the trace agree with it, and a second run finds nothing to do.
func TestScriptMakesTheRows(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		gen := func(name string) [][]change.Value {
			var rows [][]change.Value
			for range rapid.IntRange(0, 12).Draw(t, name) {
				rows = append(rows, row(fmt.Sprint(rapid.IntRange(0, 9).Draw(t, "id")), rapid.SampledFrom([]string{
					"", "a", "b",
				}).Draw(t, "name"), "1"))
			}
			return rows
		}
		old, wanted := gen("old"), gen("wanted")
		o := change.Options{Titles: titles, Budget: 1 << 20, Policy: change.Replace()}
		if rapid.Bool().Draw(t, "keyed") {
			o.Keys = []int{0}
		}
		spare := rapid.IntRange(0, 3).Draw(t, "spare")
		layout := change.Layout{Spare: spare, Least: 2, Most: rapid.IntRange(0, 8).Draw(t, "most")}
		b := fill(o, old, wanted)
		standing := slices.Clone(old)
		for range spare {
			standing = append(standing, row("", "", ""))
		}
		rows := carryOut(t, b.Script(layout), standing, wanted)
		blank := max(0, min(2, len(standing))-len(wanted))
		want := slices.Clone(wanted)
		for range blank {
			want = append(want, row("", "", ""))
		}
		if !cmp.Equal(want, rows) && len(want)+len(rows) > 0 {
			t.Fatalf("%v and %v become %v", standing, wanted, rows)
		}
		o.Trace = b.Trace()
		again := fill(o, wanted, wanted)
		if set := again.Set(nil); !set.Empty() || set.Edited != 0 {
			t.Fatalf("once more: %+v", set)
		}
		for _, s := range again.Script(change.Layout{Spare: blank, Least: 2, Most: 8}) {
			if s.Do != change.Keep && s.Do != change.Write || s.Do == change.Write && s.From != change.Blank {
				t.Fatalf("once more: %+v", s)
			}
		}
	})
}

// TestGrowingNeverDoubles: whatever came before, a policy that keeps rows has each key once, in the order in which they
// came, with the newest values if it changes rows and the oldest if it does not.
func TestGrowingNeverDoubles(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := change.Options{Titles: titles, Keys: []int{0}, Budget: 1 << 20}
		o.Policy.Change = rapid.Bool().Draw(t, "upsert")
		var rows [][]change.Value
		var order []string
		value := map[string]string{}
		for range rapid.IntRange(1, 6).Draw(t, "runs") {
			ids := rapid.SliceOfNDistinct(rapid.IntRange(0, 9), 0, 6, func(i int) int { return i }).Draw(t, "ids")
			var wanted [][]change.Value
			for _, id := range ids {
				key, name := fmt.Sprint(id), rapid.SampledFrom([]string{"a", "b"}).Draw(t, "name")
				wanted = append(wanted, row(key, name, "1"))
				if _, ok := value[key]; !ok {
					order = append(order, key)
					value[key] = name
				} else if o.Policy.Change {
					value[key] = name
				}
			}
			b := fill(o, rows, wanted)
			set := b.Set(func(yield func([]change.Value)) {
				for _, r := range rows {
					yield(r)
				}
			})
			before := len(rows)
			rows = carryOut(t, b.Script(change.Layout{Most: 9}), rows, wanted)
			if set.Rows != len(rows) || set.Added != len(rows)-before || set.Edited != 0 {
				t.Fatalf("%d rows became %d, the set says %+v", before, len(rows), set)
			}
			o.Trace = b.Trace()
		}
		var want [][]change.Value
		for _, key := range order {
			want = append(want, row(key, value[key], "1"))
		}
		if !cmp.Equal(want, rows) {
			t.Fatalf("want %v, got %v", want, rows)
		}
		if o.Policy.Change || len(rows) == 0 {
			return
		}
		// A row that somebody took out is not brought back by appending.
		b := fill(o, rows[1:], rows)
		if set := b.Set(nil); set.Added != 0 {
			t.Fatalf("a row that was taken out comes back: %+v", set)
		}
	})
}
