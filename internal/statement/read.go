// Package statement turns a report's answer into typed rows. It reads large reports in parts, converts both generations
// of answers to one form, verifies the totals that an answer states, and lays it out as a statement, a table or tidy
// rows.
package statement

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
	"ledgersheet/internal/supply"
	"ledgersheet/internal/table"
)

// asked is what a report's request asks for. The answer has to match it.
type asked struct {
	start, end string // empty for reports as of a day
	open       bool   // the range was chosen without a start
	date       string // only for reports as of a day
	days       export.DateRange
	basis      string
	summarize  string
	compare    string // export.CompareNone, …
	params     url.Values
}

// Sources is what Read needs of the services.
type Sources interface {
	supply.Reports
	supply.Supply // for the chart of accounts
}

// Read reads a whole report, in several requests if one answer would be too large. The totals are verified before the
// first row is handed on.
func Read(ctx context.Context, from Sources, d export.Report, q export.Query) (*export.Reading, error) {
	options, err := d.Parse(q.Options)
	if err != nil {
		return nil, err
	}
	want, err := askFor(d, q, options)
	if err != nil {
		return nil, err
	}
	s := &reader{from: from, report: d, query: q, left: maxRequests}
	a, err := s.read(ctx, want)
	if err != nil {
		return nil, err
	}
	out := export.Outcome{Period: want.describePeriod(), Basis: cmp.Or(want.basis, string(a.header.ReportBasis))}
	if q.Limit == 0 {
		out.Figures = a.readFigures(d.Figures, q.Company.Realm, out.Period)
	}
	out.Checks = prefixPlaces(a.checks, q.Company.Name)
	if want.compare != export.CompareNone {
		before := want.askBefore()
		then, err := s.read(ctx, before)
		if err != nil {
			return nil, err
		}
		place := q.Company.Name + ", " + before.describePeriod()
		out.Checks = export.AppendChecks(out.Checks, prefixPlaces(then.checks, place)...)
		now := a
		a = compareReports(now, then, want.compare)
		if err := cmp.Or(a.keepsSums("", now), a.keepsSums("_previous", then)); err != nil {
			return nil, err
		}
		out.Period += ", compared with " + before.describePeriod()
	}
	l, err := newLayout(a, d, options.Layout, q, want)
	if err != nil {
		return nil, err
	}
	if l.needsAccounts && q.Limit == 0 {
		if l.accounts, err = readChart(ctx, from, q); err != nil {
			return nil, err
		}
	}
	out.Warnings = export.Warnings(export.WarnRead, q.Company.Realm, s.warnings...)
	reading := newReading(l, q)
	reading.End = func() (export.Outcome, error) { return out, nil }
	if a.cut {
		reading.Total = -1
	}
	return reading, nil
}

// askFor builds the request. Both dates are always given: QuickBooks' date macros follow its own clock, and a single
// date makes some reports fall back to a macro.
func askFor(d export.Report, q export.Query, options export.ReportOptions) (asked, error) {
	want := asked{params: url.Values{}, compare: options.Compare, basis: options.Basis, summarize: options.Summarize}
	switch d.Dates {
	case export.Undated:
	case export.AsOfDay:
		want.date = cmp.Or(options.Date, q.Today.Format(time.DateOnly))
		want.params.Set("report_date", want.date)
	default:
		days, err := options.Range.Resolve(q.Today, q.Company.FiscalYearStart)
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
		want = want.askOver(days)
	}
	if want.basis != "" {
		want.params.Set("accounting_method", want.basis)
	}
	if want.summarize != "" {
		want.params.Set("summarize_column_by", want.summarize)
	}
	for _, p := range options.Params {
		want.params.Set(p.Key, p.Value)
	}
	return want, nil
}

// askOver returns the same request for other days.
func (a asked) askOver(days export.DateRange) asked {
	a.days = days
	a.start, a.end = days.Start.Format(time.DateOnly), days.End.Format(time.DateOnly)
	a.params = maps.Clone(a.params)
	a.params.Set("start_date", a.start)
	a.params.Set("end_date", a.end)
	return a
}

// askBefore returns the same request for the days to compare with.
func (a asked) askBefore() asked { return a.askOver(a.days.Before(a.compare)) }

// check compares what the answer says it is about with what was asked for: QuickBooks ignores parameters that it does
// not understand and then answers for a period of its own. What a report does not say is not checked, nor is the day on
// which a balance's range begins, because it does not matter.
func (a asked) check(h reportHeader, d export.Report) error {
	for _, x := range []struct{ what, want, got string }{
		{"begin on", a.start, string(h.StartPeriod)},
		{"end on", a.end, string(h.EndPeriod)},
		{"be as of", a.date, h.option("report_date")},
		{"be on the basis", a.basis, string(h.ReportBasis)},
	} {
		if x.want == "" || x.got == "" || strings.EqualFold(x.want, x.got) ||
			((a.open || d.Dates == export.BalanceAtEnd) && x.want == a.start) {
			continue
		}
		return problem.New(problem.QuickBooksMalformed, "The report should %s %s, but QuickBooks sent %s.", x.what,
			x.want, problem.Safe(x.got))
	}
	return nil
}

// describePeriod tells people which days the report covers.
func (a asked) describePeriod() string {
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

// lastDay returns the last day that the report covers, or the zero time if it has no dates.
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

// decodeReport decodes a report's answer. Amounts stay text, exactly as they came.
func decodeReport(body []byte, doc *document) error {
	*doc = document{}
	if err := json.Unmarshal(body, doc); err != nil {
		return fmt.Errorf("reading a report: %w", err)
	}
	empty := strings.EqualFold(doc.Header.option("NoReportData"), "true") && (doc.Rows == nil || len(doc.Rows.Row) == 0)
	if len(doc.Columns.Column) == 0 && !empty {
		return errNoReport
	}
	return nil
}

// newReading returns the reading of a layout's rows. It ends with an error if they are not those of the report.
func newReading(l *layout, q export.Query) *export.Reading {
	return &export.Reading{
		Schema: l.schema(), Total: l.count(),
		Rows: func(yield func(table.Row, error) bool) {
			given, made, wanted := 0, newWritten(l), true
			more := func() bool { return q.Limit == 0 || given < q.Limit }
			l.rows(func(r table.Row) bool {
				given++
				made.add(r)
				wanted = yield(r, nil)
				return wanted && more()
			})
			check := made.check
			if !more() {
				check = made.checkPart
			}
			if !wanted {
				return
			}
			if err := check(); err != nil {
				yield(table.Row{}, err)
			}
		},
	}
}
