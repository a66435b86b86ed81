package app_test

import (
	"fmt"
	"net/http"
	"slices"
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

// splitWorld has an exporter of invoices whose rows are split.
type splitWorld struct {
	*world
	companies []export.Company
	books     []*intuitsim.Company
	e         export.Exporter
}

func newSplitWorld(t *testing.T, companies int, by export.Split) *splitWorld {
	t.Helper()
	return openSplitWorld(newWorld(t, intuitsim.Options{
		Companies: companies, Customers: 5, Vendors: 3, Items: 5, Invoices: 12, Bills: 2,
	}), companies, by)
}

func openSplitWorld(w *world, companies int, by export.Split) *splitWorld {
	w.t.Helper()
	s := &splitWorld{world: w, companies: w.connect(companies)}
	for _, c := range s.companies {
		s.books = append(s.books, w.intuit.Company(string(c.Realm)))
	}
	s.e = w.newExporter("invoices", nil, []string{"Id", "TxnDate", "TotalAmt"}, s.companies...)
	s.e.Split = by
	s.e = w.create(s.e)
	return s
}

// invoice adds an invoice and returns its id. In virtual time, runs are ordered by it.
func (s *splitWorld) invoice(company int, date string) string {
	s.t.Helper()
	id, err := s.books[company].AddInvoice(intuitsim.Sale{Amount: "123.45", Date: date})
	must(s.t, err)
	return id
}

// change changes the exporter.
func (s *splitWorld) change(how func(*export.Exporter)) {
	s.t.Helper()
	e, err := s.desk().Exporter(s.ctx, s.e.ID)
	must(s.t, err)
	how(&e)
	s.e, err = s.desk().UpdateExporter(s.ctx, e.ID, e, 0)
	if err != nil {
		s.t.Fatalf("%v %v", err, problem.From(err).Fields)
	}
}

// shown returns the visible tabs' values, by title.
func shown(doc *googlesim.Spreadsheet) map[string][][]any {
	all := map[string][][]any{}
	for _, tab := range doc.Tabs() {
		if !tab.Hidden {
			all[tab.Title] = doc.Values("'" + tab.Title + "'!A1:Z999")
		}
	}
	return all
}

// yearsOf divides the invoices that the simulated QuickBooks has, as the run should: by year, the ids in their order.
func (s *splitWorld) yearsOf(doc *googlesim.Spreadsheet) map[string][]string {
	s.t.Helper()
	whole := s.e
	whole.ID, whole.Split, whole.Name = "", export.SplitNone, "Whole"
	whole.Target = export.Target{Account: s.account, Sheet: "Data", Start: "A1"}
	run, all := s.mustRun(s.create(whole).ID)
	if run.Rows == 0 || all.ID() == doc.ID() {
		s.t.Fatalf("the unsplit exporter: %+v", run.Result)
	}
	years := map[string][]string{}
	for _, row := range all.Formatted("Data!A2:B999") {
		year := "Data " + row[1].(string)[:4]
		years[year] = append(years[year], row[0].(string))
	}
	return years
}

func idsOf(tabs map[string][][]any) map[string][]string {
	ids := map[string][]string{}
	for title, rows := range tabs {
		for _, row := range rows[1:] {
			ids[title] = append(ids[title], fmt.Sprint(row[0]))
		}
	}
	return ids
}

// wantYears checks that the tabs together hold what the unsplit exporter writes, each the rows of its year.
func (s *splitWorld) wantYears(doc *googlesim.Spreadsheet) {
	s.t.Helper()
	got := idsOf(shown(doc))
	if diff := cmp.Diff(s.yearsOf(doc), got); diff != "" {
		s.t.Errorf("tabs against the unsplit result:\n%s", diff)
	}
}

// wantForeseen runs the exporter and checks that its dry run has told everything.
func (s *splitWorld) wantForeseen() (export.Run, *googlesim.Spreadsheet) {
	s.t.Helper()
	dry, err := s.desk().DryRun(s.ctx, s.e.ID)
	must(s.t, err)
	run, doc := s.mustRun(s.e.ID)
	type told struct {
		Rows, Added, Changed, Removed, HandEdits, Sheets int
	}
	want := told{run.Rows, run.Added, run.Changed, run.Removed, run.HandEdits, run.Sheets}
	set := dry.Change
	got := told{set.Rows, set.Added, set.Changed, set.Removed, set.Edited, dry.Requests.Sheets}
	if diff := cmp.Diff(want, got); diff != "" {
		s.t.Errorf("the run against its dry run:\n%s", diff)
	}
	return run, doc
}

func TestSplitByYear(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSplitWorld(t, 1, export.SplitYear)
		now := time.Now()
		last, next := now.AddDate(-1, 0, 0).Format("2006"), now.AddDate(1, 0, 0).Format("2006")
		s.invoice(0, last+"-12-31")
		s.invoice(0, now.Format("2006")+"-01-01")
		first, doc := s.wantForeseen()
		s.wantYears(doc)
		before := shown(doc)
		if first.Undoable || first.Added != first.Rows || len(before) < 2 || !strings.Contains(first.URL, "#gid=") {
			t.Errorf("the first run: %+v, tabs %v", first.Result, before)
		}
		time.Sleep(time.Second)
		if same, _ := s.wantForeseen(); !same.Unchanged || same.Rows != first.Rows {
			t.Errorf("nothing new: %+v", same.Result)
		}

		must(t, doc.RenameTab("Data "+last, "Old books")) // followed by its gid
		moved := s.invoice(0, last+"-06-15")
		time.Sleep(time.Second)
		run, _ := s.wantForeseen()
		if run.Added != 1 || run.Changed+run.Removed != 0 || !run.Undoable {
			t.Errorf("one in a past year: %+v", run.Result)
		}
		time.Sleep(time.Second)
		must(t, s.books[0].Change("Invoice", moved, intuitsim.Change{Date: next + "-01-02"}))
		turned, _ := s.wantForeseen() // a tab of a new year appears
		if turned.Added != 1 || turned.Removed != 1 || !turned.Undoable {
			t.Errorf("one moved to a new year: %+v", turned.Result)
		}
		tabs := idsOf(shown(doc))
		if !slices.Equal(tabs["Data "+next], []string{moved}) || slices.Contains(tabs["Old books"], moved) {
			t.Errorf("the moved invoice %s: %v", moved, tabs)
		}
		set, err := s.desk().Difference(s.ctx, turned.ID)
		must(t, err)
		if len(set.Items) != 2 || set.Items[0].Key != next+" · "+moved || set.Items[1].Key != last+" · "+moved {
			t.Errorf("the difference: %+v", set)
		}

		time.Sleep(time.Second)
		must(t, s.books[0].Change("Invoice", moved, intuitsim.Change{Date: now.Format("2006-01-02")}))
		emptied, _ := s.wantForeseen()
		titles := doc.Values("'Data " + next + "'!A1:C9")
		if emptied.Added != 1 || emptied.Removed != 1 || len(titles) != 1 {
			t.Errorf("a year without rows: %+v, tab %v", emptied.Result, titles)
		}
		must(t, doc.DeleteTab("Data "+next)) // it does not come back empty
		time.Sleep(time.Second)
		if again, _ := s.wantForeseen(); !again.Unchanged {
			t.Errorf("after the empty tab was deleted: %+v", again.Result)
		}
		if _, ok := doc.Tab("Data " + next); ok {
			t.Error("an empty tab came back")
		}
	})
}

