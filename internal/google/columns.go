package google

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// columnMark is the metadata of one of an exporter's columns. It follows the column wherever people move it, and dies
// with it.
type columnMark struct {
	Exporter export.ID `json:"exporter"`
	Field    string    `json:"field"`
}

// layout says in which columns of the tab the fields stand that were written last.
type layout struct {
	at      map[string]int // by field ID
	titles  map[string]string
	missing []field // their columns are gone
	renamed []field // somebody gave the column another title than the one that was written
}

// plainLayout returns the layout of a range whose header is as it was written.
func (p place) plainLayout() layout {
	l := layout{at: map[string]int{}, titles: map[string]string{}}
	for i, f := range p.stamp.Fields {
		l.at[f.ID], l.titles[f.ID] = p.managed.col+i, f.Title
	}
	return l
}

// findLayout finds the columns that were written last by their marks, and by their titles where no column has a mark.
func (p place) findLayout() layout {
	l := layout{at: map[string]int{}, titles: map[string]string{}}
	used := map[int]bool{}
	for _, f := range p.stamp.Fields {
		if mark, ok := p.marks.columns[f.ID]; ok && !used[mark.at] {
			l.at[f.ID], used[mark.at] = mark.at, true
		}
	}
	for _, f := range p.stamp.Fields {
		for col := p.managed.col; col < p.managed.endCol && len(p.marks.columns) == 0; col++ {
			if p.marks.header[col] == f.Title && !used[col] {
				l.at[f.ID], used[col] = col, true
				break
			}
		}
	}
	for _, f := range p.stamp.Fields {
		col, ok := l.at[f.ID]
		if !ok {
			l.missing = append(l.missing, f)
			continue
		}
		l.titles[f.ID] = p.marks.header[col]
		if l.titles[f.ID] != f.Title {
			l.renamed = append(l.renamed, f)
		}
	}
	return l
}

// gaps returns how many of people's columns stood in front of each column that is gone.
func (l layout) gaps() map[string]int {
	gaps := map[string]int{}
	for _, f := range l.missing {
		gaps[f.ID] = f.Gap
	}
	return gaps
}

// isWritten reports whether a header is as it was written.
func isWritten(header []value, fields []field) bool {
	return slices.EqualFunc(header, fields, func(v value, f field) bool { return v.Text == f.Title })
}

// marks are the program's marks on rows and columns, as they are now.
type marks struct {
	columns    map[string]mark // by field ID
	head, last *mark           // on the header and on the last row, if they are there
	header     map[int]string  // what the cells of the header's row show
}

// mark is one mark: the id of the metadata, and its row or column.
type mark struct {
	id int64
	at int
}

// rowMark is the metadata of the first or the last row of an exporter's range. It follows the row.
type rowMark struct {
	Exporter export.ID `json:"exporter"`
	End      string    `json:"end"` // head or last
}

const (
	headEnd = "head"
	lastEnd = "last"
)

// readMarks reads the header's row and the marks on columns and on the first and the last row.
func (r *write) readMarks(ctx context.Context) error {
	p := &r.place
	p.marks = marks{columns: map[string]mark{}, header: map[int]string{}}
	last := p.managed.endRow - 1
	q := url.Values{
		"prettyPrint": {"false"},
		"fields": {"sheets(properties(sheetId),data(startRow,startColumn,rowData(values(effectiveValue))," +
			"rowMetadata(developerMetadata(metadataId,metadataKey,metadataValue))," +
			"columnMetadata(developerMetadata(metadataId,metadataKey,metadataValue))))"},
		"ranges": {
			rect{p.managed.row, 0, p.managed.row + 1, p.tab.cols}.a1(p.tab.title),
			rect{last, 0, last + 1, 1}.a1(p.tab.title),
		},
	}
	var doc sheets.Spreadsheet
	k := call{
		method: http.MethodGet, query: q, url: r.c.sheets + "v4/spreadsheets/" + url.PathEscape(r.state.id),
	}
	if err := r.do(ctx, k, decodeInto(&doc)); err != nil {
		return err
	}
	for _, sh := range doc.Sheets {
		if sh.Properties == nil || sh.Properties.SheetId != p.tab.id {
			continue
		}
		for i, d := range sh.Data {
			p.marks.take(d, i == 0, r.w.Owner)
		}
	}
	return nil
}

