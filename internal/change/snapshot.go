package change

// Snapshot says where the columns are that identify snapshots. A snapshot is all rows of one run. They are added
// together, once, and not at all if they equal the newest snapshot of their period that stands.
type Snapshot struct{ Period, AsOf, Run int }

// snapshot is what is known of one.
type snapshot struct {
	period Value
	run    string
	rows   int
	sum    digest // of its rows in any order, without time and run
}

// add takes the next row of the snapshot.
func (s *snapshot) add(row []Value, at Snapshot) {
	if s.rows == 0 {
		s.period, s.run = row[at.Period], row[at.Run].Text
	}
	bare := make([]Value, 0, len(row))
	for i, v := range row {
		if i != at.AsOf && i != at.Run {
			bare = append(bare, v)
		}
	}
	s.sum += digestOf(AppendRow(nil, bare))
	s.rows++
}

// standSnapshot notes an existing row as part of its snapshot. Rows without a run are older than snapshots.
func (b *Builder) standSnapshot(row []Value) {
	at := *b.o.Snapshot
	run := row[at.Run].Text
	if run == "" {
		return
	}
	if b.snapshots[run] == nil {
		b.snapshots[run] = &snapshot{}
	}
	b.snapshots[run].add(row, at)
}

// isRepeated reports whether the wanted snapshot is there already, or was.
func (b *Builder) isRepeated() bool {
	if len(b.want) == 0 || b.snapshots[b.wanted.run] != nil || b.isKnown(0) {
		return true
	}
	var newest *snapshot
	for run, s := range b.snapshots { // a run's id begins with its time
		if s.period == b.wanted.period && (newest == nil || run > newest.run) {
			newest = s
		}
	}
	return newest != nil && newest.rows == b.wanted.rows && newest.sum == b.wanted.sum
}
