package google

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// carryOver moves what stands, and looks at the spreadsheet again.
func (r *write) carryOver(ctx context.Context) error {
	if err := r.refuseEdits(); err != nil {
		return err
	}
	if err := r.stillStands(ctx); err != nil {
		return err
	}
	r.w.Report(export.PhaseCommitting, 0)
	m, want := r.place.move, r.place.landing()
	writes := r.place.stamp.Writes + 1
	err := r.batch(ctx, r.moveRequests(), func(st *state) bool {
		n, t := st.rangeOf(r.w.Owner), st.tab(m.tabID)
		return n.tab == m.tabID && n.at == want && t != nil &&
			(r.place.stamp.Exporter == "" || t.stamps[r.w.Owner].Writes == writes)
	})
	if problem.HasCode(err, problem.GoogleRejected) {
		return r.refused(ctx, err)
	}
	if err != nil {
		return err
	}
	r.w.Target.Tab, r.w.Target.Sheet = &m.tabID, m.title
	if err := r.w.Found(r.w.Target); err != nil {
		return err
	}
	return r.again(ctx)
}

// again starts the write over after a batch of its own has prepared the spreadsheet for it.
func (r *write) again(ctx context.Context) error {
	w := r.w
	w.Rows = r.given
	next := &write{session: r.session, w: w, given: r.given, warnings: r.warnings, begun: true}
	r.kept, r.cells, r.picked = nil, nil, nil
	if err := next.look(ctx); err != nil {
		return err
	}
	if next.place.move != nil {
		return export.ErrMoved
	}
	if err := next.decide(ctx); err != nil {
		return err
	}
	*r = *next
	return nil
}

// moveRequests returns the batch that moves what stands.
func (r *write) moveRequests() []*sheets.Request {
	pl := newPlan(r.state, r.place, r.w, r.c.o.Now())
	p, m := &r.place, r.place.move
	reqs := slices.Concat(r.leftovers(), pl.guards(), pl.lift(), pl.showFiltered(), r.moveRoom())
	if m.clear {
		reqs = append(reqs, r.clearHeading()...)
	}
	reqs = append(reqs, r.cuts()...)
	named := &sheets.NamedRange{
		NamedRangeId: rangeID(r.w.Owner), Name: rangeName(r.w.Owner), Range: p.landing().grid(m.tabID),
	}
	if p.named == "" {
		reqs = append(reqs, &sheets.Request{AddNamedRange: &sheets.AddNamedRangeRequest{NamedRange: named}})
	} else {
		named.NamedRangeId = p.named
		reqs = append(reqs, &sheets.Request{UpdateNamedRange: &sheets.UpdateNamedRangeRequest{
			NamedRange: named, Fields: "range",
		}})
	}
	return slices.Concat(reqs, r.moveOverlays(pl), r.moveMarks(pl), r.moveStamp(), r.newTabLooks())
}

// moveRoom returns the requests that make the tab, or make it large enough.
func (r *write) moveRoom() []*sheets.Request {
	m, to := r.place.move, r.place.landing()
	if m.to == nil {
		rows, cols := r.movedSize()
		return []*sheets.Request{{AddSheet: &sheets.AddSheetRequest{Properties: &sheets.SheetProperties{
			SheetId: m.tabID, Title: m.title,
			GridProperties: &sheets.GridProperties{RowCount: int64(rows), ColumnCount: int64(cols)},
		}}}}
	}
	var reqs []*sheets.Request
	if more := to.endCol - m.to.cols; more > 0 {
		reqs = append(reqs, appendDimension(m.tabID, "COLUMNS", more))
	}
	if more := max(to.endRow, to.row+2) - m.to.rows; more > 0 {
		reqs = append(reqs, appendDimension(m.tabID, "ROWS", more))
	}
	return reqs
}

// clearHeading returns the requests that take the lines above the rows away.
func (r *write) clearHeading() []*sheets.Request {
	h := &r.place.heading
	var reqs []*sheets.Request
	for _, cell := range h.cells() {
		reqs = append(reqs, reset(cell.grid(r.place.tab.id), "userEnteredValue,userEnteredFormat"))
	}
	if h.named != "" {
		reqs = append(reqs, &sheets.Request{DeleteNamedRange: &sheets.DeleteNamedRangeRequest{NamedRangeId: h.named}})
	}
	return reqs
}

