package google

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ledgersheet/internal/change"
)

// perform carries out an arrangement on rows of text, and on the places of two rows that a person's formula names. It
// also returns the rows that were put in.
func perform(a arrangement, rows, wanted []string, first, last int) (got []string, fresh []int, f, l int) {
	got = slices.Clone(rows)
	isFresh := make([]bool, len(rows))
	for _, s := range a.shifts {
		if s.insert {
			got = slices.Insert(got, s.at, make([]string, s.rows)...)
			isFresh = slices.Insert(isFresh, s.at, slices.Repeat([]bool{true}, s.rows)...)
			if s.at <= first {
				first += s.rows
			}
			if s.at <= last {
				last += s.rows
			}
			continue
		}
		got = slices.Delete(got, s.at, s.at+s.rows)
		isFresh = slices.Delete(isFresh, s.at, s.at+s.rows)
		below := func(row int) int { return row - min(s.rows, max(0, row-s.at)) }
		first, last = below(first), below(last+1)-1
	}
	for _, c := range a.copies {
		got[c.to] = got[c.from]
	}
	for _, r := range a.runs {
		for n := range r.rows {
			got[r.row+n] = ""
			if r.from != change.Blank {
				got[r.row+n] = wanted[r.from+n]
			}
		}
	}
	for row, is := range isFresh {
		if is {
			fresh = append(fresh, row)
		}
	}
	return got, fresh, first, last
}

// grownBy returns what rows without keys become by a policy that keeps their order.
func grownBy(old, wanted []string, p change.Policy) []string {
	left := slices.Clone(wanted)
	var rows []string
	for _, v := range old {
		if i := slices.Index(left, v); i >= 0 {
			left = slices.Delete(left, i, i+1)
		} else if p.Remove {
			continue
		}
		rows = append(rows, v)
	}
	return append(rows, left...)
}

// TestArrange: whatever script is put into practice, the rows become the wanted ones, and a range that covered all rows
// covers all rows afterwards.
func TestArrange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) []string {
			return rapid.SliceOfN(rapid.Map(rapid.IntRange(0, 20), func(i int) string { return fmt.Sprint(i) }), 0,
				9).Draw(t, name)
		}
		old, wanted := draw("old"), draw("wanted")
		if rapid.Bool().Draw(t, "sorted") {
			slices.Sort(old)
			slices.Sort(wanted)
		}
		spare := rapid.IntRange(0, 2).Draw(t, "spare")
		policy := rapid.SampledFrom([]change.Policy{
			change.Replace(), {}, {Change: true}, {Change: true, Remove: true},
		}).Draw(t, "policy")
		b := change.NewBuilder(change.Options{Policy: policy, Titles: []string{"ID"}})
		for _, v := range old {
			b.Stand([]value{{Kind: 's', Text: v}})
		}
		for _, v := range wanted {
			b.Want([]value{{Kind: 's', Text: v}})
		}
		for range spare {
			old = append(old, "")
		}
		a := arrange(b.Script(change.Layout{Spare: spare, Least: 2, Most: 9}), len(old), spare)
		got, fresh, first, last := perform(a, old, wanted, 0, len(old)-1)
		want := slices.Clone(wanted)
		if !policy.Order {
			want = grownBy(old[:len(old)-spare], wanted, policy)
		}
		for policy.Order && len(want) < min(2, len(old)) || !policy.Order && len(want) < a.rows {
			want = append(want, "")
		}
		if !slices.Equal(got, want) || a.rows != len(want) || len(old)+a.growth() != len(want) {
			t.Fatalf("%q and %q become %q by %+v", old, wanted, got, a)
		}
		var told []int
		for _, f := range a.fresh {
			for n := range f.rows {
				told = append(told, f.row+n)
			}
		}
		if !slices.Equal(fresh, told) {
			t.Fatalf("rows %v of %q were put in, not %v, by %+v", fresh, want, told, a)
		}
		if len(old) > 1 && len(want) > 1 && (first != 0 || last != len(want)-1) {
			t.Fatalf("rows 0 to %d of %q become %d to %d of %q by %+v", len(old)-1, old, first, last, want, a)
		}
	})
}
