package googlesim

import (
	"encoding/json"
	"strings"
	"testing"

	"google.golang.org/api/sheets/v4"
)

// run performs requests given as JSON and returns their replies as JSON.
func run(t *testing.T, b *Spreadsheet, requests string) string {
	t.Helper()
	var text []byte
	err := b.edit(func(c *change) error {
		replies, err := c.run(mustRequests(t, "["+requests+"]"))
		if err != nil {
			return err
		}
		text, err = json.Marshal(replies)
		return err
	})
	must(t, err)
	return string(text)
}

// refuses performs requests that must be refused with the words, and leave nothing.
func refuses(t *testing.T, b *Spreadsheet, requests, words string) {
	t.Helper()
	before := snapshot(t, b)
	err := b.Batch(mustRequests(t, "["+requests+"]")...)
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("%s\ngave %v, want %s", requests, err, words)
	}
	if after := snapshot(t, b); after != before {
		t.Errorf("refused %s left\n%s", requests, after)
	}
}

func tabOf(b *Spreadsheet, i int) *sheets.Sheet { return b.Resource().Sheets[i] }

// TestTheGridUnderShiftedCells grows as far as filled cells are pushed, and never shrinks.
func TestTheGridUnderShiftedCells(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, request string
		rows, columns int
		at            string // of the text that stands in B10
	}{
		{"pushed past the end", banded("insertRange", "ROWS", "B5:C7"), 13, 5, "B13"},
		{"only blanks are pushed", banded("insertRange", "ROWS", "D5:D7"), 10, 5, "B10"},
		{"cut to the grid", banded("insertRange", "ROWS", "B9:B30"), 12, 5, "B12"},
		{"to the right", banded("insertRange", "COLUMNS", "A10:D10"), 10, 6, "F10"},
		{"deleted", banded("deleteRange", "ROWS", "B2:B4"), 10, 5, "B7"},
		{"deleted to the left", banded("deleteRange", "COLUMNS", "A10:A10"), 10, 5, "A10"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			book := small(t)
			set(t, book, "B10", "text", "E1", "beside", "A1", "=B10")
			must(t, book.SetNote("A9", "a note"))
			run(t, book, test.request)
			tab, _ := book.Tab("Data")
			if tab.Rows != test.rows || tab.Columns != test.columns || book.Cell(test.at).Value != "text" ||
				book.Cell("A1").Value != "text" || book.Cell("E1").Value != "beside" ||
				book.Cell("A9").Note != "a note" {
				t.Errorf("%d x %d, cells %v", tab.Rows, tab.Columns, book.Formulas("Data"))
			}
		})
	}
	book := small(t)
	refuses(t, book, `{"insertRange":{"range":{"sheetId":0,"startRowIndex":10,"endRowIndex":12},"shiftDimension":"ROWS"}}`,
		"exceeds grid limits. Max rows: 10, max columns: 5")
	refuses(t, book, `{"deleteRange":{"range":{"sheetId":0,"endRowIndex":2},"shiftDimension":"SIDEWAYS"}}`,
		"No dimension specified.")
	sim := New(Options{CellLimit: 52})
	full := sim.Spreadsheet(sim.CreateSpreadsheet(owner, "Books", "Data"))
	must(t, full.edit(func(c *change) error {
		s := c.st.sheets[0]
		s.rowCount, s.colCount = 2, 26
		return nil
	}))
	set(t, full, "A2", "x")
	refuses(t, full, banded("insertRange", "ROWS", "A1:A1"), "above the limit of 52 cells")
}

