package googlesim

import (
	"strconv"
	"strings"

	"google.golang.org/api/sheets/v4"
)

func (p *performance) create() (*sheets.Spreadsheet, error) {
	var in sheets.Spreadsheet
	if err := decodeBody(p.c.body, &in, ""); err != nil {
		return nil, err
	}
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	if err := p.s.mayCreate(p.who); err != nil {
		return nil, err
	}
	st := newState("Untitled spreadsheet")
	if in.Properties != nil {
		if in.Properties.Title != "" {
			st.title = in.Properties.Title
		}
		if in.Properties.Locale != "" {
			st.locale = in.Properties.Locale
		}
		if in.Properties.TimeZone != "" {
			st.timeZone = in.Properties.TimeZone
		}
	}
	c := &change{st: st, who: p.who, owner: true, limit: p.s.cellLimit, year: p.s.now().Year()}
	if len(in.Sheets) == 0 {
		st.addTab(0, "Sheet1", defaultRows, defaultColumns)
	}
	for i, sh := range in.Sheets {
		if err := c.createTab(sh); err != nil {
			return nil, inSheets(err, i)
		}
	}
	for _, n := range in.NamedRanges {
		if _, err := c.addNamedRange(&sheets.AddNamedRangeRequest{NamedRange: n}); err != nil {
			return nil, err
		}
	}
	for _, m := range in.DeveloperMetadata {
		located := *m
		located.Location = &sheets.DeveloperMetadataLocation{Spreadsheet: true}
		request := &sheets.CreateDeveloperMetadataRequest{DeveloperMetadata: &located}
		if _, err := c.createDeveloperMetadata(request); err != nil {
			return nil, err
		}
	}
	doc := p.s.store(p.who.email, st)
	doc.apps[appKey(p.who)] = true
	v := view{email: p.who.email, owner: true}
	if p.fields != "" {
		m, err := responseMask(p.fields, &sheets.Spreadsheet{})
		if err != nil {
			return nil, err
		}
		v.fields = m
	}
	return st.resource(doc, p.base, v), nil
}

func inSheets(err error, i int) error {
	e := *asAPIError(err)
	e.message = "Invalid sheets[" + itoa(i) + "]: " + e.message
	return &e
}

// createTab adds one tab of a create request with its cells, merges and metadata.
func (c *change) createTab(sh *sheets.Sheet) error {
	properties := sh.Properties
	if properties == nil {
		properties = &sheets.SheetProperties{}
	}
	s, err := c.newTab(properties)
	if err != nil {
		return err
	}
	for _, d := range sh.Data {
		p, err := c.painter("userEnteredValue,userEnteredFormat,note,dataValidation")
		if err != nil {
			return err
		}
		a := s.clamp(area{sheet: s.id, r1: int(d.StartRow), c1: int(d.StartColumn), r2: -1, c2: -1})
		if err := c.paintRows(p, s, a, d.RowData, false); err != nil {
			return err
		}
		for i, m := range d.ColumnMetadata {
			one := stretch{s: s, lo: int(d.StartColumn) + i, hi: int(d.StartColumn) + i + 1}
			one.change(func(dimension) dimension { return dimension{pixels: m.PixelSize, hidden: m.HiddenByUser} })
		}
	}
	for _, m := range sh.Merges {
		if m.SheetId == 0 {
			m.SheetId = s.id
		}
		if err := c.mergeCells(&sheets.MergeCellsRequest{Range: m, MergeType: "MERGE_ALL"}); err != nil {
			return err
		}
	}
	for _, m := range sh.DeveloperMetadata {
		located := *m
		located.Location = &sheets.DeveloperMetadataLocation{SheetId: s.id, ForceSendFields: []string{"SheetId"}}
		request := &sheets.CreateDeveloperMetadataRequest{DeveloperMetadata: &located}
		if _, err := c.createDeveloperMetadata(request); err != nil {
			return err
		}
	}
	return nil
}

// view reads what a get asks for. includeGridData counts only without a mask.
func (p *performance) view(doc *document, st *state, fields string, grid bool, ranges []string) (view, error) {
	v := view{email: p.who.email, owner: doc.owner == p.who.email, data: grid}
	if fields != "" {
		m, err := responseMask(fields, &sheets.Spreadsheet{})
		if err != nil {
			return view{}, err
		}
		v.fields, v.data = m, m.has("sheets.data")
	}
	for _, text := range ranges {
		a, err := st.parseRange(text)
		if err != nil {
			return view{}, err
		}
		if _, _, err := st.readArea(a); err != nil {
			return view{}, err
		}
		v.areas = append(v.areas, a)
	}
	return v, nil
}

func (p *performance) get() (out *sheets.Spreadsheet, err error) {
	err = p.look(func(doc *document, st *state) error {
		v, err := p.view(doc, st, p.fields, p.q.Get("includeGridData") == "true", p.q["ranges"])
		if err == nil {
			out = st.resource(doc, p.base, v)
		}
		return err
	})
	return out, err
}

func (p *performance) getByDataFilter() (out *sheets.Spreadsheet, err error) {
	var in sheets.GetSpreadsheetByDataFilterRequest
	if err := decodeBody(p.c.body, &in, ""); err != nil {
		return nil, err
	}
	err = p.look(func(doc *document, st *state) error {
		v, err := p.view(doc, st, p.fields, in.IncludeGridData, nil)
		if err != nil {
			return err
		}
		for _, f := range in.DataFilters {
			areas, err := st.filterAreas(f)
			if err != nil {
				return err
			}
			v.areas = append(v.areas, areas...)
		}
		out = st.resource(doc, p.base, v)
		return nil
	})
	return out, err
}

