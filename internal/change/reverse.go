package change

import (
	"cmp"
	"errors"
	"slices"
)

// Reversal takes back what a set says was done. It needs rows with keys.
type Reversal struct {
	keys    []int
	column  map[string]int
	added   map[string]bool
	changed map[string]Item
	removed []Item // by Row
	seen    map[string]bool
	at      int // rows yielded
}

// errNotReversible says that a set does not tell enough.
var errNotReversible = errors.New("the difference does not tell enough to be taken back")

// IsOrdered reports whether the rows that stay keep their order. It is called after all wanted rows.
func (b *Builder) IsOrdered() bool {
	p, last := b.pair(), int32(none)
	for at, i := range b.match {
		if i == none {
			i = p.changed[at]
		}
		if i != none && b.o.Policy.Order {
			if i < last {
				return false
			}
			last = i
		}
	}
	return true
}

// NewReversal returns the reversal of a set that is Reversible, for rows with these columns.
func NewReversal(s *Set, titles []string, keys []int) (*Reversal, error) {
	r := &Reversal{
		keys: keys, column: map[string]int{}, added: map[string]bool{}, changed: map[string]Item{},
		seen: map[string]bool{},
	}
	for i, title := range titles {
		r.column[title] = i
	}
	known := map[string]bool{}
	for _, it := range s.Items {
		unknown := func(c Cell) bool { _, ok := r.column[c.Column]; return !ok }
		if known[it.Key] || slices.ContainsFunc(it.Cells, unknown) {
			return nil, errNotReversible
		}
		known[it.Key] = true
		switch it.Kind {
		case Added:
			r.added[it.Key] = true
		case Changed:
			r.changed[it.Key] = it
		case Removed:
			r.removed = append(r.removed, it)
		}
	}
	if !s.Reversible || !s.Complete || len(keys) == 0 || len(r.column) != len(titles) {
		return nil, errNotReversible
	}
	slices.SortFunc(r.removed, func(a, b Item) int { return cmp.Compare(a.Row, b.Row) })
	return r, nil
}

// Row takes the next row as it stands and yields what stood there before, together with removed rows above it. It fails
// if two rows have the same key.
func (r *Reversal) Row(row []Value, yield func([]Value)) error {
	key := keyOf(r.keys, nil, row)
	if r.seen[key] {
		return errNotReversible
	}
	r.seen[key] = true
	if r.added[key] {
		return nil
	}
	r.putBack(len(row), r.at+1, yield)
	row = slices.Clone(row)
	for _, c := range r.changed[key].Cells {
		row[r.column[c.Column]] = c.Old
	}
	yield(row)
	r.at++
	return nil
}

// End yields the removed rows that stood below all others. width is the number of columns.
func (r *Reversal) End(width int, yield func([]Value)) {
	for len(r.removed) > 0 {
		r.putBack(width, r.removed[0].Row, yield)
	}
}

// putBack yields removed rows that stood in a row or above it.
func (r *Reversal) putBack(width, to int, yield func([]Value)) {
	for ; len(r.removed) > 0 && r.removed[0].Row <= to; r.removed = r.removed[1:] {
		row := make([]Value, width)
		for _, c := range r.removed[0].Cells {
			row[r.column[c.Column]] = c.Old
		}
		yield(row)
		r.at++
		to++
	}
}
