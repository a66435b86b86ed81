package googlesim

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// TestFormulasFollow changes the tab Data and reads a formula of the tab Notes.
func TestFormulasFollow(t *testing.T) {
	t.Parallel()
	rows := func(b *Spreadsheet, op shiftOp, first, n int) error {
		return b.shape("Data", true, op, first, n, "changing")
	}
	for _, test := range []struct {
		name, formula string
		change        func(*Spreadsheet) error
		want          string
	}{
		{"insert above", "=SUM(Data!B2:B500)", func(b *Spreadsheet) error { return rows(b, shiftInsert, 1, 3) },
			"=SUM(Data!B5:B503)"},
		{"insert before the first row", "=SUM(Data!B2:B500)",
			func(b *Spreadsheet) error { return rows(b, shiftInsert, 2, 1) }, "=SUM(Data!B3:B501)"},
		{"insert inside", "=SUM(Data!B2:B500)", func(b *Spreadsheet) error { return rows(b, shiftInsert, 10, 2) },
			"=SUM(Data!B2:B502)"},
		{"insert before the last row", "=SUM(Data!B2:B500)",
			func(b *Spreadsheet) error { return rows(b, shiftInsert, 500, 1) }, "=SUM(Data!B2:B501)"},
		{"insert directly after", "=SUM(Data!B2:B500)",
			func(b *Spreadsheet) error { return rows(b, shiftInsert, 501, 1) }, "=SUM(Data!B2:B500)"},
		{"delete all of it", "=SUM(Data!B2:B500)", func(b *Spreadsheet) error { return rows(b, shiftDelete, 2, 499) },
			"=SUM(#REF!)"},
		{"delete a part", "=SUM(Data!B2:B500)", func(b *Spreadsheet) error { return rows(b, shiftDelete, 400, 200) },
			"=SUM(Data!B2:B399)"},
		{"delete the start", "=SUM(Data!B2:B500)", func(b *Spreadsheet) error { return rows(b, shiftDelete, 1, 3) },
			"=SUM(Data!B1:B497)"},
		{"delete below", "=Data!B2", func(b *Spreadsheet) error { return rows(b, shiftDelete, 3, 3) }, "=Data!B2"},
		{"delete the cell", "=Data!B2+1", func(b *Spreadsheet) error { return rows(b, shiftDelete, 2, 1) }, "=#REF!+1"},
		{"open range survives", "=SUM(Data!B2:B)", func(b *Spreadsheet) error { return rows(b, shiftDelete, 1, 900) },
			"=SUM(Data!B1:B)"},
		{"open range moves down", "=SUM(Data!B2:B)", func(b *Spreadsheet) error { return rows(b, shiftInsert, 1, 1) },
			"=SUM(Data!B3:B)"},
		{"whole column ignores rows", "=SUM(Data!A:C)",
			func(b *Spreadsheet) error { return rows(b, shiftInsert, 1, 5) }, "=SUM(Data!A:C)"},
		{"whole column follows columns", "=SUM(Data!$A:C)",
			func(b *Spreadsheet) error { return b.InsertColumns("Data", 2, 2) }, "=SUM(Data!$A:E)"},
		{"whole row ignores columns", "=SUM(Data!3:5)",
			func(b *Spreadsheet) error { return b.InsertColumns("Data", 1, 2) }, "=SUM(Data!3:5)"},
		{"absolute references move too", "=Data!$B$2*Data!C$2",
			func(b *Spreadsheet) error { return b.InsertColumns("Data", 1, 1) }, "=Data!$C$2*Data!D$2"},
		{"other tab untouched", "=B2+Data!B2", func(b *Spreadsheet) error { return rows(b, shiftInsert, 1, 1) },
			"=B2+Data!B3"},
		{"rename", "=Data!B2&\"Data!B2\"", func(b *Spreadsheet) error { return b.RenameTab("Data", "It's new") },
			"='It''s new'!B2&\"Data!B2\""},
		{"append rows", "=SUM(Data!B2:B500)", func(b *Spreadsheet) error {
			return b.Batch(mustRequests(t, `[{"appendDimension":{"sheetId":0,"dimension":"ROWS","length":5}}]`)...)
		}, "=SUM(Data!B2:B500)"},
		{"shrink the grid", "=SUM(Data!B900:B1000)", func(b *Spreadsheet) error {
			return b.Batch(mustRequests(t,
				`[{"updateSheetProperties":{"properties":{"sheetId":0,"gridProperties":{"rowCount":950}},"fields":"gridProperties.rowCount"}}]`)...)
		}, "=SUM(Data!B900:B950)"},
		{"move a row", "=Data!B2+Data!B5", func(b *Spreadsheet) error {
			return b.Batch(mustRequests(t,
				`[{"moveDimension":{"source":{"sheetId":0,"dimension":"ROWS","startIndex":1,"endIndex":2},"destinationIndex":7}}]`)...)
		}, "=Data!B7+Data!B4"},
		{"cut and paste", "=Data!B2+SUM(Data!B2:B3)+Data!B4", func(b *Spreadsheet) error {
			return b.Batch(mustRequests(t,
				`[{"cutPaste":{"source":{"sheetId":0,"startRowIndex":1,"endRowIndex":3,"startColumnIndex":1,"endColumnIndex":2},"destination":{"sheetId":0,"rowIndex":9,"columnIndex":4}}}]`)...)
		}, "=Data!E10+SUM(Data!E10:E11)+Data!B4"},
		{"canonical form", "=sum(data!b3:A2)+a1:a1", func(*Spreadsheet) error { return nil }, "=sum(Data!A2:B3)+A1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sim := New(Options{})
			book := sim.Spreadsheet(sim.CreateSpreadsheet(owner, "Books", "Data", "Notes"))
			set(t, book, "Notes!D9", test.formula)
			must(t, test.change(book))
			if got := book.Cell("Notes!D9").Formula; got != test.want {
				t.Errorf("formula %s, want %s", got, test.want)
			}
		})
	}
}

