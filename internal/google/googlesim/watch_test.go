package googlesim

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const addNew = `{"requests":[{"addSheet":{"properties":{"title":"New"}}}]}`

// TestWatch sees every change once, in order, as it left the spreadsheet, and no refused one.
func TestWatch(t *testing.T) {
	t.Parallel()
	sim := New(Options{})
	id := sim.CreateSpreadsheet(owner, "Books", "Data")
	book := sim.Spreadsheet(id)
	var seen []string
	sim.Watch(func(a Applied) {
		seen = append(seen, fmt.Sprintf("%s by %s, %d requests, %d bytes: %v to %v", a.Kind, a.User, len(a.Requests),
			len(a.Body), a.Before.Values("Data!A1:B1"), a.Book.Values("Data!A1:B1")))
		if err := a.Book.SetCell("A1", "no"); err == nil {
			t.Error("a watcher changed the spreadsheet")
		}
		if len(a.Book.Resource().Sheets) == 0 || a.Book.Title() != "Books" {
			t.Error("the view is empty")
		}
	})
	client := sim.Client(owner, "spreadsheets")
	path := "/v4/spreadsheets/" + id
	ask(t, client, "PUT", path+"/values/Data!A1?valueInputOption=RAW", `{"values":[[1]]}`)
	ask(t, client, "GET", path+"/values/Data!A1", "")
	set(t, book, "B1", "mine")
	ask(t, client, "POST", path+":batchUpdate", `{"requests":[{"deleteSheet":{"sheetId":5}}]}`)
	sim.Fail(Fault{DropAfterApply: true})
	_, err := client.Post("http://sheets.test"+path+":batchUpdate", "", strings.NewReader(addNew))
	if err == nil {
		t.Error("the connection was not cut")
	}
	want := []string{
		"values.update by owner@example.com, 0 requests, 16 bytes: [] to [[1]]",
		"person by owner@example.com, 0 requests, 0 bytes: [[1]] to [[1 mine]]",
		"batchUpdate by owner@example.com, 1 requests, 58 bytes: [[1 mine]] to [[1 mine]]",
	}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("changes differ (-want +got):\n%s", diff)
	}
}

// TestEveryWriteCanFailEveryWay spoils each kind of write each way: refused before it is applied,
// after, or applied late; the answer is the same, what stands is not.
func TestEveryWriteCanFailEveryWay(t *testing.T) {
	t.Parallel()
	for kind, write := range map[string]struct{ method, path, body string }{
		"batchUpdate": {"POST", ":batchUpdate",
			`{"requests":[{"updateCells":{"start":{},"fields":"userEnteredValue","rows":[{"values":[{"userEnteredValue":{"stringValue":"x"}}]}]}}]}`},
		"values.update":      {"PUT", "/values/Data!A1?valueInputOption=RAW", `{"values":[["x"]]}`},
		"values.batchUpdate": {"POST", "/values:batchUpdate", `{"valueInputOption":"RAW","data":[{"range":"Data!A1","values":[["x"]]}]}`},
		"values.append":      {"POST", "/values/Data!A1:append?valueInputOption=RAW", `{"values":[["x"]]}`},
	} {
		for _, status := range []int{403, 408, 409, 413, 429, 499, 500, 502, 503, 504} {
			for name, test := range map[string]struct {
				fault Fault
				now   bool // applied when the answer came
				later bool
			}{
				"before": {Fault{}, false, false},
				"after":  {Fault{Apply: true}, true, true},
				"late":   {Fault{Late: 9 * time.Second}, false, true},
				"steps":  {Fault{LateSteps: 1}, false, true},
			} {
				t.Run(fmt.Sprint(kind, " ", status, " ", name), func(t *testing.T) {
					t.Parallel()
					at := &clock{fixedClock()}
					sim := New(Options{Now: at.now})
					id := sim.CreateSpreadsheet(owner, "Books", "Data")
					client := sim.Client(owner, "spreadsheets")
					test.fault.Kind, test.fault.Status = kind, status
					sim.Fail(test.fault)
					got, body := ask(t, client, write.method, "/v4/spreadsheets/"+id+write.path, write.body)
					e := readError(t, body)
					if got != status || e.Error.Code != status || status != 408 && e.Error.Status == "" {
						t.Errorf("answer %d %s", got, body)
					}
					stands := func() bool {
						_, body := ask(t, client, "GET", "/v4/spreadsheets/"+id+"/values/Data!A1", "")
						return strings.Contains(body, `"x"`)
					}
					if stands() != test.now {
						t.Errorf("at once it stands: %v", !test.now)
					}
					at.at = at.at.Add(9 * time.Second)
					if stands() != test.later || sim.Pending() != 0 {
						t.Errorf("later it stands: %v", !test.later)
					}
				})
			}
		}
	}
}

