package intuitsim

import (
	"slices"
	"strings"
)

// ReportSpec describes a report that is not built in. Its answers have the described columns and groups, add up as
// described, and vary with the dates requested, but their figures do not come from the journal. A built-in report is
// not affected by a description.
type ReportSpec struct {
	// Name is the report's name in the URL.
	Name string
	// Tree says that it is a statement: sections of rows with totals. Otherwise it lists rows under fixed columns.
	Tree bool
	// Accounts says that the rows of a statement are about accounts.
	Accounts bool
	// Grouped says that the rows of a list stand in sections.
	Grouped bool
	// Dates says which days it is about.
	Dates ReportDates
	// Periods says that a statement can have a column for each period.
	Periods bool
	// Columns are the keys that a list's parameter columns takes. Amounts are the keys of columns that hold amounts.
	Columns, Amounts []string
	// Groups are results that follow from groups of rows; Across says how a column follows from others on each row. Of
	// several about one name the first counts.
	Groups, Across []SumSpec
	// Sections are groups of rows beside those that Groups names.
	Sections []string
	// Even are two columns whose amounts are the same on the whole.
	Even [2]string
}

// SumSpec states that one thing is the sum of others, or of all others if Of is empty; a minus sign subtracts one.
type SumSpec struct {
	Name string
	Of   []string
}

// ReportDates says which days a report is about.
type ReportDates uint8

// The kinds of dates.
const (
	PeriodReport   ReportDates = iota // what happened between two days
	StandingReport                    // what had come together at the end of a period
	DayReport                         // what had come together on a day
	UndatedReport
)

// builderOf makes the builder of a described report, nil when there is none.
func builderOf(specs []ReportSpec, name string) builder {
	known := builders()
	names := func(yield func(string) bool) {
		for other := range known {
			if !yield(other) {
				return
			}
		}
	}
	for i := range specs {
		if spec := &specs[i]; spec.Name == name && !isMisspelt(strings.ToLower(name), names) {
			if spec.Tree {
				return func(r *reportCall) *report { return r.describedTree(spec) }
			}
			return func(r *reportCall) *report { return r.describedList(spec) }
		}
	}
	return nil
}

// event is something of which the described reports tell: there is one each ten days since the books began.
type event struct {
	date day
	n    int
}

// events are those that a report is about between two days.
func (r *reportCall) events(spec *ReportSpec, start, end day) []event {
	var out []event
	n := 0
	for d := r.today.addMonths(-12 * years); d <= r.today; d += 10 {
		n++
		if d <= end && (d >= start || spec.Dates != PeriodReport) || spec.Dates == UndatedReport {
			out = append(out, event{d, n})
		}
	}
	return out
}

// totalKey is the key of the column that adds up all others, if no rule says otherwise.
const totalKey = "total"

// fixed says that a statement has the columns of its amounts and not one a period.
func (s *ReportSpec) fixed() bool {
	return !s.Periods && slices.ContainsFunc(s.Amounts, func(name string) bool { return name != totalKey })
}

// amountOf is what an event adds to a column.
func (s *ReportSpec) amountOf(e event, column string) cents { return s.amountAt(e, column, 0) }

func (s *ReportSpec) amountAt(e event, column string, depth int) cents {
	if column == s.Even[1] {
		column = s.Even[0]
	}
	var parts []string
	i := slices.IndexFunc(s.Across, func(rule SumSpec) bool { return rule.Name == column })
	switch {
	case depth > len(s.Across), i < 0 && column != totalKey: // a rule that comes back to itself says nothing
		return cents(1_000 + 25*e.n + 100*slices.Index(s.Amounts, column))
	case i >= 0:
		parts = s.Across[i].Of
	}
	if len(parts) == 0 {
		parts = slices.DeleteFunc(slices.Clone(s.Amounts), func(name string) bool { return name == column })
	}
	var sum cents
	for _, part := range parts {
		name, negative := strings.CutPrefix(part, "-")
		if negative {
			sum -= s.amountAt(e, name, depth+1)
		} else {
			sum += s.amountAt(e, name, depth+1)
		}
	}
	return sum
}

// leaves are the groups that follow from no others.
func (s *ReportSpec) leaves() []string {
	var out []string
	add := func(name string) {
		name = strings.TrimPrefix(name, "-")
		result := slices.ContainsFunc(s.Groups, func(rule SumSpec) bool { return rule.Name == name })
		if !result && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	for _, rule := range s.Groups {
		for _, name := range rule.Of {
			add(name)
		}
	}
	for _, name := range s.Sections {
		add(name)
	}
	return out
}

// sumPlan works out groups of rows from others.
type sumPlan struct {
	spec  *ReportSpec
	width int
	sums  map[string]amounts // of the groups that have rows
}

// results are the groups that follow from others, each once.
func (p *sumPlan) results() []string {
	var out []string
	for _, rule := range p.spec.Groups {
		if !slices.Contains(out, rule.Name) {
			out = append(out, rule.Name)
		}
	}
	return out
}

// of works out a group.
func (p *sumPlan) of(name string, depth int) amounts {
	out := make(amounts, p.width)
	i := slices.IndexFunc(p.spec.Groups, func(rule SumSpec) bool { return rule.Name == name })
	switch {
	case i < 0 || depth > len(p.spec.Groups): // a rule that comes back to itself says nothing
		return out.plus(p.sums[name])
	case len(p.spec.Groups[i].Of) == 0:
		for _, sum := range p.sums {
			out = out.plus(sum)
		}
		return out
	}
	for _, part := range p.spec.Groups[i].Of {
		if rest, negative := strings.CutPrefix(part, "-"); negative {
			out = out.minus(p.of(rest, depth+1))
		} else {
			out = out.plus(p.of(part, depth+1))
		}
	}
	return out
}

// titleOfKey makes a title of a column's key: net_income is Net income.
func titleOfKey(key string) string {
	title := strings.ReplaceAll(key, "_", " ")
	if title == "" {
		return ""
	}
	return strings.ToUpper(title[:1]) + title[1:]
}
