package google

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/api/drive/v3"
	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/table"
)

// A small change to a large range need not read the range. What stands is known by digests, as long as Drive says that
// nobody has touched the file since Google's own time of the last look or write. Drive is late, so that only counts
// once some time has passed, and it cannot tell of what happened right before. Therefore the rows that are written or
// taken out are read first, in one request with the spreadsheet's state; the batch is refused as a whole if rows or
// columns have moved, like any other; and its answer holds the rows that it has written, which are compared. Where
// Drive would come too late, as for a person who has just edited a row, the range is read and compared with the
// digests.

// driveTells is how long after a change Drive is trusted to tell of it. It did not within 14 seconds when it was tried.
const driveTells = 3 * time.Minute

// mostKnown limits the pieces that are read and read back of a range that is otherwise known.
const mostKnown = 400

// known is what a write relies on instead of reading.
type known struct {
	*export.Known
	knowledge
	areas []rect          // what is read beforehand
	seen  map[int][]value // rows of the tab that were read beforehand
	left  map[int][]value // likewise, in the commit's answer
	rows  map[int][]value // the wanted rows that do not stand, by position in the result
	links []string        // likewise their links; of others nothing
}

// suitsKnown reports whether a write can do without reading what stands. What is rare is done in full.
func (r *write) suitsKnown() bool {
	w := r.w
	plain := w.Undo == "" && w.Reverse == nil && !w.Snapshot && len(w.Repairs) == 0 && w.Heading == nil &&
		!w.KeepMonthEnds && w.NextRun == "" && w.TraceRun != "" && w.Target.Tab != nil
	p := w.Policy()
	return plain && p.Change && p.Mark == (change.Mark{}) && len(w.Rows.Schema().Keys()) > 0
}

// prepareKnown prepares a write that reads only the rows that it changes.
func (r *write) prepareKnown(ctx context.Context) error {
	k := &known{Known: r.w.Known, seen: map[int][]value{}, rows: map[int][]value{}}
	if err := json.Unmarshal(r.w.Known.State, &k.knowledge); err != nil || !r.suitsKnown() {
		return export.ErrDoubt
	}
	if r.known = k; k.rect().rows() != len(k.Rows)+1 || len(k.Rows) < leastRows {
		return export.ErrDoubt
	}
	if !k.Read && !r.isUntouched(ctx, k) {
		return export.ErrDoubt
	}
	if err := r.lookKnown(ctx); err != nil {
		return errors.Join(export.ErrDoubt, err)
	}
	if k.Read {
		if err := r.readKnown(ctx); err != nil {
			return errors.Join(export.ErrDoubt, err)
		}
	}
	if err := r.decide(ctx); err != nil {
		return errors.Join(export.ErrDoubt, err)
	}
	if r.picked == nil || r.set.Edited > 0 {
		return export.ErrDoubt
	}
	if k.Read && !r.isSame() { // else Drive was asked already, or nothing is written
		return r.checkFile(ctx)
	}
	return nil
}

// isUntouched reports whether Drive says that nobody has changed the spreadsheet since it was known to be right, and
// that it is not in the bin.
// https://developers.google.com/workspace/drive/api/reference/rest/v3/files
func (r *write) isUntouched(ctx context.Context, known *known) bool {
	since := known.Since
	if known.Edition == "" && (since.IsZero() || r.c.o.Now().Sub(since) < driveTells) {
		return false
	}
	var file drive.File
	k := call{
		method: http.MethodGet, url: r.c.drive + "files/" + url.PathEscape(r.w.Target.Spreadsheet), drive: true,
		query: url.Values{"fields": {"id,version,modifiedTime,trashed"}, "supportsAllDrives": {"true"}},
	}
	var now time.Time
	k.answered = &now
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	if err := r.once(ctx, k, decodeInto(&file)); err != nil {
		r.c.o.Logger.DebugContext(ctx, "drive was not asked about a file", "error", err.Error())
		return false
	}
	if file.Id != r.w.Target.Spreadsheet || file.Trashed {
		return false
	}
	if known.Edition != "" && file.Version > 0 && known.Edition == strconv.FormatInt(file.Version, 10) {
		return true
	}
	changed, err := time.Parse(time.RFC3339, file.ModifiedTime)
	return err == nil && !since.IsZero() && changed.Before(since.Add(time.Second)) && now.Sub(since) >= driveTells
}

