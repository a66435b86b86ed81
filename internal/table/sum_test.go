package table_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"ledgersheet/internal/table"
)

// genNumber draws a number as JSON, or something near it.
func genNumber() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.StringMatching(`-?(0|[1-9][0-9]{0,6})(\.[0-9]{1,4})?`),
		rapid.StringMatching(`-?[0-9]{0,25}(\.[0-9]{0,25})?([eE][+-]?[0-9]{1,2})?`),
		rapid.StringMatching(`-?9{15,19}(\.9{1,4})?`),
		rapid.StringMatching(`[-+0.e1]{0,6}`),
	)
}

// TestSumEqualsDecimals proves that a sum is what decimals add up to, with the same spelling.
func TestSumEqualsDecimals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var sum table.Sum
		want := decimal.Zero
		for i, text := range rapid.SliceOfN(genNumber(), 0, 30).Draw(t, "numbers") {
			d, err := table.ParseDecimal(text)
			switch {
			case i%3 == 0:
				sum.AddText(text)
			case err != nil:
				continue
			case i%3 == 1:
				sum.Add(table.MoneyOf(d))
			default:
				c, _ := table.ParseCell(table.Number, text)
				sum.Add(c)
			}
			if err == nil {
				want = want.Add(d)
			}
		}
		if got := table.DecimalText(sum.Decimal()); got != table.DecimalText(want) {
			t.Fatalf("got %s, want %s", got, table.DecimalText(want))
		}
	})
}

func TestSumIgnoresWhatIsNoNumber(t *testing.T) {
	t.Parallel()
	var sum table.Sum
	for _, c := range []table.Cell{{}, table.TextOf("7"), table.BoolOf(true)} {
		sum.Add(c)
	}
	if got := table.DecimalText(sum.Decimal()); got != "0" {
		t.Errorf("got %s", got)
	}
}

// TestParseCellEqualsDecimals proves that a cell made from a number's text is the same as one made from its decimal.
func TestParseCellEqualsDecimals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := genNumber().Draw(t, "text")
		got, ok := table.ParseCell(table.Money, text)
		d, err := table.ParseDecimal(text)
		if ok != (err == nil) {
			t.Fatalf("%q: %v, but ParseDecimal says %v", text, ok, err)
		}
		if !ok {
			return
		}
		want := table.MoneyOf(d)
		own, isNumber := got.Decimal()
		same := isNumber && own.Equal(d) && got.Equal(want)
		if !same || got.Kind() != table.Money || got.String() != want.String() {
			t.Fatalf("%q: got the %s %s, want %s", text, got.Kind(), got, want)
		}
	})
}

// TestParseDecimalEqualsDecimals proves that the fast way to a decimal changes neither its value nor its spelling.
func TestParseDecimalEqualsDecimals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := genNumber().Draw(t, "text")
		got, err := table.ParseDecimal(text)
		if err != nil {
			return
		}
		want, err := decimal.NewFromString(text)
		if err != nil || !got.Equal(want) || got.Exponent() != want.Exponent() {
			t.Fatalf("%q is %s, want %s, %v", text, got, want, err)
		}
	})
}

// BenchmarkSum adds up amounts, and compares that with adding decimals.
func BenchmarkSum(b *testing.B) {
	b.Run("sum", func(b *testing.B) {
		b.ReportAllocs()
		var sum table.Sum
		for b.Loop() {
			sum.AddText("1234.50")
		}
	})
	b.Run("decimals", func(b *testing.B) {
		b.ReportAllocs()
		sum := decimal.Zero
		for b.Loop() {
			d, err := table.ParseDecimal("1234.50")
			if err != nil {
				b.Fatal(err)
			}
			sum = sum.Add(d)
		}
	})
}
