package googlesim

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"google.golang.org/api/sheets/v4"
)

// fullBook has a bit of everything a page can show.
func fullBook(t *testing.T) (*Server, *Spreadsheet) {
	t.Helper()
	sim := New(Options{})
	book := sim.Spreadsheet(sim.CreateSpreadsheet(owner, "Books <2026>", "Invoices", "Staging",
		"It's: [a] very long title of a tab, above 31"))
	must(t,
		book.Batch(mustRequests(t,
			`[{"updateSheetProperties":{"properties":{"sheetId":0,"gridProperties":{"rowCount":4000,"frozenRowCount":1}},"fields":"gridProperties.rowCount,gridProperties.frozenRowCount"}}]`)...))
	set(t, book, "A1", "Customer", "B1", "Amount", "C1", "Due", "D1", "Paid", "A2", "<script>alert(1)</script>", "B2",
		"-$1,234.50", "C2", "2026-09-05", "D2", "TRUE",
		"B3", "=SUM(B2:B2)*2", "B4", "=1/0", "A1500", strings.Repeat("long ", 8000))
	must(t, book.SetNote("B1", "in home currency"))
	must(t, book.SetFormat("Invoices!A1:D1", &sheets.CellFormat{
		TextFormat: &sheets.TextFormat{Bold: true}, BackgroundColor: &sheets.Color{Red: 0.9, Green: 0.95, Blue: 1},
	}))
	must(t, book.NameRange("Export_Invoices", "Invoices!A1:D1500"))
	must(t, book.HideTab("Staging", true))
	return sim, book
}

func TestPages(t *testing.T) {
	t.Parallel()
	sim, book := fullBook(t)
	client := &http.Client{Transport: sim.Transport()}
	grid := "/spreadsheets/d/" + book.ID()
	for _, test := range []struct {
		path  string
		want  []string
		never []string
	}{
		{"/", []string{"Books &lt;2026&gt;", `href="/spreadsheets/d/` + book.ID(), "owner@example.com", "not Google"},
			[]string{"<script"}},
		{grid, []string{
			"Simulated spreadsheet", "Books &lt;2026&gt;", "&lt;script&gt;alert(1)", `class="n"`, "-$1,234.50",
			"2026-09-05", `title="C2: date, serial 46270"`,
			"=SUM(B2)*2", "#DIV/0!", "Staging (hidden)", "Note: in home currency", "bold", "rgb(230 242 255)",
			"Export_Invoices = A1:D1500", "Rows 1–1000 of 4000", "row=1001", "export?format=xlsx",
		}, []string{"<script", "row=1\""}},
		{grid + "/edit?row=1001", []string{"Rows 1001–", `>Customer</td>`, ">1500</th>", "Earlier rows", "…"},
			[]string{"Later rows"}},
		{grid + "/edit?gid=nonsense", []string{"Customer"}, nil},
	} {
		status, body := ask(t, client, "GET", test.path, "")
		if status != 200 {
			t.Errorf("%s: %d", test.path, status)
		}
		for _, want := range test.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s lacks %q", test.path, want)
			}
		}
		for _, never := range test.never {
			if strings.Contains(body, never) {
				t.Errorf("%s holds %q", test.path, never)
			}
		}
	}
	for _, path := range []string{"/spreadsheets/d/nothing", "/spreadsheets/d/", grid + "/delete"} {
		if status, _ := ask(t, client, "GET", path, ""); status != 404 {
			t.Errorf("%s: %d", path, status)
		}
	}
	if got := len(sim.Requests()); got != 0 {
		t.Errorf("%d page views were recorded as API requests", got)
	}
}

