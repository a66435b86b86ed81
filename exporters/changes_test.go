package exporters_test

import (
	"fmt"
	"strings"
	"testing"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
)

func theChangeLog(t *testing.T) export.ChangeLog {
	t.Helper()
	for _, d := range exporters.All() {
		if l, ok := d.(export.ChangeLog); ok {
			return l
		}
	}
	t.Fatal("there is no change log")
	return export.ChangeLog{}
}

// TestChangeLogEqualsItsTable takes the baseline of all watched objects, changes the books in every way, and compares
// the sheet with what should then stand in it.
func TestChangeLogEqualsItsTable(t *testing.T) { compareChangeLog(t, exporters.All()) }

func compareChangeLog(t *testing.T, all []export.Definition) {
	t.Parallel()
	w := newWorld(t, all)
	books, l := w.books.Company(string(w.company.Realm)), theChangeLog(t)
	e := w.exporter(l, nil)
	run, rows := w.run(t, e)
	if run.Rows != 0 || len(rows) != 1 || len(run.Warnings) != 1 {
		t.Fatalf("the first run has %d rows, the sheet %d, warnings %q", run.Rows, len(rows), run.Warnings)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(books.CloseBooks("2025-12-31"))
	id, err := books.AddInvoice(intuitsim.Sale{DocNumber: "C-1", Date: "2025-12-30", Amount: "120"})
	must(err)
	_, err = books.AddBill(intuitsim.Cost{DocNumber: "B-1", Date: "2026-03-01", Amount: "75.5"})
	must(err)
	_, err = books.AddParty("Vendor", "New & Co")
	must(err)
	_, err = books.Pay("Invoice", id, "20")
	must(err)
	yes := false
	must(books.Change("Customer", books.IDs("Customer")[1], intuitsim.Change{Name: "Renamed, Inc."}))
	must(books.Change("Item", books.IDs("Item")[0], intuitsim.Change{Active: &yes}))
	must(books.Change("Estimate", books.IDs("Estimate")[0], intuitsim.Change{Date: "2025-11-11"}))
	must(books.Change("JournalEntry", books.IDs("JournalEntry")[0], intuitsim.Change{Note: "Corrected"}))
	must(books.Void("Bill", books.IDs("Bill")[0]))
	must(books.Delete("Purchase", books.IDs("Purchase")[0]))
	e.Target.Spreadsheet, e.Target.Tab = run.Exporter.Target.Spreadsheet, run.Exporter.Target.Tab
	run, rows = w.run(t, e)
	if len(run.Warnings) > 0 || run.Rows != len(rows)-1 {
		t.Errorf("the run says %d rows, the sheet has %d; warnings %q", run.Rows, len(rows)-1, run.Warnings)
	}
	findBlanks(t, l, false, rows)
	compareTable(t, "changes", rows)
	if _, again := w.run(t, e); fmt.Sprint(again) != fmt.Sprint(rows) {
		t.Error("the same once more is another table")
	}
	for _, r := range w.books.Writes() {
		t.Errorf("%s %s was sent to QuickBooks", r.Method, r.Path)
	}
}

// TestWatchedPathsAreThere: a field that no simulated record has is misspelt. Those that the books cannot hold are
// listed.
func TestWatchedPathsAreThere(t *testing.T) {
	t.Parallel()
	w := newWorld(t, exporters.All())
	for _, watched := range theChangeLog(t).Watched {
		e := export.Entity{
			ID: "x", Title: watched.Title, Object: watched.Object, HasActive: watched.HasActive,
			Columns: []export.Column{{Path: "Id", Title: "ID", Key: true}},
		}
		q := export.Query{Options: map[string]string{export.OptIncludeInactive: "true"}}
		for _, f := range watched.Fields {
			path := f.Path
			if strings.HasSuffix(path, "Ref") {
				path += ".value"
			}
			q.Columns = append(q.Columns, path)
		}
		rows := w.read(t, e, q)
		for i, f := range watched.Fields {
			filled := false
			for _, row := range rows {
				filled = filled || row[i] != ""
			}
			if id := watched.Object + " " + f.Path; !filled && f.Path != "PrivateNote" && !blankFields[id] {
				t.Errorf("%s is blank in all %d records", id, len(rows))
			}
		}
	}
}

// blankFields are watched fields of which the simulated books have none, beside memos, which few records have.
var blankFields = map[string]bool{"Deposit DocNumber": true}

func TestChangeLogIsChecked(t *testing.T) {
	t.Parallel()
	l := theChangeLog(t)
	for name, test := range map[string]struct {
		change func(*export.Exporter)
		want   string
	}{
		"all":     {func(*export.Exporter) {}, ""},
		"objects": {func(e *export.Exporter) { e.Options["objects"] = "Invoice, Customer" }, ""},
		"unknown object": {
			func(e *export.Exporter) { e.Options["objects"] = "Invoice, TimeActivity" }, "options.objects",
		},
		"object twice":    {func(e *export.Exporter) { e.Options["objects"] = "Invoice,Invoice" }, "options.objects"},
		"days":            {func(e *export.Exporter) { e.Options["keep_days"] = "365" }, ""},
		"unknown days":    {func(e *export.Exporter) { e.Options["keep_days"] = "8" }, "options.keep_days"},
		"a date range":    {func(e *export.Exporter) { e.Options["date_range"] = "today" }, "options.date_range"},
		"columns":         {func(e *export.Exporter) { e.Columns = []string{"When", "Link", "Company"} }, ""},
		"a record's path": {func(e *export.Exporter) { e.Columns = []string{"TotalAmt"} }, "columns[0]"},
		"a filter": {
			func(e *export.Exporter) { e.Filters = []export.Filter{{Column: "ClosedBooks", Op: "=", Value: "true"}} },
			"",
		},
		"filter by a path": {
			func(e *export.Exporter) { e.Filters = []export.Filter{{Column: "TotalAmt", Op: ">", Value: "1"}} },
			"filters[0]",
		},
	} {
		e := export.Exporter{
			Name: "x", Companies: []export.RealmID{"1"}, Options: map[string]string{}, Mode: export.Replace,
			Target: export.Target{Account: "con_1", Sheet: "Data", Start: "A1"},
		}
		test.change(&e)
		var c problem.Collect
		e.Validate(l, &c)
		if bad := c.Err(); (bad != nil) != (test.want != "") || test.want != "" && !c.Has(test.want) {
			t.Errorf("%s: %v", name, bad)
		}
	}
}

func TestValidateFindsWrongWatchedObjects(t *testing.T) {
	t.Parallel()
	good := export.ChangeLog{
		ID: "log", Title: "Log", Group: "G", Summary: "All.",
		Watched: []export.Watched{{
			Object: "Bill", Title: "Bill", Label: "DocNumber",
			Fields: []export.WatchedField{{Path: "DocNumber", Title: "Number"}},
		}},
	}
	if err := exporters.Validate([]export.Definition{good}); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*export.Watched){
		"no title":    func(w *export.Watched) { w.Title = "" },
		"no fields":   func(w *export.Watched) { w.Fields = nil },
		"other label": func(w *export.Watched) { w.Label = "Name" },
		"other total": func(w *export.Watched) { w.Total = "TotalAmt" },
		"bad path": func(w *export.Watched) {
			w.Fields = append(w.Fields, export.WatchedField{Path: "A..B", Title: "x"})
		},
		"path twice": func(w *export.Watched) {
			w.Fields = append(w.Fields, export.WatchedField{Path: "DocNumber", Title: "x"})
		},
		"title twice": func(w *export.Watched) {
			w.Fields = append(w.Fields, export.WatchedField{Path: "A", Title: "Number"})
		},
		"nothing said": func(w *export.Watched) { *w = export.Watched{} },
	} {
		bad := good.Watched[0]
		bad.Fields = append([]export.WatchedField(nil), bad.Fields...)
		change(&bad)
		l := good
		l.Watched = []export.Watched{bad}
		if err := exporters.Validate([]export.Definition{l}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	twice, none := good, good
	twice.Watched, none.Watched = append(twice.Watched, twice.Watched[0]), nil
	for _, l := range []export.ChangeLog{twice, none} {
		if err := exporters.Validate([]export.Definition{l}); err == nil {
			t.Errorf("%d watched objects were accepted", len(l.Watched))
		}
	}
}
