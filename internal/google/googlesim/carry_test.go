package googlesim

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/api/sheets/v4"
)

// followed is the range that the holders of TestRangesFollow lie on: rows 2 to 9 of B to D.
const followed = `{"sheetId":0,"startRowIndex":1,"endRowIndex":9,"startColumnIndex":1,"endColumnIndex":4}`

// holder is one kind of thing that has a range: the request that makes it, and where it is afterwards.
type holder struct {
	name, request string
	at            func(*sheets.Spreadsheet) *sheets.GridRange
}

func holders() []holder {
	tab := func(r *sheets.Spreadsheet) *sheets.Sheet { return r.Sheets[0] }
	first := func(list []*sheets.GridRange) *sheets.GridRange {
		if len(list) == 0 {
			return nil
		}
		return list[0]
	}
	return []holder{
		{"named range", `{"addNamedRange":{"namedRange":{"name":"Ours","range":` + followed + `}}}`,
			func(r *sheets.Spreadsheet) *sheets.GridRange {
				if g := r.NamedRanges[0].Range; g.EndRowIndex > 0 {
					return g
				}
				return nil
			}},
		{"protection", `{"addProtectedRange":{"protectedRange":{"range":` + followed + `}}}`,
			func(r *sheets.Spreadsheet) *sheets.GridRange {
				if len(tab(r).ProtectedRanges) == 0 {
					return nil
				}
				return tab(r).ProtectedRanges[0].Range
			}},
		{"basic filter", `{"setBasicFilter":{"filter":{"range":` + followed + `}}}`,
			func(r *sheets.Spreadsheet) *sheets.GridRange {
				if tab(r).BasicFilter == nil {
					return nil
				}
				return tab(r).BasicFilter.Range
			}},
		{"filter view", `{"addFilterView":{"filter":{"title":"mine","range":` + followed + `}}}`,
			func(r *sheets.Spreadsheet) *sheets.GridRange {
				if len(tab(r).FilterViews) == 0 {
					return nil
				}
				return tab(r).FilterViews[0].Range
			}},
		{"conditional format", `{"addConditionalFormatRule":{"rule":{"ranges":[` + followed +
			`],"booleanRule":{"condition":{"type":"NOT_BLANK"},"format":{"textFormat":{"bold":true}}}},"index":0}}`,
			func(r *sheets.Spreadsheet) *sheets.GridRange {
				if len(tab(r).ConditionalFormats) == 0 {
					return nil
				}
				return first(tab(r).ConditionalFormats[0].Ranges)
			}},
		{"banding", `{"addBanding":{"bandedRange":{"range":` + followed +
			`,"rowProperties":{"firstBandColor":{"red":1}}}}}`,
			func(r *sheets.Spreadsheet) *sheets.GridRange {
				if len(tab(r).BandedRanges) == 0 {
					return nil
				}
				return tab(r).BandedRanges[0].Range
			}},
		{"table", `{"addTable":{"table":{"name":"T","range":` + followed + `}}}`,
			func(r *sheets.Spreadsheet) *sheets.GridRange {
				if len(tab(r).Tables) == 0 {
					return nil
				}
				return tab(r).Tables[0].Range
			}},
		{"chart", `{"addChart":{"chart":{"spec":{"pieChart":{"series":{"sourceRange":{"sources":[` + followed +
			`]}}}},"position":{"overlayPosition":{"anchorCell":{"sheetId":0,"rowIndex":30,"columnIndex":8}}}}}}`,
			func(r *sheets.Spreadsheet) *sheets.GridRange {
				return first(tab(r).Charts[0].Spec.PieChart.Series.SourceRange.Sources)
			}},
		{"pivot table", `{"updateCells":{"start":{"sheetId":3},"fields":"pivotTable","rows":[{"values":[{"pivotTable":{"source":` +
			followed + `,"rows":[{"sourceColumnOffset":0,"sortOrder":"ASCENDING"}]}}]}]}}`,
			func(r *sheets.Spreadsheet) *sheets.GridRange {
				return r.Sheets[1].Data[0].RowData[0].Values[0].PivotTable.Source
			}},
		{"list of a validation", `{"setDataValidation":{"range":{"sheetId":3,"endRowIndex":1,"endColumnIndex":1},"rule":{"condition":{"type":"ONE_OF_RANGE","values":[{"userEnteredValue":"=Data!$B$2:$D$9"}]}}}}`,
			func(r *sheets.Spreadsheet) *sheets.GridRange {
				return formulaRange(r.Sheets[1].Data[0].RowData[0].Values[0].DataValidation.Condition.Values[0].
					UserEnteredValue)
			}},
		{"formula", `{"updateCells":{"start":{"sheetId":3},"fields":"userEnteredValue","rows":[{"values":[{"userEnteredValue":{"formulaValue":"=SUM(Data!B2:D9)"}}]}]}}`,
			func(r *sheets.Spreadsheet) *sheets.GridRange {
				return formulaRange(*r.Sheets[1].Data[0].RowData[0].Values[0].UserEnteredValue.FormulaValue)
			}},
	}
}

