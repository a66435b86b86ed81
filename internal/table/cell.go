package table

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Cell is one typed value. The zero value is a blank cell.
type Cell struct {
	kind Kind
	set  bool
	text string // a number's spelling, as DecimalText has it; empty if only dec is set
	dec  decimal.Decimal
	at   int64 // Date: midnight UTC of that day; DateTime: the instant; both in seconds since 1970
}

// TextOf makes a text cell. An empty string makes a blank cell, because sheets cannot tell the two apart.
func TextOf(s string) Cell { return Cell{kind: Text, set: s != "", text: s} }

// NumberOf makes a number cell.
func NumberOf(d decimal.Decimal) Cell { return Cell{kind: Number, set: true, dec: d} }

// MoneyOf makes an amount cell.
func MoneyOf(d decimal.Decimal) Cell { return Cell{kind: Money, set: true, dec: d} }

// ParseCell makes a Number or Money cell from the text of a JSON number. It takes what ParseDecimal takes, and the cell
// is the same as one made from the decimal. Usual spellings are kept without making a decimal of them.
func ParseCell(kind Kind, text string) (Cell, bool) {
	if isUsual(text) {
		return Cell{kind: kind, set: true, text: text}, true
	}
	d, err := ParseDecimal(text)
	return Cell{kind: kind, set: true, dec: d}, err == nil
}

// isUsual reports whether a text is a number as DecimalText would write it.
func isUsual(text string) bool {
	units, places, ok := parseUnits(text)
	if !ok || (units == 0 && text[0] == '-') {
		return false
	}
	if text[0] == '-' {
		text = text[1:]
	}
	return text[0] != '0' || len(text) == 1 || (places > 0 && text[1] == '.')
}

// DateOf makes a date cell from t's calendar day in t's own zone.
func DateOf(t time.Time) Cell {
	y, m, d := t.Date()
	return Cell{kind: Date, set: true, at: time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()}
}

// DateTimeOf makes a cell for an instant, truncated to the second.
func DateTimeOf(t time.Time) Cell {
	return Cell{kind: DateTime, set: true, at: t.Unix()}
}

// BoolOf makes a boolean cell.
func BoolOf(b bool) Cell {
	c := Cell{kind: Bool, set: true}
	if b {
		c.text = "true"
	}
	return c
}

// Kind returns what the cell holds; Text if it is blank.
func (c Cell) Kind() Kind { return c.kind }

// Blank reports whether the cell holds nothing.
func (c Cell) Blank() bool { return !c.set }

// Decimal returns the value of a Number or Money cell.
func (c Cell) Decimal() (decimal.Decimal, bool) {
	if !c.set || (c.kind != Number && c.kind != Money) {
		return decimal.Decimal{}, false
	}
	if c.text != "" {
		if d, err := ParseDecimal(c.text); err == nil {
			return d, true
		}
		d, err := decimal.NewFromString(c.text) // what was computed may be longer than what is parsed
		return d, err == nil
	}
	return c.dec, true
}

// Time returns the value of a Date or DateTime cell.
func (c Cell) Time() (time.Time, bool) {
	if !c.set || (c.kind != Date && c.kind != DateTime) {
		return time.Time{}, false
	}
	return c.time(), true
}

func (c Cell) time() time.Time { return time.Unix(c.at, 0).UTC() }

// Bool returns the value of a Bool cell.
func (c Cell) Bool() (value, ok bool) { return c.text == "true", c.set && c.kind == Bool }

// String formats the value: days as 2006-01-02, instants in RFC 3339 UTC, decimals as they were spelt.
func (c Cell) String() string {
	switch {
	case !c.set:
		return ""
	case (c.kind == Number || c.kind == Money) && c.text == "":
		return DecimalText(c.dec)
	case c.kind == Date:
		return c.time().Format(time.DateOnly)
	case c.kind == DateTime:
		return c.time().Format(time.RFC3339)
	case c.kind == Bool && c.text == "":
		return "false"
	}
	return c.text
}

// Equal reports whether two cells hold the same value; 1.5 equals 1.50.
func (c Cell) Equal(o Cell) bool {
	if c.set != o.set || !c.set {
		return c.set == o.set
	}
	if d, ok := c.Decimal(); ok {
		e, same := o.Decimal()
		return same && c.kind == o.kind && d.Equal(e)
	}
	return c.kind == o.kind && c.text == o.text && c.at == o.at
}

// MarshalJSON encodes the cell for previews: null, a string, a number with the decimal's own digits, or a boolean.
func (c Cell) MarshalJSON() ([]byte, error) {
	switch {
	case !c.set:
		return []byte("null"), nil
	case c.kind == Bool, c.kind == Number, c.kind == Money:
		return []byte(c.String()), nil
	}
	return quoteJSON(c.String())
}

// maxDigits limits what ParseDecimal accepts. No real amount is longer, and a huge exponent would cost memory.
const maxDigits = 60

// ErrDecimal is returned for text that is not a decimal number of sensible length.
var ErrDecimal = errors.New("not a decimal number")

// ParseDecimal parses the text of a JSON number exactly. It rejects anything that is not a number, is longer than 60
// characters, or has an exponent that would need more digits than that.
func ParseDecimal(s string) (decimal.Decimal, error) {
	if units, places, ok := parseUnits(s); ok { // as nearly always, and much faster
		return decimal.New(units, int32(-places)), nil
	}
	if s == "" || len(s) > maxDigits {
		return decimal.Decimal{}, fmt.Errorf("%w: %d characters", ErrDecimal, len(s))
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		exp := strings.TrimLeft(s[i+1:], "+-0")
		if len(exp) > 2 || (len(exp) == 2 && exp > "40") {
			return decimal.Decimal{}, fmt.Errorf("%w: exponent %s", ErrDecimal, s[i+1:])
		}
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return decimal.Decimal{}, fmt.Errorf("%w: %q", ErrDecimal, s)
	}
	return d, nil
}

// DecimalText formats a decimal as in JSON: no exponent, with its own number of decimal places.
func DecimalText(d decimal.Decimal) string {
	if exp := d.Exponent(); exp < 0 {
		return d.StringFixed(-exp)
	}
	return d.String()
}
