package export

import (
	"fmt"
	"slices"
	"strings"

	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// Op compares a column with a filter's value.
type Op string

// The operators of filters.
const (
	OpEqual      Op = "="
	OpNotEqual   Op = "!="
	OpGreater    Op = ">"
	OpAtLeast    Op = ">="
	OpLess       Op = "<"
	OpAtMost     Op = "<="
	OpIn         Op = "in"
	OpContains   Op = "contains"
	OpStartsWith Op = "starts_with"
	OpEmpty      Op = "empty"
	OpNotEmpty   Op = "not_empty"
)

// Ops lists the operators in the order in which forms show them.
func Ops() []Op {
	return []Op{
		OpEqual, OpNotEqual, OpGreater, OpAtLeast, OpLess, OpAtMost,
		OpIn, OpContains, OpStartsWith, OpEmpty, OpNotEmpty,
	}
}

// Filter keeps the rows whose column satisfies the comparison. All filters of an exporter must hold.
type Filter struct {
	Column string `json:"column"`
	Op     Op     `json:"op"`
	Value  string `json:"value"` // for "in" a comma-separated list
}

// check returns what is wrong with the filter for a column of the kind; empty if nothing is.
func (f Filter) check(kind table.Kind) string {
	if !slices.Contains(Ops(), f.Op) {
		return "op must be one of =, !=, >, >=, <, <=, in, contains, starts_with, empty, not_empty"
	}
	switch f.Op {
	case OpEmpty, OpNotEmpty, OpContains, OpStartsWith:
		return ""
	}
	for _, v := range f.values() {
		if v != "" && record.Convert(v, kind).Kind() != kind {
			return "value " + quote(v) + " is not a " + kind.String()
		}
	}
	return ""
}

func (f Filter) values() []string {
	if f.Op != OpIn {
		return []string{f.Value}
	}
	list := strings.Split(f.Value, ",")
	for i := range list {
		list[i] = strings.TrimSpace(list[i])
	}
	return list
}

// Match reports whether a cell passes. Text is compared without regard to case, as in QuickBooks. A blank cell passes
// only !=, empty, and = with an empty value. When an instant is compared with a bare date, only its day in UTC counts.
func (f Filter) Match(c table.Cell) bool {
	switch f.Op {
	case OpEmpty:
		return c.Blank()
	case OpNotEmpty:
		return !c.Blank()
	case OpContains:
		return strings.Contains(strings.ToLower(c.String()), strings.ToLower(f.Value))
	case OpStartsWith:
		return strings.HasPrefix(strings.ToLower(c.String()), strings.ToLower(f.Value))
	case OpIn:
		for _, v := range f.values() {
			if n, ok := compare(c, v); ok && n == 0 {
				return true
			}
		}
		return false
	case OpNotEqual:
		n, ok := compare(c, f.Value)
		return !ok || n != 0
	}
	n, ok := compare(c, f.Value)
	if !ok {
		return false
	}
	switch f.Op {
	case OpEqual:
		return n == 0
	case OpGreater:
		return n > 0
	case OpAtLeast:
		return n >= 0
	case OpLess:
		return n < 0
	case OpAtMost:
		return n <= 0
	}
	return false
}

// compare orders a cell relative to a filter's text. It reports false if they cannot be compared.
func compare(c table.Cell, v string) (int, bool) {
	if c.Blank() {
		return 0, v == ""
	}
	if d, ok := c.Decimal(); ok {
		o, err := table.ParseDecimal(v)
		return d.Cmp(o), err == nil
	}
	if at, ok := c.Time(); ok {
		o, ok := record.Convert(v, c.Kind()).Time()
		if !ok && c.Kind() == table.DateTime {
			if o, ok = record.Convert(v, table.Date).Time(); ok {
				at, _ = table.DateOf(at).Time()
			}
		}
		return at.Compare(o), ok
	}
	return strings.Compare(strings.ToLower(c.String()), strings.ToLower(v)), true
}

func quote(s string) string { return `"` + s + `"` }

func (e Exporter) validateFilters(d Definition, c *problem.Collect) {
	if len(e.Filters) > maxFilters {
		c.Add("filters", "are more than %d", maxFilters)
		return
	}
	if _, isReport := d.(Report); isReport && len(e.Filters) > 0 {
		c.Add("filters", "do not go with reports; use the report's own options")
		return
	}
	for i, f := range e.Filters {
		field := fmt.Sprintf("filters[%d]", i)
		if len(f.Column) > maxColumnKey || len(f.Value) > maxFilterValue {
			c.Add(field, "has a column of more than %d characters or a value of more than %d",
				maxColumnKey, maxFilterValue)
			continue
		}
		col, err := FindColumn(d, f.Column)
		if err != nil {
			c.Add(field, "%s is not a column: %v", f.Column, err)
			continue
		}
		listed := func(col Column) bool { return col.Path == f.Column }
		if !d.Info().Paths && !slices.ContainsFunc(d.Catalogue(), listed) {
			c.Add(field, "%s is not a column of %s", f.Column, d.Info().ID)
			continue
		}
		if why := f.check(col.Kind); why != "" {
			c.Add(field, "%s", why)
		}
		if col.Line() && !WantsLines(d, e.Options) {
			c.Add(field, "%s is about lines; set the option lines to true", f.Column)
		}
	}
}
