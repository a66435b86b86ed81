package intuit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
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
	basis      string
	summarize  string
	params     url.Values
}

// readReport reads a report whole: it is one answer, and is checked before the first row is handed on.
func (c *Client) readReport(ctx context.Context, d export.Report, q export.Query) (*export.Reading, error) {
	want, err := askFor(d, q)
	if err != nil {
		return nil, err
	}
	var doc document
	err = c.get(ctx, request{
		realm: q.Company.Realm, path: "reports/" + url.PathEscape(d.Object), query: want.params, report: true, meter: q.Meter,
		accept: func(body []byte) error { return decodeReport(body, &doc) },
	})
	if err != nil {
		return nil, err
	}
	if doc.truncated() {
		return nil, problem.New(problem.ReportTooLarge, "QuickBooks left out a part of the report because it is too large.")
	}
	if err := want.check(doc.Header); err != nil {
		return nil, err
	}
	a := arrange(&doc, d)
	if err := verify(a, d, want.summarize); err != nil {
		return nil, err
	}
	return lay(a, d, q, want)
}

// askFor works out the request. Dates are always explicit: QuickBooks' macros go by its own day, and one date alone
// makes some reports fall back to a macro.
func askFor(d export.Report, q export.Query) (asked, error) {
	option := func(key string) string { return export.OptionValue(d, q.Options, key) }
	want := asked{params: url.Values{}}
	if d.AsOf {
		want.date = option(export.OptReportDate)
		if want.date == "" {
			want.date = q.Today.Format(time.DateOnly)
		}
		want.params.Set("report_date", want.date)
	} else {
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
		want.start, want.end = days.Start.Format(time.DateOnly), days.End.Format(time.DateOnly)
		want.params.Set("start_date", want.start)
		want.params.Set("end_date", want.end)
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
		if v := option(p.Key); v != "" {
			want.params.Set(p.Key, v)
		}
	}
	return want, nil
}

// check compares what the answer says it is about with what was asked: QuickBooks ignores what it does not understand
// and answers for a period of its own. Reports that do not say are taken at their word.
func (a asked) check(h reportHeader) error {
	for _, x := range []struct{ what, want, got string }{
		{"begin on", a.start, string(h.StartPeriod)},
		{"end on", a.end, string(h.EndPeriod)},
		{"be as of", a.date, h.option("report_date")},
		{"be on the basis", a.basis, string(h.ReportBasis)},
	} {
		if x.want == "" || x.got == "" || x.want == x.got || (a.open && x.want == a.start) {
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

// lay makes the reading in the layout that was asked for.
func lay(a *arranged, d export.Report, q export.Query, want asked) (*export.Reading, error) {
	l, err := newLayout(a, d, q, want)
	if err != nil {
		return nil, err
	}
	basis := string(a.header.ReportBasis)
	if basis == "" {
		basis = want.basis
	}
	return &export.Reading{
		Schema: l.schema(), Total: l.count(), Period: want.period(), Basis: basis, Warnings: new([]string),
		Rows: func(yield func(table.Row, error) bool) {
			given := 0
			l.rows(func(r table.Row) bool {
				given++
				return yield(r, nil) && (q.Limit == 0 || given < q.Limit)
			})
		},
	}, nil
}
