package google_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
)

// colour lays a rule for colours over columns of the tab's rows, ends excluded.
func (b *bench) colour(row, col, endRow, endCol int64, kind string) {
	b.t.Helper()
	tab, _ := b.doc().Tab("Invoices")
	must(b.t, b.doc().Batch(&sheets.Request{AddConditionalFormatRule: &sheets.AddConditionalFormatRuleRequest{
		Rule: &sheets.ConditionalFormatRule{
			BooleanRule: &sheets.BooleanRule{
				Condition: &sheets.BooleanCondition{Type: kind},
				Format:    &sheets.CellFormat{BackgroundColor: &sheets.Color{Red: 1}},
			},
			Ranges: []*sheets.GridRange{{
				SheetId: tab.ID, StartRowIndex: row, StartColumnIndex: col, EndRowIndex: endRow, EndColumnIndex: endCol,
				ForceSendFields: []string{"SheetId", "StartRowIndex", "StartColumnIndex"},
			}},
		},
	}}))
}

// colours returns the rules for colours of the exporter's tab, as JSON.
func (b *bench) colours() []string {
	b.t.Helper()
	var list []string
	for _, s := range b.doc().Resource().Sheets {
		if s.Properties.Title != "Invoices" {
			continue
		}
		for _, rule := range s.ConditionalFormats {
			for _, g := range rule.Ranges {
				g.ForceSendFields = nil
			}
			text, err := json.Marshal(rule)
			must(b.t, err)
			list = append(list, string(text))
		}
	}
	return list
}

// TestUndoKeepsRulesForColours lays conditional formats over all rows, over some, and over the rows and what is below:
// undoing a run, its undo, and that one's leaves each as it was, once. So it does where no state can be kept any more.
func TestUndoKeepsRulesForColours(t *testing.T) {
	t.Parallel()
	for name, full := range map[string]bool{"with room": false, "without": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKeeper(t, 0)
			k.mustWrite("run_1", schema, invoices(30))
			k.colour(1, 4, 31, 5, "NOT_BLANK")
			k.colour(0, 0, 60, 6, "BLANK")
			k.colour(4, 2, 9, 4, "NOT_BLANK")
			was := k.colours()
			k.mustWrite("run_2", schema, grown(30))
			if diff := cmp.Diff(len(was), len(k.colours())); diff != "" {
				t.Fatalf("after the run:\n%s", diff)
			}
			if full {
				k.leave(2_000_000)
			}
			changed := k.colours()
			k.mustUndo("run_3", "run_2")
			if diff := cmp.Diff(was, k.colours()); diff != "" {
				t.Fatalf("after the undo:\n%s", diff)
			}
			k.check("Invoices!A1:F31", schema, invoices(30))
			if full {
				return
			}
			k.mustUndo("run_4", "run_3")
			if diff := cmp.Diff(changed, k.colours()); diff != "" {
				t.Fatalf("after the undo of the undo:\n%s", diff)
			}
			k.mustUndo("run_5", "run_4")
			if diff := cmp.Diff(was, k.colours()); diff != "" {
				t.Fatalf("after the third undo:\n%s", diff)
			}
		})
	}
}

// TestUndoNamesLostRules undoes a run where Google takes the rules off the cells that it copies to.
func TestUndoNamesLostRules(t *testing.T) {
	t.Parallel()
	for name, replaces := range map[string]bool{"they stay": false, "they go": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKeeper(t, 0)
			k.mustWrite("run_1", schema, invoices(30))
			k.colour(1, 4, 31, 5, "NOT_BLANK")
			k.mustWrite("run_2", schema, grown(30))
			k.sim.SetBehaviour(googlesim.Behaviour{PasteReplacesConditions: replaces})
			res := k.mustUndo("run_3", "run_2")
			k.check("Invoices!A1:F31", schema, invoices(30))
			said := strings.Contains(strings.Join(export.WarningTexts(res.Warnings), " "), "conditional formats")
			if said != replaces || replaces != (len(k.colours()) == 0) {
				t.Errorf("warnings %v, rules %v", res.Warnings, k.colours())
			}
		})
	}
}
