package googlesim

import (
	"reflect"
	"slices"

	"google.golang.org/api/sheets/v4"
)

// assignMask lays the masked fields of src over dst; both point to structs of one type.
func assignMask(m mask, dst, src any) {
	m.assign(reflect.ValueOf(dst).Elem(), reflect.ValueOf(src).Elem())
}

// properties is a tab's SheetProperties; id and index are written even when they are 0.
func (st *state) properties(s *sheet) *sheets.SheetProperties {
	p := &sheets.SheetProperties{
		SheetId: s.id, Title: s.title, Index: int64(st.indexOf(s.id)), SheetType: "GRID", Hidden: s.hidden,
		RightToLeft:   s.rightToLeft,
		TabColorStyle: s.tabColor,
		GridProperties: &sheets.GridProperties{
			RowCount: int64(s.rowCount), ColumnCount: int64(s.colCount),
			FrozenRowCount: int64(s.frozenRows), FrozenColumnCount: int64(s.frozenCols), HideGridlines: s.hideGridlines,
		},
		ForceSendFields: []string{"SheetId", "Index"},
	}
	if s.tabColor != nil {
		p.TabColor = s.tabColor.RgbColor
	}
	return p
}

func (st *state) spreadsheetProperties() *sheets.SpreadsheetProperties {
	return &sheets.SpreadsheetProperties{
		Title: st.title, Locale: st.locale, TimeZone: st.timeZone, AutoRecalc: "ON_CHANGE",
		DefaultFormat: &sheets.CellFormat{
			VerticalAlignment: "BOTTOM", WrapStrategy: "OVERFLOW_CELL",
			Padding:    &sheets.Padding{Top: 2, Right: 3, Bottom: 2, Left: 3},
			TextFormat: &sheets.TextFormat{FontFamily: "arial,sans,sans-serif", FontSize: 10},
		},
	}
}

func (st *state) protectedRange(p *protection, email string, owner bool) *sheets.ProtectedRange {
	r := &sheets.ProtectedRange{
		ProtectedRangeId: p.id, Range: p.area.gridRange(), NamedRangeId: p.namedRange, Description: p.description,
		WarningOnly: p.warningOnly, RequestingUserCanEdit: owner || !p.blocks(email),
	}
	// Only who may edit the range sees its editors.
	// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/sheets#ProtectedRange
	if !p.warningOnly && r.RequestingUserCanEdit {
		r.Editors = &sheets.Editors{Users: slices.Clone(p.editors)}
	}
	for _, a := range p.open {
		r.UnprotectedRanges = append(r.UnprotectedRanges, a.gridRange())
	}
	return r
}

// view says which parts of a spreadsheet an answer holds.
type view struct {
	fields mask // nil: everything
	data   bool // cells too
	areas  []area
	email  string
	owner  bool
}

func (v view) wants(path string) bool { return v.fields == nil || v.fields.has(path) }

// resource is the Spreadsheet as the API answers it. Parts outside the mask are not built.
func (st *state) resource(doc *document, base string, v view) *sheets.Spreadsheet {
	out := &sheets.Spreadsheet{
		SpreadsheetId: doc.id, SpreadsheetUrl: base + "/spreadsheets/d/" + doc.id + "/edit",
		Properties: st.spreadsheetProperties(),
	}
	if v.wants("namedRanges") {
		for _, n := range st.named {
			out.NamedRanges = append(out.NamedRanges, n.resource())
		}
	}
	if v.wants("developerMetadata") {
		for _, m := range st.metadata {
			if m.kind == "SPREADSHEET" {
				out.DeveloperMetadata = append(out.DeveloperMetadata, m.resource())
			}
		}
	}
	if !v.wants("sheets") {
		return out
	}
	for _, s := range st.sheets {
		if len(v.areas) > 0 && !slices.ContainsFunc(v.areas, func(a area) bool { return a.sheet == s.id }) {
			continue
		}
		out.Sheets = append(out.Sheets, st.sheetResource(s, v))
	}
	return out
}

func (st *state) sheetResource(s *sheet, v view) *sheets.Sheet {
	out := &sheets.Sheet{
		Properties: st.properties(s), BasicFilter: s.filter, ConditionalFormats: s.conditions,
		FilterViews: s.filterViews, BandedRanges: s.bands, Charts: s.charts,
	}
	for _, t := range s.tables {
		out.Tables = append(out.Tables, st.tableResource(s, t))
	}
	for _, a := range s.merges {
		out.Merges = append(out.Merges, a.gridRange())
	}
	for _, p := range s.protections {
		out.ProtectedRanges = append(out.ProtectedRanges, st.protectedRange(p, v.email, v.owner))
	}
	for _, m := range st.metadata {
		if m.kind == "SHEET" && m.sheet == s.id {
			out.DeveloperMetadata = append(out.DeveloperMetadata, m.resource())
		}
	}
	if !v.data {
		return out
	}
	areas := v.areas
	if len(areas) == 0 {
		areas = []area{s.whole()}
	}
	for _, a := range areas {
		if a.sheet == s.id {
			out.Data = append(out.Data, st.gridData(s, s.clamp(a), v))
		}
	}
	return out
}

