package googlesim

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/sheets/v4"
)

func newBook(t testing.TB, tabs ...string) *Spreadsheet {
	t.Helper()
	sim := New(Options{})
	return sim.Spreadsheet(sim.CreateSpreadsheet(owner, "Books", tabs...))
}

func TestTypedAndRawInput(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text    string
		value   any
		shown   string
		formula string
	}{
		{"=1+2", 3.0, "3", "=1+2"},
		{"+1+2", 3.0, "3", "=+1+2"},
		{"007", 7.0, "7", ""},
		{"1E5", 100000.0, "1.00E+05", ""},
		{"1-2", 46024.0, "1/2", ""},
		{"3/4", 46085.0, "3/4", ""},
		{"10%", 0.1, "10%", ""},
		{"$100.15", 100.15, "$100.15", ""},
		{"-$1,234.50", -1234.5, "-$1,234.50", ""},
		{"TRUE", true, "TRUE", ""},
		{"2026-09-05", 46270.0, "2026-09-05", ""},
		{"01/02/2026", 46024.0, "1/2/2026", ""},
		{"2026-09-05 18:00", 46270.75, "2026-09-05 18:00:00", ""},
		{"1,234", 1234.0, "1,234", ""},
		{"'0123", "0123", "0123", ""},
		{"-abc-", "-abc-", "-abc-", ""},
		{"2026-02-30", "2026-02-30", "2026-02-30", ""},
		{"Chair", "Chair", "Chair", ""},
		{" spaced ", " spaced ", " spaced ", ""},
	} {
		t.Run(test.text, func(t *testing.T) {
			t.Parallel()
			sim := New(Options{Now: fixedClock})
			book := sim.Spreadsheet(sim.CreateSpreadsheet(owner, "Books"))
			set(t, book, "A1", test.text)
			got := book.Cell("A1")
			if got.Value != test.value || got.Formatted != test.shown || got.Formula != test.formula {
				t.Errorf("typed: %v shown %q formula %q, want %v %q %q", got.Value, got.Formatted, got.Formula,
					test.value, test.shown, test.formula)
			}
			must(t, book.edit(func(c *change) error {
				_, err := c.write(area{r1: 0, c1: 1, r2: -1, c2: -1}, &sheets.ValueRange{Values: [][]any{{test.text}}},
					false)
				return err
			}))
			if raw := book.Cell("B1"); raw.Value != test.text || raw.Formula != "" {
				t.Errorf("RAW: %v, want the text itself", raw.Value)
			}
		})
	}
}

func TestWriteSkipsNullAndClearsEmpty(t *testing.T) {
	t.Parallel()
	sim := New(Options{})
	id := sim.CreateSpreadsheet(owner, "Books", "Data")
	book := sim.Spreadsheet(id)
	set(t, book, "A1", "a", "B1", "b", "C1", "c", "A2", "d", "B2", "e")
	client := sim.Client(owner, "spreadsheets")
	status, body := ask(t, client, "PUT", "/v4/spreadsheets/"+id+"/values/Data!A1:C9?valueInputOption=RAW",
		`{"values":[[null,"",true],[1.50]]}`)
	var out sheets.UpdateValuesResponse
	if err := json.Unmarshal([]byte(body), &out); status != 200 || err != nil {
		t.Fatalf("%d %s", status, body)
	}
	if out.UpdatedCells != 3 || out.UpdatedRange != "Data!A1:C2" || out.UpdatedRows != 2 || out.UpdatedColumns != 3 {
		t.Errorf("answer %+v", out)
	}
	want := [][]any{{"a", "", true}, {1.5, "e"}}
	if diff := cmp.Diff(want, book.Values("Data")); diff != "" {
		t.Errorf("values differ (-want +got):\n%s", diff)
	}
	_, body = ask(t, client, "GET", "/v4/spreadsheets/"+id+"/values/Data!A5:C9", "")
	if body != `{"majorDimension":"ROWS","range":"Data!A5:C9"}`+"\n" {
		t.Errorf("an empty range answers %s", body)
	}
	_, body = ask(t, client, "GET", "/v4/spreadsheets/"+id+
		"/values/Data!A1:C2?majorDimension=COLUMNS&valueRenderOption=UNFORMATTED_VALUE&fields=values", "")
	if body != `{"values":[["a",1.5],["","e"],[true]]}`+"\n" {
		t.Errorf("columns are %s", body)
	}
	status, body = ask(t, client, "POST", "/v4/spreadsheets/"+id+"/values/Data!B:Z:clear", "{}")
	if status != 200 || body != `{"clearedRange":"Data!B1:Z1000","spreadsheetId":"`+id+`"}`+"\n" {
		t.Errorf("clear answers %d %s", status, body)
	}
	if diff := cmp.Diff([][]any{{"a"}, {1.5}}, book.Values("Data")); diff != "" {
		t.Errorf("after clear (-want +got):\n%s", diff)
	}
}