func TestSplitByCompany(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSplitWorld(t, 3, export.SplitCompany)
		title := func(i int) string { return "Data – " + s.companies[i].Name }
		s.change(func(e *export.Exporter) { e.Companies = e.Companies[:2] })
		first, doc := s.wantForeseen()
		tabs := shown(doc)
		if len(tabs) != 2 || len(tabs[title(0)]) != 13 || len(tabs[title(1)]) != 13 || first.Rows != 24 {
			t.Fatalf("the first run: %+v, tabs %v", first.Result, idsOf(tabs))
		}
		if head := fmt.Sprint(tabs[title(0)][0]); head != "[Invoice ID Date Total]" {
			t.Errorf("titles %s", head)
		}
		time.Sleep(time.Second)
		s.change(func(e *export.Exporter) { e.Companies = append(e.Companies, s.companies[2].Realm) })
		more, _ := s.wantForeseen()
		if more.Added != 12 || more.Rows != 36 || len(shown(doc)) != 3 {
			t.Errorf("with another company: %+v", more.Result)
		}
		time.Sleep(time.Second)
		s.change(func(e *export.Exporter) { e.Companies = e.Companies[1:] })
		less, _ := s.wantForeseen()
		left := shown(doc)[title(0)]
		if less.Removed != 12 || less.Rows != 24 || len(left) != 1 || !cmp.Equal(left[0], tabs[title(0)][0]) {
			t.Errorf("with a company less: %+v, its tab %v", less.Result, left)
		}
		time.Sleep(time.Second)
		if undone := s.undo(less.ID); undone.Status != export.RunSucceeded || undone.Added != 12 {
			t.Errorf("the undo: %v %+v", undone.Problem, undone.Result)
		}
		if diff := cmp.Diff(tabs[title(0)], shown(doc)[title(0)]); diff != "" {
			t.Errorf("after the undo:\n%s", diff)
		}
		time.Sleep(time.Second)
		must(t, s.desk().DeleteCompany(s.ctx, s.companies[2].Realm))
		gone, _ := s.wantForeseen()
		if gone.Rows != 12 || len(shown(doc)[title(2)]) != 1 {
			t.Errorf("with a company deleted: %+v", gone.Result)
		}
		time.Sleep(time.Second)
		s.change(func(e *export.Exporter) { e.Companies = append(e.Companies, s.companies[0].Realm) })
		back, _ := s.wantForeseen()
		if diff := cmp.Diff(tabs[title(0)], shown(doc)[title(0)]); diff != "" || back.Added != 12 {
			t.Errorf("with the company back: %+v\n%s", back.Result, diff)
		}
	})
}

