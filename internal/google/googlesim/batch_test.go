package googlesim

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sheets/v4"
)

// small is a spreadsheet with the tabs Data (id 0, 10 x 5) and Other (id 3, 8 x 4).
func small(t *testing.T) *Spreadsheet {
	t.Helper()
	book := newBook(t, "Data")
	must(t, book.Batch(mustRequests(t, `[{"updateSheetProperties":{"properties":{"sheetId":0,"gridProperties":{"rowCount":10,"columnCount":5}},"fields":"gridProperties(rowCount,columnCount)"}},
		{"addSheet":{"properties":{"sheetId":3,"title":"Other","gridProperties":{"rowCount":8,"columnCount":4}}}}]`)...))
	return book
}

func titles(b *Spreadsheet) string {
	var list []string
	for _, tab := range b.Tabs() {
		list = append(list, tab.Title)
	}
	return strings.Join(list, " ")
}

func TestTabs(t *testing.T) {
	t.Parallel()
	book := small(t)
	must(t,
		book.Batch(mustRequests(t,
			`[{"addSheet":{"properties":{"title":"Last"}}},{"addSheet":{"properties":{"title":"First","index":0}}},{"addSheet":{}}]`)...))
	if got := titles(book); got != "First Data Other Last Sheet5" {
		t.Errorf("tabs %s", got)
	}
	// The index counts the tabs before the move: moving Data (1) to 3 puts it before Last.
	must(t,
		book.Batch(mustRequests(t,
			`[{"updateSheetProperties":{"properties":{"sheetId":0,"index":3},"fields":"index"}}]`)...))
	if got := titles(book); got != "First Other Data Last Sheet5" {
		t.Errorf("after the move %s", got)
	}
	must(t,
		book.Batch(mustRequests(t,
			`[{"updateSheetProperties":{"properties":{"sheetId":0,"index":0},"fields":"index"}}]`)...))
	if got := titles(book); got != "Data First Other Last Sheet5" {
		t.Errorf("after the move back %s", got)
	}
	set(t, book, "Other!A1", "=B1*2", "Other!B1", "4")
	must(t,
		book.Batch(mustRequests(t,
			`[{"duplicateSheet":{"sourceSheetId":3,"newSheetId":8,"newSheetName":"Twin","insertSheetIndex":1}}]`)...))
	set(t, book, "Twin!B1", "5")
	if a, b := book.Cell("Other!A1").Value, book.Cell("Twin!A1").Value; a != 8.0 || b != 10.0 {
		t.Errorf("the original shows %v, the twin %v", a, b)
	}
	must(t,
		book.Batch(mustRequests(t,
			`[{"updateSpreadsheetProperties":{"properties":{"title":"Renamed","timeZone":"America/Toronto"},"fields":"title,timeZone"}}]`)...))
	if p := book.Resource().Properties; p.Title != "Renamed" || p.TimeZone != "America/Toronto" ||
		p.Locale != "en_US" || book.Title() != "Renamed" {
		t.Errorf("properties %+v", p)
	}
	if err := book.Batch(mustRequests(t,
		`[{"updateSheetProperties":{"properties":{"sheetId":0,"gridProperties":{"frozenRowCount":10}},"fields":"gridProperties.frozenRowCount"}}]`)...); err == nil {
		t.Error("all rows were frozen")
	}
}

func TestTabLimit(t *testing.T) {
	t.Parallel()
	book := newBook(t, "Data")
	one := `{"addSheet":{"properties":{"gridProperties":{"rowCount":1,"columnCount":1}}}}`
	must(t, book.Batch(mustRequests(t, "["+strings.TrimSuffix(strings.Repeat(one+",", 199), ",")+"]")...))
	if err := book.Batch(mustRequests(t, "["+one+"]")...); err == nil {
		t.Error("a 201st tab was added")
	}
	if n := book.Cells(); n != 26_199 {
		t.Errorf("%d cells", n)
	}
}

