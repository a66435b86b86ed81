package change

import "slices"

// Action is what a step of a script does.
type Action uint8

// The actions.
const (
	Keep    Action = iota // existing rows stay as they are
	Write                 // existing rows get other values
	Insert                // rows are put in
	Delete                // existing rows are taken out
	Relabel               // existing rows get the policy's mark, and stay as they are otherwise
)

// Blank is the From of steps that write blank rows.
const Blank = -1

// Step does one thing to consecutive rows.
type Step struct {
	Do   Action
	Rows int
	From int // of Write and Insert: the position of the first wanted row, or Blank
}

// Layout says how a destination keeps rows.
type Layout struct {
	// Spare is how many blank rows that belong to the range follow the existing rows.
	Spare int
	// Least is how many rows the range keeps once it has had them, blank ones if need be.
	Least int
	// Most limits how many steps may insert or delete. A script that would need more writes rows where they stand.
	Most int
}

// Script returns the steps that turn the existing rows, in order, into those that should stand. Together they pass over
// each existing row once. Rows that stay in their order are kept where they are, so that what people have attached to a
// row stays with it. It is called after all wanted rows.
func (b *Builder) Script(l Layout) []Step {
	p := b.pair()
	if !b.o.Policy.Order {
		return b.grow(p, l)
	}
	least := min(l.Least, len(b.stand)+l.Spare)
	if len(b.want) >= least {
		steps := b.follow(p, l.Spare)
		if Structural(steps) <= l.Most {
			return steps
		}
	}
	return b.overwrite(l.Spare, least)
}

// Structural counts the steps that insert or delete.
func Structural(steps []Step) int {
	n := 0
	for _, s := range steps {
		if s.Do == Insert || s.Do == Delete {
			n++
		}
	}
	return n
}

// follow keeps as many rows as possible in place: the longest series of rows that stand in the wanted order already.
func (b *Builder) follow(p pairing, spare int) []Step {
	is := slices.Clone(b.match)
	for at, i := range p.changed {
		if i != none {
			is[at] = i
		}
	}
	var s script
	stand, want := 0, 0
	for _, at := range increasing(is) {
		i := int(is[at])
		s.gap(i-stand, want, at-want)
		if b.match[at] == none {
			s.add(Write, 1, at)
		} else {
			s.add(Keep, 1, 0)
		}
		stand, want = i+1, at+1
	}
	s.gap(len(b.stand)+spare-stand, want, len(b.want)-want)
	return s
}

// overwrite writes rows where others stand, except for equal rows at both ends. Only the number of rows changes.
func (b *Builder) overwrite(spare, least int) []Step {
	head, all := 0, min(len(b.stand), len(b.want))
	for head < all && b.stand[head].content == b.want[head].content {
		head++
	}
	tail := 0
	if spare == 0 && len(b.want) >= least {
		for tail < all-head && b.stand[len(b.stand)-1-tail].content == b.want[len(b.want)-1-tail].content {
			tail++
		}
	}
	var s script
	s.add(Keep, head, 0)
	left, fresh := len(b.stand)+spare-head-tail, len(b.want)-head-tail
	blank := max(0, least-len(b.want))
	s.add(Write, min(left, fresh), head)
	s.add(Write, min(blank, left-min(left, fresh)), Blank)
	s.gap(left-min(left, fresh)-blank, head+min(left, fresh), fresh-min(left, fresh))
	s.add(Keep, tail, 0)
	return s
}

// grow leaves the rows in the order in which they stand, and puts new ones at the end.
func (b *Builder) grow(p pairing, l Layout) []Step {
	var fresh []int
	for at := range b.want {
		if b.isNew(p, at) {
			fresh = append(fresh, at)
		}
	}
	kept := 0
	for i := range b.stand {
		if !b.isLost(p, i) {
			kept++
		}
	}
	if least := min(l.Least, len(b.stand)+l.Spare); kept < len(b.stand) && kept+len(fresh) < least {
		return b.fewRows(p, fresh, least, l.Spare)
	}
	var s script
	lost := 0 // the last rows so far, which new ones may replace
	for i, at := range p.becomes {
		if b.isLost(p, i) {
			lost++
			continue
		}
		s.add(Delete, lost, 0)
		lost = 0
		switch {
		case at != none && b.o.Policy.Change:
			s.add(Write, 1, int(at))
		case b.isMarked(p, i):
			s.add(Relabel, 1, 0)
		default:
			s.add(Keep, 1, 0)
		}
	}
	free := lost + l.Spare
	for _, at := range fresh {
		if free > 0 {
			s.add(Write, 1, at)
			free--
		} else {
			s.add(Insert, 1, at)
		}
	}
	blank := min(free, l.Spare)
	s.add(Write, blank, Blank)
	s.add(Delete, free-blank, 0)
	return s
}

// fewRows writes the rows that are left over the first ones, and blank ones behind them. It is only called if the
// policy takes rows out, so each row that is left is a wanted one.
func (b *Builder) fewRows(p pairing, fresh []int, least, spare int) []Step {
	is := slices.Clone(p.becomes)
	for at, i := range b.match {
		if i != none {
			is[i] = int32(at)
		}
	}
	var s script
	rows := 0
	for i, at := range is {
		if !b.isLost(p, i) {
			s.add(Write, 1, int(at))
			rows++
		}
	}
	for _, at := range fresh {
		s.add(Write, 1, at)
		rows++
	}
	s.add(Write, least-rows, Blank)
	s.add(Delete, len(b.stand)+spare-least, 0)
	return s
}

// script is a growing list of steps.
type script []Step

// add appends a step, or extends the last one.
func (s *script) add(do Action, rows, from int) {
	if rows <= 0 {
		return
	}
	if do == Keep || do == Delete || do == Relabel {
		from = 0
	}
	if n := len(*s); n > 0 {
		last := &(*s)[n-1]
		follows := from == 0 && last.From == 0 && do != Write && do != Insert ||
			from == Blank && last.From == Blank ||
			from != Blank && last.From != Blank && from == last.From+last.Rows
		if last.Do == do && follows {
			last.Rows += rows
			return
		}
	}
	*s = append(*s, Step{Do: do, Rows: rows, From: from})
}

// gap replaces existing rows that nothing keeps by wanted rows that do not exist yet.
func (s *script) gap(stand, from, fresh int) {
	both := min(stand, fresh)
	s.add(Write, both, from)
	s.add(Insert, fresh-both, from+both)
	s.add(Delete, stand-both, 0)
}

// increasing returns the positions of a longest strictly increasing series among the values that are not none.
func increasing(values []int32) []int {
	ends := []int{}                      // by length: the position at which the best series of that length ends
	before := make([]int32, len(values)) // by position: the position before it in its series
	for at, v := range values {
		if v == none {
			continue
		}
		n, _ := slices.BinarySearchFunc(ends, v, func(end int, v int32) int { return int(values[end]) - int(v) })
		before[at] = none
		if n > 0 {
			before[at] = int32(ends[n-1])
		}
		if n == len(ends) {
			ends = append(ends, at)
		} else {
			ends[n] = at
		}
	}
	series := make([]int, len(ends))
	if len(ends) == 0 {
		return series
	}
	for n, at := len(ends)-1, ends[len(ends)-1]; n >= 0; n, at = n-1, int(before[at]) {
		series[n] = at
	}
	return series
}
