package googlesim

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// drawRequest makes a batchUpdate request that may or may not be accepted.
func drawRequest(t *rapid.T) string {
	n := func(name string, low, high int) int { return rapid.IntRange(low, high).Draw(t, name) }
	tab := rapid.SampledFrom([]int{0, 5, 6}).Draw(t, "tab")
	r1, c1 := n("r1", 0, 10), n("c1", 0, 5)
	grid := fmt.Sprintf(`{"sheetId":%d,"startRowIndex":%d,"endRowIndex":%d,"startColumnIndex":%d,"endColumnIndex":%d}`,
		tab, r1, r1+n("height", 1, 4), c1, c1+n("width", 1, 3))
	dimension := fmt.Sprintf(`{"sheetId":%d,"dimension":"%s","startIndex":%d,"endIndex":%d}`, tab,
		rapid.SampledFrom([]string{"ROWS", "COLUMNS"}).Draw(t, "dimension"), r1, r1+n("n", 1, 3))
	switch n("kind", 0, 19) {
	case 0:
		return fmt.Sprintf(`{"addSheet":{"properties":{"sheetId":%d,"title":"T%d","gridProperties":{"rowCount":15,"columnCount":7}}}}`, n("id", 5, 9), n("title", 0, 5))
	case 1:
		return fmt.Sprintf(`{"deleteSheet":{"sheetId":%d}}`, tab)
	case 2:
		return fmt.Sprintf(`{"duplicateSheet":{"sourceSheetId":%d,"newSheetId":%d}}`, tab, n("id", 6, 12))
	case 3:
		return fmt.Sprintf(`{"updateSheetProperties":{"properties":{"sheetId":%d,"title":"R%d","hidden":true},"fields":"title,hidden"}}`, tab, n("title", 0, 5))
	case 4:
		return fmt.Sprintf(`{"appendDimension":{"sheetId":%d,"dimension":"ROWS","length":3}}`, tab)
	case 5:
		return `{"insertDimension":{"range":` + dimension + `,"inheritFromBefore":` + fmt.Sprint(r1 > 0) + `}}`
	case 6:
		return `{"deleteDimension":{"range":` + dimension + `}}`
	case 7:
		return fmt.Sprintf(`{"moveDimension":{"source":%s,"destinationIndex":%d}}`, dimension, n("to", 0, 15))
	case 8:
		return `{"updateDimensionProperties":{"range":` + dimension +
			`,"properties":{"pixelSize":33},"fields":"pixelSize"}}`
	case 9:
		return `{"updateCells":{"range":` + grid +
			`,"fields":"userEnteredValue,note","rows":[{"values":[{"userEnteredValue":{"numberValue":1},"note":"n"},{"userEnteredValue":{"formulaValue":"=A1+T1!B2"}}]}]}}`
	case 10:
		return `{"repeatCell":{"range":` + grid +
			`,"cell":{"userEnteredFormat":{"textFormat":{"bold":true}},"userEnteredValue":{"formulaValue":"=B2"}},"fields":"userEnteredFormat.textFormat,userEnteredValue"}}`
	case 11:
		return `{"copyPaste":{"source":` + grid +
			`,"destination":{"sheetId":0,"startRowIndex":3,"endRowIndex":5,"startColumnIndex":2,"endColumnIndex":4},"pasteType":"` + rapid.SampledFrom([]string{"PASTE_NORMAL", "PASTE_VALUES", "PASTE_FORMAT"}).Draw(t, "paste") + `"}}`
	case 12:
		return `{"cutPaste":{"source":` + grid + `,"destination":{"sheetId":0,"rowIndex":1,"columnIndex":1}}}`
	case 13:
		return fmt.Sprintf(`{"addNamedRange":{"namedRange":{"name":"Name_%d","range":%s}}}`, n("name", 0, 3), grid)
	case 14:
		return `{"addProtectedRange":{"protectedRange":{"range":` + grid + `}}}`
	case 15:
		return `{"mergeCells":{"range":` + grid + `,"mergeType":"MERGE_ALL"}}`
	case 16:
		return fmt.Sprintf(`{"createDeveloperMetadata":{"developerMetadata":{"metadataId":%d,"metadataKey":"k","visibility":"DOCUMENT","location":{"sheetId":%d}}}}`, n("id", 1, 4), tab)
	case 17:
		return fmt.Sprintf(`{"sortRange":{"range":%s,"sortSpecs":[{"dimensionIndex":%d,"sortOrder":"DESCENDING"}]}}`,
			grid, c1)
	case 18:
		return drawOver(t, tab, grid)
	}
	return `{"appendCells":{"sheetId":0,"fields":"*","rows":[{"values":[{"userEnteredValue":{"stringValue":"x"}}]}]}}`
}

