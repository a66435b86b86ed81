package googlesim

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"sync"

	"github.com/shopspring/decimal"
	"google.golang.org/api/sheets/v4"
)

// formatTable numbers the cell formats of a spreadsheet, so that a cell carries four bytes. It only
// grows: the numbers of older states stay good.
type formatTable struct {
	mu      sync.Mutex
	formats []*sheets.CellFormat
	byText  map[string]uint32
}

func newFormatTable() *formatTable {
	return &formatTable{formats: []*sheets.CellFormat{nil}, byText: map[string]uint32{"{}": 0}}
}

// get returns the format with a number; nil is the default format. It must not be changed.
func (t *formatTable) get(id uint32) *sheets.CellFormat {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.formats[id]
}

// number returns the number of a format, which must not be changed afterwards.
func (t *formatTable) number(f *sheets.CellFormat) uint32 {
	if f == nil {
		return 0
	}
	raw, err := json.Marshal(f)
	if err != nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if id, ok := t.byText[string(raw)]; ok {
		return id
	}
	id := uint32(len(t.formats))
	t.formats = append(t.formats, f)
	t.byText[string(raw)] = id
	return id
}

// defaultPatterns are the en_US patterns of a number format that names only its type.
var defaultPatterns = map[string]string{
	"TEXT": "@", "NUMBER": "#,##0.00", "PERCENT": "0.00%", "CURRENCY": `"$"#,##0.00`, "DATE": "m/d/yyyy",
	"TIME": "h:mm:ss am/pm", "DATE_TIME": "m/d/yyyy h:mm:ss", "SCIENTIFIC": "0.00E+00",
}

// format returns the text a cell shows.
func (st *state) format(v value, format uint32) string {
	pattern := ""
	if f := st.formats.get(format); f != nil && f.NumberFormat != nil {
		pattern = f.NumberFormat.Pattern
		if pattern == "" {
			pattern = defaultPatterns[f.NumberFormat.Type]
		}
	}
	return formatValue(v, pattern)
}

// formatValue applies a number format pattern; an empty one is the automatic format.
func formatValue(v value, pattern string) string {
	sections := splitSections(pattern)
	switch v.kind {
	case kindText:
		if len(sections) == 4 {
			return strings.ReplaceAll(literals(sections[3]), "@", v.str)
		}
		return v.str
	case kindNumber:
	default:
		return display(v)
	}
	if pattern == "" || strings.EqualFold(pattern, "general") || pattern == "@" {
		return automaticNumber(v.num)
	}
	section, f := sections[0], v.num
	switch {
	case f < 0 && len(sections) > 1:
		section, f = sections[1], -f
	case f == 0 && len(sections) > 2:
		section = sections[2]
	}
	if isDatePattern(section) {
		return formatDate(v.num, section)
	}
	return formatNumber(f, section)
}

// automaticNumber shows ten significant digits, and all digits of whole numbers.
func automaticNumber(f float64) string {
	if f == math.Trunc(f) || math.Abs(f) >= 1e10 || math.Abs(f) < 1e-4 {
		return generalNumber(f)
	}
	rounded, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', 10, 64), 64)
	if err != nil {
		return generalNumber(f)
	}
	return generalNumber(rounded)
}

// splitSections cuts a pattern at semicolons outside quotes.
func splitSections(pattern string) []string {
	var out []string
	start, quoted := 0, false
	for i := 0; i < len(pattern); i++ {
		switch pattern[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		case ';':
			if !quoted {
				out = append(out, pattern[start:i])
				start = i + 1
			}
		}
	}
	return append(out, pattern[start:])
}

// piece is a part of a pattern: literal text or a run of format letters.
type piece struct {
	text    string
	literal bool
}

