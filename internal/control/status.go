package control

import (
	"context"
	"fmt"
	"time"

	"ledgersheet/internal/problem"
)

// Status is how all that the actor may see stands.
type Status struct {
	Causes    []Cause // the worst first
	Companies int
	// Current counts the companies that are connected, that no cause concerns, and of which at least one exporter goes
	// on and has succeeded last.
	Current int
	Empty   int // counts the companies that no exporter reads
}

// OK reports whether nothing needs a person.
func (s Status) OK() bool { return len(s.Causes) == 0 }

// Status finds out what needs a person, one cause each, of what the actor may see. Each exporter that is blocked, late
// or failing, or whose figures differ, waits for exactly one cause.
func (d *Desk) Status(ctx context.Context) (Status, error) {
	companies, err := d.Companies(ctx)
	if err != nil {
		return Status{}, fmt.Errorf("reading the companies: %w", err)
	}
	accounts, err := d.Accounts(ctx)
	if err != nil {
		return Status{}, fmt.Errorf("reading the Google accounts: %w", err)
	}
	c := newCauses(d, companies, accounts)
	if since, why := d.Trouble(); why != nil {
		c.add("store", func() Cause { return storeCause(since, why) })
	}
	c.addConnections()
	if err := c.addAssessment(ctx); err != nil {
		return Status{}, err
	}
	if d.sees() {
		for h, err := range d.heads(ctx, ExporterQuery{}) {
			if err == nil {
				err = c.addExporter(ctx, h)
			}
			if err != nil {
				return Status{}, err
			}
		}
	}
	return c.status(), nil
}

// Trouble returns since when the store cannot be written and why; nil if all is well.
func (d *Desk) Trouble() (since time.Time, why *problem.Problem) {
	if d.o.Trouble == nil {
		return time.Time{}, nil
	}
	return d.o.Trouble()
}
