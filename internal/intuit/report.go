package intuit

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// asked is what a report's request says; the answer has to be about the same.
type asked struct {
	start, end string // empty for reports as of a day
	open       bool   // the range has no beginning of its own
	date       string // of reports as of a day
	days       export.DateRange
	basis      string
	summarize  string
	compare    string // export.CompareNone, …
	params     url.Values
}

// readReport reads a report whole: one answer, or several where one would be too large, checked before the first row is
// handed on.
func (c *Client) readReport(ctx context.Context, d export.Report, q export.Query) (*export.Reading, error) {
	want, err := askFor(d, q)
	if err != nil {
		return nil, err
	}
	s := &reportReader{client: c, report: d, query: q, left: maxReportRequests}
	a, err := s.read(ctx, want)
	if err != nil {
		return nil, err
	}
	period := want.period()
	var figures []export.FigureValue
	if q.Limit == 0 {
		figures = a.figures(d.Figures, q.Company.Realm, period)
	}
	if want.compare != export.CompareNone {
		before := want.before()
		then, err := s.read(ctx, before)
		if err != nil {
			return nil, err
		}
		a = compared(a, then, want.compare)
		period += ", compared with " + before.period()
	}
	l, err := newLayout(a, d, q, want)
	if err != nil {
		return nil, err
	}
	if l.needsAccounts && q.Limit == 0 {
		if l.accounts, err = c.chart(ctx, q); err != nil {
			return nil, err
		}
	}
	reading := lay(l, q)
	reading.End = func() (export.Outcome, error) {
		basis := cmp.Or(string(l.header.ReportBasis), want.basis)
		return export.Outcome{
			Period: period, Basis: basis, Figures: figures, Warnings: export.Warnings(export.WarnRead, q.Company.Realm, s.warnings...),
		}, nil
	}
	if a.cut {
		reading.Total = -1
	}
	return reading, nil
}

// askFor works out the request. Dates are always explicit: QuickBooks' macros go by its own day, and one date alone
// makes some reports fall back to a macro.
func askFor(d export.Report, q export.Query) (asked, error) {
	option := func(key string) string { return strings.TrimSpace(export.OptionValue(d, q.Options, key)) }
	want := asked{params: url.Values{}, compare: export.CompareNone}
	switch {
	case d.Undated:
	case d.AsOf:
		want.date = option(export.OptReportDate)
		if want.date == "" {
			want.date = q.Today.Format(time.DateOnly)
		}
		want.params.Set("report_date", want.date)
	default:
		days, err := export.ResolveRange(option(export.OptDateRange), q.Today, q.Company.FiscalYearStart, option(export.OptStartDate), option(export.OptEndDate))
		if err != nil {
			return asked{}, problem.Invalid("options."+export.OptDateRange, "%v", err)
		}
		if days.Start.IsZero() {
			want.open = true
			days.Start = time.Date(1970, time.January, 1, 0, 0, 0, 0, time.UTC)
		}
		if days.End.IsZero() {
			days.End = time.Date(q.Today.Year()+1, time.December, 31, 0, 0, 0, 0, time.UTC)
		}
		want = want.over(days)
	}
	if d.Basis {
		if want.basis = option(export.OptBasis); want.basis == "" {
			return asked{}, problem.Invalid("options."+export.OptBasis, "must be chosen: Accrual, Cash")
		}
		want.params.Set("accounting_method", want.basis)
	}
	if len(d.Summarize) > 0 {
		want.summarize = option(export.OptSummarize)
		want.params.Set("summarize_column_by", want.summarize)
	}
	for _, p := range d.Params {
		if v := option(p.Key); v != "" && v != p.Default {
			want.params.Set(p.Key, v)
		}
	}
	if compare := option(export.OptCompare); d.Comparable() && compare != export.CompareNone {
		if want.open || want.summarize != export.SummarizeTotal || option(export.OptLayout) == export.LayoutTidy {
			return asked{}, problem.Invalid("options."+export.OptCompare, "goes with a range of days, with summarize_by %s, and with the layouts %s and %s", export.SummarizeTotal, export.LayoutStatement, export.LayoutTable)
		}
		want.compare = compare
	}
	return want, nil
}

// over is the same request about other days.
func (a asked) over(days export.DateRange) asked {
	a.days = days
	a.start, a.end = days.Start.Format(time.DateOnly), days.End.Format(time.DateOnly)
	a.params = maps.Clone(a.params)
	a.params.Set("start_date", a.start)
	a.params.Set("end_date", a.end)
	return a
}

// before is the same request about the days that these are compared with.
func (a asked) before() asked { return a.over(a.days.Before(a.compare)) }

// check compares what the answer says it is about with what was asked: QuickBooks ignores what it does not understand
// and answers for a period of its own. Reports that do not say are taken at their word, and where a balance's range
// begins is of no matter.
func (a asked) check(h reportHeader, d export.Report) error {
	for _, x := range []struct{ what, want, got string }{
		{"begin on", a.start, string(h.StartPeriod)},
		{"end on", a.end, string(h.EndPeriod)},
		{"be as of", a.date, h.option("report_date")},
		{"be on the basis", a.basis, string(h.ReportBasis)},
	} {
		if x.want == "" || x.got == "" || x.want == x.got || ((a.open || d.Balance) && x.want == a.start) {
			continue
		}
		return problem.New(problem.QuickBooksMalformed, "The report should %s %s, but QuickBooks sent %s.", x.what, x.want, safe(x.got))
	}
	return nil
}

// period says to people what the report is about.
func (a asked) period() string {
	switch {
	case a.date != "":
		return "as of " + a.date
	case a.start == "":
		return ""
	case a.open:
		return "until " + a.end
	}
	return a.start + " to " + a.end
}

// lastDay is the last day that the report is about.
func (a asked) lastDay() time.Time {
	text := a.end
	if text == "" {
		text = a.date
	}
	at, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}
	}
	return at
}

var errNoReport = errors.New("the answer is no report")

// decodeReport reads a report's answer. Amounts stay text, as they came.
func decodeReport(body []byte, doc *document) error {
	*doc = document{}
	if err := json.Unmarshal(body, doc); err != nil {
		return fmt.Errorf("reading a report: %w", err)
	}
	if len(doc.Columns.Column) == 0 {
		return errNoReport
	}
	return nil
}

// lay makes the reading of a layout.
func lay(l *layout, q export.Query) *export.Reading {
	return &export.Reading{
		Schema: l.schema(), Total: l.count(),
		Rows: func(yield func(table.Row, error) bool) {
			given := 0
			l.rows(func(r table.Row) bool {
				given++
				return yield(r, nil) && (q.Limit == 0 || given < q.Limit)
			})
		},
	}
}
