package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
)

// A run whose exporter's records changed little since the last one makes the rows of these records alone. It knows from
// the source which they are, from the trace of the last write which rows stand, and from what was kept beside it what
// all rows add up to. Where any of this is in doubt, the run goes the full way. A run that a person asked for does the
// same, but reads the sheet and compares it with the trace.

// knowing is what a run leaves so that a later one need neither make all rows nor read those that stand.
type knowing struct {
	Base    string                   `json:"base"`    // digest of all that decides the rows, but for the records
	Version string                   `json:"version"` // of the records
	State   json.RawMessage          `json:"state"`   // export.WriteResult.Known
	Rows    int                      `json:"rows"`    // of the result
	Sums    map[string]table.Counted `json:"sums"`    // its control sums, by column
	Tally   export.Tallied           `json:"tally"`
}

// mostDelta is how many differing rows are worth it.
const mostDelta = 1000

// mayDelta reports whether the exporter is one whose rows follow from its records one by one.
func (j *job) mayDelta(in inputs) bool {
	e := j.exporter
	_, isEntity := in.definition.(export.Entity)
	return isEntity && len(in.companies) == 1 && !e.IsSplit() && !e.TitleBlock && !e.KeepMonths && !e.Target.IsFile() &&
		(e.Mode == export.Replace || e.Mode == "" || e.Mode == export.Upsert)
}

// learn notes what a run that went the full way leaves.
func (s *still) learn(g gathered, state []byte) {
	if s.known.Base == "" || state == nil || len(g.parts) != 1 || g.parts[0].outcome.Tally == nil ||
		len(s.Result.Warnings) > 0 || len(s.Result.Checks) > 0 {
		return
	}
	k := s.known
	k.State, k.Rows, k.Sums, k.Tally = state, g.rows.Len(), g.rows.Counted(), *g.parts[0].outcome.Tally
	s.Known = &k
}

// delta is a result that is the last one but for some rows.
type delta struct {
	*export.Difference
	known   export.Known
	fresh   *table.Spool
	after   knowing
	figures []export.FigureValue
}

// writeDelta writes what changed since the last run, and reports whether it could.
func (j *job) writeDelta(ctx context.Context, in inputs, a export.GoogleAccount, now, last *still) (bool, error) {
	if len(j.repairs) > 0 || last.Known == nil || last.Known.Base != now.known.Base || last.Known.Base == "" {
		return false, nil
	}
	d, err := j.findDelta(ctx, in, last.Known)
	if problem.HasCode(err, problem.IncompleteRead) && ctx.Err() == nil { // of a local copy that is made anew
		return false, nil
	}
	if err != nil || d == nil || d.Version != now.known.Version {
		return false, err
	}
	parts := []part{{company: in.companies[0], outcome: export.Outcome{Period: d.Period}}}
	g := gathered{rows: d.fresh, parts: parts, note: j.composeNote(in, parts)}
	g.partial, g.deleted = j.exporter.IsPartial(in.definition), j.exporter.Option(in.definition, export.OptDeleted)
	w, err := j.newRequest(ctx, g)
	if err != nil {
		return false, err
	}
	if edition, ok := strings.CutPrefix(last.Edition, j.exporter.Target.Spreadsheet+" "); ok {
		d.known.Edition = edition
	}
	d.known.Read = !j.mayRest()
	w.Known = &d.known
	var state []byte
	err = j.put(ctx, w, a, func(res export.WriteResult) error {
		state = res.Known
		j.reportDelta(in, d)
		return j.putMarks(ctx, parts, res)
	})
	if errors.Is(err, export.ErrDoubt) || errors.Is(err, export.ErrMoved) {
		j.log.DebugContext(ctx, "a small change is written in full", "exporter", string(j.exporter.ID),
			"error", err.Error())
		return false, ctx.Err()
	}
	if err != nil {
		return true, err
	}
	if state != nil {
		d.after.State = state
		now.Known = &d.after
	}
	return true, nil
}

// reportDelta records what a full run would have recorded while it read.
func (j *job) reportDelta(in inputs, d *delta) {
	c := in.companies[0]
	totals := table.Totals{Rows: d.after.Rows}
	for id, sum := range d.after.Sums {
		if totals.Sums == nil {
			totals.Sums = map[string]decimal.Decimal{}
		}
		totals.Sums[id] = sum.Total
	}
	j.report(func(run *export.Run) {
		run.Companies = append(run.Companies,
			export.CompanyOutcome{Realm: c.Realm, Name: c.Name, Rows: totals.Rows, Period: d.Period})
		run.Figures = append(run.Figures, d.figures...)
		run.Control = export.TotalTexts(totals)
		run.Progress.RowsRead, run.Progress.RowsTotal = totals.Rows, totals.Rows
	})
}

