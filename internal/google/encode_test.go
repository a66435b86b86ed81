package google

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"ledgersheet/internal/table"
)

// slowRow encodes a row with encoding/json alone.
func slowRow(row []value) ([]byte, error) {
	list := make([]any, len(row))
	for i, v := range row {
		switch v.Kind {
		case 's':
			list[i] = v.Text
		case 'n':
			list[i] = json.Number(v.Text)
		case 'b':
			list[i] = v.Text == "true"
		}
	}
	return json.Marshal(list)
}

func decodeRow(t rapid.TB, data []byte) (list []any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&list); err != nil {
		t.Fatalf("%q: %v", data, err)
	}
	return list
}

func genText() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~]{0,12}`),
		rapid.SampledFrom([]string{"", "\x00", "a\r\nb\tc", "<&>", `"\`, "\u2028", "é", "\xff", "a\xc3", "\x7f", "😀", "\ufffd"}))
}

// TestRowsAreEncodedAsByEncodingJSON proves that Sheets gets the same values, and numbers in the same spelling.
func TestRowsAreEncodedAsByEncodingJSON(t *testing.T) {
	t.Parallel()
	numbers := rapid.OneOf(rapid.StringMatching(`-?(0|[1-9][0-9]{0,12})(\.[0-9]{1,6})?`),
		rapid.StringMatching(`[-+0-9.eE]{0,5}`), rapid.SampledFrom([]string{"1e400", "-0", "00", "01", "1.", ".1", "--1", ""}))
	rapid.Check(t, func(t *rapid.T) {
		var row []value
		for range rapid.IntRange(0, 6).Draw(t, "cells") {
			kind := rapid.SampledFrom([]byte{0, 's', 'n', 'b'}).Draw(t, "kind")
			v := value{Kind: kind}
			switch kind {
			case 's':
				v.Text = genText().Draw(t, "text")
			case 'n':
				v.Text = numbers.Draw(t, "number")
			case 'b':
				v.Text = strconv.FormatBool(rapid.Bool().Draw(t, "bool"))
			}
			row = append(row, v)
		}
		want, slowErr := slowRow(row)
		got, err := appendRow(nil, row)
		if (err != nil) != (slowErr != nil) {
			t.Fatalf("%q: %v, but encoding/json says %v", row, err, slowErr)
		}
		if err != nil {
			return
		}
		if diff := cmp.Diff(decodeRow(t, want), decodeRow(t, got)); diff != "" {
			t.Fatalf("%q:\n%s", row, diff)
		}
	})
}

// TestSerialEqualsDecimals proves that days and instants are the numbers that decimals would make of them.
func TestSerialEqualsDecimals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-60_000_000_000, 250_000_000_000).Draw(t, "at"), 0).UTC()
		e := encoder{zone: time.FixedZone("", rapid.IntRange(-14*3600, 14*3600).Draw(t, "offset"))}
		_, offset := at.In(e.zone).Zone()
		days := func(seconds int64) string {
			d := decimal.NewFromInt(seconds-epoch.Unix()).DivRound(decimal.NewFromInt(86400), 9)
			return table.PlainDecimal(table.DecimalText(d))
		}
		if got, want := e.value(table.DateTimeOf(at)).Text, days(at.Unix()+int64(offset)); got != want {
			t.Fatalf("%s is %s, want %s", at, got, want)
		}
		if !e.zoned {
			t.Fatal("the zone did not seem to matter")
		}
		e = encoder{zone: e.zone}
		if got, want := e.value(table.DateOf(at)).Text, days(at.Unix()-mod(at.Unix(), 86400)); got != want || e.zoned {
			t.Fatalf("the day of %s is %s, want %s", at, got, want)
		}
	})
}

func mod(a, b int64) int64 { return (a%b + b) % b }

func TestValuesEqualSlowOnes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := genText().Draw(t, "text")
		want := strings.Map(func(r rune) rune {
			if r < ' ' && r != '\n' && r != '\t' {
				return -1
			}
			return r
		}, strings.ToValidUTF8(s, "\uFFFD"))
		e := encoder{}
		if got := e.text(s); got.Text != want || (got.Kind == 's') != (want != "") {
			t.Fatalf("%q became %q, want %q", s, got.Text, want)
		}
		n := rapid.StringMatching(`-?(0|[1-9][0-9]{0,15})(\.[0-9]{1,6})?([eE][+-]?[0-9]{1,3})?`).Draw(t, "number")
		text := n
		if d, err := table.ParseDecimal(n); err == nil {
			text = table.PlainDecimal(table.DecimalText(d))
		}
		if got := readValue(json.Number(n)); got != (value{Kind: 'n', Text: text}) {
			t.Fatalf("%s became %q, want %s", n, got, text)
		}
	})
}

// TestZonesCountForInstantsOnly proves that a result without instants is weighed once, wherever it is written.
func TestZonesCountForInstantsOnly(t *testing.T) {
	t.Parallel()
	e := encoder{zone: time.UTC}
	for _, c := range []table.Cell{
		{}, table.TextOf("x"), table.BoolOf(true), table.DateOf(time.Now()), table.MoneyOf(decimal.New(1, -2)),
	} {
		e.value(c)
	}
	if e.zoned {
		t.Error("the zone seemed to matter")
	}
}

// BenchmarkBody makes the values of a row and encodes them, and compares that with encoding/json and decimals.
func BenchmarkBody(b *testing.B) {
	cells := []table.Cell{
		table.TextOf("1037"), table.DateOf(time.Date(2026, 2, 3, 0, 0, 0, 0, time.UTC)),
		table.TextOf("Amy's Bird Sanctuary"), {},
		table.BoolOf(false), table.DateTimeOf(time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC)),
	}
	for range 4 {
		c, _ := table.ParseCell(table.Money, "1234.50")
		cells = append(cells, c)
	}
	e := encoder{zone: time.UTC}
	row := make([]value, len(cells))
	for i, c := range cells {
		row[i] = e.value(c)
	}
	b.Run("values", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			for i, c := range cells {
				row[i] = e.value(c)
			}
		}
	})
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		var line []byte
		for b.Loop() {
			line, _ = appendRow(line[:0], row)
		}
	})
	b.Run("encode/slowly", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := slowRow(row); err != nil {
				b.Fatal(err)
			}
		}
	})
}
