package google

import (
	"encoding/json"
	"strings"
	"time"

	"ledgersheet/internal/change"
	"ledgersheet/internal/table"
)

// maxCellText is the largest number of UTF-16 units in a Sheets cell.
// https://developers.google.com/workspace/sheets/api/limits
const maxCellText = 50_000

// cutMark ends a text that was too long for a cell, so that nobody takes it for the whole text.
const cutMark = " … [cut: a Google Sheets cell holds 50,000 characters]"

// value is a cell as Sheets stores it: blank (zero value), text, an exact number's text, or a truth value.
type value = change.Value

// encoder turns cells into values and counts the texts it had to cut.
type encoder struct {
	zone  *time.Location // the spreadsheet's, in which instants are shown
	zoned bool           // there was an instant, so that values depend on the zone
	cut   int
}

// epoch is day 0 of Sheets' serial dates.
var epoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

// value returns the cell as a Sheets value. Numbers of more than 15 digits become text, because Sheets would round
// them.
func (e *encoder) value(c table.Cell) value {
	if c.Blank() {
		return value{}
	}
	if c.Kind() == table.Money || c.Kind() == table.Number {
		text := table.PlainDecimal(c.String())
		if len(text) > table.ExactDigits && table.Digits(text) > table.ExactDigits {
			return value{Kind: 's', Text: c.String()}
		}
		return value{Kind: 'n', Text: text}
	}
	if b, ok := c.Bool(); ok {
		if b {
			return value{Kind: 'b', Text: "true"}
		}
		return value{Kind: 'b', Text: "false"}
	}
	if at, ok := c.Time(); ok {
		return value{Kind: 'n', Text: e.serial(c.Kind(), at)}
	}
	return e.text(c.String())
}

func (e *encoder) text(s string) value {
	if len(s) <= maxCellText && isClean(s) {
		if s == "" {
			return value{}
		}
		return value{Kind: 's', Text: s}
	}
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' {
			return -1 // Sheets drops control characters; a value that comes back changed would look like a hand edit
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	if s == "" {
		return value{}
	}
	s, cut := table.CutText(s, maxCellText, cutMark)
	if cut {
		e.cut++
	}
	return value{Kind: 's', Text: s}
}

// readValue converts a value from a values.get answer with UNFORMATTED_VALUE.
func readValue(v any) value {
	switch v := v.(type) {
	case string:
		if v == "" {
			return value{}
		}
		return value{Kind: 's', Text: v}
	case bool:
		if v {
			return value{Kind: 'b', Text: "true"}
		}
		return value{Kind: 'b', Text: "false"}
	case json.Number:
		if c, ok := table.ParseCell(table.Number, v.String()); ok {
			return value{Kind: 'n', Text: table.PlainDecimal(c.String())}
		}
		return value{Kind: 'n', Text: v.String()}
	}
	return value{}
}
