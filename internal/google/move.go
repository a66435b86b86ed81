package google

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// When a person chooses another start cell or tab, a batch of its own first cuts what stands and pastes it there.
// Sheets then lets formulas, named ranges and charts follow, which no write of rows elsewhere would do. The batch
// changes no row, so readers see the old rows all the time, and the write that follows finds them at the new place.
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request#CutPasteRequest

// move is where a person wants the rows that stand elsewhere.
type move struct {
	to       *tab // nil if the tab must be made
	tabID    int64
	title    string
	row, col int  // of the header's first cell
	heading  rect // where the lines above the rows go along to; empty if they do not
	clear    bool // the lines above the rows are taken away, and made anew if they are wanted
	between  bool // old and new place overlap: the cells are kept on a hidden tab in between
}

// chooseMove decides whether what stands must be taken to another place.
func (r *write) chooseMove() error {
	p := &r.place
	m := &move{to: p.tab, row: p.row, col: p.col}
	switch {
	case p.origin != nil && p.managed.empty() && !r.w.May(export.RepairTakeOver):
		r.place = *p.origin
		r.place.findHeading(r.state, r.w)
	case !p.isMoved():
		return nil
	}
	if r.isUndo() {
		return cannotUndo("The exported area is no longer where that run wrote it.")
	}
	if m.to != nil {
		m.tabID, m.title = m.to.id, m.to.title
	} else {
		m.tabID, m.title = numberFor("tab", string(r.w.Owner), r.w.Target.Sheet), r.w.Target.Sheet
		for r.state.tab(m.tabID) != nil {
			m.tabID++
		}
	}
	r.place.row, r.place.col, r.place.move = r.place.managed.row, r.place.managed.col, m
	return nil
}

// moving returns the cells that are moved: from the first of the exporter's columns to the last.
func (p place) moving() rect {
	m := p.managed
	if cols := p.layout.columns(); len(cols) > 0 {
		m.col, m.endCol = slices.Min(cols), slices.Max(cols)+1
	}
	return m
}

// landing returns where these cells go.
func (p place) landing() rect {
	at, m := p.moving(), p.move
	return rect{m.row, m.col, m.row + at.rows(), m.col + at.cols()}
}

// isElsewhere reports whether the rows go to another tab.
func (p place) isElsewhere() bool { return p.move.tabID != p.tab.id }

// prepareMove compares the result with what stands, and checks that this can be moved.
func (r *write) prepareMove(ctx context.Context) error {
	r.newChange()
	if err := r.stand(ctx); err != nil {
		return err
	}
	if err := r.findLines(ctx); err != nil {
		return err
	}
	if err := r.weigh(); err != nil {
		return err
	}
	if r.place.marks.columns == nil {
		if err := r.readMarks(ctx); err != nil {
			return err
		}
	}
	if err := r.checkMove(ctx); err != nil {
		return err
	}
	if err := r.moveHeading(ctx); err != nil {
		return err
	}
	stand := r.change.Stands() + r.spare
	steps := r.change.Script(change.Layout{Spare: r.spare, Least: leastRows, Most: mostShifts})
	return r.pick(arrange(steps, stand, r.spare))
}

// checkMove returns a problem if what stands cannot be taken to where it is wanted, or if the result has no room there.
func (r *write) checkMove(ctx context.Context) error {
	p, m := &r.place, r.place.move
	from, to := p.moving(), p.landing()
	if err := r.checkTorn(p.tab, from, rect{}); err != nil {
		return err
	}
	cells := r.state.cells(r.w.Owner)
	if to.overlaps(from) && !p.isElsewhere() {
		m.between = true
		cells += from.rows() * from.cols()
	}
	if m.to == nil {
		rows, cols := r.movedSize()
		cells += rows * cols
	} else {
		cells += max(m.to.rows, to.endRow)*max(m.to.cols, to.endCol) - m.to.rows*m.to.cols
	}
	if cells > export.MostCells {
		return problem.New(problem.SpreadsheetFull, "Moving the rows takes room for %s cells in all; Google allows %s.",
			grouped(cells), grouped(export.MostCells))
	}
	if m.to == nil {
		return nil
	}
	area := r.moveArea()
	var own rect
	if !p.isElsewhere() {
		own = from
	}
	if err := r.checkTorn(m.to, area, own); err != nil {
		return err
	}
	return r.checkFree(ctx, m.to, area, own)
}

