package googlesim

import (
	"slices"

	"google.golang.org/api/sheets/v4"
)

func (m *metadatum) resource() *sheets.DeveloperMetadata {
	location := &sheets.DeveloperMetadataLocation{LocationType: m.kind}
	switch m.kind {
	case "SPREADSHEET":
		location.Spreadsheet = true
	case "SHEET":
		location.SheetId = m.sheet
	default:
		dimension := "COLUMNS"
		if m.kind == "ROW" {
			dimension = "ROWS"
		}
		location.DimensionRange = &sheets.DimensionRange{
			SheetId: m.sheet, Dimension: dimension, StartIndex: int64(m.index), EndIndex: int64(m.index + 1),
		}
	}
	return &sheets.DeveloperMetadata{
		MetadataId: m.id, MetadataKey: m.key, MetadataValue: m.value, Visibility: m.visibility, Location: location,
	}
}

// place reads a location: the spreadsheet, a tab, or exactly one row or column.
func (c *change) place(m *metadatum, l *sheets.DeveloperMetadataLocation) error {
	switch {
	case l == nil:
		return badRequest("A location must be specified.")
	case l.DimensionRange != nil:
		d, err := c.stretch(l.DimensionRange)
		if err != nil {
			return err
		}
		if d.hi-d.lo != 1 {
			return badRequest("Developer metadata can only be associated with a single row or column.")
		}
		if d.hi > d.size() {
			return badRequest("range.endIndex[%d] is after last %s in grid[%d]", d.hi, d.noun(), d.size())
		}
		m.kind, m.sheet, m.index = "COLUMN", d.s.id, d.lo
		if d.rows {
			m.kind = "ROW"
		}
	case l.Spreadsheet:
		m.kind, m.sheet, m.index = "SPREADSHEET", 0, 0
	case l.SheetId != 0 || sent(l.ForceSendFields, "SheetId"):
		if _, err := c.st.grid(l.SheetId); err != nil {
			return err
		}
		m.kind, m.sheet, m.index = "SHEET", l.SheetId, 0
	default:
		return badRequest("A location must be specified.")
	}
	return nil
}

func (m *metadatum) check() error {
	switch {
	case m.key == "":
		return badRequest("A metadata key must be specified.")
	case m.visibility != "DOCUMENT" && m.visibility != "PROJECT":
		return badRequest("A metadata visibility must be specified.")
	}
	return nil
}

