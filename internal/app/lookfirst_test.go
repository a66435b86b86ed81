package app_test

import (
	"strings"
	"testing"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
)

// TestDestinationIsCheckedFirst: as long as a spreadsheet cannot be opened, runs into it cost no metered call, and an
// exporter that never ran finds that out before its first one. When it is there again, all goes on.
func TestDestinationIsCheckedFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intuitsim.Options{Companies: 1})
	company := w.connect(1)[0]
	calls := func() (n int) {
		for _, r := range w.intuit.Requests() {
			if strings.Contains(r.Path, "/v3/company/") {
				n++
			}
		}
		return n
	}
	fail := func(what string, id export.ID, most int, code problem.Code) {
		t.Helper()
		before := calls()
		r := w.run(id)
		if r.Status != export.RunFailed || r.Problem.Code != code || r.Problem.Hint == "" {
			t.Errorf("%s: the run %s: %v", what, r.Status, r.Problem)
		}
		if n := calls() - before; n > most {
			t.Errorf("%s: %d calls to QuickBooks", what, n)
		}
	}
	fresh := w.newExporter("vendors", nil, nil, company)
	fresh.Name, fresh.Target.Spreadsheet = "Fresh", strings.Repeat("x", 44)
	fail("one that never ran", w.create(fresh).ID, 0, problem.SpreadsheetNotFound)

	e := w.create(w.newExporter("vendors", nil, nil, company))
	_, doc := w.mustRun(e.ID)
	doc.Trash(true)
	if _, err := w.intuit.Company(string(company.Realm)).AddParty("Vendor", "One more"); err != nil {
		t.Fatal(err)
	}
	fail("into the bin", e.ID, 100, problem.SpreadsheetNotFound) // nobody could know
	fail("into the bin again", e.ID, 0, problem.SpreadsheetNotFound)
	doc.Trash(false)
	before := calls()
	w.mustRun(e.ID)
	if calls() == before {
		t.Error("the run has not asked QuickBooks")
	}

	foreign := w.google.CreateSpreadsheet("other@example.com", "Theirs", "Data")
	stored, err := w.desk().Exporter(w.ctx, e.ID)
	must(t, err)
	stored.Target.Spreadsheet, stored.Target.Sheet = foreign, "Data"
	_, err = w.desk().UpdateExporter(w.ctx, e.ID, stored, stored.Revision)
	must(t, err)
	w.run(e.ID)
	fail("of somebody else", e.ID, 0, problem.SpreadsheetForbidden)
}