// drawOver draws a request for what lies over the cells of a range, or for a shift of them.
func drawOver(t *rapid.T, tab int, grid string) string {
	n := func(name string, low, high int) int { return rapid.IntRange(low, high).Draw(t, name) }
	shift := `"shiftDimension":"` + rapid.SampledFrom([]string{"ROWS", "COLUMNS"}).Draw(t, "shift") + `","range":` + grid
	switch n("over", 0, 14) {
	case 0, 1:
		return `{"insertRange":{` + shift + `}}`
	case 2, 3:
		return `{"deleteRange":{` + shift + `}}`
	case 4:
		return fmt.Sprintf(`{"addTable":{"table":{"tableId":"%d","name":"Table%d","range":%s,"columnProperties":[{"columnType":"DOUBLE"}]}}}`,
			n("table", 0, 3), n("name", 0, 5), grid)
	case 5:
		return fmt.Sprintf(`{"updateTable":{"table":{"tableId":"%d","range":%s},"fields":"range"}}`, n("table", 0, 3), grid)
	case 6:
		return fmt.Sprintf(`{"deleteTable":{"tableId":"%d"}}`, n("table", 0, 3))
	case 7:
		return fmt.Sprintf(`{"addBanding":{"bandedRange":{"bandedRangeId":%d,"range":%s,"rowProperties":{}}}}`,
			n("band", 900, 903), grid)
	case 8:
		return fmt.Sprintf(`{"addChart":{"chart":{"chartId":%d,"spec":{"basicChart":{"series":[{"series":{"sourceRange":{"sources":[%s]}}}]}},"position":{"overlayPosition":{"anchorCell":{"sheetId":%d,"rowIndex":2,"columnIndex":2}}}}}}`,
			n("chart", 910, 913), grid, tab)
	case 9:
		return `{"addConditionalFormatRule":{"rule":{"ranges":[` + grid +
			`],"booleanRule":{"condition":{"type":"CUSTOM_FORMULA","values":[{"userEnteredValue":"=T1!A1>B2"}]}}}}}`
	case 10:
		return `{"setBasicFilter":{"filter":{"range":` + grid + `,"criteria":{"2":{"hiddenValues":["1"]}}}}}`
	case 11:
		return fmt.Sprintf(`{"addFilterView":{"filter":{"filterViewId":%d,"range":%s,"filterSpecs":[{"columnIndex":2}]}}}`,
			n("view", 920, 923), grid)
	case 12:
		return `{"setDataValidation":{"range":` + grid +
			`,"rule":{"condition":{"type":"ONE_OF_RANGE","values":[{"userEnteredValue":"=T0!A1:A4"}]}}}}`
	case 13:
		return `{"findReplace":{"find":"1","replacement":"2","includeFormulas":true,"range":` + grid + `}}`
	}
	return `{"updateBorders":{"range":` + grid + `,"top":{"style":"SOLID"},"innerVertical":{"style":"DOTTED"}}}`
}

