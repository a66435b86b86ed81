package googlesim

import (
	"sort"

	"google.golang.org/api/sheets/v4"
)

// sortedRow is one row of a range that is sorted.
type sortedRow struct {
	at    int
	keys  []value
	cells []cell
}

// sortRange orders the rows of a range; dimensionIndex is the tab's column, not the range's. Rows that
// are hidden stay where they are, and a merge of several rows refuses the sort. See
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request.
func (c *change) sortRange(r *sheets.SortRangeRequest) error {
	s, a, err := c.editable(r.Range)
	if err != nil {
		return err
	}
	if len(r.SortSpecs) == 0 {
		return badRequest("At least one sort spec must be specified.")
	}
	for _, spec := range r.SortSpecs {
		if int(spec.DimensionIndex) < a.c1 || int(spec.DimensionIndex) >= a.c2 {
			return badRequest("SortSpec.dimensionIndex[%d] is outside the range", spec.DimensionIndex)
		}
	}
	for _, m := range s.merges {
		if m.overlaps(a) && m.r2-m.r1 > 1 {
			return badRequest("You can't sort a range containing vertical merges. There is a vertical merge at %s",
				areaName(m))
		}
	}
	lines := c.sortedRows(s, a, r.SortSpecs)
	places := make([]int, len(lines))
	for i := range lines {
		places[i] = lines[i].at
	}
	sort.SliceStable(lines, func(i, j int) bool { return before(lines[i].keys, lines[j].keys, r.SortSpecs) })
	for i, l := range lines {
		row := places[i]
		cells := s.reserve(row, a.c2)
		for j := range l.cells {
			if f := l.cells[j].formula(); f != nil && row != l.at {
				l.cells[j].setExtra(func(e *extra) { e.formula = f.pasted(row-l.at, 0) })
			}
			cells[a.c1+j] = l.cells[j]
		}
	}
	return nil
}

// sortedRows copies the rows a sort may move.
func (c *change) sortedRows(s *sheet, a area, specs []*sheets.SortSpec) []sortedRow {
	hidden := c.st.filteredRows(s)
	var lines []sortedRow
	for row := a.r1; row < min(a.r2, len(s.rows)); row++ {
		if (hidden[row] || s.rowSizes[row].hidden) && !c.st.how.SortMovesHiddenRows {
			continue
		}
		l := sortedRow{at: row, cells: make([]cell, a.c2-a.c1)}
		for _, spec := range specs {
			l.keys = append(l.keys, c.st.value(s, row, int(spec.DimensionIndex)))
		}
		for col := a.c1; col < a.c2; col++ {
			if stored := s.at(row, col); stored != nil {
				l.cells[col-a.c1] = *stored
			}
		}
		lines = append(lines, l)
	}
	c.st.calc = nil
	return lines
}

// before orders two rows by their keys; blanks go last in either order.
func before(a, b []value, specs []*sheets.SortSpec) bool {
	for k, spec := range specs {
		x, y := a[k], b[k]
		if (x.kind == kindBlank) != (y.kind == kindBlank) {
			return y.kind == kindBlank
		}
		if d := compare(x, y); d != 0 {
			return (d < 0) == (spec.SortOrder != "DESCENDING")
		}
	}
	return false
}
