package google

import "google.golang.org/api/sheets/v4"

func updateSheet(p *sheets.SheetProperties, fields string) *sheets.Request {
	p.ForceSendFields = append(p.ForceSendFields, "SheetId")
	return &sheets.Request{UpdateSheetProperties: &sheets.UpdateSheetPropertiesRequest{Properties: p, Fields: fields}}
}

func appendDimension(tab int64, dimension string, n int) *sheets.Request {
	return &sheets.Request{AppendDimension: &sheets.AppendDimensionRequest{
		SheetId: tab, Dimension: dimension, Length: int64(n), ForceSendFields: []string{"SheetId"},
	}}
}

// dimension returns whole rows or columns.
func dimension(tab int64, which string, from, to int) *sheets.DimensionRange {
	return &sheets.DimensionRange{
		SheetId: tab, Dimension: which, StartIndex: int64(from), EndIndex: int64(to),
		ForceSendFields: []string{"SheetId", "StartIndex"},
	}
}

// reset resets fields of a rectangle, by an update without rows.
func reset(g *sheets.GridRange, fields string) *sheets.Request {
	return &sheets.Request{UpdateCells: &sheets.UpdateCellsRequest{Range: g, Fields: fields}}
}

// repeat sets the given leaves of the cells' format.
func repeat(g *sheets.GridRange, f *sheets.CellFormat, leaves string) *sheets.Request {
	return &sheets.Request{RepeatCell: &sheets.RepeatCellRequest{
		Range: g, Cell: &sheets.CellData{UserEnteredFormat: f}, Fields: "userEnteredFormat(" + leaves + ")",
	}}
}

// copyPaste copies cells of a tab to another place of it.
func copyPaste(tab int64, from, to rect, what string) *sheets.Request {
	return paste(from.grid(tab), to.grid(tab), what)
}

func paste(from, to *sheets.GridRange, what string) *sheets.Request {
	return &sheets.Request{CopyPaste: &sheets.CopyPasteRequest{
		Source: from, Destination: to, PasteType: what, PasteOrientation: "NORMAL",
	}}
}

// shiftRows puts cells into a rectangle, or takes its cells out, and moves what is below.
func shiftRows(g *sheets.GridRange, insert bool) *sheets.Request {
	if insert {
		return &sheets.Request{InsertRange: &sheets.InsertRangeRequest{Range: g, ShiftDimension: "ROWS"}}
	}
	return &sheets.Request{DeleteRange: &sheets.DeleteRangeRequest{Range: g, ShiftDimension: "ROWS"}}
}

func createMetadata(m *sheets.DeveloperMetadata) *sheets.Request {
	return &sheets.Request{CreateDeveloperMetadata: &sheets.CreateDeveloperMetadataRequest{DeveloperMetadata: m}}
}

func deleteMetadata(id int64) *sheets.Request {
	return &sheets.Request{DeleteDeveloperMetadata: &sheets.DeleteDeveloperMetadataRequest{
		DataFilter: &sheets.DataFilter{DeveloperMetadataLookup: &sheets.DeveloperMetadataLookup{MetadataId: id}},
	}}
}

func deleteSheet(id int64) *sheets.Request {
	return &sheets.Request{DeleteSheet: &sheets.DeleteSheetRequest{SheetId: id, ForceSendFields: []string{"SheetId"}}}
}
