package google

import (
	"context"
	"reflect"
	"time"

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
		written := newTally(p.claim.cols())
		if err := r.read(ctx, r.state.id, p.tab.title, p.claim,
			func(row []value) { written.add(row, nil) }); err != nil {
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

// stand reads the rows in the managed range into the change, and keeps them for their old values.
func (r *write) stand(ctx context.Context) error {
	r.old = nil
	m := r.place.managed
	if m.empty() {
		return nil
	}
	columns := make([]table.Column, m.cols())
	r.old, r.kept = newTally(m.cols()), table.NewSpool(table.Schema{Columns: columns})
	return r.read(ctx, r.state.id, r.place.tab.title, m, func(row []value) {
		r.old.add(row, nil)
		if r.old.rows == 1 {
			return // the header
		}
		r.change.Stand(row)
		cells := make([]table.Cell, len(row))
		for i, v := range row {
			cells[i] = table.TextOf(string(v.Kind) + v.Text)
			if v.Kind == 0 {
				cells[i] = table.Cell{}
			}
		}
		_ = r.kept.Add(table.Row{Cells: cells}) // cannot fail: it is as wide as its schema, and in memory
	})
}

// standing yields the existing rows again.
func (r *write) standing(yield func([]value)) {
	if r.kept == nil {
		return
	}
	row := make([]value, r.place.managed.cols())
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
	title := ""
	if r.place.tab != nil {
		title = r.place.tab.title
	}
	for _, area := range r.plan.fresh() {
		taken, err := r.firstTaken(ctx, title, area)
		if err != nil {
			return err
		}
		if taken != "" {
			return problem.New(problem.SheetConflict,
				"Cell %s of the tab %q holds something that is not this exporter's, where %d rows and %d columns "+
					"must go.",
				taken, title, r.plan.target.rows(), r.plan.target.cols())
		}
	}
	return nil
}

// firstTaken returns the address of the first non-empty cell, or "" if there is none.
func (r *write) firstTaken(ctx context.Context, title string, area rect) (taken string, err error) {
	at := area.row
	err = r.read(ctx, r.state.id, title, area, func(row []value) {
		for i, v := range row {
			if v.Kind != 0 && taken == "" {
				taken = cellName(at, area.col+i)
			}
		}
		at++
	})
	return taken, err
}

// lookLasts is how long a look is trusted. More time may pass before the write that relies on it, while the write waits
// for quota or fills a staging tab.
const lookLasts = 2 * time.Second

// stillStands looks again if the last look is old, and returns export.ErrMoved if the spreadsheet has changed. It
// ignores the staging tab, which is the write's own.
func (r *write) stillStands(ctx context.Context, staging int64) error {
	if r.c.o.Now().Sub(r.looked) < lookLasts {
		return nil
	}
	now, err := r.session.state(ctx, r.state.id)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(r.state.without(staging), now.without(staging)) {
		return export.ErrMoved
	}
	return nil
}
