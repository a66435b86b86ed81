package google

import (
	"context"
	"iter"
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
	return r.locate(ctx, st)
}

// locate finds the managed range in the spreadsheet's state.
func (r *write) locate(ctx context.Context, st *state) error {
	r.state, r.looked, r.since = st, r.c.o.Now(), st.at
	var err error
	if r.place, err = r.findPlace(); err != nil {
		return err
	}
	r.place.findHeading(st, r.w)
	r.enc = encoder{zone: r.zone()}
	if err := r.prove(ctx); err != nil {
		return err
	}
	if err := r.takeOver(ctx); err != nil {
		return err
	}
	if err := r.takeTemplate(ctx); err != nil {
		return err
	}
	return r.chooseMove()
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
	if m.empty() || len(r.place.stamp.Fields) == 0 {
		return nil
	}
	r.place.layout = r.place.plainLayout()
	if r.known != nil {
		r.standKnown()
		return nil
	}
	if m.cols() == len(r.place.stamp.Fields) {
		plain, err := r.standRows(ctx, m)
		if err != nil {
			return err
		}
		if plain {
			return r.checkKeys()
		}
	}
	if err := r.readMarks(ctx); err != nil {
		return err
	}
	r.place.layout = r.place.findLayout()
	if err := r.checkHeaderMerges(r.place.layout); err != nil {
		return err
	}
	if err := r.checkDrift(r.place.layout); err != nil {
		return err
	}
	if _, err := r.standRows(ctx, r.place.extent()); err != nil {
		return err
	}
	return r.checkKeys()
}

// keptColumns returns the columns that were written last and are still there, in their order.
func (p *place) keptColumns() []table.Column {
	var list []table.Column
	for _, f := range p.stamp.Fields {
		if _, ok := p.layout.at[f.ID]; ok {
			c := columnOfShows(f.Shows)
			c.ID, c.Title = f.ID, p.layout.titles[f.ID]
			list = append(list, c)
		}
	}
	return list
}

// checkKeys fails if the rows that stand lack a column by which the mode knows rows again. They would all stand twice.
func (r *write) checkKeys() error {
	if p := r.w.Policy(); p.Order || p.Remove || r.w.Snapshot || r.change.Stands() == 0 {
		return nil
	}
	for _, c := range r.w.Rows.Schema().Columns {
		if _, stands := r.place.layout.at[c.ID]; c.Key && !stands {
			return problem.New(problem.SheetConflict, "The rows on the tab %q have no column %q, which tells which of "+
				"them are the same as before.", r.place.tab.title, c.Title).
				WithHint("Run the exporter once in the mode replace with the column %q, or choose another tab. "+
					"Nothing was written.", c.ID)
		}
	}
	return nil
}

// standRows reads a rectangle that begins with the header. It reports whether the header is as it was written; the rows
// mean something only then, or if the layout does not come from the header.
func (r *write) standRows(ctx context.Context, at rect) (plain bool, err error) {
	if r.w.Snapshot {
		if r.w.Rows, err = export.KeepColumns(r.given, r.place.keptColumns()); err != nil {
			return false, err
		}
	}
	r.newChange()
	r.spare, r.own, r.blanks = 0, nil, map[int]bool{}
	columns := r.w.Rows.Schema().Columns
	r.kept = r.c.o.Spools.New(table.Schema{Columns: make([]table.Column, len(columns))})
	line, blank := make([]value, len(columns)), make([]value, len(columns))
	last, blankLast := make([]value, len(r.place.stamp.Fields)), make([]value, len(r.place.stamp.Fields))
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
		clear(last)
		for i, f := range r.place.stamp.Fields {
			if col, ok := r.place.layout.at[f.ID]; ok {
				last[i] = row[col-at.col]
			}
		}
		if isBlank(line) && isBlank(last) {
			r.spare++
			return
		}
		for ; r.spare > 0; r.spare-- { // people have blanked rows in between
			r.keep(blank, blankLast)
		}
		r.keep(line, last)
	})
	r.kept.Seal()
	return plain, err
}

// keep takes the next existing row, also in the columns of the last write.
func (r *write) keep(values, last []value) {
	if isBlank(values) && isBlank(last) {
		r.blanks[r.change.Stands()] = true
	}
	r.change.StandLast(values, last)
	_ = r.kept.Add(table.Row{Cells: packRow(values)}) // cannot fail: it is as wide as its schema, and in memory
}

func isBlank(row []value) bool {
	return !slices.ContainsFunc(row, func(v value) bool { return v.Kind != 0 })
}

// standing yields the existing rows again.
func (r *write) standing(yield func([]value)) {
	for row, err := range r.existing() {
		if err != nil {
			return // what is missing makes the set incomplete
		}
		yield(row)
	}
}

