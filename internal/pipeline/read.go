package pipeline

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/statement"
	"ledgersheet/internal/table"
)

// inputs is what all companies of a run share.
type inputs struct {
	definition export.Definition
	companies  []export.Company
	columns    []string
	today      time.Time
	due        time.Time // see export.Query
	limit      int       // rows a company; 0 means all
	beside     bool
	snapshot   bool              // rows are added to those of earlier runs as a whole
	titles     map[string]string // people's own, by column
	date       string            // the column by which rows are split into years
	dateExtra  bool              // it is read for that only
}

// sideBySide reports whether the exporter wants its companies' statements side by side.
func sideBySide(e export.Exporter, d export.Definition) bool {
	r, ok := d.(export.Report)
	return ok && r.Shape == export.Tree && len(e.Companies) > 1 &&
		e.Option(d, export.OptCompanies) == export.CompaniesBeside
}

// combine makes one result from those of all companies, with people's own titles. run is empty in previews.
func (in inputs) combine(parts []part, run export.ID, now time.Time) (*table.Spool, []string, error) {
	rows, warnings, err := in.arrange(parts)
	if err == nil && len(in.titles) > 0 {
		rows.Retitle(in.titles)
	}
	if err == nil && in.snapshot {
		rows, err = export.Snapshot(rows, run, now, in.periods(parts))
	}
	return rows, warnings, err
}

// arrange puts the companies' results below one another or side by side.
func (in inputs) arrange(parts []part) (*table.Spool, []string, error) {
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

// periods returns what each of the combined rows is about. The companies' fiscal years may differ.
func (in inputs) periods(parts []part) func(n int) string {
	if in.beside {
		var all []string
		for _, p := range parts {
			if !slices.Contains(all, p.outcome.Period) {
				all = append(all, p.outcome.Period)
			}
		}
		return func(int) string { return strings.Join(all, "; ") }
	}
	return func(n int) string {
		for _, p := range parts {
			if n -= p.rows.Len(); n < 0 {
				return p.outcome.Period
			}
		}
		return ""
	}
}

// lookUp collects the inputs of a run. What cannot work is refused at once, before any request is made.
func (r *Runner) lookUp(ctx context.Context, e export.Exporter, limit int) (inputs, error) {
	in := inputs{definition: r.definitions[e.Definition], limit: limit, titles: e.Titles}
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
			return in, endedProblem(c)
		case c.Status != export.Connected:
			return in, problem.New(problem.CompanyReconnectRequired, "%s was disconnected.", c.Name)
		}
		in.companies = append(in.companies, c)
	}
	in.columns = e.ResultColumns(in.definition)
	_, isReport := in.definition.(export.Report)
	in.snapshot = isReport && e.Mode == export.Append
	in.beside = sideBySide(e, in.definition) && e.Split != export.SplitCompany
	if in.beside {
		in.columns = statement.AlignedColumns(in.columns)
		if limit > 0 {
			in.limit = math.MaxInt32 // statements have to be aligned whole: their first rows need not match
		}
	} else if len(in.companies) > 1 && e.Split != export.SplitCompany {
		in.columns = slices.DeleteFunc(in.columns, func(key string) bool { return key == export.CompanyColumn })
		in.columns = slices.Insert(in.columns, 0, export.CompanyColumn)
	}
	if e.Split == export.SplitYear {
		in.addDate(e)
	}
	in.due = r.o.Now().Add(1) // what was asked before was for others
	y, m, d := r.o.Now().In(e.Schedule.Location()).Date()
	in.today = time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return in, nil
}

// endedProblem is the problem of a run whose company wants a new consent.
func endedProblem(c export.Company) *problem.Problem {
	p := problem.New(problem.CompanyReconnectRequired, "QuickBooks access to %s has ended.", c.Name)
	if c.LastError != nil && c.LastError.Code == p.Code {
		p.Message += " " + c.LastError.Message
		p.Hint = c.LastError.Hint
	}
	return p
}

// askAgain is how long runs that nobody is waiting for leave a company alone after QuickBooks has refused it as a
// whole. Each request counts towards the month's limit, and only a person can end such a refusal.
const askAgain = time.Hour

// spareRefused fails a run that a schedule or the program itself began if QuickBooks has just refused one of the
// companies as a whole.
func (j *job) spareRefused(companies []export.Company) error {
	switch j.trigger {
	case export.TriggerSchedule, export.TriggerCatchUp, export.TriggerChange:
	default: // somebody wants to know
		return nil
	}
	for _, c := range companies {
		if c.Refused() && j.o.Now().Sub(c.RefusedAt) < askAgain {
			hint := c.LastError.Hint + " Afterwards press Test on Connections, or run the exporter by hand; " +
				"scheduled runs ask once an hour."
			return problem.New(c.LastError.Code, "QuickBooks has refused %s and was not asked again yet. %s",
				c.Name, c.LastError.Message).WithHint("%s", hint).Lasting()
		}
	}
	return nil
}

func (r *Runner) findAccount(ctx context.Context, t export.Target) (export.GoogleAccount, error) {
	if t.IsFile() {
		return export.GoogleAccount{}, nil
	}
	a, err := r.o.Store.Account(ctx, t.Account)
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
	last := len(before)+1 == len(in.companies)
	p.rows = j.o.Spools.New(p.reading.Schema)
	progress := func() {
		j.report(func(run *export.Run) {
			run.Progress.RowsRead = done + p.rows.Len()
			run.Progress.RowsTotal = 0 // a total that grows with each company would only mislead
			if last && total > 0 {
				run.Progress.RowsTotal = max(done+total, run.Progress.RowsRead)
			}
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
					"There are %d rows of %d columns so far, which are %d cells; Google allows %d in a spreadsheet.",
					done+n, len(row.Cells), (done+n)*len(row.Cells), export.MostCells)
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
	p.outcome.Checks = j.exporter.MarkAccepted(p.outcome.Checks)
	for i := range p.outcome.Checks {
		p.outcome.Checks[i].Company = c.Realm
	}
	j.report(func(run *export.Run) {
		run.Companies = append(run.Companies,
			export.CompanyOutcome{Realm: c.Realm, Name: c.Name, Rows: p.rows.Len(), Period: p.outcome.Period})
		run.Figures = append(run.Figures, p.outcome.Figures...)
		run.Checks = export.AppendChecks(run.Checks, p.outcome.Checks...)
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
	q := r.query(in, e, c, m)
	q.State = state
	reading, err := r.o.Source.Read(ctx, in.definition, q)
	if err != nil {
		return nil, nameCompany(err, c, len(in.companies))
	}
	return reading, nil
}

// query says what the exporter wants to read from a company.
func (r *Runner) query(in inputs, e export.Exporter, c export.Company, m *export.Meter) export.Query {
	return export.Query{
		Company: c, Columns: in.columns, Filters: e.Filters, Options: e.Options,
		Today: in.today, Limit: in.limit, Due: in.due, Meter: m,
	}
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
	all := parts[0].rows.Beside(schema)
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
