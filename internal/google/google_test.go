package google

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"ledgersheet/internal/table"
)

func TestValue(t *testing.T) {
	t.Parallel()
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	e := encoder{zone: newYork}
	dec := decimal.RequireFromString
	for _, test := range []struct {
		cell table.Cell
		want value
	}{
		{table.Cell{}, value{}},
		{table.TextOf("=1+1"), value{'s', "=1+1"}},
		{table.TextOf("00123"), value{'s', "00123"}},
		{table.TextOf("a\r\nb\x00"), value{'s', "a\nb"}},
		{table.MoneyOf(dec("639.00")), value{'n', "639"}},
		{table.MoneyOf(dec("-0.00")), value{'n', "0"}},
		{table.MoneyOf(dec("22.50")), value{'n', "22.5"}},
		{table.MoneyOf(dec("1234567890123.45")), value{'n', "1234567890123.45"}},
		{table.MoneyOf(dec("12345678901234567.89")), value{'s', "12345678901234567.89"}},
		{table.NumberOf(dec("10000000000000000000")), value{'n', "10000000000000000000"}},
		{table.BoolOf(true), value{'b', "true"}},
		{table.DateOf(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)), value{'n', "43831"}},
		{table.DateTimeOf(time.Date(2020, 1, 1, 17, 0, 0, 0, time.UTC)), value{'n', "43831.5"}},
		{table.DateTimeOf(time.Date(2020, 1, 1, 3, 0, 0, 0, time.UTC)), value{'n', "43830.916666667"}},
	} {
		if got := e.value(test.cell); got != test.want {
			t.Errorf("%s: got %q, want %q", test.cell, got, test.want)
		}
	}
}

func TestLongTextIsCutWithAMark(t *testing.T) {
	t.Parallel()
	e := encoder{zone: time.UTC}
	exact := make([]rune, maxCellText)
	for i := range exact {
		exact[i] = 'x'
	}
	if got := e.text(string(exact)); got.text != string(exact) || e.cut != 0 {
		t.Error("a text of exactly 50,000 characters was cut")
	}
	emoji := make([]rune, 26_000) // two UTF-16 units each
	for i := range emoji {
		emoji[i] = '😀'
	}
	got := e.text(string(emoji))
	if e.cut != 1 || len(got.text) >= len(string(emoji)) || got.text[len(got.text)-len(cutMark):] != cutMark {
		t.Errorf("cut %d, ends with %q", e.cut, got.text[len(got.text)-60:])
	}
}

func TestRectMinus(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) rect {
			n := rapid.IntRange(0, 6)
			row, col := n.Draw(t, name+" row"), n.Draw(t, name+" col")
			return rect{row, col, row + n.Draw(t, name+" rows"), col + n.Draw(t, name+" cols")}
		}
		r, o := draw("r"), draw("o")
		parts := r.minus(o)
		for row := range 14 {
			for col := range 14 {
				cell, in := rect{row, col, row + 1, col + 1}, 0
				for _, part := range parts {
					if part.overlaps(cell) {
						in++
					}
				}
				want := 0
				if r.overlaps(cell) && !o.overlaps(cell) {
					want = 1
				}
				if in != want {
					t.Fatalf("%v minus %v: cell %d,%d is in %d of the parts %v, want %d", r, o, row, col, in, parts, want)
				}
			}
		}
	})
}

func TestA1(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"'It''s'!A1:B2": rect{0, 0, 2, 2}.a1("It's"), "'x'!AA10:ZZ11": rect{9, 26, 11, 702}.a1("x"), "'x'!AAA1:AAA1": rect{0, 702, 1, 703}.a1("x"),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestDiff(t *testing.T) {
	t.Parallel()
	row := func(s ...string) []value {
		var r []value
		for _, x := range s {
			r = append(r, value{'s', x})
		}
		return r
	}
	type counts struct{ Added, Changed, Removed int }
	for name, test := range map[string]struct {
		keys     []int
		old, new [][]value
		want     counts
	}{
		"keyed":      {[]int{0}, [][]value{row("1", "a"), row("2", "b"), row("3", "c")}, [][]value{row("1", "a"), row("2", "B"), row("4", "d")}, counts{1, 1, 1}},
		"moved":      {[]int{0}, [][]value{row("1", "a"), row("2", "b")}, [][]value{row("2", "b"), row("1", "a")}, counts{}},
		"no keys":    {nil, [][]value{row("1", "a"), row("2", "b")}, [][]value{row("1", "a"), row("2", "B")}, counts{1, 0, 1}},
		"duplicates": {nil, [][]value{row("x"), row("x")}, [][]value{row("x"), row("x"), row("x")}, counts{1, 0, 0}},
		"blank rows": {[]int{0}, [][]value{{{}, {}}}, nil, counts{0, 0, 1}},
	} {
		d := newDiff(test.keys)
		for _, r := range test.old {
			d.addOld(r)
		}
		for _, r := range test.new {
			d.addNew(r)
		}
		var got counts
		got.Added, got.Changed, got.Removed = d.counts()
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}
