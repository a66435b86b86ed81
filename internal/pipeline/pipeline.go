// Package pipeline carries out a run: it reads what the exporter wants from each of its companies, spools the rows
// until all of them are known to be complete, and then has them written. It also makes previews and dry runs.
package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/statement"
	"ledgersheet/internal/table"
)

// Store is the part of the store that a run needs.
type Store interface {
	Company(ctx context.Context, realm export.RealmID) (export.Company, error)
	Account(ctx context.Context, id export.ID) (export.GoogleAccount, error)
	Exporter(ctx context.Context, id export.ID) (export.Exporter, error)
	UpdateExporter(ctx context.Context, id export.ID, change func(*export.Exporter) error) (export.Exporter, error)
	Mark(ctx context.Context, key string) ([]byte, error)
	PutMark(ctx context.Context, key string, data []byte) error
	export.DifferenceStore
}

// Options are a Runner's dependencies.
type Options struct {
	Definitions []export.Definition
	Store       Store
	Source      export.Source
	Destination export.Destination
	// Recorded returns a source like Source that also passes each raw answer to record: the request's path with its
	// query, the status and the body. Only Capture needs it.
	Recorded func(record func(target string, status int, body []byte)) export.Source
	Now      func() time.Time // nil means time.Now
	Logger   *slog.Logger     // nil discards
}

// Runner carries out runs and previews. It is safe for concurrent use.
type Runner struct {
	o           Options
	log         *slog.Logger
	definitions map[string]export.Definition
}

// New returns a Runner.
func New(o Options) *Runner {
	if o.Now == nil {
		o.Now = time.Now
	}
	r := &Runner{o: o, log: o.Logger, definitions: map[string]export.Definition{}}
	if r.log == nil {
		r.log = slog.New(slog.DiscardHandler)
	}
	for _, d := range o.Definitions {
		r.definitions[d.Info().ID] = d
	}
	return r
}

// Work carries out a run with the exporter's current configuration and calls report with every change to the run's
// record. If it returns a problem the run has failed, and the sheet still has its previous rows.
func (r *Runner) Work(ctx context.Context, run export.Run, report func(change func(*export.Run))) error {
	e, err := r.o.Store.Exporter(ctx, run.Exporter.ID)
	if errors.Is(err, export.ErrNotFound) {
		return problem.New(problem.Cancelled, "The exporter was deleted.")
	}
	if err != nil {
		return fmt.Errorf("reading the exporter: %w", err)
	}
	report(func(run *export.Run) {
		run.Exporter = e
		run.Result, run.Progress = export.Result{}, export.Progress{Phase: export.PhaseReading}
	})
	j := &job{Runner: r, run: run.ID, exporter: e, report: report, quickBooks: &export.Meter{}, sheets: &export.Meter{}}
	defer j.count()
	return j.do(ctx)
}

// job is a run in progress.
type job struct {
	*Runner
	run                export.ID
	exporter           export.Exporter
	report             func(func(*export.Run))
	quickBooks, sheets *export.Meter
	counted            [2]int // requests to QuickBooks and Sheets already in the run's record
}

// count adds the requests since the last call to the run's record.
func (j *job) count() {
	j.report(func(run *export.Run) {
		q, s := j.quickBooks.Count(), j.sheets.Count()
		run.QuickBooks += q - j.counted[0]
		run.Sheets += s - j.counted[1]
		j.counted = [2]int{q, s}
	})
}

// gathered is everything that a run is about to write.
type gathered struct {
	account  export.GoogleAccount
	parts    []part
	rows     *table.Spool
	note     string
	warnings []export.Warning // from combining the companies
}

// gather reads all companies and combines their rows.
func (j *job) gather(ctx context.Context) (gathered, error) {
	var g gathered
	in, err := j.lookUp(ctx, j.exporter, 0)
	if err != nil {
		return g, err
	}
	if g.account, err = j.findAccount(ctx, j.exporter.Target.Account); err != nil {
		return g, err
	}
	if g.parts, err = j.readCompanies(ctx, in); err != nil {
		return g, err
	}
	if err := j.refuseDifferences(g.parts); err != nil {
		return g, err
	}
	rows, warnings, err := in.combine(g.parts)
	if err != nil {
		return g, err
	}
	g.rows, g.warnings = rows, export.Warnings(export.WarnMerge, "", warnings...)
	g.note = j.composeNote(in, g.parts)
	return g, nil
}

