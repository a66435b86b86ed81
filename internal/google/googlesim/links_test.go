package googlesim

import (
	"net/http"
	"strings"
	"testing"

	"google.golang.org/api/sheets/v4"
)

// TestCellLinks: a link on a whole cell is a format. It brings the colour and the line of links unless the same request
// sets them, shows as the cell's hyperlink, stays when the value changes, and goes when the mask names it and the cell
// does not. https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/other#TextFormat
func TestCellLinks(t *testing.T) {
	t.Parallel()
	sim := New(Options{})
	book := sim.Spreadsheet(sim.CreateSpreadsheet(owner, "Book", "Tab"))
	paint := func(fields string, f *sheets.TextFormat) error {
		text := "Report"
		return book.Batch(&sheets.Request{UpdateCells: &sheets.UpdateCellsRequest{
			Fields: fields, Range: &sheets.GridRange{SheetId: book.Tabs()[0].ID, EndRowIndex: 1, EndColumnIndex: 1},
			Rows: []*sheets.RowData{{Values: []*sheets.CellData{{
				UserEnteredValue:  &sheets.ExtendedValue{StringValue: &text},
				UserEnteredFormat: &sheets.CellFormat{TextFormat: f},
			}}}},
		}})
	}
	link := &sheets.Link{Uri: "https://example.com/a"}
	if err := paint("userEnteredValue,userEnteredFormat.textFormat.link", &sheets.TextFormat{Link: link}); err != nil {
		t.Fatal(err)
	}
	f := book.Cell("A1").Format.TextFormat
	if f.Link.Uri != link.Uri || !f.Underline || f.ForegroundColorStyle.ThemeColor != "LINK" {
		t.Errorf("the format is %+v", f)
	}
	if err := book.SetCell("A1", "Other"); err != nil {
		t.Fatal(err)
	}
	if f := book.Cell("A1").Format.TextFormat; f.Link == nil {
		t.Error("the link went with the value")
	}
	if got := linkOf(book.Cell("A1").Format); got != link.Uri {
		t.Errorf("the cell's link is %q", got)
	}
	red := &sheets.ColorStyle{RgbColor: &sheets.Color{Red: 1}}
	own := &sheets.TextFormat{Link: link, ForegroundColorStyle: red}
	if err := paint("userEnteredFormat.textFormat(link,foregroundColorStyle)", own); err != nil {
		t.Fatal(err)
	}
	if f := book.Cell("A1").Format.TextFormat; f.ForegroundColorStyle.RgbColor == nil || !f.Underline {
		t.Errorf("the format is %+v", f)
	}
	if err := paint("userEnteredFormat.textFormat.link", &sheets.TextFormat{}); err != nil {
		t.Fatal(err)
	}
	if f := book.Cell("A1").Format.TextFormat; f.Link != nil {
		t.Error("the link is still there")
	}
	err := paint("userEnteredFormat", &sheets.TextFormat{Link: &sheets.Link{Uri: "no address"}})
	if err == nil || !strings.Contains(err.Error(), "Invalid link") {
		t.Errorf("got %v", err)
	}
}

// TestPageOfALook: the page shows bands, the filter's arrow, lines, links and red numbers.
func TestPageOfALook(t *testing.T) {
	t.Parallel()
	sim := New(Options{})
	book := sim.Spreadsheet(sim.CreateSpreadsheet(owner, "Book", "Tab"))
	set(t, book, "A1", "Total", "A2", "-5", "A3", "7", "B1", "Report")
	must(t, book.SetFormat("Tab!A2:A3", &sheets.CellFormat{
		NumberFormat: &sheets.NumberFormat{Type: "NUMBER", Pattern: "0.00;[Red]-0.00"},
		Borders:      &sheets.Borders{Top: &sheets.Border{Style: "SOLID"}, Bottom: &sheets.Border{Style: "DOUBLE"}},
	}))
	must(t, book.SetFormat("Tab!B1", &sheets.CellFormat{
		TextFormat: &sheets.TextFormat{FontSize: 14, Link: &sheets.Link{Uri: "https://example.com/?a=1&b=2"}},
	}))
	must(t, book.Batch(mustRequests(t, `[{"addBanding":{"bandedRange":{
		"range":{"sheetId":0,"startRowIndex":0,"endRowIndex":3,"startColumnIndex":0,"endColumnIndex":1},
		"rowProperties":{"headerColorStyle":{"rgbColor":{"red":1}},"firstBandColorStyle":{"rgbColor":{"green":1}},
		"secondBandColorStyle":{"rgbColor":{"blue":1}}}}}},
		{"setBasicFilter":{"filter":{"range":{"sheetId":0,"startRowIndex":0,"endRowIndex":3,"startColumnIndex":0,
		"endColumnIndex":1}}}}]`)...))
	status, body := ask(t, &http.Client{Transport: sim.Transport()}, "GET", "/spreadsheets/d/"+book.ID(), "")
	if status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	for _, want := range []string{
		`background:rgb(255 0 0)`, `background:rgb(0 255 0)`, `background:rgb(0 0 255)`, `filter"`, "n red",
		"border-top:1px solid", "border-bottom:3px double", "font-size:14pt",
		`<a href="https://example.com/?a=1&amp;b=2" rel="noreferrer">Report</a>`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
}
