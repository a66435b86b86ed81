package change

import (
	"encoding/binary"
	"slices"
)

// A trace is what a write leaves for the next one, in digests of eight bytes: of the rows that stand; after a zero, of
// the identities of all rows that were ever written, if the policy only adds; and after another zero, of the keys of
// the rows that stand, if rows have keys.

// Trace returns the value for Options.Trace next time, if the script is carried out.
func (b *Builder) Trace() []byte {
	out := []byte{} // not nil: nothing stands, and that is known
	add := func(d digest) { out = binary.BigEndian.AppendUint64(out, uint64(d)) }
	left := b.left()
	for _, d := range left {
		add(d.content)
	}
	only := b.o.Policy == (Policy{})
	if !only && len(b.o.Keys) == 0 {
		return out
	}
	add(0)
	if only {
		for _, d := range b.everWritten() {
			add(d)
		}
	}
	if len(b.o.Keys) > 0 {
		add(0)
		for _, d := range left {
			add(d.key)
		}
	}
	return out
}

// left returns the rows that stand once the script is carried out, in order.
func (b *Builder) left() []digests {
	p := b.pair()
	if b.o.Policy.Order {
		return b.want
	}
	by := map[int]int{} // the wanted row that an existing row is rewritten with
	for at, i := range p.changed {
		if i != none && b.o.Policy.Change {
			by[int(i)] = at
		}
	}
	var left []digests
	for i, d := range b.stand {
		if at, ok := by[i]; ok {
			d = b.want[at]
		}
		switch {
		case b.isLost(p, i):
		case b.isMarked(p, i):
			left = append(left, digests{content: b.marked[i], key: d.key})
		default:
			left = append(left, d)
		}
	}
	for at, d := range b.want {
		if b.isNew(p, at) {
			left = append(left, d)
		}
	}
	return left
}

// traceParts is a trace taken apart.
type traceParts struct{ stand, known, keys []digest }

func split(trace []byte) traceParts {
	var p traceParts
	into := []*[]digest{&p.stand, &p.known, &p.keys}
	for i := 0; i+8 <= len(trace) && len(into) > 0; i += 8 {
		if d := digest(binary.BigEndian.Uint64(trace[i:])); d == 0 {
			into = into[1:]
		} else {
			*into[0] = append(*into[0], d)
		}
	}
	return p
}

// Standing returns the digests of the rows that the trace's write left, in order.
func Standing(trace []byte) []uint64 {
	var list []uint64
	for _, d := range split(trace).stand {
		list = append(list, uint64(d))
	}
	return list
}

// everWritten returns the identities of the rows that are or were there, and of the new ones, in order.
func (b *Builder) everWritten() []digest {
	all := slices.Clone(b.known)
	for _, d := range b.stand {
		all = append(all, b.identity(d))
	}
	for _, d := range b.want {
		all = append(all, b.identity(d))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// readTrace takes the trace of the last write. An empty one says that nothing was left, nil that nothing is known.
func (b *Builder) readTrace() {
	if b.o.Trace == nil {
		return
	}
	if b.o.Policy == (Policy{}) {
		b.known = split(b.o.Trace).known
		slices.Sort(b.known)
	}
	if b.o.Reshaped && b.o.Last == nil {
		return
	}
	cols := LastColumns{Titles: b.o.Titles, Keys: b.o.Keys, Hidden: b.o.Hidden}
	if b.o.Last != nil {
		cols = *b.o.Last
	}
	b.edits = newEdits(b.o.Trace, cols, b.o.Last != nil)
}