// cuts returns the requests that cut what stands and paste it where it is wanted. What Sheets does where both places
// overlap is not documented, so the cells then wait on a hidden tab, which the same batch deletes again.
func (r *write) cuts() []*sheets.Request {
	p, m := &r.place, r.place.move
	type part struct{ from, to rect }
	parts := []part{{p.moving(), p.landing()}}
	if !m.heading.empty() {
		parts = append(parts, part{p.heading.at, m.heading})
	}
	var reqs []*sheets.Request
	if !m.between {
		for _, c := range parts {
			reqs = append(reqs, cut(c.from.grid(p.tab.id), m.tabID, c.to))
		}
		return reqs
	}
	id := numberFor("move", string(r.w.Run), p.stamp.text)
	for r.state.tab(id) != nil {
		id++
	}
	rows, cols := 0, 0
	for _, c := range parts {
		rows, cols = rows+c.from.rows(), max(cols, c.from.cols())
	}
	reqs = append(reqs, addHiddenTab(id, fmt.Sprintf("ledgersheet move %d", id), rows, cols))
	var back []*sheets.Request
	row := 0
	for _, c := range parts {
		at := rect{row, 0, row + c.from.rows(), c.from.cols()}
		reqs = append(reqs, cut(c.from.grid(p.tab.id), id, at))
		back = append(back, cut(at.grid(id), m.tabID, c.to))
		row += c.from.rows()
	}
	return append(append(reqs, back...), deleteSheet(id))
}

// cut returns the request that moves cells to another place, with all that refers to them.
func cut(from *sheets.GridRange, tab int64, to rect) *sheets.Request {
	return &sheets.Request{CutPaste: &sheets.CutPasteRequest{
		Source: from, PasteType: "PASTE_NORMAL",
		Destination: &sheets.GridCoordinate{
			SheetId: tab, RowIndex: int64(to.row), ColumnIndex: int64(to.col),
			ForceSendFields: []string{"SheetId", "RowIndex", "ColumnIndex"},
		},
	}}
}

// moveOverlays returns the requests that take the exporter's bands and a filter over exactly its rows along, and those
// that let any other filter hide rows again.
func (r *write) moveOverlays(pl *plan) []*sheets.Request {
	p, m := &r.place, r.place.move
	to := p.landing()
	var reqs []*sheets.Request
	if own, had := pl.ownBand(); had && own.at == p.managed && len(p.tab.protected) == 0 {
		if p.isElsewhere() { // it has another id there
			reqs = append(reqs, &sheets.Request{DeleteBanding: &sheets.DeleteBandingRequest{BandedRangeId: own.id}})
			there := *pl
			there.tabID, there.target, there.place.tab = m.tabID, to, m.to
			var o overlays
			there.addBands(&o)
			reqs = append(reqs, o.requests...)
		} else {
			reqs = append(reqs, &sheets.Request{UpdateBanding: &sheets.UpdateBandingRequest{
				BandedRange: &sheets.BandedRange{BandedRangeId: own.id, Range: to.grid(m.tabID)}, Fields: "range",
			}})
		}
	}
	f := p.tab.filter
	isOver := f != nil && f.Range != nil && rectOf(f.Range, p.tab.rows, p.tab.cols) == p.managed
	if !isOver || p.isElsewhere() && m.to != nil && m.to.filter != nil || len(p.tab.protected) > 0 {
		return append(reqs, pl.hideFiltered()...)
	}
	there := *pl
	there.tabID, there.target, there.shape.now = m.tabID, to, map[int]int{}
	for col := p.moving().col; col < p.moving().endCol; col++ {
		there.shape.now[col] = col + to.col - p.moving().col
	}
	if p.isElsewhere() {
		reqs = append(reqs, &sheets.Request{ClearBasicFilter: &sheets.ClearBasicFilterRequest{
			SheetId: p.tab.id, ForceSendFields: []string{"SheetId"},
		}})
	}
	return append(reqs, setFilter(there.carryFilter(f)))
}