func TestAppendCellsAddsRowsNotColumns(t *testing.T) {
	t.Parallel()
	book := small(t)
	set(t, book, "D9", "last in any column")
	must(t,
		book.Batch(mustRequests(t,
			`[{"appendCells":{"sheetId":0,"fields":"userEnteredValue","rows":[{"values":[{"userEnteredValue":{"stringValue":"a"}}]},{"values":[{"userEnteredValue":{"stringValue":"b"}}]}]}}]`)...))
	if tab, _ := book.Tab("Data"); tab.Rows != 11 || book.Cell("A10").Value != "a" || book.Cell("A11").Value != "b" {
		t.Errorf("%d rows, values %v", tab.Rows, book.Values("Data"))
	}
	wide := `{"userEnteredValue":{"numberValue":1}}`
	err := book.Batch(mustRequests(t, `[{"appendCells":{"sheetId":0,"fields":"userEnteredValue","rows":[{"values":[`+
		strings.Repeat(wide+",", 5)+wide+`]}]}}]`)...)
	if err == nil || err.Error() != "Invalid requests[0].appendCells: Attempting to write column: 5, beyond the last "+
		"requested column of: 4" {
		t.Errorf("a sixth column: %v", err)
	}
}

func TestInsertedRowsInheritFormats(t *testing.T) {
	t.Parallel()
	book := small(t)
	set(t, book, "B2", "$5", "B3", "10%")
	must(t, book.Batch(mustRequests(t, `[{"insertDimension":{"range":{"sheetId":0,"dimension":"ROWS","startIndex":2,"endIndex":3},"inheritFromBefore":true}},
		{"insertDimension":{"range":{"sheetId":0,"dimension":"COLUMNS","startIndex":1,"endIndex":2},"inheritFromBefore":false}}]`)...))
	if a, b := book.Cell("C3").NumberFormatType, book.Cell("B2").NumberFormatType; a != "CURRENCY" || b != "CURRENCY" {
		t.Errorf("the new row has %q, the new column %q", a, b)
	}
	if v := book.Cell("C4").Value; v != 0.1 {
		t.Errorf("C4 is %v", v)
	}
}

func TestMerges(t *testing.T) {
	t.Parallel()
	book := small(t)
	set(t, book, "A1", "kept", "B1", "lost")
	must(t, book.Batch(mustRequests(t, `[{"mergeCells":{"range":{"sheetId":0,"endRowIndex":2,"endColumnIndex":2},"mergeType":"MERGE_ALL"}},
		{"mergeCells":{"range":{"sheetId":0,"startRowIndex":4,"endRowIndex":6,"endColumnIndex":2},"mergeType":"MERGE_ROWS"}}]`)...))
	if got := book.Resource().Sheets[0].Merges; len(got) != 3 || book.Cell("B1").Value != nil ||
		book.Cell("A1").Value != "kept" {
		t.Errorf("merges %+v, values %v", got, book.Values("Data"))
	}
	if err := book.Batch(mustRequests(t,
		`[{"unmergeCells":{"range":{"sheetId":0,"endRowIndex":1,"endColumnIndex":1}}}]`)...); err == nil {
		t.Error("a part of a merge was unmerged")
	}
	must(t, book.Batch(mustRequests(t, `[{"copyPaste":{"source":{"sheetId":0,"endRowIndex":2,"endColumnIndex":2},"destination":{"sheetId":3,"startRowIndex":3,"endRowIndex":5,"endColumnIndex":2}}},
		{"unmergeCells":{"range":{"sheetId":0}}}]`)...))
	r := book.Resource()
	if len(r.Sheets[0].Merges) != 0 || len(r.Sheets[1].Merges) != 1 || r.Sheets[1].Merges[0].StartRowIndex != 3 {
		t.Errorf("after paste and unmerge: %+v %+v", r.Sheets[0].Merges, r.Sheets[1].Merges)
	}
}

