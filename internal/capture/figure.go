package capture

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	amount      = regexp.MustCompile(`^[-+(]{0,2}[$€£]?([0-9][0-9,]*(\.[0-9]*)?|\.[0-9]+)\)?$`)
	plainNumber = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?$`)
	// spelt has what is between signs, brackets and currencies of an amount, in any language, and its exponent.
	spelt = regexp.MustCompile(`^[-+−–(]{0,2} ?([A-Z]{0,2}\$|[€£¥₹])?[ \x{a0}]?[-−(]?` +
		`([0-9][0-9.,'’\x{a0}\x{202f}]*|\.[0-9]+)([eE][-+]?[0-9]{1,3})?[ \x{a0}]?[$€£¥₹]?[-−)]{0,2}$`)
	dash       = regexp.MustCompile(`^[-−‐‑‒–—]$`)
	percentage = regexp.MustCompile(`^-?[0-9]*\.?[0-9]+ ?%$`)

	isoDate   = regexp.MustCompile(`^([0-9]{4})(-[0-9]{2}-[0-9]{2})([T ][0-9:.]{5,18}(Z|[-+][0-9:]{4,6})?)?$`)
	year      = regexp.MustCompile(`\b(19|20)[0-9]{2}\b`)
	dateWords = regexp.MustCompile(`(?i)^((jan(uary)?|feb(ruary)?|mar(ch)?|apr(il)?|may|june?|july?|aug(ust)?|` +
		`sept?(ember)?|oct(ober)?|nov(ember)?|dec(ember)?|q[1-4]|as of|to|through)\b|[0-9]{1,2}\b|` +
		`(19|20)[0-9]{2}\b|[-–,./ ])+$`)
)

// number returns the replacement for a JSON number.
func (s *Scrubber) number(text string) string {
	key := s.above(0)
	switch {
	case keptNumbers[key]:
		return text
	case key == "Lat" || key == "Long":
		return "0"
	case isID(key) && digits.MatchString(text):
		return s.id(text)
	}
	mantissa, exponent := text, ""
	if at := strings.IndexAny(text, "eE"); at >= 0 {
		mantissa, exponent = text[:at], text[at:]
	}
	return s.scale(mantissa) + exponent
}

func isID(key string) bool { return key == "id" || strings.HasSuffix(key, "Id") }

// scale multiplies an amount by the capture's factor. The decimals, the sign and the marks around it stay, so sums that
// held hold to the last digit.
func (s *Scrubber) scale(text string) string {
	at := figure.FindStringIndex(text)
	if at == nil {
		return text
	}
	return text[:at[0]] + layOut(multiply(keepDigits(text[at[0]:at[1]]), s.factor), text[at[0]:at[1]]) + text[at[1]:]
}

// figure is what is between signs, brackets and currencies.
var figure = regexp.MustCompile(`[0-9.,'’\x{a0}\x{202f}]*[0-9][.,]?`)

func keepDigits(text string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
}

// layOut spells digits like an amount that had as many or fewer: all marks keep their distance from the end, and
// thousands go on to be parted as they were.
func layOut(all, like string) string {
	template := []rune(like)
	least := len(keepDigits(like))
	if !isDigit(template[0]) {
		least++ // no mark stands first
	}
	for len(all) < least {
		all = "0" + all
	}
	mark, run := findThousands(template), 0
	var out []rune // backwards
	for i := len(template) - 1; all != ""; i-- {
		switch {
		case i >= 0 && !isDigit(template[i]):
			out, run = append(out, template[i]), 0
			continue
		case i < 0 && mark != 0 && run == 3:
			out, run = append(out, mark), 0
		}
		out = append(out, rune(all[len(all)-1]))
		all, run = all[:len(all)-1], run+1
	}
	for len(out) > 1 && out[len(out)-1] == '0' && isDigit(out[len(out)-2]) {
		out = out[:len(out)-1]
	}
	slices.Reverse(out)
	return string(out)
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// findThousands returns what parts thousands in an amount, 0 if nothing does or nobody knows.
func findThousands(amount []rune) rune {
	marks := slices.DeleteFunc(slices.Clone(amount), isDigit)
	switch {
	case len(marks) == 0, len(marks) == 1 && marks[0] == '.':
		return 0
	case len(marks) == 1 && (amount[len(amount)-1] == marks[0] || slices.Index(amount, marks[0]) != len(amount)-4):
		return 0
	}
	return marks[0]
}

// multiply returns digits times by, without leading zeros but never empty.
func multiply(digits string, by int) string {
	out := make([]byte, len(digits)+3) // by has at most three digits
	carry := 0
	for i := len(out) - 1; i >= 0; i-- {
		if at := i - 3; at >= 0 {
			carry += int(digits[at]-'0') * by
		}
		out[i] = byte('0' + carry%10)
		carry /= 10
	}
	if text := strings.TrimLeft(string(out), "0"); text != "" {
		return text
	}
	return "0"
}

// moveDate moves a date, with or without a time; ok is false if text is none.
func (s *Scrubber) moveDate(text string) (moved string, ok bool) {
	parts := isoDate.FindStringSubmatch(text)
	switch {
	case parts == nil:
		// Some reports have "0-00-00" where there is no date.
		return text, strings.Contains(text, "-00") && strings.Trim(text, "0-") == ""
	case strings.Trim(parts[1], "0") == "":
		return text, strings.Trim(text, "0-") == ""
	}
	moved = s.moveYear(parts[1]) + parts[2]
	if _, err := time.Parse(time.DateOnly, moved); err != nil && parts[2] == "-02-29" {
		moved = moved[:8] + "28" // 1900 and 2100 were no leap years
	}
	return moved + parts[3], true
}

func (s *Scrubber) moveYear(text string) string {
	n, err := strconv.Atoi(text)
	if err != nil {
		return text
	}
	return fmt.Sprintf("%04d", max(1, n+s.years))
}

// movePeriod moves the years in a title such as "Jan 1 - 7, 2024"; ok is false if there is more in it than a period.
func (s *Scrubber) movePeriod(text string) (moved string, ok bool) {
	if !strings.ContainsAny(text, "0123456789") || !dateWords.MatchString(text) {
		return "", false
	}
	return year.ReplaceAllStringFunc(text, s.moveYear), true
}
