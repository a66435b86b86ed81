package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// gathered is everything that a run is about to write.
type gathered struct {
	account  export.GoogleAccount
	parts    []part
	rows     *table.Spool
	note     string
	heading  *export.Heading
	warnings []export.Warning // from combining the companies

	snapshot, partial bool   // see export.WriteRequest
	deleted           string // likewise
	replaces          bool   // whatever the exporter's mode

	shares []share // what each tab gets, if the exporter's rows are split; rows, note and heading are theirs then
}

// inputsFor checks all that can be checked without a request, and returns what the run works with.
func (j *job) inputsFor(ctx context.Context) (in inputs, account export.GoogleAccount, err error) {
	if in, err = j.lookUp(ctx, j.exporter, 0); err != nil {
		return in, account, err
	}
	if !j.due.IsZero() {
		in.due = j.due
	}
	if err := j.spareRefused(in.companies); err != nil {
		return in, account, err
	}
	account, err = j.findAccount(ctx, j.exporter.Target)
	return in, account, err
}

// collect reads all companies and combines their rows.
func (j *job) collect(ctx context.Context, in inputs) (gathered, error) {
	var g gathered
	var err error
	if g.parts, err = j.readCompanies(ctx, in); err != nil {
		return g, err
	}
	if err := j.refuseDifferences(g.parts); err != nil {
		return g, err
	}
	g.snapshot, g.partial = in.snapshot, j.exporter.IsPartial(in.definition)
	g.deleted = j.exporter.Option(in.definition, export.OptDeleted)
	if j.exporter.IsSplit() {
		return g, j.share(ctx, in, &g)
	}
	rows, warnings, err := in.combine(g.parts, j.run, j.o.Now())
	if err != nil {
		return g, err
	}
	g.rows, g.warnings = rows, export.Warnings(export.WarnMerge, "", warnings...)
	g.note, g.heading = j.composeNote(in, g.parts), j.composeHeading(in, g.parts)
	return g, nil
}

// readCompanies reads all companies, one after the other.
func (j *job) readCompanies(ctx context.Context, in inputs) ([]part, error) {
	parts := make([]part, len(in.companies))
	for i, c := range in.companies {
		var err error
		if parts[i], err = j.read(ctx, in, c, parts[:i]); err != nil {
			return nil, j.explainLeft(ctx, c, err)
		}
		j.count()
	}
	return parts, nil
}

// explainLeft returns the problem of a company that could not be read. If somebody is just deleting it, or has taken it
// out of the exporter, the run begins anew without it.
func (j *job) explainLeft(ctx context.Context, c export.Company, err error) error {
	if !problem.HasCode(err, problem.CompanyReconnectRequired) {
		return err
	}
	_, gone := j.o.Store.Company(ctx, c.Realm)
	e, readErr := j.o.Store.Exporter(ctx, j.exporter.ID)
	left := readErr == nil && !slices.Contains(e.Companies, c.Realm)
	if !errors.Is(gone, export.ErrNotFound) && !errors.Is(readErr, export.ErrNotFound) && !left {
		return err
	}
	return problem.Wrap(err, problem.Interrupted, "%s was deleted or taken out of the exporter during the run.",
		c.Name).WithHint("The run begins anew by itself, without it.")
}

// refuseDifferences fails an exporter that does not want figures of QuickBooks' own that disagree with each other. The
// same figures will come again, so it is not retried.
func (j *job) refuseDifferences(parts []part) error {
	if j.exporter.OnDifference != export.FailOnDifference {
		return nil
	}
	for _, p := range parts {
		for _, c := range p.outcome.Checks {
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

// composeNote returns the lines about the rows, for the note at the header's first cell.
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
	now := j.o.Now().In(j.exporter.Schedule.Location()).Format("2006-01-02 15:04 MST")
	if j.run == "" {
		return b.String() + "Read: " + now
	}
	fmt.Fprintf(&b, "Written: %s\nRun: %s", now, j.run)
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