// readCompanies reads all companies, one after the other.
func (j *job) readCompanies(ctx context.Context, in inputs) ([]part, error) {
	parts := make([]part, len(in.companies))
	for i, c := range in.companies {
		var err error
		if parts[i], err = j.read(ctx, in, c, parts[:i]); err != nil {
			return nil, err
		}
		j.count()
	}
	return parts, nil
}

// refuseDifferences fails an exporter that does not want figures of QuickBooks' own that disagree with each other. The
// same figures will come again, so it is not retried.
func (j *job) refuseDifferences(parts []part) error {
	if j.exporter.OnDifference != export.FailOnDifference {
		return nil
	}
	for _, p := range parts {
		for _, c := range j.exporter.Known(p.outcome.Checks) {
			if c.Open() {
				place := ""
				if c.Place != "" {
					place = " (" + c.Place + ")"
				}
				return problem.New(problem.TotalsMismatch,
					"In QuickBooks %q%s is %s, but its parts add up to %s.", c.What, place, c.Says, c.AddsUpTo).
					WithHint("Correct it in QuickBooks, say on the run's page that it is known, or let the exporter " +
						"write what QuickBooks shows.").Lasting()
			}
		}
	}
	return nil
}

func (j *job) do(ctx context.Context) error {
	g, err := j.gather(ctx)
	if err != nil {
		return err
	}
	totals := g.rows.Totals()
	j.report(func(run *export.Run) {
		run.Control = export.TotalTexts(totals)
		run.Warnings = append(run.Warnings, g.warnings...)
		run.Progress.RowsRead, run.Progress.RowsTotal = totals.Rows, totals.Rows
	})
	w, err := j.newRequest(ctx, g)
	if err != nil {
		return err
	}
	res, set, err := export.Put(ctx, j.o.Destination, w)
	if err != nil {
		return nameAccount(err, g.account)
	}
	if err := j.saveTarget(ctx, res.Target); err != nil {
		return err
	}
	if err := j.putMarks(ctx, g.parts, res.Trace); err != nil {
		return err
	}
	if !res.Unchanged {
		j.keepDifference(ctx, set)
	}
	j.report(func(run *export.Run) {
		run.Rows, run.Added, run.Changed, run.Removed = res.Rows, set.Added, set.Changed, set.Removed
		run.Unchanged, run.URL = res.Unchanged, res.Target.URL
		run.Warnings = append(run.Warnings, res.Warnings...)
		run.Progress.Phase, run.Progress.RowsWritten = export.PhaseDone, res.Rows
		run.Exporter.Target = res.Target
	})
	return nil
}

// newRequest returns what the destination is asked to write.
func (j *job) newRequest(ctx context.Context, g gathered) (export.WriteRequest, error) {
	e := j.exporter
	trace, err := j.readTrace(ctx, e.ID)
	if err != nil {
		return export.WriteRequest{}, err
	}
	return export.WriteRequest{
		Run: j.run, Owner: e.ID, Target: e.Target, Title: e.Name,
		Rows: g.rows, Note: g.note, Zone: e.Schedule.Location(),
		Trace: trace, Hidden: j.hiddenColumns(e), Budget: differenceBudget,
		Meter: j.sheets, Report: j.reportPhase,
		Found: func(t export.Target) error { return j.saveTarget(ctx, t) },
	}, nil
}

// hiddenColumns returns the columns whose values must not appear in a difference.
func (r *Runner) hiddenColumns(e export.Exporter) []string {
	var list []string
	if d := r.definitions[e.Definition]; d != nil {
		for _, c := range d.Catalogue() {
			if c.Sensitive {
				list = append(list, c.Path)
			}
		}
	}
	return list
}

func (j *job) reportPhase(phase export.Phase, rows int) {
	j.count()
	j.report(func(run *export.Run) { run.Progress.Phase, run.Progress.RowsWritten = phase, rows })
}

// saveTarget stores what is now known about the target, even if the run is being cancelled, because the spreadsheet
// exists all the same. If a person has chosen another target in the meantime, that choice stays.
func (j *job) saveTarget(ctx context.Context, t export.Target) error {
	before := j.exporter.Target
	_, err := j.o.Store.UpdateExporter(context.WithoutCancel(ctx), j.exporter.ID, func(e *export.Exporter) error {
		if e.Target.Spreadsheet == before.Spreadsheet && e.Target.Account == before.Account &&
			e.Target.Sheet == before.Sheet && e.Target.Start == before.Start {
			if e.Target.Spreadsheet != t.Spreadsheet {
				e.Revision++ // an edit by somebody who has not seen the new spreadsheet must not remove it
			}
			e.Target = t
		}
		return nil
	})
	if err != nil && !errors.Is(err, export.ErrNotFound) {
		return fmt.Errorf("saving where the rows are: %w", err)
	}
	j.exporter.Target = t
	return nil
}

