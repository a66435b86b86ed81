package googlesim

import (
	"slices"

	"google.golang.org/api/sheets/v4"
)

// clipboard is a copied rectangle: cells as they were, before any of them is overwritten.
type clipboard struct {
	source     *sheet
	from       area
	rows, cols int
	copied     [][]cell // nil when source and target cannot overlap
	st         *state
	turned     bool         // rows become columns
	lines      []int        // the rows that are copied, if not all: a filter hides the others
	skipped    map[int]bool // rows of the target that are left alone
}

func (c *change) copyArea(s *sheet, a area, keep bool) *clipboard {
	b := &clipboard{source: s, from: a, rows: a.r2 - a.r1, cols: a.c2 - a.c1, st: c.st}
	if !keep {
		return b
	}
	b.copied = make([][]cell, b.rows)
	for r := range b.copied {
		b.copied[r] = make([]cell, b.cols)
		for col := range b.copied[r] {
			if stored := s.at(a.r1+r, a.c1+col); stored != nil {
				b.copied[r][col] = *stored
			}
		}
	}
	return b
}

func (b *clipboard) at(r, c int) *cell {
	r = b.line(r)
	if b.copied != nil {
		return &b.copied[r][c]
	}
	return b.source.at(b.from.r1+r, b.from.c1+c)
}

// line is where the copied row r stands in the source, counted from its first row.
func (b *clipboard) line(r int) int {
	if b.lines == nil {
		return r
	}
	return b.lines[r]
}

// layer is what a paste writes into one cell. v computes what the source shows.
type layer func(dst, src *cell, dr, dc int, v func() value)

// copyPaste copies a range over another. See
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request.
func (c *change) copyPaste(r *sheets.CopyPasteRequest) error {
	source, from, err := c.clipped(r.Source)
	if err != nil {
		return err
	}
	target, to, err := c.clipped(r.Destination)
	if err != nil {
		return err
	}
	turned := r.PasteOrientation == "TRANSPOSE"
	if from.empty() {
		return nil
	}
	shown := c.copiedLines(source, from)
	if len(shown) == 0 {
		return nil
	}
	to = pasteTarget(len(shown), from.c2-from.c1, to, turned)
	if to.r2 > target.rowCount || to.c2 > target.colCount {
		return badRequest("Range (%s) exceeds grid limits. Max rows: %d, max columns: %d", c.st.a1(to),
			target.rowCount, target.colCount)
	}
	if err := c.mayEdit(to); err != nil {
		return err
	}
	lay, err := c.layerOf(r.PasteType)
	if err != nil {
		return err
	}
	kind := r.PasteType
	if kind == "" {
		kind = "PASTE_NORMAL"
	}
	if kind == "PASTE_NORMAL" || kind == "PASTE_NO_BORDERS" {
		if target.splits(to) {
			return errSplitsMerge()
		}
		if !turned {
			c.pasteMerges(source, from, target, to)
		}
	}
	if kind != "PASTE_VALUES" && kind != "PASTE_FORMULA" && kind != "PASTE_DATA_VALIDATION" && !turned {
		c.pasteConditions(source, from, target, to)
	}
	// Values are computed as they were before the paste; the cache keeps them so.
	keep := from.overlaps(to) || turned
	if kind == "PASTE_VALUES" {
		source.each(from, func(row, col int, stored *cell) bool {
			if stored.kind == kindFormula {
				c.st.value(source, row, col)
			}
			return true
		})
	}
	b := c.copyArea(source, from, keep)
	b.turned = turned
	if len(shown) < b.rows {
		b.rows, b.lines = len(shown), shown
	}
	if c.st.how.PasteSkipsFilteredRows {
		b.skipped = c.st.filteredRows(target)
	}
	if lay != nil {
		c.lay(b, target, to, lay)
	}
	c.st.calc = nil
	return nil
}

// copiedLines are the rows of a source that are copied, counted from its first.
func (c *change) copiedLines(source *sheet, from area) []int {
	var hidden map[int]bool
	if c.st.how.CopySkipsFilteredRows {
		hidden = c.st.filteredRows(source)
	}
	list := make([]int, 0, from.r2-from.r1)
	for row := from.r1; row < from.r2; row++ {
		if !hidden[row] {
			list = append(list, row-from.r1)
		}
	}
	return list
}

