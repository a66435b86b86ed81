package googlesim

import (
	"fmt"
	"strings"
	"testing"
)

func TestWhatMergesRefuse(t *testing.T) {
	t.Parallel()
	const split = "You can't perform a paste that partially intersects a merge."
	const crossing = "to a position that crosses a merged cell. Please unmerge and try again."
	freeze := func(field string, n int) string {
		return `{"updateSheetProperties":{"properties":{"sheetId":0,"gridProperties":{"` + field + `":` + itoa(n) +
			`}},"fields":"gridProperties.` + field + `"}}`
	}
	for _, test := range []struct{ name, request, words string }{
		{"freeze rows through it", freeze("frozenRowCount", 4),
			"Sorry, you can't freeze rows which contain only part of a merged cell."},
		{"freeze columns through it", freeze("frozenColumnCount", 2),
			"Sorry, you can't freeze columns which contain only part of a merged cell."},
		{"freeze all of it", freeze("frozenRowCount", 5), ""},
		{"freeze above it", freeze("frozenRowCount", 3), ""},
		{"insert cells into it", banded("insertRange", "ROWS", "B5:C5"), split},
		{"insert cells over a part of it", banded("insertRange", "ROWS", "C1:E1"), split},
		{"insert cells above it", banded("insertRange", "ROWS", "B1:C1"), ""},
		{"delete a part of it", banded("deleteRange", "ROWS", "B5:C5"), split},
		{"delete it", banded("deleteRange", "ROWS", "A4:E5"), ""},
		{"delete cells left of a part", banded("deleteRange", "COLUMNS", "A4:A4"), split},
		{"insert rows into it", lines("insertDimension", "ROWS", 4, 5, ""), ""},
		{"move a row of it", lines("moveDimension", "ROWS", 4, 5, `,"destinationIndex":8`), crossing},
		{"move a row into it", lines("moveDimension", "ROWS", 0, 1, `,"destinationIndex":4`), crossing},
		{"move it", lines("moveDimension", "ROWS", 3, 5, `,"destinationIndex":8`), ""},
		{"sort it", `{"sortRange":{"range":{"sheetId":0},"sortSpecs":[{"dimensionIndex":0}]}}`,
			"You can't sort a range containing vertical merges. There is a vertical merge at B4:C5"},
		{"paste over a part of it", `{"copyPaste":{"source":{"sheetId":3,"endRowIndex":1,"endColumnIndex":1},"destination":{"sheetId":0,"startRowIndex":4,"endRowIndex":5,"startColumnIndex":1,"endColumnIndex":2}}}`,
			split},
		{"cut a part of it", `{"cutPaste":{"source":{"sheetId":0,"startRowIndex":4,"endRowIndex":5},"destination":{"sheetId":3}}}`,
			""}, // five columns do not fit the other tab's four: see below
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			book := small(t)
			must(t, book.Merge("Data!B4:C5"))
			set(t, book, "B4", "merged", "A1", "9", "A2", "1")
			switch {
			case strings.HasPrefix(test.name, "cut"):
				refuses(t, book, test.request, "exceeds grid limits")
			case test.words != "":
				refuses(t, book, test.request, test.words)
			default:
				run(t, book, test.request)
			}
		})
	}
	book := small(t)
	run(t, book, freeze("frozenRowCount", 1))
	refuses(t, book, `{"mergeCells":{"range":{"sheetId":0,"endRowIndex":2,"endColumnIndex":1},"mergeType":"MERGE_ALL"}}`,
		"You can't merge frozen and non-frozen rows.")
	must(t, book.Merge("Data!A1:B1"))
}

// TestWritesIntoAMerge lose all but the first cell, whoever writes, and say nothing.
func TestWritesIntoAMerge(t *testing.T) {
	t.Parallel()
	for _, keep := range []bool{false, true} {
		book := small(t)
		book.s.SetBehaviour(Behaviour{MergesKeepWrites: keep})
		must(t, book.Merge("Data!A1:B2"))
		client := book.s.Client(owner, "spreadsheets")
		status, body := ask(t, client, "PUT", "/v4/spreadsheets/"+book.ID()+"/values/Data!A1?valueInputOption=RAW",
			`{"values":[[1,2],[3,4]]}`)
		run(t, book, `{"repeatCell":{"range":{"sheetId":0,"startRowIndex":1,"endRowIndex":2},"cell":{"userEnteredValue":{"numberValue":5}},"fields":"userEnteredValue"}},
			{"unmergeCells":{"range":{"sheetId":0}}}`)
		want := map[bool]string{false: "[[1] [  5 5 5]]", true: "[[1 2] [5 5 5 5 5]]"}[keep]
		if got := fmt.Sprint(book.Values("Data!A1:E2")); got != want || status != 200 ||
			!strings.Contains(body, `"updatedCells":4`) {
			t.Errorf("kept %v: %s, %d %s", keep, got, status, body)
		}
	}
}

func TestMergesFollow(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ request, want string }{
		{lines("insertDimension", "ROWS", 4, 6, ""), "B4:C7"},
		{lines("deleteDimension", "ROWS", 4, 5, ""), "B4:C4"},
		{lines("deleteDimension", "ROWS", 3, 5, ""), ""},
		{lines("moveDimension", "ROWS", 3, 5, `,"destinationIndex":10`), "B9:C10"},
		{lines("deleteDimension", "ROWS", 4, 5, "") + "," + lines("deleteDimension", "COLUMNS", 2, 3, ""), ""},
		{banded("insertRange", "COLUMNS", "A4:A6"), "C4:D5"},
		{`{"cutPaste":{"source":{"sheetId":0,"startRowIndex":3,"endRowIndex":5,"startColumnIndex":1,"endColumnIndex":3},"destination":{"sheetId":0,"rowIndex":7,"columnIndex":0}}}`,
			"A8:B9"},
	} {
		book := small(t)
		must(t, book.Merge("Data!B4:C5"))
		run(t, book, test.request)
		got := ""
		for _, g := range tabOf(book, 0).Merges {
			got += areaName(areaOf(g))
		}
		if got != test.want {
			t.Errorf("after %s it is %q, want %q", test.request, got, test.want)
		}
	}
}
