package exporters_test

import (
	"slices"
	"testing"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
)

// TestEveryReportEqualsItsTables exports every report in each of its layouts, with all columns, and compares what then
// stands in the sheet.
func TestEveryReportEqualsItsTables(t *testing.T) { compareReports(t, exporters.All()) }

func compareReports(t *testing.T, all []export.Definition) {
	t.Parallel()
	w := newWorld(t, all)
	for _, d := range all {
		r, ok := d.(export.Report)
		if !ok {
			continue
		}
		for _, o := range d.OptionList() {
			if o.Key != export.OptLayout {
				continue
			}
			for _, layout := range o.Values {
				options := map[string]string{export.OptLayout: layout.Value}
				if r.Dates != export.AsOfDay && r.Dates != export.Undated {
					options[export.OptDateRange] = "last_12_months"
				}
				if layout.Value != o.Default && len(r.Summarize) > 0 {
					options[export.OptSummarize] = "Quarter"
				}
				name := "report_" + r.ID + "_" + layout.Value
				t.Run(name, func(t *testing.T) {
					compareReport(t, w, r, name, options)
				})
			}
		}
		if r.Comparable() {
			name := "report_" + r.ID + "_compared"
			t.Run(name, func(t *testing.T) {
				compareReport(t, w, r, name, map[string]string{
					export.OptDateRange: "this_quarter", export.OptCompare: export.ComparePeriod,
				})
			})
		}
	}
}

// TestReportOptionsAreWhole: a choice that need not be made has a value for that, no option is there twice, and what a
// report says of its columns and groups is consistent.
func TestReportOptionsAreWhole(t *testing.T) { checkOptions(t, exporters.All()) }

func checkOptions(t *testing.T, all []export.Definition) {
	t.Parallel()
	objects := map[string]string{}
	for _, d := range all {
		r, ok := d.(export.Report)
		if !ok {
			continue
		}
		if other := objects[r.Object]; other != "" {
			t.Errorf("%s and %s are both %s", r.ID, other, r.Object)
		}
		objects[r.Object] = r.ID
		seen := map[string]bool{}
		for _, o := range d.OptionList() {
			if seen[o.Key] || o.Title == "" {
				t.Errorf("%s: the option %s is there twice or has no title", r.ID, o.Key)
			}
			seen[o.Key] = true
			listed := slices.ContainsFunc(o.Values, func(c export.Choice) bool { return c.Value == o.Default })
			if o.Kind == export.OptionChoice && !o.Required && !listed {
				t.Errorf("%s: nothing is chosen of %s at first", r.ID, o.Key)
			}
			if o.Most > 0 && len(o.Values) == 0 {
				t.Errorf("%s: %s is a list of nothing", r.ID, o.Key)
			}
		}
	}
}

func compareReport(t *testing.T, w world, r export.Report, name string, options map[string]string) {
	t.Helper()
	var columns []string
	for _, c := range r.Catalogue() {
		columns = append(columns, c.Path)
	}
	e := w.exporter(r, options, columns...)
	e.ID, e.Target.CreateKey = export.ID("exp_"+name), name
	run, rows := w.run(t, e)
	if run.Rows != len(rows)-1 || run.Rows < 1 {
		t.Errorf("the run says %d rows, the sheet has %d", run.Rows, len(rows)-1)
	}
	if len(run.Warnings) > 0 {
		t.Errorf("warnings: %q", run.Warnings)
	}
	compareTable(t, name, rows)
}