func TestTables(t *testing.T) {
	t.Parallel()
	book := small(t)
	set(t, book, "B2", "Name", "B3", "x", "C3", "$5", "B6", "below", "E3", "beside")
	reply := run(t, book, `{"addTable":{"table":{"tableId":"t","name":"Sales","range":{"sheetId":0,"startRowIndex":1,"endRowIndex":4,"startColumnIndex":1,"endColumnIndex":4},"columnProperties":[{"columnIndex":2,"columnName":"Paid","columnType":"CHECKBOX"},{"columnIndex":1,"columnType":"DOUBLE"}]}}}`)
	if !strings.Contains(reply, `"columnName":"Column 2","columnType":"DOUBLE"`) {
		t.Errorf("reply %s", reply)
	}
	columns := func() string {
		var list []string
		for _, p := range tabOf(book, 0).Tables[0].ColumnProperties {
			list = append(list, p.ColumnName+":"+p.ColumnType)
		}
		return strings.Join(list, " ")
	}
	if got := columns(); got != "Name: Column 2:DOUBLE Paid:CHECKBOX" {
		t.Errorf("columns %s", got)
	}
	// A column that comes inside is named, types stay with their columns, and a typed header is a name.
	run(t, book, lines("insertDimension", "COLUMNS", 2, 3, ""))
	set(t, book, "B2", "Client")
	if got := columns(); got != "Client: Column 2: Column 2:DOUBLE Paid:CHECKBOX" {
		t.Errorf("columns %s", got)
	}
	run(t, book, lines("moveDimension", "COLUMNS", 4, 5, `,"destinationIndex":1`))
	run(t, book, lines("deleteDimension", "COLUMNS", 3, 4, ""))
	got, at := columns(), areaName(areaOf(tabOf(book, 0).Tables[0].Range))
	if at != "B2:D4" || got != "Paid:CHECKBOX Client: Column 2:DOUBLE" {
		t.Errorf("columns %s at %s", got, at)
	}
	const over = `"range":{"sheetId":0,"startRowIndex":1,"endRowIndex":3,"startColumnIndex":2,"endColumnIndex":4}`
	banded := "You cannot add alternating background colors to a range that already has alternating background colors."
	refuses(t, book, `{"addTable":{"table":{"name":"Other",`+over+`}}}`, banded)
	refuses(t, book, `{"addBanding":{"bandedRange":{"rowProperties":{},`+over+`}}}`, banded)
	refuses(t, book, `{"addTable":{"table":{"name":"sales","range":{"sheetId":3,"endRowIndex":3}}}}`, "already exists")
	refuses(t, book, `{"addTable":{"table":{"range":{"sheetId":3,"endRowIndex":3},"columnProperties":[{"columnType":"DROPDOWN"}]}}}`,
		"Condition must be set for dropdown column type.")
	run(t, book, `{"updateTable":{"table":{"tableId":"t","name":"Renamed","range":{"sheetId":0,"startRowIndex":1,"endRowIndex":6,"startColumnIndex":2,"endColumnIndex":4}},"fields":"name,range"}}`)
	if got := tabOf(book, 0).Tables[0]; got.Name != "Renamed" || got.Range.EndRowIndex != 6 {
		t.Errorf("updated to %+v", got)
	}
	refuses(t, book, `{"updateTable":{"table":{"tableId":"none","name":"x"},"fields":"name"}}`, "No table with id: none")
}

// TestDeletedTable loses the conditional formats over it, and by choice its cells.
func TestDeletedTable(t *testing.T) {
	t.Parallel()
	for _, clears := range []bool{false, true} {
		book := small(t)
		book.s.SetBehaviour(Behaviour{DeleteTableClears: clears})
		set(t, book, "A1", "head", "A2", "x", "A5", "below")
		run(t, book, `{"addTable":{"table":{"tableId":"t","range":{"sheetId":0,"endRowIndex":3,"endColumnIndex":1}}}},
			{"addConditionalFormatRule":{"rule":{"ranges":[{"sheetId":0,"startRowIndex":1,"endRowIndex":3,"endColumnIndex":1}],"booleanRule":{"condition":{"type":"NOT_BLANK"}}}}},
			{"addConditionalFormatRule":{"rule":{"ranges":[{"sheetId":0,"startRowIndex":4,"endRowIndex":6}],"booleanRule":{"condition":{"type":"NOT_BLANK"}}}}},
			{"deleteTable":{"tableId":"t"}}`)
		r := tabOf(book, 0)
		if len(r.Tables) != 0 || len(r.ConditionalFormats) != 1 || (book.Cell("A2").Value == nil) != clears ||
			book.Cell("A5").Value != "below" {
			t.Errorf("clears %v: tables %d, rules %d, cells %v", clears, len(r.Tables), len(r.ConditionalFormats),
				book.Values("Data"))
		}
	}
}

