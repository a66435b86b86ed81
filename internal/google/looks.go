package google

import (
	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// maxStyledRuns limits the formatting requests of a statement, to keep a commit well below 2 MB.
const maxStyledRuns = 4_000

// style is a run of statement rows that look alike.
type style struct {
	from, to int // rows of the result, the first below the header is 0
	role     table.Role
	level    uint8
}

// looks returns the requests for the header's look, number formats and a statement's styles. What stands already keeps
// the looks that people have given it.
func (pl *plan) looks() []*sheets.Request {
	reqs := pl.rowLooks()
	fresh := pl.freshColumns()
	if len(fresh) > 0 {
		reqs = append(reqs, pl.headerLooks(fresh)...)
		reqs = append(reqs, pl.columnWidths()...)
		reqs = append(reqs, pl.freeze()...)
	}
	from := pl.first()
	for _, i := range fresh {
		if from < pl.target.endRow {
			column := rect{from, pl.cols[i], pl.target.endRow, pl.cols[i] + 1}
			format := &sheets.CellFormat{NumberFormat: pl.numberFormat(pl.schema.Columns[i])}
			reqs = append(reqs, repeat(column.grid(pl.tabID), format, "numberFormat"))
		}
	}
	return append(reqs, pl.styleRequests()...)
}

// freshColumns returns the columns whose formats must be set: new ones, those that hold another kind of values now, and
// all if the rows get another look.
func (pl *plan) freshColumns() []int {
	var list []int
	was := map[string]string{}
	if !pl.whole && !pl.isRestyled() {
		for _, f := range pl.place.stamp.Fields {
			was[f.ID] = f.Shows
		}
	}
	for i, c := range pl.schema.Columns {
		if shows, ok := was[c.ID]; !ok || shows != showsOf(c) {
			list = append(list, i)
		}
	}
	return list
}

// showsOf names what decides a column's number format.
func showsOf(c table.Column) string { return c.Kind.String() + c.Currency }

// rowLooks returns the requests that make rows that were put in look like a neighbour.
func (pl *plan) rowLooks() []*sheets.Request {
	var reqs []*sheets.Request
	for _, f := range pl.arr.fresh {
		like := f.row - 1
		if like < 0 {
			like = f.row + f.rows
		}
		if like >= pl.arr.rows {
			reqs = append(reqs, pl.plainLooks(f)...)
			continue
		}
		for _, s := range spansOf(pl.cols) {
			reqs = append(reqs, copyPaste(pl.tabID, pl.rowRect(like, 1, s), pl.rowRect(f.row, f.rows, s),
				"PASTE_FORMAT"))
		}
	}
	return reqs
}

// plainLooks returns the requests that give rows without a neighbour their number formats.
func (pl *plan) plainLooks(f run) []*sheets.Request {
	var reqs []*sheets.Request
	for i, c := range pl.schema.Columns {
		cells := pl.rowRect(f.row, f.rows, [2]int{pl.cols[i], pl.cols[i] + 1})
		reqs = append(reqs, repeat(cells.grid(pl.tabID), &sheets.CellFormat{NumberFormat: pl.numberFormat(c)},
			"numberFormat"))
	}
	return reqs
}

// headerLooks returns the requests that dress titles and align them with their columns' values.
func (pl *plan) headerLooks(columns []int) []*sheets.Request {
	var reqs []*sheets.Request
	for _, i := range columns {
		format, leaves := pl.headerFormat(pl.schema.Columns[i])
		cell := rect{pl.target.row, pl.cols[i], pl.target.row + 1, pl.cols[i] + 1}
		reqs = append(reqs, repeat(cell.grid(pl.tabID), format, leaves))
	}
	return reqs
}

// mostFrozen returns how many rows may be frozen at the top: more leave too little of a small screen.
func (pl *plan) mostFrozen() int64 {
	if pl.heading.wanted != nil {
		return 8
	}
	return 5
}

// freeze returns the request that keeps the header in sight, on a tab where nothing is frozen and nothing merged cells
// forbid it.
func (pl *plan) freeze() []*sheets.Request {
	rows := int64(pl.target.row + 1)
	if t := pl.place.tab; t != nil {
		if t.frozen > 0 {
			return nil
		}
		for _, m := range t.merges {
			if m.row < int(rows) && int(rows) < m.endRow {
				return nil
			}
		}
	}
	if !pl.whole || rows > pl.mostFrozen() || rows >= int64(max(pl.gridRows(), pl.rowsBefore())) {
		return nil
	}
	return []*sheets.Request{updateSheet(&sheets.SheetProperties{
		SheetId: pl.tabID, GridProperties: &sheets.GridProperties{FrozenRowCount: rows},
	}, "gridProperties.frozenRowCount")}
}

// The widths of columns, in pixels.
const (
	leastWidth    = 72
	mostWidth     = 320
	characterWide = 8 // a generous width for bold digits in Sheets' default font
	cellMargin    = 24
	filterWide    = 20 // the arrow that a filter puts beside a title
)

func (pl *plan) columnMargin() int {
	if pl.preset == export.BoardLook {
		return cellMargin + filterWide
	}
	return cellMargin
}

// columnWidths returns the requests that fit the columns of a new tab to their contents. On other tabs, widths belong
// to people.
func (pl *plan) columnWidths() []*sheets.Request {
	if pl.place.tab != nil && !pl.place.rename {
		return nil
	}
	var reqs []*sheets.Request
	for i, characters := range pl.widths {
		pixels := min(max(characters*characterWide+pl.columnMargin(), leastWidth), mostWidth)
		reqs = append(reqs, &sheets.Request{UpdateDimensionProperties: &sheets.UpdateDimensionPropertiesRequest{
			Range:      dimension(pl.tabID, "COLUMNS", pl.cols[i], pl.cols[i]+1),
			Properties: &sheets.DimensionProperties{PixelSize: int64(pixels)}, Fields: "pixelSize",
		}})
	}
	return reqs
}

// styleRequests returns the requests that show a statement's sections, totals and indentation, as cell formats and
// never as leading blanks.
func (pl *plan) styleRequests() []*sheets.Request {
	was := pl.place.stamp.Look
	same := !pl.whole && was == pl.look() && len(pl.arr.shifts) == 0 && len(pl.freshColumns()) == 0
	if same || len(pl.styles) == 0 && was == "" || pl.arr.rows == 0 {
		return nil
	}
	label := pl.cols[0]
	for i, c := range pl.schema.Columns {
		if c.Label {
			label = pl.cols[i]
			break
		}
	}
	var reqs []*sheets.Request
	for _, s := range spansOf(pl.cols) {
		all := pl.rowRect(0, pl.arr.rows, s)
		reqs = append(reqs, repeat(all.grid(pl.tabID), &sheets.CellFormat{}, "textFormat.bold,padding"))
	}
	for _, s := range pl.styles {
		if s.role != table.Data {
			bold := &sheets.CellFormat{TextFormat: &sheets.TextFormat{Bold: true}}
			for _, span := range spansOf(pl.cols) {
				row := pl.rowRect(s.from, s.to-s.from, span)
				reqs = append(reqs, repeat(row.grid(pl.tabID), bold, "textFormat.bold"))
			}
		}
		if s.level > 0 {
			cell := pl.rowRect(s.from, s.to-s.from, [2]int{label, label + 1})
			padding := &sheets.Padding{Left: 3 + 16*int64(s.level), Right: 3, Top: 2, Bottom: 2}
			reqs = append(reqs, repeat(cell.grid(pl.tabID), &sheets.CellFormat{Padding: padding}, "padding"))
		}
	}
	return append(reqs, pl.lineRequests()...)
}

// look identifies the styles; empty if there are none.
func (pl *plan) look() string {
	if len(pl.styles) == 0 {
		return ""
	}
	t := newTally(0)
	for _, s := range pl.styles {
		t.addDigest(uint64(s.from)<<32 | uint64(s.to))
		t.addDigest(uint64(s.role)<<8 | uint64(s.level))
	}
	return t.digest()[:12]
}

var zeroDecimal = map[string]bool{
	"JPY": true, "KRW": true, "CLP": true, "VND": true, "ISK": true, "PYG": true, "UGX": true, "XAF": true, "XOF": true,
	"XPF": true,
}
