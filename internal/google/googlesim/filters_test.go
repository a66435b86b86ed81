package googlesim

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// filtered is a tab with the rows 3, 1, 2 below a header; the one with 1 is hidden by the basic filter.
func filtered(t *testing.T) *Spreadsheet {
	t.Helper()
	book := small(t)
	set(t, book, "A1", "n", "B1", "name", "A2", "3", "B2", "c", "A3", "1", "B3", "a", "A4", "2", "B4", "b")
	must(t, book.Filter("Data!A1:B4", 1, "1"))
	return book
}

// hiddenRows are the numbers of the rows a get shows as hidden by the filter.
func hiddenRows(b *Spreadsheet) string {
	var list []string
	for i, m := range tabOf(b, 0).Data[0].RowMetadata {
		if m.HiddenByFilter {
			list = append(list, itoa(i+1))
		}
	}
	return strings.Join(list, " ")
}

func TestFilterHidesRows(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, criteria, want string }{
		{"values", `"criteria":{"0":{"hiddenValues":["1","2"]}}`, "3 4"},
		{"specs", `"filterSpecs":[{"columnIndex":1,"filterCriteria":{"hiddenValues":["c"]}}]`, "2"},
		{"greater", `"criteria":{"0":{"condition":{"type":"NUMBER_GREATER","values":[{"userEnteredValue":"1"}]}}}`, "3"},
		{"between", `"criteria":{"0":{"condition":{"type":"NUMBER_BETWEEN","values":[{"userEnteredValue":"2"},{"userEnteredValue":"3"}]}}}`, "3"},
		{"text", `"criteria":{"1":{"condition":{"type":"TEXT_EQ","values":[{"userEnteredValue":"B"}]}}}`, "2 3"},
		{"not blank", `"criteria":{"1":{"condition":{"type":"NOT_BLANK"}}}`, ""},
		{"two columns", `"criteria":{"0":{"hiddenValues":["3"]},"1":{"hiddenValues":["b"]}}`, "2 4"},
	} {
		book := filtered(t)
		run(t, book, `{"setBasicFilter":{"filter":{"range":{"sheetId":0,"endRowIndex":4,"endColumnIndex":2},`+test.criteria+`}}}`)
		if got := hiddenRows(book); got != test.want {
			t.Errorf("%s hides rows %q, want %q", test.name, got, test.want)
		}
	}
	book := filtered(t)
	refuses(t, book, `{"setBasicFilter":{"filter":{"range":{"sheetId":0},"criteria":{"0":{"condition":{"type":"DATE_AFTER"}}}}}}`,
		"does not know how to filter by DATE_AFTER")
	// Values below a filter are read and written like others.
	if got := book.Formatted("Data!A1:A4"); len(got) != 4 || got[2][0] != "1" {
		t.Errorf("read %v", got)
	}
	// Criteria belong to a column, not to a letter.
	run(t, book, lines("insertDimension", "COLUMNS", 0, 1, ""))
	if got := hiddenRows(book); got != "3" {
		t.Errorf("after a column came hidden are %q", got)
	}
	run(t, book, lines("deleteDimension", "COLUMNS", 1, 2, ""))
	if got := hiddenRows(book); got != "" {
		t.Errorf("after the column went hidden are %q", got)
	}
	must(t, book.ClearFilter("Data"))
	if tabOf(book, 0).BasicFilter != nil {
		t.Error("the filter stayed")
	}
}