// TestSplitStatements gives each company's statement a tab of its own, equal to that of the company alone.
func TestSplitStatements(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSplitWorld(t, 2, export.SplitCompany)
		options := map[string]string{
			export.OptBasis: "Accrual", export.OptDateRange: "last_12_months",
			export.OptCompanies: export.CompaniesBeside,
		}
		e := s.newExporter("profit_and_loss", options, nil, s.companies...)
		e.Split, e.TitleBlock, e.Look = export.SplitCompany, true, export.ReportLook
		s.e = s.create(e)
		run, doc := s.wantForeseen()
		tabs := shown(doc)
		for _, c := range s.companies {
			alone := s.newExporter("profit_and_loss", map[string]string{
				export.OptBasis: "Accrual", export.OptDateRange: "last_12_months",
			}, nil, c)
			alone.TitleBlock, alone.Look = true, export.ReportLook
			_, one := s.mustRun(s.create(alone).ID)
			if diff := cmp.Diff(shown(one)["Data"], tabs["Data – "+c.Name]); diff != "" {
				t.Errorf("%s:\n%s", c.Name, diff)
			}
		}
		if len(run.Companies) != 2 || len(run.Figures) == 0 {
			t.Errorf("the run: %+v", run.Result)
		}
		preview, err := s.desk().Preview(s.ctx, s.e)
		must(t, err)
		if preview.Columns[0].ID != export.CompanyColumn {
			t.Errorf("the preview's columns: %+v", preview.Columns)
		}
	})
}

// TestSplitUndo undoes runs that changed some tabs and began others.
func TestSplitUndo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSplitWorld(t, 1, export.SplitYear)
		now := time.Now()
		last, next := now.AddDate(-1, 0, 0).Format("2006"), now.AddDate(1, 0, 0).Format("2006")
		s.invoice(0, last+"-05-05")
		_, doc := s.mustRun(s.e.ID)
		states := []map[string][][]any{shown(doc)}
		var runs []export.Run
		for _, date := range []string{last + "-12-31", now.Format("2006-01-02"), next + "-01-01"} {
			time.Sleep(time.Second)
			s.invoice(0, date)
			run, _ := s.mustRun(s.e.ID)
			if !run.Undoable {
				t.Fatalf("a run on %s cannot be undone: %+v", date, run.Result)
			}
			runs, states = append(runs, run), append(states, shown(doc))
		}
		time.Sleep(time.Second)
		u, err := s.desk().UndoOf(s.ctx, runs[0].ID)
		must(t, err)
		dry, err := s.desk().DryUndo(s.ctx, u)
		must(t, err)
		undone := s.undo(runs[0].ID)
		if undone.Status != export.RunSucceeded || undone.Removed != 3 || dry.Change.Removed != 3 ||
			dry.Requests != undone.Requests || !undone.Undoable {
			t.Errorf("the undo: %v %+v, foreseen %+v", undone.Problem, undone, dry)
		}
		want := states[0]
		for _, year := range []string{now.Format("2006"), next} { // the tabs stay, with titles
			want["Data "+year] = states[3]["Data "+year][:1]
		}
		if diff := cmp.Diff(want, shown(doc)); diff != "" {
			t.Fatalf("after the undo of all:\n%s", diff)
		}
		time.Sleep(time.Second)
		if back := s.undo(undone.ID); back.Status != export.RunSucceeded {
			t.Fatalf("the undo of the undo: %v", back.Problem)
		}
		if diff := cmp.Diff(states[3], shown(doc)); diff != "" {
			t.Errorf("after the undo of the undo:\n%s", diff)
		}
		time.Sleep(time.Second)
		if next, _ := s.mustRun(s.e.ID); !next.Unchanged || next.HandEdits != 0 {
			t.Errorf("the run afterwards: %+v", next.Result)
		}
		s.change(func(e *export.Exporter) { e.Split = export.SplitCompany })
		if _, err := s.desk().UndoRun(s.ctx, runs[2].ID); !problem.HasCode(err, problem.Conflict) {
			t.Errorf("undo of another split: %v", err)
		}
	})
}

