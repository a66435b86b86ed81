package google

import (
	"fmt"
	"strings"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// budget is the arithmetic of a spreadsheet's cells. Google counts the cells of all tabs, empty ones too.
type budget struct {
	there   int // once the exporter's staging tabs are gone
	rows    int // by which the tab grows
	kept    int // of copies of what stood
	staging int // of the hidden tab through which rows go; it is there together with all others
}

// budget returns what the write needs as far as it is planned.
func (r *write) budget() budget {
	b := budget{there: r.state.cells(r.w.Owner), rows: max(0, r.plan.growth()), kept: r.plan.kept.cells}
	if r.picked == nil && !r.plan.isNewTab() && !r.isSame() {
		b.staging = r.plan.arr.written() * len(r.plan.cols)
	}
	return b
}

// full returns how many cells the spreadsheet has when it has most.
func (b budget) full() int { return b.there + b.rows + b.kept + b.staging }

// check returns a problem if Google would refuse so many cells.
func (b budget) check() error {
	if b.full() <= export.MostCells {
		return nil
	}
	return problem.New(problem.SpreadsheetFull, "There is no room for the rows. %s", b)
}

// String says who needs how many cells.
func (b budget) String() string {
	parts := []string{fmt.Sprintf("The spreadsheet has %s cells over all its tabs, with empty ones", grouped(b.there))}
	for _, p := range []struct {
		cells int
		whose string
	}{
		{b.rows, "for the tab to grow"}, {b.kept, "for copies of what stood"},
		{b.staging, "for the hidden tab on which rows wait until all can be shown at once"},
	} {
		if p.cells > 0 {
			parts = append(parts, fmt.Sprintf("%s more are needed %s", grouped(p.cells), p.whose))
		}
	}
	return fmt.Sprintf("%s: %s together, and Google allows %s.", strings.Join(parts, "; "), grouped(b.full()),
		grouped(export.MostCells))
}

// checkFirst returns a problem if the result cannot fit into any spreadsheet, before one is made for it.
func (r *write) checkFirst() error {
	var row, col int
	if !export.StartName(r.w.Target.Start) { // where a name is, only the copy of the template tells
		var err error
		if row, col, err = parseStart(r.w.Target); err != nil {
			return err
		}
	}
	return budget{rows: (row + 1 + r.w.Rows.Len()) * (col + len(r.w.Rows.Schema().Columns))}.check()
}