func TestFilterViews(t *testing.T) {
	t.Parallel()
	book := filtered(t)
	must(t, book.NameRange("Part", "Data!A1:B3"))
	named := book.Resource().NamedRanges[0].NamedRangeId
	run(t, book, `{"addFilterView":{"filter":{"filterViewId":4,"namedRangeId":"`+named+`","criteria":{"0":{"hiddenValues":["3"]}}}}},
		{"updateFilterView":{"filter":{"filterViewId":4,"title":"Mine"},"fields":"title"}},
		{"duplicateFilterView":{"filterId":4}}`)
	views := tabOf(book, 0).FilterViews
	if len(views) != 2 || views[0].Title != "Mine" || views[1].Title != "Copy of Mine" ||
		views[0].Range.EndRowIndex != 3 {
		t.Errorf("views %+v", views)
	}
	if got := hiddenRows(book); got != "3" {
		t.Errorf("a view hides rows %q from everybody", got)
	}
	run(t, book, `{"deleteFilterView":{"filterId":4}}`)
	refuses(t, book, `{"deleteFilterView":{"filterId":4}}`, "No filter view with id: 4")
	refuses(t, book, `{"addFilterView":{"filter":{"tableId":"none"}}}`, "No table with id: none")
}

// TestWritesUnderAFilter tells which requests reach the hidden row 3.
func TestWritesUnderAFilter(t *testing.T) {
	t.Parallel()
	paste := `{"copyPaste":{"source":{"sheetId":3,"endRowIndex":3,"endColumnIndex":1},"destination":{"sheetId":0,"startRowIndex":1,"endRowIndex":4,"startColumnIndex":1,"endColumnIndex":2},"pasteType":"PASTE_VALUES"}}`
	for _, test := range []struct {
		name, request string
		how           Behaviour
		want          string // B2 to B4
	}{
		{"update", `{"updateCells":{"range":{"sheetId":0,"startRowIndex":1,"endRowIndex":4,"startColumnIndex":1,"endColumnIndex":2},"fields":"userEnteredValue"}}`,
			Behaviour{}, "[]"},
		{"paste", paste, Behaviour{}, "[x y z]"},
		{"paste that skips", paste, Behaviour{PasteSkipsFilteredRows: true}, "[x a z]"},
		{"copy to elsewhere", `{"copyPaste":{"source":{"sheetId":0,"startRowIndex":1,"endRowIndex":3,"startColumnIndex":1,"endColumnIndex":2},"destination":{"sheetId":0,"startRowIndex":2,"endRowIndex":4,"startColumnIndex":1,"endColumnIndex":2},"pasteType":"PASTE_VALUES"}}`,
			Behaviour{}, "[c c a]"},
		{"copy that skips and repeats", `{"copyPaste":{"source":{"sheetId":0,"startRowIndex":1,"endRowIndex":3,"startColumnIndex":1,"endColumnIndex":2},"destination":{"sheetId":0,"startRowIndex":2,"endRowIndex":4,"startColumnIndex":1,"endColumnIndex":2},"pasteType":"PASTE_VALUES"}}`,
			Behaviour{CopySkipsFilteredRows: true}, "[c c c]"},
		{"sort", `{"sortRange":{"range":{"sheetId":0,"startRowIndex":1,"endRowIndex":4},"sortSpecs":[{"dimensionIndex":0}]}}`,
			Behaviour{}, "[b a c]"},
		{"sort that moves all", `{"sortRange":{"range":{"sheetId":0,"startRowIndex":1,"endRowIndex":4},"sortSpecs":[{"dimensionIndex":0}]}}`,
			Behaviour{SortMovesHiddenRows: true}, "[a b c]"},
		{"cells of a part", banded("insertRange", "ROWS", "B2:B2"), Behaviour{}, "[c a]"},
		{"cells of a part, refused", banded("insertRange", "ROWS", "B2:B2"), Behaviour{ShiftRefusesFilter: true},
			"[c a b]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			book := filtered(t)
			set(t, book, "Other!A1", "x", "Other!A2", "y", "Other!A3", "z")
			book.s.SetBehaviour(test.how)
			if test.how.ShiftRefusesFilter {
				refuses(t, book, test.request, "over part of a filter")
			} else {
				run(t, book, test.request)
			}
			var got []any
			for _, line := range book.Values("Data!B2:B4") {
				if len(line) > 0 && line[0] != "" {
					got = append(got, line[0])
				}
			}
			if fmt.Sprint(got) != test.want {
				t.Errorf("the column holds %v, want %s", got, test.want)
			}
		})
	}
}