// TestLateRequests performs what was postponed as if it came then: it may be refused, lands on what
// stands then, and is recorded.
func TestLateRequests(t *testing.T) {
	t.Parallel()
	sim := New(Options{})
	id := sim.CreateSpreadsheet(owner, "Books", "Data")
	book := sim.Spreadsheet(id)
	client := sim.Client(owner, "spreadsheets")
	send := func(body string) int {
		status, _ := ask(t, client, "POST", "/v4/spreadsheets/"+id+":batchUpdate", body)
		return status
	}
	sim.Fail(Fault{Kind: "batchUpdate", Status: 503, LateSteps: 2})
	if send(addNew) != 503 || sim.Pending() != 1 {
		t.Fatal("not postponed")
	}
	var late []bool
	sim.Watch(func(a Applied) { late = append(late, a.Late) })
	if send(addNew) != 200 {
		t.Error("the second try failed")
	}
	sim.ApplyLate()
	last := sim.Requests()[len(sim.Requests())-1]
	if len(book.Tabs()) != 2 || len(late) != 1 || late[0] || !last.Late || last.Status != 400 {
		t.Errorf("the late one gave %+v, tabs %v", last, book.Tabs())
	}
	// A connection that is cut, and a request that arrives when the tab has moved on.
	sim.Fail(Fault{DropBefore: true, Late: time.Hour})
	r, err := http.NewRequestWithContext(t.Context(), "PUT",
		"http://sheets.test/v4/spreadsheets/"+id+"/values/Data!A1?valueInputOption=RAW", strings.NewReader(`{"values":[[1]]}`))
	must(t, err)
	if _, err := client.Do(r); err == nil {
		t.Error("the connection was not cut")
	}
	set(t, book, "A1", "mine")
	if got := book.Cell("A1").Value; got != "mine" {
		t.Errorf("A1 holds %v before its time", got)
	}
	sim.ApplyLate()
	if got := book.Cell("A1").Value; got != 1.0 || !late[len(late)-1] {
		t.Errorf("A1 holds %v", got)
	}
	// What was not allowed in the first place never comes.
	sim.Fail(Fault{Status: 503, LateSteps: 1})
	ask(t, sim.Client(owner, "openid"), "POST", "/v4/spreadsheets/"+id+":batchUpdate", addNew)
	if sim.Pending() != 0 {
		t.Error("a request without the scope was kept")
	}
}

// TestSomebodyComesBetween lets a person act between the look and the write of a program.
func TestSomebodyComesBetween(t *testing.T) {
	t.Parallel()
	sim := New(Options{})
	id := sim.CreateSpreadsheet(owner, "Books", "Data")
	book := sim.Spreadsheet(id)
	sim.Fail(Fault{Kind: "values.update", Before: func() { must(t, book.InsertRows("Data", 1, 1)) }})
	set(t, book, "A1", "total")
	status, _ := ask(t, sim.Client(owner, "spreadsheets"), "PUT", "/v4/spreadsheets/"+id+
		"/values/Data!A1?valueInputOption=RAW", `{"values":[["new"]]}`)
	if a, b := book.Cell("A1").Value, book.Cell("A2").Value; status != 200 || a != "new" || b != "total" {
		t.Errorf("%d: %v, %v", status, a, b)
	}
}

func TestForbidden(t *testing.T) {
	t.Parallel()
	for reason, words := range map[string]string{
		"forbidden":                   `"The caller does not have permission"`,
		"insufficientPermissions":     `"ACCESS_TOKEN_SCOPE_INSUFFICIENT"`,
		"insufficientFilePermissions": `sufficient permissions for this file`,
		"rateLimitExceeded":           `"domain":"usageLimits"`,
		"userRateLimitExceeded":       `"User Rate Limit Exceeded"`,
		"storageQuotaExceeded":        `"reason":"storageQuotaExceeded"`,
		"accessNotConfigured":         `"SERVICE_DISABLED"`,
		"domainPolicy":                `disabled Drive apps`,
	} {
		sim := New(Options{})
		id := sim.CreateSpreadsheet(owner, "Books")
		sim.Fail(Forbidden(reason))
		client := sim.Client(owner, "spreadsheets", "drive")
		status, body := ask(t, client, "GET", "/v4/spreadsheets/"+id, "")
		if status != 403 || !strings.Contains(body, words) {
			t.Errorf("%s: %d %s", reason, status, body)
		}
		sim.Fail(Forbidden(reason))
		if status, body := ask(t, client, "GET", "/drive/v3/files/"+id, ""); status != 403 || !strings.Contains(body,
			`"reason":"`+reason+`"`) {
			t.Errorf("Drive, %s: %d %s", reason, status, body)
		}
	}
}