// TestRowsAppendedToATable lengthen it only if they are inserted.
func TestRowsAppendedToATable(t *testing.T) {
	t.Parallel()
	for option, want := range map[string]int64{"OVERWRITE": 3, "INSERT_ROWS": 4} {
		sim := New(Options{})
		id := sim.CreateSpreadsheet(owner, "Books", "Data")
		book := sim.Spreadsheet(id)
		set(t, book, "A1", "head", "A2", "x", "A3", "y")
		run(t, book, `{"addTable":{"table":{"range":{"sheetId":0,"endRowIndex":3,"endColumnIndex":1}}}}`)
		status, body := ask(t, sim.Client(owner, "spreadsheets"), "POST", "/v4/spreadsheets/"+id+
			"/values/Data!A1:append?valueInputOption=RAW&insertDataOption="+option, `{"values":[["z"]]}`)
		if got := tabOf(book, 0).Tables[0].Range.EndRowIndex; status != 200 || got != want {
			t.Errorf("%s: %d %s, the table ends at row %d", option, status, body, got)
		}
	}
}

func TestInsertedCellsInsideATable(t *testing.T) {
	t.Parallel()
	book := small(t)
	set(t, book, "A1", "head", "A2", "$5", "A3", "10%")
	run(t, book, `{"addTable":{"table":{"range":{"sheetId":0,"endRowIndex":3,"endColumnIndex":1}}}},`+
		banded("insertRange", "ROWS", "A3:A3"))
	if got := book.Cell("A3"); got.Value != nil || got.NumberFormatType != "PERCENT" {
		t.Errorf("inside: %+v", got)
	}
	run(t, book, banded("insertRange", "ROWS", "A5:A5"))
	if got := book.Cell("A5"); got.NumberFormatType != "" {
		t.Errorf("below: %+v", got)
	}
	book.s.SetBehaviour(Behaviour{InsertedCellsInherit: true})
	run(t, book, banded("insertRange", "ROWS", "A5:A5"))
	if got := book.Cell("A5"); got.NumberFormatType != "PERCENT" {
		t.Errorf("by choice: %+v", got)
	}
}

func TestBandingAndBorders(t *testing.T) {
	t.Parallel()
	book := small(t)
	const one = `{"addBanding":{"bandedRange":{"bandedRangeId":7,"range":{"sheetId":0,"endRowIndex":4},"rowProperties":{"firstBandColor":{"red":1}}}}}`
	if reply := run(t, book, one); !strings.Contains(reply, `"bandedRangeId":7`) {
		t.Errorf("reply %s", reply)
	}
	refuses(t, book, strings.Replace(one, "7", "8", 1), "already has alternating background colors")
	refuses(t, book, one, "7 already exists")
	refuses(t, book, `{"addBanding":{"bandedRange":{"range":{"sheetId":3}}}}`, "At least one of")
	run(t, book, `{"updateBanding":{"bandedRange":{"bandedRangeId":7,"range":{"sheetId":0,"endRowIndex":6}},"fields":"range"}}`)
	if got := tabOf(book, 0).BandedRanges[0]; got.Range.EndRowIndex != 6 || got.RowProperties == nil {
		t.Errorf("updated to %+v", got)
	}
	run(t, book, `{"deleteBanding":{"bandedRangeId":7}}`)
	refuses(t, book, `{"deleteBanding":{"bandedRangeId":7}}`, "No banding with id: 7")
	run(t, book, `{"updateBorders":{"range":{"sheetId":0,"endRowIndex":2,"endColumnIndex":2},"top":{"style":"SOLID"},"innerVertical":{"style":"DOTTED"}}},
		{"updateBorders":{"range":{"sheetId":0,"endRowIndex":1,"endColumnIndex":1},"left":{"style":"DOUBLE"},"top":{"style":"NONE"}}}`)
	a, b := book.Cell("A1").Format.Borders, book.Cell("B2").Format.Borders
	if a.Top != nil || a.Right.Style != "DOTTED" || a.Left.Style != "DOUBLE" || b.Left.Style != "DOTTED" ||
		b.Top != nil {
		t.Errorf("borders %+v %+v", a, b)
	}
}

