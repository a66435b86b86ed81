package googlesim

import (
	"slices"
	"strconv"
	"unicode/utf16"

	"google.golang.org/api/sheets/v4"
)

// change is one request that alters a spreadsheet: a copy of its state to work on, and who asks.
// The copy replaces the committed state only if every step succeeds.
type change struct {
	st    *state
	who   caller
	owner bool // the caller owns the file and is never blocked by protections
	limit int64
	year  int
	base  string // the server's address, for answers
	doc   *document

	requests []*sheets.Request // of a batchUpdate
}

// mayEdit refuses areas that a protected range closes to the caller.
func (c *change) mayEdit(a area) error {
	if c.owner {
		return nil
	}
	s := c.st.sheet(a.sheet)
	if s == nil {
		return nil
	}
	for _, p := range s.protections {
		if !p.blocks(c.who.email) || !p.area.overlaps(a) {
			continue
		}
		if slices.ContainsFunc(p.open, func(open area) bool { return open.covers(a) }) {
			continue
		}
		return errProtected()
	}
	return nil
}

// mayShape refuses changes of the tab itself if any of it is protected from the caller.
func (c *change) mayShape(s *sheet, wholeOnly bool) error {
	if c.owner {
		return nil
	}
	for _, p := range s.protections {
		whole := p.area == area{sheet: s.id, r2: -1, c2: -1}
		if p.blocks(c.who.email) && (whole || !wholeOnly) {
			return errProtected()
		}
	}
	return nil
}

func (p *protection) blocks(email string) bool {
	return !p.warningOnly && !slices.Contains(p.editors, email)
}

// mayHold refuses a grid that would exceed the cell limit, before anything is allocated for it.
func (c *change) mayHold(s *sheet, rows, cols int) error {
	if rows < 0 || cols < 0 || int64(rows) > c.limit || int64(cols) > c.limit ||
		c.st.cells()-int64(s.rowCount)*int64(s.colCount)+int64(rows)*int64(cols) > c.limit {
		return badRequest("This action would increase the number of cells in the workbook above the limit of %d cells.",
			c.limit)
	}
	return nil
}

func (c *change) checkTitle(title string, except int64, known bool) error {
	if title == "" {
		return badRequest("The sheet name cannot be empty.")
	}
	if len(utf16.Encode([]rune(title))) > 100 {
		return badRequest("The sheet name cannot be greater than 100 characters.")
	}
	if other := c.st.tab(title); other != nil && (!known || other.id != except) {
		return badRequest("A sheet with the name %s already exists. Please enter another name.", strconv.Quote(title))
	}
	return nil
}

// area reads a GridRange of a request against the grid it names.
func (c *change) area(g *sheets.GridRange) (*sheet, area, error) {
	if g == nil {
		return nil, area{}, badRequest("A range must be specified.")
	}
	s, err := c.st.grid(g.SheetId)
	if err != nil {
		return nil, area{}, err
	}
	a := areaOf(g)
	for _, d := range []struct {
		name        string
		lo, hi, max int
	}{{"Row", a.r1, a.r2, s.rowCount}, {"Column", a.c1, a.c2, s.colCount}} {
		word := map[string]string{"Row": "row", "Column": "column"}[d.name]
		switch {
		case d.lo < 0 || d.hi < -1:
			return nil, area{}, badRequest("GridRange.start%sIndex[%d] must not be negative", d.name, d.lo)
		case d.lo >= d.max && d.hi < 0 || d.lo > d.max:
			return nil, area{}, badRequest("GridRange.start%sIndex[%d] is after last %s in grid[%d]",
				d.name, d.lo, word, d.max)
		case d.hi > d.max:
			return nil, area{}, badRequest("GridRange.end%sIndex[%d] is after last %s in grid[%d]",
				d.name, d.hi, word, d.max)
		case d.hi >= 0 && d.hi < d.lo:
			return nil, area{}, badRequest("GridRange.end%sIndex[%d] must be greater than or equal to start%sIndex[%d]",
				d.name, d.hi, d.name, d.lo)
		}
	}
	return s, a, nil
}

// editable is area for a request that changes the cells: without open ends, and refused where they are protected.
func (c *change) editable(g *sheets.GridRange) (*sheet, area, error) {
	s, a, err := c.area(g)
	if err != nil {
		return nil, area{}, err
	}
	a = s.clamp(a)
	return s, a, c.mayEdit(a)
}