// take takes what one range of the answer holds.
func (m *marks) take(d *sheets.GridData, isHeader bool, owner export.ID) {
	for i, row := range d.RowMetadata {
		for _, x := range row.DeveloperMetadata {
			var found rowMark
			if x.MetadataKey != rowKey || json.Unmarshal([]byte(x.MetadataValue), &found) != nil ||
				found.Exporter != owner {
				continue
			}
			at := &mark{x.MetadataId, int(d.StartRow) + i}
			if isHeader && found.End == headEnd {
				m.head = at
			} else if !isHeader && found.End == lastEnd {
				m.last = at
			}
		}
	}
	if !isHeader {
		return
	}
	for i, col := range d.ColumnMetadata {
		for _, x := range col.DeveloperMetadata {
			var found columnMark
			if x.MetadataKey == columnKey && json.Unmarshal([]byte(x.MetadataValue), &found) == nil &&
				found.Exporter == owner {
				m.columns[found.Field] = mark{x.MetadataId, int(d.StartColumn) + i}
			}
		}
	}
	if len(d.RowData) == 0 {
		return
	}
	for i, c := range d.RowData[0].Values {
		m.header[int(d.StartColumn)+i] = shownText(c.EffectiveValue)
	}
}

// shownText returns a value as text; only titles are compared with it.
func shownText(v *sheets.ExtendedValue) string {
	switch {
	case v == nil:
	case v.StringValue != nil:
		return *v.StringValue
	case v.NumberValue != nil:
		return fmt.Sprint(*v.NumberValue)
	case v.BoolValue != nil:
		return fmt.Sprint(*v.BoolValue)
	}
	return ""
}

// checkDrift returns a problem if people have deleted or renamed columns that the result needs. The problem has the
// columns and how to go on.
func (r *write) checkDrift(l layout) error {
	if r.w.May(export.RepairPutBack) {
		return nil
	}
	wanted := map[string]string{}
	for _, c := range r.w.Rows.Schema().Columns {
		wanted[c.ID] = r.enc.text(c.Title).Text
	}
	var changed []problem.Column
	for _, f := range l.missing {
		if _, ok := wanted[f.ID]; ok {
			changed = append(changed, problem.Column{ID: f.ID, Title: f.Title, Gone: true})
		}
	}
	for _, f := range l.renamed {
		if t, ok := wanted[f.ID]; ok && t != l.titles[f.ID] && !r.mayUncover(l.at[f.ID]) {
			changed = append(changed, problem.Column{ID: f.ID, Title: f.Title, Found: l.titles[f.ID]})
		}
	}
	if len(changed) == 0 {
		return nil
	}
	return driftProblem(r.place.tab.title, changed, len(wanted))
}

// mergedHeader returns the merged cells that hide a title, if there are any.
func (r *write) mergedHeader(col int) (merge rect, any bool) {
	title := rect{r.place.managed.row, col, r.place.managed.row + 1, col + 1}
	i := slices.IndexFunc(r.place.tab.merges, func(m rect) bool { return m.overlaps(title) })
	if i < 0 {
		return rect{}, false
	}
	return r.place.tab.merges[i], true
}

// mayUncover reports whether a title that merged cells hide may be written again, because a person has allowed to take
// them apart.
func (r *write) mayUncover(col int) bool {
	_, hidden := r.mergedHeader(col)
	return hidden && r.w.May(export.RepairUnmerge)
}

// checkHeaderMerges returns a problem if merged cells hide titles: otherwise these would seem to have been changed.
func (r *write) checkHeaderMerges(l layout) error {
	for _, col := range l.at {
		if m, hidden := r.mergedHeader(col); hidden && !r.w.May(export.RepairUnmerge) {
			return mergedProblem("Cells %s are merged; the exported titles would be lost under them.",
				m.a1(r.place.tab.title))
		}
	}
	return nil
}

// driftProblem returns the problem that so many columns were changed, of those that are wanted.
func driftProblem(tab string, changed []problem.Column, wanted int) error {
	var gone, renamed []string
	blank := false // a title was cleared, and nothing can be taken
	for _, c := range changed {
		if c.Gone {
			gone = append(gone, fmt.Sprintf("%q", c.Title))
			continue
		}
		renamed = append(renamed, fmt.Sprintf("%q is now %q", c.Title, c.Found))
		blank = blank || strings.TrimSpace(c.Found) == ""
	}
	remedies := []string{string(export.RepairPutBack)}
	var faults []string
	if len(gone) > 0 {
		faults = append(faults, "the column "+strings.Join(gone, ", ")+" is gone")
		remedies = append(remedies, string(export.RepairDropColumns))
	}
	switch {
	case len(renamed) > 1 && len(renamed)+len(gone) == wanted:
		faults = append(faults, "the row with the titles is gone or was written over")
		for i := range changed {
			changed[i].Found = "" // somebody's rows, and no titles
		}
	case len(renamed) > 0:
		faults = append(faults, "the title "+strings.Join(renamed, ", "))
		if !blank {
			remedies = append(remedies, string(export.RepairTakeTitles))
		}
	}
	p := problem.New(problem.HeaderDrift, "Somebody has changed the exported area on the tab %q: %s.",
		tab, strings.Join(faults, "; ")).WithRemedies(append(remedies, string(export.RepairStartOver))...)
	p.Columns = changed
	return p
}

