package google

import (
	"context"
	"slices"

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
