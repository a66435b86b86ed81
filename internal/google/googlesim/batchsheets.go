package googlesim

import (
	"reflect"
	"slices"

	"google.golang.org/api/sheets/v4"
)

const (
	defaultRows    = 1000
	defaultColumns = 26
	// maxTabs is the most tabs a spreadsheet may have.
	maxTabs = 200
)

// addSheet adds a tab; the client may choose its id. See
// https://developers.google.com/workspace/sheets/api/samples/sheet.
func (c *change) addSheet(r *sheets.AddSheetRequest) (*sheets.Response, error) {
	p := r.Properties
	if p == nil {
		p = &sheets.SheetProperties{}
	}
	s, err := c.newTab(p)
	if err != nil {
		return nil, err
	}
	if p.Index != 0 || sent(p.ForceSendFields, "Index") {
		if p.Index < 0 || int(p.Index) >= len(c.st.sheets) {
			return nil, badRequest("The index %d is out of range.", p.Index)
		}
		c.moveTab(s, int(p.Index))
	}
	return &sheets.Response{AddSheet: &sheets.AddSheetResponse{Properties: c.st.properties(s)}}, nil
}

// newTab appends the tab a SheetProperties describes.
func (c *change) newTab(p *sheets.SheetProperties) (*sheet, error) {
	if len(c.st.sheets) >= maxTabs {
		return nil, badRequest("You can't add more than %d sheets to a document.", maxTabs)
	}
	if p.SheetType != "" && p.SheetType != "GRID" {
		return nil, badRequest("Only sheets of type GRID can be added.")
	}
	id := p.SheetId
	switch {
	case id == 0 && !sent(p.ForceSendFields, "SheetId"):
		id = c.st.freshID()
	case id < 0:
		return nil, badRequest("Sheet ids must not be negative: %d", id)
	case c.st.sheet(id) != nil:
		return nil, badRequest("Sheet with id %d already exists.", id)
	}
	title := p.Title
	if title == "" {
		title = c.st.freeTitle()
	}
	if err := c.checkTitle(title, 0, false); err != nil {
		return nil, err
	}
	g := p.GridProperties
	if g == nil {
		g = &sheets.GridProperties{}
	}
	rows, cols := int(g.RowCount), int(g.ColumnCount)
	if rows == 0 {
		rows = defaultRows
	}
	if cols == 0 {
		cols = defaultColumns
	}
	if rows < 0 || cols < 0 {
		return nil, badRequest("The number of rows and columns must not be negative.")
	}
	if cols > maxColumns {
		return nil, errColumns()
	}
	if err := c.mayHold(&sheet{}, rows, cols); err != nil {
		return nil, err
	}
	s := c.st.addTab(id, title, rows, cols)
	if err := s.freeze(int(g.FrozenRowCount), int(g.FrozenColumnCount)); err != nil {
		return nil, err
	}
	s.hidden, s.rightToLeft, s.hideGridlines, s.tabColor = p.Hidden, p.RightToLeft, g.HideGridlines, tabColor(p)
	return s, nil
}

func errColumns() error {
	return badRequest("This action would increase the number of columns in the sheet above the limit of %d columns",
		maxColumns)
}

func tabColor(p *sheets.SheetProperties) *sheets.ColorStyle {
	if p.TabColorStyle == nil && p.TabColor != nil {
		return &sheets.ColorStyle{RgbColor: p.TabColor}
	}
	return p.TabColorStyle
}

func (s *sheet) freeze(rows, cols int) error {
	switch {
	case rows < 0 || cols < 0:
		return badRequest("The number of frozen rows and columns must not be negative.")
	case rows >= s.rowCount && rows > 0:
		return badRequest("You can't freeze all visible rows on the sheet.")
	case cols >= s.colCount && cols > 0:
		return badRequest("You can't freeze all visible columns on the sheet.")
	}
	for _, m := range s.merges {
		for _, side := range []struct {
			noun   string
			edge   int
			merged span
		}{{"row", rows, m.along(true)}, {"column", cols, m.along(false)}} {
			if side.merged.lo < side.edge && side.edge < side.merged.hi {
				return badRequest("Sorry, you can't freeze %ss which contain only part of a merged cell. Try to break "+
					"apart merged cells or freeze more %ss to include the complete merged cells.", side.noun, side.noun)
			}
		}
	}
	s.frozenRows, s.frozenCols = rows, cols
	return nil
}