// reshaping is how the tab's columns become those of the result.
type reshaping struct {
	requests []columnStep // in order
	at       []int        // of each wanted column, afterwards
	tabCols  int          // of the tab, afterwards
	now      map[int]int  // where the tab's columns are afterwards
}

// columnStep inserts, moves, empties or deletes one whole column of the tab.
type columnStep struct {
	do    columnAction
	from  int    // the column, before the step
	to    int    // for moveColumn: its place afterwards
	field string // for emptyColumn and deleteColumn
}

type columnAction uint8

const (
	insertColumn columnAction = iota
	moveColumn
	deleteColumn
	emptyColumn // the exporter's cells only: people's stand above or below them
)

// goneColumn is a column of the tab that the result no longer has.
type goneColumn struct {
	col   int
	field string
	bare  bool // it holds nothing else
}

// tabColumn is a column of the tab while columns are moved.
type tabColumn struct {
	id  string // the wanted column that stands there; empty for people's
	was int    // its place before; none for a new one
}

// reshape works out the steps. at says where the wanted columns are that exist already. gaps says how many of people's
// columns stood in front of those that were deleted.
func reshape(
	tabCols int, wanted []string, at map[string]int, gone []goneColumn, gaps map[string]int,
) reshaping {
	tab := make([]tabColumn, tabCols)
	for col := range tab {
		tab[col].was = col
	}
	for id, col := range at {
		tab[col].id = id
	}
	s := reshaping{now: map[int]int{}}
	slices.SortFunc(gone, func(a, b goneColumn) int { return b.col - a.col })
	for _, g := range gone {
		if !g.bare {
			s.requests = append(s.requests, columnStep{do: emptyColumn, from: g.col, field: g.field})
			continue
		}
		s.requests = append(s.requests, columnStep{do: deleteColumn, from: g.col, field: g.field})
		tab = slices.Delete(tab, g.col, g.col+1)
	}
	tab = s.move(tab, wanted, at)
	tab = s.insert(tab, wanted, at, gaps)
	for _, id := range wanted {
		s.at = append(s.at, columnOf(tab, id))
	}
	for col, c := range tab {
		if c.was != none {
			s.now[c.was] = col
		}
	}
	s.tabCols = len(tab)
	return s
}

// move brings the wanted columns that exist into the wanted order, in the places that they have together.
func (s *reshaping) move(tab []tabColumn, wanted []string, at map[string]int) []tabColumn {
	n := 0
	for _, id := range wanted {
		if _, ok := at[id]; !ok {
			continue
		}
		from, to := columnOf(tab, id), nthColumn(tab, n)
		n++
		if from == to {
			continue
		}
		s.requests = append(s.requests, columnStep{do: moveColumn, from: from, to: to})
		c := tab[from]
		tab = slices.Insert(slices.Delete(tab, from, from+1), to, c)
	}
	return tab
}

// insert puts new columns behind the one that they follow in the wanted order, or in front of the first one.
func (s *reshaping) insert(
	tab []tabColumn, wanted []string, at, gaps map[string]int,
) []tabColumn {
	for n, id := range wanted {
		if _, ok := at[id]; ok {
			continue
		}
		col := max(0, nthColumn(tab, 0))
		if n > 0 {
			col = columnOf(tab, wanted[n-1]) + 1
			for gap := gaps[id]; gap > 0 && col < len(tab) && tab[col].id == ""; gap-- {
				col++
			}
		}
		s.requests = append(s.requests, columnStep{do: insertColumn, from: col})
		tab = slices.Insert(tab, col, tabColumn{id: id, was: none})
	}
	return tab
}

func columnOf(tab []tabColumn, id string) int {
	return slices.IndexFunc(tab, func(c tabColumn) bool { return c.id == id })
}

// nthColumn returns the position of the n-th column that is not people's, counted from 0.
func nthColumn(tab []tabColumn, n int) int {
	for col, c := range tab {
		if c.id == "" {
			continue
		}
		if n == 0 {
			return col
		}
		n--
	}
	return none
}

const none = -1

// spansOf joins columns that stand side by side.
func spansOf(cols []int) [][2]int {
	sorted := slices.Clone(cols)
	slices.Sort(sorted)
	var spans [][2]int
	for _, c := range sorted {
		if n := len(spans); n > 0 && spans[n-1][1] == c {
			spans[n-1][1]++
		} else {
			spans = append(spans, [2]int{c, c + 1})
		}
	}
	return spans
}
