package google_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
)

// validate lays a rule for what may be entered over a range of a tab.
func (b *bench) validate(tab string, row, col, endRow, endCol int64) {
	b.t.Helper()
	t, _ := b.doc().Tab(tab)
	must(b.t, b.doc().Batch(&sheets.Request{SetDataValidation: &sheets.SetDataValidationRequest{
		Range: &sheets.GridRange{
			SheetId: t.ID, StartRowIndex: row, StartColumnIndex: col, EndRowIndex: endRow, EndColumnIndex: endCol,
			ForceSendFields: []string{"SheetId", "StartRowIndex", "StartColumnIndex"},
		},
		Rule: &sheets.DataValidationRule{Condition: &sheets.BooleanCondition{Type: "NOT_BLANK"}},
	}}))
}

// ruled returns the cells of a tab that have a rule for what may be entered.
func (b *bench) ruled(tab string) string {
	var at []string
	for _, s := range b.doc().Resource().Sheets {
		if s.Properties.Title != tab {
			continue
		}
		for _, d := range s.Data {
			for row, data := range d.RowData {
				for col, c := range data.Values {
					if c.DataValidation != nil {
						at = append(at, fmt.Sprintf("%c%d", 'A'+col, row+1))
					}
				}
			}
		}
	}
	return strings.Join(at, " ")
}

// TestAnnotatedCellsAreTaken writes where a note or a rule stands without a value: rows never go there, and what stands
// below moves down as rows grow, also from the tab's last row.
func TestAnnotatedCellsAreTaken(t *testing.T) {
	t.Parallel()
	t.Run("first write", func(t *testing.T) {
		t.Parallel()
		for cell, use := range map[string]func(b *bench){
			"C7": func(b *bench) { must(t, b.doc().SetNote("Invoices!C7", "fill in by hand")) },
			"D9": func(b *bench) { b.validate("Invoices", 8, 3, 9, 4) },
			"":   func(b *bench) { must(t, b.doc().SetFormat("Invoices!D9", bold())) },
		} {
			b := newBench(t, googlesim.Options{}, 0)
			b.exporter.Target.Spreadsheet = b.sim.CreateSpreadsheet(owner, "Book", "Invoices")
			use(b)
			_, err := b.write(schema, invoices(20))
			if cell == "" {
				must(t, err)
				continue
			}
			p := problem.From(err)
			if p.Code != problem.SheetConflict || !strings.Contains(p.Message, "Cell "+cell+" ") {
				t.Errorf("got %v, want a conflict at %s", err, cell)
			}
			if got := b.doc().Cell("Invoices!A1").Value; got != nil {
				t.Errorf("A1 holds %v", got)
			}
		}
	})
	t.Run("below", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, googlesim.Options{}, 0)
		b.mustWrite(schema, invoices(20))
		tab, _ := b.doc().Tab("Invoices")
		last := tab.Rows
		must(t, b.doc().SetNote(fmt.Sprint("Invoices!B", last), "mine"))
		b.validate("Invoices", int64(last)-1, 3, int64(last), 4)
		b.exporter.WhenBlocked = export.StopWhenBlocked
		_, err := b.write(schema, invoices(25))
		p := problem.From(err)
		if p.Code != problem.SheetConflict || !strings.Contains(p.Message, fmt.Sprint("B", last, " ")) {
			t.Errorf("got %v, want a conflict at B%d", err, last)
		}
		b.exporter.WhenBlocked = export.MoveWhenBlocked
		b.mustWrite(schema, invoices(25))
		b.check("Invoices!A1:F26", schema, invoices(25))
		if got := b.doc().Cell(fmt.Sprint("Invoices!B", last+5)).Note; got != "mine" {
			t.Errorf("B%d has the note %q", last+5, got)
		}
		if got := b.ruled("Invoices"); got != fmt.Sprint("D", last+5) {
			t.Errorf("cells with a rule: %s", got)
		}
	})
	t.Run("rule over the whole column", func(t *testing.T) {
		t.Parallel()
		b := newBench(t, googlesim.Options{}, 0)
		b.mustWrite(schema, invoices(20))
		tab, _ := b.doc().Tab("Invoices")
		b.validate("Invoices", 1, 3, int64(tab.Rows), 4)
		b.exporter.WhenBlocked = export.StopWhenBlocked
		b.mustWrite(schema, invoices(25))
		b.check("Invoices!A1:F26", schema, invoices(25))
	})
}

func bold() *sheets.CellFormat { return &sheets.CellFormat{TextFormat: &sheets.TextFormat{Bold: true}} }
