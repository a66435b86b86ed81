package googlesim

import "slices"

// shift is an insertion, deletion or move of rows or columns of one tab, and what it does to
// everything that points into the tab.
type shift struct {
	sheet int64
	rows  bool
	op    shiftOp
	at, n int
	dest  int // for a move: the position before the move
}

type shiftOp uint8

const (
	shiftInsert shiftOp = iota
	shiftDelete
	shiftMove
)

// span maps a stretch of positions, hi exclusive and -1 for open. ok is false if nothing is left.
// An insertion directly after a stretch does not lengthen it; one inside does.
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
		cut := func(p int) int {
			switch {
			case p <= sh.at:
				return p
			case p < sh.at+sh.n:
				return sh.at
			}
			return p - sh.n
		}
		if lo >= sh.at && lo < sh.at+sh.n && hi >= 0 && hi <= sh.at+sh.n {
			return 0, 0, false
		}
		if hi >= 0 {
			hi = cut(hi)
		}
		return cut(lo), hi, true
	}
	if hi < 0 {
		return lo, hi, true
	}
	first, last := sh.position(lo), sh.position(hi-1)
	return min(first, last), max(first, last) + 1, true
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

func (sh shift) area(a area) (area, bool) {
	if a.sheet != sh.sheet {
		return a, true
	}
	var ok bool
	if sh.rows {
		a.r1, a.r2, ok = sh.span(a.r1, a.r2)
	} else {
		a.c1, a.c2, ok = sh.span(a.c1, a.c2)
	}
	return a, ok
}

// reference maps a reference of a formula standing on the tab home.
func (sh shift) reference(r reference, home int64) reference {
	target := home
	if r.titled {
		target = r.sheet
	}
	if r.lost || r.unresolved != "" || target != sh.sheet {
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

// apply performs the shift on the state: the tab's own cells and everything that refers to them.
func (st *state) apply(sh shift) {
	s := st.sheet(sh.sheet)
	if sh.rows {
		s.shiftRows(sh)
	} else {
		s.shiftColumns(sh)
	}
	st.mapFormulas(func(r reference, home int64) reference { return sh.reference(r, home) })
	for i, n := range st.named {
		if a, ok := sh.area(n.area); !ok {
			st.named[i] = &namedRange{id: n.id, name: n.name, area: area{sheet: n.area.sheet}, lost: true}
		} else if a != n.area {
			st.named[i] = &namedRange{id: n.id, name: n.name, area: a, lost: n.lost}
		}
	}
	s.shiftProtections(sh)
	s.merges = shiftAreas(s.merges, sh)
	if s.filter != nil && s.filter.Range != nil {
		copied := *s.filter
		if a, ok := sh.area(areaOf(copied.Range)); ok {
			copied.Range = a.gridRange()
			s.filter = &copied
		} else {
			s.filter = nil
		}
	}
	kind := "COLUMN"
	if sh.rows {
		kind = "ROW"
	}
	st.metadata = slices.DeleteFunc(st.metadata, func(m *metadatum) bool {
		if m.sheet != sh.sheet || m.kind != kind {
			return false
		}
		_, _, ok := sh.span(m.index, m.index+1)
		return !ok
	})
	for i, m := range st.metadata {
		if m.sheet == sh.sheet && m.kind == kind {
			copied := *m
			copied.index, _, _ = sh.span(m.index, m.index+1)
			st.metadata[i] = &copied
		}
	}
}

func shiftAreas(list []area, sh shift) []area {
	var out []area
	for _, a := range list {
		if b, ok := sh.area(a); ok && !b.empty() {
			out = append(out, b)
		}
	}
	return out
}

func (s *sheet) shiftProtections(sh shift) {
	var out []*protection
	for _, p := range s.protections {
		a, ok := sh.area(p.area)
		if !ok {
			continue
		}
		copied := *p
		copied.area, copied.open = a, shiftAreas(p.open, sh)
		out = append(out, &copied)
	}
	s.protections = out
}

// mapFormulas replaces the references of every formula of every tab.
func (st *state) mapFormulas(change func(r reference, home int64) reference) {
	for _, s := range st.sheets {
		for r := range s.rows {
			if s.rows[r] == nil {
				continue
			}
			for c := 0; c < len(s.rows[r].cells); c++ {
				f := s.rows[r].cells[c].formula()
				if f == nil {
					continue
				}
				fresh := f.mapReferences(func(r reference) reference { return change(r, s.id) })
				if fresh != f {
					s.put(r, c).setExtra(func(e *extra) { e.formula = fresh })
				}
			}
		}
	}
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
		var cells []cell
		switch sh.op {
		case shiftInsert:
			cells = make([]cell, len(old.cells)+sh.n)
			copy(cells, old.cells[:sh.at])
			copy(cells[sh.at+sh.n:], old.cells[sh.at:])
		case shiftDelete:
			cells = append(slices.Clone(old.cells[:sh.at]), old.cells[min(sh.at+sh.n, len(old.cells)):]...)
		case shiftMove:
			cells = make([]cell, max(len(old.cells), sh.at+sh.n, sh.dest))
			for p := range old.cells {
				cells[sh.position(p)] = old.cells[p]
			}
		}
		s.rows[i] = &row{gen: s.gen, cells: cells}
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
