package googlesim

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"google.golang.org/api/sheets/v4"
)

var (
	typedNumber = regexp.MustCompile(`^[+-]?([0-9]{1,3}(,[0-9]{3})+|[0-9]+)?(\.[0-9]*)?([eE][+-]?[0-9]+)?$`)
	typedISO    = regexp.MustCompile(`^([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})$`)
	typedUS     = regexp.MustCompile(`^([0-9]{1,2})[-/]([0-9]{1,2})[-/]([0-9]{2}|[0-9]{4})$`)
	typedDay    = regexp.MustCompile(`^([0-9]{1,2})[-/]([0-9]{1,2})$`)
	typedTime   = regexp.MustCompile(`^([0-9]{1,2}):([0-9]{2})(:([0-9]{2}))?\s*([aApP][mM])?$`)
)

// typedValue returns what text becomes when a person types it: a number, a bool or the text itself. Dates without a
// year stay text.
func typedValue(text string) value {
	v, _ := typed(text, 0)
	return v
}

// typed reads text as the spreadsheet's page does for en_US, with the number format it brings along;
// year completes dates that name none.
func typed(text string, year int) (value, *sheets.NumberFormat) {
	s := strings.TrimSpace(text)
	switch strings.ToUpper(s) {
	case "":
		return textValue(text), nil
	case "TRUE":
		return boolValue(true), nil
	case "FALSE":
		return boolValue(false), nil
	}
	if f, comma, ok := plainNumber(s); ok {
		switch {
		case strings.ContainsAny(s, "eE"):
			return numberValue(f), &sheets.NumberFormat{Type: "SCIENTIFIC", Pattern: "0.00E+00"}
		case comma && strings.Contains(s, "."):
			return numberValue(f), &sheets.NumberFormat{Type: "NUMBER", Pattern: "#,##0.00"}
		case comma:
			return numberValue(f), &sheets.NumberFormat{Type: "NUMBER", Pattern: "#,##0"}
		}
		return numberValue(f), nil
	}
	if inner, ok := strings.CutSuffix(s, "%"); ok {
		if f, _, ok := plainNumber(inner); ok {
			pattern := "0%"
			if strings.Contains(inner, ".") {
				pattern = "0.00%"
			}
			return numberValue(f / 100), &sheets.NumberFormat{Type: "PERCENT", Pattern: pattern}
		}
	}
	if f, ok := typedCurrency(s); ok {
		return numberValue(f), &sheets.NumberFormat{Type: "CURRENCY", Pattern: `"$"#,##0.00`}
	}
	if v, f, ok := typedDate(s, year); ok {
		return v, f
	}
	return textValue(text), nil
}

func plainNumber(s string) (f float64, comma, ok bool) {
	if !typedNumber.MatchString(s) || !strings.ContainsAny(s, "0123456789") ||
		strings.HasPrefix(strings.TrimLeft(s, "+-"), "e") {
		return 0, false, false
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", ""), 64)
	return f, strings.Contains(s, ","), err == nil
}

func typedCurrency(s string) (float64, bool) {
	sign := 1.0
	if inner, ok := strings.CutPrefix(s, "-"); ok {
		s, sign = inner, -1
	}
	if strings.HasPrefix(s, "($") && strings.HasSuffix(s, ")") {
		s, sign = s[1:len(s)-1], -sign
	}
	inner, ok := strings.CutPrefix(s, "$")
	if !ok {
		return 0, false
	}
	f, _, ok := plainNumber(inner)
	return f * sign, ok
}

func typedDate(s string, year int) (value, *sheets.NumberFormat, bool) {
	day, clock, both := strings.Cut(s, " ")
	if f, ok := typedClock(s); ok {
		return numberValue(f), &sheets.NumberFormat{Type: "TIME", Pattern: "h:mm:ss am/pm"}, true
	}
	serial, pattern, ok := typedCalendar(day, year)
	if !ok {
		return value{}, nil, false
	}
	if !both {
		return numberValue(serial), &sheets.NumberFormat{Type: "DATE", Pattern: pattern}, true
	}
	f, ok := typedClock(strings.TrimSpace(clock))
	if !ok {
		return value{}, nil, false
	}
	return numberValue(serial + f), &sheets.NumberFormat{Type: "DATE_TIME", Pattern: pattern + " h:mm:ss"}, true
}

func typedCalendar(s string, year int) (float64, string, bool) {
	n := func(s string) int { i, _ := strconv.Atoi(s); return i }
	if m := typedISO.FindStringSubmatch(s); m != nil {
		f, ok := dateSerial(n(m[1]), n(m[2]), n(m[3]))
		return f, "yyyy-mm-dd", ok
	}
	if m := typedUS.FindStringSubmatch(s); m != nil {
		y := n(m[3])
		if len(m[3]) == 2 {
			y += 2000
		}
		f, ok := dateSerial(y, n(m[1]), n(m[2]))
		return f, "m/d/yyyy", ok
	}
	if m := typedDay.FindStringSubmatch(s); m != nil && year > 0 {
		f, ok := dateSerial(year, n(m[1]), n(m[2]))
		return f, "m/d", ok
	}
	return 0, "", false
}

func typedClock(s string) (float64, bool) {
	m := typedTime.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	n := func(s string) int { i, _ := strconv.Atoi(s); return i }
	hour := n(m[1])
	if m[5] != "" {
		if hour < 1 || hour > 12 {
			return 0, false
		}
		hour %= 12
		if strings.EqualFold(m[5], "pm") {
			hour += 12
		}
	}
	if hour > 23 || n(m[2]) > 59 || n(m[4]) > 59 {
		return 0, false
	}
	return float64(hour*3600+n(m[2])*60+n(m[4])) / 86400, true
}

// dateSerial is the serial number of a calendar date that exists.
func dateSerial(y, m, d int) (float64, bool) {
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if t.Day() != d || int(t.Month()) != m {
		return 0, false
	}
	return float64(t.Sub(time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)) / (24 * time.Hour)), true
}

// maxCellChars is the most a cell can hold; Sheets counts UTF-16 units.
const maxCellChars = 50_000

func checkLength(text string) error {
	if len(text) <= maxCellChars {
		return nil
	}
	n := 0
	for _, r := range text {
		n += utf16.RuneLen(r)
	}
	if n > maxCellChars {
		return badRequest("Your input contains more than the maximum of %d characters in a single cell.", maxCellChars)
	}
	return nil
}

// typedCell returns the content of a cell after a person typed the text into it, and the number format that came with
// it. current is the cell's present format: a cell formatted as text keeps text.
func (st *state) typedCell(text string, current uint32, year int) (cell, *sheets.NumberFormat) {
	if text == "" {
		return cell{}, nil
	}
	if f := st.formats.get(current); f != nil && f.NumberFormat != nil && f.NumberFormat.Type == "TEXT" {
		return cell{kind: kindText, str: text}, nil
	}
	if rest, ok := strings.CutPrefix(text, "'"); ok {
		return cell{kind: kindText, str: rest}, nil
	}
	if rest, ok := strings.CutPrefix(text, "="); ok && rest != "" {
		return formulaContent(st.parseFormula(rest)), nil
	}
	v, format := typed(text, year)
	if v.kind == kindText && (text[0] == '+' || text[0] == '-') && len(text) > 1 {
		if f := st.parseFormula(text); f.tree != nil {
			return formulaContent(f), nil
		}
	}
	return cell{kind: v.kind, num: v.num, str: v.str}, format
}

func formulaContent(f *formula) cell {
	return cell{kind: kindFormula, extra: &extra{formula: f}}
}
