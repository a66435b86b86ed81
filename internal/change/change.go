// Package change compares the rows that stand somewhere with the rows that are wanted there: what would be added,
// changed and removed, and what people have changed since the last write. It knows neither where rows stand nor how
// they are written.
package change

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

// Value is a cell as its destination keeps it; two are equal when the destination shows the same. The zero value is
// blank.
type Value struct {
	Kind byte // 0 blank, 's' text, 'n' a number's exact text, 'b' truth
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

// Cell is one cell of a row that is not as it was; Old of an added row and New of a removed one are blank.
type Cell struct {
	Column string `json:"column"` // its title
	Old    Value  `json:"old"`
	New    Value  `json:"new"`
}

// Item is one row that is not as it was.
type Item struct {
	Kind  Kind   `json:"kind"`
	Key   string `json:"key"`   // the values of the key columns, joined by " · "; empty when rows have no keys
	Cells []Cell `json:"cells"` // of a changed row only those that differ
}

// Set is what a write does to what stands. Added, Changed and Removed count rows without the header.
type Set struct {
	Rows    int `json:"rows"` // that stand afterwards
	Added   int `json:"added"`
	Changed int `json:"changed"`
	Removed int `json:"removed"`
	// Cells counts those that differ, of changed rows, and all of added and removed ones; unless the set is complete,
	// at least so many.
	Cells int `json:"cells"`
	// Edited counts rows that stand other than the last write left them: changed, added or moved here by people. It is
	// 0 when nothing is known of the last write.
	Edited int    `json:"edited"`
	Items  []Item `json:"items"` // the changed rows first, then added and removed ones
	// Complete reports whether Items holds every row that Added, Changed and Removed count.
	Complete bool `json:"complete"`
}

// Empty reports whether nothing would change.
func (s *Set) Empty() bool { return s.Added+s.Changed+s.Removed == 0 }

// Options are what a Builder needs to know of the rows.
type Options struct {
	Titles []string // of the columns
	Keys   []int    // positions of the columns that identify a row; none: rows are told apart by their contents alone
	Hidden []int    // positions of columns whose values Items must not show
	// Trace is what Builder.Trace returned for the rows that were written last; nil when nobody knows.
	Trace []byte
	// Budget bounds the bytes of values that Items hold; 0 holds none.
	Budget int
}

// Builder makes a Set in one walk over each side: first all rows that stand, then all that are wanted. It holds some 50
// bytes a standing row, and values of as many rows as the budget allows. Make one with NewBuilder.
type Builder struct {
	o        Options
	standing []standing
	first    map[digest]int32 // by content: the first standing row, from 1, that no wanted row has taken yet
	trace    map[digest]int   // of the last write: how many rows
	set      Set
	written  []byte
	fresh    []freshRow
	used     int
	buf      []byte
}

type digest uint64

type standing struct {
	content, key digest
	next         int32 // the next one of the same content, from 1
	gone         bool  // no wanted row is like it
}

// freshRow is a wanted row that is not among those that stand.
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

// Stand takes the next row that stands.
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

// Want takes the next row that is wanted. The values are copied where they are kept.
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

// Trace is what Options.Trace wants the next time, once the wanted rows were written: eight bytes a row.
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

// AppendRow spells a row so that no two rows are spelt alike.
func AppendRow(b []byte, row []Value) []byte {
	for _, v := range row {
		b = append(b, v.Kind)
		b = binary.AppendUvarint(b, uint64(len(v.Text)))
		b = append(b, v.Text...)
	}
	return b
}

// Set returns the outcome. standing yields the rows that stand once more, in the same order, for the old values of
// those that go or change; it is called at most once, and not at all when none does.
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
			set.Cells++ // one at least
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

// pairing says what becomes of the rows that are not the same on both sides.
type pairing struct {
	changed        []pair
	added, removed []int
	olds           map[int]bool // positions of standing rows whose values are wanted
}

type pair struct{ old, fresh int }

// pair finds a standing row of the same key for each fresh row, the first one first.
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