// formulaRange is the range a formula of one reference names; nil for #REF!.
func formulaRange(text string) *sheets.GridRange {
	_, text, ok := strings.Cut(strings.Trim(strings.ReplaceAll(text, "$", ""), "=)"), "!")
	if !ok || strings.HasPrefix(text, "#") {
		return nil
	}
	a, ok := parseArea(text)
	if !ok {
		return nil
	}
	return a.gridRange()
}

// banded is a shift of cells as JSON: kind, dimension, and the range.
func banded(kind, dimension, a1 string) string {
	a, _ := parseArea(a1)
	return fmt.Sprintf(`{"%s":{"shiftDimension":"%s","range":{"sheetId":0,"startRowIndex":%d,"endRowIndex":%d,"startColumnIndex":%d,"endColumnIndex":%d}}}`,
		kind, dimension, a.r1, a.r2, a.c1, a.c2)
}

// lines is a change of whole rows or columns as JSON.
func lines(kind, dimension string, lo, hi int, more string) string {
	name := "range"
	if kind == "moveDimension" {
		name = "source"
	}
	return fmt.Sprintf(`{"%s":{"%s":{"sheetId":0,"dimension":"%s","startIndex":%d,"endIndex":%d}%s}}`, kind, name,
		dimension, lo, hi, more)
}