// findDelta returns what changed since the last run, or nil if that is not known well enough.
func (j *job) findDelta(ctx context.Context, in inputs, last *knowing) (*delta, error) {
	source, ok := j.o.Source.(export.Differences)
	entity, isEntity := in.definition.(export.Entity)
	if !ok || !isEntity {
		return nil, nil
	}
	left, err := j.readTraces(ctx)
	if err != nil || left.NextRun != "" || left.Run == "" {
		return nil, err
	}
	stand, ok := change.TraceRows(left.Trace)
	if !ok {
		return nil, nil
	}
	c := in.companies[0]
	found, err := source.Difference(ctx, in.definition, j.query(in, j.exporter, c, j.quickBooks), last.Version)
	if err != nil || found == nil || len(found.Rows) > mostDelta {
		return nil, err
	}
	d := &delta{Difference: found, known: export.Known{State: last.State, Rows: stand}, after: *last}
	d.after.Version = found.Version
	if exact, err := d.place(in, j.exporter.Mode); err != nil || !exact {
		return nil, err
	}
	if exact := d.addUp(last); !exact {
		return nil, nil
	}
	d.figures = d.after.Tally.Values(entity.Figures, c, found.Period)
	return d, nil
}

// place finds the places of the rows that differ among those that stand. It reports whether that is certain.
func (d *delta) place(in inputs, mode export.Mode) (bool, error) {
	schema := d.Schema
	schema.Columns = slices.Clone(schema.Columns)
	d.fresh, d.known.Old = table.NewSpool(schema), table.NewSpool(schema)
	key := d.Schema.Keys()[0]
	at := map[uint64]int{} // by the key's digest, for the rows that differ
	keyOf := func(r *table.Row) (uint64, bool) {
		c := r.Cells[key]
		if c.Blank() || c.Kind() != table.Text {
			return 0, false
		}
		return change.Identify([]change.Value{{Kind: 's', Text: c.String()}}, []int{0}).Key, true
	}
	for _, r := range d.Rows {
		for _, side := range []*table.Row{r.Old, r.New} {
			if side == nil {
				continue
			}
			k, ok := keyOf(side)
			if !ok {
				return false, nil
			}
			at[k] = export.FreshRow
		}
	}
	for i, r := range d.known.Rows {
		if was, differs := at[r.Key]; differs {
			if was != export.FreshRow {
				return false, nil // two rows with one key
			}
			at[r.Key] = i
		}
	}
	return d.sortOut(keyOf, at, mode, in.titles)
}

// sortOut says which of the rows that stand stay, which go, and which come.
func (d *delta) sortOut(keyOf func(*table.Row) (uint64, bool), at map[uint64]int, mode export.Mode,
	titles map[string]string) (bool, error) {
	olds := map[int]*table.Row{}
	comes := map[int]*table.Row{} // by the place of the row that it replaces
	var all, more []*table.Row    // those that come, and those of them that replace none
	for _, r := range d.Rows {
		place := export.FreshRow
		if r.Old != nil {
			k, _ := keyOf(r.Old)
			if place = at[k]; place == export.FreshRow {
				return false, nil // the row that should stand does not
			}
			olds[place] = r.Old
		}
		if r.New == nil {
			continue
		}
		if k, _ := keyOf(r.New); at[k] != place || r.Old == nil && mode != export.Upsert && !d.AtEnd {
			return false, nil
		}
		if all = append(all, r.New); r.Old == nil {
			more = append(more, r.New)
		} else {
			comes[place] = r.New
		}
	}
	if mode == export.Upsert { // rows may stand in any order
		comes, more = nil, all
	}
	for _, place := range slices.Sorted(maps.Keys(olds)) {
		d.known.OldAt = append(d.known.OldAt, place)
		if err := d.known.Old.Add(*olds[place]); err != nil {
			return false, err
		}
	}
	if err := d.want(olds, comes, more); err != nil {
		return false, err
	}
	if len(titles) > 0 {
		d.fresh.Retitle(titles)
		d.known.Old.Retitle(titles)
	}
	return true, nil
}

// want lists the wanted rows: those that stay or are replaced where they stand, and then more.
func (d *delta) want(olds, comes map[int]*table.Row, more []*table.Row) error {
	d.known.Want = make([]int, 0, len(d.known.Rows)+len(more))
	come := func(row *table.Row) error {
		d.known.Want = append(d.known.Want, export.FreshRow)
		return d.fresh.Add(*row)
	}
	for i := range d.known.Rows {
		if row := comes[i]; row != nil {
			if err := come(row); err != nil {
				return err
			}
		} else if olds[i] == nil {
			d.known.Want = append(d.known.Want, i)
		}
	}
	for _, row := range more {
		if err := come(row); err != nil {
			return err
		}
	}
	return nil
}

// addUp works out the totals, and reports whether they are exact.
func (d *delta) addUp(last *knowing) bool {
	d.after.Rows = last.Rows + d.fresh.Len() - d.known.Old.Len()
	if d.after.Rows <= 0 || last.Rows <= 0 {
		return false
	}
	d.after.Sums = maps.Clone(last.Sums)
	out, in := d.known.Old.Counted(), d.fresh.Counted()
	for id, sum := range last.Sums {
		after, exact := sum.Replace(out[id], in[id])
		if !exact {
			return false
		}
		d.after.Sums[id] = after
	}
	tally, exact := last.Tally.Replace(d.Out, d.In, d.Steady)
	d.after.Tally = tally
	return exact
}
