package exporters_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
	"ledgersheet/internal/intuit/intuitsim"
)

// sheetOf is an exporter in a mode, and what its tab held last.
type sheetOf struct {
	export.Exporter
	report bool
	rows   [][]string
}

// modeSheets returns an exporter of each type in each mode that is tried, with lines where there are any. Lists are
// also replaced, to compare with.
func (w world) modeSheets() []*sheetOf {
	var list []*sheetOf
	for _, d := range exporters.All() {
		_, isReport := d.(export.Report)
		for _, m := range d.Modes() {
			if m == export.Replace && (isReport || len(d.Modes()) < 3) {
				continue // tried elsewhere
			}
			options := map[string]string{}
			if export.OptionValue(d, nil, export.OptLines) != "" {
				options[export.OptLines] = "true"
			}
			e := w.exporter(d, options)
			e.ID, e.Name = e.ID+"_"+export.ID(m), d.Info().ID+", "+string(m)
			e.Target.CreateKey = string(e.ID)
			e.Mode = export.Upsert
			if m == export.Replace {
				e.Columns = e.ResultColumns(d)
			}
			e.Mode = m
			list = append(list, &sheetOf{Exporter: e, report: isReport})
		}
	}
	return list
}

// TestModesOfEveryType: in the modes that keep rows, dry runs foresee the runs, no row is doubled or lost, what stands
// stays where it is, and a list that is kept up to date holds what a replaced one holds.
func TestModesOfEveryType(t *testing.T) {
	t.Parallel()
	w := newWorld(t, exporters.All())
	books := w.books.Company(string(w.company.Realm))
	steps := []struct {
		name    string
		reports bool // in real time, more reports a minute have to wait
		change  func() error
	}{
		{"first", true, func() error { return nil }},
		{"nothing", false, func() error { return nil }},
		{"one voided", true, func() error { return books.Void("Invoice", books.IDs("Invoice")[2]) }},
		{"two deleted", false, func() error {
			ids := books.IDs("Invoice")
			if err := books.Delete("Invoice", ids[0]); err != nil {
				return err
			}
			return books.Delete("Invoice", ids[4])
		}},
	}
	sheets := w.modeSheets()
	for n, step := range steps {
		if err := step.change(); err != nil {
			t.Fatal(err)
		}
		replaced := map[string][][]string{}
		for _, s := range sheets {
			if s.report && !step.reports {
				continue
			}
			run := w.step(t, step.name, s, export.ID("run_"+string(rune('a'+n))+string(s.ID)))
			if n < 2 && run.Unchanged != (n == 1) {
				t.Errorf("%s, %s: unchanged is %v", s.Name, step.name, run.Unchanged)
			}
			switch s.Mode {
			case export.Replace:
				replaced[s.Definition] = sorted(s.rows)
			case export.Upsert:
				if diff := cmp.Diff(replaced[s.Definition], sorted(s.rows)); diff != "" {
					t.Errorf("%s, %s: (-replaced +upserted)\n%s", s.Name, step.name, diff)
				}
			}
		}
	}
}

// step runs the exporter, and checks how its rows follow from those before.
func (w world) step(t *testing.T, name string, s *sheetOf, id export.ID) export.Run {
	t.Helper()
	before := s.rows
	var run export.Run
	s.Exporter, run = w.wantDryRunToEqualTheRun(t, name, s.Exporter, id)
	s.rows = w.cells(run)
	if s.Mode == export.Append && !isPrefix(before, s.rows) {
		t.Errorf("%s, %s: what stood has changed: %s", s.Name, name, cmp.Diff(before, s.rows))
	}
	if s.Mode != export.Append || s.report {
		return run
	}
	seen := map[string]bool{}
	for _, row := range s.rows {
		line := strings.Join(row, "\x00")
		if seen[line] {
			t.Errorf("%s, %s: there are two rows %q", s.Name, name, row)
		}
		seen[line] = true
	}
	return run
}

func isPrefix(short, long [][]string) bool {
	return len(short) <= len(long) && slices.EqualFunc(short, long[:len(short)], slices.Equal[[]string])
}

func sorted(rows [][]string) [][]string {
	rows = slices.Clone(rows)
	slices.SortFunc(rows, slices.Compare)
	return rows
}

