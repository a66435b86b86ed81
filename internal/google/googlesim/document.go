package googlesim

import (
	"strconv"
	"strings"
	"time"

	"google.golang.org/api/sheets/v4"
)

// document is one file of the simulated Drive that holds a spreadsheet.
type document struct {
	id, owner         string
	created, modified time.Time
	edits             edits
	trashed           bool
	shares            map[string]string // email → "writer" or "reader"
	apps              map[string]bool   // client ID and email of every drive.file grant on it
	properties        map[string]string // appProperties of the client that made it
	parent            string            // the folder; empty for that of the owner's own Drive
	copyLocked        bool              // only editors may copy it
	state             *state            // what is committed; never changed, only replaced
}

// edits counts a document's changes as Drive does, which notices them late.
type edits struct {
	seen   int64       // those that are no longer in latest
	latest []time.Time // of the others
}

// add counts a change.
func (e *edits) add(now time.Time) {
	const most = 100
	if e.latest = append(e.latest, now); len(e.latest) > most {
		e.seen++
		e.latest = e.latest[1:]
	}
}

// version returns the number of changes that Drive has noticed, beginning with 1 for the file's creation.
func (e *edits) version(now time.Time, lag time.Duration) int64 {
	n := e.seen + 1
	for _, at := range e.latest {
		if !at.Add(lag).After(now) {
			n++
		}
	}
	return n
}

// modified returns the time of the last change that Drive has noticed, or of the file's creation.
func (e *edits) modified(now time.Time, lag time.Duration, created time.Time) time.Time {
	at := created
	for _, edit := range e.latest {
		if !edit.Add(lag).After(now) {
			at = edit
		}
	}
	return at
}

// state is the whole content of a spreadsheet at one moment. A transaction works on the copy that
// begin returns; rows and cells are shared until written, so a refused batch costs and leaves nothing.
type state struct {
	gen                     uint64
	title, locale, timeZone string
	sheets                  []*sheet // in the order of the tabs
	named                   []*namedRange
	metadata                []*metadatum
	formats                 *formatTable // shared by all states; grows only
	calc                    map[address]value
	next                    int64 // for ids the server chooses
	how                     Behaviour
}

type namedRange struct {
	id, name string
	area     area
	lost     bool // its cells are all deleted
}

// metadatum is one developer metadata entry. kind is SPREADSHEET, SHEET, ROW or COLUMN.
type metadatum struct {
	id                     int64
	key, value, visibility string
	kind                   string
	sheet                  int64
	index                  int
}

// address is one cell of one tab, and the key of the calculation cache.
type address struct {
	sheet int64
	r, c  int
}

func newState(title string) *state {
	return &state{gen: 1, title: title, locale: "en_US", timeZone: "Etc/GMT", formats: newFormatTable(), next: 1}
}

// begin returns a copy to work on.
func (st *state) begin() *state {
	tx := *st
	tx.gen++
	tx.calc = nil
	tx.sheets = make([]*sheet, len(st.sheets))
	for i, s := range st.sheets {
		copied := *s
		copied.gen = tx.gen
		tx.sheets[i] = &copied
	}
	tx.named = append([]*namedRange(nil), st.named...)
	tx.metadata = append([]*metadatum(nil), st.metadata...)
	return &tx
}

func (st *state) sheet(id int64) *sheet {
	for _, s := range st.sheets {
		if s.id == id {
			return s
		}
	}
	return nil
}

// grid is sheet with Sheets' refusal.
func (st *state) grid(id int64) (*sheet, error) {
	if s := st.sheet(id); s != nil {
		return s, nil
	}
	return nil, badRequest("No grid with id: %d", id)
}

func (st *state) indexOf(id int64) int {
	for i, s := range st.sheets {
		if s.id == id {
			return i
		}
	}
	return -1
}

// tab finds a tab by title, exactly or else ignoring case.
func (st *state) tab(title string) *sheet {
	for _, s := range st.sheets {
		if s.title == title {
			return s
		}
	}
	for _, s := range st.sheets {
		if strings.EqualFold(s.title, title) {
			return s
		}
	}
	return nil
}