// TestRangesFollow changes the tab under everything that has a range. A range of which only a part is
// moved by a shift of cells stays; a table refuses that.
func TestRangesFollow(t *testing.T) {
	t.Parallel()
	const split = "You cannot insert or delete cells over part of a table."
	for _, test := range []struct {
		name, request, want string
		table               string // of a table, where it differs: a range or a refusal
	}{
		{"insert rows above", lines("insertDimension", "ROWS", 0, 1, ""), "B3:D10", ""},
		{"insert rows at the first", lines("insertDimension", "ROWS", 1, 3, ""), "B4:D11", ""},
		{"insert rows inside", lines("insertDimension", "ROWS", 4, 6, ""), "B2:D11", ""},
		{"insert a row before the last", lines("insertDimension", "ROWS", 8, 9, ""), "B2:D10", ""},
		{"insert rows below", lines("insertDimension", "ROWS", 9, 11, ""), "B2:D9", ""},
		{"insert rows below, inheriting", lines("insertDimension", "ROWS", 9, 11, `,"inheritFromBefore":true`),
			"B2:D9", "B2:D11"},
		{"insert columns left", lines("insertDimension", "COLUMNS", 0, 2, ""), "D2:F9", ""},
		{"insert columns inside", lines("insertDimension", "COLUMNS", 2, 3, ""), "B2:E9", ""},
		{"insert columns right", lines("insertDimension", "COLUMNS", 4, 5, ""), "B2:D9", ""},
		{"append rows", `{"appendDimension":{"sheetId":0,"dimension":"ROWS","length":9}}`, "B2:D9", ""},
		{"delete rows inside", lines("deleteDimension", "ROWS", 2, 4, ""), "B2:D7", ""},
		{"delete the last rows", lines("deleteDimension", "ROWS", 7, 12, ""), "B2:D7", ""},
		{"delete the first rows", lines("deleteDimension", "ROWS", 0, 3, ""), "B1:D6",
			"Cannot delete a table header row. Consider hiding the row instead."},
		{"delete all rows", lines("deleteDimension", "ROWS", 1, 9, ""), "", ""},
		{"delete all columns", lines("deleteDimension", "COLUMNS", 1, 4, ""), "", ""},
		{"delete a column", lines("deleteDimension", "COLUMNS", 1, 2, ""), "B2:C9", ""},
		{"move rows inside", lines("moveDimension", "ROWS", 3, 5, `,"destinationIndex":8`), "B2:D9", ""},
		{"move rows to the end of it", lines("moveDimension", "ROWS", 3, 5, `,"destinationIndex":9`), "B2:D9", ""},
		{"move a row in", lines("moveDimension", "ROWS", 20, 21, `,"destinationIndex":5`), "B2:D10", ""},
		{"move a row out", lines("moveDimension", "ROWS", 8, 9, `,"destinationIndex":20`), "B2:D8", ""},
		{"move it whole", lines("moveDimension", "ROWS", 1, 9, `,"destinationIndex":30`), "B23:D30", ""},
		{"move columns inside", lines("moveDimension", "COLUMNS", 1, 2, `,"destinationIndex":3`), "B2:D9", ""},
		{"insert cells inside", banded("insertRange", "ROWS", "B5:D6"), "B2:D11", ""},
		{"insert wider cells inside", banded("insertRange", "ROWS", "A5:F5"), "B2:D10", ""},
		{"insert cells below", banded("insertRange", "ROWS", "B10:D12"), "B2:D9", ""},
		{"insert cells above", banded("insertRange", "ROWS", "A1:E1"), "B3:D10", ""},
		{"insert cells beside", banded("insertRange", "ROWS", "E3:F4"), "B2:D9", ""},
		{"insert cells in a part", banded("insertRange", "ROWS", "A5:B6"), "B2:D9", split},
		{"insert cells over a part from above", banded("insertRange", "ROWS", "D1:E1"), "B2:D9", split},
		{"insert cells to the right inside", banded("insertRange", "COLUMNS", "C2:C9"), "B2:E9", ""},
		{"insert cells to the right in a part", banded("insertRange", "COLUMNS", "C2:C8"), "B2:D9", split},
		{"insert cells right of it", banded("insertRange", "COLUMNS", "E1:E20"), "B2:D9", ""},
		{"delete cells inside", banded("deleteRange", "ROWS", "B4:D5"), "B2:D7", ""},
		{"delete cells beside", banded("deleteRange", "COLUMNS", "E1:F20"), "B2:D9", ""},
		{"delete cells above", banded("deleteRange", "ROWS", "B1:D1"), "B1:D8", ""},
		{"delete all of its cells", banded("deleteRange", "ROWS", "A1:E12"), "", ""},
		{"delete cells in a part", banded("deleteRange", "ROWS", "C4:C5"), "B2:D9", split},
		{"delete cells to the left", banded("deleteRange", "COLUMNS", "B1:B40"), "B2:C9", ""},
		{"shrink the grid", `{"updateSheetProperties":{"properties":{"sheetId":0,"gridProperties":{"rowCount":6}},"fields":"gridProperties.rowCount"}}`,
			"B2:D6", ""},
		{"sort", `{"sortRange":{"range":` + followed + `,"sortSpecs":[{"dimensionIndex":1}]}}`, "B2:D9", ""},
	} {
		for _, h := range holders() {
			t.Run(test.name+", "+h.name, func(t *testing.T) {
				t.Parallel()
				sim := New(Options{})
				book := sim.Spreadsheet(sim.CreateSpreadsheet(owner, "Books", "Data"))
				must(t, book.Batch(mustRequests(t,
					`[{"addSheet":{"properties":{"sheetId":3,"title":"Notes"}}},`+h.request+`]`)...))
				err := book.Batch(mustRequests(t, "["+test.request+"]")...)
				want := test.want
				if h.name == "table" && test.table != "" {
					want = test.table
				}
				if strings.HasSuffix(want, ".") {
					if err == nil || !strings.HasSuffix(err.Error(), ": "+want) {
						t.Errorf("got %v, want a refusal: %s", err, want)
					}
					return
				}
				must(t, err)
				got := ""
				if g := h.at(book.Resource()); g != nil {
					got = areaName(areaOf(g))
				}
				if got != want {
					t.Errorf("it lies on %q, want %q", got, want)
				}
			})
		}
	}
}
