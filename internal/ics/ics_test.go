package ics

import (
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// unfold checks the form of content lines and returns them whole.
func unfold(t interface{ Fatalf(string, ...any) }, text string) (lines []string) {
	if !strings.HasSuffix(text, "\r\n") || !utf8.ValidString(text) {
		t.Fatalf("not CRLF at the end, or not UTF-8: %q", text)
	}
	for line := range strings.SplitSeq(strings.TrimSuffix(text, "\r\n"), "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n\x00") {
			t.Fatalf("the line %q has %d octets, or half a character", line, len(line))
		}
		if more, folded := strings.CutPrefix(line, " "); folded && len(lines) > 0 {
			lines[len(lines)-1] += more
			continue
		}
		lines = append(lines, line)
	}
	return lines
}

// unescape returns the text of a TEXT value.
func unescape(value string) string {
	return strings.NewReplacer(`\\`, `\`, `\;`, ";", `\,`, ",", `\n`, "\n").Replace(value)
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 31, 23, 30, 0, 0, time.FixedZone("", -5*3600))
	got := unfold(t, string(Calendar{
		Name: "Ends, of connections", Made: at, Every: 12 * time.Hour,
		Events: []Event{{
			UID: "a-1@b.test", Day: at, Title: "Alder & Sons; the end", Text: "One\nTwo \\ three",
			Link: "https://b.test/connections", Remind: []int{30, 1},
		}},
	}.Encode()))
	want := []string{
		"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//ledgersheet//ends of connections//EN", "CALSCALE:GREGORIAN",
		"METHOD:PUBLISH", `NAME:Ends\, of connections`, `X-WR-CALNAME:Ends\, of connections`,
		"REFRESH-INTERVAL;VALUE=DURATION:PT12H", "X-PUBLISHED-TTL:PT12H", "BEGIN:VEVENT", "UID:a-1@b.test",
		"DTSTAMP:20270101T043000Z", "DTSTART;VALUE=DATE:20261231", "DTEND;VALUE=DATE:20270101",
		`SUMMARY:Alder & Sons\; the end`, `DESCRIPTION:One\nTwo \\ three`, "URL:https://b.test/connections",
		"TRANSP:TRANSPARENT", "BEGIN:VALARM", "ACTION:DISPLAY", `DESCRIPTION:Alder & Sons\; the end`, "TRIGGER:-P30D",
		"END:VALARM", "BEGIN:VALARM", "ACTION:DISPLAY", `DESCRIPTION:Alder & Sons\; the end`, "TRIGGER:-P1D",
		"END:VALARM", "END:VEVENT", "END:VCALENDAR",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

// TestAnyText proves that no text breaks out of its line, and that each comes back whole but for control characters.
func TestAnyText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name, title := rapid.String().Draw(t, "name"), rapid.String().Draw(t, "title")
		link := rapid.String().Draw(t, "link")
		lines := unfold(t, string(Calendar{Name: name, Events: []Event{{Title: title, Link: "x" + link}}}.Encode()))
		want := func(prefix, text string) {
			text = strings.ReplaceAll(text, "\r\n", "\n")
			text = strings.Map(func(r rune) rune {
				if r != '\n' && (r < ' ' || r == 0x7f) {
					return -1
				}
				return r
			}, text)
			i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, prefix) })
			if i < 0 || unescape(strings.TrimPrefix(lines[i], prefix)) != text {
				t.Errorf("%s: got %q, want %q", prefix, lines, text)
			}
		}
		want("NAME:", name)
		want("SUMMARY:", title)
		if n := len(slices.DeleteFunc(slices.Clone(lines), func(l string) bool {
			return !strings.HasPrefix(l, "BEGIN:")
		})); n != 2 {
			t.Errorf("%d components", n)
		}
	})
}
