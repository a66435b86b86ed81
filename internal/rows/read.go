// Package rows turns an entity's records into typed rows: columns by path, filters, lines, computed columns, and joins
// with the company's lists. The rows are the same whichever supply the records come from.
package rows

import (
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/supply"
	"ledgersheet/internal/table"
)

// Maker makes the rows for one query of one company. Create one with New. It is not safe for concurrent use.
type Maker struct {
	supply  supply.Supply
	entity  export.Entity
	query   export.Query
	options export.RecordOptions

	columns  []*column
	filters  []filter
	span     *span // nil if all dates are wanted
	figures  []headline
	lists    lists
	looking  []*column // the columns that need lookups
	linked   *column   // whose cells open the record; nil if none does
	custom   bool      // at least one column is a custom field
	wild     int       // where the columns of all custom fields go, -1 if they are not wanted
	late     []string  // custom fields that turned up too late to have a column
	tally    *export.Tally
	tie      tieOut
	made     int
	warnings []string
}

// filter is an exporter's filter with its column.
type filter struct {
	export.Filter
	column *column
}

// New returns a maker for the query. It does not call the supply.
func New(from supply.Supply, e export.Entity, q export.Query) (*Maker, error) {
	options, err := e.Parse(q.Options)
	if err != nil {
		return nil, err
	}
	m := &Maker{supply: from, entity: e, query: q, options: options, wild: -1}
	if err := m.compile(); err != nil {
		return nil, err
	}
	return m, nil
}

// Read returns a reading of an entity. Before it returns, it asks how many records there are or, for a preview, for the
// first of them. If there are columns that no catalogue lists it also reads records from which to learn their kinds.
func Read(ctx context.Context, from supply.Supply, e export.Entity, q export.Query) (*export.Reading, error) {
	m, err := New(from, e, q)
	if err != nil {
		return nil, err
	}
	records, err := from.Records(ctx, m.Want())
	if err != nil {
		return nil, err
	}
	reading := &export.Reading{Total: records.Total, End: m.end}
	var all iter.Seq2[record.Record, error]
	if q.Limit > 0 {
		all, reading.Total, err = m.preview(ctx, records)
	} else {
		all, err = m.learnFirst(ctx, records)
	}
	if err != nil {
		return nil, err
	}
	if q.Limit == 0 && records.Total > 0 && records.Total <= mostAhead && len(m.looking) > 0 {
		all = m.lookAhead(ctx, all)
	}
	reading.Schema, reading.Rows = m.Schema(), m.Rows(ctx, all)
	return reading, nil
}

// compile compiles the query's columns and filters.
func (m *Maker) compile() error {
	for _, key := range m.query.Columns {
		if key == record.CustomFields {
			m.wild, m.custom = len(m.columns), true
			continue
		}
		col, err := compileColumn(m.entity, key, &m.lists)
		if err != nil {
			return err
		}
		m.columns = append(m.columns, col)
	}
	m.compileLink()
	var err error
	if m.filters, err = m.compileFilters(m.query.Filters); err != nil {
		return err
	}
	if err := m.compileSpan(); err != nil {
		return err
	}
	if err := m.compileFigures(); err != nil {
		return err
	}
	for _, c := range m.allColumns() {
		m.custom = m.custom || strings.Contains(c.path.String(), "CustomField.")
		if c.refers != nil {
			m.looking = append(m.looking, c)
		}
	}
	return nil
}

func (m *Maker) compileLink() {
	var keys []string
	for _, c := range m.columns {
		keys = append(keys, c.def.Path)
	}
	if i := m.entity.LinkedColumn(keys); i >= 0 {
		m.linked = m.columns[i]
	}
}

func (m *Maker) compileFilters(filters []export.Filter) ([]filter, error) {
	var list []filter
	for _, f := range filters {
		col, err := compileColumn(m.entity, f.Column, &m.lists)
		if err != nil {
			return nil, err
		}
		list = append(list, filter{f, col})
	}
	return list, nil
}

// allColumns returns the columns that filters need, followed by those of the result.
func (m *Maker) allColumns() []*column {
	var all []*column
	for _, f := range m.filters {
		all = append(all, f.column)
	}
	return append(all, m.columns...)
}

func (m *Maker) compileSpan() error {
	if len(m.entity.Dates) == 0 {
		return nil
	}
	days, err := m.options.Range.Resolve(m.query.Today, m.query.Company.FiscalYearStart)
	if err != nil {
		return problem.Invalid("options."+export.OptDateRange, "%v", err)
	}
	if days.Start.IsZero() && days.End.IsZero() {
		return nil
	}
	col, err := compileColumn(m.entity, m.options.DateColumn, &m.lists)
	if err != nil {
		return err
	}
	m.span = &span{column: col, days: days}
	return nil
}