// moveTab places a tab so that it has the index afterwards.
func (c *change) moveTab(s *sheet, index int) {
	i := c.st.indexOf(s.id)
	c.st.sheets = slices.Insert(slices.Delete(c.st.sheets, i, i+1), index, s)
}

// deleteSheet deletes a tab with all that lies on it. See
// https://developers.google.com/workspace/sheets/api/samples/sheet.
func (c *change) deleteSheet(r *sheets.DeleteSheetRequest) error {
	s, err := c.st.grid(r.SheetId)
	if err != nil {
		return err
	}
	if err := c.mayShape(s, false); err != nil {
		return err
	}
	return c.st.dropTab(s)
}

// dropTab removes a tab with everything attached to it. References to it stay broken.
func (st *state) dropTab(s *sheet) error {
	if len(st.sheets) == 1 {
		return badRequest("You can't remove all the sheets in a document.")
	}
	if !slices.ContainsFunc(st.sheets, func(o *sheet) bool { return o.id != s.id && !o.hidden }) {
		return badRequest("You can't remove all the visible sheets in a document.")
	}
	i := st.indexOf(s.id)
	st.sheets = slices.Delete(st.sheets, i, i+1)
	st.carryReferences(removal{s.id, s.title})
	st.metadata = slices.DeleteFunc(st.metadata, func(m *metadatum) bool {
		return m.kind != "SPREADSHEET" && m.sheet == s.id
	})
	st.named = slices.DeleteFunc(st.named, func(n *namedRange) bool { return n.area.sheet == s.id })
	return nil
}

// removal is a tab that is deleted: what points into it is lost.
type removal struct {
	id    int64
	title string
}

func (m removal) area(a area) (area, bool) { return a, a.sheet != m.id }

func (m removal) reference(r reference, _ int64) reference {
	if r.titled && r.unresolved == "" && r.sheet == m.id {
		r.unresolved, r.sheet = m.title, 0
	}
	return r
}

// duplicateSheet copies a tab with its cells and all that lies over them. See
// https://developers.google.com/workspace/sheets/api/samples/sheet.
func (c *change) duplicateSheet(r *sheets.DuplicateSheetRequest) (*sheets.Response, error) {
	source, err := c.st.grid(r.SourceSheetId)
	if err != nil {
		return nil, err
	}
	p := &sheets.SheetProperties{
		SheetId: r.NewSheetId, Title: r.NewSheetName, Hidden: source.hidden,
		GridProperties: &sheets.GridProperties{RowCount: int64(source.rowCount), ColumnCount: int64(source.colCount)},
	}
	if sent(r.ForceSendFields, "NewSheetId") {
		p.ForceSendFields = []string{"SheetId"}
	}
	if p.Title == "" {
		p.Title = "Copy of " + source.title
	}
	s, err := c.newTab(p)
	if err != nil {
		return nil, err
	}
	c.copyTab(s, source)
	if r.InsertSheetIndex < 0 || int(r.InsertSheetIndex) >= len(c.st.sheets) {
		return nil, badRequest("The index %d is out of range.", r.InsertSheetIndex)
	}
	c.moveTab(s, int(r.InsertSheetIndex))
	return &sheets.Response{DuplicateSheet: &sheets.DuplicateSheetResponse{Properties: c.st.properties(s)}}, nil
}

// updateSheetProperties replaces the masked properties of a tab, its size included. See
// https://developers.google.com/workspace/sheets/api/samples/sheet.
func (c *change) updateSheetProperties(r *sheets.UpdateSheetPropertiesRequest) error {
	m, err := updateMask(r.Fields, sheets.SheetProperties{})
	if err != nil {
		return err
	}
	if r.Properties == nil {
		return badRequest("Properties must be specified.")
	}
	s, err := c.st.grid(r.Properties.SheetId)
	if err != nil {
		return err
	}
	if err := c.mayShape(s, true); err != nil {
		return err
	}
	old := c.st.properties(s)
	p := *old
	m.assign(reflect.ValueOf(&p).Elem(), reflect.ValueOf(r.Properties).Elem())
	if p.SheetId != s.id {
		return badRequest("The sheet id cannot be changed.")
	}
	if p.Title != s.title {
		if err := c.checkTitle(p.Title, s.id, true); err != nil {
			return err
		}
		c.st.retitle(s, p.Title)
	}
	if err := c.resizeTab(s, m, p.GridProperties); err != nil {
		return err
	}
	if p.Hidden && !s.hidden && !slices.ContainsFunc(c.st.sheets,
		func(o *sheet) bool { return o.id != s.id && !o.hidden }) {
		return badRequest("You can't hide all the sheets in a document.")
	}
	s.hidden, s.rightToLeft = p.Hidden, p.RightToLeft
	if m.has("tabColor") || m.has("tabColorStyle") {
		s.tabColor = tabColor(r.Properties)
	}
	if m.has("index") {
		return c.updateIndex(s, int(p.Index))
	}
	return nil
}

