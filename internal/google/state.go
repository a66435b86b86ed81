package google

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// The program leaves two marks in a spreadsheet to find its way back: a named range over the managed range, which
// follows when people insert rows or move things, and a stamp on the tab that records what was written last. (Metadata
// cannot be attached to a rectangle.) https://developers.google.com/workspace/sheets/api/guides/metadata
const (
	stampKey   = "ledgersheet"
	stagingKey = "ledgersheet_staging"
)

// stamp is the value of an exporter's metadata on its tab.
type stamp struct {
	Exporter export.ID `json:"exporter"`
	Run      export.ID `json:"run"`
	Digest   string    `json:"digest"` // of header and rows as written
	Schema   string    `json:"schema"` // of titles and kinds; number formats are set again when it changes
	Rows     int       `json:"rows"`   // with the header
	Cols     int       `json:"cols"`
	At       string    `json:"at"`

	id int64 // the metadata's id; in a copy of the spreadsheet it may differ from the one we chose
}

// tab is one tab as it is now.
type tab struct {
	id         int64
	title      string
	rows, cols int
	frozen     int
	hidden     bool
	grid       bool // false for a tab that is just a chart
	protected  []protection
	merges     []rect
	stamps     map[export.ID]stamp
	staging    bool
}

// protection is a part of a tab that the account may not edit, except for its open parts.
type protection struct {
	at   rect
	open []rect
}

// blocks reports whether the account may not edit some of the cells.
func (p protection) blocks(cells rect) bool {
	return p.at.overlaps(cells) && !slices.ContainsFunc(p.open, func(o rect) bool { return o.contains(cells) })
}

// state is a spreadsheet as it is now.
type state struct {
	id, url, zone string
	tabs          []tab
	named         []namedRange
}

type namedRange struct {
	id, name string
	tab      int64
	at       rect // empty if its cells were deleted
}

const stateFields = "spreadsheetId,spreadsheetUrl,properties(timeZone),namedRanges(namedRangeId,name,range)," +
	"sheets(properties(sheetId,title,hidden,sheetType,gridProperties(rowCount,columnCount,frozenRowCount))," +
	"protectedRanges(range,warningOnly,requestingUserCanEdit,unprotectedRanges),merges," +
	"developerMetadata(metadataKey,metadataValue,metadataId))"

// state reads a spreadsheet without its cells, in one request.
func (s *session) state(ctx context.Context, id string) (*state, error) {
	var doc sheets.Spreadsheet
	k := call{
		method: http.MethodGet, url: s.c.sheets + "v4/spreadsheets/" + url.PathEscape(id),
		query: url.Values{"fields": {stateFields}, "prettyPrint": {"false"}},
	}
	if err := s.do(ctx, k, decodeInto(&doc)); err != nil {
		return nil, err
	}
	st := &state{id: doc.SpreadsheetId, url: doc.SpreadsheetUrl}
	if doc.Properties != nil {
		st.zone = doc.Properties.TimeZone
	}
	for _, sh := range doc.Sheets {
		st.tabs = append(st.tabs, tabOf(sh))
	}
	for _, n := range doc.NamedRanges {
		named := namedRange{id: n.NamedRangeId, name: n.Name}
		// A range without ends has lost its cells, or a person drew it over whole columns. Neither tells which cells
		// are ours.
		if g := n.Range; g != nil && g.EndRowIndex > 0 && g.EndColumnIndex > 0 && st.tab(g.SheetId) != nil {
			named.tab, named.at = g.SheetId, rectOf(g, 0, 0)
		}
		st.named = append(st.named, named)
	}
	return st, nil
}

func tabOf(sh *sheets.Sheet) tab {
	t := tab{
		id: sh.Properties.SheetId, title: sh.Properties.Title, hidden: sh.Properties.Hidden,
		stamps: map[export.ID]stamp{},
	}
	if g := sh.Properties.GridProperties; g != nil {
		t.grid, t.rows, t.cols, t.frozen = true, int(g.RowCount), int(g.ColumnCount), int(g.FrozenRowCount)
	}
	for _, p := range sh.ProtectedRanges {
		if p.WarningOnly || p.RequestingUserCanEdit || p.Range == nil {
			continue
		}
		part := protection{at: rectOf(p.Range, t.rows, t.cols)}
		for _, open := range p.UnprotectedRanges {
			part.open = append(part.open, rectOf(open, t.rows, t.cols))
		}
		t.protected = append(t.protected, part)
	}
	for _, m := range sh.Merges {
		t.merges = append(t.merges, rectOf(m, t.rows, t.cols))
	}
	for _, m := range sh.DeveloperMetadata {
		switch m.MetadataKey {
		case stagingKey:
			t.staging = true
		case stampKey:
			var st stamp
			if json.Unmarshal([]byte(m.MetadataValue), &st) == nil && st.Exporter != "" {
				st.id = m.MetadataId
				t.stamps[st.Exporter] = st
			}
		}
	}
	return t
}

func (st *state) tab(id int64) *tab {
	for i := range st.tabs {
		if st.tabs[i].id == id {
			return &st.tabs[i]
		}
	}
	return nil
}

