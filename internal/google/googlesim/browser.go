package googlesim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"google.golang.org/api/sheets/v4"
)

// Spreadsheet is one spreadsheet seen and changed past the API: what a test asserts on, and what the
// owner does in the browser.
type Spreadsheet struct {
	s  *Server
	id string

	frozen *state // for a watcher: the state at one moment; the lock is held
	doc    *document
}

// Spreadsheet returns the spreadsheet with an id, or nil if there is none.
func (s *Server) Spreadsheet(id string) *Spreadsheet {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.docs[id] == nil {
		return nil
	}
	return &Spreadsheet{s: s, id: id}
}

// Tab is what is known of a tab apart from its cells.
type Tab struct {
	ID                        int64
	Title                     string
	Hidden                    bool
	Rows, Columns             int
	FrozenRows, FrozenColumns int
}

// Cell is everything one cell holds. Value is nil, float64, string or bool; a broken formula has its
// error ("#REF!") as Value.
type Cell struct {
	Value            any
	Formatted        string
	Formula          string
	Note             string
	NumberFormat     string // pattern
	NumberFormatType string
	Bold             bool
	Format           *sheets.CellFormat // nil: the default; must not be changed
}

// look passes the committed state to read.
func (b *Spreadsheet) look(read func(doc *document, st *state)) {
	if b.frozen != nil {
		read(b.doc, b.frozen)
		return
	}
	b.s.settle(false)
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	if doc := b.s.docs[b.id]; doc != nil {
		read(doc, doc.state)
	}
}

// ID returns the spreadsheet's id.
func (b *Spreadsheet) ID() string { return b.id }

// Title returns the spreadsheet's title.
func (b *Spreadsheet) Title() (title string) {
	b.look(func(_ *document, st *state) { title = st.title })
	return title
}

// Tabs lists the tabs in order.
func (b *Spreadsheet) Tabs() (tabs []Tab) {
	b.look(func(_ *document, st *state) {
		for _, s := range st.sheets {
			tabs = append(tabs, Tab{s.id, s.title, s.hidden, s.rowCount, s.colCount, s.frozenRows, s.frozenCols})
		}
	})
	return tabs
}

// Tab returns the tab with a title; ok is false if there is none.
func (b *Spreadsheet) Tab(title string) (tab Tab, ok bool) {
	for _, t := range b.Tabs() {
		if t.Title == title {
			return t, true
		}
	}
	return Tab{}, false
}

// Cells returns the size of all grids together, which Google limits to ten million.
func (b *Spreadsheet) Cells() (n int64) {
	b.look(func(_ *document, st *state) { n = st.cells() })
	return n
}

// Values returns the computed values of an A1 range without trailing blanks: float64, string, bool,
// and "" for a blank. It is nil if there is no such range.
func (b *Spreadsheet) Values(a1 string) [][]any { return b.read(a1, "UNFORMATTED_VALUE") }

// Formulas is Values with the text of formulas in place of their results.
func (b *Spreadsheet) Formulas(a1 string) [][]any { return b.read(a1, "FORMULA") }

// Formatted is Values as the page shows them.
func (b *Spreadsheet) Formatted(a1 string) [][]any { return b.read(a1, "FORMATTED_VALUE") }

func (b *Spreadsheet) read(a1, option string) (values [][]any) {
	b.look(func(_ *document, st *state) {
		a, err := st.parseRange(a1)
		if err != nil {
			return
		}
		if v, err := st.read(a, rendering{option: option}); err == nil {
			values = v.Values
		}
	})
	return values
}

// Cell returns one cell by its A1 name; the zero Cell if there is none.
func (b *Spreadsheet) Cell(a1 string) (out Cell) {
	b.look(func(_ *document, st *state) {
		a, err := st.parseRange(a1)
		if err != nil {
			return
		}
		s := st.sheet(a.sheet)
		stored := s.at(a.r1, a.c1)
		if stored == nil {
			return
		}
		out = st.cell(s, a.r1, a.c1, stored)
	})
	return out
}

func (st *state) cell(s *sheet, r, c int, stored *cell) Cell {
	v := st.value(s, r, c)
	out := Cell{Formatted: st.format(v, stored.format), Note: stored.note(), Format: st.formats.get(stored.format)}
	switch v.kind {
	case kindNumber:
		out.Value = v.num
	case kindBool:
		out.Value = v.num != 0
	case kindText, kindError:
		out.Value = v.str
	}
	if f := stored.formula(); f != nil {
		out.Formula = f.text(st)
	}
	if f := out.Format; f != nil {
		if f.NumberFormat != nil {
			out.NumberFormat, out.NumberFormatType = f.NumberFormat.Pattern, f.NumberFormat.Type
		}
		out.Bold = f.TextFormat != nil && f.TextFormat.Bold
	}
	return out
}

