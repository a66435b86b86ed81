// Package ics writes calendars of whole-day events with reminders, as RFC 5545 wants them.
package ics

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Calendar is a calendar that programs subscribe to. Texts may hold anything.
type Calendar struct {
	Name   string
	Events []Event
	Made   time.Time     // when it was made; all events have changed then
	Every  time.Duration // how often programs should read it again
}

// Event is something on one day.
type Event struct {
	UID         string    // the same while the event is the same, even on another day; of letters, digits, - and @
	Day         time.Time // of which only the date in its zone counts
	Title, Text string
	Link        string // an absolute address; empty for none
	Remind      []int  // days before at which to remind
}

// Encode returns the calendar as text/calendar.
func (c Calendar) Encode() []byte {
	w := &writer{}
	w.line("BEGIN:VCALENDAR")
	w.line("VERSION:2.0")
	w.line("PRODID:-//ledgersheet//ends of connections//EN")
	w.line("CALSCALE:GREGORIAN")
	w.line("METHOD:PUBLISH")
	w.line("NAME:" + escape(c.Name)) // RFC 7986, which older programs know under the next name
	w.line("X-WR-CALNAME:" + escape(c.Name))
	if every := writeDuration(c.Every); every != "" {
		w.line("REFRESH-INTERVAL;VALUE=DURATION:" + every)
		w.line("X-PUBLISHED-TTL:" + every)
	}
	for _, e := range c.Events {
		w.event(e, c.Made)
	}
	w.line("END:VCALENDAR")
	return []byte(w.b.String())
}

func (w *writer) event(e Event, made time.Time) {
	w.line("BEGIN:VEVENT")
	w.line("UID:" + escape(e.UID))
	w.line("DTSTAMP:" + made.UTC().Format("20060102T150405Z"))
	w.line("DTSTART;VALUE=DATE:" + e.Day.Format("20060102"))
	w.line("DTEND;VALUE=DATE:" + e.Day.AddDate(0, 0, 1).Format("20060102"))
	w.line("SUMMARY:" + escape(e.Title))
	w.line("DESCRIPTION:" + escape(e.Text))
	if e.Link != "" {
		w.line("URL:" + dropControls(e.Link))
	}
	w.line("TRANSP:TRANSPARENT") // nobody is busy on that day for it
	for _, days := range e.Remind {
		w.line("BEGIN:VALARM")
		w.line("ACTION:DISPLAY")
		w.line("DESCRIPTION:" + escape(e.Title))
		w.line(fmt.Sprintf("TRIGGER:-P%dD", days))
		w.line("END:VALARM")
	}
	w.line("END:VEVENT")
}

// writer collects content lines.
type writer struct{ b strings.Builder }

// mostOctets is how long a line may be, without its end.
const mostOctets = 75

// line writes a content line, folded between characters where it is too long (RFC 5545, section 3.1).
func (w *writer) line(text string) {
	room := mostOctets
	for len(text) > room {
		cut := room
		for !utf8.RuneStart(text[cut]) {
			cut--
		}
		w.b.WriteString(text[:cut] + "\r\n ")
		text, room = text[cut:], mostOctets-1
	}
	w.b.WriteString(text + "\r\n")
}

// escape returns a value of the type TEXT (RFC 5545, section 3.3.11).
func escape(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	text = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\n", `\n`).Replace(text)
	return dropControls(text)
}

// dropControls drops what no value may hold, and what would begin another line.
func dropControls(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// writeDuration writes whole hours; empty for less.
func writeDuration(d time.Duration) string {
	if d < time.Hour {
		return ""
	}
	return fmt.Sprintf("PT%dH", int(d.Hours()))
}
