package google

import (
	"encoding/json"
	"slices"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
)

// Before a commit changes a range, the same batch copies the range as it stands to a hidden tab, with its values,
// formulas and formats, so that the write can be undone. Each exporter has one such tab. It holds the last states side
// by side, in the rows in which the range stands and never further left, because a formula that is copied up or to the
// left may lose cells that it refers to.
const (
	stateKey = "ledgersheet_state"
	copyKey  = "ledgersheet_copy"

	// keptStates is how many states are kept.
	keptStates = export.MostUndos
	// keptCells is the largest range of which states are kept, unless Options say otherwise.
	keptCells = 50_000
	// keptTabs is how many tabs a spreadsheet may have for states to be kept. Google allows 200.
	keptTabs = 150
	mostTabs = 200
	// keptShare is how full a spreadsheet may be with a state, in per cent of the cells that Google allows.
	keptShare = 70
	// keptMark limits the size of a state's metadata; Google allows 30,000 characters on a tab.
	// https://developers.google.com/workspace/sheets/api/guides/metadata
	keptMark = 8_000
)

// keptState is the metadata of a state.
type keptState struct {
	Exporter export.ID   `json:"exporter"`
	Run      export.ID   `json:"run"`    // before which the range stood so
	Writes   int         `json:"writes"` // the stamp's then: a larger one is younger
	At       string      `json:"at"`
	Rect     [4]int      `json:"place"`  // on the hidden tab: row, column, and their ends
	Fields   []keptField `json:"fields"` // from left to right
	Look     string      `json:"look,omitempty"`

	id int64
}

// keptField is a column of a state.
type keptField struct {
	field
	Col int `json:"col"` // on the hidden tab
}

func (k keptState) place() rect { return rect{k.Rect[0], k.Rect[1], k.Rect[2], k.Rect[3]} }

// noteState takes the marks of tabs that keep what stood.
func (t *tab) noteState(m *sheets.DeveloperMetadata) {
	switch m.MetadataKey {
	case stateKey:
		var k keptState
		if json.Unmarshal([]byte(m.MetadataValue), &k) == nil && k.Exporter != "" && !k.place().empty() {
			k.id = m.MetadataId
			t.states = append(t.states, k)
		}
	case copyKey:
		t.isCopy = true
	case monthEndKey:
		var k monthEnd
		if json.Unmarshal([]byte(m.MetadataValue), &k) == nil {
			t.monthEnds = append(t.monthEnds, k)
		}
	}
}

// isKept reports whether the program made the tab to keep what stood.
func (t *tab) isKept() bool { return len(t.states) > 0 || t.isCopy }

// statesTab returns the tab with an exporter's states; nil if there is none.
func (st *state) statesTab(owner export.ID) *tab {
	holds := func(t *tab) bool {
		return slices.ContainsFunc(t.states, func(k keptState) bool { return k.Exporter == owner })
	}
	if t := st.tab(statesTabID(owner)); t != nil && holds(t) {
		return t
	}
	for i := range st.tabs { // in a copy of a tab
		if holds(&st.tabs[i]) {
			return &st.tabs[i]
		}
	}
	return nil
}

func statesTabID(owner export.ID) int64 { return numberFor("states", string(owner)) }

// keeping is what a commit does to keep what stands.
type keeping struct {
	copies     []*sheets.Request // of the range as it was seen, before people's lines are moved out of it
	requests   []*sheets.Request
	cells      int  // by which the spreadsheet grows
	state      bool // the write can be undone
	cleared    bool // the tab of states has lost its conditional formats
	copied     string
	copyID     int64
	made       int64  // the hidden tab that keeps what stood, if it is new
	monthEnd   bool   // a copy of a month's end is made
	monthTitle string // of its tab
	alone      bool   // the rows are right as they are: nothing else is written
	warning    string // why no copy of a month's end is made; empty if none is due
}

// planKept decides what the commit keeps of what stands.
func (r *write) planKept() error {
	pl := r.plan
	pl.kept = keeping{}
	if r.isSame() {
		if pl.kept.alone = true; !r.isUndo() {
			r.keepMonthEnd()
		}
		return nil
	}
	if r.w.OnHandEdit == export.KeepCopyOfHandEdits && r.set.Edited > len(r.own) {
		if err := r.keepCopy(); err != nil {
			return err
		}
	}
	r.keepMonthEnd()
	r.keepState()
	return nil
}

