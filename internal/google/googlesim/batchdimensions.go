package googlesim

import (
	"maps"
	"reflect"
	"unicode/utf8"

	"google.golang.org/api/sheets/v4"
)

// appendDimension adds rows or columns at the end of the grid; nothing moves or grows. See
// https://developers.google.com/workspace/sheets/api/samples/rowcolumn.
func (c *change) appendDimension(r *sheets.AppendDimensionRequest) error {
	d, err := c.stretch(&sheets.DimensionRange{SheetId: r.SheetId, Dimension: r.Dimension})
	if err != nil {
		return err
	}
	if r.Length <= 0 {
		return badRequest("length must be greater than 0")
	}
	if err := c.mayShape(d.s, true); err != nil {
		return err
	}
	return c.grow(d, int(r.Length))
}

func (c *change) grow(d stretch, n int) error {
	rows, cols := d.s.rowCount, d.s.colCount
	if d.rows {
		rows += n
	} else {
		cols += n
	}
	if cols > maxColumns {
		return errColumns()
	}
	if err := c.mayHold(d.s, rows, cols); err != nil {
		return err
	}
	d.s.rowCount, d.s.colCount = rows, cols
	return nil
}

// insertDimension inserts blank rows or columns. What they fall inside of grows; what they directly
// follow does not, but for Tables when they inherit from before. See
// https://developers.google.com/workspace/sheets/api/samples/rowcolumn.
func (c *change) insertDimension(r *sheets.InsertDimensionRequest) error {
	d, err := c.stretch(r.Range)
	if err != nil {
		return err
	}
	switch {
	case d.hi == d.lo:
		return badRequest("range.endIndex must be greater than range.startIndex")
	case d.lo > d.size():
		return badRequest("range.startIndex[%d] is after last %s in grid[%d]", d.lo, d.noun(), d.size())
	case d.lo == d.size() && !r.InheritFromBefore:
		return badRequest("range.startIndex must be less than the grid size (%d) if inheritFromBefore is false.",
			d.size())
	case d.lo == 0 && r.InheritFromBefore:
		return badRequest("inheritFromBefore cannot be true if inserting at the first %s.", d.noun())
	case !d.rows && d.s.colCount+d.hi-d.lo > maxColumns:
		return errColumns()
	}
	// What matters is the protected stretch the new cells would fall into, not their neighbours.
	if d.lo > 0 {
		for _, p := range d.s.protections {
			lo, hi, ok := p.area.c1, p.area.c2, !c.owner && p.blocks(c.who.email)
			if d.rows {
				lo, hi = p.area.r1, p.area.r2
			}
			if ok && lo < d.lo && (hi < 0 || d.lo < hi) {
				return errProtected()
			}
		}
	}
	if err := c.mayShape(d.s, true); err != nil {
		return err
	}
	n := d.hi - d.lo
	rows, cols := d.s.rowCount, d.s.colCount+n
	if d.rows {
		rows, cols = d.s.rowCount+n, d.s.colCount
	}
	if err := c.mayHold(d.s, rows, cols); err != nil {
		return err
	}
	c.st.apply(shift{
		sheet: d.s.id, rows: d.rows, op: shiftInsert, at: d.lo, n: n, joins: r.InheritFromBefore,
	})
	if r.InheritFromBefore {
		d.s.inherit(d, d.lo-1)
	} else {
		d.s.inherit(d, d.hi)
	}
	return nil
}

// inherit gives the cells of a fresh stretch the formats and validations of one neighbouring row or
// column.
func (s *sheet) inherit(d stretch, from int) {
	dress := func(row, col int, old *cell) {
		if old == nil || old.format == 0 && old.validation() == nil {
			return
		}
		format, validation := old.format, old.validation()
		fresh := s.put(row, col)
		fresh.format = format
		if validation != nil {
			fresh.setExtra(func(e *extra) { e.validation = validation })
		}
	}
	if !d.rows {
		for r := range s.rows {
			for col := d.lo; col < d.hi; col++ {
				dress(r, col, s.at(r, from))
			}
		}
		return
	}
	if from >= len(s.rows) || s.rows[from] == nil {
		return
	}
	for col := range s.rows[from].cells {
		for r := d.lo; r < d.hi; r++ {
			dress(r, col, s.at(from, col))
		}
	}
}

// deleteDimension deletes rows or columns with all that lies in them. See
// https://developers.google.com/workspace/sheets/api/samples/rowcolumn.
func (c *change) deleteDimension(r *sheets.DeleteDimensionRequest) error {
	d, err := c.stretch(r.Range)
	if err != nil {
		return err
	}
	frozen := d.s.frozenCols
	if d.rows {
		frozen = d.s.frozenRows
	}
	switch {
	case d.hi > d.size():
		return badRequest("Cannot delete a %s that doesn't exist. Tried to delete %s index %d but there are only "+
			"%d %ss.", d.noun(), d.noun(), d.hi-1, d.size(), d.noun())
	case d.hi == d.lo:
		return badRequest("range.endIndex must be greater than range.startIndex")
	case d.hi-d.lo == d.size():
		return badRequest("You can't delete all the %ss on the sheet.", d.noun())
	case frozen > 0 && d.lo <= frozen && d.hi == d.size():
		return badRequest("Sorry, it is not possible to delete all non-frozen %ss.", d.noun())
	}
	if err := c.mayEdit(d.area()); err != nil {
		return err
	}
	sh := shift{sheet: d.s.id, rows: d.rows, op: shiftDelete, at: d.lo, n: d.hi - d.lo}
	if err := d.s.mayCut(sh); err != nil {
		return err
	}
	c.st.apply(sh)
	return nil
}

