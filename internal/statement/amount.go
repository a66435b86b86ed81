package statement

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/table"
)

// spelling is how an answer writes its amounts. The zero value reads what can be read without knowing that.
type spelling struct {
	// mark is the decimal mark that the answer is seen to use: '.' or ','; 0 if it shows neither, mixed if both.
	mark     byte
	currency string // ISO code that may stand beside an amount; empty if none may
}

// mixed is the mark of an answer that uses both.
const mixed = '?'

// meaning is what a cell of a column of amounts holds.
type meaning uint8

const (
	nothing    meaning = iota // blank, or a dash that stands for nothing
	figure                    // a number
	unreadable                // anything else, including a number that can be read in two ways
)

// maxAmount limits the length of an amount with all its decoration.
const maxAmount = 120

// parse reads an amount: "1201.00", as QuickBooks' documentation spells it, and what reports were seen to contain
// besides: thousands separators, brackets or a minus at the end for negative amounts, currency signs, percent signs, a
// dash for nothing. "1,234" is a thousand in some languages and little more than one in others: it is unreadable unless
// the mark is known. A percentage is the number before its sign.
func (s spelling) parse(text string) (decimal.Decimal, meaning) {
	digits, negative, what := s.strip(text)
	if what != figure {
		return decimal.Zero, what
	}
	plain, _, ok := normalize(digits, s.mark)
	if !ok {
		return decimal.Zero, unreadable
	}
	d, err := table.ParseDecimal(plain)
	if err != nil {
		return decimal.Zero, unreadable
	}
	if negative {
		d = d.Neg()
	}
	return d, figure
}

// observe returns the decimal mark that the text proves to be in use, or 0 if it proves none.
func (s spelling) observe(text string) byte {
	digits, _, what := s.strip(text)
	if what != figure {
		return 0
	}
	_, proven, ok := normalize(digits, 0)
	if !ok {
		return 0
	}
	return proven
}

// strip removes signs, brackets, currencies and percent signs. What is left begins with a digit or a mark.
func (s spelling) strip(text string) (digits string, negative bool, what meaning) {
	if len(text) > maxAmount || !utf8.ValidString(text) {
		return "", false, unreadable
	}
	text = strings.TrimFunc(text, isBlank)
	if text == "" {
		return "", false, nothing
	}
	signs, brackets, currencies, percents := 0, 0, 0, 0
	for before := ""; before != text; {
		before = text
		text = strings.TrimFunc(text, isBlank)
		if inner, ok := strings.CutPrefix(text, "("); ok {
			if inner, ok = strings.CutSuffix(inner, ")"); !ok {
				return "", false, unreadable
			}
			text, brackets = inner, brackets+1
			continue
		}
		if cut := cutCurrency(text, s.currency); cut != text {
			text, currencies = cut, currencies+1
			continue
		}
		if cut, ok := strings.CutSuffix(text, "%"); ok {
			text, percents = cut, percents+1
			continue
		}
		if cut, sign := cutSign(text); sign != 0 {
			text, negative, signs = cut, sign != '+', signs+1
		}
	}
	switch {
	case text == "" && negative && brackets == 0:
		return "", false, nothing
	case text == "", currencies > 1, percents > 1, brackets > 1, signs+brackets > 1:
		return "", false, unreadable
	}
	return text, negative || brackets > 0, figure
}

// isBlank reports whether r is a space of any width, including those that do not break.
func isBlank(r rune) bool {
	return unicode.IsSpace(r) || r == '\u2007' || r == '\u202f' || r == '\u2060'
}

// dashes are a minus sign, or stand for nothing.
const dashes = "-\u2212\u2010\u2011\u2012\u2013\u2014"

// cutSign removes one sign from either end and returns it, or 0 if there is none.
func cutSign(text string) (string, rune) {
	if r, size := utf8.DecodeRuneInString(text); strings.ContainsRune(dashes+"+", r) {
		return text[size:], r
	}
	if r, size := utf8.DecodeLastRuneInString(text); strings.ContainsRune(dashes, r) {
		return text[:len(text)-size], r
	}
	return text, 0
}

// dollars are what stands before "$" to tell one dollar from another.
var dollars = []string{"US", "CA", "AU", "NZ", "HK", "MX", "R", "A", "C", "S", ""}

