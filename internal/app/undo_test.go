package app_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/intuit/intuitsim"
	"ledgersheet/internal/problem"
)

// undo undoes a run and waits for the end.
func (w *world) undo(id export.ID) export.Run {
	w.t.Helper()
	ended := w.desk().Follow(w.ctx, func(r export.Run) bool { return r.Undoes == id && r.Status.Over() })
	r, err := w.desk().UndoRun(w.ctx, id)
	must(w.t, err)
	for event := range ended {
		if event.Run.ID == r.ID {
			return event.Run
		}
	}
	w.t.Fatal("the undo did not end")
	return export.Run{}
}

// TestUndo undoes runs through the whole program, with edits by people in between.
func TestUndo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, intuitsim.Options{Customers: 5, Vendors: 3, Items: 5, Invoices: 20, Bills: 2})
	company := w.connect(1)[0]
	books := w.intuit.Company(string(company.Realm))
	e := w.newExporter("invoices", nil, []string{"Id", "DocNumber", "TotalAmt"}, company)
	e.OnHandEdit = export.StopOnHandEdit
	e = w.create(e)
	first, doc := w.mustRun(e.ID)
	if first.Undoable {
		t.Error("a first run can be undone, though nothing stood before")
	}
	if _, err := w.desk().UndoRun(w.ctx, first.ID); !problem.HasCode(err, problem.Conflict) {
		t.Errorf("the first run is undone: %v", err)
	}
	sheet := func() [][]any { return doc.Formulas("Data!A1:C999") }
	old := sheet()
	_, err := books.AddInvoice(intuitsim.Sale{Amount: "123.45"})
	must(t, err)
	second, _ := w.mustRun(e.ID)
	fresh := sheet()
	if !second.Undoable || cmp.Equal(old, fresh) {
		t.Fatalf("the second run is %+v", second.Result)
	}

	w.intuit.ResetRequests()
	u, err := w.desk().UndoOf(w.ctx, second.ID)
	must(t, err)
	dry, err := w.desk().DryUndo(w.ctx, u)
	must(t, err)
	undone := w.undo(second.ID)
	if diff := cmp.Diff(old, sheet()); diff != "" || undone.Status != export.RunSucceeded {
		t.Fatalf("the undo %s, %v:\n%s", undone.Status, undone.Problem, diff)
	}
	if undone.Trigger != export.TriggerUndo || undone.Removed != 1 || !undone.Undoable || w.asked() != 0 ||
		dry.Change.Removed != 1 || dry.Requests.Sheets != undone.Requests.Sheets {
		t.Errorf("the undo is %+v, foreseen %+v, asked QuickBooks %d times", undone, dry, w.asked())
	}
	if set, err := w.desk().Difference(w.ctx, undone.ID); err != nil || set.Removed != 1 || len(set.Items) != 1 {
		t.Errorf("the undo's difference: %+v, %v", set, err)
	}
	if back := w.undo(undone.ID); back.Status != export.RunSucceeded {
		t.Fatalf("the undo of the undo: %v", back.Problem)
	}
	if diff := cmp.Diff(fresh, sheet()); diff != "" {
		t.Fatalf("after the undo of the undo:\n%s", diff)
	}

	must(t, doc.SetCell("Data!C3", "1"))
	stopped := w.run(e.ID)
	if stopped.Status != export.RunFailed || stopped.Problem.Code != problem.SheetConflict || stopped.Attempts != 1 ||
		stopped.HandEdits != 1 || !strings.Contains(stopped.Problem.Message, "C3") {
		t.Fatalf("with an edit the run %s: %+v", stopped.Status, stopped.Problem)
	}
	if set, err := w.desk().Difference(w.ctx, stopped.ID); err != nil || len(set.Edits) != 1 ||
		set.Edits[0].Place != "C3" || set.Edits[0].Cells[0].New.Text != "1" || len(set.Items) != 0 {
		t.Errorf("what stopped it: %+v, %v", set, err)
	}
	if dry, err := w.desk().DryRun(w.ctx, e.ID); err != nil || dry.Change.Edited != 1 || len(dry.Warnings) == 0 {
		t.Errorf("the dry run: %+v, %v", dry, err)
	}
	kept, err := w.desk().Exporter(w.ctx, e.ID)
	must(t, err)
	kept.OnHandEdit = export.KeepCopyOfHandEdits
	_, err = w.desk().UpdateExporter(w.ctx, e.ID, kept, 0)
	must(t, err)
	edited := sheet()
	copied, _ := w.mustRun(e.ID)
	if diff := cmp.Diff(fresh, sheet()); diff != "" || copied.HandEdits != 1 || len(copied.Warnings) != 1 {
		t.Fatalf("the copying run: %+v\n%s", copied.Result, diff)
	}
	for _, tab := range doc.Tabs() {
		if tab.Hidden && strings.Contains(tab.Title, "edited") {
			if diff := cmp.Diff(edited, doc.Formulas("'"+tab.Title+"'!A1:C999")); diff != "" {
				t.Errorf("the copy:\n%s", diff)
			}
		}
	}
	if n := len(doc.Tabs()); n != 3 {
		t.Errorf("%d tabs: want the rows, the copy and the states", n)
	}
	w.undo(copied.ID)
	if diff := cmp.Diff(edited, sheet()); diff != "" {
		t.Errorf("after undoing the run that copied:\n%s", diff)
	}
	if next, _ := w.mustRun(e.ID); next.HandEdits != 1 {
		t.Errorf("after the undo, the edit is no edit any more: %+v", next.Result)
	}
}

