package table

import (
	"strings"
	"unicode/utf16"
)

// ExactDigits is the number of decimal digits that a double keeps exactly. Spreadsheet programs compute with doubles.
const ExactDigits = 15

// PlainDecimal removes trailing zeros from a decimal's text, so that it compares equal to a double that a spreadsheet
// program was given and gave back.
func PlainDecimal(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// Digits counts the digits of a decimal's text between the first and the last one that is not 0.
func Digits(s string) int {
	first, last := strings.IndexAny(s, "123456789"), strings.LastIndexAny(s, "123456789")
	if first < 0 {
		return 0
	}
	n := last - first + 1
	if point := strings.IndexByte(s, '.'); point > first && point < last {
		n--
	}
	return n
}

// CutText returns a text of at most so many UTF-16 units, as spreadsheet programs count them. A text that is cut ends
// with the mark, and no character is cut in half.
func CutText(s string, most int, mark string) (text string, cut bool) {
	if len(s) <= most {
		return s, false
	}
	units := utf16.Encode([]rune(s))
	if len(units) <= most {
		return s, false
	}
	keep := units[:most-len(utf16.Encode([]rune(mark)))]
	if last := keep[len(keep)-1]; last >= 0xD800 && last < 0xDC00 {
		keep = keep[:len(keep)-1]
	}
	return string(utf16.Decode(keep)) + mark, true
}
