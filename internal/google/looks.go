package google

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
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
		if pl.place.tab == nil || pl.place.rename {
			reqs = append(reqs, pl.freeze()...)
		}
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
		// A column that people have deleted comes back without its looks.
		shows, ok := was[c.ID]
		if !ok || pl.undo == nil && (shows != showsOf(c) || !pl.hadColumn(c.ID)) {
			list = append(list, i)
		}
	}
	return list
}

// showsOf names what decides a column's number format.
func showsOf(c table.Column) string { return c.Kind.String() + c.Currency }

// columnOfShows is the inverse of showsOf.
func columnOfShows(shows string) table.Column {
	for _, kind := range []table.Kind{table.Number, table.Money, table.DateTime, table.Date, table.Bool} {
		if currency, ok := strings.CutPrefix(shows, kind.String()); ok {
			return table.Column{Kind: kind, Currency: currency}
		}
	}
	return table.Column{}
}

// rowLooks returns the requests that make rows that were put in look like a neighbour.
func (pl *plan) rowLooks() []*sheets.Request {
	var reqs []*sheets.Request
	for _, f := range pl.arr.added() {
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
	rows := int64(pl.landing().row + 1)
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

// tabLooks returns the request for the looks of a tab that was there before, if there are any. Those are refused where
// cells may be written, such as on a protected tab with open columns, so they must not be part of the commit.
func (pl *plan) tabLooks() []*sheets.Request {
	if pl.place.tab == nil || pl.place.rename || len(pl.freshColumns()) == 0 {
		return nil
	}
	return pl.freeze()
}

// dress sets the looks of the tab once the rows are there. If Google refuses them, that is only worth a warning.
func (r *write) dress(ctx context.Context) {
	reqs := r.plan.tabLooks()
	if len(reqs) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTimeout)
	defer cancel()
	body, err := marshal(map[string]any{"requests": reqs})
	if err == nil {
		err = r.do(ctx, call{
			method: http.MethodPost, write: true, body: body, query: url.Values{"fields": {"spreadsheetId"}},
			answered: &r.since,
			url:      r.c.sheets + "v4/spreadsheets/" + url.PathEscape(r.state.id) + ":batchUpdate",
		}, nil)
	}
	if err != nil {
		r.warnings = append(r.warnings, "The rows were written, but the header could not be frozen: "+
			problem.From(err).Message)
	}
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
	if pl.grows {
		return pl.addedStyles()
	}
	same := !pl.whole && was == pl.look() && len(pl.arr.shifts) == 0 && len(pl.freshColumns()) == 0
	if same || len(pl.styles) == 0 && was == "" || pl.arr.rows == 0 {
		return nil
	}
	return append(pl.plainRows(0, pl.arr.rows), pl.stylesAt(0, 0, pl.arr.rows)...)
}

// addedStyles returns the requests for the styles of rows that are written among others, which keep theirs.
func (pl *plan) addedStyles() []*sheets.Request {
	if pl.look() == "" {
		return nil
	}
	var reqs []*sheets.Request
	if pl.isRestyled() && pl.arr.rows > 0 {
		reqs = pl.noLines(0, pl.arr.rows)
	}
	for _, p := range pl.arr.pieces() {
		if p.of == ofResult {
			reqs = append(append(reqs, pl.plainRows(p.row, p.rows)...), pl.stylesAt(p.row, p.from, p.rows)...)
		}
	}
	return reqs
}

// plainRows returns the requests that take the styles off rows.
func (pl *plan) plainRows(row, rows int) []*sheets.Request {
	var reqs []*sheets.Request
	for _, s := range spansOf(pl.cols) {
		all := pl.rowRect(row, rows, s)
		reqs = append(reqs, repeat(all.grid(pl.tabID), &sheets.CellFormat{}, "textFormat.bold,padding"))
	}
	return append(reqs, pl.noLines(row, rows)...)
}

// stylesAt returns the requests for the styles of some of the result's rows, which are written from a row on.
func (pl *plan) stylesAt(row, from, rows int) []*sheets.Request {
	label := pl.cols[0]
	for i, c := range pl.schema.Columns {
		if c.Label {
			label = pl.cols[i]
			break
		}
	}
	var reqs []*sheets.Request
	for i, s := range pl.styles {
		isLast := i == len(pl.styles)-1 && s.to <= from+rows
		s.from, s.to = max(s.from, from)-from+row, min(s.to, from+rows)-from+row
		if s.from >= s.to {
			continue
		}
		reqs = append(reqs, pl.totalLines(s, isLast)...)
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
	return reqs
}

// look identifies the styles; empty if there are none. Where rows are added among others, it only says that some have
// styles.
func (pl *plan) look() string {
	if pl.undo != nil {
		return pl.undo.Look
	}
	if pl.grows && (len(pl.styles) > 0 || pl.place.stamp.Look != "") {
		return "added"
	}
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
