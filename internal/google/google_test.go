package google

import (
	"strings"
	"testing"
	"time"

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
		{table.TextOf("=1+1"), value{Kind: 's', Text: "=1+1"}},
		{table.TextOf("00123"), value{Kind: 's', Text: "00123"}},
		{table.TextOf("a\r\nb\x00"), value{Kind: 's', Text: "a\nb"}},
		{table.MoneyOf(dec("639.00")), value{Kind: 'n', Text: "639"}},
		{table.MoneyOf(dec("-0.00")), value{Kind: 'n', Text: "0"}},
		{table.MoneyOf(dec("22.50")), value{Kind: 'n', Text: "22.5"}},
		{table.MoneyOf(dec("1234567890123.45")), value{Kind: 'n', Text: "1234567890123.45"}},
		{table.MoneyOf(dec("12345678901234567.89")), value{Kind: 's', Text: "12345678901234567.89"}},
		{table.NumberOf(dec("10000000000000000000")), value{Kind: 'n', Text: "10000000000000000000"}},
		{table.BoolOf(true), value{Kind: 'b', Text: "true"}},
		{table.DateOf(time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)), value{Kind: 'n', Text: "43831"}},
		{table.DateTimeOf(time.Date(2020, 1, 1, 17, 0, 0, 0, time.UTC)), value{Kind: 'n', Text: "43831.5"}},
		{table.DateTimeOf(time.Date(2020, 1, 1, 3, 0, 0, 0, time.UTC)), value{Kind: 'n', Text: "43830.916666667"}},
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
	if got := e.text(string(exact)); got.Text != string(exact) || e.cut != 0 {
		t.Error("a text of exactly 50,000 characters was cut")
	}
	emoji := make([]rune, 26_000) // two UTF-16 units each
	for i := range emoji {
		emoji[i] = '😀'
	}
	got := e.text(string(emoji))
	if e.cut != 1 || len(got.Text) >= len(string(emoji)) || got.Text[len(got.Text)-len(cutMark):] != cutMark {
		t.Errorf("cut %d, ends with %q", e.cut, got.Text[len(got.Text)-60:])
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
					t.Fatalf("%v minus %v: cell %d,%d is in %d of the parts %v, want %d", r, o, row,
						col, in, parts, want)
				}
			}
		}
	})
}

func TestA1(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"'It''s'!A1:B2": rect{0, 0, 2, 2}.a1("It's"), "'x'!AA10:ZZ11": rect{9, 26, 11, 702}.a1("x"),
		"'x'!AAA1:AAA1": rect{0, 702, 1, 703}.a1("x"),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestFreeTitle proves that a new tab's title is one that no tab has and that Google takes.
func TestFreeTitle(t *testing.T) {
	t.Parallel()
	wide := strings.Repeat("💰", 50) // 100 UTF-16 units
	st := &state{tabs: []tab{{title: "Invoices"}, {title: "Invoices (2)"}, {title: wide}, {title: "A, edited"}}}
	for _, c := range []struct{ title, end, want string }{
		{"Bills", "", "Bills"},
		{"Invoices", "", "Invoices (3)"},
		{"A", ", edited", "A, edited (2)"},
		{wide, "", wide[:48*4] + " (2)"},
		{wide, ", edited", wide[:46*4] + ", edited"},
		{"Undo of " + wide, "", "Undo of " + wide[:46*4]},
	} {
		if got := st.freeTitle(c.title, c.end); got != c.want {
			t.Errorf("%q with %q: got %q, want %q", c.title, c.end, got, c.want)
		}
	}
}