// moveArea returns the cells that the rows take afterwards: what is moved, and what the result needs.
func (r *write) moveArea() rect {
	to := r.place.landing()
	return rect{to.row, to.col, max(to.endRow, to.row+1+r.set.Rows), max(to.endCol, to.col+len(r.titles))}
}

// checkTorn returns a problem if something that lies over an area of a tab cannot go along, or would be written over.
// What lies within the part that is ours already goes along.
func (r *write) checkTorn(t *tab, area, own rect) error {
	torn := func(what string, at rect) error {
		return problem.New(problem.SheetConflict, "The exported rows cannot be moved from %s to %s: %s at %s would be "+
			"torn apart.", r.place.moving().a1(r.place.tab.title), r.place.landing().a1(r.place.move.title), what,
			at.a1(t.title)).
			WithHint("Take that apart, or choose another tab or start cell. Nothing was written.").
			WithRemedies(string(export.RepairStartOver))
	}
	isSource := own.empty() && t.id == r.place.tab.id && area == r.place.moving()
	for _, m := range t.merges {
		if m.overlaps(area) && !own.contains(m) && (!isSource || !area.contains(m)) {
			return torn(mergedCells, m)
		}
	}
	for _, m := range t.tables {
		if m.overlaps(area) {
			return torn("a table", m)
		}
	}
	for _, p := range t.protected {
		if p.blocks(area) {
			return problem.New(problem.SheetProtected, "Cells %s of the tab %q are protected against changes by this "+
				"Google account, so the exported rows cannot be moved.", p.at.a1(t.title), t.title)
		}
	}
	return nil
}

// checkFree returns a problem if people's cells or another exporter's rows stand where the result must go.
func (r *write) checkFree(ctx context.Context, t *tab, area, own rect) error {
	p := &r.place
	for _, n := range r.state.named {
		isOwn := n.id == p.named || n.id == p.heading.named
		if n.tab == t.id && isOurs(n) && !isOwn && n.at.overlaps(area) {
			return problem.New(problem.SheetConflict, "%d rows must go to the tab %q, and another exporter's rows "+
				"stand there, in %s.", r.set.Rows+1, t.title, n.at.a1(t.title)).
				WithRemedies(string(export.RepairStartOver))
		}
	}
	except := []rect{own}
	if !p.isElsewhere() {
		except = append(except, p.heading.cells()...)
	}
	inside := rect{area.row, area.col, min(area.endRow, t.rows), min(area.endCol, t.cols)}
	for _, part := range allMinus(nonEmpty(inside), except) {
		taken, err := r.firstTaken(ctx, t.title, part)
		if err != nil {
			return err
		}
		if taken != "" {
			return problem.New(problem.SheetConflict, "Cell %s of the tab %q holds something that is not this "+
				"exporter's, where %d rows and %d columns must go.", taken, t.title, r.set.Rows+1, len(r.titles)).
				WithRemedies(string(export.RepairStartOver))
		}
	}
	return nil
}

// moveHeading decides what becomes of the heading. It goes along if it stands right above the rows, and is taken away
// if there is no room for it. Where people have moved it to another place of the same tab, it stays unless rows go
// there.
func (r *write) moveHeading(ctx context.Context) error {
	p, m, h := &r.place, r.place.move, &r.place.heading
	if h.at.empty() {
		return nil
	}
	isAbove := h.at.endRow+1 == p.managed.row && h.at.col == p.managed.col
	isWhole := isAbove && h.at.rows() == headingLines && !slices.Contains(h.rows, none)
	if !isAbove && !p.isElsewhere() && !h.at.overlaps(r.moveArea()) {
		return nil
	}
	at := rect{m.row - headingRows, m.col, m.row - 1, m.col + 1}
	if m.clear = true; !isWhole || r.w.Heading == nil || at.row < 0 {
		return nil
	}
	if m.to != nil {
		except := h.cells()
		if p.isElsewhere() {
			except = nil
		} else {
			except = append(except, p.moving())
		}
		area := rect{at.row, at.col, min(at.endRow, m.to.rows), min(at.endCol, m.to.cols)}
		for _, part := range allMinus(nonEmpty(area), except) {
			if slices.ContainsFunc(slices.Concat(m.to.merges, m.to.tables), part.overlaps) {
				return nil
			}
			if taken, err := r.firstTaken(ctx, m.to.title, part); err != nil || taken != "" {
				return err
			}
		}
	}
	m.heading, m.clear = at, false
	if !p.isElsewhere() {
		m.between = m.between || at.overlaps(h.at) || at.overlaps(p.moving()) || p.landing().overlaps(h.at)
	}
	return nil
}