// createDeveloperMetadata refuses an id that is taken, which fails the whole batch. See
// https://developers.google.com/workspace/sheets/api/guides/metadata.
func (c *change) createDeveloperMetadata(r *sheets.CreateDeveloperMetadataRequest) (*sheets.Response, error) {
	d := r.DeveloperMetadata
	if d == nil {
		return nil, badRequest("Developer metadata must be specified.")
	}
	m := &metadatum{id: d.MetadataId, key: d.MetadataKey, value: d.MetadataValue, visibility: d.Visibility}
	if m.id == 0 && !sent(d.ForceSendFields, "MetadataId") {
		m.id = c.st.freshID()
	}
	if m.id <= 0 {
		return nil, badRequest("Metadata ids must be positive: %d", m.id)
	}
	if c.st.metadatum(m.id) != nil {
		return nil, badRequest("Cannot add developer metadata with ID [%d] because developer metadata with that ID "+
			"already exists.", m.id)
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	if err := c.place(m, d.Location); err != nil {
		return nil, err
	}
	c.st.metadata = append(c.st.metadata, m)
	created := &sheets.CreateDeveloperMetadataResponse{DeveloperMetadata: m.resource()}
	return &sheets.Response{CreateDeveloperMetadata: created}, nil
}

// updateDeveloperMetadata replaces the masked fields of all entries that are found. See
// https://developers.google.com/workspace/sheets/api/guides/metadata.
func (c *change) updateDeveloperMetadata(r *sheets.UpdateDeveloperMetadataRequest) (*sheets.Response, error) {
	mk, err := updateMask(r.Fields, sheets.DeveloperMetadata{})
	if err != nil {
		return nil, err
	}
	if r.DeveloperMetadata == nil || len(r.DataFilters) == 0 {
		return nil, badRequest("Developer metadata and at least one data filter must be specified.")
	}
	reply := &sheets.UpdateDeveloperMetadataResponse{}
	for i, m := range c.st.metadata {
		ok, err := c.st.matchesAny(m, r.DataFilters)
		if err != nil {
			return nil, err
		}
		if !ok {
			continue
		}
		merged := *m.resource()
		assignMask(mk, &merged, r.DeveloperMetadata)
		fresh := &metadatum{
			id: m.id, key: merged.MetadataKey, value: merged.MetadataValue, visibility: merged.Visibility,
		}
		if err := fresh.check(); err != nil {
			return nil, err
		}
		if err := c.place(fresh, located(merged.Location)); err != nil {
			return nil, err
		}
		c.st.metadata[i] = fresh
		reply.DeveloperMetadata = append(reply.DeveloperMetadata, fresh.resource())
	}
	return &sheets.Response{UpdateDeveloperMetadata: reply}, nil
}

// located marks the tab of a SHEET location as sent, since the first tab's id may be 0.
func located(l *sheets.DeveloperMetadataLocation) *sheets.DeveloperMetadataLocation {
	if l == nil || l.LocationType != "SHEET" {
		return l
	}
	copied := *l
	copied.ForceSendFields = []string{"SheetId"}
	return &copied
}

// deleteDeveloperMetadata deletes all entries that are found. See
// https://developers.google.com/workspace/sheets/api/guides/metadata.
func (c *change) deleteDeveloperMetadata(r *sheets.DeleteDeveloperMetadataRequest) (*sheets.Response, error) {
	if r.DataFilter == nil {
		return nil, badRequest("A data filter must be specified.")
	}
	reply := &sheets.DeleteDeveloperMetadataResponse{}
	var kept []*metadatum
	for _, m := range c.st.metadata {
		ok, err := c.st.matches(m, r.DataFilter)
		if err != nil {
			return nil, err
		}
		if ok {
			reply.DeletedDeveloperMetadata = append(reply.DeletedDeveloperMetadata, m.resource())
		} else {
			kept = append(kept, m)
		}
	}
	c.st.metadata = kept
	return &sheets.Response{DeleteDeveloperMetadata: reply}, nil
}

func (st *state) matchesAny(m *metadatum, filters []*sheets.DataFilter) (bool, error) {
	for _, f := range filters {
		ok, err := st.matches(m, f)
		if ok || err != nil {
			return ok, err
		}
	}
	return false, nil
}

// matches reports whether a metadata entry is chosen by a data filter: by lookup, or by lying in a
// range.
func (st *state) matches(m *metadatum, f *sheets.DataFilter) (bool, error) {
	if l := f.DeveloperMetadataLookup; l != nil {
		return m.found(l), nil
	}
	a, ok, err := st.filterArea(f)
	if err != nil || !ok {
		return false, err
	}
	switch m.kind {
	case "SHEET":
		return m.sheet == a.sheet && a.r1 == 0 && a.c1 == 0 && a.r2 < 0 && a.c2 < 0, nil
	case "ROW":
		return a.covers(area{sheet: m.sheet, r1: m.index, r2: m.index + 1, c2: -1}), nil
	case "COLUMN":
		return a.covers(area{sheet: m.sheet, c1: m.index, c2: m.index + 1, r2: -1}), nil
	}
	return false, nil
}

// filterArea is the area of a data filter that names one.
func (st *state) filterArea(f *sheets.DataFilter) (area, bool, error) {
	switch {
	case f.A1Range != "":
		a, err := st.parseRange(f.A1Range)
		return a, err == nil, err
	case f.GridRange != nil:
		if _, err := st.grid(f.GridRange.SheetId); err != nil {
			return area{}, false, err
		}
		return areaOf(f.GridRange), true, nil
	}
	return area{}, false, nil
}

// found compares an entry with a lookup; what the lookup leaves out matches anything.
func (m *metadatum) found(l *sheets.DeveloperMetadataLookup) bool {
	if (l.MetadataId != 0 || sent(l.ForceSendFields, "MetadataId")) && l.MetadataId != m.id ||
		l.MetadataKey != "" && l.MetadataKey != m.key ||
		l.MetadataValue != "" && l.MetadataValue != m.value ||
		l.Visibility != "" && l.Visibility != m.visibility ||
		l.LocationType != "" && l.LocationType != m.kind {
		return false
	}
	at := l.MetadataLocation
	if at == nil {
		return true
	}
	exact := l.LocationMatchingStrategy != "INTERSECTING_LOCATION"
	switch {
	case at.DimensionRange != nil:
		kind := "COLUMN"
		if at.DimensionRange.Dimension == "ROWS" {
			kind = "ROW"
		}
		return m.kind == kind && m.sheet == at.DimensionRange.SheetId &&
			int64(m.index) >= at.DimensionRange.StartIndex && int64(m.index) < at.DimensionRange.EndIndex
	case at.Spreadsheet:
		return m.kind == "SPREADSHEET" || !exact
	}
	return m.sheet == at.SheetId && (m.kind == "SHEET" || !exact && m.kind != "SPREADSHEET")
}

// search lists the entries any of the filters chooses, each with the filters that did.
func (st *state) search(filters []*sheets.DataFilter) (*sheets.SearchDeveloperMetadataResponse, error) {
	if len(filters) == 0 {
		return nil, badRequest("At least one data filter must be specified.")
	}
	out := &sheets.SearchDeveloperMetadataResponse{}
	for _, m := range st.metadata {
		var by []*sheets.DataFilter
		for _, f := range filters {
			ok, err := st.matches(m, f)
			if err != nil {
				return nil, err
			}
			if ok && !slices.Contains(by, f) {
				by = append(by, f)
			}
		}
		if len(by) > 0 {
			out.MatchedDeveloperMetadata = append(out.MatchedDeveloperMetadata, &sheets.MatchedDeveloperMetadata{
				DeveloperMetadata: m.resource(), DataFilters: by,
			})
		}
	}
	return out, nil
}
