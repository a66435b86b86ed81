package googlesim

import "slices"

// shift is a structural change of one tab: rows or columns are inserted, deleted or moved, wholly or,
// if it has a band, only the cells inside the band. It is the one place that knows where a position, a
// range or a reference lands; see carry.go for everything that has one.
type shift struct {
	sheet int64
	rows  bool
	op    shiftOp
	at, n int
	dest  int // for a move: the position before the move

	// band bounds the cells that move, across the direction of the shift: columns if rows shift. The
	// zero band is the whole tab. width is the size of the tab across, which open ranges reach.
	band  span
	width int
	// joins lengthens a range that an insertion directly follows, see joined.
	joins bool
	// ends is Behaviour.MoveCarriesEnds.
	ends bool
}

type shiftOp uint8

const (
	shiftInsert shiftOp = iota
	shiftDelete
	shiftMove
)

// span is a stretch of positions, hi exclusive and -1 for open.
type span struct{ lo, hi int }

func (p span) within(band span, size int) bool {
	hi := p.hi
	if hi < 0 {
		hi = size
	}
	return band.lo <= p.lo && hi <= band.hi
}

// along and across are the sides of an area in the direction of a shift of rows, or of columns.
func (a area) along(rows bool) span {
	if rows {
		return span{a.r1, a.r2}
	}
	return span{a.c1, a.c2}
}

func (a area) across(rows bool) span { return a.along(!rows) }

func (a area) withAlong(rows bool, p span) area {
	if rows {
		a.r1, a.r2 = p.lo, p.hi
	} else {
		a.c1, a.c2 = p.lo, p.hi
	}
	return a
}

func (sh shift) whole() bool { return sh.band == span{} }

// reaches reports whether what lies across the shift at this stretch takes part in it. A range that
// only partly lies in the band cannot follow, since it would no longer be a rectangle.
func (sh shift) reaches(across span) bool { return sh.whole() || across.within(sh.band, sh.width) }

// span maps a stretch of positions. ok is false if nothing is left. An insertion directly after a
// stretch does not lengthen it; one inside does.
func (sh shift) span(lo, hi int) (int, int, bool) {
	if lo == 0 && hi < 0 {
		return lo, hi, true // the whole dimension stays the whole dimension
	}
	switch sh.op {
	case shiftInsert:
		if hi < 0 || hi > sh.at {
			if hi >= 0 {
				hi += sh.n
			}
			if lo >= sh.at {
				lo += sh.n
			}
		}
		return lo, hi, true
	case shiftDelete:
		if lo >= sh.at && lo < sh.at+sh.n && hi >= 0 && hi <= sh.at+sh.n {
			return 0, 0, false
		}
		if hi >= 0 {
			hi = sh.cut(hi)
		}
		return sh.cut(lo), hi, true
	}
	if hi < 0 {
		return lo, hi, true
	}
	lo, hi = sh.moved(lo, hi)
	return lo, hi, true
}

// cut is where a position lands in a deletion.
func (sh shift) cut(p int) int {
	switch {
	case p <= sh.at:
		return p
	case p < sh.at+sh.n:
		return sh.at
	}
	return p - sh.n
}

// moved maps a stretch through a move. What is moved whole goes along; what is moved within a stretch
// leaves it as it is; what is moved out shortens it and what is moved in lengthens it.
func (sh shift) moved(lo, hi int) (int, int) {
	switch {
	case sh.at <= lo && hi <= sh.at+sh.n:
		return sh.position(lo), sh.position(hi-1) + 1
	case sh.ends:
		first, last := sh.position(lo), sh.position(hi-1)
		return min(first, last), max(first, last) + 1
	case lo <= sh.at && sh.at+sh.n <= hi && lo <= sh.dest && sh.dest <= hi:
		return lo, hi
	}
	dest := sh.dest
	if dest > sh.at {
		dest -= sh.n
	}
	lo, hi, _ = shift{op: shiftDelete, at: sh.at, n: sh.n}.span(lo, hi)
	lo, hi, _ = shift{op: shiftInsert, at: dest, n: sh.n}.span(lo, hi)
	return lo, hi
}

