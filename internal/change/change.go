// Package change compares the rows that a destination has with the rows that it should have: what would be added,
// changed and removed, and what people have edited since the last write. It knows nothing of where rows are kept or how
// they are written.
package change

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// Value is a cell as its destination stores it. Two values are equal if the destination shows the same. The zero value
// is blank.
type Value struct {
	Kind byte // 0 blank, 's' text, 'n' a number's exact text, 'b' boolean
	Text string
}

// Kind says what happens to a row.
type Kind string

// The kinds.
const (
	Added   Kind = "added"
	Changed Kind = "changed"
	Removed Kind = "removed"
)

// Cell is one cell of a row that differs. Old is blank in an added row, New in a removed one.
type Cell struct {
	Column string `json:"column"` // its title
	Old    Value  `json:"old"`
	New    Value  `json:"new"`
}

// Item is one row that differs.
type Item struct {
	Kind  Kind   `json:"kind"`
	Key   string `json:"key"`   // the values of the key columns, joined by " · "; empty when rows have no keys
	Cells []Cell `json:"cells"` // only the differing ones for a changed row
}

// Set is what a write does to the existing rows. Added, Changed and Removed do not count the header.
type Set struct {
	Rows    int `json:"rows"` // present afterwards
	Added   int `json:"added"`
	Changed int `json:"changed"`
	Removed int `json:"removed"`
	// Cells counts the differing cells of changed rows and all cells of added and removed rows. It is a lower bound
	// unless the set is complete.
	Cells int `json:"cells"`
	// Edited counts rows that are not as the last write left them: people changed, added or moved them. It is 0 if
	// nothing is known about the last write.
	Edited int    `json:"edited"`
	Items  []Item `json:"items"` // changed rows first, then added and removed ones
	// Complete reports whether Items holds all rows counted by Added, Changed and Removed.
	Complete bool `json:"complete"`
}

// Empty reports whether nothing would change.
func (s *Set) Empty() bool { return s.Added+s.Changed+s.Removed == 0 }

// Options tell a Builder about the rows.
type Options struct {
	Titles []string // of the columns
	Keys   []int    // positions of the columns that identify a row; if empty, rows are matched by content alone
	Hidden []int    // positions of columns whose values Items must not show
	// Trace is what Builder.Trace returned for the last write; nil if it is unknown.
	Trace []byte
	// Budget limits the bytes of values held in Items; 0 holds none.
	Budget int
}

// Builder makes a Set in one pass over each side: first all existing rows, then all wanted rows. It takes about 50
// bytes per existing row, plus the values of as many rows as the budget allows. Create one with NewBuilder.
type Builder struct {
	o        Options
	standing []standing
	first    map[digest]int32 // by content: the first existing row, counted from 1, that no wanted row has matched yet
	trace    map[digest]int   // how many such rows the last write had
	set      Set
	written  []byte
	fresh    []freshRow
	used     int
	buf      []byte
}

type digest uint64

type standing struct {
	content, key digest
	next         int32 // the next row with the same content, counted from 1
	gone         bool  // no wanted row matches it
}

// freshRow is a wanted row that does not exist yet.
type freshRow struct {
	key    digest
	values []Value // nil beyond the budget
}

// NewBuilder returns a builder without rows.
func NewBuilder(o Options) *Builder {
	b := &Builder{o: o, first: map[digest]int32{}}
	if len(o.Trace) > 0 {
		b.trace = map[digest]int{}
		for i := 0; i+8 <= len(o.Trace); i += 8 {
			b.trace[digest(binary.BigEndian.Uint64(o.Trace[i:]))]++
		}
	}
	return b
}

// Stand takes the next existing row.
func (b *Builder) Stand(row []Value) {
	content, key := b.digests(row)
	b.standing = append(b.standing, standing{content: content, key: key, next: b.first[content], gone: true})
	b.first[content] = int32(len(b.standing))
	if b.trace != nil {
		if b.trace[content] > 0 {
			b.trace[content]--
		} else {
			b.set.Edited++
		}
	}
}