// cutCurrency removes a currency sign, or the code, from either end.
func cutCurrency(text, code string) string {
	for _, d := range dollars {
		if cut, ok := strings.CutPrefix(text, d+"$"); ok {
			return cut
		}
		if cut, ok := strings.CutSuffix(text, d+"$"); ok {
			return cut
		}
	}
	if r, size := utf8.DecodeRuneInString(text); unicode.Is(unicode.Sc, r) {
		return text[size:]
	}
	if r, size := utf8.DecodeLastRuneInString(text); unicode.Is(unicode.Sc, r) {
		return text[:len(text)-size]
	}
	if code != "" {
		if cut, ok := strings.CutPrefix(text, code); ok {
			return cut
		}
		if cut, ok := strings.CutSuffix(text, code); ok {
			return cut
		}
	}
	return text
}

// normalize returns an unsigned number in JSON's spelling. mark is the answer's decimal mark as in spelling; proven is
// the one that this number shows, 0 if it shows none.
func normalize(text string, mark byte) (plain string, proven byte, ok bool) {
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		exponent := strings.TrimPrefix(text[at+1:], "+")
		return text, 0, isPlain(text[:at]) && isDigits(strings.TrimPrefix(exponent, "-"))
	}
	points, commas := strings.Count(text, "."), strings.Count(text, ",")
	switch {
	case points+commas == 0:
		plain, ok = joinGroups(text, 0)
		return plain, 0, ok && plain != ""
	case points > 0 && commas > 0: // the one that comes last is the decimal mark
		proven = text[strings.LastIndexAny(text, ".,")]
	case points > 1:
		proven = ','
	case commas > 1:
		proven = '.'
	case couldBeThousands(text):
		return readThousands(text, mark)
	default:
		proven = text[strings.IndexAny(text, ".,")]
	}
	separator := byte('.')
	if proven == '.' {
		separator = ','
	}
	whole, decimals, marked := strings.Cut(text, string(proven))
	if marked && !isDigits(decimals) {
		return "", 0, false
	}
	if whole, ok = joinGroups(whole, separator); !ok {
		return "", 0, false
	}
	if !marked {
		return whole, proven, true
	}
	return whole + "." + decimals, proven, true
}

// couldBeThousands reports whether a number with one mark could be a whole number with one separator.
func couldBeThousands(text string) bool {
	at := strings.IndexAny(text, ".,")
	whole, decimals := text[:at], text[at+1:]
	return isDigits(whole) && isDigits(decimals) && len(decimals) == 3 && whole[0] != '0' && len(whole) <= 3
}

// readThousands reads a number that could be a decimal or a whole one. The point is a decimal mark, as in JSON, unless
// the answer shows otherwise; a comma means nothing until the answer shows what.
func readThousands(text string, mark byte) (plain string, proven byte, ok bool) {
	at := strings.IndexAny(text, ".,")
	switch sign := text[at]; {
	case sign == mark, sign == '.' && mark == 0:
		return text[:at] + "." + text[at+1:], 0, true
	case sign == ',' && mark == '.':
		return text[:at] + text[at+1:], 0, true
	}
	return "", 0, false
}

// joinGroups joins a whole number's groups of thousands, which the separator, an apostrophe or a space may stand
// between. All groups have three digits but the first; in India all but the last have two.
func joinGroups(text string, separator byte) (string, bool) {
	if isDigits(text) || text == "" {
		return text, true
	}
	var groups []string
	start, between := 0, rune(0)
	for i, r := range text {
		if r >= '0' && r <= '9' {
			continue
		}
		if (separator == 0 || r != rune(separator)) && r != '\'' && r != '\u2019' && !isBlank(r) {
			return "", false
		}
		if between != 0 && r != between {
			return "", false
		}
		groups, between, start = append(groups, text[start:i]), r, i+utf8.RuneLen(r)
	}
	groups = append(groups, text[start:])
	size := 3
	if separator == ',' && len(groups) > 2 && len(groups[1]) == 2 {
		size = 2
	}
	for i, g := range groups {
		switch last := i == len(groups)-1; {
		case i == 0 && (len(g) == 0 || len(g) > size || g[0] == '0'),
			last && len(g) != 3,
			i > 0 && !last && len(g) != size:
			return "", false
		}
	}
	return strings.Join(groups, ""), true
}

func isDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

func isPlain(s string) bool {
	whole, decimals, _ := strings.Cut(s, ".")
	return whole+decimals != "" && strings.Trim(whole+decimals, "0123456789") == ""
}
