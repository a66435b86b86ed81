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
	var a arrangement
	at, row := 0, 0 // before and after the shifts
	edge := false   // the first row's values must still be copied to row
	end := none     // the copy of the last row
	for _, s := range steps {
		switch s.Do {
		case change.Insert:
			place := at
			switch {
			case at == 0 && stand > 1:
				place, edge = 1, true
			case at == stand && stand > 0:
				place = stand - 1
				if end == none && a.isKept(row-1) {
					end = len(a.copies)
					a.copies = append(a.copies, copyRow{row - 1, row - 1})
				}
				if end != none { // the last row moves down by all that is put in
					a.copies[end].from += s.Rows
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
	a.order()
	return a
}

// order sorts the shifts, and works out where rows were put in. Where rows are both put in and taken out, they are put
// in first, so that what covers all rows never loses its end, and those are taken out that stood there.
func (a *arrangement) order() {
	slices.SortStableFunc(a.shifts, func(x, y shift) int {
		if x.at == y.at && x.insert != y.insert {
			if x.insert {
				return 1
			}
			return -1
		}
		return cmp.Compare(x.at, y.at)
	})
	moved := 0
	for i, s := range a.shifts {
		if !s.insert {
			moved -= s.rows
			continue
		}
		a.fresh = append(a.fresh, run{row: s.at + moved, rows: s.rows})
		moved += s.rows
		for j := i - 1; j >= 0 && a.shifts[j].at == s.at && !a.shifts[j].insert; j-- {
			a.shifts[j].at += s.rows
			a.fresh[len(a.fresh)-1].row += a.shifts[j].rows
		}
	}
	slices.Reverse(a.shifts)
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

// added returns the rows that are new, where fresh tells which cells are: the rows at the edges were copied into cells
// that were put in.
func (a *arrangement) added() []run {
	var list []run
	for _, f := range a.fresh {
		if n := len(list); n > 0 && list[n-1].row+list[n-1].rows == f.row {
			list[n-1].rows += f.rows
		} else {
			list = append(list, f)
		}
	}
	for _, c := range a.copies {
		for i, f := range list {
			switch {
			case c.to == f.row && c.from == f.row+f.rows:
				list[i].row++
			case c.to == f.row+f.rows-1 && c.from == f.row-1:
				list[i].row--
			}
		}
	}
	return list
}

// peak returns how many rows more there are at most while the shifts are carried out.
func (a *arrangement) peak() int {
	n, most := 0, 0
	for _, s := range a.shifts {
		if s.insert {
			n += s.rows
		} else {
			n -= s.rows
		}
		most = max(most, n)
	}
	return most
}

// highest returns the first row that a shift moves. All below it move too.
func (a *arrangement) highest() (row int, any bool) {
	for i, s := range a.shifts {
		if i == 0 || s.at < row {
			row = s.at
		}
	}
	return row, len(a.shifts) > 0
}