// moveDimension moves rows or columns; the destination counts as before the move. See
// https://developers.google.com/workspace/sheets/api/samples/rowcolumn.
func (c *change) moveDimension(r *sheets.MoveDimensionRequest) error {
	d, err := c.stretch(r.Source)
	if err != nil {
		return err
	}
	dest := int(r.DestinationIndex)
	switch {
	case d.hi > d.size() || d.lo == d.hi:
		return badRequest("The source range is out of bounds.")
	case dest < 0 || dest > d.size():
		return badRequest("destinationIndex[%d] is out of bounds of the grid[%d]", dest, d.size())
	case dest > d.lo && dest < d.hi:
		return badRequest("The destination must not be inside the source.")
	}
	target := d
	target.lo, target.hi = min(dest, d.size()-1), min(dest, d.size()-1)+1
	if err := c.mayEdit(d.area()); err != nil {
		return err
	}
	if err := c.mayEdit(target.area()); err != nil {
		return err
	}
	if d.crossesMerge(dest) {
		return badRequest("Sorry, it is not possible to move a %s to a position that crosses a merged cell. Please "+
			"unmerge and try again.", d.noun())
	}
	c.st.apply(shift{sheet: d.s.id, rows: d.rows, op: shiftMove, at: d.lo, n: d.hi - d.lo, dest: dest})
	return nil
}

// crossesMerge reports whether moving the stretch would tear a merged cell apart.
func (d stretch) crossesMerge(dest int) bool {
	for _, m := range d.s.merges {
		p := m.along(d.rows)
		if p.lo < d.lo && d.lo < p.hi || p.lo < d.hi && d.hi < p.hi || p.lo < dest && dest < p.hi {
			return true
		}
	}
	return false
}

// updateDimensionProperties sizes or hides rows or columns. See
// https://developers.google.com/workspace/sheets/api/samples/rowcolumn.
func (c *change) updateDimensionProperties(r *sheets.UpdateDimensionPropertiesRequest) error {
	m, err := updateMask(r.Fields, sheets.DimensionProperties{})
	if err != nil {
		return err
	}
	d, err := c.stretch(r.Range)
	if err != nil {
		return err
	}
	if d.hi > d.size() {
		return badRequest("range.endIndex[%d] is after last %s in grid[%d]", d.hi, d.noun(), d.size())
	}
	var src reflect.Value
	if r.Properties != nil {
		src = reflect.ValueOf(r.Properties).Elem()
	}
	d.change(func(old dimension) dimension {
		p := sheets.DimensionProperties{PixelSize: old.pixels, HiddenByUser: old.hidden}
		m.assign(reflect.ValueOf(&p).Elem(), src)
		return dimension{pixels: p.PixelSize, hidden: p.HiddenByUser}
	})
	return nil
}

// change replaces the sizes of a stretch.
func (d stretch) change(set func(dimension) dimension) {
	sizes := &d.s.colSizes
	if d.rows {
		sizes = &d.s.rowSizes
	}
	fresh := maps.Clone(*sizes)
	if fresh == nil {
		fresh = map[int]dimension{}
	}
	for p := d.lo; p < d.hi; p++ {
		if v := set(fresh[p]); v == (dimension{}) {
			delete(fresh, p)
		} else {
			fresh[p] = v
		}
	}
	*sizes = fresh
}

// autoResizeDimensions fits columns to their longest text; rows go back to the default height. See
// https://developers.google.com/workspace/sheets/api/samples/rowcolumn.
func (c *change) autoResizeDimensions(r *sheets.AutoResizeDimensionsRequest) error {
	d, err := c.stretch(r.Dimensions)
	if err != nil {
		return err
	}
	if d.hi > d.size() {
		return badRequest("dimensions.endIndex[%d] is after last %s in grid[%d]", d.hi, d.noun(), d.size())
	}
	if d.rows {
		d.change(func(old dimension) dimension { return dimension{hidden: old.hidden} })
		return nil
	}
	widest := map[int]int{}
	d.s.each(d.area(), func(row, col int, stored *cell) bool {
		if stored.kind != kindBlank {
			text := c.st.format(c.st.value(d.s, row, col), stored.format)
			widest[col] = max(widest[col], utf8.RuneCountInString(text))
		}
		return true
	})
	c.st.calc = nil
	for col, n := range widest {
		one := stretch{s: d.s, lo: col, hi: col + 1}
		one.change(func(old dimension) dimension {
			return dimension{pixels: int64(min(max(21, 8+7*n), 1500)), hidden: old.hidden}
		})
	}
	return nil
}