// movedSize returns the size of a tab that is made for the rows.
func (r *write) movedSize() (rows, cols int) {
	to := r.place.landing()
	rows, cols = max(to.endRow, to.row+2), to.endCol
	if roomy := (rows + roomRows) * max(cols, roomCols); r.state.cells(r.w.Owner)+roomy <= export.MostCells/2 {
		return rows + roomRows, max(cols, roomCols)
	}
	return rows, cols
}

// carryOver moves what stands, and looks at the spreadsheet again.
func (r *write) carryOver(ctx context.Context) error {
	if err := r.refuseEdits(); err != nil {
		return err
	}
	if err := r.stillStands(ctx); err != nil {
		return err
	}
	r.w.Report(export.PhaseCommitting, 0)
	m, want := r.place.move, r.place.landing()
	writes := r.place.stamp.Writes + 1
	err := r.batch(ctx, r.moveRequests(), func(st *state) bool {
		n, t := st.rangeOf(r.w.Owner), st.tab(m.tabID)
		return n.tab == m.tabID && n.at == want && t != nil &&
			(r.place.stamp.Exporter == "" || t.stamps[r.w.Owner].Writes == writes)
	})
	if problem.HasCode(err, problem.GoogleRejected) {
		return r.refused(ctx, err)
	}
	if err != nil {
		return err
	}
	r.w.Target.Tab, r.w.Target.Sheet = &m.tabID, m.title
	if err := r.w.Found(r.w.Target); err != nil {
		return err
	}
	return r.again(ctx)
}

// again starts the write over after a batch of its own has prepared the spreadsheet for it.
func (r *write) again(ctx context.Context) error {
	w := r.w
	w.Rows = r.given
	next := &write{session: r.session, w: w, given: r.given, warnings: r.warnings, begun: true}
	r.kept, r.cells, r.picked = nil, nil, nil
	if err := next.look(ctx); err != nil {
		return err
	}
	if next.place.move != nil {
		return export.ErrMoved
	}
	if err := next.decide(ctx); err != nil {
		return err
	}
	*r = *next
	return nil
}

// moveRequests returns the batch that moves what stands.
func (r *write) moveRequests() []*sheets.Request {
	pl := newPlan(r.state, r.place, r.w, r.c.o.Now())
	p, m := &r.place, r.place.move
	reqs := slices.Concat(r.leftovers(), pl.guards(), pl.lift(), pl.showFiltered(), r.moveRoom())
	if m.clear {
		reqs = append(reqs, r.clearHeading()...)
	}
	reqs = append(reqs, r.cuts()...)
	named := &sheets.NamedRange{
		NamedRangeId: rangeID(r.w.Owner), Name: rangeName(r.w.Owner), Range: p.landing().grid(m.tabID),
	}
	if p.named == "" {
		reqs = append(reqs, &sheets.Request{AddNamedRange: &sheets.AddNamedRangeRequest{NamedRange: named}})
	} else {
		named.NamedRangeId = p.named
		reqs = append(reqs, &sheets.Request{UpdateNamedRange: &sheets.UpdateNamedRangeRequest{
			NamedRange: named, Fields: "range",
		}})
	}
	return slices.Concat(reqs, r.moveOverlays(pl), r.moveMarks(pl), r.moveStamp(), r.newTabLooks())
}

// moveRoom returns the requests that make the tab, or make it large enough.
func (r *write) moveRoom() []*sheets.Request {
	m, to := r.place.move, r.place.landing()
	if m.to == nil {
		rows, cols := r.movedSize()
		return []*sheets.Request{{AddSheet: &sheets.AddSheetRequest{Properties: &sheets.SheetProperties{
			SheetId: m.tabID, Title: m.title,
			GridProperties: &sheets.GridProperties{RowCount: int64(rows), ColumnCount: int64(cols)},
		}}}}
	}
	var reqs []*sheets.Request
	if more := to.endCol - m.to.cols; more > 0 {
		reqs = append(reqs, appendDimension(m.tabID, "COLUMNS", more))
	}
	if more := max(to.endRow, to.row+2) - m.to.rows; more > 0 {
		reqs = append(reqs, appendDimension(m.tabID, "ROWS", more))
	}
	return reqs
}

