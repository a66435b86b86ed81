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
	Name string `json:"name,omitempty"` // as people call the row; empty if that is not known
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
	other   bool // the columns are not the wanted rows'
	parts   traceParts
	left    *index // of the rows that were left, by content; those that stand are taken
	missing int    // how many do not stand
	under   *index // by key: rows that were left and do not stand; nil if the trace does not say
	strange []strangeRow
	rows    [][]Value          // the first of strange
	was     map[digest][]Value // rows that were left, do not stand and are wanted again
}

// strangeRow is an existing row that the last write did not leave.
type strangeRow struct {
	at  int32
	key digest
}

// newEdits returns edits after a write that left the trace.
func newEdits(trace []byte, cols LastColumns, other bool) *edits {
	e := &edits{cols: cols, other: other, parts: split(trace), was: map[digest][]Value{}}
	e.missing = e.parts.stand.len()
	e.left = newIndex(allRows(e.missing), e.parts.stand.at)
	return e
}

// index prepares finding what was left by its key. All existing rows must have been taken.
func (e *edits) index() {
	p := e.parts
	if len(p.keys) != len(p.stand) || len(p.keys) == 0 || len(e.cols.Keys) == 0 {
		return
	}
	var rows []int32
	for i := range int32(p.stand.len()) {
		if e.left.has(p.stand.at(i)) {
			rows = append(rows, i)
		}
	}
	e.under = newIndex(rows, p.keys.at)
}

// stand takes the next existing row, in the columns of the last write.
func (e *edits) stand(at int, d digests, row []Value) {
	if e.takeLeft(d.content) {
		return
	}
	e.strange = append(e.strange, strangeRow{int32(at), d.key})
	if len(e.rows) < mostEdits {
		e.rows = append(e.rows, slices.Clone(row))
	}
}

// want takes a wanted row in the same columns. One that was left and does not stand tells what people changed.
func (e *edits) want(d digests, row []Value) {
	if !e.other && len(e.was) < mostEdits && e.left.has(d.content) {
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
	for i := range e.under.all(s.key) {
		if content := e.parts.stand.at(i); e.takeLeft(content) {
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
	for i := range e.under.all(d.key) {
		if e.takeLeft(e.parts.stand.at(i)) {
			return true
		}
	}
	return false
}

func (e *edits) takeLeft(content digest) bool {
	if e.left.take(content) == none {
		return false
	}
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
	for n, s := range e.strange {
		kind, was := e.pair(s)
		if !b.undoes(p, int(s.at)) {
			continue
		}
		var row []Value // nil beyond the first few
		if n < len(e.rows) {
			row = e.rows[n]
		}
		ed := Edit{Kind: kind, At: int(s.at), Known: kind == Added || was != nil}
		if at := p.becomes[s.at]; at != none && was == nil && kind == Changed && !e.other {
			b.compareEdit(&ed, b.values[at], row, false)
		} else {
			b.compareEdit(&ed, was, row, ed.Known)
		}
		set.addEdit(ed)
	}
	for at, d := range b.want {
		if b.isNew(p, at) && e.tookOut(d) {
			ed := Edit{Kind: Removed, At: none, Known: true}
			b.compareEdit(&ed, b.values[int32(at)], nil, true)
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

// compareEdit completes an edit with the cells that differ, and the row's name.
func (b *Builder) compareEdit(ed *Edit, was, now []Value, known bool) {
	ed.compare(b.edits.cols, was, now, known)
	if b.edits.other {
		return // the names stand in other columns
	}
	if now == nil {
		now = was
	}
	ed.Name = b.name(now)
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
