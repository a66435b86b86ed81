package export

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// OptionKind is the kind of value that an option takes.
type OptionKind string

// The kinds of options. Values are kept as text: "true", "2026-01-31", "Accrual".
const (
	OptionChoice OptionKind = "choice"
	OptionBool   OptionKind = "bool"
	OptionDate   OptionKind = "date"
	OptionText   OptionKind = "text"
)

// Option is a setting that a definition offers.
type Option struct {
	Key      string
	Title    string
	Help     string
	Kind     OptionKind
	Values   []Choice // for OptionChoice; for OptionText with Most, what its list may hold
	Most     int      // for OptionText: a comma-separated list of at most this many of Values
	Largest  int      // for OptionText: a whole number from 1 to this
	Records  string   // for OptionText: a comma-separated list of ids of this QuickBooks object, such as "Customer"
	Default  string   // what applies if it is not set
	Required bool
	Custom   bool // applies to a custom date range only
}

// Choice is one value of an option.
type Choice struct{ Value, Title string }

// Choices returns choices whose titles are derived from their values.
func Choices(values ...string) []Choice {
	list := make([]Choice, len(values))
	for i, v := range values {
		list[i] = Choice{Value: v, Title: titleOf(v)}
	}
	return list
}

// titleOf turns "this_year", "CreditCard" and "Report_Date" into words.
func titleOf(value string) string {
	var b strings.Builder
	var last rune
	for _, r := range value {
		switch {
		case r == '_':
			r = ' '
		case unicode.IsUpper(r) && unicode.IsLower(last):
			b.WriteRune(' ')
			r = unicode.ToLower(r)
		case unicode.IsUpper(r) && last == ' ' && strings.Contains(value, "_"):
			r = unicode.ToLower(r)
		case last == 0:
			r = unicode.ToUpper(r)
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

// The keys of options that the program itself interprets.
const (
	OptDateRange       = "date_range"
	OptStartDate       = "start_date"
	OptEndDate         = "end_date"
	OptDateColumn      = "date_column"
	OptLines           = "lines"
	OptIncludeInactive = "include_inactive"
	OptDeleted         = "deleted"
	OptReportDate      = "report_date"
	OptBasis           = "accounting_method"
	OptSummarize       = "summarize_by"
	OptLayout          = "layout"
	OptCompare         = "compare"
	OptCompanies       = "companies"
)

// What a statement can be compared with.
const (
	CompareNone   = "none"
	ComparePeriod = "previous_period"
	CompareYear   = "previous_year"
)

// SummarizeTotal is the value of summarize_by for one column over the whole range.
const SummarizeTotal = "Total"

// How several companies are arranged in one sheet.
const (
	CompaniesStacked = "stacked"
	CompaniesBeside  = "side_by_side"
)

// The layouts of reports.
const (
	LayoutStatement = "statement"
	LayoutTable     = "table"
	LayoutTidy      = "tidy"
)

// check returns what is wrong with a value; empty if nothing is.
func (o Option) check(v string) string {
	switch o.Kind {
	case OptionChoice:
		if !slices.ContainsFunc(o.Values, func(c Choice) bool { return c.Value == v }) {
			return "must be one of " + joinChoices(o.Values)
		}
	case OptionBool:
		if v != "true" && v != "false" {
			return "must be true or false"
		}
	case OptionDate:
		if _, err := time.Parse(time.DateOnly, v); err != nil {
			return "must be a date such as 2026-01-31"
		}
	case OptionText:
		return o.checkText(v)
	}
	return ""
}

// maxOptionLength leaves room for a filter by more than a hundred ids.
const maxOptionLength = 1000

func (o Option) checkText(v string) string {
	if len(v) > maxOptionLength {
		return fmt.Sprintf("must have at most %d characters", maxOptionLength)
	}
	if o.Largest > 0 {
		if n, err := strconv.Atoi(v); err != nil || n < 1 || n > o.Largest {
			return fmt.Sprintf("must be a whole number from 1 to %d", o.Largest)
		}
	}
	if o.Most == 0 {
		return ""
	}
	seen := map[string]bool{}
	for part := range strings.SplitSeq(v, ",") {
		part = strings.TrimSpace(part)
		if !slices.ContainsFunc(o.Values, func(c Choice) bool { return c.Value == part }) {
			return fmt.Sprintf("has %q, which is none of %s", part, joinChoices(o.Values))
		}
		if seen[part] {
			return fmt.Sprintf("has %s twice", part)
		}
		seen[part] = true
	}
	if len(seen) > o.Most {
		return fmt.Sprintf("has %d entries; QuickBooks gives up on more than %d", len(seen), o.Most)
	}
	return ""
}

func joinChoices(list []Choice) string {
	values := make([]string, len(list))
	for i, c := range list {
		values[i] = c.Value
	}
	return strings.Join(values, ", ")
}

// option is an Option whose choices are not built yet.
type option struct {
	Option
	values []string // the values of its choices, whose titles are derived; nil if Option.Values is complete
}

// collectOptions returns the options with their choices built.
func collectOptions(options iter.Seq[option]) []Option {
	var list []Option
	for o := range options {
		if o.values != nil {
			o.Values = Choices(o.values...)
		}
		list = append(list, o.Option)
	}
	return list
}

var (
	ranges     = DateRanges()
	bases      = []string{"Accrual", "Cash"}
	compared   = []string{CompareNone, ComparePeriod, CompareYear}
	treeLayout = []string{LayoutStatement, LayoutTable}
	tidyLayout = []string{LayoutStatement, LayoutTable, LayoutTidy}
	listLayout = []string{LayoutTable, LayoutStatement}
	placements = []string{CompaniesStacked, CompaniesBeside}
)

// yieldRange yields the options of a date range.
func yieldRange(def string, yield func(option) bool) bool {
	span := option{values: ranges, Option: Option{
		Key: OptDateRange, Title: "Date range", Kind: OptionChoice, Default: def,
		Help: "Worked out on the day of the run, in the schedule's time zone and with the company's fiscal year.",
	}}
	from := option{Option: Option{
		Key: OptStartDate, Title: "From", Kind: OptionDate, Custom: true, Help: "First day of a custom range.",
	}}
	to := option{Option: Option{
		Key: OptEndDate, Title: "To", Kind: OptionDate, Custom: true, Help: "Last day of a custom range.",
	}}
	return yield(span) && yield(from) && yield(to)
}

// OptionList implements Definition.
func (e Entity) OptionList() []Option { return collectOptions(e.options) }

func (e Entity) options(yield func(option) bool) {
	if len(e.Dates) > 0 && !(yieldRange(RangeAll, yield) && yield(option{Option: Option{
		Key: OptDateColumn, Title: "Date range is about", Kind: OptionChoice, Default: e.Dates[0],
	}, values: e.Dates})) {
		return
	}
	if e.Lines && !yield(option{Option: Option{
		Key: OptLines, Title: "One row per line", Kind: OptionBool, Default: "false",
		Help: "Repeats the record's own columns on each of its lines.",
	}}) {
		return
	}
	if e.HasActive && !yield(option{Option: Option{
		Key: OptIncludeInactive, Title: "Include inactive", Kind: OptionBool, Default: "false",
	}}) {
		return
	}
	if !e.Single {
		help := deletedHelp
		if e.HasActive {
			help += " What is made inactive counts as deleted, unless inactive ones are included."
		}
		yield(option{Option: Option{
			Key: OptDeleted, Title: "Rows of deleted records", Kind: OptionChoice, Default: DeletedRemove,
			Values: deletedChoices, Help: help,
		}})
	}
}

const deletedHelp = "Only where rows are kept up to date one by one. With a date range or filter, rows that are not " +
	"in the result stay as they are: they may just not match any more."

var deletedChoices = []Choice{
	{DeletedRemove, "Take them out"}, {DeletedMark, "Keep them, Status becomes Deleted"},
	{DeletedKeep, "Leave them as they are"},
}

// OptionList implements Definition.
func (r Report) OptionList() []Option { return collectOptions(r.options) }

func (r Report) options(yield func(option) bool) {
	if !r.yieldDates(yield) || !r.yieldFigures(yield) || !r.yieldLayout(yield) {
		return
	}
	for _, p := range r.Params {
		if !yield(option{Option: p}) {
			return
		}
	}
}

func (r Report) yieldDates(yield func(option) bool) bool {
	switch r.Dates {
	case Undated:
		return true
	case AsOfDay:
		return yield(option{Option: Option{
			Key: OptReportDate, Title: "As of", Kind: OptionDate, Help: "Empty means the day of the run.",
		}})
	default:
		return yieldRange("this_fiscal_year_to_date", yield)
	}
}

// yieldFigures yields the options that say which figures there are.
func (r Report) yieldFigures(yield func(option) bool) bool {
	if r.Basis && !yield(option{Option: Option{
		Key: OptBasis, Title: "Accounting method", Kind: OptionChoice, Required: true,
		Help: "Accrual counts invoices and bills when they are dated, Cash when they are paid.",
	}, values: bases}) {
		return false
	}
	if len(r.Summarize) > 0 && !yield(option{Option: Option{
		Key: OptSummarize, Title: "Columns by", Kind: OptionChoice, Default: r.Summarize[0],
	}, values: r.Summarize}) {
		return false
	}
	return !r.Comparable() || yield(option{Option: Option{
		Key: OptCompare, Title: "Compare with", Kind: OptionChoice, Default: CompareNone,
		Help: "Adds the other period, the change and the change in percent. " +
			"Whole months are compared with whole months, other ranges with as many days before.",
	}, values: compared})
}

// yieldLayout yields the options that say how the figures are laid out in the sheet.
func (r Report) yieldLayout(yield func(option) bool) bool {
	layouts := r.layouts()
	help := "Statement: as QuickBooks shows it. Table: a row for each account or name, its sections in columns, no " +
		"totals."
	if slices.Contains(layouts, LayoutTidy) {
		help += " Tidy: like a table, with a row for each period."
	}
	if !yield(option{Option: Option{
		Key: OptLayout, Title: "Layout", Kind: OptionChoice, Default: layouts[0], Help: help,
	}, values: layouts}) {
		return false
	}
	return r.Shape != Tree || yield(option{Option: Option{
		Key: OptCompanies, Title: "Several companies", Kind: OptionChoice, Default: CompaniesStacked,
		Help: "Stacked: one below the other. Side by side: a column each and, when all have one currency, their total.",
	}, values: placements})
}

// layouts returns the layouts that the report can have, the default first. One row a period needs columns that are
// periods: those of summarize_by, or those of an ageing.
func (r Report) layouts() []string {
	switch {
	case r.Shape == List:
		return listLayout
	case len(r.Summarize) > 0, r.Ageing:
		return tidyLayout
	}
	return treeLayout
}

// Comparable reports whether the report can be shown next to itself for another period.
func (r Report) Comparable() bool {
	return r.Shape == Tree && len(r.Summarize) > 0 && r.Summarize[0] == SummarizeTotal
}

// OptionValue returns the value in effect: the exporter's own, or the definition's default.
func OptionValue(d Definition, options map[string]string, key string) string {
	if v, ok := options[key]; ok && v != "" {
		return v
	}
	for o := range d.options {
		if o.Key == key {
			return o.Default
		}
	}
	return ""
}
