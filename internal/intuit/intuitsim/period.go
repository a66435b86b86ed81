package intuitsim

import (
	"strings"
	"time"
)

// defaultMacro is the period of a report that is asked for without both dates.
func defaultMacro(report string) string {
	switch report {
	case "GeneralLedger", "TransactionList", "TransactionListWithSplits", "TransactionListByCustomer",
		"TransactionListByVendor", "JournalReport", "TrialBalance":
		return "this month-to-date"
	}
	return "this calendar year-to-date"
}

// macroPeriod works out a date macro, given in lower case, on a day. Weeks begin on Sunday.
func macroPeriod(macro string, today day, fiscal time.Month) (start, end day, ok bool) {
	switch macro {
	case "all":
		return today.addMonths(-12 * 50), today.addMonths(12 * 10), true
	case "today":
		return today, today, true
	case "yesterday":
		return today - 1, today - 1, true
	}
	name, toDate := strings.CutSuffix(macro, "-to-date")
	which, unit, _ := strings.Cut(name, " ")
	months := 0
	switch unit {
	case "week":
		start = today - day(today.time().Weekday())
		switch which {
		case "last":
			start -= 7
		case "next":
			start += 7
		}
		end = start + 6
	case "month":
		start, months = today.monthStart(), 1
	case "calendar quarter", "quarter":
		start, months = today.quarterStart(time.January), 3
	case "fiscal quarter":
		start, months = today.quarterStart(fiscal), 3
	case "calendar year", "year":
		start, months = today.fiscalYearStart(time.January), 12
	case "fiscal year":
		start, months = today.fiscalYearStart(fiscal), 12
	default:
		return 0, 0, false
	}
	shift := map[string]int{"this": 0, "last": -1, "next": 1}
	n, known := shift[which]
	if !known {
		return 0, 0, false
	}
	if months > 0 {
		start = start.addMonths(n * months)
		end = start.addMonths(months) - 1
	}
	if toDate && n <= 0 {
		switch {
		case n == 0:
			end = today
		case months > 0:
			end = min(end, today.addMonths(-months))
		default:
			end = min(end, today-7)
		}
	}
	return start, end, true
}

func (d day) quarterStart(fiscal time.Month) day {
	year := d.fiscalYearStart(fiscal)
	q := year
	for q.addMonths(3) <= d {
		q = q.addMonths(3)
	}
	return q
}

// span is one period column.
type span struct {
	start, end day
	title      string
}

// maxDayColumns is where the service of 2026 stops giving days their own columns.
const maxDayColumns = 100

// spans divides a period by a unit of summarize_column_by; nil means that the unit is no period.
func spans(by string, start, end day, fiscal time.Month) []span {
	var next func(day) day
	switch by {
	case "Days":
		next = func(d day) day { return d + 1 }
	case "Week":
		next = func(d day) day { return d - day(d.time().Weekday()) + 7 }
	case "Month":
		next = func(d day) day { return d.monthStart().addMonths(1) }
	case "Quarter":
		next = func(d day) day { return d.quarterStart(time.January).addMonths(3) }
	case "Year":
		next = func(d day) day { return d.fiscalYearStart(fiscal).addMonths(12) }
	default:
		return nil
	}
	var out []span
	for d := start; d <= end; {
		last := min(next(d)-1, end)
		out = append(out, span{d, last, spanTitle(by, d, last, next)})
		d = last + 1
		if by == "Days" && len(out) == maxDayColumns && d <= end {
			return append(out, span{d, end, "Others"})
		}
	}
	return out
}

// spanTitle names a period as the column heading does; a part of a month, quarter or year shows its days.
func spanTitle(by string, start, end day, next func(day) day) string {
	from, to := start.time(), end.time()
	whole := next(end) == end+1 && (start == 0 || next(start-1) == start)
	switch {
	case by == "Days":
		return from.Format("Jan 2, 2006")
	case by == "Month" && whole:
		return from.Format("Jan 2006")
	case by == "Quarter" && whole:
		return from.Format("Jan") + " - " + to.Format("Jan, 2006")
	case by == "Year" && whole:
		return from.Format("Jan") + " - " + to.Format("Jan 2006")
	case from.Year() != to.Year():
		return from.Format("Jan 2, 2006") + " - " + to.Format("Jan 2, 2006")
	case from.Month() == to.Month():
		return from.Format("Jan 2") + " - " + to.Format("2, 2006")
	}
	return from.Format("Jan 2") + " - " + to.Format("Jan 2, 2006")
}
