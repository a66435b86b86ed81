package googlesim

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/drive/v3"
	"google.golang.org/api/googleapi"
	"google.golang.org/api/option"
	"google.golang.org/api/sheets/v4"
)

const owner = "owner@example.com"

// start serves a simulator on loopback and returns Google's own client for an account.
func start(t *testing.T, o Options) (*Server, *httptest.Server) {
	t.Helper()
	sim := New(o)
	web := httptest.NewServer(sim)
	t.Cleanup(web.Close)
	sim.SetBaseURL(web.URL)
	return sim, web
}

func sheetsClient(t *testing.T, sim *Server, email string, scopes ...string) *sheets.Service {
	t.Helper()
	if sim.base(nil) == "" {
		sim.SetBaseURL("http://sheets.test")
	}
	service, err := sheets.NewService(t.Context(), option.WithEndpoint(sim.Endpoints().SheetsURL),
		option.WithHTTPClient(sim.Client(email, scopes...)))
	if err != nil {
		t.Fatalf("making client: %v", err)
	}
	return service
}

func TestRealClientOverTheNetwork(t *testing.T) {
	t.Parallel()
	sim, _ := start(t, Options{})
	token := sim.AccessToken(owner, "drive.file")
	authorised := &http.Client{Transport: &authorized{
		next: http.DefaultTransport, token: func() string { return token },
	}}
	service, err := sheets.NewService(t.Context(), option.WithEndpoint(sim.Endpoints().SheetsURL),
		option.WithHTTPClient(authorised))
	if err != nil {
		t.Fatal(err)
	}
	file, err := service.Spreadsheets.Create(&sheets.Spreadsheet{
		Properties: &sheets.SpreadsheetProperties{Title: "Books"},
		Sheets: []*sheets.Sheet{{Properties: &sheets.SheetProperties{
			Title: "Data", GridProperties: &sheets.GridProperties{RowCount: 10, ColumnCount: 4},
		}}},
	}).Context(t.Context()).Do()
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	tab := file.Sheets[0].Properties.SheetId
	written, err := service.Spreadsheets.Values.Update(file.SpreadsheetId, "Data!A1",
		&sheets.ValueRange{Values: [][]any{
			{"Name", "Amount", "Due"}, {"Chair", 12.5, 46270}, {"=1+1", nil, ""},
		}}).ValueInputOption("RAW").Do()
	if err != nil {
		t.Fatalf("values.update: %v", err)
	}
	if written.UpdatedCells != 8 || written.UpdatedRange != "Data!A1:C3" {
		t.Errorf("updated %d cells in %s", written.UpdatedCells, written.UpdatedRange)
	}
	answer, err := service.Spreadsheets.BatchUpdate(file.SpreadsheetId, &sheets.BatchUpdateSpreadsheetRequest{
		IncludeSpreadsheetInResponse: true,
		Requests: []*sheets.Request{
			{RepeatCell: &sheets.RepeatCellRequest{
				Range: &sheets.GridRange{SheetId: tab, StartRowIndex: 1, StartColumnIndex: 2, EndColumnIndex: 3},
				Cell: &sheets.CellData{UserEnteredFormat: &sheets.CellFormat{NumberFormat: &sheets.NumberFormat{
					Type: "DATE", Pattern: "yyyy-mm-dd",
				}}},
				Fields: "userEnteredFormat.numberFormat",
			}},
			{UpdateSheetProperties: &sheets.UpdateSheetPropertiesRequest{
				Properties: &sheets.SheetProperties{
					SheetId: tab, GridProperties: &sheets.GridProperties{FrozenRowCount: 1},
				}, Fields: "gridProperties.frozenRowCount",
			}},
			{AddSheet: &sheets.AddSheetRequest{Properties: &sheets.SheetProperties{SheetId: 77,
				Title: "Staging", Hidden: true}}},
		},
	}).Do()
	if err != nil {
		t.Fatalf("batchUpdate: %v", err)
	}
	if len(answer.Replies) != 3 || answer.Replies[2].AddSheet.Properties.SheetId != 77 {
		t.Errorf("replies %+v", answer.Replies)
	}
	if got := answer.UpdatedSpreadsheet.Sheets[1].Properties.Title; got != "Staging" {
		t.Errorf("updated spreadsheet has second tab %q", got)
	}
	got, err := service.Spreadsheets.Values.Get(file.SpreadsheetId, "Data").Do()
	if err != nil {
		t.Fatalf("values.get: %v", err)
	}
	want := [][]any{{"Name", "Amount", "Due"}, {"Chair", "12.5", "2026-09-05"}, {"=1+1"}}
	if diff := cmp.Diff(want, got.Values); diff != "" || got.Range != "Data!A1:D10" {
		t.Errorf("range %s, values differ (-want +got):\n%s", got.Range, diff)
	}
	whole, err := service.Spreadsheets.Get(file.SpreadsheetId).Fields("spreadsheetId",
		"sheets(properties(sheetId,title,hidden,gridProperties/frozenRowCount))").Do()
	if err != nil {
		t.Fatalf("get: %v", err)
	}
	if p := whole.Sheets[0].Properties; p.GridProperties.FrozenRowCount != 1 || p.GridProperties.RowCount != 0 ||
		whole.Properties != nil {
		t.Errorf("mask let through %+v", p)
	}
	drives, err := drive.NewService(t.Context(), option.WithEndpoint(sim.Endpoints().DriveURL),
		option.WithHTTPClient(authorised))
	if err != nil {
		t.Fatal(err)
	}
	listed, err := drives.Files.List().Q("mimeType = 'application/vnd.google-apps.spreadsheet' and trashed = false " +
		"and name contains 'Boo'").Fields("files(id,name)").Do()
	if err != nil || len(listed.Files) != 1 || listed.Files[0].Name != "Books" {
		t.Errorf("files.list: %+v, %v", listed, err)
	}
	_, err = drives.Files.Get("nothing").Do()
	var refused *googleapi.Error
	if !errors.As(err, &refused) || refused.Code != 404 || refused.Errors[0].Reason != "notFound" {
		t.Errorf("files.get of nothing: %v", err)
	}
}