func (st *state) tabTitled(title string) *tab {
	for i := range st.tabs {
		if strings.EqualFold(st.tabs[i].title, title) {
			return &st.tabs[i]
		}
	}
	return nil
}

// onlyTab returns the spreadsheet's single tab, or nil if it has several. Staging tabs do not count.
func (st *state) onlyTab() *tab {
	var only *tab
	for i := range st.tabs {
		switch {
		case st.tabs[i].staging:
		case only != nil:
			return nil
		default:
			only = &st.tabs[i]
		}
	}
	return only
}

// cells returns the number of cells in the spreadsheet's grids, including empty ones, as Google's limit counts them.
func (st *state) cells() int {
	n := 0
	for _, t := range st.tabs {
		if !t.staging {
			n += t.rows * t.cols
		}
	}
	return n
}

// without returns the state without staging tabs: the given one, and those of runs that died, which a write removes.
func (st *state) without(staging int64) state {
	left := *st
	left.tabs = slices.DeleteFunc(slices.Clone(st.tabs), func(t tab) bool { return t.staging || t.id == staging })
	return left
}

// rangeOf returns an exporter's named range. In a copy of the spreadsheet it may have a different id.
func (st *state) rangeOf(e export.ID) namedRange {
	i := slices.IndexFunc(st.named, func(n namedRange) bool { return n.id == rangeID(e) })
	if i < 0 {
		i = slices.IndexFunc(st.named, func(n namedRange) bool { return strings.EqualFold(n.name, rangeName(e)) })
	}
	if i < 0 {
		return namedRange{}
	}
	return st.named[i]
}

// place is where an exporter's rows go.
type place struct {
	tab     *tab // nil if it must be created
	rename  bool // take over the only tab of a spreadsheet that the program created
	managed rect // the current managed range; empty if nothing has been written yet
	// claim is our best guess at the managed range when the named range is missing or unusable. It is ours only if it
	// holds what the stamp says was written last. Otherwise people have moved the rows, and their own cells may be
	// there now.
	claim rect
	row   int // upper left corner
	col   int
	stamp stamp  // zero if nothing has been written yet
	named string // id of the named range; empty if there is none
}

// isMoved reports whether the rows go to another corner of the tab than before.
func (p place) isMoved() bool {
	return !p.managed.empty() && (p.managed.row != p.row || p.managed.col != p.col)
}

// locate finds the managed range. The named range decides, because it follows what people do. A tab is identified by
// its gid.
func (st *state) locate(owner export.ID, target export.Target) (place, error) {
	row, col, err := export.ParseCell(target.Start)
	if err != nil {
		return place{}, problem.Invalid("destination.start_cell", "%v", err)
	}
	named := st.rangeOf(owner)
	p := place{row: row, col: col, named: named.id}
	if t := st.tab(named.tab); t != nil && !named.at.empty() &&
		(target.Tab != nil || strings.EqualFold(t.title, target.Sheet)) {
		p.tab, p.managed, p.stamp = t, named.at, t.stamps[owner]
		if target.Tab != nil { // nobody has chosen a different start cell since
			p.row, p.col = named.at.row, named.at.col
		}
		return p, p.drift()
	}
	if target.Tab != nil {
		p.tab = st.tab(*target.Tab)
	}
	if p.tab == nil {
		p.tab = st.tabTitled(target.Sheet)
	}
	if only := st.onlyTab(); p.tab == nil && target.Created && only != nil && len(only.stamps) == 0 {
		p.tab, p.rename = only, true
	}
	if p.tab == nil {
		return p, nil
	}
	if !p.tab.grid {
		return p, problem.New(problem.SheetConflict, "The tab %q holds a chart and no cells.", p.tab.title)
	}
	p.stamp = p.tab.stamps[owner]
	claim := rect{row, col, row + p.stamp.Rows, col + p.stamp.Cols}
	if !claim.empty() && (rect{0, 0, p.tab.rows, p.tab.cols}).contains(claim) {
		p.claim = claim
	}
	return p, nil
}

// drift returns a problem if the managed range is not as wide as what was written. Somebody has inserted or deleted
// columns in it, and writing would overwrite theirs.
func (p place) drift() error {
	if p.stamp.Cols == 0 || p.managed.cols() == p.stamp.Cols {
		return nil
	}
	return problem.New(problem.HeaderDrift, "The exported area on the tab %q had %d columns and now has %d: columns "+
		"were inserted into it or deleted.", p.tab.title, p.stamp.Cols, p.managed.cols())
}

// rangeID and rangeName return the id and name of an exporter's named range. Google lets clients choose the id, so
// adding it twice fails instead of making two.
func rangeID(id export.ID) string   { return "ledgersheet" + strings.ReplaceAll(string(id), "_", "") }
func rangeName(id export.ID) string { return "ledgersheet_" + string(id) }

// numberFor derives a stable positive id, for a tab or metadata, from names.
func numberFor(names ...string) int64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.Join(names, "\x00")))
	return int64(h.Sum32()&0x7fffffff) | 1
}
