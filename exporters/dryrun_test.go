package exporters_test

import (
	"testing"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
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
	var list []export.Exporter
	reports := map[export.ID]bool{}
	for _, d := range exporters.All() {
		list = append(list, w.exporter(d, nil))
		reports[list[len(list)-1].ID] = d.Info().Kind == export.KindReport
		if export.OptionValue(d, nil, export.OptLines) != "" {
			list = append(list, w.exporter(d, map[string]string{export.OptLines: "true"}))
		}
	}
	for _, step := range steps {
		if err := step.change(); err != nil {
			t.Fatal(err)
		}
		changed := 0
		for i, e := range list {
			if reports[e.ID] && step.name != "first" && step.name != "one voided" {
				continue // in real time, more reports a minute have to wait
			}
			var run export.Run
			list[i], run = w.wantDryRunToEqualTheRun(t, step.name, e, "run_"+e.ID)
			if !run.Unchanged {
				changed++
			}
		}
		if wanted := step.name != "nothing"; wanted != (changed > 0) {
			t.Errorf("%s: %d of %d exporters had something to write", step.name, changed, len(list))
		}
	}
	if _, err := w.runner.Difference(t.Context(), "run_none"); !problem.HasCode(err, problem.NotFound) {
		t.Errorf("of a run that left nothing: %v", err)
	}
}

// wantDryRunToEqualTheRun makes a dry run and a run of the exporter, compares them, and returns the exporter as the run
// left it.
func (w world) wantDryRunToEqualTheRun(
	t *testing.T, step string, e export.Exporter, id export.ID,
) (export.Exporter, export.Run) {
	t.Helper()
	dry, err := w.runner.DryRun(t.Context(), e)
	if err != nil {
		t.Fatalf("%s, %s: %v", e.Name, step, err)
	}
	run, _ := w.runAs(t, e, id)
	if c := dry.Change; c.Rows != run.Rows || c.Added != run.Added || c.Changed != run.Changed ||
		c.Removed != run.Removed || c.Edited != 0 {
		t.Errorf("%s, %s: the dry run said %+v; the run has %d rows, added %d, changed %d, removed %d",
			e.Name, step, c, run.Rows, run.Added, run.Changed, run.Removed)
	}
	if dry.Requests.QuickBooks != run.Requests.QuickBooks || dry.Requests.Sheets != run.Requests.Sheets {
		t.Errorf("%s, %s: the dry run foresaw %+v, the run took %+v", e.Name, step, dry.Requests, run.Requests)
	}
	if run.Unchanged {
		return run.Exporter, run // what is kept is of the run before: they share an id here
	}
	kept, err := w.runner.Difference(t.Context(), run.ID)
	if err != nil || kept.Added != run.Added || kept.Changed != run.Changed || kept.Removed != run.Removed ||
		!kept.Complete {
		t.Errorf("%s, %s: what was kept is %+v, %v", e.Name, step, kept, err)
	}
	return run.Exporter, run
}