// pieces cuts a section into literals and single format characters.
func pieces(section string) []piece {
	var out []piece
	for i := 0; i < len(section); i++ {
		switch c := section[i]; c {
		case '"':
			end := strings.IndexByte(section[i+1:], '"')
			if end < 0 {
				end = len(section) - i - 1
			}
			out = append(out, piece{section[i+1 : i+1+end], true})
			i += end + 1
		case '\\':
			if i+1 < len(section) {
				i++
				out = append(out, piece{section[i : i+1], true})
			}
		case '_':
			out = append(out, piece{" ", true})
			i++
		case '*':
			i++ // fill to the width of the column: nothing in plain text
		case '[':
			end := strings.IndexByte(section[i:], ']')
			if end < 0 {
				return append(out, piece{section[i:], true})
			}
			inside := section[i+1 : i+end]
			if symbol, ok := strings.CutPrefix(inside, "$"); ok {
				symbol, _, _ = strings.Cut(symbol, "-")
				out = append(out, piece{symbol, true})
			} else if strings.Trim(strings.ToLower(inside), "hms") == "" {
				out = append(out, piece{"[" + strings.ToLower(inside) + "]", false})
			}
			i += end
		default:
			out = append(out, piece{section[i : i+1], false})
		}
	}
	return out
}

func literals(section string) string {
	var b strings.Builder
	for _, p := range pieces(section) {
		b.WriteString(p.text)
	}
	return b.String()
}

func isDatePattern(section string) bool {
	for _, p := range pieces(section) {
		if !p.literal && (strings.ContainsAny(p.text, "yYdDhHmMsS") || strings.HasPrefix(p.text, "[")) {
			return true
		}
	}
	return false
}

// formatNumber fills a numeric section. Digits come from the 15 significant ones Sheets keeps and
// are rounded half away from zero.
func formatNumber(f float64, section string) string {
	parts := pieces(section)
	var before, after strings.Builder
	var body string
	percent, scientific := 0, false
	for i := 0; i < len(parts); i++ {
		p := parts[i]
		switch {
		case !p.literal && strings.Contains("0#?.,", p.text) && after.Len() == 0:
			body += p.text
			continue
		case !p.literal && strings.EqualFold(p.text, "E") && body != "" && i+1 < len(parts) &&
			strings.Contains("+-", parts[i+1].text):
			scientific = true
			for i += 2; i < len(parts) && !parts[i].literal && parts[i].text == "0"; i++ {
			}
			i--
			continue
		case !p.literal && p.text == "%":
			percent++
		case !p.literal && p.text == "@":
			p.text = generalNumber(f)
		}
		if body == "" {
			before.WriteString(p.text)
		} else {
			after.WriteString(p.text)
		}
	}
	if body == "" {
		if f < 0 {
			return "-" + before.String()
		}
		return before.String()
	}
	negative := f < 0
	text := fillDigits(math.Abs(f), body, percent, scientific)
	if negative && strings.Trim(text, "0.,") != "" {
		return "-" + before.String() + text + after.String()
	}
	return before.String() + text + after.String()
}

func fillDigits(f float64, body string, percent int, scientific bool) string {
	whole, fraction, hasPoint := strings.Cut(body, ".")
	// Commas after the last digit divide by a thousand each.
	trimmed, decimals := strings.TrimRight(whole, ","), strings.TrimRight(fraction, ",")
	scale := len(whole) - len(trimmed) + len(fraction) - len(decimals)
	thousands := strings.Contains(trimmed, ",")
	minWhole := strings.Count(trimmed, "0")
	maxPlaces, minPlaces := len(decimals), strings.Count(decimals, "0")
	if scientific {
		mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'E', maxPlaces, 64), "E")
		return mantissa + "E" + exponent
	}
	d, err := decimal.NewFromString(strconv.FormatFloat(f, 'g', 15, 64))
	if err != nil {
		return generalNumber(f)
	}
	d = d.Shift(int32(2*percent - 3*scale))
	text := d.StringFixed(int32(maxPlaces))
	digits, places, _ := strings.Cut(text, ".")
	for len(places) > minPlaces && strings.HasSuffix(places, "0") {
		places = places[:len(places)-1]
	}
	if digits == "0" && minWhole == 0 {
		digits = ""
	}
	for len(digits) < minWhole {
		digits = "0" + digits
	}
	if thousands {
		for i := len(digits) - 3; i > 0; i -= 3 {
			digits = digits[:i] + "," + digits[i:]
		}
	}
	if places == "" && !(hasPoint && maxPlaces == 0) {
		return digits
	}
	return digits + "." + places
}
