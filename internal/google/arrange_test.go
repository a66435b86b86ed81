package google

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ledgersheet/internal/change"
)

// perform carries out an arrangement on rows of text, and on the places of two rows that a person's formula names.
func perform(a arrangement, rows, wanted []string, first, last int) ([]string, int, int) {
	rows = slices.Clone(rows)
	put := 0
	for _, s := range a.shifts {
		if s.insert {
			put += s.rows
			rows = slices.Insert(rows, s.at, make([]string, s.rows)...)
			if s.at <= first {
				first += s.rows
			}
			if s.at <= last {
				last += s.rows
			}
			continue
		}
		rows = slices.Delete(rows, s.at, s.at+s.rows)
		below := func(row int) int { return row - min(s.rows, max(0, row-s.at)) }
		first, last = below(first), below(last+1)-1
	}
	for _, c := range a.copies {
		rows[c.to] = rows[c.from]
	}
	for _, r := range a.runs {
		for n := range r.rows {
			rows[r.row+n] = ""
			if r.from != change.Blank {
				rows[r.row+n] = wanted[r.from+n]
			}
		}
	}
	for _, f := range a.fresh {
		put -= f.rows
		if f.row < 0 || f.row+f.rows > a.rows {
			put = none
		}
	}
	if put != 0 {
		first = none
	}
	return rows, first, last
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
		b := change.NewBuilder(change.Options{Policy: change.Replace(), Titles: []string{"ID"}})
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
		got, first, last := perform(a, old, wanted, 0, len(old)-1)
		want := slices.Clone(wanted)
		for len(want) < min(2, len(old)) {
			want = append(want, "")
		}
		if !slices.Equal(got, want) || a.rows != len(want) || len(old)+a.growth() != len(want) {
			t.Fatalf("%q and %q become %q by %+v", old, wanted, got, a)
		}
		if len(old) > 1 && (first != 0 || last != len(want)-1) {
			t.Fatalf("rows 0 to %d of %q become %d to %d of %q by %+v", len(old)-1, old, first, last, want, a)
		}
	})
}