func (st *state) gridData(s *sheet, a area, v view) *sheets.GridData {
	d := &sheets.GridData{StartRow: int64(a.r1), StartColumn: int64(a.c1)}
	if v.wants("sheets.data.rowData") {
		last := 0
		for row := a.r1; row < min(a.r2, len(s.rows)); row++ {
			data := &sheets.RowData{}
			if s.rows[row] != nil {
				data.Values = st.cellData(s, row, a, v)
			}
			d.RowData = append(d.RowData, data)
			if len(data.Values) > 0 {
				last = row - a.r1 + 1
			}
		}
		d.RowData = d.RowData[:min(last, len(d.RowData))]
	}
	if v.wants("sheets.data.rowMetadata") {
		d.RowMetadata = st.dimensions(s, "ROW", s.rowSizes, a.r1, a.r2, 21)
		for row := range st.filteredRows(s) {
			if row >= a.r1 && row < a.r2 {
				d.RowMetadata[row-a.r1].HiddenByFilter = true
			}
		}
	}
	if v.wants("sheets.data.columnMetadata") {
		d.ColumnMetadata = st.dimensions(s, "COLUMN", s.colSizes, a.c1, a.c2, 100)
	}
	return d
}

func (st *state) dimensions(
	s *sheet, kind string, sizes map[int]dimension, lo, hi int, usual int64,
) []*sheets.DimensionProperties {
	out := make([]*sheets.DimensionProperties, 0, hi-lo)
	for p := lo; p < hi; p++ {
		d := &sheets.DimensionProperties{PixelSize: usual, HiddenByUser: sizes[p].hidden}
		if n := sizes[p].pixels; n > 0 {
			d.PixelSize = n
		}
		out = append(out, d)
	}
	for _, m := range st.metadata {
		if m.kind == kind && m.sheet == s.id && m.index >= lo && m.index < hi {
			p := out[m.index-lo]
			p.DeveloperMetadata = append(p.DeveloperMetadata, m.resource())
		}
	}
	return out
}

func (st *state) cellData(s *sheet, row int, a area, v view) []*sheets.CellData {
	var out []*sheets.CellData
	last := 0
	for col := a.c1; col < a.c2; col++ {
		stored := s.at(row, col)
		if stored == nil {
			break
		}
		out = append(out, &sheets.CellData{})
		if stored.empty() {
			continue
		}
		last = len(out)
		d := out[last-1]
		if stored.kind != kindBlank {
			shown := st.value(s, row, col)
			d.EffectiveValue = extended(shown)
			d.FormattedValue = st.format(shown, stored.format)
			d.UserEnteredValue = d.EffectiveValue
			if f := stored.formula(); f != nil {
				text := f.text(st)
				d.UserEnteredValue = &sheets.ExtendedValue{FormulaValue: &text}
			}
		}
		d.UserEnteredFormat = st.formats.get(stored.format)
		if v.fields.has("sheets.data.rowData.values.effectiveFormat") {
			d.EffectiveFormat = d.UserEnteredFormat
		}
		d.Hyperlink = linkOf(d.UserEnteredFormat)
		d.Note = stored.note()
		if stored.extra != nil {
			d.DataValidation, d.PivotTable = stored.extra.validation, stored.extra.pivot
		}
	}
	return out[:last]
}

// linkOf returns the link of a whole cell.
func linkOf(f *sheets.CellFormat) string {
	if f == nil || f.TextFormat == nil || f.TextFormat.Link == nil {
		return ""
	}
	return f.TextFormat.Link.Uri
}

func extended(v value) *sheets.ExtendedValue {
	switch v.kind {
	case kindNumber:
		return &sheets.ExtendedValue{NumberValue: &v.num}
	case kindText:
		return &sheets.ExtendedValue{StringValue: &v.str}
	case kindBool:
		b := v.num != 0
		return &sheets.ExtendedValue{BoolValue: &b}
	case kindError:
		return &sheets.ExtendedValue{ErrorValue: &sheets.ErrorValue{Type: errorTypes[v.str], Message: v.str}}
	}
	return nil
}

// errorTypes are the API's names of what a broken formula shows.
var errorTypes = map[string]string{
	"#REF!": "REF", "#N/A": "N_A", "#VALUE!": "VALUE", "#DIV/0!": "DIVIDE_BY_ZERO", "#NAME?": "NAME", "#NUM!": "NUM",
	"#ERROR!": "ERROR", "#NULL!": "NULL_VALUE",
}