// inputs is what all companies of a run share.
type inputs struct {
	definition export.Definition
	companies  []export.Company
	columns    []string
	today      time.Time
	limit      int // rows a company; 0 means all
	beside     bool
}

// sideBySide reports whether the exporter wants its companies' statements side by side.
func sideBySide(e export.Exporter, d export.Definition) bool {
	r, ok := d.(export.Report)
	return ok && r.Shape == export.Tree && len(e.Companies) > 1 &&
		e.Option(d, export.OptCompanies) == export.CompaniesBeside
}

// combine makes one result from those of all companies.
func (in inputs) combine(parts []part) (*table.Spool, []string, error) {
	if in.beside {
		statements := make([]statement.Part, len(parts))
		for i, p := range parts {
			statements[i] = statement.Part{Company: p.company, Schema: p.reading.Schema, Rows: p.rows}
		}
		return statement.Align(statements)
	}
	rows, err := stack(parts)
	return rows, nil, err
}

// lookUp collects the inputs of a run. What cannot work is refused at once, before any request is made.
func (r *Runner) lookUp(ctx context.Context, e export.Exporter, limit int) (inputs, error) {
	in := inputs{definition: r.definitions[e.Definition], limit: limit}
	if in.definition == nil {
		return in, problem.New(problem.Internal, "This version knows no exporter type %q.", e.Definition)
	}
	for _, realm := range e.Companies {
		c, err := r.o.Store.Company(ctx, realm)
		switch {
		case errors.Is(err, export.ErrNotFound):
			return in, problem.New(problem.CompanyUnknown, "The company %s is not connected.", realm)
		case err != nil:
			return in, fmt.Errorf("reading the company: %w", err)
		case c.Status == export.ReconnectRequired:
			return in, problem.New(problem.CompanyReconnectRequired, "QuickBooks access to %s has ended.", c.Name)
		case c.Status != export.Connected:
			return in, problem.New(problem.CompanyReconnectRequired, "%s was disconnected.", c.Name)
		}
		in.companies = append(in.companies, c)
	}
	in.columns = slices.Clone(e.Columns)
	if len(in.columns) == 0 {
		in.columns = export.Defaults(in.definition, export.WantsLines(in.definition, e.Options))
	}
	in.beside = sideBySide(e, in.definition)
	if in.beside {
		in.columns = statement.AlignedColumns(in.columns)
		if limit > 0 {
			in.limit = math.MaxInt32 // statements have to be aligned whole: their first rows need not match
		}
	} else if len(in.companies) > 1 {
		in.columns = slices.DeleteFunc(in.columns, func(key string) bool { return key == export.CompanyColumn })
		in.columns = slices.Insert(in.columns, 0, export.CompanyColumn)
	}
	y, m, d := r.o.Now().In(e.Schedule.Location()).Date()
	in.today = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return in, nil
}

func (r *Runner) findAccount(ctx context.Context, id export.ID) (export.GoogleAccount, error) {
	a, err := r.o.Store.Account(ctx, id)
	switch {
	case errors.Is(err, export.ErrNotFound):
		return a, problem.New(problem.GoogleReconnectRequired,
			"The exporter's Google account is not connected any more.").
			WithHint("Edit the exporter and choose another Google account.")
	case err != nil:
		return a, fmt.Errorf("reading the Google account: %w", err)
	case a.Status != export.Connected:
		return a, problem.New(problem.GoogleReconnectRequired, "Google access of %s has ended.", a.Email)
	}
	return a, nil
}

// part is one company's share of a result.
type part struct {
	company export.Company
	reading *export.Reading
	rows    *table.Spool
	outcome export.Outcome
}

