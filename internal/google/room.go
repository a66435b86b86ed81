package google

import (
	"context"
	"slices"
	"strings"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// room is what was found around the managed range, where rows that are put in or taken out move cells.
type room struct {
	below   int    // how many rows below the range hold something in its columns, with gaps
	blocker string // the address of the first such cell
	fill    []int  // the columns at its right whose first row holds a formula
}

// lookAround reads what stands below the managed range and, in its first row, at its right. A formula that shows
// nothing is there all the same, and so is a note or a rule for what may be entered.
func (r *write) lookAround(ctx context.Context) (room, error) {
	var found room
	p, m := &r.place, r.place.managed
	var areas []rect
	for _, s := range spansOf(p.layout.columns()) {
		areas = append(areas, rect{m.endRow, s[0], p.tab.rows, s[1]})
	}
	areas = append(areas, rect{m.endRow, m.endCol, p.tab.rows, p.tab.cols},
		rect{m.row + 1, m.endCol, min(m.row+2, m.endRow), p.tab.cols})
	areas = nonEmpty(areas...)
	if len(areas) == 0 {
		return found, nil
	}
	got, err := r.entered(ctx, r.state.id, p.tab.title, areas)
	if err != nil {
		return found, err
	}
	for i, rows := range got {
		if areas[i].row < m.endRow {
			found.fill = formulas(areas[i].col, rows[0])
			continue
		}
		for n, row := range rows {
			for c, v := range row {
				if v.Kind == 0 {
					continue
				}
				found.meet(m, areas[i].row+n, areas[i].col+c)
			}
		}
	}
	return found, r.lookForNotes(ctx, &found, areas)
}

// lookForNotes looks below the managed range for annotations of cells into which nothing was entered.
func (r *write) lookForNotes(ctx context.Context, found *room, areas []rect) error {
	m := r.place.managed
	var below []rect
	for _, a := range areas {
		if a.row == m.endRow {
			a.row-- // with the last row, where rules may begin
			below = append(below, a)
		}
	}
	notes, err := r.annotations(ctx, r.state.id, r.place.tab.title, below)
	for _, n := range withoutOurRules(notes, m.endRow-1) {
		found.meet(m, n.row, n.col)
	}
	return err
}

// meet takes a cell below the managed range that holds something.
func (f *room) meet(managed rect, row, col int) {
	f.below = max(f.below, row-managed.endRow+1)
	if f.blocker == "" && col < managed.endCol {
		f.blocker = cellName(row, col)
	}
}

// formulas returns the columns of the formulas with which a row begins.
func formulas(col int, row []value) []int {
	var list []int
	for c, v := range row {
		if !isFormula(v) {
			break
		}
		list = append(list, col+c)
	}
	return list
}

func isFormula(v value) bool { return v.Kind == 's' && len(v.Text) > 1 && v.Text[0] == '=' }

// columns returns the tab's columns in which fields stand.
func (l layout) columns() []int {
	var list []int
	for _, col := range l.at {
		list = append(list, col)
	}
	return list
}

const mergedCells = "merged cells"

// torn returns what would be torn apart if the cells of some columns moved from a row on: something that reaches beyond
// those columns, or that begins above the row.
func (st *state) torn(t *tab, owner export.ID, row int, cols []int) (at rect, what string) {
	moving := make([]rect, 0, 1)
	for _, s := range spansOf(cols) {
		moving = append(moving, rect{row, s[0], t.rows, s[1]})
	}
	tears := func(o rect) bool {
		hit := slices.ContainsFunc(moving, o.overlaps)
		return hit && !slices.ContainsFunc(moving, func(m rect) bool { return m.contains(o) })
	}
	for _, m := range t.merges {
		if tears(m) {
			return m, mergedCells
		}
	}
	for _, m := range t.tables { // rows may be put into a table, over all its columns
		within := func(a rect) bool { return a.col <= m.col && m.endCol <= a.endCol }
		if slices.ContainsFunc(moving, m.overlaps) && !slices.ContainsFunc(moving, within) {
			return m, "a table"
		}
	}
	for _, n := range st.named {
		if n.tab == t.id && n.id != st.rangeOf(owner).id && isOurs(n) && tears(n.at) {
			return n.at, "another exporter's rows"
		}
	}
	for _, p := range t.protected {
		if slices.ContainsFunc(moving, p.blocks) {
			return p.at, "protected cells"
		}
	}
	return rect{}, ""
}

// arrangeRows decides which rows are put in, taken out and written.
func (r *write) arrangeRows(ctx context.Context, pl *plan) error {
	pl.arr = r.arrangeWithin(change.Layout{Spare: r.spare, Least: leastRows, Most: mostShifts})
	top, shifts := pl.arr.highest()
	if !shifts {
		return nil
	}
	around, err := r.lookAround(ctx)
	if err != nil {
		return err
	}
	blocked := around.blocker != "" && pl.arr.growth() > 0
	if blocked && r.w.WhenBlocked == export.StopWhenBlocked {
		return r.blocked(around.blocker, pl)
	}
	if !r.w.FillDown {
		around.fill = nil
	}
	switch at, what := r.tornBelow(pl, top, around.fill); {
	case what == "":
		pl.shiftCells(around)
	case blocked:
		return r.cannotMove(pl, around.blocker, at, what)
	default:
		r.arrangeInPlace(pl)
	}
	return nil
}

// arrangeWithin puts the change into practice. Where rows would have to be put in or taken out in too many places, only
// the end of the range moves.
func (r *write) arrangeWithin(l change.Layout) arrangement {
	steps, stand := r.change.Script(l), r.change.Stands()+l.Spare
	a := arrangement{}
	if change.Structural(steps) > l.Most {
		a = closeUp(steps, stand, l.Spare)
	} else {
		a = arrange(steps, stand, l.Spare)
	}
	a.bridge(r.mostBlocks())
	return a
}

// tornBelow returns what would be torn apart if cells move from a row of the plan's on. Merged cells that a person has
// allowed to unmerge are no obstacle, and neither are the marks of exporters whose rows are taken over.
func (r *write) tornBelow(pl *plan, top int, fill []int) (at rect, what string) {
	t, st := *r.place.tab, *r.state
	st.named = slices.DeleteFunc(slices.Clone(st.named), r.place.heirOf.inherits)
	row, cols := r.place.managed.row+1+top, slices.Concat(r.place.layout.columns(), fill)
	at, what = st.torn(&t, r.w.Owner, row, cols)
	for what == mergedCells && pl.mayUnmerge(at) {
		t.merges = slices.DeleteFunc(slices.Clone(t.merges), func(m rect) bool { return m == at })
		at, what = st.torn(&t, r.w.Owner, row, cols)
	}
	return at, what
}

// shiftCells plans to move cells below the rows, and to fill down formulas beside them.
func (pl *plan) shiftCells(around room) {
	below := around.below + pl.aside.rows
	pl.room = max(0, pl.place.managed.endRow+below+pl.arr.inserted()-pl.place.tab.rows)
	for _, col := range around.fill {
		pl.fill = append(pl.fill, pl.shape.now[col])
	}
}

// cannotMove returns the problem that cells are in the way and cannot move down.
func (r *write) cannotMove(pl *plan, blocker string, torn rect, what string) error {
	remedies := []string{string(export.RepairStartOver)}
	if what == mergedCells {
		remedies = []string{string(export.RepairUnmerge), string(export.RepairStartOver)}
	}
	return problem.New(problem.SheetConflict, "%s holds something that is not this exporter's, where %d rows must go, "+
		"and it cannot move down: %s at %s would be torn apart.", blocker, pl.rows, what,
		torn.a1(r.place.tab.title)).WithRemedies(remedies...)
}

// arrangeInPlace moves no cells: rows take empty cells below, and those that are left over become blank.
func (r *write) arrangeInPlace(pl *plan) {
	pl.plain = true
	stand := r.change.Stands() + r.spare
	pl.arr = r.arrangeWithin(change.Layout{Spare: max(r.spare, pl.rows-r.change.Stands()), Least: stand, Most: 0})
	if len(pl.arr.shifts) > 0 {
		pl.arr.blankEnd()
	}
}

const (
	// leastRows is how many rows a range keeps once it has had them, so that what people have laid over the rows has
	// two ends to grow between.
	leastRows = 2
	// mostShifts limits how many places may gain or lose rows in one write. Beyond that, rows are written where they
	// stand.
	mostShifts = 500
)

func (r *write) blocked(cell string, pl *plan) *problem.Problem {
	return problem.New(problem.SheetConflict,
		"Cell %s of the tab %q holds something that is not this exporter's, where %d rows and %d columns must go.",
		cell, pl.title, pl.rows+1, len(pl.schema.Columns)).WithRemedies(string(export.RepairStartOver))
}

// isOurs reports whether a named range is an exporter's.
func isOurs(n namedRange) bool {
	return strings.HasPrefix(n.name, export.OwnRangePrefix)
}

const rangePrefix = "ledgersheet_"
