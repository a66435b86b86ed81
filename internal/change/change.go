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
	Name  string `json:"name,omitempty"` // as people call the row; empty if that is not known
	Key   string `json:"key"`            // the values of the key columns, joined by " · "; empty when rows have no keys
	Cells []Cell `json:"cells"`          // only the differing ones for a changed row
	// Row is where a removed row stood below the header, counted from 1; 0 for others.
	Row int `json:"row,omitempty"`
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
	// Edited counts rows that people changed, put in or took out since the last write, where this write undoes that or
	// moves what they put in. It is 0 if nothing is known about the last write.
	Edited int    `json:"edited"`
	Edits  []Edit `json:"edits,omitempty"` // the first of them
	Items  []Item `json:"items"`           // changed rows first, then added and removed ones
	// Complete reports whether Items holds all rows counted by Added, Changed and Removed.
	Complete bool `json:"complete"`
	// Reversible reports whether a Reversal can take the change back. The destination sets it.
	Reversible bool `json:"reversible,omitempty"`
}

// Empty reports whether nothing would change.
func (s *Set) Empty() bool { return s.Added+s.Changed+s.Removed == 0 }

// Count adds the other set's counts, not its items.
func (s *Set) Count(o *Set) {
	s.Rows, s.Cells, s.Edited = s.Rows+o.Rows, s.Cells+o.Cells, s.Edited+o.Edited
	s.Added, s.Changed, s.Removed = s.Added+o.Added, s.Changed+o.Changed, s.Removed+o.Removed
}

// Policy says how wanted rows combine with existing ones. The zero value only adds rows whose keys are new.
type Policy struct {
	Order  bool // the wanted rows' order counts; otherwise existing rows stay where they are and new ones follow them
	Change bool // rewrite existing rows whose key is wanted with other values
	Remove bool // take out existing rows that are not wanted
	Mark   Mark // what to write into existing rows that are not wanted; zero for nothing
}

// Mark is what one cell of a row gets while its others stay. The zero value is none.
type Mark struct {
	Column int
	Value  Value
}

// Replace makes the existing rows exactly the wanted ones. Order makes no sense without the other two.
func Replace() Policy { return Policy{Order: true, Change: true, Remove: true} }

// Options tell a Builder about the rows.
type Options struct {
	Policy Policy
	Titles []string // of the columns
	Keys   []int    // positions of the columns that identify a row; if empty, rows are matched by content alone
	Hidden []int    // positions of columns whose values Items must not show
	// Name returns how people call a row; nil if that is not known.
	Name func(row []Value) string
	// Trace is what Builder.Trace returned for the last write; nil if it is unknown.
	Trace []byte
	// Last are the columns of the last write; nil if they are the same.
	Last *LastColumns
	// Budget limits the bytes of values held in Items; 0 holds none.
	Budget int
	// Reshaped says that the last write had other columns: of its trace, only the identities of rows count.
	Reshaped bool
	// Snapshot, for a policy that only adds, says that the wanted rows are added together or not at all. Keys is then
	// the column of the run alone. Nil otherwise.
	Snapshot *Snapshot
}

// Builder compares rows in one pass over each side: first all existing rows, then all wanted rows. It takes about 70
// bytes for a row that exists and is wanted, plus the values of as many rows as the budget allows. Create one with
// NewBuilder.
type Builder struct {
	o      Options
	stand  []digests
	want   []digests
	match  []int32           // by wanted row: the position of the existing row that it is, or none
	taken  []bool            // by existing row: a wanted row is it
	first  int               // how many existing rows at the beginning have been taken in their order
	same   *index            // of the other existing rows by content; nil before the first wanted row that needs it
	known  []digest          // the identities of all rows that were ever written, if the policy only adds
	edits  *edits            // nil if nothing is known about the last write
	values map[int32][]Value // by wanted row: its values if it differs from all existing rows and the budget allows
	used   int
	buf    []byte
	pairs  *pairing // once it is known

	marked    []digest             // by existing row: its content with the policy's mark
	aside     []bool               // by existing row: it was set aside; nil if none was
	own       []Edit               // the rows that were set aside
	snapshots map[string]*snapshot // existing ones, by run
	wanted    snapshot
}

type digest uint64

// digests identify a row by all its cells, and by its key columns alone.
type digests struct{ content, key digest }

// none stands for no row.
const none = -1