func (j *job) read(ctx context.Context, in inputs, c export.Company, before []part) (part, error) {
	p := part{company: c}
	var err error
	if p.reading, err = j.open(ctx, in, j.exporter, c, j.quickBooks); err != nil {
		return p, err
	}
	done, total := 0, p.reading.Total
	for _, b := range before {
		done += b.rows.Len()
	}
	p.rows = table.NewSpool(p.reading.Schema)
	progress := func() {
		j.report(func(run *export.Run) {
			run.Progress.RowsRead = done + p.rows.Len()
			run.Progress.RowsTotal = max(done+total, run.Progress.RowsRead)
		})
	}
	progress()
	for row, err := range p.reading.Rows {
		if err != nil {
			return p, nameCompany(err, c, len(in.companies))
		}
		if err := p.rows.Add(row); err != nil {
			return p, err
		}
		if n := p.rows.Len(); n%500 == 0 {
			if (done+n)*len(row.Cells) > export.MostCells {
				return p, problem.New(problem.SpreadsheetFull,
					"There are more than %d rows of %d columns; Google allows 10 million cells in a spreadsheet.",
					done+n, len(row.Cells))
			}
			progress()
		}
	}
	if err := ctx.Err(); err != nil {
		return p, err
	}
	progress()
	if p.outcome, err = p.reading.End(); err != nil {
		return p, fmt.Errorf("ending the reading: %w", err)
	}
	j.report(func(run *export.Run) {
		run.Companies = append(run.Companies,
			export.CompanyOutcome{Realm: c.Realm, Name: c.Name, Rows: p.rows.Len(), Period: p.outcome.Period})
		run.Figures = append(run.Figures, p.outcome.Figures...)
		run.Checks = export.AppendChecks(run.Checks, j.exporter.Known(p.outcome.Checks)...)
		run.Warnings = append(run.Warnings, p.outcome.Warnings...)
	})
	return p, nil
}

func (r *Runner) open(
	ctx context.Context, in inputs, e export.Exporter, c export.Company, m *export.Meter,
) (*export.Reading, error) {
	state, err := r.readState(ctx, in.definition, e.ID, c.Realm)
	if err != nil {
		return nil, err
	}
	reading, err := r.o.Source.Read(ctx, in.definition, export.Query{
		Company: c, Columns: in.columns, Filters: e.Filters, Options: e.Options,
		Today: in.today, Limit: in.limit, State: state, Meter: m,
	})
	if err != nil {
		return nil, nameCompany(err, c, len(in.companies))
	}
	return reading, nil
}

// stack puts the companies' rows below one another. Companies may have different columns, because their fiscal years or
// classes differ; the result has all columns, in order of first appearance.
func stack(parts []part) (*table.Spool, error) {
	if len(parts) == 1 {
		return parts[0].rows, nil
	}
	var schema table.Schema
	at := map[string]int{}
	for _, p := range parts {
		for _, c := range p.reading.Schema.Columns {
			i, have := at[c.ID]
			if !have {
				at[c.ID] = len(schema.Columns)
				schema.Columns = append(schema.Columns, c)
				continue
			}
			if schema.Columns[i].Currency != c.Currency {
				schema.Columns[i].Currency = ""
			}
			if schema.Columns[i].Kind != c.Kind {
				schema.Columns[i].Kind = table.Text // a field that each company has declared in its own way
			}
		}
	}
	all := table.NewSpool(schema)
	for _, p := range parts {
		for row, err := range p.rows.Rows() {
			if err != nil {
				return nil, err
			}
			cells := make([]table.Cell, len(schema.Columns))
			for i, c := range p.reading.Schema.Columns {
				cell := row.Cells[i]
				if c.Kind != table.Text && schema.Columns[at[c.ID]].Kind == table.Text {
					cell = table.TextOf(cell.String())
				}
				cells[at[c.ID]] = cell
			}
			row.Cells = cells
			if err := all.Add(row); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// composeNote returns the note for the header's first cell.
func (j *job) composeNote(in inputs, parts []part) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, from QuickBooks by ledgersheet\n", in.definition.Info().Title)
	for _, p := range parts {
		fmt.Fprintf(&b, "Company: %s\n", p.company.Name)
		if p.outcome.Period != "" {
			fmt.Fprintf(&b, "Period: %s\n", p.outcome.Period)
		}
		if p.outcome.Basis != "" {
			fmt.Fprintf(&b, "Basis: %s\n", p.outcome.Basis)
		}
	}
	loc := j.exporter.Schedule.Location()
	fmt.Fprintf(&b, "Written: %s\nRun: %s", j.o.Now().In(loc).Format("2006-01-02 15:04 MST"), j.run)
	return b.String()
}

// nameCompany adds the company's name to a problem's message if there are several companies.
func nameCompany(err error, c export.Company, companies int) error {
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok || companies < 2 {
		return err
	}
	named := *p
	named.Message = c.Name + ": " + p.Message
	return &named
}

// nameAccount adds the account to the problem's message if a spreadsheet must be shared with it.
func nameAccount(err error, a export.GoogleAccount) error {
	p, ok := errors.AsType[*problem.Problem](err)
	if !ok || (p.Code != problem.SpreadsheetForbidden && p.Code != problem.SpreadsheetNotFound) || a.Email == "" {
		return err
	}
	named := *p
	named.Message = strings.TrimSuffix(p.Message, ".") + " (" + a.Email + ")."
	return &named
}