// filterAreas are the areas a data filter chooses: its range, or where its metadata lies.
func (st *state) filterAreas(f *sheets.DataFilter) ([]area, error) {
	a, ok, err := st.filterArea(f)
	if err != nil || ok {
		return []area{a}, err
	}
	if f.DeveloperMetadataLookup == nil {
		return nil, badRequest("A data filter must specify a range or a developer metadata lookup.")
	}
	var out []area
	for _, m := range st.metadata {
		if !m.found(f.DeveloperMetadataLookup) {
			continue
		}
		switch m.kind {
		case "SHEET":
			out = append(out, area{sheet: m.sheet, r2: -1, c2: -1})
		case "ROW":
			out = append(out, area{sheet: m.sheet, r1: m.index, r2: m.index + 1, c2: -1})
		case "COLUMN":
			out = append(out, area{sheet: m.sheet, c1: m.index, c2: m.index + 1, r2: -1})
		}
	}
	return out, nil
}

func (p *performance) batchUpdate() (*sheets.BatchUpdateSpreadsheetResponse, error) {
	var in sheets.BatchUpdateSpreadsheetRequest
	if err := decodeBody(p.c.body, &in, ""); err != nil {
		return nil, err
	}
	out := &sheets.BatchUpdateSpreadsheetResponse{SpreadsheetId: p.c.id}
	mask, err := responseMask(p.fields, out)
	if err != nil {
		return nil, err
	}
	err = p.alter(func(c *change) error {
		replies, err := c.run(in.Requests)
		if err != nil {
			return err
		}
		out.Replies = replies
		if !in.IncludeSpreadsheetInResponse {
			return nil
		}
		v, err := p.view(c.doc, c.st, "", in.ResponseIncludeGridData, in.ResponseRanges)
		if err != nil {
			return err
		}
		if sub, ok := mask["updatedSpreadsheet"]; ok && sub != nil {
			v.fields, v.data = sub, sub.has("sheets.data")
		}
		out.UpdatedSpreadsheet = c.st.resource(c.doc, p.base, v)
		return nil
	})
	return out, err
}

// copyTo copies a tab into another spreadsheet. References to other tabs break, as in Sheets.
func (p *performance) copyTo() (*sheets.SheetProperties, error) {
	var in sheets.CopySheetToAnotherSpreadsheetRequest
	if err := decodeBody(p.c.body, &in, ""); err != nil {
		return nil, err
	}
	id, err := strconv.ParseInt(p.c.arg, 10, 64)
	if err != nil {
		return nil, badRequest("Invalid value at 'sheet_id' (TYPE_INT32), %q", p.c.arg)
	}
	p.s.mu.Lock()
	defer p.s.mu.Unlock()
	from, refused := p.s.open(p.who, &call{kind: "get", id: p.c.id, read: true})
	if refused != nil {
		return nil, refused
	}
	source, err := from.state.grid(id)
	if err != nil {
		return nil, err
	}
	to, refused := p.s.open(p.who, &call{kind: "batchUpdate", id: in.DestinationSpreadsheetId})
	if refused != nil {
		return nil, refused
	}
	var out *sheets.SheetProperties
	err = p.s.commit(to, p.who, p.base, p.c, func(c *change) error {
		title := "Copy of " + source.title
		for n := 2; c.st.tab(title) != nil; n++ {
			title = "Copy of " + source.title + " " + itoa(n)
		}
		s, err := c.newTab(&sheets.SheetProperties{
			Title: title,
			GridProperties: &sheets.GridProperties{
				RowCount: int64(source.rowCount), ColumnCount: int64(source.colCount),
			},
		})
		if err != nil {
			return err
		}
		copyCells(s, source)
		c.st.adopt(s, from.state, source)
		out = c.st.properties(s)
		return nil
	})
	return out, err
}

// adopt renumbers the formats and re-reads the formulas of a tab that came from another spreadsheet.
func (st *state) adopt(s *sheet, from *state, source *sheet) {
	s.each(s.whole(), func(r, c int, stored *cell) bool {
		stored.format = st.formats.number(from.formats.get(stored.format))
		if f := stored.formula(); f != nil {
			text := strings.TrimPrefix(f.text(from), "=")
			stored.setExtra(func(e *extra) { e.formula = st.parseFormula(text) })
		}
		return true
	})
}

func (p *performance) metadataGet() (out *sheets.DeveloperMetadata, err error) {
	id, err := strconv.ParseInt(p.c.arg, 10, 64)
	if err != nil {
		return nil, badRequest("Invalid value at 'metadata_id' (TYPE_INT32), %q", p.c.arg)
	}
	err = p.look(func(_ *document, st *state) error {
		m := st.metadatum(id)
		if m == nil {
			return errNotFound()
		}
		out = m.resource()
		return nil
	})
	return out, err
}

func (p *performance) metadataSearch() (out *sheets.SearchDeveloperMetadataResponse, err error) {
	var in sheets.SearchDeveloperMetadataRequest
	if err := decodeBody(p.c.body, &in, ""); err != nil {
		return nil, err
	}
	err = p.look(func(_ *document, st *state) error {
		out, err = st.search(in.DataFilters)
		return err
	})
	return out, err
}
