package change

import "slices"

// PutIn returns the positions of the existing rows that people have put in since the last write and that this write
// would take out or mark, in order. Where rows have no keys, it leaves out those that may be rows that people changed.
// Call it after all wanted rows.
func (b *Builder) PutIn() []int {
	if b.edits == nil {
		return nil
	}
	p := b.pair()
	var list []strangeRow
	for _, s := range b.edits.strange {
		if at := int(s.at); b.isLost(p, at) || b.isMarked(p, at) {
			list = append(list, s)
		}
	}
	if len(list) == 0 {
		return nil
	}
	isOwn := b.unpaired()
	var own []int
	for _, s := range list {
		if isOwn[int(s.at)] {
			own = append(own, int(s.at))
		}
	}
	return own
}

// unpaired returns the existing rows that are none of those that the last write left.
func (b *Builder) unpaired() map[int]bool {
	e := *b.edits
	e.left = &index{digest: e.left.digest, rows: e.left.rows, taken: slices.Clone(e.left.taken)}
	own := map[int]bool{}
	e.index()
	switch {
	case e.under != nil:
		for _, s := range e.strange {
			if kind, _ := e.pair(s); kind == Added {
				own[int(s.at)] = true
			}
		}
	case e.missing == 0:
		for _, s := range e.strange {
			own[int(s.at)] = true
		}
	case !e.other:
		b.unpairedByPlace(own)
	}
	return own
}

// unpairedByPlace finds rows that people have put in between two that the last write left side by side. It finds none
// if the rows are no longer in the order in which they were left.
func (b *Builder) unpairedByPlace(own map[int]bool) {
	left := b.edits.parts.stand
	isStrange := map[int]bool{}
	for _, s := range b.edits.strange {
		isStrange[int(s.at)] = true
	}
	var found, between []int
	next := int32(0)
	for i, d := range b.stand {
		if isStrange[i] {
			between = append(between, i)
			continue
		}
		at := next
		for at < int32(left.len()) && left.at(at) != d.content {
			at++
		}
		if at == int32(left.len()) {
			return
		}
		if at == next {
			found = append(found, between...)
		}
		between, next = between[:0], at+1
	}
	if next == int32(left.len()) {
		found = append(found, between...)
	}
	for _, i := range found {
		own[i] = true
	}
}

// SetAside takes the contents of existing rows out of the comparison, given by their positions in order: they stay
// people's, and the destination moves them out of the way first. What is left of such a row is a blank one, which the
// write takes out or writes over. No wanted row may be one of them.
func (b *Builder) SetAside(rows []int) {
	if len(rows) == 0 {
		return
	}
	b.aside = make([]bool, len(b.stand))
	for _, i := range rows {
		b.aside[i] = true
		b.stand[i] = digests{}
		if b.marked != nil {
			b.marked[i] = 0
		}
	}
	b.pairs = nil
	if b.edits == nil {
		return
	}
	var strange []strangeRow
	var held [][]Value
	for n, s := range b.edits.strange {
		var row []Value // nil beyond the first few
		if n < len(b.edits.rows) {
			row = b.edits.rows[n]
		}
		if !b.aside[s.at] {
			if strange = append(strange, s); row != nil {
				held = append(held, row)
			}
			continue
		}
		ed := Edit{Kind: Added, At: int(s.at), Known: true}
		ed.compare(b.edits.cols, nil, row, true)
		b.own = append(b.own, ed)
	}
	b.edits.strange, b.edits.rows = strange, held
}

// isAside reports whether an existing row was set aside.
func (b *Builder) isAside(i int) bool { return b.aside != nil && b.aside[i] }

// asideBefore returns how many existing rows above one were set aside.
func (b *Builder) asideBefore(i int) int {
	n := 0
	for _, own := range b.aside[:min(i, len(b.aside))] {
		if own {
			n++
		}
	}
	return n
}
