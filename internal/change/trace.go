package change

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"iter"
	"slices"
)

// A trace is what a write leaves for the next one, in digests of eight bytes: of the rows that stand; after a zero, of
// the identities of all rows that were ever written, if the policy only adds; and after another zero, of the keys of
// the rows that stand, if rows have keys.

// Trace returns the value for Options.Trace next time, if the script is carried out.
func (b *Builder) Trace() []byte {
	n := 0
	for range b.left() {
		n++
	}
	only, keyed := b.o.Policy == (Policy{}), len(b.o.Keys) > 0
	var ever []digest
	if only {
		ever = b.everWritten()
	}
	out := make([]byte, 0, 8*(2*n+len(ever)+2)) // not nil: nothing stands, and that is known
	add := func(d digest) { out = binary.BigEndian.AppendUint64(out, uint64(d)) }
	for d := range b.left() {
		add(d.content)
	}
	if !only && !keyed {
		return out
	}
	add(0)
	for _, d := range ever {
		add(d)
	}
	if keyed {
		add(0)
		for d := range b.left() {
			add(d.key)
		}
	}
	return out
}

// Left yields the digests of the rows that stand once the script is carried out, in order.
func (b *Builder) Left() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for d := range b.left() {
			if !yield(uint64(d.content)) {
				return
			}
		}
	}
}

// left yields the rows that stand once the script is carried out, in order.
func (b *Builder) left() iter.Seq[digests] {
	p := b.pair()
	if b.o.Policy.Order {
		return slices.Values(b.want)
	}
	return func(yield func(digests) bool) {
		for i, d := range b.stand {
			if b.isLost(p, i) {
				continue
			}
			if at := p.becomes[i]; at != none && b.o.Policy.Change {
				d = b.want[at]
			}
			if b.isMarked(p, i) {
				d.content = b.marked[i]
			}
			if !yield(d) {
				return
			}
		}
		for at, d := range b.want {
			if b.isNew(p, at) && !yield(d) {
				return
			}
		}
	}
}

// TraceDigest returns a digest of the rows that stand after the write that left the trace. It is the same for the same
// rows in the same order. It is empty if the trace is nil.
func TraceDigest(trace []byte) string {
	if trace == nil {
		return ""
	}
	sum := sha256.Sum256(split(trace).stand)
	return hex.EncodeToString(sum[:])
}

// traceParts is a trace taken apart.
type traceParts struct{ stand, known, keys digestList }

// digestList is a list of digests as a trace holds them.
type digestList []byte

func (l digestList) len() int          { return len(l) / 8 }
func (l digestList) at(i int32) digest { return digest(binary.BigEndian.Uint64(l[8*int(i):])) }
func (l digestList) digests() []digest {
	list := make([]digest, l.len())
	for i := range list {
		list[i] = l.at(int32(i))
	}
	return list
}

// split takes a trace apart, without copying it.
func split(trace []byte) traceParts {
	var p traceParts
	into := []*digestList{&p.stand, &p.known, &p.keys}
	from := 0
	for i := 0; i+8 <= len(trace) && len(into) > 0; i += 8 {
		if binary.BigEndian.Uint64(trace[i:]) == 0 {
			into, from = into[1:], i+8
		} else {
			*into[0] = trace[from : i+8]
		}
	}
	return p
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
		b.known = split(b.o.Trace).known.digests()
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
