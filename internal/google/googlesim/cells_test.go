package googlesim

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func fixedClock() time.Time { return time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC) }

func TestNumberFormats(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		number  float64
		pattern string
		want    string
	}{
		{1234.5, "", "1234.5"},
		{1.0 / 3, "", "0.3333333333"},
		{1e21, "", "1E+21"},
		{1234.5, "#,##0.00", "1,234.50"},
		{-1234567.891, "#,##0.00", "-1,234,567.89"},
		{1.005, "0.00", "1.01"},
		{-0.001, "0.00", "0.00"},
		{0.5, "#.##", ".5"},
		{12, "0000", "0012"},
		{0.075, "0%", "8%"},
		{0.075, "0.0%", "7.5%"},
		{1234.5, `"CA$"#,##0.00`, "CA$1,234.50"},
		{-1234.5, `"CA$"#,##0.00`, "-CA$1,234.50"},
		{-5, `#,##0.00;(#,##0.00)`, "(5.00)"},
		{0, `0.00;-0.00;"–"`, "–"},
		{-5, `[$€-407]#,##0.00;[Red]-[$€-407]#,##0.00`, "-€5.00"},
		{5, `0.00_)`, "5.00 "},
		{1500000, `0.0,,"M"`, "1.5M"},
		{12345.678, "0.00E+00", "1.23E+04"},
		{42, "@", "42"},
		{46270, "yyyy-mm-dd", "2026-09-05"},
		{46270.75, "yyyy-mm-dd hh:mm:ss", "2026-09-05 18:00:00"},
		{46270.75, "m/d/yy h:mm am/pm", "9/5/26 6:00 PM"},
		{46270, "dddd, d mmmm yyyy", "Saturday, 5 September 2026"},
		{46270, "ddd dd-mmm", "Sat 05-Sep"},
		{1.5, "[h]:mm", "36:00"},
		{0.000011574074, "hh:mm:ss.000", "00:00:01.000"},
	} {
		if got := formatValue(numberValue(test.number), test.pattern); got != test.want {
			t.Errorf("%v as %q shows %q, want %q", test.number, test.pattern, got, test.want)
		}
	}
}

func TestEvaluation(t *testing.T) {
	t.Parallel()
	book := newBook(t, "Data")
	set(t, book, "A1", "10", "A2", "20", "A3", "x", "A4", "TRUE", "A5", "=A1/0", "B1", "Chair", "B2", "Table", "B3",
		"chair", "C1", "=C2", "C2", "=C1")
	must(t, book.NameRange("Amounts", "Data!A1:A2"))
	for _, test := range []struct {
		formula string
		want    any
	}{
		{"=1+2*3^2", 19.0},
		{"=-2^2", 4.0},
		{"=(1+2)*3%", 0.09},
		{"=A1&\"-\"&B1", "10-Chair"},
		{"=A1>=10", true},
		{"=\"a\"=\"A\"", true},
		{"=B1<>B2", true},
		{"=SUM(A1:A4,5)", 35.0},
		{"=SUM(Amounts)", 30.0},
		{"=SUM(A:A)", "#DIV/0!"},
		{"=COUNT(A1:A5)", 2.0},
		{"=COUNTA(A1:A9)", 5.0},
		{"=COUNTIF(B1:B3,\"chair\")", 2.0},
		{"=COUNTIF(A1:A4,\">10\")", 1.0},
		{"=COUNTIF(B1:B3,\"*a*\")", 3.0},
		{"=SUMIF(B1:B3,\"Chair\",A1:A3)", 10.0},
		{"=AVERAGE(A1:A2)", 15.0},
		{"=AVERAGE(B1:B2)", "#DIV/0!"},
		{"=MIN(A1:A2)", 10.0},
		{"=MAX(A1:A2)", 20.0},
		{"=IF(A1>5,\"big\",\"small\")", "big"},
		{"=IF(FALSE,1)", false},
		{"=IFERROR(A5,\"none\")", "none"},
		{"=ROUND(2.345,2)", 2.35},
		{"=ROUND(-2.5)", -3.0},
		{"=VLOOKUP(20,A1:B3,2,FALSE)", "Table"},
		{"=VLOOKUP(99,A1:B3,2,FALSE)", "#N/A"},
		{"=A5+1", "#DIV/0!"},
		{"=A3*2", "#VALUE!"},
		{"=NOSUCH(1)", "#NAME?"},
		{"=Nothing", "#NAME?"},
		{"=Gone!A1", "#REF!"},
		{"=1+", "#ERROR!"},
		{"=C1", "#REF!"},
		{"=D9", 0.0},
		{"=ROWS(A2:B9)", 8.0},
	} {
		set(t, book, "E5", test.formula)
		if got := book.Cell("E5").Value; got != test.want {
			t.Errorf("%s is %v, want %v", test.formula, got, test.want)
		}
	}
}