func TestStorageAndBin(t *testing.T) {
	t.Parallel()
	sim := New(Options{BaseURL: "http://sheets.test"})
	id := sim.CreateSpreadsheet(owner, "Books", "Data")
	client := sim.Client(owner, "spreadsheets", "drive")
	sim.SetStorageFull(owner, true)
	for _, path := range []string{"/v4/spreadsheets", "/drive/v3/files"} {
		status, body := ask(t, client, "POST", path, `{}`)
		if path != "/v4/spreadsheets" {
			status, body = ask(t, client, "POST", path, `{"mimeType":"`+spreadsheetType+`","name":"x"}`)
		}
		if status != 403 || !strings.Contains(body, `"storageQuotaExceeded"`) || !strings.Contains(body,
			"The user's Drive storage quota has been exceeded.") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, body := ask(t, client, "POST", "/v4/spreadsheets/"+id+":batchUpdate", addNew); status != 200 {
		t.Errorf("a file that exists: %d %s", status, body)
	}
	sim.SetStorageFull(owner, false)
	if status, _ := ask(t, client, "POST", "/v4/spreadsheets", `{}`); status != 200 {
		t.Errorf("with room: %d", status)
	}
	for named, words := range map[bool]string{
		false: "The user's Drive storage", true: "Service Accounts do not have storage",
	} {
		sim.SetBehaviour(Behaviour{StorageNamesServiceAccount: named})
		sim.mu.Lock()
		err := sim.mayCreate(caller{email: ServiceAccountEmail, service: true})
		sim.mu.Unlock()
		if err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("service account: %v", err)
		}
	}
	sim.Spreadsheet(id).Trash(true)
	if status, body := ask(t, client, "GET", "/drive/v3/files/"+id+"?fields=trashed", ""); status != 200 ||
		!strings.Contains(body, `"trashed":true`) {
		t.Errorf("Drive: %d %s", status, body)
	}
	for method, path := range map[string]string{"GET": "?fields=spreadsheetId", "POST": ":batchUpdate"} {
		body := ""
		if method == "POST" {
			body = `{"requests":[{"addSheet":{}}]}`
		}
		if status, answer := ask(t, client, method, "/v4/spreadsheets/"+id+path, body); status != 200 {
			t.Errorf("Sheets, in the bin: %d %s", status, answer)
		}
	}
}

// TestProtectedCellsAreNotShifted refuses an editor what would move cells that are closed to it.
func TestProtectedCellsAreNotShifted(t *testing.T) {
	t.Parallel()
	sim := New(Options{})
	id := sim.CreateSpreadsheet(owner, "Books", "Data")
	book := sim.Spreadsheet(id)
	const friend = "friend@example.com"
	must(t, book.ShareWith(friend))
	must(t, book.Protect("Data!B5:C6", "boss@example.com"))
	client := sim.Client(friend, "spreadsheets")
	for _, test := range []struct {
		request string
		want    int
	}{
		{banded("insertRange", "ROWS", "B1:C1"), 400},
		{banded("insertRange", "ROWS", "D1:E1"), 200},
		{banded("insertRange", "ROWS", "B7:C7"), 200},
		{banded("insertRange", "COLUMNS", "A5:A5"), 400},
		{banded("deleteRange", "ROWS", "B2:B2"), 400},
		{banded("deleteRange", "COLUMNS", "D5:D6"), 200},
		{`{"updateCells":{"range":{"sheetId":0,"startRowIndex":4,"endRowIndex":5},"fields":"note"}}`, 400},
		{`{"addBanding":{"bandedRange":{"range":{"sheetId":0,"endRowIndex":9},"rowProperties":{}}}}`, 400},
		{`{"findReplace":{"find":"secret","replacement":"x","allSheets":true}}`, 400},
		{`{"updateBorders":{"range":{"sheetId":0},"top":{"style":"SOLID"}}}`, 400},
		{`{"addConditionalFormatRule":{"rule":{"ranges":[{"sheetId":0,"endRowIndex":5}],"booleanRule":{"condition":{"type":"BLANK"}}}}}`, 400},
		{`{"sortRange":{"range":{"sheetId":0,"startRowIndex":6},"sortSpecs":[{"dimensionIndex":0}]}}`, 200},
		{`{"addTable":{"table":{"range":{"sheetId":0,"startRowIndex":3,"endRowIndex":6,"endColumnIndex":3}}}}`, 400},
		{`{"cutPaste":{"source":{"sheetId":0,"startRowIndex":4,"endRowIndex":5},"destination":{"sheetId":0,"rowIndex":9}}}`, 400},
		{`{"copyPaste":{"source":{"sheetId":0,"startRowIndex":4,"endRowIndex":5},"destination":{"sheetId":0,"startRowIndex":20}}}`, 200},
	} {
		request, want := test.request, test.want
		must(t, book.SetCell("B5", "secret"))
		status, body := ask(t, client, "POST", "/v4/spreadsheets/"+id+":batchUpdate", `{"requests":[`+request+`]}`)
		words := map[int]string{200: "replies", 400: "You are trying to edit a protected cell or object."}[want]
		if status != want || !strings.Contains(body, words) {
			t.Errorf("%s: %d %s", request, status, body)
		}
	}
}
