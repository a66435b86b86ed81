package intuit

import (
	"context"
	"errors"
	"slices"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/record"
	"ledgersheet/internal/table"
)

// entityRead is one reading of a list under way.
type entityRead struct {
	lister
	entity  export.Entity
	query   export.Query
	lines   bool
	columns []*column
	filters []filter
	span    *span // nil when all dates are wanted

	statement statement
	exact     bool // QuickBooks finds just what is wanted, but for lines' filters
	total     int  // what it counted; -1 when it cannot count the object
	lists     lists
	looking   []*column       // those that look into lists
	sample    []record.Record // of a preview: its records
	seen      idSet
	figures   []headline // of the entity, compiled
	tally     *export.Tally
	warnings  []string
	begun     bool
}

// filter is an exporter's filter with its column.
type filter struct {
	export.Filter
	column *column
}

// quirk is how an object differs from the others in the query language.
type quirk struct {
	single bool   // one record, which is neither counted nor paged
	asOf   string // a date that has to be compared; the day of the run when nothing else is asked
}

func quirkOf(object string) quirk {
	switch object {
	case "CompanyInfo", "Preferences":
		return quirk{single: true}
	case "ExchangeRate":
		return quirk{asOf: "AsOfDate"}
	}
	return quirk{}
}

func (c *Client) readEntity(ctx context.Context, e export.Entity, q export.Query) (*export.Reading, error) {
	r := &entityRead{
		lister: lister{client: c, realm: q.Company.Realm, object: e.Object, meter: q.Meter},
		entity: e, query: q, lines: e.Lines && export.OptionValue(e, q.Options, export.OptLines) == "true", total: -1,
	}
	if err := r.compile(); err != nil {
		return nil, err
	}
	open := r.open
	if q.Limit > 0 {
		open = r.openPreview
	}
	if err := open(ctx); err != nil {
		return nil, err
	}
	reading := &export.Reading{
		Total: r.total, End: r.end, Rows: func(yield func(table.Row, error) bool) { r.rows(ctx, yield) },
	}
	if q.Limit > 0 && !r.exact {
		reading.Total = -1 // nobody knows how many pass the filters here
	}
	for _, col := range r.columns {
		reading.Schema.Columns = append(reading.Schema.Columns, col.header(e, r.lines))
	}
	return reading, nil
}

// end returns what is known when the rows have ended.
func (r *entityRead) end() (export.Outcome, error) {
	out := export.Outcome{Warnings: export.Warnings(export.WarnRead, r.realm, r.warnings...)}
	if r.span != nil {
		out.Period = r.span.text()
	}
	if r.query.Limit == 0 {
		out.Figures = r.tally.Values(r.query.Company, out.Period)
	}
	return out, nil
}

// compile makes columns, filters and the statement from the query.
func (r *entityRead) compile() error {
	for _, key := range r.query.Columns {
		col, err := compileColumn(r.entity, key, &r.lists)
		if err != nil {
			return err
		}
		r.columns = append(r.columns, col)
	}
	for _, f := range r.query.Filters {
		col, err := compileColumn(r.entity, f.Column, &r.lists)
		if err != nil {
			return err
		}
		r.filters = append(r.filters, filter{f, col})
	}
	if err := r.compileSpan(); err != nil {
		return err
	}
	if err := r.compileFigures(); err != nil {
		return err
	}
	for _, c := range r.allColumns() {
		if strings.Contains(c.path.String(), "CustomField.") {
			r.include = allCustomFields
		}
		if c.refers != nil {
			r.looking = append(r.looking, c)
		}
	}
	r.pushDown(true)
	return nil
}

// allCustomFields asks for all custom fields; without it QuickBooks gives the first three of those on sales forms.
const allCustomFields = "enhancedAllCustomFields"

// allColumns are those that filters need and those of the result, in this order.
func (r *entityRead) allColumns() []*column {
	var all []*column
	for _, f := range r.filters {
		all = append(all, f.column)
	}
	return append(all, r.columns...)
}

func (r *entityRead) compileSpan() error {
	if len(r.entity.Dates) == 0 {
		return nil
	}
	option := func(key string) string { return export.OptionValue(r.entity, r.query.Options, key) }
	days, err := export.ResolveRange(option(export.OptDateRange), r.query.Today, r.query.Company.FiscalYearStart, option(export.OptStartDate), option(export.OptEndDate))
	if err != nil {
		return problem.Invalid("options."+export.OptDateRange, "%v", err)
	}
	if days.Start.IsZero() && days.End.IsZero() {
		return nil
	}
	col, err := compileColumn(r.entity, option(export.OptDateColumn), &r.lists)
	if err != nil {
		return err
	}
	r.span = &span{column: col, days: days}
	return nil
}

