package googlesim

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/api/sheets/v4"
)

// TestAPersonsHand does one thing after another on a tab of four rows and looks at a formula elsewhere.
func TestAPersonsHand(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		act     func(*Spreadsheet) error
		formula string // Other!A1, at first =SUM(Data!B2:B4)+Data!B3
		values  string // Data!A1:B5
	}{
		{"move a row", func(b *Spreadsheet) error { return b.MoveRows("Data", 3, 1, 5) }, "=SUM(Data!B2:B4)+Data!B4",
			"[[n v] [c 3] [b 2] [a 1]]"},
		{"move a column", func(b *Spreadsheet) error { return b.MoveColumns("Data", 2, 1, 1) },
			"=SUM(Data!A2:A4)+Data!A3", "[[v n] [3 c] [1 a] [2 b]]"},
		{"insert cells", func(b *Spreadsheet) error { return b.InsertCells("Data!B3", Vertical) },
			"=SUM(Data!B2:B5)+Data!B4", "[[n v] [c 3] [a] [b 1] [ 2]]"},
		{"insert cells to the right", func(b *Spreadsheet) error { return b.InsertCells("Data!A3", Horizontal) },
			"=SUM(Data!B2:B4)+Data!C3", "[[n v] [c 3] [ a] [b 2]]"},
		{"delete cells", func(b *Spreadsheet) error { return b.DeleteCells("Data!A2:B2", Vertical) },
			"=SUM(Data!B2:B3)+Data!B2", "[[n v] [a 1] [b 2]]"},
		{"delete the cell", func(b *Spreadsheet) error { return b.DeleteCells("Data!B3", Horizontal) },
			"=SUM(Data!B2:B4)+#REF!", "[[n v] [c 3] [a] [b 2]]"},
		{"sort", func(b *Spreadsheet) error { return b.Sort("Data!A2:B4", 2, true) }, "=SUM(Data!B2:B4)+Data!B3",
			"[[n v] [c 3] [b 2] [a 1]]"},
		{"sort the tab below its frozen row", func(b *Spreadsheet) error {
			if err := b.Freeze("Data", 1, 0); err != nil {
				return err
			}
			return b.SortTab("Data", 1, false)
		}, "=SUM(Data!B2:B4)+Data!B3", "[[n v] [a 1] [b 2] [c 3]]"},
		{"copy", func(b *Spreadsheet) error { return b.Copy("Data!A2:B2", "Data!A5") }, "=SUM(Data!B2:B4)+Data!B3",
			"[[n v] [c 3] [a 1] [b 2] [c 3]]"},
		{"cut", func(b *Spreadsheet) error { return b.Cut("Data!B3", "Data!C1") }, "=SUM(Data!B2:B4)+Data!C1",
			"[[n v] [c 3] [a] [b 2]]"},
		{"merge and unmerge", func(b *Spreadsheet) error {
			if err := b.Merge("Data!A3:B3"); err != nil {
				return err
			}
			return b.Unmerge("Data!A1:C9")
		}, "=SUM(Data!B2:B4)+Data!B3", "[[n v] [c 3] [a] [b 2]]"},
		{"hide", func(b *Spreadsheet) error {
			if err := b.HideColumns("Data", 1, 1, true); err != nil {
				return err
			}
			return b.HideRows("Data", 3, 1, true)
		}, "=SUM(Data!B2:B4)+Data!B3", "[[n v] [c 3] [a 1] [b 2]]"},
		{"duplicate", func(b *Spreadsheet) error {
			if err := b.DuplicateTab("Data", "Twin"); err != nil {
				return err
			}
			return b.DeleteRows("Twin", 1, 2)
		}, "=SUM(Data!B2:B4)+Data!B3", "[[n v] [c 3] [a 1] [b 2]]"},
		{"insert and delete rows", func(b *Spreadsheet) error {
			if err := b.InsertRows("Data", 3, 2); err != nil {
				return err
			}
			return b.DeleteRows("Data", 2, 2)
		}, "=SUM(Data!B2:B4)+Data!B3", "[[n v] [] [a 1] [b 2]]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			book := small(t)
			set(t, book, "A1", "n", "B1", "v", "A2", "c", "B2", "3", "A3", "a", "B3", "1", "A4", "b", "B4", "2",
				"Other!A1", "=SUM(Data!B2:B4)+Data!B3")
			must(t, test.act(book))
			if f, v := book.Cell("Other!A1").Formula, fmt.Sprint(book.Values("Data!A1:B5")); f != test.formula ||
				v != test.values {
				t.Errorf("%s, cells %s\nwant %s, %s", f, v, test.formula, test.values)
			}
		})
	}
}

