package google

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// plan is what a write will do to the tab. It is computed from what was seen and from the result's size; it makes no
// requests itself.
type plan struct {
	owner  export.ID
	run    export.ID
	place  place
	tabID  int64
	title  string // of the tab
	schema table.Schema
	titles []string // as they are written
	note   string
	at     time.Time
	digest string // of header and rows afterwards
	rows   int    // of the result, afterwards
	styles []style
	widths []int       // of the columns, in characters
	grows  bool        // rows that stand keep their places and looks
	mark   change.Mark // for arr.marks
	// takeApart says that a person has allowed to unmerge cells.
	takeApart bool
	others    int // the cells of the spreadsheet's other tabs

	// whole says that nothing stands that could be kept: all rows go to cells that are not the exporter's yet, or that
	// it leaves for others.
	whole bool
	// writing says that the rows follow the batch, in requests of their own.
	writing bool
	// plain says that no rows are put in or taken out, because that would tear something apart. More rows take empty
	// cells below.
	plain   bool
	shape   reshaping
	cols    []int // the tab's column of each of the result's
	fill    []int // the tab's columns with formulas that follow the rows
	arr     arrangement
	header  bool // must be written
	room    int  // rows by which the tab must grow for what moves down
	target  rect // header and rows, blank ones included
	unmerge []rect
	aside   aside
	kept    keeping
	back    []*sheets.Request // copy the state that is put back
	undo    *keptState        // what is put back; nil if the write undoes none

	preset   export.Look
	overlays overlays
	heading  headingPlan

	linked    []bool // by column: its cells have links
	linkBytes int    // about how much they add to the commit
}

// newPlan starts a plan. It checks, as far as the state without cells tells, that the tab can take the result.
func newPlan(st *state, p place, w export.WriteRequest, at time.Time) *plan {
	pl := &plan{
		owner: w.Owner, run: w.Run, place: p, schema: w.Rows.Schema(), note: w.Note, at: at,
		grows: !w.Policy().Order, mark: w.Policy().Mark, takeApart: w.May(export.RepairUnmerge),
		preset: cmp.Or(w.Look, export.PlainLook),
	}
	if w.Undo != "" { // puts back formats too
		pl.preset = presetOf(p.stamp)
	}
	pl.tabID, pl.title = numberFor("tab", string(w.Owner), w.Target.Sheet), w.Target.Sheet
	if w.May(export.RepairStartOver) {
		pl.tabID = besideID(w.Owner, w.Run)
	}
	for st.tab(pl.tabID) != nil { // a tab was created under this title and has since been renamed
		pl.tabID++
	}
	pl.others = st.cells(w.Owner)
	if p.tab != nil {
		pl.others -= p.tab.rows * p.tab.cols
		pl.tabID, pl.title = p.tab.id, p.tab.title
		if p.rename {
			pl.title = w.Target.Sheet
		}
	}
	return pl
}

// start plans to write all rows to the place's corner.
func (pl *plan) start(rows int) {
	pl.whole, pl.header, pl.rows = true, true, rows
	for i := range pl.schema.Columns {
		pl.cols = append(pl.cols, pl.place.col+i)
	}
	pl.arr = arrangement{rows: rows}
	if rows > 0 {
		pl.arr.runs = []run{{0, rows, 0}}
	}
	pl.target = rect{pl.place.row, pl.place.col, pl.place.row + 1 + rows, pl.place.col + len(pl.cols)}
}

// settle works out the rectangle, once columns and rows are arranged.
func (pl *plan) settle() {
	pl.target = rect{pl.place.managed.row, slices.Min(pl.cols), pl.first() + pl.arr.rows, slices.Max(pl.cols) + 1}
	if pl.plain {
		pl.target.endRow = pl.first() + pl.rows
	}
}

// first returns the tab's row of the first row below the header.
func (pl *plan) first() int {
	if pl.whole {
		return pl.place.row + 1
	}
	return pl.place.managed.row + 1
}

// rowRect returns the cells of rows, counted from the first below the header, in a span of the tab's columns.
func (pl *plan) rowRect(row, rows int, span [2]int) rect {
	return rect{pl.first() + row, span[0], pl.first() + row + rows, span[1]}
}

