package change

import "math"

// Identity is a row of which only digests are known: of all its values, and of those of its key.
type Identity struct{ Content, Key uint64 }

// TraceRows returns the rows that stand after the write that left the trace, in order, or false if the trace does not
// tell their keys.
func TraceRows(trace []byte) ([]Identity, bool) {
	if trace == nil {
		return nil, false
	}
	p := split(trace)
	n := p.stand.len()
	if p.keys.len() != n || n > math.MaxInt32 {
		return nil, false
	}
	rows := make([]Identity, n)
	for i := range rows {
		rows[i] = Identity{uint64(p.stand.at(int32(i))), uint64(p.keys.at(int32(i)))}
	}
	return rows, true
}

// Identify returns what is known of a row that is identified by the key columns.
func Identify(row []Value, keys []int) Identity {
	b := Builder{}
	d := b.digests(row, keys)
	return Identity{uint64(d.content), uint64(d.key)}
}

// StandKnown takes the next existing row, as the last write left it. It suits neither a policy with a mark nor a
// snapshot.
func (b *Builder) StandKnown(id Identity) {
	b.stand = append(b.stand, digests{digest(id.Content), digest(id.Key)})
}

// WantKnown takes the next wanted row, which is one of the existing ones.
func (b *Builder) WantKnown(id Identity) {
	b.index()
	d := digests{digest(id.Content), digest(id.Key)}
	b.want = append(b.want, d)
	b.match = append(b.match, b.take(d.content))
}
