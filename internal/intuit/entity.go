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

// previewScan is how many records a preview looks through when filters have to be applied here.
const previewScan = 100

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
	seen      idSet
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
	if err := r.open(ctx); err != nil {
		return nil, err
	}
	reading := &export.Reading{Total: r.total, Warnings: &r.warnings, Rows: func(yield func(table.Row, error) bool) { r.rows(ctx, yield) }}
	if q.Limit > 0 && !r.exact {
		reading.Total = -1 // nobody knows how many pass the filters here
	}
	if r.span != nil {
		reading.Period = r.span.text()
	}
	for _, col := range r.columns {
		reading.Schema.Columns = append(reading.Schema.Columns, col.header(e, r.lines))
	}
	return reading, nil
}

// compile makes columns, filters and the statement from the query.
func (r *entityRead) compile() error {
	for _, key := range r.query.Columns {
		col, err := compileColumn(r.entity, key)
		if err != nil {
			return err
		}
		r.columns = append(r.columns, col)
	}
	for _, f := range r.query.Filters {
		col, err := compileColumn(r.entity, f.Column)
		if err != nil {
			return err
		}
		r.filters = append(r.filters, filter{f, col})
	}
	if err := r.compileSpan(); err != nil {
		return err
	}
	r.pushDown(true)
	return nil
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
	col, err := compileColumn(r.entity, option(export.OptDateColumn))
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
	if asOf := quirkOf(r.object).asOf; asOf != "" && len(r.statement.where) == 0 {
		r.statement.where = append(r.statement.where, asOf+" = "+quote(dayText(r.query.Today, false, "")))
	}
}

func (r *entityRead) filtersActive() bool {
	return slices.ContainsFunc(r.filters, func(f filter) bool { return f.Column == "Active" })
}

// open asks for the number of records. When QuickBooks cannot filter by one of the properties it reads everything
// instead: the filters are applied to the answer anyway.
func (r *entityRead) open(ctx context.Context) error {
	if quirkOf(r.object).single {
		return nil
	}
	n, err := r.count(ctx, r.statement)
	if refused, ok := errors.AsType[*refusal](err); ok && (refused.code == "4000" || refused.code == "4001") {
		narrow := r.statement
		if r.pushDown(false); len(r.statement.where) < len(narrow.where) {
			r.client.log.WarnContext(ctx, "quickbooks refused a condition, reading all", "object", r.object, "realm", string(r.realm))
			n, err = r.count(ctx, r.statement)
		}
	}
	if err != nil {
		return err
	}
	r.total = n
	return nil
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
	case r.total == 0:
	case r.total < 0:
		err = r.readAtOnce(ctx, out, r.statement.all())
	case r.query.Limit > 0:
		size := min(r.query.Limit, pageSize)
		if !r.exact {
			size = max(size, previewScan)
		}
		err = r.readAtOnce(ctx, out, r.statement.page(1, size))
	default:
		err = r.readPages(ctx, out)
	}
	if err != nil && !out.stopped {
		yield(table.Row{}, err)
		return
	}
	r.warnings = misspelt(r.columns, out.rows)
}

func (r *entityRead) readAtOnce(ctx context.Context, out *emitter, query string) error {
	page, err := r.fetch(ctx, query)
	if err != nil {
		return err
	}
	for rec, err := range records(page) {
		if err != nil {
			return problem.Wrap(err, problem.QuickBooksMalformed, "QuickBooks' answer could not be understood.")
		}
		if !out.record(unwrapped(r.object, rec)) {
			break
		}
	}
	return nil
}

// readPages reads everything and makes sure that it is everything.
func (r *entityRead) readPages(ctx context.Context, out *emitter) error {
	overlap := r.statement.ordered
	read, last := 0, ""
	for page, err := range r.pages(ctx, r.statement, pageStarts(r.total, overlap)) {
		if err != nil {
			return err
		}
		previous := last
		first := true
		for rec, err := range records(page) {
			if err != nil {
				return problem.Wrap(err, problem.QuickBooksMalformed, "QuickBooks' answer could not be understood.")
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
			if !out.record(rec) {
				return nil
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

// unwrapped is the record itself. Recurring transactions come in an object whose one member is named for their type;
// that name becomes the member TxnType.
func unwrapped(object string, rec record.Record) record.Record {
	if object != "RecurringTransaction" || len(rec) != 1 {
		return rec
	}
	for name := range rec {
		if inner := rec.Object(name); inner != nil {
			inner["TxnType"] = name
			return inner
		}
	}
	return rec
}

// emitter turns records into rows.
type emitter struct {
	read    *entityRead
	yield   func(table.Row, error) bool
	rows    int
	stopped bool // nobody wants more
}

// record yields the record's rows that pass the filters; false when nobody wants more.
func (o *emitter) record(rec record.Record) bool {
	r := o.read
	view := export.View{Record: rec, Company: r.query.Company, Today: r.query.Today}
	if r.span != nil && !r.span.match(r.span.column.cell(view)) {
		return true
	}
	lines := []record.Record{nil}
	if r.lines {
		if own := linesOf(rec); len(own) > 0 {
			lines = own
		}
	}
	for _, view.Line = range lines {
		if !r.wanted(view) {
			continue
		}
		cells := make([]table.Cell, len(r.columns))
		for i, col := range r.columns {
			cells[i] = col.cell(view)
		}
		o.rows++
		o.stopped = !o.yield(table.Row{Cells: cells}, nil) || (r.query.Limit > 0 && o.rows >= r.query.Limit)
		if o.stopped {
			return false
		}
	}
	return true
}

func (r *entityRead) wanted(v export.View) bool {
	for _, f := range r.filters {
		if !f.Match(f.column.cell(v)) {
			return false
		}
	}
	return true
}
