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
func perform(a arrangement, old, wanted []string, first, last int) (got []string, fresh []int, f, l int) {
	got = slices.Clone(old)
	isFresh := make([]bool, len(old))
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
	for _, m := range a.marks {
		for n := range m.rows {
			got[m.row+n] = marked(got[m.row+n])
		}
	}
	for _, r := range a.runs {
		for n := range r.rows {
			if r.from == change.Blank {
				got[r.row+n] = ""
			}
		}
	}
	var sent []string
	for _, p := range a.pieces() {
		for n := range p.rows {
			switch p.of {
			case ofResult:
				sent = append(sent, wanted[p.from+n])
			case ofExisting:
				sent = append(sent, old[p.from+n])
			case ofMarked:
				sent = append(sent, marked(old[p.from+n]))
			}
		}
	}
	for _, b := range a.blocks() {
		copy(got[b.row:b.row+b.rows], sent[b.from:])
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

func marked(row string) string { return row[:1] + "gone" }

// TestArrangeInAnyMode: whatever policy, limits and rows, an arrangement leaves the rows that the script describes, in
// no more blocks and shifts than are allowed, and a range that covered all rows covers all rows afterwards.
func TestArrangeInAnyMode(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) []string {
			ids := rapid.SliceOfNDistinct(rapid.SampledFrom([]rune("abcdefghijklmnopqrstuvwxyz")), 0, 26,
				func(r rune) rune { return r }).Draw(t, name)
			var rows []string
			for _, id := range ids {
				rows = append(rows, string(id)+rapid.SampledFrom([]string{"", "1"}).Draw(t, "value"))
			}
			return rows
		}
		old, wanted := draw("old"), draw("wanted")
		policy := rapid.SampledFrom([]change.Policy{
			{}, {Change: true}, {Change: true, Remove: true}, change.Replace(),
			{Change: true, Mark: change.Mark{Column: 1, Value: value{Kind: 's', Text: "gone"}}},
		}).Draw(t, "policy")
		b := change.NewBuilder(change.Options{Policy: policy, Titles: []string{"ID", "Value"}, Keys: []int{0}})
		cells := func(row string) []value { return []value{{Kind: 's', Text: row[:1]}, {Kind: 's', Text: row[1:]}} }
		for _, row := range old {
			b.Stand(cells(row))
		}
		for _, row := range wanted {
			b.Want(cells(row))
		}
		spare := rapid.IntRange(0, 2).Draw(t, "spare")
		steps := b.Script(change.Layout{Spare: spare, Most: 50})
		for range spare {
			old = append(old, "")
		}
		whole := rewrite(steps)
		want, _, _, _ := perform(whole, append(slices.Clone(old), make([]string, 60)...), wanted, 0, 0)
		want = want[:whole.rows]
		a := arrange(steps, len(old), spare)
		if rapid.Bool().Draw(t, "close up") {
			a = closeUp(steps, len(old), spare)
			if len(a.shifts) > 1 {
				t.Fatalf("%d shifts", len(a.shifts))
			}
			if a.growth() < 0 && rapid.Bool().Draw(t, "nothing moves") {
				a.blankEnd()
				want = append(want, make([]string, len(old)-len(want))...)
			}
		}
		most := rapid.IntRange(1, 6).Draw(t, "most")
		a.bridge(most)
		if n := len(a.blocks()) + len(a.marks); n > most {
			t.Fatalf("%d blocks of at most %d: %+v", n, most, a)
		}
		got, fresh, first, last := perform(a, old, wanted, 0, len(old)-1)
		var told []int
		for _, f := range a.fresh {
			for n := range f.rows {
				told = append(told, f.row+n)
			}
		}
		if !slices.Equal(fresh, told) {
			t.Fatalf("rows %v of %q were put in, not %v, by %+v", fresh, want, told, a)
		}
		if !slices.Equal(got, want) || a.rows != len(want) || len(old)+a.growth() != len(want) {
			t.Fatalf("%q and %q become %q, want %q, by %v, %+v", old, wanted, got, want, steps, a)
		}
		if len(old) > 1 && len(want) > 1 && (first != 0 || last != len(want)-1) {
			t.Fatalf("rows 0 to %d of %q become %d to %d of %q by %+v", len(old)-1, old, first, last, want, a)
		}
	})
}
