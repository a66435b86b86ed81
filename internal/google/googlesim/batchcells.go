package googlesim

import (
	"net/url"
	"reflect"
	"strings"

	"google.golang.org/api/sheets/v4"
)

// painter writes CellData into cells under a field mask. Masked fields a CellData lacks are cleared.
type painter struct {
	c                              *change
	value, format, note, validated bool
	pivots                         bool
	formatMask                     mask
	known                          map[paint]uint32
}

// paint is a format laid over another, the key of the painter's memory.
type paint struct {
	old  uint32
	data *sheets.CellFormat
}

func (c *change) painter(fields string) (*painter, error) {
	m, err := updateMask(fields, sheets.CellData{})
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"effectiveValue", "effectiveFormat", "formattedValue", "hyperlink"} {
		if _, ok := m[name]; ok {
			return nil, badRequest("%s is read-only", name)
		}
	}
	for _, name := range []string{"textFormatRuns", "dataSourceTable", "dataSourceFormula", "chipRuns"} {
		if _, ok := m[name]; ok {
			return nil, badRequest("This simulator does not know how to write %s.", name)
		}
	}
	p := &painter{c: c, known: map[paint]uint32{}}
	p.value, p.format, p.note, p.validated = m.has("userEnteredValue"), m.has("userEnteredFormat"), m.has("note"),
		m.has("dataValidation")
	p.pivots = m.has("pivotTable")
	p.formatMask = m["userEnteredFormat"]
	return p, nil
}

// clears reports whether painting an empty CellData can change the cell.
func (p *painter) clears(stored *cell) bool { return !stored.empty() }

// cell writes one CellData; dr and dc are how far the cell is from the one a formula was written for.
func (p *painter) cell(target *cell, data *sheets.CellData, dr, dc int) error {
	if data == nil {
		data = &sheets.CellData{}
	}
	if p.value {
		content, err := p.c.content(data.UserEnteredValue)
		if err != nil {
			return err
		}
		if f := content.formula(); f != nil && (dr != 0 || dc != 0) {
			content = formulaContent(f.pasted(dr, dc))
		}
		target.setContent(content)
	}
	if p.format {
		id, err := p.paint(target.format, data.UserEnteredFormat)
		if err != nil {
			return err
		}
		target.format = id
	}
	if p.note && data.Note != target.note() {
		if err := checkLength(data.Note); err != nil {
			return err
		}
		target.setExtra(func(e *extra) { e.note = data.Note })
	}
	if p.validated && (target.extra != nil || data.DataValidation != nil) {
		target.setExtra(func(e *extra) { e.validation = data.DataValidation })
	}
	if p.pivots && (target.extra != nil || data.PivotTable != nil) {
		if err := p.c.pivot(data.PivotTable); err != nil {
			return err
		}
		target.setExtra(func(e *extra) { e.pivot = data.PivotTable })
	}
	return nil
}

func (p *painter) paint(old uint32, data *sheets.CellFormat) (uint32, error) {
	key := paint{old, data}
	if id, ok := p.known[key]; ok {
		return id, nil
	}
	if data != nil && data.NumberFormat != nil {
		if err := checkNumberFormat(data.NumberFormat); err != nil {
			return 0, err
		}
	}
	var fresh sheets.CellFormat
	if f := p.c.st.formats.get(old); f != nil {
		fresh = *f
	}
	var src reflect.Value
	if data != nil {
		src = reflect.ValueOf(data).Elem()
	}
	p.formatMask.assign(reflect.ValueOf(&fresh).Elem(), src)
	if data != nil && (p.formatMask == nil || p.formatMask.has("backgroundColor") &&
		!p.formatMask.has("backgroundColorStyle")) && data.BackgroundColor != nil && data.BackgroundColorStyle == nil {
		fresh.BackgroundColorStyle = &sheets.ColorStyle{RgbColor: data.BackgroundColor}
	}
	if fresh.NumberFormat != nil && fresh.NumberFormat.Type == "" && fresh.NumberFormat.Pattern == "" {
		fresh.NumberFormat = nil
	}
	if data != nil && p.formatMask.has("textFormat.link") && data.TextFormat != nil && data.TextFormat.Link != nil {
		if err := p.link(&fresh, data.TextFormat); err != nil {
			return 0, err
		}
	}
	fresh.ForceSendFields = nil
	id := p.c.st.formats.number(&fresh)
	p.known[key] = id
	return id, nil
}