func TestCharts(t *testing.T) {
	t.Parallel()
	book := small(t)
	chart := func(spec string) string {
		return `{"addChart":{"chart":{"chartId":5,"spec":` + spec +
			`,"position":{"overlayPosition":{"anchorCell":{"sheetId":0,"rowIndex":4,"columnIndex":1}}}}}}`
	}
	column := func(c int) string {
		return `{"sourceRange":{"sources":[{"sheetId":0,"endRowIndex":5,"startColumnIndex":` + itoa(c) +
			`,"endColumnIndex":` + itoa(c+1) + `}]}}`
	}
	refuses(t, book, chart(`{"title":"nothing"}`), "must be set on chartSpec")
	refuses(t, book, chart(`{"basicChart":{"chartType":"LINE"}}`), "Internal error encountered.")
	refuses(t, book, `{"addChart":{"chart":{"spec":{"pieChart":{}}}}}`, "EmbeddedObjectPosition.sheetId must be set")
	refuses(t, book, chart(`{"pieChart":{"series":`+strings.Replace(column(0), `"sheetId":0`, `"sheetId":9`, 1)+`}}`),
		"No grid with id: 9")
	spec := `{"basicChart":{"chartType":"LINE","domains":[{"domain":` + column(0) + `}],"series":[{"series":` + column(1) +
		`},{"series":` + column(2) + `}]}}`
	if reply := run(t, book, chart(spec)); !strings.Contains(reply, `"heightPixels":371`) {
		t.Errorf("reply %s", reply)
	}
	// A deleted column takes its series along, silently; the chart and the others stay.
	run(t, book, lines("deleteDimension", "COLUMNS", 1, 2, ""))
	got := tabOf(book, 0).Charts[0]
	if s := got.Spec.BasicChart.Series; len(s) != 1 || s[0].Series.SourceRange.Sources[0].StartColumnIndex != 1 ||
		got.Position.OverlayPosition.AnchorCell.ColumnIndex != 1 {
		t.Errorf("after the deletion %+v", got)
	}
	run(t, book, lines("insertDimension", "ROWS", 0, 3, ""))
	if at := tabOf(book, 0).Charts[0].Position.OverlayPosition.AnchorCell; at.RowIndex != 7 {
		t.Errorf("anchored at %+v", at)
	}
	run(t, book, `{"updateChartSpec":{"chartId":5,"spec":{"pieChart":{"series":`+column(0)+`}}}},
		{"updateEmbeddedObjectPosition":{"objectId":5,"newPosition":{"overlayPosition":{"anchorCell":{"sheetId":3}}},"fields":"anchorCell"}}`)
	if c := tabOf(book, 1).Charts; len(c) != 1 || c[0].Spec.PieChart == nil {
		t.Errorf("moved to %+v", c)
	}
	run(t, book, `{"deleteEmbeddedObject":{"objectId":5}}`)
	refuses(t, book, `{"deleteEmbeddedObject":{"objectId":5}}`, "No embedded object with id: 5")
}