// pasteTarget sizes the destination of a paste: one that is not a multiple of what is copied takes it
// once.
func pasteTarget(height, width int, to area, turned bool) area {
	if turned {
		height, width = width, height
	}
	if n := to.r2 - to.r1; n == 0 || n%height != 0 {
		to.r2 = to.r1 + height
	}
	if n := to.c2 - to.c1; n == 0 || n%width != 0 {
		to.c2 = to.c1 + width
	}
	return to
}

// layerOf is what a kind of paste writes; nil for none of the cells themselves.
func (c *change) layerOf(kind string) (layer, error) {
	switch kind {
	case "", "PASTE_NORMAL":
		return pasteNormal, nil
	case "PASTE_NO_BORDERS":
		return c.pasteNoBorders, nil
	case "PASTE_VALUES":
		return pasteValue, nil
	case "PASTE_FORMAT":
		return func(dst, src *cell, _, _ int, _ func() value) { dst.format = src.format }, nil
	case "PASTE_FORMULA":
		return pasteFormula, nil
	case "PASTE_DATA_VALIDATION":
		return func(dst, src *cell, _, _ int, _ func() value) {
			validation := src.validation()
			dst.setExtra(func(e *extra) { e.validation = validation })
		}, nil
	case "PASTE_CONDITIONAL_FORMATTING":
		return nil, nil
	}
	return nil, badRequest(`Invalid value at 'requests.copy_paste.paste_type' (type.googleapis.com/google.apps.sheets.v4.PasteType), "%s"`, kind)
}

// splits reports whether an area holds a part of a merged cell.
func (s *sheet) splits(a area) bool {
	return slices.ContainsFunc(s.merges, func(m area) bool { return m.overlaps(a) && !a.covers(m) })
}

// pasteNoBorders keeps the borders of the destination.
func (c *change) pasteNoBorders(dst, src *cell, dr, dc int, v func() value) {
	var borders sheets.Borders
	if f := c.st.formats.get(dst.format); f != nil && f.Borders != nil {
		borders = *f.Borders
	}
	pasteNormal(dst, src, dr, dc, v)
	none := &sheets.Border{Style: "NONE"}
	c.border(dst, sheets.Borders{Top: none, Bottom: none, Left: none, Right: none})
	c.border(dst, borders)
}

// lay writes the clipboard over an area, repeating it.
func (c *change) lay(b *clipboard, target *sheet, to area, paste layer) {
	var none cell
	for row := to.r1; row < to.r2; row++ {
		r := (row - to.r1) % b.rows
		if b.skipped[row] || !b.turned && b.blank(r) && (row >= len(target.rows) || target.rows[row] == nil) {
			continue
		}
		cells := target.reserve(row, to.c2)
		for col := to.c1; col < to.c2; col++ {
			r, cc := r, (col-to.c1)%b.cols
			if b.turned {
				r, cc = (col-to.c1)%b.rows, (row-to.r1)%b.cols
			}
			src := b.at(r, cc)
			if src == nil {
				src = &none
			}
			at := b.from.r1 + b.line(r)
			paste(&cells[col], src, row-at, col-b.from.c1-cc, func() value {
				return b.st.value(b.source, at, b.from.c1+cc)
			})
		}
	}
}

// blank reports whether nothing is stored in a row of the source.
func (b *clipboard) blank(r int) bool {
	at := b.from.r1 + b.line(r)
	return b.copied == nil && (at >= len(b.source.rows) || b.source.rows[at] == nil)
}

func pasteNormal(dst, src *cell, dr, dc int, _ func() value) {
	*dst = *src
	if f := src.formula(); f != nil {
		dst.setExtra(func(e *extra) { e.formula = f.pasted(dr, dc) })
	}
}

func pasteFormula(dst, src *cell, dr, dc int, _ func() value) {
	dst.setContent(*src)
	if f := src.formula(); f != nil {
		dst.setExtra(func(e *extra) { e.formula = f.pasted(dr, dc) })
	}
}

// pasteValue keeps the format of the destination; formulas leave what they show.
func pasteValue(dst, src *cell, _, _ int, v func() value) {
	if src.kind != kindFormula {
		dst.setContent(cell{kind: src.kind, num: src.num, str: src.str})
		return
	}
	shown := v()
	if shown.kind == kindError {
		shown.kind = kindText
	}
	dst.setContent(cell{kind: shown.kind, num: shown.num, str: shown.str})
}

