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
	list := make([]piece, 0, len(a.runs)+len(a.moved))
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
	a := withRoom(steps)
	a.byRow = true
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

// blankEnd makes rows at the end blank instead of taking them out.
func (a *arrangement) blankEnd() {
	for _, s := range a.shifts {
		a.runs = append(a.runs, run{s.at, s.rows, change.Blank})
		a.rows += s.rows
	}
	a.shifts = nil
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
	existing := newReader(r.existing())
	defer existing.stop()
	if isInOrder(list) {
		result := newReader(r.resultRows())
		defer result.stop()
		return r.yieldPieces(list, result.row, existing.row, yield)
	}
	for len(list) > 0 {
		n, rows := 0, 0
		for n < len(list) && rows < windowRows {
			rows += list[n].rows
			n++
		}
		result, err := r.collect(list[:n])
		if err != nil {
			return err
		}
		if err := r.yieldPieces(list[:n], result, existing.row, yield); err != nil {
			return err
		}
		list = list[n:]
	}
	return nil
}

// isInOrder reports whether the result's rows are among the pieces in the result's order.
func isInOrder(list []piece) bool {
	next := 0
	for _, p := range list {
		if p.of != ofResult {
			continue
		}
		if p.from < next {
			return false
		}
		next = p.from + p.rows
	}
	return true
}

// collect returns a function that returns the result's rows of some pieces by their positions.
func (r *write) collect(list []piece) (func(n int) ([]value, error), error) {
	rows := map[int][]value{}
	for _, p := range list {
		for n := range p.rows {
			if p.of == ofResult {
				rows[p.from+n] = nil
			}
		}
	}
	n := 0
	for row, err := range r.resultRows() {
		if err != nil {
			return nil, err
		}
		if _, wanted := rows[n]; wanted {
			rows[n] = slices.Clone(row)
		}
		n++
	}
	return func(n int) ([]value, error) { return rows[n], nil }, nil
}

// yieldPieces yields the rows of pieces.
func (r *write) yieldPieces(
	list []piece, result, existing func(n int) ([]value, error), yield func(n int, row []value) error,
) error {
	mark := r.w.Policy().Mark
	for _, p := range list {
		for n := range p.rows {
			at, read := none, existing
			if p.of == ofResult {
				at, read = p.from+n, result
			}
			row, err := read(p.from + n)
			if err != nil {
				return err
			}
			if p.of == ofMarked {
				row = slices.Clone(row)
				row[mark.Column] = mark.Value
			}
			if err := yield(at, row); err != nil {
				return err
			}
		}
	}
	return nil
}

// reader reads rows one by one.
type reader struct {
	next func() ([]value, error, bool)
	stop func()
	at   int // the next one
}

func newReader(rows iter.Seq2[[]value, error]) *reader {
	next, stop := iter.Pull2(rows)
	return &reader{next: next, stop: stop}
}

// errLost says that rows which were read cannot be read again.
var errLost = errors.New("fewer rows are kept than were read")

// row returns a row by its position, which may only grow.
func (r *reader) row(n int) ([]value, error) {
	for {
		row, err, ok := r.next()
		r.at++
		switch {
		case !ok:
			return nil, errLost
		case err != nil || r.at > n:
			return row, err
		}
	}
}

// resultRows yields the result's rows. The slice is used again.
func (r *write) resultRows() iter.Seq2[[]value, error] {
	return func(yield func([]value, error) bool) {
		err := r.rows(func(row []value, _ table.Row) error {
			if !yield(row, nil) {
				return errStopped
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStopped) {
			yield(nil, err)
		}
	}
}

// errStopped ends a pass over the rows.
var errStopped = errors.New("no more rows are wanted")

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
