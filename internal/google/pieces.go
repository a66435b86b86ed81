package google

import (
	"cmp"
	"errors"
	"iter"
	"slices"

	"ledgersheet/internal/change"
	"ledgersheet/internal/table"
)

// source says where the values of written rows come from.
type source uint8

const (
	ofResult   source = iota
	ofExisting        // an existing row moves, or is written again between two others
	ofMarked          // likewise, with the policy's mark
)

// piece writes consecutive rows. from counts rows of its source.
type piece struct {
	run
	of source
}

// pieces returns what is written, in the order in which it is sent.
func (a *arrangement) pieces() []piece {
	var list []piece
	for _, r := range a.runs {
		if r.from != change.Blank && r.rows > 0 {
			list = append(list, piece{r, ofResult})
		}
	}
	if !a.byRow {
		slices.SortFunc(list, func(x, y piece) int { return cmp.Compare(x.from, y.from) })
		return list
	}
	list = append(list, a.moved...)
	slices.SortFunc(list, func(x, y piece) int { return cmp.Compare(x.row, y.row) })
	return list
}

// blocks returns the pieces as runs of the tab's rows. from counts the rows that are sent.
func (a *arrangement) blocks() []run {
	var list []run
	sent := 0
	for _, p := range a.pieces() {
		if n := len(list); n > 0 && list[n-1].row+list[n-1].rows == p.row {
			list[n-1].rows += p.rows
		} else {
			list = append(list, run{p.row, p.rows, sent})
		}
		sent += p.rows
	}
	return list
}

// rewrite returns the arrangement that writes all rows that a script leaves, where nothing stands.
func rewrite(steps []change.Step) arrangement {
	a := arrangement{byRow: true}
	at := 0
	for _, s := range steps {
		r := run{a.rows, s.Rows, at}
		switch s.Do {
		case change.Keep:
			a.moved = append(a.moved, piece{r, ofExisting})
		case change.Relabel:
			a.moved = append(a.moved, piece{r, ofMarked})
		case change.Write, change.Insert:
			a.runs = append(a.runs, run{a.rows, s.Rows, s.From})
		}
		if s.Do != change.Insert {
			at += s.Rows
		}
		if s.Do != change.Delete {
			a.rows += s.Rows
		}
	}
	return a
}

// closeUp puts a script into practice that would put in or take out rows in too many places: rows are written where
// others stand, and only the end of the range moves.
func closeUp(steps []change.Step, stand, spare int) arrangement {
	a := rewrite(steps)
	for i, r := range a.runs {
		if r.from == change.Blank { // what is blank already stays as it is
			a.runs[i].rows = min(r.rows, max(0, stand-spare-r.row))
		}
	}
	a.runs = slices.DeleteFunc(a.runs, func(r run) bool { return r.rows == 0 })
	edge := stand // existing rows from here on do not stay where they are
	switch more := a.rows - stand; {
	case more > 0:
		edge = max(0, stand-1)
		a.shifts = []shift{{edge, more, true}}
	case more < 0:
		edge = a.rows
		a.shifts = []shift{{edge, -more, false}}
	}
	var moved []piece
	for _, p := range a.moved {
		stays := p.row == p.from && p.row+p.rows <= edge
		switch {
		case stays && p.of == ofMarked:
			a.marks = append(a.marks, p.run)
		case !stays:
			moved = append(moved, p)
		default:
			a.keeps = append(a.keeps, p.run)
		}
	}
	a.moved = moved
	a.order()
	return a
}