func TestDeletedTabStaysBroken(t *testing.T) {
	t.Parallel()
	sim := New(Options{})
	book := sim.Spreadsheet(sim.CreateSpreadsheet(owner, "Books", "Notes", "Data"))
	set(t, book, "Data!B2", "7", "Notes!A1", "=Data!B2*2")
	if got := book.Cell("Notes!A1").Value; got != 14.0 {
		t.Fatalf("value %v", got)
	}
	old, _ := book.Tab("Data")
	must(t, book.DeleteTab("Data"))
	must(t, book.Batch(mustRequests(t, fmt.Sprintf(`[{"addSheet":{"properties":{"sheetId":%d,"title":"Data"}}}]`,
		old.ID))...))
	set(t, book, "Data!B2", "7")
	if got := book.Cell("Notes!A1"); got.Formula != "=Data!B2*2" || got.Value != "#REF!" {
		t.Errorf("after the tab came back: %s shows %v", got.Formula, got.Value)
	}
	set(t, book, "Notes!A1", "=Data!B2*2")
	if got := book.Cell("Notes!A1").Value; got != 14.0 {
		t.Errorf("typed again it shows %v", got)
	}
}

func TestEverythingFollowsRows(t *testing.T) {
	t.Parallel()
	sim := New(Options{})
	book := sim.Spreadsheet(sim.CreateSpreadsheet(owner, "Books", "Data"))
	must(t, book.NameRange("Managed", "Data!B3:D10"))
	must(t, book.NameRange("Gone", "Data!A2:A2"))
	must(t, book.Protect("Data!B3:D3"))
	must(t, book.Batch(mustRequests(t, `[
		{"mergeCells":{"range":{"sheetId":0,"startRowIndex":4,"endRowIndex":6,"startColumnIndex":0,"endColumnIndex":1},"mergeType":"MERGE_ALL"}},
		{"setBasicFilter":{"filter":{"range":{"sheetId":0,"startRowIndex":2,"endRowIndex":10,"startColumnIndex":1,"endColumnIndex":4}}}},
		{"createDeveloperMetadata":{"developerMetadata":{"metadataId":1,"metadataKey":"row","visibility":"DOCUMENT","location":{"dimensionRange":{"sheetId":0,"dimension":"ROWS","startIndex":2,"endIndex":3}}}}},
		{"createDeveloperMetadata":{"developerMetadata":{"metadataId":2,"metadataKey":"dead","visibility":"DOCUMENT","location":{"dimensionRange":{"sheetId":0,"dimension":"ROWS","startIndex":1,"endIndex":2}}}}},
		{"updateDimensionProperties":{"range":{"sheetId":0,"dimension":"ROWS","startIndex":2,"endIndex":3},"properties":{"pixelSize":40},"fields":"pixelSize"}}]`)...))
	must(t, book.InsertRows("Data", 1, 5))
	must(t, book.DeleteRows("Data", 7, 1))
	if got := book.NamedRanges(); got["Managed"] != "Data!B7:D14" || got["Gone"] != "#REF!" {
		t.Errorf("named ranges %v", got)
	}
	r := book.Resource().Sheets[0]
	if got := r.ProtectedRanges[0].Range; got.StartRowIndex != 6 || got.EndRowIndex != 7 {
		t.Errorf("protection at rows %d to %d", got.StartRowIndex, got.EndRowIndex)
	}
	if got := r.Merges[0]; got.StartRowIndex != 8 || got.EndRowIndex != 10 {
		t.Errorf("merge at rows %d to %d", got.StartRowIndex, got.EndRowIndex)
	}
	if got := r.BasicFilter.Range; got.StartRowIndex != 6 || got.EndRowIndex != 14 {
		t.Errorf("filter at rows %d to %d", got.StartRowIndex, got.EndRowIndex)
	}
	if got := r.Data[0].RowMetadata[6].PixelSize; got != 40 {
		t.Errorf("row 7 is %d pixels high", got)
	}
	list := book.Metadata()
	if len(list) != 1 || list[0].MetadataKey != "row" || list[0].Location.DimensionRange.StartIndex != 6 {
		t.Errorf("metadata %+v", list)
	}
}

