package google_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/google/googlesim"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// covers returns what a person laid over the rows of a tab, each as rows from and to.
func covers(s *sheets.Sheet, named []*sheets.NamedRange) map[string][2]int64 {
	at := func(g *sheets.GridRange) [2]int64 { return [2]int64{g.StartRowIndex, g.EndRowIndex} }
	got := map[string][2]int64{}
	for _, c := range s.Charts {
		got["chart"] = at(c.Spec.BasicChart.Series[0].Series.SourceRange.Sources[0])
	}
	for _, c := range s.ConditionalFormats {
		got["conditional format"] = at(c.Ranges[0])
	}
	for _, b := range s.BandedRanges {
		got["banding"] = at(b.Range)
	}
	for _, f := range s.FilterViews {
		got["filter view"] = at(f.Range)
	}
	if s.BasicFilter != nil {
		got["filter"] = at(s.BasicFilter.Range)
	}
	for _, p := range s.ProtectedRanges {
		got["protection"] = at(p.Range)
	}
	for _, n := range named {
		if n.Name == "mine" {
			got["named range"] = at(n.Range)
		}
	}
	return got
}

// TestWhatCoversTheRowsGrows lays over the rows what people lay over rows, and lets the rows grow and shrink.
func TestWhatCoversTheRowsGrows(t *testing.T) {
	t.Parallel()
	for size, maxBody := range map[string]int{"small": 0, "staged": 1} {
		t.Run(size, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, maxBody)
			b.mustWrite(schema, invoices(10))
			must(t, b.doc().AddTab("Sums"))
			must(t, b.doc().SetCell("Sums!A1", "=SUM(Invoices!E2:E11)"))
			tab := b.doc().Tabs()[0].ID
			rows := func(from int64) *sheets.GridRange {
				return &sheets.GridRange{
					SheetId: tab, StartRowIndex: from, EndRowIndex: 11, StartColumnIndex: 0, EndColumnIndex: 6,
					ForceSendFields: []string{"SheetId", "StartRowIndex", "StartColumnIndex"},
				}
			}
			totals := rows(1)
			totals.StartColumnIndex, totals.EndColumnIndex = 4, 5
			source := func() *sheets.ChartData {
				return &sheets.ChartData{SourceRange: &sheets.ChartSourceRange{Sources: []*sheets.GridRange{totals}}}
			}
			red := &sheets.Color{Red: 1}
			must(t, b.doc().Batch(
				&sheets.Request{AddChart: &sheets.AddChartRequest{Chart: &sheets.EmbeddedChart{
					Spec: &sheets.ChartSpec{BasicChart: &sheets.BasicChartSpec{
						ChartType: "COLUMN", Series: []*sheets.BasicChartSeries{{Series: source()}},
						Domains: []*sheets.BasicChartDomain{{Domain: source()}},
					}},
					Position: &sheets.EmbeddedObjectPosition{OverlayPosition: &sheets.OverlayPosition{
						AnchorCell: &sheets.GridCoordinate{SheetId: tab, ForceSendFields: []string{"SheetId"}},
					}},
				}}},
				&sheets.Request{AddConditionalFormatRule: &sheets.AddConditionalFormatRuleRequest{
					Rule: &sheets.ConditionalFormatRule{
						Ranges: []*sheets.GridRange{rows(1)}, BooleanRule: &sheets.BooleanRule{
							Condition: &sheets.BooleanCondition{Type: "NOT_BLANK"},
							Format:    &sheets.CellFormat{BackgroundColor: red},
						},
					}}},
				&sheets.Request{AddBanding: &sheets.AddBandingRequest{BandedRange: &sheets.BandedRange{
					Range: rows(0), RowProperties: &sheets.BandingProperties{
						FirstBandColor: red, SecondBandColor: &sheets.Color{Blue: 1},
					},
				}}},
				&sheets.Request{SetBasicFilter: &sheets.SetBasicFilterRequest{
					Filter: &sheets.BasicFilter{Range: rows(0)},
				}},
				&sheets.Request{AddFilterView: &sheets.AddFilterViewRequest{
					Filter: &sheets.FilterView{Title: "mine", Range: rows(0)},
				}},
				&sheets.Request{AddProtectedRange: &sheets.AddProtectedRangeRequest{
					ProtectedRange: &sheets.ProtectedRange{Range: rows(0), WarningOnly: true},
				}},
				&sheets.Request{AddNamedRange: &sheets.AddNamedRangeRequest{
					NamedRange: &sheets.NamedRange{Name: "mine", Range: rows(1)},
				}},
			))
			must(t, b.doc().SetFormat("Invoices!E2:E11", &sheets.CellFormat{
				NumberFormat: &sheets.NumberFormat{Type: "NUMBER", Pattern: "0.000"},
			}))
			before := covers(b.doc().Resource().Sheets[0], b.doc().Resource().NamedRanges)
			if len(before) != 7 {
				t.Fatalf("only %v", before)
			}
			for _, list := range [][]table.Row{
				invoices(25), invoices(25)[3:20], slices.Insert(invoices(12), 6, invoice(50, "New", "1.00")),
				invoices(2), invoices(30),
			} {
				b.mustWrite(schema, list)
				res := b.doc().Resource()
				want := map[string][2]int64{}
				for name, at := range before {
					want[name] = [2]int64{at[0], int64(1 + len(list))}
				}
				if diff := cmp.Diff(want, covers(res.Sheets[0], res.NamedRanges)); diff != "" {
					t.Errorf("with %d rows (-want +got):\n%s", len(list), diff)
				}
				b.check(fmt.Sprintf("Invoices!A1:F%d", 1+len(list)), schema, list)
				for n := range list {
					if got := b.doc().Cell(fmt.Sprint("Invoices!E", n+2)).NumberFormat; got != "0.000" {
						t.Fatalf("of %d rows, row %d shows its total as %q", len(list), n, got)
					}
				}
				sum := fmt.Sprintf("=SUM(Invoices!E2:E%d)", 1+len(list))
				if got := b.doc().Formulas("Sums!A1")[0][0]; got != sum {
					t.Errorf("with %d rows the sum is %v", len(list), got)
				}
			}
		})
	}
}

