package exporters_test

import (
	"testing"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
)

// TestEveryReportEqualsItsTables exports every report in each of its layouts, with all columns, and compares what then
// stands in the sheet.
func TestEveryReportEqualsItsTables(t *testing.T) {
	t.Parallel()
	w := newWorld(t, exporters.All())
	for _, d := range exporters.All() {
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
				if !r.AsOf && !r.Undated {
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
				compareReport(t, w, r, name, map[string]string{export.OptDateRange: "this_quarter", export.OptCompare: export.ComparePeriod})
			})
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