// moveMarks returns the requests that mark columns and rows where they are then. Those that were lifted get their ids
// again, so that Google refuses the batch if people have moved the rows since.
func (r *write) moveMarks(pl *plan) []*sheets.Request {
	p, m := &r.place, r.place.move
	var reqs []*sheets.Request
	lifted := pl.edges()
	id := func(name string) int64 {
		return numberFor("moved", string(r.w.Owner), string(r.w.Run), p.stamp.text, name)
	}
	put := func(id int64, key, value, which string, at int) {
		reqs = append(reqs, createMetadata(&sheets.DeveloperMetadata{
			MetadataId: id, MetadataKey: key, MetadataValue: value, Visibility: "DOCUMENT",
			Location: &sheets.DeveloperMetadataLocation{DimensionRange: dimension(m.tabID, which, at, at+1)},
		}))
	}
	for _, f := range p.stamp.Fields {
		col, ok := p.layout.at[f.ID]
		if !ok {
			continue
		}
		own := id("column " + f.ID)
		if known, was := lifted[f.ID]; was {
			own = known.id
		} else {
			reqs = append(reqs, drop(columnKey, markOf(r.w.Owner, f.ID)))
		}
		put(own, columnKey, markOf(r.w.Owner, f.ID), "COLUMNS", col+m.col-p.moving().col)
	}
	for _, end := range []struct {
		name string
		was  *mark
		row  int
	}{{headEnd, p.marks.head, p.landing().row}, {lastEnd, p.marks.last, p.landing().endRow - 1}} {
		own := id(end.name)
		if end.was != nil {
			own = end.was.id
		}
		if end.name == headEnd || p.landing().rows() > 1 {
			put(own, rowKey, rowMarkOf(r.w.Owner, end.name), "ROWS", end.row)
		}
	}
	return reqs
}

// moveStamp returns the requests that take the stamp to the tab, where it counts one write more.
func (r *write) moveStamp() []*sheets.Request {
	p, m := &r.place, r.place.move
	s := p.stamp
	if s.Exporter == "" {
		return nil
	}
	s.Writes++
	if m.clear {
		s.Heading, s.Row = nil, 0
	}
	if s.Row > 0 {
		s.Row = m.row
	}
	text, _ := json.Marshal(s)
	if !p.isElsewhere() {
		return []*sheets.Request{{UpdateDeveloperMetadata: &sheets.UpdateDeveloperMetadataRequest{
			DataFilters: []*sheets.DataFilter{{
				DeveloperMetadataLookup: &sheets.DeveloperMetadataLookup{MetadataId: s.id},
			}},
			DeveloperMetadata: &sheets.DeveloperMetadata{MetadataValue: string(text)}, Fields: "metadataValue",
		}}}
	}
	reqs := []*sheets.Request{deleteMetadata(s.id)}
	if m.to != nil {
		if old, ok := m.to.stamps[r.w.Owner]; ok {
			reqs = append(reqs, deleteMetadata(old.id))
		}
	}
	return append(reqs, createMetadata(&sheets.DeveloperMetadata{
		MetadataId:  numberFor("stamp", string(r.w.Owner), fmt.Sprint(m.tabID)),
		MetadataKey: stampKey, MetadataValue: string(text), Visibility: "DOCUMENT",
		Location: &sheets.DeveloperMetadataLocation{SheetId: m.tabID, ForceSendFields: []string{"SheetId"}},
	}))
}

// newTabLooks returns the requests that fit the columns of a tab that is made, and keep its header in sight.
func (r *write) newTabLooks() []*sheets.Request {
	m := r.place.move
	if m.to != nil {
		return nil
	}
	there := &plan{
		owner: r.w.Owner, tabID: m.tabID, whole: true, widths: r.widths, target: r.place.landing(),
		preset: presetOf(r.place.stamp),
	}
	there.heading.wanted = r.w.Heading
	for i := range r.widths {
		there.cols = append(there.cols, m.col+i)
	}
	return append(there.columnWidths(), there.freeze()...)
}