// TestTablesOverTheRows makes a table of the rows, and one that reaches beyond them.
func TestTablesOverTheRows(t *testing.T) {
	t.Parallel()
	for name, columns := range map[string]int64{"as wide": 6, "wider": 8, "narrower": 4} {
		for size, maxBody := range map[string]int{"small": 0, "staged": 1} {
			t.Run(name+", "+size, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, googlesim.Options{}, maxBody)
				b.mustWrite(schema, invoices(10))
				b.grow(30, 5)
				must(t, b.doc().SetCell("Invoices!H1", "mine"))
				tab := b.doc().Tabs()[0].ID
				must(t, b.doc().Batch(&sheets.Request{AddTable: &sheets.AddTableRequest{Table: &sheets.Table{
					Name: "Invoices", Range: &sheets.GridRange{
						SheetId: tab, EndRowIndex: 11, EndColumnIndex: columns, ForceSendFields: []string{"SheetId"},
					}}}}))
				for _, n := range []int{20, 7, 9} {
					b.mustWrite(schema, invoices(n))
					b.check(fmt.Sprintf("Invoices!A1:F%d", n+1), schema, invoices(n))
					b.holds("Invoices!H1", "mine")
					table := b.doc().Resource().Sheets[0].Tables[0]
					if name == "as wide" && table.Range.EndRowIndex != int64(n+1) {
						t.Errorf("with %d rows the table ends at row %d", n, table.Range.EndRowIndex)
					}
				}
			})
		}
	}
}

