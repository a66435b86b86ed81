package record

import (
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/table"
)

// Convert makes a cell of the wanted kind from a value returned by Lookup. A value that does not fit the kind becomes
// text rather than being lost. Numbers in a Text column keep their spelling.
func Convert(v any, want table.Kind) table.Cell { return convert(scalarText(v), want) }

func convert(text string, want table.Kind) table.Cell {
	if text == "" {
		return table.Cell{}
	}
	switch want {
	case table.Money, table.Number:
		if c, ok := table.ParseCell(want, text); ok {
			return c
		}
	case table.Date:
		if t, ok := parseDay(text); ok {
			return table.DateOf(t)
		}
	case table.DateTime:
		if t, err := time.Parse(time.RFC3339, text); err == nil {
			return table.DateTimeOf(t)
		}
	case table.Bool:
		switch strings.ToLower(text) {
		case "true":
			return table.BoolOf(true)
		case "false":
			return table.BoolOf(false)
		}
	}
	return table.TextOf(text)
}

// OwnKind returns the kind of a value by its JSON type, for paths that no catalogue lists. guess says only which
// numbers are amounts, and which texts are days or instants. Text is never taken for a number, so that codes keep their
// zeros.
func OwnKind(v any, guess table.Kind) table.Kind {
	_, number := v.(json.Number)
	_, truth := v.(bool)
	return ownKind(number, truth, guess)
}

func ownKind(number, truth bool, guess table.Kind) table.Kind {
	switch {
	case truth:
		return table.Bool
	case number && guess != table.Money:
		return table.Number
	case !number && guess != table.Date && guess != table.DateTime:
		return table.Text
	}
	return guess
}

// ConvertOwn is Convert for paths that no catalogue lists: what is text in JSON does not become a number or a boolean.
func ConvertOwn(v any, want table.Kind) table.Cell {
	if own := OwnKind(v, want); own == table.Text {
		want = own
	}
	return Convert(v, want)
}

// parseDay parses 2006-01-02, alone, before an offset (2006-01-02-07:00) or at the start of a timestamp. The day is the
// one that is written: a TxnDate has no zone, so it is never converted.
func parseDay(s string) (time.Time, bool) {
	if len(s) > 10 && (s[10] == 'T' || offset.MatchString(s[10:])) {
		s = s[:10]
	}
	t, err := time.Parse(time.DateOnly, s)
	return t, err == nil
}

// offset matches what may follow a day in XML's spelling of dates.
var offset = regexp.MustCompile(`^(Z|[+-]\d\d:\d\d)$`)

// customField begins the paths of custom fields.
const customField = "CustomField."

// GuessKind guesses the kind of a path that no catalogue lists, from QuickBooks' naming conventions.
func GuessKind(p Path) table.Kind {
	leaf := p.Leaf()
	switch {
	case strings.HasPrefix(p.text, customField), strings.Contains(p.text, "."+customField):
		return table.Text
	case strings.HasSuffix(leaf, "Time"):
		return table.DateTime
	case strings.HasSuffix(leaf, "Date"):
		return table.Date
	case hasSuffixOf(leaf, "Amt", "Amount", "Balance", "UnitPrice", "TotalTax", "Cost", "Credit", "BalanceWithJobs",
		"CurrentBalanceWithSubAccounts", "HourlyRate"):
		return table.Money
	case hasSuffixOf(leaf, "Qty", "Quantity", "Rate", "Percent", "LineNum", "QtyOnHand", "Hours", "Minutes", "Level",
		"DueDays", "DiscountDays"):
		return table.Number
	case hasSuffixOf(leaf, "Active", "Taxable", "Job", "Adjustment", "PercentBased"):
		return table.Bool
	}
	return table.Text
}

func hasSuffixOf(s string, suffixes ...string) bool {
	for _, x := range suffixes {
		if strings.HasSuffix(s, x) {
			return true
		}
	}
	return false
}

// Decimal returns the member as a decimal; ok is false if it is missing or not a number.
func (r Record) Decimal(name string) (decimal.Decimal, bool) {
	d, err := table.ParseDecimal(r.Text(name))
	return d, err == nil
}