func TestConditionalFormats(t *testing.T) {
	t.Parallel()
	book := small(t)
	rule := func(text string) string {
		return `{"ranges":[{"sheetId":0,"startRowIndex":1,"endRowIndex":5,"endColumnIndex":2}],"booleanRule":{"condition":{"type":"CUSTOM_FORMULA","values":[{"userEnteredValue":"` +
			text + `"}]}}}`
	}
	run(t, book, `{"addConditionalFormatRule":{"rule":`+rule("=$B2>1")+`}},{"addConditionalFormatRule":{"rule":`+
		rule("=Other!$A$1=A2")+`,"index":1}}`)
	texts := func() string {
		var list []string
		for _, r := range tabOf(book, 0).ConditionalFormats {
			list = append(list, r.BooleanRule.Condition.Values[0].UserEnteredValue)
		}
		return strings.Join(list, " ")
	}
	run(t, book, lines("insertDimension", "ROWS", 0, 1, "")+","+lines("insertDimension", "ROWS", 4, 6, "")+`,
		{"insertDimension":{"range":{"sheetId":3,"dimension":"COLUMNS","startIndex":0,"endIndex":1}}}`)
	if got := texts(); got != "=$B3>1 =Other!$B$1=A3" {
		t.Errorf("rules %s", got)
	}
	must(t, book.RenameTab("Other", "It's other"))
	if got := texts(); got != "=$B3>1 ='It''s other'!$B$1=A3" {
		t.Errorf("renamed: %s", got)
	}
	must(t, book.RenameTab("It's other", "Other"))
	if reply := run(t, book, `{"updateConditionalFormatRule":{"sheetId":0,"index":0,"newIndex":1}}`); !strings.Contains(reply,
		`"newIndex":1`) || texts() != "=Other!$B$1=A3 =$B3>1" {
		t.Errorf("moved: %s, %s", reply, texts())
	}
	run(t, book, `{"updateConditionalFormatRule":{"index":1,"rule":`+rule("=TRUE")+`}},{"deleteConditionalFormatRule":{"sheetId":0,"index":0}}`)
	if got := texts(); got != "=TRUE" {
		t.Errorf("rules %s", got)
	}
	refuses(t, book, `{"deleteConditionalFormatRule":{"sheetId":0,"index":4}}`,
		"No conditional format on sheet: 0 at index: 4")
}

func TestFindReplace(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, request, reply, a, b, other string }{
		{"all tabs", `"find":"old","replacement":"new","allSheets":true`,
			`{"occurrencesChanged":3,"rowsChanged":2,"sheetsChanged":2,"valuesChanged":2}`, "new new", "=\"old\"", "new"},
		{"a range, case", `"find":"OLD","replacement":"new","matchCase":true,"range":{"sheetId":0}`, `{}`, "Old old",
			"=\"old\"", "old"},
		{"whole cells", `"find":"old","replacement":"7","matchEntireCell":true,"allSheets":true`,
			`{"occurrencesChanged":1,"rowsChanged":1,"sheetsChanged":1,"valuesChanged":1}`, "Old old", "=\"old\"", "7"},
		{"formulas", `"find":"old","replacement":"x","includeFormulas":true,"sheetId":0`,
			`{"formulasChanged":1,"occurrencesChanged":3,"rowsChanged":1,"sheetsChanged":1,"valuesChanged":1}`, "x x", "=\"x\"",
			"old"},
		{"regular expression", `"find":"(o)l(d)","replacement":"$2$1","searchByRegex":true,"matchCase":true,"sheetId":3`,
			`{"occurrencesChanged":1,"rowsChanged":1,"sheetsChanged":1,"valuesChanged":1}`, "Old old", "=\"old\"", "do"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			book := small(t)
			set(t, book, "A1", "Old old", "B1", `="old"`, "Other!A1", "old")
			reply := run(t, book, `{"findReplace":{`+test.request+`}}`)
			if want := `[{"findReplace":` + test.reply + `}]`; reply != want {
				t.Errorf("reply %s, want %s", reply, want)
			}
			a, b, o := book.Cell("A1").Value, book.Cell("B1").Formula, book.Formatted("Other!A1")[0][0]
			if a != test.a || b != test.b || o != test.other {
				t.Errorf("cells %v %v %v", a, b, o)
			}
		})
	}
	refuses(t, small(t), `{"findReplace":{"find":"x","allSheets":true,"sheetId":0}}`, "Exactly one of")
}