func TestUpdateCells(t *testing.T) {
	t.Parallel()
	book := newBook(t, "Data")
	set(t, book, "A1", "old", "B1", "$5", "C3", "tail", "D1", "beside")
	must(t, book.SetNote("A1", "kept"))
	must(t, book.Batch(mustRequests(t, `[{"updateCells":{"range":{"sheetId":0,"startRowIndex":0,"endRowIndex":3,"startColumnIndex":0,"endColumnIndex":3},"fields":"userEnteredValue","rows":[
		{"values":[{"userEnteredValue":{"stringValue":"=1+1"}},{"userEnteredValue":{"numberValue":7}},{}]},{"values":[{"userEnteredValue":{"boolValue":false}},{"userEnteredValue":{"formulaValue":"=B1*2"}}]}]}}]`)...))
	want := [][]any{{"=1+1", 7.0, "", "beside"}, {false, 14.0}}
	if diff := cmp.Diff(want, book.Values("Data")); diff != "" {
		t.Errorf("values differ (-want +got):\n%s", diff)
	}
	if got := book.Cell("B1").Formatted; got != "$7.00" {
		t.Errorf("B1 shows %q: the format must stay", got)
	}
	if got := book.Cell("A1").Note; got != "kept" {
		t.Errorf("note %q", got)
	}
	must(t, book.Batch(mustRequests(t, `[{"updateCells":{"range":{"sheetId":0},"fields":"*"}}]`)...))
	if got := book.Values("Data"); len(got) != 0 {
		t.Errorf("after clearing everything: %v", got)
	}
	if got := book.Cell("A1"); got.Note != "" {
		t.Errorf("note %q after clearing everything", got.Note)
	}
}

func TestMaskNamesWhatIsReset(t *testing.T) {
	t.Parallel()
	book := newBook(t, "Data")
	must(t, book.Batch(mustRequests(t, `[
		{"repeatCell":{"range":{"sheetId":0,"endRowIndex":1,"endColumnIndex":2},"cell":{"userEnteredFormat":{"numberFormat":{"type":"NUMBER","pattern":"0.0"},"textFormat":{"bold":true,"italic":true}}},"fields":"userEnteredFormat"}},
		{"repeatCell":{"range":{"sheetId":0,"endRowIndex":1,"endColumnIndex":1},"cell":{"userEnteredFormat":{"textFormat":{"italic":true}}},"fields":"userEnteredFormat(textFormat.bold,horizontalAlignment)"}}]`)...))
	a, b := book.Cell("A1").Format, book.Cell("B1").Format
	if a.TextFormat.Bold || !a.TextFormat.Italic || a.NumberFormat.Pattern != "0.0" {
		t.Errorf("A1 has %+v %+v", a.TextFormat, a.NumberFormat)
	}
	if !b.TextFormat.Bold {
		t.Error("the format of B1 changed with that of A1")
	}
}

func TestCopyPaste(t *testing.T) {
	t.Parallel()
	const paste = `[{"copyPaste":{"source":{"sheetId":0,"endRowIndex":2,"endColumnIndex":2},"destination":{"sheetId":0,"startRowIndex":%ROW%,"endRowIndex":%END%,"startColumnIndex":3,"endColumnIndex":5},"pasteType":"%TYPE%"}}]`
	for _, test := range []struct {
		name, kind string
		row, end   string
		at         string
		want       [][]any
		format     string
	}{
		{"values", "PASTE_VALUES", "0", "2", "D1:E2", [][]any{{5.0, 10.0}, {"x"}}, ""},
		{"everything", "PASTE_NORMAL", "0", "2", "D1:E2", [][]any{{5.0, "=D1*2+$A$1"}, {"x"}}, `"$"#,##0.00`},
		{"formats", "PASTE_FORMAT", "0", "2", "D1:E2", [][]any{}, `"$"#,##0.00`},
		{"repeated", "PASTE_VALUES", "2", "6", "D3:E6", [][]any{{5.0, 10.0}, {"x"}, {5.0, 10.0}, {"x"}}, ""},
		{"smaller destination", "PASTE_VALUES", "2", "3", "D3:E6", [][]any{{5.0, 10.0}, {"x"}}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			book := newBook(t, "Data")
			set(t, book, "A1", "$5", "B1", "=A1*2+$A$1-5", "B1", "=A1*2", "A2", "x", "E2", "goes")
			if test.kind == "PASTE_NORMAL" {
				set(t, book, "B1", "=A1*2+$A$1")
			}
			text := paste
			for _, r := range [][2]string{{"%ROW%", test.row}, {"%END%", test.end}, {"%TYPE%", test.kind}} {
				text = replace(text, r[0], r[1])
			}
			if test.kind == "PASTE_FORMAT" {
				set(t, book, "E2", "")
			}
			must(t, book.Batch(mustRequests(t, text)...))
			if diff := cmp.Diff(test.want, book.Formulas(test.at)); diff != "" {
				t.Errorf("cells differ (-want +got):\n%s", diff)
			}
			if got := book.Cell("D" + plusOne(test.row)).NumberFormat; got != test.format {
				t.Errorf("number format %q, want %q", got, test.format)
			}
		})
	}
}