func TestDownload(t *testing.T) {
	t.Parallel()
	sim, book := fullBook(t)
	answer, err := (&http.Client{Transport: sim.Transport()}).Get("http://sheets.test/spreadsheets/d/" + book.ID() +
		"/export?format=xlsx")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != 200 || !strings.Contains(answer.Header.Get("Content-Disposition"),
		"attachment") {
		t.Fatalf("%d %v %v", answer.StatusCode, answer.Header, err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := f.GetSheetList(); len(got) != 3 || got[0] != "Invoices" || got[2] != "It's_ _a_ very long title of a " {
		t.Errorf("tabs %q", got)
	}
	for cell, want := range map[string]string{
		"A2": "<script>alert(1)</script>", "B2": "-$1,234.50", "B3": "-2469", "C2": "2026-09-05", "D2": "TRUE",
	} {
		if got, err := f.GetCellValue("Invoices", cell); err != nil || got != want {
			t.Errorf("%s is %q, want %q (%v)", cell, got, want, err)
		}
	}
	if got, err := f.GetCellValue("Invoices", "A1500"); err != nil || len(got) != maxExcelChars {
		t.Errorf("long text has %d characters, %v", len(got), err)
	}
	if visible, err := f.GetSheetVisible("Staging"); err != nil || visible {
		t.Errorf("the hidden tab is visible: %v, %v", visible, err)
	}
	if panes, err := f.GetPanes("Invoices"); err != nil || panes.YSplit != 1 {
		t.Errorf("panes %+v, %v", panes, err)
	}
}

func TestDrive(t *testing.T) {
	t.Parallel()
	sim := New(Options{})
	browser := sim.CreateSpreadsheet(owner, "Seen in the browser")
	app := sim.Client(owner, "drive.file")
	status, body := ask(t, app, "POST", "/drive/v3/files",
		`{"name":"It's mine","mimeType":"application/vnd.google-apps.spreadsheet"}`)
	if status != 200 || !strings.Contains(body, `"name":"It's mine"`) && !strings.Contains(body, `It\u0027s mine`) {
		t.Fatalf("create: %d %s", status, body)
	}
	mine := sim.Files()[1]
	for _, test := range []struct {
		name, method, path, body string
		client                   *http.Client
		status                   int
		want                     string
	}{
		{"own only", "GET", "/drive/v3/files?fields=files(id)", "", app, 200, `{"files":[{"id":"` + mine + `"}]}`},
		{"all", "GET", "/drive/v3/files?fields=files(id)&orderBy=name", "",
			sim.Client(owner, "drive.metadata.readonly"), 200, `{"files":[{"id":"` + mine + `"},{"id":"` + browser +
				`"}]}`},
		{"quoted name", "GET", `/drive/v3/files?fields=files(id)&q=name+%3D+'It%5C's+mine'+and+trashed=false`, "", app,
			200, `{"files":[{"id":"` + mine + `"}]}`},
		{"unescaped quote", "GET", `/drive/v3/files?q=name+%3D+'It's+mine'`, "", app, 400, "Invalid Value"},
		{"not picked", "GET", "/drive/v3/files/" + browser, "", app, 404, "File not found: " + browser + "."},
		{"bad mask", "GET", "/drive/v3/files/" + mine + "?fields=colour", "", app, 400,
			"Invalid field selection colour"},
		{"rename", "PATCH", "/drive/v3/files/" + mine + "?fields=name", `{"name":"Renamed"}`, app, 200,
			`{"name":"Renamed"}`},
		{"share", "POST", "/drive/v3/files/" + mine + "/permissions?fields=role",
			`{"type":"user","role":"writer","emailAddress":"friend@example.com"}`, app, 200, `{"role":"writer"}`},
		{"not theirs to delete", "DELETE", "/drive/v3/files/" + mine, "", sim.Client("friend@example.com", "drive"),
			403, "insufficientFilePermissions"},
		{"permissions", "GET", "/drive/v3/files/" + mine + "/permissions?fields=permissions(emailAddress,role)", "",
			app, 200, `"role":"owner"`},
		{"bin", "PATCH", "/drive/v3/files/" + mine + "?fields=trashed", `{"trashed":true}`, app,
			200, `{"trashed":true}`},
		{"binned files are left out", "GET", "/drive/v3/files?fields=files(id)&q=trashed+%3D+false", "", app, 200,
			"{}"},
		{"own mark", "PATCH", "/drive/v3/files/" + mine + "?fields=id", `{"trashed":false}`, app, 200, mine},
		{"made with a mark", "POST", "/drive/v3/files?fields=appProperties",
			`{"name":"Marked","mimeType":"application/vnd.google-apps.spreadsheet","appProperties":{"run":"r1"}}`, app,
			200, `{"appProperties":{"run":"r1"}}`},
		{"found by the mark", "GET", "/drive/v3/files?fields=files(name)&q=" +
			url.QueryEscape("appProperties has { key='run' and value='r1' } and trashed = false"), "", app, 200,
			`{"files":[{"name":"Marked"}]}`},
		{"not found by another", "GET", "/drive/v3/files?fields=files(name)&q=" +
			url.QueryEscape("appProperties has { key='run' and value='r2' }"), "", app, 200, "{}"},
		{"mark of a wrong kind", "POST", "/drive/v3/files",
			`{"mimeType":"application/vnd.google-apps.spreadsheet","appProperties":{"run":1}}`,
			app, 400, "TYPE_STRING"},
		{"sheets scope cannot list", "GET", "/drive/v3/files", "", sim.Client(owner, "spreadsheets"), 403,
			"Request had insufficient authentication scopes."},
		{"no storage", "POST", "/drive/v3/files", `{"mimeType":"application/vnd.google-apps.spreadsheet"}`,
			sim.serviceClient("drive"), 403, "storageQuotaExceeded"},
		{"delete", "DELETE", "/drive/v3/files/" + mine, "", app, 204, ""},
	} {
		status, body := ask(t, test.client, test.method, test.path, test.body)
		if status != test.status || !strings.Contains(body, test.want) {
			t.Errorf("%s: %d %s", test.name, status, body)
		}
	}
	if got := sim.Files(); len(got) != 2 || got[0] != browser {
		t.Errorf("files left: %v", got)
	}
}
