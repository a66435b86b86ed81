package exporters_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
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
