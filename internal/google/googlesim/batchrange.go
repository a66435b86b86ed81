package googlesim

import (
	"slices"

	"google.golang.org/api/sheets/v4"
)

func errSplitsMerge() error {
	return badRequest("You can't perform a paste that partially intersects a merge.")
}

// insertRange inserts blank cells and shifts those of the same band down or right. The grid grows only
// as far as filled cells are pushed past its edge. See
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request.
func (c *change) insertRange(r *sheets.InsertRangeRequest) error {
	s, sh, err := c.bandShift(shiftInsert, r.Range, r.ShiftDimension)
	if err != nil {
		return err
	}
	rows, cols := s.rowCount, s.colCount
	if sh.rows {
		rows = max(rows, s.bandEnd(sh)+sh.n)
	} else {
		cols = max(cols, s.bandEnd(sh)+sh.n)
	}
	if cols > maxColumns {
		return errColumns()
	}
	if err := c.mayHold(s, rows, cols); err != nil {
		return err
	}
	s.rowCount, s.colCount = rows, cols
	c.st.apply(sh)
	s.trim()
	s.dressBand(sh, c.st.how.InsertedCellsInherit)
	return nil
}

// deleteRange deletes cells and shifts those of the same band up or left. The grid keeps its size. See
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request.
func (c *change) deleteRange(r *sheets.DeleteRangeRequest) error {
	s, sh, err := c.bandShift(shiftDelete, r.Range, r.ShiftDimension)
	if err != nil {
		return err
	}
	if err := s.mayCut(sh); err != nil {
		return err
	}
	c.st.apply(sh)
	return nil
}

// bandShift reads a shift of cells and refuses one that tears something apart.
func (c *change) bandShift(op shiftOp, g *sheets.GridRange, dimension string) (*sheet, shift, error) {
	if dimension != "ROWS" && dimension != "COLUMNS" {
		return nil, shift{}, badRequest("No dimension specified.")
	}
	s, a, err := c.clipped(g)
	if err != nil {
		return nil, shift{}, err
	}
	if a.empty() {
		return nil, shift{}, badRequest("The range to shift must not be empty.")
	}
	along, band := a.along(dimension == "ROWS"), a.across(dimension == "ROWS")
	sh := shift{
		sheet: s.id, rows: dimension == "ROWS", op: op, at: along.lo, n: along.hi - along.lo, band: band,
		width: s.whole().across(dimension == "ROWS").hi,
	}
	return s, sh, c.mayShift(s, sh)
}

// mayShift refuses a shift of cells that protections, merges or tables forbid.
func (c *change) mayShift(s *sheet, sh shift) error {
	moving := s.bandArea(sh)
	if err := c.mayEdit(moving); err != nil {
		return err
	}
	for _, m := range s.merges {
		// What is deleted and what moves are two areas: a merge may lie in one of them.
		gone, rest := moving, moving
		if sh.op == shiftDelete {
			gone = moving.withAlong(sh.rows, span{sh.at, sh.at + sh.n})
			rest = moving.withAlong(sh.rows, span{sh.at + sh.n, moving.along(sh.rows).hi})
		}
		if m.overlaps(moving) && !gone.covers(m) && !rest.covers(m) {
			return errSplitsMerge()
		}
	}
	for _, t := range s.tables {
		a := tableArea(t)
		if a.overlaps(moving) && !sh.reaches(a.across(sh.rows)) {
			return errPartOfTable()
		}
	}
	if f := s.filter; f != nil && c.st.how.ShiftRefusesFilter {
		if a := s.clamp(areaOf(f.Range)); a.overlaps(moving) && !sh.reaches(a.across(sh.rows)) {
			return badRequest("You cannot insert or delete cells over part of a filter.")
		}
	}
	return nil
}

// bandArea is the cells a shift deletes or moves: its band from where it begins to the grid's end.
func (s *sheet) bandArea(sh shift) area {
	a := s.whole()
	if sh.rows {
		a.r1, a.c1, a.c2 = sh.at, sh.band.lo, sh.band.hi
	} else {
		a.c1, a.r1, a.r2 = sh.at, sh.band.lo, sh.band.hi
	}
	return a
}

// bandEnd is one past the last row or column of the band that holds anything, or over which something
// lies that moves along.
func (s *sheet) bandEnd(sh shift) int {
	end, moving := 0, s.bandArea(sh)
	s.each(moving, func(row, col int, stored *cell) bool {
		if !stored.empty() {
			at := area{r2: row + 1, c2: col + 1}
			end = max(end, at.along(sh.rows).hi)
		}
		return true
	})
	for _, a := range s.overlays() {
		if a.overlaps(moving) && sh.reaches(a.across(sh.rows)) {
			end = max(end, a.along(sh.rows).hi)
		}
	}
	return end
}

// overlays are the ranges of all that lies over the cells of the tab.
func (s *sheet) overlays() []area {
	list := slices.Clone(s.merges)
	for _, p := range s.protections {
		list = append(append(list, p.area), p.open...)
	}
	var grids []*sheets.GridRange
	if s.filter != nil {
		grids = append(grids, s.filter.Range)
	}
	for _, f := range s.filterViews {
		grids = append(grids, f.Range)
	}
	for _, b := range s.bands {
		grids = append(grids, b.Range)
	}
	for _, t := range s.tables {
		grids = append(grids, t.Range)
	}
	for _, r := range s.conditions {
		grids = append(grids, r.Ranges...)
	}
	for _, g := range grids {
		list = append(list, areaOf(g))
	}
	return list
}

// trim forgets blank cells that a shift pushed past the grid.
func (s *sheet) trim() {
	s.ownRows()
	s.rows = s.rows[:min(len(s.rows), s.rowCount)]
	for i, r := range s.rows {
		if r != nil && len(r.cells) > s.colCount {
			s.rows[i] = &row{gen: s.gen, cells: append([]cell(nil), r.cells[:s.colCount]...)}
		}
	}
}

// dressBand gives inserted cells inside a table the format and validation of the cells they pushed
// away. Elsewhere they are bare or, by choice, have the formats of the cells before them.
func (s *sheet) dressBand(sh shift, inherit bool) {
	for p := sh.at; p < sh.at+sh.n; p++ {
		for q := sh.band.lo; q < sh.band.hi; q++ {
			row, col := p, q
			if !sh.rows {
				row, col = q, p
			}
			after, before := s.neighbour(sh, q, sh.at+sh.n), s.neighbour(sh, q, sh.at-1)
			switch {
			case s.inTable(row, col) && after != nil && (after.format != 0 || after.extra != nil):
				format, validation := after.format, after.validation()
				fresh := s.put(row, col)
				fresh.format = format
				fresh.setExtra(func(e *extra) { e.validation = validation })
			case inherit && before != nil && before.format != 0:
				format := before.format
				s.put(row, col).format = format
			}
		}
	}
}

func (s *sheet) neighbour(sh shift, q, p int) *cell {
	switch {
	case p < 0:
		return nil
	case sh.rows:
		return s.at(p, q)
	}
	return s.at(q, p)
}

func (s *sheet) inTable(row, col int) bool {
	one := area{sheet: s.id, r1: row, c1: col, r2: row + 1, c2: col + 1}
	for _, t := range s.tables {
		if tableArea(t).covers(one) {
			return true
		}
	}
	return false
}