// position is where one row or column lands in a move.
func (sh shift) position(p int) int {
	switch {
	case p >= sh.at && p < sh.at+sh.n:
		if sh.dest > sh.at {
			return p + sh.dest - sh.at - sh.n
		}
		return p + sh.dest - sh.at
	case sh.dest <= sh.at && p >= sh.dest && p < sh.at:
		return p + sh.n
	case sh.dest > sh.at && p >= sh.at+sh.n && p < sh.dest:
		return p - sh.n
	}
	return p
}

// area maps a range; ok is false if none of its cells is left.
func (sh shift) area(a area) (area, bool) {
	along := a.along(sh.rows)
	if a.sheet != sh.sheet || !sh.reaches(a.across(sh.rows)) {
		return a, true
	}
	lo, hi, ok := sh.span(along.lo, along.hi)
	return a.withAlong(sh.rows, span{lo, hi}), ok
}

// joined is area for ranges that an insertion inheriting from before lengthens when it directly
// follows them.
func (sh shift) joined(a area) (area, bool) {
	along := a.along(sh.rows)
	if sh.joins && sh.op == shiftInsert && a.sheet == sh.sheet && sh.reaches(a.across(sh.rows)) &&
		along.hi == sh.at && along.lo < sh.at {
		return a.withAlong(sh.rows, span{along.lo, along.hi + sh.n}), true
	}
	return sh.area(a)
}

// cell maps one cell.
func (sh shift) cell(sheet int64, row, col int) (int, int, bool) {
	a, ok := sh.area(area{sheet: sheet, r1: row, c1: col, r2: row + 1, c2: col + 1})
	return a.r1, a.c1, ok
}

// line maps one whole row or column.
func (sh shift) line(sheet int64, rows bool, p int) (int, bool) {
	if sheet != sh.sheet || rows != sh.rows || !sh.whole() {
		return p, true
	}
	lo, _, ok := sh.span(p, p+1)
	return lo, ok
}

// reference maps a reference of a formula standing on the tab home. Absolute and relative references
// follow alike: the dollar sign only matters for copying.
func (sh shift) reference(r reference, home int64) reference {
	target := home
	if r.titled {
		target = r.sheet
	}
	if r.lost || r.unresolved != "" || target != sh.sheet || !sh.reaches(r.across(sh.rows)) {
		return r
	}
	from, to := &r.from.row, &r.to.row
	if !sh.rows {
		from, to = &r.from.col, &r.to.col
	}
	if *from < 0 {
		return r // A:A does not know rows, 3:5 no columns
	}
	hi := -1
	if *to >= 0 {
		hi = *to + 1
	} else if *from == 0 && sh.op == shiftInsert && sh.at == 0 {
		*from += sh.n // A1:A begins at a row of its own, unlike A:A
		return r
	}
	lo, hi, ok := sh.span(*from, hi)
	if !ok {
		return reference{lost: true, titled: r.titled, sheet: r.sheet}
	}
	*from = lo
	if *to >= 0 {
		*to = hi - 1
	}
	return r
}

// across is the side of a reference across a shift.
func (r reference) across(rows bool) span {
	from, to := r.from.col, r.to.col
	if !rows {
		from, to = r.from.row, r.to.row
	}
	if to < 0 {
		return span{max(from, 0), -1}
	}
	return span{max(from, 0), to + 1}
}

// apply performs the shift on the state: the tab's own cells and everything that refers to them.
func (st *state) apply(sh shift) {
	s := st.sheet(sh.sheet)
	sh.ends = st.how.MoveCarriesEnds
	switch {
	case !sh.whole():
		s.shiftBand(sh)
	case sh.rows:
		s.shiftRows(sh)
	default:
		s.shiftColumns(sh)
	}
	st.carry(sh)
}

