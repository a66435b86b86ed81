package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"ledgersheet/internal/export"
)

// moment is a time as pages show it: in words, with the exact time at hand. The zero value is shown as a dash.
type moment struct {
	ISO   string // RFC 3339, for machines
	Exact string // marked: "22 Nov 2026, 10:15:34 UTC", in the viewer's zone
	Words string // "3 min ago"
}

func (w *Web) moment(t time.Time) moment { return momentAt(t, w.o.Now(), nil) }

// momentAt returns the moment of a time that is about a zone; nil means about none.
func momentAt(t, now time.Time, about *time.Location) moment {
	if t.IsZero() {
		return moment{}
	}
	return moment{t.UTC().Format(time.RFC3339), formatExact(t, about), ago(t, now)}
}

// formatExact returns the time, marked: in the viewer's zone and, where that differs, in the zone that it is about.
func formatExact(t time.Time, about *time.Location) string { return markTime(t, formExact, about) }

// ago describes a time relative to now: "just now", "in 5 min", "3 h ago", "12 days ago", or else the date.
func ago(t, now time.Time) string {
	d := now.Sub(t)
	future := d < 0
	d = d.Abs()
	var words string
	switch {
	case d < 10*time.Second && !future:
		return "just now"
	case d < time.Minute:
		words = fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		words = fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 24*time.Hour:
		words = fmt.Sprintf("%d h", int(d.Hours()))
	case d < 48*time.Hour:
		words = "1 day"
	case d < 60*24*time.Hour:
		words = fmt.Sprintf("%d days", int(d.Hours()/24))
	default:
		return markTime(t, formDay, nil)
	}
	if future {
		return "in " + words
	}
	return words + " ago"
}

// duration describes a span: "850 ms", "12 s", "1 m 12 s", "2 h 5 m".
func duration(d time.Duration) string {
	switch {
	case d < 0:
		return ""
	case d < time.Second:
		return fmt.Sprintf("%d ms", d.Milliseconds())
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < time.Hour:
		return joinUnits(int(d.Minutes()), "m", int(d.Seconds())%60, "s")
	case d < 48*time.Hour:
		return joinUnits(int(d.Hours()), "h", int(d.Minutes())%60, "m")
	}
	return fmt.Sprintf("%d days", int(d.Hours()/24))
}

func joinUnits(n int, unit string, rest int, restUnit string) string {
	if rest == 0 {
		return fmt.Sprintf("%d %s", n, unit)
	}
	return fmt.Sprintf("%d %s %d %s", n, unit, rest, restUnit)
}

// count formats a number, marked: 12,345.
func count(n int) string { return markNumber(strconv.Itoa(n)) }

// groupDigits marks a decimal, for its digits to be grouped and its minus sign to be a true one. Other texts are
// returned unchanged.
func groupDigits(s string) string { return markNumber(s) }

// amount is a signed decimal, as pages show money.
type amount struct {
	Text     string
	Negative bool
}

func amountOf(s string) amount {
	if whole, places, dot := strings.Cut(s, "."); dot && len(places) < 2 {
		s = whole + "." + (places + "00")[:2]
	} else if !dot && s != "" {
		s += ".00"
	}
	return amount{groupDigits(s), strings.HasPrefix(s, "-")}
}

// splitAmount returns what stands before a decimal's point, and the point with what stands after it.
func splitAmount(s string) (whole, cents string) {
	whole, places, dot := strings.Cut(s, ".")
	if !isDecimal(s) {
		return s, ""
	}
	if !dot || len(places) < 2 {
		places = (places + "00")[:2]
	}
	return markNumber(whole), string(numberBegins) + "." + places + string(markEnds)
}

// plural returns "1 row", "2 rows".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

// elapsed describes how long a run took, or has been running.
func elapsed(r export.Run, now time.Time) string {
	switch {
	case r.StartedAt.IsZero():
		return ""
	case r.FinishedAt.IsZero():
		return duration(now.Sub(r.StartedAt))
	}
	return duration(r.FinishedAt.Sub(r.StartedAt))
}

// triggerWord describes what started a run.
func triggerWord(t export.Trigger) string {
	switch t {
	case export.TriggerManual:
		return "By hand"
	case export.TriggerSchedule:
		return "Schedule"
	case export.TriggerCatchUp:
		return "Catch-up"
	case export.TriggerAPI:
		return "API"
	case export.TriggerChange:
		return "Change"
	case export.TriggerUndo:
		return "Undo"
	}
	return string(t)
}

// phaseWord describes what a run is currently doing.
func phaseWord(p export.Phase) string {
	switch p {
	case export.PhaseReading:
		return "Reading from QuickBooks"
	case export.PhaseComparing:
		return "Comparing with the sheet"
	case export.PhaseWriting:
		return "Writing to a hidden tab"
	case export.PhaseVerifying:
		return "Checking what was written"
	case export.PhaseCommitting:
		return "Putting it in place"
	case export.PhaseDone:
		return "Done"
	}
	return "Waiting for its turn"
}
