package google

import (
	"cmp"
	"slices"

	"ledgersheet/internal/change"
)

// arrangement is a script put into practice on rows of cells. Rows are counted from the first below the header.
//
// What people have laid over all rows, such as =SUM(D2:D41) or a chart, grows only if rows are put in between the first
// and the last one. So no row is put in above the first or below the last: it goes inside, and the row at the edge
// takes the new values after its own have been copied to where they belong.
type arrangement struct {
	shifts []shift   // in the order in which they are carried out: the lowest first
	copies []copyRow // after the shifts
	runs   []run     // after the copies; those of wanted rows and of blank ones
	marks  []run     // likewise; rows that get the policy's mark; from is the existing row
	moved  []piece   // likewise; existing rows that are written again
	byRow  bool      // rows are sent in the tab's order, not in the result's
	keeps  []run     // rows that stay; from is the existing row
	fresh  []run     // where rows were put in, in places after the shifts; from has no meaning
	rows   int       // in the end
}

// shift puts rows in or takes them out, and moves what is below.
type shift struct {
	at, rows int // before any shift
	insert   bool
}

// copyRow copies one row, in places after the shifts.
type copyRow struct{ from, to int }

// run writes consecutive wanted rows, or blank ones, in places after the shifts.
type run struct{ row, rows, from int }

// arrange puts the steps into practice where stand rows are, the last spare of them blank.
func arrange(steps []change.Step, stand, spare int) arrangement {
	a := withRoom(steps)
	at, row := 0, 0 // before and after the shifts
	edge := false   // the first row's values must still be copied to row
	last := none    // where the last row's values must be copied to
	for _, s := range steps {
		switch s.Do {
		case change.Insert:
			place := at
			switch {
			case at == 0 && stand > 1:
				place, edge = 1, true
			case at == stand && stand > 0:
				place = stand - 1
				if a.isKept(row - 1) {
					last = row - 1
				}
			}
			a.shifts = append(a.shifts, shift{place, s.Rows, true})
			a.runs = append(a.runs, run{row, s.Rows, s.From})
			row += s.Rows
			continue
		case change.Delete:
			a.shifts = append(a.shifts, shift{at, s.Rows, false})
		case change.Keep, change.Relabel:
			if edge {
				a.copies = append(a.copies, copyRow{0, row})
			}
			if s.Do == change.Relabel {
				a.marks = append(a.marks, run{row, s.Rows, at})
			} else {
				a.keeps = append(a.keeps, run{row, s.Rows, at})
			}
			row += s.Rows
		case change.Write:
			rows := s.Rows
			if s.From == change.Blank { // what is blank already stays as it is
				rows = min(rows, max(0, stand-spare-at))
			}
			if rows > 0 {
				a.runs = append(a.runs, run{row, rows, s.From})
			}
			row += s.Rows
		}
		at, edge = at+s.Rows, false
	}
	a.rows = row
	if last != none {
		a.copies = append(a.copies, copyRow{row - 1, last})
	}
	a.order()
	return a
}

// withRoom returns an arrangement with room for what the steps become: they may be as many as the rows.
func withRoom(steps []change.Step) arrangement {
	var keeps, marks, runs int
	for _, s := range steps {
		switch s.Do {
		case change.Keep:
			keeps++
		case change.Relabel:
			marks++
		case change.Write, change.Insert:
			runs++
		}
	}
	return arrangement{keeps: make([]run, 0, keeps), marks: make([]run, 0, marks), runs: make([]run, 0, runs)}
}

// order joins shifts that undo each other, sorts them, and works out where rows were put in.
func (a *arrangement) order() {
	for i := range a.shifts {
		for j := range a.shifts {
			a.shifts[i].meet(&a.shifts[j])
		}
	}
	a.shifts = slices.DeleteFunc(a.shifts, func(s shift) bool { return s.rows == 0 })
	slices.SortFunc(a.shifts, func(x, y shift) int { return cmp.Compare(y.at, x.at) })
	moved := 0
	for _, s := range slices.Backward(a.shifts) {
		if !s.insert {
			moved -= s.rows
			continue
		}
		a.fresh = append(a.fresh, run{row: s.at + moved, rows: s.rows})
		moved += s.rows
	}
}

// meet lets rows that are taken out right beside rows that are put in stay for them.
func (s *shift) meet(o *shift) {
	if !s.insert || o.insert || o.at != s.at && o.at+o.rows != s.at {
		return
	}
	n := min(s.rows, o.rows)
	s.rows -= n
	o.rows -= n
	if o.at == s.at {
		o.at += n
	}
}

// isKept reports whether no run writes the row.
func (a *arrangement) isKept(row int) bool {
	return !slices.ContainsFunc(a.runs, func(r run) bool { return r.row <= row && row < r.row+r.rows })
}

// growth returns how many rows more there are in the end.
func (a *arrangement) growth() int {
	n := 0
	for _, s := range a.shifts {
		if s.insert {
			n += s.rows
		} else {
			n -= s.rows
		}
	}
	return n
}

// added returns the rows that are new, where fresh tells which cells are: of the rows at the edges, which were copied
// into cells that were put in, the new one is the one that the copy was made of.
func (a *arrangement) added() []run {
	var list []run
	for _, f := range a.fresh {
		list = append(list, run{row: f.row, rows: f.rows})
	}
	for _, c := range a.copies {
		list = append(without(list, c.to), run{row: c.from, rows: 1})
	}
	slices.SortFunc(list, func(x, y run) int { return cmp.Compare(x.row, y.row) })
	var joined []run
	for _, f := range list {
		if n := len(joined); n > 0 && joined[n-1].row+joined[n-1].rows == f.row {
			joined[n-1].rows += f.rows
		} else {
			joined = append(joined, f)
		}
	}
	return joined
}

// without returns the runs without a row.
func without(list []run, row int) []run {
	var out []run
	for _, f := range list {
		for _, part := range []run{
			{row: f.row, rows: min(f.row+f.rows, row) - f.row},
			{row: max(f.row, row+1), rows: f.row + f.rows - max(f.row, row+1)},
		} {
			if part.rows > 0 {
				out = append(out, part)
			}
		}
	}
	return out
}

// inserted returns how many rows are put in. For a moment all of them are there together with those that are then taken
// out, and a tab too low for that would lose cells at its end.
func (a *arrangement) inserted() int {
	n := 0
	for _, s := range a.shifts {
		if s.insert {
			n += s.rows
		}
	}
	return n
}

// highest returns the first row that a shift moves. All below it move too.
func (a *arrangement) highest() (row int, any bool) {
	if len(a.shifts) == 0 {
		return 0, false
	}
	return a.shifts[len(a.shifts)-1].at, true
}

// written returns how many rows are written.
func (a *arrangement) written() int {
	n := 0
	for _, r := range a.runs {
		if r.from != change.Blank {
			n += r.rows
		}
	}
	if a.byRow {
		for _, p := range a.moved {
			n += p.rows
		}
	}
	return n
}