func (c *change) pasteMerges(source *sheet, from area, target *sheet, to area) {
	var fresh []area
	for _, m := range target.merges {
		if !to.overlaps(m) {
			fresh = append(fresh, m)
		}
	}
	for _, m := range source.merges {
		if !from.covers(m) {
			continue
		}
		dr, dc := to.r1-from.r1, to.c1-from.c1
		fresh = append(fresh, area{sheet: target.id, r1: m.r1 + dr, r2: m.r2 + dr, c1: m.c1 + dc, c2: m.c2 + dc})
	}
	target.merges = fresh
}

// relocation is a rectangle of cells moved to another place, perhaps of another tab. What points into
// the rectangle follows if it lies in it whole.
type relocation struct {
	st             *state
	from, to       area
	fromTab, toTab int64
}

func (m relocation) area(a area) (area, bool) {
	if !m.from.covers(a) {
		return a, !m.overwrites(a)
	}
	dr, dc := m.to.r1-m.from.r1, m.to.c1-m.from.c1
	return area{sheet: m.toTab, r1: a.r1 + dr, r2: a.r2 + dr, c1: a.c1 + dc, c2: a.c2 + dc}, true
}

func (m relocation) reference(ref reference, home int64) reference {
	a, ok := ref.area(m.st, home)
	switch {
	case !ok:
		return ref
	case m.overwrites(a):
		return reference{lost: true, titled: ref.titled, sheet: ref.sheet}
	case !m.from.covers(a):
		return ref
	}
	dr, dc := m.to.r1-m.from.r1, m.to.c1-m.from.c1
	ref.from.row, ref.to.row = ref.from.row+dr, ref.to.row+dr
	ref.from.col, ref.to.col = ref.from.col+dc, ref.to.col+dc
	if m.toTab != a.sheet {
		ref.titled, ref.sheet = m.toTab != home, m.toTab
		if !ref.titled {
			ref.sheet = 0
		}
	}
	return ref
}

// overwrites reports whether what points at an area loses it, because other cells are laid over it.
func (m relocation) overwrites(a area) bool {
	return m.st.how.CutLosesOverwritten && m.to.covers(a) && !m.from.covers(a)
}

// cutPaste moves cells, or only their values or formats. Formulas, named ranges and charts that pointed
// at moved cells follow; moved formulas keep their references. See
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request.
func (c *change) cutPaste(r *sheets.CutPasteRequest) error {
	source, from, err := c.area(r.Source)
	if err != nil {
		return err
	}
	target, row, col, err := c.coordinate(r.Destination)
	if err != nil {
		return err
	}
	from = source.clamp(from)
	to := area{sheet: target.id, r1: row, c1: col, r2: row + from.r2 - from.r1, c2: col + from.c2 - from.c1}
	if to.r2 > target.rowCount || to.c2 > target.colCount {
		return badRequest("Range (%s) exceeds grid limits. Max rows: %d, max columns: %d", c.st.a1(to),
			target.rowCount, target.colCount)
	}
	for _, a := range []area{from, to} {
		if err := c.mayEdit(a); err != nil {
			return err
		}
	}
	if r.PasteType != "" && r.PasteType != "PASTE_NORMAL" {
		return badRequest("This simulator does not know how to cut with %s.", r.PasteType)
	}
	if source.splits(from) || target.splits(to) {
		return errSplitsMerge()
	}
	b := c.copyArea(source, from, true)
	source.each(from, func(row, col int, stored *cell) bool {
		if !stored.empty() {
			*source.put(row, col) = cell{}
		}
		return true
	})
	c.lay(b, target, to, func(dst, src *cell, _, _ int, _ func() value) {
		*dst = *src
		if f := src.formula(); f != nil && source.id != target.id {
			titled := f.mapReferences(func(ref reference) reference {
				if !ref.titled && !ref.lost {
					ref.titled, ref.sheet = true, source.id
				}
				return ref
			})
			dst.setExtra(func(e *extra) { e.formula = titled })
		}
	})
	move := relocation{c.st, from, to, source.id, target.id}
	c.st.carryReferences(move)
	c.cutMerges(source, target, move)
	return nil
}

// cutMerges takes the merges of moved cells along and drops those they were laid over.
func (c *change) cutMerges(source, target *sheet, move relocation) {
	var moved []area
	source.merges = slices.DeleteFunc(slices.Clone(source.merges), func(m area) bool {
		if !move.from.covers(m) {
			return false
		}
		a, _ := move.area(m)
		moved = append(moved, a)
		return true
	})
	target.merges = append(slices.DeleteFunc(slices.Clone(target.merges), move.to.covers), moved...)
}
