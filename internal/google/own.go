package google

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// People put lines of their own in between the exported rows, or a sort of the whole tab carries one in. The commit
// first moves them below the rows: it puts cells in there and cuts the lines into them, so that Sheets lets what refers
// to a line follow. Blank rows of the exporter's remain where they were, which the rest of the commit takes out or
// writes over.

// aside is what a plan does to people's lines inside the managed range.
type aside struct {
	lines []run    // in places below the header, from top to bottom; from has no meaning
	spans [][2]int // the tab's columns whose cells go along
	rows  int      // how many lines there are
	grow  int      // rows by which the tab must be higher for them
}

// mostLines limits the places from which lines are moved in one write.
const mostLines = 500

// setOwnAside finds people's lines among the existing rows and takes them out of the comparison.
func (r *write) setOwnAside() {
	if len(r.own) > 0 {
		return
	}
	if r.place.stamp.isUnfinished() { // it has left blank rows, to be filled
		r.change.SetAside(slices.Sorted(maps.Keys(r.blanks)))
		return
	}
	r.own = slices.DeleteFunc(r.change.PutIn(), func(at int) bool { return r.blanks[at] })
	r.change.SetAside(r.own)
}

// planAside decides how people's lines are moved.
func (r *write) planAside(ctx context.Context, pl *plan) error {
	if len(r.own) == 0 {
		return nil
	}
	if r.w.WhenBlocked == export.StopWhenBlocked {
		return r.ownProblem("stand between the exported rows, where this exporter did not write them")
	}
	around, err := r.lookAround(ctx)
	if err != nil {
		return err
	}
	if !r.w.FillDown {
		around.fill = nil
	}
	cols := slices.Concat(r.place.layout.columns(), around.fill)
	a := aside{rows: len(r.own), spans: spansOf(cols), lines: consecutive(r.own)}
	m, t := r.place.managed, r.place.tab
	if a.rows == m.rows()-1 { // one by one: what lies over all rows must not follow people's lines
		a.lines = nil
		for _, at := range r.own {
			a.lines = append(a.lines, run{row: at, rows: 1})
		}
	}
	st := *r.state
	st.named = slices.DeleteFunc(slices.Clone(st.named), r.place.heirOf.inherits)
	if at, what := st.torn(t, r.w.Owner, m.row+1, cols); what != "" {
		return r.ownProblem(fmt.Sprintf("stand between the exported rows and cannot be moved below them: %s at %s "+
			"would be torn apart", what, at.a1(t.title)))
	}
	if len(a.lines) > mostLines {
		return r.ownProblem("stand between the exported rows, in too many places to be moved")
	}
	a.grow = max(0, m.endRow+around.below+a.rows-t.rows)
	pl.aside = a
	return nil
}

// consecutive joins positions that follow one another.
func consecutive(rows []int) []run {
	var list []run
	for _, at := range rows {
		if n := len(list); n > 0 && list[n-1].row+list[n-1].rows == at {
			list[n-1].rows++
		} else {
			list = append(list, run{row: at, rows: 1})
		}
	}
	return list
}

// ownProblem returns a problem that names people's lines.
func (r *write) ownProblem(what string) *problem.Problem {
	return problem.New(problem.SheetConflict, "Cells of %s of the tab %q %s.", r.ownPlaces(), r.place.tab.title, what).
		WithHint("Move these lines below or beside the exported area. Nothing was written.").
		WithRemedies(string(export.RepairStartOver))
}

// ownPlaces names the first of people's lines.
func (r *write) ownPlaces() string {
	var names []string
	for _, at := range r.own[:min(len(r.own), namedEdits)] {
		names = append(names, fmt.Sprint(r.place.managed.row+2+at))
	}
	if more := len(r.own) - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	if len(r.own) == 1 {
		return "row " + names[0]
	}
	return "rows " + strings.Join(names, ", ")
}

// ownWarning tells people where their lines are; empty if there are none.
func (r *write) ownWarning() string {
	n := r.plan.aside.rows
	if n == 0 {
		return ""
	}
	at := r.plan.landing()
	to := fmt.Sprintf("row %d", at.endRow+1)
	if n > 1 {
		to = fmt.Sprintf("rows %d to %d", at.endRow+1, at.endRow+n)
	}
	return fmt.Sprintf("What this exporter did not write in %s of the tab %q was moved below its rows, to %s, and "+
		"what refers to it has followed. Keep your own lines below or beside the exported area.", r.ownPlaces(),
		r.plan.title, to)
}

// moveAside returns the requests that move people's lines below the managed range.
func (pl *plan) moveAside() []*sheets.Request {
	a, m := &pl.aside, pl.place.managed
	if a.rows == 0 {
		return nil
	}
	reqs := pl.headingChanged()
	if a.grow > 0 {
		reqs = append(reqs, appendDimension(pl.tabID, "ROWS", a.grow))
	}
	for _, s := range a.spans {
		reqs = append(reqs, shiftRows(rect{m.endRow, s[0], m.endRow + a.rows, s[1]}.grid(pl.tabID), true))
	}
	to := m.endRow
	for _, l := range a.lines {
		for _, s := range a.spans {
			from := rect{m.row + 1 + l.row, s[0], m.row + 1 + l.row + l.rows, s[1]}
			reqs = append(reqs, cut(from.grid(pl.tabID), pl.tabID, rect{row: to, col: s[0]}))
		}
		to += l.rows
	}
	return reqs
}

// ownRows returns the rows of the managed range, header included, that are the exporter's own: as runs of the tab's
// rows, from counting them without people's lines.
func (pl *plan) ownRows() []run {
	m := pl.place.managed
	var list []run
	row, from := m.row, 0
	add := func(end int) {
		if end > row {
			list = append(list, run{row, end - row, from})
			from += end - row
		}
	}
	for _, l := range pl.aside.lines {
		add(m.row + 1 + l.row)
		row = m.row + 1 + l.row + l.rows
	}
	add(m.endRow)
	return list
}
