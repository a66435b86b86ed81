package statement

import (
	"context"
	"fmt"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/supply"
)

// maxRequests limits the requests that a run spends on a report that has to be read in parts.
const maxRequests = 60

// maxDayColumns is how many days get a column each. QuickBooks lumps any further days together in one column.
const maxDayColumns = 100

// reader reads one report for one run. If the report is too large for QuickBooks, it asks for parts: decades, then
// years, quarters, months, weeks and days, until they are small enough.
// https://developer.intuit.com/app/developer/qbo/docs/workflows/run-reports
type reader struct {
	from     Sources
	report   export.Report
	query    export.Query
	left     int // requests that may still be made
	warnings []string

	// tooLong is the length in days of the shortest range that was too large; worked is the longest one that worked and
	// had rows. With them, a range that is bound to be too large is split without being tried first.
	tooLong, worked int
}

// read returns the verified report.
func (s *reader) read(ctx context.Context, want asked) (*arranged, error) {
	s.tooLong, s.worked = 0, 0
	a, parts, err := s.readRange(ctx, want)
	if err != nil {
		return nil, err
	}
	if parts > 1 {
		s.warnings = append(s.warnings, fmt.Sprintf(
			"The report is too large for QuickBooks to give at once; it was read in %d parts, %s.",
			parts, want.describePeriod()))
		if err := verify(a, s.report, want); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// readRange returns the report for a range, and the number of parts in which it was read.
func (s *reader) readRange(ctx context.Context, want asked) (*arranged, int, error) {
	length := want.length()
	parts := want.split(s.report, s.query.Company.FiscalYearStart)
	divisible := len(parts) > 1 && s.query.Limit == 0
	wide := divisible && want.summarize == "Days" && length > maxDayColumns
	if !wide && (!divisible || s.tooLong == 0 || length < s.tooLong || length <= s.worked) {
		a, err := s.ask(ctx, want, divisible)
		switch {
		case err == nil:
			if len(a.top) > 0 {
				s.worked = max(s.worked, length)
			}
			return a, 1, nil
		case !problem.HasCode(err, problem.ReportTooLarge):
			return nil, 0, err
		case !divisible:
			return nil, 0, s.suggestNarrower(err)
		}
		if length > s.worked && (s.tooLong == 0 || length < s.tooLong) {
			s.tooLong = length
		}
	}
	var whole *arranged
	count := 0
	for _, days := range parts {
		part := want.askOver(days)
		part.open = want.open && days.Start.Equal(want.days.Start)
		a, n, err := s.readRange(ctx, part)
		if err != nil {
			return nil, 0, err
		}
		count += n
		if whole == nil {
			whole = a
			continue
		}
		if whole, err = spliceReports(whole, a); err != nil {
			return nil, 0, err
		}
	}
	return whole, count, nil
}

// ask sends one request.
func (s *reader) ask(ctx context.Context, want asked, divisible bool) (*arranged, error) {
	if s.left == 0 {
		return nil, problem.New(problem.ReportTooLarge, "The report is too large even in %d parts.", maxRequests).
			WithHint("Choose a shorter date range, fewer columns or a filter.")
	}
	s.left--
	var doc document
	ask := supply.ReportWant{
		Company: s.query.Company, Object: s.report.Object, Params: want.params, Divisible: divisible,
		Meter: s.query.Meter,
	}
	err := s.from.Report(ctx, ask, func(body []byte) error { return decodeReport(body, &doc) })
	if err != nil {
		return nil, err
	}
	if err := want.check(doc.Header, s.report); err != nil {
		return nil, err
	}
	if doc.truncated() {
		if s.query.Limit > 0 && s.report.Dates == export.JoinableRange && !want.fixed(s.report) {
			return s.previewStart(&doc), nil
		}
		return nil, problem.New(problem.ReportTooLarge,
			"QuickBooks left out a part of the report because it is too large.")
	}
	a := arrange(&doc, s.report)
	return a, verify(a, s.report, want)
}

// previewStart returns what a preview shows of a report that a run would read in parts.
func (s *reader) previewStart(doc *document) *arranged {
	doc.Rows.dropNotice()
	a := arrange(doc, s.report)
	a.cut = true
	s.warnings = append(s.warnings,
		"The report is too large for QuickBooks to give at once, so its totals here may be wrong; a run reads it "+
			"in parts.")
	return a
}

// suggestNarrower adds a hint on what to do about a report that cannot be read in parts, or not in smaller ones.
func (s *reader) suggestNarrower(err error) error {
	p := problem.From(err)
	switch {
	case s.report.Dates == export.JoinableRange:
		return p.WithHint("Choose fewer columns or a filter, such as some of the accounts or customers, and leave " +
			"sorting to QuickBooks; columns by week, quarter or year keep it from being read in parts.")
	case s.report.Dates != export.RangeOfDays:
		return p.WithHint("Balances cannot be put together from shorter ranges. Choose fewer columns or a filter, " +
			"such as some of the customers, vendors or locations.")
	}
	return p.WithHint("This report cannot be put together from shorter ranges. " +
		"Choose a shorter date range or a filter.")
}

func (a asked) length() int { return int(a.days.End.Sub(a.days.Start).Hours()/24) + 1 }

// fixed reports whether the report has to come in one answer: balances and averages do not add up, and rows sorted by
// anything but the day would end up out of order.
func (a asked) fixed(d export.Report) bool {
	return d.Dates != export.JoinableRange || a.start == "" || a.params.Get("sort_by") != "" ||
		a.params.Get("sort_order") != ""
}

// split cuts the range into calendar units, the largest that give more than one part, without cutting through a column.
// It returns nil if there is no such unit.
func (a asked) split(d export.Report, fiscalStart time.Month) []export.DateRange {
	if a.fixed(d) {
		return nil
	}
	units := []string{"decade", "year", "quarter", "month", "week", "day"}
	switch a.summarize {
	case "", export.SummarizeTotal, "Days":
	case "Month":
		units = units[:4]
	case "Quarter":
		// QuickBooks' quarters may follow the fiscal year.
		if fiscalStart%3 != 1 {
			return nil
		}
		units = units[:3]
	case "Year", "Week":
		return nil
	}
	for _, unit := range units {
		if parts := cut(a.days, unit); len(parts) > 1 {
			return parts
		}
	}
	return nil
}

// cut divides a range at the boundaries of calendar units. Weeks begin on Sunday.
func cut(r export.DateRange, unit string) []export.DateRange {
	var parts []export.DateRange
	for start := r.Start; !start.After(r.End); {
		next := nextUnit(start, unit)
		end := next.AddDate(0, 0, -1)
		if end.After(r.End) {
			end = r.End
		}
		parts = append(parts, export.DateRange{Start: start, End: end})
		start = next
	}
	return parts
}

// nextUnit returns the first day of the unit after the one that contains t.
func nextUnit(t time.Time, unit string) time.Time {
	y, m, d := t.Date()
	switch unit {
	case "decade":
		y, m, d = y-y%10+10, time.January, 1
	case "year":
		y, m, d = y+1, time.January, 1
	case "quarter":
		m, d = m-(m-1)%3+3, 1
	case "month":
		m, d = m+1, 1
	case "week":
		d += 7 - int(t.Weekday())
	default:
		d++
	}
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
