package export

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// OptionKind is what an option's value must be.
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
	Values   []Choice // for OptionChoice
	Default  string   // what is meant when it is not set
	Required bool
}

// Choice is one value of an option.
type Choice struct{ Value, Title string }

// Choices makes choices whose titles are made from their values.
func Choices(values ...string) []Choice {
	list := make([]Choice, len(values))
	for i, v := range values {
		list[i] = Choice{Value: v, Title: titleOf(v)}
	}
	return list
}

func titleOf(value string) string {
	t := strings.ReplaceAll(value, "_", " ")
	if t != "" {
		t = strings.ToUpper(t[:1]) + t[1:]
	}
	return t
}

// The keys of options that the program itself understands.
const (
	OptDateRange       = "date_range"
	OptStartDate       = "start_date"
	OptEndDate         = "end_date"
	OptDateColumn      = "date_column"
	OptLines           = "lines"
	OptIncludeInactive = "include_inactive"
	OptReportDate      = "report_date"
	OptBasis           = "accounting_method"
	OptSummarize       = "summarize_by"
	OptLayout          = "layout"
)

// The layouts of reports.
const (
	LayoutStatement = "statement"
	LayoutTable     = "table"
	LayoutTidy      = "tidy"
)

// check returns what is wrong with a value, empty when it is right.
func (o Option) check(v string) string {
	switch o.Kind {
	case OptionChoice:
		if !slices.ContainsFunc(o.Values, func(c Choice) bool { return c.Value == v }) {
			return "must be one of " + joinChoices(o.Values)
		}
	case OptionBool:
		if _, err := strconv.ParseBool(v); err != nil {
			return "must be true or false"
		}
	case OptionDate:
		if _, err := time.Parse(time.DateOnly, v); err != nil {
			return "must be a date such as 2026-01-31"
		}
	case OptionText:
		if len(v) > 500 {
			return "must have at most 500 characters"
		}
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

func rangeOptions(def string) []Option {
	return []Option{
		{Key: OptDateRange, Title: "Date range", Kind: OptionChoice, Values: Choices(DateRanges()...), Default: def, Help: "Worked out on the day of the run, in the schedule's time zone and with the company's fiscal year."},
		{Key: OptStartDate, Title: "From", Kind: OptionDate, Help: "First day of a custom range."},
		{Key: OptEndDate, Title: "To", Kind: OptionDate, Help: "Last day of a custom range."},
	}
}

// OptionList implements Definition.
func (e Entity) OptionList() []Option {
	var list []Option
	if len(e.Dates) > 0 {
		list = rangeOptions(RangeAll)
		list = append(list, Option{Key: OptDateColumn, Title: "Date range is about", Kind: OptionChoice, Values: Choices(e.Dates...), Default: e.Dates[0]})
	}
	if e.Lines {
		list = append(list, Option{Key: OptLines, Title: "One row per line", Kind: OptionBool, Default: "false", Help: "Repeats the record's own columns on each of its lines."})
	}
	if e.HasActive {
		list = append(list, Option{Key: OptIncludeInactive, Title: "Include inactive", Kind: OptionBool, Default: "false"})
	}
	return list
}

// OptionList implements Definition.
func (r Report) OptionList() []Option {
	var list []Option
	if r.AsOf {
		list = append(list, Option{Key: OptReportDate, Title: "As of", Kind: OptionDate, Help: "Empty means the day of the run."})
	} else {
		list = rangeOptions("this_fiscal_year_to_date")
	}
	if r.Basis {
		list = append(list, Option{Key: OptBasis, Title: "Accounting method", Kind: OptionChoice, Values: Choices("Accrual", "Cash"), Required: true, Help: "Accrual counts invoices and bills when they are dated, Cash when they are paid."})
	}
	if len(r.Summarize) > 0 {
		list = append(list, Option{Key: OptSummarize, Title: "Columns by", Kind: OptionChoice, Values: Choices(r.Summarize...), Default: r.Summarize[0]})
	}
	layouts := []string{LayoutStatement, LayoutTable, LayoutTidy}
	if r.Shape == List {
		layouts = []string{LayoutTable, LayoutStatement}
	}
	list = append(list, Option{Key: OptLayout, Title: "Layout", Kind: OptionChoice, Values: Choices(layouts...), Default: layouts[0], Help: "statement: as QuickBooks shows it. table: one row per leaf, sections as columns, no totals. tidy: as table, one row per period."})
	return append(list, r.Params...)
}

// OptionValue is the value in force: the exporter's own, else the definition's default.
func OptionValue(d Definition, options map[string]string, key string) string {
	if v, ok := options[key]; ok && v != "" {
		return v
	}
	for _, o := range d.OptionList() {
		if o.Key == key {
			return o.Default
		}
	}
	return ""
}
