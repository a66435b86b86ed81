package googlesim

import "google.golang.org/api/sheets/v4"

// clipboard is a copied rectangle: cells as they were, before any of them is overwritten.
type clipboard struct {
	source     *sheet
	from       area
	rows, cols int
	copied     [][]cell // nil when source and target cannot overlap
	st         *state
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
	if b.copied != nil {
		return &b.copied[r][c]
	}
	return b.source.at(b.from.r1+r, b.from.c1+c)
}

func (c *change) copyPaste(r *sheets.CopyPasteRequest) error {
	source, from, err := c.area(r.Source)
	if err != nil {
		return err
	}
	target, to, err := c.area(r.Destination)
	if err != nil {
		return err
	}
	if r.PasteOrientation == "TRANSPOSE" {
		return badRequest("This simulator does not know how to transpose a paste.")
	}
	from, to = source.clamp(from), target.clamp(to)
	if from.empty() {
		return nil
	}
	// A destination that is not a multiple of the source takes the source once.
	height, width := from.r2-from.r1, from.c2-from.c1
	if n := to.r2 - to.r1; n == 0 || n%height != 0 {
		to.r2 = to.r1 + height
	}
	if n := to.c2 - to.c1; n == 0 || n%width != 0 {
		to.c2 = to.c1 + width
	}
	if to.r2 > target.rowCount || to.c2 > target.colCount {
		return badRequest("Range (%s) exceeds grid limits. Max rows: %d, max columns: %d", c.st.a1(to),
			target.rowCount, target.colCount)
	}
	if err := c.mayEdit(to); err != nil {
		return err
	}
	var lay func(dst, src *cell, dr, dc int, v func() value)
	switch r.PasteType {
	case "", "PASTE_NORMAL", "PASTE_NO_BORDERS":
		lay = pasteNormal
		c.pasteMerges(source, from, target, to)
	case "PASTE_VALUES":
		lay = pasteValue
	case "PASTE_FORMAT":
		lay = func(dst, src *cell, _, _ int, _ func() value) { dst.format = src.format }
	case "PASTE_FORMULA":
		lay = pasteFormula
	case "PASTE_DATA_VALIDATION", "PASTE_CONDITIONAL_FORMATTING":
		return badRequest("This simulator does not know how to perform %s.", r.PasteType)
	default:
		return badRequest(`Invalid value at 'requests.copy_paste.paste_type' (type.googleapis.com/google.apps.sheets.v4.PasteType), "%s"`, r.PasteType)
	}
	// Values are computed as they were before the paste; the cache keeps them so.
	keep := from.overlaps(to)
	if r.PasteType == "PASTE_VALUES" {
		source.each(from, func(row, col int, stored *cell) bool {
			if stored.kind == kindFormula {
				c.st.value(source, row, col)
			}
			return true
		})
	}
	c.lay(c.copyArea(source, from, keep), target, to, lay)
	c.st.calc = nil
	return nil
}

// lay writes the clipboard over an area, repeating it.
func (c *change) lay(b *clipboard, target *sheet, to area, paste func(dst, src *cell, dr, dc int, v func() value)) {
	var none cell
	for row := to.r1; row < to.r2; row++ {
		r := (row - to.r1) % b.rows
		if b.copied == nil && (b.from.r1+r >= len(b.source.rows) || b.source.rows[b.from.r1+r] == nil) &&
			(row >= len(target.rows) || target.rows[row] == nil) {
			continue
		}
		cells := target.reserve(row, to.c2)
		for col := to.c1; col < to.c2; col++ {
			cc := (col - to.c1) % b.cols
			src := b.at(r, cc)
			if src == nil {
				src = &none
			}
			paste(&cells[col], src, row-b.from.r1-r, col-b.from.c1-cc, func() value {
				return b.st.value(b.source, b.from.r1+r, b.from.c1+cc)
			})
		}
	}
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

// cutPaste moves cells. Formulas that pointed at them follow; moved formulas keep their text.
func (c *change) cutPaste(r *sheets.CutPasteRequest) error {
	source, from, err := c.area(r.Source)
	if err != nil {
		return err
	}
	target, row, col, err := c.coordinate(r.Destination)
	if err != nil {
		return err
	}
	if r.PasteType != "" && r.PasteType != "PASTE_NORMAL" {
		return badRequest("This simulator does not know how to cut with %s.", r.PasteType)
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
	dr, dc := to.r1-from.r1, to.c1-from.c1
	c.st.mapFormulas(func(ref reference, home int64) reference {
		a, ok := ref.area(c.st, home)
		if !ok || !from.covers(a) {
			return ref
		}
		ref.from.row, ref.to.row = ref.from.row+dr, ref.to.row+dr
		ref.from.col, ref.to.col = ref.from.col+dc, ref.to.col+dc
		if target.id != a.sheet {
			ref.titled, ref.sheet = target.id != home, target.id
			if !ref.titled {
				ref.sheet = 0
			}
		}
		return ref
	})
	return nil
}
