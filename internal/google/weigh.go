package google

import (
	"slices"
	"unicode/utf8"

	"ledgersheet/internal/table"
)

// weigh passes over the result once to find its digest and size, what it changes, how its rows look, and the cells for
// a single request in case they fit.
func (r *write) weigh() error {
	if r.change == nil {
		r.newChange()
	}
	schema := r.w.Rows.Schema()
	r.enc.cut = 0
	r.fresh, r.bytes, r.cells, r.styles, r.titles = newTally(len(schema.Columns)), 0, [][]value{}, nil, nil
	r.linkBytes = 0
	r.money, r.widths = make([]bool, len(schema.Columns)), make([]int, len(schema.Columns))
	for i, col := range schema.Columns {
		r.money[i] = col.Kind == table.Money
		r.titles = append(r.titles, r.enc.text(col.Title))
		r.widths[i] = shownWidth(r.titles[i], table.Row{}, i)
	}
	r.fresh.head(r.titles)
	n := 0
	err := r.rows(func(row []value, meta table.Row) error {
		r.fresh.add(row, r.money)
		r.change.Want(row)
		r.styleRow(n, meta)
		r.bytes += sizeOf(row)
		r.linkBytes += sizeOfLink(meta)
		for i, v := range row {
			if n < widthRows {
				r.widths[i] = max(r.widths[i], shownWidth(v, meta, i))
			}
		}
		if r.bytes > r.c.o.MaxBody {
			r.cells = nil
		}
		if r.cells != nil {
			r.cells = append(r.cells, slices.Clone(row))
		}
		n++
		return nil
	})
	r.cut = r.enc.cut
	if err == nil {
		r.setOwnAside()
	}
	r.set, r.weighed, r.zoned = r.change.Set(r.standing), r.enc.zone.String(), r.enc.zoned
	r.placeEdits()
	return err
}

// sizeOf estimates the size of a row in an updateCells request.
func sizeOf(row []value) int {
	n := 0
	for _, v := range row {
		n += 46 + len(v.Text)
	}
	return n
}

// shownWidth estimates how many characters a value takes when shown. Dates and amounts are longer than the numbers that
// represent them.
func shownWidth(v value, row table.Row, column int) int {
	n := utf8.RuneCountInString(v.Text)
	if column < len(row.Cells) && v.Kind == 'n' {
		n = utf8.RuneCountInString(row.Cells[column].String())
		if row.Cells[column].Kind() == table.Money {
			n += 2 // separators
		}
	}
	return min(n+2*int(row.Level), 100) // a level is indented by two
}

// pick collects the rows that an arrangement writes, unless they do not fit into one request.
func (r *write) pick(a arrangement) error {
	if !a.byRow && a.written() == r.fresh.rows && !r.copies() && r.known == nil {
		r.picked, r.weight = r.cells, r.bytes
		return nil
	}
	r.picked, r.weight = [][]value{}, 0
	if r.copies() {
		return nil
	}
	if r.known != nil {
		return r.pickKnown(a)
	}
	return r.written(a, func(n int, row []value) error {
		r.weight += sizeOf(row)
		switch {
		case r.weight > r.c.o.MaxBody:
			r.picked = nil
		case r.picked == nil:
		case r.cells != nil && n != none:
			r.picked = append(r.picked, r.cells[n])
		default:
			r.picked = append(r.picked, slices.Clone(row))
		}
		return nil
	})
}

// styleRow notes how row n looks, together with rows before it that look alike.
func (r *write) styleRow(n int, meta table.Row) {
	if meta.Role == table.Data && meta.Level == 0 {
		return
	}
	last := len(r.styles) - 1
	if last >= 0 && r.styles[last].to == n && r.styles[last].role == meta.Role && r.styles[last].level == meta.Level {
		r.styles[last].to++
	} else if last+1 < maxStyledRuns {
		r.styles = append(r.styles, style{from: n, to: n + 1, role: meta.Role, level: meta.Level})
	}
}

// rows yields the rows below the header as values. The slice is used again.
func (r *write) rows(yield func(row []value, meta table.Row) error) error {
	buf := make([]value, len(r.w.Rows.Schema().Columns))
	for row, err := range r.w.Rows.Scan() {
		if err != nil {
			return err
		}
		for i, cell := range row.Cells {
			if r.isUndo() {
				buf[i] = unpackCell(cell)
			} else {
				buf[i] = r.enc.value(cell)
			}
		}
		if err := yield(buf, row); err != nil {
			return err
		}
	}
	return nil
}

// expected returns the tally of what the tab holds afterwards, with or without the header.
func (r *write) expected(header bool) *tally {
	t := newTally(0)
	if header {
		t.head(r.titles)
	}
	for d := range r.change.Left() {
		t.addDigest(d)
	}
	if r.w.Policy().Order && !r.reverse { // the rows are exactly the result
		t.first, t.last, t.sums = r.fresh.first, r.fresh.last, r.fresh.sums
	}
	return t
}