func TestRangeGrammar(t *testing.T) {
	t.Parallel()
	book := newBook(t, "Hidden", "Sales", "It's", "2026", "a-b", "Q1")
	must(t, book.HideTab("Hidden", true))
	must(t, book.NameRange("Totals", "'2026'!B2:C3"))
	for _, test := range []struct{ text, want string }{
		{"A1", "Sales!A1"},
		{"B3:A2", "Sales!A2:B3"},
		{"Sales", "Sales!A1:Z1000"},
		{"sales!$B$2", "Sales!B2"},
		{"'It''s'!A1:B2", "'It''s'!A1:B2"},
		{"'2026'", "'2026'!A1:Z1000"},
		{"'a-b'!A:C", "'a-b'!A1:C1000"},
		{"Sales!3:5", "Sales!A3:Z5"},
		{"Sales!A5:B", "Sales!A5:B1000"},
		{"Sales!R2C3", "Sales!C2"},
		{"Sales!R1C1:R2C2", "Sales!A1:B2"},
		{"Totals", "'2026'!B2:C3"},
		{"Q1", "Sales!Q1"},
		{"'Q1'", "'Q1'!A1:Z1000"},
		{"Hidden!A1:ZZ5000", "Hidden!A1:Z1000"},
		{"", ""},
		{"Sales!", ""},
		{"Sales!Totals", ""},
		{"Sales!A0", ""},
		{"Sales!A1:", ""},
		{"A", ""},
		{"'Sales!A1", ""},
		{"Nope!A1", ""},
	} {
		got := ""
		book.look(func(_ *document, st *state) {
			a, err := st.parseRange(test.text)
			if err == nil {
				got = st.a1(st.sheet(a.sheet).clamp(a))
			}
		})
		if got != test.want {
			t.Errorf("%q means %q, want %q", test.text, got, test.want)
		}
	}
}

func FuzzRange(f *testing.F) {
	for _, seed := range []string{"A1", "'It''s'!A:C", "Data!3:5", "R1C1:R2C2", "''!A1", "Data!$A$1:B", "ZZZ99999999"} {
		f.Add(seed)
	}
	sim := New(Options{})
	book := sim.Spreadsheet(sim.CreateSpreadsheet(owner, "Books", "Data", "It's"))
	f.Fuzz(func(t *testing.T, text string) {
		book.look(func(_ *document, st *state) {
			a, err := st.parseRange(text)
			if err != nil {
				return
			}
			clamped := st.sheet(a.sheet).clamp(a)
			if clamped.empty() {
				return
			}
			again, err := st.parseRange(st.a1(clamped))
			if err != nil || again != clamped {
				t.Errorf("%q means %v, written %s, which means %v (%v)", text, clamped, st.a1(clamped), again, err)
			}
		})
	})
}

func FuzzFormula(f *testing.F) {
	for _, seed := range []string{
		"SUM(A1:B2)", "'It''s'!A1&\"x\"\"y\"", "IF(A1>1,,3%)", "-(1+2)^-2", "#REF!+Data!#REF!", "((((", "A:A+3:5",
	} {
		f.Add(seed)
	}
	sim := New(Options{})
	book := sim.Spreadsheet(sim.CreateSpreadsheet(owner, "Books", "Data", "It's"))
	f.Fuzz(func(t *testing.T, text string) {
		book.look(func(_ *document, st *state) {
			written := st.parseFormula(text).text(st)
			again := st.parseFormula(written[1:]).text(st)
			if again != written {
				t.Errorf("%q is stored as %q, which is stored as %q", text, written, again)
			}
		})
	})
}