// clearHeading returns the requests that take the lines above the rows away.
func (r *write) clearHeading() []*sheets.Request {
	h := &r.place.heading
	var reqs []*sheets.Request
	for _, cell := range h.cells() {
		reqs = append(reqs, reset(cell.grid(r.place.tab.id), "userEnteredValue,userEnteredFormat"))
	}
	if h.named != "" {
		reqs = append(reqs, &sheets.Request{DeleteNamedRange: &sheets.DeleteNamedRangeRequest{NamedRangeId: h.named}})
	}
	return reqs
}

// cuts returns the requests that cut what stands and paste it where it is wanted. What Sheets does where both places
// overlap is not documented, so the cells then wait on a hidden tab, which the same batch deletes again.
func (r *write) cuts() []*sheets.Request {
	p, m := &r.place, r.place.move
	type part struct{ from, to rect }
	parts := []part{{p.moving(), p.landing()}}
	if !m.heading.empty() {
		parts = append(parts, part{p.heading.at, m.heading})
	}
	var reqs []*sheets.Request
	if !m.between {
		for _, c := range parts {
			reqs = append(reqs, cut(c.from.grid(p.tab.id), m.tabID, c.to))
		}
		return reqs
	}
	id := numberFor("move", string(r.w.Run), p.stamp.text)
	for r.state.tab(id) != nil {
		id++
	}
	rows, cols := 0, 0
	for _, c := range parts {
		rows, cols = rows+c.from.rows(), max(cols, c.from.cols())
	}
	reqs = append(reqs, addHiddenTab(id, fmt.Sprintf("ledgersheet move %d", id), rows, cols))
	var back []*sheets.Request
	row := 0
	for _, c := range parts {
		at := rect{row, 0, row + c.from.rows(), c.from.cols()}
		reqs = append(reqs, cut(c.from.grid(p.tab.id), id, at))
		back = append(back, cut(at.grid(id), m.tabID, c.to))
		row += c.from.rows()
	}
	return append(append(reqs, back...), deleteSheet(id))
}

// cut returns the request that moves cells to another place, with all that refers to them.
func cut(from *sheets.GridRange, tab int64, to rect) *sheets.Request {
	return &sheets.Request{CutPaste: &sheets.CutPasteRequest{
		Source: from, PasteType: "PASTE_NORMAL",
		Destination: &sheets.GridCoordinate{
			SheetId: tab, RowIndex: int64(to.row), ColumnIndex: int64(to.col),
			ForceSendFields: []string{"SheetId", "RowIndex", "ColumnIndex"},
		},
	}}
}

// moveOverlays returns the requests that take the exporter's bands and a filter over exactly its rows along, and those
// that let any other filter hide rows again.
func (r *write) moveOverlays(pl *plan) []*sheets.Request {
	p, m := &r.place, r.place.move
	to := p.landing()
	var reqs []*sheets.Request
	if own, had := pl.ownBand(); had && own.at == p.managed && len(p.tab.protected) == 0 {
		if p.isElsewhere() { // it has another id there
			reqs = append(reqs, &sheets.Request{DeleteBanding: &sheets.DeleteBandingRequest{BandedRangeId: own.id}})
			there := *pl
			there.tabID, there.target, there.place.tab = m.tabID, to, m.to
			var o overlays
			there.addBands(&o)
			reqs = append(reqs, o.requests...)
		} else {
			reqs = append(reqs, &sheets.Request{UpdateBanding: &sheets.UpdateBandingRequest{
				BandedRange: &sheets.BandedRange{BandedRangeId: own.id, Range: to.grid(m.tabID)}, Fields: "range",
			}})
		}
	}
	f := p.tab.filter
	isOver := f != nil && f.Range != nil && rectOf(f.Range, p.tab.rows, p.tab.cols) == p.managed
	if !isOver || p.isElsewhere() && m.to != nil && m.to.filter != nil || len(p.tab.protected) > 0 {
		return append(reqs, pl.hideFiltered()...)
	}
	there := *pl
	there.tabID, there.target, there.shape.now = m.tabID, to, map[int]int{}
	for col := p.moving().col; col < p.moving().endCol; col++ {
		there.shape.now[col] = col + to.col - p.moving().col
	}
	if p.isElsewhere() {
		reqs = append(reqs, &sheets.Request{ClearBasicFilter: &sheets.ClearBasicFilterRequest{
			SheetId: p.tab.id, ForceSendFields: []string{"SheetId"},
		}})
	}
	return append(reqs, setFilter(there.carryFilter(f)))
}

