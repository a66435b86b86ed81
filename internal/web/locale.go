package web

import (
	"bytes"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/language"
	"golang.org/x/text/message"
	textnumber "golang.org/x/text/number"
)

// Marks in texts that become pages. They are of Unicode's private use and stand around a number in plain decimal, or
// around a time: its form, its seconds since 1970, and a time zone that it is about, if it is about one.
const (
	numberBegins = '\uE000'
	timeBegins   = '\uE001'
	markEnds     = '\uE002'
)

// The forms of times.
const (
	formExact = 'e' // 22 Nov 2026, 10:15:34 UTC
	formDay   = 'd' // 22 Nov 2026
	formDate  = 'b' // 22 Nov 2026, a day of books, which is the same in all time zones
	formDue   = 'w' // Sun 22 Nov 2026, 10:15 UTC
	formClock = 'c' // 10:15 UTC, or 22 Nov 2026, 10:15 UTC

	timeForms = "edwb"
)

// longestMark is longer than any mark.
const longestMark = 400

// markNumber marks a decimal. Other texts are returned unchanged.
func markNumber(decimal string) string {
	if !isDecimal(decimal) {
		return decimal
	}
	return string(numberBegins) + decimal + string(markEnds)
}

// markTime marks a time in a form. Where about is not the viewer's zone, its time comes second, with the zone's name.
// about may be nil.
func markTime(t time.Time, form rune, about *time.Location) string {
	text := string(timeBegins) + string(form) + strconv.FormatInt(t.Unix(), 10)
	if about != nil {
		text += ";" + about.String()
	}
	return text + string(markEnds)
}

// markDate marks a day of books, which t begins in UTC.
func markDate(t time.Time) string { return markTime(t, formDate, nil) }

// markDates marks the days in a text that are written as 2006-01-02.
func markDates(text string) string {
	const length = len(time.DateOnly)
	var b strings.Builder
	for i := 0; i < len(text); {
		if i+length <= len(text) {
			if day, err := time.Parse(time.DateOnly, text[i:i+length]); err == nil {
				b.WriteString(markDate(day))
				i += length
				continue
			}
		}
		b.WriteByte(text[i])
		i++
	}
	return b.String()
}

// markClock marks a time that is written with its day only if that is not the viewer's day at now.
func markClock(t, now time.Time) string {
	return string(timeBegins) + string(formClock) + strconv.FormatInt(t.Unix(), 10) + ";" +
		strconv.FormatInt(now.Unix(), 10) + string(markEnds)
}

