package export

import (
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"ledgersheet/internal/problem"
)

// RangeOptions is a date range as a person chose it.
type RangeOptions struct{ Name, Start, End string }

// Resolve returns the days of the range; see ResolveRange.
func (r RangeOptions) Resolve(today time.Time, fiscalStart time.Month) (DateRange, error) {
	return ResolveRange(r.Name, today, fiscalStart, r.Start, r.End)
}

// RecordOptions are an Entity's options in effect.
type RecordOptions struct {
	Range           RangeOptions // zero if the entity has no dates
	DateColumn      string
	Lines           bool
	IncludeInactive bool
}

// ReportOptions are a Report's options in effect.
type ReportOptions struct {
	Range     RangeOptions // for reports about a range
	Date      string       // for reports as of a day; empty means the day of the run
	Basis     string       // "Accrual" or "Cash"; empty if the report takes none
	Summarize string       // empty if the report takes none
	Compare   string       // CompareNone, …
	Layout    string
	Beside    bool    // several companies are placed side by side
	Params    []Param // the report's own filters that differ from QuickBooks' defaults
}

// Param is one parameter of a report request.
type Param struct{ Key, Value string }

// LogOptions are a ChangeLog's options in effect.
type LogOptions struct {
	Objects  []string // what to watch; empty means everything
	KeepDays int
}

// values looks options up: an exporter's own, or else the defaults.
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

// Parse reads the options of an exporter of this entity. The result is undefined for options that Validate refuses.
func (e Entity) Parse(options map[string]string) (RecordOptions, error) {
	v := valuesOf(e.options, options)
	return RecordOptions{
		Range: v.span(), DateColumn: v.text(OptDateColumn), Lines: v.is(OptLines),
		IncludeInactive: v.is(OptIncludeInactive),
	}, nil
}

// Parse reads the options of an exporter of this report and refuses impossible combinations.
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
	if why := r.checkLayout(o); why != "" {
		return o, problem.Invalid("options."+OptLayout, "%s", why)
	}
	if why := o.checkCompare(); why != "" {
		return o, problem.Invalid("options."+OptCompare, "%s", why)
	}
	return o, nil
}

// checkLayout returns why the report cannot have this layout; empty if it can. It is asked on each run: another layout
// instead would give people's sheets other columns.
func (r Report) checkLayout(o ReportOptions) string {
	switch offered := r.layouts(); {
	case !slices.Contains(offered, o.Layout):
		return "must be one of " + strings.Join(offered, ", ")
	case o.Layout == LayoutTidy && o.Summarize != "" && o.Summarize != SummarizeTotal && !periodic(o.Summarize):
		return LayoutTidy + " needs columns that are periods, not " + o.Summarize
	}
	return ""
}

// checkCompare returns why this comparison is impossible; empty if it is possible.
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

// Parse reads the options of an exporter of this change log.
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

// WantsLines reports whether the options ask for one row per line.
func WantsLines(d Definition, options map[string]string) bool {
	e, ok := d.(Entity)
	return ok && e.Lines && options[OptLines] == "true"
}
