package web

import (
	"slices"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

type filterField struct {
	N       int
	Value   string
	Columns []filterColumn
	Ops     []filterOp
}

type filterColumn struct {
	choice
	Kind string
}

// filterOp is a comparison, with the kinds of columns that it makes sense for.
type filterOp struct {
	choice
	Kinds  string
	OfDate string // what it is called where the column is a date
}

// spareFilters is the number of empty filter rows, for pages without scripts.
const spareFilters = 1

func filterFields(d export.Definition, e export.Exporter) []filterField {
	list := make([]filterField, 0, len(e.Filters)+spareFilters)
	for i := range len(e.Filters) + spareFilters {
		f, op, path := filterField{N: i}, export.OpEqual, ""
		if i < len(e.Filters) {
			path, f.Value, op = e.Filters[i].Column, e.Filters[i].Value, e.Filters[i].Op
		}
		f.Columns = filterColumns(d, e, path)
		for _, o := range export.Ops() {
			f.Ops = append(f.Ops, filterOp{
				choice{string(o), opWord(o), o == op}, opKinds(o), opWordOf(o, table.Date),
			})
		}
		list = append(list, f)
	}
	return list
}

// filterColumns returns the columns that a filter can be about: those of the catalogue, and the form's own fields.
func filterColumns(d export.Definition, e export.Exporter, chosen string) []filterColumn {
	var list []filterColumn
	add := func(col export.Column) {
		list = append(list, filterColumn{choice{col.Path, col.Title, col.Path == chosen}, col.Kind.String()})
	}
	for _, col := range d.Catalogue() {
		add(col)
	}
	own := append(slices.Clone(e.Columns), chosen)
	for _, path := range own {
		known := slices.ContainsFunc(list, func(c filterColumn) bool { return c.Value == path })
		if path == "" || known || strings.HasSuffix(path, "*") {
			continue
		}
		col, err := export.FindColumn(d, path)
		if err != nil {
			col = export.Column{Path: path, Title: path}
		}
		add(col)
	}
	return list
}

// opKinds returns the kinds of columns for which an operator makes sense.
func opKinds(o export.Op) string {
	switch o {
	case export.OpGreater, export.OpAtLeast, export.OpLess, export.OpAtMost:
		return "number money date datetime"
	case export.OpIn, export.OpContains, export.OpStartsWith:
		return "text"
	case export.OpNotEqual:
		return "text number money date datetime"
	}
	return "text number money date datetime bool"
}

// opWord is what people call a comparison, whatever it is about.
func opWord(o export.Op) string {
	switch o {
	case export.OpEqual:
		return "is"
	case export.OpNotEqual:
		return "is not"
	case export.OpGreater:
		return "is more than"
	case export.OpAtLeast:
		return "is at least"
	case export.OpLess:
		return "is less than"
	case export.OpAtMost:
		return "is at most"
	case export.OpIn:
		return "is one of"
	case export.OpContains:
		return "contains"
	case export.OpStartsWith:
		return "starts with"
	case export.OpEmpty:
		return "is empty"
	case export.OpNotEmpty:
		return "is not empty"
	}
	return string(o)
}

// opWordOf is what people call a comparison with a column of a kind.
func opWordOf(o export.Op, k table.Kind) string {
	if k != table.Date && k != table.DateTime {
		return opWord(o)
	}
	switch o {
	case export.OpEqual:
		return "is on"
	case export.OpNotEqual:
		return "is not on"
	case export.OpGreater:
		return "is after"
	case export.OpAtLeast:
		return "is on or after"
	case export.OpLess:
		return "is before"
	case export.OpAtMost:
		return "is on or before"
	}
	return opWord(o)
}

// filterWords puts a filter into words.
func filterWords(d export.Definition, e export.Exporter, f export.Filter) string {
	kind := table.Text
	if col, err := export.FindColumn(d, f.Column); err == nil {
		kind = col.Kind
	}
	return strings.TrimSpace(
		isolate(columnTitle(d, e, f.Column)) + " " + opWordOf(f.Op, kind) + " " + isolate(f.Value))
}
