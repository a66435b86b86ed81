package rows

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
	"ledgersheet/internal/table"
)

// sampleSize is how many records of a long list are looked at. Each shows all custom fields that are in use.
const sampleSize = 100

// learnsFrom reports whether the header depends on records.
func (m *Maker) learnsFrom() bool {
	return m.wild >= 0 || slices.ContainsFunc(m.allColumns(), func(c *column) bool { return !c.listed })
}

// learnFirst reads what the header depends on, and returns the records to make rows from. A short list is read whole
// and kept. Of a long one the first records are asked for apart, with one request.
func (m *Maker) learnFirst(ctx context.Context, from *supply.Records) (iter.Seq2[record.Record, error], error) {
	if !m.learnsFrom() || from.Total == 0 {
		return from.All, m.needColumns()
	}
	all, result := from.All, from.All
	if from.Total > mostAhead {
		w := m.Want()
		w.Limit = sampleSize
		first, err := m.supply.Records(ctx, w)
		if err != nil {
			return nil, err
		}
		all = first.All
	}
	sample, err := collect(all)
	if err != nil {
		return nil, err
	}
	if from.Total <= mostAhead {
		result = each(sample)
	}
	return result, m.learn(sample)
}

// needColumns returns a problem if no column is left.
func (m *Maker) needColumns() error {
	if len(m.columns) == 0 {
		return problem.Invalid("columns", "%s has no custom fields, and there is no other column", m.entity.Title)
	}
	return nil
}

// learn completes the columns from a sample of the records.
func (m *Maker) learn(sample []record.Record) error {
	fields := customFields(sample)
	if err := m.expand(fields); err != nil {
		return err
	}
	if err := m.needColumns(); err != nil {
		return err
	}
	for _, c := range m.allColumns() {
		if c.listed || c.def.From != nil || c.refers != nil {
			continue
		}
		i := slices.IndexFunc(fields, func(f record.CustomField) bool { return f.Path() == c.path.String() })
		if !c.line && i >= 0 {
			c.def.Kind, c.found = fields[i].Kind, true
			continue
		}
		c.def.Kind = m.kindIn(c, sample)
	}
	return nil
}

// customFields returns the custom fields of all records, one for each name.
func customFields(records []record.Record) []record.CustomField {
	var list []record.CustomField
	at := map[string]int{}
	for _, rec := range records {
		for _, f := range rec.CustomFields() {
			if i, known := at[f.Name]; known {
				list[i] = list[i].Join(f)
				continue
			}
			at[f.Name] = len(list)
			list = append(list, f)
		}
	}
	return list
}

// expand puts the custom fields that have no column of their own in the place of "CustomField.*".
func (m *Maker) expand(fields []record.CustomField) error {
	if m.wild < 0 {
		return nil
	}
	var more []*column
	for _, f := range fields {
		if m.hasColumn(f.Path()) {
			continue
		}
		c, err := compileColumn(m.entity, f.Path(), &m.lists)
		if err != nil {
			continue // no path can have this name; noteLate tells of it
		}
		c.def.Title, c.found = f.Name, true
		more = append(more, c)
	}
	m.columns = slices.Insert(m.columns, m.wild, more...)
	return nil
}

func (m *Maker) hasColumn(path string) bool {
	return slices.ContainsFunc(m.columns, func(c *column) bool { return c.def.Path == path })
}

// kindIn returns the kind that a column's values have in the sample, if it is the same one, and Text if it is not. If
// there are none it stays as it was guessed.
func (m *Maker) kindIn(c *column, sample []record.Record) table.Kind {
	kind, found := c.def.Kind, false
	for _, rec := range sample {
		for _, line := range m.linesOf(rec) {
			v, ok := c.path.Lookup(c.source(&export.View{Record: rec, Line: line}))
			if !ok {
				continue
			}
			own := record.OwnKind(v, c.def.Kind)
			if found && own != kind {
				return table.Text
			}
			kind, found = own, true
		}
	}
	return kind
}

// noteLate remembers the custom fields of a record that have a value but no column.
func (m *Maker) noteLate(rec record.Record) {
	if m.wild < 0 {
		return
	}
	for _, f := range rec.CustomFields() {
		if f.Filled && !m.hasColumn(f.Path()) && !slices.Contains(m.late, f.Name) && len(m.late) < mostNamed {
			m.late = append(m.late, f.Name)
		}
	}
}

// mostNamed bounds the names in a warning.
const mostNamed = 10

// warnLate names the custom fields that are not in the table.
func (m *Maker) warnLate() []string {
	if len(m.late) == 0 {
		return nil
	}
	return []string{fmt.Sprintf("These custom fields have no column, because the first records do not have them: %s. "+
		"Name them beside %s.", problem.Safe(strings.Join(m.late, ", ")), record.CustomFields)}
}