// TestDeletedRecords: what is gone from QuickBooks is taken out, marked or left, as the exporter says; with a filter, a
// row that is not in the result any more stays.
func TestDeletedRecords(t *testing.T) {
	t.Parallel()
	w := newWorld(t, exporters.All())
	books := w.books.Company(string(w.company.Realm))
	ids := books.IDs("Invoice")
	gone, kept := ids[3], ids[4]
	all := []string{"remove", "mark", "keep", "remove filtered"}
	sheets := make([]export.Exporter, len(all))
	definition, err := find("invoices")
	if err != nil {
		t.Fatal(err)
	}
	run := func(i int, id export.ID) map[string]string {
		t.Helper()
		var done export.Run
		sheets[i], done = w.wantDryRunToEqualTheRun(t, all[i], sheets[i], id+sheets[i].ID)
		status := map[string]string{}
		rows := w.cells(done)
		number, state := slices.Index(rows[0], "Invoice ID"), slices.Index(rows[0], "Status")
		for _, row := range rows[1:] {
			if _, twice := status[row[number]]; twice {
				t.Errorf("%s: invoice %s is there twice", all[i], row[number])
			}
			status[row[number]] = row[state]
		}
		return status
	}
	for i, name := range all {
		how, filtered := strings.CutSuffix(name, " filtered")
		e := w.exporter(definition, map[string]string{export.OptDeleted: how}, "DocNumber", "Status")
		e.ID, e.Mode = export.ID("exp_"+strings.ReplaceAll(name, " ", "_")), export.Upsert
		e.Target.CreateKey = string(e.ID)
		if filtered {
			e.Filters = []export.Filter{{Column: "TotalAmt", Op: export.OpGreater, Value: "0"}}
		}
		sheets[i] = e
		if first := run(i, "run_1"); first[gone] == "" || first[kept] == "" {
			t.Fatalf("%s: %v", name, first)
		}
	}
	if err := books.Delete("Invoice", gone); err != nil {
		t.Fatal(err)
	}
	if err := books.Void("Invoice", kept); err != nil {
		t.Fatal(err)
	}
	for i, name := range all {
		status := run(i, "run_2")
		was, there := status[gone]
		wrong := map[string]bool{
			"remove": there, "mark": was != "Deleted", "keep": !there || was == "Deleted", "remove filtered": !there,
		}
		if wrong[name] {
			t.Errorf("%s: the deleted invoice is there: %v, with the status %q", name, there, was)
		}
		if voided := status[kept] == "Voided"; voided == (name == "remove filtered") {
			t.Errorf("%s: the voided invoice is %q", name, status[kept])
		}
	}
}

// TestInactiveNamesGo: QuickBooks makes names inactive instead of deleting them, and a list that is kept up to date
// without inactive ones follows.
func TestInactiveNamesGo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, exporters.All())
	books := w.books.Company(string(w.company.Realm))
	d, err := find("customers")
	if err != nil {
		t.Fatal(err)
	}
	e := w.exporter(d, map[string]string{export.OptDeleted: export.DeletedMark}, "DisplayName")
	e.Mode = export.Upsert
	id, err := books.AddParty("Customer", "Zed")
	if err != nil {
		t.Fatal(err)
	}
	first, before := w.runAs(t, e, "run_1")
	inactive := false
	if err := books.Change("Customer", id, intuitsim.Change{Active: &inactive}); err != nil {
		t.Fatal(err)
	}
	_, after := w.runAs(t, first.Exporter, "run_2")
	want := slices.Clone(before)
	for i, row := range want {
		if row[0] == "Zed" {
			want[i] = []string{"Zed", id, "Deleted"}
		}
	}
	if diff := cmp.Diff(want, after); diff != "" {
		t.Error(diff)
	}
}

func find(id string) (export.Definition, error) {
	for _, d := range exporters.All() {
		if d.Info().ID == id {
			return d, nil
		}
	}
	return nil, fmt.Errorf("there is no %s", id)
}

// TestStatementSnapshots: a statement is added once for each state of the books.
func TestStatementSnapshots(t *testing.T) {
	t.Parallel()
	w := newWorld(t, exporters.All())
	books := w.books.Company(string(w.company.Realm))
	d, err := find("profit_and_loss")
	if err != nil {
		t.Fatal(err)
	}
	e := w.exporter(d, map[string]string{export.OptLayout: export.LayoutStatement})
	e.Mode = export.Append
	run, first := w.runAs(t, e, "run_1")
	again, same := w.runAs(t, run.Exporter, "run_2")
	if !again.Unchanged || !cmp.Equal(first, same) {
		t.Errorf("the same books again: %+v", again)
	}
	if _, err := books.AddInvoice(intuitsim.Sale{Date: "2026-03-01", Amount: "77.00"}); err != nil {
		t.Fatal(err)
	}
	third, all := w.runAs(t, run.Exporter, "run_3")
	if third.Added != len(first)-1 || !isPrefix(first, all) || len(all) != 2*len(first)-1 {
		t.Fatalf("%d rows were added to %d: %v", third.Added, len(first), all)
	}
	for i, row := range all[len(first):] {
		if row[2] != "run_3" || row[0] != first[1+i][0] || row[3] != first[1+i][3] {
			t.Errorf("row %d is %q beside %q", i, row, first[1+i])
		}
	}
}
