package google

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

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
	guardKey   = "ledgersheet_guard"
	columnKey  = "ledgersheet_column"
	rowKey     = "ledgersheet_row"
)

// stamp is the value of an exporter's metadata on its tab.
type stamp struct {
	Exporter export.ID   `json:"exporter"`
	Run      export.ID   `json:"run"`
	Writes   int         `json:"writes"`           // so far, so that no two stamps are equal
	Digest   string      `json:"digest"`           // of header and rows as written
	Fields   []field     `json:"fields"`           // the columns as written, from left to right
	Look     string      `json:"look,omitempty"`   // of a statement's row styles
	Rows     int         `json:"rows"`             // with the header
	Preset   export.Look `json:"preset,omitempty"` // empty means export.PlainLook
	// Heading holds the texts above the rows as they were written last, and the link; nil if there are none.
	Heading []string  `json:"heading,omitempty"`
	Row     int       `json:"row,omitempty"` // of the header, where there is a heading
	At      string    `json:"at"`            // a copy of a month's end counts as a write
	First   firstRows `json:"first"`         // of the exporter on this tab
	// Writing is the run that has begun to write rows in place and has not finished; empty if all is there. Run is then
	// the one before.
	Writing export.ID `json:"writing,omitempty"`

	id   int64  // the metadata's id; in a copy of the spreadsheet it may differ from the one we chose
	text string // as it stands there
}

// firstRows is how many rows there were, with the header, at the first write, to tell how they grow.
type firstRows struct {
	At   string `json:"at,omitempty"`
	Rows int    `json:"rows,omitempty"`
}

// field is a column as it was written.
type field struct {
	ID    string `json:"id"`
	Title string `json:"title"`
	Shows string `json:"shows"`         // kind and currency; the number format is set again when it changes
	Gap   int    `json:"gap,omitempty"` // people's columns between it and the one before
	Key   bool   `json:"key,omitempty"`
	// Linked says that its cells were given links.
	Linked bool `json:"linked,omitempty"`
}

// guard is a mark that each commit leaves, under an id that follows from the stamp that it relied on. Google refuses a
// second mark with the same id, and with it the whole commit, so of several commits that rely on the same state only
// one takes effect, however late the others arrive.
type guard struct {
	Exporter export.ID `json:"exporter"`
	At       time.Time `json:"at"`

	id int64
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
	tables     []rect
	bands      []band
	filter     *sheets.BasicFilter // nil if there is none
	stamps     map[export.ID]stamp
	guards     []guard
	staging    export.ID // the exporter whose staging tab it is
	states     []keptState
	isCopy     bool // of a range that people had edited
	monthEnds  []monthEnd
	conditions []*sheets.ConditionalFormatRule
}

// band is a range with rows or columns of alternating colours.
type band struct {
	id int64
	at rect
}

// protection is a part of a tab that the account may not edit, except for its open parts.
type protection struct {
	at   rect
	open []rect
	name string // as people have described it; empty if they have not
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
	// copyOf is the id of the spreadsheet in which the program has removed the marks that came with a template; empty
	// if in none. A copy of that one has it too.
	copyOf string
	at     time.Time // Google's own time when it answered; zero if it did not say
}

type namedRange struct {
	id, name string
	tab      int64
	at       rect // empty if its cells were deleted
}

const stateFields = "spreadsheetId,spreadsheetUrl,properties(timeZone)," +
	"developerMetadata(metadataKey,metadataValue),namedRanges(namedRangeId,name,range)," +
	"sheets(properties(sheetId,title,hidden,sheetType,gridProperties(rowCount,columnCount,frozenRowCount))," +
	"protectedRanges(range,description,warningOnly,requestingUserCanEdit,unprotectedRanges)," +
	"merges,tables(range),basicFilter," +
	"bandedRanges(bandedRangeId,range)," +
	"conditionalFormats," +
	"developerMetadata(metadataKey,metadataValue,metadataId))"

// state reads a spreadsheet without its cells, in one request.
func (s *session) state(ctx context.Context, id string) (*state, error) {
	var doc sheets.Spreadsheet
	k := call{
		method: http.MethodGet, url: s.c.sheets + "v4/spreadsheets/" + url.PathEscape(id),
		query: url.Values{"fields": {stateFields}, "prettyPrint": {"false"}},
	}
	var at time.Time
	k.answered = &at
	if err := s.do(ctx, k, decodeInto(&doc)); err != nil {
		return nil, err
	}
	st := stateOf(&doc)
	st.at = at
	return st, nil
}

func stateOf(doc *sheets.Spreadsheet) *state {
	st := &state{id: doc.SpreadsheetId, url: doc.SpreadsheetUrl}
	if doc.Properties != nil {
		st.zone = doc.Properties.TimeZone
	}
	for _, m := range doc.DeveloperMetadata {
		if m.MetadataKey == templateKey {
			st.copyOf = m.MetadataValue
		}
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
	return st
}

func tabOf(sh *sheets.Sheet) tab {
	t := tab{
		id: sh.Properties.SheetId, title: sh.Properties.Title, hidden: sh.Properties.Hidden,
		stamps: map[export.ID]stamp{}, filter: sh.BasicFilter,
	}
	if g := sh.Properties.GridProperties; g != nil {
		t.grid, t.rows, t.cols, t.frozen = true, int(g.RowCount), int(g.ColumnCount), int(g.FrozenRowCount)
	}
	for _, p := range sh.ProtectedRanges {
		if p.WarningOnly || p.RequestingUserCanEdit || p.Range == nil {
			continue
		}
		part := protection{at: rectOf(p.Range, t.rows, t.cols), name: p.Description}
		for _, open := range p.UnprotectedRanges {
			part.open = append(part.open, rectOf(open, t.rows, t.cols))
		}
		t.protected = append(t.protected, part)
	}
	for _, m := range sh.Merges {
		t.merges = append(t.merges, rectOf(m, t.rows, t.cols))
	}
	for _, m := range sh.Tables {
		t.tables = append(t.tables, rectOf(m.Range, t.rows, t.cols))
	}
	for _, b := range sh.BandedRanges {
		t.bands = append(t.bands, band{b.BandedRangeId, rectOf(b.Range, t.rows, t.cols)})
	}
	t.conditions = sh.ConditionalFormats
	for _, m := range sh.DeveloperMetadata {
		t.note(m)
		t.noteState(m)
	}
	return t
}

// note takes a mark of the program's.
func (t *tab) note(m *sheets.DeveloperMetadata) {
	switch m.MetadataKey {
	case stagingKey:
		t.staging = export.ID(m.MetadataValue)
	case stampKey:
		var st stamp
		if json.Unmarshal([]byte(m.MetadataValue), &st) == nil && st.Exporter != "" {
			st.id, st.text = m.MetadataId, m.MetadataValue
			t.stamps[st.Exporter] = st
		}
	case guardKey:
		var g guard
		if json.Unmarshal([]byte(m.MetadataValue), &g) == nil {
			g.id = m.MetadataId
			t.guards = append(t.guards, g)
		}
	}
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

// onlyTab returns the spreadsheet's single tab, or nil if it has several. The program's hidden tabs do not count.
func (st *state) onlyTab() *tab {
	var only *tab
	for i := range st.tabs {
		switch {
		case st.tabs[i].staging != "", st.tabs[i].isKept():
		case only != nil:
			return nil
		default:
			only = &st.tabs[i]
		}
	}
	return only
}

// isFirst reports whether a tab is the one with which a spreadsheet is made, before anything was written to it. People
// never get its gid for a tab of theirs.
func (t *tab) isFirst() bool { return t != nil && t.id == 0 && len(t.stamps) == 0 }

// cells returns the number of cells in the spreadsheet's grids, including empty ones, as Google's limit counts them,
// once the exporter's staging tabs are gone.
func (st *state) cells(owner export.ID) int {
	n := 0
	for _, t := range st.tabs {
		if t.staging != owner {
			n += t.rows * t.cols
		}
	}
	return n
}

// without returns the state without the exporter's staging tabs.
func (st *state) without(owner export.ID) state {
	left := *st
	left.at = time.Time{}
	left.tabs = slices.DeleteFunc(slices.Clone(st.tabs), func(t tab) bool { return t.staging == owner })
	return left
}

// rangeOf returns an exporter's named range. In a copy of the spreadsheet it may have a different id.
func (st *state) rangeOf(e export.ID) namedRange { return st.namedAs(rangeID(e), rangeName(e)) }

// namedAs returns the named range with that id, or else the one with that name.
func (st *state) namedAs(id, name string) namedRange {
	i := slices.IndexFunc(st.named, func(n namedRange) bool { return n.id == id })
	if i < 0 {
		i = slices.IndexFunc(st.named, func(n namedRange) bool { return strings.EqualFold(n.name, name) })
	}
	if i < 0 {
		return namedRange{}
	}
	return st.named[i]
}

// place is where an exporter's rows go.
type place struct {
	tab    *tab // nil if it must be created
	rename bool // take over the tab with which the program has just created the spreadsheet
	// replaces is that tab if the rows are so many that they are filled into a hidden tab, which it cannot be: the new
	// one takes its place.
	replaces *tab
	managed  rect // the current managed range; empty if nothing has been written yet
	// claim is our best guess at the managed range when the named range is missing or unusable. It is ours only if it
	// holds what the stamp says was written last. Otherwise people have moved the rows, and their own cells may be
	// there now.
	claim   rect
	row     int // upper left corner
	col     int
	heading heading
	stamp   stamp  // zero if nothing has been written yet
	named   string // id of the named range; empty if there is none
	// follows says that the named range is where the managed range is.
	follows bool
	heirOf  stranded // the rows that a person has allowed to take over
	// layout says in which columns the managed range's fields stand, once that has been looked up.
	layout layout
	marks  marks // once they are read
	// origin is where the rows stand, if that is not the tab that a person has chosen since.
	origin *place
	move   *move // to where the rows are wanted; nil if they are there
}

// extent returns the managed range with the columns that people have moved out of it.
func (p place) extent() rect {
	m := p.managed
	for _, col := range p.layout.at {
		m.col, m.endCol = min(m.col, col), max(m.endCol, col+1)
	}
	return m
}

// isMoved reports whether the rows go to another corner of the tab than before.
func (p place) isMoved() bool {
	return !p.managed.empty() && (p.managed.row != p.row || p.managed.col != p.col)
}

// locate finds the managed range. The named range decides, because it follows what people do. A tab is identified by
// its gid.
func (st *state) locate(owner export.ID, target export.Target) (place, error) {
	row, col, err := parseStart(target)
	if err != nil {
		return place{}, err
	}
	named := st.rangeOf(owner)
	p := place{row: row, col: col, named: named.id}
	if t := st.tab(named.tab); t != nil && !named.at.empty() {
		here := p
		here.tab, here.managed, here.stamp, here.follows = t, named.at, t.stamps[owner], true
		switch {
		case target.Tab != nil: // nobody has chosen a different place since
			here.row, here.col = named.at.row, named.at.col
			return here, nil
		case strings.EqualFold(t.title, target.Sheet):
			return here, nil
		}
		p.origin = &here
	}
	if target.Tab != nil {
		p.tab = st.tab(*target.Tab)
	}
	if p.tab == nil {
		p.tab = st.tabTitled(target.Sheet)
	}
	fresh := target.Created && target.Tab == nil
	if only := st.onlyTab(); p.tab == nil && fresh && only.isFirst() && target.Template == "" {
		p.tab, p.rename = only, true
	}
	if p.tab == nil {
		return p, nil
	}
	if !p.tab.grid {
		return p, problem.New(problem.SheetConflict, "The tab %q holds a chart and no cells.", p.tab.title).
			WithRemedies(string(export.RepairStartOver))
	}
	if len(p.tab.monthEnds) > 0 {
		return p, problem.New(problem.SheetConflict, "The tab %q keeps rows as they stood at a month's end, and is "+
			"never written to.", p.tab.title).WithRemedies(string(export.RepairStartOver))
	}
	p.stamp = p.tab.stamps[owner]
	claim := rect{row, col, row + p.stamp.Rows, col + len(p.stamp.Fields)}
	if !claim.empty() && (rect{0, 0, p.tab.rows, p.tab.cols}).contains(claim) {
		p.claim = claim
	}
	return p, nil
}

func parseStart(target export.Target) (row, col int, err error) {
	if row, col, err = export.ParseCell(target.Start); err != nil {
		return 0, 0, problem.Invalid("destination.start_cell", "%v", err)
	}
	return row, col, nil
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