func TestAppendFindsTheTable(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, at, insert, updated, table string }{
		{"first block", "Data!B1", "OVERWRITE", "Data!B4:C4", "Data!B1:C3"},
		{"last block of the tab", "Data", "OVERWRITE", "Data!B8", "Data!B6:C7"},
		{"blank corner", "Data!H1", "OVERWRITE", "Data!H1:I1", ""},
		{"insert", "Data!B1", "INSERT_ROWS", "Data!B4:C4", "Data!B1:C3"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			sim := New(Options{})
			id := sim.CreateSpreadsheet(owner, "Books", "Data")
			book := sim.Spreadsheet(id)
			set(t, book, "B1", "Name", "C1", "Amount", "B2", "a", "B3", "b", "C3", "2", "B6", "c", "C7", "9")
			service := sheetsClient(t, sim, owner, "spreadsheets")
			values := [][]any{{"new", 1}}
			if test.updated == "Data!B8" {
				values = [][]any{{"new"}}
			}
			got, err := service.Spreadsheets.Values.Append(id, test.at, &sheets.ValueRange{Values: values}).
				ValueInputOption("RAW").InsertDataOption(test.insert).Do()
			if err != nil {
				t.Fatal(err)
			}
			if got.Updates.UpdatedRange != test.updated || got.TableRange != test.table {
				t.Errorf("wrote %s after table %q", got.Updates.UpdatedRange, got.TableRange)
			}
			below := "B6"
			if test.insert == "INSERT_ROWS" {
				below = "B7"
			}
			if v := book.Cell(below).Value; v != "c" {
				t.Errorf("the next block's first cell is %v", v)
			}
		})
	}
}

func TestDataFilters(t *testing.T) {
	t.Parallel()
	sim := New(Options{})
	id := sim.CreateSpreadsheet(owner, "Books", "Data", "Other")
	book := sim.Spreadsheet(id)
	set(t, book, "Data!B1", "head", "Data!B2", "1", "Other!A1", "x")
	must(t,
		book.Batch(mustRequests(t,
			`[{"createDeveloperMetadata":{"developerMetadata":{"metadataId":4,"metadataKey":"column","metadataValue":"v","visibility":"PROJECT","location":{"dimensionRange":{"sheetId":0,"dimension":"COLUMNS","startIndex":1,"endIndex":2}}}}}]`)...))
	service := sheetsClient(t, sim, owner, "spreadsheets")
	byKey := []*sheets.DataFilter{{DeveloperMetadataLookup: &sheets.DeveloperMetadataLookup{MetadataKey: "column"}}}
	must(t, book.InsertColumns("Data", 1, 1))
	got, err := service.Spreadsheets.Values.BatchGetByDataFilter(id,
		&sheets.BatchGetValuesByDataFilterRequest{DataFilters: byKey}).Do()
	if err != nil || len(got.ValueRanges) != 1 || got.ValueRanges[0].ValueRange.Range != "Data!C1:C1000" ||
		len(got.ValueRanges[0].ValueRange.Values) != 2 {
		t.Errorf("values by metadata: %+v, %v", got, err)
	}
	book2, err := service.Spreadsheets.GetByDataFilter(id, &sheets.GetSpreadsheetByDataFilterRequest{
		DataFilters: byKey, IncludeGridData: true,
	}).Do()
	if err != nil || len(book2.Sheets) != 1 || len(book2.Sheets[0].Data[0].RowData) != 2 {
		t.Errorf("spreadsheet by metadata: %+v, %v", book2, err)
	}
	found, err := service.Spreadsheets.DeveloperMetadata.Search(id,
		&sheets.SearchDeveloperMetadataRequest{DataFilters: byKey}).Do()
	if err != nil || len(found.MatchedDeveloperMetadata) != 1 ||
		found.MatchedDeveloperMetadata[0].DeveloperMetadata.Location.DimensionRange.StartIndex != 2 {
		t.Errorf("search: %+v, %v", found, err)
	}
	one, err := service.Spreadsheets.DeveloperMetadata.Get(id, 4).Do()
	if err != nil || one.MetadataValue != "v" {
		t.Errorf("get: %+v, %v", one, err)
	}
}
