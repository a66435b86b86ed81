package google

import (
	"context"
	"slices"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// restore makes the state before a run the result that is to be written.
func (r *write) restore(ctx context.Context) error {
	on := r.state.statesTab(r.w.Owner)
	if on != nil {
		r.undoTab = on
		i := slices.IndexFunc(on.states, func(k keptState) bool { return k.Exporter == r.w.Owner && k.Run == r.w.Undo })
		if i >= 0 {
			r.undo = &on.states[i]
		}
	}
	switch m := r.place.managed; {
	case m.empty():
		return cannotUndo("The exported area is no longer where that run wrote it.")
	case r.undo == nil && r.w.Reverse != nil:
		return r.takeBack(ctx)
	case r.undo == nil:
		return cannotUndo("Nothing is kept any more of what stood before that run.")
	}
	var columns []table.Column
	at, titled := r.undo.place(), true
	var rows *table.Spool
	n := 0
	err := r.read(ctx, r.state.id, on.title, at, func(row []value) {
		if n == 0 {
			for _, f := range r.undo.Fields {
				title := row[f.Col-at.col]
				titled = titled && title.Kind == 's'
				columns = append(columns, table.Column{ID: f.ID, Title: title.Text, Key: f.Key})
			}
			rows = table.NewSpool(table.Schema{Columns: columns})
		} else {
			line := make([]value, len(columns))
			for i, f := range r.undo.Fields {
				line[i] = row[f.Col-at.col]
			}
			_ = rows.Add(table.Row{Cells: packRow(line)}) // cannot fail: it is as wide as its schema, and in memory
		}
		n++
	})
	if err != nil {
		return err
	}
	if !titled {
		return cannotUndo("Somebody has changed the hidden tab %q, which keeps what stood before.", on.title)
	}
	r.w.Rows = trimBlank(rows)
	r.w.Repairs = []export.Repair{export.RepairPutBack}
	return nil
}

// takeBack makes the rows that stand, without what a run did, the result that is to be written. Formats stay.
func (r *write) takeBack(ctx context.Context) error {
	done := r.place.stamp.Run == r.w.Run // an earlier try of this run
	if r.place.stamp.Run != r.w.Undo && !done {
		return cannotUndo("A later run has changed the rows.")
	}
	r.reverse, r.undo = true, &keptState{Look: r.place.stamp.Look}
	var schema table.Schema
	var titles []string
	for _, f := range r.place.stamp.Fields {
		f.Linked = false // the next run knows the links of what comes back
		r.undo.Fields = append(r.undo.Fields, keptField{field: f})
		schema.Columns = append(schema.Columns, table.Column{ID: f.ID, Title: f.Title, Key: f.Key})
		titles = append(titles, f.Title)
	}
	r.w.Rows, r.w.Repairs = table.NewSpool(schema), []export.Repair{export.RepairPutBack}
	r.newChange()
	if err := r.stand(ctx); err != nil {
		return err
	}
	rows := table.NewSpool(schema)
	add := func(row []value) { _ = rows.Add(table.Row{Cells: packRow(row)}) } // cannot fail: it is in memory
	if done {
		r.standing(add)
		r.w.Rows = rows
		return nil
	}
	back, err := change.NewReversal(r.w.Reverse, titles, schema.Keys())
	if err == nil {
		r.standing(func(row []value) {
			if err == nil {
				err = back.Row(row, add)
			}
		})
	}
	if err != nil {
		return cannotUndo("What it changed is not known row by row.")
	}
	back.End(len(titles), add)
	r.w.Rows = rows
	return nil
}

// isReversible reports whether what the write does to the rows can be taken back by its difference alone.
func (r *write) isReversible() bool {
	titles := map[string]bool{}
	hidden := false
	for _, c := range r.w.Rows.Schema().Columns {
		titles[c.Title] = true
		hidden = hidden || slices.Contains(r.w.Hidden, c.ID)
	}
	return r.set.Complete && !hidden && len(titles) == len(r.plan.cols) && len(r.w.Rows.Schema().Keys()) > 0 &&
		r.w.Policy().Change && r.sameColumns() && !r.plan.whole && !r.plan.header && r.change.IsOrdered()
}

func cannotUndo(format string, args ...any) error {
	return problem.New(problem.SheetConflict, "The run cannot be undone. "+format, args...).
		WithHint("The sheet stays as it is. Google's own version history (File, Version history) may have what you " +
			"are looking for.").Lasting()
}

// packRow makes cells of values, as they are kept in a spool.
func packRow(values []value) []table.Cell {
	cells := make([]table.Cell, len(values))
	for i, v := range values {
		if v.Kind != 0 {
			cells[i] = table.TextOf(string(v.Kind) + v.Text)
		}
	}
	return cells
}

// unpackCell is the reverse of packRow.
func unpackCell(c table.Cell) value {
	if text := c.String(); text != "" {
		return value{Kind: text[0], Text: text[1:]}
	}
	return value{}
}

// trimBlank returns the rows without blank ones at the end.
func trimBlank(all *table.Spool) *table.Spool {
	last, n := 0, 0
	for row, err := range all.Rows() {
		if err != nil {
			break // cannot be: the rows are in memory
		}
		n++
		if slices.ContainsFunc(row.Cells, func(c table.Cell) bool { return c.String() != "" }) {
			last = n
		}
	}
	rows := table.NewSpool(all.Schema())
	n = 0
	for row, err := range all.Rows() {
		if n++; err != nil || n > last {
			break
		}
		_ = rows.Add(row)
	}
	return rows
}

// putBack returns the requests that copy the state to where the range stands now.
func (r *write) putBack() []*sheets.Request {
	pl, from := r.plan, r.undo.place()
	var reqs []*sheets.Request
	if !pl.kept.cleared { // the range has its rules still: a copy of them would double each
		reqs = clearConditions(r.undoTab)
	}
	rows := min(from.rows(), pl.target.rows())
	for _, p := range pl.parts() {
		for i := p.from; i < p.from+p.span[1]-p.span[0]; {
			n := 1 // columns that stand side by side in both places
			for i+n < p.from+p.span[1]-p.span[0] && r.undo.Fields[i+n].Col == r.undo.Fields[i].Col+n {
				n++
			}
			source := rect{from.row, r.undo.Fields[i].Col, from.row + rows, r.undo.Fields[i].Col + n}
			to := rect{pl.target.row, pl.cols[i], pl.target.row + rows, pl.cols[i] + n}
			reqs = append(reqs, paste(source.grid(r.undoTab.id), to.grid(pl.tabID), "PASTE_NORMAL"))
			i += n
		}
	}
	return reqs
}

// verifyUndo reads back what was put back. Formulas are not compared: they were copied twice.
func (r *write) verifyUndo(ctx context.Context) error {
	mask := func(row []value) {
		for i, v := range row {
			if isFormula(v) {
				row[i] = value{Kind: 'f'}
			}
		}
	}
	want, got := newTally(0), newTally(0)
	err := r.rows(func(row []value, _ table.Row) error {
		mask(row)
		want.add(row, nil)
		return nil
	})
	if err != nil || want.rows == 0 {
		return err
	}
	spans := spansOf(r.plan.cols)
	top := r.plan.landing().row + 1
	at := rect{top, spans[0][0], top + want.rows, spans[len(spans)-1][1]}
	line := make([]value, len(r.plan.cols))
	err = r.read(ctx, r.state.id, r.plan.title, at, func(values []value) {
		for i, c := range r.plan.cols {
			line[i] = values[c-at.col]
		}
		mask(line)
		got.add(line, nil)
	})
	if err == nil && got.digest() != want.digest() {
		return problem.New(problem.TotalsMismatch, "The rows on the tab %q are not those that were put back.",
			r.plan.title)
	}
	return err
}

func (r *write) isUndo() bool { return r.w.Undo != "" }

// copies reports whether the write copies a state that is kept, and so writes no rows.
func (r *write) copies() bool { return r.isUndo() && !r.reverse }