// bridge joins what is written into at most so many blocks: it also writes the kept rows between those that are
// closest.
func (a *arrangement) bridge(most int) {
	if len(a.blocks())+len(a.marks) <= most {
		return
	}
	for _, m := range a.marks {
		a.moved = append(a.moved, piece{m, ofMarked})
	}
	a.marks, a.byRow = nil, true
	list := a.pieces()
	slices.SortFunc(list, func(x, y piece) int { return cmp.Compare(x.row, y.row) })
	type gap struct{ row, endRow int }
	var gaps []gap
	for i := 1; i < len(list); i++ {
		if g := (gap{list[i-1].row + list[i-1].rows, list[i].row}); g.row < g.endRow {
			gaps = append(gaps, g)
		}
	}
	slices.SortFunc(gaps, func(x, y gap) int { return cmp.Compare(x.endRow-x.row, y.endRow-y.row) })
	gaps = gaps[:min(len(gaps), max(0, len(gaps)+1-most))]
	slices.SortFunc(gaps, func(x, y gap) int { return cmp.Compare(x.row, y.row) })
	slices.SortFunc(a.keeps, func(x, y run) int { return cmp.Compare(x.row, y.row) })
	keeps := a.keeps
	for _, g := range gaps {
		for len(keeps) > 0 && keeps[0].row+keeps[0].rows <= g.row {
			keeps = keeps[1:]
		}
		for _, k := range keeps {
			if k.row >= g.endRow {
				break
			}
			row, end := max(k.row, g.row), min(k.row+k.rows, g.endRow)
			a.moved = append(a.moved, piece{run{row, end - row, k.from + row - k.row}, ofExisting})
		}
	}
}

// requestSize is about how many bytes a request takes that copies or marks a run of rows.
const requestSize = 400

// mostBlocks returns into how many blocks a commit may write, so that its body stays well below the limit.
func (r *write) mostBlocks() int {
	return max(64, r.c.o.MaxBody/2/requestSize/max(1, len(r.plan.parts())))
}

// windowRows is how many rows are put into the tab's order at once.
const windowRows = 20_000

// written yields the rows that an arrangement writes, in the order of its pieces. n is the position in the result, or
// none.
func (r *write) written(a arrangement, yield func(n int, row []value) error) error {
	list := a.pieces()
	if !a.byRow {
		return r.writtenOfResult(list, yield)
	}
	next, stop := iter.Pull(r.existing())
	defer stop()
	at := 0 // of the existing rows
	for len(list) > 0 {
		n, rows := 0, 0
		for n < len(list) && rows < windowRows {
			rows += list[n].rows
			n++
		}
		if err := r.writeWindow(list[:n], next, &at, yield); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// writeWindow yields the rows of some pieces in the tab's order. next returns the existing rows one by one, of which at
// have been taken.
func (r *write) writeWindow(
	list []piece, next func() ([]value, bool), at *int, yield func(n int, row []value) error,
) error {
	result := map[int][]value{}
	for _, p := range list {
		for n := range p.rows {
			if p.of == ofResult {
				result[p.from+n] = nil
			}
		}
	}
	if len(result) > 0 {
		n := 0
		err := r.rows(func(row []value, _ table.Row) error {
			if _, wanted := result[n]; wanted {
				result[n] = slices.Clone(row)
			}
			n++
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, p := range list {
		for n := range p.rows {
			if p.of == ofResult {
				if err := yield(p.from+n, result[p.from+n]); err != nil {
					return err
				}
				continue
			}
			row, ok := nthExisting(p.from+n, next, at)
			if !ok {
				return errLost
			}
			if p.of == ofMarked {
				row = slices.Clone(row)
				mark := r.w.Policy().Mark
				row[mark.Column] = mark.Value
			}
			if err := yield(none, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// errLost says that existing rows which were read are not there any more.
var errLost = errors.New("existing rows are not kept as they were read")

// nthExisting returns an existing row by its position, which never decreases.
func nthExisting(want int, next func() ([]value, bool), at *int) ([]value, bool) {
	for {
		row, ok := next()
		*at++
		if !ok || *at > want {
			return row, ok
		}
	}
}

// writtenOfResult yields the rows of pieces that are all of the result, in its order.
func (r *write) writtenOfResult(list []piece, yield func(n int, row []value) error) error {
	if len(list) == 0 {
		return nil
	}
	n := 0
	return r.rows(func(row []value, _ table.Row) error {
		for len(list) > 0 && n >= list[0].from+list[0].rows {
			list = list[1:]
		}
		n++
		if len(list) == 0 || n <= list[0].from {
			return nil
		}
		return yield(n-1, row)
	})
}
