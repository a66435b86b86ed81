package google

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"google.golang.org/api/sheets/v4"

	"ledgersheet/internal/change"
	"ledgersheet/internal/export"
	"ledgersheet/internal/problem"
	"ledgersheet/internal/table"
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

// noteState takes the marks of hidden tabs that keep what stood.
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
	requests []*sheets.Request
	cells    int  // by which the spreadsheet grows
	state    bool // the write can be undone
	copied   string
	copyID   int64
}

// planKept decides what the commit keeps of what stands.
func (r *write) planKept() error {
	pl := r.plan
	pl.kept = keeping{}
	if r.isSame() {
		return nil
	}
	if r.w.OnHandEdit == export.KeepCopyOfHandEdits && r.set.Edited > 0 {
		if err := r.keepCopy(); err != nil {
			return err
		}
	}
	r.keepState()
	return nil
}

// keepRequests returns the requests that keep what stands. A copy may leave out rows that a filter hides, so it shows
// them first.
func (pl *plan) keepRequests() []*sheets.Request {
	if len(pl.kept.requests) == 0 {
		return nil
	}
	return append(pl.showFiltered(), pl.kept.requests...)
}

// keepCopy plans to copy the range to a hidden tab of its own, at the same place, where it stays for good.
func (r *write) keepCopy() error {
	pl, m, t := r.plan, r.place.managed, r.place.tab
	id := numberFor("copy", string(pl.owner), string(pl.run), r.place.stamp.text)
	title := r.freeTitle(fmt.Sprintf("%s, edited, %s", cut(t.title, 50), r.c.o.Now().In(r.zone()).Format(copyStamp)))
	full := r.state.cells(r.w.Owner) + max(0, pl.growth()) + m.endRow*m.endCol
	if full > export.MostCells || len(r.state.tabs) >= mostTabs {
		return problem.New(problem.SpreadsheetFull, "People have edited the exported area, and there is no room for "+
			"the copy that the exporter keeps of it: the spreadsheet has %d tabs and would have %d cells.",
			len(r.state.tabs), full).
			WithHint("Delete copies that you no longer need, or let the exporter overwrite edits. Nothing was written.")
	}
	text, _ := json.Marshal(map[string]string{"exporter": string(pl.owner), "run": string(pl.run)})
	pl.kept.requests = append(pl.kept.requests, addHiddenTab(id, title, m.endRow, m.endCol),
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

// freeTitle returns the title, or one like it that no tab has.
func (r *write) freeTitle(title string) string {
	free := title
	for n := 2; r.state.tabTitled(free) != nil; n++ {
		free = fmt.Sprintf("%s (%d)", title, n)
	}
	return free
}

func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most])
	}
	return text
}