// lookKnown reads the spreadsheet's state together with the rows on which the write relies.
func (r *write) lookKnown(ctx context.Context) error {
	k, m := r.known, r.known.rect()
	rows := []int{m.row, m.row + 1, m.endRow - 2, m.endRow - 1}
	for _, at := range k.OldAt { // with neighbours, which tell whether rows were moved
		for row := m.row + at; row <= m.row+at+2; row++ {
			if row > m.row && row < m.endRow {
				rows = append(rows, row)
			}
		}
	}
	areas := rowAreas(rows, m)
	if len(areas) > mostKnown {
		return export.ErrDoubt
	}
	k.areas = areas
	st, doc, err := r.stateWith(ctx, r.w.Target.Spreadsheet, k.Tab, areas, k.Tabs)
	if err != nil {
		return err
	}
	if err := r.locate(ctx, st); err != nil {
		return err
	}
	p := &r.place
	stands := p.follows && p.move == nil && p.tab.id == k.Tab && p.managed == m && !p.isMoved() &&
		!p.stamp.isUnfinished() && p.stamp.Run == r.w.TraceRun && m.cols() == len(p.stamp.Fields) && r.sameColumns()
	if !stands {
		return export.ErrDoubt
	}
	if k.Columns != nil {
		p.marks = marks{columns: map[string]mark{}, head: k.Head.mark(), last: k.Last.mark()}
		for field, at := range k.Columns {
			p.marks.columns[field] = *at.mark()
		}
	}
	k.seen = rowsOf(doc, k.Tab, m)
	return r.checkSeen()
}

// readKnown reads what stands, and compares it with what is known of it.
func (r *write) readKnown(ctx context.Context) error {
	k, m := r.known, r.known.rect()
	row, same := m.row, true
	err := r.read(ctx, r.state.id, r.place.tab.title, m, func(values []value) {
		if at := row - m.row - 1; at < 0 {
			same = isWritten(values, r.place.stamp.Fields)
		} else {
			same = same && change.Digest(values) == k.Rows[at].Content
		}
		row++
	})
	if err == nil && (!same || row != m.endRow) {
		return export.ErrDoubt
	}
	return err
}

// knownStands looks again at what was looked at beforehand.
func (r *write) knownStands(ctx context.Context) error {
	k := r.known
	st, doc, err := r.stateWith(ctx, r.state.id, k.Tab, k.areas, k.Tabs)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(r.state.without(r.w.Owner), st.without(r.w.Owner)) ||
		!maps.EqualFunc(k.seen, rowsOf(doc, k.Tab, k.rect()), slices.Equal[[]value]) {
		return export.ErrDoubt
	}
	return nil
}

// checkSeen compares the rows that were read with what is known of them, and with what they are thought to hold.
func (r *write) checkSeen() error {
	k, m, keys := r.known, r.known.rect(), r.w.Rows.Schema().Keys()
	if !isWritten(k.seen[m.row], r.place.stamp.Fields) {
		return export.ErrDoubt
	}
	for row, values := range k.seen {
		if at := row - m.row - 1; at >= 0 && change.Identify(values, keys) != k.Rows[at] {
			return export.ErrDoubt
		}
	}
	n := 0
	for old, err := range k.Old.Rows() {
		if err != nil || n == len(k.OldAt) {
			return export.ErrDoubt
		}
		values := make([]value, len(old.Cells))
		for i, c := range old.Cells {
			values[i] = r.enc.value(c)
		}
		if at := k.OldAt[n]; at < 0 || at >= len(k.Rows) || change.Identify(values, keys) != k.Rows[at] {
			return export.ErrDoubt
		}
		k.Links -= sizeOfLink(old)
		n++
	}
	if n != len(k.OldAt) {
		return export.ErrDoubt
	}
	return nil
}

// rowAreas joins rows of a range into areas, in order.
func rowAreas(rows []int, m rect) []rect {
	rows = slices.Clone(rows)
	slices.Sort(rows)
	var list []rect
	for _, row := range slices.Compact(rows) {
		if n := len(list); n > 0 && list[n-1].endRow == row {
			list[n-1].endRow++
		} else {
			list = append(list, rect{row, m.col, row + 1, m.endCol})
		}
	}
	return list
}

// rowFields end stateFields with what was entered into cells.
const rowFields = ",data(startRow,startColumn,rowData(values(userEnteredValue))))"

// answerFields says what a batch answers of the spreadsheet.
func (r *write) answerFields() string {
	if r.known == nil {
		return stateFields
	}
	return strings.TrimSuffix(stateFields, ")") + rowFields
}