// clipped is area for requests that cut a range which runs past the grid to it, and close open ends. A
// range that starts past the grid is refused.
func (c *change) clipped(g *sheets.GridRange) (*sheet, area, error) {
	if g == nil {
		return nil, area{}, badRequest("A range must be specified.")
	}
	s, err := c.st.grid(g.SheetId)
	if err != nil {
		return nil, area{}, err
	}
	a := areaOf(g)
	if a.r1 >= s.rowCount || a.c1 >= s.colCount {
		return nil, area{}, c.st.errGridLimits(a, s)
	}
	cut := *g
	if a.r2 > s.rowCount {
		cut.EndRowIndex = int64(s.rowCount)
	}
	if a.c2 > s.colCount {
		cut.EndColumnIndex = int64(s.colCount)
	}
	s, a, err = c.area(&cut)
	if err != nil {
		return nil, area{}, err
	}
	return s, s.clamp(a), nil
}

// areaOf reads a GridRange; an absent end is open, an end of 0 that was sent is 0.
func areaOf(g *sheets.GridRange) area {
	a := area{
		sheet: g.SheetId, r1: int(g.StartRowIndex), c1: int(g.StartColumnIndex), r2: int(g.EndRowIndex),
		c2: int(g.EndColumnIndex),
	}
	if g.EndRowIndex == 0 && !sent(g.ForceSendFields, "EndRowIndex") {
		a.r2 = -1
	}
	if g.EndColumnIndex == 0 && !sent(g.ForceSendFields, "EndColumnIndex") {
		a.c2 = -1
	}
	return a
}

// coordinate reads a GridCoordinate.
func (c *change) coordinate(g *sheets.GridCoordinate) (*sheet, int, int, error) {
	if g == nil {
		return nil, 0, 0, badRequest("A start coordinate must be specified.")
	}
	s, err := c.st.grid(g.SheetId)
	switch {
	case err != nil:
		return nil, 0, 0, err
	case g.RowIndex < 0 || g.ColumnIndex < 0:
		return nil, 0, 0, badRequest("GridCoordinate.rowIndex[%d] must not be negative", g.RowIndex)
	case int(g.RowIndex) >= s.rowCount:
		return nil, 0, 0, badRequest("GridCoordinate.rowIndex[%d] is after last row in grid[%d]",
			g.RowIndex, s.rowCount)
	case int(g.ColumnIndex) >= s.colCount:
		return nil, 0, 0, badRequest("GridCoordinate.columnIndex[%d] is after last column in grid[%d]",
			g.ColumnIndex, s.colCount)
	}
	return s, int(g.RowIndex), int(g.ColumnIndex), nil
}

// stretch is a run of rows or columns of one tab.
type stretch struct {
	s      *sheet
	rows   bool
	lo, hi int
}

func (d stretch) size() int {
	if d.rows {
		return d.s.rowCount
	}
	return d.s.colCount
}

func (d stretch) noun() string {
	if d.rows {
		return "row"
	}
	return "column"
}

func (d stretch) area() area {
	if d.rows {
		return area{sheet: d.s.id, r1: d.lo, r2: d.hi, c2: -1}
	}
	return area{sheet: d.s.id, c1: d.lo, c2: d.hi, r2: -1}
}

// stretch reads a DimensionRange; an absent end is the end of the grid.
func (c *change) stretch(g *sheets.DimensionRange) (stretch, error) {
	if g == nil {
		return stretch{}, badRequest("A dimension range must be specified.")
	}
	s, err := c.st.grid(g.SheetId)
	if err != nil {
		return stretch{}, err
	}
	d := stretch{s: s, lo: int(g.StartIndex), hi: int(g.EndIndex)}
	switch g.Dimension {
	case "ROWS":
		d.rows = true
	case "COLUMNS":
	default:
		return stretch{}, badRequest("No dimension specified.")
	}
	if g.EndIndex == 0 && !sent(g.ForceSendFields, "EndIndex") {
		d.hi = d.size()
	}
	if d.lo < 0 || d.hi < d.lo {
		return stretch{}, badRequest("range.endIndex must be greater than range.startIndex")
	}
	return d, nil
}