// Want takes the next wanted row. Values that are kept are copied.
func (b *Builder) Want(row []Value) {
	content, key := b.digests(row)
	b.written = binary.BigEndian.AppendUint64(b.written, uint64(content))
	b.set.Rows++
	if free := b.first[content]; free > 0 {
		same := &b.standing[free-1]
		same.gone = false
		b.first[content] = same.next
		return
	}
	fresh := freshRow{key: key}
	if size := sizeOf(row); b.used+size <= b.o.Budget {
		b.used += size
		fresh.values = slices.Clone(row)
	}
	b.fresh = append(b.fresh, fresh)
}

func sizeOf(row []Value) int {
	n := 0
	for _, v := range row {
		n += 16 + len(v.Text)
	}
	return n
}

// Trace returns the value for Options.Trace next time, if the wanted rows get written: eight bytes per row.
func (b *Builder) Trace() []byte { return b.written }

func (b *Builder) digests(row []Value) (content, key digest) {
	b.buf = AppendRow(b.buf[:0], row)
	content = digestOf(b.buf)
	if len(b.o.Keys) == 0 {
		return content, content
	}
	b.buf = b.buf[:0]
	for _, k := range b.o.Keys {
		b.buf = AppendRow(b.buf, row[k:k+1])
	}
	return content, digestOf(b.buf)
}

func digestOf(b []byte) digest {
	sum := sha256.Sum256(b)
	return digest(binary.BigEndian.Uint64(sum[:8]))
}

// AppendRow appends an encoding of a row that no other row has.
func AppendRow(b []byte, row []Value) []byte {
	for _, v := range row {
		b = append(b, v.Kind)
		b = binary.AppendUvarint(b, uint64(len(v.Text)))
		b = append(b, v.Text...)
	}
	return b
}

// Set returns the outcome. standing yields the existing rows again, in the same order, for the old values of rows that
// are changed or removed. It is called at most once, and only if there are such rows.
func (b *Builder) Set(standing func(yield func([]Value))) *Set {
	pairs := b.pair()
	set := b.set
	old := map[int][]Value{}
	if len(pairs.olds) > 0 {
		at := 0
		standing(func(row []Value) {
			if size := sizeOf(row); pairs.olds[at] && b.used+size <= b.o.Budget {
				b.used += size
				old[at] = slices.Clone(row)
			}
			at++
		})
	}
	set.Complete = true
	for _, p := range pairs.changed {
		was, now := old[p.old], b.fresh[p.fresh].values
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
	for _, i := range pairs.added {
		set.Added++
		set.Cells += len(b.o.Titles)
		b.include(&set, Added, nil, b.fresh[i].values)
	}
	for _, i := range pairs.removed {
		set.Removed++
		set.Cells += len(b.o.Titles)
		b.include(&set, Removed, old[i], nil)
	}
	return &set
}

func (b *Builder) include(set *Set, kind Kind, was, now []Value) {
	if was == nil && now == nil {
		set.Complete = false
		return
	}
	set.Items = append(set.Items, b.item(kind, was, now))
}

// pairing says what happens to the rows that differ between the sides.
type pairing struct {
	changed        []pair
	added, removed []int
	olds           map[int]bool // positions of existing rows whose values are needed
}

type pair struct{ old, fresh int }

// pair finds the first unused existing row with the same key for each fresh row.
func (b *Builder) pair() pairing {
	p := pairing{olds: map[int]bool{}}
	gone := map[digest][]int{}
	for i, s := range b.standing {
		if s.gone {
			p.olds[i] = true
			gone[s.key] = append(gone[s.key], i)
		}
	}
	used := map[int]bool{}
	for i, f := range b.fresh {
		same := gone[f.key]
		if len(b.o.Keys) == 0 || len(same) == 0 {
			p.added = append(p.added, i)
			continue
		}
		gone[f.key] = same[1:]
		used[same[0]] = true
		p.changed = append(p.changed, pair{same[0], i})
	}
	for i, s := range b.standing {
		if s.gone && !used[i] {
			p.removed = append(p.removed, i)
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
	for i, k := range b.o.Keys {
		if i > 0 {
			it.Key += " · "
		}
		it.Key += keyed[k].Text
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

func at(row []Value, i int) Value {
	if i < len(row) {
		return row[i]
	}
	return Value{}
}
