package google

import (
	"context"
	"slices"
	"strings"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// A heading is four lines in the first column of the rows, and a blank row below. A named range of its own finds it
// again wherever people move it.
const (
	headingLines = 4
	headingRows  = export.HeadingRows
)

// The texts of a heading, in the order in which the stamp keeps them. All but the link are lines.
const (
	headingCompany = iota
	headingTitle
	headingPeriod
	headingTime
	headingLink
)

// heading is where an exporter's heading is.
type heading struct {
	named string // id of the named range; empty if there is none
	at    rect   // from the first line to the last; empty if they are not on the rows' tab
	rows  []int  // of each line; none if it is gone or must not be touched
	// claimed says that the named range is lost, and the lines were found without it.
	claimed bool
}

// cells returns the lines' cells.
func (h heading) cells() []rect {
	var list []rect
	for _, row := range h.rows {
		if row != none {
			list = append(list, rect{row, h.at.col, row + 1, h.at.col + 1})
		}
	}
	return list
}

// headingID and headingName return the id and name of the named range over an exporter's heading.
func headingID(id export.ID) string   { return rangeID(id) + "title" }
func headingName(id export.ID) string { return rangeName(id) + headingSuffix }

const headingSuffix = "_title"

// isHeading reports whether a named range is over a heading.
func isHeading(n namedRange) bool { return isOurs(n) && strings.HasSuffix(n.name, headingSuffix) }

// findHeading finds the heading on the rows' tab. Where the rows go by the start cell, it leaves room for a heading.
func (p *place) findHeading(st *state, w export.WriteRequest) {
	n := st.namedAs(headingID(w.Owner), headingName(w.Owner))
	p.heading.named = n.id
	if p.tab != nil && n.tab == p.tab.id {
		p.heading.at = n.at
	}
	if p.follows && w.Target.Tab != nil {
		return
	}
	if w.Heading != nil {
		p.row += headingRows
	}
	if p.stamp.Row == 0 || p.claim.empty() {
		return
	}
	down := p.claim
	down.row, down.endRow = p.stamp.Row, p.stamp.Row+p.claim.rows()
	if (rect{0, 0, p.tab.rows, p.tab.cols}).contains(down) {
		p.claim = down
		if w.Heading != nil && w.Target.Tab != nil {
			p.row = down.row
		}
	}
}

// headingPlan is what a write does to the heading.
type headingPlan struct {
	heading // as it stands, before anything moves
	wanted  *export.Heading
	was     []string // as written last
	fresh   []string // as wanted
	clear   bool     // take away what stands
	made    rect     // where the lines are made anew, after all else; empty if they stay
	insert  int      // rows put in above the header, after all else
}

// isSame reports whether the heading is right as it is. The time alone is no reason to write.
func (h *headingPlan) isSame() bool {
	if h.wanted == nil {
		return !h.clear
	}
	return h.made.empty() && slices.Equal(withoutTime(h.was), withoutTime(h.fresh))
}

func withoutTime(texts []string) []string {
	if len(texts) <= headingTime {
		return texts
	}
	return slices.Delete(slices.Clone(texts), headingTime, headingTime+1)
}

// landing returns where header and rows are after the whole batch.
func (pl *plan) landing() rect {
	at := pl.target
	at.row, at.endRow = at.row+pl.heading.insert, at.endRow+pl.heading.insert
	return at
}

// planHeading decides what happens to the heading, once it is known where the rows go.
func (r *write) planHeading(ctx context.Context, pl *plan) error {
	p, h := &r.place, &pl.heading
	*h = headingPlan{heading: p.heading, wanted: r.w.Heading, was: p.stamp.Heading}
	if r.w.Undo != "" { // is about the rows alone
		if len(h.was) > 0 {
			h.wanted, h.fresh = &export.Heading{}, h.was
		}
		return nil
	}
	if h.wanted == nil {
		h.clear = len(h.was) > 0 || !h.at.empty()
		return nil
	}
	for _, text := range []string{h.wanted.Company, h.wanted.Title, h.wanted.Period, h.wanted.Changed, h.wanted.Link} {
		h.fresh = append(h.fresh, r.enc.text(text).Text)
	}
	stays, err := r.headingStays(ctx, pl)
	if err != nil || stays {
		return err
	}
	h.clear = !h.at.empty()
	if h.made.empty() {
		return r.makeRoom(ctx, pl)
	}
	return nil
}

// findLines finds the lines that stand. If people have put rows in between, or taken some out, it goes by the texts.
func (r *write) findLines(ctx context.Context) error {
	h, was := &r.place.heading, r.place.stamp.Heading
	if h.at.empty() {
		if err := r.claimHeading(ctx); err != nil || h.at.empty() {
			return err
		}
	}
	h.rows = slices.Repeat([]int{none}, headingLines)
	if h.at.rows() == headingLines {
		for i := range h.rows {
			h.rows[i] = h.at.row + i
		}
	} else if len(was) > headingTime {
		got, err := r.entered(ctx, r.state.id, r.place.tab.title, []rect{h.at})
		if err != nil {
			return err
		}
		for n, row := range got[0] {
			for i := range h.rows {
				if len(row) > 0 && row[0].Kind != 0 && row[0].Text == was[i] && h.rows[i] == none {
					h.rows[i] = h.at.row + n
				}
			}
		}
	}
	for i, row := range h.rows {
		cell := rect{row, h.at.col, row + 1, h.at.col + 1}
		if slices.ContainsFunc(r.place.tab.protected, func(p protection) bool { return p.blocks(cell) }) {
			h.rows[i] = none
		}
	}
	return nil
}

// claimHeading finds a heading whose named range is lost, if it still stands above the rows as it was written.
func (r *write) claimHeading(ctx context.Context) error {
	h, m, was := &r.place.heading, r.place.managed, r.place.stamp.Heading
	if len(was) <= headingTime || m.row < headingRows {
		return nil
	}
	at := rect{m.row - headingRows, m.col, m.row - 1, m.col + 1}
	got, err := r.entered(ctx, r.state.id, r.place.tab.title, []rect{at})
	if err != nil {
		return err
	}
	for i, text := range was[:headingTime+1] {
		if i >= len(got[0]) || len(got[0][i]) == 0 || got[0][i][0].Text != text {
			return nil
		}
	}
	h.at, h.claimed = at, true
	return nil
}

// headingStays reports whether the heading is kept. It stays above the first of the rows' columns, unless people have
// moved it elsewhere; if another column comes first, it is made there anew.
func (r *write) headingStays(ctx context.Context, pl *plan) (bool, error) {
	h := &pl.heading
	if h.at.empty() || pl.whole {
		return false, nil
	}
	now, stays := pl.shape.now[h.at.col]
	if h.claimed && stays && now == pl.target.col { // it gets a new named range
		h.made = h.at
		return false, nil
	}
	isOurs := slices.Contains(r.place.layout.columns(), h.at.col)
	if stays && (now == pl.target.col || !isOurs || h.at.endRow > r.place.managed.row) {
		return true, nil
	}
	if h.at.rows() == headingLines && h.at.endRow <= r.place.managed.row {
		free := true
		for col, to := range pl.shape.now {
			if to == pl.target.col {
				var err error
				if free, err = r.isFree(ctx, rect{h.at.row, col, h.at.endRow, col + 1}, h.cells()...); err != nil {
					return false, err
				}
			}
		}
		if free {
			h.made = rect{h.at.row, pl.target.col, h.at.endRow, pl.target.col + 1}
			return false, nil
		}
	}
	return stays, nil
}

// makeRoom decides where a heading is made: in empty rows above the header, or in rows that are put in there.
func (r *write) makeRoom(ctx context.Context, pl *plan) error {
	h, t := &pl.heading, pl.place.tab
	top := pl.target.row
	above := rect{top - headingRows, pl.target.col, top, pl.target.endCol}
	free := above.row >= 0
	if free && t != nil && !pl.place.rename {
		before := above
		if !pl.whole { // columns have not been moved yet
			before.col, before.endCol = pl.place.managed.col, pl.place.managed.endCol
		}
		before.endRow, before.endCol = min(before.endRow, t.rows), min(before.endCol, t.cols)
		var err error
		if free, err = r.isFree(ctx, before, append(h.cells(), pl.place.managed)...); err != nil {
			return err
		}
	}
	if free {
		h.made = rect{above.row, pl.target.col, above.row + headingLines, pl.target.col + 1}
		return nil
	}
	if at, what := r.state.tornByRows(t, r.w.Owner, top); what != "" {
		return problem.New(problem.SheetConflict, "There is no room for the title above the rows: %s at %s would be "+
			"torn apart.", what, at.a1(t.title)).
			WithHint("Leave %d rows above the rows empty, or switch the title off. Nothing was written.", headingRows)
	}
	h.insert = headingRows
	h.made = rect{top, pl.target.col, top + headingLines, pl.target.col + 1}
	return nil
}

// isFree reports whether nothing is entered in an area of the rows' tab, but for parts of it, and nothing of people's
// or of another exporter's lies over it.
func (r *write) isFree(ctx context.Context, area rect, except ...rect) (bool, error) {
	t := r.place.tab
	for _, p := range allMinus([]rect{area}, except) {
		blocked := slices.ContainsFunc(slices.Concat(t.merges, t.tables), p.overlaps) ||
			slices.ContainsFunc(t.protected, func(o protection) bool { return o.blocks(p) }) ||
			slices.ContainsFunc(r.state.named, func(n namedRange) bool {
				return n.tab == t.id && isOurs(n) && n.at.overlaps(p)
			})
		if blocked {
			return false, nil
		}
		if taken, err := r.firstTaken(ctx, t.title, p); err != nil || taken != "" {
			return false, err
		}
	}
	return true, nil
}

// tornByRows returns what would be torn apart if whole rows were put in.
func (st *state) tornByRows(t *tab, owner export.ID, row int) (at rect, what string) {
	splits := func(o rect) bool { return o.row < row && row < o.endRow }
	for _, m := range t.merges {
		if splits(m) {
			return m, "merged cells"
		}
	}
	for _, m := range t.tables {
		if splits(m) {
			return m, "a table"
		}
	}
	for _, n := range st.named {
		isOwn := n.id == st.rangeOf(owner).id || n.id == st.namedAs(headingID(owner), headingName(owner)).id
		if n.tab == t.id && isOurs(n) && !isOwn && splits(n.at) {
			return n.at, "another exporter's rows"
		}
	}
	for _, p := range t.protected {
		if splits(p.at) || p.at == (rect{0, 0, t.rows, t.cols}) {
			return p.at, "protected cells"
		}
	}
	return rect{}, ""
}

// headingAside returns areas without the heading that is taken away.
func (pl *plan) headingAside(areas []rect) []rect {
	if !pl.heading.clear {
		return areas
	}
	return allMinus(areas, pl.heading.cells())
}

// allMinus returns the parts of areas that lie outside all others.
func allMinus(areas, others []rect) []rect {
	for _, o := range others {
		var rest []rect
		for _, a := range areas {
			rest = append(rest, a.minus(o)...)
		}
		areas = rest
	}
	return areas
}

// headingChanged returns the requests for the lines that stand. They come before anything moves.
func (pl *plan) headingChanged() []*sheets.Request {
	h := &pl.heading
	var reqs []*sheets.Request
	if h.named != "" && h.wanted == nil && h.clear {
		reqs = append(reqs, &sheets.Request{DeleteNamedRange: &sheets.DeleteNamedRangeRequest{NamedRangeId: h.named}})
	}
	for i, row := range h.rows {
		if row == none {
			continue
		}
		cell := rect{row, h.at.col, row + 1, h.at.col + 1}.grid(pl.tabID)
		switch {
		case h.clear:
			reqs = append(reqs, reset(cell, "userEnteredValue,userEnteredFormat"))
		case h.wanted != nil && h.differs(i):
			fields := "userEnteredValue"
			if i == headingTitle {
				fields += ",userEnteredFormat.textFormat(link,underline,foregroundColorStyle)"
			}
			reqs = append(reqs, &sheets.Request{UpdateCells: &sheets.UpdateCellsRequest{
				Range: cell, Fields: fields, Rows: []*sheets.RowData{{Values: []*sheets.CellData{h.cell(i)}}},
			}})
		}
	}
	return reqs
}

// differs reports whether a line must be written, once anything is. A line that people have changed stays until
// QuickBooks' own text changes.
func (h *headingPlan) differs(i int) bool {
	if len(h.was) != len(h.fresh) || h.was[i] != h.fresh[i] {
		return true
	}
	return i == headingTitle && h.was[headingLink] != h.fresh[headingLink]
}

// headingMade returns the requests that make the heading anew. They come last, because rows that are put in move all
// else.
func (pl *plan) headingMade() []*sheets.Request {
	h := &pl.heading
	if h.made.empty() {
		return nil
	}
	var reqs []*sheets.Request
	if h.insert > 0 {
		reqs = append(reqs, pl.insertRows(pl.target.row, h.insert)...)
	}
	rows := make([]*sheets.RowData, headingLines)
	for i := range rows {
		rows[i] = &sheets.RowData{Values: []*sheets.CellData{h.cell(i)}}
	}
	reqs = append(reqs, &sheets.Request{UpdateCells: &sheets.UpdateCellsRequest{
		Range: h.made.grid(pl.tabID), Rows: rows, Fields: "userEnteredValue,userEnteredFormat",
	}})
	named := &sheets.NamedRange{
		NamedRangeId: headingID(pl.owner), Name: headingName(pl.owner), Range: h.made.grid(pl.tabID),
	}
	if h.named == "" {
		return append(reqs, &sheets.Request{AddNamedRange: &sheets.AddNamedRangeRequest{NamedRange: named}})
	}
	named.NamedRangeId = h.named
	return append(reqs, &sheets.Request{UpdateNamedRange: &sheets.UpdateNamedRangeRequest{
		NamedRange: named, Fields: "range",
	}})
}

// insertRows returns the requests that put in whole rows that look like nothing. A header that was frozen stays frozen.
func (pl *plan) insertRows(row, n int) []*sheets.Request {
	reqs := []*sheets.Request{
		{InsertDimension: &sheets.InsertDimensionRequest{Range: dimension(pl.tabID, "ROWS", row, row+n)}},
	}
	_, cols := pl.size()
	all := rect{row, 0, row + n, cols}
	reqs = append(reqs, reset(all.grid(pl.tabID), "userEnteredFormat,dataValidation"))
	if t := pl.place.tab; t.frozen == row+1 && len(t.protected) == 0 {
		reqs = append(reqs, updateSheet(&sheets.SheetProperties{
			SheetId: pl.tabID, GridProperties: &sheets.GridProperties{FrozenRowCount: int64(row + 1 + n)},
		}, "gridProperties.frozenRowCount"))
	}
	return reqs
}

// cell returns a line. A link is set as a format, because a formula would be one that data could reach.
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/other#TextFormat
func (h *headingPlan) cell(i int) *sheets.CellData {
	text := h.fresh[i]
	f := &sheets.CellFormat{
		NumberFormat: &sheets.NumberFormat{Type: "TEXT", Pattern: "@"}, HorizontalAlignment: "LEFT",
		WrapStrategy: "OVERFLOW_CELL", TextFormat: &sheets.TextFormat{},
	}
	switch i {
	case headingCompany:
		f.TextFormat.FontSize, f.TextFormat.Bold = 11, true
	case headingTitle:
		f.TextFormat.FontSize, f.TextFormat.Bold = 14, true
		if link := h.fresh[headingLink]; strings.HasPrefix(link, "https://") {
			f.TextFormat.Link, f.TextFormat.Underline = &sheets.Link{Uri: link}, true
			f.TextFormat.ForegroundColorStyle = &sheets.ColorStyle{ThemeColor: "LINK"}
		}
	case headingTime:
		f.TextFormat.FontSize, f.TextFormat.ForegroundColorStyle = 9, colorStyle(lineColor)
	}
	d := &sheets.CellData{UserEnteredFormat: f}
	if text != "" {
		d.UserEnteredValue = &sheets.ExtendedValue{StringValue: &text}
	}
	return d
}