// TestSplitUndoAfterFaults undoes a run that changed a tab and began another, which has changed since, while Google
// fails at one request or another. A second undo does the rest.
func TestSplitUndoAfterFaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSplitWorld(t, 1, export.SplitYear)
		year := time.Now().Year()
		old := fmt.Sprint(year-1) + "-05-05"
		s.invoice(0, old)
		_, doc := s.mustRun(s.e.ID)
		half := 0
		for skip := 4; skip < 20; skip += 5 {
			want := shown(doc)
			fresh := fmt.Sprint(year+skip) + "-01-01"
			time.Sleep(time.Second)
			s.invoice(0, old)
			s.invoice(0, fresh)
			run, _ := s.mustRun(s.e.ID)
			time.Sleep(time.Second)
			s.invoice(0, fresh)
			s.mustRun(s.e.ID)
			title := "Data " + fresh[:4]
			want[title] = shown(doc)[title][:1]
			all := shown(doc)
			time.Sleep(time.Second)
			s.google.Fail(googlesim.Fault{
				Skip: skip, Times: -1, Status: http.StatusForbidden, State: "PERMISSION_DENIED", Message: "no",
			})
			if skip%2 == 1 {
				s.google.Fail(googlesim.Fault{Skip: skip, DropAfterApply: true})
			}
			undone := s.undo(run.ID)
			s.google.ClearFaults()
			if now := shown(doc); undone.Status == export.RunFailed && !cmp.Equal(now, all) {
				half++
			}
			must(t, s.app.Stop(s.ctx))
			s.open()
			time.Sleep(time.Second)
			if undone.Status != export.RunSucceeded {
				undone = s.undo(run.ID)
			}
			if diff := cmp.Diff(want, shown(doc)); diff != "" || undone.Status != export.RunSucceeded {
				t.Fatalf("request %d: the undo %s, %v:\n%s", skip, undone.Status, undone.Problem, diff)
			}
			time.Sleep(time.Second)
			if next, _ := s.mustRun(s.e.ID); next.HandEdits != 0 || !cmp.Equal(all, shown(doc)) {
				t.Errorf("request %d: the next run: %+v", skip, next.Result)
			}
		}
		if half == 0 {
			t.Error("no undo failed after it had changed a tab")
		}
	})
}

// TestSplitChosenLater turns splitting on and off. The tab that held all rows stays, and goes on afterwards.
func TestSplitChosenLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSplitWorld(t, 2, export.SplitNone)
		_, doc := s.mustRun(s.e.ID)
		whole := shown(doc)["Data"]
		for _, by := range []export.Split{export.SplitCompany, export.SplitYear} {
			time.Sleep(time.Second)
			s.change(func(e *export.Exporter) { e.Split = by })
			run, _ := s.mustRun(s.e.ID)
			if tabs := shown(doc); !cmp.Equal(whole, tabs["Data"]) || run.Rows != 24 || len(tabs) < 3 {
				t.Errorf("by %s: %+v, tabs %v", by, run.Result, tabs)
			}
		}
		time.Sleep(time.Second)
		s.invoice(0, "")
		must(t, doc.RenameTab("Data", "All"))
		s.change(func(e *export.Exporter) { e.Split = export.SplitNone })
		if run, _ := s.mustRun(s.e.ID); run.Added != 1 || len(shown(doc)["All"]) != 26 {
			t.Errorf("with one tab again: %+v", run.Result)
		}
		time.Sleep(time.Second)
		s.change(func(e *export.Exporter) { e.Split, e.Target.Start = export.SplitCompany, "B3" })
		run, _ := s.mustRun(s.e.ID)
		moved := doc.Values("'All – " + s.companies[0].Name + "'!B3:B4")
		if left := shown(doc)["Data – "+s.companies[0].Name]; len(left) > 0 || run.Added != 1 || len(moved) != 2 {
			t.Errorf("from another cell: %+v, %v, left %v", run.Result, moved, left)
		}
	})
}