func TestNamedRangesAndProtectionsUpdate(t *testing.T) {
	t.Parallel()
	book := small(t)
	must(t, book.Batch(mustRequests(t, `[{"addNamedRange":{"namedRange":{"namedRangeId":"n1","name":"Part","range":{"sheetId":0,"endRowIndex":2,"endColumnIndex":2}}}},
		{"updateNamedRange":{"namedRange":{"namedRangeId":"n1","range":{"sheetId":3,"endRowIndex":4,"endColumnIndex":1}},"fields":"range"}},
		{"addProtectedRange":{"protectedRange":{"protectedRangeId":6,"range":{"sheetId":0},"unprotectedRanges":[{"sheetId":0,"endRowIndex":1}],"editors":{"users":["a@example.com"]}}}},
		{"updateProtectedRange":{"protectedRange":{"protectedRangeId":6,"description":"why","warningOnly":true},"fields":"description,warningOnly,editors"}}]`)...))
	if got := book.NamedRanges()["Part"]; got != "Other!A1:A4" {
		t.Errorf("named range %s", got)
	}
	p := book.Resource().Sheets[0].ProtectedRanges[0]
	if p.Description != "why" || !p.WarningOnly || len(p.UnprotectedRanges) != 1 || p.ProtectedRangeId != 6 ||
		!p.RequestingUserCanEdit {
		t.Errorf("protection %+v", p)
	}
	for _, bad := range []string{
		`{"addNamedRange":{"namedRange":{"name":"part","range":{"sheetId":0}}}}`,
		`{"updateNamedRange":{"namedRange":{"namedRangeId":"none","name":"x"},"fields":"name"}}`,
		`{"updateProtectedRange":{"protectedRange":{"protectedRangeId":6,"editors":{"users":["a@example.com"]}},"fields":"editors"}}`,
		`{"addProtectedRange":{"protectedRange":{"range":{"sheetId":3,"endRowIndex":1},"unprotectedRanges":[{"sheetId":3}]}}}`,
		`{"deleteProtectedRange":{"protectedRangeId":7}}`,
	} {
		if err := book.Batch(mustRequests(t, "["+bad+"]")...); err == nil {
			t.Errorf("accepted %s", bad)
		}
	}
	must(t,
		book.Batch(mustRequests(t,
			`[{"deleteNamedRange":{"namedRangeId":"n1"}},{"deleteProtectedRange":{"protectedRangeId":6}}]`)...))
	if r := book.Resource(); len(r.NamedRanges) != 0 || len(r.Sheets[0].ProtectedRanges) != 0 {
		t.Errorf("left over: %+v %+v", r.NamedRanges, r.Sheets[0].ProtectedRanges)
	}
}

func TestUnprotectedPartOfAProtectedTab(t *testing.T) {
	t.Parallel()
	sim := New(Options{})
	id := sim.CreateSpreadsheet(owner, "Books", "Data")
	book := sim.Spreadsheet(id)
	must(t, book.ShareWith("friend@example.com"))
	must(t,
		book.Batch(mustRequests(t,
			`[{"addProtectedRange":{"protectedRange":{"range":{"sheetId":0},"unprotectedRanges":[{"sheetId":0,"startColumnIndex":2,"endColumnIndex":4}]}}}]`)...))
	client := sim.Client("friend@example.com", "spreadsheets")
	for at, want := range map[string]int{"C1:D5": 200, "B1:C5": 400} {
		if status, body := ask(t, client, "PUT", "/v4/spreadsheets/"+id+"/values/Data!"+at+"?valueInputOption=RAW",
			`{"values":[[1,2]]}`); status != want {
			t.Errorf("%s: %d %s", at, status, body)
		}
	}
	if status, _ := ask(t, client, "POST", "/v4/spreadsheets/"+id+":batchUpdate",
		`{"requests":[{"appendDimension":{"sheetId":0,"dimension":"ROWS","length":1}}]}`); status != 400 {
		t.Errorf("growing a protected tab: %d", status)
	}
}