// existing yields the existing rows again. The slice is used again.
func (r *write) existing() iter.Seq2[[]value, error] {
	return func(yield func([]value, error) bool) {
		if r.known != nil {
			r.existingKnown(yield)
			return
		}
		if r.kept == nil {
			return
		}
		row := make([]value, len(r.w.Rows.Schema().Columns))
		for kept, err := range r.kept.Rows() {
			if err != nil {
				yield(nil, err)
				return
			}
			for i, c := range kept.Cells {
				row[i] = unpackCell(c)
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// mustBeEmpty fails if cells that the result would newly take are not empty.
func (r *write) mustBeEmpty(ctx context.Context) error {
	for _, area := range r.plan.headingAside(r.plan.taken()) {
		if p := r.meetsAnother(area); p != nil {
			return r.offerRows(ctx, p)
		}
		taken, err := r.firstTaken(ctx, r.place.tab.title, area)
		if err != nil {
			return err
		}
		if taken != "" {
			return r.offerRows(ctx, r.blocked(taken, r.plan))
		}
	}
	return nil
}

// meetsAnother returns a problem if another exporter's rows stand where the result must go.
func (r *write) meetsAnother(area rect) *problem.Problem {
	t, free := r.place.tab, 0
	var other *namedRange
	for i, n := range r.state.named {
		own := n.id == r.place.named || n.id == r.place.heading.named || r.place.heirOf.inherits(n)
		if n.tab != t.id || !isOurs(n) || own {
			continue
		}
		free = max(free, n.at.endCol+1) // a column stays between
		if n.at.overlaps(area) && other == nil {
			other = &r.state.named[i]
		}
	}
	if other == nil {
		return nil
	}
	return problem.New(problem.SheetConflict, "%d rows must go to the tab %q, and another exporter's rows stand "+
		"there, in %s.", r.plan.rows+1, t.title, other.at.a1(t.title)).
		WithHint("Choose another tab, or %s as the start cell: no other exporter's rows stand from there on. Nothing "+
			"was written.", cellName(r.plan.target.row, free)).
		WithRemedies(string(export.RepairStartOver))
}

// firstTaken returns the address of a cell that people use, or "" if there is none. A formula that shows nothing
// counts, and so does a note or a rule for what may be entered.
func (r *write) firstTaken(ctx context.Context, title string, area rect) (taken string, err error) {
	return r.firstTakenIn(ctx, r.state.id, title, area)
}

func (s *session) firstTakenIn(ctx context.Context, id, title string, area rect) (taken string, err error) {
	step := max(1, readCells/max(1, area.cols()))
	for row := area.row; row < area.endRow && taken == ""; row += step {
		piece := rect{row, area.col, min(row+step, area.endRow), area.endCol}
		err = s.scan(ctx, id, title, entered, []rect{piece}, func(_, n int, row []value) {
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
	if taken != "" || area.empty() {
		return taken, nil
	}
	notes, err := s.annotations(ctx, id, title, []rect{area})
	if err != nil || len(notes) == 0 {
		return "", err
	}
	return cellName(notes[0].row, notes[0].col), nil
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
	if r.known != nil {
		return r.knownStands(ctx)
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
		parts := (rect{0, col, t.rows, col + 1}).minus(rect{m.row, col, m.endRow, col + 1})
		for _, l := range consecutive(r.own) {
			parts = append(parts, rect{m.row + 1 + l.row, col, m.row + 1 + l.row + l.rows, col + 1})
		}
		for _, part := range parts {
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
	merges := slices.Clone(r.place.tab.merges) // as the steps move them
	for _, step := range s.requests {
		for i, m := range merges {
			was := r.place.tab.merges[i]
			if step.tears(m) && !r.plan.mayUnmerge(was) {
				return mergedProblem("The columns of the tab %q must change, and the merged cells %s would be torn "+
					"apart.", r.place.tab.title, was.a1(r.place.tab.title))
			}
			merges[i] = step.moved(m)
		}
	}
	return nil
}

// tears reports whether the step takes a column out of merged cells, or puts one into them.
func (s columnStep) tears(m rect) bool {
	if m.cols() < 2 {
		return false
	}
	within := m.col <= s.from && s.from < m.endCol
	switch s.do {
	case insertColumn:
		return m.col < s.from && s.from < m.endCol
	case moveColumn:
		dest := s.to
		if s.to > s.from {
			dest++ // counted before the column is taken out
		}
		return within || m.col < dest && dest < m.endCol
	case deleteColumn:
		return within
	}
	return false
}

// moved returns where merged cells are after the step.
func (s columnStep) moved(m rect) rect {
	shift := func(at, by int) {
		if m.col >= at {
			m.col += by
		}
		if m.endCol > at {
			m.endCol += by
		}
	}
	switch s.do {
	case insertColumn:
		shift(s.from, 1)
	case deleteColumn:
		shift(s.from+1, -1)
	case moveColumn:
		if m.cols() == 1 && m.col == s.from {
			m.col, m.endCol = s.to, s.to+1
			return m
		}
		shift(s.from+1, -1)
		shift(s.to, 1)
	}
	return m
}
