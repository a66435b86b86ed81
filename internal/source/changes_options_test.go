package source_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/table"
)

func TestWatchedObjectsCanBeChosen(t *testing.T) {
	t.Parallel()
	w := watch(t)
	w.query.Options = map[string]string{export.OptObjects: "Customer"}
	w.wait(time.Hour)
	w.invoice("X", "1")
	w.want(w.run())
	w.query.Options[export.OptObjects] = "Customer, Invoice"
	r := w.run() // invoices are watched from now on
	w.want(r)
	want := fmt.Sprintf("Watching %d more records of %s", len(w.books.IDs("Invoice")), w.company.Name)
	if len(r.warnings()) != 1 || !strings.HasPrefix(r.warnings()[0], want) {
		t.Errorf("warnings %q", r.warnings())
	}
	w.wait(time.Hour)
	id := w.invoice("Y", "1")
	w.want(w.run(), "Invoice|"+id+"|Y|2026-03-02|Added|Total||"+w.total(id)+"|false")
}

func TestOldChangesAreForgotten(t *testing.T) {
	t.Parallel()
	w := watch(t)
	w.query.Options = map[string]string{export.OptKeepDays: "7"}
	w.wait(time.Hour)
	w.invoice("old", "1")
	w.run()
	w.wait(6 * 24 * time.Hour)
	id := w.invoice("new", "1")
	if r := w.run(); len(r.rows) != 2 {
		t.Errorf("%d rows after six days", len(r.rows))
	}
	w.wait(2 * 24 * time.Hour)
	w.want(w.run(), "Invoice|"+id+"|new|2026-03-02|Added|Total||"+w.total(id)+"|false")
}

func TestFiltersAndLinksOfChanges(t *testing.T) {
	t.Parallel()
	w := watch(t)
	w.wait(time.Hour)
	id := w.invoice("F", "1")
	other := w.invoice("G", "1")
	w.query.Columns = []string{export.ChangeWhen, export.ChangeNumber, export.ChangeLink, export.CompanyColumn}
	w.query.Filters = []export.Filter{{Column: export.ChangeNumber, Op: export.OpEqual, Value: "F"}}
	r := w.run()
	w.want(r, "F|"+w.company.AppLink("invoice?txnId="+id)+"|"+w.company.Name)
	if got := r.column(t, export.ChangeWhen)[0]; got != "2026-03-14T21:00:00Z" {
		t.Errorf("the change was at %s", got)
	}
	w.query.Filters[0].Value = "G" // rows that a filter leaves out are in the log all the same
	ok(t, w.books.Delete("Invoice", other))
	w.want(w.run(), "G||"+w.company.Name, "G|"+w.company.AppLink("invoice?txnId="+other)+"|"+w.company.Name)
}

func TestPreviewOfChanges(t *testing.T) {
	t.Parallel()
	w := watch(t)
	w.query.Limit = 20
	kept := w.state
	w.state = nil
	w.server.ResetRequests()
	r := w.read()
	if len(r.rows) != 0 || len(r.warnings()) != 1 || len(w.server.Requests()) != 0 || r.State != nil {
		t.Errorf("before the first run: %d rows, warnings %q, %d requests", len(r.rows), r.warnings(),
			len(w.server.Requests()))
	}
	w.state = kept
	w.wait(time.Hour)
	id := w.invoice("P", "1")
	line := "Invoice|" + id + "|P|2026-03-02|Added|Total||" + w.total(id) + "|false"
	for range 2 {
		w.server.ResetRequests()
		r = w.read()
		w.want(r, line)
		if n := len(w.server.Requests()); n > 2 || r.State != nil {
			t.Errorf("a preview made %d requests, or has a state", n)
		}
	}
	w.query.Limit = 0
	w.want(w.run(), line)
	w.query.Limit = 20
	w.wait(31 * 24 * time.Hour)
	w.invoice("Q", "1")
	r = w.read()
	w.want(r, line)
	if len(r.warnings()) != 1 || !strings.Contains(r.warnings()[0], "Only a run compares") {
		t.Errorf("warnings %q", r.warnings())
	}
}

// TestStatesOfNoUse proves that a warning reports a state that cannot be read, and that the log begins anew.
func TestStatesOfNoUse(t *testing.T) {
	t.Parallel()
	w := watch(t)
	for name, state := range map[string][]byte{"text": []byte("{}"), "cut": w.state[:len(w.state)/2]} {
		w.state = state
		r := w.read()
		if len(r.rows) != 0 || len(r.warnings()) != 2 || !strings.Contains(r.warnings()[0], "could not be read") {
			t.Errorf("%s: %d rows, warnings %q", name, len(r.rows), r.warnings())
		}
	}
}

// TestAFieldMoreIsNoChange proves that a new version of the program that watches another field does not report that
// field as a change.
func TestAFieldMoreIsNoChange(t *testing.T) {
	t.Parallel()
	w := watch(t)
	fields := &w.log.Watched[0].Fields
	*fields = append([]export.WatchedField{{Path: "DueDate", Title: "Due date", Kind: table.Date}}, (*fields)[1:]...)
	w.log.Watched[0].Label = ""
	w.wait(time.Hour)
	id := w.books.IDs("Invoice")[0]
	ok(t, w.books.Change("Invoice", id, intuitsim.Change{Note: "look"}))
	r := w.run()
	if got := r.column(t, export.ChangeField); len(got) != 1 || got[0] != "Memo" {
		t.Errorf("changed fields: %q", got)
	}
}

// TestTwoCompaniesOfChanges proves that each company has its own state.
func TestTwoCompaniesOfChanges(t *testing.T) {
	t.Parallel()
	w := watch(t)
	first := w.state
	info := w.server.Companies()[1]
	other := *w
	other.state, other.books = nil, w.server.Company(info.Realm)
	other.company.Realm, other.company.Name = export.RealmID(info.Realm), info.Name
	if r := other.run(); len(r.rows) != 0 || len(r.warnings()) != 1 {
		t.Fatalf("the second company begins with %d rows, warnings %q", len(r.rows), r.warnings())
	}
	w.wait(time.Hour)
	id := other.invoice("Z", "1")
	other.want(other.run(), "Invoice|"+id+"|Z|2026-03-02|Added|Total||"+other.total(id)+"|false")
	w.state = first
	w.want(w.run())
}

// TestWhatWasGoneBefore proves that the log leaves out a record deleted before the first run, although the overlap of
// the next reading includes it.
func TestWhatWasGoneBefore(t *testing.T) {
	t.Parallel()
	w := watch(t)
	w.state = nil
	gone := w.books.IDs("Invoice")[0]
	w.wait(time.Hour)
	ok(t, w.books.Delete("Invoice", gone))
	w.wait(time.Minute)
	w.run()
	w.wait(time.Minute)
	w.want(w.run())
}

// TestTheLastClosedDay proves that the last closed day belongs to the closed books and the next day does not.
func TestTheLastClosedDay(t *testing.T) {
	t.Parallel()
	for closed, want := range map[string]string{
		"2026-03-01": "false", "2026-03-02": "true", "2026-03-03": "true", "": "false",
	} {
		w := watch(t)
		ok(t, w.books.CloseBooks(closed))
		w.wait(time.Hour)
		w.invoice("day", "1") // dated March 2
		if got := w.run().column(t, export.ChangeClosed); len(got) != 1 || got[0] != want {
			t.Errorf("closed until %q: %q, want %s", closed, got, want)
		}
	}
}