// TestUndoSurvivesAKill stops the program in the middle of an undo, at each request to Google.
func TestUndoSurvivesAKill(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, intuitsim.Options{Customers: 5, Vendors: 3, Items: 5, Invoices: 20, Bills: 2})
		company := w.connect(1)[0]
		e := w.create(w.newExporter("invoices", nil, []string{"Id", "TotalAmt"}, company))
		w.mustRun(e.ID)
		for skip := range 5 {
			_, err := w.intuit.Company(string(company.Realm)).AddInvoice(intuitsim.Sale{Amount: "5"})
			must(t, err)
			w.wantUndoneAfterKill(e, skip)
		}
	})
}

// wantUndoneAfterKill runs the exporter, which has something new to write, kills the undo of that at a request, and has
// it undone once more.
func (w *world) wantUndoneAfterKill(e export.Exporter, skip int) {
	w.t.Helper()
	doc := w.google.Spreadsheet(w.target(e).Spreadsheet)
	old := doc.Formulas("Data!A1:B999")
	time.Sleep(time.Second) // virtual: runs are ordered by their time
	run, _ := w.mustRun(e.ID)
	time.Sleep(time.Second)
	w.google.Fail(googlesim.Fault{
		Skip: skip, Times: -1, Status: http.StatusForbidden, State: "PERMISSION_DENIED", Message: "no",
	})
	if skip%2 == 1 {
		w.google.Fail(googlesim.Fault{Skip: skip, DropAfterApply: true})
	}
	undone := w.undo(run.ID)
	w.google.ClearFaults()
	must(w.t, w.app.Stop(w.ctx))
	w.open()
	time.Sleep(time.Second)
	if undone.Status != export.RunSucceeded {
		undone = w.undo(run.ID)
	}
	if diff := cmp.Diff(old, doc.Formulas("Data!A1:B999")); diff != "" || undone.Status != export.RunSucceeded {
		w.t.Fatalf("request %d: the undo %s, %v:\n%s", skip, undone.Status, undone.Problem, diff)
	}
	time.Sleep(time.Second)
	if again, _ := w.mustRun(e.ID); again.Added != 1 || again.HandEdits != 0 {
		w.t.Errorf("request %d: the next run: %+v", skip, again.Result)
	}
}

func (w *world) target(e export.Exporter) export.Target {
	w.t.Helper()
	e, err := w.desk().Exporter(w.ctx, e.ID)
	must(w.t, err)
	return e.Target
}
