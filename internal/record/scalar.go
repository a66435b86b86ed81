package record

import (
	"encoding/json"
	"fmt"
	"time"

	"ledgersheet/internal/table"
)

// Scalar decodes any JSON value that should be text: numbers and booleans as they were spelt; null, objects and arrays
// as "".
type Scalar string

// UnmarshalJSON implements json.Unmarshaler.
func (t *Scalar) UnmarshalJSON(b []byte) error {
	switch {
	case len(b) == 0 || b[0] == 'n' || b[0] == '{' || b[0] == '[':
		*t = ""
		return nil
	case b[0] == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return fmt.Errorf("reading text: %w", err)
		}
		*t = Scalar(s)
		return nil
	}
	*t = Scalar(b)
	return nil
}

// scalar is a string, a number or a truth value. The zero value is none.
type scalar struct {
	kindOf byte   // the first byte of its JSON text, '0' for all numbers, and 't' for both truth values
	raw    value  // its JSON text
	text   string // what it is, if it has no JSON text because it was made from others
}

// scalar returns the value, or the zero scalar for null, objects and arrays.
func (v value) scalar() scalar {
	switch k := v.kind(); k {
	case '"', '0', 't':
		return scalar{kindOf: k, raw: v}
	case 'f':
		return scalar{kindOf: 't', raw: v}
	}
	return scalar{}
}

func (s scalar) exists() bool { return s.kindOf != 0 }

// String returns the scalar as text, "" for none.
func (s scalar) String() string {
	if s.raw != nil {
		return s.raw.scalarText()
	}
	return s.text
}

// value returns the scalar as a string, json.Number or bool, and nil for none.
func (s scalar) value() any {
	switch s.kindOf {
	case '"':
		return s.String()
	case '0':
		return json.Number(s.String())
	case 't':
		return s.String() == "true"
	}
	return nil
}

// kind is OwnKind of the scalar.
func (s scalar) kind(guess table.Kind) table.Kind {
	switch s.kindOf {
	case '0':
		return ownKind(true, false, guess)
	case 't':
		return ownKind(false, true, guess)
	}
	return ownKind(false, false, guess)
}

// cell is Convert of the scalar.
func (s scalar) cell(want table.Kind) table.Cell {
	if want == table.Date && s.kindOf == '"' && len(s.raw) == len(`"2006-01-02"`) {
		// The usual spelling needs no text of its own.
		if t, err := time.Parse(time.DateOnly, string(s.raw[1:len(s.raw)-1])); err == nil {
			return table.DateOf(t)
		}
	}
	return convert(s.String(), want)
}