func (s *sheet) shiftRows(sh shift) {
	s.ownRows()
	s.rowSizes = shiftSizes(s.rowSizes, sh)
	switch sh.op {
	case shiftInsert:
		if sh.at < len(s.rows) {
			s.rows = slices.Insert(s.rows, sh.at, make([]*row, sh.n)...)
		}
		s.rowCount += sh.n
		if sh.at < s.frozenRows {
			s.frozenRows += sh.n
		}
	case shiftDelete:
		if sh.at < len(s.rows) {
			s.rows = slices.Delete(s.rows, sh.at, min(sh.at+sh.n, len(s.rows)))
		}
		s.rowCount -= sh.n
		s.frozenRows -= max(0, min(s.frozenRows, sh.at+sh.n)-sh.at)
	case shiftMove:
		if missing := max(sh.at+sh.n, sh.dest) - len(s.rows); missing > 0 {
			s.rows = append(s.rows, make([]*row, missing)...)
		}
		moved := make([]*row, len(s.rows))
		for p, r := range s.rows {
			moved[sh.position(p)] = r
		}
		s.rows = moved
	}
}

func (s *sheet) shiftColumns(sh shift) {
	s.ownRows()
	s.colSizes = shiftSizes(s.colSizes, sh)
	for i, old := range s.rows {
		if old == nil || len(old.cells) <= min(sh.at, max(sh.dest, 0)) && sh.op == shiftMove ||
			len(old.cells) <= sh.at && sh.op != shiftMove {
			continue
		}
		s.rows[i] = &row{gen: s.gen, cells: sh.shiftCells(old.cells)}
	}
	switch sh.op {
	case shiftInsert:
		s.colCount += sh.n
		if sh.at < s.frozenCols {
			s.frozenCols += sh.n
		}
	case shiftDelete:
		s.colCount -= sh.n
		s.frozenCols -= max(0, min(s.frozenCols, sh.at+sh.n)-sh.at)
	}
}

// shiftCells returns the cells of one row after a shift of columns.
func (sh shift) shiftCells(old []cell) []cell {
	switch sh.op {
	case shiftInsert:
		cells := make([]cell, len(old)+sh.n)
		copy(cells, old[:sh.at])
		copy(cells[sh.at+sh.n:], old[sh.at:])
		return cells
	case shiftDelete:
		return append(slices.Clone(old[:sh.at]), old[min(sh.at+sh.n, len(old)):]...)
	}
	cells := make([]cell, max(len(old), sh.at+sh.n, sh.dest))
	for p := range old {
		cells[sh.position(p)] = old[p]
	}
	return cells
}

// shiftBand inserts or deletes the cells of a band; the cells beside it stay.
func (s *sheet) shiftBand(sh shift) {
	s.ownRows()
	if !sh.rows {
		for r := sh.band.lo; r < min(sh.band.hi, len(s.rows)); r++ {
			if old := s.rows[r]; old != nil && len(old.cells) > sh.at {
				s.rows[r] = &row{gen: s.gen, cells: sh.shiftCells(old.cells)}
			}
		}
		return
	}
	last := len(s.rows)
	if sh.op == shiftDelete {
		for r := sh.at; r < last; r++ {
			s.copyBand(r+sh.n, r, sh.band)
		}
		return
	}
	for r := last - 1; r >= sh.at; r-- {
		s.copyBand(r, r+sh.n, sh.band)
	}
	for r := sh.at; r < sh.at+sh.n; r++ {
		s.copyBand(len(s.rows), r, sh.band)
	}
}

// copyBand copies the cells of some columns from one row to another; a row past the end is blank.
func (s *sheet) copyBand(from, to int, band span) {
	var source []cell
	if from < len(s.rows) && s.rows[from] != nil {
		source = s.rows[from].cells
	}
	source = source[min(band.lo, len(source)):min(band.hi, len(source))]
	if blank(source) && (to >= len(s.rows) || s.rows[to] == nil) {
		return
	}
	target := s.reserve(to, band.lo+len(source))
	n := copy(target[band.lo:], source)
	if rest := band.lo + n; rest < len(target) {
		clear(target[rest:min(band.hi, len(target))])
	}
}

func blank(cells []cell) bool {
	return !slices.ContainsFunc(cells, func(c cell) bool { return !c.empty() })
}

func shiftSizes(sizes map[int]dimension, sh shift) map[int]dimension {
	if len(sizes) == 0 {
		return sizes
	}
	out := make(map[int]dimension, len(sizes))
	for p, d := range sizes {
		if lo, _, ok := sh.span(p, p+1); ok {
			out[lo] = d
		}
	}
	return out
}