// link gives a linked cell the colour and the line of links, unless the request sets them itself. See
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/other#TextFormat.
func (p *painter) link(fresh *sheets.CellFormat, data *sheets.TextFormat) error {
	if u, err := url.Parse(data.Link.Uri); err != nil || u.Scheme == "" {
		return badRequest("Invalid link: %s", data.Link.Uri)
	}
	text := *fresh.TextFormat
	colored := p.formatMask.has("textFormat.foregroundColor") && data.ForegroundColor != nil ||
		p.formatMask.has("textFormat.foregroundColorStyle") && data.ForegroundColorStyle != nil
	if !colored {
		text.ForegroundColor, text.ForegroundColorStyle = nil, &sheets.ColorStyle{ThemeColor: "LINK"}
	}
	if !p.formatMask.has("textFormat.underline") || !data.Underline && !sent(data.ForceSendFields, "Underline") {
		text.Underline = true
	}
	fresh.TextFormat = &text
	return nil
}

func checkNumberFormat(f *sheets.NumberFormat) error {
	if f.Type == "" && f.Pattern == "" {
		return nil
	}
	if f.Type == "" || f.Type == "NUMBER_FORMAT_TYPE_UNSPECIFIED" {
		return badRequest("NumberFormat.type must be set when a number format is written.")
	}
	if _, ok := defaultPatterns[f.Type]; !ok {
		return badRequest(`Invalid value at 'number_format.type' (type.googleapis.com/google.apps.sheets.v4.NumberFormat.NumberFormatType), "%s"`, f.Type)
	}
	return nil
}

// content is what an ExtendedValue puts into a cell. Strings are stored as they are.
func (c *change) content(v *sheets.ExtendedValue) (cell, error) {
	switch {
	case v == nil:
		return cell{}, nil
	case v.NumberValue != nil:
		return cell{kind: kindNumber, num: *v.NumberValue}, nil
	case v.BoolValue != nil:
		b := boolValue(*v.BoolValue)
		return cell{kind: kindBool, num: b.num}, nil
	case v.StringValue != nil:
		if *v.StringValue == "" {
			return cell{}, nil
		}
		return cell{kind: kindText, str: *v.StringValue}, checkLength(*v.StringValue)
	case v.FormulaValue != nil:
		rest, ok := strings.CutPrefix(*v.FormulaValue, "=")
		if !ok || rest == "" {
			return cell{}, badRequest("The formula must start with '='.")
		}
		return formulaContent(c.st.parseFormula(rest)), checkLength(rest)
	case v.ErrorValue != nil:
		return cell{}, badRequest("userEnteredValue.errorValue is read-only")
	}
	return cell{}, nil
}