func (st *state) firstVisible() *sheet {
	for _, s := range st.sheets {
		if !s.hidden {
			return s
		}
	}
	return nil
}

func (st *state) namedRange(name string) *namedRange {
	for _, n := range st.named {
		if strings.EqualFold(n.name, name) {
			return n
		}
	}
	return nil
}

// cells is the number the limit of ten million counts: the size of all grids, empty or not.
func (st *state) cells() int64 {
	var n int64
	for _, s := range st.sheets {
		n += int64(s.rowCount) * int64(s.colCount)
	}
	return n
}

// freshID chooses an unused number for a tab, protection, metadata entry, chart, banding or filter view.
func (st *state) freshID() int64 {
	for {
		st.next = (st.next*1103515245 + 12345) & 0x7fffffff
		id := st.next
		if st.sheet(id) == nil && st.protectionByID(id) == nil && st.metadatum(id) == nil && !st.drawn(id) {
			return id
		}
	}
}

func (st *state) metadatum(id int64) *metadatum {
	for _, m := range st.metadata {
		if m.id == id {
			return m
		}
	}
	return nil
}

func (st *state) protectionByID(id int64) *protection {
	for _, s := range st.sheets {
		for _, p := range s.protections {
			if p.id == id {
				return p
			}
		}
	}
	return nil
}

// addTab appends a tab of a size.
func (st *state) addTab(id int64, title string, rows, cols int) *sheet {
	s := &sheet{gen: st.gen, rowsGen: st.gen, id: id, title: title, rowCount: rows, colCount: cols}
	st.sheets = append(st.sheets, s)
	return s
}

// freeTitle is the title a new tab gets when the caller names none.
func (st *state) freeTitle() string {
	for n := len(st.sheets) + 1; ; n++ {
		title := "Sheet" + strconv.Itoa(n)
		if st.tab(title) == nil {
			return title
		}
	}
}

// area is a rectangle of cells, start inclusive and end exclusive; an end of -1 is open.
type area struct {
	sheet          int64
	r1, c1, r2, c2 int
}

func (a area) empty() bool { return (a.r2 >= 0 && a.r2 <= a.r1) || (a.c2 >= 0 && a.c2 <= a.c1) }

// single reports whether the area is one cell.
func (a area) single() bool { return a.r2 == a.r1+1 && a.c2 == a.c1+1 }

func (a area) covers(b area) bool {
	return a.sheet == b.sheet && a.r1 <= b.r1 && a.c1 <= b.c1 &&
		(a.r2 < 0 || (b.r2 >= 0 && b.r2 <= a.r2)) && (a.c2 < 0 || (b.c2 >= 0 && b.c2 <= a.c2))
}

func (a area) overlaps(b area) bool {
	if a.sheet != b.sheet || a.empty() || b.empty() {
		return false
	}
	return (a.r2 < 0 || b.r1 < a.r2) && (b.r2 < 0 || a.r1 < b.r2) && (a.c2 < 0 || b.c1 < a.c2) &&
		(b.c2 < 0 || a.c1 < b.c2)
}

// intersect returns the cells two areas of one tab share.
func (a area) intersect(b area) area {
	return area{
		sheet: a.sheet, r1: max(a.r1, b.r1), c1: max(a.c1, b.c1), r2: nearer(a.r2, b.r2), c2: nearer(a.c2, b.c2),
	}
}

// nearer is the smaller of two ends, -1 being open.
func nearer(a, b int) int {
	if a < 0 || b >= 0 && b < a {
		return b
	}
	return a
}

// gridRange is the area as the API writes it: open ends are absent.
func (a area) gridRange() *sheets.GridRange {
	g := &sheets.GridRange{SheetId: a.sheet, StartRowIndex: int64(a.r1), StartColumnIndex: int64(a.c1)}
	if a.r2 >= 0 {
		g.EndRowIndex = int64(a.r2)
	}
	if a.c2 >= 0 {
		g.EndColumnIndex = int64(a.c2)
	}
	return g
}
