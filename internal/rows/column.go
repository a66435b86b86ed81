package rows

import (
	"fmt"
	"strings"
	"unicode"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// column is a definition's column, compiled for lookups.
type column struct {
	def    export.Column
	path   record.Path // relative to the line if line is set
	line   bool
	listed bool       // it is in the catalogue, so its spelling is right
	found  bool       // at least one record had it
	refers *reference // nil if the value is in the record itself
}

// compileColumn compiles a column. What it has to look up in other records is registered in lists.
func compileColumn(d export.Entity, key string, lists *lists) (*column, error) {
	def, err := export.FindColumn(d, key)
	if err != nil {
		return nil, problem.Invalid("columns", "%s is not a column: %v", key, err)
	}
	c := &column{def: def, line: def.Line()}
	c.listed = d.Lists(key)
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

// source returns the record or the line in which the column's path begins.
func (c *column) source(v *export.View) record.Record {
	if c.line {
		return v.Line
	}
	return v.Record
}

// cell returns the column's value for a row, blank if the record has none.
func (c *column) cell(v *export.View) table.Cell {
	if c.def.From != nil {
		return c.def.From(*v)
	}
	read := record.Path.Cell
	if !c.listed {
		read = record.Path.OwnCell
	}
	cell, ok := read(c.path, c.source(v), c.def.Kind)
	if ok {
		c.found = true
		return cell
	}
	if c.refers == nil {
		return table.Cell{}
	}
	value, ok := c.refers.lookup(c.source(v))
	if !ok {
		return table.Cell{}
	}
	c.found = true
	if !c.listed {
		return record.ConvertOwn(value, c.def.Kind)
	}
	return record.Convert(value, c.def.Kind)
}

// header returns the column for a result's schema. If rows are lines, amounts of the whole record are labelled as such,
// so that nobody adds them up.
func (c *column) header(e export.Entity, lines bool) table.Column {
	h := table.Column{ID: c.def.Path, Title: c.def.Title, Kind: c.def.Kind, Key: c.def.Key, NotAdded: c.def.NotAdded}
	if lines && !c.line && h.Kind == table.Money {
		h.NotAdded = true
		h.Title += " (whole " + splitWords(e.Object) + ")"
	}
	return h
}

// splitWords turns "SalesReceipt" into "sales receipt".
func splitWords(object string) string {
	var b strings.Builder
	for i, r := range object {
		if i > 0 && unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// isLeftOut reports whether a preview skipped the lists that hold the column's values.
func (c *column) isLeftOut() bool {
	if c.refers != nil {
		for _, f := range c.refers.in {
			if f.list.unread {
				return true
			}
		}
	}
	return false
}

// warnMisspelt warns of columns that are in no catalogue and in no record.
func warnMisspelt(columns []*column, rows int) []string {
	if rows == 0 {
		return nil
	}
	var list []string
	for _, c := range columns {
		if !c.listed && !c.found && !c.isLeftOut() {
			list = append(list, fmt.Sprintf("Column %s was empty in all %d rows; check its spelling.", c.def.Path,
				rows))
		}
	}
	return list
}
