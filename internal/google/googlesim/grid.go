package googlesim

import (
	"slices"

	"google.golang.org/api/sheets/v4"
)

// cellKind says what a cell holds.
type cellKind uint8

const (
	kindBlank cellKind = iota
	kindNumber
	kindText
	kindBool
	kindFormula
	kindError // only as the value of a formula
)

// cell is one cell: 40 bytes, so that four million stay well under 400 MB. Numbers are doubles
// because Sheets stores doubles. A bool is num 0 or 1.
type cell struct {
	num    float64
	str    string
	extra  *extra
	format uint32 // number in the format table; 0 is the default format
	kind   cellKind
}

// extra holds what few cells have. It is never changed, only replaced.
type extra struct {
	formula    *formula
	note       string
	validation *sheets.DataValidationRule
	pivot      *sheets.PivotTable // anchored here; what it shows is not computed
}

func (c *cell) empty() bool { return c.kind == kindBlank && c.format == 0 && c.extra == nil }

func (c *cell) note() string {
	if c.extra == nil {
		return ""
	}
	return c.extra.note
}

func (c *cell) validation() *sheets.DataValidationRule {
	if c.extra == nil {
		return nil
	}
	return c.extra.validation
}

func (c *cell) formula() *formula {
	if c.kind != kindFormula || c.extra == nil {
		return nil
	}
	return c.extra.formula
}

// setContent replaces value and formula and keeps format, note and validation.
func (c *cell) setContent(v cell) {
	c.kind, c.num, c.str = v.kind, v.num, v.str
	c.setExtra(func(e *extra) { e.formula = v.formula() })
}

func (c *cell) setExtra(change func(*extra)) {
	var e extra
	if c.extra != nil {
		e = *c.extra
	}
	change(&e)
	if e == (extra{}) {
		c.extra = nil
		return
	}
	c.extra = &e
}

// row is one stored row. Cells past the end of the slice are blank. Only the transaction whose
// number is gen may change it in place.
type row struct {
	gen   uint64
	cells []cell
}

// sheet is one tab. Rows past the end of the slice, and nil rows, are blank.
type sheet struct {
	gen     uint64 // the transaction this copy belongs to
	rowsGen uint64 // the transaction the rows slice belongs to

	id                     int64
	title                  string
	hidden, rightToLeft    bool
	hideGridlines          bool
	tabColor               *sheets.ColorStyle
	rowCount, colCount     int
	frozenRows, frozenCols int

	rows               []*row
	rowSizes, colSizes map[int]dimension // replaced, never changed
	merges             []area
	protections        []*protection
	filter             *sheets.BasicFilter
	filterViews        []*sheets.FilterView
	conditions         []*sheets.ConditionalFormatRule
	bands              []*sheets.BandedRange
	tables             []*sheets.Table
	charts             []*sheets.EmbeddedChart
}

// dimension is what a row or column has of its own.
type dimension struct {
	pixels int64
	hidden bool
}

// protection is one protected range; bounds of -1 in its area are open ends.
type protection struct {
	id          int64
	area        area
	open        []area
	namedRange  string
	description string
	warningOnly bool
	editors     []string
}

// at returns the cell for reading, or nil where nothing is stored.
func (s *sheet) at(r, c int) *cell {
	if r >= len(s.rows) || s.rows[r] == nil || c >= len(s.rows[r].cells) {
		return nil
	}
	return &s.rows[r].cells[c]
}

// put returns the cell for changing.
func (s *sheet) put(r, c int) *cell {
	cells := s.reserve(r, c+1)
	return &cells[c]
}

// reserve makes row r changeable and at least width cells long.
func (s *sheet) reserve(r, width int) []cell {
	s.ownRows()
	if r >= len(s.rows) {
		s.rows = append(s.rows, make([]*row, r+1-len(s.rows))...)
	}
	old := s.rows[r]
	switch {
	case old == nil:
		s.rows[r] = &row{gen: s.gen, cells: make([]cell, width)}
	case old.gen != s.gen:
		fresh := make([]cell, max(width, len(old.cells)))
		copy(fresh, old.cells)
		s.rows[r] = &row{gen: s.gen, cells: fresh}
	case width > len(old.cells):
		old.cells = append(old.cells, make([]cell, width-len(old.cells))...)
	}
	return s.rows[r].cells
}

// ownRows makes the rows slice changeable by the running transaction.
func (s *sheet) ownRows() {
	if s.rowsGen != s.gen {
		s.rows = slices.Clone(s.rows)
		s.rowsGen = s.gen
	}
}

// each visits the stored cells of an area in row order until visit returns false.
func (s *sheet) each(a area, visit func(r, c int, cell *cell) bool) {
	a = s.clamp(a)
	for r := a.r1; r < min(a.r2, len(s.rows)); r++ {
		if s.rows[r] == nil {
			continue
		}
		cells := s.rows[r].cells
		for c := a.c1; c < min(a.c2, len(cells)); c++ {
			if !visit(r, c, &cells[c]) {
				return
			}
		}
	}
}

// clamp closes the open ends of an area and cuts it to the grid.
func (s *sheet) clamp(a area) area {
	a.sheet = s.id
	if a.r2 < 0 || a.r2 > s.rowCount {
		a.r2 = s.rowCount
	}
	if a.c2 < 0 || a.c2 > s.colCount {
		a.c2 = s.colCount
	}
	a.r1, a.c1 = min(max(a.r1, 0), a.r2), min(max(a.c1, 0), a.c2)
	return a
}

func (s *sheet) whole() area { return area{sheet: s.id, r2: s.rowCount, c2: s.colCount} }

// lastRow returns one past the last row that has a value in any column.
func (s *sheet) lastRow() int {
	for r := len(s.rows) - 1; r >= 0; r-- {
		if s.rows[r] == nil {
			continue
		}
		for i := range s.rows[r].cells {
			if s.rows[r].cells[i].kind != kindBlank {
				return r + 1
			}
		}
	}
	return 0
}