// keepState plans to copy the range beside the states that are kept, over the oldest of them if they are many. It does
// nothing where there is no room.
func (r *write) keepState() {
	pl, m := r.plan, r.place.managed
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
	roomy := r.state.cells(pl.owner)+max(0, pl.growth())+pl.kept.cells+grown <= export.MostCells/100*keptShare
	if !roomy || len(r.state.tabs) > keptTabs || len(text) > keptMark ||
		on != nil && slices.ContainsFunc(on.protected, func(p protection) bool { return p.blocks(at) }) {
		return
	}
	pl.kept.cells += grown
	pl.kept.state = true
	if on == nil {
		title := r.freeTitle("Undo of " + cut(r.place.tab.title, 60))
		pl.kept.requests = append(pl.kept.requests, addHiddenTab(id, title, at.endRow, at.endCol))
	} else {
		pl.kept.requests = append(pl.kept.requests, clearLane(on, gone, at)...)
	}
	for _, s := range spansOf(r.place.layout.columns()) {
		from := rect{m.row, s[0], m.endRow, s[1]}
		to := rect{at.row, at.col + s[0] - m.col, at.endRow, at.col + s[1] - m.col}
		pl.kept.requests = append(pl.kept.requests, paste(from.grid(r.place.tab.id), to.grid(id), "PASTE_NORMAL"))
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
	for range on.conditions { // each copy brings the range's rules along
		reqs = append(reqs, &sheets.Request{DeleteConditionalFormatRule: &sheets.DeleteConditionalFormatRuleRequest{
			SheetId: on.id, ForceSendFields: []string{"SheetId", "Index"},
		}})
	}
	for _, k := range gone {
		reqs = append(reqs, reset(k.place().grid(on.id), "*"), deleteMetadata(k.id))
	}
	return append(reqs, reset(at.grid(on.id), "*"))
}

// stateMark returns the metadata of the state that is kept at a place of the hidden tab.
func (r *write) stateMark(at rect) string {
	m, s := r.place.managed, r.place.stamp
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

// restore makes the state before a run the result that is to be written.
func (r *write) restore(ctx context.Context) error {
	on := r.state.statesTab(r.w.Owner)
	if on != nil {
		r.undoTab = on
		i := slices.IndexFunc(on.states, func(k keptState) bool { return k.Exporter == r.w.Owner && k.Run == r.w.Undo })
		if i >= 0 {
			r.undo = &on.states[i]
		}
	}
	switch m := r.place.managed; {
	case m.empty() || r.place.isMoved():
		return cannotUndo("The exported area is no longer where that run wrote it.")
	case r.undo == nil && r.w.Reverse != nil:
		return r.takeBack(ctx)
	case r.undo == nil:
		return cannotUndo("Nothing is kept any more of what stood before that run.")
	}
	var columns []table.Column
	at, titled := r.undo.place(), true
	var rows *table.Spool
	n := 0
	err := r.read(ctx, r.state.id, on.title, at, func(row []value) {
		if n == 0 {
			for _, f := range r.undo.Fields {
				title := row[f.Col-at.col]
				titled = titled && title.Kind == 's'
				columns = append(columns, table.Column{ID: f.ID, Title: title.Text, Key: f.Key})
			}
			rows = table.NewSpool(table.Schema{Columns: columns})
		} else {
			line := make([]value, len(columns))
			for i, f := range r.undo.Fields {
				line[i] = row[f.Col-at.col]
			}
			_ = rows.Add(table.Row{Cells: packRow(line)}) // cannot fail: it is as wide as its schema, and in memory
		}
		n++
	})
	if err != nil {
		return err
	}
	if !titled {
		return cannotUndo("Somebody has changed the hidden tab %q, which keeps what stood before.", on.title)
	}
	r.w.Rows = trimBlank(rows)
	r.w.Repair = export.RepairPutBack
	return nil
}

// takeBack makes the rows that stand, without what a run did, the result that is to be written. Formats stay.
func (r *write) takeBack(ctx context.Context) error {
	done := r.place.stamp.Run == r.w.Run // an earlier try of this run
	if r.place.stamp.Run != r.w.Undo && !done {
		return cannotUndo("A later run has changed the rows.")
	}
	r.reverse, r.undo = true, &keptState{Look: r.place.stamp.Look}
	var schema table.Schema
	var titles []string
	for _, f := range r.place.stamp.Fields {
		r.undo.Fields = append(r.undo.Fields, keptField{field: f})
		schema.Columns = append(schema.Columns, table.Column{ID: f.ID, Title: f.Title, Key: f.Key})
		titles = append(titles, f.Title)
	}
	r.w.Rows, r.w.Repair = table.NewSpool(schema), export.RepairPutBack
	r.newChange()
	if err := r.stand(ctx); err != nil {
		return err
	}
	rows := table.NewSpool(schema)
	add := func(row []value) { _ = rows.Add(table.Row{Cells: packRow(row)}) } // cannot fail: it is in memory
	if done {
		r.standing(add)
		r.w.Rows = rows
		return nil
	}
	back, err := change.NewReversal(r.w.Reverse, titles, schema.Keys())
	if err == nil {
		r.standing(func(row []value) {
			if err == nil {
				err = back.Row(row, add)
			}
		})
	}
	if err != nil {
		return cannotUndo("What it changed is not known row by row.")
	}
	back.End(len(titles), add)
	r.w.Rows = rows
	return nil
}

// isReversible reports whether what the write does to the rows can be taken back by its difference alone.
func (r *write) isReversible() bool {
	titles := map[string]bool{}
	hidden := false
	for _, c := range r.w.Rows.Schema().Columns {
		titles[c.Title] = true
		hidden = hidden || slices.Contains(r.w.Hidden, c.ID)
	}
	return r.set.Complete && !hidden && len(titles) == len(r.plan.cols) && len(r.w.Rows.Schema().Keys()) > 0 &&
		r.policy().Change && r.sameColumns() && !r.plan.whole && !r.plan.header && r.change.IsOrdered()
}

func cannotUndo(format string, args ...any) error {
	return problem.New(problem.SheetConflict, "The run cannot be undone. "+format, args...).
		WithHint("The sheet stays as it is. Google's own version history (File, Version history) may have what you " +
			"are looking for.").Lasting()
}

// packRow makes cells of values, as they are kept in a spool.
func packRow(values []value) []table.Cell {
	cells := make([]table.Cell, len(values))
	for i, v := range values {
		if v.Kind != 0 {
			cells[i] = table.TextOf(string(v.Kind) + v.Text)
		}
	}
	return cells
}

// unpackCell is the reverse of packRow.
func unpackCell(c table.Cell) value {
	if text := c.String(); text != "" {
		return value{Kind: text[0], Text: text[1:]}
	}
	return value{}
}

// trimBlank returns the rows without blank ones at the end.
func trimBlank(all *table.Spool) *table.Spool {
	last, n := 0, 0
	for row := range all.Rows() {
		n++
		if slices.ContainsFunc(row.Cells, func(c table.Cell) bool { return c.String() != "" }) {
			last = n
		}
	}
	rows := table.NewSpool(all.Schema())
	n = 0
	for row := range all.Rows() {
		if n++; n <= last {
			_ = rows.Add(row)
		}
	}
	return rows
}

// putBack returns the requests that copy the state to where the range stands now.
func (r *write) putBack() []*sheets.Request {
	var reqs []*sheets.Request
	pl, from := r.plan, r.undo.place()
	rows := min(from.rows(), pl.target.rows())
	for _, p := range pl.parts() {
		for i := p.from; i < p.from+p.span[1]-p.span[0]; {
			n := 1 // columns that stand side by side in both places
			for i+n < p.from+p.span[1]-p.span[0] && r.undo.Fields[i+n].Col == r.undo.Fields[i].Col+n {
				n++
			}
			source := rect{from.row, r.undo.Fields[i].Col, from.row + rows, r.undo.Fields[i].Col + n}
			to := rect{pl.target.row, pl.cols[i], pl.target.row + rows, pl.cols[i] + n}
			reqs = append(reqs, paste(source.grid(r.undoTab.id), to.grid(pl.tabID), "PASTE_NORMAL"))
			i += n
		}
	}
	return reqs
}

// verifyUndo reads back what was put back. Formulas are not compared: they were copied twice.
func (r *write) verifyUndo(ctx context.Context) error {
	mask := func(row []value) {
		for i, v := range row {
			if isFormula(v) {
				row[i] = value{Kind: 'f'}
			}
		}
	}
	want, got := newTally(0), newTally(0)
	err := r.rows(func(row []value, _ table.Row) error {
		mask(row)
		want.add(row, nil)
		return nil
	})
	if err != nil || want.rows == 0 {
		return err
	}
	spans := spansOf(r.plan.cols)
	at := rect{r.plan.first(), spans[0][0], r.plan.first() + want.rows, spans[len(spans)-1][1]}
	line := make([]value, len(r.plan.cols))
	err = r.read(ctx, r.state.id, r.plan.title, at, func(values []value) {
		for i, c := range r.plan.cols {
			line[i] = values[c-at.col]
		}
		mask(line)
		got.add(line, nil)
	})
	if err == nil && got.digest() != want.digest() {
		return problem.New(problem.TotalsMismatch, "The rows on the tab %q are not those that were put back.",
			r.plan.title)
	}
	return err
}

// keptWarnings tells people what was kept of their edits, and which rows of theirs went.
func (r *write) keptWarnings() []string {
	var list []string
	if kept := r.plan.kept; kept.copied != "" {
		base := r.state.url
		if base == "" {
			base = spreadsheetBase + r.state.id + "/edit"
		}
		list = append(list, fmt.Sprintf("People had edited %s. What stood before is kept on the hidden tab %q: "+
			"%s#gid=%d (View, Hidden sheets).", r.editedPlaces(), kept.copied, base, kept.copyID))
	}
	var own []string
	for _, ed := range r.set.Edits {
		if ed.Kind == change.Added {
			own = append(own, ed.Place)
		}
	}
	if len(own) > 0 && !r.isUndo() {
		list = append(list, fmt.Sprintf("%s of the exported area on the tab %q was not written by this exporter and "+
			"is no longer there. What this run changed shows what it held. Keep your own lines below or beside the "+
			"area.", strings.Join(own[:min(len(own), namedEdits)], ", "), r.plan.title))
	}
	return list
}

func (r *write) isUndo() bool { return r.w.Undo != "" }

// copies reports whether the write copies a state that is kept, and so writes no rows.
func (r *write) copies() bool { return r.isUndo() && !r.reverse }

// namedEdits is how many edits a sentence names.
const namedEdits = 5

// placeEdits says where edits are.
func (r *write) placeEdits() {
	schema := r.w.Rows.Schema()
	for n := range r.set.Edits {
		ed := &r.set.Edits[n]
		if ed.At < 0 {
			continue
		}
		row := r.place.managed.row + 1 + ed.At
		ed.Place = fmt.Sprintf("row %d", row+1)
		if ed.Kind != change.Changed || len(ed.Columns) != 1 || !ed.Known {
			continue
		}
		id := ""
		if i := ed.Columns[0]; r.sameColumns() {
			id = schema.Columns[i].ID
		} else {
			id = r.place.stamp.Fields[i].ID
		}
		if col, ok := r.place.layout.at[id]; ok {
			ed.Place = cellName(row, col)
		}
	}
}

// editedPlaces names the first edits.
func (r *write) editedPlaces() string {
	var places []string
	gone := 0
	for _, ed := range r.set.Edits {
		if ed.Place == "" {
			gone++
		} else if len(places) < namedEdits {
			places = append(places, ed.Place)
		}
	}
	if more := r.set.Edited - len(places) - gone; more > 0 {
		places = append(places, fmt.Sprintf("%d more", more))
	}
	if gone > 0 {
		places = append(places, fmt.Sprintf("rows that were taken out (%d)", gone))
	}
	return strings.Join(places, ", ")
}

// refuseEdits fails a write that would undo what people did, if the exporter is to stop then.
func (r *write) refuseEdits() error {
	if r.w.OnHandEdit != export.StopOnHandEdit || r.set.Edited == 0 || r.plan == nil {
		return nil
	}
	return problem.New(problem.SheetConflict, "People have edited the exported area on the tab %q since the last "+
		"run: %s.", r.plan.title, r.editedPlaces()).
		WithHint("Put back what was there or correct it in QuickBooks, or let the exporter overwrite edits or keep a " +
			"copy of them. Nothing was written.").Lasting()
}

// lastTrace returns what the run whose stamp was seen has left; nil if that is unknown.
func (r *write) lastTrace() []byte {
	wrote := r.place.stamp.Run
	switch {
	case len(r.place.layout.missing) > 0: // the rows are not as wide as they were
	case r.w.NextRun != "" && r.w.NextRun == wrote:
		return r.w.Next
	case r.w.TraceRun == "" || r.w.TraceRun == wrote:
		return r.w.Trace
	}
	return nil
}
