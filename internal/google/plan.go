package google

import (
	"encoding/json"
	"fmt"
	"time"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// maxStyledRuns limits the formatting requests of a statement, to keep a commit well below 2 MB.
const maxStyledRuns = 4_000

// plan is what a replace will do to the tab. It is computed from the state and the result's size alone.
type plan struct {
	owner  export.ID
	run    export.ID
	place  place
	tabID  int64
	title  string // of the tab
	target rect   // header and rows
	schema table.Schema
	digest string
	note   string
	at     time.Time
	styles []style
	widths []int // of the columns, in characters
}

// style is a run of statement rows that look alike.
type style struct {
	from, to int // rows of the result; the header is 0
	role     table.Role
	level    uint8
}

// newPlan checks, as far as the state without cells tells, that the result fits and overwrites nothing.
func newPlan(st *state, p place, w export.WriteRequest, digest string, at time.Time) (*plan, error) {
	schema := w.Rows.Schema()
	pl := &plan{owner: w.Owner, run: w.Run, place: p, schema: schema, digest: digest, note: w.Note, at: at}
	pl.target = rect{p.row, p.col, p.row + 1 + w.Rows.Len(), p.col + len(schema.Columns)}
	pl.tabID, pl.title = numberFor("tab", string(w.Owner), w.Target.Sheet), w.Target.Sheet
	for st.tab(pl.tabID) != nil { // a tab was created under this title and has since been renamed
		pl.tabID++
	}
	if p.tab != nil {
		pl.tabID, pl.title = p.tab.id, p.tab.title
		if p.rename {
			pl.title = w.Target.Sheet
		}
		if err := pl.checkTab(); err != nil {
			return nil, err
		}
	}
	if full := st.cells() + pl.growth(); full > export.MostCells {
		return nil, problem.New(problem.SpreadsheetFull, "The spreadsheet would have %d cells with these %d rows; "+
			"Google allows %d.", full, w.Rows.Len(), export.MostCells)
	}
	return pl, nil
}

func (pl *plan) checkTab() error {
	t := pl.place.tab
	for _, p := range t.protected {
		if p.blocks(pl.target) || p.blocks(pl.place.managed) {
			return problem.New(problem.SheetProtected, "Cells %s of the tab %q are protected against changes by this "+
				"Google account.", p.at.a1(t.title), t.title)
		}
	}
	for _, r := range t.merges {
		if r.overlaps(pl.target) {
			return problem.New(problem.SheetConflict,
				"Cells %s are merged; the exported rows would be lost under them.", r.a1(t.title)).
				WithHint("Unmerge those cells, or choose another tab or start cell. Nothing was written.")
		}
	}
	return nil
}

// gridRows returns the height of a tab made for the result. It has at least one row below the header, because a header
// cannot be frozen on a tab without other rows.
func (pl *plan) gridRows() int { return max(pl.target.endRow, pl.target.row+2) }

// growth returns how many cells the tab's grid gains.
func (pl *plan) growth() int {
	t := pl.place.tab
	switch {
	case t == nil:
		return pl.gridRows() * pl.target.endCol
	case pl.place.rename:
		return pl.gridRows()*pl.target.endCol - t.rows*t.cols
	}
	return max(t.rows, pl.target.endRow)*max(t.cols, pl.target.endCol) - t.rows*t.cols
}

// fresh returns the rectangles that the result takes and that were not the exporter's before. They must not hold
// anybody's cells.
func (pl *plan) fresh() []rect {
	if pl.place.tab == nil || pl.place.rename {
		return nil
	}
	area := rect{
		pl.target.row, pl.target.col, min(pl.target.endRow, pl.place.tab.rows),
		min(pl.target.endCol, pl.place.tab.cols),
	}
	return area.minus(pl.place.managed)
}

// schemaID identifies a schema by titles, kinds and currencies. If it equals the stamp's, people's formats are kept.
func schemaID(s table.Schema) string {
	t := newTally(0)
	for _, c := range s.Columns {
		t.add([]value{{Kind: 's', Text: c.ID}, {Kind: 's', Text: c.Title}, {
			Kind: 's', Text: c.Kind.String() + c.Currency,
		}}, nil)
	}
	return t.digest()[:12]
}

// prepare returns the requests that make room for the rows.
func (pl *plan) prepare() []*sheets.Request {
	t := pl.place.tab
	rows, cols := int64(pl.gridRows()), int64(pl.target.endCol)
	switch {
	case t == nil:
		return []*sheets.Request{{AddSheet: &sheets.AddSheetRequest{Properties: &sheets.SheetProperties{
			SheetId: pl.tabID, Title: pl.title,
			GridProperties: &sheets.GridProperties{RowCount: rows, ColumnCount: cols},
		}}}}
	case pl.place.rename:
		// Columns before rows: Google checks the limit in between.
		return []*sheets.Request{
			updateSheet(&sheets.SheetProperties{
				SheetId: t.id, Title: pl.title, GridProperties: &sheets.GridProperties{ColumnCount: cols},
			}, "title,gridProperties.columnCount"),
			updateSheet(&sheets.SheetProperties{SheetId: t.id, GridProperties: &sheets.GridProperties{RowCount: rows}},
				"gridProperties.rowCount"),
		}
	}
	rows = int64(pl.target.endRow)
	var reqs []*sheets.Request
	if more := cols - int64(t.cols); more > 0 {
		reqs = append(reqs, appendDimension(t.id, "COLUMNS", more))
	}
	if more := rows - int64(t.rows); more > 0 {
		reqs = append(reqs, appendDimension(t.id, "ROWS", more))
	}
	return reqs
}

// finish returns the requests that follow the rows in the same batch: they clear leftover cells and set formats, note,
// named range and stamp.
func (pl *plan) finish() []*sheets.Request {
	var reqs []*sheets.Request
	for _, left := range pl.place.managed.minus(pl.target) {
		fields := "userEnteredValue" // the rows may come back, so keep people's formats
		if pl.place.isMoved() || left.col > pl.target.col {
			fields += ",userEnteredFormat,note"
		}
		reqs = append(reqs, clear(left.grid(pl.tabID), fields))
	}
	reqs = append(reqs, pl.formats()...)
	reqs = append(reqs, pl.styleRequests()...)
	header := rect{pl.target.row, pl.target.col, pl.target.row + 1, pl.target.col + 1}
	reqs = append(reqs, &sheets.Request{UpdateCells: &sheets.UpdateCellsRequest{
		Range: header.grid(pl.tabID), Fields: "note",
		Rows: []*sheets.RowData{{Values: []*sheets.CellData{{Note: pl.note}}}}}})
	return append(reqs, pl.marks()...)
}

// formats returns the requests for the header's look and each column's number format. They cover all rows if the
// columns are new, and otherwise only added rows, because people may have chosen other formats since.
func (pl *plan) formats() []*sheets.Request {
	first := pl.target.row + 1
	same := pl.place.stamp.Schema == schemaID(pl.schema) && !pl.place.managed.empty() && !pl.place.isMoved()
	if same {
		first = max(first, pl.place.managed.endRow)
	}
	var reqs []*sheets.Request
	if !same {
		header := rect{pl.target.row, pl.target.col, pl.target.row + 1, pl.target.endCol}
		bold := &sheets.CellFormat{TextFormat: &sheets.TextFormat{Bold: true}, WrapStrategy: "CLIP"}
		reqs = append(reqs, repeat(header.grid(pl.tabID), bold, "textFormat.bold,wrapStrategy"))
		reqs = append(reqs, pl.headerSides()...)
		reqs = append(reqs, pl.columnWidths()...)
		freeze := int64(pl.target.row + 1)
		thawed := pl.place.tab == nil || pl.place.tab.frozen == 0
		if thawed && freeze <= 5 && freeze < int64(max(pl.gridRows(), pl.rowsBefore())) {
			reqs = append(reqs, updateSheet(&sheets.SheetProperties{
				SheetId: pl.tabID, GridProperties: &sheets.GridProperties{FrozenRowCount: freeze},
			}, "gridProperties.frozenRowCount"))
		}
	}
	if first >= pl.target.endRow {
		return reqs
	}
	for i, c := range pl.schema.Columns {
		column := rect{first, pl.target.col + i, pl.target.endRow, pl.target.col + i + 1}
		format := &sheets.CellFormat{NumberFormat: numberFormat(c)}
		reqs = append(reqs, repeat(column.grid(pl.tabID), format, "numberFormat"))
	}
	return reqs
}

// headerSides returns the requests that align titles with their columns' values.
func (pl *plan) headerSides() []*sheets.Request {
	var reqs []*sheets.Request
	for i, c := range pl.schema.Columns {
		side := "LEFT"
		if c.Kind != table.Text && c.Kind != table.Bool {
			side = "RIGHT"
		}
		cell := rect{pl.target.row, pl.target.col + i, pl.target.row + 1, pl.target.col + i + 1}
		format := &sheets.CellFormat{HorizontalAlignment: side}
		reqs = append(reqs, repeat(cell.grid(pl.tabID), format, "horizontalAlignment"))
	}
	return reqs
}

// The widths of columns, in pixels.
const (
	leastWidth    = 72
	mostWidth     = 320
	characterWide = 8 // a generous width for bold digits in Sheets' default font
	cellMargin    = 24
)

// columnWidths returns the requests that fit the columns of a new tab to their contents. On other tabs, widths belong
// to people.
func (pl *plan) columnWidths() []*sheets.Request {
	if pl.place.tab != nil && !pl.place.rename {
		return nil
	}
	var reqs []*sheets.Request
	for i, characters := range pl.widths {
		at, pixels := int64(pl.target.col+i), min(max(characters*characterWide+cellMargin, leastWidth), mostWidth)
		reqs = append(reqs, &sheets.Request{UpdateDimensionProperties: &sheets.UpdateDimensionPropertiesRequest{
			Range: &sheets.DimensionRange{
				SheetId: pl.tabID, Dimension: "COLUMNS", StartIndex: at, EndIndex: at + 1,
				ForceSendFields: []string{"SheetId", "StartIndex"},
			},
			Properties: &sheets.DimensionProperties{PixelSize: int64(pixels)}, Fields: "pixelSize",
		}})
	}
	return reqs
}

func (pl *plan) rowsBefore() int {
	if pl.place.tab == nil || pl.place.rename {
		return 0
	}
	return pl.place.tab.rows
}

// styleRequests returns the requests that show a statement's sections, totals and indentation, as cell formats and
// never as leading blanks. They are set each time, because rows move.
func (pl *plan) styleRequests() []*sheets.Request {
	restyle := pl.place.stamp.Schema != "" && pl.place.stamp.Schema != schemaID(pl.schema)
	if (len(pl.styles) == 0 && !restyle) || pl.target.rows() < 2 {
		return nil
	}
	data := rect{pl.target.row + 1, pl.target.col, pl.target.endRow, pl.target.endCol}
	reqs := []*sheets.Request{repeat(data.grid(pl.tabID), &sheets.CellFormat{}, "textFormat.bold,padding")}
	label := pl.target.col
	for i, c := range pl.schema.Columns {
		if c.Label {
			label += i
			break
		}
	}
	for _, s := range pl.styles {
		if s.role != table.Data {
			row := rect{pl.target.row + s.from, pl.target.col, pl.target.row + s.to, pl.target.endCol}
			bold := &sheets.CellFormat{TextFormat: &sheets.TextFormat{Bold: true}}
			reqs = append(reqs, repeat(row.grid(pl.tabID), bold, "textFormat.bold"))
		}
		if s.level > 0 {
			cell := rect{pl.target.row + s.from, label, pl.target.row + s.to, label + 1}
			padding := &sheets.Padding{Left: 3 + 16*int64(s.level), Right: 3, Top: 2, Bottom: 2}
			reqs = append(reqs, repeat(cell.grid(pl.tabID), &sheets.CellFormat{Padding: padding}, "padding"))
		}
	}
	return reqs
}

// marks returns the requests that set the named range and the stamp.
func (pl *plan) marks() []*sheets.Request {
	named := &sheets.NamedRange{
		NamedRangeId: rangeID(pl.owner), Name: rangeName(pl.owner), Range: pl.target.grid(pl.tabID),
	}
	reqs := []*sheets.Request{{AddNamedRange: &sheets.AddNamedRangeRequest{NamedRange: named}}}
	if pl.place.named != "" {
		named.NamedRangeId = pl.place.named
		reqs[0] = &sheets.Request{UpdateNamedRange: &sheets.UpdateNamedRangeRequest{NamedRange: named, Fields: "range"}}
	}
	// Strings and numbers cannot fail to marshal.
	text, _ := json.Marshal(stamp{
		Exporter: pl.owner, Run: pl.run, Digest: pl.digest, Schema: schemaID(pl.schema), Rows: pl.target.rows(),
		Cols: pl.target.cols(), At: pl.at.UTC().Format(time.RFC3339),
	})
	if pl.place.stamp.Exporter != "" {
		old := &sheets.DataFilter{DeveloperMetadataLookup: &sheets.DeveloperMetadataLookup{MetadataId: pl.stampID()}}
		return append(reqs, &sheets.Request{UpdateDeveloperMetadata: &sheets.UpdateDeveloperMetadataRequest{
			DataFilters:       []*sheets.DataFilter{old},
			DeveloperMetadata: &sheets.DeveloperMetadata{MetadataValue: string(text)},
			Fields:            "metadataValue",
		}})
	}
	return append(reqs, createMetadata(&sheets.DeveloperMetadata{
		MetadataId: pl.stampID(), MetadataKey: stampKey, MetadataValue: string(text), Visibility: "DOCUMENT",
		Location: &sheets.DeveloperMetadataLocation{SheetId: pl.tabID, ForceSendFields: []string{"SheetId"}},
	}))
}

func createMetadata(m *sheets.DeveloperMetadata) *sheets.Request {
	return &sheets.Request{CreateDeveloperMetadata: &sheets.CreateDeveloperMetadataRequest{DeveloperMetadata: m}}
}

// stampID returns the metadata's id. A new id includes the tab's, because an exporter that moves to another tab leaves
// its old stamp behind.
func (pl *plan) stampID() int64 {
	if pl.place.stamp.id != 0 {
		return pl.place.stamp.id
	}
	return numberFor("stamp", string(pl.owner), fmt.Sprint(pl.tabID))
}

// numberFormat returns the format that shows a column's kind.
// https://developers.google.com/workspace/sheets/api/guides/formats
func numberFormat(c table.Column) *sheets.NumberFormat {
	switch c.Kind {
	case table.Money:
		if zeroDecimal[c.Currency] {
			return &sheets.NumberFormat{Type: "NUMBER", Pattern: "#,##0"}
		}
		return &sheets.NumberFormat{Type: "NUMBER", Pattern: "#,##0.00"}
	case table.Date:
		return &sheets.NumberFormat{Type: "DATE", Pattern: "yyyy-mm-dd"}
	case table.DateTime:
		return &sheets.NumberFormat{Type: "DATE_TIME", Pattern: "yyyy-mm-dd hh:mm:ss"}
	case table.Text:
		return &sheets.NumberFormat{Type: "TEXT", Pattern: "@"}
	}
	return nil // automatic: quantities show their own decimal places
}

var zeroDecimal = map[string]bool{
	"JPY": true, "KRW": true, "CLP": true, "VND": true, "ISK": true, "PYG": true, "UGX": true, "XAF": true, "XOF": true,
	"XPF": true,
}

func updateSheet(p *sheets.SheetProperties, fields string) *sheets.Request {
	p.ForceSendFields = append(p.ForceSendFields, "SheetId")
	return &sheets.Request{UpdateSheetProperties: &sheets.UpdateSheetPropertiesRequest{Properties: p, Fields: fields}}
}

func appendDimension(tab int64, dimension string, n int64) *sheets.Request {
	return &sheets.Request{AppendDimension: &sheets.AppendDimensionRequest{
		SheetId: tab, Dimension: dimension, Length: n, ForceSendFields: []string{"SheetId"},
	}}
}

// clear resets fields of a rectangle, by an update without rows.
func clear(g *sheets.GridRange, fields string) *sheets.Request {
	return &sheets.Request{UpdateCells: &sheets.UpdateCellsRequest{Range: g, Fields: fields}}
}

// repeat sets the given leaves of the cells' format.
func repeat(g *sheets.GridRange, f *sheets.CellFormat, leaves string) *sheets.Request {
	return &sheets.Request{RepeatCell: &sheets.RepeatCellRequest{
		Range: g, Cell: &sheets.CellData{UserEnteredFormat: f}, Fields: "userEnteredFormat(" + leaves + ")",
	}}
}
