package googlesim

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// ask sends JSON as the account and returns status and body.
func ask(t *testing.T, client *http.Client, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, "http://sheets.test"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatalf("%s %s: %v", method, path, err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(raw)
}

type errorBody struct {
	Error struct {
		Code    int
		Message string
		Status  string
		Details []struct {
			Reason          string
			FieldViolations []struct{ Field, Description string }
		}
	}
}

func readError(t *testing.T, body string) errorBody {
	t.Helper()
	var e errorBody
	if err := json.NewDecoder(bytes.NewBufferString(body)).Decode(&e); err != nil {
		t.Fatalf("error body %q: %v", body, err)
	}
	return e
}

// TestRefusals sends what Google refuses to a spreadsheet with the tabs Sheet1 (id 0, 1000 x 26) and
// Small (6 x 3), and compares status and text.
func TestRefusals(t *testing.T) {
	t.Parallel()
	sim := New(Options{CellLimit: 100_000})
	id := sim.CreateSpreadsheet(owner, "Books", "Sheet1")
	book := sim.Spreadsheet(id)
	if err := book.Batch(mustRequests(t, `[{"addSheet":{"properties":{"sheetId":5,"title":"Small","gridProperties":{"rowCount":6,"columnCount":3,"frozenRowCount":1}}}},
		{"createDeveloperMetadata":{"developerMetadata":{"metadataId":9,"metadataKey":"k","visibility":"DOCUMENT","location":{"sheetId":5}}}}]`)...); err != nil {
		t.Fatal(err)
	}
	client := sim.Client(owner, "spreadsheets")
	sim.SetQuota(Quota{})
	long := strings.Repeat("x", 50_001)
	batch := func(requests string) string { return `{"requests":[` + requests + `]}` }
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"missing file", "GET", "/v4/spreadsheets/nothing", "", 404, "Requested entity was not found."},
		{"unknown tab", "GET", "/v4/spreadsheets/ID/values/Nope!A1:D3", "", 400, "Unable to parse range: Nope!A1:D3"},
		{"column past ZZZ", "GET", "/v4/spreadsheets/ID/values/AAAA1", "", 400, "Unable to parse range: AAAA1"},
		{"outside the grid", "GET", "/v4/spreadsheets/ID/values/Sheet1!A5000:B5001", "", 400,
			"Range (Sheet1!A5000:B5001) exceeds grid limits. Max rows: 1000, max columns: 26"},
		{"write outside the grid", "PUT", "/v4/spreadsheets/ID/values/Small!A6?valueInputOption=RAW",
			`{"values":[[1],[2]]}`, 400, "Range (Small!A6:A7) exceeds grid limits. Max rows: 6, max columns: 3"},
		{"more rows than the range", "PUT", "/v4/spreadsheets/ID/values/Sheet1!A1:B2?valueInputOption=RAW",
			`{"values":[[1],[2],[3]]}`, 400,
			"Requested writing within range [Sheet1!A1:B2], but tried writing to row [3]"},
		{"more columns than the range", "PUT", "/v4/spreadsheets/ID/values/Sheet1!A1:B2?valueInputOption=RAW",
			`{"values":[[1,2,3]]}`, 400, "Requested writing within range [Sheet1!A1:B2], but tried writing to " +
				"column [C]"},
		{"no input option", "PUT", "/v4/spreadsheets/ID/values/Sheet1!A1", `{"values":[[1]]}`, 400,
			"'valueInputOption' is required but not specified"},
		{"unknown input option", "PUT", "/v4/spreadsheets/ID/values/Sheet1!A1?valueInputOption=COOKED",
			`{"values":[[1]]}`, 400,
			`Invalid value at 'value_input_option' (type.googleapis.com/google.apps.sheets.v4.ValueInputOption), "COOKED"`},
		{"object as a value", "PUT", "/v4/spreadsheets/ID/values/Sheet1!A1?valueInputOption=RAW",
			`{"values":[[{"a":1}]]}`, 400, "Invalid values[0][0]: struct_value {\n}\n"},
		{"list as a value", "PUT", "/v4/spreadsheets/ID/values/Sheet1!A1?valueInputOption=RAW", `{"values":[[1,[2]]]}`,
			400, "Invalid values[0][1]: list_value {\n}\n"},
		{"flat values", "PUT", "/v4/spreadsheets/ID/values/Sheet1!A1?valueInputOption=RAW", `{"values":["X"]}`, 400,
			`Invalid value at 'data.values' (type.googleapis.com/google.protobuf.ListValue), "X"`},
		{"long text", "PUT", "/v4/spreadsheets/ID/values/Sheet1!A1?valueInputOption=RAW", `{"values":[["` + long +
			`"]]}`, 400, "Your input contains more than the maximum of 50000 characters in a single cell."},
		{"long text in updateCells", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"updateCells":{"start":{},"fields":"userEnteredValue","rows":[{"values":[{"userEnteredValue":{"stringValue":"` + long + `"}}]}]}}`), 400, "Invalid requests[0].updateCells: Your input contains more than the maximum of 50000 characters in a single cell."},
		{"unknown query parameter", "GET", "/v4/spreadsheets/ID?range=A1", "", 400,
			`Invalid JSON payload received. Unknown name "range": Cannot bind query parameter. Field 'range' could not be found in request message.`},
		{"unknown mask path", "GET", "/v4/spreadsheets/ID?fields=sheets.colour", "", 400,
			"Request contains an invalid argument."},
		{"unknown name", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"addSheet":{"properties":{"title":"x"},"x":1}}`), 400,
			`Invalid JSON payload received. Unknown name "x" at 'requests[0].add_sheet': Cannot find field.`},
		{"unknown request", "POST", "/v4/spreadsheets/ID:batchUpdate", batch(`{"addShet":{}}`), 400,
			`Invalid JSON payload received. Unknown name "addShet" at 'requests[0]': Cannot find field.`},
		{"list for a message", "POST", "/v4/spreadsheets/ID:batchUpdate", batch(`{"addSheet":{"properties":[]}}`), 400,
			`Invalid JSON payload received. Unknown name "properties" at 'requests[0].add_sheet': Proto field is not repeating, cannot start list.`},
		{"text for a number", "POST", "/v4/spreadsheets/ID:batchUpdate", batch(`{"deleteSheet":{"sheetId":"abc"}}`),
			400, `Invalid value at 'requests[0].delete_sheet.sheet_id' (TYPE_INT32), "abc"`},
		{"two kinds", "POST", "/v4/spreadsheets/ID:batchUpdate", batch(`{"addSheet":{},"deleteSheet":{}}`), 400,
			`Invalid value at 'requests[0]' (oneof), oneof field 'kind' is already set. Cannot set 'deleteSheet'`},
		{"broken JSON", "POST", "/v4/spreadsheets/ID:batchUpdate", `{"requests":[`, 400,
			"Invalid JSON payload received. Unexpected end of string. Expected a value."},
		{"no requests", "POST", "/v4/spreadsheets/ID:batchUpdate", `{}`, 400, "Must specify at least one request."},
		{"too many requests", "POST", "/v4/spreadsheets/ID:batchUpdate", batch(strings.Repeat(`{},`, 100_000) + `{}`),
			400, "Cannot exceed 100000 requests in a single batch."},
		{"kind not simulated", "POST", "/v4/spreadsheets/ID:batchUpdate", batch(`{"trimWhitespace":{}}`), 400,
			"Invalid requests[0].trimWhitespace: This simulator does not know how to perform trimWhitespace."},
		{"unknown tab id", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"repeatCell":{"range":{"sheetId":7},"cell":{},"fields":"note"}}`), 400,
			"Invalid requests[0].repeatCell: No grid with id: 7"},
		{"second request named", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"addSheet":{"properties":{"title":"a","gridProperties":{"rowCount":1,"columnCount":1}}}},{"deleteSheet":{"sheetId":7}}`), 400, "Invalid requests[1].deleteSheet: No grid with id: 7"},
		{"title taken", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"addSheet":{"properties":{"title":"SHEET1"}}}`), 400,
			`Invalid requests[0].addSheet: A sheet with the name "SHEET1" already exists. Please enter another name.`},
		{"title long", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"addSheet":{"properties":{"title":"` + strings.Repeat("t", 101) + `"}}}`), 400,
			"Invalid requests[0].addSheet: The sheet name cannot be greater than 100 characters."},
		{"id taken", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"addSheet":{"properties":{"title":"x","sheetId":5}}}`), 400,
			"Invalid requests[0].addSheet: Sheet with id 5 already exists."},
		{"id 0 is an id", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"addSheet":{"properties":{"title":"x","sheetId":0}}}`), 400,
			"Invalid requests[0].addSheet: Sheet with id 0 already exists."},
		{"cell limit in addSheet", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"addSheet":{"properties":{"title":"x","gridProperties":{"rowCount":80000,"columnCount":1}}}}`), 400,
			"Invalid requests[0].addSheet: This action would increase the number of cells in the workbook above the " +
				"limit of 100000 cells."},
		{"cell limit in appendDimension", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"appendDimension":{"dimension":"ROWS","length":4000}}`), 400,
			"Invalid requests[0].appendDimension: This action would increase the number of cells in the workbook " +
				"above the limit of 100000 cells."},
		{"cell limit in insertDimension", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"insertDimension":{"range":{"dimension":"ROWS","startIndex":0,"endIndex":4000}}}`), 400,
			"Invalid requests[0].insertDimension: This action would increase the number of cells in the workbook " +
				"above the limit of 100000 cells."},
		{"rows are checked before columns shrink", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"updateSheetProperties":{"properties":{"gridProperties":{"rowCount":50000,"columnCount":1}},"fields":"gridProperties.rowCount,gridProperties.columnCount"}}`), 400, "Invalid requests[0].updateSheetProperties: This action would increase the number of cells in the workbook above the limit of 100000 cells."},
		{"cell limit in append", "POST", "/v4/spreadsheets/ID/values/Sheet1!A1:append?valueInputOption=RAW",
			`{"values":[` + strings.TrimSuffix(strings.Repeat(`[1],`, 4000), ",") + `]}`, 400,
			"This action would increase the number of cells in the workbook above the limit of 100000 cells."},
		{"huge insert", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"insertDimension":{"range":{"dimension":"ROWS","startIndex":0,"endIndex":2000000000}}}`), 400,
			"Invalid requests[0].insertDimension: This action would increase the number of cells in the workbook " +
				"above the limit of 100000 cells."},
		{"huge tab", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"addSheet":{"properties":{"title":"x","gridProperties":{"rowCount":9000000000000000000,"columnCount":18000}}}}`), 400, "Invalid requests[0].addSheet: This action would increase the number of cells in the workbook above the limit of 100000 cells."},
		{"null in a list", "POST", "/v4/spreadsheets/ID:batchUpdate", `{"requests":[null]}`, 400,
			"Invalid value at 'requests[0]' (type.googleapis.com/google.apps.sheets.v4.Request), null"},
		{"column limit", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"appendDimension":{"sheetId":5,"dimension":"COLUMNS","length":18276}}`), 400,
			"Invalid requests[0].appendDimension: This action would increase the number of columns in the sheet " +
				"above the limit of 18278 columns"},
		{"updateCells past the last column", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"updateCells":{"start":{"columnIndex":25},"fields":"userEnteredValue","rows":[{"values":[{},{}]}]}}`), 400, "Invalid requests[0].updateCells: Attempting to write column: 26, beyond the last requested column of: 25"},
		{"anchor outside", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"updateCells":{"start":{"sheetId":5,"rowIndex":9},"fields":"userEnteredValue"}}`), 400,
			"Invalid requests[0].updateCells: GridCoordinate.rowIndex[9] is after last row in grid[6]"},
		{"no mask", "POST", "/v4/spreadsheets/ID:batchUpdate", batch(`{"updateCells":{"start":{}}}`), 400,
			"Invalid requests[0].updateCells: At least one field must be listed in 'fields'. (Use '*' to indicate " +
				"all fields.)"},
		{"mask resets the size", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"updateSheetProperties":{"properties":{"gridProperties":{"frozenRowCount":1}},"fields":"gridProperties"}}`), 400, "Invalid requests[0].updateSheetProperties: You can't delete all the rows on the sheet."},
		{"all rows", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"deleteDimension":{"range":{"dimension":"ROWS"}}}`), 400,
			"Invalid requests[0].deleteDimension: You can't delete all the rows on the sheet."},
		{"all unfrozen rows", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"deleteDimension":{"range":{"sheetId":5,"dimension":"ROWS","startIndex":1}}}`), 400,
			"Invalid requests[0].deleteDimension: Sorry, it is not possible to delete all non-frozen rows."},
		{"shrink to the frozen rows", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"updateSheetProperties":{"properties":{"sheetId":5,"gridProperties":{"rowCount":1}},"fields":"gridProperties.rowCount"}}`), 400, "Invalid requests[0].updateSheetProperties: Sorry, it is not possible to delete all non-frozen rows."},
		{"all tabs", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"deleteSheet":{"sheetId":5}},{"deleteSheet":{"sheetId":0}}`), 400,
			"Invalid requests[1].deleteSheet: You can't remove all the sheets in a document."},
		{"all visible tabs", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"updateSheetProperties":{"properties":{"sheetId":5,"hidden":true},"fields":"hidden"}},{"deleteSheet":{"sheetId":0}}`), 400, "Invalid requests[1].deleteSheet: You can't remove all the visible sheets in a document."},
		{"hide all", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"updateSheetProperties":{"properties":{"sheetId":5,"hidden":true},"fields":"hidden"}},{"updateSheetProperties":{"properties":{"hidden":true},"fields":"hidden"}}`), 400, "Invalid requests[1].updateSheetProperties: You can't hide all the sheets in a document."},
		{"insert at the end", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"insertDimension":{"range":{"sheetId":5,"dimension":"ROWS","startIndex":6,"endIndex":7}}}`), 400,
			"Invalid requests[0].insertDimension: range.startIndex must be less than the grid size (6) if " +
				"inheritFromBefore is false."},
		{"bad range name", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"addNamedRange":{"namedRange":{"name":"A1","range":{}}}}`), 400,
			"Invalid requests[0].addNamedRange: The name given to this range is invalid."},
		{"whole-sheet protection twice", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"addProtectedRange":{"protectedRange":{"range":{"sheetId":5}}}},{"addProtectedRange":{"protectedRange":{"range":{"sheetId":5}}}}`), 400, `Invalid requests[1].addProtectedRange: Sheet "Small" already has sheet protection.`},
		{"metadata id taken", "POST", "/v4/spreadsheets/ID:batchUpdate",
			batch(`{"createDeveloperMetadata":{"developerMetadata":{"metadataId":9,"metadataKey":"k","visibility":"DOCUMENT","location":{"spreadsheet":true}}}}`), 400, "Invalid requests[0].createDeveloperMetadata: Cannot add developer metadata with ID [9] because developer metadata with that ID already exists."},
		{"metadata missing", "GET", "/v4/spreadsheets/ID/developerMetadata/8", "", 404,
			"Requested entity was not found."},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			status, body := ask(t, client, test.method, strings.ReplaceAll(test.path, "ID", id), test.body)
			e := readError(t, body)
			if status != test.status || e.Error.Message != test.want {
				t.Errorf("answer %d %q\nwant   %d %q", status, e.Error.Message, test.status, test.want)
			}
		})
	}
	t.Cleanup(func() {
		if got := len(book.Tabs()); got != 2 {
			t.Errorf("refused requests left %d tabs", got)
		}
	})
}

func TestUnknownNamesAreAllListed(t *testing.T) {
	t.Parallel()
	sim := New(Options{})
	id := sim.CreateSpreadsheet(owner, "Books")
	_, body := ask(t, sim.Client(owner, "spreadsheets"), "POST", "/v4/spreadsheets/"+id+":batchUpdate",
		`{"requests":[{"addSheet":{"properties":{"colour":1,"gridProperties":{"rows":2}}}}]}`)
	e := readError(t, body)
	got := e.Error.Details[0].FieldViolations
	if len(got) != 2 || got[0].Field != "requests[0].add_sheet.properties" ||
		got[1].Field != "requests[0].add_sheet.properties.grid_properties" {
		t.Errorf("violations %+v", got)
	}
	if e.Error.Status != "INVALID_ARGUMENT" {
		t.Errorf("status %q", e.Error.Status)
	}
}

func TestAccess(t *testing.T) {
	t.Parallel()
	sim := New(Options{Emails: []string{owner, "friend@example.com"}})
	sim.SetBaseURL("http://sheets.test")
	id := sim.CreateSpreadsheet(owner, "Books")
	const path = "/v4/spreadsheets/"
	for _, test := range []struct {
		name   string
		client *http.Client
		method string
		path   string
		body   string
		status int
		text   string
	}{
		{"no token", &http.Client{Transport: sim.Transport()}, "GET", path + id, "", 403,
			"Method doesn't allow unregistered callers (callers without established identity). Please use API Key or " +
				"other form of API consumer identity to call this API."},
		{"bad token", &http.Client{Transport: &authorized{next: sim.Transport(),
			token: func() string { return "ya29.bad" }}}, "GET", path + id, "", 401,
			"Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other " +
				"valid authentication credential. See " +
				"https://developers.google.com/identity/sign-in/web/devconsole-project."},
		{"identity scopes only", sim.Client(owner, "openid", "email"), "GET", path + id, "", 403,
			"Request had insufficient authentication scopes."},
		{"read-only scope writes", sim.Client(owner, "spreadsheets.readonly"), "POST", path + id + ":batchUpdate", "{}",
			403, "Request had insufficient authentication scopes."},
		{"read-only scope searches metadata", sim.Client(owner, "spreadsheets.readonly"), "POST",
			path + id + "/developerMetadata:search", "{}", 403, "Request had insufficient authentication scopes."},
		{"read-only scope reads", sim.Client(owner, "spreadsheets.readonly"), "GET", path + id + "/values/A1", "", 200,
			""},
		{"not shared", sim.Client("friend@example.com", "spreadsheets"), "GET", path + id, "", 403,
			"The caller does not have permission"},
		{"drive.file without a pick", sim.Client(owner, "drive.file"), "GET", path + id, "", 404,
			"Requested entity was not found."},
		{"service account, not shared", sim.serviceClient("spreadsheets"), "GET", path + id, "", 403,
			"The caller does not have permission"},
		{"service account has no storage", sim.serviceClient("spreadsheets"), "POST", strings.TrimSuffix(path, "/"),
			"{}", 403, "The user's Drive storage quota has been exceeded."},
	} {
		status, body := ask(t, test.client, test.method, test.path, test.body)
		if status != test.status || status != 200 && readError(t, body).Error.Message != test.text {
			t.Errorf("%s: answer %d %s", test.name, status, body)
		}
	}
	if err := sim.Pick(id, owner); err != nil {
		t.Fatal(err)
	}
	if status, body := ask(t, sim.Client(owner, "drive.file"), "GET", path+id, ""); status != 200 {
		t.Errorf("after the pick: %d %s", status, body)
	}
	if err := sim.Share(id, ServiceAccountEmail, "reader"); err != nil {
		t.Fatal(err)
	}
	if status, _ := ask(t, sim.serviceClient("spreadsheets"), "GET", path+id, ""); status != 200 {
		t.Errorf("a shared spreadsheet answers the service account %d", status)
	}
	if status, _ := ask(t, sim.serviceClient("spreadsheets"), "POST", path+id+":batchUpdate",
		`{"requests":[{"addSheet":{}}]}`); status != 403 {
		t.Errorf("a reader's write is answered %d", status)
	}
}

// serviceClient speaks for the service account without the token round trip.
func (s *Server) serviceClient(scopes ...string) *http.Client {
	return &http.Client{Transport: &authorized{next: s.Transport(), token: func() string {
		s.mu.Lock()
		defer s.mu.Unlock()
		text, _ := s.issueAccess(caller{
			email: ServiceAccountEmail, client: ServiceAccountEmail, service: true,
			scopes: scopeSet(strings.Join(scopes, " ")),
		})["access_token"].(string)
		return text
	}}}
}