// TestFilteredRowsAreWritten lets people filter the rows. Whatever Google's pastes do about hidden rows, all rows are
// right, and the filter hides what it hid.
func TestFilteredRowsAreWritten(t *testing.T) {
	t.Parallel()
	for how, behaviour := range map[string]googlesim.Behaviour{
		"all": {}, "skipping targets": {PasteSkipsFilteredRows: true},
		"skipping sources": {CopySkipsFilteredRows: true},
	} {
		for size, maxBody := range map[string]int{"small": 0, "staged": 1} {
			t.Run(how+", "+size, func(t *testing.T) {
				t.Parallel()
				b := newBench(t, googlesim.Options{Behaviour: behaviour}, maxBody)
				b.mustWrite(schema, invoices(20))
				must(t, b.doc().Filter("Invoices!A1:F21", 4, "Customer 3", "Customer 0"))
				for _, list := range [][]table.Row{grown(20), invoices(30), invoices(18)[2:]} {
					b.mustWrite(schema, list)
					b.check(fmt.Sprintf("Invoices!A1:F%d", len(list)+1), schema, list)
					f := b.doc().Resource().Sheets[0].BasicFilter
					if f == nil || f.Range.EndRowIndex != int64(len(list)+1) || len(f.FilterSpecs) != 1 {
						t.Fatalf("with %d rows the filter is %+v", len(list), f)
					}
				}
				narrow := table.Schema{Columns: schema.Columns[2:5]}
				var rows []table.Row
				for _, r := range invoices(18)[2:] {
					rows = append(rows, table.Row{Cells: r.Cells[2:5]})
				}
				b.mustWrite(narrow, rows)
				b.check("Invoices!A1:C17", narrow, rows)
				if f := b.doc().Resource().Sheets[0].BasicFilter; f.FilterSpecs[0].ColumnIndex != 1 {
					t.Errorf("the filter is about column %d", f.FilterSpecs[0].ColumnIndex)
				}
			})
		}
	}
}

// TestCellsInTheWay proves both choices of what happens to people's cells below the rows.
func TestCellsInTheWay(t *testing.T) {
	t.Parallel()
	for _, choice := range []export.WhenBlocked{"", export.MoveWhenBlocked, export.StopWhenBlocked} {
		t.Run(string(choice), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, 0)
			b.exporter.WhenBlocked = choice
			b.mustWrite(schema, invoices(4))
			must(t, b.doc().SetCell("Invoices!B7", "mine"))
			_, err := b.write(schema, invoices(9))
			if choice == export.StopWhenBlocked {
				if p := problem.From(err); err == nil || p.Code != problem.SheetConflict {
					t.Fatalf("got %v", err)
				}
				b.check("Invoices!A1:F5", schema, invoices(4))
				b.wantCell("Invoices!B7", "mine")
				b.mustWrite(schema, invoices(2)) // with fewer rows nothing is in the way
				b.check("Invoices!A1:F3", schema, invoices(2))
				return
			}
			must(t, err)
			b.check("Invoices!A1:F10", schema, invoices(9))
			b.wantCell("Invoices!B12", "mine")
			b.mustWrite(schema, invoices(4))
			b.wantCell("Invoices!B7", "mine")
		})
	}
}

// TestFormulasBesideTheRows proves both choices of what happens to people's formulas at the right.
func TestFormulasBesideTheRows(t *testing.T) {
	t.Parallel()
	for _, fill := range []bool{true, false} {
		t.Run(fmt.Sprint(fill), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, googlesim.Options{}, 0)
			b.fillDown = fill
			b.mustWrite(schema, invoices(4))
			for row := 2; row <= 5; row++ {
				must(t, b.doc().SetCell(fmt.Sprint("Invoices!G", row), fmt.Sprintf("=E%d*2", row)))
			}
			b.mustWrite(schema, invoices(8))
			want := any(float64(7.07 * 2))
			if !fill {
				want = ""
			}
			b.wantCell("Invoices!G9", want)
			b.mustWrite(schema, invoices(4))
			if got := b.doc().Values("Invoices!G6:G9"); len(got) > 0 && fill {
				t.Errorf("formulas are left: %v", got)
			}
		})
	}
}

// wantCell compares what one cell shows.
func (b *bench) wantCell(at string, want any) {
	b.t.Helper()
	got := any("")
	if rows := b.doc().Values(at); len(rows) == 1 && len(rows[0]) == 1 {
		got = rows[0][0]
	}
	if got != want {
		b.t.Errorf("%s holds %v, want %v", at, got, want)
	}
}
