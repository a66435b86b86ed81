package statement

import (
	"context"
	"fmt"
	"maps"
	"slices"
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
	differs  bool // QuickBooks' own figures do not add up in one of the parts

	// tooLong is the length in days of the shortest range that was too large; worked is the longest one that worked and
	// had rows. With them, a range that is bound to be too large is split without being tried first.
	tooLong, worked int
}

// read returns the verified report.
func (s *reader) read(ctx context.Context, want asked) (*arranged, error) {
	s.tooLong, s.worked, s.differs = 0, 0, false
	a, parts, err := s.readRange(ctx, want)
	if err != nil {
		return nil, err
	}
	if parts > 1 {
		s.warnings = append(s.warnings, fmt.Sprintf(
			"The report is too large for QuickBooks to give at once; it was read in %d parts, %s.",
			parts, want.describePeriod()))
		// Parts that add up make a whole that does, so a difference of the whole alone is a change between them.
		if err := verify(a, s.report, want); err != nil && !s.differs {
			return nil, err
		}
	}
	s.warn(a.unproven)
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

// ask asks for a report that one answer can hold. If its figures do not add up, it asks once more at once. Other
// figures the second time mean that the books are being changed, which is an error. The same figures are QuickBooks'
// own: the report stands as it is, and its checks say what differs.
func (s *reader) ask(ctx context.Context, want asked, divisible bool) (*arranged, error) {
	a, err := s.request(ctx, want, divisible)
	if err != nil || a.cut {
		return a, err
	}
	differs := verify(a, s.report, want)
	if differs == nil {
		return a, nil
	}
	if a.nearLimit() && a.short {
		return nil, problem.New(problem.ReportTooLarge,
			"The report is as large as QuickBooks' answers get, and rows are missing from it.")
	}
	again, err := s.request(ctx, want, divisible)
	if err != nil {
		return nil, err
	}
	if differs = verify(again, s.report, want); differs == nil {
		return again, nil
	}
	if !again.hasSameFigures(a) {
		return nil, differs
	}
	s.differs = true
	s.warn([]string{again.describeDifferences()})
	return again, nil
}

// hasSameFigures reports whether two answers have the same rows, in whatever order.
func (a *arranged) hasSameFigures(b *arranged) bool {
	return maps.Equal(a.tallyTree().rows, b.tallyTree().rows)
}

// describeDifferences tells people about figures of the report that do not follow from its other figures.
func (a *arranged) describeDifferences() string {
	text := fmt.Sprintf("Figures of the report %s do not follow from its other figures. QuickBooks sent the same ones "+
		"twice, and they are exported as they are.", problem.Safe(string(a.header.ReportName)))
	for _, c := range a.checks {
		if !c.Holds {
			return text + fmt.Sprintf(" %q says %s under %q, but adding up gives %s.", c.What, c.Says, c.Place,
				c.AddsUpTo)
		}
	}
	return text
}

// cellLimit is how many cells an answer has at most.
// https://developer.intuit.com/app/developer/qbo/docs/workflows/run-reports
const cellLimit = 400_000

// nearLimit reports whether the answer is so large that rows may be missing from it without a notice.
func (a *arranged) nearLimit() bool { return a.size >= cellLimit*9/10 }

// request sends one request.
func (s *reader) request(ctx context.Context, want asked, divisible bool) (*arranged, error) {
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
	var raw *rawEntry
	err := s.from.Report(ctx, ask, func(body []byte) error {
		err := decodeReport(body, &doc)
		if err == nil {
			raw, err = walkAnswer(body)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := want.check(doc.Header, s.report); err != nil {
		return nil, err
	}
	if doc.isCut() {
		if s.query.Limit > 0 && s.report.Dates == export.JoinableRange && !want.fixed(s.report) {
			return s.previewStart(&doc, raw)
		}
		return nil, problem.New(problem.ReportTooLarge,
			"QuickBooks left out a part of the report because it is too large.")
	}
	a, err := arrange(&doc, s.report)
	if err != nil {
		return nil, err
	}
	if err := a.conserves(raw); err != nil {
		return nil, err
	}
	a.size = raw.count() * len(a.columns)
	s.warn(a.notes)
	return a, nil
}

// warn adds warnings that are not there yet: the parts of a report tend to say the same.
func (s *reader) warn(texts []string) {
	for _, text := range texts {
		if !slices.Contains(s.warnings, text) {
			s.warnings = append(s.warnings, text)
		}
	}
}

// previewStart returns what a preview shows of a report that a run would read in parts.
func (s *reader) previewStart(doc *document, raw *rawEntry) (*arranged, error) {
	for _, text := range doc.dropNotices() {
		raw.drop(text)
	}
	a, err := arrange(doc, s.report)
	if err != nil {
		return nil, err
	}
	if err := a.conserves(raw); err != nil {
		return nil, err
	}
	a.cut = true
	s.warnings = append(s.warnings,
		"The report is too large for QuickBooks to give at once, so its totals here may be wrong; a run reads it "+
			"in parts.")
	return a, nil
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