// TestValidationUnderAFilter leaves hidden rows out unless told otherwise.
func TestValidationUnderAFilter(t *testing.T) {
	t.Parallel()
	for _, included := range []bool{false, true} {
		book := filtered(t)
		run(t, book, fmt.Sprintf(`{"setDataValidation":{"range":{"sheetId":0,"startRowIndex":1,"endRowIndex":4,"startColumnIndex":3,"endColumnIndex":4},"rule":{"condition":{"type":"BOOLEAN"}},"filteredRowsIncluded":%v}}`, included))
		got := 0
		for _, row := range tabOf(book, 0).Data[0].RowData {
			for _, c := range row.Values {
				if c.DataValidation != nil {
					got++
				}
			}
		}
		if want := map[bool]int{false: 2, true: 3}[included]; got != want {
			t.Errorf("included %v: %d cells are validated, want %d", included, got, want)
		}
	}
}

// TestHiddenCells reads cells that show nothing and yet are not empty, in a tab of which nothing else is
// filled.
func TestHiddenCells(t *testing.T) {
	t.Parallel()
	sim := New(Options{})
	id := sim.CreateSpreadsheet(owner, "Books", "Data")
	book := sim.Spreadsheet(id)
	set(t, book, "A1", `=IF(F2="","","late")`)
	must(t, book.SetNote("B1", "ask Ann"))
	run(t, book, `{"setDataValidation":{"range":{"sheetId":0,"endRowIndex":1,"startColumnIndex":2,"endColumnIndex":3},"rule":{"condition":{"type":"BOOLEAN"}}}}`)
	client := sim.Client(owner, "spreadsheets")
	status, body := ask(t, client, "GET", "/v4/spreadsheets/"+id+
		"?fields=sheets.data.rowData.values(userEnteredValue,effectiveValue,formattedValue,note,dataValidation)", "")
	want := `{"sheets":[{"data":[{"rowData":[{"values":[{"effectiveValue":{"stringValue":""},"userEnteredValue":{"formulaValue":"=IF(F2=\"\",\"\",\"late\")"}},{"note":"ask Ann"},{"dataValidation":{"condition":{"type":"BOOLEAN"}}}]}]}]}]}`
	if status != 200 || strings.TrimSpace(body) != want {
		t.Errorf("get: %d\n%s\nwant\n%s", status, body, want)
	}
	for option, want := range map[string]string{
		"FORMULA": `"values":[["=IF(F2=\"\",\"\",\"late\")"]]`, "FORMATTED_VALUE": `"values":[[""]]`,
	} {
		_, body := ask(t, client, "GET", "/v4/spreadsheets/"+id+"/values/Data!A1:C1?valueRenderOption="+option, "")
		if !strings.Contains(body, want) {
			t.Errorf("%s: %s", option, body)
		}
	}
}

