package google

import (
	"context"
	"slices"
	"time"

	"google.golang.org/api/drive/v3"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// maxBody is the largest request body. Google recommends at most 2 MB.
const maxBody = 1_900_000

// spreadsheetBase is where spreadsheets are opened if Google's answer did not say.
const spreadsheetBase = "https://docs.google.com/spreadsheets/d/"

// write is one write under way: a look, a plan, and one atomic batch that carries the plan out. Only what differs is
// written. The batch holds the rows that are written if they fit; otherwise they first go to a hidden tab in pieces,
// are read back and checked, and the batch copies them to where they belong.
type write struct {
	*session
	w      export.WriteRequest
	given  *table.Spool // the result; w.Rows may have more columns
	made   bool         // this run created the spreadsheet, so nobody has put anything into it
	begun  bool         // a batch of this run has prepared the spreadsheet
	state  *state
	looked time.Time
	place  place
	spare  int // blank rows at the end of the managed range
	plan   *plan

	kept   *table.Spool // the existing rows, but for people's own
	blanks map[int]bool // the positions of blank rows among the existing ones
	own    []int        // the positions of people's own lines among the existing rows, which are moved out of the way
	change *change.Builder
	set    *change.Set

	enc       encoder
	weighed   string // the zone in which the result was weighed last; empty before
	zoned     bool   // its values depend on that zone
	cut       int    // texts of the result that are too long for a cell
	titles    []value
	fresh     *tally // of the result
	money     []bool
	bytes     int       // estimated size of the rows as one updateCells
	linkBytes int       // likewise, of the links of one column
	cells     [][]value // the rows while they may fit into one request, otherwise nil
	picked    [][]value // the rows that the plan writes, in the result's order; nil if they do not fit
	weight    int       // estimated size of the rows that the plan writes
	styles    []style
	widths    []int // the longest text of each column in characters, as far as the first rows tell

	known *known    // what stands without having been read; nil if that is read
	since time.Time // Google's own time of the last look or batch; zero if it did not say
	after *state    // what the last batch answered

	undo    *keptState // what the write puts back; nil if it undoes none
	undoTab *tab
	reverse bool  // the write takes back what a run did, because no state of the range is kept
	staging int64 // the hidden tab that was made

	warnings []string
	doubles  []*drive.File // empty spreadsheets that were made for this exporter too
}

var (
	_ export.Destination = (*Client)(nil)
	_ export.Editions    = (*Client)(nil)
)

// Prepare implements export.Destination. It reads the spreadsheet's state, the managed range, and the cells that would
// be taken or moved. Without a spreadsheet it makes no request.
func (c *Client) Prepare(ctx context.Context, w export.WriteRequest) (export.Write, error) {
	s, err := c.session(w.Target.Account, w.Meter)
	if err != nil {
		return nil, err
	}
	if w.Undo != "" { // whatever the mode, the range becomes what it was
		w.Mode, w.Partial, w.Deleted, w.Snapshot = export.Replace, false, "", false
	}
	r := &write{session: s, w: w, given: w.Rows, enc: encoder{zone: w.Zone}}
	if w.Known != nil {
		return r, r.prepareKnown(ctx)
	}
	if w.Target.Spreadsheet == "" && w.Undo != "" {
		return nil, cannotUndo("There is no spreadsheet yet.")
	}
	if w.Target.Spreadsheet == "" {
		if err := r.checkFirst(); err != nil {
			return nil, err
		}
		if w.Final { // the values may depend on the spreadsheet's time zone, which is known once it is there
			return r, nil
		}
		if err := r.weigh(); err != nil {
			return nil, err
		}
		return r, r.pick(arrangement{runs: []run{{0, r.fresh.rows, 0}}})
	}
	if err := r.look(ctx); err != nil {
		return nil, err
	}
	if r.place.move != nil {
		if err := r.prepareMove(ctx); err != nil {
			return nil, err
		}
		return r, r.checkFile(ctx)
	}
	if r.isUndo() {
		if err := r.restore(ctx); err != nil {
			return nil, err
		}
	}
	if err := r.decide(ctx); err != nil {
		return nil, r.explainProtected(ctx, err)
	}
	if r.isSame() && !r.w.May(export.RepairRemoveDouble) || r.refuseEdits() != nil {
		return r, nil
	}
	return r, r.checkFile(ctx)
}

// decide reads the existing rows, compares the result with them and makes the plan.
func (r *write) decide(ctx context.Context) error {
	r.w.Report(export.PhaseComparing, 0)
	before := r.change
	r.newChange()
	if err := r.stand(ctx); err != nil {
		return err
	}
	if err := r.findLines(ctx); err != nil {
		return err
	}
	if r.known != nil {
		if err := r.weighKnown(); err != nil {
			return err
		}
	}
	same := r.w.Rows == r.given && (r.weighed == r.enc.zone.String() || !r.zoned)
	switch {
	case r.known != nil:
	case before != nil && r.change.Stands() == 0 && same:
		r.change = before // it has been told of the result, and nothing stands
	default:
		if err := r.weigh(); err != nil {
			return err
		}
	}
	if r.place.rename && r.cells == nil {
		r.place.replaces, r.place.tab, r.place.rename = r.place.tab, nil, false
	}
	pl := newPlan(r.state, r.place, r.w, r.c.o.Now())
	r.plan = pl
	pl.styles, pl.widths, pl.undo = r.styles, r.widths, r.undo
	if err := r.planAside(ctx, pl); err != nil {
		return err
	}
	for _, t := range r.titles {
		pl.titles = append(pl.titles, t.Text)
	}
	pl.digest, pl.rows = r.expected(true).digest(), r.set.Rows
	r.planLinks(pl)
	if len(r.place.layout.at) == 0 {
		pl.start(r.fresh.rows)
	} else if err := r.adapt(ctx, pl); err != nil {
		return err
	}
	if r.undo != nil && pl.whole {
		return cannotUndo("The exported area is no longer where that run wrote it.")
	}
	if err := r.planHeading(ctx, pl); err != nil {
		return err
	}
	pl.overlays = pl.planOverlays()
	if err := r.pick(pl.arr); err != nil { // before planKept, which must know whether rows are staged
		return err
	}
	if err := r.planKept(); err != nil {
		return err
	}
	if err := pl.check(); err != nil {
		return err
	}
	if err := r.checkRoom(); err != nil {
		return err
	}
	if err := r.mustBeEmpty(ctx); err != nil {
		return err
	}
	if !pl.whole && (!pl.changesNothing() || pl.kept.monthEnd) && r.place.marks.columns == nil {
		if err := r.readMarks(ctx); err != nil {
			return err
		}
		pl.place.marks = r.place.marks
	}
	r.set.Reversible = r.isReversible()
	return nil
}

// adapt plans to turn what stands into the result.
func (r *write) adapt(ctx context.Context, pl *plan) error {
	gone, err := r.goneColumns(ctx)
	if err != nil {
		return err
	}
	l := r.place.layout
	var wanted []string
	at := map[string]int{}
	for i, c := range pl.schema.Columns {
		wanted = append(wanted, c.ID)
		if col, ok := l.at[c.ID]; ok {
			at[c.ID] = col
		}
		pl.header = pl.header || l.titles[c.ID] != pl.titles[i]
	}
	pl.shape = reshape(r.place.tab.cols, wanted, at, gone, l.gaps())
	pl.cols = pl.shape.at
	if err := r.checkColumns(pl.shape); err != nil {
		return err
	}
	if err := r.arrangeRows(ctx, pl); err != nil {
		return err
	}
	pl.settle()
	return nil
}

// newChange starts a change.
func (r *write) newChange() {
	o := r.w.ChangeOptions()
	o.Trace = r.lastTrace()
	if r.place.managed.empty() || r.known != nil {
		o.Trace = nil // of rows that are not there
	}
	if o.Reshaped = !r.sameColumns(); o.Reshaped {
		o.Last = r.lastColumns()
	}
	if r.place.stamp.isUnfinished() { // nobody knows which rows it has left
		o.Reshaped, o.Last = true, nil
	}
	r.change = change.NewBuilder(o)
	r.change.Grow(max(0, r.place.managed.rows()-1), r.w.Rows.Len())
}

// lastColumns returns the columns of the last write.
func (r *write) lastColumns() *change.LastColumns {
	var last change.LastColumns
	for i, f := range r.place.stamp.Fields {
		last.Titles = append(last.Titles, f.Title)
		if f.Key {
			last.Keys = append(last.Keys, i)
		}
		if slices.Contains(r.w.Hidden, f.ID) {
			last.Hidden = append(last.Hidden, i)
		}
	}
	return &last
}

// sameColumns reports whether the result has the columns of the last write.
func (r *write) sameColumns() bool {
	return slices.EqualFunc(r.place.stamp.Fields, r.w.Rows.Schema().Columns,
		func(f field, c table.Column) bool { return f.ID == c.ID })
}

// Change implements export.Write.
func (r *write) Change() *change.Set { return r.set }

// isSame reports whether the sheet already holds the result.
func (r *write) isSame() bool {
	if r.isUndo() { // formats may differ where values do not
		return r.place.stamp.Run == r.w.Run
	}
	return r.plan != nil && r.plan.changesNothing()
}

// Requests implements export.Write. It does not foresee the separate reads that verify a long result in pieces.
func (r *write) Requests() int {
	const create, state, commit, stage = 2, 1, 1, 1
	verify := min(r.set.Rows, 1) // a header alone is not read back
	n := 0
	if r.w.Target.Spreadsheet == "" {
		n = create + state
	}
	if r.place.move != nil {
		const move, look = 1, 1
		if n = move + look; r.set.Empty() {
			return n
		}
	}
	switch {
	case r.isSame():
		if r.plan.kept.monthEnd {
			return commit + r.monthEndReads()
		}
		return min(len(r.leftovers()), 1)
	case r.refuseEdits() != nil:
		return 0
	}
	if r.plan != nil {
		n += len(r.plan.tabLooks()) + r.monthEndReads()
	}
	if r.picked != nil {
		return n + commit + verify
	}
	if r.plan != nil && r.needsPlace() && r.mayWriteInPlace() {
		return n + r.inPlaceRequests()
	}
	return n + stage + r.weight/4/r.c.o.MaxBody + 1 + verify + commit + verify
}

// Close implements export.Write.
func (r *write) Close() error {
	r.kept, r.cells, r.picked = nil, nil, nil
	return nil
}

// widthRows is how many rows tell how wide columns are made.
const widthRows = 500