func TestDeveloperMetadataLife(t *testing.T) {
	t.Parallel()
	book := small(t)
	must(t, book.Batch(mustRequests(t, `[
		{"createDeveloperMetadata":{"developerMetadata":{"metadataId":1,"metadataKey":"run","metadataValue":"a","visibility":"DOCUMENT","location":{"spreadsheet":true}}}},
		{"createDeveloperMetadata":{"developerMetadata":{"metadataId":2,"metadataKey":"run","metadataValue":"b","visibility":"PROJECT","location":{"sheetId":0}}}},
		{"createDeveloperMetadata":{"developerMetadata":{"metadataId":3,"metadataKey":"run","metadataValue":"c","visibility":"PROJECT","location":{"sheetId":3}}}},
		{"updateDeveloperMetadata":{"dataFilters":[{"developerMetadataLookup":{"metadataValue":"b"}}],"developerMetadata":{"metadataValue":"done"},"fields":"metadataValue"}},
		{"updateDeveloperMetadata":{"dataFilters":[{"developerMetadataLookup":{"metadataId":1}}],"developerMetadata":{"location":{"dimensionRange":{"sheetId":3,"dimension":"COLUMNS","startIndex":1,"endIndex":2}}},"fields":"location"}}]`)...))
	got := map[string]string{}
	for _, m := range book.Metadata() {
		got[m.MetadataValue] = m.Location.LocationType
	}
	if diff := cmp.Diff(map[string]string{"a": "COLUMN", "done": "SHEET", "c": "SHEET"}, got); diff != "" {
		t.Errorf("metadata differ (-want +got):\n%s", diff)
	}
	for _, bad := range []string{
		`{"createDeveloperMetadata":{"developerMetadata":{"metadataKey":"k","visibility":"DOCUMENT","location":{"dimensionRange":{"sheetId":0,"dimension":"ROWS","startIndex":1,"endIndex":3}}}}}`,
		`{"createDeveloperMetadata":{"developerMetadata":{"metadataKey":"k","location":{"spreadsheet":true}}}}`,
		`{"createDeveloperMetadata":{"developerMetadata":{"visibility":"DOCUMENT","location":{"spreadsheet":true}}}}`,
		`{"createDeveloperMetadata":{"developerMetadata":{"metadataKey":"k","visibility":"DOCUMENT"}}}`,
		`{"createDeveloperMetadata":{"developerMetadata":{"metadataKey":"k","visibility":"DOCUMENT","location":{"sheetId":99}}}}`,
	} {
		if err := book.Batch(mustRequests(t, "["+bad+"]")...); err == nil {
			t.Errorf("accepted %s", bad)
		}
	}
	must(t,
		book.Batch(mustRequests(t,
			`[{"deleteSheet":{"sheetId":3}},{"deleteDeveloperMetadata":{"dataFilter":{"developerMetadataLookup":{"metadataKey":"none"}}}}]`)...))
	if list := book.Metadata(); len(list) != 1 || list[0].MetadataId != 2 {
		t.Errorf("after deleting the tab: %+v", list)
	}
	must(t,
		book.Batch(mustRequests(t,
			`[{"deleteDeveloperMetadata":{"dataFilter":{"developerMetadataLookup":{"metadataKey":"run"}}}}]`)...))
	if list := book.Metadata(); len(list) != 0 {
		t.Errorf("after deleting it: %+v", list)
	}
}

func TestSizesFiltersAndRules(t *testing.T) {
	t.Parallel()
	book := small(t)
	set(t, book, "A1", strings.Repeat("w", 40), "B1", "x")
	must(t, book.Batch(mustRequests(t, `[{"updateDimensionProperties":{"range":{"sheetId":0,"dimension":"COLUMNS","startIndex":2,"endIndex":3},"properties":{"pixelSize":222,"hiddenByUser":true},"fields":"pixelSize,hiddenByUser"}},
		{"autoResizeDimensions":{"dimensions":{"sheetId":0,"dimension":"COLUMNS","startIndex":0,"endIndex":2}}},
		{"setBasicFilter":{"filter":{"range":{"sheetId":0,"endRowIndex":5}}}},
		{"setDataValidation":{"range":{"sheetId":0,"startRowIndex":1,"endRowIndex":2,"endColumnIndex":1},"rule":{"condition":{"type":"ONE_OF_LIST","values":[{"userEnteredValue":"a"}]}}}},
		{"addConditionalFormatRule":{"rule":{"ranges":[{"sheetId":0,"endRowIndex":5}],"booleanRule":{"condition":{"type":"NOT_BLANK"},"format":{"textFormat":{"bold":true}}}},"index":0}}]`)...))
	s := book.Resource().Sheets[0]
	columns := s.Data[0].ColumnMetadata
	if columns[0].PixelSize <= columns[1].PixelSize || columns[2].PixelSize != 222 || !columns[2].HiddenByUser ||
		columns[3].PixelSize != 100 {
		t.Errorf("columns %+v %+v %+v", columns[0], columns[1], columns[2])
	}
	if s.BasicFilter.Range.EndColumnIndex != 5 || len(s.ConditionalFormats) != 1 ||
		s.Data[0].RowData[1].Values[0].DataValidation == nil {
		t.Errorf("filter %+v, rules %d", s.BasicFilter.Range, len(s.ConditionalFormats))
	}
	must(t, book.Batch(mustRequests(t, `[{"clearBasicFilter":{"sheetId":0}}]`)...))
	if book.Resource().Sheets[0].BasicFilter != nil {
		t.Error("the filter stayed")
	}
}