// updateCells writes cells; masked fields of the range that are not sent are cleared. See
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request.
func (c *change) updateCells(r *sheets.UpdateCellsRequest) error {
	p, err := c.painter(r.Fields)
	if err != nil {
		return err
	}
	if (r.Range == nil) == (r.Start == nil) {
		return badRequest("Exactly one of 'start' and 'range' must be specified.")
	}
	if r.Range == nil {
		s, row, col, err := c.coordinate(r.Start)
		if err != nil {
			return err
		}
		return c.paintRows(p, s, area{sheet: s.id, r1: row, c1: col, r2: s.rowCount, c2: s.colCount}, r.Rows, true)
	}
	s, a, err := c.editable(r.Range)
	if err != nil {
		return err
	}
	if err := c.paintRows(p, s, a, r.Rows, false); err != nil {
		return err
	}
	// Cells of the range the rows do not reach are cleared for the masked fields.
	for row := a.r1; row < min(a.r2, len(s.rows)); row++ {
		from := a.c1
		if i := row - a.r1; i < len(r.Rows) && r.Rows[i] != nil {
			from += len(r.Rows[i].Values)
		}
		for col := from; col < a.c2; col++ {
			stored := s.at(row, col)
			if stored == nil {
				break
			}
			if p.clears(stored) {
				if err := p.cell(s.put(row, col), nil, 0, 0); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// paintRows writes rows from the upper left corner of the area and refuses what does not fit in it.
func (c *change) paintRows(p *painter, s *sheet, a area, rows []*sheets.RowData, check bool) error {
	if len(rows) > a.r2-a.r1 {
		return badRequest("Attempting to write row: %d, beyond the last requested row of: %d", a.r2, a.r2-1)
	}
	for i, data := range rows {
		if data == nil || len(data.Values) == 0 {
			continue
		}
		if len(data.Values) > a.c2-a.c1 {
			return badRequest("Attempting to write column: %d, beyond the last requested column of: %d", a.c2, a.c2-1)
		}
		row := a.r1 + i
		if check {
			written := area{sheet: s.id, r1: row, r2: row + 1, c1: a.c1, c2: a.c1 + len(data.Values)}
			if err := c.mayEdit(written); err != nil {
				return err
			}
		}
		cells := s.reserve(row, a.c1+len(data.Values))
		for j, d := range data.Values {
			if err := p.cell(&cells[a.c1+j], d, 0, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// appendCells writes rows below the last that has a value in any column. See
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request.
func (c *change) appendCells(r *sheets.AppendCellsRequest) error {
	if r.TableId != "" {
		return badRequest("This simulator does not know how to append to a table.")
	}
	p, err := c.painter(r.Fields)
	if err != nil {
		return err
	}
	s, err := c.st.grid(r.SheetId)
	if err != nil {
		return err
	}
	at := s.lastRow()
	if missing := at + len(r.Rows) - s.rowCount; missing > 0 {
		if err := c.grow(stretch{s: s, rows: true}, missing); err != nil {
			return err
		}
	}
	return c.paintRows(p, s, area{sheet: s.id, r1: at, r2: s.rowCount, c2: s.colCount}, r.Rows, true)
}

// repeatCell writes one cell over a range; relative references of its formula move along. See
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request.
func (c *change) repeatCell(r *sheets.RepeatCellRequest) error {
	p, err := c.painter(r.Fields)
	if err != nil {
		return err
	}
	s, a, err := c.editable(r.Range)
	if err != nil {
		return err
	}
	var blank cell
	if err := p.cell(&blank, r.Cell, 0, 0); err != nil {
		return err
	}
	clearing := blank.empty()
	for row := a.r1; row < a.r2; row++ {
		if clearing && s.at(row, a.c1) == nil && (row >= len(s.rows) || s.rows[row] == nil) {
			continue
		}
		for col := a.c1; col < a.c2; col++ {
			if stored := s.at(row, col); clearing && (stored == nil || !p.clears(stored)) {
				continue
			}
			cells := s.reserve(row, col+1)
			if err := p.cell(&cells[col], r.Cell, row-a.r1, col-a.c1); err != nil {
				return err
			}
		}
	}
	return nil
}

// setDataValidation sets the rule of every cell of a range, but of rows a filter hides only if asked. See
// https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets/request.
func (c *change) setDataValidation(r *sheets.SetDataValidationRequest) error {
	s, a, err := c.editable(r.Range)
	if err != nil {
		return err
	}
	hidden := c.st.filteredRows(s)
	c.st.calc = nil
	for row := a.r1; row < a.r2; row++ {
		for col := a.c1; col < a.c2; col++ {
			if hidden[row] && !r.FilteredRowsIncluded {
				continue
			}
			if stored := s.at(row, col); r.Rule == nil && (stored == nil || stored.extra == nil) {
				continue
			}
			s.put(row, col).setExtra(func(e *extra) { e.validation = r.Rule })
		}
	}
	return nil
}