// keepRequests returns the requests that keep what stands, and move people's lines out of it. A copy may leave out rows
// that a filter hides, so it shows them first.
func (pl *plan) keepRequests() []*sheets.Request {
	reqs := pl.moveAside()
	if len(pl.kept.copies)+len(pl.kept.requests)+len(reqs) == 0 {
		return nil
	}
	return slices.Concat(pl.showFiltered(), pl.kept.copies, reqs, pl.kept.requests)
}

// keepCopy plans to copy the range to a hidden tab of its own, at the same place, where it stays for good.
func (r *write) keepCopy() error {
	pl, m, t := r.plan, r.place.managed, r.place.tab
	id := numberFor("copy", string(pl.owner), string(pl.run), r.place.stamp.text)
	title := r.state.freeTitle(t.title, ", edited, "+r.c.o.Now().In(r.zone()).Format(copyStamp))
	need := r.budget()
	need.kept += m.endRow * m.endCol
	if need.full() > export.MostCells || len(r.state.tabs) >= mostTabs {
		return problem.New(problem.SpreadsheetFull, "People have edited the exported area, and there is no room for "+
			"the copy that the exporter keeps of it. The spreadsheet has %d tabs of at most %d. %s", len(r.state.tabs),
			mostTabs, need).
			WithHint("Delete copies that you no longer need, or let the exporter overwrite edits. Nothing was written.")
	}
	text, _ := json.Marshal(map[string]string{"exporter": string(pl.owner), "run": string(pl.run)})
	pl.kept.copies = append(pl.kept.copies, addHiddenTab(id, title, m.endRow, m.endCol),
		createMetadata(&sheets.DeveloperMetadata{
			MetadataId: id, MetadataKey: copyKey, MetadataValue: string(text), Visibility: "DOCUMENT",
			Location: &sheets.DeveloperMetadataLocation{SheetId: id},
		}), paste(m.grid(t.id), m.grid(id), "PASTE_NORMAL"))
	pl.kept.cells += m.endRow * m.endCol
	pl.kept.copied, pl.kept.copyID = title, id
	return nil
}

// copyStamp is how titles show a time. A colon would be refused in a file's name.
const copyStamp = "2006-01-02 15.04"

func addHiddenTab(id int64, title string, rows, cols int) *sheets.Request {
	return &sheets.Request{AddSheet: &sheets.AddSheetRequest{Properties: &sheets.SheetProperties{
		SheetId: id, Title: title, Hidden: true,
		GridProperties: &sheets.GridProperties{RowCount: int64(rows), ColumnCount: int64(cols)},
	}}}
}