// TestInsertThenDeleteIsNothing is the law of shifting: deleting what was just inserted restores
// every cell and reference.
func TestInsertThenDeleteIsNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		sim := New(Options{})
		book := sim.Spreadsheet(sim.CreateSpreadsheet(owner, "Books", "Data"))
		if err := book.Batch(decodeRequests(t,
			`[{"updateSheetProperties":{"properties":{"sheetId":0,"gridProperties":{"rowCount":30,"columnCount":25}},"fields":"gridProperties.rowCount,gridProperties.columnCount"}}]`)...); err != nil {
			t.Fatal(err)
		}
		for range rapid.IntRange(1, 12).Draw(t, "cells") {
			at := cellName(rapid.IntRange(0, 19).Draw(t, "row"), rapid.IntRange(0, 9).Draw(t, "column"))
			text := rapid.SampledFrom([]string{
				"7", "word", "=B2", "=SUM(A3:C9)", "=SUM($B$4:B)", "=A:A", "=4:6",
			}).Draw(t, "text")
			set(t, book, at, text)
		}
		if err := book.NameRange("Part", "Data!B3:D9"); err != nil {
			t.Fatal(err)
		}
		before := snapshot(t, book)
		rows := rapid.Bool().Draw(t, "rows")
		first, n := rapid.IntRange(1, 20).Draw(t, "first"), rapid.IntRange(1, 4).Draw(t, "n")
		if err := book.shape("Data", rows, shiftInsert, first, n, "inserting"); err != nil {
			t.Fatal(err)
		}
		if err := book.shape("Data", rows, shiftDelete, first, n, "deleting"); err != nil {
			t.Fatal(err)
		}
		if after := snapshot(t, book); after != before {
			t.Fatalf("inserting and deleting %d at %d (rows: %v) left\n%s\nof\n%s", n, first, rows, after, before)
		}
	})
}