func TestCutPasteToAnotherTab(t *testing.T) {
	t.Parallel()
	book := small(t)
	set(t, book, "A1", "2", "B1", "=A1*C1", "C1", "5", "Other!A1", "=Data!B1+Data!A1")
	must(t,
		book.Batch(mustRequests(t,
			`[{"cutPaste":{"source":{"sheetId":0,"endRowIndex":1,"endColumnIndex":2},"destination":{"sheetId":3,"rowIndex":4,"columnIndex":1}}}]`)...))
	for at, want := range map[string]string{"Other!A1": "=C5+B5", "Other!C5": "=B5*Data!C1"} {
		if got := book.Cell(at).Formula; got != want {
			t.Errorf("%s is %s, want %s", at, got, want)
		}
	}
	if got := book.Cell("Other!A1").Value; got != 12.0 {
		t.Errorf("it shows %v", got)
	}
}

func TestCreateWithContents(t *testing.T) {
	t.Parallel()
	sim := New(Options{})
	service := sheetsClient(t, sim, owner, "drive.file")
	text, amount := "head", 2.5
	file, err := service.Spreadsheets.Create(&sheets.Spreadsheet{Sheets: []*sheets.Sheet{
		{
			Properties: &sheets.SheetProperties{SheetId: 4, Title: "Full", TabColor: &sheets.Color{Red: 1}},
			Data: []*sheets.GridData{{StartRow: 1, RowData: []*sheets.RowData{{Values: []*sheets.CellData{
				{UserEnteredValue: &sheets.ExtendedValue{StringValue: &text}, Note: "n"},
				{UserEnteredValue: &sheets.ExtendedValue{NumberValue: &amount}},
			}}}, ColumnMetadata: []*sheets.DimensionProperties{{PixelSize: 180}}}},
			DeveloperMetadata: []*sheets.DeveloperMetadata{{MetadataId: 11, MetadataKey: "k", Visibility: "DOCUMENT"}},
		},
		{Properties: &sheets.SheetProperties{Title: "Empty"}},
	}}).Do()
	if err != nil {
		t.Fatal(err)
	}
	book := sim.Spreadsheet(file.SpreadsheetId)
	if got := book.Cell("Full!A2"); got.Value != "head" || got.Note != "n" || book.Cell("Full!B2").Value != 2.5 {
		t.Errorf("cell %+v", got)
	}
	if got := titles(book); got != "Full Empty" || file.SpreadsheetUrl == "" || len(book.Metadata()) != 1 {
		t.Errorf("tabs %s at %s", got, file.SpreadsheetUrl)
	}
	other := sim.CreateSpreadsheet(owner, "Other", "Data")
	must(t, sim.Pick(other, owner))
	copied, err := service.Spreadsheets.Sheets.CopyTo(file.SpreadsheetId, 4,
		&sheets.CopySheetToAnotherSpreadsheetRequest{DestinationSpreadsheetId: other}).Do()
	if err != nil || copied.Title != "Copy of Full" || sim.Spreadsheet(other).Cell("'Copy of Full'!B2").Value != 2.5 {
		t.Errorf("copyTo: %+v, %v", copied, err)
	}
}
