package google

import (
	"context"
	"reflect"
	"slices"
	"time"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// look reads the spreadsheet's state and finds the managed range in it.
func (r *write) look(ctx context.Context) error {
	st, err := r.session.state(ctx, r.w.Target.Spreadsheet)
	if err != nil {
		return err
	}
	r.state, r.looked = st, r.c.o.Now()
	if r.place, err = st.locate(r.w.Owner, r.w.Target); err != nil {
		return err
	}
	r.place.findHeading(st, r.w)
	r.enc = encoder{zone: r.zone()}
	return r.prove(ctx)
}

// zone returns the time zone in which the spreadsheet shows instants.
func (r *write) zone() *time.Location {
	if r.state != nil && r.state.zone != "" {
		if loc, err := time.LoadLocation(r.state.zone); err == nil {
			return loc
		}
	}
	return r.w.Zone
}

// prove reads cells where the spreadsheet's state alone does not tell whose they are.
func (r *write) prove(ctx context.Context) error {
	p := &r.place
	if !p.claim.empty() {
		written, isHeader := newTally(0), true
		err := r.read(ctx, r.state.id, p.tab.title, p.claim, func(row []value) {
			if isHeader {
				written.head(row)
				isHeader = false
			} else {
				written.addDigest(change.Digest(row))
			}
		})
		if err != nil {
			return err
		}
		if written.digest() == p.stamp.Digest {
			p.managed = p.claim
		}
	}
	if p.rename && !r.made {
		taken, err := r.firstTaken(ctx, p.tab.title, rect{0, 0, p.tab.rows, p.tab.cols})
		if err != nil {
			return err
		}
		if taken != "" { // somebody has started to use the tab: leave it and make another
			p.tab, p.rename = nil, false
		}
	}
	return nil
}

// stand finds the written columns and reads the rows in them, in the order of the result's columns, into the change. It
// keeps them for their old values.
func (r *write) stand(ctx context.Context) error {
	m := r.place.managed
	if m.empty() || r.place.isMoved() || len(r.place.stamp.Fields) == 0 {
		return nil
	}
	r.place.layout = r.place.plainLayout()
	if m.cols() == len(r.place.stamp.Fields) {
		plain, err := r.standRows(ctx, m)
		if plain || err != nil {
			return err
		}
	}
	if err := r.readMarks(ctx); err != nil {
		return err
	}
	r.place.layout = r.place.findLayout()
	if err := r.checkDrift(r.place.layout); err != nil {
		return err
	}
	for _, col := range r.place.layout.at { // people may have moved a column out of the range
		m.col, m.endCol = min(m.col, col), max(m.endCol, col+1)
	}
	_, err := r.standRows(ctx, m)
	return err
}

// standRows reads a rectangle that begins with the header. It reports whether the header is as it was written; the rows
// mean something only then, or if the layout does not come from the header.
func (r *write) standRows(ctx context.Context, at rect) (plain bool, err error) {
	r.newChange()
	r.spare = 0
	columns := r.w.Rows.Schema().Columns
	r.kept = table.NewSpool(table.Schema{Columns: make([]table.Column, len(columns))})
	line, blank := make([]value, len(columns)), make([]value, len(columns))
	isHeader := true
	err = r.read(ctx, r.state.id, r.place.tab.title, at, func(row []value) {
		if isHeader {
			plain, isHeader = isWritten(row, r.place.stamp.Fields), false
			return
		}
		for i, c := range columns {
			line[i] = value{}
			if col, ok := r.place.layout.at[c.ID]; ok {
				line[i] = row[col-at.col]
			}
		}
		if slices.Equal(line, blank) {
			r.spare++
			return
		}
		for ; r.spare > 0; r.spare-- { // people have blanked rows in between
			r.keep(blank)
		}
		r.keep(line)
	})
	return plain, err
}

// keep takes the next existing row.
func (r *write) keep(values []value) {
	r.change.Stand(values)
	cells := make([]table.Cell, len(values))
	for i, v := range values {
		if v.Kind != 0 {
			cells[i] = table.TextOf(string(v.Kind) + v.Text)
		}
	}
	_ = r.kept.Add(table.Row{Cells: cells}) // cannot fail: it is as wide as its schema, and in memory
}

// standing yields the existing rows again.
func (r *write) standing(yield func([]value)) {
	if r.kept == nil {
		return
	}
	row := make([]value, len(r.w.Rows.Schema().Columns))
	for kept, err := range r.kept.Rows() {
		if err != nil {
			return // what is missing makes the set incomplete
		}
		for i, c := range kept.Cells {
			row[i] = value{}
			if text := c.String(); text != "" {
				row[i] = value{Kind: text[0], Text: text[1:]}
			}
		}
		yield(row)
	}
}

// mustBeEmpty fails if cells that the result would newly take are not empty.
func (r *write) mustBeEmpty(ctx context.Context) error {
	for _, area := range r.plan.headingAside(r.plan.taken()) {
		taken, err := r.firstTaken(ctx, r.place.tab.title, area)
		if err != nil {
			return err
		}
		if taken != "" {
			return r.blocked(taken, r.plan)
		}
	}
	return nil
}

// firstTaken returns the address of the first cell into which something was entered, or "" if there is none. A formula
// that shows nothing counts.
func (r *write) firstTaken(ctx context.Context, title string, area rect) (taken string, err error) {
	step := max(1, readCells/max(1, area.cols()))
	for row := area.row; row < area.endRow && taken == ""; row += step {
		piece := rect{row, area.col, min(row+step, area.endRow), area.endCol}
		err = r.scan(ctx, r.state.id, title, entered, []rect{piece}, func(_, n int, row []value) {
			if n == 0 {
				taken = "" // of an earlier try
			}
			for i, v := range row {
				if v.Kind != 0 && taken == "" {
					taken = cellName(piece.row+n, area.col+i)
				}
			}
		})
		if err != nil {
			return "", err
		}
	}
	return taken, nil
}

// lookLasts is how long a look is trusted. More time may pass before the write that relies on it, while the write waits
// for quota or fills a staging tab.
const lookLasts = 2 * time.Second

// stillStands looks again if the last look is old, and returns export.ErrMoved if the spreadsheet has changed. It
// ignores the staging tab, which is the write's own.
func (r *write) stillStands(ctx context.Context) error {
	if r.c.o.Now().Sub(r.looked) < lookLasts {
		return nil
	}
	now, err := r.session.state(ctx, r.state.id)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(r.state.without(r.w.Owner), now.without(r.w.Owner)) {
		return export.ErrMoved
	}
	return nil
}

// goneColumns returns the written columns that the result no longer has, and whether they hold nothing else.
func (r *write) goneColumns(ctx context.Context) ([]goneColumn, error) {
	var gone []goneColumn
	m, t := r.place.managed, r.place.tab
	for id, col := range r.place.layout.at {
		wanted := slices.ContainsFunc(r.w.Rows.Schema().Columns, func(c table.Column) bool { return c.ID == id })
		if wanted {
			continue
		}
		g := goneColumn{col: col, field: id, bare: true}
		for _, part := range (rect{0, col, t.rows, col + 1}).minus(rect{m.row, col, m.endRow, col + 1}) {
			for _, area := range allMinus([]rect{part}, r.place.heading.cells()) {
				taken, err := r.firstTaken(ctx, t.title, area)
				if err != nil {
					return nil, err
				}
				g.bare = g.bare && taken == ""
			}
		}
		gone = append(gone, g)
	}
	return gone, nil
}

// checkColumns fails if moving whole columns would tear something apart.
func (r *write) checkColumns(s reshaping) error {
	for _, step := range s.requests {
		if step.do == emptyColumn {
			continue
		}
		low, high := step.from, step.from
		if step.do == moveColumn {
			low, high = min(step.from, step.to), max(step.from, step.to)+1
		}
		for _, m := range r.place.tab.merges {
			if m.cols() > 1 && m.col < high+1 && low < m.endCol-1 {
				return problem.New(problem.SheetConflict,
					"The columns of the tab %q must change, and the merged cells %s would be torn apart.",
					r.place.tab.title, m.a1(r.place.tab.title)).
					WithHint("Unmerge those cells, or choose another tab. Nothing was written.")
			}
		}
	}
	return nil
}
