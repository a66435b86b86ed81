package google

import (
	"fmt"
	"time"

	"ledgersheet/internal/export"
)

// nearlyFull is the share of the cells that Google allows, in percent, from which a run warns.
const nearlyFull = 70

const (
	day   = 24 * time.Hour
	month = 365 * day / 12
	// leastHistory is how long an exporter must have written before its growth says anything.
	leastHistory = 14 * day
	// farOff is how far ahead a forecast is still of use.
	farOff = 5 * 365 * day
)

// fullness returns a warning if the spreadsheet will be nearly full, with a forecast if the exporter's rows have grown
// since its first write; empty otherwise.
func (pl *plan) fullness() string {
	tabRows, tabCols := pl.size()
	cells := pl.others + tabRows*tabCols
	if cells*100 < export.MostCells*nearlyFull {
		return ""
	}
	text := fmt.Sprintf("The spreadsheet has %s of the 10,000,000 cells that Google allows, %d %%, over all tabs and "+
		"with empty cells.", grouped(cells), cells*100/export.MostCells)
	if left := pl.lasts(tabRows - pl.target.endRow + (export.MostCells-cells)/tabCols); left > 0 {
		text += pl.forecast(left)
	}
	return text + " Use another spreadsheet in good time, fewer columns or a filter, or delete empty rows and columns."
}

// forecast says when the spreadsheet is full, and what that follows from.
func (pl *plan) forecast(left time.Duration) string {
	const date = "2 January 2006"
	first, _ := time.Parse(time.RFC3339, pl.place.stamp.First.At) // as lasts has done
	return fmt.Sprintf(" This exporter had %s rows on %s and has %s on %s: at that pace it is full in about %s, "+
		"around %s.", grouped(pl.place.stamp.First.Rows-1), first.Format(date), grouped(pl.rows), pl.at.Format(date),
		roughly(left), pl.at.Add(left).Format("January 2006"))
}

// lasts returns how long there is room for so many more rows if they grow as they have; 0 if that cannot be told or is
// far off. A row that the tab gains costs cells in all of its columns.
func (pl *plan) lasts(rows int) time.Duration {
	first, err := time.Parse(time.RFC3339, pl.place.stamp.First.At)
	span, grown := pl.at.Sub(first), pl.rows+1-pl.place.stamp.First.Rows
	if err != nil || span < leastHistory || grown <= 0 {
		return 0
	}
	left := time.Duration(rows) * (span / time.Hour) / time.Duration(grown) // in hours
	if left > farOff/time.Hour {
		return 0
	}
	return left * time.Hour
}

// roughly returns a duration in words.
func roughly(d time.Duration) string {
	switch n := int((d + month/2) / month); {
	case d < 2*7*day:
		return "a week"
	case n < 2:
		return fmt.Sprintf("%d weeks", (d+7*day/2)/(7*day))
	case n < 24:
		return fmt.Sprintf("%d months", n)
	default:
		return fmt.Sprintf("%d years", n/12)
	}
}

// grouped returns a number with separators.
func grouped(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func cutWarning(n int) string {
	const limit = "the 50,000 characters that a Google Sheets cell holds"
	if n == 1 {
		return "One text had more than " + limit + "; it is cut and ends with a note that says so."
	}
	return grouped(n) + " texts had more than " + limit + "; they are cut and end with a note that says so."
}