// changesNothing reports whether the tab is right as it is.
func (pl *plan) changesNothing() bool {
	a := &pl.arr
	rows := len(a.shifts) + len(a.runs) + len(a.moved) + len(a.marks)
	touched := pl.whole || pl.header || pl.aside.rows > 0 || rows+len(pl.shape.requests)+len(pl.unmerge) > 0
	if touched || pl.place.stamp.isUnfinished() {
		return false
	}
	return pl.follows() && len(pl.freshColumns()) == 0 && pl.place.stamp.Look == pl.look() &&
		pl.place.stamp.Digest == pl.digest && !pl.isRestyled() && pl.heading.isSame() && !pl.changesLinks()
}

// check returns a problem if the tab cannot take the result.
func (pl *plan) check() error {
	if t := pl.place.tab; t != nil {
		for _, p := range t.protected {
			if slices.ContainsFunc(pl.touched(), p.blocks) {
				return problem.New(problem.SheetProtected, "Cells %s of the tab %q%s are protected against changes by "+
					"this Google account.", p.at.a1(t.title), t.title, p.words())
			}
		}
		if err := pl.checkMerges(t); err != nil {
			return err
		}
	}
	return nil
}

// touched returns the rectangles in which the plan changes cells, before columns move.
func (pl *plan) touched() []rect {
	if pl.whole {
		return nonEmpty(pl.target, pl.place.managed)
	}
	at := pl.target
	if top, ok := pl.arr.highest(); ok && !pl.plain {
		at.endRow = max(at.endRow, pl.first()+top)
	}
	var list []rect
	for _, s := range spansOf(pl.cols) {
		list = append(list, rect{at.row, s[0], max(at.endRow, pl.place.managed.endRow), s[1]})
	}
	return list
}

// words returns the protection's description for a sentence.
func (p protection) words() string {
	if p.name == "" {
		return ""
	}
	return fmt.Sprintf(" (%q)", p.name)
}

func (pl *plan) checkMerges(t *tab) error {
	for _, m := range t.merges {
		if !m.overlaps(pl.target) && !(m.overlaps(pl.place.managed) && !pl.whole) || pl.mayUnmerge(m) {
			continue
		}
		return mergedProblem("Cells %s are merged; the exported rows would be lost under them.", m.a1(t.title))
	}
	return nil
}

// mayUnmerge reports whether a person has allowed to take merged cells apart, and notes that they will be.
func (pl *plan) mayUnmerge(m rect) bool {
	if !pl.takeApart {
		return false
	}
	if !slices.Contains(pl.unmerge, m) {
		pl.unmerge = append(pl.unmerge, m)
	}
	return true
}

// gridRows returns the height of a tab made for the result. It has at least one row below the header, because a header
// cannot be frozen on a tab without other rows.
func (pl *plan) gridRows() int { return max(pl.target.endRow, pl.target.row+2) }

// A new tab has this much room for people's own cells, unless the spreadsheet's cells are scarce.
const (
	roomCols = 26 // in all
	roomRows = 100
)

// newSize returns the size of a tab made for the result.
func (pl *plan) newSize() (rows, cols int) {
	rows, cols = pl.gridRows()+roomRows, max(pl.target.endCol, roomCols)
	if t := pl.place.tab; t != nil {
		rows, cols = max(rows, t.rows), max(cols, t.cols)
	}
	if pl.others+rows*cols > export.MostCells/2 {
		return pl.gridRows(), pl.target.endCol
	}
	return rows, cols
}

// rowsBefore returns the height of the tab as it is.
func (pl *plan) rowsBefore() int {
	if pl.place.tab == nil || pl.place.rename {
		return 0
	}
	return pl.place.tab.rows
}

// size returns how large the tab's grid must be.
func (pl *plan) size() (rows, cols int) {
	t := pl.place.tab
	switch {
	case t == nil, pl.place.rename:
		return pl.newSize()
	case pl.whole:
		return max(t.rows, pl.target.endRow), max(t.cols, pl.target.endCol)
	}
	return max(t.rows+pl.aside.grow, pl.target.endRow, t.rows+pl.room), max(pl.shape.tabCols, pl.target.endCol)
}

