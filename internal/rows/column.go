package rows

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// column is a definition's column made ready to look up.
type column struct {
	def    export.Column
	path   record.Path // within the line when line is set
	line   bool
	listed bool       // in the catalogue, so that its spelling is right
	found  bool       // some record had it
	refers *reference // nil when the value is in the record itself
}

// compileColumn makes a column ready; what it looks up in other records goes through lists.
func compileColumn(d export.Entity, key string, lists *lists) (*column, error) {
	def, err := export.FindColumn(d, key)
	if err != nil {
		return nil, problem.Invalid("columns", "%s is not a column: %v", key, err)
	}
	c := &column{def: def, line: def.Line()}
	c.listed = slices.ContainsFunc(d.Catalogue(), func(known export.Column) bool { return known.Path == key })
	if def.From == nil {
		if c.path, err = record.ParsePath(strings.TrimPrefix(key, export.LinePrefix)); err != nil {
			return nil, problem.Invalid("columns", "%s is not a column: %v", key, err)
		}
		if c.refers, err = compileReference(d.Object, c.path.String(), lists); err != nil {
			return nil, problem.Invalid("columns", "%s is not a column: %v", key, err)
		}
	}
	return c, nil
}

// source is the record or the line that the column's path begins in.
func (c *column) source(v export.View) record.Record {
	if c.line {
		return v.Line
	}
	return v.Record
}

// cell is the column's value in a row; blank when the record has none.
func (c *column) cell(v export.View) table.Cell {
	if c.def.From != nil {
		return c.def.From(v)
	}
	value, ok := c.path.Lookup(c.source(v))
	if !ok && c.refers != nil {
		value, ok = c.refers.lookup(c.source(v))
	}
	if !ok {
		return table.Cell{}
	}
	c.found = true
	return record.Convert(value, c.def.Kind)
}

// header is the column in a result's schema. An amount of the whole record is said to be one where rows are lines, lest
// somebody add it up.
func (c *column) header(e export.Entity, lines bool) table.Column {
	h := table.Column{ID: c.def.Path, Title: c.def.Title, Kind: c.def.Kind, Key: c.def.Key, NotAdded: c.def.NotAdded}
	if lines && !c.line && h.Kind == table.Money {
		h.NotAdded = true
		h.Title += " (whole " + spaced(e.Object) + ")"
	}
	return h
}

// spaced turns "SalesReceipt" into "sales receipt".
func spaced(object string) string {
	var b strings.Builder
	for i, r := range object {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// leftOut says that a preview did not look for the column's values.
func (c *column) leftOut() bool {
	if c.refers != nil {
		for _, f := range c.refers.in {
			if f.list.unread {
				return true
			}
		}
	}
	return false
}

// misspelt warns of columns that no catalogue lists and no record had.
func misspelt(columns []*column, rows int) []string {
	if rows == 0 {
		return nil
	}
	var list []string
	for _, c := range columns {
		if !c.listed && !c.found && !c.leftOut() {
			list = append(list, fmt.Sprintf("Column %s was empty in all %d rows; check its spelling.", c.def.Path,
				rows))
		}
	}
	return list
}