func TestOverlappingPasteReadsFirst(t *testing.T) {
	t.Parallel()
	book := newBook(t, "Data")
	set(t, book, "A1", "1", "A2", "2", "A3", "3", "B1", "=A3")
	must(t,
		book.Batch(mustRequests(t,
			`[{"copyPaste":{"source":{"sheetId":0,"endRowIndex":3,"endColumnIndex":1},"destination":{"sheetId":0,"startRowIndex":1,"endRowIndex":4,"endColumnIndex":1},"pasteType":"PASTE_VALUES"}}]`)...))
	if diff := cmp.Diff([][]any{{1.0, 2.0}, {1.0}, {2.0}, {3.0}}, book.Values("Data")); diff != "" {
		t.Errorf("values differ (-want +got):\n%s", diff)
	}
}

func TestSortRange(t *testing.T) {
	t.Parallel()
	book := newBook(t, "Data")
	set(t, book, "A1", "head", "B2", "b", "C2", "2", "B3", "", "C3", "3", "B4", "a", "C4", "1", "D2",
		"=C2*10", "D4", "=C4*10")
	must(t,
		book.Batch(mustRequests(t,
			`[{"sortRange":{"range":{"sheetId":0,"startRowIndex":1,"endRowIndex":4,"startColumnIndex":1,"endColumnIndex":4},"sortSpecs":[{"dimensionIndex":1,"sortOrder":"ASCENDING"}]}}]`)...))
	want := [][]any{{"head"}, {"", "a", 1.0, "=C2*10"}, {"", "b", 2.0, "=C3*10"}, {"", "", 3.0}}
	if diff := cmp.Diff(want, book.Formulas("Data")); diff != "" {
		t.Errorf("cells differ (-want +got):\n%s", diff)
	}
}

func TestProtectionBlocksOthers(t *testing.T) {
	t.Parallel()
	sim := New(Options{})
	id := sim.CreateSpreadsheet(owner, "Books", "Data")
	book := sim.Spreadsheet(id)
	const friend = "friend@example.com"
	must(t, book.ShareWith(friend))
	must(t, book.Protect("Data!A1:B2", "editor@example.com"))
	const refusal = "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to " +
		"remove protection if you need to edit."
	theirs, mine := sim.Client(friend, "spreadsheets"), sim.Client(owner, "spreadsheets")
	status, body := ask(t, theirs, "PUT", "/v4/spreadsheets/"+id+"/values/Data!B2?valueInputOption=RAW",
		`{"values":[[1]]}`)
	if status != 400 || readError(t, body).Error.Message != refusal {
		t.Errorf("values.update: %d %s", status, body)
	}
	for _, request := range []string{
		`{"repeatCell":{"range":{"sheetId":0},"cell":{},"fields":"note"}}`,
		`{"deleteDimension":{"range":{"sheetId":0,"dimension":"ROWS","startIndex":1,"endIndex":2}}}`,
		`{"insertDimension":{"range":{"sheetId":0,"dimension":"ROWS","startIndex":1,"endIndex":2}}}`,
		`{"deleteSheet":{"sheetId":0}}`,
	} {
		status, body = ask(t, theirs, "POST", "/v4/spreadsheets/"+id+":batchUpdate",
			`{"requests":[{"addSheet":{}},`+request+`]}`)
		if got := readError(t, body).Error.Message; status != 400 ||
			got[len("Invalid requests[1]."):][len(requestName(request))+2:] != refusal {
			t.Errorf("%s: %d %s", request, status, body)
		}
	}
	if n := len(book.Tabs()); n != 1 {
		t.Errorf("%d tabs: a refused batch added one", n)
	}
	if status, body := ask(t, theirs, "PUT", "/v4/spreadsheets/"+id+"/values/Data!C3?valueInputOption=RAW",
		`{"values":[[1]]}`); status != 200 {
		t.Errorf("beside the protection: %d %s", status, body)
	}
	if status, body := ask(t, mine, "PUT", "/v4/spreadsheets/"+id+"/values/Data!A1?valueInputOption=RAW",
		`{"values":[[1]]}`); status != 200 {
		t.Errorf("owner: %d %s", status, body)
	}
	must(t, book.Unprotect("Data"))
	if status, body := ask(t, theirs, "PUT", "/v4/spreadsheets/"+id+"/values/Data!A1?valueInputOption=RAW",
		`{"values":[[1]]}`); status != 200 {
		t.Errorf("after the protection: %d %s", status, body)
	}
}
