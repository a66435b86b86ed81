package sheetfile

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/change"
	"ledgersheet/internal/table"
)

// Value is a cell as a workbook stores it: blank (zero value), text, an exact number's text, or a truth value.
type Value = change.Value

// What a workbook holds at most.
// https://support.microsoft.com/office/excel-specifications-and-limits-1672b34d-7043-467e-8e27-269d656771c3
const (
	maxRows     = 1_048_576 // with the header
	maxColumns  = 16_384
	maxCellText = 32_767 // UTF-16 units
)

// cutMark ends a text that was too long for a cell, so that nobody takes it for the whole text.
const cutMark = " … [cut: an Excel cell holds 32,767 characters]"

// Encoder turns cells into values and counts the texts that it had to cut.
type Encoder struct {
	Zone *time.Location // in which instants are shown
	Cut  int
}

// Notes returns what people should know about the values.
func (e *Encoder) Notes() []string {
	if e.Cut == 0 {
		return nil
	}
	return []string{fmt.Sprintf("Texts cut to the 32,767 characters that a cell holds: %d", e.Cut)}
}

// Value returns the cell as a workbook's value. Numbers of more than 15 digits become text, because Excel would round
// them, and so do days that Excel does not have.
func (e *Encoder) Value(c table.Cell) Value {
	if c.Blank() {
		return Value{}
	}
	switch c.Kind() {
	case table.Money, table.Number:
		text := table.PlainDecimal(c.String())
		if table.Digits(text) > table.ExactDigits {
			return Value{Kind: 's', Text: c.String()}
		}
		return Value{Kind: 'n', Text: text}
	case table.Bool:
		return Value{Kind: 'b', Text: c.String()}
	case table.Date, table.DateTime:
		at, _ := c.Time()
		return e.day(c.Kind(), at)
	}
	return e.text(c.String())
}

// epoch is day 0 of Excel's serial dates, from firstDay on: Excel believes that 1900 had a 29th of February.
var (
	epoch    = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	firstDay = time.Date(1900, 3, 1, 0, 0, 0, 0, time.UTC)
	afterAll = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
)

func (e *Encoder) day(kind table.Kind, at time.Time) Value {
	layout := time.DateOnly
	if kind == table.DateTime {
		layout = time.DateTime
		y, m, d := at.In(e.Zone).Date()
		hh, mm, ss := at.In(e.Zone).Clock()
		at = time.Date(y, m, d, hh, mm, ss, 0, time.UTC)
	}
	if at.Before(firstDay) || !at.Before(afterAll) {
		return Value{Kind: 's', Text: at.Format(layout)}
	}
	days := decimal.NewFromInt(at.Unix()-epoch.Unix()).DivRound(decimal.NewFromInt(86400), 9)
	return Value{Kind: 'n', Text: table.PlainDecimal(table.DecimalText(days))}
}

// text drops the control characters that XML cannot hold, and cuts what does not fit.
func (e *Encoder) text(s string) Value {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(newlines.Replace(s), "\uFFFD"))
	if s == "" {
		return Value{}
	}
	s, cut := table.CutText(s, maxCellText, cutMark)
	if cut {
		e.Cut++
	}
	return Value{Kind: 's', Text: s}
}
