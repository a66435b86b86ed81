package exporters_test

import (
	"strings"
	"testing"

	"ledgersheet/exporters"
	"ledgersheet/internal/export"
)

// TestCellsAreOfTheirColumnsKind reads every column of every list of records: a cell of another kind than its column's
// is a value that did not fit, which stands in the sheet as text.
func TestCellsAreOfTheirColumnsKind(t *testing.T) { checkKinds(t, exporters.All()) }

func checkKinds(t *testing.T, all []export.Definition) {
	t.Parallel()
	w := newWorld(t, all)
	for _, e := range entities(all) {
		for _, lines := range []string{"false", "true"} {
			q := export.Query{Company: w.company, Today: today, Options: map[string]string{export.OptLines: lines}}
			for _, c := range e.Catalogue() {
				if lines == "true" || !c.Line() {
					q.Columns = append(q.Columns, c.Path)
				}
			}
			reading, err := w.source.Read(t.Context(), e, q)
			if err != nil {
				t.Fatalf("%s: %v", e.ID, err)
			}
			rows := 0
			for row, err := range reading.Rows {
				if err != nil {
					t.Fatalf("%s: %v", e.ID, err)
				}
				rows++
				for i, c := range row.Cells {
					if col := reading.Schema.Columns[i]; !c.Blank() && c.Kind() != col.Kind {
						t.Errorf("%s %s: %q is a %s, not a %s", e.ID, col.ID, c, c.Kind(), col.Kind)
					}
				}
			}
			if rows == 0 {
				t.Errorf("%s has no rows", e.ID)
			}
		}
	}
}

// TestDefaultsAreAFewColumns holds the catalogues to what somebody wants to see first.
func TestDefaultsAreAFewColumns(t *testing.T) { checkDefaults(t, exporters.All()) }

func checkDefaults(t *testing.T, all []export.Definition) {
	t.Parallel()
	for _, e := range entities(all) {
		if n := len(export.Defaults(e, false)); n < 3 || n > 16 {
			t.Errorf("%s has %d default columns", e.ID, n)
		}
		if e.Lines {
			if n := len(export.Defaults(e, true)); n > 22 {
				t.Errorf("%s has %d default columns with lines", e.ID, n)
			}
		}
		for _, c := range e.Catalogue() {
			if lines := strings.HasPrefix(c.Path, "Line."); lines && !e.Lines {
				t.Errorf("%s has no lines but the column %s", e.ID, c.Path)
			}
			if c.Sensitive == !strings.HasPrefix(c.Help, "Sensitive") || c.Sensitive && !c.Off {
				t.Errorf("%s %s: sensitive %t, off %t, help %q", e.ID, c.Path, c.Sensitive, c.Off, c.Help)
			}
		}
	}
}
