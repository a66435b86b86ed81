package pipeline_test

import (
	"context"
	"strings"
	"testing"

	"ledgersheet/internal/export"
)

// TestOneCopyForEachCompany: exporters of one company that fill the same template write into one copy of it.
func TestOneCopyForEachCompany(t *testing.T) {
	t.Parallel()
	set := export.Target{Account: "con_1", Sheet: "Bills", Start: "A1", Template: "template01"}
	first := export.Exporter{ID: "exp_0", Companies: []export.RealmID{"1"}, Target: set}
	first.Target.Spreadsheet, first.Target.Created, first.Target.CreateKey = "copy", true, first.SharedKey()
	for name, test := range map[string]struct {
		change func(mine, other *export.Exporter)
		shares bool
	}{
		"same":           {func(_, _ *export.Exporter) {}, true},
		"other company":  {func(_, other *export.Exporter) { other.Companies = []export.RealmID{"2"} }, false},
		"several":        {func(mine, _ *export.Exporter) { mine.Companies = []export.RealmID{"1", "2"} }, false},
		"other template": {func(_, other *export.Exporter) { other.Target.Template = "template02" }, false},
		"other folder":   {func(mine, _ *export.Exporter) { mine.Target.DriveFolder = "folder0001" }, false},
		"not made yet":   {func(_, other *export.Exporter) { other.Target.Created = false }, false},
		"chosen since":   {func(_, other *export.Exporter) { other.Target.CreateKey = "new_1" }, false},
		"no template":    {func(mine, _ *export.Exporter) { mine.Target.Template = "" }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			other := first
			b.exporter.Target.Template, b.exporter.Target.CreateKey = "template01", "exp_1"
			test.change(b.exporter, &other)
			b.others = []export.Exporter{other}
			var asked export.Target
			b.write = func(_ context.Context, w export.WriteRequest) (export.WriteResult, error) {
				asked = w.Target
				return export.WriteResult{Target: w.Target, Rows: w.Rows.Len()}, nil
			}
			if _, err := b.runner().DryRun(t.Context(), *b.exporter); err != nil {
				t.Fatal(err)
			}
			if got := b.exporter.Target; got.Spreadsheet != "" || got.CreateKey != "exp_1" {
				t.Fatalf("a dry run has stored %+v", got)
			}
			if _, err := b.work(t.Context()); err != nil {
				t.Fatal(err)
			}
			if shares := asked.Spreadsheet == "copy" && asked.Created; shares != test.shares {
				t.Errorf("asked to write to %+v", asked)
			}
			if b.exporter.Target.Spreadsheet != asked.Spreadsheet || b.exporter.Target.Sheet != "Data" {
				t.Errorf("stored %+v", b.exporter.Target)
			}
			isOne := b.exporter.Target.Template != "" && len(b.exporter.Companies) == 1
			if strings.HasPrefix(asked.CreateKey, "copy_") != isOne {
				t.Errorf("key %q", asked.CreateKey)
			}
		})
	}
}