// TestNothingLeavesTheGrid plays random batches and demands after each that cells, ranges, merges and
// counts fit the tabs they are on.
func TestNothingLeavesTheGrid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sim := New(Options{CellLimit: 200_000})
		book := sim.Spreadsheet(sim.CreateSpreadsheet(owner, "Books", "Data"))
		requests := `[{"updateSheetProperties":{"properties":{"sheetId":0,"gridProperties":{"rowCount":14,"columnCount":8}},"fields":"gridProperties.rowCount,gridProperties.columnCount"}},{"addSheet":{"properties":{"sheetId":5,"title":"T0","gridProperties":{"rowCount":20,"columnCount":8}}}},
			{"addSheet":{"properties":{"sheetId":6,"title":"T1","gridProperties":{"rowCount":20,"columnCount":8}}}}]`
		if err := book.Batch(decodeRequests(t, requests)...); err != nil {
			t.Fatal(err)
		}
		set(t, book, "T0!A1", "1", "T0!B2", "=A1+1", "T1!A2", "=SUM(T0!A1:C9)", "Data!C3", "x")
		var done []string
		for range rapid.IntRange(1, 12).Draw(t, "requests") {
			request := drawRequest(t)
			if rapid.Bool().Draw(t, "over") {
				request = drawOver(t, 0, `{"sheetId":0,"startRowIndex":2,"endRowIndex":5,"startColumnIndex":1,"endColumnIndex":4}`)
			}
			var before string
			book.look(func(_ *document, st *state) { before = st.misfit() })
			if book.Batch(decodeRequests(t, "["+request+"]")...) == nil {
				done = append(done, request)
			}
			book.look(func(_ *document, st *state) {
				if fault := st.misfit(); fault != "" && before == "" {
					t.Fatalf("after %s: %s", strings.Join(done, "\n"), fault)
				}
			})
			_ = snapshot(t, book)
		}
	})
}

// misfit names something that does not fit its tab; it is empty if all does.
func (st *state) misfit() string {
	for _, s := range st.sheets {
		if s.rowCount < 1 || s.colCount < 1 || len(s.rows) > s.rowCount || s.frozenRows > s.rowCount ||
			s.frozenCols > s.colCount || s.frozenRows < 0 || s.frozenCols < 0 {
			return fmt.Sprintf("%s has %d rows stored of %d, %d and %d frozen", s.title, len(s.rows), s.rowCount,
				s.frozenRows, s.frozenCols)
		}
		for _, r := range s.rows {
			if r != nil && len(r.cells) > s.colCount {
				return fmt.Sprintf("%s has a row of %d cells in %d columns", s.title, len(r.cells), s.colCount)
			}
		}
		for _, a := range s.overlays() {
			if a.sheet != s.id || a.empty() || a.r1 < 0 || a.c1 < 0 || a.r2 > s.rowCount || a.c2 > s.colCount {
				return fmt.Sprintf("%s: something lies at %+v of %d x %d", s.title, a, s.rowCount, s.colCount)
			}
		}
		var tables []area
		for _, t := range s.tables {
			tables = append(tables, tableArea(t))
		}
		for _, list := range [][]area{s.merges, tables} {
			for i, a := range list {
				if slices.ContainsFunc(list[:i], a.overlaps) {
					return fmt.Sprintf("%s: two merges or tables share cells: %+v", s.title, list)
				}
			}
		}
	}
	return ""
}

// TestRefusedBatchLeavesNothing sends random batches that end in a request which is always refused,
// and demands that the spreadsheet is the same byte for byte. The same batch without its end must
// then act on a state no refused batch has touched: both servers agree.
func TestRefusedBatchLeavesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fresh := func() *Spreadsheet {
			sim := New(Options{CellLimit: 200_000})
			book := sim.Spreadsheet(sim.CreateSpreadsheet(owner, "Books", "Data"))
			requests := `[{"updateSheetProperties":{"properties":{"sheetId":0,"gridProperties":{"rowCount":30,"columnCount":12}},"fields":"gridProperties.rowCount,gridProperties.columnCount"}},{"addSheet":{"properties":{"sheetId":5,"title":"T0","gridProperties":{"rowCount":20,"columnCount":8}}}},
				{"addSheet":{"properties":{"sheetId":6,"title":"T1","gridProperties":{"rowCount":20,"columnCount":8}}}}]`
			if err := book.Batch(decodeRequests(t, requests)...); err != nil {
				t.Fatal(err)
			}
			set(t, book, "T0!A1", "1", "T0!B2", "=A1+1", "T1!A2", "=SUM(T0!A1:C9)", "Data!C3", "x")
			return book
		}
		touched, clean := fresh(), fresh()
		for range rapid.IntRange(1, 4).Draw(t, "batches") {
			var list []string
			for range rapid.IntRange(1, 6).Draw(t, "requests") {
				list = append(list, drawRequest(t))
			}
			before := snapshot(t, touched)
			refused := "[" + strings.Join(append(list[:len(list):len(list)],
				`{"deleteNamedRange":{"namedRangeId":"none"}}`), ",") + "]"
			if err := touched.Batch(decodeRequests(t, refused)...); err == nil {
				t.Fatal("the batch was accepted")
			}
			if after := snapshot(t, touched); after != before {
				t.Fatalf("a refused batch %s changed the spreadsheet from\n%s\nto\n%s", refused, before, after)
			}
			whole := "[" + strings.Join(list, ",") + "]"
			errTouched, errClean := touched.Batch(decodeRequests(t, whole)...), clean.Batch(decodeRequests(t, whole)...)
			if fmt.Sprint(errTouched) != fmt.Sprint(errClean) {
				t.Fatalf("batch %s: %v after a refusal, %v without", whole, errTouched, errClean)
			}
			if a, b := withoutID(touched, snapshot(t, touched)), withoutID(clean, snapshot(t, clean)); a != b {
				t.Fatalf("after batch %s the state depends on the refused one:\n%s\n%s", whole, a, b)
			}
		}
	})
}

