package statement

import (
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/table"
)

func TestAmountsAreRead(t *testing.T) {
	t.Parallel()
	usd := spelling{currency: "USD"}
	point, comma, both := spelling{mark: '.'}, spelling{mark: ','}, spelling{mark: mixed}
	for _, test := range []struct {
		spelling spelling
		text     string
		want     string // "" stands for nothing, "?" for unreadable
	}{
		{usd, "1201.00", "1201.00"}, {usd, "-8.75", "-8.75"}, {usd, ".00", "0.00"}, {usd, "1E+2", "100"},
		{usd, "1.5e-3", "0.0015"}, {usd, "0", "0"}, {usd, "+5", "5"},
		{usd, "2,000.25", "2000.25"}, {usd, "1,234,567", "1234567"}, {usd, "12,34,567.50", "1234567.50"},
		{usd, "1.234.567,89", "1234567.89"}, {usd, "12,50", "12.50"}, {usd, "0,125", "0.125"},
		{usd, "1 234,50", "1234.50"}, {usd, "1\u00a0234,50", "1234.50"}, {usd, "1\u202f234", "1234"},
		{usd, "1'234.50", "1234.50"}, {usd, "-1\u202f234\u202f567,00 \u20ac", "-1234567.00"},
		{usd, "(100.25)", "-100.25"}, {usd, "($5.00)", "-5.00"}, {usd, "$(5.00)", "-5.00"}, {usd, "-$5.00", "-5.00"},
		{usd, "$-5.00", "-5.00"}, {usd, "R$ 1.234,00", "1234.00"}, {usd, "CA$5", "5"}, {usd, "5.00-", "-5.00"},
		{usd, "\u2212 7,5", "-7.5"}, {usd, "USD 12.00", "12.00"}, {usd, "12.00 USD", "12.00"}, {usd, "\u00a35", "5"},
		{usd, "0.56 %", "0.56"}, {usd, "12.5%", "12.5"}, {usd, "-3 %", "-3"}, {usd, "(3%)", "-3"},
		{usd, "", ""}, {usd, " \u00a0", ""}, {usd, "-", ""}, {usd, "\u2014", ""}, {usd, "$ -", ""}, {usd, "--", ""},
		{usd, "1.234", "1.234"}, {point, "1.234", "1.234"}, {comma, "1.234", "?"}, {both, "1.234", "?"},
		{usd, "1,234", "?"}, {point, "1,234", "1234"}, {comma, "1,234", "1.234"}, {both, "1,234", "?"},
		{usd, "abc", "?"}, {usd, "EUR 5", "?"}, {usd, "004711-B", "?"}, {usd, "1-2", "?"}, {usd, "()", "?"},
		{usd, "(-5)", "?"}, {usd, "-5-", "?"}, {usd, "$5$", "?"}, {usd, "$", "?"}, {usd, "%", "?"}, {usd, "+", "?"},
		{usd, "5.", "?"}, {usd, "5,", "?"}, {usd, "1,23,45", "?"}, {usd, "1,2345,678", "?"}, {usd, "12 34", "?"},
		{usd, "1.234,567,8", "?"}, {usd, "1,234.567.8", "?"}, {usd, "1 234'567", "?"}, {usd, "(5", "?"},
		{usd, "1E999999999", "?"}, {usd, "NaN", "?"}, {usd, "0x10", "?"}, {usd, strings.Repeat("9", 61), "?"},
		{usd, "2026-01-05", "?"}, {usd, "1,234E2", "?"},
	} {
		d, what := test.spelling.parse(test.text)
		got := "?"
		switch what {
		case nothing:
			got = ""
		case figure:
			got = table.DecimalText(d)
		case unreadable:
		}
		if got != test.want {
			t.Errorf("with the mark %q, %q is read as %q, want %q", test.spelling.mark, test.text, got, test.want)
		}
	}
}

// FuzzAmount proves that no amount has other digits than its text, and that JSON's numbers are read as such.
func FuzzAmount(f *testing.F) {
	for _, text := range []string{"1201.00", "-8.75", "2,000.25", "(1.234,5)", "1E+2", "$ -",
		"1\u202f234,00 \u20ac", "0.56 %"} {
		for _, mark := range []byte{0, '.', ',', mixed} {
			f.Add(text, mark)
		}
	}
	f.Fuzz(func(t *testing.T, text string, mark byte) {
		s := spelling{mark: mark, currency: "USD"}
		d, what := s.parse(text)
		if plain, err := table.ParseDecimal(text); err == nil && mark == 0 && what == figure && !plain.Equal(d) {
			t.Errorf("%q is read as %s", text, d)
		}
		if what != figure {
			if !d.IsZero() {
				t.Errorf("%q is not a number, but %s comes with it", text, d)
			}
			return
		}
		digits := func(s string) string {
			return strings.Map(func(r rune) rune {
				if r >= '0' && r <= '9' {
					return r
				}
				return -1
			}, s)
		}
		if !strings.ContainsAny(text, "eE") {
			if got, want := digits(table.DecimalText(d)), digits(text); strings.TrimLeft(got, "0") !=
				strings.TrimLeft(want, "0") {
				t.Errorf("%q is read as %s", text, d)
			}
		}
		if again, what := (spelling{}).parse(table.DecimalText(d)); what != figure || !again.Equal(d) {
			t.Errorf("%s, read from %q, is read again as %s", d, text, again)
		}
	})
}

// TestAmountsSurviveEveryConvention writes figures in the conventions of the countries where QuickBooks is sold.
func TestAmountsSurviveEveryConvention(t *testing.T) {
	t.Parallel()
	for _, cents := range []int64{0, 5, -5, 99, 12345, -100000, 123456789, 99999999999} {
		want := decimal.New(cents, -2)
		plain := want.Abs().StringFixed(2)
		for _, c := range []struct{ group, mark string }{
			{"", "."}, {",", "."}, {".", ","}, {" ", ","}, {"\u00a0", ","}, {"\u202f", ","}, {"'", "."},
		} {
			whole, decimals, _ := strings.Cut(plain, ".")
			for at := len(whole) - 3; at > 0; at -= 3 {
				whole = whole[:at] + c.group + whole[at:]
			}
			text := whole + c.mark + decimals
			forms := []string{text, "$" + text, text + " %"}
			if want.IsNegative() {
				forms = []string{"-" + text, text + "-", "(" + text + ")", "-$" + text, "($" + text + ")"}
			}
			for _, form := range forms {
				if got, what := (spelling{}).parse(form); what != figure || !got.Equal(want) {
					t.Errorf("%q is read as %s (%d), want %s", form, got, what, want)
				}
			}
		}
	}
}