func TestKindsOfPaste(t *testing.T) {
	t.Parallel()
	source := `"source":{"sheetId":0,"endRowIndex":1,"endColumnIndex":2}`
	for _, test := range []struct{ kind, want string }{
		{"PASTE_NORMAL", `=B4 CURRENCY SOLID BOOLEAN rule`},
		{"PASTE_NO_BORDERS", `=B4 CURRENCY DASHED BOOLEAN rule`},
		{"PASTE_VALUES", `5 PERCENT DASHED ONE_OF_LIST `},
		{"PASTE_FORMULA", `=B4 PERCENT DASHED ONE_OF_LIST `},
		{"PASTE_FORMAT", `0.1 CURRENCY SOLID ONE_OF_LIST rule`},
		{"PASTE_DATA_VALIDATION", `0.1 PERCENT DASHED BOOLEAN `},
		{"PASTE_CONDITIONAL_FORMATTING", `0.1 PERCENT DASHED ONE_OF_LIST rule`},
	} {
		t.Run(test.kind, func(t *testing.T) {
			t.Parallel()
			book := small(t)
			dress := func(col, validation, border string) string {
				grid := `{"sheetId":0,"startRowIndex":` + col + `,"endRowIndex":` + plusOne(col) + `,"startColumnIndex":0,"endColumnIndex":1}`
				return `{"setDataValidation":{"range":` + grid + `,"rule":{"condition":{"type":"` + validation +
					`","values":[{"userEnteredValue":"a"}]}}}},{"updateBorders":{"range":` + grid + `,"left":{"style":"` + border + `"}}}`
			}
			set(t, book, "B1", "$5", "A1", "$1", "A1", "=B1", "A4", "10%")
			run(t, book, dress("0", "BOOLEAN", "SOLID")+","+dress("3", "ONE_OF_LIST", "DASHED")+
				`,{"addConditionalFormatRule":{"rule":{"ranges":[{"sheetId":0,"endRowIndex":1,"endColumnIndex":1}],"booleanRule":{"condition":{"type":"NOT_BLANK"}}}}}`)
			run(t, book, `{"copyPaste":{`+source+`,"destination":{"sheetId":0,"startRowIndex":3,"endRowIndex":4,"endColumnIndex":2},"pasteType":"`+
				test.kind+`"}}`)
			r := tabOf(book, 0)
			c := r.Data[0].RowData[3].Values[0]
			held := fmt.Sprint(book.Formulas("Data!A4")[0][0])
			border, rule := "", ""
			if b := c.UserEnteredFormat.Borders; b != nil && b.Left != nil {
				border = b.Left.Style
			}
			if len(r.ConditionalFormats[0].Ranges) > 1 {
				rule = "rule"
			}
			got := strings.Join([]string{
				held, c.UserEnteredFormat.NumberFormat.Type, border, c.DataValidation.Condition.Type, rule,
			}, " ")
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("A4 differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTransposedPaste(t *testing.T) {
	t.Parallel()
	book := small(t)
	set(t, book, "A1", "a", "B1", "b", "C1", "=B1", "A2", "d")
	run(t, book, `{"copyPaste":{"source":{"sheetId":0,"endRowIndex":2,"endColumnIndex":3},"destination":{"sheetId":0,"startRowIndex":4,"endRowIndex":5,"endColumnIndex":1},"pasteOrientation":"TRANSPOSE"}}`)
	want := [][]any{{"a", "d"}, {"b"}, {"#REF!"}}
	if diff := cmp.Diff(want, book.Values("Data!A5:B7")); diff != "" {
		t.Errorf("pasted cells differ (-want +got):\n%s", diff)
	}
}

// TestConditionalFormatContinues pastes formats below a rule's range, which then is one longer range.
func TestConditionalFormatContinues(t *testing.T) {
	t.Parallel()
	book := small(t)
	run(t, book, `{"addConditionalFormatRule":{"rule":{"ranges":[{"sheetId":0,"endRowIndex":3,"endColumnIndex":2}],"booleanRule":{"condition":{"type":"NOT_BLANK"}}}}},
		{"copyPaste":{"source":{"sheetId":0,"startRowIndex":2,"endRowIndex":3,"endColumnIndex":2},"destination":{"sheetId":0,"startRowIndex":3,"endRowIndex":6,"endColumnIndex":2},"pasteType":"PASTE_FORMAT"}},
		{"copyPaste":{"source":{"sheetId":0,"startRowIndex":2,"endRowIndex":3,"endColumnIndex":2},"destination":{"sheetId":3,"endRowIndex":1,"endColumnIndex":2},"pasteType":"PASTE_FORMAT"}}`)
	r := book.Resource()
	mine, theirs := r.Sheets[0].ConditionalFormats, r.Sheets[1].ConditionalFormats
	if len(mine) != 1 || len(mine[0].Ranges) != 1 || mine[0].Ranges[0].EndRowIndex != 6 || len(theirs) != 1 {
		t.Errorf("rules %+v and %+v", mine[0].Ranges, theirs)
	}
}