func TestHandsThatMiss(t *testing.T) {
	t.Parallel()
	book := small(t)
	for name, err := range map[string]error{
		"move":   book.MoveRows("Data", 0, 1, 2),
		"tab":    book.MoveColumns("None", 1, 1, 2),
		"hide":   book.HideRows("Data", 9, 5, true),
		"range":  book.InsertCells("None!A1", Vertical),
		"target": book.Copy("A1", "None!A1"),
		"cut":    book.Cut("A1", "?"),
		"twin":   book.DuplicateTab("Data", "Other"),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestBehaviour tells apart what public sources leave open.
func TestBehaviour(t *testing.T) {
	t.Parallel()
	formula := func(b *Spreadsheet) string { return b.Cell("Other!A1").Formula }
	for _, test := range []struct {
		name      string
		how       Behaviour
		request   string
		look      func(*Spreadsheet) string
		usual, by string // without and with the choice
	}{
		{"a row moves out of the middle", Behaviour{MoveCarriesEnds: true},
			lines("moveDimension", "ROWS", 2, 3, `,"destinationIndex":10`), formula, "=SUM(Data!A2:A5)", "=SUM(Data!A2:A5)"},
		{"the first row moves inside", Behaviour{MoveCarriesEnds: true},
			lines("moveDimension", "ROWS", 1, 2, `,"destinationIndex":4`), formula, "=SUM(Data!A2:A6)", "=SUM(Data!A4:A6)"},
		{"the last row moves out", Behaviour{MoveCarriesEnds: true},
			lines("moveDimension", "ROWS", 5, 6, `,"destinationIndex":9`), formula, "=SUM(Data!A2:A5)", "=SUM(Data!A2:A9)"},
		{"rows come below, inheriting", Behaviour{InheritExtendsRanges: true},
			lines("insertDimension", "ROWS", 6, 8, `,"inheritFromBefore":true`),
			func(b *Spreadsheet) string { return areaName(areaOf(tabOf(b, 0).ConditionalFormats[0].Ranges[0])) },
			"A2:A6", "A2:A8"},
		{"deleted cells of another tab", Behaviour{LostReferenceKeepsTab: true},
			lines("deleteDimension", "ROWS", 1, 6, ""), formula, "=SUM(#REF!)", "=SUM(Data!#REF!)"},
		{"metadata of a copied tab", Behaviour{DuplicateCopiesMetadata: true},
			`{"duplicateSheet":{"sourceSheetId":0}}`,
			func(b *Spreadsheet) string { return itoa(len(b.Metadata())) }, "1", "2"},
		{"protections of a copied tab", Behaviour{DuplicateCopiesProtections: true},
			`{"duplicateSheet":{"sourceSheetId":0,"insertSheetIndex":2}}`,
			func(b *Spreadsheet) string { return itoa(len(tabOf(b, 2).ProtectedRanges)) }, "0", "1"},
	} {
		for _, chosen := range []bool{false, true} {
			book := small(t)
			set(t, book, "Other!A1", "=SUM(Data!A2:A6)")
			must(t, book.Protect("Data!A2:A6"))
			run(t, book, guard+`,{"addConditionalFormatRule":{"rule":{"ranges":[{"sheetId":0,"startRowIndex":1,"endRowIndex":6,"endColumnIndex":1}],"booleanRule":{"condition":{"type":"BLANK"}}}}}`)
			want := test.usual
			if chosen {
				book.s.SetBehaviour(test.how)
				want = test.by
			}
			run(t, book, test.request)
			if got := test.look(book); got != want {
				t.Errorf("%s, chosen %v: %s, want %s", test.name, chosen, got, want)
			}
		}
	}
}

// TestDuplicatedTab has what lay over the original, under ids of its own; the original keeps its own.
func TestDuplicatedTab(t *testing.T) {
	t.Parallel()
	book := small(t)
	const over = `{"sheetId":0,"startRowIndex":1,"endRowIndex":5,"endColumnIndex":2}`
	run(t, book, `{"addConditionalFormatRule":{"rule":{"ranges":[`+over+`],"booleanRule":{"condition":{"type":"BLANK"}}}}},
		{"addBanding":{"bandedRange":{"range":`+over+`,"rowProperties":{}}}},{"setBasicFilter":{"filter":{"range":`+over+`}}},
		{"addFilterView":{"filter":{"range":`+over+`}}},{"addTable":{"table":{"name":"T","range":{"sheetId":0,"startRowIndex":6,"endRowIndex":9,"endColumnIndex":2}}}},
		{"addChart":{"chart":{"spec":{"pieChart":{"series":{"sourceRange":{"sources":[`+over+`]}}}},"position":{"overlayPosition":{"anchorCell":{"sheetId":0}}}}}},
		{"duplicateSheet":{"sourceSheetId":0,"newSheetId":8,"insertSheetIndex":1}}`)
	ids := map[any]bool{}
	for i := range 2 {
		s := tabOf(book, i)
		ranges := []*sheets.GridRange{
			s.ConditionalFormats[0].Ranges[0], s.BandedRanges[0].Range, s.BasicFilter.Range, s.FilterViews[0].Range,
			s.Tables[0].Range, s.Charts[0].Spec.PieChart.Series.SourceRange.Sources[0],
		}
		for _, g := range ranges {
			if g.SheetId != s.Properties.SheetId {
				t.Errorf("tab %d has a range on tab %d", s.Properties.SheetId, g.SheetId)
			}
		}
		for _, id := range []any{
			s.BandedRanges[0].BandedRangeId, s.FilterViews[0].FilterViewId, s.Tables[0].TableId, s.Tables[0].Name,
			s.Charts[0].ChartId,
		} {
			if ids[id] {
				t.Errorf("%v is there twice", id)
			}
			ids[id] = true
		}
	}
}

// TestCopiedFile has all of the original, and then a life of its own.
func TestCopiedFile(t *testing.T) {
	t.Parallel()
	sim := New(Options{BaseURL: "http://sheets.test"})
	id := sim.CreateSpreadsheet(owner, "Books", "Data")
	book := sim.Spreadsheet(id)
	set(t, book, "A1", "1", "B1", "=A1*2")
	must(t, book.NameRange("Part", "Data!A1:B1"))
	run(t, book, guard)
	made := book.MakeCopy("")
	client := sim.Client(owner, "drive", "spreadsheets")
	status, body := ask(t, client, "POST", "/drive/v3/files/"+id+"/copy?fields=id,name,appProperties",
		`{"name":"By program","appProperties":{"key":"1"}}`)
	var answer struct{ ID, Name string }
	must(t, json.Unmarshal([]byte(body), &answer))
	if status != 200 || answer.Name != "By program" || !strings.Contains(body, `"key":"1"`) {
		t.Errorf("files.copy: %d %s", status, body)
	}
	for _, id := range []string{made, answer.ID} {
		twin := sim.Spreadsheet(id)
		set(t, twin, "A1", "5")
		if twin.Cell("B1").Value != 10.0 || book.Cell("B1").Value != 2.0 || len(twin.Metadata()) != 1 ||
			twin.NamedRanges()["Part"] != "Data!A1:B1" {
			t.Errorf("copy: %v, original: %v", twin.Formulas("Data"), book.Values("Data"))
		}
	}
	if got := sim.Spreadsheet(made).Title(); got != "Copy of Books" {
		t.Errorf("title %q", got)
	}
	theirs := sim.Client(owner, "drive.file")
	if status, _ := ask(t, theirs, "GET", "/v4/spreadsheets/"+made, ""); status != 404 {
		t.Errorf("an unpicked copy: %d", status)
	}
	sim.SetStorageFull(owner, true)
	if status, body := ask(t, client, "POST", "/drive/v3/files/"+id+"/copy", `{}`); status != 403 ||
		!strings.Contains(body, "storageQuotaExceeded") {
		t.Errorf("with full storage: %d %s", status, body)
	}
}
