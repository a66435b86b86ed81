package app_test

import (
	"testing"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
)

// TestRepairs plays each way in which people stop an exporter, and each way to go on that the program then offers, from
// the failed run through the queue to the sheet.
func TestRepairs(t *testing.T) {
	t.Parallel()
	columns := []string{"Id", "DisplayName", "Balance"}
	for repair, test := range map[export.Repair]struct {
		do    func(doc *googlesim.Spreadsheet) error
		code  problem.Code
		at    string
		title []string // of the header afterwards
	}{
		export.RepairPutBack: {
			func(doc *googlesim.Spreadsheet) error { return doc.DeleteColumns("Data", 2, 1) }, problem.HeaderDrift,
			"Data!A1:C1", []string{"Vendor ID", "Name", "Open balance"},
		},
		export.RepairDropColumns: {
			func(doc *googlesim.Spreadsheet) error { return doc.DeleteColumns("Data", 2, 1) }, problem.HeaderDrift,
			"Data!A1:B1", []string{"Vendor ID", "Open balance"},
		},
		export.RepairTakeTitles: {
			func(doc *googlesim.Spreadsheet) error { return doc.SetCell("Data!B1", "Who") }, problem.HeaderDrift,
			"Data!A1:C1", []string{"Vendor ID", "Who", "Open balance"},
		},
		export.RepairUnmerge: {
			func(doc *googlesim.Spreadsheet) error { return doc.Merge("Data!B2:B4") }, problem.SheetConflict,
			"Data!A1:C1", []string{"Vendor ID", "Name", "Open balance"},
		},
		export.RepairTakeOver: {
			func(doc *googlesim.Spreadsheet) error {
				if err := doc.SetCell("Data!B3", "mine"); err != nil {
					return err
				}
				return doc.Batch(&sheets.Request{DeleteNamedRange: &sheets.DeleteNamedRangeRequest{
					NamedRangeId: doc.Resource().NamedRanges[0].NamedRangeId,
				}})
			}, problem.SheetConflict, "Data!A1:C1", []string{"Vendor ID", "Name", "Open balance"},
		},
		export.RepairStartOver: {
			func(doc *googlesim.Spreadsheet) error { return doc.DeleteColumns("Data", 2, 1) }, problem.HeaderDrift,
			"Data (2)!A1:C1", []string{"Vendor ID", "Name", "Open balance"},
		},
	} {
		t.Run(string(repair), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, intuitsim.Options{Customers: 5, Vendors: 30, Invoices: 5, Bills: 5})
			company := w.connect(1)
			e := w.create(w.newExporter("vendors", nil, columns, company...))
			first, doc := w.mustRun(e.ID)
			must(t, test.do(doc))
			failed := w.run(e.ID)
			if failed.Problem == nil || failed.Problem.Code != test.code {
				t.Fatalf("the run ended with %v", failed.Problem)
			}
			over := func(r export.Run) bool { return r.Repair() == repair && r.Status.Over() }
			ended := w.desk().Follow(w.ctx, over)
			_, _, err := w.desk().Repair(w.ctx, e.ID, repair)
			must(t, err)
			if run := (<-ended).Run; run.Status != export.RunSucceeded || run.Rows != first.Rows {
				t.Fatalf("the repair is %s with %d rows: %v", run.Status, run.Rows, run.Problem)
			}
			header := doc.Values(test.at)[0]
			for i, want := range test.title {
				if header[i] != want {
					t.Errorf("the header is %v, want %v", header, test.title)
				}
			}
			if after, _ := w.mustRun(e.ID); !after.Unchanged {
				t.Error("the next run finds something to do")
			}
		})
	}
}