// growth returns how many cells the tab's grid gains.
func (pl *plan) growth() int {
	rows, cols := pl.size()
	if pl.place.tab == nil {
		return rows * cols
	}
	rows += pl.heading.insert
	return rows*cols - pl.place.tab.rows*pl.place.tab.cols
}

// taken returns the rectangles that the result takes and that were not the exporter's before. They must not hold
// anybody's cells.
func (pl *plan) taken() []rect {
	t := pl.place.tab
	switch {
	case t == nil || pl.place.rename:
		return nil
	case pl.whole:
		area := rect{
			pl.target.row, pl.target.col, min(pl.target.endRow, t.rows), min(pl.target.endCol, t.cols),
		}
		return area.minus(pl.place.managed)
	case pl.plain:
		var list []rect
		for _, s := range spansOf(pl.cols) {
			list = append(list, rect{pl.place.managed.endRow, s[0], min(pl.target.endRow, t.rows), s[1]})
		}
		return nonEmpty(list...)
	}
	return nil
}

// prepare returns the requests that make room for the rows, in the order in which they are carried out.
func (pl *plan) prepare() []*sheets.Request {
	t := pl.place.tab
	rows, cols := pl.size()
	grid := &sheets.GridProperties{RowCount: int64(rows), ColumnCount: int64(cols)}
	switch {
	case t == nil:
		return []*sheets.Request{{AddSheet: &sheets.AddSheetRequest{Properties: &sheets.SheetProperties{
			SheetId: pl.tabID, Title: pl.title, GridProperties: grid,
		}}}}
	case pl.place.rename:
		// Columns before rows: Google checks the limit in between.
		return []*sheets.Request{
			updateSheet(&sheets.SheetProperties{
				SheetId: t.id, Title: pl.title, GridProperties: &sheets.GridProperties{ColumnCount: int64(cols)},
			}, "title,gridProperties.columnCount"),
			updateSheet(&sheets.SheetProperties{
				SheetId: t.id, GridProperties: &sheets.GridProperties{RowCount: int64(rows)},
			}, "gridProperties.rowCount"),
		}
	}
	reqs := pl.showFiltered()
	if pl.aside.rows == 0 { // otherwise they came before people's lines moved
		reqs = append(pl.headingChanged(), reqs...)
	}
	for _, m := range pl.unmerge { // where they are before columns and rows move
		reqs = append(reqs, &sheets.Request{UnmergeCells: &sheets.UnmergeCellsRequest{Range: m.grid(t.id)}})
	}
	reqs = append(reqs, pl.columnRequests()...)
	had := t.cols
	if !pl.whole {
		had = pl.shape.tabCols
	}
	if more := cols - had; more > 0 {
		reqs = append(reqs, appendDimension(t.id, "COLUMNS", more))
	}
	if more := rows - t.rows - pl.aside.grow; more > 0 {
		reqs = append(reqs, appendDimension(t.id, "ROWS", more))
	}
	return append(reqs, pl.rowRequests()...)
}

// columnRequests returns the requests that insert, move and delete columns.
func (pl *plan) columnRequests() []*sheets.Request {
	var reqs []*sheets.Request
	m := pl.place.managed
	for _, s := range pl.shape.requests {
		d := dimension(pl.tabID, "COLUMNS", s.from, s.from+1)
		switch s.do {
		case insertColumn:
			reqs = append(reqs, &sheets.Request{InsertDimension: &sheets.InsertDimensionRequest{
				Range: d, InheritFromBefore: s.from > 0,
			}})
		case moveColumn:
			to := int64(s.to)
			if s.to > s.from {
				to++ // counted before the column is taken out
			}
			reqs = append(reqs, &sheets.Request{MoveDimension: &sheets.MoveDimensionRequest{
				Source: d, DestinationIndex: to, ForceSendFields: []string{"DestinationIndex"},
			}})
		case deleteColumn:
			reqs = append(reqs, &sheets.Request{DeleteDimension: &sheets.DeleteDimensionRequest{Range: d}})
		case emptyColumn:
			cells := rect{m.row, s.from, m.endRow, s.from + 1}
			reqs = append(reqs, reset(cells.grid(pl.tabID), "userEnteredValue,userEnteredFormat,note"),
				drop(columnKey, markOf(pl.owner, s.field)))
		}
	}
	return reqs
}

