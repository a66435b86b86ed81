package change

import "slices"

// mostEdits limits the edits that a set lists; all are counted.
const mostEdits = 100

// Edit is a row that people have changed since the last write, where this write undoes what they did, or moves what
// they put in. A row that ends up as they left it is none.
type Edit struct {
	// Kind says what people did: they put the row in, changed it, or took it out.
	Kind Kind   `json:"kind"`
	Key  string `json:"key"`
	// Place is where the row stands, in the words of its destination; empty if it does not stand.
	Place string `json:"place"`
	// Known reports whether Old of the cells is as the last write left it. Otherwise Old is blank.
	Known bool   `json:"known"`
	Cells []Cell `json:"cells"` // those that differ. Old: as the last write left it; New: as it stands

	At      int   `json:"-"` // the position among the existing rows; negative for a row that was taken out
	Columns []int `json:"-"` // by cell: its column's position
}

// LastColumns are the columns of the last write, where they are not those of this one.
type LastColumns struct {
	Titles []string
	Keys   []int
	Hidden []int
}

// edits compares the existing rows with those that the last write left.
type edits struct {
	cols    LastColumns
	other   bool           // the columns are not the wanted rows'
	left    map[digest]int // contents that were left and do not stand, by how often
	missing int            // how many those are
	parts   traceParts
	under   map[digest][]digest // by key: the contents that were left and do not stand; nil if the trace does not say
	strange []strangeRow
	was     map[digest][]Value // rows that were left, do not stand and are wanted again
}

// strangeRow is an existing row that the last write did not leave.
type strangeRow struct {
	at  int
	key digest
	row []Value // nil beyond the first few
}

// newEdits returns edits after a write that left the trace.
func newEdits(trace []byte, cols LastColumns, other bool) *edits {
	e := &edits{cols: cols, other: other, left: map[digest]int{}, was: map[digest][]Value{}}
	e.parts = split(trace)
	for _, d := range e.parts.stand {
		e.left[d]++
	}
	e.missing = len(e.parts.stand)
	return e
}

// index prepares finding what was left by its key. All existing rows must have been taken.
func (e *edits) index() {
	if p := e.parts; len(p.keys) == len(p.stand) && len(p.keys) > 0 && len(e.cols.Keys) > 0 {
		e.under = map[digest][]digest{}
		for i, key := range p.keys {
			if e.left[p.stand[i]] > 0 {
				e.under[key] = append(e.under[key], p.stand[i])
			}
		}
	}
}

// stand takes the next existing row, in the columns of the last write.
func (e *edits) stand(at int, d digests, row []Value) {
	if e.left[d.content] > 0 {
		e.left[d.content]--
		e.missing--
		return
	}
	s := strangeRow{at: at, key: d.key}
	if len(e.strange) < mostEdits {
		s.row = slices.Clone(row)
	}
	e.strange = append(e.strange, s)
}

// want takes a wanted row in the same columns. One that was left and does not stand tells what people changed.
func (e *edits) want(d digests, row []Value) {
	if !e.other && len(e.was) < mostEdits && e.left[d.content] > 0 {
		e.was[d.content] = slices.Clone(row)
	}
}

// pair says what people did to a row that the last write did not leave, and what it held, if that is known.
func (e *edits) pair(s strangeRow) (kind Kind, was []Value) {
	if e.under == nil {
		if e.missing == 0 {
			return Added, nil
		}
		e.missing--
		return Changed, nil
	}
	for _, content := range e.under[s.key] {
		if e.left[content] > 0 {
			e.left[content]--
			e.missing--
			return Changed, e.was[content]
		}
	}
	return Added, nil
}

// tookOut reports whether people took out a row that is wanted again.
func (e *edits) tookOut(d digests) bool {
	if e.other || e.missing == 0 {
		return false
	}
	if e.under == nil {
		return e.takeLeft(d.content)
	}
	return slices.ContainsFunc(e.under[d.key], e.takeLeft)
}

func (e *edits) takeLeft(content digest) bool {
	if e.left[content] == 0 {
		return false
	}
	e.left[content]--
	e.missing--
	return true
}

// findEdits counts what people did that this write undoes, and lists the first of it.
func (b *Builder) findEdits(p pairing, set *Set) {
	for _, ed := range b.own {
		set.addEdit(ed)
	}
	e := b.edits
	if e == nil || len(e.strange) == 0 && e.missing == 0 {
		return
	}
	e.index()
	by := map[int]int{} // by existing row: the wanted row that it becomes
	for at, i := range p.changed {
		if i != none {
			by[int(i)] = at
		}
	}
	for _, s := range e.strange {
		kind, was := e.pair(s)
		if !b.undoes(p, s.at) {
			continue
		}
		ed := Edit{Kind: kind, At: s.at, Known: kind == Added || was != nil}
		if at, ok := by[s.at]; ok && was == nil && kind == Changed && !e.other {
			ed.compare(e.cols, b.values[int32(at)], s.row, false)
		} else {
			ed.compare(e.cols, was, s.row, ed.Known)
		}
		set.addEdit(ed)
	}
	for at, d := range b.want {
		if b.isNew(p, at) && e.tookOut(d) {
			ed := Edit{Kind: Removed, At: none, Known: true}
			ed.compare(e.cols, b.values[int32(at)], nil, true)
			set.addEdit(ed)
		}
	}
}

// undoes reports whether the write changes an existing row, or takes it out.
func (b *Builder) undoes(p pairing, i int) bool {
	switch {
	case b.edits.other:
		return b.o.Policy.Change || b.o.Policy.Remove
	case b.taken[i]:
		return false
	case p.kept[i]:
		return b.o.Policy.Change
	}
	return b.o.Policy.Remove
}

func (s *Set) addEdit(ed Edit) {
	s.Edited++
	if len(s.Edits) < mostEdits {
		s.Edits = append(s.Edits, ed)
	}
}

// compare lists the cells that differ between what was and what is now. If what was is not known but only what comes,
// old values stay blank.
func (ed *Edit) compare(cols LastColumns, was, now []Value, known bool) {
	if was == nil && now == nil {
		return
	}
	keyed := now
	if keyed == nil {
		keyed = was
	}
	ed.Key = keyOf(cols.Keys, cols.Hidden, keyed)
	for i, title := range cols.Titles {
		c := Cell{Column: title, Old: at(was, i), New: at(now, i)}
		if c.Old == c.New {
			continue
		}
		if !known {
			c.Old = Value{}
		}
		if slices.Contains(cols.Hidden, i) {
			c.Old, c.New = Value{}, Value{}
		}
		ed.Cells, ed.Columns = append(ed.Cells, c), append(ed.Columns, i)
	}
}