func isDecimal(s string) bool {
	whole, places, dot := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	digits := func(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
	return digits(whole) && (!dot || digits(places))
}

// write replaces the marks in a page by numbers and times as the viewer writes them.
func (v viewer) write(page []byte) []byte {
	const lead = "\xee\x80" // begins all three marks in UTF-8
	if !bytes.Contains(page, []byte(lead)) {
		return page
	}
	out := make([]byte, 0, len(page)+len(page)/16)
	for {
		i := bytes.Index(page, []byte(lead))
		if i < 0 {
			return append(out, page...)
		}
		out = append(out, page[:i]...)
		begins, size := utf8.DecodeRune(page[i:])
		page = page[i+size:]
		end := bytes.Index(page[:min(len(page), longestMark)], []byte(string(markEnds)))
		text, ok := "", false
		if end >= 0 {
			text, ok = v.replace(begins, string(page[:end]))
		}
		if !ok { // somebody's own sign
			out = utf8.AppendRune(out, begins)
			continue
		}
		out = append(out, text...)
		page = page[end+utf8.RuneLen(markEnds):]
	}
}

func (v viewer) replace(begins rune, content string) (string, bool) {
	switch {
	case begins == numberBegins && isDecimal(content):
		return v.number(content), true
	case begins == numberBegins && isDecimal("0"+content): // the end of a number that stands in two parts
		return v.numbers.point + content[1:], true
	case begins == timeBegins && content != "":
		seconds, about, _ := strings.Cut(content[1:], ";")
		n, err := strconv.ParseInt(seconds, 10, 64)
		if now, wrong := strconv.ParseInt(about, 10, 64); content[0] == formClock && err == nil && wrong == nil {
			return v.clock(time.Unix(n, 0), time.Unix(now, 0)), true
		}
		zone, found := findZone(about)
		if err != nil || about != "" && !found || !strings.ContainsRune(timeForms, rune(content[0])) {
			return "", false
		}
		return v.time(time.Unix(n, 0), rune(content[0]), zone), true
	}
	return "", false
}

// time returns a time in the viewer's zone and, where that differs, in the zone that it is about, which may be nil.
func (v viewer) time(t time.Time, form rune, about *time.Location) string {
	switch form {
	case formDay:
		return t.In(v.zone).Format(v.dates.day)
	case formDate:
		return t.UTC().Format(v.dates.day)
	}
	layout := v.dates.day + ", " + v.dates.second
	if form == formDue {
		layout = "Mon " + v.dates.day + ", " + v.dates.minute
	}
	here := t.In(v.zone)
	text := here.Format(layout) + " " + zoneWord(here)
	if about == nil || offsetOf(t.In(about)) == offsetOf(here) {
		return text
	}
	there := t.In(about)
	short := v.dates.minute
	if there.YearDay() != here.YearDay() {
		short = "Mon " + short
	}
	return text + " (" + there.Format(short) + " in " + about.String() + ")"
}

func (v viewer) clock(t, now time.Time) string {
	t, now = t.In(v.zone), now.In(v.zone)
	text := t.Format(v.dates.minute) + " " + zoneWord(t)
	if t.Year() == now.Year() && t.YearDay() == now.YearDay() {
		return text
	}
	return t.Format(v.dates.day) + ", " + text
}

func offsetOf(t time.Time) int {
	_, offset := t.Zone()
	return offset
}

// zoneWord names the zone of a time. Where the database has only an offset, that is what people get.
func zoneWord(t time.Time) string {
	name, _ := t.Zone()
	if strings.ContainsFunc(name, unicode.IsLetter) {
		return name
	}
	return "UTC" + t.Format("-07:00")
}

// numberStyle is how numbers are written.
type numberStyle struct {
	group, point string
	first, rest  int // digits in the group next to the point, and in the others
}

// numberStyleOf finds a style out from how the library writes some numbers. It writes no figure of the books itself: it
// takes floats, and those stay decimal text. The digits are always 0 to 9, as everywhere else in the page.
func numberStyleOf(tag language.Tag) numberStyle {
	if latin, err := tag.SetTypeForKey("nu", "latn"); err == nil {
		tag = latin
	}
	p := message.NewPrinter(tag)
	s := numberStyle{group: ",", point: ".", first: 3, rest: 3}
	parts, between := splitDigits(p.Sprint(textnumber.Decimal(1234567890)))
	if len(parts) > 1 && len(between) > 0 {
		s.group, s.first, s.rest = between[0], len(parts[len(parts)-1]), len(parts[len(parts)-2])
	}
	if _, point := splitDigits(p.Sprint(textnumber.Decimal(1.5))); len(point) == 1 {
		s.point = point[0]
	}
	return s
}

// splitDigits returns the runs of digits in a text, and what stands between them.
func splitDigits(text string) (runs, between []string) {
	other := ""
	for _, r := range text {
		switch {
		case r < '0' || r > '9':
			other += string(r)
		case len(runs) == 0 || other != "":
			if len(runs) > 0 {
				between = append(between, other)
			}
			runs, other = append(runs, string(r)), ""
		default:
			runs[len(runs)-1] += string(r)
		}
	}
	return runs, between
}

// number writes a decimal, digit by digit.
func (v viewer) number(decimal string) string {
	s := v.numbers
	digits, negative := strings.CutPrefix(decimal, "-")
	whole, places, dot := strings.Cut(digits, ".")
	var b strings.Builder
	if negative {
		b.WriteString("−")
	}
	for i, r := range whole {
		left := len(whole) - i // digits from here to the point
		if i > 0 && left >= s.first && (left-s.first)%s.rest == 0 {
			b.WriteString(s.group)
		}
		b.WriteRune(r)
	}
	if dot {
		b.WriteString(s.point + places)
	}
	return b.String()
}