// TestSplitFaults lets each request to Google fail, or lose its answer, while three tabs change. Each tab is old or
// new, and the next run makes all of them right.
func TestSplitFaults(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it takes long, and shorter tests walk the same code")
	}
	synctest.Test(t, func(t *testing.T) {
		s := newSplitWorld(t, 1, export.SplitYear)
		now := time.Now()
		var dates []string
		for i := range 3 {
			dates = append(dates, now.AddDate(i-2, 0, 0).Format("2006")+"-01-15")
			s.invoice(0, dates[i])
		}
		_, doc := s.mustRun(s.e.ID)
		half := 0
		for skip := 0; ; skip++ {
			old := shown(doc)
			for _, date := range dates {
				s.invoice(0, date)
			}
			time.Sleep(time.Second)
			f := googlesim.Fault{Skip: skip, Times: -1, Status: http.StatusForbidden, State: "PERMISSION_DENIED",
				Message: "no"}
			if skip%2 == 1 {
				s.google.Fail(googlesim.Fault{Skip: skip, DropAfterApply: true})
			}
			s.google.Fail(f)
			run := s.run(s.e.ID)
			s.google.ClearFaults()
			between := shown(doc)
			must(t, s.app.Stop(s.ctx))
			s.open()
			time.Sleep(time.Second)
			mended, _ := s.mustRun(s.e.ID)
			fresh := shown(doc)
			changed := 0
			for title, rows := range between {
				isOld, isNew := cmp.Equal(rows, old[title]), cmp.Equal(rows, fresh[title])
				if !isOld && !isNew {
					t.Fatalf("request %d: the tab %s is neither old nor new: %v", skip, title, rows)
				}
				if !isOld {
					changed++
				}
			}
			if mended.HandEdits != 0 || mended.Rows != rowsOf(fresh) {
				t.Errorf("request %d: the next run: %+v", skip, mended.Result)
			}
			told := 0 // of the last tab, the answer may have been lost
			if set, err := s.desk().Difference(s.ctx, run.ID); err == nil {
				told = set.Added
			}
			if told != run.Added || told != changed && told != changed-1 {
				t.Errorf("request %d: %d tabs changed, the run tells of %d and %d", skip, changed, told, run.Added)
			}
			if told > 0 && run.Status == export.RunFailed {
				half++
				if !strings.Contains(run.Problem.Hint, "the others keep their previous ones") ||
					strings.Contains(run.Problem.Hint, "Nothing was written") {
					t.Errorf("request %d: the hint says %q", skip, run.Problem.Hint)
				}
			}
			if run.Status == export.RunSucceeded {
				break
			}
		}
		if half == 0 {
			t.Error("no run failed after it had changed a tab")
		}
		s.wantYears(doc)
	})
}

// rowsOf counts the rows below the titles.
func rowsOf(tabs map[string][][]any) (rows int) {
	for _, tab := range tabs {
		rows += len(tab) - 1
	}
	return rows
}