// Want returns which records the rows are made from.
func (m *Maker) Want() supply.Want {
	w := supply.Want{
		Company: m.query.Company, Object: m.entity.Object, Title: strings.ToLower(m.entity.Title),
		CustomFields: m.custom, Members: m.members(),
		Inactive: m.entity.HasActive && (m.options.IncludeInactive || m.filtersActive()),
		Day:      m.query.Today, Limit: m.query.Limit, Meter: m.query.Meter,
	}
	if m.span != nil {
		w.Narrow = m.span.conditions()
	}
	for _, f := range m.filters {
		w.Narrow = append(w.Narrow, supply.Condition{Filter: f.Filter, Column: f.column.def})
	}
	return w
}

// members names the members that rows, filters and figures show. Computed columns do not show members that QuickBooks
// derives from other records, unless they are named for one.
func (m *Maker) members() []string {
	columns := m.allColumns()
	for _, f := range m.figures {
		columns = append(columns, f.amount)
		for _, w := range f.where {
			columns = append(columns, w.column)
		}
	}
	if m.span != nil {
		columns = append(columns, m.span.column)
	}
	names := []string{"Id"}
	for _, c := range columns {
		if name := firstMember(c.def.Path); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// firstMember returns the member of a record in which a path begins.
func firstMember(path string) string {
	name, _, _ := strings.Cut(path, ".")
	name, _, _ = strings.Cut(name, "[")
	return name
}

func (m *Maker) filtersActive() bool {
	return slices.ContainsFunc(m.filters, func(f filter) bool { return f.Column == "Active" })
}

// Schema returns the header of the rows.
func (m *Maker) Schema() table.Schema {
	var s table.Schema
	for _, col := range m.columns {
		head := col.header(m.entity, m.options.Lines)
		head.Linked = col == m.linked
		s.Columns = append(s.Columns, head)
	}
	return s
}

// Rows turns records into rows as it is ranged over. It ends with the first error from the records or the rows.
func (m *Maker) Rows(ctx context.Context, records iter.Seq2[record.Record, error]) iter.Seq2[table.Row, error] {
	return func(yield func(table.Row, error) bool) {
		m.tally, m.made, m.warnings = export.NewTally(m.entity.Figures), 0, nil
		m.tie, m.late = tieOut{}, nil
		take := func(row table.Row) bool {
			m.made++
			return yield(row, nil) && m.made != m.query.Limit
		}
		for rec, err := range records {
			more := false
			if err == nil {
				more, err = m.makeRows(ctx, rec, take)
			}
			if err != nil {
				yield(table.Row{}, err)
				return
			}
			if !more {
				break
			}
		}
		m.warn()
	}
}

func (m *Maker) warn() {
	m.warnings = slices.Concat(warnMisspelt(m.columns, m.made), m.lists.warnings(m.looking),
		m.tie.warnings(strings.ToLower(m.entity.Title)), m.warnLate())
}

// end returns the outcome. It is called after the rows have ended.
func (m *Maker) end() (export.Outcome, error) {
	out := export.Outcome{Warnings: export.Warnings(export.WarnRead, m.query.Company.Realm, m.warnings...),
		Checks: m.tie.checks(strings.ToLower(m.entity.Title), m.query.Company.Name)}
	if m.span != nil {
		out.Period = m.span.text()
	}
	if m.query.Limit == 0 && m.tally != nil {
		out.Figures = m.tally.Values(m.query.Company, out.Period)
		tallied := m.tally.Tallied()
		out.Tally = &tallied
	}
	return out, nil
}

// span is a range of days for one column.
type span struct {
	column *column
	days   export.DateRange
}

// conditions returns the span as filters that include both ends.
func (s span) conditions() []supply.Condition {
	var list []supply.Condition
	for _, end := range []struct {
		op  export.Op
		day time.Time
	}{{export.OpAtLeast, s.days.Start}, {export.OpAtMost, s.days.End}} {
		if !end.day.IsZero() {
			f := export.Filter{Column: s.column.def.Path, Op: end.op, Value: end.day.Format(time.DateOnly)}
			list = append(list, supply.Condition{Filter: f, Column: s.column.def})
		}
	}
	return list
}

// match reports whether a record's cell is within the span.
func (s span) match(c table.Cell) bool {
	at, ok := c.Time()
	return ok && (s.days.Start.IsZero() || !at.Before(s.days.Start)) &&
		(s.days.End.IsZero() || at.Before(s.days.End.AddDate(0, 0, 1)))
}

// text describes the span for people.
func (s span) text() string {
	start, end := s.days.Start.Format(time.DateOnly), s.days.End.Format(time.DateOnly)
	switch {
	case s.days.Start.IsZero() && s.days.End.IsZero():
		return ""
	case s.days.Start.IsZero():
		return "until " + end
	case s.days.End.IsZero():
		return "since " + start
	}
	return start + " to " + end
}
