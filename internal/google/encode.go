package google

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"ledgersheet/internal/table"
)

// appendRow appends a row as values.update with RAW takes it. A null leaves a cell of a fresh staging tab blank.
func appendRow(b []byte, row []value) ([]byte, error) {
	b = append(b, '[')
	for i, v := range row {
		if i > 0 {
			b = append(b, ',')
		}
		var err error
		if b, err = appendValue(b, v); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func appendValue(b []byte, v value) ([]byte, error) {
	switch v.Kind {
	case 's':
		b, _ = jsontext.AppendQuote(b, v.Text) // it fails for what is not UTF-8, which it has then replaced
		return b, nil
	case 'n':
		if isPlainNumber(v.Text) {
			return append(b, v.Text...), nil
		}
		number, err := json.Marshal(json.Number(v.Text))
		if err != nil {
			return nil, fmt.Errorf("encoding a number: %w", err)
		}
		return append(b, number...), nil
	case 'b':
		return strconv.AppendBool(b, v.Text == "true"), nil
	}
	return append(b, "null"...), nil
}

// isPlainNumber reports whether a text is certainly a JSON number: an integer, perhaps with decimal places.
func isPlainNumber(s string) bool {
	if s != "" && s[0] == '-' {
		s = s[1:]
	}
	if s == "" || (s[0] == '0' && len(s) > 1 && s[1] != '.') {
		return false
	}
	point := 0
	for i := range len(s) {
		switch c := s[i]; {
		case c == '.' && point == 0 && i > 0 && i < len(s)-1:
			point = i
		case c < '0' || c > '9':
			return false
		}
	}
	return true
}

const secondsPerDay = 86400

// serial returns the number of days since day 0 of Sheets' serial dates, with at most nine decimal places and no zeros
// at their end.
func (e *encoder) serial(kind table.Kind, at time.Time) string {
	seconds := at.Unix() - epoch.Unix()
	if kind == table.DateTime {
		_, offset := at.In(e.zone).Zone()
		seconds += int64(offset)
		e.zoned = true
	}
	if seconds%secondsPerDay == 0 {
		return strconv.FormatInt(seconds/secondsPerDay, 10)
	}
	sign := ""
	if seconds < 0 {
		sign, seconds = "-", -seconds
	}
	const billion = 1_000_000_000
	rest := (seconds%secondsPerDay*billion + secondsPerDay/2) / secondsPerDay // never as much as a whole day
	return table.PlainDecimal(sign + strconv.FormatInt(seconds/secondsPerDay, 10) + "." +
		strconv.FormatInt(billion+rest, 10)[1:])
}

// isClean reports whether a text is of characters that need no look: printable ASCII.
func isClean(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}
