package export

import (
	"iter"
	"strconv"
	"strings"
	"time"

	"ledgersheet/internal/problem"
)

// RangeOptions are a range of days as people chose it.
type RangeOptions struct{ Name, Start, End string }

// Resolve turns the range into days; see ResolveRange.
func (r RangeOptions) Resolve(today time.Time, fiscalStart time.Month) (DateRange, error) {
	return ResolveRange(r.Name, today, fiscalStart, r.Start, r.End)
}

// RecordOptions are an Entity's options in force.
type RecordOptions struct {
	Range           RangeOptions // the zero value where the entity has no dates
	DateColumn      string
	Lines           bool
	IncludeInactive bool
}

// ReportOptions are a Report's options in force.
type ReportOptions struct {
	Range     RangeOptions // of reports about a range
	Date      string       // of reports as of a day; empty means the day of the run
	Basis     string       // "Accrual" or "Cash"; empty where the report does not know it
	Summarize string       // empty where the report does not know it
	Compare   string       // CompareNone, …
	Layout    string
	Beside    bool    // several companies stand side by side
	Params    []Param // the report's own filters that differ from what QuickBooks does by itself
}

// Param is one parameter of a report's request.
type Param struct{ Key, Value string }

// LogOptions are a ChangeLog's options in force.
type LogOptions struct {
	Objects  []string // what is watched; empty means everything
	KeepDays int
}

// values reads options: an exporter's own, else the defaults.
type values struct {
	own      map[string]string
	defaults map[string]string
}

func valuesOf(options iter.Seq[option], own map[string]string) values {
	v := values{own: own, defaults: map[string]string{}}
	for o := range options {
		v.defaults[o.Key] = o.Default
	}
	return v
}

func (v values) text(key string) string {
	if _, known := v.defaults[key]; !known {
		return ""
	}
	if own := strings.TrimSpace(v.own[key]); own != "" {
		return own
	}
	return v.defaults[key]
}

func (v values) is(key string) bool { return v.text(key) == "true" }

func (v values) span() RangeOptions {
	return RangeOptions{Name: v.text(OptDateRange), Start: v.text(OptStartDate), End: v.text(OptEndDate)}
}

// Parse reads the options of an exporter of this entity. Those that Validate would refuse have no defined meaning.
func (e Entity) Parse(options map[string]string) (RecordOptions, error) {
	v := valuesOf(e.options, options)
	return RecordOptions{
		Range: v.span(), DateColumn: v.text(OptDateColumn), Lines: v.is(OptLines),
		IncludeInactive: v.is(OptIncludeInactive),
	}, nil
}

// Parse reads the options of an exporter of this report and refuses combinations that cannot be.
func (r Report) Parse(options map[string]string) (ReportOptions, error) {
	v := valuesOf(r.options, options)
	o := ReportOptions{
		Range: v.span(), Date: v.text(OptReportDate), Basis: v.text(OptBasis), Summarize: v.text(OptSummarize),
		Compare: v.text(OptCompare), Layout: v.text(OptLayout), Beside: v.text(OptCompanies) == CompaniesBeside,
	}
	if o.Compare == "" {
		o.Compare = CompareNone
	}
	for _, p := range r.Params {
		if value := v.text(p.Key); value != "" && value != p.Default {
			o.Params = append(o.Params, Param{p.Key, value})
		}
	}
	if r.Basis && o.Basis == "" {
		return o, problem.Invalid("options."+OptBasis, "must be chosen: Accrual, Cash")
	}
	if why := o.checkCompare(); why != "" {
		return o, problem.Invalid("options."+OptCompare, "%s", why)
	}
	return o, nil
}

// checkCompare returns why the report cannot be compared like this, empty when it can.
func (o ReportOptions) checkCompare() string {
	switch {
	case o.Compare == CompareNone:
		return ""
	case o.Summarize != SummarizeTotal:
		return "goes with summarize_by " + SummarizeTotal + " only, not " + o.Summarize
	case o.Range.Name == RangeAll || o.Range.Name == RangeCustom && o.Range.Start == "":
		return "needs a date range that has another one before it, not all"
	case o.Layout == LayoutTidy:
		return "goes with the layouts " + LayoutStatement + " and " + LayoutTable
	}
	return ""
}

// Parse reads the options of an exporter of this log.
func (l ChangeLog) Parse(options map[string]string) (LogOptions, error) {
	v := valuesOf(l.options, options)
	var o LogOptions
	for object := range strings.SplitSeq(v.text(OptObjects), ",") {
		if object = strings.TrimSpace(object); object != "" {
			o.Objects = append(o.Objects, object)
		}
	}
	var err error
	if o.KeepDays, err = strconv.Atoi(v.text(OptKeepDays)); err != nil {
		return o, problem.Invalid("options."+OptKeepDays, "is no number of days")
	}
	return o, nil
}

// WantsLines reports whether options ask for one row a line.
func WantsLines(d Definition, options map[string]string) bool {
	e, ok := d.(Entity)
	return ok && e.Lines && options[OptLines] == "true"
}
