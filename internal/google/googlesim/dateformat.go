package googlesim

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// serialTime is the moment of a serial number: days since 1899-12-30, to the millisecond.
func serialTime(serial float64) time.Time {
	days := math.Floor(serial)
	millis := math.Round((serial - days) * 86_400_000)
	return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(days)).
		Add(time.Duration(millis) * time.Millisecond)
}

func formatDate(serial float64, section string) string {
	if math.Abs(serial) > 3_000_000 {
		return generalNumber(serial)
	}
	var runs []piece
	lower := strings.ToLower(section)
	half := strings.Contains(lower, "am/pm") || strings.Contains(lower, "a/p")
	for _, p := range pieces(section) {
		if p.literal {
			runs = append(runs, p)
			continue
		}
		c := strings.ToLower(p.text)
		if n := len(runs); n > 0 && !runs[n-1].literal && len(c) == 1 && strings.HasSuffix(runs[n-1].text, c) &&
			strings.Contains("ymdhs0", c) {
			runs[n-1].text += c
			continue
		}
		runs = append(runs, piece{c, false})
	}
	t := serialTime(serial)
	var b strings.Builder
	for i := 0; i < len(runs); i++ {
		if !runs[i].literal && runs[i].text == "a" {
			if word, n := meridiem(runs[i:], t); n > 0 {
				b.WriteString(word)
				i += n - 1
				continue
			}
		}
		if runs[i].literal {
			b.WriteString(runs[i].text)
			continue
		}
		b.WriteString(datePart(runs, i, t, serial, half))
	}
	return b.String()
}

// meridiem reads am/pm or a/p at the start of the runs.
func meridiem(runs []piece, t time.Time) (string, int) {
	var joined string
	for n, r := range runs {
		joined += r.text
		switch joined {
		case "am/pm":
			return t.Format("PM"), n + 1
		case "a/p":
			return t.Format("PM")[:1], n + 1
		}
		if n == 4 {
			break
		}
	}
	return "", 0
}

func datePart(runs []piece, i int, t time.Time, serial float64, half bool) string {
	hour := t.Hour()
	if half {
		hour = (hour+11)%12 + 1
	}
	pad := func(n int) string {
		if len(runs[i].text) > 1 {
			return twoDigits(n)
		}
		return strconv.Itoa(n)
	}
	switch text := runs[i].text; {
	case strings.HasPrefix(text, "[h"):
		return strconv.Itoa(int(math.Floor(serial*24 + 1e-9)))
	case strings.HasPrefix(text, "[m"):
		return strconv.Itoa(int(math.Floor(serial*1440 + 1e-9)))
	case strings.HasPrefix(text, "[s"):
		return strconv.Itoa(int(math.Floor(serial*86400 + 1e-6)))
	case text == "y" || text == "yy":
		return t.Format("06")
	case text[0] == 'y':
		return t.Format("2006")
	case text[0] == 'd' && len(text) > 3:
		return t.Format("Monday")
	case text == "ddd":
		return t.Format("Mon")
	case text[0] == 'd':
		return pad(t.Day())
	case text[0] == 'h':
		return pad(hour)
	case text[0] == 's':
		return pad(t.Second())
	case text[0] == 'm' && isMinute(runs, i):
		return pad(t.Minute())
	case text[0] == 'm' && len(text) > 3:
		return t.Format("January")
	case text == "mmm":
		return t.Format("Jan")
	case text[0] == 'm':
		return pad(int(t.Month()))
	case text[0] == '0':
		return strconv.Itoa(1000 + t.Nanosecond()/1_000_000)[1:][:min(3, len(text))]
	}
	return runs[i].text
}

// isMinute tells minutes from months: after an hour or before a second.
func isMinute(runs []piece, i int) bool {
	for j := i - 1; j >= 0; j-- {
		if !runs[j].literal && strings.Contains("ymdhs[", runs[j].text[:1]) {
			if runs[j].text[0] == 'h' || runs[j].text[0] == '[' {
				return true
			}
			break
		}
	}
	for j := i + 1; j < len(runs); j++ {
		if !runs[j].literal && strings.Contains("ymdhs", runs[j].text[:1]) {
			return runs[j].text[0] == 's'
		}
	}
	return false
}
