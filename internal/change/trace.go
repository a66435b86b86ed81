package change

import (
	"encoding/binary"
	"slices"
)

// A trace is what a write leaves for the next one, eight bytes per row: the digests of the rows that stand, and after a
// zero those of the identities of all rows that were ever written, if the policy only adds.

// Trace returns the value for Options.Trace next time, if the script is carried out.
func (b *Builder) Trace() []byte {
	p := b.pair()
	out := []byte{} // not nil: nothing stands, and that is known
	add := func(d digest) { out = binary.BigEndian.AppendUint64(out, uint64(d)) }
	by := map[int]int{} // the wanted row that an existing row is rewritten with
	for at, i := range p.changed {
		if i != none && b.o.Policy.Change {
			by[int(i)] = at
		}
	}
	if b.o.Policy.Order {
		for _, d := range b.want {
			add(d.content)
		}
		return out
	}
	for i, d := range b.stand {
		if at, ok := by[i]; ok {
			d = b.want[at]
		}
		switch {
		case b.isLost(p, i):
		case b.isMarked(p, i):
			add(b.marked[i])
		default:
			add(d.content)
		}
	}
	for at, d := range b.want {
		if b.isNew(p, at) {
			add(d.content)
		}
	}
	if b.o.Policy == (Policy{}) {
		add(0)
		for _, d := range b.everWritten() {
			add(d)
		}
	}
	return out
}

// Standing returns the digests of the rows that the trace's write left, in order.
func Standing(trace []byte) []uint64 {
	var list []uint64
	for i := 0; i+8 <= len(trace); i += 8 {
		d := binary.BigEndian.Uint64(trace[i:])
		if d == 0 {
			break
		}
		list = append(list, d)
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

// readTrace takes the trace of the last write.
func (b *Builder) readTrace() {
	if !b.o.Reshaped {
		b.trace = map[digest]int{}
	}
	earlier := false
	for i := 0; i+8 <= len(b.o.Trace); i += 8 {
		d := digest(binary.BigEndian.Uint64(b.o.Trace[i:]))
		switch {
		case d == 0:
			earlier = true
		case !earlier:
			if b.trace != nil {
				b.trace[d]++
			}
		case b.o.Policy == (Policy{}):
			b.known = append(b.known, d)
		}
	}
	slices.Sort(b.known)
}