func withoutID(b *Spreadsheet, text string) string { return strings.ReplaceAll(text, b.ID(), "ID") }

// FuzzBatch sends any JSON as a batchUpdate: nothing may crash the server, and what is refused leaves
// nothing.
func FuzzBatch(f *testing.F) {
	for _, kind := range []string{
		`{"addSheet":{"properties":{"title":"x","index":1,"gridProperties":{"rowCount":2,"columnCount":2,"frozenRowCount":1}}}}`,
		`{"updateCells":{"range":{"sheetId":0,"endRowIndex":2},"fields":"*","rows":[{"values":[{"userEnteredValue":{"formulaValue":"=A1:B2"},"note":"n"}]}]}}`,
		`{"repeatCell":{"range":{"sheetId":0},"cell":{"userEnteredFormat":{"numberFormat":{"type":"DATE"}}},"fields":"userEnteredFormat(numberFormat.type,textFormat)"}}`,
		`{"copyPaste":{"source":{"sheetId":0,"endRowIndex":2},"destination":{"sheetId":0,"startRowIndex":1},"pasteType":"PASTE_VALUES"}}`,
		`{"insertDimension":{"range":{"sheetId":0,"dimension":"ROWS","startIndex":1,"endIndex":2},"inheritFromBefore":true}},{"moveDimension":{"source":{"dimension":"COLUMNS","endIndex":1},"destinationIndex":2}}`,
		`{"sortRange":{"range":{"sheetId":0},"sortSpecs":[{"dimensionIndex":0}]}},{"deleteDeveloperMetadata":{"dataFilter":{"a1Range":"A1"}}}`,
		`{"addNamedRange":{"namedRange":{"name":"n","range":{"sheetId":0,"endRowIndex":0}}}},{"addProtectedRange":{"protectedRange":{"range":{}}}},{"setBasicFilter":{"filter":{"range":{"sheetId":0}}}}`,
		`{"updateSheetProperties":{"properties":{"sheetId":0,"gridProperties":{"rowCount":3,"columnCount":-1}},"fields":"gridProperties"}},null`,
	} {
		f.Add(`{"requests":[` + kind + `]}`)
	}
	f.Fuzz(func(t *testing.T, body string) {
		sim := New(Options{CellLimit: 2_000})
		book := sim.Spreadsheet(sim.CreateSpreadsheet(owner, "Books", "Data"))
		if err := book.Batch(decodeRequests(t,
			`[{"updateSheetProperties":{"properties":{"sheetId":0,"gridProperties":{"rowCount":12,"columnCount":6}},"fields":"gridProperties.rowCount,gridProperties.columnCount"}}]`)...); err != nil {
			t.Fatal(err)
		}
		set(t, book, "A1", "1", "B2", "=SUM(A1:A3)", "C3", "x")
		before := snapshot(t, book)
		status, answer := ask(t, sim.Client(owner, "spreadsheets"), "POST", "/v4/spreadsheets/"+
			book.ID()+":batchUpdate", body)
		if status >= 500 {
			t.Errorf("%s is answered %d %s", body, status, answer)
		}
		if after := snapshot(t, book); status != 200 && after != before {
			t.Errorf("refused %s left\n%s", body, after)
		}
	})
}