// rowRequests returns the requests that put rows in, take rows out, and copy rows at the edges.
func (pl *plan) rowRequests() []*sheets.Request {
	var reqs []*sheets.Request
	spans := spansOf(slices.Concat(pl.cols, pl.fill))
	for _, s := range pl.arr.shifts {
		for _, span := range spans {
			reqs = append(reqs, shiftRows(pl.rowRect(s.at, s.rows, span).grid(pl.tabID), s.insert))
		}
	}
	for _, c := range pl.arr.copies {
		for _, span := range spansOf(pl.cols) {
			reqs = append(reqs, copyPaste(pl.tabID, pl.rowRect(c.from, 1, span), pl.rowRect(c.to, 1, span),
				"PASTE_NORMAL"))
		}
	}
	return append(append(reqs, pl.fillRequests()...), pl.markRequests()...)
}

// markRequests returns the requests that write the policy's mark into existing rows.
func (pl *plan) markRequests() []*sheets.Request {
	var reqs []*sheets.Request
	for _, m := range pl.arr.marks {
		col := pl.cols[pl.mark.Column]
		reqs = append(reqs, &sheets.Request{RepeatCell: &sheets.RepeatCellRequest{
			Range: pl.rowRect(m.row, m.rows, [2]int{col, col + 1}).grid(pl.tabID), Fields: "userEnteredValue",
			Cell: &sheets.CellData{UserEnteredValue: &sheets.ExtendedValue{StringValue: &pl.mark.Value.Text}},
		}})
	}
	return reqs
}

// fillRequests returns the requests that fill people's formulas down into rows that were put in.
func (pl *plan) fillRequests() []*sheets.Request {
	var reqs []*sheets.Request
	for _, span := range spansOf(pl.fill) {
		for _, f := range pl.arr.fresh {
			like := 0 // the first row's formulas are the model, unless it was put in itself
			if f.row == 0 {
				like = f.rows
			}
			if like < pl.arr.rows {
				reqs = append(reqs, copyPaste(pl.tabID, pl.rowRect(like, 1, span), pl.rowRect(f.row, f.rows, span),
					"PASTE_NORMAL"))
			}
		}
	}
	return reqs
}

// clearing returns the requests that blank rows: those that a run makes blank, and those that a whole result leaves.
func (pl *plan) clearing() []*sheets.Request {
	var reqs []*sheets.Request
	for _, r := range pl.arr.runs {
		if r.from != change.Blank {
			continue
		}
		for _, span := range spansOf(pl.cols) {
			reqs = append(reqs, reset(pl.rowRect(r.row, r.rows, span).grid(pl.tabID), "userEnteredValue"))
		}
	}
	if !pl.whole {
		return reqs
	}
	for _, left := range pl.place.managed.minus(pl.target) {
		reqs = append(reqs, reset(left.grid(pl.tabID), "userEnteredValue,userEnteredFormat,note"))
	}
	return reqs
}

// finish returns the requests that follow the rows in the same batch: they blank what is left over and set looks, note,
// named range and marks.
func (pl *plan) finish() []*sheets.Request {
	reqs := slices.Concat(pl.clearing(), pl.looks(), pl.back, pl.hideFiltered())
	if len(pl.back) > 0 { // with its note
		return append(reqs, pl.marks()...)
	}
	corner := rect{pl.target.row, pl.cols[0], pl.target.row + 1, pl.cols[0] + 1}
	reqs = append(reqs, &sheets.Request{UpdateCells: &sheets.UpdateCellsRequest{
		Range: corner.grid(pl.tabID), Fields: "note",
		Rows: []*sheets.RowData{{Values: []*sheets.CellData{{Note: pl.note}}}}}})
	reqs = append(reqs, pl.overlays.requests...)
	return slices.Concat(reqs, pl.inherit(), pl.marks(), pl.headingMade())
}
