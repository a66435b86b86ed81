package exporters_test

import (
	"slices"
	"testing"

	"ledgersheet/exporters"
	"ledgersheet/internal/problem"
)

// A dry run's numbers are the run's, whatever happened in the books, and the difference that is kept says the same.
func TestDryRunEqualsTheRun(t *testing.T) {
	t.Parallel()
	w := newWorld(t, exporters.All())
	books := w.books.Company(string(w.company.Realm))
	steps := []struct {
		name   string
		change func() error
	}{
		{"first", func() error { return nil }},
		{"nothing", func() error { return nil }},
		{"one voided", func() error { return books.Void("Invoice", books.IDs("Invoice")[2]) }},
		{"two deleted", func() error {
			ids := books.IDs("Invoice")
			if err := books.Delete("Invoice", ids[0]); err != nil {
				return err
			}
			return books.Delete("Invoice", ids[4])
		}},
	}
	for _, d := range exporters.All() {
		if !slices.Contains([]string{"invoices", "invoice_lines", "profit_and_loss", "general_ledger"}, d.Info().ID) {
			continue
		}
		e := w.exporter(d, nil)
		for _, step := range steps {
			if err := step.change(); err != nil {
				t.Fatal(err)
			}
			dry, err := w.runner.DryRun(t.Context(), e)
			if err != nil {
				t.Fatal(err)
			}
			run, _ := w.run(t, e)
			e = run.Exporter
			if c := dry.Change; c.Rows != run.Rows || c.Added != run.Added || c.Changed != run.Changed ||
				c.Removed != run.Removed || c.Edited != 0 {
				t.Errorf("%s, %s: the dry run said %+v; the run has %d rows, added %d, changed %d, removed %d",
					d.Info().ID, step.name, c, run.Rows, run.Added, run.Changed, run.Removed)
			}
			if dry.Requests != run.Requests {
				t.Errorf("%s, %s: the dry run foresaw %+v, the run took %+v", d.Info().ID, step.name,
					dry.Requests, run.Requests)
			}
			kept, err := w.runner.Difference(t.Context(), run.ID)
			if run.Unchanged {
				continue // what is kept is of the run before: they share an id here
			}
			if err != nil || kept.Added != run.Added || kept.Changed != run.Changed || kept.Removed != run.Removed ||
				!kept.Complete {
				t.Errorf("%s, %s: what was kept is %+v, %v", d.Info().ID, step.name, kept, err)
			}
		}
	}
	if _, err := w.runner.Difference(t.Context(), "run_none"); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("of a run that left nothing: %v", err)
	}
}