// moveMarks returns the requests that mark columns and rows where they are then. Those that were lifted get their ids
// again, so that Google refuses the batch if people have moved the rows since.
func (r *write) moveMarks(pl *plan) []*sheets.Request {
	p, m := &r.place, r.place.move
	var reqs []*sheets.Request
	lifted := pl.edges()
	id := func(name string) int64 {
		return numberFor("moved", string(r.w.Owner), string(r.w.Run), p.stamp.text, name)
	}
	put := func(id int64, key, value, which string, at int) {
		reqs = append(reqs, createMetadata(&sheets.DeveloperMetadata{
			MetadataId: id, MetadataKey: key, MetadataValue: value, Visibility: "DOCUMENT",
			Location: &sheets.DeveloperMetadataLocation{DimensionRange: dimension(m.tabID, which, at, at+1)},
		}))
	}
	for _, f := range p.stamp.Fields {
		col, ok := p.layout.at[f.ID]
		if !ok {
			continue
		}
		own := id("column " + f.ID)
		if known, was := lifted[f.ID]; was {
			own = known.id
		} else {
			reqs = append(reqs, drop(columnKey, markOf(r.w.Owner, f.ID)))
		}
		put(own, columnKey, markOf(r.w.Owner, f.ID), "COLUMNS", col+m.col-p.moving().col)
	}
	for _, end := range []struct {
		name string
		was  *mark
		row  int
	}{{headEnd, p.marks.head, p.landing().row}, {lastEnd, p.marks.last, p.landing().endRow - 1}} {
		own := id(end.name)
		if end.was != nil {
			own = end.was.id
		}
		if end.name == headEnd || p.landing().rows() > 1 {
			put(own, rowKey, rowMarkOf(r.w.Owner, end.name), "ROWS", end.row)
		}
	}
	return reqs
}

// moveStamp returns the requests that take the stamp to the tab, where it counts one write more.
func (r *write) moveStamp() []*sheets.Request {
	p, m := &r.place, r.place.move
	s := p.stamp
	if s.Exporter == "" {
		return nil
	}
	s.Writes++
	if m.clear {
		s.Heading, s.Row = nil, 0
	}
	if s.Row > 0 {
		s.Row = m.row
	}
	text, _ := json.Marshal(s)
	if !p.isElsewhere() {
		return []*sheets.Request{{UpdateDeveloperMetadata: &sheets.UpdateDeveloperMetadataRequest{
			DataFilters: []*sheets.DataFilter{{
				DeveloperMetadataLookup: &sheets.DeveloperMetadataLookup{MetadataId: s.id},
			}},
			DeveloperMetadata: &sheets.DeveloperMetadata{MetadataValue: string(text)}, Fields: "metadataValue",
		}}}
	}
	reqs := []*sheets.Request{deleteMetadata(s.id)}
	if m.to != nil {
		if old, ok := m.to.stamps[r.w.Owner]; ok {
			reqs = append(reqs, deleteMetadata(old.id))
		}
	}
	return append(reqs, createMetadata(&sheets.DeveloperMetadata{
		MetadataId:  numberFor("stamp", string(r.w.Owner), fmt.Sprint(m.tabID)),
		MetadataKey: stampKey, MetadataValue: string(text), Visibility: "DOCUMENT",
		Location: &sheets.DeveloperMetadataLocation{SheetId: m.tabID, ForceSendFields: []string{"SheetId"}},
	}))
}

// newTabLooks returns the requests that fit the columns of a tab that is made, and keep its header in sight.
func (r *write) newTabLooks() []*sheets.Request {
	m := r.place.move
	if m.to != nil {
		return nil
	}
	there := &plan{
		owner: r.w.Owner, tabID: m.tabID, whole: true, widths: r.widths, target: r.place.landing(),
		preset: presetOf(r.place.stamp),
	}
	there.heading.wanted = r.w.Heading
	for i := range r.widths {
		there.cols = append(there.cols, m.col+i)
	}
	return append(there.columnWidths(), there.freeze()...)
}