// keepState plans to copy the range beside the states that are kept, over the oldest of them if they are many. It does
// nothing where there is no room.
func (r *write) keepState() {
	pl, m := r.plan, r.place.extent()
	m.endRow -= pl.aside.rows
	if pl.whole || m.empty() || m.rows()*m.cols() > r.c.o.KeptCells || len(pl.unmerge) > 0 {
		return
	}
	on := r.state.statesTab(pl.owner)
	id, rows, cols := statesTabID(pl.owner), 0, 0
	var kept []keptState
	if on != nil {
		id, rows, cols = on.id, on.rows, on.cols
		kept = slices.DeleteFunc(slices.Clone(on.states), func(k keptState) bool { return k.Exporter != pl.owner })
	} else {
		for r.state.tab(id) != nil {
			id++
		}
	}
	if slices.ContainsFunc(kept, func(k keptState) bool { return k.Run == pl.run }) {
		pl.kept.state = true // what stands now is what an earlier try of this run left
		return
	}
	gone := r.oldest(kept)
	kept = slices.DeleteFunc(kept, func(k keptState) bool {
		return slices.ContainsFunc(gone, func(g keptState) bool { return g.id == k.id })
	})
	at := freeLane(kept, m)
	grown := max(rows, at.endRow)*max(cols, at.endCol) - rows*cols
	text := r.stateMark(at)
	roomy := r.budget().full()+grown <= export.MostCells/100*keptShare
	if !roomy || len(r.state.tabs) > keptTabs || len(text) > keptMark ||
		on != nil && slices.ContainsFunc(on.protected, func(p protection) bool { return p.blocks(at) }) {
		return
	}
	pl.kept.cells += grown
	pl.kept.state = true
	if on == nil {
		title := r.state.freeTitle("Undo of "+r.place.tab.title, "")
		pl.kept.made = id
		pl.kept.requests = append(pl.kept.requests, addHiddenTab(id, title, at.endRow, at.endCol))
	} else {
		pl.kept.requests = append(pl.kept.requests, clearLane(on, gone, at)...)
		pl.kept.cleared = true
	}
	for _, s := range spansOf(r.place.layout.columns()) {
		for _, own := range pl.ownRows() {
			from := rect{own.row, s[0], own.row + own.rows, s[1]}
			to := rect{at.row + own.from, at.col + s[0] - m.col, at.row + own.from + own.rows, at.col + s[1] - m.col}
			pl.kept.requests = append(pl.kept.requests, paste(from.grid(r.place.tab.id), to.grid(id), "PASTE_NORMAL"))
		}
	}
	pl.kept.requests = append(pl.kept.requests, createMetadata(&sheets.DeveloperMetadata{
		MetadataId:  numberFor("state", string(pl.owner), string(pl.run), r.place.stamp.text),
		MetadataKey: stateKey, MetadataValue: text, Visibility: "DOCUMENT",
		Location: &sheets.DeveloperMetadataLocation{SheetId: id},
	}))
}

// oldest returns the states that make way for another one. The one that is being put back stays.
func (r *write) oldest(kept []keptState) []keptState {
	slices.SortFunc(kept, func(a, b keptState) int { return a.Writes - b.Writes })
	var gone []keptState
	for _, k := range kept {
		if len(kept)-len(gone) < keptStates {
			break
		}
		if r.undo == nil || k.id != r.undo.id {
			gone = append(gone, k)
		}
	}
	return gone
}

// freeLane returns where a range can be copied to beside the states: in its own rows, in the first columns that are
// free, but not left of its own.
func freeLane(kept []keptState, m rect) rect {
	col := m.col
	for moved := true; moved; {
		moved = false
		for _, k := range kept {
			if p := k.place(); p.col < col+m.cols() && col < p.endCol {
				col, moved = p.endCol, true
			}
		}
	}
	return rect{m.row, col, m.endRow, col + m.cols()}
}

// clearLane returns the requests that make the hidden tab large enough, and remove states that make way and all that
// is left of older ones.
func clearLane(on *tab, gone []keptState, at rect) []*sheets.Request {
	var reqs []*sheets.Request
	if more := at.endCol - on.cols; more > 0 {
		reqs = append(reqs, appendDimension(on.id, "COLUMNS", more))
	}
	if more := at.endRow - on.rows; more > 0 {
		reqs = append(reqs, appendDimension(on.id, "ROWS", more))
	}
	reqs = append(reqs, clearConditions(on)...)
	for _, k := range gone {
		reqs = append(reqs, reset(k.place().grid(on.id), "*"), deleteMetadata(k.id))
	}
	return append(reqs, reset(at.grid(on.id), "*"))
}

// stateMark returns the metadata of the state that is kept at a place of the hidden tab.
func (r *write) stateMark(at rect) string {
	m, s := r.place.extent(), r.place.stamp
	k := keptState{
		Exporter: r.w.Owner, Run: r.w.Run, Writes: s.Writes, At: s.At, Look: s.Look,
		Rect: [4]int{at.row, at.col, at.endRow, at.endCol},
	}
	for _, f := range s.Fields {
		if col, ok := r.place.layout.at[f.ID]; ok && col >= m.col && col < m.endCol {
			k.Fields = append(k.Fields, keptField{field: f, Col: at.col + col - m.col})
		}
	}
	slices.SortFunc(k.Fields, func(a, b keptField) int { return a.Col - b.Col })
	text, _ := json.Marshal(k) // strings and numbers cannot fail to marshal
	return string(text)
}