// updateIndex moves a tab; the index counts the tabs as they stand before the move.
func (c *change) updateIndex(s *sheet, index int) error {
	if index < 0 || index > len(c.st.sheets) {
		return badRequest("The index %d is out of range.", index)
	}
	if c.st.indexOf(s.id) < index {
		index--
	}
	c.moveTab(s, index)
	return nil
}

// resizeTab sets grid properties: rows first with the limit checked, then columns, as Sheets does.
func (c *change) resizeTab(s *sheet, m mask, g *sheets.GridProperties) error {
	if !m.has("gridProperties") {
		return nil
	}
	if g == nil {
		g = &sheets.GridProperties{}
	}
	rows, cols := int(g.RowCount), int(g.ColumnCount)
	switch {
	case rows <= 0:
		return badRequest("You can't delete all the rows on the sheet.")
	case cols <= 0:
		return badRequest("You can't delete all the columns on the sheet.")
	case rows < s.rowCount && rows <= int(g.FrozenRowCount):
		return badRequest("Sorry, it is not possible to delete all non-frozen rows.")
	case cols < s.colCount && cols <= int(g.FrozenColumnCount):
		return badRequest("Sorry, it is not possible to delete all non-frozen columns.")
	case cols > maxColumns:
		return errColumns()
	}
	if err := c.resizeRows(s, rows); err != nil {
		return err
	}
	if err := c.resizeColumns(s, cols); err != nil {
		return err
	}
	s.hideGridlines = g.HideGridlines
	return s.freeze(int(g.FrozenRowCount), int(g.FrozenColumnCount))
}

func (c *change) resizeRows(s *sheet, rows int) error {
	if rows < s.rowCount {
		if err := c.mayEdit(area{sheet: s.id, r1: rows, r2: s.rowCount, c2: -1}); err != nil {
			return err
		}
		c.st.apply(shift{sheet: s.id, rows: true, op: shiftDelete, at: rows, n: s.rowCount - rows})
		return nil
	}
	if rows > s.rowCount {
		return c.grow(stretch{s: s, rows: true}, rows-s.rowCount)
	}
	return nil
}

func (c *change) resizeColumns(s *sheet, cols int) error {
	if cols < s.colCount {
		if err := c.mayEdit(area{sheet: s.id, c1: cols, c2: s.colCount, r2: -1}); err != nil {
			return err
		}
		c.st.apply(shift{sheet: s.id, op: shiftDelete, at: cols, n: s.colCount - cols})
		return nil
	}
	if cols > s.colCount {
		return c.grow(stretch{s: s}, cols-s.colCount)
	}
	return nil
}

// updateSpreadsheetProperties replaces the masked properties of the spreadsheet. See
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request.
func (c *change) updateSpreadsheetProperties(r *sheets.UpdateSpreadsheetPropertiesRequest) error {
	m, err := updateMask(r.Fields, sheets.SpreadsheetProperties{})
	if err != nil {
		return err
	}
	p := *c.st.spreadsheetProperties()
	var src reflect.Value
	if r.Properties != nil {
		src = reflect.ValueOf(r.Properties).Elem()
	}
	m.assign(reflect.ValueOf(&p).Elem(), src)
	switch {
	case p.Title == "":
		return badRequest("The title of the spreadsheet cannot be empty.")
	case p.Locale == "":
		return badRequest("The locale cannot be empty.")
	case p.TimeZone == "":
		return badRequest("The time zone cannot be empty.")
	}
	c.st.title, c.st.locale, c.st.timeZone = p.Title, p.Locale, p.TimeZone
	return nil
}
