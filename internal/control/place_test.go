package control_test

import (
	"strings"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// TestRangesThatWouldMeet refuses, with both names and a free cell, an exporter whose rows would meet another's, as far
// as both sizes are known.
func TestRangesThatWouldMeet(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	at := func(name, start string, columns ...string) export.Exporter {
		e := b.input(alder)
		e.Name, e.Columns = name, columns
		e.Target.Spreadsheet, e.Target.Start = "spreadsheet-of-all", start
		return e
	}
	first := b.create(at("First", "B3", "Id", "DisplayName", "Balance")) // B3:D…
	b.ended(first, func(r *export.Run) { r.Rows, r.Columns = 40, 3 })
	elsewhere := at("Elsewhere", "B3", "Id")
	elsewhere.Target.Sheet = "Other"
	b.create(elsewhere)

	for start, want := range map[string]string{
		"B3": `the exporter "First" writes there already; choose another tab or another cell, such as F3`,
		"D43": `the rows would meet those of the exporter "First" in B3:D43; choose another tab or another cell, ` +
			"such as F43",
		"A10": "such as F10", "A1": "", "E3": "", "B44": "", "F3": "",
	} {
		_, err := b.CreateExporter(b.ctx, at("At "+start, start, "Id", "DisplayName"))
		text := ""
		if err != nil {
			text = problem.From(err).Fields["destination.start_cell"]
		}
		if want == "" && err != nil || !strings.Contains(text, want) {
			t.Errorf("%s: %v %q", start, err, text)
		}
		if err == nil {
			all, err := b.Exporters(b.ctx, export.ExporterFilter{})
			must(t, err)
			for _, e := range all {
				if strings.HasPrefix(e.Name, "At ") {
					must(t, b.DeleteExporter(b.ctx, e.ID))
				}
			}
		}
	}

	split := at("Split", "B3", "Id") // its tabs have other titles
	split.Split = export.SplitYear
	b.create(split)
	again := at("Split again", "B3", "Id")
	again.Split = export.SplitYear
	if _, err := b.CreateExporter(b.ctx, again); !problem.HasCode(err, problem.InvalidInput) {
		t.Errorf("two exporters with the same tabs: %v", err)
	}
	again.Split = export.SplitCompany
	b.create(again)

	report := at("Report", "A50")
	report.Definition, report.Options = "profit_and_loss", map[string]string{"accounting_method": "Accrual"}
	report = b.create(report)
	if _, err := b.CreateExporter(b.ctx, at("Beside", "B50", "Id")); err != nil {
		t.Errorf("the size of a report that has not run is not known: %v", err)
	}
	b.ended(report, func(r *export.Run) { r.Rows, r.Columns = 10, 4 })
	if _, err := b.CreateExporter(b.ctx, at("Within", "D55", "Id")); !problem.HasCode(err, problem.InvalidInput) {
		t.Errorf("within the report: %v", err)
	}
	b.update(report.ID, 0, func(e *export.Exporter) { e.Name = "Renamed" }) // it stays where it is
	wide := b.stored(first.ID)
	wide.Target.Start = "B45"
	if _, err := b.UpdateExporter(b.ctx, first.ID, wide, 0); !problem.HasCode(err, problem.InvalidInput) {
		t.Errorf("moved into others: %v", err)
	}
}