// NamedRanges maps names to ranges with their tab, as 'My tab'!A1:B2; a range whose cells are gone
// maps to "#REF!".
func (b *Spreadsheet) NamedRanges() map[string]string {
	out := map[string]string{}
	b.look(func(_ *document, st *state) {
		for _, n := range st.named {
			out[n.name] = "#REF!"
			if !n.lost {
				out[n.name] = st.a1(n.area)
			}
		}
	})
	return out
}

// Metadata lists the developer metadata of the whole spreadsheet.
func (b *Spreadsheet) Metadata() (list []*sheets.DeveloperMetadata) {
	b.look(func(_ *document, st *state) {
		for _, m := range st.metadata {
			list = append(list, m.resource())
		}
	})
	return list
}

// Resource returns everything the API would answer to the owner, cells included.
func (b *Spreadsheet) Resource() (out *sheets.Spreadsheet) {
	base := ""
	if b.frozen == nil {
		base = b.s.base(nil)
	}
	b.look(func(doc *document, st *state) {
		out = st.resource(doc, base, view{data: true, email: doc.owner, owner: true})
	})
	return out
}

// edit performs a change as the owner.
func (b *Spreadsheet) edit(apply func(*change) error) error {
	if b.frozen != nil {
		return fmt.Errorf("changing spreadsheet %q: a watcher only looks", b.id)
	}
	b.s.settle(false)
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	doc := b.s.docs[b.id]
	if doc == nil {
		return fmt.Errorf("changing spreadsheet %q: it was deleted", b.id)
	}
	return b.s.commit(doc, caller{email: doc.owner}, "", nil, apply)
}

func (b *Spreadsheet) editTab(title string, apply func(*change, *sheet) error) error {
	return b.edit(func(c *change) error {
		s := c.st.tab(title)
		if s == nil {
			return fmt.Errorf("changing tab %q: there is no such tab", title)
		}
		return apply(c, s)
	})
}

// Batch performs batchUpdate requests as the owner.
func (b *Spreadsheet) Batch(requests ...*sheets.Request) error {
	return b.edit(func(c *change) error { _, err := c.run(requests); return err })
}

// AddTab adds a tab of the usual 1000 by 26 cells at the end.
func (b *Spreadsheet) AddTab(title string) error {
	return b.edit(func(c *change) error { _, err := c.newTab(&sheets.SheetProperties{Title: title}); return err })
}

// DeleteTab deletes a tab.
func (b *Spreadsheet) DeleteTab(title string) error {
	return b.editTab(title, func(c *change, s *sheet) error { return c.st.dropTab(s) })
}

// RenameTab gives a tab another title; formulas follow.
func (b *Spreadsheet) RenameTab(from, to string) error {
	return b.editTab(from, func(c *change, s *sheet) error {
		if err := c.checkTitle(to, s.id, true); err != nil {
			return err
		}
		c.st.retitle(s, to)
		return nil
	})
}

// HideTab hides or shows a tab.
func (b *Spreadsheet) HideTab(title string, hidden bool) error {
	return b.editTab(title, func(_ *change, s *sheet) error { s.hidden = hidden; return nil })
}

// InsertRows inserts n blank rows before the row with this number, counted from 1.
func (b *Spreadsheet) InsertRows(tab string, before, n int) error {
	return b.shape(tab, true, shiftInsert, before, n, "inserting rows")
}

// InsertColumns inserts n blank columns before the column with this number, counted from 1.
func (b *Spreadsheet) InsertColumns(tab string, before, n int) error {
	return b.shape(tab, false, shiftInsert, before, n, "inserting columns")
}

// DeleteRows deletes n rows starting at this row, counted from 1.
func (b *Spreadsheet) DeleteRows(tab string, first, n int) error {
	return b.shape(tab, true, shiftDelete, first, n, "deleting rows")
}

// DeleteColumns deletes n columns starting at this column, counted from 1.
func (b *Spreadsheet) DeleteColumns(tab string, first, n int) error {
	return b.shape(tab, false, shiftDelete, first, n, "deleting columns")
}