// TestSplitRepairs repairs one tab and leaves the others alone.
func TestSplitRepairs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSplitWorld(t, 1, export.SplitYear)
		year := func(i int) string { return time.Now().AddDate(i, 0, 0).Format("2006") }
		for i := range 3 {
			s.invoice(0, year(i)+"-01-15")
		}
		_, doc := s.mustRun(s.e.ID)
		right := shown(doc)
		drifted := "Data " + year(1)
		must(t, doc.SetCell("'"+drifted+"'!C1", "Sum"))
		must(t, doc.SetCell("'Data "+year(0)+"'!C1", "My total"))
		repair := func(want string, r export.Repair) export.Run {
			t.Helper()
			time.Sleep(time.Second)
			stopped := s.run(s.e.ID)
			if stopped.Status != export.RunFailed || !strings.Contains(stopped.Problem.Message, want) {
				t.Fatalf("the run %s: %v", stopped.Status, stopped.Problem)
			}
			ended := s.desk().Follow(s.ctx, func(r export.Run) bool { return r.Status.Over() })
			_, run, err := s.desk().Repair(s.ctx, s.e.ID, r)
			must(t, err)
			for event := range ended {
				if event.Run.ID == run.ID {
					return event.Run
				}
			}
			return export.Run{}
		}
		// The word for one tab does not touch the other.
		if r := repair("Data "+year(0), export.RepairPutBack); r.Status != export.RunFailed ||
			!strings.Contains(r.Problem.Message, drifted) {
			t.Fatalf("the first repair %s: %v", r.Status, r.Problem)
		}
		before := len(doc.Tabs())
		if r := repair(drifted, export.RepairStartOver); r.Status != export.RunSucceeded {
			t.Fatalf("the second repair %s: %v", r.Status, r.Problem)
		}
		tabs := shown(doc)
		if len(doc.Tabs()) != before+1 || !cmp.Equal(tabs[drifted+" (2)"], right[drifted]) ||
			tabs[drifted][0][2] != "Sum" || !cmp.Equal(tabs["Data "+year(0)], right["Data "+year(0)]) {
			t.Errorf("after the repairs: %v", tabs)
		}
		time.Sleep(time.Second)
		s.invoice(0, year(1)+"-02-02")
		if run, _ := s.wantForeseen(); run.Added != 1 || len(shown(doc)[drifted+" (2)"]) != 3 {
			t.Errorf("the next run: %+v", run.Result)
		}
	})
}

// TestSplitChangeLog appends each company's changes to its tab, each once, even if a run fails between them.
func TestSplitChangeLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSplitWorld(t, 2, export.SplitCompany)
		e := s.newExporter("changes", nil, nil, s.companies...)
		e.Split, e.Mode = export.SplitCompany, export.Append
		s.e = s.create(e)
		_, doc := s.mustRun(s.e.ID)
		rows := func(i int) int { return len(shown(doc)["Data – "+s.companies[i].Name]) }
		for i := range 4 {
			time.Sleep(time.Hour)
			was := [2]int{rows(0), rows(1)}
			s.invoice(0, "")
			s.invoice(1, "")
			if i%2 == 1 {
				s.google.Fail(googlesim.Fault{
					Kind: "batchUpdate", Skip: 1, Times: -1, Status: http.StatusForbidden,
					State: "PERMISSION_DENIED", Message: "no",
				})
				if r := s.run(s.e.ID); r.Status != export.RunFailed || rows(0) == was[0] || rows(1) != was[1] {
					t.Fatalf("the run %s: %+v", r.Status, r.Result)
				}
				s.google.ClearFaults()
			}
			time.Sleep(time.Second)
			run, _ := s.mustRun(s.e.ID)
			added := [2]int{rows(0) - was[0], rows(1) - was[1]}
			if added[0] == 0 || added[0] != added[1] || run.Rows != rowsOf(shown(doc)) {
				t.Errorf("round %d: added %v, %+v", i, added, run.Result)
			}
			time.Sleep(time.Second)
			if again, _ := s.mustRun(s.e.ID); !again.Unchanged {
				t.Errorf("round %d: the run after it: %+v", i, again.Result)
			}
		}
	})
}

// TestSplitAttempts lets Google fail for a while at each request. The run goes on in another attempt, and tells of what
// all of them did.
func TestSplitAttempts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newSplitWorld(t, 1, export.SplitYear)
		var dates []string
		for i := range 3 {
			dates = append(dates, time.Now().AddDate(i-2, 0, 0).Format("2006")+"-01-15")
			s.invoice(0, dates[i])
		}
		s.mustRun(s.e.ID)
		several := 0
		for skip := range 24 {
			for _, date := range dates {
				s.invoice(0, date)
			}
			time.Sleep(time.Second)
			s.google.Fail(googlesim.Fault{Skip: skip, Times: 7, Status: http.StatusServiceUnavailable,
				State: "UNAVAILABLE", Message: "later"})
			run, doc := s.mustRun(s.e.ID)
			s.google.ClearFaults()
			if run.Attempts > 1 {
				several++
			}
			set, err := s.desk().Difference(s.ctx, run.ID)
			must(t, err)
			if run.Added != 3 || run.Unchanged || !run.Undoable || set.Added != 3 || len(set.Items) != 3 ||
				!set.Complete || set.Rows != run.Rows || run.Rows != rowsOf(shown(doc)) {
				t.Errorf("request %d, %d attempts: %+v, difference %+v", skip, run.Attempts, run.Result, set)
			}
		}
		if several < 5 {
			t.Errorf("%d runs took several attempts", several)
		}
	})
}