// stateWith reads a spreadsheet's state with some cells of one tab, in one request. Tabs that are not named are left
// out.
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/getByDataFilter
func (s *session) stateWith(ctx context.Context, id string, tab int64, areas []rect, tabs []int64) (
	*state, *sheets.Spreadsheet, error) {
	var filters []*sheets.DataFilter
	for _, a := range areas {
		filters = append(filters, &sheets.DataFilter{GridRange: a.grid(tab)})
	}
	for _, other := range tabs {
		if other != tab {
			filters = append(filters, &sheets.DataFilter{GridRange: rect{0, 0, 1, 1}.grid(other)})
		}
	}
	body, err := marshal(&sheets.GetSpreadsheetByDataFilterRequest{DataFilters: filters})
	if err != nil {
		return nil, nil, err
	}
	var doc sheets.Spreadsheet
	var at time.Time
	k := call{
		method: http.MethodPost, url: s.c.sheets + "v4/spreadsheets/" + url.PathEscape(id) + ":getByDataFilter",
		query: url.Values{
			"fields": {strings.TrimSuffix(stateFields, ")") + rowFields}, "prettyPrint": {"false"},
		},
		body: body, answered: &at,
	}
	if err := s.do(ctx, k, decodeInto(&doc)); err != nil {
		return nil, nil, err
	}
	st := stateOf(&doc)
	st.at = at
	return st, &doc, nil
}

// rowsOf returns the rows of a range that an answer holds, by the tab's rows.
func rowsOf(doc *sheets.Spreadsheet, tab int64, m rect) map[int][]value {
	rows := map[int][]value{}
	for _, sh := range doc.Sheets {
		if sh.Properties == nil || sh.Properties.SheetId != tab {
			continue
		}
		for _, d := range sh.Data {
			for i, data := range d.RowData {
				row := make([]value, m.cols())
				for c, cell := range data.Values {
					if at := int(d.StartColumn) + c - m.col; at >= 0 && at < len(row) {
						row[at] = enteredValue(cell.UserEnteredValue)
					}
				}
				rows[int(d.StartRow)+i] = row
			}
		}
	}
	return rows
}

// enteredValue converts what was entered into a cell, as readValue does.
func enteredValue(v *sheets.ExtendedValue) value {
	switch {
	case v == nil:
		return value{}
	case v.FormulaValue != nil:
		return readValue(*v.FormulaValue)
	case v.NumberValue != nil:
		return readValue(json.Number(strconv.FormatFloat(*v.NumberValue, 'f', -1, 64)))
	case v.BoolValue != nil:
		return readValue(*v.BoolValue)
	case v.StringValue != nil:
		return readValue(*v.StringValue)
	}
	return value{}
}

// standKnown takes the rows that stand without reading them.
func (r *write) standKnown() {
	r.newChange()
	r.spare, r.own, r.blanks = 0, nil, map[int]bool{}
	r.change.Grow(len(r.known.Rows), len(r.known.Want))
	for _, id := range r.known.Rows {
		r.change.StandKnown(id)
	}
}

// existingKnown yields the existing rows, nil for those that were not read.
func (r *write) existingKnown(yield func([]value, error) bool) {
	for at := range r.known.Rows {
		if !yield(r.known.seen[r.known.rect().row+1+at], nil) {
			return
		}
	}
}

// weighKnown takes the result: rows that stand, and those that are given.
func (r *write) weighKnown() error {
	k, schema := r.known, r.w.Rows.Schema()
	r.titles, r.widths, r.styles, r.cells = nil, make([]int, len(schema.Columns)), nil, nil
	r.fresh, r.money = newTally(len(schema.Columns)), make([]bool, len(schema.Columns))
	r.fresh.rows, r.linkBytes = len(k.Want), k.Links
	for i, col := range schema.Columns {
		r.titles = append(r.titles, r.enc.text(col.Title))
		r.widths[i] = shownWidth(r.titles[i], table.Row{}, i)
	}
	k.links = make([]string, len(k.Want))
	at := 0
	take := func() bool { // the next wanted rows that stand
		for ; at < len(k.Want) && k.Want[at] != export.FreshRow; at++ {
			if k.Want[at] < 0 || k.Want[at] >= len(k.Rows) {
				return false
			}
			r.change.WantKnown(k.Rows[k.Want[at]])
		}
		return true
	}
	err := r.rows(func(row []value, meta table.Row) error {
		if !take() || at == len(k.Want) {
			return export.ErrDoubt
		}
		r.change.Want(row)
		k.rows[at], k.links[at] = slices.Clone(row), meta.Link
		r.linkBytes += sizeOfLink(meta)
		at++
		return nil
	})
	if err != nil || !take() || at < len(k.Want) || r.enc.cut > 0 {
		return errors.Join(export.ErrDoubt, err)
	}
	r.set, r.weighed = r.change.Set(r.standing), r.enc.zone.String()
	return nil
}

// pickKnown collects the rows that an arrangement writes.
func (r *write) pickKnown(a arrangement) error {
	r.picked, r.weight = [][]value{}, 0
	for _, p := range a.pieces() {
		for n := range p.rows {
			row, given := r.known.rows[p.from+n]
			if p.of != ofResult || !given {
				return export.ErrDoubt
			}
			r.picked = append(r.picked, row)
			r.weight += sizeOf(row)
		}
	}
	if r.weight > r.c.o.MaxBody {
		return export.ErrDoubt
	}
	return nil
}