func (b *Spreadsheet) shape(tab string, rows bool, op shiftOp, first, n int, doing string) error {
	return b.editTab(tab, func(c *change, s *sheet) error {
		d := stretch{s: s, rows: rows}
		if first < 1 || n < 1 || first > d.size() || op == shiftDelete && (first-1+n > d.size() || n == d.size()) {
			return fmt.Errorf("%s of %q: %d from %d do not fit %d", doing, tab, n, first, d.size())
		}
		if op == shiftInsert {
			height, width := s.rowCount, s.colCount+n
			if rows {
				height, width = s.rowCount+n, s.colCount
			}
			if err := c.mayHold(s, height, width); err != nil {
				return err
			}
		}
		c.st.apply(shift{sheet: s.id, rows: rows, op: op, at: first - 1, n: n})
		return nil
	})
}

// SetCell types text into a cell, as a person does: "=A1*2" is a formula, "5%" a percentage, "" clears.
func (b *Spreadsheet) SetCell(a1, typed string) error {
	return b.edit(func(c *change) error {
		a, err := c.st.parseRange(a1)
		if err != nil {
			return err
		}
		_, err = c.write(area{sheet: a.sheet, r1: a.r1, c1: a.c1, r2: -1, c2: -1},
			&sheets.ValueRange{Values: [][]any{{typed}}}, true)
		return err
	})
}

// SetNote attaches a note to a cell; "" removes it.
func (b *Spreadsheet) SetNote(a1, note string) error {
	return b.paint(a1, "note", &sheets.CellData{Note: note})
}

// SetFormat gives the cells of a range a format.
func (b *Spreadsheet) SetFormat(a1 string, format *sheets.CellFormat) error {
	return b.paint(a1, "userEnteredFormat", &sheets.CellData{UserEnteredFormat: format})
}

func (b *Spreadsheet) paint(a1, fields string, data *sheets.CellData) error {
	return b.onRange(a1, func(c *change, g *sheets.GridRange) error {
		return c.repeatCell(&sheets.RepeatCellRequest{Range: g, Cell: data, Fields: fields})
	})
}

// NameRange names a range.
func (b *Spreadsheet) NameRange(name, a1 string) error {
	return b.edit(func(c *change) error {
		a, err := c.st.parseRange(a1)
		if err != nil {
			return err
		}
		_, err = c.addNamedRange(&sheets.AddNamedRangeRequest{NamedRange: &sheets.NamedRange{
			Name: name, Range: a.gridRange(),
		}})
		return err
	})
}

// Protect lets only the owner and the editors change a range; a bare quoted title protects the tab.
func (b *Spreadsheet) Protect(a1 string, editors ...string) error {
	return b.edit(func(c *change) error {
		a, err := c.st.parseRange(a1)
		if err != nil {
			return err
		}
		_, err = c.addProtectedRange(&sheets.AddProtectedRangeRequest{ProtectedRange: &sheets.ProtectedRange{
			Range: a.gridRange(), Editors: &sheets.Editors{Users: slices.Clone(editors)}}})
		return err
	})
}

// Unprotect removes all protections of a tab.
func (b *Spreadsheet) Unprotect(tab string) error {
	return b.editTab(tab, func(_ *change, s *sheet) error { s.protections = nil; return nil })
}

// ShareWith makes an account an editor.
func (b *Spreadsheet) ShareWith(email string) error { return b.s.Share(b.id, email, "writer") }

// Unshare takes an account's access away.
func (b *Spreadsheet) Unshare(email string) {
	b.look(func(doc *document, _ *state) { delete(doc.shares, email) })
}

// Trash moves the spreadsheet to the bin, or takes it out.
func (b *Spreadsheet) Trash(on bool) { b.look(func(doc *document, _ *state) { doc.trashed = on }) }

// Delete removes the spreadsheet permanently.
func (b *Spreadsheet) Delete() {
	b.s.mu.Lock()
	defer b.s.mu.Unlock()
	delete(b.s.docs, b.id)
	b.s.order = slices.DeleteFunc(b.s.order, func(id string) bool { return id == b.id })
}

// Client returns an HTTP client that speaks for an account with scopes, without a network: it calls
// the server directly and works inside a synctest bubble. Tokens are made afresh when they expire.
func (s *Server) Client(email string, scopes ...string) *http.Client {
	return &http.Client{Transport: &authorized{
		next: s.Transport(), token: func() string { return s.AccessToken(email, scopes...) },
	}}
}

type authorized struct {
	next  http.RoundTripper
	token func() string
}

// RoundTrip adds a bearer token to a copy of the request.
func (a *authorized) RoundTrip(r *http.Request) (*http.Response, error) {
	fresh := r.Clone(r.Context())
	fresh.Header.Set("Authorization", "Bearer "+strings.TrimSpace(a.token()))
	return a.next.RoundTrip(fresh)
}
