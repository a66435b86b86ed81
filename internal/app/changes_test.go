package app_test

import (
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ledgersheet/internal/boltstore"
	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/vault"
)

var logColumns = []string{"Record", "Id", "Number", "Change", "Field", "Old", "New", "ClosedBooks"}

// TestChangeLog follows two companies through a failed write, a restart and the exporter's deletion.
func TestChangeLog(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	w := newWorld(t, intuitsim.Options{Customers: 20, Vendors: 10, Invoices: 30, Bills: 10})
	companies := w.connect(2)
	a, b := w.intuit.Company(string(companies[0].Realm)), w.intuit.Company(string(companies[1].Realm))
	e := w.create(w.newExporter("changes", nil, logColumns, companies...))

	first, _ := w.mustRun(e.ID)
	if first.Rows != 0 || len(first.Warnings) != 2 || !strings.HasPrefix(first.Warnings[0].Text, "Watching ") {
		t.Fatalf("the first run has %d rows, warnings %q", first.Rows, first.Warnings)
	}
	number := strings.Repeat("7", 9) // text that looks like a number
	id, err := a.AddInvoice(intuitsim.Sale{DocNumber: number, Amount: "40", Date: "2026-01-02"})
	must(t, err)
	bill := b.IDs("Bill")[0]
	must(t, b.CloseBooks("2999-12-31"))
	must(t, b.Void("Bill", bill))

	second, doc := w.mustRun(e.ID)
	log := joinRows(doc.Values("Data!A2:I100"))
	added := fmt.Sprintf("%s|Invoice|%s|%s|Added|Total|", companies[0].Name, id, number)
	voided := fmt.Sprintf("%s|Bill|%s|", companies[1].Name, bill)
	if second.Rows != len(log) || len(second.Warnings) != 0 || !strings.HasPrefix(log[0], added) ||
		!strings.HasSuffix(log[0], "|false") {
		t.Fatalf("the second run says %d rows, warnings %q; the sheet has %q", second.Rows, second.Warnings, log)
	}
	if i := slices.IndexFunc(log, func(row string) bool { return strings.HasPrefix(row, voided) }); i < 0 ||
		!strings.Contains(log[i], "|Voided|Total|") || !strings.HasSuffix(log[i], "|0.00|true") {
		t.Errorf("the voided bill reads %q", log)
	}
	if r, _ := w.mustRun(e.ID); !r.Unchanged || r.Rows != second.Rows {
		t.Errorf("nothing happened, but unchanged is %t with %d rows after %d", r.Unchanged, r.Rows, second.Rows)
	}

	// The next run finds what a run found whose sheet could not be written.
	must(t, a.Change("Invoice", id, intuitsim.Change{Note: "Look at this"}))
	w.google.Fail(googlesim.Fault{
		Kind: "batchUpdate", Status: http.StatusForbidden, State: "PERMISSION_DENIED",
		Message: "The caller does not have permission", Times: -1,
	})
	if r := w.run(e.ID); r.Status == export.RunSucceeded {
		t.Fatal("a run that could not write succeeded")
	}
	w.google.ClearFaults()
	if err := w.app.Stop(w.ctx); err != nil {
		t.Fatal(err)
	}
	w.open()
	third, doc := w.mustRun(e.ID)
	if got := joinRows(doc.Values("Data!A2:I100")); third.Rows != second.Rows+1 ||
		!strings.Contains(got[0], "|Changed|Memo||Look at this|false") {
		t.Errorf("after the failed run: %d rows, %q", third.Rows, got)
	}
	preview, err := w.desk().Preview(w.ctx, e)
	if err != nil || len(preview.Rows) != min(third.Rows, 20) {
		t.Errorf("the preview has %d rows of %d, %v", len(preview.Rows), third.Rows, err)
	}
	for _, req := range w.intuit.Writes() {
		t.Errorf("%s %s was sent to QuickBooks", req.Method, req.Path)
	}
	w.wantNoMarks(e, companies)
}

// wantNoMarks deletes an exporter that has marks and checks that they are gone.
func (w *world) wantNoMarks(e export.Exporter, of []export.Company) {
	w.t.Helper()
	must(w.t, w.app.Stop(w.ctx))
	file := filepath.Join(w.set.DataDir, "ledgersheet.db")
	check := func(there bool) {
		w.t.Helper()
		sealer, err := vault.New(*w.set.SecretKey)
		must(w.t, err)
		s, err := boltstore.Open(file, sealer, boltstore.Options{})
		must(w.t, err)
		for _, c := range of {
			_, err := s.Mark(w.ctx, export.MarkKey(e.ID, c.Realm))
			if there && err != nil || !there && !errors.Is(err, export.ErrNotFound) {
				w.t.Errorf("the mark of %s: %v", c.Name, err)
			}
		}
		must(w.t, s.Close())
	}
	check(true)
	w.open()
	must(w.t, w.desk().DeleteExporter(w.ctx, e.ID))
	must(w.t, w.app.Stop(w.ctx))
	check(false)
}

// joinRows joins the cells of each row.
func joinRows(rows [][]any) []string {
	var list []string
	for _, row := range rows {
		cells := make([]string, 9)
		for i, c := range row {
			cells[i] = fmt.Sprint(c)
		}
		list = append(list, strings.Join(cells, "|"))
	}
	return list
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
