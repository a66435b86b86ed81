package change

import (
	"slices"
	"strings"
)

// Set returns the outcome. standing yields the existing rows again, in the same order, for the old values of rows that
// are changed or removed. It is called at most once, and only if there are such rows.
func (b *Builder) Set(standing func(yield func([]Value))) *Set {
	p := b.pair()
	set := Set{Complete: true}
	b.findEdits(p, &set)
	old := b.oldValues(standing)
	for at, i := range p.changed {
		if i == none || !b.o.Policy.Change {
			continue
		}
		was, now := old[i], b.values[int32(at)]
		set.Changed++
		if was == nil || now == nil {
			set.Cells++ // at least one
			set.Complete = false
			continue
		}
		item := b.item(Changed, was, now)
		set.Cells += len(item.Cells)
		set.Items = append(set.Items, item)
	}
	for at := range b.want {
		if b.isNew(p, at) {
			set.Added++
			set.Cells += len(b.o.Titles)
			b.include(&set, Added, nil, b.values[int32(at)])
		}
	}
	for i := range b.stand {
		if b.isAside(i) {
			continue
		}
		if b.isMarked(p, i) {
			b.includeMark(&set, old[int32(i)])
		}
		if b.isLost(p, i) {
			set.Removed++
			set.Cells += len(b.o.Titles)
			b.include(&set, Removed, old[int32(i)], nil)
			if n := len(set.Items); n > 0 && set.Items[n-1].Kind == Removed && old[int32(i)] != nil {
				set.Items[n-1].Row = i + 1 - b.asideBefore(i)
			}
		}
	}
	set.Rows = len(b.stand) - b.asideBefore(len(b.stand)) + set.Added - set.Removed
	return &set
}

// isNew reports whether a wanted row is put in.
func (b *Builder) isNew(p pairing, at int) bool {
	if b.o.Snapshot != nil {
		return !p.repeated
	}
	return b.match[at] == none && p.changed[at] == none && !b.isKnown(at)
}

// isKnown reports whether a wanted row that does not exist was written once, and people have taken it out since. A
// policy that only adds does not bring it back.
func (b *Builder) isKnown(at int) bool {
	_, found := slices.BinarySearch(b.known, b.identity(b.want[at]))
	return found
}

// identity returns what identifies a row: its key, or all of it where rows have no keys.
func (b *Builder) identity(d digests) digest {
	if len(b.o.Keys) == 0 {
		return d.content
	}
	return d.key
}

// isLost reports whether an existing row is taken out.
func (b *Builder) isLost(p pairing, i int) bool {
	return b.o.Policy.Remove && !p.kept[i] || b.isAside(i)
}

// isMarked reports whether an existing row gets the policy's mark.
func (b *Builder) isMarked(p pairing, i int) bool {
	return b.o.Policy.Mark != (Mark{}) && !b.isAside(i) && !p.kept[i] && b.marked[i] != b.stand[i].content
}

func (b *Builder) includeMark(set *Set, was []Value) {
	set.Changed++
	set.Cells++
	if was == nil {
		set.Complete = false
		return
	}
	set.Items = append(set.Items, b.item(Changed, was, b.mark(was)))
}

// oldValues returns the values of the existing rows that are changed or removed, as far as the budget allows.
func (b *Builder) oldValues(standing func(yield func([]Value))) map[int32][]Value {
	old := map[int32][]Value{}
	if !slices.Contains(b.taken, false) {
		return old
	}
	at := int32(0)
	standing(func(row []Value) {
		if size := sizeOf(row); !b.taken[at] && !b.isAside(int(at)) && b.used+size <= b.o.Budget {
			b.used += size
			old[at] = slices.Clone(row)
		}
		at++
	})
	return old
}

func (b *Builder) include(set *Set, kind Kind, was, now []Value) {
	if was == nil && now == nil {
		set.Complete = false
		return
	}
	set.Items = append(set.Items, b.item(kind, was, now))
}

// pairing says which existing row each wanted row is.
type pairing struct {
	changed []int32 // by wanted row: the existing row with the same key and other content, or none
	becomes []int32 // by existing row: the wanted row that has it in changed, or none
	kept    []bool  // by existing row: some wanted row is it, changed or not
	// repeated says that the wanted snapshot is there already.
	repeated bool
}

// pair finds, for each wanted row that differs from all existing ones, the first unused existing row with the same key.
// No row may come afterwards.
func (b *Builder) pair() pairing {
	if b.pairs == nil {
		p := b.findPairs()
		b.pairs = &p
	}
	return *b.pairs
}

func (b *Builder) findPairs() pairing {
	b.index()
	p := pairing{
		changed: slices.Repeat([]int32{none}, len(b.want)), becomes: slices.Repeat([]int32{none}, len(b.stand)),
		kept: slices.Clone(b.taken), repeated: b.o.Snapshot != nil && b.isRepeated(),
	}
	if len(b.o.Keys) == 0 {
		return p
	}
	var gone []int32
	for i, taken := range b.taken {
		if !taken && !b.isAside(i) {
			gone = append(gone, int32(i))
		}
	}
	keyed := newIndex(gone, func(i int32) digest { return b.stand[i].key })
	for at, w := range b.want {
		if b.match[at] != none {
			continue
		}
		if i := keyed.take(w.key); i != none {
			p.changed[at], p.becomes[i], p.kept[i] = i, int32(at), true
		}
	}
	return p
}

func (b *Builder) item(kind Kind, was, now []Value) Item {
	it := Item{Kind: kind}
	keyed := now
	if keyed == nil {
		keyed = was
	}
	it.Key, it.Name = keyOf(b.o.Keys, nil, keyed), b.name(keyed)
	if kind != Changed { // most cells differ
		it.Cells = make([]Cell, 0, len(b.o.Titles))
	}
	for i, title := range b.o.Titles {
		c := Cell{Column: title, Old: at(was, i), New: at(now, i)}
		if c.Old == c.New && kind == Changed || c.Old == (Value{}) && c.New == (Value{}) {
			continue
		}
		if slices.Contains(b.o.Hidden, i) {
			c.Old, c.New = Value{}, Value{}
		}
		it.Cells = append(it.Cells, c)
	}
	return it
}

// name returns how people call a row.
func (b *Builder) name(row []Value) string {
	if b.o.Name == nil || row == nil {
		return ""
	}
	return b.o.Name(row)
}

// keyOf returns the values of the key columns, joined, except for hidden ones.
func keyOf(keys, hidden []int, row []Value) string {
	var texts []string
	for _, k := range keys {
		if !slices.Contains(hidden, k) {
			texts = append(texts, row[k].Text)
		}
	}
	return strings.Join(texts, " · ")
}

func at(row []Value, i int) Value {
	if i < len(row) {
		return row[i]
	}
	return Value{}
}