// pushDown builds the statement; with narrow unset it leaves out what only saves work.
func (r *entityRead) pushDown(narrow bool) {
	r.statement = statement{object: r.entity.Object}
	r.statement.ordered = slices.ContainsFunc(r.entity.Columns, func(c export.Column) bool { return c.Path == "Id" })
	r.exact = true
	inactive := r.entity.HasActive && (export.OptionValue(r.entity, r.query.Options, export.OptIncludeInactive) == "true" || r.filtersActive())
	if inactive {
		// Without it QuickBooks leaves inactive records out, also where a filter asks for them.
		r.statement.where = append(r.statement.where, "Active IN (true, false)")
	}
	if r.span != nil {
		if narrow && r.span.column.def.Queryable {
			r.statement.where = append(r.statement.where, r.span.conditions()...)
		} else {
			r.exact = false
		}
	}
	for _, f := range r.filters {
		conditions, exact := push(f.Filter, f.column.def)
		// The names of inactive records read "… (deleted)" in the answer but not, perhaps, where QuickBooks compares.
		if !narrow || conditions == nil || (inactive && f.column.def.Kind == table.Text && f.column.def.Path != "Id") {
			r.exact = false
			continue
		}
		r.statement.where = append(r.statement.where, conditions...)
		r.exact = r.exact && exact
	}
	about := func(property string) bool {
		return slices.ContainsFunc(r.statement.where, func(condition string) bool { return strings.HasPrefix(condition, property+" ") })
	}
	if asOf := quirkOf(r.object).asOf; asOf != "" && !about(asOf) {
		r.statement.where = append(r.statement.where, asOf+" = "+quote(dayText(r.query.Today, false, "")))
	}
}

func (r *entityRead) filtersActive() bool {
	return slices.ContainsFunc(r.filters, func(f filter) bool { return f.Column == "Active" })
}

// open asks for the number of records.
func (r *entityRead) open(ctx context.Context) error {
	if quirkOf(r.object).single {
		return nil
	}
	return r.narrowed(ctx, func() error {
		n, err := r.count(ctx, r.statement)
		r.total = n
		return err
	})
}

// narrowed asks, and once more without conditions when QuickBooks cannot filter by one of the properties: the filters are
// applied to the answer anyway.
func (r *entityRead) narrowed(ctx context.Context, ask func() error) error {
	err := ask()
	refused, ok := errors.AsType[*refusal](err)
	if !ok || (refused.code != "4000" && refused.code != "4001") {
		return err
	}
	narrow := r.statement
	if r.pushDown(false); len(r.statement.where) == len(narrow.where) {
		return err
	}
	r.client.log.WarnContext(ctx, "quickbooks refused a condition, reading all", "object", r.object, "realm", string(r.realm))
	return ask()
}

// rows reads all pages and yields the rows.
func (r *entityRead) rows(ctx context.Context, yield func(table.Row, error) bool) {
	if r.begun {
		yield(table.Row{}, problem.New(problem.Internal, "A reading was ranged over twice."))
		return
	}
	r.begun = true
	out := &emitter{read: r, yield: yield}
	var err error
	switch {
	case r.query.Limit > 0:
		for _, rec := range r.sample {
			if err = out.record(ctx, rec); err != nil || out.stopped {
				break
			}
		}
	case r.total == 0:
	case r.total < 0:
		err = r.readAtOnce(ctx, out)
	default:
		err = r.readPages(ctx, out)
	}
	if err != nil && !out.stopped {
		yield(table.Row{}, err)
		return
	}
	r.warnings = append(misspelt(r.columns, out.rows), r.lists.warnings(r.looking)...)
}

// readAtOnce reads an object that knows neither counting nor paging.
func (r *entityRead) readAtOnce(ctx context.Context, out *emitter) error {
	page, err := r.fetch(ctx, r.statement.all())
	if err != nil {
		return err
	}
	for rec, err := range records(page) {
		if err != nil {
			return malformed(err)
		}
		if err := out.record(ctx, unwrapped(r.object, rec)); err != nil || out.stopped {
			return err
		}
	}
	return nil
}

// taker is where a reading's records go; one that is full wants no more.
type taker interface {
	record(ctx context.Context, rec record.Record) error
	full() bool
}

// readPages reads everything and makes sure that it is everything.
func (r *entityRead) readPages(ctx context.Context, out taker) error {
	overlap := r.statement.ordered
	read, last := 0, ""
	for page, err := range r.pages(ctx, r.statement, pageStarts(r.total, overlap)) {
		if err != nil {
			return err
		}
		if r.total <= pageSize && len(r.looking) > 0 {
			if err := r.lookAhead(ctx, page); err != nil {
				return err
			}
		}
		previous := last
		first := true
		for rec, err := range records(page) {
			if err != nil {
				return malformed(err)
			}
			rec = unwrapped(r.object, rec)
			id := rec.Text("Id")
			if first && previous != "" && id != previous {
				return problem.New(problem.IncompleteRead, "Records of %s were added or deleted while they were read.", strings.ToLower(r.entity.Title))
			}
			first, last = false, id
			if id != "" && !r.seen.add(id) {
				continue
			}
			read++
			if err := out.record(ctx, rec); err != nil || out.full() {
				return err
			}
		}
	}
	if read == r.total {
		return nil
	}
	// Records that were added at the end since the count are welcome, as long as they are all here.
	now, err := r.count(ctx, r.statement)
	if err != nil {
		return err
	}
	if now != read {
		return problem.New(problem.IncompleteRead, "QuickBooks counted %d of %s before and %d after reading, but %d came.", r.total, strings.ToLower(r.entity.Title), now, read)
	}
	return nil
}

func malformed(err error) error {
	return problem.Wrap(err, problem.QuickBooksMalformed, "QuickBooks' answer could not be understood.")
}