// NewBuilder returns a builder without rows.
func NewBuilder(o Options) *Builder {
	b := &Builder{o: o, values: map[int32][]Value{}, snapshots: map[string]*snapshot{}}
	if len(o.Trace) > 0 {
		b.readTrace()
	}
	return b
}

// Stand takes the next existing row.
func (b *Builder) Stand(row []Value) {
	d := b.digests(row, b.o.Keys)
	b.stand = append(b.stand, d)
	if b.o.Policy.Mark != (Mark{}) {
		b.marked = append(b.marked, b.markedDigest(row, d))
	}
	if b.o.Snapshot != nil {
		b.standSnapshot(row)
	}
	if b.edits != nil && !b.edits.other {
		b.edits.stand(len(b.stand)-1, d, row)
	}
}

// StandLast is Stand for a row that the last write left in other columns, Options.Last. last has the row in those.
func (b *Builder) StandLast(row, last []Value) {
	b.Stand(row)
	if b.edits != nil && b.edits.other {
		b.edits.stand(len(b.stand)-1, b.digests(last, b.o.Last.Keys), last)
	}
}

// markedDigest returns what the content of an existing row will be if it is marked. A row without a key is no record's:
// it stays as it is.
func (b *Builder) markedDigest(row []Value, d digests) digest {
	for _, k := range b.o.Keys {
		if row[k] != (Value{}) {
			return digestOf(AppendRow(nil, b.mark(row)))
		}
	}
	return d.content
}

// mark returns a copy of a row with the policy's mark.
func (b *Builder) mark(row []Value) []Value {
	row = slices.Clone(row)
	row[b.o.Policy.Mark.Column] = b.o.Policy.Mark.Value
	return row
}

// Grow makes room for so many existing and wanted rows, where these numbers are known beforehand.
func (b *Builder) Grow(stand, want int) {
	b.stand = slices.Grow(b.stand, stand)
	b.want, b.match = slices.Grow(b.want, want), slices.Grow(b.match, want)
}

// Stands returns how many rows exist.
func (b *Builder) Stands() int { return len(b.stand) }

// index prepares finding existing rows by content.
func (b *Builder) index() {
	if b.taken == nil {
		b.taken = make([]bool, len(b.stand))
	}
}

// take returns the first existing row with that content that no wanted row is yet, or none. As long as the wanted rows
// are the existing ones in their order, that is the next one.
func (b *Builder) take(content digest) int32 {
	if b.same == nil && b.first < len(b.stand) && b.stand[b.first].content == content {
		b.taken[b.first] = true
		b.first++
		return int32(b.first - 1)
	}
	if b.same == nil {
		b.same = newIndex(allRows(len(b.stand))[b.first:], func(i int32) digest { return b.stand[i].content })
	}
	row := b.same.take(content)
	if row != none {
		b.taken[row] = true
	}
	return row
}

// Want takes the next wanted row. Values that are kept are copied.
func (b *Builder) Want(row []Value) {
	b.index()
	d := b.digests(row, b.o.Keys)
	at := int32(len(b.want))
	b.want = append(b.want, d)
	if b.edits != nil {
		b.edits.want(d, row)
	}
	if b.o.Snapshot != nil {
		b.wanted.add(row, *b.o.Snapshot)
	}
	if same := b.take(d.content); same != none {
		b.match = append(b.match, same)
		return
	}
	b.match = append(b.match, none)
	if size := sizeOf(row); b.used+size <= b.o.Budget {
		b.used += size
		b.values[at] = slices.Clone(row)
	}
}

func sizeOf(row []Value) int {
	n := 0
	for _, v := range row {
		n += 16 + len(v.Text)
	}
	return n
}

func (b *Builder) digests(row []Value, keys []int) digests {
	b.buf = AppendRow(b.buf[:0], row)
	d := digests{content: digestOf(b.buf)}
	if len(keys) == 0 {
		return d
	}
	b.buf = b.buf[:0]
	for _, k := range keys {
		b.buf = AppendRow(b.buf, row[k:k+1])
	}
	d.key = digestOf(b.buf)
	return d
}

// Digest identifies a row by its values. It is what a trace holds.
func Digest(row []Value) uint64 {
	const usual = 512 // so much stays on the stack
	return uint64(digestOf(AppendRow(make([]byte, 0, usual), row)))
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
