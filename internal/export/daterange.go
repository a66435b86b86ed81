package export

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The ranges that have no rule of their own.
const (
	RangeAll    = "all"
	RangeCustom = "custom"
)

// DateRange is a span of calendar days, both ends included. A zero end is open.
type DateRange struct{ Start, End time.Time }

// DateRanges lists the names that ResolveRange accepts, in the order in which forms show them.
func DateRanges() []string {
	list := []string{RangeAll, "today", "yesterday"}
	for _, unit := range []string{"week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year"} {
		list = append(list, "this_"+unit, "this_"+unit+"_to_date", "last_"+unit)
	}
	return append(list, "last_7_days", "last_30_days", "last_90_days", "last_365_days", "last_12_months",
		"last_12_months_to_date", RangeCustom)
}

// ResolveRange returns the days of the named range. today is the day of the run, fiscalStart the month in which the
// company's fiscal year begins, and start and end the days of a custom range. Weeks begin on Sunday. last_N_days ends
// yesterday. last_12_months is the twelve whole months before this one; last_12_months_to_date is this month so far and
// the eleven before it.
func ResolveRange(name string, today time.Time, fiscalStart time.Month, start, end string) (DateRange, error) {
	y, m, d := today.Date()
	today = day(y, m, d)
	switch name {
	case RangeAll:
		return DateRange{}, nil
	case RangeCustom:
		return parseCustomRange(start, end)
	case "today":
		return DateRange{today, today}, nil
	case "yesterday":
		return DateRange{today.AddDate(0, 0, -1), today.AddDate(0, 0, -1)}, nil
	case "last_12_months_to_date":
		return DateRange{day(y, m-11, 1), today}, nil
	case "last_12_months":
		return DateRange{day(y, m-12, 1), day(y, m, 0)}, nil
	}
	if n, ok := strings.CutPrefix(name, "last_"); ok {
		if n, ok := strings.CutSuffix(n, "_days"); ok {
			days, err := strconv.Atoi(n)
			if err != nil || days < 1 {
				return DateRange{}, fmt.Errorf("unknown date range %q", name)
			}
			return DateRange{today.AddDate(0, 0, -days), today.AddDate(0, 0, -1)}, nil
		}
		return periodAt(n, today, fiscalStart, -1)
	}
	if unit, ok := strings.CutPrefix(name, "this_"); ok {
		unit, toDate := strings.CutSuffix(unit, "_to_date")
		r, err := periodAt(unit, today, fiscalStart, 0)
		if err == nil && toDate {
			r.End = today
		}
		return r, err
	}
	return DateRange{}, fmt.Errorf("unknown date range %q", name)
}

// periodAt returns the period that contains today, or the one before it if offset is -1.
func periodAt(unit string, today time.Time, fiscalStart time.Month, offset int) (DateRange, error) {
	y, m, d := today.Date()
	if fiscalStart < time.January || fiscalStart > time.December {
		fiscalStart = time.January
	}
	var first time.Time
	var months int
	switch unit {
	case "week":
		first = day(y, m, d-int(today.Weekday())+7*offset)
		return DateRange{first, first.AddDate(0, 0, 6)}, nil
	case "month":
		first, months = day(y, m, 1), 1
	case "quarter":
		first, months = day(y, m-(m-1)%3, 1), 3
	case "year":
		first, months = day(y, 1, 1), 12
	case "fiscal_year":
		first, months = day(y, m-(m-fiscalStart+12)%12, 1), 12
	case "fiscal_quarter":
		first, months = day(y, m-(m-fiscalStart+12)%12%3, 1), 3
	default:
		return DateRange{}, fmt.Errorf("unknown period %q", unit)
	}
	first = first.AddDate(0, months*offset, 0)
	return DateRange{first, first.AddDate(0, months, -1)}, nil
}

func parseCustomRange(start, end string) (DateRange, error) {
	var r DateRange
	var err error
	if start != "" {
		if r.Start, err = time.Parse(time.DateOnly, start); err != nil {
			return DateRange{}, fmt.Errorf("start_date must be a date such as 2026-01-31")
		}
	}
	if end != "" {
		if r.End, err = time.Parse(time.DateOnly, end); err != nil {
			return DateRange{}, fmt.Errorf("end_date must be a date such as 2026-01-31")
		}
	}
	if start == "" && end == "" {
		return DateRange{}, fmt.Errorf("a custom range needs start_date, end_date or both")
	}
	if start != "" && end != "" && r.End.Before(r.Start) {
		return DateRange{}, fmt.Errorf("end_date is before start_date")
	}
	return r, nil
}

// Before returns the range to compare r with, under ComparePeriod or CompareYear. Whole months are compared with as
// many whole months before them, or with the same months of the previous year. Any other range is compared with as many
// days right before it, or with the same days of the previous year, 28 February standing in for the 29th. r needs both
// ends.
func (r DateRange) Before(compare string) DateRange {
	y, m, d := r.Start.Date()
	ey, em, ed := r.End.Date()
	months := (ey-y)*12 + int(em-m) + 1
	whole := d == 1 && r.End.Equal(day(ey, em+1, 0))
	switch {
	case compare == CompareYear && whole:
		return DateRange{day(y-1, m, 1), day(ey-1, em+1, 0)}
	case compare == CompareYear:
		return DateRange{yearBefore(y, m, d), yearBefore(ey, em, ed)}
	case whole:
		return DateRange{day(y, m-time.Month(months), 1), day(y, m, 0)}
	}
	days := int(r.End.Sub(r.Start).Hours()/24) + 1
	return DateRange{r.Start.AddDate(0, 0, -days), r.Start.AddDate(0, 0, -1)}
}

func yearBefore(y int, m time.Month, d int) time.Time {
	if m == time.February && d == 29 {
		d = 28
	}
	return day(y-1, m, d)
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }
