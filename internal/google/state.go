package google

import (
	"context"
	"encoding/json"
	"hash/fnv"
	"net/http"
	"net/url"
	"strings"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// What the program leaves in a spreadsheet to find its way back: a named range over the managed range, which follows
// when people insert rows or move things, and on the tab a stamp that tells what was written last. Metadata cannot sit on
// a rectangle. https://developers.google.com/workspace/sheets/api/guides/metadata
const (
	stampKey   = "ledgersheet"
	stagingKey = "ledgersheet_staging"
)

// stamp is the value of an exporter's metadata on its tab.
type stamp struct {
	Exporter export.ID `json:"exporter"`
	Run      export.ID `json:"run"`
	Digest   string    `json:"digest"` // of header and rows as they were written
	Schema   string    `json:"schema"` // of titles and kinds: number formats are set again when it changes
	Rows     int       `json:"rows"`   // with the header
	Cols     int       `json:"cols"`
	At       string    `json:"at"`
}

// tab is one tab as it is now.
type tab struct {
	id         int64
	title      string
	rows, cols int
	frozen     int
	hidden     bool
	grid       bool // false for a tab that is only a chart
	protected  []rect
	merges     []rect
	stamps     map[export.ID]stamp
	staging    bool
}

// state is a spreadsheet as it is now.
type state struct {
	id, url, zone string
	tabs          []tab
	named         map[string]namedRange // by id
}

type namedRange struct {
	tab int64
	at  rect
}

const stateFields = "spreadsheetId,spreadsheetUrl,properties(timeZone),namedRanges(namedRangeId,range),sheets(properties(sheetId,title,hidden,sheetType,gridProperties(rowCount,columnCount,frozenRowCount)),protectedRanges(range,warningOnly,requestingUserCanEdit,unprotectedRanges),merges,developerMetadata(metadataKey,metadataValue,metadataId))"

// state reads a spreadsheet without its cells: one request.
func (s *session) state(ctx context.Context, id string) (*state, error) {
	var doc sheets.Spreadsheet
	k := call{method: http.MethodGet, url: s.c.sheets + "v4/spreadsheets/" + url.PathEscape(id), query: url.Values{"fields": {stateFields}, "prettyPrint": {"false"}}}
	if err := s.do(ctx, k, decodeInto(&doc)); err != nil {
		return nil, err
	}
	st := &state{id: doc.SpreadsheetId, url: doc.SpreadsheetUrl, named: map[string]namedRange{}}
	if doc.Properties != nil {
		st.zone = doc.Properties.TimeZone
	}
	for _, sh := range doc.Sheets {
		st.tabs = append(st.tabs, tabOf(sh))
	}
	for _, n := range doc.NamedRanges {
		if n.Range == nil {
			continue
		}
		if t := st.tab(n.Range.SheetId); t != nil {
			st.named[n.NamedRangeId] = namedRange{tab: t.id, at: rectOf(n.Range, t.rows, t.cols)}
		}
	}
	return st, nil
}

func tabOf(sh *sheets.Sheet) tab {
	t := tab{id: sh.Properties.SheetId, title: sh.Properties.Title, hidden: sh.Properties.Hidden, stamps: map[export.ID]stamp{}}
	if g := sh.Properties.GridProperties; g != nil {
		t.grid, t.rows, t.cols, t.frozen = true, int(g.RowCount), int(g.ColumnCount), int(g.FrozenRowCount)
	}
	for _, p := range sh.ProtectedRanges {
		if p.WarningOnly || p.RequestingUserCanEdit || p.Range == nil {
			continue
		}
		t.protected = append(t.protected, rectOf(p.Range, t.rows, t.cols))
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

// onlyTab is the spreadsheet's single tab, nil when it has several; staging tabs do not count.
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

// cells is how many cells the spreadsheet's grids have, empty ones too: what Google's limit counts.
func (st *state) cells() int {
	n := 0
	for _, t := range st.tabs {
		if !t.staging {
			n += t.rows * t.cols
		}
	}
	return n
}

// place is where an exporter's rows go.
type place struct {
	tab     *tab // nil: it must be made
	rename  bool // the tab is the first one of a spreadsheet that was just made: it takes the wanted title
	managed rect // as it stands; empty when nothing was written yet
	row     int  // upper left corner
	col     int
	stamp   stamp // zero when nothing was written yet
	named   bool  // the named range exists
}

// locate finds the managed range. The named range decides, as it follows what people do; a tab is known by its gid.
func (st *state) locate(e export.Exporter) (place, error) {
	row, col, err := export.ParseCell(e.Target.Start)
	if err != nil {
		return place{}, problem.Invalid("destination.start_cell", "%v", err)
	}
	p := place{row: row, col: col}
	n, named := st.named[rangeID(e.ID)]
	p.named = named
	if named {
		t := st.tab(n.tab)
		moved := e.Target.Tab == nil && (!strings.EqualFold(t.title, e.Target.Sheet) || n.at.row != row || n.at.col != col)
		if !moved && !n.at.empty() {
			p.tab, p.managed, p.row, p.col, p.stamp = t, n.at, n.at.row, n.at.col, t.stamps[e.ID]
			return p, p.drift()
		}
	}
	if e.Target.Tab != nil {
		p.tab = st.tab(*e.Target.Tab)
	}
	if p.tab == nil {
		p.tab = st.tabTitled(e.Target.Sheet)
	}
	if first := st.onlyTab(); p.tab == nil && e.Target.Created && first != nil && len(first.stamps) == 0 {
		p.tab, p.rename = first, true
	}
	if p.tab == nil {
		return p, nil
	}
	if !p.tab.grid {
		return p, problem.New(problem.SheetConflict, "The tab %q holds a chart and no cells.", p.tab.title)
	}
	if last, ok := p.tab.stamps[e.ID]; ok && e.Target.Tab != nil && !named {
		p.stamp = last // somebody deleted the named range: the rows are where they began
		p.managed = rect{row, col, row + last.Rows, col + last.Cols}
	}
	return p, nil
}

// drift refuses a managed range whose width is not what was written: somebody put columns into it or took some out, and
// writing would go over theirs.
func (p place) drift() error {
	if p.stamp.Cols == 0 || p.managed.cols() == p.stamp.Cols {
		return nil
	}
	return problem.New(problem.HeaderDrift, "The exported area on the tab %q had %d columns and now has %d: columns were inserted into it or deleted.", p.tab.title, p.stamp.Cols, p.managed.cols())
}

// rangeID and rangeName name an exporter's named range. Google lets the client choose the id, which makes adding one
// twice fail rather than double.
func rangeID(id export.ID) string   { return "ledgersheet" + strings.ReplaceAll(string(id), "_", "") }
func rangeName(id export.ID) string { return "ledgersheet_" + string(id) }

// numberFor makes a stable positive id, of a tab or of metadata, out of names.
func numberFor(names ...string) int64 {
	h := fnv.New32a()
	_, _ = h.Write([]byte(strings.Join(names, "\x00")))
	return int64(h.Sum32()&0x7fffffff) | 1
}
